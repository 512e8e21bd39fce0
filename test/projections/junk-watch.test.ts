import { describe, expect, test } from '@jest/globals';
import {
  FactNotes,
  looksLikePlaceholder,
  measure,
  type JunkGate,
  type JunkWatchAnswer,
  type MeasureContext,
} from '@coxswain/projections';
import { readProcessFile, type CheckResult, type FactValue } from '@coxswain/sales-process';
import { context, euros, Log, published } from './given.js';

const { process: KETTLES, problems } = readProcessFile(`
process: kettles
title: Kettles
currency: EUR
timezone: Europe/Berlin
fields:
  amount: { type: money }
  need: { type: text }
  finder: { type: text }
  budget: { type: yesno }
roles: [rep, manager]
start: lead
stages:
  lead:
    phase: lead
    moves: { qualified: { to: qualified, needs: [need] }, lost: { to: lost } }
  qualified:
    phase: qualified
    moves:
      proposal:
        to: proposal
        needs: [amount]
        checks: [{ id: budget, when: "deal.budget", say: "Budget must be confirmed.", override: { by: [manager], reason: optional } }]
      lost: { to: lost }
  proposal:
    phase: selling
    moves: { won: { to: won }, lost: { to: lost } }
  won: { phase: closed, result: won }
  lost: { phase: closed, result: lost }
`);

const passed: CheckResult = { check: 'budget', passed: false, overridden: true, overrideRole: 'manager', say: '', read: {} };

/** The deals 01 to 20, each qualified on 3 March, proposed on the 10th and won on the 17th unless it is said otherwise. */
function twentyDeals(): Log {
  expect(problems).toEqual([]);
  const log = new Log();
  const facts = (deal: string, at: string, by: string, values: Record<string, FactValue>): Log =>
    log.add(deal, { type: 'FactsRecorded', occurredAt: at, by, facts: values });
  for (let n = 1; n <= 20; n++) {
    const deal = `d${String(n).padStart(2, '0')}`;
    const owner = n <= 10 ? 'ann' : 'bob';
    // Ann writes down the need of every deal: "tbd" for the first eight.
    log.captured(deal, '2026-03-02', { owner });
    facts(deal, '2026-03-02T12:00:00.000Z', 'ann', { need: n <= 8 ? 'tbd' : `Boils ${n} litres` });
    log.to(deal, 'qualified', '2026-03-03', { by: owner });
    // Bob's amount is 5,000 for 11 to 16; every other one is a different one.
    facts(deal, '2026-03-09T12:00:00.000Z', owner, { amount: euros(n >= 11 && n <= 16 ? 5000 : 1000 + n), budget: true });
    // Mia lets the budget pass for 11 to 17, which are Bob's.
    log.to(deal, 'proposal', '2026-03-10', n >= 11 && n <= 17 ? { by: 'mia', checks: [passed] } : { by: owner });
    // 01 to 06 are won half a minute after they were proposed, 11 to 20 in the last days of the month.
    const day = n >= 11 ? '2026-03-30' : '2026-03-17';
    log.to(deal, 'won', day, { by: owner, ...(n <= 6 && { occurredAt: '2026-03-10T12:00:30.000Z' }) });
  }
  return log;
}

function asked(log: Log, asOf = '2026-04-01', rest: Partial<MeasureContext> = {}): JunkWatchAnswer {
  const facts = new FactNotes();
  for (const event of log.events) facts.add(event);
  return measure('junk-watch', log.histories(), context(asOf, { versions: [published(1, KETTLES!)], facts, ...rest }));
}

const gateOf = ({ groups }: JunkWatchAnswer, to: string, group = 0): JunkGate =>
  groups[group]!.gates.find((one) => one.to === to)!;

describe('the junk watch', () => {
  test('says where placeholders are typed, beside all other gates', () => {
    const found = asked(twentyDeals());
    // 20 needs and 20 amounts were asked for; the budget is a yes or no, which cannot be a placeholder.
    expect(found.groups[0]!.placeholders).toMatchObject({ count: 8, of: 40 });
    const gate = gateOf(found, 'qualified');
    expect(gate).toMatchObject({
      from: 'lead',
      asks: ['need'],
      steps: 20,
      // 8 of the 20 needs; of the amounts none.
      placeholders: {
        here: { count: 8, of: 20 },
        rest: { count: 0, of: 20 },
        excess: { difference: 0.4 },
        examples: ['d01', 'd02', 'd03', 'd04', 'd05'],
      },
      standsOut: ['placeholders'],
      values: [{ field: 'need', value: 'tbd', times: 8 }],
    });
    expect(gate.placeholders.excess!.low).toBeGreaterThan(0.15);
    expect(gateOf(found, 'proposal').asks).toEqual(['amount', 'budget']);
  });

  test('says who gives the same value over and over, where the others do not', () => {
    const found = asked(twentyDeals());
    // Bob: 6 of his 10 amounts are 5,000, in cents; none of Ann's 10. Ann's "tbd" is 8 of her 20 needs, less than half.
    expect(found.groups[0]!.repeated).toEqual([
      {
        field: 'amount',
        by: 'bob',
        value: '500000 EUR',
        deals: expect.objectContaining({ count: 6, of: 10 }),
        rest: expect.objectContaining({ count: 0, of: 10 }),
      },
    ]);
    expect(gateOf(found, 'proposal').repeated).toMatchObject({ here: { count: 6, of: 20 }, rest: { count: 0, of: 20 } });
    // The names of people who sell are no junk.
    const log = twentyDeals();
    for (let n = 11; n <= 20; n++)
      log.add(`d${n}`, { type: 'FactsRecorded', occurredAt: '2026-03-31T12:00:00.000Z', by: 'bob', facts: { finder: 'ann' } });
    expect(asked(log).groups[0]!.repeated).toHaveLength(1);
    // What everybody gives for most deals is how things are, no habit of one.
    const usual = twentyDeals();
    for (let n = 1; n <= 20; n++) {
      const [deal, by] = [`d${String(n).padStart(2, '0')}`, n <= 10 ? 'ann' : 'bob'];
      usual.add(deal, { type: 'FactsRecorded', occurredAt: '2026-03-31T12:00:00.000Z', by, facts: { finder: 'the fair' } });
    }
    expect(asked(usual).groups[0]!.repeated).toHaveLength(1);
  });

  test('says which steps are rushed, pile up at the end of the month, or go past a check', () => {
    const found = asked(twentyDeals());
    const [won, proposal] = [gateOf(found, 'won'), gateOf(found, 'proposal')];
    // Six of the 20 wins came within a minute of the proposal; of the proposals, which have a step before them, none did.
    expect(won.rushed).toMatchObject({ here: { count: 6, of: 20 }, rest: { count: 0, of: 20 } });
    // 11 to 20 on the 30th; of the 40 other steps none in the last three days.
    expect(won.periodEnd).toMatchObject({ here: { count: 10, of: 20 }, rest: { count: 0, of: 40 } });
    expect(won.standsOut).toEqual(['rushed', 'periodEnd']);
    expect(won.asks).toEqual([]);
    expect(won.placeholders).toMatchObject({ here: { rate: null, of: 0 }, excess: null });
    // No other gate has a check that anybody may let pass: there is nothing to compare with.
    expect(proposal.overridden).toMatchObject({ here: { count: 7, of: 20 }, rest: { count: 0, of: 0 }, excess: null });
    expect(proposal.standsOut).toEqual(['repeated']);
    expect(found.groups[0]!.overrides).toMatchObject([
      {
        from: 'qualified',
        to: 'proposal',
        check: 'budget',
        owner: 'bob',
        steps: { count: 7, of: 10 },
        rest: { count: 0, of: 10 },
        passedBy: [{ person: 'mia', steps: 7 }],
      },
    ]);
    // The gates with most signs come first: the win has two, the others one each, of which the proposal's shares add up to more.
    expect(found.groups[0]!.gates.map(({ to }) => to)).toEqual(['won', 'proposal', 'qualified']);
  });

  test('can be asked as of then, for a window, and by owner', () => {
    const log = twentyDeals();
    // The need is corrected later: that it was "tbd" when the gate was passed stays.
    log.add('d01', { type: 'FactsRecorded', occurredAt: '2026-03-20T12:00:00.000Z', by: 'ann', facts: { need: 'Boils' } });
    expect(gateOf(asked(log), 'qualified').placeholders.here).toMatchObject({ count: 8, of: 20 });
    const early = asked(log, '2026-03-05').groups[0]!;
    expect(early.gates.map(({ to, steps }) => [to, steps])).toEqual([['qualified', 20]]);
    expect(early.repeated).toEqual([]);
    const late = asked(log, '2026-04-01', { from: '2026-03-11' }).groups[0]!;
    // 07 to 20 are won after the 11th.
    expect(late.gates.map(({ to, steps }) => [to, steps])).toEqual([['won', 14]]);
    const byOwner = asked(log, '2026-04-01', { by: 'owner' });
    expect(byOwner.groups.map(({ group, steps, repeated }) => [group, steps, repeated.length])).toEqual([
      ['ann', 30, 0],
      ['bob', 30, 1],
    ]);
    expect(gateOf(byOwner, 'qualified').placeholders).toMatchObject({ here: { count: 8, of: 10 }, rest: { count: 0, of: 10 } });
  });

  test('finds nothing in few deals, or where nothing is known', () => {
    const none = asked(new Log());
    expect(none.groups).toMatchObject([
      { steps: 0, placeholders: { rate: null, of: 0 }, gates: [], overrides: [], repeated: [] },
    ]);
    const few = new Log();
    for (const deal of ['a', 'b', 'c', 'd'])
      few
        .captured(deal, '2026-03-02', { facts: { need: 'x', amount: euros(2000) } })
        .to(deal, 'qualified', '2026-03-03')
        .to(deal, 'proposal', '2026-03-04');
    // Four of four are more than none of the four amounts beyond chance, and still few.
    const gate = gateOf(asked(few), 'qualified');
    expect(gate).toMatchObject({ placeholders: { here: { count: 4, of: 4 }, rest: { count: 0, of: 4 } }, standsOut: [] });
    expect(gate.placeholders.excess!.low).toBeGreaterThan(0);
  });

  test('does not take imported days for minutes', () => {
    const log = new Log().captured('a', '2026-03-02');
    const at = { cause: 'import', occurredAt: '2026-03-03T00:00:00.000Z' } as const;
    log.to('a', 'qualified', '2026-03-03', at).to('a', 'proposal', '2026-03-03', at);
    expect(gateOf(asked(log), 'proposal').rushed.here).toMatchObject({ of: 0 });
  });
});

test('a number between a least and a most may be 1', () => {
  expect(looksLikePlaceholder('1', { type: 'number', min: 0, max: 100 })).toBe(false);
  expect(looksLikePlaceholder('1', { type: 'number', min: 0 })).toBe(true);
});

test.each([
  [
    'text',
    ['x', 'XX', 'aaa', '...', '-', '?', ' tbd ', 'N/A', 'n.a.', '1', '999', '12345', 'asdf'],
    ['Ada', 'no', 'X1', 'Ox', '42', 'tbd by Ada'],
  ],
  ['number', ['1', '999', '99999', '111', '1234'], ['0', '2', '9', '99', '60', '1000', '12.5']],
  ['money', ['100 EUR', '99900 EUR', '999900 EUR', '1 JPY', '99999 EUR'], ['1250000 EUR', '200 EUR', '0 EUR']],
  ['date', ['1900-01-01', '1970-01-01', '2099-12-31', '9999-12-31'], ['2026-03-31', '1971-01-01']],
  ['choice', [], ['x', 'tbd']],
  ['yesno', [], ['true']],
] as const)('a %s looks like a placeholder, or not', (type, placeholders, values) => {
  for (const value of placeholders) expect([value, looksLikePlaceholder(value, { type })]).toEqual([value, true]);
  for (const value of values) expect([value, looksLikePlaceholder(value, { type })]).toEqual([value, false]);
});
