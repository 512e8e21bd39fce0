import { exhaustMap, from, interval, type Subscription } from 'rxjs';

/** Calls `work` every so often, never twice at a time; trouble is told and the next round comes all the same. */
export function everySoOften(everyMs: number, work: () => Promise<unknown>, onTrouble: (error: unknown) => void): Subscription {
  return interval(everyMs)
    .pipe(exhaustMap(() => from(work().catch(onTrouble))))
    .subscribe();
}
