import type { DealColumns } from './deal-columns.js';
import type { Deal, DueLimit } from './deal.js';
import { answer, at, Tallies, type Frame } from './frame.js';
import type { OverdueDeal, PipelineAnswer, PipelineStage, StageName } from './measure.js';
import { Numbers } from './numbers.js';
import { LOST, NO_VISIT, OPEN } from './sweep.js';
import { daysFrom, isoText } from './time.js';
import { ValueSum } from './value.js';

const MOST_LISTED = 20;

/** Where the deals stand at the clock, what they are worth, how long they have stood there, and what is late. The window selects by capture. */
export function pipeline(frame: Frame): PipelineAnswer {
  const swept = frame.sweep(true);
  const { columns, lastVisit, capturedMs, result } = swept;
  const tallies = new Tallies<Tally>(
    frame,
    () => ({ stages: new Map(), open: 0, value: new ValueSum(), overdue: 0, longest: new LongestDue(columns) }),
    swept.groups,
  );
  for (let deal = 0; deal < lastVisit.length; deal++) {
    const visit = lastVisit[deal]!;
    if (visit === NO_VISIT || !frame.within(capturedMs[deal]!)) continue;
    const tally = tallies.numbered(swept.groupOf(deal));
    const dueMs = swept.firstDueMs(deal);
    const isLate = dueMs < frame.clockMs;
    const [minor, currency] = [swept.amount[deal]!, swept.currencies.nameOf(swept.currency[deal]!)];
    const stage = swept.visitStage[visit]!;
    at(tally.stages, stage, () => new Standing(columns)).add(deal, swept.enteredMs[visit]!, minor, currency, isLate);
    if (result[deal] === OPEN) {
      tally.open++;
      tally.value.add(minor, currency);
    }
    if (isLate) {
      tally.overdue++;
      tally.longest.add(deal, dueMs);
    }
    frame.count?.(swept.groups.nameOf(swept.groupOf(deal)), columns.idOf(deal), {
      stage: swept.stages.nameOf(stage)!,
      outcome: [result[deal] === OPEN ? 'open' : result[deal] === LOST ? 'lost' : 'won', ...(isLate ? ['overdue'] : [])],
    });
  }
  return answer(
    'pipeline',
    frame,
    tallies.groups((group, { stages, open, value, overdue, longest }) => {
      const named = new Map(Array.from(stages, ([number, standing]) => [swept.stages.nameOf(number)!, standing]));
      const retired = [...named.keys()].map((stage) => frame.lineage.nameOf(stage)).filter((name) => name.retired);
      return {
        group,
        open,
        value: value.value,
        overdue,
        stages: [...frame.lineage.stages, ...retired].map((name) =>
          (named.get(name.stage) ?? new Standing(columns)).told(name, frame.clockMs),
        ),
        topOverdue: longest.list().map((deal) => longestOverdue(frame.dealOf(deal), frame.clockMs)),
      };
    }),
  );
}

interface Tally {
  /** By the number of the stage. */
  readonly stages: Map<number, Standing>;
  open: number;
  readonly value: ValueSum;
  overdue: number;
  readonly longest: LongestDue;
}

/** The deals that stand in one stage. */
class Standing {
  private readonly entered = new Numbers();
  private readonly value = new ValueSum();
  private overdue = 0;
  private oldest: number | null = null;
  private oldestMs = Infinity;

  constructor(private readonly columns: DealColumns) {}

  add(deal: number, enteredMs: number, minor: number, currency: string | null, isLate: boolean): void {
    this.entered.add(enteredMs);
    this.value.add(minor, currency);
    if (isLate) this.overdue++;
    const isOlder = enteredMs < this.oldestMs || (enteredMs === this.oldestMs && this.isBefore(deal, this.oldest!));
    if (isOlder) [this.oldest, this.oldestMs] = [deal, enteredMs];
  }

  told(name: StageName, clockMs: number): PipelineStage {
    const middle = this.entered.middle();
    return {
      ...name,
      deals: this.entered.size,
      value: this.value.value,
      ageDaysMedian: middle && (daysFrom(middle[0], clockMs) + daysFrom(middle[1], clockMs)) / 2,
      ageDaysOldest: this.oldest === null ? null : daysFrom(this.oldestMs, clockMs),
      oldestDeal: this.oldest === null ? null : this.columns.idOf(this.oldest),
      overdue: this.overdue,
    };
  }

  private isBefore(deal: number, other: number): boolean {
    return this.columns.idOf(deal) < this.columns.idOf(other);
  }
}

/** The deals whose limits were due first, at most so many are listed; ties by id. */
class LongestDue {
  private readonly deals: number[] = [];
  private readonly dueMs: number[] = [];

  constructor(private readonly columns: DealColumns) {}

  add(deal: number, dueMs: number): void {
    const { deals, dueMs: dues, columns } = this;
    const comesAfter = (place: number): boolean =>
      dues[place]! < dueMs || (dues[place] === dueMs && columns.idOf(deals[place]!) < columns.idOf(deal));
    if (deals.length === MOST_LISTED && comesAfter(MOST_LISTED - 1)) return;
    let place = deals.length;
    while (place > 0 && !comesAfter(place - 1)) place--;
    deals.splice(place, 0, deal);
    dues.splice(place, 0, dueMs);
    if (deals.length > MOST_LISTED) [deals.length, dues.length] = [MOST_LISTED, MOST_LISTED];
  }

  list(): readonly number[] {
    return this.deals;
  }
}

/** The limit of a deal that has been up the longest. A limit that has fired still runs until the deal leaves the place. */
function longestOverdue({ id, owner, facts, visits, dueLimits }: Deal, clockMs: number): OverdueDeal {
  const first = dueLimits.reduce((a: DueLimit, b) => (b.dueMs < a.dueMs ? b : a));
  return {
    deal: id,
    stage: visits.at(-1)!.stage,
    owner,
    limit: first.limit,
    dueAt: isoText(first.dueMs),
    overdueDays: daysFrom(first.dueMs, clockMs),
    amount: facts.amount ?? null,
  };
}
