import { guarded, openDatabase, type Database, type Statement } from './driver.js';
import { toPosition } from '../position.js';
import type { KeptSummary, LogEnd, ReadOptions, StoredEvent } from '../store.js';
import type { KeptRow, PageOptions, TableReader } from '../table-store.js';

/** The columns of `COLUMNS`, in that order. */
type EventRow = readonly [number, string, number, string, string, string, string, string];
const COLUMNS = 'select position, stream, revision, id, type, recorded_at, data, meta from events';

/** The connection that reads, beside the writer and never in its way. */
export class SqliteReader implements TableReader {
  private readonly database: Database;
  private readonly sql: ReturnType<typeof prepareStatements>;

  constructor(private readonly file: string) {
    this.database = openDatabase(file, { readOnly: true });
    try {
      this.sql = guarded(file, () => prepareStatements(this.database));
    } catch (error) {
      this.database.close();
      throw error;
    }
  }

  end(): LogEnd {
    const row = this.one(this.sql.end) as { position: number; recorded_at: string } | undefined;
    return { position: row ? toPosition(row.position) : null, recordedAt: row?.recorded_at ?? null };
  }

  /** The place of the last event; 0 while there is none. */
  lastPlace(): number {
    return (this.one(this.sql.end) as { position: number } | undefined)?.position ?? 0;
  }

  /** Changes whenever another connection committed. */
  dataVersion(): number {
    return (this.one(this.sql.dataVersion) as { data_version: number }).data_version;
  }

  probeToken(): string | null {
    return (this.one(this.sql.probe) as { token: string } | undefined)?.token ?? null;
  }

  page({ after, upTo, limit, stream }: PageOptions): readonly StoredEvent[] {
    return guarded(this.file, () =>
      stream === undefined ? this.sql.page.all(after, upTo, limit) : this.sql.streamPage.all(stream, after, upTo, limit),
    ).map(toEvent);
  }

  /** Events of one stream from a revision on (backwards: from it down). */
  revisions(stream: string, { from, limit, backwards }: Required<ReadOptions>): readonly StoredEvent[] {
    const statement = backwards ? this.sql.backwards : this.sql.forwards;
    return guarded(this.file, () => statement.all(stream, from, limit)).map(toEvent);
  }

  /** The position a projection was kept at; null when it was not, or under another shape. */
  checkpoint(projection: string, shape: string): string | null {
    const row = guarded(this.file, () => this.sql.checkpoint.get(projection, shape)) as { position: string } | undefined;
    return row?.position ?? null;
  }

  /** The next rows of a projection by key; null when it no longer stands at `position`. One snapshot sees both. */
  keptRows(projection: string, at: { shape: string; position: string; after: string; limit: number }): readonly KeptRow[] | null {
    return this.inOneSnapshot(() =>
      this.checkpoint(projection, at.shape) === at.position
        ? (this.sql.keptRows.all(projection, at.after, at.limit) as KeptRow[])
        : null,
    );
  }

  /** The first block of a projection from a number on; null when there is none; `moved-on` when it no longer stands at `position`. One snapshot sees both. */
  keptBlock(
    projection: string,
    at: { shape: string; position: string; from: number },
  ): { number: number; bytes: Uint8Array } | 'moved-on' | null {
    return this.inOneSnapshot(() => {
      if (this.checkpoint(projection, at.shape) !== at.position) return 'moved-on';
      const row = this.sql.keptBlock.get(projection, at.from) as { number: number; bytes: Uint8Array } | undefined;
      return row ? { number: row.number, bytes: row.bytes } : null;
    });
  }

  keptProjections(): readonly KeptSummary[] {
    return (guarded(this.file, () => this.sql.keptProjections.all()) as KeptSummary[]).map((row) => ({ ...row }));
  }

  close(): void {
    this.database.close();
  }

  private inOneSnapshot<T>(look: () => T): T {
    return guarded(this.file, () => {
      this.database.exec('begin');
      try {
        return look();
      } finally {
        this.database.exec('commit');
      }
    });
  }

  private one(statement: Statement): unknown {
    return guarded(this.file, () => statement.get());
  }
}

function toEvent(row: unknown): StoredEvent {
  const [position, stream, revision, id, type, recordedAt, data, meta] = row as EventRow;
  return {
    position: toPosition(position),
    stream,
    revision,
    id,
    type,
    recordedAt,
    data: JSON.parse(data) as StoredEvent['data'],
    meta: meta === '{}' ? {} : (JSON.parse(meta) as StoredEvent['meta']),
  };
}

function prepareStatements(database: Database) {
  const events = (sql: string): Statement => {
    const statement = database.prepare(`${COLUMNS} ${sql}`);
    statement.setReturnArrays(true);
    return statement;
  };
  return {
    page: events('where position > ? and position <= ? order by position limit ?'),
    // Revisions of a stream grow with its positions, so the index on (stream, revision) gives the order without a sort.
    streamPage: events('where stream = ? and position > ? and position <= ? order by revision limit ?'),
    forwards: events('where stream = ? and revision >= ? order by revision limit ?'),
    backwards: events('where stream = ? and revision <= ? order by revision desc limit ?'),
    end: database.prepare('select position, recorded_at from events order by position desc limit 1'),
    dataVersion: database.prepare('pragma data_version'),
    probe: database.prepare('select token from probe'),
    checkpoint: database.prepare('select position from projection_checkpoints where projection = ? and shape = ?'),
    keptRows: database.prepare('select key, row from projection_rows where projection = ? and key > ? order by key limit ?'),
    keptBlock: database.prepare(
      'select number, bytes from projection_blocks where projection = ? and number >= ? order by number limit 1',
    ),
    keptProjections: database.prepare(`select projection, shape, position,
      (select count(*) from projection_rows r where r.projection = c.projection) as rows,
      (select count(*) from projection_blocks b where b.projection = c.projection) as blocks from projection_checkpoints c order by projection`),
  };
}
