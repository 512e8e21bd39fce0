import { describe, expect, test } from '@jest/globals';
import { days, jsonText, money, percent, rate, table, value } from '../../apps/cli/src/index.js';

describe('figures in words', () => {
  test('money has as many digits as its currency', () => {
    expect(money({ minor: 1_250_000, currency: 'EUR' })).toBe('EUR 12,500.00');
    expect(money({ minor: 1_250_000, currency: 'JPY' })).toBe('JPY 1,250,000');
    expect(money({ minor: 1_250_000, currency: 'KWD' })).toBe('KWD 1,250.000');
    expect(money({ minor: -5, currency: 'EUR' })).toBe('EUR -0.05');
  });

  test('amounts of two currencies stand side by side, and deals without an amount are told apart', () => {
    const amounts = [
      { minor: 100, currency: 'EUR' },
      { minor: 200, currency: 'USD' },
    ];
    expect(value({ amounts, of: 2, withoutAmount: 0 })).toBe('EUR 1.00 + USD 2.00');
    expect(value({ amounts, of: 2, withoutAmount: 1_200 })).toBe('EUR 1.00 + USD 2.00 (1,200 without amount)');
    expect(value({ amounts: [], of: 0, withoutAmount: 3 })).toBe('- (3 without amount)');
    expect(value({ amounts: [], of: 0, withoutAmount: 0 })).toBe('-');
  });

  test('a rate says of how many and how sure it is, only all is 100 %, days have a digit below ten, and what is not known is a dash', () => {
    expect([1, 0.9999, 0.5, 0.0001, 0].map(percent)).toEqual(['100 %', '>99.9 %', '50.0 %', '<0.1 %', '0 %']);
    expect(rate({ rate: 0.25, count: 250, of: 1_000, low: 0.2242, high: 0.2778 })).toBe('25.0 % of 1,000 (22.4 to 27.8 %)');
    expect(rate({ rate: null, count: 0, of: 0, low: null, high: null })).toBe('- of 0');

    expect([0, 2.345, 9.94, 9.96, 41.4, 1_234.5, null].map(days)).toEqual(['0.0', '2.3', '9.9', '10', '41', '1,235', '-']);
  });
});

test('a table puts figures to the right and texts to the left, under a line as wide as the widest row; without rows it says so', () => {
  const rows = [
    ['Lead', 1_200, 'EUR 5.00'],
    ['Negotiation', 7, '-'],
  ];
  expect(table(['stage', 'deals', 'worth'], rows)).toBe(
    [
      'stage         deals   worth',
      '------------------------------',
      'Lead          1,200   EUR 5.00',
      'Negotiation       7   -',
    ].join('\n'),
  );
  expect(table(['check', 'by'], [])).toBe('check   by\n(none)');
});

test('JSON escapes every control character, and says the same', () => {
  const text = 'a\u001b[2J\u009b31m\u007f\nb';
  expect(jsonText({ text })).toBe('{\n  "text": "a\\u001b[2J\\u009b31m\\u007f\\nb"\n}');
  expect(JSON.parse(jsonText({ text }))).toEqual({ text });
});
