import type { Money } from '@coxswain/sales-process';
import type { Deal } from './deal.js';
import { answer, at, median, Tallies, type Frame } from './frame.js';
import type { OverdueDeal, PipelineAnswer, PipelineStage, StageName } from './measure.js';
import { daysBetween } from './time.js';
import { valueOf } from './value.js';

const MOST_LISTED = 20;

/** Where the deals stand at the clock, what they are worth, how long they have stood there, and what is late. The window selects by capture. */
export function pipeline(frame: Frame): PipelineAnswer {
  const tallies = new Tallies<Tally>(frame, () => ({ stages: new Map(), open: [], overdue: [] }));
  for (const deal of frame.deals) {
    if (!frame.within(deal.capturedAt)) continue;
    const tally = tallies.of(deal);
    const late = overdue(deal, frame.clock);
    const { stage } = deal.visits.at(-1)!;
    const standing = at(tally.stages, stage, () => []);
    standing.push({ deal, overdue: late !== null });
    if (deal.result === null) tally.open.push(deal.facts.amount ?? null);
    if (late) tally.overdue.push(late);
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
        stages: [...frame.lineage.stages, ...retired].map((name) => stageOf(name, stages.get(name.stage) ?? [], frame.clock)),
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
  readonly deal: Deal;
  readonly overdue: boolean;
}

function stageOf(name: StageName, standing: readonly Standing[], clock: string): PipelineStage {
  const since = standing.map(({ deal }) => ({ id: deal.id, enteredAt: deal.visits.at(-1)!.enteredAt }));
  const ages = since.map(({ enteredAt }) => daysBetween(enteredAt, clock));
  const isOlder = (a: (typeof since)[number], b: (typeof since)[number]): boolean =>
    a.enteredAt < b.enteredAt || (a.enteredAt === b.enteredAt && a.id < b.id);
  const oldest = since.reduce<(typeof since)[number] | null>((a, b) => (a && isOlder(a, b) ? a : b), null);
  return {
    ...name,
    deals: standing.length,
    value: valueOf(standing.map(({ deal }) => deal.facts.amount ?? null)),
    ageDaysMedian: median(ages),
    ageDaysOldest: oldest && daysBetween(oldest.enteredAt, clock),
    oldestDeal: oldest && oldest.id,
    overdue: standing.filter((one) => one.overdue).length,
  };
}

/** The limit of the deal that has been up the longest; null when none is. A limit that has fired still runs until the deal leaves the place. */
function overdue(deal: Deal, clock: string): OverdueDeal | null {
  const first = [...deal.limits].filter(([, dueAt]) => dueAt < clock).toSorted(([, a], [, b]) => (a < b ? -1 : 1))[0];
  if (!first) return null;
  const [limit, dueAt] = first;
  const { id, owner, facts, visits } = deal;
  return {
    deal: id,
    stage: visits.at(-1)!.stage,
    owner,
    limit,
    dueAt,
    overdueDays: daysBetween(dueAt, clock),
    amount: facts.amount ?? null,
  };
}
