import type { KeptProjection, NewEvent, StoredEvent } from '@coxswain/event-store';
import type { Observable } from 'rxjs';

export const event = (id: string): NewEvent => ({ id, type: 'Noted', data: { note: id } });
export const events = (...ids: string[]): NewEvent[] => ids.map(event);
export const ids = (list: readonly StoredEvent[]): string[] => list.map(({ id }) => id);

export async function collect<T>(source: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const one of source) all.push(one);
  return all;
}

export async function rowsOf(kept: KeptProjection | null): Promise<Record<string, unknown> | null> {
  return kept && Object.fromEntries((await collect(kept.rows())).map(({ key, row }) => [key, row]));
}

/** A follower that writes down what it sees. */
export async function blocksOf(kept: KeptProjection | null): Promise<number[][] | null> {
  return kept && (await collect(kept.blocks())).map((bytes) => [...bytes]);
}

export function followed(log: Observable<readonly StoredEvent[]>) {
  const seen: StoredEvent[] = [];
  const batches: number[] = [];
  const state = { seen, batches, error: null as unknown, stop: () => subscription.unsubscribe() };
  const subscription = log.subscribe({
    next: (batch) => {
      seen.push(...batch);
      batches.push(batch.length);
    },
    error: (error: unknown) => (state.error = error),
  });
  return state;
}

/** Waits until something holds; fails after five seconds. */
export async function until(holds: () => boolean): Promise<void> {
  for (const start = Date.now(); !holds();) {
    if (Date.now() - start > 5_000) throw new Error(`waited five seconds in vain for ${holds.toString()}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
