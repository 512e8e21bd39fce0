import { AGES } from './conversion.js';
import type { Deal, Milestone } from './deal.js';
import { answer, at, groupOf, Tallies, type Frame } from './frame.js';
import type { CycleTimeAnswer, NaiveTime, StageName, StageTime, TimeToWon } from './measure.js';
import {
  aalenJohansen,
  Durations,
  incidenceWithin,
  kaplanMeier,
  medianInterval,
  quantileOfCause,
  quantileOfEnds,
  type Duration,
} from './survival.js';
import { daysFrom } from './time.js';

/** How long deals stand in each stage, per visit, and how long they take to be won; open ones count as "at least this long". */
export function cycleTime(frame: Frame): CycleTimeAnswer {
  const { within, clockMs, lineage } = frame;
  const tallies = new Tallies<Tally>(frame, () => ({ visits: new Map(), fromLead: untilEnds(), fromQualified: untilEnds() }));
  for (const deal of frame.deals) {
    const { visits } = deal;
    for (const [index, visit] of visits.entries()) {
      const { stage, enteredMs, leftMs } = visit;
      if (!within(enteredMs)) continue;
      const tally = at(tallies.of(deal, visit).visits, stage, () => ({ times: new Durations(['ended'] as const), reentries: 0 }));
      tally.times.add(daysFrom(enteredMs, leftMs ?? clockMs), leftMs === null ? 'open' : 'ended');
      const isReentry = visits.some((earlier, place) => place < index && earlier.stage === stage);
      if (isReentry) tally.reentries++;
      frame.count?.(groupOf(frame.by, deal, visit), deal.id, {
        part: 'stages',
        stage,
        outcome: leftMs === null ? 'open' : 'ended',
        reentry: String(isReentry),
      });
    }
    if (within(deal.capturedMs)) {
      const until = untilWon(deal, deal.capturedMs, clockMs);
      note(tallies.of(deal, visits[0]).fromLead, until);
      frame.count?.(groupOf(frame.by, deal, visits[0]), deal.id, { part: 'leadToWon', outcome: until.ended });
    }
    if (deal.qualified && within(deal.qualified.atMs)) {
      const until = untilWon(deal, deal.qualified.atMs, clockMs);
      note(tallies.of(deal, deal.qualified).fromQualified, until);
      frame.count?.(groupOf(frame.by, deal, deal.qualified), deal.id, { part: 'qualifiedToWon', outcome: until.ended });
    }
  }

  const passing = lineage.stages.filter(({ stage }) => !isEnd(frame, stage));
  return answer(
    'cycle-time',
    frame,
    tallies.groups((group, { visits, fromLead, fromQualified }) => {
      const retired = [...visits.keys()].map((stage) => lineage.nameOf(stage)).filter((name) => name.retired);
      return {
        group,
        stages: [...passing, ...retired].map((name) => timeIn(name, visits.get(name.stage) ?? NO_VISITS)),
        leadToWon: timeToWon(fromLead),
        qualifiedToWon: timeToWon(fromQualified),
      };
    }),
  );
}

interface Tally {
  readonly visits: Map<string, Visits>;
  readonly fromLead: Durations<'won' | 'lost'>;
  readonly fromQualified: Durations<'won' | 'lost'>;
}

interface Visits {
  readonly times: Durations<'ended'>;
  reentries: number;
}

const NO_VISITS: Visits = { times: new Durations(['ended']), reentries: 0 };
const untilEnds = (): Durations<'won' | 'lost'> => new Durations(['won', 'lost']);
const note = <Cause extends string>(durations: Durations<Cause>, { days, ended }: Duration<Cause>): void =>
  durations.add(days, ended);

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

function timeIn(name: StageName, { times, reentries }: Visits): StageTime {
  const curve = kaplanMeier(times);
  const [middle, late] = [quantileOfEnds(curve, 0.5), quantileOfEnds(curve, 0.85)];
  const { low, high, atRisk } = medianInterval(curve);
  return {
    ...name,
    visits: times.size,
    reentries,
    ended: times.count('ended'),
    open: times.count('open'),
    medianDays: middle.days,
    medianLowDays: low,
    medianHighDays: high,
    atRisk,
    p85Days: late.days,
    why: middle.why ?? late.why,
    naive: naiveOf(times.days('ended')),
  };
}

function timeToWon(durations: Durations<'won' | 'lost'>): TimeToWon {
  const curve = aalenJohansen(durations);
  const [middle, late] = [quantileOfCause(curve, 'won', 0.5), quantileOfCause(curve, 'won', 0.85)];
  return {
    deals: durations.size,
    won: durations.count('won'),
    lost: durations.count('lost'),
    open: durations.count('open'),
    medianDays: middle.days,
    p85Days: late.days,
    why: middle.why ?? late.why,
    wonWithin: AGES.map((days) => ({ days, ...incidenceWithin(curve, 'won', days) })),
    naive: naiveOf(durations.days('won')),
  };
}

/** The smallest that at least so many are no larger than. */
function naiveOf(ascending: Float64Array): NaiveTime {
  const quantile = (q: number): number | null =>
    ascending.length === 0 ? null : ascending[Math.max(0, Math.ceil(q * ascending.length - 1e-9) - 1)]!;
  return { medianDays: quantile(0.5), p85Days: quantile(0.85), of: ascending.length };
}
