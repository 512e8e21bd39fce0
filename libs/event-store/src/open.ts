import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import type { EventStoreDbOptions } from './eventstoredb/eventstoredb.js';
import { openMemoryStore } from './memory/memory.js';
import type { OpenStore } from './opened.js';
import type { PostgresOptions } from './postgres/postgres.js';
import { saysFull } from './refusals.js';
import { openSqliteStore, type SqliteOptions } from './sqlite/sqlite.js';
import { StoreUnavailable } from './store.js';

export interface OpenStoreOptions extends SqliteOptions {
  /**
   * The name of the store that keeps the read models; beside the log unless told. A store that holds the log alone (EventStoreDB, KurrentDB)
   * needs one, and whoever leads there, leads.
   */
  readonly readModels?: string | undefined;
}

const FORMS =
  'Name the store as sqlite:PATH (for example sqlite:./data/coxswain.db), postgres://USER:PASSWORD@HOST/DATABASE, esdb://USER:PASSWORD@HOST:2113 (EventStoreDB, KurrentDB), or memory: (forgotten when the process ends).';

// Their clients take a tenth of a start to load, so each is loaded by those alone who use it.
/** See `postgres/postgres.ts`. */
export const openPostgresStore = async (uri: string, options: PostgresOptions = {}): Promise<OpenStore> =>
  (await import('./postgres/postgres.js')).openPostgresStore(uri, options);

/** See `eventstoredb/eventstoredb.ts`. */
export const openEventStoreDb = async (uri: string, options: EventStoreDbOptions): Promise<OpenStore> =>
  (await import('./eventstoredb/eventstoredb.js')).openEventStoreDb(uri, options);

/** Whether the store of this name holds the log alone, so that read models must be kept elsewhere. */
export const isLogAlone = (uri: string): boolean => /^(?:esdb|kurrentdb|kdb)(?:\+discover)?:/i.test(uri.trim());

/**
 * Opens the store that `uri` names: `sqlite:PATH` (makes the folder), `postgres://...`, `esdb://...`, `kurrentdb://...` or `memory:`.
 * Rejects with `StoreUnavailable` for anything else; its messages never repeat a password.
 */
export async function openStore(uri: string, options: OpenStoreOptions = {}): Promise<OpenStore> {
  const { readModels, ...rest } = options;
  if (isLogAlone(uri)) return openLogAlone(uri, options);
  if (readModels === undefined || readModels === uri) return openWhole(uri, rest);
  const log = await openWhole(uri, rest);
  try {
    const kept = await openWhole(readModels, rest);
    const close = async (): Promise<void> => {
      try {
        await log.close();
      } finally {
        await kept.close();
      }
    };
    return { ...log, readModels: kept.readModels, close };
  } catch (error) {
    await log.close();
    throw error;
  }
}

/** A store that keeps both. */
async function openWhole(uri: string, options: SqliteOptions): Promise<OpenStore> {
  const [, scheme = '', rest = ''] = /^([a-z][a-z0-9+.-]*):(.*)$/is.exec(uri) ?? [];
  switch (scheme.toLowerCase()) {
    case 'sqlite':
      return openSqlite(rest, options);
    case 'memory':
      return openMemoryStore(options);
    case 'postgres':
    case 'postgresql':
      return openPostgresStore(uri, options);
    default:
      throw new StoreUnavailable(`"${withoutPassword(uri)}" does not name a store`, FORMS);
  }
}

/** The log in one store, its read models in another. */
async function openLogAlone(uri: string, { readModels, ...options }: OpenStoreOptions): Promise<OpenStore> {
  if (readModels === undefined || isLogAlone(readModels))
    throw new StoreUnavailable(
      'this store holds the log alone, and no store is named for the read models',
      'Name one as sqlite:PATH or postgres://USER:PASSWORD@HOST/DATABASE in COXSWAIN_READ_MODELS.',
    );
  const keeping = await openStore(readModels, options);
  try {
    return await openEventStoreDb(uri, { keeping, readOnly: options.readOnly ?? false });
  } catch (error) {
    await keeping.close();
    throw error;
  }
}

async function openSqlite(path: string, options: SqliteOptions): Promise<OpenStore> {
  if (path === '' || path === ':memory:') throw new StoreUnavailable(`"sqlite:${path}" names no file`, FORMS);
  if (!options.readOnly) makeFolder(dirname(path));
  return openSqliteStore(path, options);
}

function makeFolder(folder: string): void {
  try {
    // What stands in it is for this user alone.
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  } catch (cause) {
    if (saysFull(cause))
      throw new StoreUnavailable(`the folder ${folder} cannot be made: the disk is full`, 'Free some space, then start again.', {
        cause,
        reason: 'full',
      });
    throw new StoreUnavailable(
      `the folder ${folder} cannot be made`,
      'Check that the path is right and that this user may write there.',
      { cause },
    );
  }
}

/** The uri with everything between `//` and `@` left out. */
function withoutPassword(uri: string): string {
  return uri.replace(/\/\/.*@/s, '//***@').slice(0, 200);
}
