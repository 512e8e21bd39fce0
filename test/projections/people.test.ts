import { describe, expect, test } from '@jest/globals';
import {
  comparePeople,
  differenceOf,
  differenceWithin,
  falseDiscoveryRates,
  rateOf,
  type PathOfPeople,
} from '@coxswain/projections';

/** Paths of single stages, and how many deals of each person took them. */
const path = (stages: string, people: Readonly<Record<string, number>>): PathOfPeople => ({
  path: stages.split(' ').map((stage) => [stage]),
  people: new Map(Object.entries(people)),
});

describe('do people sell the same way?', () => {
  test('two who sell alike do not differ, whatever their number of deals', () => {
    // Half of the deals of each are won: no distance at all.
    const { people, deals, shuffles } = comparePeople([
      path('lead won', { ann: 50, bob: 20 }),
      path('lead lost', { ann: 50, bob: 20 }),
    ]);
    expect([deals, shuffles]).toEqual([140, 999]);
    expect(people.toSorted((a, b) => b.deals - a.deals)).toMatchObject([
      { owner: 'ann', deals: 100, distance: 0, p: 1, q: 1, differs: false, steps: [], why: null },
      { owner: 'bob', deals: 40, distance: 0, p: 1, q: 1, differs: false },
    ]);
    // Deals dealt out at random are further apart: on average sqrt(2/pi x .5 x .5 x (1/100 + 1/40)) = .0746.
    expect(people[0]!.byChance).toBeCloseTo(0.0746, 2);
    expect(people[0]!.excess).toBe(-people[0]!.byChance!);
  });

  test('one who sells otherwise is told from the rest, with the steps that tell most', () => {
    // Of cid's 40 steps 36 go to won, 4 to lost; of the others' 80, 40 and 40. Apart: (|.9 - .5| + |.1 - .5|) / 2 = .4.
    const { people } = comparePeople([
      path('lead won', { ann: 20, bob: 20, cid: 36 }),
      path('lead lost', { ann: 20, bob: 20, cid: 4 }),
    ]);
    expect(people[0]).toMatchObject({
      owner: 'cid',
      distance: expect.closeTo(0.4, 12),
      p: 0.001,
      q: expect.closeTo(0.003, 12),
      differs: true,
      steps: [
        { from: ['lead'], to: ['lost'], share: 0.1, others: 0.5 },
        { from: ['lead'], to: ['won'], share: 0.9, others: 0.5 },
      ],
    });
    // Of deals dealt out at random the shares of 40 and of 80 are sqrt(2/pi x .633 x .367 x (1/40 + 1/80)) = .0744 apart on average.
    expect(people[0]!.byChance).toBeCloseTo(0.0744, 2);
    expect(people[0]!.excess).toBeCloseTo(0.4 - people[0]!.byChance!, 12);
  });

  test('below 30 closed deals the answer is refused, for a person and for the others', () => {
    const few = comparePeople([path('lead won', { ann: 40, bob: 29 })]);
    expect(few.people).toMatchObject([
      { owner: 'ann', deals: 40, distance: null, p: null, differs: null, why: 'the others have fewer than 30 closed deals' },
      { owner: 'bob', deals: 29, distance: null, p: null, differs: null, why: 'fewer than 30 closed deals' },
    ]);
    expect(few.shuffles).toBe(0);
    expect(comparePeople([path('lead won', { ann: 30, bob: 30 })]).people.map(({ why }) => why)).toEqual([null, null]);
    expect(comparePeople([])).toEqual({ deals: 0, fewest: 30, shuffles: 0, people: [] });
  });

  test('the same deals in another order give the same figures to the last digit', () => {
    const paths = [
      path('lead won', { ann: 31, bob: 33 }),
      path('lead qualified won', { bob: 12, ann: 3 }),
      path('lead lost', { cid: 40, ann: 11 }),
    ];
    const turned = paths.toReversed().map((one) => ({ path: one.path, people: new Map([...one.people].toReversed()) }));
    expect(comparePeople(turned)).toEqual(comparePeople(paths));
  });

  test('on large records the shuffles are fewer, so that the time stays bounded', () => {
    // 5,000,000 / 10,030 = 498.5
    expect(comparePeople([path('lead won', { ann: 30, bob: 10_000 })]).shuffles).toBe(498);
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
