import type { EventStore, ReadModels } from './store.js';

/** A store that is open: the log, the read models beside it, and the one `close` for both. */
export interface OpenStore {
  readonly store: EventStore;
  readonly readModels: ReadModels;
  /** Lets running writes finish, then releases everything. Idempotent. */
  readonly close: () => Promise<void>;
}
