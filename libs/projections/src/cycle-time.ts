import { AGES } from './conversion.js';
import type { Deal, Milestone } from './deal.js';
import type { CountedIn } from './deals-behind.js';
import { answer, at, Tallies, type Frame } from './frame.js';
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
import { LOST, NO_VISIT, type Sweep } from './sweep.js';
import { daysFrom } from './time.js';

/** How long deals stand in each stage, per visit, and how long they take to be won; open ones count as "at least this long". */
export function cycleTime(frame: Frame): CycleTimeAnswer {
  const { within, clockMs, lineage } = frame;
  const swept = frame.sweep();
  const tallies = new Tallies<Tally>(
    frame,
    () => ({ visits: new Map(), fromLead: untilEnds(), fromQualified: untilEnds() }),
    swept.groups,
  );
  const count = (group: number, deal: number, counted: CountedIn): void =>
    frame.count?.(swept.groups.nameOf(group), swept.columns.idOf(deal), counted);

  const { visits, visitDeal, visitStage, enteredMs, leftMs } = swept;
  const stood = new Pairs(swept.lastVisit.length, swept.stages.size);
  for (let visit = 0; visit < visits; visit++) {
    const [deal, stage] = [visitDeal[visit]!, visitStage[visit]!];
    const isReentry = stood.add(deal, stage);
    if (!within(enteredMs[visit]!)) continue;
    const group = swept.groupAtVisit(visit);
    const left = leftMs[visit]!;
    const tally = at(tallies.numbered(group).visits, stage, noVisits);
    const ended = left === Infinity ? 'open' : 'ended';
    tally.times.add(daysFrom(enteredMs[visit]!, left === Infinity ? clockMs : left), ended);
    if (isReentry) tally.reentries++;
    if (frame.count)
      count(group, deal, { part: 'stages', stage: swept.stages.nameOf(stage)!, outcome: ended, reentry: String(isReentry) });
  }
  for (let deal = 0; deal < swept.lastVisit.length; deal++) {
    if (swept.lastVisit[deal] === NO_VISIT) continue;
    const capturedMs = swept.capturedMs[deal]!;
    if (within(capturedMs)) {
      const group = swept.groupAtCapture(deal);
      const until = sweptUntilWon(swept, deal, capturedMs, clockMs);
      note(tallies.numbered(group).fromLead, until);
      count(group, deal, { part: 'leadToWon', outcome: until.ended });
    }
    const qualifiedMs = swept.qualifiedMs[deal]!;
    if (swept.isQualified(deal) && within(qualifiedMs)) {
      const group = swept.groupAtQualified(deal);
      const until = sweptUntilWon(swept, deal, qualifiedMs, clockMs);
      note(tallies.numbered(group).fromQualified, until);
      count(group, deal, { part: 'qualifiedToWon', outcome: until.ended });
    }
  }

  const passing = lineage.stages.filter(({ stage }) => !isEnd(frame, stage));
  return answer(
    'cycle-time',
    frame,
    tallies.groups((group, { visits: inStages, fromLead, fromQualified }) => {
      const named = new Map(Array.from(inStages, ([number, times]) => [swept.stages.nameOf(number)!, times]));
      const retired = [...named.keys()].map((stage) => lineage.nameOf(stage)).filter((name) => name.retired);
      return {
        group,
        stages: [...passing, ...retired].map((name) => timeIn(name, named.get(name.stage) ?? noVisits())),
        leadToWon: timeToWon(fromLead),
        qualifiedToWon: timeToWon(fromQualified),
      };
    }),
  );
}

interface Tally {
  /** By the number of the stage. */
  readonly visits: Map<number, Visits>;
  readonly fromLead: Durations<'won' | 'lost'>;
  readonly fromQualified: Durations<'won' | 'lost'>;
}

interface Visits {
  readonly times: Durations<'ended'>;
  reentries: number;
}

const noVisits = (): Visits => ({ times: new Durations(['ended'] as const), reentries: 0 });
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

/** The same of a deal among many. */
function sweptUntilWon(swept: Sweep, deal: number, startMs: number, clockMs: number): Duration<'won' | 'lost'> {
  if (swept.isWon(deal)) return { days: daysFrom(startMs, swept.wonMs[deal]!), ended: 'won' };
  return swept.result[deal] === LOST
    ? { days: daysFrom(startMs, swept.resultSinceMs[deal]!), ended: 'lost' }
    : { days: daysFrom(startMs, clockMs), ended: 'open' };
}

/** Which deals have stood in which stages: a bit each. */
class Pairs {
  private readonly words: number;
  private readonly bits: Uint32Array;

  constructor(deals: number, stages: number) {
    this.words = Math.ceil(stages / 32);
    this.bits = new Uint32Array(deals * this.words);
  }

  /** Whether it was there before. */
  add(deal: number, stage: number): boolean {
    const word = deal * this.words + (stage >>> 5);
    const bit = 1 << (stage & 31);
    const was = (this.bits[word]! & bit) !== 0;
    this.bits[word]! |= bit;
    return was;
  }
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
