/**
 * Durations with open ends: what is still open has lasted at least this long. Kaplan-Meier for the share still open,
 * Aalen-Johansen for the share that ended by each of several competing causes.
 */

/** How long it lasted, in days from 0, and how it ended: `open` when it had not (censored). */
export interface Duration<Cause extends string> {
  readonly days: number;
  readonly ended: Cause | 'open';
}

/** One age at which something ended, or the durations left. */
interface Age<Cause extends string> {
  readonly days: number;
  /** How many had lasted at least this long. */
  readonly atRisk: number;
  /** Share still open just before, and right after this age. */
  readonly openBefore: number;
  readonly open: number;
  /** Share that had ended by each cause, up to and including this age. */
  readonly incidence: Readonly<Record<Cause, number>>;
}

export interface Curve<Cause extends string> {
  readonly of: number;
  /** The longest age observed, open or ended; null without durations. */
  readonly longestDays: number | null;
  /** Ascending. */
  readonly ages: readonly Age<Cause>[];
}

/** Fewer than this tell nothing about an age. */
export const FEWEST_AT_RISK = 20;

/** The curve of a set of durations. At the same age, what ended did so before what is open was lost from sight. */
export function aalenJohansen<Cause extends string>(
  durations: readonly Duration<Cause>[],
  causes: readonly Cause[],
): Curve<Cause> {
  const ordered = durations.toSorted((a, b) => a.days - b.days);
  const ages: Age<Cause>[] = [];
  const incidence = Object.fromEntries(causes.map((cause) => [cause, 0])) as Record<Cause, number>;
  let open = 1;
  for (let at = 0; at < ordered.length;) {
    const { days } = ordered[at]!;
    const atRisk = ordered.length - at;
    const openBefore = open;
    let ended = 0;
    for (; at < ordered.length && ordered[at]!.days === days; at++) {
      const cause = ordered[at]!.ended;
      if (cause === 'open') continue;
      ended++;
      incidence[cause] += openBefore / atRisk;
    }
    open *= 1 - ended / atRisk;
    ages.push({ days, atRisk, openBefore, open, incidence: { ...incidence } });
  }
  return { of: ordered.length, longestDays: ordered.at(-1)?.days ?? null, ages };
}

/** The share still open at each age, whatever ended the others. */
export const kaplanMeier = (durations: readonly Duration<'ended'>[]): Curve<'ended'> => aalenJohansen(durations, ['ended']);

/** The curve at one age; null beyond the longest age observed. */
export function curveAt<Cause extends string>(
  { of, longestDays, ages }: Curve<Cause>,
  days: number,
): { readonly atRisk: number; readonly open: number; readonly incidence: Readonly<Record<Cause, number>> | null } | null {
  if (longestDays === null || days > longestDays) return null;
  let [low, high] = [0, ages.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (ages[middle]!.days <= days) low = middle + 1;
    else high = middle;
  }
  const here = ages[low - 1];
  const atRisk = here?.days === days ? here.atRisk : (ages[low]?.atRisk ?? of);
  return { atRisk, open: here?.open ?? 1, incidence: here?.incidence ?? null };
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
  return quantile(curve, ({ open }) => 1 - open >= q - 1e-12);
}

/**
 * The age by which a share `q` of those that end by `cause` within the longest age observed have done so, the other causes competing.
 * Not estimable as above, and when none ended so, or more than half are still open at the longest age: then most are yet to tell.
 */
export function quantileOfCause<Cause extends string>(curve: Curve<Cause>, cause: Cause, q: number): Quantile {
  const last = curve.ages.at(-1);
  if (curve.of >= FEWEST_AT_RISK && last) {
    if (last.incidence[cause] === 0) return { days: null, why: `none has been ${cause} yet` };
    if (last.open > 0.5) return { days: null, why: 'more than half are still open' };
  }
  return quantile(curve, ({ incidence }) => incidence[cause] >= q * last!.incidence[cause] - 1e-12);
}

function quantile<Cause extends string>(curve: Curve<Cause>, reached: (age: Age<Cause>) => boolean): Quantile {
  if (curve.of < FEWEST_AT_RISK) return { days: null, why: `fewer than ${FEWEST_AT_RISK}` };
  const age = curve.ages.find(reached);
  if (!age) return { days: null, why: 'too many are still open' };
  if (age.atRisk / age.openBefore < FEWEST_AT_RISK)
    return { days: null, why: `fewer than ${FEWEST_AT_RISK} were seen for so long` };
  return { days: age.days, why: null };
}
