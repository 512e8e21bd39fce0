import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { Chance, Urn } from '../../libs/projections/src/chance.js';

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

describe('drawing from an urn without putting back', () => {
  test('of 5 red and 7 black, 4 drawn: as often as the hypergeometric distribution says', () => {
    const urn = new Urn([5, 7], new Chance('urn'));
    const seen = [0, 0, 0, 0, 0];
    for (let draw = 0; draw < 49_500; draw++) seen[urn.draw(4)[0]!]!++;
    // C(5, k) C(7, 4 - k) of C(12, 4) = 495: 35, 175, 210, 70, 5; a hundred times each, give or take 5 standard deviations.
    for (const [red, ways] of [35, 175, 210, 70, 5].entries())
      expect(Math.abs(seen[red]! - ways * 100)).toBeLessThan(5 * Math.sqrt(ways * 100));
  });

  test('what is drawn adds up, never exceeds what there is, and all drawn is all there is', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(3000), { minLength: 1, maxLength: 6 }), fc.nat(), (kinds, part) => {
        const all = kinds.reduce((sum, kind) => sum + kind, 0);
        const urn = new Urn(kinds, new Chance(`${part}`));
        const count = part % (all + 1);
        const drawn = [...urn.draw(count)];
        expect(drawn.reduce((sum, kind) => sum + kind, 0)).toBe(count);
        expect(drawn.every((kind, index) => kind >= 0 && kind <= kinds[index]!)).toBe(true);
        expect([...urn.draw(all)]).toEqual(kinds);
      }),
    );
  });

  test('of many, as many of a kind as its share, and as much off as it should be', () => {
    const urn = new Urn([30_000, 50_000, 20_000], new Chance('many'));
    const draws = Array.from({ length: 4000 }, () => urn.draw(10_000)[0]!);
    const mean = draws.reduce((sum, one) => sum + one, 0) / draws.length;
    const variance = draws.reduce((sum, one) => sum + (one - mean) ** 2, 0) / draws.length;
    // 10,000 x .3 = 3,000, give or take 4 x 43.5 / sqrt(4000); variance 10,000 x .3 x .7 x 90,000 / 99,999 = 1,890
    expect(Math.abs(mean - 3000)).toBeLessThan(2.8);
    expect(Math.abs(variance / 1890 - 1)).toBeLessThan(0.1);
  });
});
