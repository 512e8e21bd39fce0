import './operations.css';
import type { ReactNode } from 'react';
import { useNavigate } from 'react-router';
import type { Phase, ProcessDefinition } from '../../api/types.js';
import type { Pipeline, ProcessInFull, StageOfPipeline, VersionOfProcess } from '../../api/operations-types.js';
import { useApi, useProcessVersion } from '../../api/queries.js';
import { useAsOf, useUrlState, withAsOf } from '../../as-of.js';
import { Figure, Link } from '../../components/link.js';
import { Machine } from '../../components/machine.js';
import { Page, Panel, Waiting } from '../../components/page.js';
import { Answered } from '../../components/problem-box.js';
import { Money } from '../../components/shown.js';
import { Table } from '../../components/table.js';
import { count, lasting, majorOf, money, sumOf } from '../../format.js';
import { operations } from '../../texts/operations.js';
import { Migrate } from './migrate.js';
import { OfProcess } from './of-process.js';
import { Versions } from './versions.js';

const { process: t } = operations;
const HEATS = ['deals', 'value', 'age', 'overdue'] as const;
type Heat = (typeof HEATS)[number];

/** One process: its machine with the open deals on it, where they get stuck, and its versions. */
export default function ProcessPage(): ReactNode {
  return (
    <OfProcess>
      {(whole) => (
        <Page
          title={whole.title}
          lead={t.lead(whole.version)}
          actions={
            <>
              <Link to={`/processes/${whole.id}/try`} className="button quiet">
                {t.walk}
              </Link>
              <Link to={`/processes/${whole.id}/change`} className="button">
                {t.change}
              </Link>
            </>
          }
        >
          <Then process={whole} />
          <Versions process={whole} />
          <Migrate process={whole} />
        </Page>
      )}
    </OfProcess>
  );
}

/** The machine as it was at the instant that is looked at: of the version that was in force for most then. */
function Then({ process }: { readonly process: ProcessInFull }): ReactNode {
  const asOf = useAsOf();
  const then = asOf === null ? process.version : (versionAt(process.versions, asOf) ?? process.version);
  const version = useProcessVersion(process.id, then === process.version ? undefined : then);
  if (then === process.version) return <Alive process={process} />;
  return (
    <Answered of={version} waiting={<Waiting lines={8} />}>
      {({ definition }) => (
        <>
          <p className="help">{t.past(then)}</p>
          <Alive process={{ ...process, version: then, definition }} />
        </>
      )}
    </Answered>
  );
}

/** The latest version that was published, and in force for all, at an instant; where none was for all, the latest at all. */
function versionAt(versions: readonly VersionOfProcess[], at: string): number | undefined {
  const known = versions.filter(({ publishedAt, effectiveFrom }) => publishedAt <= at && (effectiveFrom ?? publishedAt) <= at);
  return (known.findLast(({ teams }) => teams === null) ?? known.at(-1))?.version;
}

const worth = ({ value }: StageOfPipeline): number => value.amounts.reduce((sum, amount) => sum + majorOf(amount), 0);
const WARMTH: Readonly<Record<Heat, (stage: StageOfPipeline) => number>> = {
  deals: ({ deals }) => deals,
  value: worth,
  age: ({ ageDaysMedian, deals }) => (deals > 0 ? (ageDaysMedian ?? 0) : 0),
  overdue: ({ overdue }) => overdue,
};
const OPEN_PHASES: ReadonlySet<Phase> = new Set(['lead', 'qualified', 'selling']);
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
        // Also stages that this version has no longer, as long as open deals stand in them.
        const open = all.filter(({ phase, retired, deals }) => OPEN_PHASES.has(phase) && (deals > 0 || !retired));
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
                {stuck ? t.stuck(stuck.label, count(stuck.overdue), count(stuck.deals), age(stuck.ageDaysMedian)) : t.notStuck}{' '}
                {stuck && <Link to={dealsIn(stuck.stage, '&overdue=true')}>{t.seeThem}</Link>}
              </p>
              <Machine
                definition={process.definition}
                notes={notes}
                heat={Object.fromEntries(open.map((one) => [one.stage, WARMTH[heat](one) / most]))}
                onPick={(stage) => void navigate(withAsOf(dealsIn(stage), asOf))}
              />
            </Panel>
            <Tracks definition={process.definition} />
            <Panel title={t.stages}>
              <Table
                caption={t.stages}
                name={`${process.id}-stages`}
                rows={open}
                rowKey={({ stage }) => stage}
                columns={[
                  {
                    key: 'stage',
                    label: t.columns.stage,
                    value: ({ label }) => label,
                    show: ({ label, retired }) => (retired ? t.gone(label) : label),
                  },
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

/** What runs side by side within a stage: each track with its places, time limits and moves. */
function Tracks({ definition }: { readonly definition: ProcessDefinition }): ReactNode {
  return Object.values(definition.stages)
    .filter(({ tracks }) => Object.keys(tracks).length > 0)
    .map(({ id, label, tracks, whenAllDone }) => (
      <Panel
        key={id}
        title={t.tracks(label)}
        {...(whenAllDone && { help: t.tracksDone(definition.stages[whenAllDone]?.label ?? whenAllDone) })}
      >
        <div className="tracks">
          {Object.values(tracks).map((track) => (
            <section key={track.id} aria-label={track.label}>
              <h3>{track.label}</h3>
              <ol className="places">
                {Object.values(track.stages).map((place) => (
                  <li key={place.id} className={place.done ? 'done' : ''}>
                    <strong>{place.label}</strong>
                    {place.id === track.start && <small> {t.startsHere}</small>}
                    {place.done && <small> ✓ {t.doneHere}</small>}
                    {Object.values(place.moves).map((move) => (
                      <p key={move.name} className="dimmed">
                        {move.label} → {track.stages[move.to]?.label ?? move.to}
                      </p>
                    ))}
                  </li>
                ))}
              </ol>
            </section>
          ))}
        </div>
      </Panel>
    ));
}
