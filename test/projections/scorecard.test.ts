import { expect, test } from '@jest/globals';
import { measure, NO_PLAN, type Plan, type ScorecardAnswer, type ScorecardPeriod } from '@coxswain/projections';
import { context, euros, Log, noon } from './given.js';

const ask = (log: Log, asOf: string, rest: object = {}): ScorecardAnswer =>
  measure('scorecard', log.histories(), context(asOf, rest));
const at = (answer: ScorecardAnswer, period: string, group: string | null = null): ScorecardPeriod =>
  answer.groups.find((one) => one.group === group)!.periods.find((one) => one.period === period)!;

/** Targets set on New Year's Day, by period and owner (null: all). */
const planOf = (targets: readonly (readonly [string, string | null, number])[]): Plan => ({
  ...NO_PLAN,
  targets: targets.map(([period, owner, whole]) => ({
    type: 'TargetSet',
    process: 'kettles',
    period,
    owner,
    team: null,
    amount: euros(whole),
    note: null,
    by: 'olga',
    occurredAt: noon('2026-01-01'),
    recordedAt: noon('2026-01-01'),
  })),
});

function quarter(): Log {
  const log = new Log();
  // Ten deals of January, to close in February: five won there (100 each, after 31 days), two lost, one slips to March, one loses its date, one stays.
  for (let deal = 0; deal < 10; deal++) {
    const id = `d${deal}`;
    log
      .captured(id, '2026-01-10', {
        owner: deal % 2 === 0 ? 'ann' : 'bob',
        facts: { amount: euros(100), closeDate: '2026-02-20' },
      })
      .to(id, 'qualified', '2026-01-12');
    if (deal < 5) log.to(id, 'won', '2026-02-10');
    else if (deal < 7) log.to(id, 'lost', '2026-02-11');
  }
  log.facts('d7', '2026-02-15', { closeDate: '2026-03-20' }).facts('d8', '2026-02-15', { closeDate: null });
  return log;
}

test('what came in, what was won and how long it took, each in its month and with what it is of', () => {
  const answer = ask(quarter(), noon('2026-03-15'));
  expect(answer).toMatchObject({ period: 'month' });
  expect(answer.groups[0]!.periods.map(({ period, when }) => [period, when])).toEqual([
    ['2025-10', 'past'],
    ['2025-11', 'past'],
    ['2025-12', 'past'],
    ['2026-01', 'past'],
    ['2026-02', 'past'],
    ['2026-03', 'current'],
  ]);
  expect(at(answer, '2026-01')).toMatchObject({
    captured: 10,
    qualified: 10,
    won: { deals: 0 },
    winRate: { rate: null, of: 0 },
    open: { deals: 10, amounts: [euros(1000)] },
  });
  // From 10 January to 10 February are 31 days.
  expect(at(answer, '2026-02')).toMatchObject({
    captured: 0,
    won: { deals: 5, amounts: [euros(500)] },
    lost: 2,
    winRate: { count: 5, of: 7 },
    averageWin: { minor: 10_000, of: 5 },
    cycleDaysMedian: { days: 31, of: 5 },
    open: { deals: 3 },
  });
});

test('velocity is open deals x average win x win rate / days, and is not told of few wins', () => {
  const answer = ask(quarter(), noon('2026-03-15'));
  // At the end of February: 3 x 100.00 x 5/7 / 31 = 6.91 a day.
  expect(at(answer, '2026-02').velocity).toMatchObject({
    minorPerDay: Math.round((3 * 10_000 * (5 / 7)) / 31),
    openDeals: 3,
    averageWinMinor: 10_000,
    cycleDays: 31,
    why: null,
  });
  expect(at(answer, '2026-01').velocity).toMatchObject({ minorPerDay: null, why: 'fewer than 5 wins in the year before' });
});

test('a loss counts where it happened, whatever became of the deal, and months add up to their quarter', () => {
  const log = new Log()
    .captured('back', '2026-01-10', { owner: 'ann' })
    .to('back', 'lost', '2026-01-20')
    .owner('back', '2026-01-21', 'bob')
    .to('back', 'lead', '2026-02-10')
    // Lost for the second time: it was counted.
    .to('back', 'lost', '2026-03-05')
    .captured('won', '2026-01-10', { owner: 'ann' })
    .to('won', 'won', '2026-01-15')
    // A customer who leaves is no lost deal.
    .to('won', 'lost', '2026-02-10');
  const months = ask(log, noon('2026-04-10'), { by: 'owner' });
  expect(['2026-01', '2026-02', '2026-03'].map((month) => at(months, month, 'ann').lost)).toEqual([1, 0, 0]);
  expect(['2026-01', '2026-02', '2026-03'].map((month) => at(months, month, 'bob').lost)).toEqual([0, 0, 0]);
  const quarters = ask(log, noon('2026-04-10'), { period: 'quarter' });
  expect(at(quarters, '2026-Q1')).toMatchObject({ lost: 1, winRate: { count: 1, of: 2 } });
  // As of the day between its losses it is open, and lost in January all the same.
  expect(at(ask(log, noon('2026-02-20')), '2026-01').lost).toBe(1);
});

test('velocity is worked out from the average win itself, not from what is shown of it', () => {
  const log = new Log();
  // 6 wins of 20.03 together after 10 days each: 3.338333 on average; 1,000 deals are open. 1,000 x 333.8333 / 10 = 33,383, and not 33,400.
  for (let deal = 0; deal < 6; deal++) {
    const id = `w${deal}`;
    const amount = { minor: deal === 0 ? 338 : 333, currency: 'EUR' };
    log.captured(id, '2026-01-10', { facts: { amount } }).to(id, 'won', '2026-01-20');
  }
  for (let deal = 0; deal < 1000; deal++) log.captured(`o${deal}`, '2026-01-10');
  expect(at(ask(log, noon('2026-02-10')), '2026-02').velocity).toMatchObject({ minorPerDay: 33_383, averageWinMinor: 334 });
});

test('slippage is what was to close in the month and is to close later, of what was to close in it at its start', () => {
  const answer = ask(quarter(), noon('2026-03-15'));
  // On 1 February all ten were to close in it; d7 and d8 are not any more, d9 still is (late).
  expect(at(answer, '2026-02').slippage).toMatchObject({
    rate: 0.2,
    slippedMinor: 20_000,
    ofMinor: 100_000,
    deals: { count: 2, of: 10 },
  });
  expect(at(answer, '2026-01').slippage).toMatchObject({ rate: null, ofMinor: 0, deals: { rate: null, of: 0 } });
  // In March so far: d7 was to close in it at its start, and still is.
  expect(at(answer, '2026-03').slippage).toMatchObject({ rate: 0, ofMinor: 10_000, deals: { count: 0, of: 1 } });
});

test('attainment and coverage are held against the target of whom they are of, and unknown without one', () => {
  const plan = planOf([
    ['2026-02', null, 800],
    ['2026-03', null, 200],
    ['2026-02', 'ann', 250],
  ]);
  const answer = ask(quarter(), noon('2026-03-15'), { plan });
  // February: 500 of 800; at its start 1,000 open for 800.
  expect(at(answer, '2026-02')).toMatchObject({
    target: euros(800),
    attainment: 0.625,
    coverageAtStart: 1.25,
    coverageNow: null,
  });
  // March: nothing won of 200, d7's 100 open: half of what is missing.
  expect(at(answer, '2026-03')).toMatchObject({ attainment: 0, coverageAtStart: 0.5, coverageNow: 0.5 });
  expect(at(answer, '2026-01')).toMatchObject({ target: null, attainment: null, coverageAtStart: null });
  const byOwner = ask(quarter(), noon('2026-03-15'), { plan, by: 'owner' });
  // Ann won d0, d2 and d4: 300 of 250. Bob has no target.
  expect(at(byOwner, '2026-02', 'ann')).toMatchObject({ target: euros(250), attainment: 1.2, won: { deals: 3 } });
  expect(at(byOwner, '2026-02', 'bob')).toMatchObject({ target: null, attainment: null, won: { deals: 2 } });
});

test("a quarter's target is its own, or the sum of its months where each has one; weeks have none", () => {
  const months = planOf([
    ['2026-01', null, 100],
    ['2026-02', null, 100],
    ['2026-03', null, 300],
  ]);
  const of = (plan: Plan) => at(ask(quarter(), noon('2026-03-15'), { plan, period: 'quarter' }), '2026-Q1');
  expect(of(months)).toMatchObject({ target: euros(500), attainment: 1, coverageNow: null });
  expect(of({ ...months, targets: months.targets.slice(1) }).target).toBeNull();
  expect(of({ ...months, targets: [...months.targets, ...planOf([['2026-Q1', null, 1000]]).targets] })).toMatchObject({
    target: euros(1000),
    attainment: 0.5,
  });
  const weeks = ask(quarter(), noon('2026-02-15'), { plan: months, period: 'week', from: '2026-02-02', to: '2026-02-16' });
  // Weeks begin on Monday; 10 February 2026 is a Tuesday.
  expect(weeks.groups[0]!.periods.map(({ period, start, end, won, target }) => [period, start, end, won.deals, target])).toEqual([
    ['2026-W06', '2026-02-02', '2026-02-09', 0, null],
    ['2026-W07', '2026-02-09', '2026-02-16', 5, null],
  ]);
});

test('open deals that stand longer than most ever did are told by stage', () => {
  const log = new Log();
  // Twenty stays as a lead of 1 to 20 days; 85 in 100 of them were 17 or shorter.
  for (let deal = 1; deal <= 20; deal++)
    log.captured(`d${deal}`, '2026-01-01').to(`d${deal}`, 'qualified', `2026-01-${String(1 + deal).padStart(2, '0')}`);
  log.captured('young', '2026-02-20').captured('old', '2026-01-20');
  const lead = at(ask(log, noon('2026-03-01')), '2026-03').ageing[0]!;
  expect(lead).toMatchObject({ stage: 'lead', deals: 2, ageDaysMedian: (9 + 40) / 2, old: { count: 1, of: 2 } });
});

test('the window selects the periods, and too many are refused', () => {
  const shown = (rest: object) => ask(quarter(), noon('2026-03-15'), rest).groups[0]!.periods.map(({ period }) => period);
  expect(shown({ from: '2026-01-01', to: '2026-03-01' })).toEqual(['2026-01', '2026-02']);
  expect(() => shown({ from: '1990-01-01' })).toThrow('at most 60 periods');
});
