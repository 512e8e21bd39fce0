export * from './store.js';
export { openMemoryStore, type MemoryOptions } from './memory/memory.js';
export type { OpenStore } from './opened.js';
export { openSqliteStore, type SqliteOptions } from './sqlite/sqlite.js';
export { isLogAlone, openEventStoreDb, openPostgresStore, openStore, type OpenStoreOptions } from './open.js';
export { isPosition } from './position.js';
export type { PostgresOptions } from './postgres/postgres.js';
export type { EventStoreDbOptions } from './eventstoredb/eventstoredb.js';
export { copyLog, type CopyReport } from './copy.js';
