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

/** For each step the visit it led to; for one within a track, or back to the same stage, the visit it was taken in. */
export function visitsOfSteps({ steps, visits }: Pick<Deal, 'steps' | 'visits'>): readonly Visit[] {
  let here = 0;
  return steps.map(({ to, track, occurredMs }) => {
    if (track === null && to !== visits[here]!.stage) {
      // A migration may have begun visits of its own in between.
      const next = visits.findIndex((visit, at) => at > here && visit.stage === to && visit.enteredMs === occurredMs);
      if (next > here) here = next;
    }
    return visits[here]!;
  });
}
