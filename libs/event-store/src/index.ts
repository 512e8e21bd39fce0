export * from './store.js';
export { openMemoryStore, type MemoryOptions } from './memory/memory.js';
export type { OpenStore } from './opened.js';
export { openSqliteStore, type SqliteOptions } from './sqlite/sqlite.js';
export { isLogAlone, openStore, type OpenStoreOptions } from './open.js';
export { isPosition } from './position.js';
export { openPostgresStore, type PostgresOptions } from './postgres/postgres.js';
export { openEventStoreDb, type EventStoreDbOptions } from './eventstoredb/eventstoredb.js';
export { copyLog, type CopyReport } from './copy.js';
