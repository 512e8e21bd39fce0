import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { dealAsOf, dealThrough, stagesOfShapes, type Deal, type DealColumns } from '@coxswain/projections';
import { euros, Log, noon } from './given.js';

const day = (number: number): string => `2026-01-${String(number).padStart(2, '0')}`;
const ms = (number: number): number => Date.parse(noon(day(number)));

/** What a deal tells at a moment, apart from the object that goes on. */
const told = ({ stage, phase, result, owner, facts, visits, won, qualified, resultSinceMs }: Deal & { stage?: string }) =>
  structuredClone({
    stage,
    phase,
    result,
    owner,
    facts,
    resultSinceMs,
    won: won && [won.atMs, won.owner, won.amount],
    qualified: qualified?.atMs,
    visits: visits.map((visit) => [visit.stage, visit.enteredMs, visit.leftMs, visit.owner]),
  });

const viewOf = (columns: DealColumns, clock: number) => ({
  asOfMs: ms(31),
  clockMs: ms(clock),
  stages: stagesOfShapes(columns, (stage) => stage),
  steps: false,
  all: false,
});

/** At each of these days, as read in one go. */
function through(columns: DealColumns, days: readonly number[]): readonly unknown[] {
  const seen: unknown[] = days.map(() => null);
  dealThrough(columns, 0, viewOf(columns, days.at(-1)!), days.map(ms), (deal, clock) => (seen[clock] = told(deal)));
  return seen;
}

/** In lead from the 2nd of January to another day. */
const lead = (until: number) => ['lead', ms(2), ms(until), 'ann'];

test('a deal read once through several days is on each of them what it was', () => {
  const log = new Log().captured('a', day(2), { facts: { amount: euros(100) } }).to('a', 'proposal', day(4));
  log
    .owner('a', day(5), 'bob')
    .facts('a', day(6), { amount: euros(70) })
    .to('a', 'won', day(8));
  expect(through(log.histories(), [1, 3, 5, 9])).toMatchObject([
    null, // not captured yet
    { visits: [['lead', ms(2), null, 'ann']], result: null, facts: { amount: euros(100) } },
    { owner: 'bob', visits: [lead(4), ['proposal', ms(4), null, 'ann']], result: null, facts: { amount: euros(100) } },
    {
      result: 'won',
      won: [ms(8), 'bob', euros(70)],
      visits: [lead(4), ['proposal', ms(4), ms(8), 'ann'], ['won', ms(8), null, 'bob']],
    },
  ]);
});

test('a win that was recorded before an earlier step is there on the day it happened, and the step on its own', () => {
  const log = new Log().captured('a', day(2)).to('a', 'won', day(8)).to('a', 'lost', day(5));
  expect(through(log.histories(), [3, 6, 9])).toMatchObject([
    { result: null },
    { result: 'lost', visits: [lead(5), ['lost', ms(5), null, 'ann']] },
    { result: 'lost', visits: [lead(8), ['won', ms(8), ms(5), 'ann'], ['lost', ms(5), null, 'ann']], won: [ms(8), 'ann', null] },
  ]);
});

test('whatever the record, and in whatever order its days stand, each day is as if asked alone', () => {
  const stages = ['lead', 'qualified', 'proposal', 'won', 'lost'];
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 10 }),
      fc.array(fc.tuple(fc.integer({ min: 1, max: 28 }), fc.constantFrom(...stages, 'owner', 'amount')), { maxLength: 10 }),
      fc.uniqueArray(fc.integer({ min: 1, max: 30 }), { minLength: 1, maxLength: 6 }),
      (captured, lines, asked) => {
        const log = new Log().recordedLater(day(30)).captured('a', day(captured), { facts: { amount: euros(10) } });
        for (const [on, what] of lines) {
          if (what === 'owner') log.owner('a', day(on), `owner-${on}`);
          else if (what === 'amount') log.facts('a', day(on), { amount: euros(on) });
          else log.to('a', what, day(on));
        }
        const columns = log.histories();
        const days = asked.toSorted((a, b) => a - b);
        const alone = days.map((one) => dealAsOf(columns, 0, viewOf(columns, one))).map((deal) => deal && told(deal));
        expect(through(columns, days)).toEqual(alone);
      },
    ),
    { numRuns: 300 },
  );
});
