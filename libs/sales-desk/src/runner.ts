import type { EventStore, ReadModels, StoredEvent } from '@coxswain/event-store';
import { Subscription } from 'rxjs';
import type { Bound } from './bound.js';
import type { View, ViewChange } from './views.js';

/** A view while the log is followed. */
interface Running {
  view: View;
  /** The last event folded in; null before the first. */
  at: Bound | null;
  /** Why it stopped; null while it runs. A failing fold is never skipped: the figures would be wrong and nobody would know. */
  failed: string | null;
  /** True where the next thing kept is all there is: what was kept before is of another making. */
  replaces: boolean;
}

export interface ProjectionState {
  readonly name: string;
  readonly shape: string;
  readonly position: string | null;
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
const LOADS_TRIED = 5;
const AFTER_FAILURE_MS = 1_000;
/** Between two tries to follow the log, in milliseconds. */
const FIRST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 30_000;

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
  private stopped = false;
  private commitFailed = false;
  private trouble: string | null = null;
  private again: NodeJS.Timeout | null = null;
  /** Ends the rebuilds that run. */
  private readonly ending = new Set<() => void>();
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
    for (const [index, one] of this.running.entries()) await this.load(one, this.makers[index]!);
    if (leads) await this.forgetUnknown();
    await this.follow();
  }

  /** Another process may keep more while this one reads: then from the beginning, and after a few times from the log. */
  private async load(one: Running, { make }: ViewMaker): Promise<void> {
    for (let tried = 1; ; tried++) {
      const kept = await this.options.readModels.load(one.view.name, one.view.shape);
      try {
        one.at = kept && (await one.view.load(kept));
        return;
      } catch (error) {
        one.view = make();
        if (tried === LOADS_TRIED) {
          this.options.onTrouble?.(one.view.name, error);
          return;
        }
      }
    }
  }

  /** What an earlier release kept and this one does not know. */
  private async forgetUnknown(): Promise<void> {
    const known = new Set(this.makers.map(({ name }) => name));
    for (const { projection } of await this.options.readModels.list())
      if (!known.has(projection)) await this.options.readModels.forget(projection);
  }

  /**
   * From now on views are kept here, or no longer. What others kept in between is replaced whole: they may have been of another release.
   * `isWanted`: whether it still is to lead once it has caught up.
   */
  async lead(leads: boolean, isWanted: () => boolean = () => true): Promise<void> {
    if (!leads) {
      this.leads = false;
      return;
    }
    const { position } = await this.options.store.end();
    if (position !== null) await this.caughtUp(position, TAKEOVER_WITHIN_MS);
    if (!isWanted()) return;
    for (const one of this.running) {
      one.replaces = true;
      one.view.tellAgain();
    }
    this.leads = true;
    await this.commit(true);
  }

  /** The view of this name as it is now: after a rebuild it is another one. */
  view(name: string): View {
    return this.of(name).view;
  }

  /** The position that every view has reached; null when one has seen nothing. */
  position(): string | null {
    return this.running.reduce<string | null>((least, { at }, index) => {
      const position = at?.position ?? null;
      return index === 0 || (position ?? '') < (least ?? '') ? position : least;
    }, null);
  }

  states(): readonly ProjectionState[] {
    return this.running.map(({ view: { name, shape, size }, at, failed }) => {
      const beside = this.rebuilding.get(name);
      return {
        name,
        shape,
        position: at?.position ?? null,
        size,
        failed,
        rebuilding: beside ? (beside.at?.position ?? '') : null,
      };
    });
  }

  /** Why the log is not being followed at the moment; null while it is. It is tried again by itself. */
  get notFollowing(): string | null {
    return this.trouble;
  }

  /** Resolves once everything up to `position` is folded in; rejects with `TimeoutError` after `withinMs`, and with `AbortError` when this stops. */
  caughtUp(position: string, withinMs: number): Promise<void> {
    if (this.reached(position)) return Promise.resolve();
    if (this.stopped) return Promise.reject(noLongerFollowed());
    return new Promise((resolve, reject) => {
      const waiter = {
        position,
        done: () => (clearTimeout(timer), resolve()),
        stopped: () => (clearTimeout(timer), reject(noLongerFollowed())),
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
    if (this.stopped) throw noLongerFollowed();
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
    this.stopped = true;
    this.following?.unsubscribe();
    if (this.again) clearTimeout(this.again);
    for (const end of this.ending) end();
    for (const waiter of this.waiting.splice(0)) waiter.stopped();
    await this.commit(true);
  }

  /** Folds the log into fresh views until they have seen what the old ones have; in that very turn, with nothing folded between, they take their places. */
  private foldBeside(beside: readonly Running[], onProgress?: (position: string) => void): Promise<void> {
    const follow = new Subscription();
    const switched = new Promise<void>((resolve, reject) => {
      const trouble = (error: unknown): void => reject(error instanceof Error ? error : new Error(String(error)));
      const tryToSwitch = (): void => {
        if (beside.some(({ at }) => (at?.position ?? '') < (this.followed ?? ''))) return;
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
      const end = (): void => trouble(noLongerFollowed());
      this.ending.add(end);
      follow.add(() => this.ending.delete(end));
      tryToSwitch();
      follow.add(this.options.store.follow().subscribe({ next, error: trouble }));
    });
    return switched.finally(() => follow.unsubscribe());
  }

  private async follow(): Promise<void> {
    const { position: end } = await this.options.store.end();
    this.followed = this.position();
    this.subscribe(FIRST_PAUSE_MS);
    if (end !== null) await this.caughtUp(end, FOLD_WITHIN_MS);
  }

  /** Follows from where the views stand; after trouble again, each time after a longer pause. */
  private subscribe(pauseMs: number): void {
    let pause = pauseMs;
    const after = this.followed ?? undefined;
    this.following = this.options.store.follow({ ...(after !== undefined && { after }) }).subscribe({
      next: (events) => {
        pause = FIRST_PAUSE_MS;
        this.trouble = null;
        this.handle(events);
      },
      error: (error: unknown) => {
        if (this.stopped) return;
        this.trouble = error instanceof Error ? error.message : String(error);
        this.options.onTrouble?.('log', error);
        this.again = setTimeout(() => this.subscribe(Math.min(pause * 2, LONGEST_PAUSE_MS)), pause);
        this.again.unref();
      },
    });
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
    // After a commit that failed, not with each event.
    if (!this.commitFailed && this.running.some(({ view }) => view.full)) void this.commit();
    else
      this.commitTimer ??= setTimeout(
        () => void this.commit(),
        this.commitFailed ? AFTER_FAILURE_MS : (this.options.commitWithinMs ?? 200),
      );
  }

  private commit(all = false): Promise<void> {
    if (this.commitTimer) clearTimeout(this.commitTimer);
    this.commitTimer = null;
    if (!this.leads) return Promise.resolve();
    this.committing = this.committing.then(() => this.writeAll(all));
    return this.committing;
  }

  private async writeAll(all: boolean): Promise<void> {
    do await this.write(all);
    while (!this.commitFailed && this.running.some(({ view }) => view.full));
  }

  private async write(all: boolean): Promise<void> {
    if (!all && !this.running.some(({ view }) => view.changed)) return;
    const told: { readonly one: Running; readonly view: View; readonly replaces: boolean; readonly change: ViewChange }[] = [];
    try {
      // Also those without a change: the next start goes on where the last of them stands.
      for (const one of this.running) {
        const change = one.at && one.view.changes(one.at, all);
        if (change) told.push({ one, view: one.view, replaces: one.replaces, change });
      }
      if (told.length > 0)
        await this.options.readModels.commit(
          told.map(({ view: { name, shape }, replaces, change }) => ({ projection: name, shape, replaces, ...change })),
        );
      // A rebuild may have put another view in its place meanwhile.
      for (const { one, view } of told) if (one.view === view) one.replaces = false;
      this.commitFailed = false;
    } catch (error) {
      this.commitFailed = true;
      for (const { view } of told) view.notKept();
      this.options.onTrouble?.('read models', error);
    }
  }

  private reached(position: string): boolean {
    return this.running.every(({ failed, at }) => failed !== null || (at !== null && at.position >= position));
  }

  private of(name: string): Running {
    const found = this.running.find(({ view }) => view.name === name);
    if (!found)
      throw new RangeError(`there is no projection "${name}"; there are ${this.makers.map((maker) => maker.name).join(', ')}`);
    return found;
  }
}

const beginning = (view: View): Running => ({ view, at: null, failed: null, replaces: false });

const noLongerFollowed = (): DOMException => new DOMException('the figures are no longer followed', 'AbortError');

/** Folds the events that are new to a view, up to one that it cannot fold: there it stops, and the error is answered. */
function fold(one: Running, events: readonly StoredEvent[]): unknown {
  for (const event of events) {
    if (one.at !== null && event.position <= one.at.position) continue;
    try {
      one.view.fold(event);
      one.at = event;
    } catch (error) {
      one.failed = `stopped at ${event.position} (${event.type} of ${event.stream}): ${error instanceof Error ? error.message : String(error)}`;
      return error;
    }
  }
  return undefined;
}
