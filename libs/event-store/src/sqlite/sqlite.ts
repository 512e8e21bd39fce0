import { existsSync, realpathSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { interval, map, of, Subject } from 'rxjs';
import { GroupCommit } from '../group-commit.js';
import type { OpenStore } from '../opened.js';
import { StoreUnavailable } from '../store.js';
import { TableStore, type TableWriting } from '../table-store.js';
import { openDatabase } from './driver.js';
import { takeWriterLock } from './lock.js';
import { SqliteReader } from './reader.js';
import { identify } from './schema.js';
import { startWriter, type Writer } from './start-writer.js';

export interface SqliteOptions {
  /** The clock of `recordedAt`; the machine's when absent. */
  readonly now?: () => Date;
  /** Opens beside a running writer: everything that writes rejects with `StoreUnavailable`. */
  readonly readOnly?: boolean;
  /** Called after each transaction with the number of writes (appends, read model commits, probes) that shared it. */
  readonly onCommit?: (writes: number) => void;
}

/** How often a reader beside the writer looks for news, in milliseconds. */
const READER_LOOKS_EVERY_MS = 50;

/**
 * Opens a SQLite file as event store, and makes it when it is new (its folder must exist).
 * Rejects with `StoreUnavailable` when another process writes it, when it is not ours or of a newer form, or when the disk refuses.
 */
export async function openSqliteStore(file: string, options: SqliteOptions = {}): Promise<OpenStore> {
  const path = realPath(file);
  checkIdentity(path, file, options.readOnly ?? false);
  const store = options.readOnly ? readOnlyStore(path, file) : await writingStore(path, file, options);
  return { store, readModels: store.readModels, leading: of(!options.readOnly), close: () => store.close() };
}

async function writingStore(
  path: string,
  name: string,
  { now = () => new Date(), onCommit }: SqliteOptions,
): Promise<TableStore> {
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
  const writing: TableWriting = {
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
  return new TableStore(`sqlite:${name}`, reader, writing, { version: () => written, changes: commits });
}

function readOnlyStore(path: string, name: string): TableStore {
  const reader = new SqliteReader(path);
  const refusal = new StoreUnavailable(`${name} is open for reading only`, 'Send the command to the running service with --url.');
  const writing: TableWriting = { submit: () => Promise.reject(refusal), drain: nothing, release: nothing };
  const looks = interval(READER_LOOKS_EVERY_MS).pipe(map(() => undefined));
  return new TableStore(`sqlite:${name}`, reader, writing, { version: () => reader.dataVersion(), changes: looks });
}

const nothing = (): Promise<void> => Promise.resolve();

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
  // A journal beside it: whoever wrote last did not finish. Only a connection that writes can put that right; the writer looks again then.
  if (!mustExist && existsSync(`${path}-journal`)) return;
  const database = openDatabase(path, { readOnly: true });
  try {
    if (identify(name, database) === 'older' && mustExist)
      throw new StoreUnavailable(
        `${name} is of an older form`,
        'Start the service once: it brings the file to the present form.',
      );
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
