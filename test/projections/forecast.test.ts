import { expect, test } from '@jest/globals';
import { measure, type ForecastPeriod } from '@coxswain/projections';
import { columnsOf, context, euros, Log, noon } from './given.js';

/** Deals won in 2025 and early 2026, and some open in March 2026. */
function log(): Log {
  const log = new Log();
  const won = (id: string, captured: string, day: string, amount: number): unknown =>
    log
      .captured(id, captured, { facts: { amount: euros(amount) } })
      .to(id, 'proposal', captured)
      .to(id, 'won', day);
  won('w1', '2025-06-15', '2025-07-10', 1000); // Q3 2025
  won('w2', '2025-07-01', '2025-11-10', 2000); // Q4 2025
  won('w3', '2025-07-01', '2025-12-10', 3000); // Q4 2025
  won('w4', '2025-07-01', '2026-02-10', 500); // Q1 2026, the present one
  log.captured('l1', '2025-07-01').to('l1', 'proposal', '2025-07-02').to('l1', 'lost', '2025-08-01');
  log
    .captured('o1', '2026-01-05', { facts: { amount: euros(1000), closeDate: '2026-03-31' } })
    .to('o1', 'proposal', '2026-01-06');
  log
    .captured('o2', '2026-01-05', { facts: { amount: euros(400), closeDate: '2026-05-01' } })
    .to('o2', 'qualified', '2026-01-06');
  log.captured('o3', '2026-01-05', { facts: { closeDate: '2026-05-02' } }).to('o3', 'proposal', '2026-01-06');
  log.captured('o4', '2026-01-05', { facts: { amount: euros(700) } });
  log.captured('o5', '2026-01-05', { facts: { amount: euros(800), closeDate: '2025-12-31' } }).to('o5', 'proposal', '2026-01-06');
  return log.captured('o6', '2026-01-05', { facts: { amount: euros(900), closeDate: '2031-01-01' } });
}

const quarter = (periods: readonly ForecastPeriod[], name: string): ForecastPeriod =>
  periods.find(({ period }) => period === name)!;

test('the forecast of a quarter stands beside the plain average of the quarters before it', () => {
  const answer = measure('forecast', log().histories(), context(noon('2026-03-10')));
  const { periods, withoutAmount, withoutDate, outside, stageRates } = answer.groups[0]!;
  expect(periods.map(({ period, when }) => `${period} ${when}`)).toEqual([
    '2025-Q1 past',
    '2025-Q2 past',
    '2025-Q3 past',
    '2025-Q4 past',
    '2026-Q1 current',
    '2026-Q2 future',
    '2026-Q3 future',
    '2026-Q4 future',
    '2027-Q1 future',
  ]);
  const now = quarter(periods, '2026-Q1');
  expect(now).toMatchObject({
    start: '2026-01-01',
    end: '2026-04-01',
    won: { deals: 1, amounts: [euros(500)] },
    open: { deals: 1, amounts: [euros(1000)] },
  });
  // o1 stands in proposal: 50 % by the file. Of the 5 resolved deals that ever stood there, 4 were won: 80 %.
  expect(now.weightedByStage).toEqual({ amounts: [euros(500)], of: 1 });
  expect(stageRates.find(({ stage }) => stage === 'proposal')).toMatchObject({
    probability: 50,
    won: { rate: 0.8, count: 4, of: 5 },
  });
  expect(now.weightedByHistory).toEqual({ amounts: [euros(800)], of: 1 });
  // The record begins on 15 June 2025, so whole quarters before 2026-Q1 are Q3 (1,000) and Q4 (5,000): 3,000 a quarter.
  expect(now.movingAverage).toEqual({ amounts: [euros(3000)], of: 2 });
  // For the next quarter too: the present one is not over, so it is not averaged.
  const next = quarter(periods, '2026-Q2');
  expect(next.movingAverage).toEqual({ amounts: [euros(3000)], of: 2 });
  // o2 (400 at 20 %) and o3, which has no amount. Nobody who stood in qualified is resolved, so history says nothing of o2.
  expect(next).toMatchObject({ open: { deals: 2, of: 1, withoutAmount: 1, amounts: [euros(400)] } });
  expect(next.weightedByStage).toEqual({ amounts: [euros(80)], of: 1 });
  expect(next.weightedByHistory).toEqual({ amounts: null, of: 0 });
  expect(next.categories.map(({ category, deals }) => [category, deals])).toEqual([
    ['omitted', 0],
    ['pipeline', 1],
    ['best-case', 0],
    ['commit', 1],
    ['closed', 0],
  ]);
  expect(withoutAmount).toEqual({ deals: 1, examples: ['o3'] });
  expect(withoutDate).toEqual({ deals: 1, examples: ['o4'] });
  expect(outside).toEqual({ deals: 1, examples: ['o6'] });
  // o5 should have closed by the end of December and is late.
  expect(quarter(periods, '2025-Q4')).toMatchObject({
    won: { deals: 2, amounts: [euros(5000)] },
    open: { deals: 1, amounts: [euros(800)] },
  });
  expect(quarter(periods, '2025-Q4').movingAverage).toEqual({ amounts: [euros(1000)], of: 1 });
  expect(quarter(periods, '2025-Q3').movingAverage).toEqual({ amounts: null, of: 0 });
});

test('what was won is worth what it was worth that day, and a month begins where the company is', () => {
  // 23:30 UTC of 31 January is half past midnight of 1 February in Berlin.
  const log = new Log()
    .captured('a', '2026-01-01', { facts: { amount: euros(100) } })
    .to('a', 'won', '2026-01-31', { occurredAt: '2026-01-31T23:30:00.000Z' });
  log.facts('a', '2026-02-05', { amount: euros(999) });
  log
    .captured('b', '2026-01-01')
    .to('b', 'won', '2026-02-02')
    .facts('b', '2026-02-06', { amount: euros(40) });
  const { periods } = measure(
    'forecast',
    log.histories(),
    context(noon('2026-03-01'), { period: 'month', from: '2026-01-01', to: '2026-03-01' }),
  ).groups[0]!;
  expect(periods.map(({ period, won }) => [period, won.deals, won.amounts])).toEqual([
    ['2026-01', 0, []],
    ['2026-02', 2, [euros(140)]], // b had no amount yet when it was won: the first one recorded after counts
  ]);
});

const averageBeforeApril = (log: Log): unknown =>
  quarter(measure('forecast', log.histories(), context(noon('2026-04-02'))).groups[0]!.periods, '2026-Q2').movingAverage;

test('a quarter in which nothing was won is nothing in the average; wins without an amount leave it unknown', () => {
  const quiet = new Log().captured('a', '2025-09-30', { facts: { amount: euros(600) } }).to('a', 'won', '2025-11-01');
  expect(averageBeforeApril(quiet)).toEqual({ amounts: [euros(300)], of: 2 }); // Q4 600, Q1 0
  expect(averageBeforeApril(new Log().captured('a', '2025-09-30').to('a', 'won', '2025-11-01'))).toEqual({
    amounts: null,
    of: 2,
  });
  expect(averageBeforeApril(new Log().captured('a', '2025-09-30'))).toEqual({ amounts: [euros(0)], of: 2 });
});

test('a window of ages and an average over nothing are refused', () => {
  expect(() => measure('forecast', columnsOf([]), context(noon('2026-01-01'), { from: '1900-01-01' }))).toThrow(
    'at most 120 periods',
  );
  expect(() => measure('forecast', columnsOf([]), context(noon('2026-01-01'), { average: 0 }))).toThrow('1 to 12');
});

const DAY_MS = 86_400_000;
const dayAfter = (days: number): string => new Date(Date.UTC(2025, 0, 1) + days * DAY_MS).toISOString().slice(0, 10);

/** From 1 January 2025 one deal a day is captured for 100, and won 20 days later; every fifth is lost instead. */
function steady(days: number): Log {
  const log = new Log();
  for (let day = 0; day < days; day++) {
    const id = `d${String(day).padStart(3, '0')}`;
    const owner = day % 2 === 0 ? 'ann' : 'bob';
    log.captured(id, dayAfter(day), { owner, facts: { amount: euros(100) } }).to(id, 'proposal', dayAfter(day + 1));
    if (day + 20 < days) log.to(id, day % 5 === 0 ? 'lost' : 'won', dayAfter(day + 20));
  }
  return log;
}

/** Day 400 is 5 February 2026: since 1 January 36 days, of which days 365 to 400, with 4 of 5 won. */
const noonOfDay400 = noon(dayAfter(400));

test('a quarter to come is what is booked and what several methods, by their record, say is still to come', () => {
  const log = steady(401).captured('old', '2025-01-01', { owner: 'ann', facts: { amount: euros(9999) } });
  const [all] = measure('forecast', log.histories(), context(noonOfDay400)).groups;
  const { total } = quarter(all!.periods, '2026-Q1');
  // Won on days 365 to 400: those captured on days 345 to 380, 36 of them, without every fifth (345, 350 ... 380: 8): 28 for 100.
  expect(total!.booked).toEqual(euros(2800));
  // 54 days are left after noon of 5 February, each worth .8 x 100: about 4,320, give or take a tenth.
  const toCome = total!.p50!.minor / 100 - 2800;
  expect(toCome).toBeGreaterThan(4000);
  expect(toCome).toBeLessThan(4700);
  expect(total!.p10!.minor).toBeLessThan(total!.p50!.minor);
  expect(total!.p90!.minor).toBeGreaterThan(total!.p50!.minor);
  expect(total).toMatchObject({ resolved: 12, why: null });
  const naive = total!.components.find(({ component }) => component === 'moving-average')!;
  expect(naive.amount!.minor / 100).toBeCloseTo(4320, -3);
  expect(naive.wape).toBeLessThan(0.05);
  expect(total!.components.reduce((sum, { weight }) => sum + weight, 0)).toBeCloseTo(1, 9);
  // Twenty deals and the old one are open; the old one is older than any that closed and is in no total.
  expect(total!.pipeline).toMatchObject({ openDeals: 21, staleDeals: 1 });
  expect(total!.pipeline!.open.minor / 100).toBeLessThan(2001);
  expect(all!.stale).toEqual({ deals: 1, examples: ['old'] });
  expect(all!.deals).toHaveLength(20);
  expect(all!.deals[0]).toMatchObject({ period: '2026-Q1', stage: 'proposal', why: { calendar: false } });
  expect(all!.deals[0]!.won).toBeGreaterThan(0.7);
  // What is over has no total, and neither has what lies more than four periods ahead.
  expect(all!.periods.map(({ period, total: one }) => [period, one !== null])).toEqual([
    ['2025-Q1', false],
    ['2025-Q2', false],
    ['2025-Q3', false],
    ['2025-Q4', false],
    ['2026-Q1', true],
    ['2026-Q2', true],
    ['2026-Q3', true],
    ['2026-Q4', true],
    ['2027-Q1', true],
  ]);
});

test('by owner, each has what was booked and what is open of theirs', () => {
  const { groups } = measure('forecast', steady(401).histories(), context(noonOfDay400, { by: 'owner' }));
  const now = groups.map(({ group, periods }) => ({ group, total: quarter(periods, '2026-Q1').total! }));
  // Of the 28 won, ann has those captured on even days: 346, 348, 352 ... of 18 even days without 350, 360, 370, 380: 14.
  expect(now.map(({ group, total }) => [group, total.booked, total.pipeline!.openDeals])).toEqual([
    ['ann', euros(1400), 10],
    ['bob', euros(1400), 10],
  ]);
});

test('without a win nothing is known yet, and without an amount nothing can be told', () => {
  const young = new Log().captured('a', '2026-01-01', { facts: { amount: euros(100) } });
  const total = quarter(measure('forecast', young.histories(), context(noonOfDay400)).groups[0]!.periods, '2026-Q1').total;
  expect(total).toMatchObject({
    booked: euros(0),
    p10: null,
    p50: null,
    p90: null,
    why: 'fewer than 20 deals have been won or lost',
  });
  const silent = new Log().captured('a', '2026-01-01').to('a', 'won', '2026-01-05');
  const none = quarter(measure('forecast', silent.histories(), context(noonOfDay400)).groups[0]!.periods, '2026-Q1').total;
  expect(none).toBeNull();
});

test('of deals that were all lost nothing can be told, and it says so', () => {
  const log = new Log();
  for (let deal = 0; deal < 30; deal++) {
    log.captured(`d${deal}`, '2025-12-01', { facts: { amount: euros(100) } });
    if (deal < 25) log.to(`d${deal}`, 'lost', '2026-01-10');
  }
  const [all] = measure('forecast', log.histories(), context(noonOfDay400)).groups;
  expect(quarter(all!.periods, '2026-Q1').total).toMatchObject({ p50: null, why: 'none has been won yet' });
  expect(all!.deals).toEqual([]);
});

test('in its last millisecond a period is as good as over', () => {
  const [all] = measure('forecast', steady(401).histories(), context('2026-03-31T21:59:59.999Z')).groups;
  expect(quarter(all!.periods, '2026-Q1').total).toBeNull();
  expect(quarter(all!.periods, '2026-Q2').total).not.toBeNull();
});

test('asked again on earlier days, the forecast says how far it can be trusted', () => {
  const answer = measure('forecast-accuracy', steady(401).histories(), context(noonOfDay400, { period: 'month' }));
  const [all] = answer.groups;
  // January has 31 days; so many before 5 February, and every 8 days before that.
  expect(all!.windowDays).toBe(31);
  expect(all!.origins.at(-1)).toMatchObject({
    at: '2026-01-04T23:00:00.000Z',
    until: '2026-02-04T23:00:00.000Z',
    actual: 250_000,
  });
  expect(all!.origins.at(-2)!.at).toBe('2025-12-27T23:00:00.000Z');
  const blend = all!.methods.find(({ method }) => method === 'blend')!;
  expect(blend.forecasts).toBeGreaterThan(20);
  expect(blend.wape).toBeLessThan(0.1);
  expect(all!.verdict.say).toMatch(
    /^(Either will do|Trust the .*): the blend was off by [\d.]+ %, the moving average by [\d.]+ %, over \d+ forecasts\.$/,
  );
  // Four of five of the open deals are won within the month, whichever they are.
  expect(all!.deals.map(({ method, won }) => [method, won!.toFixed(1)])).toEqual([
    ['time in stage', '0.8'],
    ['landmark', '0.8'],
  ]);
  const few = measure('forecast-accuracy', steady(60).histories(), context(noon(dayAfter(60)), { period: 'month' }));
  expect(few.groups[0]!.verdict).toMatchObject({
    trust: null,
    say: 'Not estimable: 0 forecasts have been resolved, and 5 are needed to compare methods.',
  });
  expect(measure('forecast-accuracy', columnsOf([]), context(noonOfDay400)).groups).toHaveLength(1);
});

test('what was booked is of whoever had the deal when it was won', () => {
  const log = steady(401).owner('d346', dayAfter(390), 'eve'); // ann won it on day 366
  const { groups } = measure('forecast', log.histories(), context(noonOfDay400, { by: 'owner' }));
  expect(groups.map(({ group, periods }) => [group, quarter(periods, '2026-Q1').total!.booked])).toEqual([
    ['ann', euros(1400)],
    ['bob', euros(1400)],
  ]);
});

test('an earlier forecast that is asked again knows no amount recorded since', () => {
  const asked = (log: Log): readonly (number | null)[] =>
    measure('forecast-accuracy', log.histories(), context(noonOfDay400, { period: 'month' })).groups[0]!.origins.map(
      ({ blend }) => blend,
    );
  // d356 was open on 5 January, the last day gone back to (day 369), and was won on day 376. On day 375 it grew a hundredfold.
  const log = steady(401);
  const at = log.events.findIndex(({ stream, type }) => stream === 'opportunity-d356' && type === 'StageChanged');
  const grown = new Log();
  grown.events.push(...log.events);
  const won = grown.events.findIndex(
    ({ stream, data }) => stream === 'opportunity-d356' && (data as { to?: string }).to === 'won',
  );
  grown.events.splice(won, 0, {
    ...grown.events[at]!,
    type: 'FactsRecorded',
    recordedAt: noon(dayAfter(375)),
    data: { occurredAt: noon(dayAfter(375)), by: 'ann', facts: { amount: euros(10_000) } },
  });
  expect(asked(grown)).toEqual(asked(log));
});

test('where no win has an amount, it is the deals won that are forecast again', () => {
  const log = new Log();
  for (let day = 0; day < 200; day++) {
    const id = `d${day}`;
    log.captured(id, dayAfter(day)).to(id, 'proposal', dayAfter(day));
    if (day + 10 < 200) log.to(id, 'won', dayAfter(day + 10));
  }
  const [all] = measure('forecast-accuracy', log.histories(), context(noon(dayAfter(200)), { period: 'month' })).groups;
  // One deal a day is won. Day 200 is in July, and June had 30 days.
  expect(all!.currency).toBeNull();
  expect(all!.origins.at(-1)).toMatchObject({ actual: 30, blend: expect.closeTo(30, 0) });
  expect(all!.verdict.trust).not.toBeNull();
  // No total in money, but what is to be expected of each deal, those that promise most first.
  const [forecast] = measure('forecast', log.histories(), context(noon(dayAfter(200)))).groups;
  expect(quarter(forecast!.periods, '2025-Q3').total).toBeNull();
  expect(forecast!.deals).toHaveLength(9); // d191 to d199; d190 is open for a moment longer than any deal took
  expect(forecast!.stale).toEqual({ deals: 1, examples: ['d190'] });
  expect(forecast!.deals[0]!.won).toBeGreaterThan(0.9);
});
