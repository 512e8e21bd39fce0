import type { EventStore } from '@coxswain/event-store';

/** An event of the log, by which what was made from the log up to there is bound to it. */
export interface Bound {
  readonly position: string;
  readonly stream: string;
  readonly revision: number;
  readonly id: string;
}

/** No more of an event than binds. */
export const boundOf = ({ position, stream, revision, id }: Bound): Bound => ({ position, stream, revision, id });

/** Whether the log has that very event there: a log that was restored, or is another one, has not. */
export async function isStillThere(store: Pick<EventStore, 'read'>, { stream, revision, id, position }: Bound): Promise<boolean> {
  for await (const event of store.read(stream, { from: revision, limit: 1 }))
    return event.id === id && event.position === position;
  return false;
}
