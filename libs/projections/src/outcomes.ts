import type { Phase } from '@coxswain/sales-process';
import { Chance } from './chance.js';
import type { Difference, HowFollowed, Outcome } from './measure.js';
import { differenceOf, differenceWithin, rateOf } from './rate.js';
import { aalenJohansen, Durations, quantileOfCause, type Duration } from './survival.js';

/**
 * What goes along with deviating: how deals that followed the process fared, those with a check let pass, and those that deviated. An
 * association: deals that take long have more chances to deviate, and hard ones are bent more often.
 */
export class Outcomes {
  private readonly kinds: Readonly<Record<HowFollowed, Kind>> = { followed: kind(), overridden: kind(), deviated: kind() };

  /** `result` is how the deal stands, `furthest` the last phase of selling it got to, `untilWon` the time from its capture. */
  add(how: HowFollowed, result: 'won' | 'lost' | null, furthest: Furthest, untilWon: Duration<'won' | 'lost'>): void {
    const { durations, closed } = this.kinds[how];
    durations.add(untilWon.days, untilWon.ended);
    if (result === null) return;
    closed[furthest].of++;
    if (result === 'won') closed[furthest].count++;
  }

  list(): readonly Outcome[] {
    const followed = this.kinds.followed;
    const [first, ...others] = HOW.map((how) => outcomeOf(how, this.kinds[how]));
    return [
      { ...first!.outcome, comparedToFollowed: null },
      ...others.map(({ outcome, medians }) => ({
        ...outcome,
        comparedToFollowed: {
          winRate: differenceOf(outcome.winRate, first!.outcome.winRate),
          winRateSamePhase: differenceWithin(
            FURTHEST.map((phase) => ({ one: this.kinds[outcome.how].closed[phase], other: followed.closed[phase] })),
          ),
          medianDaysToWon: differenceOfMedians(outcome, medians, first!.outcome, first!.medians),
        },
      })),
    ];
  }
}

export type Furthest = 'lead' | 'qualified' | 'selling';
const FURTHEST: readonly Furthest[] = ['lead', 'qualified', 'selling'];

/** The last phase of selling that a deal got to. */
export const furthestOf = (phases: readonly Phase[]): Furthest => FURTHEST.findLast((phase) => phases.includes(phase)) ?? 'lead';

interface Kind {
  readonly durations: Durations<'won' | 'lost'>;
  /** Those that stand won or lost: won, of all. */
  readonly closed: Readonly<Record<Furthest, { count: number; of: number }>>;
}

const kind = (): Kind => ({
  durations: new Durations(['won', 'lost']),
  closed: { lead: { count: 0, of: 0 }, qualified: { count: 0, of: 0 }, selling: { count: 0, of: 0 } },
});

function outcomeOf(
  how: HowFollowed,
  { durations, closed }: Kind,
): { readonly outcome: Omit<Outcome, 'comparedToFollowed'>; readonly medians: readonly number[] | null } {
  const { days, why } = quantileOfCause(aalenJohansen(durations), 'won', 0.5);
  const medians = days === null ? null : resampledMedians(durations, how);
  const range = medians && middle95(medians);
  const inAll = (part: 'count' | 'of'): number => FURTHEST.reduce((sum, phase) => sum + closed[phase][part], 0);
  return {
    outcome: {
      how,
      deals: durations.size,
      winRate: rateOf(inAll('count'), inAll('of')),
      daysToWon: { median: days, low: range?.[0] ?? null, high: range?.[1] ?? null, why },
    },
    medians,
  };
}

const HOW: readonly HowFollowed[] = ['followed', 'overridden', 'deviated'];

type Median = Pick<Outcome, 'daysToWon'>;

/** Each resample of the one less the same one of the other: two bootstraps drawn independently. */
function differenceOfMedians(
  one: Median,
  ones: readonly number[] | null,
  other: Median,
  others: readonly number[] | null,
): Difference | null {
  if (!ones || !others) return null;
  const range = middle95(ones.slice(0, others.length).map((median, index) => median - others[index]!));
  return { difference: one.daysToWon.median! - other.daysToWon.median!, low: range[0], high: range[1] };
}

/** Where the middle 95 % of the resamples lie. */
function middle95(medians: readonly number[]): readonly [number, number] {
  const ascending = medians.toSorted((a, b) => a - b);
  const tail = Math.floor(0.025 * (ascending.length + 1));
  return [ascending[tail - 1]!, ascending[ascending.length - tail]!];
}

const MOST_RESAMPLES = 199;
const FEWEST_RESAMPLES = 99;
/** So many deals are drawn in all, at most (beyond 99 resamples). */
const MOST_DRAWN = 3_000_000;

/** The median of as many deals drawn from these with replacement, again and again (bootstrap); null when one in ten draws has no win. */
function resampledMedians(durations: Durations<'won' | 'lost'>, seed: string): readonly number[] | null {
  const ascending = (['open', 'won', 'lost'] as const)
    .flatMap((ended) => Array.from(durations.days(ended), (days) => ({ days, ended })))
    .sort((a, b) => a.days - b.days);
  const days = Float64Array.from(ascending, (one) => one.days);
  const ends = Uint8Array.from(ascending, ({ ended }) => ENDS[ended]);
  const size = days.length;
  const resamples = Math.max(FEWEST_RESAMPLES, Math.min(MOST_RESAMPLES, Math.floor(MOST_DRAWN / size)));
  const chance = new Chance(`${seed} ${size} ${days[0]} ${days[size - 1]}`);
  const weights = new Uint32Array(size);
  const shares = new Float64Array(size);
  const medians: number[] = [];
  for (let sample = 0; sample < resamples; sample++) {
    weights.fill(0);
    for (let drawn = 0; drawn < size; drawn++) weights[chance.below(size)]!++;
    const median = medianUntilWon(days, ends, weights, shares);
    if (median !== null) medians.push(median);
  }
  return medians.length < 0.9 * resamples ? null : medians;
}

export const ENDS = { open: 0, won: 1, lost: 2 } as const;

/**
 * What `quantileOfCause(curve, 'won', .5)` says, over ascending days of which each counts so many times; null without a win.
 *
 * @param shares room for as many numbers as there are days
 */
export function medianUntilWon(days: Float64Array, ends: Uint8Array, weights: Uint32Array, shares: Float64Array): number | null {
  let atRisk = 0;
  for (let at = 0; at < weights.length; at++) atRisk += weights[at]!;
  let [open, won] = [1, 0];
  for (let at = 0; at < days.length;) {
    const day = days[at]!;
    const start = at;
    let [ended, wins, left] = [0, 0, 0];
    for (; at < days.length && days[at] === day; at++) {
      const weight = weights[at]!;
      left += weight;
      if (ends[at] === ENDS.open) continue;
      ended += weight;
      if (ends[at] === ENDS.won) wins += weight;
    }
    if (ended > 0) {
      won += (open * wins) / atRisk;
      open *= 1 - ended / atRisk;
    }
    atRisk -= left;
    for (let same = start; same < at; same++) shares[same] = won;
  }
  if (won === 0) return null;
  let [low, high] = [0, days.length - 1];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (shares[middle]! >= 0.5 * won - 1e-12) high = middle;
    else low = middle + 1;
  }
  return days[low]!;
}
