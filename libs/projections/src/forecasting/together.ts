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
  // On the same day each: processes in other time zones may look back to other ones.
  const [first, ...others] = told.map(({ past }) => new Map(past.map((one) => [one.day, one])));
  const past = [...first!].flatMap(([day, one]): ResolvedTotal[] => {
    const said = [one, ...others.flatMap((days) => days.get(day) ?? [])];
    return said.length === told.length ? [summed(said)] : [];
  });
  const { wape, bias } = totalsAccuracy(past);
  const { p10, p90, ...rest } = intervalOf(p50, past, youngest(told));
  // What comes in besides is never less than nothing.
  const atLeast = (sum: number | null, of: 'p10' | 'p90'): number | null =>
    sum === null ? null : Math.max(sum, ...told.map(({ interval }) => interval[of] ?? 0));
  return { p50, interval: { p10: atLeast(p10, 'p10'), p90: atLeast(p90, 'p90'), ...rest }, wape, bias };
}

/** The sum knows no more of the past than the youngest of the records that it is made of. */
const youngest = (said: readonly Pick<ResolvedTotal, 'recordDays'>[]): number =>
  Math.min(...said.map(({ recordDays }) => recordDays));

const summed = (said: readonly ResolvedTotal[]): ResolvedTotal => ({
  forecast: said.reduce((sum, one) => sum + one.forecast, 0),
  actual: said.reduce((sum, one) => sum + one.actual, 0),
  recordDays: youngest(said),
});
