import { existsSync, readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import {
  aalenJohansen,
  curveAt,
  Durations,
  estimableUntil,
  incidenceWithin,
  kaplanMeier,
  measure,
  quantileOfCause,
  quantileOfEnds,
  type Duration,
} from '@coxswain/projections';
import { Chance } from '../../libs/projections/src/chance.js';
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
    const curve = aalenJohansen(Durations.of(deals, ['won', 'lost'] as const));
    for (const [days, { atRisk, openSurvival, winCIF, lossCIF }] of Object.entries(expected.curve)) {
      const here = curveAt(curve, Number(days))!;
      expect(here.atRisk).toBe(atRisk);
      expect(Math.abs(here.open - openSurvival)).toBeLessThanOrEqual(1e-6);
      expect(Math.abs(here.incidence.won - winCIF)).toBeLessThanOrEqual(1e-6);
      expect(Math.abs(here.incidence.lost - lossCIF)).toBeLessThanOrEqual(1e-6);
      points++;
    }
    expect(quantileOfEnds(curve, 0.5).days).toBeCloseTo(expected.medianDaysToClose, 4);
  }
  expect(points).toBe(10);
});

test('what is still open has lasted at least so long: five durations worked out by hand', () => {
  // Ends at 1, 3 and 4 days; open at 2 and 5. At risk: 5, 4, 3, 2, 1.
  // Open after 1: 4/5 = .8. After 3: .8 x 2/3 = .5333. After 4: .5333 x 1/2 = .2667.
  const curve = kaplanMeier(
    Durations.of(
      [
        { days: 3, ended: 'ended' },
        { days: 1, ended: 'ended' },
        { days: 2, ended: 'open' },
        { days: 5, ended: 'open' },
        { days: 4, ended: 'ended' },
      ],
      ['ended'],
    ),
  );
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
  const curve = ended([
    { days: 1, ended: 'won' },
    { days: 2, ended: 'lost' },
    { days: 2, ended: 'won' },
    { days: 3, ended: 'open' },
  ]);
  expect(curveAt(curve, 2)).toMatchObject({
    atRisk: 3,
    open: expect.closeTo(0.25, 12),
    incidence: { won: expect.closeTo(0.5, 12), lost: expect.closeTo(0.25, 12) },
  });
});

/** The curve of deals that are won or lost. */
const ended = (deals: Iterable<Duration<'won' | 'lost'>>) => aalenJohansen(Durations.of(deals, ['won', 'lost']));

test('the variance of a share won is that of the delta method, worked out by hand', () => {
  // As above: at risk 4 on day 1 (one won), 3 on day 2 (one won, one lost). F(1) = .25, F(2) = .5, S(0) = 1, S(1) = .75.
  const curve = ended([
    { days: 1, ended: 'won' },
    { days: 2, ended: 'lost' },
    { days: 2, ended: 'won' },
    { days: 3, ended: 'open' },
  ]);
  // On day 1: 1 x 1 x (4 - 1) / 4^3 = .046875.
  expect(curveAt(curve, 1)!.variance.won).toBeCloseTo(0.046875, 12);
  // On day 2: (.5 - .25)^2 x 1 / (4 x 3) = .005208; + 1 x 1 x 3 / 64 + .5625 x 1 x 2 / 27 = .046875 + .041667; - 2 x .25 x 1 x 1 / 16 = .03125.
  expect(curveAt(curve, 2)!.variance.won).toBeCloseTo(0.0052083333 + 0.046875 + 0.0416666667 - 0.03125, 9);
});

test('with one way to end, its variance is that of Greenwood', () => {
  const days = [3, 5, 5, 8, 9, 12, 12, 13, 20];
  const { of, atRisk, open, openVariance, variance } = kaplanMeier(
    Durations.of(
      days.map((day, index) => ({ days: day, ended: index % 3 === 2 ? ('open' as const) : ('ended' as const) })),
      ['ended'],
    ),
  );
  expect(of).toBe(9);
  expect([...atRisk]).toEqual([9, 8, 6, 5, 4, 2, 1]);
  // Open after 12 days: 8/9 x 7/8 x 5/6 x 4/5 x 3/4; Greenwood: open^2 x (1/72 + 1/56 + 1/30 + 1/20 + 1/12).
  const left = (8 / 9) * (7 / 8) * (5 / 6) * (4 / 5) * (3 / 4);
  expect(open[4]).toBeCloseTo(left, 12);
  expect(openVariance[4]).toBeCloseTo(left ** 2 * (1 / 72 + 1 / 56 + 1 / 30 + 1 / 20 + 1 / 12), 12);
  for (const [age, one] of openVariance.entries()) if (open[age]! > 0) expect(variance.ended[age]).toBeCloseTo(one, 12);
});

test('what came under observation late is at risk from then on, and says nothing of the ages before', () => {
  // a: 0 to 2 days, won. b: from day 1 on, won on day 3. c: from day 2 on, still open after 4. d: 0 to 3 days, lost. e: seen from day 5 on, ended on day 4: never seen.
  const durations = new Durations(['won', 'lost']);
  durations.add(2, 'won');
  durations.add(3, 'won', 1);
  durations.add(4, 'open', 2);
  durations.add(3, 'lost');
  durations.add(4, 'won', 5);
  const curve = aalenJohansen(durations);
  expect(curve.of).toBe(4);
  // On day 2: a, b and d (c only after it). On day 3: b, c and d.
  expect([...curve.atRisk]).toEqual([3, 3, 1]);
  // Won by day 2: 1/3. By day 3: 1/3 + 2/3 x 1/3 = 5/9; lost 2/9; open 2/3 x 1/3 = 2/9.
  expect(curveAt(curve, 3)).toMatchObject({
    open: expect.closeTo(2 / 9, 12),
    incidence: { won: expect.closeTo(5 / 9, 12), lost: expect.closeTo(2 / 9, 12) },
  });
});

test('between two ages at which something ended, only those are counted that are under observation by then', () => {
  const durations = new Durations(['won']);
  for (let deal = 0; deal < 25; deal++) durations.add(10, 'won');
  for (let deal = 0; deal < 5; deal++) durations.add(12, 'won', 6);
  const curve = aalenJohansen(durations);
  // On day 6 the five have not been seen yet, as nothing is at risk at the age it comes in at; on day 7 they have; after day 10 they are left.
  expect([5, 6, 7, 10, 11, 12].map((days) => curveAt(curve, days)!.atRisk)).toEqual([25, 25, 30, 30, 5, 5]);
});

test('a record is whole only where all were seen from the beginning, also where few of them came late', () => {
  const all = new Durations(['won']);
  for (let deal = 0; deal < 36; deal++) all.add(1 + deal, 'won');
  // Before the first one is won this one is there too, but what became of others like it at the ages before nobody saw.
  all.add(36.5, 'won', 0.5);
  const curve = aalenJohansen(all);
  expect(curve.atRisk[0]).toBe(37);
  // 37 - 17 = 20 were left on day 18.
  expect(estimableUntil(curve)).toBe(18);
  expect(incidenceWithin(curve, 'won', 30).share).toBeNull();
});

test('where all went on the share is 1, and its interval that of as many trials, however its sum is rounded', () => {
  for (let of = 20; of <= 200; of++) {
    const { share, low, high } = incidenceWithin(ended(many(of, (index) => index + 1, 'won')), 'won', of);
    // Wilson: n / (n + 1.96^2).
    expect([share, high]).toEqual([1, 1]);
    expect(low).toBeCloseTo(of / (of + 1.959963984540054 ** 2), 12);
  }
});

test('of twenty that all ended a quantile is told, however many ended on one day', () => {
  const chance = new Chance('ties');
  for (let pattern = 0; pattern < 500; pattern++) {
    const days = Array.from({ length: 20 }, () => 1 + chance.below(2 + (pattern % 12))).toSorted((a, b) => a - b);
    const curve = ended(days.map((one) => ({ days: one, ended: 'won' as const })));
    // The first age by which half, or 85 in 100, have ended: the tenth, and the seventeenth.
    expect([0.5, 0.85].map((q) => quantileOfEnds(curve, q).days)).toEqual([days[9], days[16]]);
    expect([0.5, 0.85].map((q) => quantileOfCause(curve, 'won', q).days)).toEqual([days[9], days[16]]);
  }
});

test('a share is told as far as 20 were followed, and for good where every deal has ended', () => {
  // 30 deals: one won a day for ten days; the others were last seen after 40 days.
  const open = ended([...many(10, (index) => index + 1, 'won'), ...many(20, () => 40, 'open')]);
  expect(estimableUntil(open)).toBe(40);
  expect(incidenceWithin(open, 'won', 30)).toMatchObject({ share: expect.closeTo(10 / 30, 12), atRisk: 20 });
  expect(incidenceWithin(open, 'won', 41)).toEqual({ share: null, low: null, high: null, atRisk: 0 });
  const fewer = ended([...many(11, (index) => index + 1, 'won'), ...many(19, () => 40, 'open')]);
  // On day 11 20 were left, after it 19.
  expect(estimableUntil(fewer)).toBe(11);
  const whole = ended([...many(10, (index) => index + 1, 'won'), ...many(15, () => 3, 'lost')]);
  expect(estimableUntil(whole)).toBe(Infinity);
  expect(incidenceWithin(whole, 'won', 365)).toMatchObject({ share: expect.closeTo(10 / 25, 12), atRisk: 0 });
  expect(estimableUntil(ended(many(19, () => 1, 'won')))).toBeNull();
});

test('a curve that begins with few under observation is not believed afterwards either', () => {
  const durations = new Durations(['won', 'lost']);
  // Of the first three days two deals were seen, and one was won: the curve says half. Later there are 100.
  durations.add(3, 'won');
  durations.add(50, 'open');
  for (let deal = 0; deal < 100; deal++) durations.add(20 + deal / 10, deal % 2 === 0 ? 'won' : 'lost', 10);
  const curve = aalenJohansen(durations);
  expect(curve.thinFromDays).toBe(3);
  expect(incidenceWithin(curve, 'won', 25).share).toBeNull();
  expect(estimableUntil(curve)).toBeNull();
});

test('intervals hold the truth about 95 times in 100', () => {
  // Deals are won at a rate of 2 % a day, lost at 1 %, lost from sight at 1 %: won by day 30 are 2/3 x (1 - e^-.9) = .3956.
  const chance = new Chance('interval');
  const after = (perDay: number): number => -Math.log(1 - chance.below(1_000_000) / 1_000_000) / perDay;
  const truth = (2 / 3) * (1 - Math.exp(-0.9));
  let holds = 0;
  for (let run = 0; run < 400; run++) {
    const curve = ended(
      Array.from({ length: 150 }, () => {
        const [won, lost, gone] = [after(0.02), after(0.01), after(0.01)];
        const days = Math.min(won, lost, gone);
        return { days, ended: days === won ? 'won' : days === lost ? 'lost' : 'open' } as const;
      }),
    );
    const { low, high } = incidenceWithin(curve, 'won', 30);
    if (low! <= truth && truth <= high!) holds++;
  }
  // Of 400 runs, 95 % are 380; five standard deviations are 22.
  expect(holds).toBeGreaterThan(358);
  expect(holds).toBeLessThan(399);
});

test('a median has an interval, and a visit that comes again is counted as one that does', () => {
  const log = new Log();
  for (let deal = 1; deal <= 40; deal++) {
    const id = `d${String(deal).padStart(2, '0')}`;
    log.captured(id, '2026-01-01').to(id, 'qualified', new Date(Date.UTC(2026, 0, 1 + deal)).toISOString().slice(0, 10));
  }
  log.to('d01', 'lead', '2026-03-01').to('d01', 'qualified', '2026-03-03');
  const { stages } = measure('cycle-time', log.histories(), context(noon('2026-04-01'))).groups[0]!;
  const [lead, qualified] = stages;
  expect(lead).toMatchObject({ visits: 41, reentries: 1, medianDays: 20, naive: { medianDays: 20, of: 41 } });
  expect(qualified).toMatchObject({ visits: 41, reentries: 1, open: 40, naive: { of: 1 } });
  // Of 41 visits about 20.5 -+ 1.96 x sqrt(41) / 2 = 14.2 to 26.8 lie around the median.
  expect(Math.abs(lead!.medianLowDays! - 14)).toBeLessThanOrEqual(2);
  expect(Math.abs(lead!.medianHighDays! - 27)).toBeLessThanOrEqual(2);
});

const many = (count: number, days: (index: number) => number, ended: 'won' | 'lost' | 'open'): Duration<'won' | 'lost'>[] =>
  Array.from({ length: count }, (_, index) => ({ days: days(index), ended }));

test('a quantile that open deals hide is not estimable, and the answer says why', () => {
  const halfOpen = ended([...many(10, (index) => index + 1, 'won'), ...many(30, () => 100, 'open')]);
  // 10 of 40 have ended: the curve stops at 75 % open.
  expect(quantileOfEnds(halfOpen, 0.5)).toEqual({ days: null, why: 'too many are still open' });
  expect(quantileOfEnds(halfOpen, 0.25)).toEqual({ days: 10, why: null });
  expect(quantileOfCause(halfOpen, 'won', 0.5)).toEqual({ days: null, why: 'more than half are still open' });
  expect(quantileOfCause(halfOpen, 'lost', 0.5)).toEqual({ days: null, why: 'none has been lost yet' });
  // 1 won a day for 20 days, 20 lost on the first day: half of the wins by day 10.
  const resolved = ended([...many(20, (index) => index + 1, 'won'), ...many(20, () => 1, 'lost')]);
  expect(quantileOfCause(resolved, 'won', 0.5)).toEqual({ days: 10, why: null });
  // 100 were lost from sight after a day; the one left to end on day 9 was one of 5 then: 5 / open share 1 stands for 5.
  const thin = ended([...many(100, () => 1, 'open'), ...many(5, (index) => index + 5, 'won')]);
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
    { days: 7, share: null, low: null, high: null, atRisk: 18 },
    { days: 14, share: null, low: null, high: null, atRisk: 12 },
  ]);
  expect(all!.leadToWon.wonWithin[0]).toMatchObject({ days: 7, share: expect.closeTo(5 / 24, 12), atRisk: 20 });
});
