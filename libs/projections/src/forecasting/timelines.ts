import type { Money } from '@coxswain/sales-process';
import type { Deal } from '../deal.js';
import { UTC_DAYS, type SellingDays } from './days.js';

const { max } = Math;

/**
 * What a forecast reads of the deals: who stood where, since when, and how it ended. Days are days of 24 hours since 1970-01-01 UTC,
 * with fractions; amounts are of one currency, in whatever unit the caller counts.
 */

/** One deal, up to and including its first win. */
export interface Timeline {
  readonly id: string;
  readonly capturedDay: number;
  /** In the order of the record; never empty. Each lasts until the next one begins; one in the same stage as that before begins its time anew. */
  readonly stays: readonly Stay[];
  /** When it was first won; null while it was not. */
  readonly wonDay: number | null;
  readonly wonAmount: number | null;
  /** What it is worth as known now; null where nothing says so. */
  readonly amount: number | null;
  /** What was said of that before, in the order of the record; without it, `amount` was said from the beginning. */
  readonly amounts?: readonly Worth[] | undefined;
  /** What its total is told apart by (an owner, a team, a source ...); null where it has none. */
  readonly group: string | null;
}

/** What a deal was said to be worth, and from which day on; null where nothing says so any more. */
export interface Worth {
  readonly fromDay: number;
  readonly amount: number | null;
}

export interface Stay {
  readonly stage: string;
  readonly enteredDay: number;
  /** A stage in which a deal stands lost; a later stay in another one is a reopening. */
  readonly lost: boolean;
}

const DAY_MS = 86_400_000;

/** An instant, in milliseconds since 1970-01-01 UTC, in days. */
export const daysOf = (ms: number): number => ms / DAY_MS;

/** The timeline of a deal as the measures know it, amounts in minor units; those of another currency count as unknown. */
export function timelineOf(
  { id, capturedMs, visits, won, facts, amounts }: Deal,
  currency: string | undefined,
  group: string | null = null,
): Timeline {
  const worth = (money: Money | null | undefined): number | null => (money && money.currency === currency ? money.minor : null);
  const wonDay = won ? daysOf(won.atMs) : null;
  const before = visits.filter(
    ({ enteredMs, result, phase }) => result !== 'won' && phase !== 'customer' && (won === null || enteredMs <= won.atMs),
  );
  let lost = false;
  return {
    id,
    capturedDay: daysOf(capturedMs),
    stays: (before.length > 0 ? before : visits.slice(0, 1)).flatMap(({ stage, enteredMs, renewedMs, result, phase }) => {
      // A closed stage without a result of its own leaves the deal as it stood before.
      lost = result === 'lost' || (lost && phase === 'closed');
      return [enteredMs, ...renewedMs.filter((ms) => won === null || ms <= won.atMs)].map((ms) => ({
        stage,
        enteredDay: daysOf(ms),
        lost,
      }));
    }),
    wonDay,
    wonAmount: won ? worth(won.amount) : null,
    amount: worth(facts.amount),
    ...(amounts.length > 1 || (amounts[0] !== undefined && amounts[0].atMs > capturedMs)
      ? { amounts: amounts.map(({ atMs, amount }) => ({ fromDay: daysOf(atMs), amount: worth(amount) })) }
      : {}),
    group,
  };
}

/** What a deal was worth by what had been said before a day. */
export function worthBefore({ amount, amounts }: Timeline, day: number): number | null {
  return amounts === undefined ? amount : (amounts.findLast(({ fromDay }) => fromDay < day)?.amount ?? null);
}

/** The days that are forecast: from so many after the present on, so many long. */
export interface Window {
  readonly leadDays: number;
  readonly lengthDays: number;
}

/** Where a deal went when it left a stage: won, lost, or the number of the stage. */
export const WON = -1;
export const LOST = -2;
/** It has not left. */
export const STAYS = -3;

/**
 * The timelines in columns, so that they can be read once for each of many past days: what was known on day T are the stays entered
 * before T, those left at T or later still lasting.
 */
export interface Columns {
  readonly stages: readonly string[];
  readonly deals: readonly Timeline[];
  /** Of each deal: when it was captured, when it was first won (infinite while it was not), and for how much (0 where nothing says so). */
  readonly captured: Float64Array;
  readonly won: Float64Array;
  readonly wonAmount: Float64Array;
  /** Of each deal: the number of its group in `groups`. */
  readonly group: Int32Array;
  readonly groups: readonly (string | null)[];
  /** Of each stay in an open stage, or lost: its deal, its stage (`LOST` where it stands lost), when it began, when it ended (infinite while it lasts), and where to. */
  readonly deal: Int32Array;
  readonly stage: Int32Array;
  readonly entered: Float64Array;
  readonly left: Float64Array;
  readonly to: Int32Array;
  /** And when the deal came to the stage: earlier than `entered` where a move led back to its own stage, such as an offer sent anew. */
  readonly since: Float64Array;
  /** The days of the company, that weekdays and holidays are told by. */
  readonly days: SellingDays;
  /** The first instant that is not the beginning of a day; infinite where there is none. What is known before it is known to the day alone. */
  readonly firstTime: number;
}

/** Reads the timelines once. Where the record steps backwards in time, a stay has lasted 0 days. */
export function columnsOf(timelines: Iterable<Timeline>, days: SellingDays = UTC_DAYS): Columns {
  const read = [...timelines];
  // By name, so that no figure follows from which deal happens to come first.
  const stages = [...new Set(read.flatMap(({ stays }) => stays.flatMap(({ stage, lost }) => (lost ? [] : [stage]))))].toSorted();
  const numbers = new Map(stages.map((stage, number) => [stage, number]));
  const groups = new Map<string | null, number>();
  const deals: Timeline[] = [];
  const stays: [deal: number, stage: number, entered: number, left: number, to: number, since: number][] = [];
  for (const timeline of read) {
    const index = deals.push(timeline) - 1;
    if (!groups.has(timeline.group)) groups.set(timeline.group, groups.size);
    let [stage, entered, since] = [STAYS, timeline.capturedDay, timeline.capturedDay];
    for (const stay of timeline.stays) {
      const number = stay.lost ? LOST : numbers.get(stay.stage)!;
      if (number === stage && number === LOST) continue;
      const at = max(entered, stay.enteredDay);
      if (stage !== STAYS) stays.push([index, stage, entered, at, number, since]);
      if (number !== stage) since = at;
      [stage, entered] = [number, at];
    }
    const ended = timeline.wonDay === null ? Infinity : max(entered, timeline.wonDay);
    stays.push([index, stage, entered, ended, timeline.wonDay === null ? STAYS : WON, since]);
  }
  let firstTime = Infinity;
  for (const [, , entered, left] of stays)
    for (const instant of [entered, left])
      if (instant < firstTime && days.startOf(days.dayAt(instant)) !== instant) firstTime = instant;
  return {
    stages,
    days,
    firstTime,
    deals,
    captured: Float64Array.from(deals, ({ capturedDay }) => capturedDay),
    won: Float64Array.from(deals, ({ wonDay }) => wonDay ?? Infinity),
    wonAmount: Float64Array.from(deals, ({ wonAmount }) => wonAmount ?? 0),
    group: Int32Array.from(deals, ({ group }) => groups.get(group)!),
    groups: [...groups.keys()],
    deal: Int32Array.from(stays, (stay) => stay[0]),
    stage: Int32Array.from(stays, (stay) => stay[1]),
    entered: Float64Array.from(stays, (stay) => stay[2]),
    left: Float64Array.from(stays, (stay) => stay[3]),
    to: Int32Array.from(stays, (stay) => stay[4]),
    since: Float64Array.from(stays, (stay) => stay[5]),
  };
}
