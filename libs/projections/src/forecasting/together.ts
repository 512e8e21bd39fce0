import { totalsAccuracy } from './accuracy.js';
import { intervalOf, type Interval, type ResolvedTotal } from './blend.js';
import type { TotalForecast } from './totals.js';

/** Forecasts of the same window that are one figure together: those of several processes. */
export interface TogetherForecast {
  /** The sum of what they say; null where none of them can say anything. */
  readonly p50: number | null;
  /** From how wrong the same sum was on earlier days. */
  readonly interval: Interval;
  /** Over all earlier days on which every one of them had something to say. */
  readonly wape: number | null;
  readonly bias: number | null;
}

/**
 * The blends are point forecasts, whose sum forecasts the sum; their p10 and p90 are not: added up they would hold only if all were wrong the same
 * way at the same time. So the sum is held against what came in together on each earlier day, as each blend is by itself: errors that
 * cancel out make the interval narrow, and common ones wide. Those that can say nothing are no part of it.
 */
export function together(
  forecasts: readonly Pick<TotalForecast, 'p50' | 'past' | 'interval' | 'recordDays'>[],
): TogetherForecast {
  const told = forecasts.filter(({ p50 }) => p50 !== null);
  const p50 = told.length === 0 ? null : told.reduce((sum, one) => sum + one.p50!, 0);
  if (p50 === null) {
    const why = forecasts[0]?.interval.why ?? null;
    return { p50, interval: { p10: null, p90: null, of: 0, why }, wape: null, bias: null };
  }
  const days = Math.min(...told.map(({ past }) => past.length));
  const past = Array.from({ length: days }, (_, day) => {
    const said = told.map((one) => one.past[day]!);
    return said.every((one) => one !== null) ? summed(said) : null;
  }).filter((one) => one !== null);
  const { wape, bias } = totalsAccuracy(past);
  return { p50, interval: intervalOf(p50, past, youngest(told)), wape, bias };
}

/** The sum knows no more of the past than the youngest of the records that it is made of. */
const youngest = (said: readonly Pick<ResolvedTotal, 'recordDays'>[]): number =>
  Math.min(...said.map(({ recordDays }) => recordDays));

const summed = (said: readonly ResolvedTotal[]): ResolvedTotal => ({
  forecast: said.reduce((sum, one) => sum + one.forecast, 0),
  actual: said.reduce((sum, one) => sum + one.actual, 0),
  recordDays: youngest(said),
});
