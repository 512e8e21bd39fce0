import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { openSqliteStore, type OpenStore } from '@coxswain/event-store';
import { SalesDesk, type HistoryRequest } from '@coxswain/sales-desk';
import { done, newBusinessFile, operations } from '../sales-desk/given-desk.js';

const FILE = join(import.meta.dirname, '../../apps/api/dist/measuring.js');
const isBuilt = existsSync(FILE);
if (!isBuilt) console.warn('SKIPPED: measuring in a thread of its own, because apps/api/dist is missing (npm run build)');

const ASK = { process: 'new-business', asOf: '2026-01-31T12:00:00.000Z' };

(isBuilt ? describe : describe.skip)('measures of many deals', () => {
  const folder = mkdtempSync(join(tmpdir(), 'coxswain-measuring-'));
  const file = join(folder, 'log.db');
  let opened: OpenStore;
  let desk: SalesDesk;
  let measuringFor: typeof import('../../apps/api/src/measuring.js').measuringFor;
  const warned: unknown[] = [];
  const logger = { warn: (what: unknown) => void warned.push(what) };
  const beside = (store = `sqlite:${file}`) => measuringFor({ store, readModels: null }, desk, { ownClock: false, logger });

  beforeAll(async () => {
    ({ measuringFor } = (await import(FILE)) as typeof import('../../apps/api/src/measuring.js'));
    opened = await openSqliteStore(file);
    desk = await SalesDesk.open({ ...opened, now: () => new Date() });
    await desk.publish(newBusinessFile, 'yaml', operations);
    await desk.recordHistory(Array.from({ length: 1_200 }, (_, deal) => past(deal)));
    await desk.caughtUp((await opened.store.end()).position!, 30_000);
  });
  afterAll(async () => {
    await desk.close();
    await opened.close();
    rmSync(folder, { recursive: true, force: true });
  });

  test('are answered by a thread of their own as the desk itself answers them', async () => {
    const measuring = beside();
    for (const name of ['pipeline', 'conversion', 'adherence', 'forecast', 'junk-watch'] as const)
      expect(await measuring.measure(name, ASK)).toEqual(JSON.parse(JSON.stringify(await desk.answer(name, ASK))));
    const behind = { cell: { fromStage: 'lead', toStage: 'qualified', outcome: 'reached' }, limit: 5 };
    expect(await measuring.dealsBehind('conversion', ASK, behind)).toEqual(desk.dealsBehind('conversion', ASK, behind));
    await measuring.close();
    expect(warned).toEqual([]);
  });

  test('include what was recorded before the question', async () => {
    const measuring = beside();
    const before = (await measuring.measure('pipeline', { process: 'new-business' })).deals;
    const { position } = await done(desk, null, { type: 'Capture', process: 'new-business' });
    await desk.caughtUp(position, 5_000);
    const after = await measuring.measure('pipeline', { process: 'new-business' });
    expect([after.deals, after.position]).toEqual([before + 1, position]);
    await measuring.close();
  });

  test('are given as they were lately to whoever would rather have them at once', async () => {
    const measuring = beside();
    const question = { process: 'new-business', by: 'owner' } as const;
    expect(measuring.lately('pipeline', question, 60_000)).toBeNull();
    const answer = await measuring.measure('pipeline', question);
    const { position } = await done(desk, null, { type: 'Capture', process: 'new-business' });
    await desk.caughtUp(position, 5_000);
    expect(measuring.lately('pipeline', { by: 'owner', process: 'new-business' }, 60_000)).toEqual(answer);
    expect(measuring.lately('pipeline', question, -1)).toBeNull();
    expect(measuring.lately('pipeline', { process: 'new-business' }, 60_000)).toBeNull();
    expect((await measuring.measure('pipeline', question)).position).toBe(position);
    // As of an instant that is over, an answer holds for good.
    const past = await measuring.measure('pipeline', ASK);
    expect(measuring.lately('pipeline', ASK, -1)).toEqual(past);
    await measuring.renew();
    expect(measuring.lately('pipeline', question, 60_000)).toBeNull();
    await measuring.close();
  });

  test('that were made before anybody asked can be had at once', async () => {
    const measuring = beside();
    measuring.warm();
    for (const until = Date.now() + 30_000; Date.now() < until; await new Promise((resolve) => setTimeout(resolve, 100)))
      if (measuring.lately('adherence', { process: 'new-business' }, 60_000)) break;
    expect(measuring.lately('adherence', { process: 'new-business' }, 60_000)?.deals).toBe(
      desk.measure('pipeline', { process: 'new-business' }).deals,
    );
    await measuring.close();
  }, 60_000);

  test('are answered, and the process stays alive, while the thread is renewed again and again', async () => {
    const measuring = beside();
    for (let round = 0; round < 5; round++) {
      const asked = measuring.measure('pipeline', ASK);
      if (round % 2 === 0) await asked;
      await measuring.renew();
      expect((await asked).deals).toBe(desk.measure('pipeline', ASK).deals);
    }
    await measuring.close();
  }, 60_000);

  test('that cannot be read are refused in the same words', async () => {
    const measuring = beside();
    await expect(measuring.measure('pipeline', { ...ASK, asOf: 'last week' })).rejects.toThrow(
      new RangeError('"last week" is neither a day (2026-03-31) nor an instant (2026-03-31T12:00:00Z)'),
    );
    await measuring.close();
  });

  test('are answered all the same, and operators are told, where the thread cannot run', async () => {
    const measuring = beside(`sqlite:${join(folder, 'none.db')}`);
    expect(await measuring.measure('pipeline', ASK)).toEqual(desk.measure('pipeline', ASK));
    expect(warned).toEqual([expect.objectContaining({ error: expect.stringContaining('there is no store at') })]);
    await measuring.close();
    expect(await measuring.measure('pipeline', ASK)).toEqual(desk.measure('pipeline', ASK));
  });
});

function past(deal: number): HistoryRequest {
  const at = (day: number): string => new Date(Date.UTC(2025, 0, 1 + (deal % 300) + day)).toISOString();
  return {
    process: 'new-business',
    id: `past-${deal}`,
    batch: 'test',
    capture: {
      occurredAt: at(0),
      by: 'ann',
      owner: `seller-${deal % 7}`,
      team: null,
      account: null,
      origin: 'import',
      facts: {},
    },
    steps: ['qualified', 'proposal', deal % 3 === 0 ? 'won' : 'lost'].slice(0, 1 + (deal % 3)).map((to, step) => ({
      key: `${step}`,
      kind: 'stage',
      to,
      occurredAt: at(10 * (step + 1)),
      by: 'ann',
      facts: { fitScore: 70 },
    })),
  };
}
