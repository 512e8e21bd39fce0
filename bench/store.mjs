// How fast the memory is, on its own.
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { openStore } from '@coxswain/event-store';
import { event } from './event.mjs';
import { callsASecond } from './rates.mjs';

/** What the store does with durable appends, and reading back: rates a second. `folder` says which disk to measure. */
export async function storeRates({ seconds, folder }) {
  const place = mkdtempSync(join(folder, 'bench-store-'));
  const { store, close } = await openStore(`sqlite:${join(place, 'store.db')}`);
  try {
    let id = 0;
    const appendEach = async (caller) => {
      await store.append(`deal-${caller}-${id % 100}`, [event((id += 1))], 'any');
      return 1;
    };
    const appendMany = async (caller) => {
      const events = Array.from({ length: 250 }, () => event((id += 1)));
      await store.append(`batch-${caller}`, events, 'any');
      return events.length;
    };
    return {
      'store, appends of one event, one caller, a second': await callsASecond(1, seconds, appendEach),
      'store, appends of one event, 64 callers, a second': await callsASecond(64, seconds, appendEach),
      'store, events in appends of 250, 4 callers, a second': await callsASecond(4, seconds, appendMany),
      'store, events read back, a second': await readRate(store),
    };
  } finally {
    await close();
    rmSync(place, { recursive: true, force: true });
  }
}

async function readRate(store) {
  let events = 0;
  const start = performance.now();
  for await (const _ of store.readAll({ limit: 500_000 })) events += 1;
  return events / ((performance.now() - start) / 1000);
}
