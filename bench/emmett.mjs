/**
 * The peer emmett-sqlite. Its own code from command to SQL; the connections alone are ours, because its driver `sqlite3` comes without
 * a binary and no package here compiles one: emmett takes any pool of connections, and this one is over the driver that Coxswain uses, with
 * `synchronous = full` as for all others.
 */
import { statSync } from 'node:fs';
import { DatabaseSync } from '@photostructure/sqlite';
import { CommandHandler } from '@event-driven-io/emmett';
import { getSQLiteEventStore } from '@event-driven-io/emmett-sqlite';
import { decide, evolve, event, START } from './event.mjs';
import { callsASecond, millisecondsOf } from './rates.mjs';

const DEALS = 1_000;
const CALLERS = 64;
const folded = { evolve: (deal, { data }) => evolve(deal, data), initialState: () => START };

/** A4: durable commands a second as emmett comes, a connection for each reading and each writing; one caller, as a second writer would find the file locked. */
export function emmettAsItComes(file, seconds) {
  const store = getSQLiteEventStore({ fileName: file, pool: { withConnection: (work) => onNewConnection(file, work) } });
  return callsASecond(1, seconds, commands(store));
}

/** A5: durable commands a second on one shared connection, where its callers queue. */
export async function emmettOnOneConnection(file, seconds) {
  const peer = openShared(file);
  try {
    const command = commands(peer.store);
    let turn = Promise.resolve();
    return await callsASecond(CALLERS, seconds, (caller) => {
      const mine = turn.then(() => command(caller));
      turn = mine.catch(() => undefined);
      return mine;
    });
  } finally {
    peer.close();
  }
}

/** A deal of so many events, read and folded: milliseconds. */
export async function emmettRehydrates(file, events) {
  const peer = openShared(file);
  try {
    await peer.store.appendToStream(
      'deal-long',
      Array.from({ length: events }, (_, id) => event(id)),
    );
    return await millisecondsOf(20, () => peer.store.aggregateStream('deal-long', folded));
  } finally {
    peer.close();
  }
}

/** How many bytes its file takes for the same events, a list for each stream, each list written by one append. */
export async function emmettBytes(file, streams) {
  const peer = openShared(file);
  try {
    for (const [stream, events] of streams)
      await peer.store.appendToStream(
        stream,
        events.map(({ type, data, meta }) => ({ type, data, metadata: meta })),
      );
  } finally {
    peer.close();
  }
  return statSync(file).size;
}

function commands(store) {
  const handle = CommandHandler(folded);
  let asked = 0;
  return async () => {
    await handle(store, `deal-${(asked += 1) % DEALS}`, (deal) => ({ type: 'StageChanged', data: decide(deal) }));
    return 1;
  };
}

function openShared(file) {
  const shared = connect(file);
  return {
    store: getSQLiteEventStore({ fileName: file, pool: { withConnection: (work) => work(shared) } }),
    close: () => shared.close(),
  };
}

async function onNewConnection(file, work) {
  const connection = connect(file);
  try {
    return await work(connection);
  } finally {
    connection.close();
  }
}

/** A connection as emmett wants it. Statements stay prepared, which favours the peer: its own driver prepares each anew. */
function connect(file) {
  const database = new DatabaseSync(file);
  database.exec('pragma journal_mode = wal; pragma synchronous = full');
  const prepared = new Map();
  const statement = (sql) => {
    const known = prepared.get(sql) ?? database.prepare(sql);
    prepared.set(sql, known);
    return known;
  };
  // As the driver `sqlite3` binds them: emmett hands it true, false and, for the partition, an object.
  const values = (params = []) =>
    params.map((value) =>
      typeof value === 'boolean' ? Number(value) : typeof value === 'object' && value ? String(value) : value,
    );
  let depth = 0;
  return {
    close: () => {
      database.exec('pragma wal_checkpoint(truncate)');
      database.close();
    },
    command: async (sql, params) => statement(sql).run(...values(params)),
    batchCommand: async (statements) => statements.forEach((sql) => database.exec(sql)),
    query: async (sql, params) => statement(sql).all(...values(params)),
    querySingle: async (sql, params) => statement(sql).get(...values(params)) ?? null,
    withTransaction: async (work) => {
      if ((depth += 1) === 1) database.exec('begin immediate');
      try {
        const result = await work();
        if (depth === 1) database.exec('commit');
        return result;
      } catch (error) {
        if (depth === 1) database.exec('rollback');
        throw error;
      } finally {
        depth -= 1;
      }
    },
  };
}
