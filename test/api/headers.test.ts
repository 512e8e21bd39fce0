import { describe, expect, test } from '@jest/globals';
import { readIfMatch, readKey } from '../../apps/api/src/headers.js';
import { KnownRoutes } from '../../apps/api/src/known-routes.js';
import { ProblemAnswer } from '../../apps/api/src/problem.js';

function refusal(read: () => unknown): string {
  try {
    read();
  } catch (error) {
    if (error instanceof ProblemAnswer) return `${error.status} ${error.code}`;
    throw error;
  }
  return 'taken';
}

describe('If-Match', () => {
  test('names one revision exactly', () => {
    expect(readIfMatch(undefined)).toBeUndefined();
    expect(readIfMatch('"7"')).toBe(7);
    expect(readIfMatch('"0"')).toBe(0);
  });

  test.each(['7', '*', 'W/"7"', '"7", "8"', '"-1"', '""', '"seven"'])('%s cannot say which revision was seen', (header) => {
    expect(refusal(() => readIfMatch(header))).toBe('400 if-match-invalid');
  });
});

describe('Idempotency-Key', () => {
  test('is 1 to 200 printable characters', () => {
    expect(readKey(undefined)).toBeUndefined();
    expect(readKey('k')).toBe('k');
    expect(readKey('x'.repeat(200))).toBe('x'.repeat(200));
  });

  test.each(['', 'x'.repeat(201), 'line\nbreak', 'schlüssel', ' padded '])('%j is refused', (header) => {
    expect(refusal(() => readKey(header))).toBe('400 idempotency-key-invalid');
  });
});

test('a known address tells which methods it takes', () => {
  const routes = new KnownRoutes();
  routes.add('GET', '/v1/opportunities/:id');
  routes.add('PATCH', '/v1/opportunities/:id/facts');
  expect(routes.methodsOf('/v1/opportunities/a.b-1')).toEqual(['GET']);
  expect(routes.methodsOf('/v1/opportunities/a/facts')).toEqual(['PATCH']);
  expect(routes.methodsOf('/v1/opportunities/a/')).toEqual([]);
  expect(routes.methodsOf('/v1/opportunitiesXa')).toEqual([]);
});
