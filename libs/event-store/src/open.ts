import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { openMemoryStore } from './memory/memory.js';
import type { OpenStore } from './opened.js';
import { openPostgresStore } from './postgres/postgres.js';
import { openSqliteStore, type SqliteOptions } from './sqlite/sqlite.js';
import { StoreUnavailable } from './store.js';

export type OpenStoreOptions = SqliteOptions;

const FORMS =
  'Name the store as sqlite:PATH (for example sqlite:./data/coxswain.db) postgres://USER:PASSWORD@HOST/DATABASE, or memory: (forgotten when the process ends).';

/**
 * Opens the store that `uri` names: `sqlite:PATH` (makes the folder), `postgres://...` or `memory:`.
 * Rejects with `StoreUnavailable` for anything else; its messages never repeat a password.
 */
export async function openStore(uri: string, options: OpenStoreOptions = {}): Promise<OpenStore> {
  const [, scheme = '', rest = ''] = /^([a-z][a-z0-9+.-]*):(.*)$/is.exec(uri) ?? [];
  switch (scheme.toLowerCase()) {
    case 'sqlite':
      return openSqlite(rest, options);
    case 'memory':
      return openMemoryStore(options);
    case 'postgres':
    case 'postgresql':
      return openPostgresStore(uri, options);
    case 'esdb':
    case 'kurrentdb':
      throw new StoreUnavailable(`this build has no adapter for ${scheme.toLowerCase()}:// stores yet`, FORMS);
    default:
      throw new StoreUnavailable(`"${withoutPassword(uri)}" does not name a store`, FORMS);
  }
}

async function openSqlite(path: string, options: OpenStoreOptions): Promise<OpenStore> {
  if (path === '' || path === ':memory:') throw new StoreUnavailable(`"sqlite:${path}" names no file`, FORMS);
  if (!options.readOnly) makeFolder(dirname(path));
  return openSqliteStore(path, options);
}

function makeFolder(folder: string): void {
  try {
    // What stands in it is for this user alone.
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  } catch (cause) {
    throw new StoreUnavailable(
      `the folder ${folder} cannot be made`,
      'Check that the path is right and that this user may write there.',
      {
        cause,
      },
    );
  }
}

/** The uri with everything between `//` and `@` left out. */
function withoutPassword(uri: string): string {
  return uri.replace(/\/\/.*@/s, '//***@').slice(0, 200);
}
