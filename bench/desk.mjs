// What the one door does without HTTP: bring in the past, fold the figures again, and one long deal.
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { openStore } from '@coxswain/event-store';
import { SalesDesk } from '@coxswain/sales-desk';
import { millisecondsOf } from './rates.mjs';

export const PAST_DEALS = 2_000;
export const LONG_DEAL = 1_000;
export const lead = { process: 'new-business', facts: { source: 'inbound', fitScore: 80 } };
export const operations = { id: 'bench', roles: ['operations'], team: null };
export const processFile = readFileSync(join(import.meta.dirname, '../processes/new-business.process.yaml'), 'utf8');

const now = () => new Date();

/** History of made-up deals through the one door, then every figure folded again from the log. `streams`: what the log then holds. */
export async function pastDeals(file) {
  const opened = await openStore(`sqlite:${file}`);
  const desk = await SalesDesk.open({ ...opened, now });
  await desk.publish(processFile, 'yaml', operations);
  let started = performance.now();
  for (let index = 0; index < PAST_DEALS; index += 200)
    await desk.recordHistory(Array.from({ length: 200 }, (_, more) => pastDeal(index + more)));
  const importing = performance.now() - started;
  const { position } = await opened.store.end();
  const streams = new Map();
  let [events, payload] = [0, 0];
  for await (const { stream, type, data, meta } of opened.store.readAll()) {
    events += 1;
    payload += JSON.stringify(data).length + JSON.stringify(meta).length;
    if (!streams.has(stream)) streams.set(stream, []);
    streams.get(stream).push({ type, data, meta });
  }
  await desk.caughtUp(position, 60_000);
  started = performance.now();
  await desk.rebuild();
  const rebuilding = performance.now() - started;
  await desk.close();
  await opened.close();
  return {
    importedASecond: (events * 1000) / importing,
    rebuiltASecond: (events * 1000) / rebuilding,
    bytesForAByte: statSync(file).size / payload,
    payload,
    streams,
  };
}

function pastDeal(index) {
  const at = (day) => new Date(Date.UTC(2025, 0, 1 + day)).toISOString();
  return {
    process: 'new-business',
    id: `past-${index}`,
    batch: 'bench',
    capture: {
      occurredAt: at(0),
      by: 'bench',
      owner: `seller-${index % 20}`,
      team: null,
      account: null,
      origin: 'import',
      facts: { source: 'inbound' },
    },
    steps: ['qualified', 'proposal', 'negotiation', 'won'].map((to, step) => ({
      key: `${step}`,
      kind: 'stage',
      to,
      occurredAt: at(step + 1),
      by: 'bench',
      facts: { fitScore: 70 },
    })),
  };
}

/** A deal of a thousand events: read and parsed, folded by a desk that has not seen it, and asked again from memory. Milliseconds each. */
export async function longDeal(file) {
  const opened = await openStore(`sqlite:${file}`);
  const desk = await SalesDesk.open({ ...opened, now });
  await desk.publish(processFile, 'yaml', operations);
  await desk.command(null, { type: 'Capture', id: 'long', ...lead }, { actor: { id: 'bench', roles: ['rep'], team: null } });
  for (let n = 0; n < LONG_DEAL; n += 1)
    await desk.command('long', { type: 'LogActivity', kind: 'call', note: `call ${n}` }, { actor: operations });
  await desk.close();
  const read = await millisecondsOf(20, async () => {
    for await (const _ of opened.store.read('opportunity-long'));
  });
  const again = await SalesDesk.open({ ...opened, now, readOnly: true });
  const folded = await millisecondsOf(20, () => again.opportunity('long', '9999-12-31T00:00:00.000Z'));
  await again.opportunity('long');
  const cached = await millisecondsOf(2_000, () => again.opportunity('long'));
  await again.close();
  await opened.close();
  return { read, folded, cached };
}
