import type { Money } from '@coxswain/sales-process';
import type { Deal, DueLimit } from './deal.js';
import { answer, at, groupOf, median, Tallies, type Frame } from './frame.js';
import type { OverdueDeal, PipelineAnswer, PipelineStage, StageName } from './measure.js';
import { daysFrom, isoText } from './time.js';
import { valueOf } from './value.js';

const MOST_LISTED = 20;

/** Where the deals stand at the clock, what they are worth, how long they have stood there, and what is late. The window selects by capture. */
export function pipeline(frame: Frame): PipelineAnswer {
  const tallies = new Tallies<Tally>(frame, () => ({ stages: new Map(), open: [], overdue: [] }));
  for (const deal of frame.deals) {
    if (!frame.within(deal.capturedMs)) continue;
    const tally = tallies.of(deal);
    const late = overdue(deal, frame.clockMs);
    const visit = deal.visits.at(-1)!;
    const standing = at(tally.stages, visit.stage, () => []);
    const { id, facts } = deal;
    standing.push({ id, enteredMs: visit.enteredMs, amount: facts.amount ?? null, overdue: late !== null });
    if (deal.result === null) tally.open.push(deal.facts.amount ?? null);
    if (late) tally.overdue.push(late);
    frame.count?.(groupOf(frame.by, deal), id, {
      stage: visit.stage,
      outcome: [deal.result ?? 'open', ...(late ? ['overdue'] : [])],
    });
  }
  return answer(
    'pipeline',
    frame,
    tallies.groups((group, { stages, open, overdue }) => {
      const retired = [...stages.keys()].map((stage) => frame.lineage.nameOf(stage)).filter((name) => name.retired);
      return {
        group,
        open: open.length,
        value: valueOf(open),
        overdue: overdue.length,
        stages: [...frame.lineage.stages, ...retired].map((name) => stageOf(name, stages.get(name.stage) ?? [], frame.clockMs)),
        topOverdue: overdue.toSorted((a, b) => b.overdueDays - a.overdueDays || (a.deal < b.deal ? -1 : 1)).slice(0, MOST_LISTED),
      };
    }),
  );
}

interface Tally {
  readonly stages: Map<string, Standing[]>;
  readonly open: (Money | null)[];
  readonly overdue: OverdueDeal[];
}

interface Standing {
  readonly id: string;
  readonly enteredMs: number;
  readonly amount: Money | null;
  readonly overdue: boolean;
}

function stageOf(name: StageName, standing: readonly Standing[], clockMs: number): PipelineStage {
  const isOlder = (a: Standing, b: Standing): boolean =>
    a.enteredMs < b.enteredMs || (a.enteredMs === b.enteredMs && a.id < b.id);
  const oldest = standing.reduce<Standing | null>((a, b) => (a && isOlder(a, b) ? a : b), null);
  return {
    ...name,
    deals: standing.length,
    value: valueOf(standing.map(({ amount }) => amount)),
    ageDaysMedian: median(standing.map(({ enteredMs }) => daysFrom(enteredMs, clockMs))),
    ageDaysOldest: oldest && daysFrom(oldest.enteredMs, clockMs),
    oldestDeal: oldest && oldest.id,
    overdue: standing.filter((one) => one.overdue).length,
  };
}

/** The limit of the deal that has been up the longest; null when none is. A limit that has fired still runs until the deal leaves the place. */
function overdue({ id, owner, facts, visits, dueLimits }: Deal, clockMs: number): OverdueDeal | null {
  let first: DueLimit | null = null;
  for (const one of dueLimits) if (one.dueMs < clockMs && (first === null || one.dueMs < first.dueMs)) first = one;
  return (
    first && {
      deal: id,
      stage: visits.at(-1)!.stage,
      owner,
      limit: first.limit,
      dueAt: isoText(first.dueMs),
      overdueDays: daysFrom(first.dueMs, clockMs),
      amount: facts.amount ?? null,
    }
  );
}
