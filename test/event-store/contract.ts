import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import {
  type AppendResult,
  type EventStore,
  type ExpectedRevision,
  type NewEvent,
  type OpenStore,
  type ProjectionChange,
  type ReadModels,
  type ReadOptions,
  type RecordedEvent,
  type StoredEvent,
} from '@coxswain/event-store';
import { followWhileWriting, type CheckedLog } from './misses-none.js';
import { blocksOf, collect, event, events, followed, ids, rowsOf, until } from './log.js';

/** By name, because a built adapter brings its own copy of the class. */
const UNAVAILABLE = { name: 'StoreUnavailable', help: expect.any(String) };

/** Where a store can promise less than the contract. Each stands with its reason in docs/reference/event-store.md, "Three stores". */
export interface Lesser {
  /** False where an id is unique in its stream only: nothing finds an id in the whole store at once. */
  readonly idsAcrossStreams?: boolean;
  /** False where appends to different streams that are under way at once may be written in any order. */
  readonly askedOrder?: boolean;
  /** False where the time is the server's own, which no test can set. */
  readonly givenClock?: boolean;
  /** How many events each of eight writers writes at once: 10,000 where not said. */
  readonly eventsOfWriter?: number;
}

/**
 * What every adapter must do. `open` gives an empty store with the given clock each time it is called; `beside` another opening of the
 * same one, as another process would have it, where a store takes several.
 */
export function storeContract(
  name: string,
  open: (now: () => Date) => Promise<OpenStore>,
  beside?: (store: EventStore) => Promise<OpenStore>,
  { idsAcrossStreams = true, askedOrder = true, givenClock = true, eventsOfWriter = 10_000 }: Lesser = {},
): void {
  describe(`${name}: the contract every store keeps`, () => {
    let clock: string;
    let opened: OpenStore;
    let store: EventStore;
    let readModels: ReadModels;
    const recorded = (): string => (givenClock ? clock : (expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/) as unknown as string));

    beforeEach(async () => {
      clock = '2026-03-02T09:00:00.000Z';
      opened = await open(() => new Date(clock));
      ({ store, readModels } = opened);
    });
    afterEach(() => opened.close());

    describe('append', () => {
      test('the first events of a stream get revisions from 0 and are answered with the last one', async () => {
        const result = await store.append('a', events('e1', 'e2'), 'no-stream');
        expect(result).toEqual({ outcome: 'appended', revision: 1, position: expect.any(String), repeated: false });
        expect((await collect(store.read('a'))).map(({ id, revision }) => [id, revision])).toEqual([
          ['e1', 0],
          ['e2', 1],
        ]);
      });

      test('an event comes back exactly as it was written', async () => {
        const data = { text: 'Zoë 🚣 "quoted" \0 \ud800', nothing: null, list: [1, 2.5, { deep: true }], __proto__x: 1 };
        await store.append('a', [{ id: 'e1', type: 'Noted', data, meta: { request: 'r1' } }], 'any');
        const { position } = await store.end();
        expect(await collect(store.read('a'))).toEqual([
          { position, stream: 'a', revision: 0, id: 'e1', type: 'Noted', recordedAt: recorded(), data, meta: { request: 'r1' } },
        ]);
      });

      test('changing the data after the append, or what was read, changes nothing stored', async () => {
        const data = { amount: 1 };
        await store.append('a', [{ id: 'e1', type: 'Noted', data }], 'any');
        data.amount = 2;
        const [read] = await collect(store.read('a'));
        Object.assign(read?.data ?? {}, { amount: 3 });
        expect((await collect(store.read('a')))[0]?.data).toEqual({ amount: 1 });
      });

      test.each<[string, number, ExpectedRevision, AppendResult | 'appended']>([
        ['any, on no stream', 0, 'any', 'appended'],
        ['any, on a stream', 2, 'any', 'appended'],
        ['no-stream, on no stream', 0, 'no-stream', 'appended'],
        ['no-stream, on a stream', 2, 'no-stream', conflict(1)],
        ['stream-exists, on no stream', 0, 'stream-exists', conflict(null)],
        ['stream-exists, on a stream', 2, 'stream-exists', 'appended'],
        ['the exact revision', 2, 1, 'appended'],
        ['an older revision', 2, 0, conflict(1)],
        ['a revision ahead', 2, 2, conflict(1)],
        ['a revision of no stream', 0, 0, conflict(null)],
      ])('expecting %s', async (_, standing, expected, answer) => {
        if (standing > 0) await store.append('a', numbered('before', standing), 'any');
        const result = await store.append('a', [event('e')], expected);
        expect(result.outcome === 'appended' ? 'appended' : result).toEqual(answer);
        expect(await collect(store.read('a'))).toHaveLength(standing + (answer === 'appended' ? 1 : 0));
      });

      test('the same ids again answer the first result, whatever is expected, and write nothing', async () => {
        const first = await store.append('a', events('e1', 'e2'), 'no-stream');
        await store.append('a', [event('e3')], 1);
        for (const expected of ['no-stream', 'any', 7] as const)
          expect(await store.append('a', events('e1', 'e2'), expected)).toEqual({ ...first, repeated: true });
        expect(ids(await collect(store.readAll()))).toEqual(['e1', 'e2', 'e3']);
      });

      test.each([
        ['some of the ids and a new one', 'a', ['e2', 'e9']],
        ['a part of an earlier append', 'a', ['e1']],
        ['the end of an earlier append', 'a', ['e2']],
        ['an earlier append and the next one', 'a', ['e1', 'e2', 'e3']],
        ['the ids in another order', 'a', ['e2', 'e1']],
        ...(idsAcrossStreams ? [['the ids in another stream', 'b', ['e1', 'e2']] as const] : []),
      ])('%s are a conflict about ids, and nothing is written', async (_, stream, again) => {
        await store.append('a', events('e1', 'e2'), 'any');
        await store.append('a', events('e3'), 'any');
        const actual = stream === 'a' ? 2 : null;
        expect(await store.append(stream, events(...again), 'any')).toEqual({ outcome: 'conflict', reason: 'ids', actual });
        expect(ids(await collect(store.readAll()))).toEqual(['e1', 'e2', 'e3']);
      });

      test('of fifty that expect the same revision at once, exactly one is written', async () => {
        const results = await Promise.all(numbered('e', 50).map((one) => store.append('a', [one], 'no-stream')));
        expect(results.filter((result) => result.outcome === 'appended')).toHaveLength(1);
        expect(results.filter((result) => result.outcome === 'conflict' && result.actual === 0)).toHaveLength(49);
        expect(await collect(store.read('a'))).toHaveLength(1);
      });

      test('the same append sent twice at once is stored once, and both hear the same place', async () => {
        const [one, two] = await Promise.all([store.append('a', events('e1'), 'any'), store.append('a', events('e1'), 'any')]);
        expect(one).toEqual({ outcome: 'appended', revision: 0, position: (await store.end()).position, repeated: false });
        expect(two).toEqual({ ...one, repeated: true });
      });

      test('appends are written in the order in which they were asked for', async () => {
        await Promise.all(numbered('e', 300).map((one, index) => store.append(`s${index % 7}`, [one], 'any')));
        const all = await collect(store.readAll());
        const orderIn = (stream: string | null) =>
          ids(all.filter((one) => stream === null || one.stream === stream)).map((id) => Number(id.slice(2)));
        const asked = range(0, 300);
        if (askedOrder) expect(orderIn(null)).toEqual(asked);
        for (let lane = 0; lane < 7; lane += 1) expect(orderIn(`s${lane}`)).toEqual(asked.filter((n) => n % 7 === lane));
        expect([...all].sort((x, y) => (x.position < y.position ? -1 : 1))).toEqual(all);
      });

      (givenClock ? test : test.skip)('the recorded time never falls, even when the clock does', async () => {
        await store.append('a', [event('e1')], 'any');
        clock = '2026-03-02T08:00:00.000Z';
        await store.append('a', [event('e2')], 'any');
        clock = '2026-03-02T10:00:00.000Z';
        await store.append('a', [event('e3')], 'any');
        expect((await collect(store.readAll())).map(({ recordedAt }) => recordedAt.slice(11, 13))).toEqual(['09', '09', '10']);
        expect((await store.end()).recordedAt).toBe('2026-03-02T10:00:00.000Z');
      });
    });

    describe('adopt', () => {
      const recorded = (stream: string, revision: number, id: string, recordedAt: string): RecordedEvent => ({
        stream,
        revision,
        id,
        type: 'Noted',
        recordedAt,
        data: { note: id },
        meta: { from: 'elsewhere' },
      });
      const EARLIER = '2025-06-01T10:00:00.000Z';
      const LATER = '2025-06-02T10:00:00.000Z';

      test('what another store recorded is here as it was there, and what comes after goes on from it', async () => {
        const first = [recorded('a', 0, 'e1', EARLIER), recorded('a', 1, 'e2', EARLIER)];
        const all = [first, [recorded('b', 0, 'e3', LATER)], [recorded('a', 2, 'e4', LATER)]];
        await store.adopt(all);
        const here = await collect(store.readAll());
        expect(here.map(({ position: _, ...event }) => event)).toEqual(all.flat());
        expect(await store.append('a', events('e5'), 2)).toMatchObject({ outcome: 'appended', revision: 3 });
        expect((await store.end()).recordedAt).toBe(clock);
        // The same append again, as it was made there.
        expect(await store.append('a', events('e1', 'e2'), 'any')).toMatchObject({
          outcome: 'appended',
          revision: 1,
          repeated: true,
        });
      });

      test.each<[string, readonly (readonly RecordedEvent[])[]]>([
        ['an event that does not continue its stream', [[recorded('a', 5, 'e2', LATER)]]],
        ['an event older than the last one here', [[recorded('a', 1, 'e2', '2024-01-01T00:00:00.000Z')]]],
        ['an event that is here already', [[recorded('a', 1, 'e1', LATER)]]],
        ['a good one and then a wrong one', [[recorded('b', 0, 'e2', LATER)], [recorded('b', 7, 'e3', LATER)]]],
        ['a list that was no single append', [[recorded('a', 1, 'e2', LATER), recorded('b', 0, 'e3', LATER)]]],
        ['an empty list', [[]]],
      ])('%s is refused, and nothing is written', async (_, appends) => {
        await store.adopt([[recorded('a', 0, 'e1', EARLIER)]]);
        await expect(store.adopt(appends)).rejects.toThrow(RangeError);
        expect(ids(await collect(store.readAll()))).toEqual(['e1']);
        expect((await store.append('a', events('e9'), 0)).outcome).toBe('appended');
      });
    });

    describe('limits', () => {
      test('exactly 1 MiB of data is taken; the text of two characters a byte over is not', async () => {
        expect(Buffer.byteLength(JSON.stringify(kilobytes(1024)))).toBe(1024 * 1024);
        expect((await store.append('a', [{ id: 'e1', type: 'Noted', data: kilobytes(1024) }], 'any')).outcome).toBe('appended');
        const two = ['e2', 'e3'].map((id) => ({ id, type: 'Noted', data: kilobytes(513) }));
        await expect(store.append('a', two, 'any')).rejects.toThrow(RangeError);
        expect(await collect(store.read('a'))).toHaveLength(1);
      });

      test.each<[string, string, readonly NewEvent[]]>([
        ['no events', 'a', []],
        ['no stream name', '', events('e')],
        ['a stream name of 201 characters', 'x'.repeat(201), events('e')],
        ['an empty id', 'a', events('')],
        ['an id of 201 characters', 'a', events('x'.repeat(201))],
        ['a type of 101 characters', 'a', [{ id: 'e', type: 'x'.repeat(101), data: {} }]],
        ['an id twice in one append', 'a', events('e', 'e')],
        ['a zero byte in a name', 'a\0b', events('e')],
      ])('%s is out of range', async (_, stream, list) => {
        await expect(store.append(stream, list, 'any')).rejects.toThrow(RangeError);
        expect(await store.end()).toEqual({ position: null, recordedAt: null });
      });

      test('a stream name and an id of 200 characters are taken', async () => {
        expect((await store.append('x'.repeat(200), events('y'.repeat(200)), 'any')).outcome).toBe('appended');
      });

      test.each([
        ['a cycle', cyclic()],
        ['a big integer', { amount: 1n }],
        ['a list', [1, 2]],
      ])('data that is no JSON object (%s) is refused and harms nobody else', async (_, data) => {
        const good = store.append('a', events('e1'), 'any');
        await expect(store.append('a', [{ id: 'e2', type: 'Noted', data }], 'any')).rejects.toThrow(TypeError);
        expect((await good).outcome).toBe('appended');
      });
    });

    describe('read', () => {
      beforeEach(async () => {
        for (let first = 0; first < 1200; first += 300)
          await store.append('long', numbered('long', 300, first), first === 0 ? 'no-stream' : first - 1);
        await store.append('short', events('s1', 's2'), 'any');
      });

      test('a stream that is not there is empty', async () => expect(await collect(store.read('none'))).toEqual([]));
      test('a long stream comes whole and in order', async () => expect(await revisionsOf(store, {})).toEqual(range(0, 1200)));
      test('from a revision on', async () => expect(await revisionsOf(store, { from: 1198 })).toEqual([1198, 1199]));
      test('from beyond the end', async () => expect(await revisionsOf(store, { from: 1200 })).toEqual([]));
      test('at most as many as asked', async () => expect(await revisionsOf(store, { from: 2, limit: 3 })).toEqual([2, 3, 4]));
      test('none when none are asked', async () => expect(await revisionsOf(store, { limit: 0 })).toEqual([]));
      test('backwards from the end', async () =>
        expect(await revisionsOf(store, { backwards: true, limit: 2 })).toEqual([1199, 1198]));
      test('backwards, whole', async () =>
        expect(await revisionsOf(store, { backwards: true })).toEqual(range(0, 1200).reverse()));
      test('backwards from a revision', async () =>
        expect(await revisionsOf(store, { backwards: true, from: 1 })).toEqual([1, 0]));
      test('a negative revision is refused', async () => expect(revisionsOf(store, { from: -1 })).rejects.toThrow(RangeError));

      test('the whole log, after a position, of one stream, up to a limit', async () => {
        const all = await collect(store.readAll());
        expect(all).toHaveLength(1202);
        const after = all[600]?.position;
        expect(await collect(store.readAll({ after }))).toEqual(all.slice(601));
        expect(await collect(store.readAll({ after, limit: 550 }))).toEqual(all.slice(601, 1151));
        expect(ids(await collect(store.readAll({ after, stream: 'short' })))).toEqual(['s1', 's2']);
        expect(ids(await collect(store.readAll({ after, stream: 'long', limit: 2 })))).toEqual(['long-601', 'long-602']);
        expect(await collect(store.readAll({ after: all.at(-1)?.position }))).toEqual([]);
      });

      test('reading the log ends where it ended when asked, though it grows meanwhile', async () => {
        let seen = 0;
        for await (const one of store.readAll()) {
          seen += 1;
          if (seen % 400 === 0) await store.append('short', [event(`more-${one.id}`)], 'any');
        }
        expect(seen).toBe(1202);
      });

      test('text that is no position is refused', () => {
        expect(() => store.readAll({ after: 'yesterday' })).toThrow(RangeError);
        expect(() => store.follow({ after: 'yesterday' })).toThrow(RangeError);
      });
    });

    describe('follow', () => {
      test('from the beginning: what is there, then what comes, each once and in order', async () => {
        await store.append('a', numbered('old', 5), 'any');
        const follower = followed(store.follow({ batch: 2 }));
        await until(() => follower.seen.length === 5);
        await Promise.all(numbered('new', 20).map((one) => store.append('b', [one], 'any')));
        await until(() => follower.seen.length === 25);
        expect(follower.seen).toEqual(await collect(store.readAll()));
        expect(Math.max(...follower.batches)).toBe(2);
        follower.stop();
      });

      test('from every position: exactly the rest', async () => {
        await store.append('a', numbered('e', 6), 'any');
        const all = await collect(store.readAll());
        for (const [index, { position }] of all.entries()) {
          const follower = followed(store.follow({ after: position }));
          const extra = `x${index}`;
          await store.append('a', [event(extra)], 'any');
          await until(() => follower.seen.at(-1)?.id === extra);
          expect(follower.seen).toEqual(await collect(store.readAll({ after: position })));
          follower.stop();
        }
      });

      test('no gap and no repetition while many write during the catch-up', async () => {
        await store.append('a', numbered('old', 900), 'any');
        const follower = followed(store.follow({ batch: 10 }));
        for (let round = 0; round < 30; round += 1)
          await Promise.all(numbered(`r${round}`, 10).map((one) => store.append(`s${round}`, [one], 'any')));
        await until(() => follower.seen.length >= 1200);
        expect(follower.seen).toEqual(await collect(store.readAll()));
        follower.stop();
      });

      test('a lone event is not missed, whenever it comes while the follower starts', async () => {
        for (let turns = 0; turns < 12; turns += 1) {
          const follower = followed(store.follow({ after: (await store.end()).position ?? undefined }));
          for (let turn = 0; turn < turns; turn += 1) await new Promise((resolve) => setImmediate(resolve));
          await store.append('a', [event(`lone-${turns}`)], 'any');
          await until(() => follower.seen.length === 1);
          follower.stop();
        }
      });

      test('of eight writers that write thousands of events each at once, a follower misses none, sees none twice and all in order', async () => {
        const others = beside ? await Promise.all(Array.from({ length: 7 }, () => beside(store))) : [];
        const checked = (one: EventStore): CheckedLog => ({
          append: (stream, id) => one.append(stream, [event(id)], 'any'),
          follow: () => one.follow(),
        });
        const writers = Array.from({ length: 8 }, (_, n) => checked(n === 0 ? store : (others[n - 1]?.store ?? store)));
        expect(await followWhileWriting(writers, checked(store), { events: eventsOfWriter })).toEqual({
          missed: 0,
          doubled: 0,
          outOfOrder: 0,
        });
        await Promise.all(others.map((other) => other.close()));
      }, 60_000);

      test('several followers see the same', async () => {
        const followers = [followed(store.follow()), followed(store.follow({ batch: 1 }))];
        await store.append('a', numbered('e', 30), 'any');
        for (const follower of followers) {
          await until(() => follower.seen.length === 30);
          expect(ids(follower.seen)).toEqual(numbered('e', 30).map(({ id }) => id));
          follower.stop();
        }
      });

      test('after unsubscribing nothing comes any more, not even the rest of the catch-up', async () => {
        await store.append('a', numbered('e', 10), 'any');
        const batches: (readonly StoredEvent[])[] = [];
        const subscription = store.follow({ batch: 3 }).subscribe((batch) => {
          batches.push(batch);
          subscription.unsubscribe();
        });
        await until(() => batches.length > 0);
        await store.append('a', [event('late')], 'any');
        expect(batches).toHaveLength(1);
        expect(batches[0]!.length).toBeLessThanOrEqual(3);
      });

      test('closing the store ends a follower with an error that says so', async () => {
        const follower = followed(store.follow());
        await store.append('a', [event('e')], 'any');
        await until(() => follower.seen.length === 1);
        await opened.close();
        await until(() => follower.error !== null);
        expect(follower.error).toMatchObject(UNAVAILABLE);
      });
    });

    describe('end, probe and close', () => {
      test('the end is the place of the last event', async () => {
        expect(await store.end()).toEqual({ position: null, recordedAt: null });
        const result = await store.append('a', events('e1', 'e2'), 'any');
        expect(await store.end()).toEqual({ position: result.outcome === 'appended' && result.position, recordedAt: recorded() });
      });

      test('a probe leaves no event behind', async () => {
        await Promise.all([store.probe(), store.probe()]);
        await store.probe();
        expect((await store.end()).position).toBeNull();
      });

      test('closing lets running appends finish, refuses new work, and may be done twice', async () => {
        const running = numbered('e', 20).map((one) => store.append('a', [one], 'any'));
        const closing = opened.close();
        expect((await Promise.all(running)).every(({ outcome }) => outcome === 'appended')).toBe(true);
        await closing;
        await store.close();
        await expect(store.append('a', [event('late')], 'any')).rejects.toMatchObject(UNAVAILABLE);
        await expect(store.end()).rejects.toMatchObject(UNAVAILABLE);
        await expect(store.probe()).rejects.toMatchObject(UNAVAILABLE);
        await expect(collect(store.read('a'))).rejects.toMatchObject(UNAVAILABLE);
      });
    });

    describe('read models', () => {
      test('nothing is kept before the first commit', async () => {
        expect(await readModels.load('deals', '1')).toBeNull();
        expect(await readModels.list()).toEqual([]);
      });

      test('rows are added, replaced and deleted, together with the checkpoint', async () => {
        await readModels.commit([change('deals', 10, { a: { n: 1 }, b: [2], c: 'three' })]);
        await readModels.commit([change('deals', 11, { a: { n: 4 }, c: null })]);
        const kept = await readModels.load('deals', '1');
        expect(kept?.position).toBe(position(11));
        expect(await rowsOf(kept)).toEqual({ a: { n: 4 }, b: [2] });
      });

      test('a commit without rows moves the checkpoint', async () => {
        await readModels.commit([change('deals', 10, {})]);
        expect((await readModels.load('deals', '1'))?.position).toBe(position(10));
      });

      test('several projections are written in one commit, or none of them', async () => {
        await readModels.commit([change('deals', 10, { a: 1 }), change('sources', 10, { web: 2 })]);
        await expect(
          readModels.commit([change('deals', 20, { a: 9 }), change('sources', 20, { web: cyclic() })]),
        ).rejects.toThrow(TypeError);
        expect(await readModels.list()).toEqual([
          { projection: 'deals', shape: '1', position: position(10), rows: 1, blocks: 0 },
          { projection: 'sources', shape: '1', position: position(10), rows: 1, blocks: 0 },
        ]);
        expect(await rowsOf(await readModels.load('deals', '1'))).toEqual({ a: 1 });
      });

      test('rows of another shape are never read, and go with the first commit of the new shape', async () => {
        await readModels.commit([change('deals', 10, { a: 1, b: 2 })]);
        expect(await readModels.load('deals', '2')).toBeNull();
        await readModels.commit([change('deals', 5, { c: 3 }, '2')]);
        expect(await readModels.load('deals', '1')).toBeNull();
        expect(await rowsOf(await readModels.load('deals', '2'))).toEqual({ c: 3 });
      });

      test('what is forgotten is gone, and only that', async () => {
        await readModels.commit([change('deals', 10, { a: 1 }), change('sources', 10, { web: 2 })]);
        await readModels.forget('deals');
        expect(await readModels.load('deals', '1')).toBeNull();
        expect((await readModels.list()).map(({ projection }) => projection)).toEqual(['sources']);
      });

      test.each(['', 'a\0b', 'x'.repeat(1001)])(
        'a row key that could not be told apart or found again is refused',
        async (key) => {
          await expect(readModels.commit([change('deals', 10, { [key]: 1 })])).rejects.toThrow(RangeError);
        },
      );

      test('thousands of rows come back', async () => {
        const many = Object.fromEntries(range(0, 2500).map((n) => [`deal-${n}`, { n }]));
        await readModels.commit([change('deals', 10, many)]);
        expect(await rowsOf(await readModels.load('deals', '1'))).toEqual(many);
      });

      test('blocks of bytes are added and replaced, come back in order of their numbers, and go with the rest', async () => {
        const blocks = (...some: [number, number[]][]): { blocks: Map<number, Uint8Array> } => ({
          blocks: new Map(some.map(([number, bytes]) => [number, Uint8Array.from(bytes)])),
        });
        await readModels.commit([{ ...change('deals', 10, { a: 1 }), ...blocks([10, [7]], [2, [0, 255]]) }]);
        await readModels.commit([{ ...change('deals', 11, {}), ...blocks([10, [8, 9]], [11, []]) }]);
        expect(await blocksOf(await readModels.load('deals', '1'))).toEqual([[0, 255], [8, 9], []]);
        expect(await readModels.list()).toEqual([
          { projection: 'deals', shape: '1', position: position(11), rows: 1, blocks: 3 },
        ]);
        await readModels.commit([{ ...change('deals', 12, {}, '2'), ...blocks([0, [1]]) }]);
        expect(await blocksOf(await readModels.load('deals', '2'))).toEqual([[1]]);
        await readModels.forget('deals');
        expect(await readModels.load('deals', '2')).toBeNull();
      });

      test('a commit that replaces leaves nothing of what was kept before', async () => {
        await readModels.commit([{ ...change('deals', 10, { a: 1, b: 2 }), blocks: new Map([[0, Uint8Array.of(1)]]) }]);
        await readModels.commit([{ ...change('deals', 9, { c: 3 }), blocks: new Map([[1, Uint8Array.of(2)]]), replaces: true }]);
        const kept = await readModels.load('deals', '1');
        expect(kept?.position).toBe(position(9));
        expect([await rowsOf(kept), await blocksOf(kept)]).toEqual([{ c: 3 }, [[2]]]);
      });

      test('a block beyond the limits is refused', async () => {
        const block = (number: number, bytes: number): Promise<void> =>
          readModels.commit([{ ...change('deals', 10, {}), blocks: new Map([[number, new Uint8Array(bytes)]]) }]);
        await expect(block(-1, 1)).rejects.toThrow(RangeError);
        await expect(block(0, 16 * 1024 * 1024 + 1)).rejects.toThrow(RangeError);
      });

      test('rows that moved on since they were loaded are refused, not mixed', async () => {
        await readModels.commit([change('deals', 10, { a: 1 })]);
        const kept = await readModels.load('deals', '1');
        await readModels.commit([change('deals', 11, { a: 2 })]);
        await expect(rowsOf(kept)).rejects.toMatchObject(UNAVAILABLE);
        await expect(blocksOf(kept)).rejects.toMatchObject(UNAVAILABLE);
      });
    });
  });
}

function numbered(prefix: string, count: number, first = 0): NewEvent[] {
  return range(first, first + count).map((n) => event(`${prefix}-${n}`));
}

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from }, (_, index) => from + index);
}

function cyclic(): object {
  const self: { self?: object } = {};
  self.self = self;
  return self;
}

/** An object whose JSON has exactly so many kilobytes. */
function kilobytes(count: number): object {
  return { text: 'x'.repeat(count * 1024 - 11) };
}

function conflict(actual: number | null): AppendResult {
  return { outcome: 'conflict', reason: 'revision', actual };
}

async function revisionsOf(store: EventStore, options: ReadOptions): Promise<number[]> {
  return (await collect(store.read('long', options))).map(({ revision }) => revision);
}

function position(place: number): string {
  return `00000000000000${place}`;
}

function change(projection: string, place: number, rows: Record<string, unknown>, shape = '1'): ProjectionChange {
  return { projection, shape, position: position(place), rows: new Map(Object.entries(rows)) };
}
