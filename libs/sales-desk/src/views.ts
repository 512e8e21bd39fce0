import type { KeptProjection, ProjectionChange, StoredEvent } from '@coxswain/event-store';
import type { Projection } from '@coxswain/projections';

/** What one projection has made of the log so far, in memory, and what of it is not kept beside the log yet. */
export interface View {
  readonly name: string;
  /** Version of the form in which it is kept: what was kept in another form is rebuilt, never read. */
  readonly shape: string;
  /** How many rows or entries it has. */
  readonly size: number;
  /** Takes the next event. Throws, and has changed nothing, for one that it cannot fold. */
  fold(event: StoredEvent): void;
  /** Takes what was kept, while still empty, and answers where to go on: the position, or null for the beginning. */
  load(kept: KeptProjection): Promise<string | null>;
  /** Whether something has changed that should be kept soon, or at once. */
  readonly changed: boolean;
  readonly full: boolean;
  /**
   * What has changed since the last call, and up to where what is kept will then be whole; `position` is where the view stands.
   * `all`: also what is cheaper to keep later. Null where nothing can be kept yet.
   */
  changes(position: string, all: boolean): Omit<ProjectionChange, 'projection' | 'shape'> | null;
  /** The changes could not be kept: they are told again the next time. */
  notKept(): void;
}

const DIRTY_ROWS_AT_MOST = 5_000;

/** Rows by key, each kept anew when it has changed: for views of few rows. */
export class RowView<Row> implements View {
  readonly name: string;
  readonly shape: string;
  readonly rows = new Map<string, Row>();
  private readonly dirty = new Set<string>();
  private underway: readonly string[] = [];

  constructor(private readonly projection: Projection<Row>) {
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

  async load(kept: KeptProjection): Promise<string | null> {
    for await (const { key, row } of kept.rows()) this.rows.set(key, row as Row);
    return kept.position;
  }

  changes(position: string): Omit<ProjectionChange, 'projection' | 'shape'> {
    this.underway = [...this.dirty];
    this.dirty.clear();
    return { position, rows: new Map(this.underway.map((key) => [key, this.rows.get(key) ?? null])) };
  }

  notKept(): void {
    for (const key of this.underway) this.dirty.add(key);
    this.underway = [];
  }
}
