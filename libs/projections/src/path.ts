import type { Deal, Visit } from './deal.js';

/** A deal's path through the stages, read in other ways than stage by stage. */

/**
 * The path with the stages that were entered in the same instant taken together: the record puts them into an order, but nobody knows of
 * one. Within an instant each stands once, in the order of the file; those the file does not have last, by name. `entered` are the visits
 * that begin each instant.
 */
export function byInstant<One extends Pick<Visit, 'stage' | 'enteredMs'>>(
  visits: readonly One[],
  order: ReadonlyMap<string, number>,
): { readonly path: readonly (readonly string[])[]; readonly entered: readonly One[] } {
  const path: string[][] = [];
  const entered: One[] = [];
  for (const visit of visits) {
    if (visit.enteredMs === entered.at(-1)?.enteredMs) path.at(-1)!.push(visit.stage);
    else {
      path.push([visit.stage]);
      entered.push(visit);
    }
  }
  const place = (stage: string): number => order.get(stage) ?? order.size;
  const sorted = path.map((stages) =>
    stages.length === 1 ? stages : [...new Set(stages)].toSorted((a, b) => place(a) - place(b) || (a < b ? -1 : 1)),
  );
  return { path: sorted, entered };
}

/** For each step the stage it led to; for one within a track, or back to the same stage, the stage where the deal stood. */
export function stagesOfSteps({ steps, visits }: Pick<Deal, 'steps' | 'visits'>): readonly string[] {
  let here = 0;
  return steps.map(({ to, occurredMs }) => {
    const next = visits[here + 1];
    if (next?.stage === to && next.enteredMs === occurredMs) here++;
    return visits[here]!.stage;
  });
}
