import { guarded, openDatabase, type Database, type Statement } from './driver.js';
import { toPosition } from './position.js';
import type { LogEnd, ReadOptions, StoredEvent } from './store.js';

type EventRow = {
  readonly position: number;
  readonly stream: string;
  readonly revision: number;
  readonly id: string;
  readonly type: string;
  readonly recorded_at: string;
  readonly data: string;
  readonly meta: string;
};

type PageOptions = { readonly after: number; readonly upTo: number; readonly limit: number; readonly stream: string | undefined };

/** The connection that reads, beside the writer and never in its way. */
export class SqliteReader {
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

  close(): void {
    this.database.close();
  }

  private one(statement: Statement): unknown {
    return guarded(this.file, () => statement.get());
  }
}

function toEvent(row: unknown): StoredEvent {
  const { position, stream, revision, id, type, recorded_at: recordedAt, data, meta } = row as EventRow;
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
  const columns = 'select position, stream, revision, id, type, recorded_at, data, meta from events';
  return {
    end: database.prepare('select position, recorded_at from events order by position desc limit 1'),
    dataVersion: database.prepare('pragma data_version'),
    probe: database.prepare('select token from probe'),
    page: database.prepare(`${columns} where position > ? and position <= ? order by position limit ?`),
    // Revisions of a stream grow with its positions, so the index on (stream, revision) gives the order without a sort.
    streamPage: database.prepare(`${columns} where stream = ? and position > ? and position <= ? order by revision limit ?`),
    forwards: database.prepare(`${columns} where stream = ? and revision >= ? order by revision limit ?`),
    backwards: database.prepare(`${columns} where stream = ? and revision <= ? order by revision desc limit ?`),
  };
}
