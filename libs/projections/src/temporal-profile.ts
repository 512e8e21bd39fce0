/**
 * The temporal profile of a log (Stertz, Mangler, Rinderle-Ma: "Temporal Conformance Checking at Runtime based on Time-infused Process
 * Models", 2020): for each pair of stages, how long deals take from entering the one to entering the other later, as mean and standard
 * deviation; and which times are unusual, by how many standard deviations they are off.
 */

/** A deal's stages in order, and when it entered each, in milliseconds. */
export interface TimedPath {
  readonly stages: readonly string[];
  readonly at: ArrayLike<number>;
}

export interface PairTime {
  readonly from: string;
  readonly to: string;
  /** How many times it was seen. */
  readonly times: number;
  readonly meanDays: number;
  /** Of a sample (n - 1); null when it was seen once. */
  readonly sdDays: number | null;
}

const DAY_MS = 86_400_000;

export class TemporalProfile {
  private readonly pairs = new Map<string, Map<string, Moments>>();

  add(path: TimedPath): void {
    eachPair(path, (from, to, days) => {
      let later = this.pairs.get(from);
      if (!later) this.pairs.set(from, (later = new Map()));
      let moments = later.get(to);
      if (!moments) later.set(to, (moments = new Moments()));
      moments.add(days);
    });
  }

  /** The most often seen first. */
  list(): readonly PairTime[] {
    const found = [...this.pairs].flatMap(([from, later]) =>
      Array.from(later, ([to, { count, mean, sd }]) => ({ from, to, times: count, meanDays: mean, sdDays: sd })),
    );
    return found.toSorted((a, b) => b.times - a.times || (`${a.from} ${a.to}` < `${b.from} ${b.to}` ? -1 : 1));
  }

  /**
   * Calls back with each time of a path that is judged: of a pair seen at least `fewest` times. `z` is how many standard deviations it is
   * from the mean, negative when it is shorter; where all times seen are the same, any other is infinitely far off.
   */
  judge(
    path: TimedPath,
    fewest: number,
    seen: (from: string, to: string, days: number, z: number, meanDays: number) => void,
  ): void {
    eachPair(path, (from, to, days) => {
      const moments = this.pairs.get(from)?.get(to);
      if (!moments || moments.count < fewest) return;
      const { mean, sd } = moments;
      const off = days - mean;
      seen(from, to, days, off === 0 ? 0 : off / (sd ?? 0), mean);
    });
  }
}

/** Each stage with each later one; where the record steps backwards in time, the pair says nothing. */
function eachPair({ stages, at }: TimedPath, seen: (from: string, to: string, days: number) => void): void {
  for (let first = 0; first < stages.length - 1; first++)
    for (let later = first + 1; later < stages.length; later++) {
      const span = at[later]! - at[first]!;
      if (span >= 0) seen(stages[first]!, stages[later]!, span / DAY_MS);
    }
}

/** Mean and variance in one pass (Welford). */
class Moments {
  count = 0;
  mean = 0;
  private squares = 0;

  add(value: number): void {
    this.count++;
    const off = value - this.mean;
    this.mean += off / this.count;
    this.squares += off * (value - this.mean);
  }

  get sd(): number | null {
    return this.count < 2 ? null : Math.sqrt(this.squares / (this.count - 1));
  }
}
