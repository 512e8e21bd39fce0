/** What was measured: of each case one figure a round. */
export class Rates {
  figures = new Map();

  note(name, figure) {
    this.figures.set(name, [...(this.figures.get(name) ?? []), figure]);
  }

  /** The middle of the rounds; null for a case that did not run. */
  median(name) {
    const known = this.figures.get(name);
    return known ? quantile(known, 0.5) : null;
  }

  /** Median, lowest and highest of every case, in the order they first ran. */
  all() {
    return Array.from(this.figures, ([name, known]) => ({
      name,
      median: quantile(known, 0.5),
      lowest: Math.min(...known),
      highest: Math.max(...known),
    }));
  }
}

/** The smallest figure that at least the `share` of all do not exceed; NaN of none. */
export function quantile(figures, share) {
  const sorted = [...figures].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(share * sorted.length) - 1))] ?? NaN;
}

/** What `callers` get done in a second when each waits for its own answer. `work` says how much it did. */
export async function callsASecond(callers, seconds, work) {
  let done = 0;
  const start = performance.now();
  const call = async (_, caller) => {
    while (performance.now() - start < seconds * 1000) {
      const more = await work(caller);
      done += more;
    }
  };
  await Promise.all(Array.from({ length: callers }, call));
  return done / ((performance.now() - start) / 1000);
}

/** How long the work takes, in milliseconds: the mean of `times`. */
export async function millisecondsOf(times, work) {
  const start = performance.now();
  for (let n = 0; n < times; n += 1) await work();
  return (performance.now() - start) / times;
}
