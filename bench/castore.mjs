// The peer castore: on PostgreSQL, and in memory, where nothing is durable.
import { EventStore, EventType } from '@castore/core';
import { InMemoryEventStorageAdapter } from '@castore/event-storage-adapter-in-memory';
import { PostgresEventStorageAdapter } from '@castore/event-storage-adapter-postgres';
import { DATA, decide, evolve, START } from './event.mjs';
import { callsASecond, millisecondsOf } from './rates.mjs';

const DEALS = 1_000;
const CALLERS = 64;

/** Castore over memory. */
export const castoreInMemory = () => peer(new InMemoryEventStorageAdapter());

/** Castore over the PostgreSQL server at this address, with the server's own settings: every commit is flushed to disk. */
export async function castoreInPostgres(connectionString) {
  await PostgresEventStorageAdapter.createEventTable({ connectionString, aggregateId: { type: 'VARCHAR', length: 64 } });
  return peer(new PostgresEventStorageAdapter({ connectionString }));
}

function peer(eventStorageAdapter) {
  const store = new EventStore({
    eventStoreId: 'deals',
    eventTypes: [new EventType({ type: 'StageChanged' })],
    reducer: (deal, { version, payload }) => ({ ...evolve(deal ?? START, payload), version }),
    eventStorageAdapter,
  });
  const step = (aggregateId, version, payload) => store.pushEvent({ aggregateId, version, type: 'StageChanged', payload });
  let run = 0;
  return {
    /** Commands a second of 64 callers, each with deals of its own: load, fold, decide, append one event at the version seen. */
    async commands(seconds) {
      run += 1;
      let asked = 0;
      return callsASecond(CALLERS, seconds, async (caller) => {
        const id = `deal-${run}-${caller}-${(asked += 1) % Math.ceil(DEALS / CALLERS)}`;
        const { aggregate } = await store.getAggregate(id);
        await step(id, (aggregate?.version ?? 0) + 1, decide(aggregate ?? START));
        return 1;
      });
    },
    /** A deal of so many events, read and folded: milliseconds. */
    async rehydrates(events) {
      run += 1;
      for (let version = 1; version <= events; version += 1) await step(`long-${run}`, version, DATA);
      return millisecondsOf(20, () => store.getAggregate(`long-${run}`));
    },
  };
}
