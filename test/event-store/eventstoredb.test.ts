import { EventStoreDBClient, jsonEvent } from '@eventstore/db-client';
import { status } from '@grpc/grpc-js';
import { afterEach, describe, expect, test } from '@jest/globals';
import {
  openEventStoreDb,
  openMemoryStore,
  openStore,
  type EventStoreDbOptions,
  type OpenStore,
  type StoreUnavailable,
} from '@coxswain/event-store';
import { writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { firstValueFrom } from 'rxjs';
import { selfSigned } from '../support/certificate.js';
import { startEventStoreDb, type StandIn, type Trouble } from '../support/eventstoredb.js';
import { temporaryFolder } from './folder.js';
import { collect, event, events, followed, ids, until } from './log.js';
import { followWhileWriting, type CheckedLog } from './misses-none.js';

/** The very module that the client prints with. */
const debug = createRequire(createRequire(import.meta.url).resolve('@eventstore/db-client'))('debug') as {
  log: unknown;
  enable(names: string): void;
  disable(): void;
};

const server = await startEventStoreDb();
const certificate = selfSigned();
const secured = await startEventStoreDb(certificate);
const authority = join(temporaryFolder(), 'authority.pem');
writeFileSync(authority, certificate.cert);

const PATIENCE = { answerMs: 400, silenceMs: 400, pausesMs: [10, 20, 50, 100, 200] };
const opened: OpenStore[] = [];

async function open(uri = server.uri(), options: Partial<EventStoreDbOptions> = {}): Promise<OpenStore> {
  const one = await openEventStoreDb(uri, { keeping: openMemoryStore(), patience: PATIENCE, ...options });
  opened.push(one);
  return one;
}

afterEach(async () => {
  for (const one of [server, secured]) {
    one.trouble = () => null;
    one.now = () => new Date();
    one.stall(false);
  }
  for (const one of opened.splice(0)) await one.close();
});

/** The next calls of a kind meet with this, one after the other; then all is well. */
function troubles(of: StandIn, kind: string, ...list: readonly (Trouble | null)[]): void {
  const left = [...list];
  of.trouble = (call) => (call.kind === kind ? (left.shift() ?? null) : null);
}

const refused = (opening: Promise<OpenStore>): Promise<StoreUnavailable> =>
  opening.then(
    () => {
      throw new Error('it opened');
    },
    (error: unknown) => error as StoreUnavailable,
  );

describe('opening', () => {
  test('by its address, with the read models in a store that is named beside it', async () => {
    const file = join(temporaryFolder(), 'read-models.db');
    const one = await openStore(server.uri({ prefix: 'sales' }), { readModels: `sqlite:${file}` });
    opened.push(one);
    expect(one.store.name).toMatch(/^esdb:\/\/127\.0\.0\.1:\d+\?prefix=sales$/);
    expect(await firstValueFrom(one.leading)).toBe(true);
    await one.store.append('a', events('e1'), 'no-stream');
    const { position } = await one.store.end();
    await one.readModels.commit([{ projection: 'deals', shape: '1', position: position!, rows: new Map([['a', 1]]) }]);
    expect(await one.readModels.list()).toEqual([{ projection: 'deals', shape: '1', position, rows: 1, blocks: 0 }]);
    expect(server.log.filter(({ stream }) => stream.startsWith('sales-')).map(({ stream }) => stream)).toEqual(['sales-a']);
  });

  test.each(['esdb+discover', 'kurrentdb', 'kurrentdb+discover'])('%s:// is the same store', async (scheme) => {
    const uri = server.uri();
    await (await open(uri)).store.append('a', events('e1'), 'any');
    const { store } = await open(uri.replace('esdb', scheme));
    expect(ids(await collect(store.readAll()))).toEqual(['e1']);
    expect((await store.append('a', events('e2'), 0)).outcome).toBe('appended');
  });

  test('two prefixes on one server see nothing of each other, nor of what else the server holds', async () => {
    const [one, other] = [(await open()).store, (await open()).store];
    const follower = followed(one.follow());
    for (let n = 0; n < 40; n += 1) {
      server.write(n % 2 === 0 ? '$stats-2113' : 'somebody-else');
      await (n % 3 === 0 ? one : other).append('a', [event(`e${n}`)], 'any');
    }
    const mine = Array.from({ length: 14 }, (_, n) => `e${n * 3}`);
    expect(ids(await collect(one.readAll()))).toEqual(mine);
    await until(() => follower.seen.length === 14);
    expect(follower.seen).toEqual(await collect(one.readAll()));
    expect((await one.end()).position).toBe(follower.seen.at(-1)!.position);
    follower.stop();
  });

  test('an event lies on the server as JSON that any tool can read, under a UUID that follows from its id', async () => {
    const { store } = await open(server.uri({ prefix: 'shown' }));
    await store.append('a', [{ id: 'request-7/0', type: 'Noted', data: { amount: 1 }, meta: { by: 'ada' } }], 'any');
    const { id, type, contentType, data, meta } = server.log.findLast(({ stream }) => stream === 'shown-a')!;
    expect({ id, type, contentType }).toEqual({
      id: '56bdf9fa-eccd-58bc-9acc-74fb9bc597c1',
      type: 'Noted',
      contentType: 'application/json',
    });
    expect(Buffer.from(data).toString()).toBe('{"amount":1}');
    expect(Buffer.from(meta).toString()).toBe('{"id":"request-7/0","append":[0,1],"meta":{"by":"ada"}}');
  });

  test('whatever the address says of failing appends, a conflict is told with the revision there is', async () => {
    const { store } = await open(server.uri({ throwOnAppendFailure: 'false', defaultDeadline: '1' }));
    await store.append('a', events('e1', 'e2', 'e3'), 'any');
    expect(await store.append('a', events('e4'), 0)).toEqual({ outcome: 'conflict', reason: 'revision', actual: 2 });
    const both = await Promise.all(['e5', 'e6'].map((id) => store.append('a', events(id), 2)));
    expect(both[1]).toEqual({ outcome: 'conflict', reason: 'revision', actual: 3 });
  });

  test('for reading only it writes nothing at all', async () => {
    const uri = server.uri();
    await (await open(uri)).store.append('a', events('e1'), 'any');
    const before = server.log.length;
    const { store } = await open(uri, { readOnly: true });
    expect(ids(await collect(store.readAll()))).toEqual(['e1']);
    await expect(store.append('a', events('e2'), 'any')).rejects.toMatchObject({ name: 'StoreUnavailable' });
    await expect(store.probe()).rejects.toMatchObject({ name: 'StoreUnavailable' });
    expect(server.log).toHaveLength(before);
  });

  test('a server that takes no more than 1 MiB with everything says how to let it take more', async () => {
    const { store } = await open();
    server.maxAppendSize = 1024 * 1024;
    const large = { id: 'e1', type: 'Noted', data: { text: 'x'.repeat(1024 * 1024 - 11) } };
    await expect(store.append('a', [large], 'any')).rejects.toThrow(/--max-append-size/);
    server.maxAppendSize = 4 * 1024 * 1024;
  });
});

describe('an address that cannot be used', () => {
  test.each([
    ['a server that is not there', () => 'esdb://admin:s3cret@127.0.0.1:1?tls=false', /cannot be reached/],
    ['a wrong password', () => secured.uri({ user: 'ada:s3cret', tlsCAFile: authority }), /refuses this user/],
    ['no password', () => secured.uri({ tlsCAFile: authority }), /refuses this user/],
    [
      'no TLS where the server wants it',
      () => secured.uri({ user: 'ada:s3cret', tls: 'false' }),
      /cannot be reached|did not answer/,
    ],
    ['an authority that did not sign', () => secured.uri({ user: 'ada:s3cret' }), /cannot be reached/],
    ['no host', () => 'esdb://ada:s3cret@', /names no host/],
    ['a password with a bare question mark', () => 'esdb://ada:s3cret?x@log:2113', /names no host/],
    ['a user without a password', () => 'esdb://s3cret@log:2113', /without a password/],
    ['an option that nobody knows', () => 'esdb://ada:s3cret@log:2113?tsl=s3cret', /only these are known/],
    [
      'a check of certificates that the client cannot leave out',
      () => 'esdb://a:s3cret@log?tlsVerifyCert=false',
      /only these are known/,
    ],
    ['another node than the leader', () => 'esdb://a:s3cret@log?nodePreference=follower', /leader/],
    ['a prefix that could begin another one', () => 'esdb://a:s3cret@log?prefix=sales-eu', /no plain name/],
    ['a file that is not there', () => 'esdb://a:s3cret@log?tlsCAFile=/no/such/s3cret', /tlsCAFile cannot be read/],
  ])('%s is refused with what would help, and without the password', async (_, uri, message) => {
    secured.users = { ada: 'right' };
    const { name, message: said, help } = await refused(open(uri()));
    expect({ name, said }).toEqual({ name: 'StoreUnavailable', said: expect.stringMatching(message) });
    expect(help).not.toBe('');
    expect(said + help).not.toContain('s3cret');
  });

  test('the right password is taken, and shows nowhere, even when the client is told to debug', async () => {
    secured.users = { ada: 's3:cr@t' };
    const printed: string[] = [];
    const { log } = debug;
    debug.log = (...said: unknown[]) => printed.push(said.map(String).join(' '));
    debug.enable('esdb*');
    try {
      const { store } = await open(secured.uri({ user: 'ada:s3%3Acr%40t', tlsCAFile: authority }));
      await store.append('a', events('e1'), 'any');
      expect(ids(await collect(store.readAll()))).toEqual(['e1']);
      expect(store.name).not.toContain('s3');
      expect(printed.length).toBeGreaterThan(5);
      expect(printed.join('\n')).not.toMatch(/s3:cr@t|s3%3A/);
      // The client itself would have printed it.
      EventStoreDBClient.connectionString('esdb://ada:s3%3Acr%40t@log:2113');
      expect(printed.join('\n')).toMatch(/s3%3A/);
    } finally {
      debug.disable();
      debug.log = log;
    }
  });
});

describe('appends whose outcome is unknown', () => {
  const AFTER: readonly [string, Trouble][] = [
    ['written and never answered', { lose: true }],
    ['written and broken off', { break: status.UNAVAILABLE }],
    ['written and answered with an error that nobody knows', { break: status.UNKNOWN }],
    ['not written: the server is busy', { refuse: status.UNKNOWN, says: 'Server Is Too Busy' }],
    ['not written: the server is not ready', { refuse: status.UNAVAILABLE, says: 'Server Is Not Ready' }],
    ['answered later than anybody waits', { waitMs: 1_000 }],
    ['timed out in the server', { break: status.ABORTED }],
  ];

  test.each(AFTER)(
    '%s: it is asked again with the same ids, and stored once',
    async (_, trouble) => {
      const { store } = await open();
      await store.append('a', events('e0'), 'any');
      for (const [index, expected] of (['any', 2, 'stream-exists'] as const).entries()) {
        troubles(server, 'append', trouble, trouble);
        const list = events(`${index}-1`, `${index}-2`);
        const answer = await store.append('a', list, expected);
        expect(answer).toMatchObject({ outcome: 'appended', revision: 2 * index + 2, repeated: false });
        const [last] = await collect(store.read('a', { backwards: true, limit: 1 }));
        expect(answer).toMatchObject({ position: last!.position });
      }
      // What was sent first and is only now looked at by the server changes nothing any more.
      if ('waitMs' in trouble) await new Promise((resolve) => setTimeout(resolve, trouble.waitMs));
      expect(ids(await collect(store.read('a')))).toEqual(['e0', '0-1', '0-2', '1-1', '1-2', '2-1', '2-2']);
    },
    20_000,
  );

  test('a first append whose answer was lost is found in a stream that another process wrote to since', async () => {
    const uri = server.uri({ prefix: 'lost' });
    const [one, other] = [(await open(uri)).store, (await open(uri)).store];
    troubles(server, 'append', { lose: true });
    const first = one.append('a', events('e1'), 'no-stream');
    await until(() => server.log.some(({ stream }) => stream === 'lost-a'));
    expect(await other.append('a', events('e2'), 0)).toMatchObject({ revision: 1 });
    expect(await first).toMatchObject({ outcome: 'appended', revision: 0 });
  });

  test('one that fails again and again ends as unavailable, and the next is not hindered', async () => {
    const { store } = await open();
    server.trouble = ({ kind }) => (kind === 'append' ? { refuse: status.UNKNOWN, says: 's3cret' } : null);
    const failed = await store.append('a', events('e1'), 'any').catch((error: unknown) => error as StoreUnavailable);
    expect(failed).toMatchObject({ name: 'StoreUnavailable', message: expect.stringMatching(/busy, not ready or in trouble/) });
    server.trouble = () => null;
    expect(await store.append('a', events('e1'), 'no-stream')).toMatchObject({ revision: 0, repeated: false });
  });

  test('a refused user is not asked for again', async () => {
    const { store } = await open();
    server.trouble = ({ kind }) => (kind === 'append' ? { refuse: status.PERMISSION_DENIED } : null);
    const before = server.calls.append;
    await expect(store.append('a', events('e1'), 'any')).rejects.toMatchObject({
      message: expect.stringMatching(/refuses this user/),
    });
    expect(server.calls.append).toBe(before + 1);
  });

  test('long after, beyond what the server remembers under "any", the same ids still answer the first result', async () => {
    const uri = server.uri();
    const { store } = await open(uri);
    const first = await store.append('a', events('e1', 'e2'), 'any');
    await Promise.all(Array.from({ length: 120 }, (_, n) => store.append('a', [event(`x${n}`)], 'any')));
    const { store: another } = await open(uri);
    expect(await another.append('a', events('e1', 'e2'), 'any')).toEqual({ ...first, repeated: true });
    expect(await another.append('a', events('e1'), 'any')).toMatchObject({ outcome: 'conflict', reason: 'ids' });
  });

  test('what several processes append to one stream with the same ids is stored once', async () => {
    const uri = server.uri();
    const stores = await Promise.all(Array.from({ length: 4 }, async () => (await open(uri)).store));
    for (let round = 0; round < 10; round += 1) {
      const answers = await Promise.all(stores.map((store) => store.append('a', events(`${round}-1`, `${round}-2`), 'any')));
      for (const answer of answers)
        expect(answer).toMatchObject({
          outcome: 'appended',
          revision: 2 * round + 1,
          position: (await stores[0]!.end()).position,
        });
    }
    expect(await collect(stores[0]!.readAll())).toHaveLength(20);
  });

  test('a server that answers an append with the position of its first event is looked at for the last one', async () => {
    server.answersLast = false;
    const { store } = await open();
    const answer = await store.append('a', events('e1', 'e2', 'e3'), 'any');
    server.answersLast = true;
    expect(answer).toMatchObject({ position: (await store.end()).position });
  });
});

describe('what the plain client does, and this store does not', () => {
  const plain = (): EventStoreDBClient => EventStoreDBClient.connectionString(server.uri().replace(/&?prefix=\w+/, ''));

  test('when one stream of appends breaks, it rejects appends that were written; here each is answered for itself', async () => {
    const client = plain();
    server.trouble = ({ kind, stream }) =>
      kind !== 'batch' ? null : stream === 'breaks' ? { break: status.INTERNAL } : { lose: true };
    const one = client.appendToStream('kept', jsonEvent({ type: 'Noted', data: {} }), { expectedRevision: 'any' });
    const outcome = one.then(
      () => 'answered',
      () => 'rejected',
    );
    await until(() => server.log.some(({ stream }) => stream === 'kept'));
    await client.appendToStream('breaks', jsonEvent({ type: 'Noted', data: {} })).catch(() => undefined);
    expect(await outcome).toBe('rejected');
    await client.dispose();

    const { store } = await open();
    const batches = server.calls.batch;
    const left = [{ break: status.INTERNAL }, null, { break: status.INTERNAL }];
    server.trouble = ({ kind }) => (kind === 'append' ? (left.shift() ?? null) : null);
    const answers = await Promise.all(['a', 'b', 'c'].map((stream) => store.append(stream, [event(stream)], 'no-stream')));
    expect(answers.map(({ outcome }) => outcome)).toEqual(['appended', 'appended', 'appended']);
    expect(server.calls.batch).toBe(batches);
  });

  test('when the clock of the server is ahead, all its appends fail; here none does', async () => {
    server.now = () => new Date(Date.now() + 3_600_000);
    const client = plain();
    await expect(client.appendToStream('ahead', jsonEvent({ type: 'Noted', data: {} }))).rejects.toThrow();
    await client.dispose();
    const { store } = await open();
    expect((await store.append('a', events('e1'), 'any')).outcome).toBe('appended');
  });

  test('a read that was not finished stays open; here none does', async () => {
    const { store, close } = await open();
    for (let n = 0; n < 5; n += 1)
      await store.append(
        'a',
        Array.from({ length: 300 }, (_, i) => event(`${n}-${i}`)),
        'any',
      );
    for (let n = 0; n < 20; n += 1) {
      for await (const one of store.readAll()) if (one.revision === 3) break;
      for await (const _ of store.read('a', { backwards: true })) break;
      await store.end();
    }
    await until(() => server.openReads === 0);
    const before = Date.now();
    await close();
    expect(Date.now() - before).toBeLessThan(900);
  });
});

describe('reading through trouble', () => {
  test.each<[string, Trouble]>([
    ['is not ready', { refuse: status.UNAVAILABLE }],
    ['is busy', { refuse: status.UNKNOWN }],
    ['says nothing', { lose: true }],
    ['is slow', { waitMs: 200 }],
  ])('a server that %s is asked again', async (_, trouble) => {
    const { store } = await open();
    await store.append('a', events('e1', 'e2'), 'any');
    troubles(server, 'read', trouble, trouble);
    expect(ids(await collect(store.read('a')))).toEqual(['e1', 'e2']);
    troubles(server, 'read', trouble, trouble);
    expect(ids(await collect(store.readAll()))).toEqual(['e1', 'e2']);
  });

  test('a server that stays silent ends as unavailable', async () => {
    const { store } = await open(server.uri(), { patience: { ...PATIENCE, answerMs: 100, pausesMs: [10, 10] } });
    server.stall(true);
    await expect(collect(store.readAll())).rejects.toMatchObject({
      name: 'StoreUnavailable',
      message: expect.stringMatching(/in time/),
    });
    await expect(store.probe()).rejects.toMatchObject({ name: 'StoreUnavailable' });
    server.stall(false);
  });

  test('closing does not hang on a server that says nothing', async () => {
    const { store, close } = await open(server.uri(), { patience: { ...PATIENCE, answerMs: 200 } });
    const follower = followed(store.follow());
    server.stall(true);
    const lost = store.append('a', events('e1'), 'any').catch((error: unknown) => error);
    const before = Date.now();
    await close();
    expect(Date.now() - before).toBeLessThan(5_000);
    expect(await lost).toMatchObject({ name: 'StoreUnavailable' });
    expect(follower.error).toMatchObject({ name: 'StoreUnavailable' });
  });

  test('the time shown never falls, though a new leader of the server has a clock that is behind', async () => {
    const uri = server.uri();
    const { store } = await open(uri);
    const follower = followed(store.follow());
    const write = async (hour: string, stream: string): Promise<void> => {
      server.now = () => new Date(`2026-03-02T${hour}:00:00Z`);
      await store.append(stream, [event(hour)], 'any');
    };
    for (const hour of ['08', '10', '09', '11']) await write(hour, `s${hour}`);
    await until(() => follower.seen.length === 4);
    const hours = (list: readonly { recordedAt: string }[]): string[] => list.map(({ recordedAt }) => recordedAt.slice(11, 13));
    expect(hours(follower.seen)).toEqual(['08', '10', '10', '11']);
    expect(hours(await collect(store.readAll()))).toEqual(['08', '10', '10', '11']);
    // Once it was seen, every other reading shows the same.
    expect(hours(await collect(store.read('s09')))).toEqual(['10']);
    expect(hours(await collect(store.readAll({ after: follower.seen[1]!.position })))).toEqual(['10', '11']);
  });
});

describe('following through trouble', () => {
  test.each<[string, number, () => void]>([
    ['are ended without a word', 60_000, () => server.endSubscriptions()],
    ['lose their connection', 60_000, () => server.dropConnections()],
    ['fall silent', 400, () => server.muteSubscriptions()],
  ])(
    'subscriptions that %s, again and again, miss nothing and double nothing',
    async (_, silenceMs, disturb) => {
      const { store } = await open(server.uri(), { patience: { ...PATIENCE, silenceMs } });
      const follower = followed(store.follow({ batch: 7 }));
      for (let round = 0; round < 6; round += 1) {
        for (let n = 0; n < 15; n += 1) await store.append(`s${n % 3}`, [event(`${round}-${n}`)], 'any');
        disturb();
      }
      await until(() => follower.seen.length >= 90);
      expect(follower.seen).toEqual(await collect(store.readAll()));
      follower.stop();
    },
    20_000,
  );

  test('a server that refuses subscriptions for a while is asked until it does not', async () => {
    const { store } = await open();
    await store.append('a', events('e1'), 'any');
    troubles(
      server,
      'subscribe',
      { refuse: status.UNKNOWN },
      { refuse: status.UNAVAILABLE },
      { lose: true },
      { refuse: status.UNKNOWN },
    );
    const follower = followed(store.follow());
    await until(() => follower.seen.length === 1);
    expect(follower.error).toBeNull();
    follower.stop();
  });

  test('among thousands of events of others, a new subscription goes on from where the last one was', async () => {
    const { store } = await open();
    await store.append('a', events('e1'), 'any');
    const follower = followed(store.follow());
    for (let n = 0; n < 2_500; n += 1) server.write('somebody-else');
    await store.append('a', events('e2'), 'any');
    await until(() => follower.seen.length === 2);
    server.endSubscriptions();
    await store.append('a', events('e3'), 'any');
    await until(() => follower.seen.length === 3);
    expect(ids(follower.seen)).toEqual(['e1', 'e2', 'e3']);
    follower.stop();
  });

  test('unsubscribing ends the call on the server', async () => {
    const { store } = await open();
    await store.append('a', events('e1'), 'any');
    const follower = followed(store.follow());
    await until(() => follower.seen.length === 1);
    follower.stop();
    await until(() => server.openReads === 0);
  });

  test('of eight writers whose connections are dropped again and again, a follower misses no event and sees none twice', async () => {
    const uri = server.uri();
    const stores = await Promise.all(
      Array.from(
        { length: 8 },
        async () => (await open(uri, { patience: { ...PATIENCE, pausesMs: [10, 20, 50, 100, 200, 400, 800] } })).store,
      ),
    );
    const logs = stores.map((store): CheckedLog => ({
      append: (stream, id) => store.append(stream, [event(id)], 'any'),
      follow: () => store.follow(),
    }));
    const dropping = setInterval(() => server.dropConnections(), 700);
    const outcome = await followWhileWriting(logs, logs[0]!, { events: 250 });
    clearInterval(dropping);
    expect(outcome).toEqual({ missed: 0, doubled: 0, outOfOrder: 0 });
    expect(await collect(stores[1]!.readAll())).toHaveLength(2_000);
  }, 60_000);
});
