import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { aalenJohansen, Durations, type Duration } from '@coxswain/projections';
import { ENDS, medianUntilWon, Outcomes } from '../../libs/projections/src/outcomes.js';

type Ended = Duration<'won' | 'lost'>;

test('the median of weighted deals is the Aalen-Johansen median of as many copies of each', () => {
  const durations = fc.array(
    fc.record({
      days: fc.integer({ min: 0, max: 12 }),
      ended: fc.constantFrom<Ended['ended']>('won', 'lost', 'open'),
      weight: fc.nat(3),
    }),
    { maxLength: 25 },
  );
  fc.assert(
    fc.property(durations, (deals) => {
      const ascending = deals.toSorted((a, b) => a.days - b.days);
      const found = medianUntilWon(
        Float64Array.from(ascending, ({ days }) => days),
        Uint8Array.from(ascending, ({ ended }) => ENDS[ended]),
        Uint32Array.from(ascending, ({ weight }) => weight),
        new Float64Array(ascending.length),
      );
      const copies = ascending.flatMap(({ days, ended, weight }) =>
        Array.from({ length: weight }, (): Ended => ({ days, ended })),
      );
      const { days, incidence } = aalenJohansen(Durations.of(copies, ['won', 'lost'] as const));
      const all = incidence.won.at(-1) ?? 0;
      const median = incidence.won.findIndex((won) => won >= all / 2 - 1e-12);
      expect(found).toBe(all === 0 ? null : days[median]!);
    }),
    { numRuns: 500 },
  );
});

test('the interval of the median days to a win holds the median, and is the narrower the more deals there are', () => {
  const outcome = (copies: number): { readonly median: number; readonly low: number; readonly high: number } => {
    const outcomes = new Outcomes();
    // Won after 1 to 40 days, one a day; as many lost on day 20.
    for (let copy = 0; copy < copies; copy++)
      for (let day = 1; day <= 40; day++) {
        outcomes.add('followed', 'won', 'selling', { days: day, ended: 'won' });
        outcomes.add('followed', 'lost', 'selling', { days: 20, ended: 'lost' });
      }
    return outcomes.list()[0]!.daysToWon as never;
  };
  // Losses compete, so half of the wins come by day 20. Order statistics of 40 wins: 20 -+ 1.96 x sqrt(40) / 2 = 14 to 26.
  const few = outcome(1);
  expect(few.median).toBe(20);
  expect([few.low, few.high].map((day, index) => Math.abs(day - [14, 26][index]!) <= 3)).toEqual([true, true]);
  const many = outcome(25);
  expect([many.low >= 18, many.high <= 22, many.median]).toEqual([true, true, 20]);
});
