import { join } from 'node:path';
import usual from '../../jest.config.mjs';

/** The long runs: `npm run survival`. */
export default {
  ...usual,
  rootDir: join(import.meta.dirname, '../..'),
  testMatch: ['<rootDir>/test/survival/*.long.ts'],
  testTimeout: 3_600_000,
};
