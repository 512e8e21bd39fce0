import { expect, test } from '@jest/globals';
import { measure } from '@coxswain/projections';
import { columnsOf, context, euros, Log, noon } from './given.js';

const log = (): Log =>
  new Log()
    .captured('a', '2026-01-01', { facts: { amount: euros(1000) } })
    .captured('b', '2026-01-05', { owner: 'bob', team: 'south' })
    .captured('c', '2026-01-06', { facts: { amount: euros(300) } })
    .limit('b', '2026-01-05', '2026-01-08')
    .to('a', 'qualified', '2026-01-10')
    .limit('a', '2026-01-10', '2026-01-25')
    .to('c', 'qualified', '2026-01-11')
    .to('c', 'lost', '2026-01-12');

test('the pipeline shows where deals stand, since when, what they are worth and what is late', () => {
  const { groups, deals } = measure('pipeline', log().histories(), context(noon('2026-01-20')));
  expect(deals).toBe(3);
  const [all] = groups;
  // a and b are open; only a has an amount. b's limit was up on the 8th: 12 days ago. a's is up on the 25th: not yet.
  expect(all).toMatchObject({ group: null, open: 2, value: { amounts: [euros(1000)], of: 1, withoutAmount: 1 }, overdue: 1 });
  expect(all?.topOverdue).toEqual([
    { deal: 'b', stage: 'lead', owner: 'bob', limit: 'lead', dueAt: noon('2026-01-08'), overdueDays: 12, amount: null },
  ]);
  const stages = Object.fromEntries(all!.stages.map((one) => [one.stage, one]));
  expect(Object.keys(stages)).toEqual(['lead', 'qualified', 'proposal', 'won', 'lost', 'live']);
  expect(stages['lead']).toMatchObject({ deals: 1, ageDaysMedian: 15, ageDaysOldest: 15, oldestDeal: 'b', overdue: 1 });
  // a moved on the 10th: it has stood there for 10 days, not for the 19 since its capture.
  expect(stages['qualified']).toMatchObject({ deals: 1, ageDaysMedian: 10, overdue: 0 });
  expect(stages['lost']).toMatchObject({ deals: 1, value: { amounts: [euros(300)] } });
  expect(stages['proposal']).toMatchObject({
    deals: 0,
    ageDaysMedian: null,
    ageDaysOldest: null,
    oldestDeal: null,
    value: { amounts: [], of: 0 },
  });
});

test('by owner, each deal counts for who owns it, the largest group first', () => {
  const { groups } = measure(
    'pipeline',
    log().owner('a', '2026-01-15', 'bob', 'south').histories(),
    context(noon('2026-01-20'), { by: 'owner' }),
  );
  expect(groups.map(({ group, open }) => [group, open])).toEqual([
    ['bob', 2],
    ['ann', 0],
  ]);
});

test('a deal as of the past stands where it stood, with the owner and the value of that day', () => {
  const later = log().facts('a', '2026-01-16', { amount: euros(5000) });
  const then = measure('pipeline', later.histories(), context(noon('2026-01-10')));
  expect(then.groups[0]).toMatchObject({ open: 3, value: { amounts: [euros(1300)], of: 2 } });
});

test('of history recorded today, the clock shows the past as it happened', () => {
  const imported = new Log()
    .recordedLater('2026-06-01')
    .captured('a', '2026-01-01')
    .to('a', 'qualified', '2026-01-10')
    .to('a', 'lost', '2026-02-01');
  const histories = imported.histories();
  const at = (asOf: string, clock?: string) =>
    measure('pipeline', histories, context(noon(asOf), { clock: clock && noon(clock) }));
  expect(at('2026-05-31').deals).toBe(0);
  expect(at('2026-06-01').groups[0]).toMatchObject({ open: 0 });
  expect(at('2026-06-01', '2026-01-12').groups[0]?.stages[1]).toMatchObject({ stage: 'qualified', deals: 1, ageDaysMedian: 2 });
});

test('nothing known is no deals and no ages, and an unreadable instant is refused', () => {
  const none = measure('pipeline', columnsOf([]), context(noon('2026-01-20')));
  expect(none.groups).toHaveLength(1);
  expect(none.groups[0]).toMatchObject({ open: 0, value: { amounts: [], of: 0, withoutAmount: 0 }, overdue: 0 });
  expect(() => measure('pipeline', columnsOf([]), context('last week'))).toThrow(RangeError);
});

test('a day alone means its first moment where the company is', () => {
  // 2026-07-01 begins in Berlin (summer time, UTC+2) at 22:00 UTC of the day before; 2026-01-01 (UTC+1) at 23:00.
  expect(measure('pipeline', columnsOf([]), context('2026-07-01')).asOf).toBe('2026-06-30T22:00:00.000Z');
  expect(measure('pipeline', columnsOf([]), context('2026-01-01')).asOf).toBe('2025-12-31T23:00:00.000Z');
});
