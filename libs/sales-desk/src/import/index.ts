export * from './import-file.js';
export type * from './map.js';
export * from './map-schema.js';
export * from './preview.js';
export { readImportMap } from './read-map.js';
export * from './report.js';
export * from './source.js';
