import type { Observable } from 'rxjs';

/** As much of a log as the check needs, so that logs that are wrong on purpose can be checked too. */
export interface CheckedLog {
  append(stream: string, id: string): Promise<unknown>;
  follow(): Observable<readonly { readonly id: string; readonly position: string }[]>;
}

export interface Missed {
  readonly missed: number;
  readonly doubled: number;
  readonly outOfOrder: number;
}

const AT_ONCE = 16;

/**
 * Writers that append side by side, each with several appends under way, while one follows from before the first event. Says what the
 * follower got wrong. It is given two seconds of silence after the last append before an event counts as missed.
 */
export async function followWhileWriting(
  writers: readonly CheckedLog[],
  reader: CheckedLog,
  { events }: { readonly events: number },
): Promise<Missed> {
  const seen = new Map<string, number>();
  let last = '';
  let outOfOrder = 0;
  let heard = Date.now();
  const following = reader.follow().subscribe((batch) => {
    heard = Date.now();
    for (const { id, position } of batch) {
      seen.set(id, (seen.get(id) ?? 0) + 1);
      if (position <= last) outOfOrder += 1;
      last = position;
    }
  });
  const write = async (log: CheckedLog, writer: number): Promise<void> => {
    let next = 0;
    const one = async (lane: number): Promise<void> => {
      for (let n = next++; n < events; n = next++) await log.append(`writer-${writer}-${lane}`, `${writer}-${n}`);
    };
    await Promise.all(Array.from({ length: AT_ONCE }, (_, lane) => one(lane)));
  };
  await Promise.all(writers.map(write));
  const all = writers.length * events;
  const written = Date.now();
  while (seen.size < all && Date.now() - Math.max(heard, written) < 2_000)
    await new Promise((resolve) => setTimeout(resolve, 20));
  following.unsubscribe();
  const doubled = [...seen.values()].filter((times) => times > 1).length;
  return { missed: all - seen.size, doubled, outOfOrder };
}
