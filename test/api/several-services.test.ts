import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { issueLocalToken } from '@coxswain/sales-desk';
import { startPostgres } from '../support/postgres.js';
import { heard } from '../support/service-process.js';

const MAIN = join(import.meta.dirname, '../../apps/api/dist/main.js');
const isBuilt = existsSync(MAIN);
if (!isBuilt) console.warn('SKIPPED: the tests of several services, because apps/api/dist is missing (npm run build)');

/** A deal that stands in "asked" for an hour is given up. */
const HASTY = `
process: hasty
title: Hasty
currency: EUR
timezone: UTC
roles: [rep]
start: asked
stages:
  asked:
    phase: lead
    limit: { time: 1 hours, then: giveUp }
    moves:
      win: { to: won, by: [rep] }
      giveUp: { to: lost, by: [rep] }
  won: { phase: closed, result: won }
  lost: { phase: closed, result: lost }
`;

const postgres = await startPostgres();
const server = postgres!;
let dir: string;
let token: string;
const started: ChildProcess[] = [];
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'coxswain-'));
  token = await issueLocalToken({ name: 'olu', roles: ['operations', 'rep'], dir, now: new Date() });
});
afterAll(async () => {
  for (const child of started) if (child.exitCode === null) child.kill('SIGKILL');
  await rm(dir, { recursive: true, force: true });
});

/** A service process over a store; resolves when it listens. */
async function running(store: string): Promise<{ readonly url: string; readonly child: ChildProcess }> {
  const env = { PATH: process.env['PATH'], PORT: '0', COXSWAIN_STORE: store, COXSWAIN_DATA_DIR: dir };
  const child = spawn(process.execPath, [MAIN], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  started.push(child);
  const { said, listening } = heard(child);
  const url = await listening;
  if (url === null) throw new Error(`it ended: ${said()}`);
  return { url, child };
}

async function ask(url: string, path: string, json?: object): Promise<{ status: number; body: Record<string, unknown> }> {
  const answer = await fetch(`${url}${path}`, {
    method: json ? 'POST' : 'GET',
    headers: { authorization: `Bearer ${token}`, ...(json && { 'content-type': 'application/json' }) },
    ...(json && { body: JSON.stringify(json) }),
  });
  return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
}

const longAgo = (): string => new Date(Date.now() - 2 * 3_600_000).toISOString();
const overdue = (url: string, id: string): Promise<{ status: number }> =>
  ask(url, '/v1/opportunities', { id, process: 'hasty', occurredAt: longAgo() });

async function until(what: () => Promise<boolean>, seconds: number): Promise<number> {
  const start = Date.now();
  while (!(await what())) {
    if (Date.now() - start > seconds * 1000) throw new Error(`waited ${seconds} seconds in vain`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return Date.now() - start;
}

(isBuilt && postgres ? describe : describe.skip)('two services on one PostgreSQL', () => {
  const fired = async (): Promise<readonly { readonly deal: string; readonly times: number }[]> =>
    server.sql(`select stream as deal, count(*)::int as times from two.events where type = 'LimitFired' group by stream`);
  test('both take commands; when the leading one is killed the other fires the limits, each once, and keeps the figures', async () => {
    const store = server.uri('two');
    const first = await running(store);
    const second = await running(store);
    const published = await fetch(`${first.url}/v1/processes`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/yaml' },
      body: HASTY,
    });
    expect(published.status).toBe(201);

    // The second hears of the process that the first has published, and its deal is given up by the first.
    expect((await overdue(second.url, 'one')).status).toBe(201);
    await until(async () => (await fired()).length === 1, 10);

    // Killed while both take deals whose limits are due at once.
    const asked = Array.from({ length: 60 }, (_, n) =>
      overdue(n % 2 === 0 ? first.url : second.url, `deal-${n}`).catch(() => null),
    );
    await Promise.race(asked);
    first.child.kill('SIGKILL');
    const taken = (await Promise.all(asked)).filter((answer) => answer?.status === 201).length;
    expect(taken).toBeGreaterThan(0);
    const recorded = await server.sql<{ deals: number }>(
      `select count(*)::int as deals from two.events where type = 'OpportunityCaptured'`,
    );
    expect(recorded[0]!.deals).toBeGreaterThanOrEqual(taken + 1);
    await until(async () => (await fired()).length === recorded[0]!.deals, 10);
    expect((await fired()).filter(({ times }) => times !== 1)).toEqual([]);

    // What the second has kept equals what is folded anew from the log.
    second.child.kill('SIGTERM');
    await until(async () => second.child.exitCode !== null, 10);
    expect(second.child.exitCode).toBe(0);
    const keptNow = async (): Promise<readonly object[]> => [
      ...(await server.sql('select projection, key, row from two.projection_rows order by projection, key')),
      ...(await server.sql(
        'select projection, number, md5(bytes) as bytes from two.projection_blocks order by projection, number',
      )),
    ];
    const kept = await keptNow();
    expect(kept).toMatchObject([
      { projection: 'back-tests', key: '~' },
      { projection: 'migrations', key: '~' },
      { projection: 'openings', key: '~' },
      { projection: 'plans', key: '~' },
      { projection: 'processes', key: 'hasty' },
      { projection: 'processes', key: '~' },
      { projection: 'shadows', key: '~' },
      { projection: 'deals', number: 0 },
    ]);
    await server.sql('truncate two.projection_rows, two.projection_blocks, two.projection_checkpoints');
    const third = await running(store);
    expect((await ask(third.url, '/v1/measures/pipeline?process=hasty')).body['groups']).toMatchObject([{ open: 0 }]);
    third.child.kill('SIGTERM');
    await until(async () => third.child.exitCode !== null, 10);
    expect(await keptNow()).toEqual(kept);
  }, 60_000);
});
