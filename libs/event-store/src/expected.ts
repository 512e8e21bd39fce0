import type { ExpectedRevision } from './store.js';

/** Whether a stream that stands at `actual` (null: absent) is what the writer believes. */
export function isExpected(expected: ExpectedRevision, actual: number | null): boolean {
  switch (expected) {
    case 'any':
      return true;
    case 'no-stream':
      return actual === null;
    case 'stream-exists':
      return actual !== null;
    default:
      return actual === expected;
  }
}
