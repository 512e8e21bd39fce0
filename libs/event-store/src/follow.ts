import { setImmediate as nextTurn } from 'node:timers/promises';
import { filter, firstValueFrom, merge, Observable, startWith, Subject } from 'rxjs';
import { fromPosition } from './position.js';
import { closedStore } from './refusals.js';
import type { FollowOptions, StoredEvent } from './store.js';
import type { Soon } from './table-store.js';

const BATCH = 1_000;

/** What a follower needs to know of a log. */
export interface FollowedLog {
  readonly name: string;
  /** At most `limit` events after a place. */
  page(after: number, limit: number): Soon<readonly StoredEvent[]>;
  /** A number that changes whenever the log may have grown. */
  version(): number;
  /** Speaks when it is worth looking at `version` again. */
  readonly changes: Observable<unknown>;
  /** Completes when the log is closed. */
  readonly closed: Observable<never>;
}

/** How many events a batch has at most. Throws `RangeError` for less than one. */
export function batchSize({ batch = BATCH }: FollowOptions): number {
  if (!Number.isInteger(batch) || batch < 1) throw new RangeError(`a batch has at least one event, not ${batch}`);
  return batch;
}

/**
 * The log after a position, for ever. The version is noted before each page is read, so a commit between an empty page and the
 * wait is never missed. The next page is read only after the subscriber has taken the last one.
 */
export function followLog(log: FollowedLog, options: FollowOptions = {}): Observable<readonly StoredEvent[]> {
  const limit = batchSize(options);
  const start = fromPosition(options.after);
  return new Observable<readonly StoredEvent[]>((subscriber) => {
    subscriber.add(log.closed.subscribe({ complete: () => subscriber.error(closedStore(log.name)) }));
    const stopped = new Subject<void>();
    subscriber.add(() => stopped.next());
    const read = async (): Promise<void> => {
      let after = start;
      await nextTurn();
      while (!subscriber.closed) {
        const version = log.version();
        const events = await log.page(after, limit);
        if (subscriber.closed) return;
        const last = events.at(-1);
        if (last) {
          after = fromPosition(last.position);
          subscriber.next(events);
          await nextTurn();
        } else {
          await grown(log, version, stopped);
        }
      }
    };
    read().catch((error: unknown) => subscriber.error(error));
  });
}

async function grown(log: FollowedLog, version: number, stopped: Observable<void>): Promise<void> {
  const changed = log.changes.pipe(
    startWith(null),
    filter(() => log.version() !== version),
  );
  await firstValueFrom(merge(changed, stopped), { defaultValue: null });
}
