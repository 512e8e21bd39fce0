import { DatabaseSync } from '@photostructure/sqlite';
import { DISK_FULL } from '../refusals.js';
import { StoreUnavailable } from '../store.js';

/** The part of the `node:sqlite` interface that the store uses: the only file that knows which driver serves it. */
export interface Database {
  readonly isTransaction: boolean;
  exec(sql: string): void;
  prepare(sql: string): Statement;
  close(): void;
}

type SqlValue = string | number | Uint8Array | null;

export interface Statement {
  run(...values: readonly SqlValue[]): unknown;
  /** The first row; undefined when there is none. */
  get(...values: readonly SqlValue[]): unknown;
  all(...values: readonly SqlValue[]): unknown[];
  /** Makes each row a list of its columns in the order of the query: half as dear as an object. */
  setReturnArrays(arrays: boolean): void;
}

/** Opens a SQLite file; waits at most `waitMs` for a lock of another connection. Throws `StoreUnavailable`. */
export function openDatabase(file: string, options: { readonly readOnly?: boolean; readonly waitMs?: number } = {}): Database {
  return guarded(file, () => new DatabaseSync(file, { readOnly: options.readOnly ?? false, timeout: options.waitMs ?? 5_000 }));
}

/** Runs work on the file; what the driver throws comes out as `StoreUnavailable`. */
export function guarded<T>(file: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw unavailable(file, error);
  }
}

/** SQLite's primary result codes that say something about the machine, in words. */
const CAUSES: Readonly<Record<number, readonly [message: string, help: string]>> = {
  5: ['is locked by another program', 'Close the program that has the file open for writing, then try again.'],
  6: ['is locked by another program', 'Close the program that has the file open for writing, then try again.'],
  8: ['may not be written', 'Give this user the right to write the file and its folder.'],
  10: ['could not be read or written (input/output error)', 'Check the disk, its free space and its quotas, then restart.'],
  11: ['is damaged', 'Restore the last backup; keep the damaged file for examination.'],
  13: DISK_FULL,
  14: ['cannot be opened', 'Check that the path is right and that this user may read and write the folder.'],
  26: ['is not a SQLite file', 'Name another file; this one was left as it is.'],
};

/** The index beside the write-ahead log could not be made larger: so a full disk shows where a file is being opened. */
const NO_SPACE_FOR_INDEX = 4874;

/** Result codes for a failed flush to disk: whether the last writes are durable is unknown. */
const FLUSH_FAILED = new Set([1034, 1290]);

/** True when the connection must not be trusted with another write. */
export function isFlushFailure(error: unknown): boolean {
  return FLUSH_FAILED.has(resultCode(error));
}

/** What to tell the callers: `StoreUnavailable` for what the machine refuses, the error itself for anything else. */
export function unavailable(file: string, error: unknown): unknown {
  if (error instanceof StoreUnavailable) return error;
  const code = resultCode(error);
  const cause = code === NO_SPACE_FOR_INDEX ? DISK_FULL : CAUSES[code & 0xff];
  const reason = cause === DISK_FULL ? 'full' : 'unavailable';
  return cause ? new StoreUnavailable(`${file} ${cause[0]}`, cause[1], { cause: error, reason }) : error;
}

/** SQLite's extended result code; 0 when the error is not SQLite's. */
function resultCode(error: unknown): number {
  const known = typeof error === 'object' && error !== null && 'errcode' in error && typeof error.errcode === 'number';
  return known ? (error as { errcode: number }).errcode : 0;
}
