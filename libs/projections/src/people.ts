import { Chance, Urn } from './chance.js';
import { at } from './frame.js';
import type { PeopleComparison, PersonCompared, StepShare } from './measure.js';

/** Fewer closed deals than this say nothing about how a person sells. */
const FEWEST_DEALS = 30;
/** People whose q is at most this are said to differ: of those said so, one in twenty does so by chance. */
const MOST_BY_CHANCE = 0.05;
const MOST_STEPS_TOLD = 3;
const SHUFFLES = 999;

/**
 * Do people sell the same way? Gathers the steps of closed deals by who owned the deal when it took them. A person is compared with
 * everybody else stage by stage: of the deals that stood in the same stage, where did theirs go on to? So those who qualify leads are held
 * against others who do, not against those who close deals.
 *
 * The distance is the mean over a person's steps of the total variation between the two (half the sum of the differences of shares: the
 * share of their steps that would have to go elsewhere to be alike). Two people who sell alike are apart too, the more the fewer steps they
 * have. So what counts is the distance beyond that of steps dealt out at random among those from the same stage, with its p-value, and q
 * after Benjamini and Hochberg for asking of so many people at once. What chance deals out follows from the steps themselves.
 */
export class PeopleComparing {
  private closed = 0;
  private readonly deals = new Map<string, number>();
  private readonly stages = new Map<string, Stage>();

  /** A closed deal: its path, in which stages entered in the same instant stand together, and who owned it at each. */
  add(path: readonly (readonly string[])[], owners: readonly string[]): void {
    this.closed++;
    for (const owner of new Set(owners.slice(1))) this.deals.set(owner, (this.deals.get(owner) ?? 0) + 1);
    for (let index = 1; index < path.length; index++) {
      const [from, to, owner] = [path[index - 1]!, path[index]!, owners[index]!];
      const stage = at(this.stages, from.join('\n'), () => ({ from, ways: new Map<string, Way>() }));
      const { people } = at(stage.ways, to.join('\n'), () => ({ to, people: new Map<string, number>() }));
      people.set(owner, (people.get(owner) ?? 0) + 1);
    }
  }

  compare(): PeopleComparison {
    const stages = byName(this.stages).map(({ from, ways }) => ({ from, ways: byName(ways) }));
    const asked = [...this.deals]
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([owner, deals]) => ({ owner, deals, stages: stages.flatMap((stage) => comparable(stage, owner)) }));
    const compared = asked.filter((one) => whyNot(one) === null).map((one) => ({ ...one, ...againstChance(one) }));
    const qs = falseDiscoveryRates(compared.map(({ p }) => p));
    const told = compared.map(({ owner, deals, distance, byChance, p, stages: stood }, index): PersonCompared => {
      const q = qs[index]!;
      const excess = distance - byChance;
      return {
        owner,
        deals,
        distance,
        byChance,
        excess,
        p,
        q,
        differs: q <= MOST_BY_CHANCE,
        steps: mostTelling(stood),
        why: null,
      };
    });
    const refused = asked.flatMap((one): PersonCompared[] => {
      const { owner, deals } = one;
      const why = whyNot(one);
      const unknown = { distance: null, byChance: null, excess: null, p: null, q: null, differs: null };
      return why === null ? [] : [{ owner, deals, ...unknown, steps: [], why }];
    });
    return {
      deals: this.closed,
      fewest: FEWEST_DEALS,
      shuffles: compared.length > 0 ? SHUFFLES : 0,
      people: [
        ...told.toSorted((a, b) => a.q! - b.q! || b.excess! - a.excess!),
        ...refused.toSorted((a, b) => b.deals - a.deals || (a.owner < b.owner ? -1 : 1)),
      ],
    };
  }
}

interface Stage {
  readonly from: readonly string[];
  readonly ways: Map<string, Way>;
}

/** Where deals went on to, and how many of each owner did. */
interface Way {
  readonly to: readonly string[];
  readonly people: Map<string, number>;
}

const byName = <Value>(map: ReadonlyMap<string, Value>): readonly Value[] =>
  [...map].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, value]) => value);

/** A person's steps from one stage, by where they led, and those of all. */
interface Compared {
  readonly from: readonly string[];
  readonly to: readonly (readonly string[])[];
  readonly own: readonly number[];
  readonly all: readonly number[];
  readonly ownSum: number;
  readonly allSum: number;
}

/** Nothing where the person took no step, or nobody else did. */
function comparable(
  { from, ways }: { readonly from: Stage['from']; readonly ways: readonly Way[] },
  owner: string,
): readonly Compared[] {
  const own = ways.map(({ people }) => people.get(owner) ?? 0);
  const all = ways.map(({ people }) => sum([...people.values()]));
  const [ownSum, allSum] = [sum(own), sum(all)];
  return ownSum === 0 || ownSum === allSum ? [] : [{ from, to: ways.map(({ to }) => to), own, all, ownSum, allSum }];
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0);

function whyNot({ deals, stages }: { readonly deals: number; readonly stages: readonly Compared[] }): string | null {
  if (deals < FEWEST_DEALS) return `fewer than ${FEWEST_DEALS} closed deals`;
  const others = sum(stages.map(({ ownSum, allSum }) => allSum - ownSum));
  return others < FEWEST_DEALS ? `others took fewer than ${FEWEST_DEALS} steps from the same stages` : null;
}

/** How far a person is from all others, how far as many steps dealt out at random are, and how often those are at least as far. */
function againstChance({ owner, stages }: { readonly owner: string; readonly stages: readonly Compared[] }): {
  readonly distance: number;
  readonly byChance: number;
  readonly p: number;
} {
  const steps = sum(stages.map(({ ownSum }) => ownSum));
  const apart = (dealt: (stage: Compared) => ArrayLike<number>): number =>
    stages.reduce((total, stage) => total + (stage.ownSum / steps) * distanceFrom(dealt(stage), stage), 0);
  const distance = apart(({ own }) => own);
  const chance = new Chance(JSON.stringify([owner, stages.map(({ own, all }) => [own, all])]));
  const urns = new Map(stages.map((stage) => [stage, new Urn(stage.all, chance)]));
  let [dealtSum, asFar] = [0, 0];
  for (let shuffle = 0; shuffle < SHUFFLES; shuffle++) {
    const dealt = apart((stage) => urns.get(stage)!.draw(stage.ownSum));
    dealtSum += dealt;
    if (dealt >= distance - 1e-12) asFar++;
  }
  return { distance, byChance: dealtSum / SHUFFLES, p: (asFar + 1) / (SHUFFLES + 1) };
}

/** Total variation between the shares of these steps and those of the rest, from 0 to 1. */
function distanceFrom(own: ArrayLike<number>, { all, ownSum, allSum }: Compared): number {
  let apart = 0;
  for (let way = 0; way < all.length; way++) apart += Math.abs(own[way]! / ownSum - (all[way]! - own[way]!) / (allSum - ownSum));
  return apart / 2;
}

/** The steps that make most of the distance. */
function mostTelling(stages: readonly Compared[]): readonly StepShare[] {
  return stages
    .flatMap(({ from, to, own, all, ownSum, allSum }) =>
      to.map((one, way) => {
        const share = own[way]! / ownSum;
        const others = (all[way]! - own[way]!) / (allSum - ownSum);
        return { weight: ownSum * Math.abs(share - others), step: { from, to: one, share, others } };
      }),
    )
    .filter(({ weight }) => weight > 0)
    .toSorted((a, b) => b.weight - a.weight)
    .slice(0, MOST_STEPS_TOLD)
    .map(({ step }) => step);
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
