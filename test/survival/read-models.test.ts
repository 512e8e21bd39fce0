import { describe, expect, test } from '@jest/globals';
import type { EventStore } from '@coxswain/event-store';
import { SalesDesk } from '@coxswain/sales-desk';
import { done, givenDesk } from '../sales-desk/given-desk.js';
import { recordSequences } from './sequences.js';

const SEED = 7;

describe('a desk that is stopped and killed between commands', () => {
  test('shows the same figures as one that folds the whole log anew', async () => {
    const report = await recordSequences({ runs: 12, commands: 40, seed: SEED });
    expect(report.comparisons).toBeGreaterThan(12);
    expect(report.crashes).toBeGreaterThan(0);
    expect(report.refusals).toBeGreaterThan(0);
    expect(report.limitsFired).toBeGreaterThan(0);
  }, 60_000);

  test('goes on where it stopped, and does not read again what it has kept', async () => {
    const { desk, store, readModels, clock } = await givenDesk();
    await done(desk, null, { type: 'Capture', id: 'a', process: 'new-business' });
    await desk.close();
    const { position } = await store.end();
    const followed: (string | undefined)[] = [];
    const follow: EventStore['follow'] = (options) => {
      followed.push(options?.after);
      return store.follow(options);
    };
    const watched = Object.create(store, { follow: { value: follow } }) as EventStore;
    const second = await SalesDesk.open({ store: watched, readModels, now: () => clock.now });
    expect(followed).toEqual([position]);
    await second.close();
  });
});
