import type { Deal, Visit } from './deal.js';

/** A deal's path through the stages, read in other ways than stage by stage. */

/**
 * The path with the stages that were entered in the same instant taken together: the record puts them into an order, but nobody knows of
 * one. Within an instant each stands once, in the order of the file; those the file does not have last, by name.
 */
export function byInstant(
  visits: readonly Pick<Visit, 'stage' | 'enteredAt'>[],
  order: ReadonlyMap<string, number>,
): readonly (readonly string[])[] {
  const path: string[][] = [];
  let instant: string | null = null;
  for (const { stage, enteredAt } of visits) {
    if (enteredAt === instant) path.at(-1)!.push(stage);
    else path.push([stage]);
    instant = enteredAt;
  }
  const place = (stage: string): number => order.get(stage) ?? order.size;
  return path.map((stages) =>
    stages.length === 1 ? stages : [...new Set(stages)].toSorted((a, b) => place(a) - place(b) || (a < b ? -1 : 1)),
  );
}

/** For each step the stage it led to; for one within a track, or back to the same stage, the stage where the deal stood. */
export function stagesOfSteps({ steps, visits }: Pick<Deal, 'steps' | 'visits'>): readonly string[] {
  let here = 0;
  return steps.map(({ to, occurredAt }) => {
    const next = visits[here + 1];
    if (next?.stage === to && next.enteredAt === occurredAt) here++;
    return visits[here]!.stage;
  });
}
