import '../sellers/sellers.css';
import './auditors.css';
import { useEffect, useId, useMemo, useState, type ReactNode } from 'react';
import { Button } from '@mantine/core';
import { useSearchParams } from 'react-router';
import type { DealEvent } from '../../api/auditors-types.js';
import { useApi, useProcesses } from '../../api/queries.js';
import type { DealRow, Page as PageOf, ProcessDefinition, PublishedProcess, StoredEvent } from '../../api/types.js';
import { useMe } from '../../api/session.js';
import { useAsOf, useUrlState } from '../../as-of.js';
import { Figure, Link } from '../../components/link.js';
import { Empty, Page, Panel, Waiting } from '../../components/page.js';
import { Answered, ProblemBox } from '../../components/problem-box.js';
import { Instant } from '../../components/shown.js';
import { Table, type Column } from '../../components/table.js';
import { count, localInput } from '../../format.js';
import { auditors } from '../../texts/auditors.js';
import { dealOf, storyOf, useAdherence, useDefinitionOf, useDefinitions, useLog } from './asked.js';
import { letPassIn, sentence } from './words.js';

const { find: t, types, story } = auditors;
const OF_DEALS = [
  'StageChanged',
  'TrackAdvanced',
  'OpportunityCaptured',
  'FactsRecorded',
  'OwnerChanged',
  'ActivityLogged',
  'LimitFired',
  'DealMigrated',
] as const;
const WORDS = ['by', 'check', 'outcome', 'type', 'version', 'from', 'to'] as const;
const ALL = ['q', 'process', ...WORDS] as const;
type Said = Readonly<Record<(typeof ALL)[number], string | null>>;
const DEALS_SHOWN = 20;

/** Finds steps by person, period, rule, override and version, and deals by their names. Before anything is asked it shows what was let pass. */
export default function FindPage(): ReactNode {
  const [search, setSearch] = useSearchParams();
  const said = Object.fromEntries(ALL.map((name) => [name, search.get(name)])) as Said;
  const asked = WORDS.some((name) => said[name] !== null);
  const definitions = useDefinitions();
  const clear = (): void => {
    const next = new URLSearchParams(search);
    for (const name of ALL) next.delete(name);
    setSearch(next);
  };
  return (
    <Page
      wide
      title={t.title}
      lead={t.lead}
      actions={
        (asked || said.q !== null) && (
          <Button variant="default" onClick={clear}>
            {t.clear}
          </Button>
        )
      }
    >
      <Filters definitions={definitions} />
      {asked && <Steps said={said} definitions={definitions} />}
      {said.q !== null && <Deals q={said.q} process={said.process} definitions={definitions} />}
      {!asked && said.q === null && <LetPass definitions={definitions} />}
    </Page>
  );
}

type Definitions = Readonly<Record<string, ProcessDefinition>>;

function Filters({ definitions }: { readonly definitions: Definitions }): ReactNode {
  const [process] = useUrlState('process');
  const processes = useProcesses().data?.items ?? [];
  const versions = useApi<{ readonly versions: readonly PublishedProcess[] }>(
    `/v1/processes/${process}`,
    {},
    { timeless: true, enabled: process !== null },
  );
  const highest = Math.max(1, ...processes.map(({ version }) => version));
  const numbers =
    process === null
      ? Array.from({ length: highest }, (_, at) => at + 1)
      : (versions.data?.versions ?? []).map(({ version }) => version);
  const people = useAdherence(processes.map(({ id }) => id)).flatMap(({ data }) =>
    data
      ? [
          ...data.people.people.map(({ owner }) => owner),
          ...data.groups.flatMap(({ overrides }) => overrides.map(({ by }) => by)),
        ]
      : [],
  );
  const rules = useMemo(
    () => rulesOf(process === null ? Object.values(definitions) : [definitions[process]].filter((one) => one !== undefined)),
    [definitions, process],
  );
  return (
    <div className="row filters" role="search">
      <Typed name="q" label={t.deal} />
      <Typed name="by" label={t.person} known={people} />
      <Chosen name="check" label={t.rule} of={rules} />
      <Chosen name="outcome" label={t.outcome} of={Object.entries(t.outcomes)} />
      <Chosen name="type" label={t.what} of={OF_DEALS.map((type) => [type, types[type] ?? type])} />
      <Day name="from" label={t.from} />
      <Day name="to" label={t.to} />
      <Chosen name="process" label={t.process} of={processes.map(({ id, title }) => [id, title])} />
      <Chosen name="version" label={t.version} of={numbers.map((one) => [String(one), String(one)])} />
    </div>
  );
}

/** Every check of the processes, by its sentence. */
function rulesOf(definitions: readonly ProcessDefinition[]): readonly (readonly [string, string])[] {
  const found = new Map<string, string>();
  for (const { stages } of definitions)
    for (const { moves, tracks } of Object.values(stages)) {
      const within = Object.values(tracks).flatMap((track) => Object.values(track.stages).map((stage) => stage.moves));
      for (const { checks } of [moves, ...within].flatMap((one) => Object.values(one)))
        for (const { id, say } of checks) found.set(id, say);
    }
  return [...found].sort(([, a], [, b]) => a.localeCompare(b));
}

/** A text that is asked for once whoever types pauses. */
function Typed({
  name,
  label,
  known = [],
}: {
  readonly name: string;
  readonly label: string;
  /** What is proposed while somebody types. */
  readonly known?: readonly string[];
}): ReactNode {
  const list = useId();
  const [value, set] = useUrlState(name);
  const [typed, setTyped] = useState(value ?? '');
  useEffect(() => setTyped(value ?? ''), [value]);
  useEffect(() => {
    if (typed.trim() === (value ?? '')) return;
    const pause = setTimeout(() => set(typed.trim()), 350);
    return () => clearTimeout(pause);
  }, [typed, value, set]);
  return (
    <label className="field inline">
      <span>{label}</span>
      <input
        type="search"
        value={typed}
        list={known.length > 0 ? list : undefined}
        onChange={({ target }) => setTyped(target.value)}
      />
      {known.length > 0 && (
        <datalist id={list}>
          {[...new Set(known)].sort().map((one) => (
            <option key={one} value={one} />
          ))}
        </datalist>
      )}
    </label>
  );
}

function Chosen({
  name,
  label,
  of,
}: {
  readonly name: string;
  readonly label: string;
  readonly of: readonly (readonly [string, string])[];
}): ReactNode {
  const [value, set] = useUrlState(name);
  const known = value === null || of.some(([id]) => id === value) ? of : [...of, [value, value] as const];
  return (
    <label className="field inline">
      <span>{label}</span>
      <select value={value ?? ''} onChange={({ target }) => set(target.value)}>
        <option value="">{t.any}</option>
        {known.map(([id, words]) => (
          <option key={id} value={id}>
            {words}
          </option>
        ))}
      </select>
    </label>
  );
}

function Day({ name, label }: { readonly name: string; readonly label: string }): ReactNode {
  const [value, set] = useUrlState(name);
  return (
    <label className="field inline">
      <span>{label}</span>
      <input type="date" value={value ?? ''} onChange={({ target }) => set(target.value)} />
    </label>
  );
}

/** The first moment of a day, or of the day after it, where the reader is. */
function instantOf(day: string | null | undefined, daysLater = 0): string | null {
  if (!day) return null;
  const at = new Date(`${day}T00:00`);
  at.setDate(at.getDate() + daysLater);
  return Number.isNaN(at.getTime()) ? null : at.toISOString();
}

function Deals({
  q,
  process,
  definitions,
}: {
  readonly q: string;
  readonly process: string | null;
  readonly definitions: Definitions;
}): ReactNode {
  const deals = useApi<PageOf<DealRow>>('/v1/opportunities', { q, process, limit: DEALS_SHOWN }, { keep: true });
  return (
    <Panel title={t.deals}>
      <Answered of={deals}>
        {({ items, next }) =>
          items.length === 0 ? (
            <Empty title={t.noDeals}>{t.noDealsHelp}</Empty>
          ) : (
            <>
              <ul className="found">
                {items.map(({ id, account, stage, owner, process: of }) => (
                  <li key={id}>
                    <Link to={storyOf(id)}>{account ?? id}</Link>{' '}
                    <span className="dimmed">
                      {id} · {definitions[of.id]?.stages[stage]?.label ?? stage} · {owner}
                    </span>
                  </li>
                ))}
              </ul>
              {next !== null && <p className="help">{t.dealsMore(count(DEALS_SHOWN))}</p>}
            </>
          )
        }
      </Answered>
    </Panel>
  );
}

function Steps({ said, definitions }: { readonly said: Said; readonly definitions: Definitions }): ReactNode {
  const { q, from, to, process, version, by, check, outcome, type } = said;
  const log = useLog({ process, version, by, check, outcome, type, from: instantOf(from), to: instantOf(to, 1) });
  // Which deals carry the words that were typed, the board knows; the log does not.
  const named = useApi<PageOf<DealRow>>('/v1/opportunities', { q, process, limit: 500 }, { enabled: q !== null, keep: true });
  const ids = q === null || !named.data ? null : new Set(named.data.items.map(({ id }) => id));
  const found = (log.data?.pages ?? [])
    .flatMap(({ items }) => items)
    .filter(({ stream }) => dealOf(stream) !== null && (ids === null || ids.has(dealOf(stream)!)));
  const definitionOf = useDefinitionOf(found);
  // One answer looks through a part of a long log: while nothing is found, the next one is asked for.
  const { hasNextPage, isFetching, fetchNextPage } = log;
  const goOn = found.length === 0 && hasNextPage && !isFetching;
  useEffect(() => {
    if (goOn) void fetchNextPage();
  }, [goOn, fetchNextPage]);
  if (log.error) return <ProblemBox problem={log.error} again={() => void log.refetch()} />;
  if (!log.data || (found.length === 0 && hasNextPage)) return <Waiting lines={10} />;
  return (
    <Panel title={t.steps}>
      {named.data && named.data.next !== null && <p className="help">{t.namesCutOff}</p>}
      <Table
        caption={t.stepsTable}
        name="steps"
        columns={columnsOf(definitions, definitionOf)}
        rows={found}
        rowKey={({ position }) => position}
        empty={<Empty title={t.noSteps}>{t.noStepsHelp}</Empty>}
        foot={<span className="dimmed">{t.stepsShown(count(found.length), log.hasNextPage)}</span>}
      />
      {log.hasNextPage && (
        <div className="row centre">
          <Button variant="default" loading={log.isFetchingNextPage} onClick={() => void log.fetchNextPage()}>
            {t.more}
          </Button>
        </div>
      )}
    </Panel>
  );
}

const told = ({ data }: StoredEvent): DealEvent => data as unknown as DealEvent;
const whole = (event: StoredEvent): DealEvent => ({ ...told(event), type: event.type });

function columnsOf(
  definitions: Definitions,
  definitionOf: (event: StoredEvent) => ProcessDefinition | undefined,
): readonly Column<StoredEvent>[] {
  const what = (event: StoredEvent): string => sentence(whole(event), definitionOf(event));
  const rules = (event: StoredEvent): string =>
    [
      ...letPassIn(whole(event)).map(({ say }) => auditors.say.letPass(say)),
      ...(told(event).conformance === 'deviating' ? (told(event).broke ?? []).map(({ say }) => auditors.say.broke(say)) : []),
    ].join('; ');
  const passed = (event: StoredEvent): string =>
    (told(event).checks ?? []).map(({ check, passed: yes }) => `${yes ? '✓' : '✗'} ${check}`).join(', ');
  return [
    {
      key: 'when',
      label: t.columns.when,
      value: (event) => told(event).occurredAt,
      show: (event) => <Instant at={told(event).occurredAt} />,
    },
    {
      key: 'deal',
      label: t.columns.deal,
      value: ({ stream }) => dealOf(stream),
      show: ({ stream, revision }) => <Link to={storyOf(dealOf(stream)!, revision)}>{dealOf(stream)}</Link>,
    },
    { key: 'what', label: t.columns.what, value: what, show: what },
    { key: 'who', label: t.columns.who, value: (event) => told(event).by, show: (event) => <strong>{told(event).by}</strong> },
    {
      key: 'rule',
      label: t.columns.rule,
      value: (event) => rules(event) || passed(event),
      show: (event) => (rules(event) === '' ? passed(event) || '–' : <span className="over">{rules(event)}</span>),
    },
    {
      key: 'why',
      label: t.columns.why,
      value: (event) => told(event).reason ?? null,
      show: (event) => <span className="why-said">{told(event).reason ?? '–'}</span>,
    },
    {
      key: 'version',
      label: t.columns.version,
      value: (event) => told(event).process?.version ?? null,
      show: (event) => {
        const ref = told(event).process;
        return ref ? story.version(definitions[ref.id]?.title ?? ref.id, ref.version) : '–';
      },
    },
  ];
}

/** Which rules were let pass how often, and by whom: where most audits begin. */
function LetPass({ definitions }: { readonly definitions: Definitions }): ReactNode {
  const [chosen] = useUrlState('process');
  const processes = useProcesses();
  const all = (processes.data?.items ?? []).filter(({ id }) => chosen === null || id === chosen);
  const asked = useAdherence(all.map(({ id }) => id));
  const problem = processes.error ?? asked.find(({ error }) => error !== null)?.error;
  if (problem) return <ProblemBox problem={problem} />;
  const known = asked.flatMap(({ data }) => (data ? [data] : []));
  if (!processes.data || known.length < all.length) return <Waiting lines={6} />;
  const found = known.flatMap(({ process, groups }) => {
    const overrides = groups[0]?.overrides ?? [];
    return [...new Set(overrides.map(({ check }) => check))].map((check) => ({
      process,
      check,
      people: overrides.filter((one) => one.check === check),
    }));
  });
  const broken = known.flatMap(({ process, groups: [group] }) =>
    group && group.steps.of > group.steps.count
      ? [{ process, count: group.steps.of - group.steps.count, of: group.steps.of }]
      : [],
  );
  const titleOf = (process: string): string => all.find(({ id }) => id === process)?.title ?? process;
  return (
    <>
      <Panel title={t.letPass} help={t.letPassHelp}>
        {found.length === 0 ? (
          <Empty title={t.noLetPass}>{t.noLetPassHelp}</Empty>
        ) : (
          <div className="scrolls">
            <table>
              <thead>
                <tr>
                  <th scope="col">{t.rule}</th>
                  <th scope="col">{t.process}</th>
                  <th scope="col" className="right">
                    {t.inAll}
                  </th>
                  <th scope="col">{t.whoLetPass}</th>
                </tr>
              </thead>
              <tbody>
                {found.map(({ process, check, people }) => {
                  const of = definitions[process];
                  const words = { check, outcome: 'overridden' };
                  return (
                    <tr key={`${process} ${check}`}>
                      <td>{new Map(rulesOf(of ? [of] : [])).get(check) ?? check}</td>
                      <td>{titleOf(process)}</td>
                      <td className="right">
                        <Figure to={stepsAt(process, words)} of={t.steps}>
                          {count(people.reduce((sum, { steps }) => sum + steps, 0))}
                        </Figure>
                      </td>
                      <td>
                        <ul className="row people-let">
                          {people.map(({ by, steps }) => (
                            <li key={by}>
                              {by}{' '}
                              <Figure to={stepsAt(process, { ...words, by })} of={t.steps}>
                                {t.times(steps, count(steps))}
                              </Figure>
                            </li>
                          ))}
                        </ul>
                      </td>
                    </tr>
                  );
                })}
              </tbody>
            </table>
          </div>
        )}
      </Panel>
      <BeginWith />
      {broken.length > 0 && (
        <Panel title={t.broken} help={t.brokenHelp}>
          <ul className="found">
            {broken.map(({ process, count: steps, of }) => (
              <li key={process}>
                {titleOf(process)}:{' '}
                <Figure to={stepsAt(process, { outcome: 'deviating' })} of={t.steps}>
                  {count(steps)}
                </Figure>{' '}
                {t.ofSteps(count(of))}
              </li>
            ))}
          </ul>
        </Panel>
      )}
    </>
  );
}

const WEEK_MS = 7 * 86_400_000;

/** Questions that others began with, for whoever has none yet. */
function BeginWith(): ReactNode {
  const { name } = useMe();
  const asOf = useAsOf();
  const weekAgo = localInput(new Date((asOf === null ? Date.now() : Date.parse(asOf)) - WEEK_MS).toISOString()).slice(0, 10);
  const { week, lost, late, broken, mine } = t.beginWith;
  return (
    <Panel title={t.begin}>
      <ul className="found">
        {[
          [week, `type=StageChanged&from=${weekAgo}`],
          [lost, 'type=OwnerChanged'],
          [late, 'type=LimitFired'],
          [broken, 'outcome=deviating'],
          [mine, `by=${encodeURIComponent(name)}`],
        ].map(([words, search]) => (
          <li key={search}>
            <Link to={`/audit/steps?${search}`}>{words}</Link>
          </li>
        ))}
      </ul>
    </Panel>
  );
}

const stepsAt = (process: string, words: Readonly<Record<string, string>>): string =>
  `/audit/steps?${new URLSearchParams({ process, ...words }).toString()}`;
