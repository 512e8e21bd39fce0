import type { EventData, EventTypeToRecordedEvent, EventType } from '@eventstore/db-client';
import { createHash } from 'node:crypto';
import type { PreparedEvent } from '../prepared.js';
import { toPosition } from '../position.js';
import { StoreUnavailable, type StoredEvent } from '../store.js';

/** An event as the client gives it. */
export type Recorded = EventTypeToRecordedEvent<EventType>;

/** An event of the log, and with which others it was written. */
export interface LoggedEvent extends StoredEvent {
  readonly place: number;
  /** When the server wrote it, in milliseconds. */
  readonly created: number;
  /** Which of how many events of its append this is, from 0. */
  readonly append: readonly [index: number, count: number];
}

/** Made once for all: event ids of the server follow from ours under it. */
const NAMESPACE = Buffer.from('9c3f1d5e7a52460f8d1b2c6e4f70a913', 'hex');

/** The UUID of an event: the server takes no other ids. The same text gives the same UUID for ever (version 5). */
export function uuidOf(id: string): string {
  const hash = createHash('sha1').update(NAMESPACE).update(id).digest();
  hash[6] = (hash[6]! & 0x0f) | 0x50;
  hash[8] = (hash[8]! & 0x3f) | 0x80;
  const hex = hash.toString('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)].join('-');
}

/**
 * The events of one append as the client takes them. What it is given was text before: data that is not plain JSON would end the process
 * inside the client. `recordedAt` where another store recorded them; else the server's own time counts.
 */
export function toServer(events: readonly PreparedEvent[], recordedAt?: string): EventData[] {
  const when = recordedAt === undefined ? '' : `,"recordedAt":${JSON.stringify(recordedAt)}`;
  return events.map(({ id, type, data, meta }, index) => ({
    id: uuidOf(id),
    type,
    contentType: 'application/json',
    data: JSON.parse(data) as Record<string, unknown>,
    metadata: Uint8Array.from(
      Buffer.from(`{"id":${JSON.stringify(id)},"append":[${index},${events.length}]${when},"meta":${meta}}`),
    ),
  }));
}

/** The event as the log holds it; `recordedAt` as the server says it. */
export function fromServer(event: Recorded, prefix: string): LoggedEvent {
  const kept = ours(event.metadata) ?? { id: event.id, append: [0, 1] as const, meta: objectOr(event.metadata) };
  const { id, append, meta } = kept;
  const created = kept.recordedAt === undefined ? event.created : new Date(kept.recordedAt);
  const place = placeOf(event);
  return {
    place,
    position: toPosition(place),
    stream: event.streamId.slice(prefix.length),
    revision: Number(event.revision),
    id,
    type: event.type,
    created: created.getTime(),
    recordedAt: created.toISOString(),
    data: objectOr(event.data),
    meta,
    append,
  };
}

/** Without what only the adapter needs. */
export function toStored({ place: _, created: __, append: ___, ...event }: LoggedEvent): StoredEvent {
  return event;
}

/** Where an event stands in the log: a place in the file of the server, so it has gaps. Exact up to 9 PB. */
export function placeOf({ position }: Recorded): number {
  const place = Number(position?.commit ?? Number.NaN);
  if (Number.isSafeInteger(place)) return place;
  throw new StoreUnavailable(
    'the server does not tell the positions of events',
    'EventStoreDB 22.6 or later, or KurrentDB, is needed.',
  );
}

interface Kept {
  readonly id: string;
  readonly append: readonly [number, number];
  readonly meta: Record<string, unknown>;
  /** Where another store recorded it. */
  readonly recordedAt?: string;
}

/** What was written beside the data; null where something else wrote the event. */
function ours(metadata: unknown): Kept | null {
  const { id, append, meta, recordedAt } = objectOr(metadata) as Partial<Kept>;
  if (typeof id !== 'string' || !Array.isArray(append) || typeof meta !== 'object') return null;
  return { id, append, meta, ...(typeof recordedAt === 'string' && { recordedAt }) };
}

const objectOr = (value: unknown): Record<string, unknown> =>
  typeof value === 'object' && value !== null && !(value instanceof Uint8Array) ? (value as Record<string, unknown>) : {};
