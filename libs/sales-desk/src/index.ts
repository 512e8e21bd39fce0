export * from './catalogue.js';
export type * from './contract.js';
export * from './deal-file.js';
export * from './demo/index.js';
export * from './desk.js';
export * from './ids.js';
export * from './import/index.js';
export * from './local-access.js';
export * from './export/index.js';
