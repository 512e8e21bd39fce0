import { type ReactNode } from 'react';
import type { AdherenceAnswer, Grouping } from '../../api/leaders-types.js';
import { useApi } from '../../api/queries.js';
import { Figure } from '../../components/link.js';
import { Panel } from '../../components/page.js';
import { Answered } from '../../components/problem-box.js';
import { Table } from '../../components/table.js';
import { count } from '../../format.js';
import { leaders } from '../../texts/leaders.js';
import { behind, groupText, RateShown, type View } from './view.js';

const t = leaders.adherence;
type Group = AdherenceAnswer['groups'][number];

export const fit = (mean: number | null): string =>
  mean === null ? '–' : new Intl.NumberFormat(undefined, { minimumFractionDigits: 2, maximumFractionDigits: 3 }).format(mean);

/** The same by team and by person, asked when the page is not told apart by anything. */
export function ByGroup({ view, by, title }: { readonly view: View; readonly by: Grouping; readonly title: string }): ReactNode {
  const { process, window, before } = view;
  const answer = useApi<AdherenceAnswer>('/v1/measures/adherence', { process: process.id, ...window, by }, { keep: true });
  const earlier = useApi<AdherenceAnswer>(
    '/v1/measures/adherence',
    { process: process.id, ...before, by },
    { enabled: before !== null, keep: true },
  );
  return (
    <Panel title={title}>
      <Answered of={answer}>
        {({ groups }) => (
          <GroupTable
            view={view}
            by={by}
            groups={groups}
            earlier={before === null ? undefined : earlier.data?.groups}
            caption={title}
            sortName={`${by}Sort`}
          />
        )}
      </Answered>
    </Panel>
  );
}

export function GroupTable({
  view,
  by,
  groups,
  earlier,
  caption,
  sortName,
}: {
  readonly view: View;
  readonly by: Grouping;
  readonly groups: readonly Group[];
  readonly earlier: readonly Group[] | undefined;
  readonly caption: string;
  readonly sortName: string;
}): ReactNode {
  const { columns } = t;
  const told = { ...view, by };
  return (
    <Table<Group>
      caption={caption}
      name={`adherence-by-${by}`}
      sortName={sortName}
      rows={groups}
      rowKey={({ group }) => group ?? '-'}
      columns={[
        {
          key: 'group',
          label: columns.group,
          value: ({ group }) => group,
          show: ({ group }) => <strong>{groupText(group)}</strong>,
        },
        {
          key: 'deals',
          label: columns.deals,
          align: 'right',
          value: ({ deals }) => deals.rate,
          show: ({ group, deals }) => (
            <RateShown rate={deals} to={behind('adherence', told, { outcome: 'followed', group })} of={columns.deals} />
          ),
        },
        {
          key: 'steps',
          label: columns.steps,
          align: 'right',
          value: ({ steps }) => steps.rate,
          show: ({ steps }) => <RateShown rate={steps} of={columns.steps} />,
        },
        ...(earlier === undefined
          ? []
          : [
              {
                key: 'before',
                label: columns.before,
                align: 'right' as const,
                value: ({ group }: Group) => earlier.find((one) => one.group === group)?.steps.rate ?? null,
                show: ({ group }: Group) => {
                  const was = earlier.find((one) => one.group === group);
                  return was ? <RateShown rate={was.steps} of={columns.before} /> : '–';
                },
              },
            ]),
        {
          key: 'overridden',
          label: columns.overridden,
          align: 'right',
          value: ({ overriddenSteps }) => overriddenSteps.count,
          show: ({ group, overriddenSteps }) =>
            overriddenSteps.count === 0 ? (
              `0 ${leaders.view.countOf('', count(overriddenSteps.of)).trim()}`
            ) : (
              <span className="rate">
                <Figure to={behind('adherence', told, { outcome: 'overridden', group })} of={columns.overridden}>
                  {count(overriddenSteps.count)}
                </Figure>{' '}
                <small>{leaders.view.countOf('', count(overriddenSteps.of)).trim()}</small>
              </span>
            ),
        },
        {
          key: 'fitness',
          label: columns.fitness,
          align: 'right',
          value: ({ fitness }) => fitness.mean,
          show: ({ fitness }) => fit(fitness.mean),
        },
      ]}
    />
  );
}
