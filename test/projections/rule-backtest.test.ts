import { expect, test } from '@jest/globals';
import {
  backtestDeal,
  backtestResult,
  changedRules,
  emptyBacktest,
  type Draft,
  type RuleBacktestState,
} from '@coxswain/projections';
import { compileProcess, readProcessFile, type OpportunityEvent } from '@coxswain/sales-process';
import { euros, Log, renamed } from './given.js';

/** The process that the deals below sold by, and the draft: a proposal needs budget (which a manager may let pass), and a win an amount. */
const file = (rules: { readonly budget: string; readonly win: string }): string => `
process: kettles
title: Kettles
currency: EUR
timezone: Europe/Berlin
fields:
  amount: { type: money }
  budget: { type: yesno }
roles: [rep, manager]
start: lead
stages:
  lead:
    phase: lead
    moves: { qualified: { to: qualified }, lost: { to: lost } }
  qualified:
    phase: qualified
    moves:
      proposal: { to: proposal${rules.budget} }
      lost: { to: lost }
  proposal:
    phase: selling
    moves: { won: { to: won${rules.win} }, lost: { to: lost } }
  won: { phase: closed, result: won }
  lost: { phase: closed, result: lost, moves: { lead: { to: lead } } }
`;

const BUDGET =
  ', checks: [{ id: budget, when: "deal.budget", say: "Budget must be confirmed.", override: { by: [manager], reason: optional } }]';

function draftOf(rules: { readonly budget: string; readonly win: string }): Draft {
  const { process, hash, problems } = readProcessFile(file(rules));
  if (!process) throw new Error(problems.map(({ message }) => message).join('\n'));
  return {
    process: compileProcess(process, { id: 'kettles', version: 2, hash: hash! }),
    stageOf: (stage) => (Object.hasOwn(process.stages, stage) ? stage : null),
  };
}

/** Ten deals of March 2026, each captured on the 1st and qualified on the 2nd. */
function tenDeals(): Log {
  const log = new Log();
  const begin = (deal: string, owner: string, amount: number | null): Log =>
    log
      .captured(deal, '2026-03-01', { owner, facts: amount === null ? {} : { amount: euros(amount) } })
      .to(deal, 'qualified', '2026-03-02');
  // Budget known before the proposal: nothing stops these four. Three won, one lost.
  for (const [deal, end] of [
    ['d01', 'won'],
    ['d02', 'won'],
    ['d03', 'won'],
    ['d04', 'lost'],
  ] as const)
    begin(deal, 'ann', 1000)
      .facts(deal, '2026-03-03', { budget: true })
      .to(deal, 'proposal', '2026-03-04')
      .to(deal, end, '2026-03-20');
  // Proposed on the 4th without budget, which was confirmed 2, 6 and 10 days later; two won, one lost.
  for (const [deal, day, end] of [
    ['d05', '06', 'won'],
    ['d06', '10', 'won'],
    ['d07', '14', 'lost'],
  ] as const)
    begin(deal, 'bob', 2000)
      .to(deal, 'proposal', '2026-03-04')
      .facts(deal, `2026-03-${day}`, { budget: true })
      .to(deal, end, '2026-03-20');
  // Budget never confirmed: one lost, one still open.
  begin('d08', 'bob', 500).to('d08', 'proposal', '2026-03-04').to('d08', 'lost', '2026-03-20');
  begin('d09', 'ann', null).to('d09', 'proposal', '2026-03-04');
  // Won without an amount, budget known.
  begin('d10', 'cleo', null)
    .facts('d10', '2026-03-03', { budget: true })
    .to('d10', 'proposal', '2026-03-04')
    .to('d10', 'won', '2026-03-20');
  return log;
}

function recordOf(log: Log, deal: string): readonly OpportunityEvent[] {
  return log.events
    .filter(({ stream }) => stream === `opportunity-${deal}`)
    .map(({ type, data }) => ({ type, ...(data as object) }) as OpportunityEvent);
}

function tried(draft: Draft, log: Log, deals: readonly string[], state = emptyBacktest()): RuleBacktestState {
  for (const deal of deals) backtestDeal(draft, deal, recordOf(log, deal), state);
  return state;
}

const TEN = Array.from({ length: 10 }, (_, deal) => `d${String(deal + 1).padStart(2, '0')}`);

test('of ten deals a rule would have stopped five, of which two were won later and two lost', () => {
  const draft = draftOf({ budget: BUDGET, win: '' });
  const before = draftOf({ budget: '', win: '' }).process.definition;
  const found = backtestResult(tried(draft, tenDeals(), TEN), changedRules(before, draft.process.definition));
  // d05 to d09 were proposed without budget.
  expect(found.stopped).toMatchObject({ count: 5, of: 10 });
  expect(found.rules).toHaveLength(1);
  expect(found.rules[0]).toEqual({
    rule: {
      from: 'qualified',
      to: 'proposal',
      track: null,
      move: 'proposal',
      kind: 'check',
      id: 'budget',
      say: 'Budget must be confirmed.',
    },
    change: 'new',
    steps: 5,
    deals: 5,
    later: {
      // d05 and d06: 2 x 2,000. d07 and d08: 2,000 + 500. d09 is open and has no amount.
      won: { deals: 2, value: { amounts: [euros(4000)], of: 2, withoutAmount: 0 } },
      lost: { deals: 2, value: { amounts: [euros(2500)], of: 2, withoutAmount: 0 } },
      open: { deals: 1, value: { amounts: [], of: 0, withoutAmount: 1 } },
    },
    first: { deals: 5, won: 2, lost: 2, open: 1 },
    // Budget arrived after 2, 6 and 10 days; the 85th percentile of three is the third. d08 and d09 never had it.
    waits: { arrived: 3, never: 2, medianDays: 6, p85Days: 10 },
    // Bob took steps with 4 deals, all of them stopped; Ann with 5 (d01 to d04, d09).
    people: [
      { owner: 'bob', deals: expect.objectContaining({ count: 4, of: 4 }) },
      { owner: 'ann', deals: expect.objectContaining({ count: 1, of: 5 }) },
    ],
    overrides: { used: 0, by: ['manager'] },
    examples: ['d05', 'd06', 'd07', 'd08', 'd09'],
  });
  // Decided and stopped: d05 to d08, of which 2 won; decided and not stopped: d01 to d04 and d10, of which 4 won.
  expect(found.winRateStopped).toMatchObject({ count: 2, of: 4 });
  expect(found.winRateOthers).toMatchObject({ count: 4, of: 5 });
  // 10 x 2 steps to the proposal, and 9 ends.
  expect(found.steps).toBe(29);
});

test('a deal that two rules stop one after the other counts for both, and as first for the one that came first', () => {
  const found = backtestResult(
    tried(draftOf({ budget: BUDGET, win: ', needs: [amount]' }), tenDeals().to('d09', 'won', '2026-03-25'), TEN),
  );
  const [budget, amount] = found.rules;
  expect(budget).toMatchObject({ deals: 5, later: { won: { deals: 3 } }, first: { deals: 5, won: 3, lost: 2, open: 0 } });
  // d09 and d10 were won without an amount; d09 was stopped before.
  expect(amount).toMatchObject({
    rule: { from: 'proposal', to: 'won', kind: 'fact', id: 'amount', say: 'Amount must be recorded.' },
    deals: 2,
    first: { deals: 1, won: 1 },
    waits: { arrived: 0, never: 2, medianDays: null, p85Days: null },
  });
  expect(found.stopped).toMatchObject({ count: 6, of: 10 });
});

test('a way that is gone, and a role that may no longer do it, stop what cannot wait', () => {
  const log = tenDeals().captured('e1', '2026-03-01').to('e1', 'lost', '2026-03-02', { role: 'rep' });
  const gone = file({ budget: '', win: '' }).replace(
    'moves: { qualified: { to: qualified }, lost: { to: lost } }',
    'moves: { qualified: { to: qualified } }',
  );
  const { process } = readProcessFile(gone);
  const draft: Draft = { process: compileProcess(process!, { id: 'kettles', version: 2, hash: 'x' }), stageOf: (stage) => stage };
  expect(backtestResult(tried(draft, log, [...TEN, 'e1'])).rules).toMatchObject([
    {
      rule: { from: 'lead', to: 'lost', move: null, kind: 'path', id: null, say: 'There is no way from Lead to Lost.' },
      deals: 1,
      waits: null,
      later: { lost: { deals: 1 } },
    },
  ]);
  const managers = {
    process: file({ budget: '', win: '' }).replace(
      'lost: { to: lost } }\n  qualified',
      'lost: { to: lost, by: [manager] } }\n  qualified',
    ),
  };
  const compiled = compileProcess(readProcessFile(managers.process).process!, { id: 'kettles', version: 2, hash: 'y' });
  expect(backtestResult(tried({ process: compiled, stageOf: (stage) => stage }, log, ['e1'])).rules).toMatchObject([
    { rule: { kind: 'role', say: 'Only manager may do this.' }, waits: null, overrides: { by: ['manager'] } },
  ]);
});

test('what broke the old rules does not count against the new one, and what fits now is told', () => {
  const log = tenDeals()
    .captured('e1', '2026-03-01')
    .to('e1', 'proposal', '2026-03-02', { move: null, broke: [{ kind: 'path', say: 'The process has no way.' }] })
    .captured('e2', '2026-03-01')
    .to('e2', 'qualified', '2026-03-02')
    .to('e2', 'proposal', '2026-03-03', { broke: [{ kind: 'check', check: 'manners', say: 'Be polite.' }] });
  const found = backtestResult(tried(draftOf({ budget: '', win: '' }), log, [...TEN, 'e1', 'e2']));
  expect(found.rules).toEqual([]);
  // Of the two steps that broke their version, the second fits the draft, which has no such check.
  expect(found.fits).toMatchObject({ count: 1, of: 2 });
});

test('what was let pass may be let pass again where the draft lets somebody, and is counted', () => {
  const passed = {
    check: 'budget',
    passed: false,
    overridden: true,
    overrideRole: 'manager',
    say: 'Budget must be confirmed.',
    read: {},
  };
  const log = new Log()
    .captured('e1', '2026-03-01')
    .to('e1', 'qualified', '2026-03-02')
    .to('e1', 'proposal', '2026-03-03', { checks: [passed] });
  log.captured('e2', '2026-03-01').to('e2', 'qualified', '2026-03-02').to('e2', 'proposal', '2026-03-03');
  const [rule] = backtestResult(tried(draftOf({ budget: BUDGET, win: '' }), log, ['e1', 'e2'])).rules;
  expect(rule).toMatchObject({ deals: 1, examples: ['e2'], overrides: { used: 1, by: ['manager'] } });
  const strict = BUDGET.replace(', override: { by: [manager], reason: optional }', '');
  expect(backtestResult(tried(draftOf({ budget: strict, win: '' }), log, ['e1', 'e2'])).rules[0]).toMatchObject({
    deals: 2,
    overrides: { used: 0, by: [] },
  });
});

test('a stage that was renamed is tried as what it has become, one that nothing continues has no place', () => {
  const draft = draftOf({ budget: BUDGET, win: '' });
  const old = renamed('qualified', 'ready');
  const log = new Log()
    .captured('e1', '2026-03-01')
    .to('e1', 'ready', '2026-03-02', {}, old)
    .to('e1', 'proposal', '2026-03-03', {}, old);
  const heir: Draft = { ...draft, stageOf: (stage) => (stage === 'ready' ? 'qualified' : stage) };
  expect(backtestResult(tried(heir, log, ['e1']))).toMatchObject({
    withoutPlace: 0,
    rules: [{ rule: { from: 'qualified', to: 'proposal' }, deals: 1 }],
  });
  const none: Draft = { ...draft, stageOf: (stage) => (stage === 'ready' ? null : stage) };
  expect(backtestResult(tried(none, log, ['e1']))).toMatchObject({ withoutPlace: 2, rules: [] });
});

test('goes on from what was counted before, and comes to the same', () => {
  const draft = draftOf({ budget: BUDGET, win: ', needs: [amount]' });
  const half = tried(draft, tenDeals(), TEN.slice(0, 6));
  const kept = JSON.parse(JSON.stringify(half)) as RuleBacktestState;
  expect(backtestResult(tried(draft, tenDeals(), TEN.slice(6), kept))).toEqual(backtestResult(tried(draft, tenDeals(), TEN)));
});

test('a rule of the draft that stops nothing is told, too; one that was there before is not, unless it asks otherwise', () => {
  const draft = draftOf({ budget: BUDGET, win: ', needs: [amount]' });
  const before = draftOf({ budget: '', win: '' }).process.definition;
  const nobody = new Log().captured('e1', '2026-03-01').to('e1', 'qualified', '2026-03-02');
  const silent = backtestResult(tried(draft, nobody, ['e1']), changedRules(before, draft.process.definition)).rules;
  expect(silent.map(({ rule, change, deals }) => [rule.id, change, deals])).toEqual([
    ['amount', 'new', 0],
    ['budget', 'new', 0],
  ]);
  expect(silent[1]).toMatchObject({ overrides: { used: 0, by: ['manager'] }, waits: null, people: [], examples: [] });

  const other = draftOf({ budget: BUDGET.replace('deal.budget"', 'deal.budget || has(deal.amount)"'), win: ', by: [manager]' });
  const rules = changedRules(draft.process.definition, other.process.definition);
  expect(rules.map(({ rule, change }) => [rule.kind, rule.id, change])).toEqual([
    ['check', 'budget', 'changed'],
    ['role', null, 'new'],
  ]);
  // A renamed stage keeps its rules.
  const text = file({ budget: BUDGET, win: '' })
    .replace('  qualified:\n', '  ready:\n    was: [qualified]\n')
    .replace('{ to: qualified }', '{ to: ready }');
  const { process, problems } = readProcessFile(text);
  expect(problems).toEqual([]);
  expect(changedRules(draftOf({ budget: BUDGET, win: '' }).process.definition, process!)).toEqual([]);
});
