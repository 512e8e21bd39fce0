import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { align, AlignmentMachine, type Alignment, type Machine } from '@coxswain/projections';

const REFERENCE = '../shared/reference/conformance';
const present = existsSync(`${REFERENCE}/loan-machine.json`);
if (!present)
  console.warn(`SKIPPED: ${REFERENCE} is missing, so alignments are not held against those of an independent implementation.`);

interface Known {
  readonly trace: readonly string[];
  readonly cases: number;
  readonly cost: number;
  readonly fitness: number;
}
const read = (file: string): unknown => JSON.parse(readFileSync(`${REFERENCE}/${file}`, 'utf8'));

(present ? describe : describe.skip)('the paths of 13,087 loan applications, and 1,500 with noise', () => {
  test.each([
    ['loan-real-variants.json', 576],
    ['loan-noisy-variants.json', 1500],
  ])('%s: cost and fitness are those of an independent A* search', (file, count) => {
    const machine = new AlignmentMachine(read('loan-machine.json') as Machine);
    const known = read(file) as readonly Known[];
    expect(known).toHaveLength(count);
    for (const { trace, cost, fitness } of known) {
      const found = machine.align(trace)!;
      expect([trace, found.cost, found.fitness]).toEqual([trace, cost, expect.closeTo(fitness, 12)]);
      expect(explains(found, trace)).toBe(true);
    }
  });

  test('their average fitness by cases is .9270925724, and 64.285 % follow the machine throughout', () => {
    const machine = new AlignmentMachine(read('loan-machine.json') as Machine);
    let [cases, sum, perfect] = [0, 0, 0];
    for (const { trace, cases: here } of read('loan-real-variants.json') as readonly Known[]) {
      const { cost, fitness } = machine.align(trace)!;
      cases += here;
      sum += fitness * here;
      if (cost === 0) perfect += here;
    }
    expect(cases).toBe(13_087);
    expect(sum / cases).toBeCloseTo(0.9270925724, 10);
    expect((100 * perfect) / cases).toBeCloseTo(64.285, 3);
  });
});

/** What was followed and what is extra, in order, must be the path itself; skipped and extra must add up to the cost. */
const explains = ({ cost, moves }: Alignment, trace: readonly string[]): boolean =>
  moves.flatMap(({ kind, label }) => (kind === 'skipped' ? [] : [label])).join() === trace.join() &&
  moves.filter(({ kind }) => kind !== 'followed').length === cost;

/** Lead to qualified to proposal to won; lost from each of them; back from proposal to qualified. */
const SELLING: Machine = {
  initial: '',
  finals: ['won', 'lost'],
  edges: [
    ['', 'lead', 'lead'],
    ['lead', 'qualified', 'qualified'],
    ['lead', 'lost', 'lost'],
    ['qualified', 'proposal', 'proposal'],
    ['qualified', 'lost', 'lost'],
    ['proposal', 'qualified', 'qualified'],
    ['proposal', 'won', 'won'],
    ['proposal', 'lost', 'lost'],
  ],
};
const told = (alignment: Alignment | null): string =>
  alignment!.moves.map(({ kind, label }) => ({ followed: '', skipped: '-', extra: '+' })[kind] + label).join(' ');

describe('worked out by hand: the shortest way is lead, lost: 2 steps', () => {
  const machine = new AlignmentMachine(SELLING);
  test.each([
    // 1 - 0 / (4 + 2)
    ['lead qualified proposal won', 'lead qualified proposal won', 0, 1],
    // won without being qualified nor proposed: 1 - 2 / (2 + 2)
    ['lead won', 'lead -qualified -proposal won', 2, 1 / 2],
    // the proposal came before the qualification: 1 - 2 / (4 + 2)
    ['lead proposal qualified won', 'lead -qualified proposal qualified -proposal won', 2, 2 / 3],
    // lost twice: one is too many: 1 - 1 / (3 + 2)
    ['lead lost lost', 'lead lost +lost', 1, 4 / 5],
    // nothing of it is known: 3 extra, 2 skipped: 1 - 5 / (3 + 2)
    ['a b c', '-lead -lost +a +b +c', 5, 0],
    ['', '-lead -lost', 2, 0],
  ])('%s', (path, moves, cost, fitness) => {
    const alignment = machine.align(path === '' ? [] : path.split(' '));
    expect([told(alignment), alignment!.cost, alignment!.fitness]).toEqual([moves, cost, expect.closeTo(fitness, 12)]);
  });

  test('a path that is still open owes nothing for what has not come yet', () => {
    expect(machine.align(['lead', 'qualified'])!.cost).toBe(1);
    expect(machine.align(['lead', 'qualified'], { open: true })).toMatchObject({ cost: 0, fitness: 1 });
    // Of a skipped qualification and an extra proposal, which cost the same, the one that keeps the proposal counts. 1 - 1 / (2 + 2)
    const jumped = machine.align(['lead', 'proposal'], { open: true });
    expect([told(jumped), jumped!.fitness]).toEqual(['lead -qualified proposal', 0.75]);
  });
});

test('a silent step costs nothing, and a machine without any way to an end aligns no whole path', () => {
  const silent: Machine = {
    initial: 'a',
    finals: ['c'],
    edges: [
      ['a', null, 'b'],
      ['b', 'sign', 'c'],
    ],
  };
  const machine = new AlignmentMachine(silent);
  expect([machine.shortest, machine.align(['sign'])!.cost, told(machine.align([]))]).toEqual([1, 0, '-sign']);
  const endless = new AlignmentMachine({ ...silent, finals: ['d'] });
  expect([endless.align(['sign']), endless.align(['sign'], { open: true })!.fitness]).toEqual([null, 1]);
});

describe('a path whose process changes on the way', () => {
  const first = new AlignmentMachine(SELLING);
  const direct = new AlignmentMachine({
    ...SELLING,
    edges: [
      ['', 'lead', 'lead'],
      ['lead', 'qualified', 'qualified'],
      ['qualified', 'won', 'won'],
      ['qualified', 'lost', 'lost'],
    ],
  });
  test('is held against the version of each step', () => {
    const labels = ['lead', 'qualified', 'won'];
    expect(first.align(labels)!.cost).toBe(1);
    const across = align([
      { machine: first, labels: ['lead', 'qualified'] },
      { machine: direct, labels: ['won'] },
    ]);
    expect([told(across), across!.cost]).toEqual(['lead qualified won', 0]);
    // Skipping the qualification is skipping it in both: 1 - 1 / (2 + 3), since the shortest way of the last one is lead, qualified, lost.
    const skipped = align([
      { machine: first, labels: ['lead'] },
      { machine: direct, labels: ['won'] },
    ]);
    expect([told(skipped), skipped!.fitness]).toEqual(['lead -qualified won', 0.8]);
  });

  test('goes on anywhere when the new version lacks the stage it stands in', () => {
    const across = align([
      { machine: first, labels: ['lead', 'qualified', 'proposal'] },
      { machine: direct, labels: ['won'] },
    ]);
    expect([told(across), across!.cost]).toEqual(['lead qualified proposal won', 0]);
  });
});

const NAMES = ['a', 'b', 'c', 'd', 'e', 'f'];
/** A machine of up to six states that can always come to its end, with a walk through it from start to end. */
const walks: fc.Arbitrary<{ readonly machine: Machine; readonly walk: readonly string[] }> = fc
  .record({
    edges: fc.array(
      fc.tuple(fc.constantFrom(...NAMES), fc.option(fc.constantFrom('u', 'v', 'w', 'x'), { freq: 5 }), fc.constantFrom(...NAMES)),
      { maxLength: 12 },
    ),
    choices: fc.array(fc.nat(), { maxLength: 20 }),
  })
  .map(({ edges, choices }) => {
    const machine: Machine = {
      initial: 'a',
      finals: ['f'],
      edges: [...edges, ...NAMES.slice(0, -1).map((name) => [name, `to-f-from-${name}`, 'f'] as const)],
    };
    const walk: string[] = [];
    let state = 'a';
    for (const choice of choices) {
      const ways = machine.edges.filter(([from]) => from === state);
      const way = ways[choice % ways.length];
      if (!way) break;
      if (way[1] !== null) walk.push(way[1]);
      state = way[2];
    }
    if (state !== 'f') walk.push(`to-f-from-${state}`);
    return { machine, walk };
  });

test('a walk through any machine, from start to end, follows it throughout', () => {
  fc.assert(
    fc.property(walks, fc.nat(20), ({ machine, walk }, cut) => {
      const ready = new AlignmentMachine(machine);
      expect(ready.align(walk)).toMatchObject({ cost: 0, fitness: 1 });
      expect(ready.align(walk.slice(0, cut), { open: true })).toMatchObject({ cost: 0, fitness: 1 });
    }),
  );
});

test('an alignment explains the whole path, costs at most the path and the shortest way, and an open one costs no more than a closed one', () => {
  fc.assert(
    fc.property(
      walks,
      fc.array(fc.constantFrom('u', 'v', 'w', 'x', 'to-f-from-a', 'to-f-from-b', 'y'), { maxLength: 12 }),
      ({ machine }, labels) => {
        const ready = new AlignmentMachine(machine);
        const [whole, open] = [ready.align(labels)!, ready.align(labels, { open: true })!];
        expect(explains(whole, labels) && explains(open, labels)).toBe(true);
        expect(whole.cost).toBeLessThanOrEqual(labels.length + ready.shortest);
        expect(open.cost).toBeLessThanOrEqual(whole.cost);
        expect([whole.fitness, open.fitness].every((fitness) => fitness >= 0 && fitness <= 1)).toBe(true);
        expect(whole.cost).toBe(cheapest(machine, labels));
      },
    ),
  );
});

/** The same optimum by plain relaxation over (labels read, state) until nothing gets cheaper. */
function cheapest({ initial, finals, edges }: Machine, labels: readonly string[]): number {
  const costs = new Map([[`0 ${initial}`, 0]]);
  for (let better = true; better;) {
    better = false;
    const offer = (key: string, cost: number): void => {
      if (cost >= (costs.get(key) ?? Number.POSITIVE_INFINITY)) return;
      costs.set(key, cost);
      better = true;
    };
    for (const [key, cost] of costs) {
      const [read, state] = key.split(' ') as [string, string];
      const at = Number(read);
      if (at < labels.length) offer(`${at + 1} ${state}`, cost + 1);
      for (const [from, label, to] of edges) {
        if (from !== state) continue;
        offer(`${at} ${to}`, cost + (label === null ? 0 : 1));
        if (label !== null && label === labels[at]) offer(`${at + 1} ${to}`, cost);
      }
    }
  }
  return Math.min(...finals.map((final) => costs.get(`${labels.length} ${final}`) ?? Number.POSITIVE_INFINITY));
}
