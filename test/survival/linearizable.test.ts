import { describe, expect, test } from '@jest/globals';
import { recordHistories } from './histories.js';
import { isLinearizable, type Operation } from './linearizable.js';
import { isBuilt } from './service.js';

const append = (called: number, returned: number, expected: number, answer: Operation['answer']): Operation => ({
  client: 0,
  stream: 'a',
  called,
  returned,
  ask: { kind: 'append', expected },
  answer,
});
const read = (called: number, returned: number, revision: number): Operation => ({
  client: 1,
  stream: 'a',
  called,
  returned,
  ask: { kind: 'read' },
  answer: { revision },
});
const first = append(0, 1, -1, { revision: 0 });

describe('the checker of histories', () => {
  test.each<[string, Operation[]]>([
    ['one after the other', [first, read(2, 3, 0), append(4, 5, 0, { revision: 1 }), read(6, 7, 1)]],
    ['a read beside an append may see it or not', [first, append(2, 9, 0, { revision: 1 }), read(3, 4, 0), read(5, 6, 1)]],
    ['of two at once one wins', [first, append(2, 5, 0, { revision: 1 }), append(3, 4, 0, { conflict: 1 })]],
    ['without an answer it may have happened', [first, append(2, Infinity, 0, null), read(8, 9, 1)]],
    ['without an answer it may never have happened', [first, append(2, Infinity, 0, null), read(8, 9, 0)]],
    ['without an answer it may happen late', [first, append(2, Infinity, 0, null), read(3, 4, 0), read(8, 9, 1)]],
  ])('accepts: %s', (_, history) => {
    expect(isLinearizable(history)).toBe(true);
  });

  test.each<[string, Operation[]]>([
    ['an acknowledged append that is lost', [first, append(2, 3, 0, { revision: 1 }), read(4, 5, 0)]],
    ['a read that falls back', [first, append(2, 9, 0, { revision: 1 }), read(3, 4, 1), read(5, 6, 0)]],
    ['two winners of one revision', [first, append(2, 5, 0, { revision: 1 }), append(3, 4, 0, { revision: 1 })]],
    ['a conflict with nobody', [first, append(2, 3, 0, { conflict: 0 })]],
    ['a conflict with something that comes later', [first, append(2, 3, 0, { conflict: 1 }), append(4, 5, 0, { revision: 1 })]],
    ['a step that nobody asked for', [first, read(2, 3, 1)]],
    ['what was not answered happening twice', [first, append(2, Infinity, 0, null), read(4, 5, 2)]],
    ['what was seen and is gone', [first, append(2, Infinity, 0, null), read(3, 4, 1), read(5, 6, 0)]],
  ])('rejects: %s', (_, history) => {
    expect(isLinearizable(history)).toBe(false);
  });
});

(isBuilt ? describe : describe.skip)('the service killed while clients race', () => {
  test('answers as if one thing had happened after the other', async () => {
    const report = await recordHistories({ histories: 4, seed: 5 });
    expect(report.notLinearizable).toEqual([]);
    expect(report.concurrentPairs).toBeGreaterThan(20);
    expect(report.conflicts).toBeGreaterThan(0);
    expect(report.unanswered).toBeGreaterThan(0);
  }, 60_000);
});
