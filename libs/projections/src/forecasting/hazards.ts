import { partEnds, PARTS, partOf } from './calendar.js';
import { LOST, WON, type Columns } from './timelines.js';

const { floor, log, max, min } = Math;

/**
 * Competing risks by stage and time in stage: how many leave a day, by where they go. Piecewise constant over age bands that hold
 * about as many departures each (Holford 1980), shrunk as a Poisson rate with a gamma prior (Clayton & Kaldor 1987):
 * (departures + K) / (days at risk + K / prior rate), so that a thin cell says what its surroundings say.
 */

/** So many departures the prior is worth. */
const PRIOR_DEPARTURES = 8;
/** A band holds at least so many departures, and a stage has at most so many bands. */
const FEWEST_IN_BAND = 12;
const MOST_BANDS = 20;
/** A tenth of a second, in days. Records in whole days have many departures at one age: a band ends just after it, so that the days up to it are in the band. */
const MOMENT = 1e-6;

export interface StageHazard {
  readonly stage: number;
  /** Where the bands begin, in days in the stage, ascending from 0; the last one has no end. */
  readonly starts: Float64Array;
  /** Where deals of this stage went: stage numbers, `WON`, `LOST`. */
  readonly targets: readonly number[];
  /** Departures a day at risk; by `[calendar part or none][band * targets + target]`. */
  readonly rates: readonly Float64Array[];
  /** What a band rests on, without the calendar. */
  readonly departures: Int32Array;
  readonly daysAtRisk: Float64Array;
  /** The longest time in the stage that ever ended, in days. */
  readonly longestDays: number;
}

export interface Hazards {
  readonly stages: readonly StageHazard[];
  /** Lost deals that came back or were won after all, a day lost. */
  readonly reopen: { readonly perDay: number; readonly targets: readonly (readonly [target: number, share: number])[] };
  /**
   * The first day a deal was won or lost. A record often begins with the deals that were open on its first day, so that one captured
   * before is there only because it had not closed (left truncation): what was before this day counts neither for nor against.
   */
  readonly observedFrom: number;
  /** The oldest age since capture at which a deal was ever won or lost, in days; 0 when none was. */
  readonly longestToClose: number;
  /** How many deals it was that ended so. */
  readonly closed: number;
  /** Whether the paces differ by the month of the quarter; false also where it was asked for and the log does not support it. */
  readonly calendar: boolean;
  /** The paces of a stage on a day, by `[band * targets + target]`: departures a day at risk. */
  ratesOn(stage: number, day: number): Float64Array;
}

/**
 * The hazards as of a day. The calendar is kept when it tells more than it costs (Akaike 1974: twice the gain in log likelihood exceeds
 * twice the parameters, each counted by the share that its own data have in it), and left out otherwise.
 */
export function fitHazards(columns: Columns, day: number): Hazards {
  const { stages, deal, stage, entered, left, to, captured } = columns;
  const count = stages.length;
  const ofStage: number[][] = Array.from({ length: count }, () => []);
  const lost: number[] = [];
  let observedFrom = day;
  let longestToClose = 0;
  let closed = 0;
  for (let stay = 0; stay < stage.length; stay++) {
    if (entered[stay]! >= day) continue;
    if (stage[stay] === LOST) lost.push(stay);
    else {
      ofStage[stage[stay]!]!.push(stay);
      if (left[stay]! < day) {
        const where = to[stay]!;
        if (where !== WON && where !== LOST) continue;
        closed++;
        observedFrom = min(observedFrom, left[stay]!);
        longestToClose = max(longestToClose, left[stay]! - captured[deal[stay]!]!);
      }
    }
  }
  const fitted = ofStage.map((stays, number) => stageHazard(columns, number, stays, { day, observedFrom }));
  const calendar = fitted.reduce((gain, stage) => gain + stage.gain, 0) > 0;
  const hazards = fitted.map(({ hazard }) => hazard);
  return {
    stages: hazards,
    ratesOn: (stage, on) => hazards[stage]!.rates[calendar ? 1 + partOf(on) : 0]!,
    reopen: reopenings(columns, lost, day),
    observedFrom,
    longestToClose,
    closed,
    calendar,
  };
}

function stageHazard(
  { entered, left, to }: Columns,
  stage: number,
  stays: readonly number[],
  { day, observedFrom }: { readonly day: number; readonly observedFrom: number },
): { readonly hazard: StageHazard; readonly gain: number } {
  const gone: number[] = [];
  const found = new Set<number>();
  for (const stay of stays) {
    if (left[stay]! >= day || left[stay]! < observedFrom) continue;
    gone.push(left[stay]! - entered[stay]!);
    found.add(to[stay]!);
  }
  const starts = bandStarts(gone);
  const bands = starts.length;
  const targets = [...found].toSorted((a, b) => a - b);
  const width = targets.length;
  const placeOf = new Map(targets.map((target, place) => [target, place]));
  // By part of the quarter, and at the end for all of it.
  const counts = Array.from({ length: PARTS + 1 }, () => new Float64Array(bands * width));
  const risk = Array.from({ length: PARTS + 1 }, () => new Float64Array(bands));
  for (const stay of stays) {
    const from = entered[stay]!;
    const until = min(left[stay]!, day);
    let band = 0;
    // Time before closings were recorded is time nobody watched: it is no time at risk.
    let at = max(from, observedFrom);
    while (at < until) {
      while (band + 1 < bands && starts[band + 1]! <= at - from) band++;
      let next = band + 1 < bands ? min(until, from + starts[band + 1]!) : until;
      if (next <= at) next = until;
      risk[PARTS]![band]! += next - at;
      addByPart(risk, band, at, next);
      at = next;
    }
    if (left[stay]! < day && left[stay]! >= observedFrom) {
      band = bandOf(starts, left[stay]! - from);
      const cell = band * width + placeOf.get(to[stay]!)!;
      counts[PARTS]![cell]!++;
      counts[partOf(left[stay]!)]![cell]!++;
    }
  }
  const all = counts[PARTS]!;
  const atRisk = risk[PARTS]!;
  const totals = new Float64Array(width);
  for (let cell = 0; cell < all.length; cell++) totals[cell % width]! += all[cell]!;
  const departures = Int32Array.from(atRisk, (_, band) => sum(all.subarray(band * width, (band + 1) * width)));
  const shares = totals.map((total) => total / max(1, gone.length));
  const pooled = new Float64Array(bands * width);
  for (let band = 0; band < bands; band++) {
    // The band's own pace; how it splits over the ways out is shrunk towards the split of the whole stage.
    const last = band === bands - 1 && band > 0;
    const pace = last
      ? tailPace(atRisk[band]!, paceOf(departures[band - 1]!, atRisk[band - 1]!))
      : paceOf(departures[band]!, atRisk[band]!);
    for (let target = 0; target < width; target++) {
      const cell = band * width + target;
      const split = (all[cell]! + PRIOR_DEPARTURES * shares[target]!) / (departures[band]! + PRIOR_DEPARTURES);
      pooled[cell] = pace * split;
    }
  }
  const rates: Float64Array[] = [pooled];
  let gain = 0;
  for (let part = 0; part < PARTS; part++) {
    const own = new Float64Array(bands * width);
    for (let cell = 0; cell < own.length; cell++) {
      const prior = pooled[cell]!;
      if (prior === 0) continue;
      const days = risk[part]![floor(cell / width)]!;
      const seen = counts[part]![cell]!;
      const weight = days / (days + PRIOR_DEPARTURES / prior);
      own[cell] = weight * (days > 0 ? seen / days : 0) + (1 - weight) * prior;
      // The parts share what they have in common: of three paces, two are free.
      gain += seen * log(own[cell]! / prior) - days * (own[cell]! - prior) - (weight * (PARTS - 1)) / PARTS;
    }
    rates.push(own);
  }
  const longestDays = gone.reduce((longest, days) => max(longest, days), 0);
  return { hazard: { stage, starts, targets, rates, departures, daysAtRisk: atRisk, longestDays }, gain };
}

/** Past the longest time that ever ended nobody left: half a departure is granted, at most as fast as in the band before. */
const tailPace = (days: number, paceBefore: number): number => (paceBefore > 0 ? 0.5 / (days + 0.5 / paceBefore) : 0);

/** Departures a day at risk; at a day at risk of nothing, as many as would leave within a moment. */
const paceOf = (departures: number, daysAtRisk: number): number =>
  departures === 0 ? 0 : departures / (daysAtRisk + departures * MOMENT);

function addByPart(risk: readonly Float64Array[], band: number, from: number, until: number): void {
  for (let at = from; at < until;) {
    const next = min(until, partEnds(at));
    risk[partOf(at)]![band]! += next - at;
    at = next;
  }
}

/** The beginnings of the bands: between them lie about as many departures each, and the last begins after the longest of them. */
function bandStarts(durations: readonly number[]): Float64Array {
  const ordered = Float64Array.from(durations).sort();
  const bands = max(1, min(MOST_BANDS, floor(ordered.length / FEWEST_IN_BAND)));
  const starts = [0];
  for (let band = 1; band < bands; band++) {
    const start = ordered[floor((band * ordered.length) / bands)]! + MOMENT;
    if (start > starts.at(-1)!) starts.push(start);
  }
  const longest = ordered.at(-1);
  if (longest !== undefined && longest + MOMENT > starts.at(-1)!) starts.push(longest + MOMENT);
  return Float64Array.from(starts);
}

export function bandOf(starts: Float64Array, days: number): number {
  let [low, high] = [0, starts.length - 1];
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (starts[middle]! <= days) low = middle;
    else high = middle - 1;
  }
  return low;
}

function reopenings({ entered, left, to }: Columns, stays: readonly number[], day: number): Hazards['reopen'] {
  let days = 0;
  let back = 0;
  const targets = new Map<number, number>();
  for (const stay of stays) {
    days += min(left[stay]!, day) - entered[stay]!;
    if (left[stay]! >= day) continue;
    back++;
    targets.set(to[stay]!, (targets.get(to[stay]!) ?? 0) + 1);
  }
  return { perDay: days > 0 ? back / days : 0, targets: [...targets].map(([target, n]) => [target, n / back] as const) };
}

const sum = (values: Float64Array): number => values.reduce((total, value) => total + value, 0);
