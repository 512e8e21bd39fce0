import { of, type Observable } from 'rxjs';
import { GroupCommit } from '../group-commit.js';
import type { OpenStore } from '../opened.js';
import { StoreUnavailable } from '../store.js';
import { TableStore, type TableWriting } from '../table-store.js';
import { addressOf, type Address } from './address.js';
import { configOf, connect } from './connection.js';
import { PostgresNews } from './news.js';
import { PostgresReader } from './reader.js';
import { unavailable } from './refusal.js';
import { migrate } from './schema.js';
import { WriterSession } from './writer-session.js';

export interface PostgresOptions {
  /** The clock of `recordedAt`; the machine's when absent. */
  readonly now?: () => Date;
  /** Opens for reading: everything that writes rejects with `StoreUnavailable`, and this process never leads. */
  readonly readOnly?: boolean;
  /** Called after each transaction with the number of writes (appends, read model commits, probes) that shared it. */
  readonly onCommit?: (writes: number) => void;
}

/**
 * Opens a PostgreSQL store at `postgres://...`, and makes or upgrades its schema. Any number of processes may open the same one.
 * Rejects with `StoreUnavailable` when the server cannot be reached, does not write durably, or holds something else in the schema.
 */
export async function openPostgresStore(uri: string, options: PostgresOptions = {}): Promise<OpenStore> {
  const address = addressOf(uri);
  await prepareSchema(address, options.readOnly ?? false);
  const news = new PostgresNews(address);
  const { writing, leading } = options.readOnly ? readingOnly(address, news) : await writingTo(address, news, options);
  await news.start();
  const store = new TableStore(address.name, new PostgresReader(address.name, configOf(address)), writing, news);
  return { store, readModels: store.readModels, leading, close: () => store.close() };
}

interface Side {
  readonly writing: TableWriting;
  readonly leading: Observable<boolean>;
}

async function writingTo(address: Address, news: PostgresNews, options: PostgresOptions): Promise<Side> {
  const { now = () => new Date(), onCommit } = options;
  const session = await WriterSession.open(address);
  const queue = new GroupCommit(
    (jobs) => session.write(jobs, now().toISOString()),
    ({ events }, jobs) => {
      onCommit?.(jobs);
      // The server would tell as well, a little later.
      if (events > 0) news.speak();
    },
    address.name,
  );
  const writing: TableWriting = {
    submit: (job) => queue.submit(job),
    drain: () => queue.close(),
    release: async () => {
      await news.close();
      await session.close();
    },
  };
  return { writing, leading: session.leading };
}

function readingOnly(address: Address, news: PostgresNews): Side {
  const refusal = new StoreUnavailable(
    `${address.name} is open for reading only`,
    'Send the command to the running service with --url.',
  );
  const writing: TableWriting = {
    submit: () => Promise.reject(refusal),
    drain: () => Promise.resolve(),
    release: () => news.close(),
  };
  return { writing, leading: of(false) };
}

async function prepareSchema(address: Address, mustExist: boolean): Promise<void> {
  try {
    const client = await connect(address);
    try {
      await migrate(client, address.schema, mustExist);
    } finally {
      await client.end();
    }
  } catch (error) {
    throw unavailable(address.name, error);
  }
}
