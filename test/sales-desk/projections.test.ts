import { afterEach, describe, expect, test } from '@jest/globals';
import type { EventStore, NewEvent, ReadModels, StoredEvent } from '@coxswain/event-store';
import { BLOCK_ENTRIES } from '@coxswain/projections';
import { DealsView, SalesDesk } from '@coxswain/sales-desk';
import { EMPTY, filter, map, merge, Observable, Subject, takeUntil, throwError } from 'rxjs';
import { toldOf } from '../projections/given.js';
import { done, givenDesk, newBusinessFile, operations, type GivenDesk } from './given-desk.js';

let desks: SalesDesk[] = [];
afterEach(async () => {
  await Promise.all(desks.map((desk) => desk.close()));
  desks = [];
});

const capture = (desk: SalesDesk, id: string) => done(desk, null, { type: 'Capture', id, process: 'new-business' });

/** A store with the records of so many deals, of two entries each (the capture and its time limit), written behind the desk's back. */
async function givenDeals(count: number): Promise<GivenDesk> {
  const given = await givenDesk();
  await capture(given.desk, 'first');
  const pattern: StoredEvent[] = [];
  for await (const event of given.desk.events('first')) pattern.push(event);
  for (let deal = 1; deal < count; deal++) {
    const events = pattern.map(({ type, data }, index): NewEvent => ({ id: `d${deal}-${index}`, type, data }));
    await given.store.append(`opportunity-d${deal}`, events, 'no-stream');
  }
  await given.desk.caughtUp((await given.store.end()).position!, 10_000);
  return given;
}

/** Another desk over the same store, as after a restart. */
async function again(
  { store, readModels, clock }: GivenDesk,
  over: EventStore = store,
): Promise<{ desk: SalesDesk; said: string[] }> {
  const said: string[] = [];
  const desk = await SalesDesk.open({ store: over, readModels, now: () => clock.now, log: ({ message }) => said.push(message) });
  desks.push(desk);
  return { desk, said };
}

const positionsOf = (desk: SalesDesk) =>
  desk.projections().then(({ projections }) => Object.fromEntries(projections.map(({ name, position }) => [name, position])));

describe('the blocks of the deals', () => {
  test('are kept when they are full; after a crash only what came after them is folded again', async () => {
    // 4,100 deals are 8,200 entries: one block of 8,192 and 8 more.
    const given = await givenDeals(4_100);
    await expectKept(given, 1);
    const kept = (await given.readModels.load('deals', '2'))!;
    const followed: (string | undefined)[] = [];
    const watched = Object.create(given.store, {
      follow: {
        value: (options: { after?: string }) => {
          followed.push(options.after);
          return given.store.follow(options);
        },
      },
    }) as EventStore;
    const { desk, said } = await again(given, watched);
    expect(followed).toEqual([kept.position]);
    expect(desk.board({ limit: 500 })).toEqual(given.desk.board({ limit: 500 }));
    expect(said).toEqual([]);
    await given.desk.close();
  });

  test('are read back whole after a stop, and nothing is folded again', async () => {
    const given = await givenDeals(20);
    await given.desk.close();
    const view = new DealsView(given.store);
    const kept = (await given.readModels.load('deals', view.shape))!;
    expect((await view.load(kept))?.position).toBe((await given.store.end()).position);
    expect(view.size).toBe(40);
    // What is kept is the same whether it was made in one go or after a restart.
    const { desk } = await again(given);
    await capture(desk, 'later');
    await desk.close();
    const after = new DealsView(given.store);
    await after.load((await given.readModels.load('deals', view.shape))!);
    const anew = new DealsView(given.store);
    for await (const event of given.store.readAll()) anew.fold(event);
    expect(toldOf(after.columns)).toEqual(toldOf(anew.columns));
  });

  test('that are damaged, or of another log, are told and made again from the log', async () => {
    const given = await givenDeals(4_100);
    await given.desk.close();
    const { position } = (await given.readModels.load('deals', '2'))!;
    const blocks: Uint8Array[] = [];
    for await (const block of (await given.readModels.load('deals', '2'))!.blocks()) blocks.push(block);
    expect(blocks).toHaveLength(2);
    const keep = (...kept: Uint8Array[]): Promise<void> =>
      given.readModels.commit([
        { projection: 'deals', shape: '2', position, rows: new Map(), blocks: new Map(kept.entries()), replaces: true },
      ]);
    const turned = blocks[1]!.slice();
    turned[turned.length - 9]! ^= 1;
    for (const [kept, why] of [
      [[blocks[0]!, turned], 'block 1 is damaged'],
      [[turned, blocks[1]!], 'block 0 is damaged'],
      [[blocks[1]!], 'block 0 does not follow the one before it'],
    ] as const) {
      await keep(...kept);
      const { desk, said } = await again(given);
      expect(said).toEqual([`the kept figures of the deals cannot be used (${why}); they are made again from the log`]);
      expect((await desk.projections()).projections.find(({ name }) => name === 'deals')).toMatchObject({
        size: 8_200,
        failed: null,
      });
      await desk.close();
    }
    await keep(...blocks);
    const other = await givenDeals(3);
    const { desk, said } = await again({ ...other, readModels: given.readModels });
    expect(said).toContain(
      'the kept figures of the deals cannot be used (they were made from another log); they are made again from the log',
    );
    expect(desk.board({}).items.map(({ id }) => id)).toEqual(['d1', 'd2', 'first']);
    await other.desk.close();
  });
});

describe('what is kept', () => {
  test('of an unfinished block goes on after its last entry, also when other figures were kept after it', async () => {
    const given = await givenDeals(20);
    await given.desk.close();
    const { desk } = await again(given);
    // Another process is published: its figures are kept, those of the deals are not.
    await desk.publish(newBusinessFile.replace('process: new-business', 'process: other'), 'yaml', operations);
    await until(async () => (await given.readModels.list()).find(({ projection }) => projection === 'processes')!.rows === 3);
    const { desk: after, said } = await again(given);
    expect(said).toEqual([]);
    expect(after.board({ limit: 500 })).toEqual(desk.board({ limit: 500 }));
    expect((await after.readiness()).ready).toBe(true);
  });

  test('of another log is not read, whichever figures they are', async () => {
    const given = await givenDeals(3);
    await given.desk.close();
    const other = await givenDesk();
    await other.desk.close();
    // The other log is shorter, as one restored from an older backup.
    const { desk, said } = await again({ ...other, readModels: given.readModels });
    expect(said.sort()).toEqual(
      ['back-tests', 'deals', 'migrations', 'openings', 'plans', 'processes', 'shadows'].map(
        (name) =>
          `the kept figures of the ${name} cannot be used (they were made from another log); they are made again from the log`,
      ),
    );
    expect(desk.processes()).toHaveLength(1);
    expect(desk.board({}).items).toEqual([]);
  });

  test('by an earlier release and known no more is forgotten', async () => {
    const given = await givenDesk();
    await given.desk.close();
    await given.readModels.commit([{ projection: 'board', shape: '1', position: '1', rows: new Map([['a', {}]]) }]);
    await again(given);
    expect((await given.readModels.list()).map(({ projection }) => projection)).not.toContain('board');
  });

  test('moves on while somebody reads it: then it is read again', async () => {
    const given = await givenDeals(20);
    await given.desk.close();
    let loads = 0;
    const load: ReadModels['load'] = async (projection, shape) => {
      const kept = await given.readModels.load(projection, shape);
      if (projection === 'deals' && ++loads === 1) {
        const blocks = async function* (): AsyncGenerator<Uint8Array> {
          await Promise.reject(new Error('moved on'));
          yield new Uint8Array();
        };
        return { ...kept!, blocks };
      }
      return kept;
    };
    const readModels = Object.create(given.readModels, { load: { value: load } }) as ReadModels;
    const { desk } = await again({ ...given, readModels });
    expect([loads, desk.board({ limit: 500 }).items.length]).toEqual([2, 20]);
  });
});

describe('following', () => {
  test('that breaks off is taken up again where it stopped, and until then the desk is not ready', async () => {
    const given = await givenDesk();
    await capture(given.desk, 'a');
    const broken = new Subject<void>();
    let follows = 0;
    const follow: EventStore['follow'] = (options) => {
      follows += 1;
      if (follows === 2) return throwError(() => new Error('the connection is gone'));
      const log = given.store.follow(options);
      return follows === 1
        ? merge(
            log.pipe(takeUntil(broken)),
            broken.pipe(
              map(() => {
                throw new Error('the connection is gone');
              }),
            ),
          )
        : log;
    };
    const { desk, said } = await again(given, Object.create(given.store, { follow: { value: follow } }) as EventStore);
    broken.next();
    await capture(given.desk, 'b');
    expect(await desk.readiness()).toMatchObject({ ready: false, notFollowing: 'the connection is gone' });
    await until(async () => desk.board({}).items.length === 2);
    expect(await desk.readiness()).toMatchObject({ ready: true, notFollowing: null });
    expect([follows, said]).toEqual([3, ['the log stopped', 'the log stopped']]);
    await given.desk.close();
  });
});

describe('a rebuild', () => {
  test('goes on beside the old figures, which answer and follow until it takes their place', async () => {
    const given = await givenDesk();
    for (const id of ['a', 'b', 'c']) await capture(given.desk, id);
    const { store, pause, go } = paused(given.store);
    const { desk } = await again(given, store);
    pause();
    const rebuilding = desk.rebuild('deals');
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect((await desk.projections()).projections.find(({ name }) => name === 'deals')).toMatchObject({ rebuilding: '' });
    await expect(desk.rebuild('deals')).rejects.toThrow('the projection "deals" is being rebuilt already');
    const { position } = await capture(desk, 'd');
    await desk.caughtUp(position, 1_000);
    expect(desk.board({}).items.map(({ id }) => id)).toEqual(['a', 'b', 'c', 'd']);
    go();
    expect(await rebuilding).toEqual(['deals']);
    expect(desk.board({}).items.map(({ id }) => id)).toEqual(['a', 'b', 'c', 'd']);
    const { position: last } = await capture(desk, 'e');
    await desk.caughtUp(last, 1_000);
    expect(desk.board({}).items.map(({ id }) => id)).toEqual(['a', 'b', 'c', 'd', 'e']);
    expect((await positionsOf(desk))['deals']).toBe(last);
    await given.desk.close();
  });

  test('that meets an event it cannot fold leaves the old figures as they were, and says where', async () => {
    const given = await givenDesk();
    await capture(given.desk, 'a');
    const before = given.desk.board({});
    const broken: StoredEvent[] = [];
    for await (const event of given.store.readAll())
      broken.push(event.type === 'OpportunityCaptured' ? { ...event, type: 'Guessed' } : event);
    const { desk } = await again(
      given,
      Object.create(given.store, { follow: { value: once(given.store, broken) } }) as EventStore,
    );
    await expect(desk.rebuild('deals')).rejects.toThrow('the deals could not be rebuilt: stopped at');
    expect(desk.board({})).toEqual(before);
    await given.desk.close();
  });

  test('leaves nothing of what was kept before, also when something else was being kept at the switch', async () => {
    const given = await givenDesk();
    await given.desk.close();
    let hold: Promise<void> | null = null;
    let release = (): void => undefined;
    let held = false;
    const commit: ReadModels['commit'] = async (changes) => {
      if (hold) {
        held = true;
        await hold;
      }
      return given.readModels.commit(changes);
    };
    const readModels = Object.create(given.readModels, { commit: { value: commit } }) as ReadModels;
    const { desk } = await again({ ...given, readModels });
    const kept = (await given.readModels.list()).find(({ projection }) => projection === 'processes')!;
    await given.readModels.commit([{ ...kept, rows: new Map([['ghost', []]]), blocks: new Map() }]);
    hold = new Promise((resolve) => (release = resolve));
    await desk.publish(newBusinessFile.replace('process: new-business', 'process: other'), 'yaml', operations);
    await until(() => Promise.resolve(held));
    const rebuilding = desk.rebuild();
    await new Promise((resolve) => setTimeout(resolve, 50));
    hold = null;
    release();
    await rebuilding;
    const rows: string[] = [];
    for await (const { key } of (await given.readModels.load('processes', '2'))!.rows()) rows.push(key);
    expect(rows).toEqual(['new-business', 'other', '~']);
  });

  test('of everything by a desk that leads leaves nothing of what was kept before', async () => {
    const given = await givenDesk();
    await capture(given.desk, 'a');
    await given.readModels.commit([
      { projection: 'openings', shape: '1', position: '0', rows: new Map([['ghost', { deal: 'ghost' }]]) },
    ]);
    expect(await given.desk.rebuild()).toEqual([
      'processes',
      'openings',
      'plans',
      'migrations',
      'back-tests',
      'shadows',
      'deals',
    ]);
    // One row more than there are says by which event they are bound to the log.
    expect(await given.readModels.list()).toMatchObject([
      { projection: 'back-tests', rows: 1 },
      { projection: 'deals', rows: 0, blocks: 1 },
      { projection: 'migrations', rows: 1 },
      { projection: 'openings', rows: 1 },
      { projection: 'plans', rows: 1 },
      { projection: 'processes', rows: 2 },
      { projection: 'shadows', rows: 1 },
    ]);
    await given.desk.close();
  });
});

async function until(holds: () => Promise<boolean>): Promise<void> {
  for (let tried = 0; tried < 300; tried++) {
    if (await holds()) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error('waited in vain');
}

async function expectKept({ readModels }: GivenDesk, blocks: number): Promise<void> {
  for (let tried = 0; tried < 100; tried++) {
    if ((await readModels.list()).find(({ projection }) => projection === 'deals')?.blocks === blocks) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error(`there were never ${blocks} blocks of ${BLOCK_ENTRIES} entries`);
}

/** The first follower, the desk itself, sees the log; each later one what it is given here. */
function once(store: EventStore, later: readonly StoredEvent[]): EventStore['follow'] {
  let first = true;
  return (options) => {
    if (!first) return new Observable((subscriber) => subscriber.next(later));
    first = false;
    return store.follow(options);
  };
}

/** A store whose next followers see nothing until they may. */
function paused(over: EventStore): { readonly store: EventStore; readonly pause: () => void; readonly go: () => void } {
  let gate: Promise<void> | null = null;
  let open = (): void => undefined;
  const follow: EventStore['follow'] = (options) => {
    const waitFor = gate;
    if (!waitFor) return over.follow(options);
    return new Observable((subscriber) => {
      let inner = EMPTY.subscribe();
      void waitFor.then(() => (inner = over.follow(options).subscribe(subscriber)));
      return () => inner.unsubscribe();
    });
  };
  return {
    store: Object.create(over, { follow: { value: follow } }) as EventStore,
    pause: () => void (gate = new Promise((resolve) => (open = resolve))),
    go: () => open(),
  };
}

describe('a question about the past', () => {
  test('asked again has the same answer, also after more was recorded; one about now has not', async () => {
    const given = await givenDesk();
    await capture(given.desk, 'a');
    given.at('2026-03-03T09:00:00.000Z');
    const { position } = await capture(given.desk, 'b');
    await given.desk.caughtUp(position, 1_000);
    const ask = (asOf: string): number => given.desk.measure('pipeline', { process: 'new-business', asOf }).deals;
    expect([ask('2026-03-02T12:00:00.000Z'), ask('2026-03-03T09:00:00.000Z')]).toEqual([1, 2]);
    // In the very instant of the last event more may still be recorded, so that answer is not kept.
    const { position: same } = await capture(given.desk, 'c');
    await given.desk.caughtUp(same, 1_000);
    expect([ask('2026-03-02T12:00:00.000Z'), ask('2026-03-03T09:00:00.000Z')]).toEqual([1, 3]);
    await given.desk.close();
  });
});

test('figures that fall behind the log by more than five seconds are told, once a minute', async () => {
  const given = await givenDesk();
  await capture(given.desk, 'a');
  let held = false;
  const follow: EventStore['follow'] = (options) => given.store.follow(options).pipe(filter(() => !held));
  const { desk, said } = await again(given, Object.create(given.store, { follow: { value: follow } }) as EventStore);
  held = true;
  const hear = async (): Promise<number> => {
    await new Promise((resolve) => setTimeout(resolve, 40));
    return said.filter((message) => message === 'the figures are behind the log').length;
  };
  desk.startScheduler(5);
  given.at('2026-03-02T09:00:05.000Z');
  await capture(given.desk, 'b');
  expect(await hear()).toBe(0);
  given.at('2026-03-02T09:00:10.000Z');
  expect(await hear()).toBe(0);
  given.at('2026-03-02T09:00:11.000Z');
  expect(await hear()).toBe(1);
  given.at('2026-03-02T09:01:10.000Z');
  expect(await hear()).toBe(1);
  given.at('2026-03-02T09:01:11.000Z');
  expect(await hear()).toBe(2);
  await given.desk.close();
});
