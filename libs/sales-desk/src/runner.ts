import type { EventStore, ProjectionChange, ReadModels, StoredEvent } from '@coxswain/event-store';
import { Subscription } from 'rxjs';
import type { View } from './views.js';

/** A view while the log is followed. */
interface Running {
  view: View;
  /** The last event folded in; null before the first. */
  position: string | null;
  /** When that event was recorded. */
  recordedAt: string | null;
  /** Why it stopped; null while it runs. A failing fold is never skipped: the figures would be wrong and nobody would know. */
  failed: string | null;
  /** True where the next thing kept is all there is: what was kept before is of another making. */
  replaces: boolean;
}

export interface ProjectionState {
  readonly name: string;
  readonly shape: string;
  readonly position: string | null;
  /** When the last event folded in was recorded. */
  readonly recordedAt: string | null;
  /** Rows or entries. */
  readonly size: number;
  readonly failed: string | null;
  /** How far a rebuild beside it has come; null while there is none. */
  readonly rebuilding: string | null;
}

export interface RunnerOptions {
  readonly store: EventStore;
  readonly readModels: ReadModels;
  /** What has changed is kept at most this long after the event, in milliseconds. */
  readonly commitWithinMs?: number;
  readonly onBatch?: (events: readonly StoredEvent[]) => void;
  readonly onTrouble?: (projection: string, error: unknown) => void;
}

/** A named way to make a view that is still empty. */
export interface ViewMaker {
  readonly name: string;
  readonly make: () => View;
}

/** How long a desk that is to lead may take to fold what it has missed, in milliseconds. */
const TAKEOVER_WITHIN_MS = 600_000;
const FOLD_WITHIN_MS = 3_600_000;

/** Follows the log in its order and folds each event into every view; what is kept of a view and its checkpoint are written in one transaction. */
export class ProjectionRunner {
  private readonly running: readonly Running[];
  private readonly rebuilding = new Map<string, Running>();
  private following: Subscription | null = null;
  /** The last event that was handed to the views. */
  private followed: string | null = null;
  private commitTimer: NodeJS.Timeout | null = null;
  private committing: Promise<void> = Promise.resolve();
  /** Whether anything is kept here. Whoever does not lead folds in memory, and remembers what changed for when it does. */
  private leads = false;
  private waiting: { readonly position: string; readonly done: () => void; readonly stopped: () => void }[] = [];

  constructor(
    private readonly makers: readonly ViewMaker[],
    private readonly options: RunnerOptions,
  ) {
    this.running = makers.map(({ make }) => beginning(make()));
  }

  /** Loads what was kept, folds what came since, and goes on following. Resolves when everything now in the log is folded in. */
  async start(leads: boolean): Promise<void> {
    this.leads = leads;
    for (const one of this.running) {
      const kept = await this.options.readModels.load(one.view.name, one.view.shape);
      if (kept) one.position = await one.view.load(kept);
    }
    await this.follow();
  }

  /** From now on views are kept here, or no longer. What another desk wrote in between is overwritten with the same or later. */
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

  /** The view of this name as it is now: after a rebuild it is another one. */
  view(name: string): View {
    return this.of(name).view;
  }

  /** The position that every view has reached; null when one has seen nothing. */
  position(): string | null {
    return this.running.reduce<string | null>(
      (least, { position }, at) => (at === 0 || (position ?? '') < (least ?? '') ? position : least),
      null,
    );
  }

  states(): readonly ProjectionState[] {
    return this.running.map(({ view: { name, shape, size }, position, recordedAt, failed }) => {
      const beside = this.rebuilding.get(name);
      return { name, shape, position, recordedAt, size, failed, rebuilding: beside ? (beside.position ?? '') : null };
    });
  }

  /** Resolves once everything up to `position` is folded in; rejects with `TimeoutError` after `withinMs`, and with `AbortError` when this stops. */
  caughtUp(position: string, withinMs: number): Promise<void> {
    if (this.reached(position)) return Promise.resolve();
    return new Promise((resolve, reject) => {
      const waiter = {
        position,
        done: () => (clearTimeout(timer), resolve()),
        stopped: () => (clearTimeout(timer), reject(new DOMException('the figures are no longer followed', 'AbortError'))),
      };
      const timer = setTimeout(() => {
        this.waiting = this.waiting.filter((one) => one !== waiter);
        reject(new DOMException(`the figures did not reach ${position} within ${withinMs} ms`, 'TimeoutError'));
      }, withinMs);
      this.waiting.push(waiter);
    });
  }

  /**
   * Folds the whole log again for one view, or for all, beside the ones that go on answering, and switches over when that is done.
   * Resolves then, with the names; rejects where one cannot fold the log, and leaves the old one as it was. One rebuild of a view at a time.
   */
  async rebuild(name?: string, onProgress?: (position: string) => void): Promise<readonly string[]> {
    const again = this.makers.filter((maker) => name === undefined || maker.name === name);
    if (again.length === 0) this.of(name!);
    const busy = again.find((maker) => this.rebuilding.has(maker.name));
    if (busy) throw new RangeError(`the projection "${busy.name}" is being rebuilt already`);
    const beside = again.map(({ make }) => ({ ...beginning(make()), replaces: true }));
    for (const one of beside) this.rebuilding.set(one.view.name, one);
    try {
      await this.foldBeside(beside, onProgress);
    } finally {
      for (const { view } of beside) this.rebuilding.delete(view.name);
    }
    await this.commit(true);
    return again.map((maker) => maker.name);
  }

  async stop(): Promise<void> {
    this.following?.unsubscribe();
    for (const waiter of this.waiting.splice(0)) waiter.stopped();
    await this.commit(true);
  }

  /** Folds the log into fresh views until they have seen what the old ones have; in that very turn, with nothing folded between, they take their places. */
  private foldBeside(beside: readonly Running[], onProgress?: (position: string) => void): Promise<void> {
    const follow = new Subscription();
    const switched = new Promise<void>((resolve, reject) => {
      const trouble = (error: unknown): void => reject(error instanceof Error ? error : new Error(String(error)));
      const tryToSwitch = (): void => {
        if (beside.some(({ position }) => (position ?? '') < (this.followed ?? ''))) return;
        for (const fresh of beside) Object.assign(this.of(fresh.view.name), fresh);
        follow.unsubscribe();
        resolve();
      };
      const next = (events: readonly StoredEvent[]): void => {
        if (follow.closed) return;
        for (const one of beside) fold(one, events);
        const failed = beside.find((one) => one.failed !== null);
        if (failed) return trouble(new Error(`the ${failed.view.name} could not be rebuilt: ${failed.failed}`));
        onProgress?.(events.at(-1)!.position);
        tryToSwitch();
      };
      tryToSwitch();
      follow.add(this.options.store.follow().subscribe({ next, error: trouble }));
    });
    return switched.finally(() => follow.unsubscribe());
  }

  private async follow(): Promise<void> {
    const { position: end } = await this.options.store.end();
    this.followed = this.position();
    const after = this.followed ?? undefined;
    this.following = this.options.store.follow({ ...(after !== undefined && { after }) }).subscribe({
      next: (events) => this.handle(events),
      error: (error: unknown) => this.options.onTrouble?.('log', error),
    });
    if (end !== null) await this.caughtUp(end, FOLD_WITHIN_MS);
  }

  private handle(events: readonly StoredEvent[]): void {
    for (const one of this.running) {
      if (one.failed !== null) continue;
      const error = fold(one, events);
      if (error !== undefined) this.options.onTrouble?.(one.view.name, error);
    }
    this.followed = events.at(-1)?.position ?? this.followed;
    this.options.onBatch?.(events);
    if (this.waiting.length > 0)
      this.waiting = this.waiting.filter((waiter) => {
        if (!this.reached(waiter.position)) return true;
        waiter.done();
        return false;
      });
    this.commitSoon();
  }

  private commitSoon(): void {
    if (!this.leads) return;
    if (this.running.some(({ view }) => view.full)) void this.commit();
    else this.commitTimer ??= setTimeout(() => void this.commit(), this.options.commitWithinMs ?? 200);
  }

  private commit(all = false): Promise<void> {
    if (this.commitTimer) clearTimeout(this.commitTimer);
    this.commitTimer = null;
    if (!this.leads) return Promise.resolve();
    this.committing = this.committing.then(() => this.write(all));
    return this.committing;
  }

  private async write(all: boolean): Promise<void> {
    if (!all && !this.running.some(({ view }) => view.changed)) return;
    // Also those without a change: the next start goes on where the last of them stands.
    const told = this.running.flatMap((one) => {
      const change = one.position === null ? null : one.view.changes(one.position, all);
      return change ? [{ one, change }] : [];
    });
    if (told.length === 0) return;
    try {
      await this.options.readModels.commit(
        told.map(({ one: { view, replaces }, change }): ProjectionChange => ({
          projection: view.name,
          shape: view.shape,
          replaces,
          ...change,
        })),
      );
      for (const { one } of told) one.replaces = false;
    } catch (error) {
      for (const { one } of told) one.view.notKept();
      this.options.onTrouble?.('read models', error);
    }
  }

  private reached(position: string): boolean {
    return this.running.every((one) => one.failed !== null || (one.position !== null && one.position >= position));
  }

  private of(name: string): Running {
    const found = this.running.find(({ view }) => view.name === name);
    if (!found)
      throw new RangeError(`there is no projection "${name}"; there are ${this.makers.map((maker) => maker.name).join(', ')}`);
    return found;
  }
}

const beginning = (view: View): Running => ({ view, position: null, recordedAt: null, failed: null, replaces: false });

/** Folds the events that are new to a view, up to one that it cannot fold: there it stops, and the error is answered. */
function fold(one: Running, events: readonly StoredEvent[]): unknown {
  for (const event of events) {
    if (one.position !== null && event.position <= one.position) continue;
    try {
      one.view.fold(event);
      one.position = event.position;
      one.recordedAt = event.recordedAt;
    } catch (error) {
      one.failed = `stopped at ${event.position} (${event.type} of ${event.stream}): ${error instanceof Error ? error.message : String(error)}`;
      return error;
    }
  }
  return undefined;
}
