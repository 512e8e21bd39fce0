import type { Rate } from './measure.js';

/** The 97.5th percentile of the normal distribution: an interval this wide misses 5 % of the time. */
const Z = 1.959963984540054;

/** A share with its 95 % Wilson interval, which stays within 0 and 1 also for few deals. Nothing to divide by is unknown, not 0. */
export function rateOf(count: number, of: number): Rate {
  if (of === 0) return { rate: null, count, of, low: null, high: null };
  const rate = count / of;
  const spread = 1 + Z ** 2 / of;
  const middle = (rate + Z ** 2 / (2 * of)) / spread;
  const half = (Z / spread) * Math.sqrt((rate * (1 - rate)) / of + Z ** 2 / (4 * of ** 2));
  return {
    rate,
    count,
    of,
    low: count === 0 ? 0 : Math.max(0, middle - half),
    high: count === of ? 1 : Math.min(1, middle + half),
  };
}
