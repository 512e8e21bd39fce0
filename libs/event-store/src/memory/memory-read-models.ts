import { prepareChange } from '../prepared.js';
import { movedOn } from '../refusals.js';
import type { KeptProjection, KeptSummary, ProjectionChange, ReadModels } from '../store.js';

interface Kept {
  shape: string;
  position: string;
  rows: Map<string, string>;
  blocks: Map<number, Uint8Array>;
}

/** Read models of the memory store: rows as JSON text, so that no caller can change what is kept. */
export class MemoryReadModels implements ReadModels {
  private readonly kept = new Map<string, Kept>();

  /** `check` throws when the store is closed. */
  constructor(private readonly check: () => void) {}

  async load(projection: string, shape: string): Promise<KeptProjection | null> {
    this.check();
    const kept = this.kept.get(projection);
    if (!kept || kept.shape !== shape) return null;
    const position = kept.position;
    return {
      position,
      rows: () => this.rows(projection, shape, position),
      blocks: () => this.blocks(projection, shape, position),
    };
  }

  async commit(changes: readonly ProjectionChange[]): Promise<void> {
    this.check();
    const prepared = changes.map(prepareChange);
    for (const { projection, shape, position, rows, blocks, replaces } of prepared) {
      const kept = this.kept.get(projection);
      const before = kept?.shape === shape && !replaces ? kept : null;
      const next: Kept = { shape, position, rows: before?.rows ?? new Map(), blocks: before?.blocks ?? new Map() };
      for (const [number, bytes] of blocks) next.blocks.set(number, bytes);
      for (const [key, row] of rows) {
        if (row === null) next.rows.delete(key);
        else next.rows.set(key, row);
      }
      this.kept.set(projection, next);
    }
  }

  async forget(projection: string): Promise<void> {
    this.check();
    this.kept.delete(projection);
  }

  async list(): Promise<readonly KeptSummary[]> {
    this.check();
    return [...this.kept]
      .map(([projection, { shape, position, rows, blocks }]) => ({
        projection,
        shape,
        position,
        rows: rows.size,
        blocks: blocks.size,
      }))
      .sort((a, b) => (a.projection < b.projection ? -1 : 1));
  }

  private async *rows(projection: string, shape: string, position: string): AsyncGenerator<{ key: string; row: unknown }> {
    const kept = this.at(projection, shape, position);
    for (const [key, row] of [...kept.rows].sort(([a], [b]) => (a < b ? -1 : 1))) yield { key, row: JSON.parse(row) as unknown };
  }

  private async *blocks(projection: string, shape: string, position: string): AsyncGenerator<Uint8Array> {
    const kept = this.at(projection, shape, position);
    for (const [, bytes] of [...kept.blocks].sort(([a], [b]) => a - b)) yield bytes.slice();
  }

  private at(projection: string, shape: string, position: string): Kept {
    const kept = this.kept.get(projection);
    if (kept?.shape !== shape || kept.position !== position) throw movedOn(projection);
    return kept;
  }
}
