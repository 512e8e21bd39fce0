import type { Observable } from 'rxjs';

/** An event as a caller offers it. `id` is the idempotency key of the event: the same id is stored once. */
export interface NewEvent {
  /** A UUID, or any text of at most 100 characters that is unique for this event for ever. */
  readonly id: string;
  /** What happened, in the past tense; at most 100 characters. */
  readonly type: string;
  /** Plain JSON data; at most 1 MiB for all events of one append together. */
  readonly data: object;
  /** Plain JSON about the writing itself (request key, batch), never about what happened. */
  readonly meta?: object;
}

/** An event as the log holds it. */
export interface StoredEvent {
  /** Place in the whole log: opaque text, ordered by plain text comparison; never dense, never computed. */
  readonly position: string;
  readonly stream: string;
  /** Place in its stream: 0, 1, 2 ... */
  readonly revision: number;
  readonly id: string;
  readonly type: string;
  /** When the store wrote it: ISO 8601 in UTC with milliseconds; never falls as the position grows. */
  readonly recordedAt: string;
  readonly data: Readonly<Record<string, unknown>>;
  readonly meta: Readonly<Record<string, unknown>>;
}

/** An event as another store recorded it. */
export type RecordedEvent = Omit<StoredEvent, 'position'>;

/** What the writer believes of the stream: its exact last revision, that it is absent, that it exists, or nothing. */
export type ExpectedRevision = number | 'no-stream' | 'stream-exists' | 'any';

export type AppendResult =
  | {
      readonly outcome: 'appended';
      /** Revision and position of the last event of this append. */
      readonly revision: number;
      readonly position: string;
      /** True when the same ids were stored before: nothing was written, and this is the first result again. */
      readonly repeated: boolean;
    }
  | {
      readonly outcome: 'conflict';
      /** `revision`: the stream stands elsewhere than expected. `ids`: some of the ids are stored already, elsewhere or with others. */
      readonly reason: 'revision' | 'ids';
      /** The last revision of the stream now; null when the stream does not exist. */
      readonly actual: number | null;
    };

export interface ReadOptions {
  /** First revision to read (forwards), or last (backwards). */
  readonly from?: number;
  readonly limit?: number;
  readonly backwards?: boolean;
}

export interface FollowOptions {
  /** Resume after this position; from the beginning when absent. */
  readonly after?: string | undefined;
  /** At most this many events in one batch (default 1,000). */
  readonly batch?: number;
}

/** Where the log ends: the position of the last event, or null while it is empty. */
export type LogEnd = { readonly position: string | null; readonly recordedAt: string | null };

/**
 * The memory: an append-only log of events in streams, with one total order.
 *
 * Every adapter passes the one contract suite. Broken machinery (disk full, file locked, connection lost) rejects with
 * `StoreUnavailable`; a disagreement about revisions or ids is an answer, not an exception.
 */
export interface EventStore {
  /** What this store is, for people: `sqlite:./data/coxswain.db`. */
  readonly name: string;

  /**
   * Appends all `events` to one stream, or none of them. Resolves only when they are durable.
   * Appending the very same ids again to the same stream answers the first result; a partial overlap is a conflict.
   * Rejects with `RangeError` for an empty list, a stream name or id of no or more than 200 characters, or data above 1 MiB.
   */
  append(stream: string, events: readonly NewEvent[], expected: ExpectedRevision): Promise<AppendResult>;

  /**
   * Writes what another store has recorded, with its revisions, ids and times, after what is here: for copies and restores.
   * Each list is one append. Resolves when all are durable, and has written none when it rejects: with `RangeError` where an event
   * does not continue its stream, is here already, or is older than the last one here.
   */
  adopt(appends: readonly (readonly RecordedEvent[])[]): Promise<void>;

  /** The events of one stream in order; empty when there is no such stream. */
  read(stream: string, options?: ReadOptions): AsyncIterable<StoredEvent>;

  /** The whole log in order after `after`, up to where it ends when asked. Never holds the log in memory. */
  readAll(options?: {
    readonly after?: string | undefined;
    readonly limit?: number;
    readonly stream?: string;
  }): AsyncIterable<StoredEvent>;

  /**
   * The log from `after` on, for ever: what is there, then what comes, each event once, in order, in batches.
   * The observable errors only when the store is closed or broken for good; unsubscribing stops reading.
   */
  follow(options?: FollowOptions): Observable<readonly StoredEvent[]>;

  /** Where the log ends now. */
  end(): Promise<LogEnd>;

  /** Does a real durable write (not an event) and reads it back; rejects with `StoreUnavailable` when that fails. */
  probe(): Promise<void>;

  /** Lets acknowledged and running appends finish, then releases everything. Idempotent. */
  close(): Promise<void>;
}

/**
 * Read models kept beside the log: rows and numbered blocks of bytes of a named projection, with the position they reflect.
 * Rows, blocks and checkpoint are written in one transaction.
 */
export interface ReadModels {
  /** What was kept for a projection; null when nothing was, or when it was kept under another `shape`. */
  load(projection: string, shape: string): Promise<KeptProjection | null>;

  /** Writes rows (null deletes one) and blocks of several projections and their new checkpoints, all in one transaction. What is written is as it is at the call. */
  commit(changes: readonly ProjectionChange[]): Promise<void>;

  /** Forgets a projection: rows, blocks and checkpoint. */
  forget(projection: string): Promise<void>;

  /** Each projection kept, in order of their names. */
  list(): Promise<readonly KeptSummary[]>;
}

export interface KeptSummary {
  readonly projection: string;
  readonly shape: string;
  readonly position: string;
  readonly rows: number;
  readonly blocks: number;
}

export interface KeptProjection {
  readonly position: string;
  rows(): AsyncIterable<{ readonly key: string; readonly row: unknown }>;
  /** In order of their numbers. */
  blocks(): AsyncIterable<Uint8Array>;
}

export interface ProjectionChange {
  readonly projection: string;
  /** Version of the row's form: rows kept under another shape are rebuilt, never read. */
  readonly shape: string;
  readonly position: string;
  readonly rows: ReadonlyMap<string, unknown>;
  /** Bytes by number; at most 16 MiB each. */
  readonly blocks?: ReadonlyMap<number, Uint8Array>;
  /** True where this is all there is: rows and blocks that were kept before are dropped. */
  readonly replaces?: boolean;
}

/**
 * Why a store cannot serve, for programs. `full`: there is no space to write; it can be read, and writes go on by themselves once there is.
 * `unavailable`: anything else.
 */
export type UnavailableReason = 'full' | 'unavailable';

/** The store cannot serve now: disk full, file locked by another process, connection lost. `help` says what would help. */
export class StoreUnavailable extends Error {
  override readonly name = 'StoreUnavailable';
  readonly reason: UnavailableReason;
  constructor(
    message: string,
    readonly help: string,
    { reason = 'unavailable', ...options }: ErrorOptions & { readonly reason?: UnavailableReason } = {},
  ) {
    super(message, options);
    this.reason = reason;
  }
}
