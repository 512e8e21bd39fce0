import { openDatabase, type Database } from './driver.js';
import { StoreUnavailable } from '../store.js';

/**
 * The right to write `file`, held by one process at a time: an exclusive transaction on the tiny SQLite file `<file>.lock`.
 * The operating system lets go of it when the process ends, however it ends; the empty lock file stays behind and means nothing.
 */
export interface WriterLock {
  release(): void;
}

/** Takes the lock at once; throws `StoreUnavailable` when another writer has it. `holder` names that writer when it is known. */
export function takeWriterLock(file: string, holder: () => string | null): WriterLock {
  const database: Database = openDatabase(`${file}.lock`, { waitMs: 0 });
  try {
    database.exec('begin exclusive');
  } catch (cause) {
    database.close();
    const who = holder();
    throw new StoreUnavailable(
      `another process${who === null ? '' : ` (pid ${who})`} has ${file} open for writing`,
      'Talk to the running service with --url, or stop it first.',
      { cause },
    );
  }
  return { release: () => database.close() };
}
