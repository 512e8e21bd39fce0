import './sellers.css';
import type { ReactNode } from 'react';
import { useQuery } from '@tanstack/react-query';
import { Problem } from '../../api/client.js';
import { allDeals } from '../../api/queries.js';
import type { DealRow } from '../../api/types.js';
import { useAsOf, useUrlState } from '../../as-of.js';
import { Link } from '../../components/link.js';
import { Empty, Page, Waiting } from '../../components/page.js';
import { Answered } from '../../components/problem-box.js';
import { Instant, Money } from '../../components/shown.js';
import { Table, type Column } from '../../components/table.js';
import { count, day, majorOf, money, sumOf } from '../../format.js';
import { common } from '../../texts/common.js';
import { sellers } from '../../texts/sellers.js';
import { WithProcess } from './chosen.js';

const { deals: t, board: b } = sellers;
const PASSED_ON = [
  'ids',
  'stage',
  'owner',
  'team',
  'phase',
  'result',
  'overdue',
  'override',
  'deviating',
  'version',
  'account',
  'origin',
  'source',
  'q',
] as const;

/** Every deal that fits the address: where all numbers of the console lead. */
export default function DealsPage(): ReactNode {
  return (
    <Page title={t.title} wide>
      <WithProcess>
        {(process, definition, choice) => <List process={process.id} stages={definition.stages} choice={choice} />}
      </WithProcess>
    </Page>
  );
}

function List({
  process,
  stages,
  choice,
}: {
  readonly process: string;
  readonly stages: Readonly<Record<string, { readonly label: string }>>;
  readonly choice: ReactNode;
}): ReactNode {
  const asOf = useAsOf();
  const said = Object.fromEntries(PASSED_ON.map((name) => [name, useUrlState(name)] as const));
  const filter = Object.fromEntries(PASSED_ON.map((name) => [name, said[name]![0]]));
  const query = { process, ...filter, ...(asOf === null ? {} : { asOf }) };
  const found = useQuery<readonly DealRow[], Problem>({
    queryKey: ['/v1/opportunities', 'list', query],
    queryFn: ({ signal }) => allDeals(query, signal),
  });
  const stageOf = (id: string): string => stages[id]?.label ?? id;
  const columns: readonly Column<DealRow>[] = [
    {
      key: 'id',
      label: t.columns.id,
      value: ({ id }) => id,
      show: ({ id }) => <Link to={`/deals/${encodeURIComponent(id)}`}>{id}</Link>,
    },
    { key: 'account', label: t.columns.account, value: ({ account }) => account, show: ({ account }) => account ?? '–' },
    { key: 'stage', label: t.columns.stage, value: ({ stage }) => stageOf(stage), show: ({ stage }) => stageOf(stage) },
    { key: 'owner', label: t.columns.owner, value: ({ owner }) => owner, show: ({ owner }) => owner },
    { key: 'team', label: t.columns.team, value: ({ team }) => team, show: ({ team }) => team ?? '–' },
    {
      key: 'amount',
      label: t.columns.amount,
      align: 'right',
      value: ({ amount }) => (amount === null ? null : majorOf(amount)),
      show: ({ amount }) => <Money amount={amount} form="whole" />,
    },
    {
      key: 'close',
      label: t.columns.close,
      value: ({ closeDate }) => closeDate,
      show: ({ closeDate }) => (closeDate === null ? '–' : day(closeDate)),
    },
    {
      key: 'since',
      label: t.columns.since,
      value: ({ stageSince }) => stageSince,
      show: ({ stageSince }) => <Instant at={stageSince} relative />,
    },
    {
      key: 'overdue',
      label: t.columns.overdue,
      value: ({ overdueSince }) => overdueSince,
      show: ({ overdueSince }) => (overdueSince === null ? '–' : <Instant at={overdueSince} relative />),
    },
    { key: 'result', label: t.columns.result, value: ({ result }) => result, show: ({ result }) => result ?? '–' },
  ];
  const [q, setQ] = said['q']!;
  const [stage, setStage] = said['stage']!;
  const [phase, setPhase] = said['phase']!;
  const [overdue, setOverdue] = said['overdue']!;
  const others = PASSED_ON.filter((name) => !['q', 'stage', 'phase', 'overdue'].includes(name) && filter[name] !== null);
  return (
    <>
      <div className="row filters">
        {choice}
        <label className="field inline">
          <span>{t.search}</span>
          <input type="search" value={q ?? ''} onChange={({ target }) => setQ(target.value)} />
        </label>
        <Choice
          label={t.stage}
          value={stage}
          onChange={setStage}
          of={Object.entries(stages).map(([id, { label }]) => [id, label])}
        />
        <Choice label={t.phase} value={phase} onChange={setPhase} of={Object.entries(common.phases)} />
        <label className="row">
          <input
            type="checkbox"
            checked={overdue === 'true'}
            onChange={({ target }) => setOverdue(target.checked ? 'true' : null)}
          />
          {t.overdueOnly}
        </label>
        {others.map((name) => (
          <button key={name} type="button" className="chip" onClick={() => said[name]![1](null)}>
            {name === 'ids' ? t.chosen(count((filter['ids'] ?? '').split(',').length)) : `${name}: ${filter[name]}`}{' '}
            <span aria-label={common.close}>✕</span>
          </button>
        ))}
      </div>
      <Answered of={found} waiting={<Waiting lines={10} />}>
        {(rows) => (
          <Table
            caption={t.title}
            name="deals"
            columns={columns}
            rows={rows}
            rowKey={({ id }) => id}
            empty={<Empty title={t.empty}>{t.emptyHelp}</Empty>}
            foot={
              <span className="dimmed">
                {t.total(count(rows.length), money(sumOf(rows.map(({ amount }) => amount)), 'whole'))}
              </span>
            }
          />
        )}
      </Answered>
    </>
  );
}

function Choice({
  label,
  value,
  of,
  onChange,
}: {
  readonly label: string;
  readonly value: string | null;
  readonly of: readonly (readonly [string, string])[];
  readonly onChange: (value: string | null) => void;
}): ReactNode {
  return (
    <label className="field inline">
      <span>{label}</span>
      <select value={value ?? ''} onChange={({ target }) => onChange(target.value)}>
        <option value="">{b.all}</option>
        {of.map(([id, name]) => (
          <option key={id} value={id}>
            {name}
          </option>
        ))}
      </select>
    </label>
  );
}
