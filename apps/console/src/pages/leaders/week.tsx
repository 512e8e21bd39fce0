import { useEffect, useMemo, type ReactNode } from 'react';
import { keepPreviousData, useQuery, type UseQueryResult } from '@tanstack/react-query';
import type { Problem } from '../../api/client.js';
import type {
  AdherenceAnswer,
  BridgeAnswer,
  BridgeDeal,
  Call,
  ForecastAnswer,
  Issued,
  PeriodTotal,
  ScorecardAnswer,
  ScorecardPeriod,
  Target,
} from '../../api/leaders-types.js';
import { allDeals, DEALS, useApi, useOpenDeals } from '../../api/queries.js';
import { useMe } from '../../api/session.js';
import type { DealRow, Money as Amount, Page as Items } from '../../api/types.js';
import { useAsOf, useUrlState } from '../../as-of.js';
import { Chart } from '../../components/chart.js';
import { Figure, Link } from '../../components/link.js';
import { say } from '../../components/notices.js';
import { Empty, Panel, Waiting } from '../../components/page.js';
import { Answered } from '../../components/problem-box.js';
import { Table } from '../../components/table.js';
import { count, day, instant, majorOf, money, share } from '../../format.js';
import { leaders } from '../../texts/leaders.js';
import { shortMoney } from './bridge-chart.js';
import { targetFor } from './forecast.js';
import { dayIn, daysLater, quarterOf, quarterStart } from './period.js';
import {
  behind,
  Choose,
  dealPath,
  dealsPath,
  groupText,
  inCurrency,
  LeadersPage,
  PickDay,
  signed,
  stepsPath,
  TARGETS,
  Tile,
  valueText,
  type View,
} from './view.js';

const t = leaders.week;
const SINCE = ['7', '14', '30'] as const;

/** What changed since the last review, and what needs a decision. */
export default function Week(): ReactNode {
  const [said, setSince] = useUrlState('since');
  const me = useMe();
  const past = useAsOf() !== null;
  // The day of the last review is remembered in this browser, and stands in the address, so that it can be sent on.
  const remembered = `coxswain.reviewed.${me.name}`;
  const last = dayIn(localStorage.getItem(remembered));
  useEffect(() => {
    if (said === null && last !== null && !past) setSince(last);
  }, [said, last, past, setSince]);
  const own = dayIn(said);
  const since = own === null ? (SINCE.find((one) => one === said) ?? '7') : 'own';
  return (
    <LeadersPage
      title={t.title}
      lead={t.lead}
      filters={[]}
      more={({ today }) => (
        <>
          <Choose
            label={t.since}
            value={since}
            set={(next) => setSince(next === 'own' ? daysLater(today, -7) : next)}
            of={[...SINCE, 'own' as const].map((one) => [one, t.sinces[one]])}
          />
          {own !== null && <PickDay label={leaders.forecast.why.day} value={own} set={setSince} max={daysLater(today, -1)} />}
          {!past && (
            <button
              type="button"
              className="plain no-print"
              title={t.reviewedHelp}
              onClick={() => {
                localStorage.setItem(remembered, today);
                say(t.noted);
              }}
            >
              ✓ {t.reviewed}
            </button>
          )}
        </>
      )}
    >
      {(view) => <Review view={view} from={own ?? daysLater(view.today, -Number(since))} />}
    </LeadersPage>
  );
}

function Review({ view, from }: { readonly view: View; readonly from: string }): ReactNode {
  const { process } = view;
  const open = useOpenDeals({ process: process.id });
  return (
    <>
      <Tiles view={view} from={from} open={open.data} />
      <Changed view={view} from={from} open={open} />
      <Calls view={view} />
      <div className="two-columns">
        <Coverage view={view} />
        <Overrides view={view} from={from} />
      </div>
      <Stuck view={view} open={open} />
    </>
  );
}

const startOfDay = (text: string): string => new Date(`${text}T00:00:00`).toISOString();

/** The total of the present quarter; null while it is not known. */
/** Undefined while it is on its way, null where there is none. */
function useTotal(view: View, asOf?: string): PeriodTotal | null | undefined {
  const of = quarterOf(view.today);
  const query = { process: view.process.id, period: 'quarter', ...(asOf === undefined ? {} : { asOf }) };
  const answer = useApi<ForecastAnswer>('/v1/measures/forecast', query, { timeless: asOf !== undefined });
  if (answer.isPending) return undefined;
  return answer.data?.groups[0]?.periods.find(({ period }) => period === of)?.total ?? null;
}

function useScorecard(view: View, by: 'team' | null): UseQueryResult<ScorecardAnswer, Problem> {
  return useApi<ScorecardAnswer>('/v1/measures/scorecard', {
    process: view.process.id,
    period: 'quarter',
    from: quarterStart(view.today),
    by,
  });
}

function Tiles({
  view,
  from,
  open,
}: {
  readonly view: View;
  readonly from: string;
  readonly open: readonly DealRow[] | undefined;
}): ReactNode {
  const words = t.tiles;
  const of = quarterOf(view.today);
  const currency = view.definition?.currency ?? 'EUR';
  const now = useTotal(view);
  const then = useTotal(view, startOfDay(from));
  const scorecard = useScorecard(view, null);
  const period = scorecard.data?.groups[0]?.periods.at(-1);
  const adherence = useApi<AdherenceAnswer>('/v1/measures/adherence', { process: view.process.id, from });
  const overridden = adherence.data?.groups[0]?.overriddenSteps;
  const late = open?.filter((one) => lateness(one, view.today) !== null);
  const change = now?.p50 && then?.p50 ? { ...now.p50, minor: now.p50.minor - then.p50.minor } : null;
  if (!period || !open) return <Waiting lines={1} height={96} />;
  const left = period.target
    ? { ...period.target, minor: period.target.minor - (inCurrency(period.won.amounts, currency)?.minor ?? 0) }
    : null;
  return (
    <div className="tiles">
      <Tile
        label={words.expected(of)}
        waiting={now === undefined}
        value={money(now?.p50 ?? null, 'short')}
        to={`/forecast?process=${view.process.id}&since=${from}`}
        {...(change === null || change.minor === 0 ? {} : { tone: change.minor < 0 ? ('bad' as const) : ('good' as const) })}
        note={
          <>
            {now?.p10 && now.p90
              ? leaders.forecast.tiles.range(money(now.p10, 'short'), money(now.p90, 'short'))
              : (now?.why ?? leaders.forecast.tiles.noRange)}
            {change && (
              <>
                <br />
                {words.was(signed(change), day(from))}
              </>
            )}
          </>
        }
      />
      <Tile
        label={words.booked}
        value={valueText(period.won)}
        note={
          period.attainment === null
            ? leaders.view.deals(count(period.won.deals))
            : leaders.forecast.tiles.reached(share(period.attainment))
        }
        to={behind(
          'scorecard',
          { process: view.process, window: { from: quarterStart(view.today), to: null } },
          { period: 'quarter', cohort: of, outcome: 'won' },
        )}
      />
      <Tile
        label={words.coverage}
        value={period.coverageNow === null ? '–' : times(period.coverageNow)}
        note={
          period.target === null
            ? words.coverageNone
            : left && left.minor > 0
              ? words.coverageNote(money(toClose(open, view, currency), 'short'), money(left, 'short'))
              : words.coverageMet
        }
        to={dealsPath(closing(open, view, currency).map(({ id }) => id))}
        {...(period.coverageNow !== null && period.coverageNow < 1 ? { tone: 'bad' as const } : {})}
      />
      <Tile
        label={words.open}
        value={valueText({ amounts: amountsOf(open) })}
        note={leaders.view.deals(count(open.length))}
        to={behind('pipeline', { process: view.process, window: { from: null, to: null } }, { outcome: 'open' })}
      />
      <Tile
        label={words.stuck}
        value={valueText({ amounts: amountsOf(late ?? []) })}
        note={words.stuckNote(count(late?.length ?? 0))}
        to={dealsPath(late?.map(({ id }) => id) ?? [])}
        {...((late?.length ?? 0) > 0 ? { tone: 'bad' as const } : {})}
      />
      <Tile
        label={words.overrides}
        waiting={adherence.isPending}
        value={overridden ? count(overridden.count) : '–'}
        note={overridden ? words.overridesNote(count(overridden.of)) : undefined}
        to={behind('adherence', { process: view.process, window: { from, to: null } }, { outcome: 'overridden' })}
      />
    </div>
  );
}

/** Near 1 every hundredth counts. */
const times = (ratio: number): string =>
  `${new Intl.NumberFormat(undefined, { maximumFractionDigits: ratio < 1.5 ? 2 : 1 }).format(ratio)} ×`;

/** The open deals that are to close this quarter. */
function closing(open: readonly DealRow[], view: View, currency: string): readonly DealRow[] {
  const of = quarterOf(view.today);
  return open.filter(
    ({ closeDate, amount }) => closeDate !== null && quarterOf(closeDate) === of && amount?.currency === currency,
  );
}

const toClose = (open: readonly DealRow[], view: View, currency: string): Amount => ({
  minor: closing(open, view, currency).reduce((sum, { amount }) => sum + amount!.minor, 0),
  currency,
});

function amountsOf(rows: readonly { readonly amount: Amount | null }[]): readonly Amount[] {
  const all = new Map<string, number>();
  for (const { amount } of rows) if (amount) all.set(amount.currency, (all.get(amount.currency) ?? 0) + amount.minor);
  return Array.from(all, ([currency, minor]) => ({ minor, currency }));
}

/** Since when a deal is stuck, and by what. */
function lateness({ overdueSince, closeDate }: DealRow, today: string): { readonly why: string; readonly since: string } | null {
  if (overdueSince !== null) return { why: t.stuck.limit, since: overdueSince };
  return closeDate !== null && closeDate < today ? { why: t.stuck.close, since: closeDate } : null;
}

// ------------------------------------------------------------------------------------------------------- what changed

type Kind = keyof typeof t.changed.kinds;
const KINDS = Object.keys(t.changed.kinds) as Kind[];

interface Change {
  readonly kind: Kind;
  readonly deal: string;
  readonly account: string | null;
  readonly owner: string;
  readonly amount: Amount | null;
  readonly before: string;
  readonly now: string;
}

/** The open deals as they were known at the review. */
function useOpenThen(process: string, asOf: string): UseQueryResult<readonly DealRow[], Problem> {
  return useQuery<readonly DealRow[], Problem>({
    queryKey: [DEALS, 'then', { process, asOf }],
    queryFn: ({ signal }) => allDeals({ process, result: 'open', asOf }, signal),
    staleTime: Number.POSITIVE_INFINITY,
    placeholderData: keepPreviousData,
  });
}

function Changed({
  view,
  from,
  open,
}: {
  readonly view: View;
  readonly from: string;
  readonly open: UseQueryResult<readonly DealRow[], Problem>;
}): ReactNode {
  const words = t.changed;
  const [said, pick] = useUrlState('changed');
  const picked = KINDS.find((kind) => kind === said);
  const then = useOpenThen(view.process.id, startOfDay(from));
  const bridge = useApi<BridgeAnswer>('/v1/measures/bridge', { process: view.process.id, from }, { keep: true });
  return (
    <Panel title={words.title} help={words.help(day(from))} className="long">
      <Answered of={open} waiting={<Waiting lines={5} height={40} />}>
        {(now) => (
          <Answered of={then} waiting={<Waiting lines={5} height={40} />}>
            {(before) => (
              <Answered of={bridge} waiting={<Waiting lines={5} height={40} />}>
                {({ groups: [group] }) => {
                  const closed = (bar: 'won' | 'lost'): readonly BridgeDeal[] =>
                    group?.bars.find((one) => one.bar === bar)?.list ?? [];
                  const changes = changesOf(before, now, view, closed);
                  const counts = {
                    won: group?.bars.find(({ bar }) => bar === 'won')?.deals,
                    lost: group?.bars.find(({ bar }) => bar === 'lost')?.deals,
                  };
                  if (changes.length === 0) return <Empty title={words.none}>{words.noneHelp}</Empty>;
                  return <Changes changes={changes} picked={picked} pick={pick} counts={counts} />;
                }}
              </Answered>
            )}
          </Answered>
        )}
      </Answered>
    </Panel>
  );
}

function Changes({
  changes,
  picked,
  pick,
  counts,
}: {
  readonly changes: readonly Change[];
  readonly picked: Kind | undefined;
  readonly pick: (kind: string | null) => void;
  readonly counts: { readonly won: number | undefined; readonly lost: number | undefined };
}): ReactNode {
  const words = t.changed;
  const { columns } = words;
  const shown = picked ? changes.filter(({ kind }) => kind === picked) : changes;
  return (
    <>
      <ul className="bars">
        {KINDS.map((kind) => {
          const some = changes.filter((one) => one.kind === kind);
          const deals = (kind === 'won' || kind === 'lost' ? counts[kind] : undefined) ?? some.length;
          return (
            <li key={kind}>
              <button
                type="button"
                aria-pressed={kind === picked}
                disabled={deals === 0}
                title={words.kindHelp[kind]}
                onClick={() => pick(kind === picked ? null : kind)}
              >
                {words.kinds[kind]} <strong>{count(deals)}</strong>
                {some.length > 0 && <small> · {valueText({ amounts: amountsOf(some) })}</small>}
              </button>
            </li>
          );
        })}
      </ul>
      <Table<Change>
        caption={words.title}
        name="changes"
        sortName="changeSort"
        rows={shown}
        rowKey={({ kind, deal }) => `${kind} ${deal}`}
        foot={picked && words.kindHelp[picked]}
        columns={[
          { key: 'what', label: columns.what, value: ({ kind }) => words.kinds[kind], show: ({ kind }) => words.kinds[kind] },
          {
            key: 'deal',
            label: columns.deal,
            value: ({ deal }) => deal,
            show: ({ deal }) => <Link to={dealPath(deal)}>{deal}</Link>,
          },
          { key: 'account', label: columns.account, value: ({ account }) => account, show: ({ account }) => account ?? '–' },
          { key: 'owner', label: columns.owner, value: ({ owner }) => owner, show: ({ owner }) => owner },
          {
            key: 'amount',
            label: columns.amount,
            align: 'right',
            value: ({ amount }) => amount && majorOf(amount),
            show: ({ amount }) => money(amount, 'whole'),
          },
          { key: 'before', label: columns.before, value: ({ before }) => before, show: ({ before }) => before },
          { key: 'now', label: columns.now, value: ({ now }) => now, show: ({ now }) => <strong>{now}</strong> },
        ]}
      />
    </>
  );
}

function changesOf(
  before: readonly DealRow[],
  now: readonly DealRow[],
  view: View,
  closed: (bar: 'won' | 'lost') => readonly BridgeDeal[],
): readonly Change[] {
  const old = new Map(before.map((one) => [one.id, one]));
  const order = Object.keys(view.definition?.stages ?? {});
  const changes: Change[] = [];
  const add = (kind: Kind, { id, account, owner, amount }: DealRow, was: string, is: string): void => {
    changes.push({ kind, deal: id, account, owner, amount, before: was, now: is });
  };
  const dated = (date: string | null): string => (date === null ? '–' : day(date));
  for (const one of now) {
    const was = old.get(one.id);
    if (!was) {
      add('new', one, '–', view.stage(one.stage));
      continue;
    }
    if (was.stage !== one.stage)
      add(
        order.indexOf(one.stage) > order.indexOf(was.stage) ? 'onward' : 'back',
        one,
        view.stage(was.stage),
        view.stage(one.stage),
      );
    if (was.closeDate !== null && was.closeDate !== one.closeDate)
      add(
        one.closeDate === null || one.closeDate > was.closeDate ? 'slipped' : 'earlier',
        one,
        dated(was.closeDate),
        dated(one.closeDate),
      );
    if (was.amount && one.amount && was.amount.currency === one.amount.currency && was.amount.minor !== one.amount.minor)
      add(one.amount.minor > was.amount.minor ? 'up' : 'down', one, money(was.amount, 'whole'), money(one.amount, 'whole'));
  }
  for (const kind of ['won', 'lost'] as const)
    for (const { deal, owner, amounts, events } of closed(kind)) {
      const amount = amounts[0] ? { ...amounts[0], minor: Math.abs(amounts[0].minor) } : null;
      const event = events.at(-1);
      changes.push({
        kind,
        deal,
        account: old.get(deal)?.account ?? null,
        owner,
        amount,
        before: event?.from ? view.stage(event.from) : '–',
        now: event?.to ? view.stage(event.to) : t.changed.kinds[kind],
      });
    }
  return changes.toSorted(
    (a, b) => KINDS.indexOf(a.kind) - KINDS.indexOf(b.kind) || (b.amount?.minor ?? -1) - (a.amount?.minor ?? -1),
  );
}

// ------------------------------------------------------------------------------------------------ what was said of it

function Calls({ view }: { readonly view: View }): ReactNode {
  const words = t.calls;
  const of = quarterOf(view.today);
  const issued = useApi<Items<Issued>>('/v1/forecasts', { process: view.process.id });
  const calls = useApi<Items<Call>>('/v1/calls', { process: view.process.id });
  const targets = useApi<Items<Target>>('/v1/targets', { process: view.process.id });
  const now = useTotal(view);
  const asOf = useAsOf();
  return (
    <Panel title={words.title(of)} className="titled">
      <Answered of={issued} waiting={<Waiting lines={6} height={44} />}>
        {({ items }) => {
          const said = items
            .filter(({ period, grouping, p50 }) => period === of && grouping === null && p50 !== null)
            .map((one) => ({ at: one.clock, ...one }));
          if (now?.p50)
            said.push({
              ...now,
              period: of,
              grouping: null,
              group: null,
              clock: '',
              at: asOf ?? new Date().toISOString(),
              occurredAt: '',
            });
          if (said.length === 0) return <Empty title={words.none}>{words.noneHelp}</Empty>;
          return (
            <SaidChart
              of={of}
              said={said}
              calls={(calls.data?.items ?? []).filter(({ period }) => period === of)}
              target={targetFor(targets.data?.items ?? [], of, null, null)}
              currency={view.definition?.currency ?? 'EUR'}
            />
          );
        }}
      </Answered>
    </Panel>
  );
}

/** The company's call as it stood at an instant, or the sum of what its people called. */
function calledBy(
  calls: readonly Call[],
  kind: Call['kind'],
  at: string,
): { readonly amount: number; readonly people: number } | null {
  const known = calls.filter((one) => one.kind === kind && one.occurredAt <= at && one.amount !== null);
  const company = known.findLast(({ owner, team }) => owner === null && team === null);
  if (company) return { amount: majorOf(company.amount!), people: 0 };
  const last = new Map(known.filter(({ owner }) => owner !== null).map((one) => [one.owner, majorOf(one.amount!)]));
  return last.size === 0 ? null : { amount: [...last.values()].reduce((sum, one) => sum + one, 0), people: last.size };
}

function SaidChart({
  of,
  said,
  calls,
  target,
  currency,
}: {
  readonly of: string;
  readonly said: readonly (Pick<Issued, 'p10' | 'p50' | 'p90' | 'booked'> & { readonly at: string })[];
  readonly calls: readonly Call[];
  readonly target: Amount | null;
  readonly currency: string;
}): ReactNode {
  const words = t.calls;
  const rows = said.map(({ at, p10, p50, p90, booked }) => ({
    at,
    p10: p10 && majorOf(p10),
    p50: p50 && majorOf(p50),
    p90: p90 && majorOf(p90),
    booked: majorOf(booked),
    commit: calledBy(calls, 'commit', at),
    best: calledBy(calls, 'best-case', at),
  }));
  const option = useMemo(() => {
    const aim = target && majorOf(target);
    const most =
      Math.max(1, aim ?? 0, ...rows.flatMap(({ p50, commit, best }) => [p50 ?? 0, commit?.amount ?? 0, best?.amount ?? 0])) * 2;
    const points = (value: (row: (typeof rows)[number]) => number | null | undefined): (readonly [string, number])[] =>
      rows.flatMap((row) => {
        const found = value(row);
        return found === null || found === undefined ? [] : [[row.at, Math.min(found, most)] as const];
      });
    return {
      legend: {
        top: 0,
        data: [words.expected, words.range, words.commit, words.best, words.booked, ...(aim === null ? [] : [words.target])],
      },
      grid: { left: 8, right: 24, top: 44, bottom: 8, containLabel: true },
      tooltip: {
        trigger: 'axis',
        valueFormatter: (value: unknown) => (typeof value === 'number' ? shortMoney(value, currency) : '–'),
      },
      xAxis: { type: 'time' },
      yAxis: { type: 'value', axisLabel: { formatter: (value: number) => shortMoney(value, currency) } },
      series: [
        {
          name: words.low,
          type: 'line',
          stack: 'range',
          symbol: 'none',
          lineStyle: { opacity: 0 },
          silent: true,
          tooltip: { show: false },
          data: points(({ p10 }) => p10),
        },
        {
          name: words.range,
          type: 'line',
          stack: 'range',
          symbol: 'none',
          lineStyle: { opacity: 0 },
          areaStyle: { color: '#8b5cf6', opacity: 0.18 },
          itemStyle: { color: '#8b5cf6' },
          tooltip: { show: false },
          data: points(({ p10, p90 }) => (p10 === null || p90 === null ? null : Math.min(p90, most) - p10)),
        },
        {
          name: words.expected,
          type: 'line',
          symbolSize: 8,
          lineStyle: { width: 3 },
          itemStyle: { color: '#8b5cf6' },
          data: points(({ p50 }) => p50),
        },
        {
          name: words.commit,
          type: 'line',
          step: 'end',
          lineStyle: { type: 'dashed' },
          itemStyle: { color: '#0e8aa8' },
          data: points(({ commit }) => commit?.amount),
        },
        {
          name: words.best,
          type: 'line',
          step: 'end',
          lineStyle: { type: 'dotted' },
          itemStyle: { color: '#7b8794' },
          data: points(({ best }) => best?.amount),
        },
        { name: words.booked, type: 'line', itemStyle: { color: '#16a34a' }, data: points(({ booked }) => booked) },
        ...(aim === null
          ? []
          : [{ name: words.target, type: 'line', symbol: 'none', itemStyle: { color: '#d97706' }, data: points(() => aim) }]),
      ],
    };
  }, [said, calls, target, currency]);
  const people = rows.at(-1)?.commit?.people ?? 0;
  return (
    <>
      <Chart
        title={words.title(of)}
        says={words.says(
          rows.map(({ at, p50 }) => words.item(day(at), p50 === null ? '–' : shortMoney(p50, currency))).join('; '),
        )}
        option={option}
        head={words.columns}
        rows={rows.map(({ at, p50, p10, p90, commit, best, booked }) => [
          at,
          p50,
          p10,
          p90,
          commit?.amount ?? null,
          best?.amount ?? null,
          booked,
        ])}
        name={`said-of-${of}`}
        height={300}
      />
      <p className="help">
        {leaders.forecast.chart.cut} {people > 0 && words.people(count(people))}
      </p>
    </>
  );
}

// ---------------------------------------------------------------------------------------------- coverage, stuck, overrides

function Coverage({ view }: { readonly view: View }): ReactNode {
  const words = t.coverage;
  const { columns } = words;
  const answer = useScorecard(view, 'team');
  const of = quarterOf(view.today);
  const to = (group: string | null, outcome: string): string =>
    behind(
      'scorecard',
      { process: view.process, window: { from: quarterStart(view.today), to: null }, by: 'team' },
      { period: 'quarter', cohort: of, outcome, group },
    );
  return (
    <Panel title={words.title} help={words.help}>
      <Answered of={answer}>
        {({ groups }) => {
          const rows = groups.flatMap(({ group, periods }) => {
            const period: ScorecardPeriod | undefined = periods.at(-1);
            return period ? [{ group, period }] : [];
          });
          return (
            <Table
              caption={words.title}
              name={`coverage-${of}`}
              sortName="coverageSort"
              rows={rows}
              rowKey={({ group }) => group ?? '-'}
              empty={<Empty title={words.none} />}
              columns={[
                { key: 'team', label: columns.team, value: ({ group }) => group, show: ({ group }) => groupText(group) },
                {
                  key: 'won',
                  label: columns.won,
                  align: 'right',
                  value: ({ period }) => (period.won.amounts[0] ? majorOf(period.won.amounts[0]) : 0),
                  show: ({ group, period }) => (
                    <Figure to={to(group, 'won')} of={columns.won}>
                      {valueText(period.won)}
                    </Figure>
                  ),
                },
                {
                  key: 'target',
                  label: columns.target,
                  align: 'right',
                  value: ({ period }) => period.target && majorOf(period.target),
                  show: ({ period }) =>
                    period.target === null ? (
                      '–'
                    ) : (
                      <Figure to={TARGETS} of={columns.target}>
                        {money(period.target, 'short')}
                      </Figure>
                    ),
                },
                {
                  key: 'attainment',
                  label: columns.attainment,
                  align: 'right',
                  value: ({ period }) => period.attainment,
                  show: ({ group, period }) =>
                    period.attainment === null ? (
                      '–'
                    ) : (
                      <Figure to={to(group, 'won')} of={columns.attainment}>
                        {share(period.attainment)}
                      </Figure>
                    ),
                },
                {
                  key: 'coverage',
                  label: columns.coverage,
                  align: 'right',
                  value: ({ period }) => period.coverageNow,
                  show: ({ group, period }) =>
                    period.coverageNow === null ? (
                      '–'
                    ) : (
                      <Figure
                        to={`/deals?process=${view.process.id}&result=open${group === null ? '' : `&team=${encodeURIComponent(group)}`}`}
                        of={columns.coverage}
                      >
                        {times(period.coverageNow)}
                      </Figure>
                    ),
                },
              ]}
            />
          );
        }}
      </Answered>
    </Panel>
  );
}

function Overrides({ view, from }: { readonly view: View; readonly from: string }): ReactNode {
  const words = t.overrides;
  const answer = useApi<AdherenceAnswer>('/v1/measures/adherence', { process: view.process.id, from }, { keep: true });
  return (
    <Panel title={words.title}>
      <Answered of={answer}>
        {({ groups: [group] }) => (
          <OverrideTable view={{ process: view.process, window: { from, to: null } }} rows={group?.overrides ?? []} />
        )}
      </Answered>
    </Panel>
  );
}

export function OverrideTable({
  view,
  rows,
  group,
}: {
  readonly view: Parameters<typeof behind>[1];
  readonly rows: AdherenceAnswer['groups'][number]['overrides'];
  readonly group?: string | null;
}): ReactNode {
  const words = t.overrides;
  const { columns } = words;
  return (
    <Table
      caption={words.title}
      name="overrides"
      sortName="overrideSort"
      rows={rows}
      rowKey={({ check, by }) => `${check} ${by}`}
      empty={<Empty title={words.none}>{words.noneHelp}</Empty>}
      columns={[
        { key: 'check', label: columns.check, value: ({ check }) => check, show: ({ check }) => check },
        { key: 'by', label: columns.by, value: ({ by }) => by, show: ({ by }) => by },
        {
          key: 'steps',
          label: columns.steps,
          align: 'right',
          value: ({ steps }) => steps,
          show: ({ check, by, steps }) => (
            <Figure to={stepsPath(view, { check, by, outcome: 'overridden' })} of={columns.steps}>
              {count(steps)}
            </Figure>
          ),
        },
        {
          key: 'deals',
          label: columns.deals,
          align: 'right',
          value: ({ deals }) => deals,
          show: ({ check, by, deals }) => (
            <Figure to={behind('adherence', view, { check, person: by, group })} of={columns.deals}>
              {count(deals)}
            </Figure>
          ),
        },
      ]}
    />
  );
}

function Stuck({ view, open }: { readonly view: View; readonly open: UseQueryResult<readonly DealRow[], Problem> }): ReactNode {
  const words = t.stuck;
  const { columns } = words;
  return (
    <Panel title={words.title} help={words.help} className="long">
      <Answered of={open}>
        {(deals) => {
          const rows = deals
            .flatMap((deal) => {
              const late = lateness(deal, view.today);
              return late ? [{ deal, ...late }] : [];
            })
            .toSorted((a, b) => (b.deal.amount?.minor ?? -1) - (a.deal.amount?.minor ?? -1) || (a.since < b.since ? -1 : 1));
          return (
            <Table
              caption={words.title}
              name="stuck"
              sortName="stuckSort"
              rows={rows}
              rowKey={({ deal }) => deal.id}
              empty={<Empty title={words.none}>{words.noneHelp}</Empty>}
              foot={`${leaders.view.deals(count(rows.length))} · ${valueText({ amounts: amountsOf(rows.map(({ deal }) => deal)) }, 'whole')}`}
              columns={[
                {
                  key: 'deal',
                  label: columns.deal,
                  value: ({ deal }) => deal.id,
                  show: ({ deal }) => <Link to={dealPath(deal.id)}>{deal.id}</Link>,
                },
                {
                  key: 'account',
                  label: columns.account,
                  value: ({ deal }) => deal.account,
                  show: ({ deal }) => deal.account ?? '–',
                },
                {
                  key: 'stage',
                  label: columns.stage,
                  value: ({ deal }) => view.stage(deal.stage),
                  show: ({ deal }) => view.stage(deal.stage),
                },
                { key: 'owner', label: columns.owner, value: ({ deal }) => deal.owner, show: ({ deal }) => deal.owner },
                {
                  key: 'amount',
                  label: columns.amount,
                  align: 'right',
                  value: ({ deal }) => deal.amount && majorOf(deal.amount),
                  show: ({ deal }) => money(deal.amount, 'whole'),
                },
                { key: 'why', label: columns.why, value: ({ why }) => why, show: ({ why }) => why },
                {
                  key: 'since',
                  label: columns.since,
                  value: ({ since }) => since,
                  show: ({ since }) => (since.length === 10 ? day(since) : instant(since)),
                },
              ]}
            />
          );
        }}
      </Answered>
    </Panel>
  );
}
