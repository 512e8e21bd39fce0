import {
  copyLog,
  openEventStoreDb,
  openMemoryStore,
  openPostgresStore,
  openSqliteStore,
  type EventStore,
  type NewEvent,
  type OpenStore,
} from '@coxswain/event-store';
import { afterEach, expect, test } from '@jest/globals';
import { join } from 'node:path';
import { startEventStoreDb } from '../support/eventstoredb.js';
import { startPostgres } from '../support/postgres.js';
import { temporaryFolder } from './folder.js';
import { collect, event, events } from './log.js';

const server = await startPostgres();
const standIn = await startEventStoreDb();
const opened: OpenStore[] = [];
afterEach(async () => {
  for (const { close } of opened.splice(0)) await close();
});
const keep = (store: OpenStore): EventStore => {
  opened.push(store);
  return store.store;
};

const KINDS: Readonly<Record<string, (now?: () => Date) => Promise<EventStore>>> = {
  memory: async (now) => keep(openMemoryStore(now && { now })),
  sqlite: async (now) => keep(await openSqliteStore(join(temporaryFolder(), 'log.db'), { ...(now && { now }) })),
  eventstoredb: async (now) => {
    standIn.forget();
    standIn.now = now ?? (() => new Date());
    return keep(await openEventStoreDb(standIn.uri(), { keeping: openMemoryStore() }));
  },
  ...(server && { postgres: async (now?: () => Date) => keep(await openPostgresStore(server.uri(), { ...(now && { now }) })) }),
};
const kinds = Object.keys(KINDS);

/** A log of three streams over some days, with appends of one event and of several. */
async function given(kind: string): Promise<EventStore> {
  let day = 1;
  const store = await KINDS[kind]!(() => new Date(Date.UTC(2025, 0, day, 9)));
  for (; day <= 300; day += 1)
    await Promise.all(
      ['a', 'b', 'c'].map((stream) => store.append(stream, numbered(`${stream}-${day}`, day % 4 === 0 ? 3 : 1), 'any')),
    );
  return store;
}

const numbered = (prefix: string, count: number): NewEvent[] => Array.from({ length: count }, (_, n) => event(`${prefix}-${n}`));
const content = async (store: EventStore): Promise<unknown[]> =>
  (await collect(store.readAll())).map(({ position: _, ...rest }) => rest);

// The stand-in is one server: it cannot be both.
const pairs = kinds
  .flatMap((from) => kinds.map((to) => [from, to] as const))
  .filter(([from, to]) => from !== to || from !== 'eventstoredb');
test.each(pairs)(
  'from %s to %s: the copy holds the same events with the same times, and goes on as the original would',
  async (from, to) => {
    const original = await given(from);
    const copy = await KINDS[to]!();
    const before = await content(original);
    expect(await copyLog(original, copy)).toEqual({ events: before.length, alreadyThere: 0 });
    expect(await content(copy)).toEqual(before);
    expect(await copy.append('a', numbered('a-4', 3), 'any')).toMatchObject({ outcome: 'appended', repeated: true });
    expect((await copy.append('a', events('new'), 'stream-exists')).outcome).toBe('appended');
  },
);

test('a copy that was interrupted goes on where it stopped, and takes what was written since', async () => {
  const original = await given('sqlite');
  const copy = await KINDS['memory']!();
  let portions = 0;
  const breaking: EventStore = new Proxy(copy, {
    get: (store, name: keyof EventStore) =>
      name === 'adopt'
        ? (appends: Parameters<EventStore['adopt']>[0]) =>
            (portions += 1) > 1 ? Promise.reject(new Error('the plug was pulled')) : store.adopt(appends)
        : typeof store[name] === 'function'
          ? (store[name] as (...args: unknown[]) => unknown).bind(store)
          : store[name],
  });
  await expect(copyLog(original, breaking)).rejects.toThrow('the plug was pulled');
  const there = (await content(copy)).length;
  expect(there).toBeGreaterThan(0);
  await original.append('d', events('late'), 'no-stream');
  expect(await copyLog(original, copy)).toEqual({ events: (await content(original)).length, alreadyThere: there });
  expect(await content(copy)).toEqual(await content(original));
});

test('a store with something else in it is refused, and left as it is', async () => {
  const original = await given('memory');
  const other = await KINDS['memory']!();
  await other.append('x', events('theirs'), 'any');
  await expect(copyLog(original, other)).rejects.toThrow('memory: is no copy of memory:: they differ at revision 0 of x');
  expect(await content(other)).toHaveLength(1);
});

test('a store that has gone on by itself is refused', async () => {
  const original = await given('memory');
  const copy = await KINDS['memory']!();
  await copyLog(original, copy);
  await copy.append('a', events('own'), 'any');
  await expect(copyLog(original, copy)).rejects.toMatchObject({ name: 'StoreUnavailable' });
});
