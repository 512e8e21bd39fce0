import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { openMemoryStore, type EventStore, type ReadModels } from '@coxswain/event-store';
import { SalesDesk, type DealAnswer, type DealOutcome, type DealRequest } from '@coxswain/sales-desk';
import type { Actor } from '@coxswain/sales-process';

/** A desk over a memory store with a clock that the test sets. */
export interface GivenDesk {
  desk: SalesDesk;
  readonly store: EventStore;
  readonly readModels: ReadModels;
  readonly clock: { now: Date };
  readonly at: (instant: string) => void;
}

export const operations: Actor = { id: 'olga', roles: ['operations'], team: null };
export const seller: Actor = { id: 'rita', roles: ['sdr', 'rep', 'manager', 'deal-desk', 'success'], team: 'north' };

export const newBusinessFile = readFileSync(join(import.meta.dirname, '../../processes/new-business.process.yaml'), 'utf8');

export async function givenDesk(start = '2026-03-02T09:00:00.000Z', publish = true): Promise<GivenDesk> {
  const clock = { now: new Date(start) };
  const now = (): Date => clock.now;
  const { store, readModels } = openMemoryStore({ now });
  const desk = await SalesDesk.open({ store, readModels, now });
  if (publish) {
    const { problems, published } = await desk.publish(newBusinessFile, 'yaml', operations);
    if (!published) throw new Error(JSON.stringify(problems));
  }
  return { desk, store, readModels, clock, at: (instant) => void (clock.now = new Date(instant)) };
}

/** Asks, and expects it to be done. */
export async function done(
  desk: SalesDesk,
  id: string | null,
  request: DealRequest,
  more: { key?: string; actor?: Actor } = {},
): Promise<DealAnswer> {
  const outcome = await desk.command(id, request, {
    actor: more.actor ?? seller,
    ...(more.key !== undefined && { idempotency: { key: more.key, request: JSON.stringify(request) } }),
  });
  return expectDone(outcome);
}

function expectDone(outcome: DealOutcome): DealAnswer {
  if ('kind' in outcome) throw new Error(`not done: ${JSON.stringify(outcome)}`);
  return outcome;
}

const euros = (major: number): { minor: number; currency: string } => ({ minor: major * 100, currency: 'EUR' });

/** Brings a new deal to where it is a customer; each step on the clock's instant. */
export async function customer(desk: SalesDesk, id: string): Promise<void> {
  await done(desk, null, { type: 'Capture', id, process: 'new-business', facts: { source: 'inbound' }, account: 'Birch & Sons' });
  await done(desk, id, { type: 'Advance', move: 'qualify', facts: { fitScore: 80 } });
  const facts = {
    amount: euros(12_500),
    closeDate: '2026-05-31',
    economicBuyer: 'The owner',
    budgetConfirmed: true,
    discountPct: 5,
  };
  await done(desk, id, { type: 'Advance', move: 'propose', facts });
  for (const move of ['send', 'approve', 'win', 'handOver', 'goLive']) await done(desk, id, { type: 'Advance', move });
}
