import { beforeEach, expect, test } from '@jest/globals';
import { PresentAnswers } from '../../apps/api/src/present-answers.js';
import { done, givenDesk, newBusinessFile, operations, type GivenDesk } from '../sales-desk/given-desk.js';

/** Questions that are usual of one process, and of all; so many of them are as of a day that is over. */
const USUAL = 19;
const THEN = 2;
const ASK = { name: 'pipeline', query: { process: 'new-business' } } as const;

let given: GivenDesk;
let answers: PresentAnswers;
/** Monday, 2 March, 10:00 in Berlin; every answer counts as dear. */
beforeEach(async () => {
  given = await givenDesk('2026-03-02T09:00:00.000Z');
  await done(given.desk, null, { type: 'Capture', id: 'a', process: 'new-business' });
  answers = new PresentAnswers(given.desk, 0);
});
const asOf = async (): Promise<string> => (await answers.answer(ASK)).asOf;

test('an answer about the present is given again while nothing was recorded, and says when it was made', async () => {
  const first = await answers.answer(ASK);
  given.at('2026-03-02T09:59:00.000Z');
  expect(await answers.answer({ ...ASK, query: { process: 'new-business', by: undefined } })).toBe(first);
  expect(first.asOf).toBe('2026-03-02T09:00:00.000Z');
});

test('once anything was recorded, it is made anew', async () => {
  const first = await answers.answer(ASK);
  const { position } = await done(given.desk, null, { type: 'Capture', id: 'b', process: 'new-business' });
  await given.desk.caughtUp(position, 5_000);
  const second = await answers.answer(ASK);
  expect([first.deals, second.deals, second.position]).toEqual([1, 2, position]);
});

test('after an hour, and on another day where the company is, it is made anew', async () => {
  await asOf();
  given.at('2026-03-02T10:00:00.000Z');
  expect(await asOf()).toBe('2026-03-02T10:00:00.000Z');
  // Berlin is an hour ahead of UTC: its day ends at 23:00.
  given.at('2026-03-02T22:59:00.000Z');
  await asOf();
  given.at('2026-03-02T23:01:00.000Z');
  expect(await asOf()).toBe('2026-03-02T23:01:00.000Z');
});

test('once another version has come into force, which no event tells, it is made anew', async () => {
  const later = newBusinessFile.replace('title: New business', 'title: Newer business');
  await given.desk.publish(later, 'yaml', operations, { effectiveFrom: '2026-03-02T09:30:00.000Z' });
  expect((await answers.answer(ASK)).version).toBe(1);
  given.at('2026-03-02T09:31:00.000Z');
  expect((await answers.answer(ASK)).version).toBe(2);
});

test('other questions have other answers, and those as of an instant are asked every time', async () => {
  const first = await answers.answer(ASK);
  expect((await answers.answer({ ...ASK, query: { ...ASK.query, by: 'owner' } })).by).toBe('owner');
  expect((await answers.answer({ ...ASK, query: { ...ASK.query, from: '2026-03-03' } })).from).not.toBeNull();
  expect(await answers.answer({ ...ASK, behind: { cell: { outcome: 'open' } } })).toMatchObject({ items: ['a'] });
  expect(await answers.answer({ ...ASK, behind: { cell: { outcome: 'won' } } })).toMatchObject({ items: [] });
  given.at('2026-03-02T09:10:00.000Z');
  const past = { ...ASK, query: { ...ASK.query, clock: '2026-03-02T09:05:00.000Z' } };
  expect((await answers.answer(past)).clock).toBe('2026-03-02T09:05:00.000Z');
  expect(await answers.answer(ASK)).toBe(first);
});

test('what is cheap is not kept', async () => {
  const cheap = new PresentAnswers(given.desk, Infinity);
  await cheap.answer(ASK);
  given.at('2026-03-02T09:00:01.000Z');
  expect((await cheap.answer(ASK)).asOf).toBe('2026-03-02T09:00:01.000Z');
});

test('the usual answers, and those that were asked for, are made before anybody asks', async () => {
  await answers.answer(ASK);
  let made = 0;
  while (await answers.makeOne()) made++;
  expect(made).toBe(USUAL);
  given.at('2026-03-02T09:40:00.000Z');
  const { asOf: then } = await answers.answer({ name: 'forecast', query: { process: 'new-business' } });
  expect([then, await asOf()]).toEqual(['2026-03-02T09:00:00.000Z', '2026-03-02T09:00:00.000Z']);
  // Before they are too old to be given, all are made anew but those of the past, which never change.
  given.at('2026-03-02T09:50:00.000Z');
  for (made = 0; await answers.makeOne();) made++;
  expect([made, await asOf()]).toEqual([USUAL - THEN + 1, '2026-03-02T09:50:00.000Z']);
});

test('a page that says what it means anyway is given what was made ahead, also as of a week ago', async () => {
  const asked: object[] = [];
  const watched = new PresentAnswers(
    Object.assign(Object.create(given.desk) as typeof given.desk, {
      answer: (...question: Parameters<typeof given.desk.answer>) => {
        asked.push(question);
        return given.desk.answer(...question);
      },
    }),
    0,
  );
  while (await watched.makeOne());
  const made = asked.length;
  await watched.answer({ name: 'forecast', query: { process: 'new-business', period: 'quarter' } });
  await watched.answer({ name: 'forecast-total', query: { process: '*', period: 'quarter' } });
  await watched.answer({ name: 'adherence', query: { process: 'new-business', from: '2026-02-23' } });
  await watched.answer({ name: 'adherence', query: { process: 'new-business', from: '2025-03-02', by: 'team' } });
  await watched.answer({ name: 'bridge', query: { process: 'new-business', of: '2026-Q1', from: '2026-02-02' } });
  await watched.answer({ name: 'scorecard', query: { process: 'new-business', period: 'quarter', from: '2026-01-01' } });
  expect(asked.length).toBe(made);
  // The desk remembers what it said of the past: midnight in Berlin, seven days and a month before.
  expect(asked.map((one) => JSON.stringify(one)).filter((one) => one.includes('asOf'))).toEqual([
    expect.stringContaining('"asOf":"2026-02-22T23:00:00.000Z"'),
    expect.stringContaining('"asOf":"2026-02-01T23:00:00.000Z"'),
  ]);
});

test('what cannot be answered is not tried again before somebody asks', async () => {
  let tried = 0;
  const broken = new PresentAnswers(
    Object.assign(Object.create(given.desk) as typeof given.desk, {
      answer: () => {
        tried++;
        throw new RangeError('this cannot be measured');
      },
    }),
    0,
  );
  while (await broken.makeOne());
  expect(tried).toBe(USUAL);
  await expect(broken.answer(ASK)).rejects.toThrow('this cannot be measured');
});
