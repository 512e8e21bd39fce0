import type { EventStore, ReadModels, StoredEvent } from '@coxswain/event-store';
import type { Projection } from '@coxswain/projections';
import type { Subscription } from 'rxjs';

/** What is kept of one projection while it runs. */
interface Running {
  readonly projection: Projection<unknown>;
  readonly rows: Map<string, unknown>;
  /** The last event folded in; null before the first. */
  position: string | null;
  /** Why it stopped; null while it runs. A failing fold is never skipped: the figures would be wrong and nobody would know. */
  failed: string | null;
  readonly dirty: Set<string>;
}

export interface ProjectionState {
  readonly name: string;
  readonly position: string | null;
  readonly rows: number;
  readonly failed: string | null;
}

export interface RunnerOptions {
  readonly store: EventStore;
  readonly readModels: ReadModels;
  /** Rows and their checkpoint are written at most this long after the event, in milliseconds. */
  readonly commitWithinMs?: number;
  readonly onBatch?: (events: readonly StoredEvent[]) => void;
  readonly onTrouble?: (projection: string, error: unknown) => void;
}

const DIRTY_ROWS_AT_MOST = 5_000;
/** How long a desk that is to lead may take to fold what it has missed, in milliseconds. */
const TAKEOVER_WITHIN_MS = 600_000;

/** Follows the log in its order and folds each event into every projection; rows and checkpoint are written in one transaction. */
export class ProjectionRunner {
  private readonly running: readonly Running[];
  private following: Subscription | null = null;
  private commitTimer: NodeJS.Timeout | null = null;
  private committing: Promise<void> = Promise.resolve();
  /** Whether the rows are written here. Whoever does not lead folds in memory, and remembers what changed for when it does. */
  private leads = false;
  private waiting: { readonly position: string; readonly done: () => void }[] = [];

  constructor(
    projections: readonly Projection<unknown>[],
    private readonly options: RunnerOptions,
  ) {
    this.running = projections.map((projection) => ({
      projection,
      rows: new Map(),
      position: null,
      failed: null,
      dirty: new Set(),
    }));
  }

  /** Loads what was kept, folds what came since, and goes on following. Resolves when everything now in the log is folded in. */
  async start(leads: boolean): Promise<void> {
    this.leads = leads;
    for (const one of this.running) {
      const kept = await this.options.readModels.load(one.projection.name, one.projection.shape);
      if (!kept) continue;
      for await (const { key, row } of kept.rows()) one.rows.set(key, row);
      one.position = kept.position;
    }
    await this.follow();
  }

  /** From now on rows are written here, or no longer. What another desk wrote in between is overwritten with the same or later. */
  async lead(leads: boolean): Promise<void> {
    if (!leads) {
      this.leads = false;
      return;
    }
    const { position } = await this.options.store.end();
    if (position !== null) await this.caughtUp(position, TAKEOVER_WITHIN_MS);
    this.leads = true;
    await this.commit();
  }

  rows<Row>(projection: Projection<Row>): ReadonlyMap<string, Row> {
    return this.of(projection.name).rows as ReadonlyMap<string, Row>;
  }

  /** The position that every running projection has reached; null when one has seen nothing. */
  position(): string | null {
    return this.running.reduce<string | null>(
      (least, { position }, at) => (at === 0 || (position ?? '') < (least ?? '') ? position : least),
      null,
    );
  }

  states(): readonly ProjectionState[] {
    return this.running.map(({ projection, position, rows, failed }) => ({
      name: projection.name,
      position,
      rows: rows.size,
      failed,
    }));
  }

  /** Resolves once everything up to `position` is folded in; rejects with `TimeoutError` after `withinMs`. */
  caughtUp(position: string, withinMs: number): Promise<void> {
    if (this.reached(position)) return Promise.resolve();
    return new Promise((resolve, reject) => {
      const waiter = { position, done: () => (clearTimeout(timer), resolve()) };
      const timer = setTimeout(() => {
        this.waiting = this.waiting.filter((one) => one !== waiter);
        reject(new DOMException(`the figures did not reach ${position} within ${withinMs} ms`, 'TimeoutError'));
      }, withinMs);
      this.waiting.push(waiter);
    });
  }

  /** Forgets one projection, or all, and folds the whole log again. Resolves when it is done. */
  async rebuild(name?: string): Promise<void> {
    const again = name === undefined ? this.running : [this.of(name)];
    this.following?.unsubscribe();
    await this.commit();
    for (const one of again) {
      if (this.leads) await this.options.readModels.forget(one.projection.name);
      one.rows.clear();
      one.dirty.clear();
      one.position = null;
      one.failed = null;
    }
    await this.follow();
    await this.commit();
  }

  async stop(): Promise<void> {
    this.following?.unsubscribe();
    await this.commit();
  }

  private async follow(): Promise<void> {
    const { position: end } = await this.options.store.end();
    const after = this.position() ?? undefined;
    this.following = this.options.store.follow({ ...(after !== undefined && { after }) }).subscribe({
      next: (events) => this.handle(events),
      error: (error: unknown) => this.options.onTrouble?.('log', error),
    });
    if (end !== null) await this.caughtUp(end, 3_600_000);
  }

  private handle(events: readonly StoredEvent[]): void {
    for (const one of this.running) this.fold(one, events);
    this.options.onBatch?.(events);
    this.waiting = this.waiting.filter((waiter) => {
      if (!this.reached(waiter.position)) return true;
      waiter.done();
      return false;
    });
    this.commitSoon();
  }

  private fold(one: Running, events: readonly StoredEvent[]): void {
    if (one.failed !== null) return;
    for (const event of events) {
      if (one.position !== null && event.position <= one.position) continue;
      try {
        const key = one.projection.keyOf(event);
        if (key !== null) {
          const row = one.projection.fold(one.rows.get(key) ?? null, event);
          if (row === null) one.rows.delete(key);
          else one.rows.set(key, row);
          one.dirty.add(key);
        }
        one.position = event.position;
      } catch (error) {
        one.failed = `stopped at ${event.position} (${event.type} of ${event.stream}): ${error instanceof Error ? error.message : String(error)}`;
        this.options.onTrouble?.(one.projection.name, error);
        return;
      }
    }
  }

  private commitSoon(): void {
    if (!this.leads) return;
    if (this.running.some(({ dirty }) => dirty.size > DIRTY_ROWS_AT_MOST)) void this.commit();
    else this.commitTimer ??= setTimeout(() => void this.commit(), this.options.commitWithinMs ?? 200);
  }

  private commit(): Promise<void> {
    if (this.commitTimer) clearTimeout(this.commitTimer);
    this.commitTimer = null;
    if (!this.leads) return Promise.resolve();
    this.committing = this.committing.then(() => this.write());
    return this.committing;
  }

  private async write(): Promise<void> {
    if (this.running.every(({ dirty }) => dirty.size === 0)) return;
    // Also those without a changed row: the next start goes on where the last of them stands.
    const changed = this.running.filter(({ position }) => position !== null);
    const changes = changed.map(({ projection, rows, position, dirty }) => ({
      projection: projection.name,
      shape: projection.shape,
      position: position!,
      rows: new Map(Array.from(dirty, (key) => [key, rows.get(key) ?? null])),
    }));
    const keys = changed.map((one) => [one, [...one.dirty]] as const);
    for (const { dirty } of changed) dirty.clear();
    try {
      await this.options.readModels.commit(changes);
    } catch (error) {
      for (const [one, dirty] of keys) for (const key of dirty) one.dirty.add(key);
      this.options.onTrouble?.('read models', error);
    }
  }

  private reached(position: string): boolean {
    return this.running.every((one) => one.failed !== null || (one.position !== null && one.position >= position));
  }

  private of(name: string): Running {
    const found = this.running.find(({ projection }) => projection.name === name);
    if (!found)
      throw new RangeError(
        `there is no projection "${name}"; there are ${this.running.map(({ projection }) => projection.name).join(', ')}`,
      );
    return found;
  }
}
