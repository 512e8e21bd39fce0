export * from './measure.js';
export * from './projection.js';
export * from './board.js';
export * from './deadlines.js';
export * from './deal-history.js';
export * from './openings.js';
export * from './deal.js';
export * from './lineage.js';
