import { describe, expect, test } from '@jest/globals';
import {
  dealsBehind,
  DRILLED,
  measure,
  type Cell,
  type DrilledMeasure,
  type MeasureContext,
  type Measures,
} from '@coxswain/projections';
import type { Blocker, CheckResult } from '@coxswain/sales-process';
import { context, euros, Log, noon } from './given.js';

const missing: Blocker = { kind: 'fact', field: 'amount', say: 'Amount is missing.' };
const letPass: CheckResult = {
  check: 'budget',
  passed: false,
  overridden: true,
  overrideRole: 'manager',
  say: 'Budget must be confirmed.',
  read: {},
};

/** Five leads: a is in proposal past a check; b is won without its amount, and lead -> won skips two stages; c is lost; d stands qualified, overdue; e is bob's and a lead. */
function log(): Log {
  const log = new Log();
  log.captured('a', '2026-01-01', { facts: { amount: euros(100) } });
  log.captured('b', '2026-01-01').captured('c', '2026-01-01').captured('d', '2026-01-01');
  log.to('a', 'qualified', '2026-01-02').to('c', 'qualified', '2026-01-02').to('d', 'qualified', '2026-01-02');
  log.limit('d', '2026-01-02', '2026-01-05');
  log.to('a', 'proposal', '2026-01-03', { checks: [letPass], by: 'mia' });
  log.to('b', 'won', '2026-01-04', { broke: [missing] });
  log.to('c', 'lost', '2026-01-05');
  return log.captured('e', '2026-01-06', { owner: 'bob' });
}
const asked = (rest: Partial<MeasureContext> = {}): MeasureContext => context(noon('2026-02-15'), rest);
const behind = (name: DrilledMeasure, cell: Cell, rest: Partial<MeasureContext> = {}, group?: string | null): string =>
  dealsBehind(name, log().histories(), asked(rest), cell, group).ids.join(' ');
const told = <Name extends DrilledMeasure>(name: Name, rest: Partial<MeasureContext> = {}): Measures[Name] =>
  measure(name, log().histories(), asked(rest));

describe('behind a figure stand the deals that it counts:', () => {
  test.each<[DrilledMeasure, Cell, string]>([
    ['conversion', { fromStage: 'lead', toStage: 'qualified' }, 'a b c d e'],
    ['conversion', { fromStage: 'lead', toStage: 'qualified', outcome: 'reached' }, 'a c d'],
    ['conversion', { fromStage: 'lead', toStage: 'qualified', outcome: 'open' }, 'e'],
    // b was won another way.
    ['conversion', { fromStage: 'lead', toStage: 'qualified', outcome: 'ended' }, 'b'],
    ['conversion', { fromStage: 'lead', toStage: 'qualified', outcome: 'lost' }, ''],
    ['conversion', { fromStage: 'qualified', toStage: 'proposal', outcome: 'ended' }, 'c'],
    ['conversion', { fromStage: 'qualified', toStage: 'proposal', outcome: 'lost' }, 'c'],
    // Whoever is won counts as qualified.
    ['conversion', { part: 'funnel', fromStage: 'lead', toStage: 'qualified', outcome: 'reached' }, 'a b c d'],
    ['conversion', { part: 'funnel', fromStage: 'lead', toStage: 'won', cohort: '2026-01', outcome: 'reached' }, 'b'],
    ['conversion', { part: 'funnel', fromStage: 'lead', toStage: 'won', cohort: '2026-Q1', outcome: 'lost' }, 'c'],
    ['conversion', { part: 'funnel', fromStage: 'lead', toStage: 'won', cohort: '2026-02' }, ''],
    ['cycle-time', { stage: 'qualified' }, 'a c d'],
    ['cycle-time', { stage: 'qualified', outcome: 'open' }, 'd'],
    ['cycle-time', { stage: 'lead', reentry: 'true' }, ''],
    ['cycle-time', { part: 'leadToWon', outcome: 'won' }, 'b'],
    ['cycle-time', { part: 'qualifiedToWon', outcome: 'open' }, 'a d'],
    ['pipeline', { outcome: 'open' }, 'a d e'],
    ['pipeline', { stage: 'qualified', outcome: 'overdue' }, 'd'],
    ['adherence', {}, 'a b c d'],
    ['adherence', { outcome: 'deviated' }, 'b'],
    ['adherence', { outcome: 'overridden' }, 'a'],
    ['adherence', { path: 'lead,qualified' }, 'd'],
    ['adherence', { kind: 'fact', what: 'amount' }, 'b'],
    ['adherence', { check: 'budget', person: 'mia' }, 'a'],
    ['adherence', { stage: 'qualified', misfit: 'skipped' }, 'b'],
    ['scorecard', { cohort: '2026-01', outcome: 'captured' }, 'a b c d e'],
    ['scorecard', { cohort: '2026-01', outcome: 'won' }, 'b'],
    ['scorecard', { cohort: '2026-02', outcome: 'open', stage: 'proposal' }, 'a'],
  ])('%s %o', (name, cell, ids) => expect(behind(name, cell)).toBe(ids));
});

test('they are told apart by group, also those of none', () => {
  expect(behind('pipeline', { stage: 'lead' }, { by: 'owner' }, 'bob')).toBe('e');
  expect(behind('pipeline', { stage: 'lead' }, { by: 'owner' }, 'ann')).toBe('');
  expect(behind('pipeline', {}, { by: 'source' }, null)).toBe('a b c d e');
});

test('they are those of the instant and the window that were asked for', () => {
  expect(behind('conversion', { fromStage: 'lead', toStage: 'qualified' }, { asOf: noon('2026-01-05') })).toBe('a b c d');
  expect(behind('conversion', { fromStage: 'lead', toStage: 'qualified' }, { from: '2026-01-05' })).toBe('e');
});

test('the answer says of itself what the measure says', () => {
  const { ids: _, ...about } = dealsBehind('conversion', log().histories(), asked({ from: '2026-01-01' }), {});
  const { groups: __, counted: ___, period: ____, ...measured } = told('conversion', { from: '2026-01-01' });
  expect(about).toEqual(measured);
});

test('every measure of which deals can be told has as many as its figures say', () => {
  const count = (name: DrilledMeasure, cell: Cell): number => dealsBehind(name, log().histories(), asked({}), cell).ids.length;
  const [conversion] = told('conversion').groups;
  for (const part of ['steps', 'funnel'] as const)
    for (const { from, to, naive, open, ended, lost } of conversion![part]) {
      const of = (outcome?: string): number => count('conversion', { part, fromStage: from, toStage: to, outcome });
      expect([of(), of('reached'), of('open'), of('ended'), of('lost')]).toEqual([naive.of, naive.count, open, ended, lost]);
    }
  const [adherence] = told('adherence').groups;
  for (const { kind, what, deals } of adherence!.deviations) expect(count('adherence', { kind, what: what! })).toBe(deals);
  for (const { path, deals } of adherence!.variants.top) expect(count('adherence', { path: path.join(',') })).toBe(deals);
  for (const { how, deals } of adherence!.outcomes) expect(count('adherence', { outcome: how })).toBe(deals);
  for (const { stage, ...found } of adherence!.stageDeviations)
    for (const misfit of ['skipped', 'extra', 'outOfOrder', 'overridden'] as const)
      expect(count('adherence', { stage, misfit })).toBe(found[misfit].deals);
  const [scorecard] = told('scorecard').groups;
  for (const { period, captured, qualified, won, lost, open, slippage, ageing } of scorecard!.periods) {
    const of = (outcome: string, stage?: string): number => count('scorecard', { cohort: period, outcome, stage });
    expect([of('captured'), of('qualified'), of('won'), of('lost'), of('open')]).toEqual([
      captured,
      qualified,
      won.deals,
      lost,
      open.deals,
    ]);
    expect([of('expected'), of('slipped')]).toEqual([slippage.deals.of, slippage.deals.count]);
    for (const { stage, deals, old } of ageing) expect([of('open', stage), of('old', stage)]).toEqual([deals, old.count]);
  }
  expect(DRILLED).toEqual(['pipeline', 'conversion', 'cycle-time', 'scorecard', 'adherence']);
});
