import pg from 'pg';
import { toPosition } from '../position.js';
import type { KeptSummary, LogEnd, ReadOptions, StoredEvent } from '../store.js';
import type { KeptRow, PageOptions, TableReader } from '../table-store.js';
import { isConnectionLoss, unavailable } from './refusal.js';

const MOST_CONNECTIONS = 4;

/** The columns of `COLUMNS`, in that order. */
type EventRow = readonly [string, string, number, string, string, number, string, string];
const COLUMNS =
  'select position, stream, revision, id, type, (extract(epoch from recorded_at) * 1000)::float8, data::text, meta::text from events';

/** A read that lost its connection is asked again, after these pauses in milliseconds. */
const PAUSES = [10, 100, 500, 1_000, 2_000] as const;

/** Reads over a few connections of its own. */
export class PostgresReader implements TableReader {
  private readonly pool: pg.Pool;

  constructor(
    private readonly name: string,
    config: pg.PoolConfig,
  ) {
    this.pool = new pg.Pool({ ...config, max: MOST_CONNECTIONS });
    // An idle connection that the server ends must not end this process; the next read opens another.
    this.pool.on('error', () => undefined);
  }

  async end(): Promise<LogEnd> {
    const [row] = await this.rows<[string, number]>(
      'select place, (extract(epoch from recorded_at) * 1000)::float8 from log_end where place > 0',
    );
    return row
      ? { position: toPosition(Number(row[0])), recordedAt: new Date(row[1]).toISOString() }
      : { position: null, recordedAt: null };
  }

  async lastPlace(): Promise<number> {
    const [row] = await this.rows<[string]>('select place from log_end');
    return Number(row?.[0] ?? 0);
  }

  async page({ after, upTo, limit, stream }: PageOptions): Promise<readonly StoredEvent[]> {
    const rows =
      stream === undefined
        ? await this.rows<EventRow>(`${COLUMNS} where position > $1 and position <= $2 order by position limit $3`, [
            after,
            upTo,
            limit,
          ])
        : await this.rows<EventRow>(
            // Revisions of a stream grow with its positions, so the index on (stream, revision) gives the order without a sort.
            `${COLUMNS} where stream = $1 and position > $2 and position <= $3 order by revision limit $4`,
            [stream, after, upTo, limit],
          );
    return rows.map(toEvent);
  }

  async revisions(stream: string, { from, limit, backwards }: Required<ReadOptions>): Promise<readonly StoredEvent[]> {
    const which = backwards ? 'revision <= $2 order by revision desc' : 'revision >= $2 order by revision';
    const rows = await this.rows<EventRow>(`${COLUMNS} where stream = $1 and ${which} limit $3`, [
      stream,
      Math.min(from, 2 ** 31 - 1),
      limit,
    ]);
    return rows.map(toEvent);
  }

  async probeToken(): Promise<string | null> {
    return (await this.rows<[string]>('select token from probe'))[0]?.[0] ?? null;
  }

  async checkpoint(projection: string, shape: string): Promise<string | null> {
    const rows = await this.rows<[string]>('select position from projection_checkpoints where projection = $1 and shape = $2', [
      projection,
      shape,
    ]);
    return rows[0]?.[0] ?? null;
  }

  async keptRows(
    projection: string,
    at: { readonly shape: string; readonly position: string; readonly after: string; readonly limit: number },
  ): Promise<readonly KeptRow[] | null> {
    // One statement sees one snapshot; the left join keeps one row where the checkpoint stands and nothing follows.
    const rows = await this.rows<[string | null, string | null]>(
      `select r.key, r.row from projection_checkpoints c
         left join lateral (select key, row from projection_rows where projection = $1 and key > $4 order by key limit $5) r on true
        where c.projection = $1 and c.shape = $2 and c.position = $3 order by r.key`,
      [projection, at.shape, at.position, at.after, at.limit],
    );
    if (rows.length === 0) return null;
    return rows.flatMap(([key, row]) => (key === null || row === null ? [] : [{ key, row }]));
  }

  async keptBlock(
    projection: string,
    at: { readonly shape: string; readonly position: string; readonly from: number },
  ): Promise<{ readonly number: number; readonly bytes: Uint8Array } | 'moved-on' | null> {
    const [row] = await this.rows<[number | null, Uint8Array | null]>(
      `select b.number, b.bytes from projection_checkpoints c
         left join lateral (select number, bytes from projection_blocks where projection = $1 and number >= $4 order by number limit 1) b on true
        where c.projection = $1 and c.shape = $2 and c.position = $3`,
      [projection, at.shape, at.position, at.from],
    );
    if (!row) return 'moved-on';
    const [number, bytes] = row;
    return number === null || bytes === null ? null : { number, bytes };
  }

  async keptProjections(): Promise<readonly KeptSummary[]> {
    const rows = await this.rows<[string, string, string, number, number]>(
      `select projection, shape, position,
         (select count(*)::int from projection_rows r where r.projection = c.projection),
         (select count(*)::int from projection_blocks b where b.projection = c.projection)
       from projection_checkpoints c order by projection`,
    );
    return rows.map(([projection, shape, position, count, blocks]) => ({ projection, shape, position, rows: count, blocks }));
  }

  async close(): Promise<void> {
    await this.pool.end();
  }

  /** The rows of a query as lists. A lost connection is replaced and the query asked again: reading twice harms nobody. */
  private async rows<Row>(text: string, values: readonly (string | number)[] = []): Promise<readonly Row[]> {
    for (let turn = 0; ; turn += 1) {
      try {
        const { rows } = await this.pool.query({ text, values: [...values], rowMode: 'array' });
        return rows as Row[];
      } catch (error) {
        const pause = PAUSES[turn];
        if (pause === undefined || this.pool.ending || !isConnectionLoss(error)) throw unavailable(this.name, error);
        await new Promise((resolve) => setTimeout(resolve, pause));
      }
    }
  }
}

function toEvent([position, stream, revision, id, type, recordedAt, data, meta]: EventRow): StoredEvent {
  return {
    position: toPosition(Number(position)),
    stream,
    revision,
    id,
    type,
    recordedAt: new Date(recordedAt).toISOString(),
    data: JSON.parse(data) as StoredEvent['data'],
    meta: meta === '{}' ? {} : (JSON.parse(meta) as StoredEvent['meta']),
  };
}
