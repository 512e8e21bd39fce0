import { closeSync, fsyncSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { platform } from 'node:process';
import { guarded, isFlushFailure, openDatabase, unavailable, type Database, type Statement } from './driver.js';
import { isExpected } from '../expected.js';
import type { GroupResult, Job, Outcome } from '../jobs.js';
import { toPosition } from '../position.js';
import type { PreparedAppend, PreparedChange, PreparedEvent } from '../prepared.js';
import { createSchema, identify, numberOf, upgradeSchema } from './schema.js';
import { StoreUnavailable, type AppendResult } from '../store.js';

type AppendJob = Extract<Job, { kind: 'append' }>;
type Found = { readonly position: number; readonly stream: string; readonly append: number };

/** The earliest SQLite without a known way to lose a write-ahead log. */
const OLDEST_SQLITE = [3, 51, 3] as const;

/** The one connection that writes. Each group of jobs is one transaction: one flush to disk, all of it or none. */
export class SqliteWriter {
  private readonly database: Database;
  private readonly sql: ReturnType<typeof prepareStatements>;
  private place = 0;
  private recordedAt = '';
  private broken: unknown = null;

  /** Opens or makes the file; throws `StoreUnavailable` when it is not ours or cannot be written durably. */
  constructor(private readonly file: string) {
    this.database = openDatabase(file);
    try {
      const identity = identify(file, this.database);
      if (identity === 'empty') createSchema(file, this.database);
      if (identity === 'older') upgradeSchema(file, this.database);
      guarded(file, () => makeDurable(file, this.database));
      this.sql = prepareStatements(this.database);
      guarded(file, () => {
        this.sql.about.run('writer', `pid ${process.pid}`);
        const end = this.sql.end.get() as { position: number; recorded_at: string } | undefined;
        this.place = end?.position ?? 0;
        this.recordedAt = end?.recorded_at ?? '';
        flushFolder(dirname(file));
      });
    } catch (error) {
      this.database.close();
      throw error;
    }
  }

  /** Does the jobs in order in one transaction, stamped `now` or, when the clock fell back, with the last stamp. */
  write(jobs: readonly Job[], now: string): GroupResult {
    if (this.broken !== null) throw this.broken;
    const { place, recordedAt } = this;
    try {
      this.database.exec('begin immediate');
      const outcomes = jobs.map((job) => this.perform(job, now));
      this.database.exec('commit');
      return { outcomes, events: this.place - place };
    } catch (error) {
      [this.place, this.recordedAt] = [place, recordedAt];
      throw this.undo(error);
    }
  }

  /** Leaves the file complete by itself, with an empty write-ahead log, where the disk still allows it. After a failed flush it is left as it is. */
  close(): void {
    try {
      if (this.broken === null) {
        this.sql.about.run('writer', 'none');
        this.database.exec('pragma wal_checkpoint(truncate)');
      }
    } catch {
      // What was acknowledged is durable without this: the next start finds it in the write-ahead log.
    } finally {
      this.database.close();
    }
  }

  private perform(job: Job, now: string): Outcome {
    if (job.kind === 'append') return this.append(job, now > this.recordedAt ? now : this.recordedAt);
    if (job.kind === 'adopt') return this.adopt(job.appends);
    if (job.kind === 'keep') for (const change of job.changes) this.keep(change);
    else if (job.kind === 'forget') this.forget(job.projection);
    else this.sql.probe.run(job.token);
    return null;
  }

  private append({ stream, events, expected }: AppendJob, stamp: string): AppendResult {
    const head = this.sql.head.get(stream) as { revision: number } | undefined;
    const actual = head ? head.revision : null;
    const known = events.map((event) => this.sql.find.get(event.id) as Found | undefined);
    if (known.some((found) => found !== undefined)) {
      const last = this.lastOfSame(stream, known);
      return last ? { outcome: 'appended', ...last, repeated: true } : { outcome: 'conflict', reason: 'ids', actual };
    }
    if (!isExpected(expected, actual)) return { outcome: 'conflict', reason: 'revision', actual };
    const revision = this.insert(stream, events, (actual ?? -1) + 1, stamp);
    return { outcome: 'appended', revision, position: toPosition(this.place), repeated: false };
  }

  /** Everything is looked at before anything is written: the group goes on when this is refused. */
  private adopt(appends: readonly PreparedAppend[]): AppendResult {
    const heads = new Map<string, number>();
    let last = this.recordedAt;
    for (const { stream, revision, recordedAt, events } of appends) {
      const head = heads.get(stream) ?? (this.sql.head.get(stream) as { revision: number } | undefined)?.revision ?? -1;
      const known = events.some(({ id }) => this.sql.find.get(id) !== undefined);
      if (revision !== head + 1 || recordedAt < last || known)
        return { outcome: 'conflict', reason: known ? 'ids' : 'revision', actual: head };
      heads.set(stream, head + events.length);
      last = recordedAt;
    }
    let revision = -1;
    for (const one of appends) revision = this.insert(one.stream, one.events, one.revision, one.recordedAt);
    return { outcome: 'appended', revision, position: toPosition(this.place), repeated: false };
  }

  /** Where the very same append ended, when `known` is all of one earlier append to `stream` in its order. */
  private lastOfSame(stream: string, known: readonly (Found | undefined)[]): { revision: number; position: string } | null {
    const first = known[0];
    if (!first || first.stream !== stream || first.append !== first.position) return null;
    if (!known.every((found, index) => found?.append === first.append && found.position === first.position + index)) return null;
    const end = this.sql.endOfAppend.get(first.position, first.position + known.length) as { revision: number; more: number };
    return end.more ? null : { revision: end.revision, position: toPosition(first.position + known.length - 1) };
  }

  private insert(stream: string, events: readonly PreparedEvent[], from: number, stamp: string): number {
    const append = this.place + 1;
    let revision = from - 1;
    this.recordedAt = stamp;
    for (const event of events) {
      revision += 1;
      this.place += 1;
      this.sql.insert.run(this.place, stream, revision, event.id, event.type, stamp, append, event.data, event.meta);
    }
    return revision;
  }

  private keep(change: PreparedChange): void {
    const kept = this.sql.shape.get(change.projection) as { shape: string } | undefined;
    if (kept && (kept.shape !== change.shape || change.replaces)) this.forget(change.projection);
    for (const [number, bytes] of change.blocks) this.sql.putBlock.run(change.projection, number, bytes);
    for (const [key, row] of change.rows) {
      if (row === null) this.sql.dropRow.run(change.projection, key);
      else this.sql.putRow.run(change.projection, key, row);
    }
    this.sql.checkpoint.run(change.projection, change.shape, change.position);
  }

  private forget(projection: string): void {
    this.sql.forgetRows.run(projection);
    this.sql.forgetBlocks.run(projection);
    this.sql.forgetCheckpoint.run(projection);
  }

  /** Takes a failed group back. After a failed flush nobody knows what the disk holds: then nothing more is written. */
  private undo(error: unknown): unknown {
    const told = unavailable(this.file, error);
    if (isFlushFailure(error)) this.broken = told;
    try {
      if (this.database.isTransaction) this.database.exec('rollback');
    } catch {
      this.broken = told;
    }
    return told;
  }
}

/** Every commit reaches the disk before it is acknowledged; what was set is read back, because builds of SQLite differ. */
function makeDurable(file: string, database: Database): void {
  database.exec('pragma journal_mode = wal; pragma synchronous = full; pragma fullfsync = on; pragma cache_size = -65536');
  const mode = Object.values(database.prepare('pragma journal_mode').get() as Record<string, string>)[0];
  const version = (database.prepare('select sqlite_version() as version').get() as { version: string }).version;
  const help = 'Install the versions that the lock file names, and keep the file on a local disk.';
  if (mode !== 'wal' || numberOf(database, 'pragma synchronous') !== 2)
    throw new StoreUnavailable(`${file} cannot be written durably (journal ${mode})`, help);
  if (isOlder(version.split('.').map(Number), OLDEST_SQLITE))
    throw new StoreUnavailable(`SQLite ${version} is too old to be trusted with a log`, help);
}

/**
 * Makes the names of the file and of its write-ahead log durable: a folder keeps new names to itself until it is flushed.
 * SQLite does it too, but goes on where it fails. Windows has no such flush.
 */
function flushFolder(folder: string): void {
  if (platform === 'win32') return;
  const opened = openSync(folder, 'r');
  try {
    fsyncSync(opened);
  } catch (cause) {
    throw new StoreUnavailable(`the folder ${folder} cannot be flushed to the disk`, 'Check the disk, then start again.', {
      cause,
    });
  } finally {
    closeSync(opened);
  }
}

function isOlder(version: readonly number[], than: readonly number[]): boolean {
  const differs = than.findIndex((part, index) => version[index] !== part);
  return differs >= 0 && (version[differs] ?? 0) < (than[differs] ?? 0);
}

function prepareStatements(database: Database): Record<StatementName, Statement> {
  return Object.fromEntries(Object.entries(STATEMENTS).map(([name, sql]) => [name, database.prepare(sql)])) as Record<
    StatementName,
    Statement
  >;
}

type StatementName = keyof typeof STATEMENTS;
const STATEMENTS = {
  about: 'insert into about (key, value) values (?, ?) on conflict do update set value = excluded.value',
  end: 'select position, recorded_at from events order by position desc limit 1',
  head: 'select revision from events where stream = ? order by revision desc limit 1',
  find: 'select position, stream, append from events where id = ?',
  endOfAppend: `select e.revision, exists (select 1 from events n where n.position = ?2 and n.append = ?1) as more
                from events e where e.position = ?2 - 1`,
  insert: `insert into events (position, stream, revision, id, type, recorded_at, append, data, meta)
           values (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  shape: 'select shape from projection_checkpoints where projection = ?',
  checkpoint: `insert into projection_checkpoints (projection, shape, position) values (?, ?, ?)
               on conflict do update set shape = excluded.shape, position = excluded.position`,
  putRow: `insert into projection_rows (projection, key, row) values (?, ?, ?)
           on conflict do update set row = excluded.row`,
  putBlock: `insert into projection_blocks (projection, number, bytes) values (?, ?, ?)
             on conflict do update set bytes = excluded.bytes`,
  dropRow: 'delete from projection_rows where projection = ? and key = ?',
  forgetRows: 'delete from projection_rows where projection = ?',
  forgetBlocks: 'delete from projection_blocks where projection = ?',
  forgetCheckpoint: 'delete from projection_checkpoints where projection = ?',
  probe: 'insert into probe (one, token) values (1, ?) on conflict do update set token = excluded.token',
};
