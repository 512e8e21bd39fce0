import { existsSync, realpathSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { interval, map, Observable, Subject } from 'rxjs';
import { openDatabase } from './driver.js';
import { followLog } from './follow.js';
import { GroupCommit } from './group-commit.js';
import type { Job, Outcome } from './jobs.js';
import { takeWriterLock } from './lock.js';
import type { OpenStore } from './opened.js';
import { readLog, readStream } from './pages.js';
import { fromPosition } from './position.js';
import { prepareEvents } from './prepared.js';
import { SqliteReader } from './reader.js';
import { closedStore } from './refusals.js';
import { identify } from './schema.js';
import { SqliteReadModels } from './sqlite-read-models.js';
import { startWriter, type Writer } from './start-writer.js';
import {
  StoreUnavailable,
  type AppendResult,
  type EventStore,
  type ExpectedRevision,
  type FollowOptions,
  type LogEnd,
  type NewEvent,
  type ReadModels,
  type ReadOptions,
  type StoredEvent,
} from './store.js';

export interface SqliteOptions {
  /** The clock of `recordedAt`; the machine's when absent. */
  readonly now?: () => Date;
  /** Opens beside a running writer: everything that writes rejects with `StoreUnavailable`. */
  readonly readOnly?: boolean;
  /** Called after each transaction with the number of writes (appends, read model commits, probes) that shared it. */
  readonly onCommit?: (writes: number) => void;
}

/** How often a reader beside the writer looks for news, in milliseconds. */
const READER_LOOKS_EVERY_MS = 200;

/**
 * Opens a SQLite file as event store, and makes it when it is new (its folder must exist).
 * Rejects with `StoreUnavailable` when another process writes it, when it is not ours or of a newer form, or when the disk refuses.
 */
export async function openSqliteStore(file: string, options: SqliteOptions = {}): Promise<OpenStore> {
  const path = realPath(file);
  checkIdentity(path, file, options.readOnly ?? false);
  const store = options.readOnly ? readOnlyStore(path, file) : await writingStore(path, file, options);
  return { store, readModels: store.readModels, close: () => store.close() };
}

/** One way of writing: everything the two kinds of SQLite store differ in. */
interface Writing {
  submit(job: Job): Promise<Outcome>;
  /** Takes nothing any more and lets what was submitted finish. */
  drain(): Promise<void>;
  /** Closes the file and gives up the lock. */
  release(): Promise<void>;
}

async function writingStore(
  path: string,
  name: string,
  { now = () => new Date(), onCommit }: SqliteOptions,
): Promise<SqliteStore> {
  const lock = takeWriterLock(path, () => writerPid(path));
  let writer: Writer | null = null;
  let reader: SqliteReader;
  try {
    writer = await startWriter(path);
    reader = new SqliteReader(path);
  } catch (error) {
    await writer?.close();
    lock.release();
    throw error;
  }
  const running = writer;
  const commits = new Subject<void>();
  let written = 0;
  const queue = new GroupCommit(
    (jobs) => running.write(jobs, now().toISOString()),
    ({ events }, jobs) => {
      onCommit?.(jobs);
      written += events;
      if (events > 0) commits.next();
    },
    name,
  );
  const writing: Writing = {
    submit: (job) => queue.submit(job),
    drain: () => queue.close(),
    release: async () => {
      try {
        await running.close();
      } finally {
        lock.release();
      }
    },
  };
  return new SqliteStore(`sqlite:${name}`, reader, writing, () => written, commits);
}

function readOnlyStore(path: string, name: string): SqliteStore {
  const reader = new SqliteReader(path);
  const refusal = new StoreUnavailable(`${name} is open for reading only`, 'Send the command to the running service with --url.');
  const writing: Writing = { submit: () => Promise.reject(refusal), drain: nothing, release: nothing };
  const looks = interval(READER_LOOKS_EVERY_MS).pipe(map(() => undefined));
  return new SqliteStore(`sqlite:${name}`, reader, writing, () => reader.dataVersion(), looks);
}

const nothing = (): Promise<void> => Promise.resolve();

class SqliteStore implements EventStore {
  readonly readModels: ReadModels;
  private readonly closed = new Subject<never>();
  private closing: Promise<void> | null = null;
  private probing: Promise<void> | null = null;

  constructor(
    readonly name: string,
    private readonly reader: SqliteReader,
    private readonly writing: Writing,
    private readonly version: () => number,
    private readonly changes: Observable<void>,
  ) {
    this.readModels = new SqliteReadModels(
      () => this.open(),
      (job) => writing.submit(job),
    );
  }

  async append(stream: string, events: readonly NewEvent[], expected: ExpectedRevision): Promise<AppendResult> {
    const outcome = await this.writing.submit({ kind: 'append', stream, events: prepareEvents(stream, events), expected });
    if (!outcome) throw new Error('the writer gave no answer to an append');
    return outcome;
  }

  read(stream: string, options: ReadOptions = {}): AsyncIterable<StoredEvent> {
    return readStream((page) => this.open().revisions(stream, page), options);
  }

  readAll(
    options: { readonly after?: string | undefined; readonly limit?: number; readonly stream?: string } = {},
  ): AsyncIterable<StoredEvent> {
    const upTo = this.open().lastPlace();
    const page = (after: number, limit: number) => this.open().page({ after, upTo, limit, stream: options.stream });
    return readLog(page, fromPosition(options.after), options.limit);
  }

  follow(options: FollowOptions = {}): Observable<readonly StoredEvent[]> {
    const page = (after: number, limit: number) =>
      this.reader.page({ after, upTo: Number.MAX_SAFE_INTEGER, limit, stream: undefined });
    return followLog({ name: this.name, page, version: this.version, changes: this.changes, closed: this.closed }, options);
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
    if (this.open().probeToken() !== token)
      throw new StoreUnavailable(`${this.name} lost what was written`, 'Check the disk, then restart.');
  }

  private async finish(): Promise<void> {
    await this.writing.drain();
    this.closed.complete();
    // The writer goes last: it moves everything from the -wal file into the file itself, which a reader at work would delay.
    this.reader.close();
    await this.writing.release();
  }

  private open(): SqliteReader {
    if (this.closing) throw closedStore(this.name);
    return this.reader;
  }
}

/** The file itself, whatever links lead to it: two names for one file must meet at one lock. */
function realPath(file: string): string {
  return existsSync(file)
    ? realpathSync(file)
    : existsSync(dirname(file))
      ? join(realpathSync(dirname(file)), basename(file))
      : file;
}

/** Looks before touching anything: a file that is not ours is left exactly as it is, without even a lock beside it. */
function checkIdentity(path: string, name: string, mustExist: boolean): void {
  if (!existsSync(path) || statSync(path).size === 0) {
    if (mustExist)
      throw new StoreUnavailable(`there is no store at ${name}`, 'Start the service once to make it, or name another file.');
    return;
  }
  const database = openDatabase(path, { readOnly: true });
  try {
    identify(name, database);
  } finally {
    database.close();
  }
}

function writerPid(path: string): string | null {
  try {
    const database = openDatabase(path, { readOnly: true });
    try {
      const row = database.prepare("select value from about where key = 'writer'").get() as { value: string } | undefined;
      return row?.value.match(/^pid (\d+)$/)?.[1] ?? null;
    } finally {
      database.close();
    }
  } catch {
    return null;
  }
}
