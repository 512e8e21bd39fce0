import { describe, expect, test } from '@jest/globals';
import { openSqliteStore } from '@coxswain/event-store';
import { SalesDesk } from '@coxswain/sales-desk';
import { newBusinessFile, operations, seller } from '../sales-desk/given-desk.js';
import { isBuilt, pause, Survivor } from './service.js';

const DEALS = 4_000;

(isBuilt ? describe : describe.skip)('a migration killed half-way', () => {
  test('is gone on with after each start, and moves each deal exactly once', async () => {
    const survivor = await Survivor.make();
    try {
      await manyLeads(survivor.file);
      const path = '/v1/processes/new-business/migrations';
      let running = await survivor.start();
      const { status, body } = await survivor.ask(running.url, 'POST', path, { json: { version: 2 } });
      expect(status).toBe(202);
      const migration = `${path}/${String(body['migration'])}`;
      const moved: number[] = [];
      for (const share of [0.2, 0.5]) {
        const goal = share * DEALS;
        // Counted in the log: what the service says of its progress is not what counts.
        while ((await migratedIn(survivor)).length < goal) await pause(5);
        await survivor.kill(running);
        moved.push((await migratedIn(survivor)).length);
        running = await survivor.start();
      }
      // Each was killed in the middle of it.
      expect(moved.every((one) => one < DEALS)).toBe(true);
      let state = '';
      for (let tries = 0; tries < 600 && state !== 'finished'; tries++) {
        state = String((await survivor.ask(running.url, 'GET', migration)).body['state']);
        await pause(50);
      }
      expect((await survivor.ask(running.url, 'GET', migration)).body).toMatchObject({
        state: 'finished',
        finished: { moved: DEALS, waiting: 0, left: 0 },
      });
      const deals = await migratedIn(survivor);
      expect([deals.length, new Set(deals).size]).toEqual([DEALS, DEALS]);
      expect((await survivor.ask(running.url, 'POST', '/v1/opportunities/d-17/verify')).body).toMatchObject({ agree: true });
    } finally {
      await survivor.remove();
    }
  }, 120_000);
});

/** The streams of the deals that were moved, as often as they were. */
const migratedIn = async (survivor: Survivor): Promise<readonly string[]> =>
  (await survivor.log()).filter(({ type }) => type === 'DealMigrated').map(({ stream }) => stream);

async function manyLeads(file: string): Promise<void> {
  const { store, readModels, close } = await openSqliteStore(file);
  const desk = await SalesDesk.open({ store, readModels, now: () => new Date() });
  await desk.publish(newBusinessFile, 'yaml', operations);
  for (let first = 0; first < DEALS; first += 250)
    await Promise.all(
      Array.from({ length: 250 }, (_, index) =>
        desk.command(
          null,
          { type: 'Capture', id: `d-${first + index}`, process: 'new-business', facts: { source: 'inbound' } },
          { actor: seller },
        ),
      ),
    );
  await desk.publish(newBusinessFile.replace('3 working days', '4 working days'), 'yaml', operations);
  await desk.close();
  await close();
}
