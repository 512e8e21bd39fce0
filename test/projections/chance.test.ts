import { expect, test } from '@jest/globals';
import { Chance } from '../../libs/projections/src/chance.js';

const draws = (seed: string, count: number, limit: number): number[] => {
  const chance = new Chance(seed);
  return Array.from({ length: count }, () => chance.below(limit));
};

test('the same seed gives the same numbers for ever, another seed others', () => {
  expect(draws('kettles', 8, 1000)).toEqual([764, 487, 977, 899, 241, 536, 644, 888]);
  expect(draws('kettles', 8, 1000)).not.toEqual(draws('kettle', 8, 1000));
});

test('a die falls on every side equally often, whatever it fell on before', () => {
  const thrown = draws('dice', 60_001, 6);
  const sides = Array.from({ length: 6 }, (_, side) => thrown.filter((one) => one === side).length);
  // 10,000 each, give or take 5 standard deviations of sqrt(60,000 x 1/6 x 5/6) = 91
  expect(sides.every((count) => Math.abs(count - 10_000) < 456)).toBe(true);
  const pairs = Array.from({ length: 36 }, () => 0);
  for (const [at, one] of thrown.entries()) if (at > 0) pairs[thrown[at - 1]! * 6 + one]!++;
  // 1,666.7 each, give or take 5 standard deviations of 40.3
  expect(pairs.every((count) => Math.abs(count - 1667) < 202)).toBe(true);
});

test('the numbers are those of sfc32 as it is published', () => {
  // Seeded with a = b = 0, c = FNV-1a of the text (of "a": e40c292c), counter 1, warmed up by 12 steps; written with unbounded integers.
  const mask = (1n << 32n) - 1n;
  let [a, b, c, counter] = [0n, 0n, 0xe40c292cn, 1n];
  const next = (): number => {
    const drawn = (a + b + counter) & mask;
    counter = (counter + 1n) & mask;
    a = b ^ (b >> 9n);
    b = (c + (c << 3n)) & mask;
    c = ((((c << 21n) | (c >> 11n)) & mask) + drawn) & mask;
    return Number(drawn);
  };
  for (let step = 0; step < 12; step++) next();
  const chance = new Chance('a');
  for (let step = 0; step < 100; step++) expect(chance.next()).toBe(next());
});
