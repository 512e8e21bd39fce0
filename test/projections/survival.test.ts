import { existsSync, readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import {
  aalenJohansen,
  curveAt,
  kaplanMeier,
  measure,
  quantileOfCause,
  quantileOfEnds,
  type Duration,
} from '@coxswain/projections';
import { context, Log, noon } from './given.js';

const REFERENCE = '../shared/reference/survival';
const present = existsSync(`${REFERENCE}/golden.json`);
if (!present)
  console.warn(`SKIPPED: ${REFERENCE} is missing, so the survival curves are not held against those of an independent package.`);

interface Observations {
  readonly durations: readonly number[];
  /** 0 still open, 1 won, 2 lost. */
  readonly causes: readonly (0 | 1 | 2)[];
}
interface Golden {
  readonly deals: number;
  readonly medianDaysToClose: number;
  readonly curve: Readonly<
    Record<string, { readonly atRisk: number; readonly openSurvival: number; readonly winCIF: number; readonly lossCIF: number }>
  >;
}

const read = <T>(file: string): Readonly<Record<string, T>> =>
  JSON.parse(readFileSync(`${REFERENCE}/${file}`, 'utf8')) as Record<string, T>;

(present ? test : test.skip)('the curves of two real logs equal those of an independent statistics package', () => {
  const golden = read<Golden>('golden.json');
  const observations = read<Observations>('observations.json');
  let points = 0;
  for (const [log, expected] of Object.entries(golden)) {
    const { durations, causes } = observations[log]!;
    const deals = durations.map((days, index): Duration<'won' | 'lost'> => ({
      days,
      ended: (['open', 'won', 'lost'] as const)[causes[index]!],
    }));
    expect(deals).toHaveLength(expected.deals);
    const curve = aalenJohansen(deals, ['won', 'lost']);
    for (const [days, { atRisk, openSurvival, winCIF, lossCIF }] of Object.entries(expected.curve)) {
      const here = curveAt(curve, Number(days))!;
      expect(here.atRisk).toBe(atRisk);
      expect(Math.abs(here.open - openSurvival)).toBeLessThanOrEqual(1e-6);
      expect(Math.abs(here.incidence!.won - winCIF)).toBeLessThanOrEqual(1e-6);
      expect(Math.abs(here.incidence!.lost - lossCIF)).toBeLessThanOrEqual(1e-6);
      points++;
    }
    expect(quantileOfEnds(curve, 0.5).days).toBeCloseTo(expected.medianDaysToClose, 4);
  }
  expect(points).toBe(10);
});

test('what is still open has lasted at least so long: five durations worked out by hand', () => {
  // Ends at 1, 3 and 4 days; open at 2 and 5. At risk: 5, 4, 3, 2, 1.
  // Open after 1: 4/5 = .8. After 3: .8 x 2/3 = .5333. After 4: .5333 x 1/2 = .2667.
  const curve = kaplanMeier([
    { days: 3, ended: 'ended' },
    { days: 1, ended: 'ended' },
    { days: 2, ended: 'open' },
    { days: 5, ended: 'open' },
    { days: 4, ended: 'ended' },
  ]);
  expect([0.5, 1, 2.5, 3, 4, 5].map((days) => curveAt(curve, days)!.open)).toEqual([
    1,
    0.8,
    0.8,
    expect.closeTo(0.5333, 4),
    expect.closeTo(0.2667, 4),
    expect.closeTo(0.2667, 4),
  ]);
  expect(curveAt(curve, 2.5)!.atRisk).toBe(3);
  expect(curveAt(curve, 6)).toBeNull();
  expect(quantileOfEnds(curve, 0.5)).toEqual({ days: null, why: 'fewer than 20' });
});

test('lost deals compete with won ones, and shares of all ways out and of what is open add up to one', () => {
  // Won at 1, lost at 2, won at 2, open at 3. Won by 1: 1/4. By 2: 1/4 + 3/4 x 1/3 = .5. Lost by 2: .25. Open: .25.
  const curve = aalenJohansen(
    [
      { days: 1, ended: 'won' },
      { days: 2, ended: 'lost' },
      { days: 2, ended: 'won' },
      { days: 3, ended: 'open' },
    ],
    ['won', 'lost'],
  );
  expect(curveAt(curve, 2)).toEqual({
    atRisk: 3,
    open: expect.closeTo(0.25, 12),
    incidence: { won: expect.closeTo(0.5, 12), lost: expect.closeTo(0.25, 12) },
  });
});

const many = (count: number, days: (index: number) => number, ended: 'won' | 'lost' | 'open'): Duration<'won' | 'lost'>[] =>
  Array.from({ length: count }, (_, index) => ({ days: days(index), ended }));

test('a quantile that open deals hide is not estimable, and the answer says why', () => {
  const halfOpen = aalenJohansen([...many(10, (index) => index + 1, 'won'), ...many(30, () => 100, 'open')], ['won', 'lost']);
  // 10 of 40 have ended: the curve stops at 75 % open.
  expect(quantileOfEnds(halfOpen, 0.5)).toEqual({ days: null, why: 'too many are still open' });
  expect(quantileOfEnds(halfOpen, 0.25)).toEqual({ days: 10, why: null });
  expect(quantileOfCause(halfOpen, 'won', 0.5)).toEqual({ days: null, why: 'more than half are still open' });
  expect(quantileOfCause(halfOpen, 'lost', 0.5)).toEqual({ days: null, why: 'none has been lost yet' });
  // 1 won a day for 20 days, 20 lost on the first day: half of the wins by day 10.
  const resolved = aalenJohansen([...many(20, (index) => index + 1, 'won'), ...many(20, () => 1, 'lost')], ['won', 'lost']);
  expect(quantileOfCause(resolved, 'won', 0.5)).toEqual({ days: 10, why: null });
  // 100 were lost from sight after a day; the one left to end on day 9 was one of 5 then: 5 / open share 1 stands for 5.
  const thin = aalenJohansen([...many(100, () => 1, 'open'), ...many(5, (index) => index + 5, 'won')], ['won', 'lost']);
  expect(quantileOfEnds(thin, 0.5)).toEqual({ days: null, why: 'fewer than 20 were seen for so long' });
});

test('time in a stage counts each visit, with open ones as at least so long', () => {
  const log = new Log();
  // 20 deals: the first stands 1 day as a lead, the second 2 ... the twentieth is still there after 20 days.
  for (let days = 1; days <= 20; days++) {
    log.captured(`d${days}`, '2026-01-01');
    if (days < 20) log.to(`d${days}`, 'qualified', `2026-01-${String(1 + days).padStart(2, '0')}`);
  }
  const answer = measure('cycle-time', log.histories(), context(noon('2026-01-21')));
  const [lead, qualified] = answer.groups[0]!.stages;
  expect(lead).toMatchObject({ stage: 'lead', visits: 20, ended: 19, open: 1, medianDays: 10, p85Days: 17, why: null });
  expect(qualified).toMatchObject({
    stage: 'qualified',
    visits: 19,
    ended: 0,
    open: 19,
    medianDays: null,
    p85Days: null,
    why: 'fewer than 20',
  });
  expect(answer.groups[0]!.stages.map(({ stage }) => stage)).toEqual(['lead', 'qualified', 'proposal', 'won']);
});

test('a move back to the same stage does not end a visit, a return to it begins another', () => {
  const log = new Log()
    .captured('a', '2026-01-01')
    .to('a', 'qualified', '2026-01-02')
    .to('a', 'qualified', '2026-01-05')
    .to('a', 'lead', '2026-01-06');
  const [all] = measure('cycle-time', log.histories(), context(noon('2026-01-10'))).groups;
  expect(all!.stages.map(({ visits, open }) => [visits, open])).toEqual([
    [2, 1],
    [1, 0],
    [0, 0],
    [0, 0],
  ]);
});

test('days to won run from the capture and from being qualified to the first win, lost deals competing and open ones still counting', () => {
  const log = new Log();
  for (let deal = 1; deal <= 24; deal++) {
    const id = `d${String(deal).padStart(2, '0')}`;
    log.captured(id, '2026-01-01').to(id, 'qualified', '2026-01-03');
    if (deal <= 12)
      log.to(id, 'won', `2026-01-${String(3 + deal).padStart(2, '0')}`); // 1 to 12 days after being qualified
    else if (deal <= 20) log.to(id, 'lost', '2026-01-20');
  }
  log.to('d12', 'live', '2026-01-18').to('d12', 'won', '2026-01-19'); // a second win changes nothing
  log.to('d11', 'lost', '2026-01-30'); // won before it was lost: the days to its win stay
  log.to('d20', 'lead', '2026-01-25'); // back: open again
  const [all] = measure('cycle-time', log.histories(), context(noon('2026-01-31'))).groups;
  // All 24 are at risk until the first win and none is lost from sight before the last: half of the 12 wins by day 6, 85 % (10.2) by day 11.
  expect(all!.qualifiedToWon).toMatchObject({ deals: 24, won: 12, lost: 7, open: 5, medianDays: 6, p85Days: 11, why: null });
  expect(all!.leadToWon).toMatchObject({ medianDays: 8, p85Days: 13 });
  // After 7 days 7 of 24 were won; at risk at day 7 are 18, which is too few to say so.
  expect(all!.qualifiedToWon.wonWithin.slice(0, 2)).toEqual([
    { days: 7, share: null, atRisk: 18 },
    { days: 14, share: null, atRisk: 12 },
  ]);
  expect(all!.leadToWon.wonWithin[0]).toEqual({ days: 7, share: expect.closeTo(5 / 24, 12), atRisk: 20 });
});
