import { Subject, type Observable } from 'rxjs';
import { followLog } from './follow.js';
import type { Job, Outcome } from './jobs.js';
import { readLog, readStream } from './pages.js';
import { fromPosition } from './position.js';
import { prepareAppend, prepareEvents } from './prepared.js';
import { closedStore, doesNotContinue } from './refusals.js';
import {
  StoreUnavailable,
  type AppendResult,
  type EventStore,
  type ExpectedRevision,
  type FollowOptions,
  type KeptSummary,
  type LogEnd,
  type NewEvent,
  type ReadModels,
  type ReadOptions,
  type RecordedEvent,
  type StoredEvent,
} from './store.js';
import { TableReadModels } from './table-read-models.js';

/** An answer at once, or later. */
export type Soon<T> = T | Promise<T>;

export interface PageOptions {
  readonly after: number;
  readonly upTo: number;
  readonly limit: number;
  readonly stream: string | undefined;
}

export interface KeptRow {
  readonly key: string;
  readonly row: string;
}

/** Reads the tables, beside the writer and never in its way. */
export interface TableReader {
  end(): Soon<LogEnd>;
  /** The place of the last event; 0 while there is none. */
  lastPlace(): Soon<number>;
  page(options: PageOptions): Soon<readonly StoredEvent[]>;
  /** Events of one stream from a revision on (backwards: from it down). */
  revisions(stream: string, options: Required<ReadOptions>): Soon<readonly StoredEvent[]>;
  probeToken(): Soon<string | null>;
  /** The position a projection was kept at; null when it was not, or under another shape. */
  checkpoint(projection: string, shape: string): Soon<string | null>;
  /** The next rows of a projection by key; null when it no longer stands at `position`. One snapshot sees both. */
  keptRows(
    projection: string,
    at: { readonly shape: string; readonly position: string; readonly after: string; readonly limit: number },
  ): Soon<readonly KeptRow[] | null>;
  /** The first block of a projection from a number on; null when there is none; `moved-on` when it no longer stands at `position`. One snapshot sees both. */
  keptBlock(
    projection: string,
    at: { readonly shape: string; readonly position: string; readonly from: number },
  ): Soon<{ readonly number: number; readonly bytes: Uint8Array } | 'moved-on' | null>;
  keptProjections(): Soon<readonly KeptSummary[]>;
  close(): Soon<void>;
}

/** One way of writing the tables. */
export interface TableWriting {
  /** Resolves when the job is durable. */
  submit(job: Job): Promise<Outcome>;
  /** Takes nothing any more and lets what was submitted finish. */
  drain(): Promise<void>;
  /** Gives up everything that was held for writing. */
  release(): Promise<void>;
}

/** How a follower learns that the log may have grown. */
export interface TableNews {
  /** A number that changes whenever the log may have grown. */
  version(): number;
  /** Speaks when it is worth looking at `version` again. */
  readonly changes: Observable<unknown>;
}

/** A store whose log and read models stand in tables: SQLite and PostgreSQL. */
export class TableStore implements EventStore {
  readonly readModels: ReadModels;
  private readonly closed = new Subject<never>();
  private closing: Promise<void> | null = null;
  private probing: Promise<void> | null = null;

  constructor(
    readonly name: string,
    private readonly reader: TableReader,
    private readonly writing: TableWriting,
    private readonly news: TableNews,
  ) {
    this.readModels = new TableReadModels(
      () => this.open(),
      (job) => writing.submit(job),
    );
  }

  async append(stream: string, events: readonly NewEvent[], expected: ExpectedRevision): Promise<AppendResult> {
    const outcome = await this.writing.submit({ kind: 'append', stream, events: prepareEvents(stream, events), expected });
    if (!outcome) throw new Error('the writer gave no answer to an append');
    return outcome;
  }

  async adopt(appends: readonly (readonly RecordedEvent[])[]): Promise<void> {
    if (appends.length === 0) return;
    const outcome = await this.writing.submit({ kind: 'adopt', appends: appends.map(prepareAppend) });
    if (outcome?.outcome !== 'appended') throw doesNotContinue(this.name);
  }

  read(stream: string, options: ReadOptions = {}): AsyncIterable<StoredEvent> {
    return readStream((page) => this.open().revisions(stream, page), options);
  }

  readAll(
    options: { readonly after?: string | undefined; readonly limit?: number; readonly stream?: string } = {},
  ): AsyncIterable<StoredEvent> {
    const start = fromPosition(options.after);
    const asked = Promise.resolve(this.open().lastPlace());
    // It is awaited with the first page; a caller who never reads must not be surprised by its failure.
    asked.catch(() => undefined);
    const page = async (after: number, limit: number): Promise<readonly StoredEvent[]> =>
      this.open().page({ after, upTo: await asked, limit, stream: options.stream });
    return readLog(page, start, options.limit);
  }

  follow(options: FollowOptions = {}): Observable<readonly StoredEvent[]> {
    const page = (after: number, limit: number) =>
      this.reader.page({ after, upTo: Number.MAX_SAFE_INTEGER, limit, stream: undefined });
    const version = (): number => this.news.version();
    return followLog({ name: this.name, page, version, changes: this.news.changes, closed: this.closed }, options);
  }

  async end(): Promise<LogEnd> {
    return this.open().end();
  }

  /** Callers that come together share one probe. */
  probe(): Promise<void> {
    this.probing ??= this.writeAndReadBack().finally(() => (this.probing = null));
    return this.probing;
  }

  close(): Promise<void> {
    this.closing ??= this.finish();
    return this.closing;
  }

  private async writeAndReadBack(): Promise<void> {
    const token = crypto.randomUUID();
    await this.writing.submit({ kind: 'probe', token });
    if ((await this.open().probeToken()) !== token)
      throw new StoreUnavailable(`${this.name} lost what was written`, 'Check the disk, then restart.');
  }

  private async finish(): Promise<void> {
    await this.writing.drain();
    this.closed.complete();
    // The writer goes last: SQLite's moves everything from the -wal file into the file itself, which a reader at work would delay.
    await this.reader.close();
    await this.writing.release();
  }

  private open(): TableReader {
    if (this.closing) throw closedStore(this.name);
    return this.reader;
  }
}
