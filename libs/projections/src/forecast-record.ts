import type { CallMade, ForecastIssued, ForecastScored } from '@coxswain/sales-process';
import { COMPONENTS, type Component } from './forecasting/totals.js';
import { answer, type Frame } from './frame.js';
import type { ForecastRecordAnswer, ForecastRecordGroup, SaidRecord, ScoredForecast } from './measure.js';
import { rateOf } from './rate.js';
import { periodNamed } from './time.js';

/** Days before the end of the period at which something was said, up to and including `to`. */
const LEADS = [
  { days: '0 to 7', to: 7 },
  { days: '8 to 30', to: 30 },
  { days: '31 to 60', to: 60 },
  { days: '61 to 91', to: 91 },
  { days: '92 or more', to: Infinity },
];
const MOST_LISTED = 100;

/**
 * How the forecasts that were issued and the calls that were made turned out: by method, by who called, by how long before. Reads the plan alone, so
 * that a figure of the past is the one that was scored then. The window selects by when it was said. Throws `RangeError` for a grouping other than owner and team.
 */
export function forecastRecord(frame: Frame): ForecastRecordAnswer {
  const { by, plan, within } = frame;
  if (by !== null && by !== 'owner' && by !== 'team')
    throw new RangeError('the record of the forecast can be told by owner or by team only');
  const scores = new Map(plan.scored.map((score) => [`${score.of.kind} ${score.of.id}`, score]));
  const isInWindow = ({ occurredAt }: { readonly occurredAt: string }): boolean => within(Date.parse(occurredAt));
  const groups = new Map<string | null, Said>();
  const of = (group: string | null): Said => {
    let said = groups.get(group);
    if (!said) groups.set(group, (said = { issued: [], calls: [], waiting: [] }));
    return said;
  };
  if (by === null) of(null);
  for (const one of plan.issued) {
    if (!isInWindow(one) || one.grouping !== by) continue;
    const score = scores.get(`forecast ${one.forecast}`);
    if (score) of(one.group).issued.push({ one, score });
    else of(one.group).waiting.push(one.period);
  }
  for (const one of plan.calls) {
    if (!isInWindow(one)) continue;
    const group = by === null ? null : one[by];
    if (by !== null && group === null) continue;
    const score = scores.get(`call ${one.call}`);
    if (score) of(group).calls.push({ one, score });
    else of(group).waiting.push(one.period);
  }
  const ordered = [...groups].toSorted(
    ([a, one], [b, other]) => sizeOf(other) - sizeOf(one) || (a ?? '\uffff').localeCompare(b ?? '\uffff', 'en'),
  );
  return answer(
    'forecast-record',
    frame,
    ordered.map(([group, said]) => told(group, said)),
  );
}

interface Said {
  readonly issued: { readonly one: ForecastIssued; readonly score: ForecastScored }[];
  readonly calls: { readonly one: CallMade; readonly score: ForecastScored }[];
  /** The periods of what has not been scored. */
  readonly waiting: string[];
}

const sizeOf = ({ issued, calls, waiting }: Said): number => issued.length + calls.length + waiting.length;

function told(group: string | null, { issued, calls, waiting }: Said): ForecastRecordGroup {
  const ends = waiting.map((period) => periodNamed(period).end).sort();
  const people = new Map<string, Said['calls']>();
  for (const call of calls) {
    const key = JSON.stringify([call.one.owner, call.one.team, call.one.kind]);
    people.set(key, [...(people.get(key) ?? []), call]);
  }
  return {
    group,
    scored: issued.length + calls.length,
    waiting: waiting.length,
    nextEnd: ends[0] ?? null,
    methods: [
      { method: 'blend', ...recordOf(issued.map(({ score }) => score)) },
      ...COMPONENTS.map((method) => ({ method, ...recordOf(issued.map(({ score }) => ofComponent(score, method))) })),
    ],
    calls: [...people.values()]
      .map((of) => {
        const { owner, team, kind } = of[0]!.one;
        return { owner, team, kind, ...recordOf(of.map(({ score }) => score)) };
      })
      .toSorted(
        (a, b) =>
          b.said - a.said || ((a.owner ?? a.team ?? '') < (b.owner ?? b.team ?? '') ? -1 : 1) || (a.kind < b.kind ? 1 : -1),
      ),
    leadTimes: LEADS.map(({ days, to }, at) => {
      const lies = ({ score: { leadDays } }: { readonly score: ForecastScored }): boolean =>
        leadDays <= to && leadDays > (LEADS[at - 1]?.to ?? -Infinity);
      return {
        days,
        blend: recordOf(issued.filter(lies).map(({ score }) => score)),
        commits: recordOf(calls.filter((call) => lies(call) && call.one.kind === 'commit').map(({ score }) => score)),
      };
    }),
    list: [...issued.map(listedForecast), ...calls.map(listedCall)]
      .toSorted((a, b) => (a.saidAt < b.saidAt ? 1 : a.saidAt > b.saidAt ? -1 : a.kind < b.kind ? -1 : 1))
      .slice(0, MOST_LISTED),
  };
}

type Scored = Pick<ForecastScored, 'actual' | 'error' | 'within'>;

/** How far off one method was that the blend is made of. */
function ofComponent({ actual, components }: ForecastScored, method: Component): Scored {
  const error = components.find(({ component }) => component === method)?.error ?? null;
  return { actual, error, within: null };
}

function recordOf(scores: readonly Scored[]): SaidRecord {
  const told = scores.flatMap(({ actual, error }) => (error === null ? [] : [{ actual: actual.minor, error: error.minor }]));
  const came = told.reduce((sum, { actual }) => sum + actual, 0);
  const share = (of: (error: number) => number): number | null =>
    came === 0 ? null : told.reduce((sum, { error }) => sum + of(error), 0) / came;
  const bounded = scores.filter(({ within }) => within !== null);
  return {
    said: told.length,
    wape: share(Math.abs),
    bias: share((error) => error),
    within: rateOf(bounded.filter(({ within }) => within).length, bounded.length),
  };
}

const listedForecast = ({ one, score }: Said['issued'][number]): ScoredForecast => ({
  kind: 'forecast',
  owner: one.grouping === 'owner' ? one.group : null,
  team: one.grouping === 'team' ? one.group : null,
  period: one.period,
  saidAt: one.occurredAt,
  leadDays: score.leadDays,
  said: one.p50,
  p10: one.p10,
  p90: one.p90,
  actual: score.actual,
  error: score.error,
});

const listedCall = ({ one, score }: Said['calls'][number]): ScoredForecast => ({
  kind: one.kind,
  owner: one.owner,
  team: one.team,
  period: one.period,
  saidAt: one.occurredAt,
  leadDays: score.leadDays,
  said: one.amount,
  p10: null,
  p90: null,
  actual: score.actual,
  error: score.error,
});
