import { spawnSync, type SpawnSyncReturns } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, rmSync, writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { openSqliteStore } from '@coxswain/event-store';
import { collect, events } from '../event-store/log.js';
import { temporaryFolder } from '../event-store/folder.js';
import { newBusinessFile } from '../sales-desk/given-desk.js';
import { Clients } from './clients.js';
import { compiledShim } from './disk.js';
import { discrepancies, gaps } from './ledger.js';
import { dice, isBuilt, pause, Survivor, type Answer, type Running } from './service.js';

const shim = isBuilt ? compiledShim() : null;
afterAll(() => shim?.remove());

const COXSWAIN = join(import.meta.dirname, '../../apps/cli/bin/coxswain.js');

let survivor: Survivor;
let clients: Clients;
beforeEach(async () => {
  survivor = await Survivor.make();
  clients = new Clients(survivor, { clients: 8, dice: dice(9) });
});
afterEach(() => survivor.remove());

/** A service with a process in force, and the deals that the clients share. */
async function givenService(
  environment: Readonly<Record<string, string>> = {},
  wrapped: readonly string[] = [],
): Promise<Running> {
  const service = await survivor.start(environment, wrapped);
  await survivor.publish(service.url);
  await clients.begin(service.url);
  return service;
}

const capture = (url: string, id: string): Promise<Answer> =>
  survivor.ask(url, 'POST', '/v1/opportunities', {
    json: { id, process: 'new-business' },
    headers: { 'idempotency-key': `capture ${id}` },
  });

async function expectNothingWrong(): Promise<void> {
  expect([...discrepancies(clients.asked, await survivor.log(), 'rita'), ...clients.strange]).toEqual([]);
}

(shim ? describe : describe.skip)('when the disk is full', () => {
  test('reads go on, commands are refused with what would help, and it goes on by itself when there is space', async () => {
    const full = join(survivor.dir, 'full');
    const { url } = await givenService({ LD_PRELOAD: shim!.library, UNSYNCED_FOLDER: survivor.file, UNSYNCED_FULL: full });
    const running = clients.run(url);
    await pause(300);
    writeFileSync(full, '');
    await running;
    const before = clients.acknowledged;
    expect(before).toBeGreaterThan(10);

    const refused = await survivor.ask(url, 'POST', '/v1/opportunities/shared-0/activities', { json: { kind: 'call' } });
    expect(refused).toMatchObject({
      status: 507,
      body: {
        title: 'Insufficient Storage',
        code: 'store-full',
        detail: expect.stringMatching(/the disk is full\. Free some space; the store goes on by itself/),
      },
    });
    const batch = await survivor.ask(url, 'POST', '/v1/commands', {
      json: { commands: [{ do: 'activity', id: 'shared-0', kind: 'call' }] },
    });
    expect(batch).toMatchObject({ status: 200, body: { results: [{ status: 507, code: 'store-full' }] } });
    expect(refused.headers.get('retry-after')).toBe('2');
    expect((await survivor.ask(url, 'GET', '/v1/opportunities/shared-0')).status).toBe(200);
    expect((await survivor.ask(url, 'GET', '/v1/opportunities?limit=500')).status).toBe(200);
    expect((await survivor.ask(url, 'GET', '/v1/measures/pipeline?process=new-business')).status).toBe(200);
    expect((await survivor.ask(url, 'GET', '/health/live')).status).toBe(200);
    expect(await survivor.ask(url, 'GET', '/health/ready')).toMatchObject({
      status: 503,
      body: {
        ready: false,
        storeWritable: false,
        storeTrouble: {
          reason: 'full',
          say: expect.stringContaining('the disk is full'),
          help: expect.stringContaining('space'),
        },
      },
    });
    await expectNothingWrong();

    rmSync(full);
    expect(await survivor.ask(url, 'GET', '/health/ready')).toMatchObject({ status: 200, body: { storeTrouble: null } });
    const again = clients.run(url);
    await pause(300);
    clients.stop();
    await again;
    expect(clients.acknowledged).toBeGreaterThan(before + 10);
    expect(clients.asked.filter(({ outcome }) => outcome === 'unknown')).toEqual([]);
    await expectNothingWrong();
  });

  test('the terminal says what would help, writes nothing, and does it once there is space', async () => {
    const [full, file] = [join(survivor.dir, 'full'), join(survivor.dir, 'process.yaml')];
    const environment = {
      PATH: process.env['PATH'],
      COXSWAIN_STORE: `sqlite:${survivor.file}`,
      LD_PRELOAD: shim!.library,
      UNSYNCED_FOLDER: survivor.file,
      UNSYNCED_FULL: full,
    };
    const publish = (): SpawnSyncReturns<string> =>
      spawnSync(process.execPath, [COXSWAIN, 'process', 'publish', file], { env: environment, encoding: 'utf8' });
    writeFileSync(file, newBusinessFile);
    expect(publish()).toMatchObject({ status: 0 });
    writeFileSync(full, '');
    writeFileSync(file, newBusinessFile.replace('>= 60.0', '>= 70.0'));
    expect(publish()).toMatchObject({
      status: 1,
      stdout: '',
      stderr: expect.stringMatching(/^The store cannot be used: .* the disk is full\.\nFree some space.*\n$/),
    });
    rmSync(full);
    expect(publish()).toMatchObject({ status: 0, stdout: expect.stringContaining('version 2') });
  });

  test('after a flush that failed nothing more is written until it is started again; then everything acknowledged is there', async () => {
    const after = join(survivor.dir, 'now');
    const { url, child, ended } = await givenService({
      LD_PRELOAD: shim!.library,
      UNSYNCED_FOLDER: survivor.file,
      UNSYNCED_FAIL: 'sync:0:EIO',
      UNSYNCED_OF: '-wal',
      UNSYNCED_AFTER: after,
    });
    const running = clients.run(url);
    await pause(200);
    writeFileSync(after, '');
    await running;
    for (const _ of [1, 2, 3])
      expect(await capture(url, 'later')).toMatchObject({
        status: 503,
        body: { code: 'store-unavailable', detail: expect.stringContaining('then restart') },
      });
    expect((await survivor.ask(url, 'GET', '/v1/opportunities/shared-0')).status).toBe(200);
    expect((await survivor.ask(url, 'GET', '/health/ready')).status).toBe(503);
    child.kill('SIGTERM');
    await ended;

    const second = await survivor.start();
    const again = clients.run(second.url);
    await pause(200);
    clients.stop();
    await again;
    expect((await capture(second.url, 'later')).status).toBe(201);
    const log = (await survivor.log()).filter(({ stream }) => stream !== 'opportunity-later');
    expect(discrepancies(clients.asked, log, 'rita')).toEqual([]);
  });
});

(isBuilt ? describe : describe.skip)('the service in trouble', () => {
  test('of several started at once on a new file one serves, and the others say who has it', async () => {
    const all = Array.from({ length: 4 }, () => survivor.spawn());
    const urls = await Promise.all(all.map(({ listening }) => listening));
    expect(urls.filter((url) => url !== null)).toHaveLength(1);
    for (const [at, { ended, said }] of all.entries())
      if (urls[at] === null) {
        expect(await ended).toBe(1);
        expect(said()).toMatch(/another process .*has .* open for writing/);
      }
    await survivor.publish(urls.find((url) => url !== null)!);
    expect(gaps(await survivor.log())).toEqual([]);
  });

  test('when no more connections can be opened, those that are open are served, and it recovers', async () => {
    const { url, child } = await givenService({}, ['bash', '-c', 'ulimit -n 512; exec "$@"', 'limited']);
    const { hostname, port } = new URL(url);
    const running = clients.run(url);
    await pause(100);
    const sockets: Socket[] = [];
    for (let n = 0; n < 800; n += 1) sockets.push(connect(Number(port), hostname).on('error', () => undefined));
    await pause(700);
    if (process.platform === 'linux') expect(readdirSync(`/proc/${child.pid}/fd`).length).toBeGreaterThan(500);
    for (const socket of sockets) socket.destroy();
    await pause(200);
    clients.stop();
    await running;
    const before = clients.acknowledged;
    expect(before).toBeGreaterThan(10);
    const again = clients.run(url);
    await pause(300);
    clients.stop();
    await again;
    expect(clients.acknowledged).toBeGreaterThan(before + 10);
    expect((await survivor.ask(url, 'GET', '/health/ready')).status).toBe(200);
    await expectNothingWrong();
  });

  test('told to stop under load it finishes what runs and ends with 0 within five seconds', async () => {
    const { url, child, ended } = await givenService();
    const running = clients.run(url);
    await pause(400);
    // Somebody who has connected and never asks must not hold it either.
    const { hostname, port } = new URL(url);
    const silent = connect(Number(port), hostname).on('error', () => undefined);
    await once(silent, 'connect');
    const told = performance.now();
    child.kill('SIGTERM');
    expect(await ended).toBe(0);
    expect(performance.now() - told).toBeLessThan(5_000);
    await running;
    expect(clients.acknowledged).toBeGreaterThan(10);
    await expectNothingWrong();
  });
});

describe('when the clock jumps', () => {
  test('recorded times never fall, also across restarts, and follow the clock again once it has caught up', async () => {
    const file = join(temporaryFolder(), 'log.db');
    const roll = dice(10);
    let now = Date.parse('2026-03-02T09:00:00Z');
    for (let start = 0; start < 5; start += 1) {
      const { store, close } = await openSqliteStore(file, { now: () => new Date(now) });
      for (let n = 0; n < 40; n += 1) {
        now += (roll() - 0.45) * 86_400_000;
        await Promise.all([0, 1, 2].map((one) => store.append(`s${one}`, events(`${start}-${n}-${one}`), 'any')));
      }
      await close();
    }
    now = Date.parse('2031-01-01T00:00:00Z');
    const { store, close } = await openSqliteStore(file, { now: () => new Date(now) });
    await store.append('s0', events('last'), 'any');
    const log = await collect(store.readAll());
    await close();
    expect(log).toHaveLength(601);
    expect(gaps(log)).toEqual([]);
    expect(log.at(-1)!.recordedAt).toBe('2031-01-01T00:00:00.000Z');
  });
});
