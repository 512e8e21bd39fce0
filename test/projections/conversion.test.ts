import { expect, test } from '@jest/globals';
import { measure, type ConversionGroup, type ConversionStep } from '@coxswain/projections';
import { columnsOf, context, KETTLES, Log, noon, published, renamed } from './given.js';

const step = (group: ConversionGroup | undefined, from: string, to: string): ConversionStep | undefined =>
  [...group!.steps, ...group!.funnel].find((one) => one.from === from && one.to === to);

test('conversion counts the deals that entered a stage in the window and went on at any time, and says how many may still', () => {
  const log = new Log();
  // January: four leads. a and b qualify (b only in March), c is lost, d is still a lead.
  for (const deal of ['a', 'b', 'c', 'd']) log.captured(deal, '2026-01-10');
  log.to('a', 'qualified', '2026-01-20').to('c', 'lost', '2026-01-25');
  log.captured('e', '2026-02-10').to('e', 'qualified', '2026-02-11'); // a lead of February
  log.to('b', 'qualified', '2026-03-15');

  const january = measure('conversion', log.histories(), context(noon('2026-04-01'), { from: '2026-01-01', to: '2026-02-01' }))
    .groups[0];
  // Of 4, 2 went on; the Wilson interval of 2 of 4 is .5 +- (1.96 / 1.9604) x sqrt(.0625 + .060025) = .15 to .85.
  expect(step(january, 'lead', 'qualified')).toMatchObject({ naive: { rate: 0.5, count: 2, of: 4 }, open: 1, ended: 1 });
  const { low, high } = step(january, 'lead', 'qualified')!.naive;
  expect(low).toBeCloseTo(0.15, 3);
  expect(high).toBeCloseTo(0.85, 3);
  // Known at the end of January, b had not gone on yet.
  const then = measure('conversion', log.histories(), context(noon('2026-01-31'), { from: '2026-01-01', to: '2026-02-01' }))
    .groups[0];
  expect(step(then, 'lead', 'qualified')).toMatchObject({ naive: { rate: 0.25, of: 4 }, open: 2, ended: 1 });
});

test('the window ends before its last instant', () => {
  const histories = new Log().captured('a', '2026-01-10').histories();
  const leads = (from: string, to: string): number =>
    measure('conversion', histories, context(noon('2026-02-01'), { from, to })).groups[0]!.steps[0]!.naive.of;
  expect([leads(noon('2026-01-10'), noon('2026-01-11')), leads(noon('2026-01-09'), noon('2026-01-10'))]).toEqual([1, 0]);
});

test('a share of nothing is unknown, not zero', () => {
  const [all] = measure('conversion', columnsOf([]), context(noon('2026-04-01'))).groups;
  expect(step(all, 'lead', 'qualified')).toMatchObject({
    naive: { rate: null, count: 0, of: 0, low: null, high: null },
    open: 0,
    ended: 0,
  });
});

test('the funnel follows the phases: a deal that jumps to a proposal was qualified, one that is lost and comes back counts once', () => {
  const log = new Log();
  log.captured('a', '2026-01-01').to('a', 'proposal', '2026-01-02').to('a', 'won', '2026-01-03').to('a', 'live', '2026-01-04');
  log.captured('b', '2026-01-01').to('b', 'lost', '2026-01-02').to('b', 'lead', '2026-01-03').to('b', 'qualified', '2026-01-04');
  log.captured('c', '2026-01-01').to('c', 'lost', '2026-01-02');
  const [all] = measure('conversion', log.histories(), context(noon('2026-02-01'))).groups;
  expect(step(all, 'lead', 'qualified')).toMatchObject({ naive: { count: 1, of: 3 } }); // the stage pair: a skipped the stage
  expect(all!.funnel.map(({ from, to, naive, open, ended }) => [from, to, naive.count, naive.of, open, ended])).toEqual([
    ['lead', 'qualified', 2, 3, 0, 1],
    ['qualified', 'won', 1, 2, 1, 0],
    ['lead', 'won', 1, 3, 1, 1],
  ]);
  // Lost is no stage on the way: won leads on to live.
  expect(all!.steps.map(({ from, to }) => `${from} ${to}`)).toEqual([
    'lead qualified',
    'qualified proposal',
    'proposal won',
    'won live',
  ]);
});

test('a deal that was won and is lost from sight afterwards stays in the funnel of its time', () => {
  const log = new Log().captured('a', '2026-01-01').to('a', 'qualified', '2026-01-02').to('a', 'lost', '2026-01-03');
  const [all] = measure('conversion', log.histories(), context(noon('2026-02-01'))).groups;
  expect(step(all, 'lead', 'qualified')).toMatchObject({ naive: { rate: 1, of: 1 } });
});

test('a renamed stage keeps its history: deals of both versions count in the stage of today', () => {
  const second = renamed('proposal', 'offer');
  const log = new Log();
  log
    .captured('old', '2026-01-01')
    .to('old', 'qualified', '2026-01-02')
    .to('old', 'proposal', '2026-01-03')
    .to('old', 'won', '2026-01-05');
  log.captured('new', '2026-02-01', { version: 2 });
  log.to('new', 'qualified', '2026-02-02', {}, second).to('new', 'offer', '2026-02-03', {}, second);
  const versions = [published(1, KETTLES), published(2, second, noon('2026-01-20'))];

  const [today] = measure('conversion', log.histories(), context(noon('2026-03-01'), { versions })).groups;
  expect(step(today, 'qualified', 'offer')).toMatchObject({ naive: { count: 2, of: 2 } });
  expect(step(today, 'offer', 'won')).toMatchObject({ naive: { count: 1, of: 2 }, open: 1 });
  const byVersion = measure('conversion', log.histories(), context(noon('2026-03-01'), { versions, by: 'version' }));
  expect(byVersion.groups.map((group) => [group.group, step(group, 'offer', 'won')!.naive.rate])).toEqual([
    ['1', 1],
    ['2', 0],
  ]);
  // Known before the new version was published, the stage still has its old name.
  const before = measure('conversion', log.histories(), context(noon('2026-01-10'), { versions }));
  expect(before.version).toBe(1);
  expect(step(before.groups[0], 'proposal', 'won')).toMatchObject({ naive: { count: 1, of: 1 } });
});

test('conversion by owner counts for who owned the deal when it entered the stage', () => {
  const log = new Log()
    .captured('a', '2026-01-01', { owner: 'ann' })
    .owner('a', '2026-01-02', 'bob')
    .to('a', 'qualified', '2026-01-03');
  const { groups } = measure('conversion', log.histories(), context(noon('2026-02-01'), { by: 'owner' }));
  const of = (owner: string, from: string): number =>
    groups.find(({ group }) => group === owner)!.steps.find((one) => one.from === from)!.naive.of;
  expect([of('ann', 'lead'), of('ann', 'qualified'), of('bob', 'lead'), of('bob', 'qualified')]).toEqual([1, 0, 0, 1]);
});

test('what a deal entered before does not count as going on: back from a proposal it has to reach one again', () => {
  const log = new Log().captured('a', '2026-01-01').to('a', 'proposal', '2026-01-02').to('a', 'qualified', '2026-01-03');
  const [back] = measure('conversion', log.histories(), context(noon('2026-02-01'))).groups;
  expect(step(back, 'qualified', 'proposal')).toMatchObject({ naive: { count: 0, of: 1 }, open: 1, ended: 0 });
});

test('deals of another process are not counted', () => {
  const histories = new Log().captured('a', '2026-01-01').histories();
  expect(measure('conversion', histories, context(noon('2026-02-01'))).deals).toBe(1);
  expect(measure('conversion', histories, context(noon('2026-02-01'), { process: 'pots', versions: [] }))).toMatchObject({
    deals: 0,
    version: null,
  });
});

/** Forty leads of January, one a day; every second is qualified so many days later. */
function fortyLeads(log = new Log()): Log {
  for (let deal = 0; deal < 40; deal++) {
    const id = `f${String(deal).padStart(2, '0')}`;
    const day = (after: number): string => new Date(Date.UTC(2026, 0, 1 + after)).toISOString().slice(0, 10);
    log.captured(id, day(0));
    if (deal % 2 === 0) log.to(id, 'qualified', day(1 + deal));
    else if (deal % 4 === 1) log.to(id, 'lost', day(2));
  }
  return log;
}

test('conversion by the age of the deals: lost ones compete, open ones count as followed so long, the naive share stands beside it', () => {
  const [all] = measure('conversion', fortyLeads().histories(), context(noon('2026-01-31'))).groups;
  const lead = step(all, 'lead', 'qualified')!;
  // Seen for 30 days: f00 to f28 (15) were qualified, 10 were lost on day 2, and 15 are open. Nothing was lost from sight before day 30.
  expect(lead).toMatchObject({ naive: { count: 15, of: 40 }, open: 15, ended: 10, lost: 10 });
  // At risk on day 3 are 40 - 1 (day 1) - 10 = 29. One goes every other day: 20 are left on day 21, 19 on day 23.
  expect(lead.estimableUntilDays).toBe(21);
  expect(lead.converted).toMatchObject({ share: expect.closeTo(11 / 40, 12), withinDays: 21, atRisk: 20, why: null });
  expect(lead.within.slice(0, 3)).toMatchObject([
    // Qualified by day 7: f00, f02, f04, f06; by day 14 f00 to f12.
    { days: 7, share: expect.closeTo(4 / 40, 12) },
    { days: 14, share: expect.closeTo(7 / 40, 12) },
    { days: 30, share: null, atRisk: 15 },
  ]);
  expect(lead.converted.low).toBeGreaterThan(0.1);
  expect(lead.converted.high).toBeLessThan(0.45);
});

test('of few deals nothing is told but the naive share', () => {
  const log = new Log().captured('a', '2026-01-01').to('a', 'qualified', '2026-01-02');
  const lead = step(measure('conversion', log.histories(), context(noon('2026-02-01'))).groups[0], 'lead', 'qualified')!;
  expect(lead).toMatchObject({
    converted: { share: null, withinDays: null, why: 'fewer than 20 deals' },
    estimableUntilDays: null,
    naive: { count: 1, of: 1 },
  });
});

test('where every deal has ended the share is told for good', () => {
  const log = new Log();
  for (let deal = 0; deal < 25; deal++)
    log.captured(`d${deal}`, '2026-01-01').to(`d${deal}`, deal < 10 ? 'qualified' : 'lost', '2026-01-03');
  const lead = step(measure('conversion', log.histories(), context(noon('2026-02-01'))).groups[0], 'lead', 'qualified')!;
  expect(lead.converted).toMatchObject({ share: 0.4, withinDays: null, why: null });
});

test('cohorts by month are told apart by when the deals entered', () => {
  const log = new Log();
  log.captured('a', '2026-01-31').to('a', 'qualified', '2026-02-02');
  log.captured('b', '2026-02-01').captured('c', '2026-04-01');
  const answer = measure('conversion', log.histories(), context(noon('2026-05-01'), { period: 'month' }));
  expect(answer.period).toBe('month');
  expect(
    answer.groups[0]!.cohorts.map(({ period, start, end, funnel }) => [
      period,
      start,
      end,
      funnel[0]!.naive.count,
      funnel[0]!.naive.of,
    ]),
  ).toEqual([
    ['2026-01', '2026-01-01', '2026-02-01', 1, 1],
    ['2026-02', '2026-02-01', '2026-03-01', 0, 1],
    ['2026-04', '2026-04-01', '2026-05-01', 0, 1],
  ]);
  const quarters = measure('conversion', log.histories(), context(noon('2026-05-01'), { period: 'quarter' })).groups[0]!.cohorts;
  expect(quarters.map(({ period, start }) => [period, start])).toEqual([
    ['2026-Q1', '2026-01-01'],
    ['2026-Q2', '2026-04-01'],
  ]);
  expect(measure('conversion', log.histories(), context(noon('2026-05-01'))).groups[0]!.cohorts).toEqual([]);
});

test('of the deals at risk in a window, each counts from the age it had and as long as it stood on its way there', () => {
  const log = new Log();
  // 30 leads of 1 January. Three a day are qualified on the 11th to the 15th; the others are lost on 1 March.
  for (let deal = 0; deal < 30; deal++) {
    const id = `d${String(deal).padStart(2, '0')}`;
    log.captured(id, '2026-01-01');
    if (deal < 15) log.to(id, 'qualified', `2026-01-${11 + Math.floor(deal / 3)}`);
  }
  for (let deal = 15; deal < 30; deal++) log.to(`d${deal}`, 'lost', '2026-03-01');
  const window = { from: '2026-01-13T00:00:00Z', to: '2026-02-01T00:00:00Z', counted: 'at-risk' } as const;
  const answer = measure('conversion', log.histories(), context(noon('2026-04-01'), window));
  const lead = step(answer.groups[0], 'lead', 'qualified')!;
  expect(answer.counted).toBe('at-risk');
  // Gone before the window: those of the 11th and 12th (6). Under observation: 24, from the age of 11.5 days on; 9 are qualified in it.
  expect(lead).toMatchObject({ naive: { count: 9, of: 24 }, open: 15, lost: 0 });
  // On the 13th (12 days old) 3 of 24, on the 14th 3 of 21; on the 15th 3 of 18, fewer than 20: told until day 13.
  expect(lead.estimableUntilDays).toBe(13);
  expect(lead.converted).toMatchObject({ share: expect.closeTo(6 / 24, 12), withinDays: 13, atRisk: 21 });
});

test('an end that is recorded before its beginning took no time, whichever way deals are counted', () => {
  const log = new Log();
  for (let deal = 0; deal < 25; deal++) {
    const id = `d${String(deal).padStart(2, '0')}`;
    log.captured(id, '2026-03-01');
    // What came in afterwards says that these were qualified in February, before they were captured.
    log.to(id, 'qualified', deal < 5 ? '2026-02-20' : '2026-03-11');
  }
  const window = { from: '2026-02-25', to: '2026-04-01' };
  for (const counted of ['entered', 'at-risk'] as const) {
    const [all] = measure('conversion', log.histories(), context(noon('2026-05-01'), { ...window, counted })).groups;
    const lead = step(all, 'lead', 'qualified')!;
    expect(lead.naive).toMatchObject({ count: 25, of: 25 });
    expect(lead.within[0]).toMatchObject({ days: 7, share: expect.closeTo(5 / 25, 12) });
  }
});

test('a window that is over says how things stood at its end, whatever has become of the deals since', () => {
  const log = new Log();
  for (let deal = 0; deal < 30; deal++) {
    const id = `d${String(deal).padStart(2, '0')}`;
    log.captured(id, '2026-01-10');
    if (deal < 20) log.to(id, 'qualified', '2026-01-20');
    else log.to(id, 'lost', '2026-01-25');
  }
  const ask = (asOf: string) =>
    step(
      measure('conversion', log.histories(), context(noon(asOf), { from: '2026-01-01', to: '2026-02-01', counted: 'at-risk' }))
        .groups[0],
      'lead',
      'qualified',
    )!;
  const then = ask('2026-02-01');
  expect(then).toMatchObject({ naive: { count: 20, of: 30 }, open: 0, ended: 10, lost: 10 });
  // In March those that were lost come back.
  for (let deal = 20; deal < 30; deal++) log.to(`d${deal}`, 'lead', '2026-03-10');
  expect(ask('2026-04-01')).toEqual(then);
});
