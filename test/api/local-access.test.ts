import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { jwtVerify } from 'jose';
import { issueLocalToken, LOCAL_AUDIENCE, LOCAL_ISSUER, localKeys } from '../../libs/sales-desk/src/local-access.js';

let dir: string;
beforeEach(async () => void (dir = await mkdtemp(join(tmpdir(), 'coxswain-'))));
afterEach(() => rm(dir, { recursive: true }));

test('a local token says who, in which roles, of which team, and for twelve hours', async () => {
  const now = new Date('2026-03-31T08:00:00Z');
  const token = await issueLocalToken({ name: 'ada', roles: ['rep', 'manager'], team: 'north', dir, now });
  const { publicKey } = await localKeys(dir);
  const { payload } = await jwtVerify(token, publicKey, { issuer: LOCAL_ISSUER, audience: LOCAL_AUDIENCE, currentDate: now });
  // 2026-03-31T20:00:00Z is 1,774,987,200 seconds after 1970.
  expect(payload).toMatchObject({ sub: 'ada', roles: ['rep', 'manager'], team: 'north', exp: 1_774_987_200 });
});

test('only the owner of the data folder may read the keys', async () => {
  const { file } = await localKeys(dir);
  expect((await stat(file)).mode & 0o777).toBe(0o600);
});

test('twenty that ask for the keys at the same time get the same ones, and leave nothing else behind', async () => {
  const now = new Date('2026-03-31T08:00:00Z');
  const tokens = await Promise.all(Array.from({ length: 20 }, () => issueLocalToken({ name: 'ada', dir, now })));
  const { publicKey } = await localKeys(dir);
  for (const token of tokens) await jwtVerify(token, publicKey, { currentDate: now });
  expect(await readdir(dir)).toEqual(['local-keys.json']);
});

test('a damaged key file is named, and is not replaced in silence', async () => {
  await writeFile(join(dir, 'local-keys.json'), '{"privateKey": {}}');
  await expect(localKeys(dir)).rejects.toThrow(/local-keys\.json holds no local keys\. Delete it and start again/);
});
