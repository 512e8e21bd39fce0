import {
  BACKWARDS,
  END,
  FORWARDS,
  START,
  type Position,
  type ReadAllOptions,
  type ReadStreamOptions,
} from '@eventstore/db-client';
import { toPosition } from '../position.js';
import type { LogEnd, ReadOptions } from '../store.js';
import type { Address } from './address.js';
import { collected, insisting, type Connection, type Patience } from './connection.js';
import { fromServer, placeOf, type LoggedEvent, type Recorded } from './events.js';
import { refusalOf } from './refusal.js';
import { RisingTime } from './rising-time.js';

/** Records of the server read in one go: ours and whatever else stands between them. */
const RECORDS = 1_024;
const FEWEST_RECORDS = 16;

/** Reads page by page, each page one call that is read to its end. */
export class Reader {
  private readonly time = new RisingTime();
  private last: LoggedEvent | null = null;
  /** Up to here the log is known: after `last`, nothing of ours stands before it. */
  private searchedTo = 0;

  constructor(
    private readonly connection: Connection,
    private readonly address: Address,
    private readonly patience: Patience,
    private readonly mayGoOn: () => boolean,
  ) {}

  /** At most `limit` events after a place, up to another; `before` is the time shown last in the same reading. */
  async page(after: number, { upTo, limit, before }: { upTo: number; limit: number; before: number }): Promise<LoggedEvent[]> {
    const found: LoggedEvent[] = [];
    let from: Position | typeof START = after === 0 ? START : { commit: BigInt(after), prepare: BigInt(after) };
    while (found.length < limit) {
      // The record at `from` comes first, again.
      const records = await this.records({ fromPosition: from, maxCount: RECORDS, direction: FORWARDS });
      for (const record of records) {
        const place = placeOf(record);
        if (place > upTo) return this.shown(found, before);
        if (place > (found.at(-1)?.place ?? after) && this.isOurs(record.streamId))
          found.push(fromServer(record, this.address.prefix));
        if (found.length === limit) break;
      }
      const end = records.at(-1);
      if (!end || records.length < RECORDS) break;
      from = end.position!;
    }
    return this.shown(found, before);
  }

  /** Events of one stream from a revision on (backwards: from it down). */
  async revisions(stream: string, { from, limit, backwards }: Required<ReadOptions>): Promise<LoggedEvent[]> {
    const options: ReadStreamOptions = {
      fromRevision: backwards && from === Number.MAX_SAFE_INTEGER ? END : BigInt(from),
      maxCount: limit,
      direction: backwards ? BACKWARDS : FORWARDS,
      requiresLeader: true,
    };
    const read = await this.asked(() =>
      collected(this.connection.readStream(this.nameOf(stream), options), this.patience.answerMs),
    );
    const events = read.flatMap(({ event }) => (event ? [fromServer(event, this.address.prefix)] : []));
    return backwards ? this.shown(events.reverse(), 0).reverse() : this.shown(events, 0);
  }

  /** Looks back from the end of the server's log to the last event of ours, or to where it looked before. */
  async end(): Promise<LogEnd> {
    let from: Position | typeof END = END;
    let newest = 0;
    let found: Recorded | undefined;
    for (let count = FEWEST_RECORDS; ; count = Math.min(RECORDS, count * 4)) {
      const records = await this.records({ fromPosition: from, maxCount: count, direction: BACKWARDS });
      newest ||= records[0] ? placeOf(records[0]) : 0;
      found = records.find((record) => this.isOurs(record.streamId));
      const oldest = records.at(-1);
      if (found || !oldest || records.length < count || placeOf(oldest) <= this.searchedTo) break;
      from = oldest.position!;
    }
    const [event] = found ? this.shown([fromServer(found, this.address.prefix)], 0) : [];
    if (event && event.place > (this.last?.place ?? 0)) this.last = event;
    this.searchedTo = Math.max(this.searchedTo, newest);
    return this.last
      ? { position: toPosition(this.last.place), recordedAt: this.last.recordedAt }
      : { position: null, recordedAt: null };
  }

  /** Whether the log can be read at all. */
  async check(): Promise<void> {
    await this.records({ fromPosition: END, maxCount: 1, direction: BACKWARDS });
  }

  /** The last event of the probe stream: which write it was, and what was written. */
  async probe(): Promise<{ readonly revision: number; readonly place: number; readonly token: unknown } | null> {
    const options = { fromRevision: END, maxCount: 1, direction: BACKWARDS, requiresLeader: true } as const;
    const read = await this.asked(() =>
      collected(this.connection.readStream(this.address.probe, options), this.patience.answerMs),
    );
    const event = read[0]?.event;
    if (!event) return null;
    return { revision: Number(event.revision), place: placeOf(event), token: (event.data as { token?: unknown }).token };
  }

  /** These events, in the order of the log, with times that never fall. */
  shown(events: readonly LoggedEvent[], before: number): LoggedEvent[] {
    let last = before;
    return events.map((event) => {
      const at = this.time.at(event.place, event.created, last);
      last = at;
      return at === event.created ? event : { ...event, recordedAt: new Date(at).toISOString() };
    });
  }

  isOurs(stream: string): boolean {
    return stream.startsWith(this.address.prefix);
  }

  nameOf(stream: string): string {
    return this.address.prefix + stream;
  }

  /** Records of everything that the server holds: its client reads them no other way than all. */
  private async records(options: ReadAllOptions): Promise<readonly Recorded[]> {
    const read = await this.asked(() =>
      collected(this.connection.readAll({ ...options, requiresLeader: true }), this.patience.answerMs),
    );
    return read.flatMap(({ event }) => (event ? [event] : []));
  }

  private async asked<T>(ask: () => Promise<T>): Promise<T> {
    try {
      return await insisting(ask, this.patience.pausesMs, this.mayGoOn);
    } catch (error) {
      throw refusalOf(this.address.name, error);
    }
  }
}
