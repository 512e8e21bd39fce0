import type { EventStore, KeptProjection, ProjectionChange, StoredEvent } from '@coxswain/event-store';
import type { Projection } from '@coxswain/projections';
import { boundOf, isStillThere, type Bound } from './bound.js';

/** What of a view has changed, and up to where what is kept is whole then. */
export type ViewChange = Omit<ProjectionChange, 'projection' | 'shape' | 'replaces'>;

/** What one projection has made of the log so far, in memory, and what of it is not kept beside the log yet. */
export interface View {
  readonly name: string;
  /** Version of the form in which it is kept: what was kept in another form is rebuilt, never read. */
  readonly shape: string;
  /** How many rows or entries it has. */
  readonly size: number;
  /** Takes the next event. Throws, and has changed nothing, for one that it cannot fold. */
  fold(event: StoredEvent): void;
  /** Takes what was kept, while still empty, and answers the event after which to go on; null, and stays empty, where nothing of it can be used. */
  load(kept: KeptProjection): Promise<Bound | null>;
  /** Whether something has changed that should be kept soon, or at once. */
  readonly changed: boolean;
  readonly full: boolean;
  /**
   * What has changed since the last call, or as much of it as one transaction should take: then `full` stays true. `at` is the last event
   * folded in. `all`: also what is cheaper to keep later. Null where there is nothing to keep.
   */
  changes(at: Bound, all: boolean): ViewChange | null;
  /** The changes could not be kept: they are told again the next time. */
  notKept(): void;
  /** Nothing that was kept counts any more: everything is told again. */
  tellAgain(): void;
}

const DIRTY_ROWS_AT_MOST = 5_000;
/** No process and no deal has this name. */
const BOUND_KEY = '~';

/** Rows by key, each kept anew when it has changed: for views of few rows. One more row says by which event they are bound to the log. */
export class RowView<Row> implements View {
  readonly name: string;
  readonly shape: string;
  readonly rows = new Map<string, Row>();
  private readonly dirty = new Set<string>();
  private underway: readonly string[] = [];

  constructor(
    private readonly projection: Projection<Row>,
    private readonly store: Pick<EventStore, 'read'>,
    private readonly onDamage: (why: string) => void = () => undefined,
  ) {
    this.name = projection.name;
    this.shape = projection.shape;
  }

  get size(): number {
    return this.rows.size;
  }

  get changed(): boolean {
    return this.dirty.size > 0;
  }

  get full(): boolean {
    return this.dirty.size > DIRTY_ROWS_AT_MOST;
  }

  fold(event: StoredEvent): void {
    const key = this.projection.keyOf(event);
    if (key === null) return;
    const row = this.projection.fold(this.rows.get(key) ?? null, event);
    if (row === null) this.rows.delete(key);
    else this.rows.set(key, row);
    this.dirty.add(key);
  }

  async load(kept: KeptProjection): Promise<Bound | null> {
    let bound: Bound | null = null;
    const rows: [string, Row][] = [];
    for await (const { key, row } of kept.rows()) {
      if (key === BOUND_KEY) bound = row as Bound;
      else rows.push([key, row as Row]);
    }
    if (!bound || bound.position !== kept.position || !(await isStillThere(this.store, bound))) {
      this.onDamage(
        `the kept figures of the ${this.name} cannot be used (they were made from another log); they are made again from the log`,
      );
      return null;
    }
    for (const [key, row] of rows) this.rows.set(key, row);
    return bound;
  }

  changes(at: Bound): ViewChange {
    this.underway = [...this.dirty];
    this.dirty.clear();
    const rows = new Map<string, unknown>(this.underway.map((key) => [key, this.rows.get(key) ?? null]));
    return { position: at.position, rows: rows.set(BOUND_KEY, boundOf(at)) };
  }

  notKept(): void {
    for (const key of this.underway) this.dirty.add(key);
    this.underway = [];
  }

  tellAgain(): void {
    for (const key of this.rows.keys()) this.dirty.add(key);
  }
}
