import { expect, test } from '@jest/globals';
import { measure } from '@coxswain/projections';
import type { Blocker, CheckResult } from '@coxswain/sales-process';
import { context, Log, noon } from './given.js';

const missing: Blocker = { kind: 'fact', field: 'amount', say: 'Amount is missing.' };
const noWay: Blocker = { kind: 'path', say: 'The process has no way from lead to won.' };
const letPass: CheckResult = {
  check: 'budget',
  passed: false,
  overridden: true,
  overrideRole: 'manager',
  say: 'Budget must be confirmed.',
  read: {},
};

function log(): Log {
  const log = new Log();
  log
    .captured('a', '2026-01-01')
    .to('a', 'qualified', '2026-01-02')
    .to('a', 'proposal', '2026-01-03', { checks: [letPass], by: 'mia' });
  log.captured('b', '2026-01-01').to('b', 'won', '2026-01-04', { cause: 'import', broke: [noWay, missing] });
  log
    .captured('c', '2026-01-01')
    .to('c', 'qualified', '2026-01-02', { broke: [missing] })
    .to('c', 'lost', '2026-01-05', { cause: 'limit' });
  log.captured('d', '2026-01-01').to('d', 'qualified', '2026-01-02').to('d', 'proposal', '2026-01-03');
  return log.captured('e', '2026-01-01'); // has taken no step
}

test('adherence is the share of deals and of steps that follow the process, with what broke, where and how often', () => {
  const [all] = measure('adherence', log().histories(), context(noon('2026-02-01'))).groups;
  // a and d follow it; b and c do not; e has not taken a step. Steps of people: a 2, b 1, c 1 (the limit's is the engine's), d 2.
  expect(all!.deals).toMatchObject({ rate: 0.5, count: 2, of: 4 });
  expect(all!.steps).toMatchObject({ count: 4, of: 6 });
  expect(all!.overriddenSteps).toMatchObject({ count: 1, of: 6 });
  expect(all!.deviations).toEqual([
    {
      kind: 'fact',
      what: 'amount',
      steps: 2,
      deals: 2,
      examples: [
        { deal: 'b', from: 'lead', to: 'won', occurredAt: noon('2026-01-04'), say: 'Amount is missing.' },
        { deal: 'c', from: 'lead', to: 'qualified', occurredAt: noon('2026-01-02'), say: 'Amount is missing.' },
      ],
    },
    { kind: 'path', what: 'lead -> won', steps: 1, deals: 1, examples: [expect.objectContaining({ deal: 'b', say: noWay.say })] },
  ]);
  expect(all!.overrides).toEqual([{ check: 'budget', by: 'mia', steps: 1, deals: 1 }]);
});

test('a variant is one distinct path, and moves back to the same stage are no part of it', () => {
  const [all] = measure('adherence', log().to('d', 'proposal', '2026-01-04').histories(), context(noon('2026-02-01'))).groups;
  expect(all!.variants).toEqual({
    total: 3,
    top: [
      { path: ['lead', 'qualified', 'proposal'], deals: 2, share: 0.5 },
      { path: ['lead', 'qualified', 'lost'], deals: 1, share: 0.25 },
      { path: ['lead', 'won'], deals: 1, share: 0.25 },
    ],
  });
});

test('the window selects steps by when they happened, and without any the shares are unknown', () => {
  const histories = log().histories();
  const [third] = measure('adherence', histories, context(noon('2026-02-01'), { from: '2026-01-03', to: '2026-01-04' })).groups;
  expect([third!.steps.of, third!.deals.of]).toEqual([2, 2]);
  const [none] = measure('adherence', histories, context(noon('2026-02-01'), { from: '2026-01-20' })).groups;
  expect(none).toMatchObject({
    steps: { rate: null, of: 0 },
    deals: { rate: null, of: 0 },
    deviations: [],
    variants: { total: 0, top: [] },
  });
});
