import { describe, expect, test } from '@jest/globals';
import { openSqliteStore, StoreUnavailable } from '@coxswain/event-store';
import { DatabaseSync } from '@photostructure/sqlite';
import { copyFileSync, existsSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isBuilt } from './built.js';
import { startWriterProcess } from './child.js';
import { temporaryFolder } from './folder.js';
import { collect, event, events, followed, ids, rowsOf, until } from './log.js';

const newFile = (): string => join(temporaryFolder(), 'log.db');
const whenBuilt = isBuilt ? test : test.skip;

describe('what is written stays', () => {
  test('after closing and opening again everything is there and the log goes on', async () => {
    const file = newFile();
    const first = await openSqliteStore(file, { now: () => new Date('2026-03-02T09:00:00Z') });
    await first.store.append('a', events('e1', 'e2'), 'no-stream');
    await first.readModels.commit([{ projection: 'deals', shape: '1', position: '0000000000000002', rows: new Map([['x', 1]]) }]);
    const before = await collect(first.store.readAll());
    await first.close();

    const second = await openSqliteStore(file, { now: () => new Date('2026-03-02T08:00:00Z') });
    expect(await collect(second.store.readAll())).toEqual(before);
    expect(await rowsOf(await second.readModels.load('deals', '1'))).toEqual({ x: 1 });
    expect(await second.store.append('a', events('e1', 'e2'), 'any')).toMatchObject({ revision: 1, repeated: true });
    await second.store.append('a', events('e3'), 1);
    const [, , last] = await collect(second.store.readAll());
    expect(last).toMatchObject({ id: 'e3', revision: 2, recordedAt: '2026-03-02T09:00:00.000Z' });
    await second.close();
  });

  test('a closed store is complete in its one file', async () => {
    const file = newFile();
    const { store, close } = await opened(file);
    await store.append('a', events('e1'), 'any');
    await close();
    const copy = newFile();
    copyFileSync(file, copy);
    const again = await opened(copy);
    expect(ids(await collect(again.store.readAll()))).toEqual(['e1']);
    await again.close();
  });

  test('a file whose making was cut short is made again', async () => {
    const raw = new DatabaseSync(newFile());
    raw.exec('pragma cache_size = 1; begin; create table half (made)');
    raw.exec(
      'insert into half with recursive n (i) as (select 1 union all select i + 1 from n where i < 50) select randomblob(3000) from n',
    );
    const file = newFile();
    const begun = raw.location()!;
    for (const end of ['', '-journal']) copyFileSync(`${begun}${end}`, `${file}${end}`);
    raw.close();
    const { store, close } = await opened(file);
    await store.append('a', events('e1'), 'no-stream');
    expect(ids(await collect(store.readAll()))).toEqual(['e1']);
    await close();
  });

  whenBuilt('a process killed in the middle of its work loses nothing that it acknowledged', async () => {
    const file = newFile();
    for (let round = 0; round < 3; round += 1) {
      const writer = await startWriterProcess(`${file}-${round}`, 20);
      await until(() => writer.lines.length > 500 * (round + 1));
      await writer.kill();
      const { store, close } = await opened(`${file}-${round}`);
      const stored = new Set(ids(await collect(store.readAll())));
      const acknowledged = writer.lines.slice(1);
      expect(acknowledged.filter((id) => !stored.has(id))).toEqual([]);
      expect(stored.size).toBeLessThanOrEqual(acknowledged.length + 20);
      await close();
    }
  });

  whenBuilt('when the disk takes no more, the caller hears it, and what was acknowledged is there', async () => {
    const file = newFile();
    const writer = await startWriterProcess(file, 5, { mostKilobytes: 1500 });
    await writer.ended;
    expect(writer.lines.at(-1)).toMatch(/^refused StoreUnavailable: .*log\.db (could not be|cannot grow).* \| \w+/);
    const { store, close } = await opened(file);
    const stored = new Set(ids(await collect(store.readAll())));
    const acknowledged = writer.lines.slice(1, -1);
    expect(acknowledged.length).toBeGreaterThan(100);
    expect(acknowledged.filter((id) => !stored.has(id))).toEqual([]);
    expect((await store.append('after', events('after'), 'no-stream')).outcome).toBe('appended');
    await close();
  });
});

describe('group commit', () => {
  test('two hundred appends at once share a few flushes', async () => {
    const commits: number[] = [];
    const { store, close } = await openSqliteStore(newFile(), { onCommit: (writes) => commits.push(writes) });
    const list = Array.from({ length: 200 }, (_, n) => event(`e${n}`));
    await Promise.all(list.map((one, n) => store.append(`s${n}`, [one], 'no-stream')));
    expect(commits.length).toBeLessThanOrEqual(3);
    expect(commits.reduce((sum, writes) => sum + writes, 0)).toBe(200);
    await close();
  });

  test('a conflict answers only the append that has it', async () => {
    const { store, close } = await opened(newFile());
    const results = await Promise.all([
      store.append('a', events('e1'), 'no-stream'),
      store.append('a', events('e2'), 'no-stream'),
      store.append('a', events('e3'), 0),
    ]);
    expect(results.map(({ outcome }) => outcome)).toEqual(['appended', 'conflict', 'appended']);
    expect(ids(await collect(store.readAll()))).toEqual(['e1', 'e3']);
    await close();
  });

  test('when the transaction fails, all that shared it hear it, nothing of it is written, and the next one works', async () => {
    const file = newFile();
    const { store, close } = await opened(file);
    await store.append('a', events('e1'), 'any');
    const raw = new DatabaseSync(file);
    raw.exec("create trigger poison before insert on events when new.id = 'poison' begin select raise(abort, 'poisoned'); end");
    const shared = ['e2', 'poison', 'e3'].map((id) => store.append('a', [event(id)], 'any'));
    const results = await Promise.allSettled(shared);
    expect(results.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
    expect(await store.append('a', events('e4', 'e5'), 0)).toMatchObject({ outcome: 'appended', revision: 2 });
    expect(ids(await collect(store.readAll()))).toEqual(['e1', 'e4', 'e5']);
    raw.close();
    await close();
  });

  test('when more than ten thousand appends wait, the next is refused as busy and the others are written', async () => {
    const { store, close } = await opened(newFile());
    const waiting = Array.from({ length: 10_001 }, (_, n) => store.append('a', [event(`e${n}`)], 'any'));
    const results = await Promise.allSettled(waiting);
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(10_000);
    expect(results.at(-1)).toMatchObject({ reason: { name: 'StoreUnavailable', message: expect.stringContaining('is busy') } });
    await close();
  });
});

describe('one writer', () => {
  test('a second writer is refused while the first has the file, also by another name, and let in afterwards', async () => {
    const file = newFile();
    const first = await opened(file);
    symlinkSync(file, `${file}-link`);
    for (const name of [file, `${file}-link`]) {
      const refused = openSqliteStore(name);
      await expect(refused).rejects.toThrow(StoreUnavailable);
      await expect(refused).rejects.toMatchObject({
        message: expect.stringContaining(`(pid ${process.pid})`),
        help: expect.stringContaining('--url'),
      });
    }
    await first.store.append('a', events('e1'), 'any');
    await first.close();
    await (await opened(file)).close();
  });

  whenBuilt('another process is named by its number, and its death by SIGKILL lets the next one in', async () => {
    const file = newFile();
    const writer = await startWriterProcess(file, 1);
    await expect(openSqliteStore(file)).rejects.toThrow(`another process (pid ${writer.pid}) has ${file} open for writing`);
    await writer.kill();
    await (await opened(file)).close();
  });
});

describe('reading beside the writer', () => {
  test('a reader sees what was there and what comes, once and in order', async () => {
    const file = newFile();
    const writer = await opened(file);
    await writer.store.append('a', events('e1', 'e2'), 'any');
    const reader = await openSqliteStore(file, { readOnly: true });
    const follower = followed(reader.store.follow());
    await until(() => follower.seen.length === 2);
    await writer.store.append('a', events('e3'), 'any');
    await until(() => follower.seen.length === 3);
    await writer.store.append('b', events('e4'), 'any');
    await until(() => follower.seen.length === 4);
    expect(follower.seen).toEqual(await collect(writer.store.readAll()));
    expect(await reader.store.end()).toEqual(await writer.store.end());
    follower.stop();
    await reader.close();
    await writer.close();
  });

  whenBuilt('a reader follows a writer in another process without a gap', async () => {
    const file = newFile();
    const writer = await startWriterProcess(file, 10);
    const reader = await openSqliteStore(file, { readOnly: true });
    const follower = followed(reader.store.follow({ batch: 50 }));
    await until(() => follower.seen.length > 2000);
    await writer.kill();
    const all = await collect(reader.store.readAll());
    await until(() => follower.seen.length === all.length);
    expect(follower.seen).toEqual(all);
    follower.stop();
    await reader.close();
  });

  test('a reader writes nothing and says why', async () => {
    const file = newFile();
    await (await opened(file)).close();
    const { store, readModels, close } = await opened(file, true);
    for (const refused of [store.append('a', events('e1'), 'any'), store.probe(), readModels.forget('deals')])
      await expect(refused).rejects.toThrow(new StoreUnavailable(`${file} is open for reading only`, ''));
    await close();
  });

  test('a reader does not make a store that is not there', async () => {
    const file = newFile();
    await expect(openSqliteStore(file, { readOnly: true })).rejects.toThrow(`there is no store at ${file}`);
    expect(existsSync(file)).toBe(false);
  });
});

describe('a file that is not ours is left as it is', () => {
  test.each([
    ['text', (file: string) => writeFileSync(file, 'Dear diary, '.repeat(500)), 'is not a SQLite file'],
    ['another program', (file: string) => makeForeign(file, 'create table songs (name)'), 'belongs to another program'],
    ['its own id', (file: string) => makeForeign(file, 'pragma application_id = 7'), 'belongs to another program'],
    [
      'a newer version of ours',
      (file: string) => makeForeign(file, 'pragma application_id = 0x4378736e; pragma user_version = 99; create table log (x)'),
      'was written by a newer version (form 99; this one knows 2)',
    ],
  ])('%s', async (_, make, message) => {
    const file = newFile();
    make(file);
    const before = readFileSync(file);
    for (const readOnly of [false, true]) {
      const refused = openSqliteStore(file, { readOnly });
      await expect(refused).rejects.toThrow(StoreUnavailable);
      await expect(refused).rejects.toThrow(message);
    }
    expect(readFileSync(file)).toEqual(before);
    expect(readdirSync(join(file, '..'))).toEqual(['log.db']);
  });

  test('a folder that is not there is a clear refusal', async () => {
    await expect(openSqliteStore(join(temporaryFolder(), 'none', 'log.db'))).rejects.toThrow(StoreUnavailable);
  });
});

describe('a file of the first form', () => {
  const given = async (): Promise<string> => {
    const file = newFile();
    const first = await opened(file);
    await first.store.append('deal-1', [{ id: 'e1', type: 'Captured', data: {} }], 'no-stream');
    await first.close();
    makeForeign(file, "drop table projection_blocks; delete from about where key = 'projection_blocks'; pragma user_version = 1");
    return file;
  };

  test('is brought to the present form by whoever writes, and its log stays as it was', async () => {
    const file = await given();
    const { store, readModels, close } = await opened(file);
    await readModels.commit([
      { projection: 'deals', shape: '1', position: '1', rows: new Map(), blocks: new Map([[0, Uint8Array.of(1)]]) },
    ]);
    expect(await readModels.list()).toMatchObject([{ blocks: 1 }]);
    expect((await collect(store.readAll())).map(({ id }) => id)).toEqual(['e1']);
    await close();
    await (await opened(file, true)).close();
  });

  test('is not opened by whoever only reads, who is told what helps', async () => {
    const file = await given();
    await expect(opened(file, true)).rejects.toMatchObject({ help: expect.stringContaining('Start the service once') });
  });
});

describe('the file explains itself', () => {
  test('select * from log gives rows that a person can read, while the service runs', async () => {
    const file = newFile();
    const { store, close } = await openSqliteStore(file, { now: () => new Date('2026-03-02T09:00:00Z') });
    await store.append('deal-1', [{ id: 'e1', type: 'Captured', data: { name: 'Acme' }, meta: { request: 'r1' } }], 'no-stream');
    const raw = new DatabaseSync(file, { readOnly: true });
    expect(raw.prepare('select * from log').all().map(plain)).toEqual([
      {
        position: 1,
        recorded_at: '2026-03-02T09:00:00.000Z',
        stream: 'deal-1',
        revision: 0,
        type: 'Captured',
        data: '{"name":"Acme"}',
        meta: '{"request":"r1"}',
        id: 'e1',
      },
    ]);
    expect(raw.prepare("select data ->> '$.name' as name from log").get()).toMatchObject({ name: 'Acme' });
    raw.close();
    await close();
  });

  test('each table says what it is for, and the about table says where to start', async () => {
    const file = newFile();
    await (await opened(file)).close();
    const raw = new DatabaseSync(file, { readOnly: true });
    const tables = raw.prepare("select name, sql from sqlite_schema where type in ('table', 'view')").all().map(plain);
    const names = new Set(tables.map(({ name }) => name));
    expect(names).toEqual(
      new Set(['log', 'events', 'about', 'probe', 'projection_blocks', 'projection_checkpoints', 'projection_rows']),
    );
    expect(tables.filter(({ sql }) => !String(sql).includes('-- '))).toEqual([]);
    expect(raw.prepare("select value from about where key = 'what'").get()).toMatchObject({
      value: expect.stringContaining('select * from log'),
    });
    raw.close();
  });
});

const opened = (file: string, readOnly = false) => openSqliteStore(file, { readOnly });

function makeForeign(file: string, sql: string): void {
  const database = new DatabaseSync(file);
  database.exec(sql);
  database.close();
}

function plain(row: unknown): Record<string, unknown> {
  return { ...(row as Record<string, unknown>) };
}
