import type { Observable } from 'rxjs';
import type { EventStore, ReadModels } from './store.js';

/** A store that is open: the log, the read models beside it, and the one `close` for both. */
export interface OpenStore {
  readonly store: EventStore;
  readonly readModels: ReadModels;
  /**
   * Whether this process leads, now and from now on. Of all processes on one store one leads: it alone keeps read models and does what
   * must be done once, such as firing time limits.
   */
  readonly leading: Observable<boolean>;
  /** Lets running writes finish, then releases everything. Idempotent. */
  readonly close: () => Promise<void>;
}
