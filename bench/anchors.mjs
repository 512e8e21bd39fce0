// The anchors A1 and A2: raw SQLite, with nothing between it and the rows. A3, what HTTP costs, is bare.mjs.
import { DatabaseSync } from '@photostructure/sqlite';
import { event } from './event.mjs';

/** Durable rows a second through the bare driver, `group` rows a transaction, into the tables that the store has. */
export function rawRate(file, group, seconds) {
  const database = new DatabaseSync(file);
  database.exec(`pragma journal_mode = wal; pragma synchronous = full;
    create table events (position integer primary key, stream text not null, revision integer not null, id text not null unique, type text not null,
      recorded_at text not null, append integer not null, data text not null, meta text not null, unique (stream, revision)) strict`);
  const insert = database.prepare('insert into events values (?, ?, ?, ?, ?, ?, ?, ?, ?)');
  let rows = 0;
  const start = performance.now();
  while (performance.now() - start < seconds * 1000) {
    database.exec('begin immediate');
    for (let n = 0; n < group; n += 1) {
      rows += 1;
      const { id, type, data } = event(rows);
      insert.run(rows, `deal-${rows % 100}`, rows, id, type, new Date().toISOString(), rows, JSON.stringify(data), '{}');
    }
    database.exec('commit');
  }
  const perSecond = rows / ((performance.now() - start) / 1000);
  database.close();
  return perSecond;
}
