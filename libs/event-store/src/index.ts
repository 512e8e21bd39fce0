export * from './store.js';
export { openMemoryStore, type MemoryOptions } from './memory.js';
export type { OpenStore } from './opened.js';
export { openSqliteStore, type SqliteOptions } from './sqlite.js';
export { openStore, type OpenStoreOptions } from './open.js';
export { isPosition } from './position.js';
