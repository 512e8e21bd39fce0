import pg from 'pg';
import { StoreUnavailable } from '../store.js';
import { quoted, type Address } from './address.js';

/** How long one statement may take, and how long a lock is waited for, in milliseconds. */
const LONGEST_STATEMENT_MS = 60_000;
const LONGEST_WAIT_MS = 10_000;
/** A process that is stopped in the middle of a transaction loses it, so that the others can go on. */
const LONGEST_IDLE_IN_TRANSACTION_MS = 10_000;
const LONGEST_CONNECTING_MS = 5_000;

/** How each connection of a store is made. */
export function configOf({ connectionString, schema }: Address): pg.ClientConfig {
  const settings = {
    search_path: schema,
    statement_timeout: LONGEST_STATEMENT_MS,
    lock_timeout: LONGEST_WAIT_MS,
    idle_in_transaction_session_timeout: LONGEST_IDLE_IN_TRANSACTION_MS,
    synchronous_commit: 'on',
    // The server notices within seconds that a machine is gone, and gives its locks to others.
    tcp_keepalives_idle: 5,
    tcp_keepalives_interval: 2,
    tcp_keepalives_count: 3,
  };
  return {
    connectionString,
    application_name: 'coxswain',
    keepAlive: true,
    connectionTimeoutMillis: LONGEST_CONNECTING_MS,
    options: Object.entries(settings)
      .map(([name, value]) => `-c ${name}=${value}`)
      .join(' '),
  };
}

/** One connection. It never ends the process: a lost connection shows in the next query. */
export async function connect(address: Address): Promise<pg.Client> {
  const client = new pg.Client(configOf(address));
  client.on('error', () => undefined);
  try {
    await client.connect();
    return client;
  } catch (error) {
    await client.end().catch(() => undefined);
    throw error;
  }
}

/** What was set is read back: a commit that is answered must be on the disk of the server. Throws `StoreUnavailable`. */
export async function checkDurable(client: pg.ClientBase, { name, schema }: Address): Promise<void> {
  const { rows } = await client.query<{ fsync: string; commits: string; path: string; version: string }>(
    `select current_setting('fsync') as fsync, current_setting('synchronous_commit') as commits,
            current_setting('search_path') as path, current_setting('server_version_num') as version`,
  );
  const { fsync, commits, path, version } = rows[0]!;
  if (fsync !== 'on' || !['on', 'remote_apply'].includes(commits))
    throw new StoreUnavailable(
      `${name} does not write durably (fsync ${fsync}, synchronous_commit ${commits})`,
      'Set both to "on" in the configuration of the server.',
    );
  if (path !== schema && path !== quoted(schema))
    throw new StoreUnavailable(
      `${name} does not keep the settings of a connection`,
      'Connect to PostgreSQL itself, or through a pooler in session mode.',
    );
  if (Number(version) < 130_000)
    throw new StoreUnavailable(`${name} is too old (${version}); PostgreSQL 13 or later is needed`, 'Upgrade the server.');
}
