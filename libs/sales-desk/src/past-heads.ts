import type { DealColumns, DealHeads } from '@coxswain/projections';

/** About 100 bytes a deal each. */
const MOST = 4;

/**
 * Where deals stood at past instants. What was written up to an instant never changes, so the latest few are kept by how much that was: whoever goes
 * through the pages of a past board, or asks for its heads besides, has it made once.
 */
export class PastHeads {
  private readonly kept = new Map<number, DealHeads>();
  private source: DealColumns | null = null;

  of(columns: DealColumns, atMs: number): DealHeads {
    const entries = columns.knownBy(atMs);
    if (entries === columns.size) return columns.heads;
    if (this.source !== columns) {
      this.kept.clear();
      this.source = columns;
    }
    const heads = this.kept.get(entries) ?? columns.headsAt(atMs);
    this.kept.delete(entries);
    this.kept.set(entries, heads);
    if (this.kept.size > MOST) this.kept.delete(this.kept.keys().next().value!);
    return heads;
  }
}
