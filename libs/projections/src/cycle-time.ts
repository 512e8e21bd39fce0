import type { Deal, Milestone } from './deal.js';
import { answer, at, Tallies, type Frame } from './frame.js';
import type { CycleTimeAnswer, StageName, StageTime, TimeToWon } from './measure.js';
import {
  aalenJohansen,
  curveAt,
  FEWEST_AT_RISK,
  kaplanMeier,
  quantileOfCause,
  quantileOfEnds,
  type Duration,
} from './survival.js';
import { daysFrom } from './time.js';

/** The ages, in days, that the share won is told for. */
const AGES = [7, 14, 30, 60, 90, 180, 365];

/** How long deals stand in each stage, per visit, and how long they take to be won; open ones count as "at least this long". */
export function cycleTime(frame: Frame): CycleTimeAnswer {
  const { within, clockMs, lineage } = frame;
  const tallies = new Tallies<Tally>(frame, () => ({ visits: new Map(), fromLead: [], fromQualified: [] }));
  for (const deal of frame.deals) {
    for (const visit of deal.visits) {
      if (!within(visit.enteredMs)) continue;
      const duration = {
        days: daysFrom(visit.enteredMs, visit.leftMs ?? clockMs),
        ended: visit.leftMs === null ? 'open' : 'ended',
      } as const;
      at(tallies.of(deal, visit).visits, visit.stage, () => []).push(duration);
    }
    const first = deal.visits[0]!;
    if (within(deal.capturedMs)) tallies.of(deal, first).fromLead.push(untilWon(deal, deal.capturedMs, clockMs));
    if (deal.qualified && within(deal.qualified.atMs))
      tallies.of(deal, deal.qualified).fromQualified.push(untilWon(deal, deal.qualified.atMs, clockMs));
  }

  const passing = lineage.stages.filter(({ stage }) => !isEnd(frame, stage));
  return answer(
    'cycle-time',
    frame,
    tallies.groups((group, { visits, fromLead, fromQualified }) => {
      const retired = [...visits.keys()].map((stage) => lineage.nameOf(stage)).filter((name) => name.retired);
      return {
        group,
        stages: [...passing, ...retired].map((name) => timeIn(name, visits.get(name.stage) ?? [])),
        leadToWon: timeToWon(fromLead),
        qualifiedToWon: timeToWon(fromQualified),
      };
    }),
  );
}

interface Tally {
  readonly visits: Map<string, Duration<'ended'>[]>;
  readonly fromLead: Duration<'won' | 'lost'>[];
  readonly fromQualified: Duration<'won' | 'lost'>[];
}

/** A stage where deals stay for good: lost, or without any way on. */
function isEnd({ lineage }: Frame, stage: string): boolean {
  const here = lineage.latest?.definition.stages[stage];
  return !here || here.result === 'lost' || (Object.keys(here.moves).length === 0 && here.whenAllDone === undefined);
}

/** From the start to the first win; to the loss where the deal stands lost and never was won; else open until the clock. */
export function untilWon(
  { won, result, resultSinceMs }: { readonly won: Milestone | null } & Pick<Deal, 'result' | 'resultSinceMs'>,
  startMs: number,
  clockMs: number,
): Duration<'won' | 'lost'> {
  if (won) return { days: daysFrom(startMs, won.atMs), ended: 'won' };
  return result === 'lost'
    ? { days: daysFrom(startMs, resultSinceMs), ended: 'lost' }
    : { days: daysFrom(startMs, clockMs), ended: 'open' };
}

function timeIn(name: StageName, visits: readonly Duration<'ended'>[]): StageTime {
  const curve = kaplanMeier(visits);
  const [middle, late] = [quantileOfEnds(curve, 0.5), quantileOfEnds(curve, 0.85)];
  const open = visits.filter(({ ended }) => ended === 'open').length;
  return {
    ...name,
    visits: visits.length,
    ended: visits.length - open,
    open,
    medianDays: middle.days,
    p85Days: late.days,
    why: middle.why ?? late.why,
  };
}

function timeToWon(durations: readonly Duration<'won' | 'lost'>[]): TimeToWon {
  const curve = aalenJohansen(durations, ['won', 'lost']);
  const [middle, late] = [quantileOfCause(curve, 'won', 0.5), quantileOfCause(curve, 'won', 0.85)];
  const count = (how: string): number => durations.filter(({ ended }) => ended === how).length;
  return {
    deals: durations.length,
    won: count('won'),
    lost: count('lost'),
    open: count('open'),
    medianDays: middle.days,
    p85Days: late.days,
    why: middle.why ?? late.why,
    wonWithin: AGES.map((days) => {
      const here = curveAt(curve, days);
      const atRisk = here?.atRisk ?? 0;
      return { days, share: here && atRisk >= FEWEST_AT_RISK ? (here.incidence?.won ?? 0) : null, atRisk };
    }),
  };
}
