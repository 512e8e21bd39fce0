import { describe, expect, test } from '@jest/globals';
import { openStore, StoreUnavailable } from '@coxswain/event-store';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder } from './folder.js';
import { collect, events, ids } from './log.js';

describe('opening a store by its name', () => {
  test('sqlite:PATH makes the folder and the file', async () => {
    const path = join(temporaryFolder(), 'new', 'folder', 'log.db');
    const opened = await openStore(`sqlite:${path}`);
    expect(opened.store.name).toBe(`sqlite:${path}`);
    await opened.store.append('a', events('e1'), 'no-stream');
    expect(ids(await collect(opened.store.readAll()))).toEqual(['e1']);
    expect(existsSync(path)).toBe(true);
    await opened.close();
  });

  test('memory: needs no disk', async () => {
    const opened = await openStore('memory:', { now: () => new Date('2026-03-02T09:00:00Z') });
    await opened.store.append('a', events('e1'), 'no-stream');
    expect((await opened.store.end()).recordedAt).toBe('2026-03-02T09:00:00.000Z');
    await opened.close();
  });

  test.each([
    ['esdb://admin:s3cret@log:2113', 'this store holds the log alone, and no store is named for the read models'],
    ['kurrentdb+discover://admin:s3cret@log', 'this store holds the log alone, and no store is named for the read models'],
    ['mysql://me:s3c:r@et@db/sales', '"mysql://***@db/sales" does not name a store'],
    ['./data/log.db', '"./data/log.db" does not name a store'],
    ['sqlite:', '"sqlite:" names no file'],
    ['sqlite::memory:', '"sqlite::memory:" names no file'],
    ['', '"" does not name a store'],
  ])('%s is refused, with the forms that work and without a password', async (uri, message) => {
    const refused = await openStore(uri).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(StoreUnavailable);
    expect(refused).toMatchObject({ message, help: expect.stringContaining('sqlite:PATH') });
  });

  test('a folder that cannot be made is a clear refusal', async () => {
    const file = join(temporaryFolder(), 'file');
    writeFileSync(file, '');
    await expect(openStore(`sqlite:${file}/log.db`)).rejects.toThrow(`the folder ${file} cannot be made`);
  });
});
