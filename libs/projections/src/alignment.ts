/**
 * Optimal alignment of a path to a state machine (conformance checking, Adriansyah 2014): the cheapest way to explain what happened as a
 * walk through the machine. What both have costs nothing; a step that only the path has (extra) or only the machine has (skipped) costs 1.
 *
 * A machine of states needs no search: the dynamic program over (labels read, state) gives the optimum in time labels x states x edges of
 * a label. Of equally cheap explanations the one that keeps most of what happened counts, then the first in the order of the edges.
 */

/** From one state to another under a label. A label of null is silent: nobody sees it happen, and it costs nothing. */
export type Edge = readonly [from: string, label: string | null, to: string];

export interface Machine {
  readonly initial: string;
  readonly finals: readonly string[];
  readonly edges: readonly Edge[];
}

export interface AlignmentMove {
  readonly kind: 'followed' | 'skipped' | 'extra';
  readonly label: string;
}

export interface Alignment {
  /** Skipped and extra steps together. */
  readonly cost: number;
  /**
   * 1 - cost / (labels + steps of the shortest way through the machine): 1 follows it throughout, 0 has nothing in common with it.
   * The same denominator for open paths, so that being open neither helps nor hurts.
   */
  readonly fitness: number;
  /** In the order of the walk. */
  readonly moves: readonly AlignmentMove[];
}

/** A stretch of a path, and the machine that was in force for it. */
export interface Stretch {
  readonly machine: AlignmentMachine;
  readonly labels: readonly string[];
}

/** A machine with the cheapest ways between all its states worked out, ready to be aligned to many paths. */
export class AlignmentMachine {
  readonly states: readonly string[];
  readonly edges: readonly Edge[];
  /** Steps of the shortest way from the initial to a final state; `Infinity` when there is none. */
  readonly shortest: number;
  readonly finals: readonly number[];
  readonly initial: number;
  private readonly indices: ReadonlyMap<string, number>;
  private readonly byLabel = new Map<string, number[]>();
  /** By state, then state: the fewest visible steps between them, and the edge that such a way begins with. */
  private readonly distances: Float64Array;
  private readonly firstEdges: Int32Array;

  constructor({ initial, finals, edges }: Machine) {
    this.edges = edges;
    this.states = [...new Set([initial, ...edges.flatMap(([from, , to]) => [from, to]), ...finals])];
    this.indices = new Map(this.states.map((state, index) => [state, index]));
    this.initial = this.indexOf(initial)!;
    this.finals = finals.map((state) => this.indexOf(state)!);
    for (const [index, [, label]] of edges.entries()) {
      if (label === null) continue;
      const same = this.byLabel.get(label);
      if (same) same.push(index);
      else this.byLabel.set(label, [index]);
    }

    const size = this.states.length;
    this.distances = new Float64Array(size * size).fill(Number.POSITIVE_INFINITY);
    this.firstEdges = new Int32Array(size * size).fill(-1);
    const into = this.states.map((): number[] => []);
    for (const [index, [, , to]] of edges.entries()) into[this.indexOf(to)!]!.push(index);
    for (let target = 0; target < size; target++) this.measureWaysTo(target, into);
    this.shortest = Math.min(...this.finals.map((final) => this.distance(this.initial, final)), Number.POSITIVE_INFINITY);
  }

  /** The optimal alignment of a whole path, or of one that is still open and need not have come to an end; null when no end can be reached. */
  align(labels: readonly string[], { open = false }: { readonly open?: boolean } = {}): Alignment | null {
    return align([{ machine: this, labels }], { open });
  }

  indexOf(state: string): number | undefined {
    return this.indices.get(state);
  }

  distance(from: number, to: number): number {
    return this.distances[from * this.states.length + to]!;
  }

  edgesOf(label: string): readonly number[] {
    return this.byLabel.get(label) ?? [];
  }

  /** The visible labels on a shortest way between two states. */
  way(from: number, to: number): readonly string[] {
    const labels: string[] = [];
    for (let at = from; at !== to;) {
      const [, label, next] = this.edges[this.firstEdges[at * this.states.length + to]!]!;
      if (label !== null) labels.push(label);
      at = this.indexOf(next)!;
    }
    return labels;
  }

  /** Breadth first against the edges, silent ones before visible ones. */
  private measureWaysTo(target: number, into: readonly (readonly number[])[]): void {
    const size = this.states.length;
    const done = new Set<number>();
    this.distances[target * size + target] = 0;
    let nearest = [target];
    while (nearest.length > 0) {
      const further: number[] = [];
      for (let state = nearest.pop(); state !== undefined; state = nearest.pop()) {
        if (done.has(state)) continue;
        done.add(state);
        for (const edge of into[state]!) {
          const [name, label] = this.edges[edge]!;
          const from = this.indexOf(name)!;
          const steps = this.distance(state, target) + (label === null ? 0 : 1);
          if (steps >= this.distance(from, target)) continue;
          this.distances[from * size + target] = steps;
          this.firstEdges[from * size + target] = edge;
          (label === null ? nearest : further).push(from);
        }
      }
      nearest = further.toReversed();
    }
  }
}

/** How a state was come to: by an edge (its index), or one of these; below them, from state -4 - n of the machine before. */
const BEGUN = -1;
const EXTRA = -2;
const UNKNOWN = -3;
const cameFrom = (state: number): number => -4 - state;

interface Row {
  readonly machine: AlignmentMachine;
  /** The label read to come here; null where the machine begins or changes. */
  readonly label: string | null;
  readonly costs: Float64Array;
  readonly how: Int32Array;
}

/**
 * The optimal alignment of a path whose machine changes on the way: states of the same name are the same state, and where the next
 * machine lacks the state, the path may go on anywhere in it. The ends are those of the last machine.
 */
export function align(stretches: readonly Stretch[], { open = false }: { readonly open?: boolean } = {}): Alignment | null {
  const length = stretches.reduce((sum, { labels }) => sum + labels.length, 0);
  // Counted in two digits: steps off the way, then how many of them are extra, so that of equally many the fewest are extra.
  const unit = length + 1;
  const rows: Row[] = [];
  for (const { machine, labels } of stretches) {
    const before = rows.at(-1);
    if (before?.machine !== machine) rows.push(before ? changed(before, machine, unit) : begun(machine, unit));
    for (const label of labels) rows.push(after(rows.at(-1)!, label, unit));
  }

  const last = rows.at(-1)!;
  const ends = open ? last.machine.states.keys() : last.machine.finals;
  let end = -1;
  for (const state of ends) if (last.costs[state]! < (last.costs[end] ?? Number.POSITIVE_INFINITY)) end = state;
  if (end < 0) return null;
  const cost = Math.floor(last.costs[end]! / unit);
  const { shortest } = last.machine;
  const worst = length + (Number.isFinite(shortest) ? shortest : 0);
  return { cost, fitness: worst === 0 ? 1 : 1 - cost / worst, moves: walked(rows, end) };
}

function begun(machine: AlignmentMachine, unit: number): Row {
  const size = machine.states.length;
  const costs = Float64Array.from({ length: size }, (_, state) => unit * machine.distance(machine.initial, state));
  return { machine, label: null, costs, how: new Int32Array(size).fill(BEGUN) };
}

function after({ machine, costs: before }: Row, label: string, unit: number): Row {
  const size = machine.states.length;
  const costs = before.map((cost) => cost + unit + 1);
  const how = new Int32Array(size).fill(EXTRA);
  for (const edge of machine.edgesOf(label)) {
    const [from, , to] = machine.edges[edge]!;
    const here = before[machine.indexOf(from)!]!;
    const next = machine.indexOf(to)!;
    for (let state = 0; state < size; state++) {
      const cost = here + unit * machine.distance(next, state);
      if (cost >= costs[state]!) continue;
      costs[state] = cost;
      how[state] = edge;
    }
  }
  return { machine, label, costs, how };
}

function changed({ machine: old, costs: before }: Row, machine: AlignmentMachine, unit: number): Row {
  const size = machine.states.length;
  const costs = new Float64Array(size).fill(Number.POSITIVE_INFINITY);
  const how = new Int32Array(size).fill(UNKNOWN);
  for (const [from, name] of old.states.entries()) {
    const here = machine.indexOf(name);
    for (let state = 0; state < size; state++) {
      const cost = before[from]! + (here === undefined ? 0 : unit * machine.distance(here, state));
      if (cost >= costs[state]!) continue;
      costs[state] = cost;
      how[state] = cameFrom(from);
    }
  }
  return { machine, label: null, costs, how };
}

/** The moves that led to the last state, read backwards from it. */
function walked(rows: readonly Row[], end: number): readonly AlignmentMove[] {
  const backwards: AlignmentMove[] = [];
  const skip = (machine: AlignmentMachine, from: number, to: number): void => {
    for (const label of machine.way(from, to).toReversed()) backwards.push({ kind: 'skipped', label });
  };
  let state = end;
  for (let at = rows.length - 1; at >= 0; at--) {
    const { machine, label, how } = rows[at]!;
    const came = how[state]!;
    if (came === BEGUN) skip(machine, machine.initial, state);
    else if (came === EXTRA) backwards.push({ kind: 'extra', label: label! });
    else if (came >= 0) {
      const [from, , to] = machine.edges[came]!;
      skip(machine, machine.indexOf(to)!, state);
      backwards.push({ kind: 'followed', label: label! });
      state = machine.indexOf(from)!;
    } else {
      const before = -4 - came;
      const here = machine.indexOf(rows[at - 1]!.machine.states[before]!);
      if (here !== undefined) skip(machine, here, state);
      state = before;
    }
  }
  return backwards.toReversed();
}
