export * from './expressions.js';
export * from './facts.js';
export * from './opportunity.js';
export * from './process.js';
