import { expect, test } from '@jest/globals';
import { readExpression, type Facts, type SalesProcess } from '@coxswain/sales-process';
import fc from 'fast-check';

const fields: SalesProcess['fields'] = {
  fitScore: { name: 'fitScore', label: 'Fit score', personal: false, type: 'number', min: 0, max: 100 },
  amount: { name: 'amount', label: 'Deal amount', personal: false, type: 'money' },
  budgetConfirmed: { name: 'budgetConfirmed', label: 'Budget confirmed', personal: false, type: 'yesno' },
  source: { name: 'source', label: 'Lead source', personal: false, type: 'choice', of: ['inbound', 'partner'] },
  buyer: { name: 'buyer', label: 'Economic buyer', personal: true, type: 'text' },
  closeDate: { name: 'closeDate', label: 'Close date', personal: false, type: 'date' },
  'vat-id': { name: 'vat-id', label: 'VAT number', personal: false, type: 'text' },
};

/** A deal with everything recorded but the budget. */
const deal: Facts = {
  fitScore: 60,
  amount: { minor: 1_250_050, currency: 'EUR' },
  source: 'partner',
  buyer: 'Anna',
  closeDate: '2026-01-01',
  'vat-id': 'DE1',
};
const now = '2025-12-01T10:00:00.000Z';

function asked(
  source: string,
  facts: Facts = deal,
): ReturnType<Extract<ReturnType<typeof readExpression>, { expression: unknown }>['expression']['evaluate']> {
  const read = readExpression(source, fields);
  if (!('expression' in read)) throw new Error(read.faults.map(({ message }) => message).join('\n'));
  return read.expression.evaluate(facts, now);
}

function faultsOf(source: string): readonly string[] {
  const read = readExpression(source, fields);
  return 'faults' in read
    ? read.faults.map(({ at, code, message, suggestion }) => `${at} ${code}: ${message}${suggestion ? ` ${suggestion}` : ''}`)
    : [];
}

test.each([
  ['deal.fitScore >= 60.0', true],
  ['deal.fitScore >= 60', true],
  ['deal.fitScore == 60', true],
  ['60 < deal.fitScore', false],
  ['deal.fitScore in [50, 60]', true],
  ['deal.amount >= 12500.5', true],
  ['deal.amount > 12500.5', false],
  ['percentOf(10, deal.amount) == 1250.05', true],
  ['minus(deal.amount, 500.5) == 12000', true],
  ['plus(0.1, 0.2) == 0.3', true],
  ['deal.source == "partner"', true],
  ['deal.source in ["inbound"]', false],
  ['!(deal.source == "inbound") && size(deal.buyer) > 3', true],
  ['deal.closeDate > date("2025-12-31") && deal.closeDate >= date(now)', true],
  ['daysUntil(deal.closeDate, now) == 31', true],
  ['daysSince(deal.closeDate, now) == -31', true],
  ['["Anna", "Bert"].exists(name, name == deal.buyer)', true],
  ['["Anna", "Bert"].all(name, name == deal.buyer)', false],
  ['deal["vat-id"] == "DE1"', true],
])('%s is %s for the deal', (source, passed) => {
  expect(asked(source)).toMatchObject({ passed, missing: [] });
});

test('an amount is compared in whole units of its own currency', () => {
  expect(asked('deal.amount == 500', { amount: { minor: 500, currency: 'JPY' } }).passed).toBe(true);
  expect(asked('deal.amount == 5.25', { amount: { minor: 5250, currency: 'KWD' } }).passed).toBe(true);
});

test('a fact that is not recorded blocks, and is named', () => {
  expect(asked('deal.budgetConfirmed')).toEqual({ passed: false, read: { budgetConfirmed: null }, missing: ['budgetConfirmed'] });
  expect(asked('!deal.budgetConfirmed')).toMatchObject({ passed: false, missing: ['budgetConfirmed'] });
  expect(asked('deal.fitScore >= 60 && deal.budgetConfirmed')).toEqual({
    passed: false,
    read: { fitScore: 60, budgetConfirmed: null },
    missing: ['budgetConfirmed'],
  });
  expect(asked('deal.fitScore > 10', {})).toMatchObject({ passed: false, missing: ['fitScore'] });
});

test('a fact that is not recorded does not matter where the others decide', () => {
  expect(asked('deal.budgetConfirmed || deal.fitScore >= 60')).toMatchObject({ passed: true, missing: [] });
  expect(asked('deal.budgetConfirmed && deal.fitScore > 60')).toMatchObject({ passed: false, missing: [] });
  expect(asked('has(deal.budgetConfirmed)')).toMatchObject({ passed: false, missing: [] });
  expect(asked('!has(deal.budgetConfirmed) || deal.budgetConfirmed')).toMatchObject({ passed: true, missing: [] });
});

test.each([
  ['deal.fitScor >= 60', '5 unknown-field: The process has no field "fitScor". Did you mean "fitScore"?'],
  [
    'fitScore >= 60',
    '0 unknown-field: "fitScore" is not known: a check reads facts as deal.<field>, and now. Did you mean deal.fitScore?',
  ],
  ['deal.constructor == 1', '5 unknown-field: The process has no field "constructor".'],
  [
    'deal.source == "partnr"',
    '15 unknown-choice: "partnr" is not one of the choices of Lead source (inbound, partner). Did you mean "partner"?',
  ],
  ['deal.fitScore >= "60"', '0 expression-type: >= cannot compare a number with a text.'],
  ['deal.closeDate > now', '0 expression-type: > cannot compare a date with the moment now; write date(now) for today.'],
  ['deal.fitScore', '0 expression-type: A check must be true or false; this one is a number.'],
  ['deal.fitScore >', '15 expression-syntax: The check cannot be read: it ends too early.'],
  ['deal.fitScore = 60', '14 expression-syntax: The check cannot be read: it stops making sense at "= 60". Write == to compare.'],
  ['deal.amount + 1.0 > 3.0', '0 expression-not-allowed: A check cannot calculate with + - * / %; use plus, minus or percentOf.'],
  ['deal.budgetConfirmed ? true : false', '0 expression-not-allowed: A check cannot use ? :.'],
  ['deal == deal || true', '0 expression-not-allowed: Name one fact of the deal, like deal.amount.'],
  [
    'deal.buyer.matches("(a+)+$")',
    '0 expression-not-allowed: A check cannot call .matches(); on a list it can call exists and all.',
  ],
  ['["a"].exists(x, ["b"].all(y, x == y))', '16 expression-not-allowed: exists and all cannot stand inside one another.'],
  ['["a"].map(x, x) == ["a"]', '0 expression-not-allowed: A check cannot call .map(); on a list it can call exists and all.'],
  [
    'deal.closeDate == date("31.12.2026")',
    '23 expression-not-allowed: A date is written like date("2026-12-31") or date(now); a date of the deal is one already.',
  ],
])('%s is refused', (source, fault) => {
  const faults = faultsOf(source);
  expect(faults[0]).toBe(fault);
});

test('every fault of an expression is named at once', () => {
  expect(
    faultsOf('deal.amunt > 3 || deal.buyer.matches("x") || deal.source == "web"').map((fault) => fault.split(':')[0]),
  ).toEqual(['5 unknown-field', '18 expression-not-allowed', '60 unknown-choice']);
});

test.each([
  ['('.repeat(1900) + ')'.repeat(100)],
  ['!'.repeat(300) + 'true'],
  ['['.repeat(900)],
  [Array.from({ length: 90 }, () => 'true').join(' && ') + ' && deal.fitScore in [' + '1,'.repeat(120) + '1]'],
  ['true' + ' '.repeat(2000)],
])('an expression that is too big or too deep is refused at once', (source) => {
  const start = performance.now();
  expect(faultsOf(source)).toEqual([
    '0 expression-too-big: A check may have at most 2000 characters and 200 parts; split it into several checks.',
  ]);
  expect(performance.now() - start).toBeLessThan(1000);
});

test('the dearest expression that is let in is answered at once', () => {
  const list = `[${Array.from({ length: 80 }, (_, at) => `"name ${at}"`).join(',')}]`;
  const read = readExpression(
    `${list}.all(x, !(x in ${list}) || x == deal.buyer || ${Array.from({ length: 5 }, () => 'x != "y"').join(' || ')})`,
    fields,
  );
  if (!('expression' in read)) throw new Error(JSON.stringify(read.faults));
  read.expression.evaluate(deal, now);
  const start = performance.now();
  read.expression.evaluate(deal, now);
  expect(performance.now() - start).toBeLessThan(500);
});

test('whatever stands in a check and on a deal, the answer is yes, no or a fault', () => {
  const words = fc.constantFrom(
    'deal',
    '.',
    'fitScore',
    'amount',
    'closeDate',
    'buyer',
    'now',
    ' ',
    '&&',
    '||',
    '!',
    '(',
    ')',
    '>=',
    '==',
    ' in ',
    '[',
    ']',
    '"a"',
    '60',
    '1.5',
    ',',
    'has',
    'date',
    'size',
    '.exists(',
    'x',
    '-',
    'null',
    'deal.fitScore > 1',
    'deal.buyer == "a"',
    '__proto__',
  );
  const sources = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.array(words, { maxLength: 12 }).map((parts) => parts.join('')),
  );
  const anything = fc.constantFrom<Facts[string]>(
    '',
    'x',
    0,
    Number.NaN,
    true,
    { minor: 1, currency: 'EUR' },
    { minor: 1, currency: 'no such currency' },
  );
  fc.assert(
    fc.property(
      sources,
      fc.dictionary(fc.constantFrom(...Object.keys(fields)), anything),
      fc.string(),
      (source, facts, moment) => {
        const read = readExpression(source, fields);
        if ('faults' in read) expect(read.faults.length).toBeGreaterThan(0);
        else for (const at of [now, moment]) expect(typeof read.expression.evaluate(facts, at).passed).toBe('boolean');
      },
    ),
    { numRuns: 2000 },
  );
});
