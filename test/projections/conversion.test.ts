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
  expect(step(january, 'lead', 'qualified')).toMatchObject({ reached: { rate: 0.5, count: 2, of: 4 }, open: 1, ended: 1 });
  const { low, high } = step(january, 'lead', 'qualified')!.reached;
  expect(low).toBeCloseTo(0.15, 3);
  expect(high).toBeCloseTo(0.85, 3);
  // Known at the end of January, b had not gone on yet.
  const then = measure('conversion', log.histories(), context(noon('2026-01-31'), { from: '2026-01-01', to: '2026-02-01' }))
    .groups[0];
  expect(step(then, 'lead', 'qualified')).toMatchObject({ reached: { rate: 0.25, of: 4 }, open: 2, ended: 1 });
});

test('the window ends before its last instant', () => {
  const histories = new Log().captured('a', '2026-01-10').histories();
  const leads = (from: string, to: string): number =>
    measure('conversion', histories, context(noon('2026-02-01'), { from, to })).groups[0]!.steps[0]!.reached.of;
  expect([leads(noon('2026-01-10'), noon('2026-01-11')), leads(noon('2026-01-09'), noon('2026-01-10'))]).toEqual([1, 0]);
});

test('a share of nothing is unknown, not zero', () => {
  const [all] = measure('conversion', columnsOf([]), context(noon('2026-04-01'))).groups;
  expect(step(all, 'lead', 'qualified')).toMatchObject({
    reached: { rate: null, count: 0, of: 0, low: null, high: null },
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
  expect(step(all, 'lead', 'qualified')).toMatchObject({ reached: { count: 1, of: 3 } }); // the stage pair: a skipped the stage
  expect(all!.funnel.map(({ from, to, reached, open, ended }) => [from, to, reached.count, reached.of, open, ended])).toEqual([
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
  expect(step(all, 'lead', 'qualified')).toMatchObject({ reached: { rate: 1, of: 1 } });
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
  expect(step(today, 'qualified', 'offer')).toMatchObject({ reached: { count: 2, of: 2 } });
  expect(step(today, 'offer', 'won')).toMatchObject({ reached: { count: 1, of: 2 }, open: 1 });
  const byVersion = measure('conversion', log.histories(), context(noon('2026-03-01'), { versions, by: 'version' }));
  expect(byVersion.groups.map((group) => [group.group, step(group, 'offer', 'won')!.reached.rate])).toEqual([
    ['1', 1],
    ['2', 0],
  ]);
  // Known before the new version was published, the stage still has its old name.
  const before = measure('conversion', log.histories(), context(noon('2026-01-10'), { versions }));
  expect(before.version).toBe(1);
  expect(step(before.groups[0], 'proposal', 'won')).toMatchObject({ reached: { count: 1, of: 1 } });
});

test('conversion by owner counts for who owned the deal when it entered the stage', () => {
  const log = new Log()
    .captured('a', '2026-01-01', { owner: 'ann' })
    .owner('a', '2026-01-02', 'bob')
    .to('a', 'qualified', '2026-01-03');
  const { groups } = measure('conversion', log.histories(), context(noon('2026-02-01'), { by: 'owner' }));
  const of = (owner: string, from: string): number =>
    groups.find(({ group }) => group === owner)!.steps.find((one) => one.from === from)!.reached.of;
  expect([of('ann', 'lead'), of('ann', 'qualified'), of('bob', 'lead'), of('bob', 'qualified')]).toEqual([1, 0, 0, 1]);
});

test('what a deal entered before does not count as going on: back from a proposal it has to reach one again', () => {
  const log = new Log().captured('a', '2026-01-01').to('a', 'proposal', '2026-01-02').to('a', 'qualified', '2026-01-03');
  const [back] = measure('conversion', log.histories(), context(noon('2026-02-01'))).groups;
  expect(step(back, 'qualified', 'proposal')).toMatchObject({ reached: { count: 0, of: 1 }, open: 1, ended: 0 });
});

test('deals of another process are not counted', () => {
  const histories = new Log().captured('a', '2026-01-01').histories();
  expect(measure('conversion', histories, context(noon('2026-02-01'))).deals).toBe(1);
  expect(measure('conversion', histories, context(noon('2026-02-01'), { process: 'pots', versions: [] }))).toMatchObject({
    deals: 0,
    version: null,
  });
});
