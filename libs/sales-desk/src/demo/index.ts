export * from './company.js';
export * from './people.js';
