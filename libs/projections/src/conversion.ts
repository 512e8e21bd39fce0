import { answer, at, Tallies, type Frame } from './frame.js';
import type { ConversionAnswer, ConversionStep, Counted, Period, Share, StageName } from './measure.js';
import { rateOf } from './rate.js';
import { aalenJohansen, Durations, estimableUntil, FEWEST_AT_RISK, incidenceWithin } from './survival.js';
import { LOST, NO_VISIT, WON, type Sweep } from './sweep.js';
import { dayAt, daysFrom, isoText, periodNamed, periodOf } from './time.js';

/** The ages, in days, that shares are told for. */
export const AGES = [7, 14, 30, 60, 90, 180, 365];

/**
 * Of the deals that entered A, how many entered B afterwards, and how soon: Aalen-Johansen with losing the deal and other ends competing, and the
 * naive share beside it. A deal counts once a pair, by its first entry into A (within the window, where that selects by entry). `frameAt` is the frame as of an earlier clock.
 */
export function conversion(
  frame: Frame,
  frameAt: (clock: string) => Frame,
  counted: Counted = 'entered',
  period: Period | null = null,
): ConversionAnswer {
  const { lineage } = frame;
  const stages = lineage.stages.filter(({ stage }) => lineage.latest?.definition.stages[stage]?.result !== 'lost');
  const pairs = stages.slice(1).map((to, index) => ({ from: stages[index]!, to }));

  // Of a window that is over, how things stood at its end: what became of them afterwards is no part of it.
  const toMs = frame.to === null ? Infinity : Date.parse(frame.to);
  const seen = counted === 'at-risk' && toMs <= frame.clockMs ? frameAt(isoText(toMs - 1)) : frame;
  const swept = seen.sweep();
  const tallies = new Tallies<Tally>(
    frame,
    () => ({ steps: pairs.map(() => new Counts()), funnel: FUNNEL.map(() => new Counts()), cohorts: new Map() }),
    swept.groups,
  );
  const counting = { frame, swept, tallies, counted, watcher: new Watcher(frame, counted) };
  pairs.forEach((pair, number) => countStep(counting, pair, number));
  FUNNEL.forEach((_, number) => countFunnel(counting, number, period));
  const funnelOf = (counts: readonly Counts[]): readonly ConversionStep[] =>
    counts.map((one, pair) => {
      const { from, to } = FUNNEL[pair]!;
      return { from, fromLabel: LABELS[from], to, toLabel: LABELS[to], ...one.told() };
    });
  const groups = tallies.groups((group, { steps, funnel, cohorts }) => ({
    group,
    steps: steps.map((counts, pair) => {
      const { from, to } = pairs[pair]!;
      return { from: from.stage, fromLabel: from.label, to: to.stage, toLabel: to.label, ...counts.told() };
    }),
    funnel: funnelOf(funnel),
    cohorts: [...cohorts]
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, counts]) => ({ ...periodNamed(name), funnel: funnelOf(counts) })),
  }));
  return { ...answer('conversion', frame, groups), counted, period };
}

interface Counting {
  readonly frame: Frame;
  readonly swept: Sweep;
  readonly tallies: Tallies<Tally>;
  readonly counted: Counted;
  readonly watcher: Watcher;
}

function countStep(
  { frame, swept, tallies, counted, watcher }: Counting,
  { from, to }: { readonly from: StageName; readonly to: StageName },
  pair: number,
): void {
  const { entry, next } = firstWays(swept, from.stage, to.stage, (ms) => counted === 'at-risk' || frame.within(ms));
  for (let deal = 0; deal < entry.length; deal++) {
    const [entered, reached] = [entry[deal]!, next[deal]!];
    if (entered === NO_VISIT) continue;
    const ended = endOf(swept, deal, reached !== NO_VISIT, to.phase === 'customer');
    const endedMs = reached === NO_VISIT ? swept.resultSinceMs[deal]! : swept.enteredMs[reached]!;
    if (!watcher.sees(swept.enteredMs[entered]!, ended, endedMs)) continue;
    const group = swept.groupAtVisit(entered);
    tallies.numbered(group).steps[pair]!.add(watcher);
    frame.count?.(swept.groups.nameOf(group), swept.columns.idOf(deal), {
      part: 'steps',
      fromStage: from.stage,
      toStage: to.stage,
      outcome: OUTCOMES[watcher.ended],
    });
  }
}

function countFunnel({ frame, swept, tallies, counted, watcher }: Counting, pair: number, period: Period | null): void {
  const { from, to, starts, ends } = FUNNEL[pair]!;
  const [startedMs, reachedMs] = [swept[starts.ms], swept[ends.ms]];
  for (let deal = 0; deal < swept.lastVisit.length; deal++) {
    if (swept.lastVisit[deal] === NO_VISIT || !starts.has(swept, deal)) continue;
    const enteredMs = startedMs[deal]!;
    if (counted === 'entered' && !frame.within(enteredMs)) continue;
    const hasReached = ends.has(swept, deal);
    const ended = endOf(swept, deal, hasReached, false);
    if (!watcher.sees(enteredMs, ended, hasReached ? reachedMs[deal]! : swept.resultSinceMs[deal]!)) continue;
    const group = starts.group(swept, deal);
    const tally = tallies.numbered(group);
    tally.funnel[pair]!.add(watcher);
    const cohort = period === null ? null : periodOf(dayAt(enteredMs, frame.timezone), period).period;
    frame.count?.(swept.groups.nameOf(group), swept.columns.idOf(deal), {
      part: 'funnel',
      fromStage: from,
      toStage: to,
      outcome: OUTCOMES[watcher.ended],
      ...(cohort !== null && { cohort }),
    });
    if (cohort !== null) at(tally.cohorts, cohort, () => FUNNEL.map(() => new Counts()))[pair]!.add(watcher);
  }
}

interface Tally {
  readonly steps: readonly Counts[];
  readonly funnel: readonly Counts[];
  readonly cohorts: Map<string, readonly Counts[]>;
}

type Ended = 'reached' | 'lost' | 'other';

/** The figures of a step that each end counts in. */
const OUTCOMES = { reached: 'reached', lost: ['ended', 'lost'], other: 'ended', open: 'open' } as const;

/** How a deal ended on its way, as far as it did: went on, or what came in between. `afterWon`: one that stands won may still go on to become a customer. */
function endOf({ result }: Sweep, deal: number, hasReached: boolean, afterWon: boolean): Ended | 'open' {
  if (hasReached) return 'reached';
  if (result[deal] === LOST) return 'lost';
  return result[deal] === WON && !afterWon ? 'other' : 'open';
}

/** Of each deal the first visit to one stage that counts, and the first to another after it. */
function firstWays(
  { visits, visitDeal, visitStage, enteredMs, lastVisit, stages }: Sweep,
  from: string,
  to: string,
  counts: (enteredMs: number) => boolean,
): { readonly entry: Int32Array; readonly next: Int32Array } {
  const [entry, next] = [new Int32Array(lastVisit.length).fill(NO_VISIT), new Int32Array(lastVisit.length).fill(NO_VISIT)];
  const [start, end] = [stages.known(from), stages.known(to)];
  if (start === undefined) return { entry, next };
  for (let visit = 0; visit < visits; visit++) {
    const stage = visitStage[visit]!;
    if (stage !== start && stage !== end) continue;
    const deal = visitDeal[visit]!;
    if (stage === start) {
      if (entry[deal] === NO_VISIT && counts(enteredMs[visit]!)) entry[deal] = visit;
    } else if (next[deal] === NO_VISIT && entry[deal] !== NO_VISIT) next[deal] = visit;
  }
  return { entry, next };
}

/**
 * Watches each deal on its way up to the clock; or, of those at risk in the window, for as long as it lasts. One watcher is used for all deals: what was
 * seen of one stands here until the next.
 */
class Watcher {
  private readonly fromMs: number;
  private readonly toMs: number;
  private readonly lastMs: number;
  /** How long, from which age on, and how it ended as far as it was watched. */
  days = 0;
  fromDays = 0;
  ended: Ended | 'open' = 'open';

  constructor({ clockMs, from, to }: Frame, counted: Counted) {
    this.fromMs = counted === 'entered' || from === null ? -Infinity : Date.parse(from);
    this.toMs = counted === 'entered' || to === null ? Infinity : Date.parse(to);
    this.lastMs = Math.min(clockMs, this.toMs);
  }

  /** False for a deal that was not on its way then. `recordedMs`: its end, which matters where it has ended; one that lies before its entry took no time. */
  sees(enteredMs: number, ended: Ended | 'open', recordedMs: number): boolean {
    const endedMs = Math.max(enteredMs, recordedMs);
    const isEnded = ended !== 'open' && endedMs < this.toMs;
    if (enteredMs >= this.toMs || (isEnded && endedMs < this.fromMs) || enteredMs > this.lastMs) return false;
    this.days = daysFrom(enteredMs, isEnded ? endedMs : this.lastMs);
    this.fromDays = daysFrom(enteredMs, this.fromMs);
    this.ended = isEnded ? ended : 'open';
    return true;
  }
}

/** Days to an end in the same instant as the window's beginning leave nothing to watch, and are in no curve. */
class Counts {
  private readonly durations = new Durations<Ended>(['reached', 'lost', 'other']);
  private readonly counted: Record<Ended | 'open', number> = { reached: 0, lost: 0, other: 0, open: 0 };

  add({ days, fromDays, ended }: Watcher): void {
    this.counted[ended]++;
    this.durations.add(days, ended, Number.isFinite(fromDays) ? fromDays : 0);
  }

  told(): Pick<ConversionStep, 'converted' | 'within' | 'estimableUntilDays' | 'naive' | 'open' | 'ended' | 'lost'> {
    const { reached, lost, other, open } = this.counted;
    const entered = reached + lost + other + open;
    const curve = aalenJohansen(this.durations);
    const until = estimableUntil(curve);
    return {
      converted: shareUntil(curve, until, entered),
      within: AGES.map((days) => ({ days, ...incidenceWithin(curve, 'reached', days) })),
      estimableUntilDays: until === Infinity ? null : until,
      naive: rateOf(reached, entered),
      open,
      ended: lost + other,
      lost,
    };
  }
}

function shareUntil(curve: ReturnType<typeof aalenJohansen<Ended>>, until: number | null, entered: number): Share {
  const nothing = { share: null, low: null, high: null, withinDays: null, atRisk: 0 };
  if (until === null)
    return {
      ...nothing,
      why:
        entered < FEWEST_AT_RISK
          ? `fewer than ${FEWEST_AT_RISK} deals`
          : `fewer than ${FEWEST_AT_RISK} deals were under observation at once`,
    };
  if (until === Infinity) {
    const { share, low, high } = incidenceWithin(curve, 'reached', curve.longestDays!);
    return { share, low, high, withinDays: null, atRisk: 0, why: null };
  }
  const { share, low, high, atRisk } = incidenceWithin(curve, 'reached', until);
  return { share, low, high, withinDays: until, atRisk, why: null };
}

/** A milestone of a deal: whether it has it, when, and the group it was in then. */
const LEAD = {
  has: ({ asLead }: Sweep, deal: number): boolean => asLead[deal] === 1,
  ms: 'capturedMs',
  group: (swept: Sweep, deal: number): number => swept.groupAtCapture(deal),
} as const;
const QUALIFIED = {
  has: (swept: Sweep, deal: number): boolean => swept.isQualified(deal),
  ms: 'qualifiedMs',
  group: (swept: Sweep, deal: number): number => swept.groupAtQualified(deal),
} as const;
const WIN = { has: (swept: Sweep, deal: number): boolean => swept.isWon(deal), ms: 'wonMs' } as const;

const LABELS = { lead: 'Lead', qualified: 'Qualified', won: 'Won' };

const FUNNEL = [
  { from: 'lead', to: 'qualified', starts: LEAD, ends: QUALIFIED },
  { from: 'qualified', to: 'won', starts: QUALIFIED, ends: WIN },
  { from: 'lead', to: 'won', starts: LEAD, ends: WIN },
] as const;
