import { useMemo, type ReactNode } from 'react';
import type { AdherenceAnswer, AdherenceGroup } from '../../api/leaders-types.js';
import { useUrlState } from '../../as-of.js';
import { Figure } from '../../components/link.js';
import { Machine } from '../../components/machine.js';
import { Panel } from '../../components/page.js';
import { Table, type Column } from '../../components/table.js';
import { count, share } from '../../format.js';
import { leaders } from '../../texts/leaders.js';
import { behind, type View } from './view.js';

const t = leaders.adherence;
type Group = AdherenceAnswer['groups'][number];

export function Variants({ view, group }: { readonly view: View; readonly group: Group }): ReactNode {
  const [said, draw] = useUrlState('variant');
  const { definition } = view;
  const top = group.variants.top;
  const picked = top.find(({ path }) => path.join(',') === said);
  const walks = useMemo(() => walked(picked ? [picked] : top), [picked, group]);
  const strays = [...walks.keys()].filter((key) => !isWay(key, view)).length;
  const columns: readonly Column<(typeof top)[number]>[] = [
    {
      key: 'draw',
      label: t.variantDraw,
      value: () => null,
      show: (one) => (
        <button
          type="button"
          className="plain"
          aria-pressed={one === picked}
          onClick={() => draw(one === picked ? null : one.path.join(','))}
        >
          {one === picked ? t.variantDrawn : t.variantDraw}
          <span className="unseen"> {pathText(one.path, view)}</span>
        </button>
      ),
    },
    {
      key: 'path',
      label: t.variantColumns.path,
      value: ({ path }) => pathText(path, view),
      show: ({ path }) => pathText(path, view),
    },
    {
      key: 'deals',
      label: t.variantColumns.deals,
      align: 'right',
      value: ({ deals }) => deals,
      show: ({ path, deals }) => (
        <Figure to={behind('adherence', view, { path: path.join(','), group: group.group })} of={t.variantColumns.deals}>
          {count(deals)}
        </Figure>
      ),
    },
    {
      key: 'share',
      label: t.variantColumns.share,
      align: 'right',
      value: (one) => one.share,
      show: (one) => share(one.share, 1),
    },
  ];
  return (
    <Panel
      title={t.variants}
      help={t.variantsHelp(count(top.length), count(group.variants.total))}
      aside={
        picked && (
          <button type="button" className="plain" onClick={() => draw(null)}>
            {t.variantAll}
          </button>
        )
      }
    >
      {definition && <Machine definition={definition} been={picked?.path ?? []} walks={walks} />}
      <p className="help">
        {t.mapHelp} {strays > 0 && t.strays(count(strays))}
      </p>
      <Table
        caption={t.variants}
        name="variants"
        sortName="variantSort"
        rows={top}
        rowKey={({ path }) => path.join(',')}
        columns={columns}
      />
    </Panel>
  );
}

const pathText = (path: readonly string[], view: View): string => path.map(view.stage).join(' → ');

/** How many deals took each step from stage to stage. */
function walked(variants: AdherenceGroup['variants']['top']): ReadonlyMap<string, number> {
  const walks = new Map<string, number>();
  for (const { path, deals } of variants)
    for (const [at, to] of path.entries())
      if (at > 0) walks.set(`${path[at - 1]} ${to}`, (walks.get(`${path[at - 1]} ${to}`) ?? 0) + deals);
  return walks;
}

function isWay(key: string, { definition }: View): boolean {
  const [from = '', to = ''] = key.split(' ');
  const stage = definition?.stages[from];
  return stage !== undefined && (stage.whenAllDone === to || Object.values(stage.moves).some((move) => move.to === to));
}
