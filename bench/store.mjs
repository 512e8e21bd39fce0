// How fast the memory is beside the SQLite it stands on: every figure of one run, on one disk, with its ratio to the raw figure.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
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

/**
 * Runs every case for `seconds` and answers rates per second. `folder` says which disk to measure.
 * The raw figures insert the same rows into the same tables, with the expected revision left to the unique index.
 */
export async function benchStore({ seconds = 2.5, folder = tmpdir() } = {}) {
  const place = mkdtempSync(join(folder, 'bench-store-'));
  try {
    const rawSingle = raw(join(place, 'single.db'), 1, seconds);
    const rawGroups = raw(join(place, 'groups.db'), 256, seconds);
    const { store } = await openSqliteStore(join(place, 'store.db'));
    let id = 0;
    const appendEach = (streams) => async (caller) => {
      await store.append(`deal-${caller}-${id % streams}`, [event((id += 1))], 'any');
      return 1;
    };
    const appendSequential = await rate(1, seconds, appendEach(100));
    const append64 = await rate(64, seconds, appendEach(100));
    const append256 = await rate(256, seconds, appendEach(100));
    const appendBatched = await rate(4, seconds, async (caller) => {
      await store.append(
        `batch-${caller}`,
        Array.from({ length: 250 }, () => event((id += 1))),
        'any',
      );
      return 250;
    });
    const readAll = await readRate(store);
    await store.close();
    return { rawSingle, rawGroups, appendSequential, append64, append256, appendBatched, readAll };
  } finally {
    rmSync(place, { recursive: true, force: true });
  }
}

/** Durable rows a second through the bare driver, `group` rows a transaction. */
function raw(file, group, seconds) {
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

function line(label, value, anchor) {
  const ratio = anchor ? `   ${(value / anchor).toFixed(2)} x raw` : '';
  console.log(`${label.padEnd(44)} ${Math.round(value).toLocaleString('en').padStart(9)}/s${ratio}`);
}

function print(figures) {
  line('raw SQLite, one durable row a transaction', figures.rawSingle);
  line('raw SQLite, 256 rows a transaction', figures.rawGroups);
  line('append, one caller', figures.appendSequential, figures.rawSingle);
  line('append, 64 callers (shared flushes)', figures.append64, figures.rawSingle);
  line('append, 256 callers (shared flushes)', figures.append256, figures.rawSingle);
  line('events in appends of 250, 4 callers', figures.appendBatched, figures.rawGroups);
  line('events read back, whole log', figures.readAll);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) print(await benchStore());
