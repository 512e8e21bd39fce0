import { Chance } from './chance.js';
import { at } from './frame.js';
import type { PeopleComparison, PersonCompared, StepShare } from './measure.js';

/** Fewer closed deals than this say nothing about how a person sells. */
export const FEWEST_DEALS = 30;
/** People whose q is at most this are said to differ: of those said so, one in twenty does so by chance. */
const MOST_BY_CHANCE = 0.05;
const MOST_STEPS_TOLD = 3;

/** One path, and how many closed deals of each person took it. Stages entered in the same instant stand together, in no order. */
export interface PathOfPeople {
  readonly path: readonly (readonly string[])[];
  readonly people: ReadonlyMap<string, number>;
}

/** Gathers the paths of closed deals by who sold them, deal by deal. */
export class PathsOfPeople {
  private readonly paths = new Map<string, { readonly path: PathOfPeople['path']; readonly people: Map<string, number> }>();

  /** `key` is a text that tells the path from every other. */
  add(key: string, path: PathOfPeople['path'], person: string): void {
    const { people } = at(this.paths, key, () => ({ path, people: new Map<string, number>() }));
    people.set(person, (people.get(person) ?? 0) + 1);
  }

  compare(): PeopleComparison {
    return comparePeople([...this.paths.values()]);
  }
}

/**
 * Do people sell the same way? For each, the total variation distance between how their deals step from stage to stage and how everybody
 * else's do (half the sum of the differences of shares: the share of steps that would have to go elsewhere to be alike). Two people who
 * sell alike are apart too, the more the fewer deals they have: so what counts is the distance beyond that of deals dealt out at random,
 * with its p-value, and q after Benjamini and Hochberg for asking of so many people at once.
 *
 * Deals are shuffled whole, since the steps of one deal depend on each other. The shuffles follow from the deals themselves.
 */
export function comparePeople(paths: readonly PathOfPeople[]): PeopleComparison {
  const { variants, steps, owners, pool } = ordered(paths);
  const all = stepsOf(pool, variants, new Float64Array(steps.length));
  const deals = pool.length;
  const shuffles = Math.max(FEWEST_SHUFFLES, Math.min(MOST_SHUFFLES, Math.floor(MOST_DRAWN / Math.max(1, deals))));

  const asked = owners.map(({ owner, deals: dealt }) => {
    const own = stepsOf(dealt, variants, new Float64Array(steps.length));
    const why =
      dealt.length < FEWEST_DEALS
        ? `fewer than ${FEWEST_DEALS} closed deals`
        : deals - dealt.length < FEWEST_DEALS
          ? `the others have fewer than ${FEWEST_DEALS} closed deals`
          : null;
    return { owner, deals: dealt.length, own, distance: distance(own, all), why, sum: 0, asFar: 0 };
  });

  const compared = asked.filter(({ why }) => why === null);
  if (compared.length > 0) {
    const chance = new Chance(JSON.stringify([steps, owners.map((one) => [one.owner, one.deals.length])]));
    const dealt = new Float64Array(steps.length);
    for (let shuffle = 0; shuffle < shuffles; shuffle++) {
      for (let last = deals - 1; last > 0; last--) {
        const other = chance.below(last + 1);
        const moved = pool[last]!;
        pool[last] = pool[other]!;
        pool[other] = moved;
      }
      let from = 0;
      for (const one of compared) {
        const shuffled = distance(stepsOf(pool.subarray(from, from + one.deals), variants, dealt), all);
        one.sum += shuffled;
        if (shuffled >= one.distance - 1e-12) one.asFar++;
        from += one.deals;
      }
    }
  }

  const ps = compared.map(({ asFar }) => (asFar + 1) / (shuffles + 1));
  const qs = falseDiscoveryRates(ps);
  const people = [
    ...compared.map(({ owner, deals: own, distance: apart, sum, own: taken }, index): PersonCompared => {
      const byChance = sum / shuffles;
      return {
        owner,
        deals: own,
        distance: apart,
        byChance,
        excess: apart - byChance,
        p: ps[index]!,
        q: qs[index]!,
        differs: qs[index]! <= MOST_BY_CHANCE,
        steps: mostTelling(taken, all, steps),
        why: null,
      };
    }),
    ...asked.flatMap(({ owner, deals: own, why }): PersonCompared[] =>
      why === null
        ? []
        : [{ owner, deals: own, distance: null, byChance: null, excess: null, p: null, q: null, differs: null, steps: [], why }],
    ),
  ];
  return {
    deals,
    fewest: FEWEST_DEALS,
    shuffles: compared.length > 0 ? shuffles : 0,
    people: people.toSorted((a, b) => (b.excess ?? -1) - (a.excess ?? -1) || b.deals - a.deals || (a.owner < b.owner ? -1 : 1)),
  };
}

const MOST_SHUFFLES = 999;
const FEWEST_SHUFFLES = 99;
/** So many deals are drawn in all, at most (beyond 99 shuffles): what bounds the time on large logs. */
const MOST_DRAWN = 5_000_000;

/** By path its steps; by owner and for all the paths of their deals; everything in an order that does not depend on that of the deals. */
function ordered(paths: readonly PathOfPeople[]): {
  readonly variants: Variants;
  readonly steps: readonly (readonly [from: readonly string[], to: readonly string[]])[];
  readonly owners: readonly { readonly owner: string; readonly deals: Uint32Array }[];
  readonly pool: Uint32Array;
} {
  const byKey = paths.map((one) => ({ key: JSON.stringify(one.path), ...one })).toSorted((a, b) => (a.key < b.key ? -1 : 1));
  const numbers = new Map<string, number>();
  const steps: (readonly [readonly string[], readonly string[]])[] = [];
  const owned = new Map<string, number[]>();
  const [taken, begins]: [number[], number[]] = [[], [0]];
  for (const [variant, { path, people }] of byKey.entries()) {
    for (const [owner, deals] of people) {
      const list = at(owned, owner, () => []);
      for (let deal = 0; deal < deals; deal++) list.push(variant);
    }
    for (const [index, to] of path.slice(1).entries()) {
      const step = [path[index]!, to] as const;
      taken.push(at(numbers, JSON.stringify(step), () => steps.push(step) - 1));
    }
    begins.push(taken.length);
  }
  const owners = Array.from(owned, ([owner, deals]) => ({ owner, deals: Uint32Array.from(deals) })).toSorted((a, b) =>
    a.owner < b.owner ? -1 : 1,
  );
  const variants = { steps: Uint32Array.from(taken), begins: Uint32Array.from(begins) };
  return { variants, steps, owners, pool: Uint32Array.from(owners.flatMap(({ deals }) => [...deals])) };
}

/** The steps of all paths in one row; where those of each begin, and after the last one end. */
interface Variants {
  readonly steps: Uint32Array;
  readonly begins: Uint32Array;
}

/** Counts how often the deals took each step. */
function stepsOf(deals: Uint32Array, { steps, begins }: Variants, counts: Float64Array): Float64Array {
  counts.fill(0);
  for (let deal = 0; deal < deals.length; deal++) {
    const variant = deals[deal]!;
    const end = begins[variant + 1]!;
    for (let at = begins[variant]!; at < end; at++) counts[steps[at]!]!++;
  }
  return counts;
}

/** Total variation between the shares of a person's steps and those of all others, from 0 to 1. */
function distance(own: Float64Array, all: Float64Array): number {
  const [perOwn, perOther] = perStep(own, all);
  let apart = 0;
  for (let step = 0; step < own.length; step++) apart += Math.abs(own[step]! * perOwn - (all[step]! - own[step]!) * perOther);
  return apart / 2;
}

/** What share of the steps one step is, of a person's own and of all others. */
function perStep(own: Float64Array, all: Float64Array): readonly [number, number] {
  let [ownSum, allSum] = [0, 0];
  for (let step = 0; step < own.length; step++) {
    ownSum += own[step]!;
    allSum += all[step]!;
  }
  return [1 / Math.max(1, ownSum), 1 / Math.max(1, allSum - ownSum)];
}

function mostTelling(
  own: Float64Array,
  all: Float64Array,
  steps: readonly (readonly [from: readonly string[], to: readonly string[]])[],
): readonly StepShare[] {
  const [perOwn, perOther] = perStep(own, all);
  return steps
    .map(([from, to], index) => ({ from, to, share: own[index]! * perOwn, others: (all[index]! - own[index]!) * perOther }))
    .filter(({ share, others }) => share !== others)
    .toSorted((a, b) => Math.abs(b.share - b.others) - Math.abs(a.share - a.others))
    .slice(0, MOST_STEPS_TOLD);
}

/**
 * The q-value of each p-value (Benjamini, Hochberg 1995): the smallest share of false findings at which it would still count as one,
 * q(i) = min over j >= i of p(j) x m / j, with the p-values in ascending order.
 */
export function falseDiscoveryRates(ps: readonly number[]): readonly number[] {
  const qs = ps.map(() => 1);
  const ascending = ps.map((p, index) => ({ p, index })).toSorted((a, b) => a.p - b.p);
  let least = 1;
  for (let rank = ascending.length; rank >= 1; rank--) {
    const { p, index } = ascending[rank - 1]!;
    least = Math.min(least, (p * ps.length) / rank);
    qs[index] = least;
  }
  return qs;
}
