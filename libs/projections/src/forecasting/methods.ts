import { PARTS, partOf } from './calendar.js';
import type { Hazards } from './hazards.js';
import { landmarks, type Landmarks } from './landmark.js';
import { outlook, type Outlook } from './outlook.js';
import { LOST, worthBefore, type Columns, type Window } from './timelines.js';

const { max, min } = Math;

/** The ways to say what will be won in a window, each by itself and each knowing only what was known on the day. */
export type Method = 'moving-average' | 'same-season' | 'pipeline' | 'landmark';

/** What each method says of one group on one day; null where it cannot say anything yet. */
export interface Estimate {
  readonly amounts: Readonly<Record<Method, number | null>>;
  /** What the pipeline method's figure is made of. */
  readonly pipeline: PipelineParts;
}

const SILENT: Estimate['amounts'] = { 'moving-average': null, 'same-season': null, pipeline: null, landmark: null };

export interface PipelineParts {
  /** Amount x chance of winning in the window, over the open deals that are not stale. */
  readonly open: number;
  readonly openDeals: number;
  /** The same of deals to be captured from now on, at the pace of the last captures. */
  readonly notYetVisible: number;
  /** The same of lost deals that come back. */
  readonly reopened: number;
  /** Open deals older than any deal that was ever won or lost: in no weighted total. */
  readonly stale: number;
}

/** Windows that the moving average goes back over. */
const AVERAGE_WINDOWS = 3;
/** A day of the calendar's part weighs against so many days of the whole. */
const PRIOR_DAYS = 14;
/** Fewer days on record, and nobody knows what a usual day brings. */
export const FEWEST_DAYS = 14;
/** Fewer closed deals tell neither what is to come nor how old a deal may become. */
export const FEWEST_CLOSED = 20;
/** So many wins of all groups are in the mean value of a group's wins. */
const PRIOR_WINS = 10;

/** An open deal at the day: its row among the stays, its stage and its days there. */
export interface OpenStay {
  readonly stay: number;
  readonly deal: number;
  readonly stage: number;
  /** Since it came there, or since a move last led back to the stage itself. */
  readonly days: number;
  readonly stageDays: number;
  readonly stale: boolean;
}

/** What was known on one day: who stood where, and how deals had gone until then. Read once, and asked for any window. */
export class Standing {
  readonly open: readonly OpenStay[];
  /** Lost deals of each group. */
  private readonly lost: Float64Array;
  /** Mean amount of a win of each group. */
  private readonly meanWin: Float64Array;
  private readonly outlooks = new Map<number, Outlook>();
  private readonly wins: number;
  /** False where deals have their amount only when they are won: then an open one is worth what a win is worth on average. */
  private readonly amountsTell: boolean;

  constructor(
    readonly columns: Columns,
    readonly day: number,
    readonly hazards: Hazards,
  ) {
    const { deal, stage, entered, left, since, captured, group, groups, won, wonAmount } = columns;
    const open: OpenStay[] = [];
    this.lost = new Float64Array(groups.length);
    for (let stay = 0; stay < stage.length; stay++) {
      if (entered[stay]! >= day || left[stay]! < day) continue;
      const of = deal[stay]!;
      if (stage[stay] === LOST) this.lost[group[of]!]!++;
      else
        open.push({
          stay,
          deal: of,
          stage: stage[stay]!,
          days: day - entered[stay]!,
          stageDays: day - since[stay]!,
          stale: isStale(hazards, day - captured[of]!),
        });
    }
    this.open = open;
    this.amountsTell = 2 * open.filter((one) => worthBefore(columns.deals[one.deal]!, day) !== null).length >= open.length;
    const sums = new Float64Array(groups.length);
    const counts = new Float64Array(groups.length);
    let [sum, count] = [0, 0];
    for (let of = 0; of < won.length; of++) {
      if (won[of]! >= day) continue;
      sums[group[of]!]! += wonAmount[of]!;
      counts[group[of]!]!++;
      sum += wonAmount[of]!;
      count++;
    }
    const mean = count > 0 ? sum / count : 0;
    this.wins = count;
    this.meanWin = sums.map((one, at) => (one + PRIOR_WINS * mean) / (counts[at]! + PRIOR_WINS));
  }

  /** Whether so many deals have been won or lost by then, not all of them lost, that something can be said of the others. */
  get tells(): boolean {
    return this.whyNot === null;
  }

  get whyNot(): string | null {
    if (this.hazards.closed < FEWEST_CLOSED) return `fewer than ${FEWEST_CLOSED} deals have been won or lost`;
    return this.wins === 0 ? 'none has been won yet' : null;
  }

  outlook(days: number): Outlook {
    let known = this.outlooks.get(days);
    if (!known) this.outlooks.set(days, (known = outlook(this.hazards, this.day, days)));
    return known;
  }

  /** Chance that an open deal is won in the window. */
  chance({ stage, days }: OpenStay, { leadDays, lengthDays }: Window): number {
    const byEnd = this.outlook(leadDays + lengthDays).chances(stage, days).won;
    return leadDays > 0 ? max(0, byEnd - this.outlook(leadDays).chances(stage, days).won) : byEnd;
  }

  worth(deal: number): number {
    return (
      (this.amountsTell ? worthBefore(this.columns.deals[deal]!, this.day) : null) ?? this.meanWin[this.columns.group[deal]!]!
    );
  }

  landmarks(window: Window): Landmarks | null {
    return landmarks(this.columns, this.day, window, this.hazards.observedFrom);
  }

  /** One estimate for each group of the columns. No method says anything while fewer than 20 deals of all groups have been won or lost. */
  estimates(window: Window): readonly Estimate[] {
    if (!this.tells) return this.pipeline(window).map((pipeline) => ({ amounts: SILENT, pipeline }));
    const parts = this.pipeline(window);
    const average = this.movingAverage(window.lengthDays);
    const season = this.sameSeason(window);
    const landmark = this.landmarkTotals(window);
    return parts.map((pipeline, at) => {
      const { open, notYetVisible, reopened } = pipeline;
      return {
        amounts: {
          'moving-average': average?.[at] ?? null,
          'same-season': season?.[at] ?? null,
          pipeline: this.day - this.hazards.observedFrom < FEWEST_DAYS ? null : open + notYetVisible + reopened,
          landmark: landmark?.[at] ?? null,
        },
        pipeline,
      };
    });
  }

  private pipeline(window: Window): readonly PipelineParts[] {
    const parts = this.columns.groups.map(() => ({ open: 0, openDeals: 0, notYetVisible: 0, reopened: 0, stale: 0 }));
    for (const one of this.open) {
      const part = parts[this.columns.group[one.deal]!]!;
      part.openDeals++;
      if (one.stale) part.stale++;
      else part.open += this.worth(one.deal) * this.chance(one, window);
    }
    this.addNotYetVisible(parts, window);
    const { leadDays, lengthDays } = window;
    const back = this.outlook(leadDays + lengthDays).lostDeal() - (leadDays > 0 ? this.outlook(leadDays).lostDeal() : 0);
    parts.forEach((part, at) => (part.reopened = this.lost[at]! * max(0, back) * this.meanWin[at]!));
    return parts;
  }

  /** Deals captured at the pace of the last weeks, spread evenly over the days to the end of the window. */
  private addNotYetVisible(parts: { notYetVisible: number }[], { leadDays, lengthDays }: Window): void {
    const { deal, stage, captured, group } = this.columns;
    const days = this.lastDays(lengthDays);
    if (days <= 0) return;
    const until = leadDays + lengthDays;
    /** Of deals entering the stage evenly over so many days: won by their end, times the days. */
    const wonBy = (number: number, end: number): number => {
      if (end === 0) return 0;
      let share = 0;
      for (let piece = 0; piece < PIECES; piece++) share += this.outlook(end).entering(number, ((piece + 0.5) * end) / PIECES);
      return (share / PIECES) * end;
    };
    const wins = new Map<number, number>();
    const winsOf = (number: number): number => {
      let share = wins.get(number);
      if (share === undefined) wins.set(number, (share = max(0, wonBy(number, until) - wonBy(number, leadDays))));
      return share;
    };
    let last = -1;
    for (let stay = 0; stay < stage.length; stay++) {
      const of = deal[stay]!;
      if (of === last) continue;
      last = of;
      if (stage[stay] === LOST || captured[of]! < this.day - days || captured[of]! >= this.day) continue;
      parts[group[of]!]!.notYetVisible += (winsOf(stage[stay]!) / days) * this.meanWin[group[of]!]!;
    }
  }

  /** Three windows back, two weeks at least, as far as the record goes. */
  private lastDays(lengthDays: number): number {
    return min(max(AVERAGE_WINDOWS * lengthDays, FEWEST_DAYS), this.day - this.hazards.observedFrom);
  }

  /** What the days of the last windows brought, times the days of this one: the naive forecast. */
  private movingAverage(lengthDays: number): Float64Array | null {
    const { won, wonAmount, group, groups } = this.columns;
    const days = this.lastDays(lengthDays);
    if (days < FEWEST_DAYS) return null;
    const sums = new Float64Array(groups.length);
    for (let of = 0; of < won.length; of++)
      if (won[of]! < this.day && won[of]! >= this.day - days) sums[group[of]!]! += wonAmount[of]!;
    return sums.map((sum) => (sum / days) * lengthDays);
  }

  /**
   * What a usual day of this month of the quarter brought so far, shrunk towards what any brought, over the usual days of the window: weekdays and holidays
   * count by what they are worth for wins.
   */
  private sameSeason({ leadDays, lengthDays }: Window): Float64Array | null {
    const { won, wonAmount, group, groups, days } = this.columns;
    const from = this.hazards.observedFrom;
    if (this.day - from < FEWEST_DAYS) return null;
    const past = this.usualDays(from, this.day);
    const window = this.usualDays(this.day + leadDays, this.day + leadDays + lengthDays);
    const all = past.reduce((sum, days) => sum + days, 0);
    const sums = Array.from({ length: PARTS }, () => new Float64Array(groups.length));
    for (let of = 0; of < won.length; of++)
      if (won[of]! < this.day) sums[partOf(days.dayAt(won[of]!))]![group[of]!]! += wonAmount[of]!;
    return Float64Array.from(groups, (_, at) => {
      const anyDay = sums.reduce((total, part) => total + part[at]!, 0) / all;
      return window.reduce(
        (total, usual, part) => total + (usual * (sums[part]![at]! + PRIOR_DAYS * anyDay)) / (past[part]! + PRIOR_DAYS),
        0,
      );
    });
  }

  /** The days from one instant to a later one by part of the quarter, each counted by what its kind is worth for wins. */
  private usualDays(from: number, until: number): readonly number[] {
    const { days } = this.columns;
    const { winWorth } = this.hazards;
    const usual = Array.from({ length: PARTS }, () => 0);
    for (let day = days.dayAt(from), at = from; at < until; day++) {
      const next = min(until, days.startOf(day + 1));
      usual[partOf(day)]! += (next - at) * winWorth[days.kindOf(day)]!;
      at = next;
    }
    return usual;
  }

  private landmarkTotals(window: Window): Float64Array | null {
    const found = this.landmarks(window);
    if (!found) return null;
    const sums = found.notYetVisible.slice();
    for (const { deal, stage, days, stale } of this.open)
      if (!stale) sums[this.columns.group[deal]!]! += this.worth(deal) * found.share(stage, days).won;
    return sums;
  }
}

/** Pieces that the days to come are cut into for deals not yet visible. */
const PIECES = 40;

/** Older than any deal that was ever won or lost; never said while fewer than 20 were. */
const isStale = ({ closed, longestToClose }: Hazards, ageDays: number): boolean =>
  closed >= FEWEST_CLOSED && ageDays > longestToClose;
