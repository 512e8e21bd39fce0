import { GroupCommit } from '../group-commit.js';
import type { OpenStore } from '../opened.js';
import { TableStore } from '../table-store.js';
import { addressOf } from './address.js';
import { configOf, connect } from './connection.js';
import { PostgresNews } from './news.js';
import { PostgresReader } from './reader.js';
import { unavailable } from './refusal.js';
import { migrate } from './schema.js';
import { WriterSession } from './writer-session.js';

export interface PostgresOptions {
  /** The clock of `recordedAt`; the machine's when absent. */
  readonly now?: () => Date;
  /** Called after each transaction with the number of writes (appends, read model commits, probes) that shared it. */
  readonly onCommit?: (writes: number) => void;
}

/**
 * Opens a PostgreSQL store at `postgres://...`, and makes or upgrades its schema. Any number of processes may open the same one.
 * Rejects with `StoreUnavailable` when the server cannot be reached, does not write durably, or holds something else in the schema.
 */
export async function openPostgresStore(
  uri: string,
  { now = () => new Date(), onCommit }: PostgresOptions = {},
): Promise<OpenStore> {
  const address = addressOf(uri);
  await prepareSchema(uri);
  const session = await WriterSession.open(address);
  const news = new PostgresNews(address);
  await news.start();
  const queue = new GroupCommit(
    (jobs) => session.write(jobs, now().toISOString()),
    ({ events }, jobs) => {
      onCommit?.(jobs);
      // The server would tell as well, a little later.
      if (events > 0) news.speak();
    },
    address.name,
  );
  const writing = {
    submit: queue.submit.bind(queue),
    drain: () => queue.close(),
    release: async () => {
      await news.close();
      await session.close();
    },
  };
  const store = new TableStore(address.name, new PostgresReader(address.name, configOf(address)), writing, news);
  return { store, readModels: store.readModels, leading: session.leading, close: () => store.close() };
}

async function prepareSchema(uri: string): Promise<void> {
  const address = addressOf(uri);
  try {
    const client = await connect(address);
    try {
      await migrate(client, address.schema);
    } finally {
      await client.end();
    }
  } catch (error) {
    throw unavailable(address.name, error);
  }
}
