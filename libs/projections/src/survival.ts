import { Numbers } from './numbers.js';
import { rateOf, Z_95 } from './rate.js';

/**
 * Durations with open ends: what is still open has lasted at least this long. Kaplan-Meier for the share still open,
 * Aalen-Johansen for the share that ended by each of several competing causes (Aalen and Johansen 1978); both also for what came under
 * observation late (delayed entry), which says nothing about the ages before.
 */

/** How long it lasted, in days from 0, and how it ended: `open` when it had not (censored). */
export interface Duration<Cause extends string> {
  readonly days: number;
  readonly ended: Cause | 'open';
}

/** Fewer than this tell nothing about an age. */
export const FEWEST_AT_RISK = 20;

/** Many durations, as columns of numbers: eight bytes each, and eight more for one that came under observation late. */
export class Durations<Cause extends string> {
  private readonly columns: Readonly<Record<Cause | 'open', Numbers>>;
  private readonly late = new Numbers();

  constructor(readonly causes: readonly Cause[]) {
    this.columns = Object.fromEntries([...causes, 'open'].map((cause) => [cause, new Numbers()])) as Record<
      Cause | 'open',
      Numbers
    >;
  }

  static of<Cause extends string>(durations: Iterable<Duration<Cause>>, causes: readonly Cause[]): Durations<Cause> {
    const all = new Durations(causes);
    for (const { days, ended } of durations) all.add(days, ended);
    return all;
  }

  /** `enteredAt`: the age at which it came under observation; one that had ended by then was never seen and is left out. */
  add(days: number, ended: Cause | 'open', enteredAt = 0): void {
    if (enteredAt > 0 && enteredAt >= days) return;
    this.columns[ended].add(days);
    if (enteredAt > 0) this.late.add(enteredAt);
  }

  get size(): number {
    return [...this.causes, 'open' as const].reduce((sum, cause) => sum + this.columns[cause].size, 0);
  }

  count(how: Cause | 'open'): number {
    return this.columns[how].size;
  }

  /** Ascending. */
  days(how: Cause | 'open'): Float64Array {
    return this.columns[how].ascending();
  }

  /** The ages at which some came under observation late, ascending. */
  entries(): Float64Array {
    return this.late.ascending();
  }
}

/** A curve over the ages at which something ended, or was lost from sight. Every list is as long as `days`. */
export interface Curve<Cause extends string> {
  readonly of: number;
  /** How many were still open when they were last seen. */
  readonly censored: number;
  /** The longest age observed, open or ended; null without durations. */
  readonly longestDays: number | null;
  /** Ascending. */
  readonly days: Float64Array;
  /** How many were under observation and had lasted at least this long. */
  readonly atRisk: Float64Array;
  /** Share still open just before, and right after this age. */
  readonly openBefore: Float64Array;
  readonly open: Float64Array;
  /** Variance of `open` (Greenwood 1926). */
  readonly openVariance: Float64Array;
  /** Share that had ended by each cause, up to and including this age, and its variance (see `aalenJohansen`). */
  readonly incidence: Readonly<Record<Cause, Float64Array>>;
  readonly variance: Readonly<Record<Cause, Float64Array>>;
  /** The ages at which some came under observation late, ascending; as many as did. */
  readonly enteredLate: Float64Array;
  /** The first age at which something ended while fewer than 20 were under observation; null where there is none. What the curve says from there on is a guess. */
  readonly thinFromDays: number | null;
}

/**
 * The curve of a set of durations. At the same age, what ended did so before what is open was lost from sight.
 *
 * The variance of an incidence F at an age t is that of the delta method (Dinse and Larson 1986; Marubini and Valsecchi 1995, 11.2.2): over the ages s up to t,
 * sum (F(t) - F(s))^2 d/(n (n - d)) + S(s-)^2 dk (n - dk)/n^3 - 2 (F(t) - F(s)) S(s-) dk/n^2, with n at risk, d that ended and dk by this cause.
 */
export function aalenJohansen<Cause extends string>(durations: Durations<Cause>): Curve<Cause> {
  const { causes } = durations;
  const lists = [...causes, 'open' as const].map((cause) => durations.days(cause));
  const entries = durations.entries();
  const of = durations.size;
  const places = lists.map(() => 0);
  const room = (): Float64Array => new Float64Array(of);
  const [days, atRisk, openBefore, open, openVariance] = [room(), room(), room(), room(), room()];
  const incidence = causes.map(room);
  const variance = causes.map(room);

  let [left, entered, share, greenwood, ages] = [0, 0, 1, 0, 0];
  let thinFromDays: number | null = null;
  const reached = causes.map(() => 0);
  // Sums over the ages so far, of which the variance at any later age is made.
  const sums = causes.map(() => ({ byF: 0, byF2: 0, own: 0, cross: 0, crossByF: 0 }));
  const early = of - entries.length;
  // How many ended by each cause at the age in question, and, last, were lost from sight. Nothing is made anew for an age: there may be millions.
  const ends = lists.map(() => 0);
  for (;;) {
    let day = Infinity;
    for (let list = 0; list < lists.length; list++) {
      const next = lists[list]![places[list]!];
      if (next !== undefined && next < day) day = next;
    }
    if (day === Infinity) break;
    while (entered < entries.length && entries[entered]! < day) entered++;
    const risk = early + entered - left;
    let ended = 0;
    for (let list = 0; list < lists.length; list++) {
      const values = lists[list]!;
      const from = places[list]!;
      let to = from;
      while (values[to] === day) to++;
      places[list] = to;
      ends[list] = to - from;
      left += to - from;
      if (list < causes.length) ended += to - from;
    }
    const before = share;
    if (ended > 0) {
      if (risk < FEWEST_AT_RISK) thinFromDays ??= day;
      share = before * (1 - ended / risk);
      const step = risk > ended ? ended / (risk * (risk - ended)) : 0;
      greenwood += step;
      for (let cause = 0; cause < causes.length; cause++) {
        const [by, sum] = [ends[cause]!, sums[cause]!];
        const f = (reached[cause]! += (before * by) / risk);
        sum.byF += f * step;
        sum.byF2 += f * f * step;
        sum.own += (before * before * by * (risk - by)) / risk ** 3;
        sum.cross += (before * by) / risk ** 2;
        sum.crossByF += (f * before * by) / risk ** 2;
      }
    }
    days[ages] = day;
    atRisk[ages] = risk;
    openBefore[ages] = before;
    open[ages] = share;
    openVariance[ages] = share * share * greenwood;
    for (let cause = 0; cause < causes.length; cause++) {
      const [f, { byF, byF2, own, cross, crossByF }] = [reached[cause]!, sums[cause]!];
      incidence[cause]![ages] = f;
      variance[cause]![ages] = Math.max(0, f * f * greenwood - 2 * f * byF + byF2 + own - 2 * f * cross + 2 * crossByF);
    }
    ages++;
  }
  const cut = (list: Float64Array): Float64Array => list.subarray(0, ages);
  const byCause = (of: readonly Float64Array[]): Record<Cause, Float64Array> =>
    Object.fromEntries(causes.map((cause, index) => [cause, cut(of[index]!)])) as Record<Cause, Float64Array>;
  return {
    of,
    censored: durations.count('open'),
    longestDays: ages === 0 ? null : days[ages - 1]!,
    days: cut(days),
    atRisk: cut(atRisk),
    openBefore: cut(openBefore),
    open: cut(open),
    openVariance: cut(openVariance),
    incidence: byCause(incidence),
    variance: byCause(variance),
    enteredLate: entries,
    thinFromDays,
  };
}

/** The share still open at each age, whatever ended the others. */
export const kaplanMeier = (durations: Durations<'ended'>): Curve<'ended'> => aalenJohansen(durations);

/** A curve at one age. */
export interface CurvePoint<Cause extends string> {
  readonly atRisk: number;
  readonly open: number;
  readonly incidence: Readonly<Record<Cause, number>>;
  readonly variance: Readonly<Record<Cause, number>>;
}

/** The curve at one age; null beyond the longest age observed. */
export function curveAt<Cause extends string>(curve: Curve<Cause>, days: number): CurvePoint<Cause> | null {
  const { longestDays, atRisk, open, incidence, variance, enteredLate } = curve;
  if (longestDays === null || days > longestDays) return null;
  let [low, high] = [0, curve.days.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (curve.days[middle]! <= days) low = middle + 1;
    else high = middle;
  }
  const here = low - 1;
  const of = (lists: Readonly<Record<Cause, Float64Array>>): Record<Cause, number> =>
    Object.fromEntries(Object.entries<Float64Array>(lists).map(([cause, list]) => [cause, list[here] ?? 0])) as Record<
      Cause,
      number
    >;
  return {
    // Between two ages at which something ended, those that come under observation only after this one are not there yet.
    atRisk:
      curve.days[here] === days
        ? atRisk[here]!
        : atRisk[low]! - (countBelow(enteredLate, curve.days[low]!) - countBelow(enteredLate, days)),
    open: open[here] ?? 1,
    incidence: of(incidence),
    variance: of(variance),
  };
}

/** How many of the numbers, ascending, are less than another. */
function countBelow(numbers: Float64Array, number: number): number {
  let [low, high] = [0, numbers.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (numbers[middle]! < number) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** What adds up to 1 in theory differs from it by less, where it is added up. */
const ROUNDING = 1e-9;

/** A share with its 95 % interval, as far as it can be told. */
export interface Estimate {
  readonly share: number | null;
  readonly low: number | null;
  readonly high: number | null;
  readonly atRisk: number;
}

/**
 * The share that ended by a cause within so many days, with its 95 % interval on the scale of log(-log) (Kalbfleisch and Prentice 1980), which
 * stays within 0 and 1. Unknown where fewer than 20 were under observation for so long, unless nothing of what ended is still to come.
 */
export function incidenceWithin<Cause extends string>(curve: Curve<Cause>, cause: Cause, days: number): Estimate {
  const whole = isWhole(curve);
  const asked = whole ? Math.min(days, curve.longestDays!) : days;
  const here = curveAt(curve, asked);
  const atRisk = asked < days ? 0 : (here?.atRisk ?? 0);
  const isThin = atRisk < FEWEST_AT_RISK || (curve.thinFromDays !== null && curve.thinFromDays <= days);
  if (!here || (isThin && !whole)) return { share: null, low: null, high: null, atRisk };
  const told = here.incidence[cause];
  const share = told > 1 - ROUNDING ? 1 : told;
  return { share, ...shareInterval(share, here.variance[cause], curve.of), atRisk };
}

/** Where all have ended, and all were seen from the beginning, the record is whole, however few it ends with. */
const isWhole = ({ of, censored, enteredLate }: Curve<string>): boolean =>
  of >= FEWEST_AT_RISK && censored === 0 && enteredLate.length === 0;

/** Up to which age the curve can be told: the last at which 20 are under observation; null where there is none, infinite where all has ended. */
export function estimableUntil(curve: Curve<string>): number | null {
  const { days, atRisk, thinFromDays } = curve;
  if (isWhole(curve)) return Infinity;
  let last: number | null = null;
  for (let at = 0; at < days.length; at++) {
    if (thinFromDays !== null && days[at]! >= thinFromDays) break;
    if (atRisk[at]! >= FEWEST_AT_RISK) last = days[at]!;
  }
  return last;
}

function shareInterval(share: number, variance: number, of: number): { readonly low: number; readonly high: number } {
  // None or all so far: no spread to go by, so that of as many trials.
  if (share <= 0) return { low: 0, high: rateOf(0, of).high! };
  if (share > 1 - ROUNDING) return { low: rateOf(of, of).low!, high: 1 };
  const spread = Math.exp((Z_95 * Math.sqrt(variance)) / (share * Math.abs(Math.log(share))));
  return { low: share ** spread, high: share ** (1 / spread) };
}

/** A quantile in days, or why there is none. */
export type Quantile = { readonly days: number; readonly why: null } | { readonly days: null; readonly why: string };

/**
 * The age by which a share `q` of all has ended: the first at which no more than 1 - q are open.
 *
 * Not estimable when fewer than 20 were observed, when the curve never falls so far, or when those still at risk at that age stand for
 * fewer than 20 (at risk / share open: what is left after censoring weighs no more than so many complete observations).
 */
export function quantileOfEnds(curve: Curve<string>, q: number): Quantile {
  return quantile(curve, (at) => 1 - curve.open[at]! >= q - 1e-12);
}

/**
 * The age by which a share `q` of those that end by `cause` within the longest age observed have done so, the other causes competing.
 * Not estimable as above, and when none ended so, or more than half are still open at the longest age: then most are yet to tell.
 */
export function quantileOfCause<Cause extends string>(curve: Curve<Cause>, cause: Cause, q: number): Quantile {
  const incidence = curve.incidence[cause];
  const last = incidence.at(-1);
  if (curve.of >= FEWEST_AT_RISK && last !== undefined) {
    if (last === 0) return { days: null, why: `none has been ${cause} yet` };
    if (curve.open.at(-1)! > 0.5) return { days: null, why: 'more than half are still open' };
  }
  return quantile(curve, (at) => incidence[at]! >= q * last! - 1e-12);
}

function quantile(curve: Curve<string>, reached: (at: number) => boolean): Quantile {
  if (curve.of < FEWEST_AT_RISK) return { days: null, why: `fewer than ${FEWEST_AT_RISK}` };
  const at = firstAge(curve, reached);
  if (at === null) return { days: null, why: 'too many are still open' };
  if (curve.atRisk[at]! / curve.openBefore[at]! < FEWEST_AT_RISK - ROUNDING)
    return { days: null, why: `fewer than ${FEWEST_AT_RISK} were seen for so long` };
  return { days: curve.days[at]!, why: null };
}

/** Shares only grow with age, so that the first place where one is reached can be halved down to. */
function firstAge({ days }: Curve<string>, reached: (at: number) => boolean): number | null {
  let [low, high] = [0, days.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (reached(middle)) high = middle;
    else low = middle + 1;
  }
  return low === days.length ? null : low;
}

/** A median with its 95 % interval; an end that the curve does not reach is null. */
export interface MedianInterval {
  readonly low: number | null;
  readonly high: number | null;
  /** Under observation at the median. */
  readonly atRisk: number | null;
}

/** Where the interval of the curve of ends, on the scale of log(-log), holds a half (Brookmeyer and Crowley 1982). Null where there is no median. */
export function medianInterval(curve: Curve<string>): MedianInterval {
  const at = firstAge(curve, (age) => curve.open[age]! <= 0.5 + 1e-12);
  if (at === null || quantileOfEnds(curve, 0.5).days === null) return { low: null, high: null, atRisk: null };
  const bounds = (age: number): { readonly low: number; readonly high: number } =>
    shareInterval(curve.open[age]!, curve.openVariance[age]!, curve.of);
  let [low, high]: (number | null)[] = [null, null];
  for (let age = 0; age < curve.days.length && high === null; age++) {
    const { low: least, high: most } = bounds(age);
    if (low === null && least <= 0.5) low = curve.days[age]!;
    if (most <= 0.5) high = curve.days[age]!;
  }
  return { low: low ?? null, high: high ?? null, atRisk: curve.atRisk[at]! };
}
