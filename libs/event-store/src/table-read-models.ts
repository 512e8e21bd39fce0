import type { Job } from './jobs.js';
import { prepareChange } from './prepared.js';
import { movedOn } from './refusals.js';
import type { KeptProjection, KeptSummary, ProjectionChange, ReadModels } from './store.js';
import type { TableReader } from './table-store.js';

const PAGE = 1_000;

/** Read models beside the log, written by the same writer. */
export class TableReadModels implements ReadModels {
  constructor(
    private readonly reader: () => TableReader,
    private readonly submit: (job: Job) => Promise<unknown>,
  ) {}

  async load(projection: string, shape: string): Promise<KeptProjection | null> {
    const position = await this.reader().checkpoint(projection, shape);
    return position === null
      ? null
      : {
          position,
          rows: () => this.rows(projection, shape, position),
          blocks: () => this.blocks(projection, shape, position),
        };
  }

  async commit(changes: readonly ProjectionChange[]): Promise<void> {
    await this.submit({ kind: 'keep', changes: changes.map(prepareChange) });
  }

  async forget(projection: string): Promise<void> {
    await this.submit({ kind: 'forget', projection });
  }

  async list(): Promise<readonly KeptSummary[]> {
    return this.reader().keptProjections();
  }

  /** The rows as they stood at the checkpoint, page by page; refused as soon as the checkpoint has moved on since `load`. */
  private async *rows(projection: string, shape: string, position: string): AsyncGenerator<{ key: string; row: unknown }> {
    for (let after = ''; ;) {
      const page = await this.reader().keptRows(projection, { shape, position, after, limit: PAGE });
      if (!page) throw movedOn(projection);
      for (const { key, row } of page) yield { key, row: JSON.parse(row) as unknown };
      const last = page.at(-1);
      if (!last || page.length < PAGE) return;
      after = last.key;
    }
  }

  /** The blocks as they stood at the checkpoint, one after the other; refused as the rows are. */
  private async *blocks(projection: string, shape: string, position: string): AsyncGenerator<Uint8Array> {
    for (let from = 0; ;) {
      const block = await this.reader().keptBlock(projection, { shape, position, from });
      if (block === 'moved-on') throw movedOn(projection);
      if (!block) return;
      yield block.bytes;
      from = block.number + 1;
    }
  }
}
