// How fast the memory is, and the SQLite it stands on.
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from '@photostructure/sqlite';
import { openSqliteStore } from '../libs/event-store/dist/index.js';

const DATA = {
  move: 'QUALIFY',
  from: 'lead',
  to: 'qualified',
  actor: 'Ada',
  facts: { budget: true, amount: { minor: 1250000, currency: 'EUR' } },
};
const event = (id) => ({ id: `7c3e1f60-0000-4000-8000-${String(id).padStart(12, '0')}`, type: 'StageChanged', data: DATA });

/** What the store does with durable appends, and reading back: rates a second. `folder` says which disk to measure. */
export async function storeRates({ seconds, folder }) {
  const place = mkdtempSync(join(folder, 'bench-store-'));
  const { store } = await openSqliteStore(join(place, 'store.db'));
  try {
    let id = 0;
    const appendEach = async (caller) => {
      await store.append(`deal-${caller}-${id % 100}`, [event((id += 1))], 'any');
      return 1;
    };
    const appendMany = async (caller) => {
      const events = Array.from({ length: 250 }, () => event((id += 1)));
      await store.append(`batch-${caller}`, events, 'any');
      return events.length;
    };
    return {
      'store, appends of one event, one caller, a second': await rate(1, seconds, appendEach),
      'store, appends of one event, 64 callers, a second': await rate(64, seconds, appendEach),
      'store, events in appends of 250, 4 callers, a second': await rate(4, seconds, appendMany),
      'store, events read back, a second': await readRate(store),
    };
  } finally {
    await store.close();
    rmSync(place, { recursive: true, force: true });
  }
}

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

/** What `callers` get done in a second when each waits for its own answer. */
async function rate(callers, seconds, work) {
  let done = 0;
  const start = performance.now();
  const call = async (_, caller) => {
    while (performance.now() - start < seconds * 1000) {
      const more = await work(caller);
      done += more;
    }
  };
  await Promise.all(Array.from({ length: callers }, call));
  return done / ((performance.now() - start) / 1000);
}

async function readRate(store) {
  let events = 0;
  const start = performance.now();
  for await (const _ of store.readAll({ limit: 500_000 })) events += 1;
  return events / ((performance.now() - start) / 1000);
}
