import { guarded, openDatabase } from './driver.js';
import type { Job } from './jobs.js';
import { prepareChange } from './prepared.js';
import { movedOn } from './refusals.js';
import type { KeptProjection, ProjectionChange, ReadModels } from './store.js';

const PAGE = 1_000;

type Checkpoint = { readonly shape: string; readonly position: string };

/** Read models in the same file as the log, written by the same writer. */
export class SqliteReadModels implements ReadModels {
  constructor(
    private readonly file: string,
    private readonly submit: (job: Job) => Promise<unknown>,
  ) {}

  async load(projection: string, shape: string): Promise<KeptProjection | null> {
    const found = this.reading((read) => read<Checkpoint>(CHECKPOINT, projection)[0]);
    if (!found || found.shape !== shape) return null;
    return { position: found.position, rows: () => this.rows(projection, found) };
  }

  async commit(changes: readonly ProjectionChange[]): Promise<void> {
    await this.submit({ kind: 'keep', changes: changes.map(prepareChange) });
  }

  async forget(projection: string): Promise<void> {
    await this.submit({ kind: 'forget', projection });
  }

  async list(): Promise<readonly { projection: string; shape: string; position: string; rows: number }[]> {
    return this.reading((read) =>
      read<{ projection: string; shape: string; position: string; rows: number }>(LIST).map((row) => ({ ...row })),
    );
  }

  /** The rows as they stood at the checkpoint: read in one snapshot, and refused when the checkpoint has moved on since `load`. */
  private async *rows(projection: string, loaded: Checkpoint): AsyncGenerator<{ key: string; row: unknown }> {
    const database = openDatabase(this.file, { readOnly: true });
    try {
      guarded(this.file, () => database.exec('begin'));
      const now = guarded(this.file, () => database.prepare(CHECKPOINT).get(projection)) as Checkpoint | undefined;
      if (now?.position !== loaded.position || now.shape !== loaded.shape) throw movedOn(projection);
      const page = database.prepare('select key, row from projection_rows where projection = ? and key > ? order by key limit ?');
      for (let after = ''; ;) {
        const rows = guarded(this.file, () => page.all(projection, after, PAGE)) as { key: string; row: string }[];
        for (const { key, row } of rows) yield { key, row: JSON.parse(row) as unknown };
        const last = rows.at(-1);
        if (!last || rows.length < PAGE) return;
        after = last.key;
      }
    } finally {
      database.close();
    }
  }

  private reading<T>(work: (read: <Row>(sql: string, ...values: string[]) => Row[]) => T): T {
    const database = openDatabase(this.file, { readOnly: true });
    try {
      return guarded(this.file, () =>
        work(<Row>(sql: string, ...values: string[]) => database.prepare(sql).all(...values) as Row[]),
      );
    } finally {
      database.close();
    }
  }
}

const CHECKPOINT = 'select shape, position from projection_checkpoints where projection = ?';
const LIST = `select projection, shape, position, (select count(*) from projection_rows r where r.projection = c.projection) as rows
              from projection_checkpoints c order by projection`;
