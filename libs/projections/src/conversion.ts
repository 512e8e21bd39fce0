import type { Attribution, Deal } from './deal.js';
import { answer, at, groupOf, Tallies, type Frame } from './frame.js';
import type { ConversionAnswer, ConversionStep, Counted, Period, Share } from './measure.js';
import { rateOf } from './rate.js';
import { aalenJohansen, Durations, estimableUntil, FEWEST_AT_RISK, incidenceWithin } from './survival.js';
import { dayAt, daysFrom, periodNamed, periodOf } from './time.js';

/** The ages, in days, that shares are told for. */
export const AGES = [7, 14, 30, 60, 90, 180, 365];

/**
 * Of the deals that entered A, how many entered B afterwards, and how soon: Aalen-Johansen with losing the deal and other ends competing, and the
 * naive share beside it. A deal counts once a pair, by its first entry into A (within the window, where that selects by entry).
 */
export function conversion(frame: Frame, counted: Counted = 'entered', period: Period | null = null): ConversionAnswer {
  const { lineage, within } = frame;
  const stages = lineage.stages.filter(({ stage }) => lineage.latest?.definition.stages[stage]?.result !== 'lost');
  const pairs = stages.slice(1).map((to, index) => ({ from: stages[index]!, to }));

  const tallies = new Tallies<Tally>(frame, () => ({
    steps: pairs.map(() => new Counts()),
    funnel: FUNNEL.map(() => new Counts()),
    cohorts: new Map(),
  }));
  const watch = watcher(frame, counted);
  for (const deal of frame.deals) {
    pairs.forEach(({ from, to }, pair) => {
      const entry = deal.visits.findIndex(
        ({ stage, enteredMs }) => stage === from.stage && (counted === 'at-risk' || within(enteredMs)),
      );
      if (entry < 0) return;
      const { enteredMs } = deal.visits[entry]!;
      const next = deal.visits.find(({ stage }, index) => index > entry && stage === to.stage);
      const seen = watch(enteredMs, endOf(deal, next?.enteredMs ?? null, to.phase === 'customer'));
      if (!seen) return;
      tallies.of(deal, deal.visits[entry]).steps[pair]!.add(seen);
      frame.count?.(groupOf(frame.by, deal, deal.visits[entry]), deal.id, {
        part: 'steps',
        fromStage: from.stage,
        toStage: to.stage,
        outcome: OUTCOMES[seen.ended],
      });
    });
    FUNNEL.forEach(({ from, to, start, end }, pair) => {
      const entry = start(deal);
      if (!entry || (counted === 'entered' && !within(entry.ms))) return;
      const seen = watch(entry.ms, endOf(deal, end(deal), false));
      if (!seen) return;
      const tally = tallies.of(deal, entry.moment);
      tally.funnel[pair]!.add(seen);
      const cohort = period === null ? null : periodOf(dayAt(entry.ms, frame.timezone), period).period;
      frame.count?.(groupOf(frame.by, deal, entry.moment), deal.id, {
        part: 'funnel',
        fromStage: from,
        toStage: to,
        outcome: OUTCOMES[seen.ended],
        ...(cohort !== null && { cohort }),
      });
      if (cohort === null) return;
      at(tally.cohorts, cohort, () => FUNNEL.map(() => new Counts()))[pair]!.add(seen);
    });
  }
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

interface Tally {
  readonly steps: readonly Counts[];
  readonly funnel: readonly Counts[];
  readonly cohorts: Map<string, readonly Counts[]>;
}

type Ended = 'reached' | 'lost' | 'other';

/** The figures of a step that each end counts in. */
const OUTCOMES = { reached: 'reached', lost: ['ended', 'lost'], other: 'ended', open: 'open' } as const;

/** When the deal went on, or what came in between; null while it is neither. */
interface End {
  readonly ended: Ended;
  readonly ms: number;
}

/** `afterWon`: a deal that stands won may still go on to become a customer. */
function endOf({ result, resultSinceMs }: Deal, reachedMs: number | null, afterWon: boolean): End | null {
  if (reachedMs !== null) return { ended: 'reached', ms: reachedMs };
  if (result === 'lost') return { ended: 'lost', ms: resultSinceMs };
  return result === 'won' && !afterWon ? { ended: 'other', ms: resultSinceMs } : null;
}

/** What was seen of one deal on its way: how long, from which age on, and how it ended as far as it was watched. */
interface Seen {
  readonly days: number;
  readonly fromDays: number;
  readonly ended: Ended | 'open';
}

/** Watches each deal up to the clock; or, of those at risk in the window, for as long as it lasts. Null for one that was not on its way then. */
function watcher(frame: Frame, counted: Counted): (enteredMs: number, end: End | null) => Seen | null {
  const { clockMs } = frame;
  const fromMs = counted === 'entered' || frame.from === null ? -Infinity : Date.parse(frame.from);
  const toMs = counted === 'entered' || frame.to === null ? Infinity : Date.parse(frame.to);
  const lastMs = Math.min(clockMs, toMs);
  return (enteredMs, end) => {
    const endMs = end && end.ms < toMs ? end.ms : null;
    if (enteredMs >= toMs || (endMs !== null && endMs < fromMs) || enteredMs > lastMs) return null;
    return {
      days: daysFrom(enteredMs, endMs ?? lastMs),
      fromDays: daysFrom(enteredMs, fromMs),
      ended: endMs === null ? 'open' : end!.ended,
    };
  };
}

/** Days to an end in the same instant as the window's beginning leave nothing to watch, and are in no curve. */
class Counts {
  private readonly durations = new Durations<Ended>(['reached', 'lost', 'other']);
  private readonly counted: Record<Ended | 'open', number> = { reached: 0, lost: 0, other: 0, open: 0 };

  add({ days, fromDays, ended }: Seen): void {
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

type Entry = (deal: Deal) => { readonly ms: number; readonly moment: Attribution } | null;

const asLead: Entry = ({ visits: [first], capturedMs }) => (first?.phase === 'lead' ? { ms: capturedMs, moment: first } : null);
const asQualified: Entry = ({ qualified }) => qualified && { ms: qualified.atMs, moment: qualified };

const LABELS = { lead: 'Lead', qualified: 'Qualified', won: 'Won' };

const FUNNEL = [
  { from: 'lead', to: 'qualified', start: asLead, end: ({ qualified }: Deal) => qualified?.atMs ?? null },
  { from: 'qualified', to: 'won', start: asQualified, end: ({ won }: Deal) => won?.atMs ?? null },
  { from: 'lead', to: 'won', start: asLead, end: ({ won }: Deal) => won?.atMs ?? null },
] as const;
