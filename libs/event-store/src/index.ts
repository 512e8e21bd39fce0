export * from './store.js';
export { openMemoryStore, type MemoryOptions } from './memory/memory.js';
export type { OpenStore } from './opened.js';
export { openSqliteStore, type SqliteOptions } from './sqlite/sqlite.js';
export { openStore, type OpenStoreOptions } from './open.js';
export { isPosition } from './position.js';
export { openPostgresStore, type PostgresOptions } from './postgres/postgres.js';
export { copyLog, type CopyReport } from './copy.js';
