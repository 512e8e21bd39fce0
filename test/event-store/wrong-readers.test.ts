import { expect, test } from '@jest/globals';
import pg from 'pg';
import { Observable } from 'rxjs';
import { startPostgres } from '../support/postgres.js';
import { followWhileWriting, type CheckedLog } from './misses-none.js';

/** The two usual ways to follow a PostgreSQL table wrongly: the check that our stores pass must catch both. */

const started = await startPostgres();
const server = started!;

/** A log that numbers its events from a sequence, so that a lower number may be committed later, and is followed by number. */
async function numberedFromSequence(
  table: string,
  alsoDemanding: string,
): Promise<{ log: CheckedLog; end: () => Promise<void> }> {
  await server.sql(`create table ${table} (position bigserial primary key, id text, writer xid8 default pg_current_xact_id())`);
  // Each transaction takes its number some time before its place, and commits some time after: what a busy server does by itself.
  await server.sql(`create function append_to_${table}(event_id text) returns void language plpgsql as $$ begin
    perform pg_current_xact_id(), pg_sleep(random() * 0.002);
    insert into ${table} (id) values (event_id);
    perform pg_sleep(random() * 0.002);
  end $$`);
  const pool = new pg.Pool({ connectionString: server.uri().split('?')[0]!, max: 24 });
  pool.on('error', () => undefined);
  const log: CheckedLog = {
    append: (_, id) => pool.query(`select append_to_${table}($1)`, [id]),
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
        look('0').catch((error: unknown) => subscriber.error(error));
      }),
  };
  return { log, end: () => pool.end() };
}

(started ? test : test.skip).each([
  ['the number alone', 'by_number', ''],
  ['the number and the oldest transaction under way', 'by_transaction', 'and writer < pg_snapshot_xmin(pg_current_snapshot())'],
])(
  'a reader that goes by %s loses events, and the check sees it',
  async (_, table, alsoDemanding) => {
    const { log, end } = await numberedFromSequence(table, alsoDemanding);
    try {
      const writers = Array.from({ length: 8 }, () => log);
      expect((await followWhileWriting(writers, log, { events: 1_000 })).missed).toBeGreaterThan(0);
    } finally {
      await end();
    }
  },
  60_000,
);
