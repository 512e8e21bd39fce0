import { expect, test } from '@jest/globals';
import { measure } from '@coxswain/projections';
import { context, euros, Log, noon } from './given.js';

test('sources say who generates leads and what becomes of them', () => {
  const fair = { source: 'fair', generatedBy: 'sue' };
  const log = new Log();
  log
    .captured('a', '2026-01-01', { facts: { ...fair, amount: euros(500) } })
    .to('a', 'qualified', '2026-01-02')
    .to('a', 'won', '2026-01-03');
  log.captured('b', '2026-01-01', { facts: fair }).to('b', 'lost', '2026-01-02'); // never became an opportunity
  log
    .captured('c', '2026-01-01', { facts: { ...fair, generatedBy: 'tom' } })
    .to('c', 'qualified', '2026-01-02')
    .to('c', 'lost', '2026-01-03');
  log
    .captured('d', '2026-01-01', { facts: { source: 'web' } })
    .to('d', 'lost', '2026-01-02')
    .to('d', 'lead', '2026-01-03'); // back again
  log.captured('e', '2026-01-01');

  const [all] = measure('sources', log.histories(), context(noon('2026-02-01'))).groups;
  expect(all!.sources.map(({ name }) => name)).toEqual(['fair', 'web', null]);
  expect(all!.sources[0]).toMatchObject({
    deals: 3,
    qualified: { count: 2, of: 3 },
    won: 1,
    lost: 2,
    disqualified: 1,
    open: 0,
    winRate: { count: 1, of: 3 },
    leadToWon: { count: 1, of: 3 },
    wonValue: { amounts: [euros(500)], of: 1, withoutAmount: 0 },
  });
  // Recycled: open again, so there is no win rate to speak of.
  expect(all!.sources[1]).toMatchObject({
    deals: 1,
    open: 1,
    lost: 0,
    winRate: { rate: null, of: 0 },
    leadToWon: { rate: 0, of: 1 },
  });
  expect(all!.generatedBy.map(({ name, deals }) => [name, deals])).toEqual([
    ['sue', 2],
    [null, 2],
    ['tom', 1],
  ]);
});

test('a customer is won, however they became one; a lost deal that becomes a customer was not won by that', () => {
  const log = new Log();
  log.captured('a', '2026-01-01').to('a', 'proposal', '2026-01-02').to('a', 'live', '2026-01-03');
  log.captured('b', '2026-01-01').to('b', 'lost', '2026-01-02').to('b', 'live', '2026-01-03');
  const [all] = measure('sources', log.histories(), context(noon('2026-02-01'))).groups;
  expect(all!.sources[0]).toMatchObject({ deals: 2, won: 1, lost: 1, leadToWon: { count: 1, of: 2 } });
});
