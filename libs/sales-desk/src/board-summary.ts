import { valueOf, type Lineage, type StageName } from '@coxswain/projections';
import type { Money } from '@coxswain/sales-process';
import { dealsAsked, type Standing } from './board-pages.js';
import type { BoardSummary, DealsQuery } from './contract.js';

/** How many of the deals asked for stand in which stage, by the name that the record has for it, so that the list of that stage has as many. */
export function boardSummary(
  standing: Standing,
  query: DealsQuery & { readonly process: string },
  lineage: Lineage,
): Omit<BoardSummary, 'asOf' | 'position'> {
  const { heads, atMs } = standing;
  const isAsked = dealsAsked(standing, query);
  const all = new Tally();
  const stages = new Map<string, Tally>(lineage.stages.map(({ stage }) => [stage, new Tally()]));
  for (let deal = 0; deal < heads.deals; deal++) {
    if (!isAsked(deal)) continue;
    const { stage, amount, result } = heads.head(deal);
    const isOverdue = heads.isOverdue(deal, atMs);
    all.add(amount, isOverdue, result === null);
    let tally = stages.get(stage);
    if (!tally) stages.set(stage, (tally = new Tally()));
    tally.add(amount, isOverdue, true);
  }
  const former = [...stages.keys()].filter((stage) => !lineage.stages.some((one) => one.stage === stage)).toSorted();
  const names: readonly StageName[] = [...lineage.stages, ...former.map((stage) => lineage.nameOf(stage))];
  return {
    process: query.process,
    version: lineage.latest?.ref.version ?? null,
    deals: all.deals,
    open: all.valued.length,
    value: valueOf(all.valued),
    overdue: all.overdue,
    stages: names.map((name) => {
      const { deals, overdue, valued } = stages.get(name.stage)!;
      return { ...name, deals, value: valueOf(valued), overdue };
    }),
  };
}

class Tally {
  deals = 0;
  overdue = 0;
  readonly valued: (Money | null)[] = [];

  add(amount: Money | null, isOverdue: boolean, counts: boolean): void {
    this.deals++;
    if (isOverdue) this.overdue++;
    if (counts) this.valued.push(amount);
  }
}
