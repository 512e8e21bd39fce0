import './operations.css';
import type { ReactNode } from 'react';
import { useNavigate, useParams } from 'react-router';
import type { Pipeline, ProcessInFull, StageOfPipeline } from '../../api/operations-types.js';
import { useApi } from '../../api/queries.js';
import { useAsOf, useUrlState, withAsOf } from '../../as-of.js';
import { Figure, Link } from '../../components/link.js';
import { Machine } from '../../components/machine.js';
import { Page, Panel, Waiting } from '../../components/page.js';
import { Answered } from '../../components/problem-box.js';
import { Instant, Money } from '../../components/shown.js';
import { Table } from '../../components/table.js';
import { count, lasting, majorOf, money, sumOf } from '../../format.js';
import { operations } from '../../texts/operations.js';
import { Migrate } from './migrate.js';

const { process: t } = operations;
const HEATS = ['deals', 'value', 'age', 'overdue'] as const;
type Heat = (typeof HEATS)[number];

/** One process: its machine with the open deals on it, where they get stuck, and its versions. */
export default function ProcessPage(): ReactNode {
  const { id = '' } = useParams();
  const process = useApi<ProcessInFull>(`/v1/processes/${id}`, {}, { timeless: true });
  return (
    <Answered
      of={process}
      waiting={
        <Page title={id}>
          <Waiting lines={8} />
        </Page>
      }
    >
      {(whole) => (
        <Page
          title={whole.title}
          lead={t.lead(whole.version)}
          actions={
            <Link to={`/processes/${id}/change`} className="button">
              {t.change}
            </Link>
          }
        >
          <Alive process={whole} />
          <Versions process={whole} />
          <Migrate process={whole} />
        </Page>
      )}
    </Answered>
  );
}

const worth = ({ value }: StageOfPipeline): number => value.amounts.reduce((sum, amount) => sum + majorOf(amount), 0);
const WARMTH: Readonly<Record<Heat, (stage: StageOfPipeline) => number>> = {
  deals: ({ deals }) => deals,
  value: worth,
  age: ({ ageDaysMedian, deals }) => (deals > 0 ? (ageDaysMedian ?? 0) : 0),
  overdue: ({ overdue }) => overdue,
};
const age = (days: number | null): string => (days === null ? '–' : lasting(Math.round(days)));
const rounded = (days: number | null): string => (days === null ? '–' : count(Math.round(days)));

function Alive({ process }: { readonly process: ProcessInFull }): ReactNode {
  const pipeline = useApi<Pipeline>('/v1/measures/pipeline', { process: process.id });
  const [said, setHeat] = useUrlState('heat');
  const heat = HEATS.find((one) => one === said) ?? 'overdue';
  const navigate = useNavigate();
  const asOf = useAsOf();
  const dealsIn = (stage: string, more = ''): string => `/deals?process=${process.id}&stage=${stage}${more}`;
  return (
    <Answered of={pipeline} waiting={<Waiting lines={8} />}>
      {({ groups }) => {
        const all = groups[0]?.stages ?? [];
        const open = all.filter(({ stage }) => {
          const phase = process.definition.stages[stage]?.phase;
          return phase === 'lead' || phase === 'qualified' || phase === 'selling';
        });
        const most = Math.max(1e-9, ...open.map(WARMTH[heat]));
        const notes = Object.fromEntries(open.map((one) => [one.stage, noteOf(one, heat)]));
        const stuck = open.filter(({ overdue }) => overdue > 0).toSorted((a, b) => b.overdue - a.overdue)[0];
        return (
          <>
            <Panel
              title={t.map}
              help={t.pick}
              aside={
                <label className="row">
                  {t.heat}
                  <select value={heat} onChange={({ target }) => setHeat(target.value)}>
                    {HEATS.map((one) => (
                      <option key={one} value={one}>
                        {t.heats[one]}
                      </option>
                    ))}
                  </select>
                </label>
              }
            >
              <p className={stuck ? 'stuck' : 'dimmed'}>
                {stuck ? t.stuck(stuck.label, count(stuck.overdue), count(stuck.deals), age(stuck.ageDaysMedian)) : t.notStuck}
              </p>
              <Machine
                definition={process.definition}
                notes={notes}
                heat={Object.fromEntries(open.map((one) => [one.stage, WARMTH[heat](one) / most]))}
                onPick={(stage) => void navigate(withAsOf(dealsIn(stage), asOf))}
              />
            </Panel>
            <Panel title={t.stages}>
              <Table
                caption={t.stages}
                name={`${process.id}-stages`}
                rows={open}
                rowKey={({ stage }) => stage}
                columns={[
                  { key: 'stage', label: t.columns.stage, value: ({ label }) => label, show: ({ label }) => label },
                  {
                    key: 'deals',
                    label: t.columns.deals,
                    align: 'right',
                    value: ({ deals }) => deals,
                    show: ({ stage, deals, label }) => (
                      <Figure to={dealsIn(stage)} of={label}>
                        {count(deals)}
                      </Figure>
                    ),
                  },
                  {
                    key: 'value',
                    label: t.columns.value,
                    align: 'right',
                    value: worth,
                    show: ({ value }) => <Money amount={sumOf(value.amounts)} form="whole" />,
                  },
                  {
                    key: 'overdue',
                    label: t.columns.overdue,
                    align: 'right',
                    value: ({ overdue }) => overdue,
                    show: ({ stage, overdue, label }) => (
                      <Figure to={dealsIn(stage, '&overdue=true')} of={`${label}, ${t.columns.overdue}`}>
                        {count(overdue)}
                      </Figure>
                    ),
                  },
                  {
                    key: 'median',
                    label: t.columns.median,
                    align: 'right',
                    value: ({ ageDaysMedian }) => ageDaysMedian,
                    show: ({ ageDaysMedian }) => rounded(ageDaysMedian),
                  },
                  {
                    key: 'oldest',
                    label: t.columns.oldest,
                    align: 'right',
                    value: ({ ageDaysOldest }) => ageDaysOldest,
                    show: ({ ageDaysOldest, oldestDeal }) =>
                      oldestDeal === null ? (
                        '–'
                      ) : (
                        <Link to={`/deals/${encodeURIComponent(oldestDeal)}`}>{age(ageDaysOldest)}</Link>
                      ),
                  },
                ]}
              />
            </Panel>
          </>
        );
      }}
    </Answered>
  );
}

function noteOf(stage: StageOfPipeline, heat: Heat): string {
  if (heat === 'value') return money(sumOf(stage.value.amounts), 'short');
  if (heat === 'age') return age(stage.ageDaysMedian);
  return heat === 'overdue' ? `${count(stage.overdue)} / ${count(stage.deals)}` : count(stage.deals);
}

function Versions({ process }: { readonly process: ProcessInFull }): ReactNode {
  const c = t.versionColumns;
  const useOf = (version: number) => process.use.find((one) => one.version === version);
  return (
    <Panel title={t.versions}>
      <Table
        caption={t.versions}
        name={`${process.id}-versions`}
        sortName="versions"
        rows={process.versions.toReversed()}
        rowKey={({ version }) => String(version)}
        columns={[
          { key: 'version', label: c.version, value: ({ version }) => version, show: ({ version }) => version },
          {
            key: 'published',
            label: c.since,
            value: ({ publishedAt }) => publishedAt,
            show: ({ publishedAt }) => <Instant at={publishedAt} />,
          },
          {
            key: 'from',
            label: c.from,
            value: ({ effectiveFrom }) => effectiveFrom,
            show: ({ effectiveFrom }) => (effectiveFrom === null ? t.atOnce : <Instant at={effectiveFrom} />),
          },
          {
            key: 'teams',
            label: c.teams,
            value: ({ teams }) => teams?.join(', ') ?? null,
            show: ({ teams }) => teams?.join(', ') ?? t.allTeams,
          },
          { key: 'by', label: c.by, value: ({ by }) => by, show: ({ by }) => by },
          {
            key: 'reviewed',
            label: c.reviewed,
            value: ({ reviewedBy }) => reviewedBy,
            show: ({ reviewedBy }) => reviewedBy ?? '–',
          },
          {
            key: 'deals',
            label: c.deals,
            align: 'right',
            value: ({ version }) => useOf(version)?.deals ?? 0,
            show: ({ version }) => (
              <Figure to={`/deals?process=${process.id}&version=${version}`} of={c.deals}>
                {count(useOf(version)?.deals ?? 0)}
              </Figure>
            ),
          },
          {
            key: 'open',
            label: c.open,
            align: 'right',
            value: ({ version }) => useOf(version)?.open ?? 0,
            show: ({ version }) => (
              <Figure to={`/deals?process=${process.id}&version=${version}&result=open`} of={c.open}>
                {count(useOf(version)?.open ?? 0)}
              </Figure>
            ),
          },
          {
            key: 'note',
            label: c.note,
            value: ({ note }) => note,
            show: ({ note, retiredAt }) => (retiredAt ? t.retired(retiredAt.slice(0, 10)) : (note ?? '–')),
          },
        ]}
      />
    </Panel>
  );
}
