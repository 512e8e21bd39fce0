import { PARTS, partOf } from './calendar.js';
import { HOLIDAY, KINDS } from './days.js';
import { LOST, WON, type Columns } from './timelines.js';

const { abs, floor, log, max, min } = Math;

/**
 * Competing risks by stage and time in stage: how many leave a day, by where they go. Piecewise constant over age bands that hold
 * about as many departures each (Holford 1980), shrunk as a Poisson rate with a gamma prior (Clayton & Kaldor 1987):
 * (departures + K) / (days at risk + K / prior rate), so that a thin cell says what its surroundings say.
 */

/** So many departures the prior is worth. */
const PRIOR_DEPARTURES = 8;
/** A band holds at least so many departures, and a stage has at most so many bands. */
const FEWEST_IN_BAND = 12;
const MOST_BANDS = 80;
/** The months of the quarter are told apart over so many ages at most, each of several bands: a month sees a third of the departures. */
const MOST_CALENDAR_AGES = 6;
/** Bands further away weigh nothing. */
const FARTHEST_BAND = 12;
/** A tenth of a second, in days. Records in whole days have many departures at one age: a band ends just after it, so that the days up to it are in the band. */
export const MOMENT = 1e-6;

export interface StageHazard {
  readonly stage: number;
  /** Where the bands begin, in days in the stage, ascending from 0; the last one has no end. */
  readonly starts: Float64Array;
  /** Where deals of this stage went: stage numbers, `WON`, `LOST`. */
  readonly targets: readonly number[];
  /** Departures a usual day at risk; by `[calendar part or none][band * targets + target]`. */
  readonly rates: readonly Float64Array[];
  /** What a day of each kind is worth, in usual days; by `[target * KINDS + kind]`. */
  readonly worth: Float64Array;
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
  /** Whether they differ by weekday and holiday, likewise. */
  readonly weekdays: boolean;
  /** What a day of each kind is worth for wins, in usual days; all 1 where they do not differ. */
  readonly winWorth: Float64Array;
  /** The mean paces of a stage from one instant to a later one, by `[band * targets + target]`: departures a day at risk. */
  paces(stage: number, from: number, until: number): Float64Array;
}

/**
 * The hazards as of a day. The month of the quarter and the kind of the day are each kept when they tell more than they cost (Akaike 1974:
 * twice the gain in log likelihood exceeds twice the parameters, each counted by the share that its own data have in it), and left out otherwise.
 */
export function fitHazards(columns: Columns, day: number): Hazards {
  const { stages, deal, stage, entered, left, to, captured, days } = columns;
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
  const seen = ofStage.map((stays) => seenIn(columns, stays, { day, observedFrom }));
  const { worths, ofClass, kept: weekdays } = worthOfDays(seen);
  const fitted = seen.map((one, number) => stageHazard(number, one, worths[number]!));
  const calendar = fitted.reduce((gain, stage) => gain + stage.gain, 0) > 0;
  const hazards = fitted.map(({ hazard }) => hazard);

  const known = new Map<number, Float64Array>();
  const paces = (number: number, from: number, until: number): Float64Array => {
    const { rates, worth, targets } = hazards[number]!;
    const table = calendar ? 1 + partOf(days.dayAt((from + until) / 2)) : 0;
    const first = days.dayAt(from);
    if (!weekdays) return rates[table]!;
    const isWithinDay = until <= days.startOf(first + 1);
    const key = (number * (PARTS + 1) + table) * KINDS + days.kindOf(first);
    const before = isWithinDay ? known.get(key) : undefined;
    if (before) return before;
    // What a day of the span is worth on average.
    const shares = new Float64Array(KINDS);
    for (let at = first, start = from; start < until; at++) {
      const end = min(until, days.startOf(at + 1));
      shares[days.kindOf(at)]! += (end - start) / (until - from);
      start = end;
    }
    const width = targets.length;
    const times = targets.map((_, target) =>
      shares.reduce((total, share, kind) => total + share * worth[target * KINDS + kind]!, 0),
    );
    const made = rates[table]!.map((rate, cell) => rate * times[cell % width]!);
    if (isWithinDay) known.set(key, made);
    return made;
  };
  return {
    stages: hazards,
    paces,
    reopen: reopenings(columns, lost, day),
    observedFrom,
    longestToClose,
    closed,
    calendar,
    weekdays,
    winWorth: ofClass[0]!,
  };
}

/** What was seen of one stage: its departures and days at risk by age band, part of the quarter and kind of day. */
interface Seen {
  readonly starts: Float64Array;
  readonly targets: readonly number[];
  readonly gone: number;
  readonly longestDays: number;
  /** Departures by `[((band * targets + target) * PARTS + part) * KINDS + kind]`. */
  readonly counts: Float64Array;
  /** Days at risk by `[(band * PARTS + part) * KINDS + kind]`. */
  readonly risk: Float64Array;
  readonly departures: Int32Array;
  readonly daysAtRisk: Float64Array;
  /** The pace of the stage by `[band * targets + target]`, every day alike. */
  readonly pooled: Float64Array;
}

function seenIn(
  { entered, left, to, days, firstTime }: Columns,
  stays: readonly number[],
  { day, observedFrom }: { readonly day: number; readonly observedFrom: number },
): Seen {
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
  const counts = new Float64Array(bands * width * PARTS * KINDS);
  const daysAtRisk = new Float64Array(bands);
  // What is known to the day alone is taken to be at noon: half of the day it begins on, and half of the one it ends on.
  const noon = firstTime >= day ? 0.5 : 0;
  const first = days.dayAt(observedFrom);
  const span = max(0, days.dayAt(day) - first) + 2;
  // Days at risk by band and day: pieces of days, and how many whole days begin or stop.
  const pieces = new Float64Array(bands * span);
  const whole = new Int32Array(bands * span);
  const dayStarts = Float64Array.from({ length: span + 1 }, (_, on) => days.startOf(first + on));
  for (const stay of stays) {
    const from = entered[stay]!;
    const until = min(left[stay]!, day);
    // Time before closings were recorded is time nobody watched: it is no time at risk.
    let at = max(from, observedFrom);
    let band = at < until ? bandOf(starts, at - from) : 0;
    let on = at < until ? days.dayAt(min(day, at + noon)) - first : 0;
    let begun = min(day, at + noon);
    let dayEnds = dayStarts[on + 1]!;
    for (let row = band * span; at < until; band++, row += span) {
      const end = band + 1 < bands ? from + starts[band + 1]! : until;
      const next = end < until ? end : until;
      if (next <= at) continue;
      daysAtRisk[band]! += next - at;
      const ended = next + noon < day ? next + noon : day;
      if (ended <= dayEnds) pieces[row + on]! += ended - begun;
      else {
        pieces[row + on]! += dayEnds - begun;
        whole[row + on + 1]!++;
        while (dayStarts[on + 1]! < ended) on++;
        dayEnds = dayStarts[on + 1]!;
        whole[row + on]!--;
        pieces[row + on]! += ended - dayStarts[on]!;
      }
      begun = ended;
      at = next;
    }
    if (left[stay]! < day && left[stay]! >= observedFrom) {
      const age = bandOf(starts, left[stay]! - from);
      const leftOn = days.dayAt(left[stay]!);
      counts[((age * width + placeOf.get(to[stay]!)!) * PARTS + partOf(leftOn)) * KINDS + days.kindOf(leftOn)]!++;
    }
  }
  const risk = new Float64Array(bands * PARTS * KINDS);
  for (let on = 0; on < span; on++) {
    const place = partOf(first + on) * KINDS + days.kindOf(first + on);
    const length = dayStarts[on + 1]! - dayStarts[on]!;
    for (let band = 0; band < bands; band++) {
      const cell = band * span + on;
      if (on > 0) whole[cell]! += whole[cell - 1]!;
      risk[band * PARTS * KINDS + place]! += pieces[cell]! + whole[cell]! * length;
    }
  }
  const all = new Float64Array(bands * width);
  for (let at = 0; at < counts.length; at++) all[floor(at / (PARTS * KINDS))]! += counts[at]!;
  const totals = new Float64Array(width);
  for (let cell = 0; cell < all.length; cell++) totals[cell % width]! += all[cell]!;
  const departures = Int32Array.from(daysAtRisk, (_, band) => sum(all.subarray(band * width, (band + 1) * width)));
  const shares = totals.map((total) => total / max(1, gone.length));
  /** How the bands around split: each further away counts half as much, and the whole stage as one departure. */
  const around = (band: number, target: number): number => {
    let [came, of] = [shares[target]!, 1];
    for (let other = max(0, band - FARTHEST_BAND); other <= min(bands - 1, band + FARTHEST_BAND); other++) {
      if (other === band) continue;
      const weight = 2 ** -abs(other - band);
      came += weight * all[other * width + target]!;
      of += weight * departures[other]!;
    }
    return came / of;
  };
  const pooled = new Float64Array(bands * width);
  for (let band = 0; band < bands; band++) {
    // The band's own pace; how it splits over the ways out is shrunk towards the split of the bands around.
    const last = band === bands - 1 && band > 0;
    const pace = last
      ? tailPace(daysAtRisk[band]!, paceOf(departures[band - 1]!, daysAtRisk[band - 1]!))
      : paceOf(departures[band]!, daysAtRisk[band]!);
    for (let target = 0; target < width; target++) {
      const cell = band * width + target;
      const split = (all[cell]! + PRIOR_DEPARTURES * around(band, target)) / (departures[band]! + PRIOR_DEPARTURES);
      pooled[cell] = pace * split;
    }
  }
  const longestDays = gone.reduce((longest, one) => max(longest, one), 0);
  return { starts, targets, gone: gone.length, longestDays, counts, risk, departures, daysAtRisk, pooled };
}

/** Where a departure leads, as far as kinds of day are concerned: won, lost, or onward to another stage. */
const CLASSES = 3;
const classOf = (target: number): number => (target === WON ? 0 : target === LOST ? 1 : 2);
const ROUNDS = 4;

interface Worths {
  /** Of each stage by `[target * KINDS + kind]`. */
  readonly worths: readonly Float64Array[];
  readonly ofClass: readonly Float64Array[];
  readonly kept: boolean;
}

/**
 * What a day of each kind is worth: the departures on such days / those expected if all days were alike at every age, shrunk towards the same of all stages, and that
 * towards 1; a holiday towards the quietest weekday. Ages and kinds of day are fitted in turns.
 */
function worthOfDays(seen: readonly Seen[]): Worths {
  const ones = (length: number): Float64Array => new Float64Array(length).fill(1);
  const usual = seen.map(({ targets }) => ones(targets.length * KINDS));
  const alike: Worths = { worths: usual, ofClass: Array.from({ length: CLASSES }, () => ones(KINDS)), kept: false };
  const departed = seen.map(({ counts, targets }) => {
    const sums = new Float64Array(targets.length * KINDS);
    for (let at = 0; at < counts.length; at++)
      sums[(floor(at / (PARTS * KINDS)) % targets.length) * KINDS + (at % KINDS)]! += counts[at]!;
    return sums;
  });
  let worths = usual;
  let { ofClass } = alike;
  let cost = 0;
  for (let round = 0; round < ROUNDS; round++) {
    cost = 0;
    const due = seen.map((one, stage) => expected(one, worths[stage]!));
    ofClass = ofClass.map((_, group) => {
      const [came, meant] = [new Float64Array(KINDS), new Float64Array(KINDS)];
      seen.forEach(({ targets }, stage) =>
        targets.forEach((target, place) => {
          if (classOf(target) !== group) return;
          for (let kind = 0; kind < KINDS; kind++) {
            came[kind]! += departed[stage]![place * KINDS + kind]!;
            meant[kind]! += due[stage]![place * KINDS + kind]!;
          }
        }),
      );
      const own = came.map((seen, kind) => shrunk(seen, meant[kind]!, 1));
      own[HOLIDAY] = shrunk(came[HOLIDAY]!, meant[HOLIDAY]!, min(...own.subarray(0, HOLIDAY)));
      for (let kind = 0; kind < KINDS; kind++) cost += ((KINDS - 1) / KINDS) * (meant[kind]! / (meant[kind]! + PRIOR_DEPARTURES));
      return own;
    });
    worths = seen.map(({ targets }, stage) =>
      due[stage]!.map((meant, at) => {
        cost += ((KINDS - 1) / KINDS) * (meant / (meant + PRIOR_DEPARTURES));
        return shrunk(departed[stage]![at]!, meant, ofClass[classOf(targets[floor(at / KINDS)]!)]![at % KINDS]!);
      }),
    );
  }
  let gain = 0;
  seen.forEach(({ targets, counts, pooled }, stage) => {
    const scaled = perUsualDay(seen[stage]!, worths[stage]!);
    for (let at = 0; at < counts.length; at++) {
      const cell = floor(at / (PARTS * KINDS));
      if (counts[at]! > 0 && pooled[cell]! > 0)
        gain +=
          counts[at]! * log((scaled[cell]! / pooled[cell]!) * worths[stage]![(cell % targets.length) * KINDS + (at % KINDS)]!);
    }
  });
  return gain > cost ? { worths, ofClass, kept: true } : alike;
}

const shrunk = (came: number, meant: number, towards: number): number =>
  (came + PRIOR_DEPARTURES * towards) / (meant + PRIOR_DEPARTURES);

/** Days at risk of a band in a part, in usual days for a target. */
function usualDays({ risk }: Seen, worth: Float64Array, band: number, part: number, target: number): number {
  let days = 0;
  for (let kind = 0; kind < KINDS; kind++) days += risk[(band * PARTS + part) * KINDS + kind]! * worth[target * KINDS + kind]!;
  return days;
}

/** The pace by `[band * targets + target]`, a usual day at risk. */
function perUsualDay(seen: Seen, worth: Float64Array): Float64Array {
  const width = seen.targets.length;
  return seen.pooled.map((pace, cell) => {
    const [band, target] = [floor(cell / width), cell % width];
    let [days, usual] = [0, 0];
    for (let part = 0; part < PARTS; part++) {
      usual += usualDays(seen, worth, band, part, target);
      for (let kind = 0; kind < KINDS; kind++) days += seen.risk[(band * PARTS + part) * KINDS + kind]!;
    }
    return usual > 0 ? (pace * days) / usual : pace;
  });
}

/** The departures by `[target * KINDS + kind]` if all days were as usual ones. */
function expected(seen: Seen, worth: Float64Array): Float64Array {
  const width = seen.targets.length;
  const paces = perUsualDay(seen, worth);
  const due = new Float64Array(width * KINDS);
  for (let cell = 0; cell < paces.length; cell++)
    for (let at = 0; at < PARTS * KINDS; at++)
      due[(cell % width) * KINDS + (at % KINDS)]! += paces[cell]! * seen.risk[floor(cell / width) * PARTS * KINDS + at]!;
  return due;
}

function stageHazard(stage: number, seen: Seen, worth: Float64Array): { readonly hazard: StageHazard; readonly gain: number } {
  const { starts, targets, counts, departures, daysAtRisk, longestDays } = seen;
  const width = targets.length;
  const pooled = perUsualDay(seen, worth);
  const rates: Float64Array[] = [pooled];
  const bands = starts.length;
  const groups = min(bands, MOST_CALENDAR_AGES);
  const groupOf = (band: number): number => floor((band * groups) / bands);
  let gain = 0;
  for (let part = 0; part < PARTS; part++) {
    const came = new Float64Array(groups * width);
    const due = new Float64Array(groups * width);
    for (let cell = 0; cell < pooled.length; cell++) {
      const [band, target] = [floor(cell / width), cell % width];
      const from = (cell * PARTS + part) * KINDS;
      const place = groupOf(band) * width + target;
      came[place]! += sum(counts.subarray(from, from + KINDS));
      due[place]! += pooled[cell]! * usualDays(seen, worth, band, part, target);
    }
    const times = came.map((seen, at) => shrunk(seen, due[at]!, 1));
    times.forEach((time, at) => {
      // The parts share what they have in common: of three paces, two are free.
      gain += came[at]! * log(time) - due[at]! * (time - 1) - ((due[at]! / (due[at]! + PRIOR_DEPARTURES)) * (PARTS - 1)) / PARTS;
    });
    rates.push(pooled.map((pace, cell) => pace * times[groupOf(floor(cell / width)) * width + (cell % width)]!));
  }
  return { hazard: { stage, starts, targets, rates, worth, departures, daysAtRisk, longestDays }, gain };
}

/** Past the longest time that ever ended nobody left: half a departure is granted, at most as fast as in the band before. */
const tailPace = (days: number, paceBefore: number): number => (paceBefore > 0 ? 0.5 / (days + 0.5 / paceBefore) : 0);

/** Departures a day at risk; at a day at risk of nothing, as many as would leave within a moment. */
const paceOf = (departures: number, daysAtRisk: number): number =>
  departures === 0 ? 0 : departures / (daysAtRisk + departures * MOMENT);

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
