import { expect, test } from '@jest/globals';
import { LatelyAnswers } from '../../apps/api/src/lately.js';
import type { Question } from '../../apps/api/src/present-answers.js';

type Answer = Parameters<LatelyAnswers['keep']>[1];

const NINE = '2026-03-02T09:00:00.000Z';
const TEN = '2026-03-02T10:00:00.000Z';
const HOUR_MS = 3_600_000;
const AT = '0000000000000042';
const asked = (by?: 'owner', asOf?: string): Question => ({ name: 'pipeline', query: { process: 'new-business', by, asOf } });
/** An answer of the nine o'clock, of which only what counts here is there. */
const answer = (values = 1): Answer =>
  ({ asOf: NINE, position: AT, groups: Array.from({ length: values }, () => 0) }) as unknown as Answer;

test('an answer is found until it is older than was asked for, counted from when it was made', () => {
  const lately = new LatelyAnswers();
  const known = answer();
  lately.keep(asked(), known);
  expect(lately.find(asked(), HOUR_MS, TEN, AT)).toBe(known);
  expect(lately.find(asked(), HOUR_MS - 1, TEN, AT)).toBeNull();
  expect(lately.find(asked('owner'), HOUR_MS, TEN, AT)).toBeNull();
});

test('an answer is not found once the log has moved far on, as after an import', () => {
  const lately = new LatelyAnswers();
  lately.keep(asked(), answer());
  expect(lately.find(asked(), HOUR_MS, TEN, '0000000000000542')).not.toBeNull();
  expect(lately.find(asked(), HOUR_MS, TEN, '0000000000000543')).toBeNull();
});

test('an answer about the past does not grow old', () => {
  const lately = new LatelyAnswers();
  lately.keep(asked(undefined, NINE), answer());
  expect(lately.find(asked(undefined, NINE), 0, TEN, AT)).not.toBeNull();
});

test('one that is large is not kept, and leaves nothing of before in its place', () => {
  const lately = new LatelyAnswers();
  lately.keep(asked(), answer());
  lately.keep(asked(), answer(20_001));
  expect(lately.find(asked(), HOUR_MS, NINE, AT)).toBeNull();
  lately.keep(asked(), answer(19_000));
  expect(lately.find(asked(), HOUR_MS, NINE, AT)).not.toBeNull();
});

test('of a hundred and one the first is gone', () => {
  const lately = new LatelyAnswers();
  const days = Array.from({ length: 101 }, (_, at) => new Date(Date.parse(NINE) - at * HOUR_MS).toISOString());
  for (const day of days) lately.keep(asked(undefined, day), answer());
  expect(days.filter((day) => lately.find(asked(undefined, day), 0, TEN, AT) === null)).toEqual([days[0]]);
});
