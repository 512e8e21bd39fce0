import { ANY, jsonEvent, NO_STREAM } from '@eventstore/db-client';
import { Subject, type Observable } from 'rxjs';
import type { OpenStore } from '../opened.js';
import { readLog, readStream } from '../pages.js';
import { fromPosition } from '../position.js';
import { prepareAppend, prepareEvents } from '../prepared.js';
import { closedStore, doesNotContinue } from '../refusals.js';
import {
  StoreUnavailable,
  type AppendResult,
  type EventStore,
  type ExpectedRevision,
  type FollowOptions,
  type LogEnd,
  type NewEvent,
  type ReadOptions,
  type RecordedEvent,
  type StoredEvent,
} from '../store.js';
import { addressOf, type Address } from './address.js';
import { Appender } from './appender.js';
import { Connection, insisting, PATIENCE, within, type Patience } from './connection.js';
import { toStored } from './events.js';
import { Reader } from './reader.js';
import { isOtherRevision, refusalOf } from './refusal.js';
import { followServer } from './subscription.js';

export interface EventStoreDbOptions {
  /** Where read models are kept: an EventStoreDB holds the log alone. Whoever leads there, leads. Closed together with this store. */
  readonly keeping: OpenStore;
  /** Opens for reading: everything that writes rejects with `StoreUnavailable`. */
  readonly readOnly?: boolean;
  /** How long to wait for the server; for tests. */
  readonly patience?: Partial<Patience>;
}

/**
 * Opens the log in an EventStoreDB or KurrentDB at `esdb://...`, `esdb+discover://...` or the same with `kurrentdb`. Any number of processes
 * may open the same one. Rejects with `StoreUnavailable` when the server cannot be reached, refuses the user, or does not write.
 */
export async function openEventStoreDb(uri: string, options: EventStoreDbOptions): Promise<OpenStore> {
  const { keeping, readOnly = false } = options;
  const address = addressOf(uri);
  const patience = { ...PATIENCE, ...options.patience };
  const connection = connect(address);
  try {
    // A wrong address should not take long to be told.
    const reader = new Reader(connection, address, { ...patience, pausesMs: patience.pausesMs.slice(0, 3) }, () => true);
    await reader.check();
    const probe = new Probe(connection, address, reader, patience);
    const answersPositions = readOnly || (await probe.prepare());
    const store = new EventStoreDb(connection, address, patience, { readOnly, answersPositions });
    const close = async (): Promise<void> => {
      await store.close();
      await keeping.close();
    };
    return { store, readModels: keeping.readModels, leading: keeping.leading, close };
  } catch (error) {
    await connection.close();
    throw refusalOf(address.name, error);
  }
}

function connect(address: Address): Connection {
  try {
    return Connection.to(address);
  } catch (cause) {
    throw new StoreUnavailable(
      `${address.name} cannot be connected to with these certificates`,
      'Check the files that tlsCAFile, userCertFile and userKeyFile name.',
      { cause },
    );
  }
}

class EventStoreDb implements EventStore {
  readonly name: string;
  private readonly reader: Reader;
  private readonly appender: Appender;
  private readonly probes: Probe;
  private readonly closed = new Subject<never>();
  private closing: Promise<void> | null = null;
  private probing: Promise<void> | null = null;

  constructor(
    private readonly connection: Connection,
    private readonly address: Address,
    private readonly patience: Patience,
    private readonly options: { readonly readOnly: boolean; readonly answersPositions: boolean },
  ) {
    this.name = address.name;
    this.reader = new Reader(connection, address, patience, () => this.closing === null);
    this.appender = new Appender(connection, address, this.reader, patience, options.answersPositions);
    this.probes = new Probe(connection, address, this.reader, patience);
  }

  async append(stream: string, events: readonly NewEvent[], expected: ExpectedRevision): Promise<AppendResult> {
    const prepared = prepareEvents(stream, events);
    this.checkWritable();
    return this.appender.submit({ stream, events: prepared, expected });
  }

  /** The server writes one stream at a time: what is looked at before is whole, what is written after may be cut short, and goes on when repeated. */
  async adopt(appends: readonly (readonly RecordedEvent[])[]): Promise<void> {
    const prepared = appends.map(prepareAppend);
    this.checkWritable();
    const heads = new Map<string, number>();
    let last = (await this.open().end()).recordedAt ?? '';
    for (const { stream, revision, recordedAt, events } of prepared) {
      const ids = events.map(({ id }) => id);
      const there = await this.appender.look(stream, ids);
      const head = heads.get(stream) ?? there.revision ?? -1;
      if (revision !== head + 1 || recordedAt < last || there.knowsAny) throw doesNotContinue(this.name);
      heads.set(stream, head + events.length);
      last = recordedAt;
    }
    for (const { stream, revision, recordedAt, events } of prepared) {
      const expected = revision === 0 ? 'no-stream' : revision - 1;
      const { outcome } = await this.appender.submit({ stream, events, expected, recordedAt });
      if (outcome === 'conflict') throw doesNotContinue(this.name);
    }
  }

  async *read(stream: string, options: ReadOptions = {}): AsyncGenerator<StoredEvent> {
    let before = 0;
    const page = async (wanted: Required<ReadOptions>): Promise<readonly StoredEvent[]> => {
      const events = await this.open().revisions(stream, wanted);
      if (wanted.backwards) return events.map(toStored);
      const shown = this.reader.shown(events, before);
      before = timeOf(shown.at(-1), before);
      return shown.map(toStored);
    };
    yield* readStream(page, options);
  }

  readAll(
    options: { readonly after?: string | undefined; readonly limit?: number; readonly stream?: string } = {},
  ): AsyncIterable<StoredEvent> {
    const start = fromPosition(options.after);
    const asked = this.open()
      .end()
      .then(({ position }) => fromPosition(position ?? undefined));
    // It is awaited with the first page; a caller who never reads must not be surprised by its failure.
    asked.catch(() => undefined);
    if (options.stream !== undefined) return this.readAllOf(options.stream, { start, asked, limit: options.limit });
    let before = 0;
    const page = async (after: number, limit: number): Promise<readonly StoredEvent[]> => {
      const events = await this.open().page(after, { upTo: await asked, limit, before });
      before = timeOf(events.at(-1), before);
      return events.map(toStored);
    };
    return readLog(page, start, options.limit);
  }

  follow(options: FollowOptions = {}): Observable<readonly StoredEvent[]> {
    const { connection, address, reader, patience, closed } = this;
    return followServer({ connection, address, reader, patience, closed }, options);
  }

  async end(): Promise<LogEnd> {
    return this.open().end();
  }

  /** Callers that come together share one probe. */
  async probe(): Promise<void> {
    this.open();
    this.checkWritable();
    this.probing ??= this.probes.writeAndReadBack().finally(() => (this.probing = null));
    return this.probing;
  }

  close(): Promise<void> {
    this.closing ??= this.finish();
    return this.closing;
  }

  private async *readAllOf(
    stream: string,
    { start, asked, limit = Infinity }: { start: number; asked: Promise<number>; limit: number | undefined },
  ): AsyncGenerator<StoredEvent> {
    const upTo = await asked;
    let left = limit;
    for await (const event of this.read(stream)) {
      const place = fromPosition(event.position);
      if (place > upTo || left <= 0) return;
      if (place <= start) continue;
      left -= 1;
      yield event;
    }
  }

  private async finish(): Promise<void> {
    await this.appender.drain();
    this.closed.complete();
    await this.connection.close();
  }

  private open(): Reader {
    if (this.closing) throw closedStore(this.name);
    return this.reader;
  }

  private checkWritable(): void {
    if (this.options.readOnly)
      throw new StoreUnavailable(`${this.name} is open for reading only`, 'Send the command to the running service with --url.');
  }
}

const timeOf = (event: StoredEvent | undefined, before: number): number => (event ? Date.parse(event.recordedAt) : before);

/** Writes to a stream of its own, which keeps its last event only. */
class Probe {
  constructor(
    private readonly connection: Connection,
    private readonly address: Address,
    private readonly reader: Reader,
    private readonly patience: Patience,
  ) {}

  /** Makes the stream, and finds out whether the server answers an append of several events with the position of the last one. */
  async prepare(): Promise<boolean> {
    const { answerMs, pausesMs } = this.patience;
    const write = (): Promise<unknown> =>
      within(
        answerMs,
        this.connection.setStreamMetadata(
          this.address.probe,
          { maxCount: 1 },
          { expectedRevision: NO_STREAM, deadline: answerMs, requiresLeader: true },
        ),
      );
    await insisting(write, pausesMs.slice(0, 3), () => true).catch((error: unknown) => {
      // It was there before.
      if (!isOtherRevision(error)) throw error;
    });
    const { revision, place } = await this.write(crypto.randomUUID(), 2);
    const last = await this.reader.probe();
    if (!last || last.revision < revision) throw this.lost();
    return last.revision === revision && last.place === place;
  }

  async writeAndReadBack(): Promise<void> {
    const token = crypto.randomUUID();
    const { revision } = await insisting(
      () => this.write(token, 1),
      this.patience.pausesMs.slice(0, 3),
      () => true,
    ).catch((error: unknown) => {
      throw refusalOf(this.address.name, error);
    });
    const last = await this.reader.probe();
    // Another process may have written after us.
    if (!last || last.revision < revision || (last.revision === revision && last.token !== token)) throw this.lost();
  }

  private async write(token: string, count: number): Promise<{ readonly revision: number; readonly place: number }> {
    const { answerMs } = this.patience;
    const events = Array.from({ length: count }, () => jsonEvent({ type: 'Probed', data: { token } }));
    const { nextExpectedRevision, position } = await within(
      answerMs,
      this.connection.appendToStream(this.address.probe, events, {
        expectedRevision: ANY,
        deadline: answerMs,
        requiresLeader: true,
      }),
    );
    return { revision: Number(nextExpectedRevision), place: Number(position?.commit ?? Number.NaN) };
  }

  private lost(): StoreUnavailable {
    return new StoreUnavailable(`${this.address.name} lost what was written`, 'Look into the log of the server.');
  }
}
