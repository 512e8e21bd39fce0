import { describe, expect, test } from '@jest/globals';
import { openPostgresStore, openStore, type OpenStore, type StoreUnavailable } from '@coxswain/event-store';
import { firstValueFrom, type Observable } from 'rxjs';
import { filter } from 'rxjs/operators';
import { startPostgres } from '../support/postgres.js';
import { collect, event, events, followed, ids, until } from './log.js';

const started = await startPostgres();
const server = started!;
const onPostgres = started ? describe : describe.skip;

async function refusal(opening: Promise<OpenStore>): Promise<StoreUnavailable> {
  return opening.then(
    async ({ close }) => {
      await close();
      throw new Error('it opened');
    },
    (error: unknown) => error as StoreUnavailable,
  );
}

const isTrue = (leading: Observable<boolean>): Promise<boolean> => firstValueFrom(leading.pipe(filter(Boolean)));

onPostgres('opening', () => {
  test('by its address, as any store; its name holds no password', async () => {
    const { store, close } = await openStore(server.uri('named'));
    expect(store.name).toMatch(/^postgres:\/\/127\.0\.0\.1:\d+\/postgres\?schema=named$/);
    await close();
  });

  test('a schema of the first form is brought to the present one, and its log stays as it was', async () => {
    const uri = server.uri('older');
    const first = await openPostgresStore(uri);
    await first.store.append('a', [event('e1')], 'any');
    await first.close();
    await server.sql(`drop table older.projection_blocks; delete from older.about where key = 'projection_blocks';
      comment on schema older is 'Coxswain, form 1'`);
    expect(await refusal(openPostgresStore(uri, { readOnly: true }))).toMatchObject({
      help: expect.stringContaining('Start the service once'),
    });
    const { store, readModels, close } = await openPostgresStore(uri);
    expect(ids(await collect(store.readAll()))).toEqual(['e1']);
    await readModels.commit([
      { projection: 'deals', shape: '1', position: '1', rows: new Map(), blocks: new Map([[0, Uint8Array.of(7)]]) },
    ]);
    expect(await readModels.list()).toMatchObject([{ blocks: 1 }]);
    await close();
  });

  test('several that open a new schema at once make it once', async () => {
    const uri = server.uri();
    const opened = await Promise.all(Array.from({ length: 5 }, () => openPostgresStore(uri)));
    await Promise.all(opened.map(({ store }, n) => store.append('a', [event(`e${n}`)], 'any')));
    expect(await collect(opened[0]!.store.readAll())).toHaveLength(5);
    for (const one of opened) await one.close();
  });

  test.each<[string, () => string | Promise<string>, RegExp]>([
    ['a server that is not there', () => 'postgres://me:s3cret@127.0.0.1:1/sales', /cannot be reached/],
    ['a wrong password', () => server.uri().replace('for-the-tests', 's3cret'), /refuses this user/],
    ['no such database', () => server.uri().replace('/postgres?', '/nothing?'), /no such database/],
    ['a schema name that is none', () => server.uri('a"b'), /no plain name/],
    [
      'a schema of something else',
      async () => {
        await server.sql('create schema others');
        return server.uri('others');
      },
      /belongs to something else/,
    ],
    [
      'a schema of a newer version',
      async () => {
        await server.sql(`create schema newer; comment on schema newer is 'Coxswain, form 99'`);
        return server.uri('newer');
      },
      /written by a newer version \(form 99/,
    ],
  ])('%s is refused with what would help, and without the password', async (_, uri, message) => {
    const { name, message: said, help } = await refusal(openPostgresStore(await uri()));
    expect({ name, said }).toEqual({ name: 'StoreUnavailable', said: expect.stringMatching(message) });
    expect(help).not.toBe('');
    expect(said + help).not.toContain('s3cret');
  });

  test('a server that does not flush to its disk is refused', async () => {
    await server.sql('alter system set fsync = off');
    await server.sql('select pg_reload_conf()');
    try {
      await new Promise((resolve) => setTimeout(resolve, 300));
      expect((await refusal(openPostgresStore(server.uri()))).message).toMatch(/does not write durably \(fsync off/);
    } finally {
      await server.sql('alter system reset fsync');
      await server.sql('select pg_reload_conf()');
      await new Promise((resolve) => setTimeout(resolve, 300));
    }
  });

  test('for reading only it makes nothing, writes nothing and never leads', async () => {
    const uri = server.uri('readable');
    expect((await refusal(openPostgresStore(uri, { readOnly: true }))).message).toMatch(/there is no store/);
    const writing = await openPostgresStore(uri);
    await writing.store.append('a', events('e1'), 'any');
    const reading = await openPostgresStore(uri, { readOnly: true });
    expect(ids(await collect(reading.store.readAll()))).toEqual(['e1']);
    await expect(reading.store.append('a', events('e2'), 'any')).rejects.toMatchObject({ name: 'StoreUnavailable' });
    await writing.close();
    expect(await firstValueFrom(reading.leading)).toBe(false);
    await reading.close();
  });
});

onPostgres('a server whose disk is full', () => {
  test('is read, refuses writes as full with what would help, and takes them again by itself', async () => {
    const { store, close } = await openStore(server.uri('filled'));
    await store.append('a', events('e1'), 'any');
    await server.sql(`create function filled.no_space() returns trigger language plpgsql as
      $$ begin raise exception using errcode = 'disk_full', message = 'could not extend file'; end $$`);
    await server.sql('create trigger no_space before insert on filled.events execute function filled.no_space()');
    await expect(store.append('a', events('e2'), 'any')).rejects.toMatchObject({
      name: 'StoreUnavailable',
      reason: 'full',
      help: expect.stringContaining('Free some space'),
    });
    expect(ids(await collect(store.readAll()))).toEqual(['e1']);
    await server.sql('drop trigger no_space on filled.events');
    expect(await store.append('a', events('e2'), 'any')).toMatchObject({ outcome: 'appended', repeated: false });
    await close();
  });
});

onPostgres('connections that are lost', () => {
  const endOthers = (): Promise<unknown> =>
    server.sql(`select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'coxswain'`);

  test('ending every connection again and again loses and doubles nothing, for writers and followers', async () => {
    const { store, close } = await openPostgresStore(server.uri());
    const follower = followed(store.follow());
    const ending = (async () => {
      for (let round = 0; round < 6; round += 1) {
        await new Promise((resolve) => setTimeout(resolve, 150));
        await endOthers();
      }
    })();
    const appended = await Promise.all(
      Array.from({ length: 8 }, async (_, writer) => {
        const done: string[] = [];
        for (let n = 0; n < 150; n += 1) {
          const id = `${writer}-${n}`;
          const result = await store.append(`s${writer}`, [event(id)], n === 0 ? 'no-stream' : n - 1);
          expect(result).toMatchObject({ outcome: 'appended', revision: n });
          done.push(id);
          await new Promise((resolve) => setTimeout(resolve, 5));
        }
        return done;
      }),
    );
    await ending;
    expect(ids(await collect(store.readAll())).toSorted()).toEqual(appended.flat().toSorted());
    await until(() => follower.seen.length >= 1200);
    expect(follower.seen).toEqual(await collect(store.readAll()));
    await close();
  }, 30_000);

  test('a server that restarts: what is asked meanwhile is done when it is back', async () => {
    const { store, close } = await openPostgresStore(server.uri());
    await store.append('a', events('e1'), 'any');
    await server.stop();
    const meanwhile = store.append('a', events('e2'), 0);
    await new Promise((resolve) => setTimeout(resolve, 500));
    await server.start();
    expect(await meanwhile).toMatchObject({ outcome: 'appended', revision: 1 });
    expect(ids(await collect(store.readAll()))).toEqual(['e1', 'e2']);
    await close();
  }, 30_000);
});

onPostgres('the lead', () => {
  test('one of two leads and keeps the read models; the other takes over when it goes', async () => {
    const uri = server.uri();
    const first = await openPostgresStore(uri);
    const second = await openPostgresStore(uri);
    expect(await firstValueFrom(first.leading)).toBe(true);
    expect(await firstValueFrom(second.leading)).toBe(false);
    const change = { projection: 'deals', shape: '1', position: '0000000000000001', rows: new Map([['a', 1]]) };
    await expect(second.readModels.commit([change])).rejects.toMatchObject({ message: expect.stringMatching(/another process/) });
    expect((await second.store.append('a', events('e1'), 'any')).outcome).toBe('appended');
    await first.readModels.commit([change]);
    await first.close();
    expect(await isTrue(second.leading)).toBe(true);
    await second.readModels.commit([{ ...change, position: '0000000000000002' }]);
    await second.close();
  });

  test('two schemas of one database have a leader each', async () => {
    const [one, other] = [await openPostgresStore(server.uri()), await openPostgresStore(server.uri())];
    expect([await firstValueFrom(one.leading), await firstValueFrom(other.leading)]).toEqual([true, true]);
    await one.close();
    await other.close();
  });

  test('a leader that loses its connection no longer leads until it has asked again', async () => {
    const { leading, close } = await openPostgresStore(server.uri());
    const heard: boolean[] = [];
    const listening = leading.subscribe((leads) => heard.push(leads));
    await server.sql(`select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'coxswain'`);
    await until(() => heard.length >= 3);
    expect(heard.slice(0, 3)).toEqual([true, false, true]);
    listening.unsubscribe();
    await close();
  });
});
