import { describe, expect, test } from '@jest/globals';
import { combinations, factSpace, readExpression, sizeOf, type Facts } from '@coxswain/sales-process';
import { newBusiness } from './given.js';

const { definition } = newBusiness;
const NOW = '2026-03-31T12:00:00.000Z';
const euros = (whole: number) => ({ minor: whole * 100, currency: 'EUR' });

const spaceOf = (...expressions: string[]) => factSpace(expressions, definition, NOW);

/** Which of the facts that stand for all an expression lets pass. */
function passing(expression: string): Facts[] {
  const read = readExpression(expression, definition.fields);
  if (!('expression' in read)) throw new Error(JSON.stringify(read.faults));
  const all = combinations(spaceOf(expression), read.expression.fields)!;
  return [...all].filter((facts) => read.expression.evaluate(facts, NOW).passed);
}

describe('the facts that stand for all', () => {
  test('of a number are its ends, what it is compared with, and what lies to either side', () => {
    expect(spaceOf('deal.fitScore >= 60.0').values['fitScore']).toEqual([null, 0, 1, 59, 60, 61, 99, 100]);
    expect(passing('deal.fitScore >= 60.0')).toEqual([60, 61, 99, 100].map((fitScore) => ({ fitScore })));
  });

  test('of money lie a cent to either side, also where a check asks for a share of it', () => {
    // 10 % of the amount is 1,000.00 at 10,000.00.
    const { values, exact } = spaceOf('percentOf(10, deal.amount) >= 1000.0');
    expect(exact).toBe(true);
    expect(values['amount']).toContainEqual(euros(10_000));
    expect(passing('percentOf(10, deal.amount) > 1000.0')).toEqual([{ amount: { minor: 1_000_001, currency: 'EUR' } }]);
  });

  test('of a date lie a day to either side of what it is compared with, counted from now', () => {
    // Ten days after 31 March is 10 April.
    expect(spaceOf('daysUntil(deal.closeDate, now) >= 10').values['closeDate']).toEqual([
      null,
      '2026-03-30',
      '2026-03-31',
      '2026-04-01',
      '2026-04-09',
      '2026-04-10',
      '2026-04-11',
    ]);
    expect(passing('deal.closeDate > date("2026-06-30")')).toEqual([{ closeDate: '2026-07-01' }]);
  });

  test('of a choice are all of them, of a text those it is compared with and another one', () => {
    expect(passing('deal.source in ["inbound", "partner"]')).toEqual([{ source: 'inbound' }, { source: 'partner' }]);
    expect(passing('deal.generatedBy != "nobody"')).toEqual([{ generatedBy: 'any' }]);
    expect(passing('size(deal.economicBuyer) >= 3').map(({ economicBuyer }) => economicBuyer)).toEqual(['any', 'xxx', 'xxxx']);
    expect(passing('["inbound", "referral"].exists(x, x == deal.source)')).toEqual([
      { source: 'inbound' },
      { source: 'referral' },
    ]);
  });

  test('are not sure to stand for all where facts are compared with one another', () => {
    expect(spaceOf('deal.fitScore >= deal.discountPct').exact).toBe(false);
    expect(spaceOf('deal.budgetConfirmed && deal.fitScore > 1.0').exact).toBe(true);
  });

  test('are not gone through when there are too many', () => {
    const fields = ['source', 'fitScore', 'amount', 'closeDate', 'discountPct', 'lostReason', 'economicBuyer'];
    const space = spaceOf(
      'deal.source == "inbound" || deal.fitScore > 10.0 || deal.amount > 5.0 || daysUntil(deal.closeDate, now) > 3 || deal.discountPct < 7.0 || deal.lostReason == "price" || deal.economicBuyer == "x"',
    );
    // 5 x 8 x 7 x 7 x 8 x 6 x 3
    expect(sizeOf(space, fields)).toBeGreaterThan(200_000);
    expect(combinations(space, fields)).toBeNull();
  });
});
