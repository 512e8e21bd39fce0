import type { Difference, Rate } from './measure.js';

/** The 97.5th percentile of the normal distribution: an interval this wide misses 5 % of the time. */
export const Z_95 = 1.959963984540054;

/** A share with its 95 % Wilson interval, which stays within 0 and 1 also for few deals. Nothing to divide by is unknown, not 0. */
export function rateOf(count: number, of: number): Rate {
  if (of === 0) return { rate: null, count, of, low: null, high: null };
  const rate = count / of;
  const spread = 1 + Z_95 ** 2 / of;
  const middle = (rate + Z_95 ** 2 / (2 * of)) / spread;
  const half = (Z_95 / spread) * Math.sqrt((rate * (1 - rate)) / of + Z_95 ** 2 / (4 * of ** 2));
  return {
    rate,
    count,
    of,
    low: count === 0 ? 0 : Math.max(0, middle - half),
    high: count === of ? 1 : Math.min(1, middle + half),
  };
}

/**
 * The first share less the second, with its 95 % interval after Newcombe (1998, method 10), which joins the two Wilson intervals and so
 * holds for few deals too. Null when either is unknown.
 */
export function differenceOf(one: Rate, other: Rate): Difference | null {
  if (one.rate === null || other.rate === null) return null;
  const difference = one.rate - other.rate;
  return {
    difference,
    low: difference - Math.hypot(one.rate - one.low!, other.high! - other.rate),
    high: difference + Math.hypot(one.high! - one.rate, other.rate - other.low!),
  };
}

/** Of two sorts of one stratum: how many there are, and how many of them count. */
export interface Stratum {
  readonly one: Pick<Rate, 'count' | 'of'>;
  readonly other: Pick<Rate, 'count' | 'of'>;
}

/**
 * The difference of two shares among like with like: the differences within the strata, each weighted by n1 n0 / (n1 + n0) (Mantel and
 * Haenszel), with the 95 % interval after Greenland and Robins (1985). Null when no stratum has both sorts.
 */
export function differenceWithin(strata: readonly Stratum[]): Difference | null {
  let [weights, differences, variance] = [0, 0, 0];
  for (const { one, other } of strata) {
    const [n1, n0] = [one.of, other.of];
    if (n1 === 0 || n0 === 0) continue;
    weights += (n1 * n0) / (n1 + n0);
    differences += (one.count * n0 - other.count * n1) / (n1 + n0);
    variance +=
      (one.count * (n1 - one.count) * n0 ** 3 + other.count * (n0 - other.count) * n1 ** 3) / (n1 * n0 * (n1 + n0) ** 2);
  }
  if (weights === 0) return null;
  const difference = differences / weights;
  const half = (Z_95 * Math.sqrt(variance)) / weights;
  return { difference, low: Math.max(-1, difference - half), high: Math.min(1, difference + half) };
}
