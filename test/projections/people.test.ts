import { describe, expect, test } from '@jest/globals';
import { differenceOf, differenceWithin, falseDiscoveryRates, PeopleComparing, rateOf } from '@coxswain/projections';

/** So many closed deals of an owner that took a path of single stages; `owner` may be one for each stage. */
type Sold = readonly [path: string, owner: string, deals: number];

function compare(sold: readonly Sold[]) {
  const comparing = new PeopleComparing();
  for (const [path, owner, deals] of sold) {
    const stages = path.split(' ').map((stage) => [stage]);
    const owners = owner.split(' ');
    for (let deal = 0; deal < deals; deal++)
      comparing.add(
        stages,
        stages.map((_, index) => owners[index] ?? owners.at(-1)!),
      );
  }
  return comparing.compare();
}

describe('do people sell the same way?', () => {
  test('two who sell alike do not differ, whatever their number of deals', () => {
    // Half of the deals of each are won: no distance at all.
    const { people, deals, shuffles } = compare([
      ['lead won', 'ann', 50],
      ['lead lost', 'ann', 50],
      ['lead won', 'bob', 20],
      ['lead lost', 'bob', 20],
    ]);
    expect([deals, shuffles]).toEqual([140, 999]);
    expect(people.toSorted((a, b) => b.deals - a.deals)).toMatchObject([
      { owner: 'ann', deals: 100, distance: 0, p: 1, q: 1, differs: false, steps: [], why: null },
      { owner: 'bob', deals: 40, distance: 0, p: 1, q: 1, differs: false },
    ]);
    // Steps dealt out at random are further apart: on average sqrt(2/pi x .5 x .5 x (1/100 + 1/40)) = .0746.
    expect(people[0]!.byChance).toBeCloseTo(0.0746, 2);
    expect(people[0]!.excess).toBe(-people[0]!.byChance!);
  });

  test('one who sells otherwise is told from the rest, with the steps that tell most', () => {
    // Of cid's 40 steps 36 go to won, 4 to lost; of the others' 80, 40 and 40. Apart: (|.9 - .5| + |.1 - .5|) / 2 = .4.
    const { people } = compare([
      ['lead won', 'ann', 20],
      ['lead lost', 'ann', 20],
      ['lead won', 'bob', 20],
      ['lead lost', 'bob', 20],
      ['lead won', 'cid', 36],
      ['lead lost', 'cid', 4],
    ]);
    expect(people[0]).toMatchObject({
      owner: 'cid',
      distance: expect.closeTo(0.4, 12),
      p: 0.001,
      q: expect.closeTo(0.003, 12),
      differs: true,
    });
    expect(people[0]!.steps).toHaveLength(2);
    expect(people[0]!.steps).toContainEqual({ from: ['lead'], to: ['won'], share: 0.9, others: 0.5 });
    // Dealt out at random the shares of 40 and of 80 are sqrt(2/pi x .633 x .367 x (1/40 + 1/80)) = .0744 apart on average.
    expect(people[0]!.byChance).toBeCloseTo(0.0744, 2);
    expect(people[0]!.excess).toBeCloseTo(0.4 - people[0]!.byChance!, 12);
  });

  test('who qualifies leads is held against others who do, not against those who close: each step counts for who owned the deal then', () => {
    // sue and tom qualify half of their leads each; ann and bob win half of what they are handed.
    const sold = (seller: string, closer: string): Sold[] => [
      ['lead lost', seller, 40],
      ['lead qualified won', `${seller} ${seller} ${closer}`, 20],
      ['lead qualified lost', `${seller} ${seller} ${closer}`, 20],
    ];
    const { people } = compare([...sold('sue', 'ann'), ...sold('tom', 'bob')]);
    expect(
      people.map(({ owner, deals, distance }) => [owner, deals, distance]).toSorted((a, b) => (String(a) < String(b) ? -1 : 1)),
    ).toEqual([
      ['ann', 40, 0],
      ['bob', 40, 0],
      ['sue', 80, 0],
      ['tom', 80, 0],
    ]);
  });

  test('below 30 closed deals, or with nobody to be compared with, the answer is refused', () => {
    const few = compare([
      ['lead won', 'ann', 40],
      ['lead won', 'bob', 29],
    ]);
    expect(few.people).toMatchObject([
      {
        owner: 'ann',
        deals: 40,
        distance: null,
        p: null,
        differs: null,
        why: 'others took fewer than 30 steps from the same stages',
      },
      { owner: 'bob', deals: 29, distance: null, p: null, differs: null, why: 'fewer than 30 closed deals' },
    ]);
    expect(few.shuffles).toBe(0);
    const enough: Sold[] = [
      ['lead won', 'ann', 30],
      ['lead won', 'bob', 30],
    ];
    expect(compare(enough).people.map(({ why }) => why)).toEqual([null, null]);
    expect(compare([])).toEqual({ deals: 0, fewest: 30, shuffles: 0, people: [] });
  });

  test('the same deals in another order give the same figures to the last digit', () => {
    const sold: Sold[] = [
      ['lead won', 'ann', 31],
      ['lead won', 'bob', 33],
      ['lead qualified won', 'bob', 12],
      ['lead qualified lost', 'ann', 3],
      ['lead lost', 'cid', 40],
      ['lead lost', 'ann', 11],
      ['trial won', 'ann', 4],
      ['trial lost', 'cid', 9],
    ];
    expect(compare(sold.toReversed())).toEqual(compare(sold));
  });

  test('of twenty people who sell alike, none is said to differ, though each is some way off', () => {
    // Each wins 20 to 28 of 50, as chance has it.
    const sold = Array.from({ length: 20 }, (_, index): Sold[] => {
      const won = 20 + ((index * 7) % 9);
      return [
        ['lead won', `p${index}`, won],
        ['lead lost', `p${index}`, 50 - won],
      ];
    }).flat();
    const { people } = compare(sold);
    expect(people.filter(({ differs }) => differs)).toEqual([]);
    expect(people.filter(({ distance }) => distance! > 0.02).length).toBeGreaterThan(10);
  });
});

test('q-values: the example of Benjamini and Hochberg, four of fifteen at 5 %', () => {
  const ps = [0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.324, 0.4262, 0.5719, 0.6528, 0.759, 1];
  const qs = falseDiscoveryRates(ps);
  expect(qs.filter((q) => q <= 0.05)).toHaveLength(4);
  // .0095 x 15 / 4 = .0356; .0298 x 15 / 7 = .0639, also for the one before it, whose own .0278 x 15 / 6 = .0695 is more; .0344 x 15 / 8 = .0645
  expect([qs[3], qs[5], qs[6], qs[7]].map((q) => q!.toFixed(4))).toEqual(['0.0356', '0.0639', '0.0639', '0.0645']);
  expect(falseDiscoveryRates([0.04, 0.01])).toEqual([0.04, 0.02]);
});

describe('the difference of two shares', () => {
  test('has the interval of Newcombe: 56 of 70 less 48 of 80, his example', () => {
    const { difference, low, high } = differenceOf(rateOf(56, 70), rateOf(48, 80))!;
    expect([difference, low, high].map((part) => part.toFixed(4))).toEqual(['0.2000', '0.0524', '0.3339']);
    expect(differenceOf(rateOf(0, 0), rateOf(1, 2))).toBeNull();
  });

  test('among like with like is not that of the whole: Simpson turned around', () => {
    // In both strata the one is 10 points better (90 of 100 to 8 of 10, 4 of 10 to 30 of 100), in all it is 94/110 to 38/110.
    const strata = [
      { one: { count: 90, of: 100 }, other: { count: 8, of: 10 } },
      { one: { count: 4, of: 10 }, other: { count: 30, of: 100 } },
    ];
    const { difference, low, high } = differenceWithin(strata)!;
    // weights 100 x 10 / 110 each, so .1. Variance: ((90 x 10 x 10^3 + 8 x 2 x 100^3) + (4 x 6 x 100^3 + 30 x 70 x 10^3)) / (1000 x 110^2)
    // = (16.9 + 26.1) million / 12.1 million = 3.5537; sqrt = 1.8851; / (2 x 1000/110 = 18.18) = .10368; x 1.96 = .2032
    expect([difference, low, high].map((part) => part.toFixed(4))).toEqual(['0.1000', '-0.1032', '0.3032']);
    expect(differenceWithin([{ one: { count: 0, of: 0 }, other: { count: 1, of: 2 } }])).toBeNull();
  });
});
