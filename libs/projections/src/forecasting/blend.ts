/**
 * The combination of forecasts by their record (Bates & Granger 1969): the weights, none below 0 and 1 together, that would have had the
 * smallest mean squared error over the resolved forecasts. A prior stands for one window, with equal errors that have four fifths in
 * common, so that without a record all weigh the same and one window does not decide.
 */

const PRIOR_WINDOWS = 1;
const PRIOR_ERROR = 0.2;
const PRIOR_CORRELATION = 0.8;

/** What each method had said of one window that is over, in one unit with what happened; null where it had nothing to say. */
export interface Resolved {
  readonly said: readonly (number | null)[];
  readonly actual: number;
}

/**
 * The weight of each method; 0 for one that says nothing `now`. `windows` is how many whole windows one resolved forecast stands for:
 * forecasts a week apart over a quarter tell much the same thing. Errors are relative to what happened, as the interval is.
 * Where a method had nothing to say it counts as the worst of those that had: it must have been there to be trusted.
 */
export function weights(record: readonly Resolved[], now: readonly (number | null)[], windows: number): readonly number[] {
  const there = now.flatMap((said, method) => (said === null ? [] : [method]));
  if (there.length === 0) return now.map(() => 0);
  const least = meanActual(record) / 2;
  const products = there.map((_, row) =>
    there.map((__, column) => PRIOR_WINDOWS * PRIOR_ERROR ** 2 * (row === column ? 1 : PRIOR_CORRELATION)),
  );
  for (const { said, actual } of record) {
    const errors = there.map((method) => {
      const one = said[method]!;
      return one === null ? null : (one - actual) / Math.max(actual, least);
    });
    const worst = errors.reduce<number>((most, error) => (error !== null && Math.abs(error) > Math.abs(most) ? error : most), 0);
    const full = errors.map((error) => error ?? worst);
    for (let row = 0; row < full.length; row++)
      for (let column = 0; column < full.length; column++) products[row]![column]! += windows * full[row]! * full[column]!;
  }
  const found = smallestOnSimplex(products);
  return now.map((_, method) => {
    const place = there.indexOf(method);
    return place < 0 ? 0 : found[place]!;
  });
}

/** The mean of what happened; 1 where that is nothing, so that errors stay numbers. A window of less than half of it counts as half. */
function meanActual(record: readonly Resolved[]): number {
  const mean = record.reduce((sum, { actual }) => sum + actual, 0) / record.length;
  return mean > 0 ? mean : 1;
}

/**
 * The shares w, none below 0 and 1 together, with the smallest w'Aw. Every subset of the methods is tried with its own solution
 * A x = 1, w = x / sum(x): exact, and no more than 2^n small systems.
 */
export function smallestOnSimplex(a: readonly (readonly number[])[]): readonly number[] {
  const count = a.length;
  let best = { error: Infinity, shares: Array.from({ length: count }, () => 1 / count) };
  for (let subset = 1; subset < 1 << count; subset++) {
    const members = Array.from({ length: count }, (_, at) => at).filter((at) => (subset >> at) & 1);
    const solved = solveForOnes(members.map((row) => members.map((column) => a[row]![column]!)));
    if (!solved || solved.some((x) => x < 0)) continue;
    const total = solved.reduce((sum, x) => sum + x, 0);
    if (!(total > 0) || 1 / total >= best.error) continue;
    const shares = Array.from({ length: count }, () => 0);
    members.forEach((member, at) => (shares[member] = solved[at]! / total));
    best = { error: 1 / total, shares };
  }
  return best.shares;
}

/** x with A x = 1, by elimination with pivots; null where A has none. */
function solveForOnes(matrix: readonly (readonly number[])[]): readonly number[] | null {
  const rows = matrix.map((row) => [...row, 1]);
  const count = rows.length;
  for (let column = 0; column < count; column++) {
    let pivot = column;
    for (let row = column + 1; row < count; row++)
      if (Math.abs(rows[row]![column]!) > Math.abs(rows[pivot]![column]!)) pivot = row;
    if (Math.abs(rows[pivot]![column]!) < 1e-12) return null;
    [rows[column], rows[pivot]] = [rows[pivot]!, rows[column]!];
    for (let row = 0; row < count; row++) {
      if (row === column) continue;
      const times = rows[row]![column]! / rows[column]![column]!;
      for (let at = column; at <= count; at++) rows[row]![at]! -= times * rows[column]![at]!;
    }
  }
  return rows.map((row, at) => row[count]! / row[at]!);
}

/** 80 % interval: in 1 of 10 cases less, in 1 of 10 more. Null bounds, and why, where too few forecasts have been resolved. */
export interface Interval {
  readonly p10: number | null;
  readonly p90: number | null;
  /** How many resolved forecasts it rests on. */
  readonly of: number;
  readonly why: string | null;
}

/** Of fewer errors not even the largest bounds a further one with 80 %: of n it does with n / (n + 1). */
const FEWEST_RESOLVED = 4;
const LATEST_RESOLVED = 12;
/**
 * Errors grow smaller with the length of the record as its power of this: part of an error comes from what was learned, and falls with the square root
 * (a half) of what it was learned from, and part of it no record takes away (0).
 */
const EASE = 0.25;

/** A forecast of a window that is over, what came of it, and how many days of record it rested on. */
export interface ResolvedTotal {
  readonly forecast: number;
  readonly actual: number;
  readonly recordDays: number;
}

/**
 * Of a forecast that rests on so many days of record: as wide as the latest resolved ones, newest first, were wrong, each as wrong as with a record of that length. It is the
 * 80th percentile of how many times too high or too low they were, at place .8 (n + 1) (split conformal prediction, Vovk et al. 2005). Not from independent deals,
 * whose errors would cancel out as real ones, which have common causes, do not.
 */
export function intervalOf(forecast: number, resolved: readonly ResolvedTotal[], recordDays: number): Interval {
  const latest = resolved.slice(0, LATEST_RESOLVED);
  const of = latest.length;
  if (of < FEWEST_RESOLVED)
    return { p10: null, p90: null, of, why: `fewer than ${FEWEST_RESOLVED} forecasts of this kind have been resolved` };
  const errors80 = (errorOf: (one: ResolvedTotal) => number): number =>
    percentile80(latest.map((one) => errorOf(one) * (one.recordDays / recordDays) ** EASE));
  if (latest.every((one) => one.forecast > 0 && one.actual > 0)) {
    const times = Math.exp(errors80((one) => Math.abs(Math.log(one.actual / one.forecast))));
    return { p10: forecast / times, p90: forecast * times, of, why: null };
  }
  // Where nothing came in at times, how many times too high has no meaning: by how much, instead.
  const off = errors80((one) => Math.abs(one.actual - one.forecast));
  return { p10: Math.max(0, forecast - off), p90: forecast + off, of, why: null };
}

/** At place .8 (n + 1) of the errors in their order, between two by their distance. */
function percentile80(errors: readonly number[]): number {
  const ordered = errors.toSorted((a, b) => a - b);
  const place = 0.8 * (ordered.length + 1);
  const [below, above] = [ordered[Math.floor(place) - 1]!, ordered[Math.ceil(place) - 1]!];
  return below + (place - Math.floor(place)) * (above - below);
}
