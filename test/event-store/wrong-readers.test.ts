import { expect, test } from '@jest/globals';
import pg from 'pg';
import { Observable } from 'rxjs';
import { startPostgres } from '../support/postgres.js';
import { followWhileWriting, type CheckedLog } from './misses-none.js';

/** The two usual ways to follow a PostgreSQL table wrongly: the check that our stores pass must catch both. */

const server = await startPostgres();

/** A log that numbers its events from a sequence, so that a lower number may be committed later, and is followed by number. */
async function numberedFromSequence(
  table: string,
  alsoDemanding: string,
): Promise<{ log: CheckedLog; end: () => Promise<void> }> {
  await server.sql(`create table ${table} (position bigserial primary key, id text, writer xid8 default pg_current_xact_id())`);
  const pool = new pg.Pool({ connectionString: server.uri().split('?')[0]!, max: 24 });
  const log: CheckedLog = {
    append: (_, id) => pool.query(`insert into ${table} (id) values ($1)`, [id]),
    follow: () =>
      new Observable((subscriber) => {
        const look = async (after: string): Promise<void> => {
          if (subscriber.closed) return;
          const { rows } = await pool.query<{ position: string; id: string }>(
            `select lpad(position::text, 16, '0') as position, id from ${table} where position > $1 ${alsoDemanding} order by position`,
            [after],
          );
          if (rows.length > 0) subscriber.next(rows);
          setImmediate(() => void look(rows.at(-1)?.position ?? after).catch(() => undefined));
        };
        void look('0');
      }),
  };
  return { log, end: () => pool.end() };
}

test.each([
  ['the number alone', 'by_number', ''],
  ['the number and the oldest transaction under way', 'by_transaction', 'and writer < pg_snapshot_xmin(pg_current_snapshot())'],
])(
  'a reader that goes by %s loses events, and the check sees it',
  async (_, table, alsoDemanding) => {
    const { log, end } = await numberedFromSequence(table, alsoDemanding);
    const { missed } = await followWhileWriting(
      Array.from({ length: 8 }, () => log),
      log,
      { events: 2_000 },
    );
    expect(missed).toBeGreaterThan(0);
    await end();
  },
  60_000,
);
