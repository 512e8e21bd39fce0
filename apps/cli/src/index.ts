export * from './deals.js';
export * from './imports.js';
export * from './main.js';
export * from './processes.js';
export * from './reports/index.js';
export type * from './source.js';
export * from './terminal.js';
export * from './words.js';
