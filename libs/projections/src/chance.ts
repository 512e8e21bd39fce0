/**
 * Chance as data: pseudo-random numbers that follow from a seed alone, so that the same record and the same question give the same answer
 * for ever. The generator is sfc32 (C. Doty-Humphrey, "Small Fast Counting", of the PractRand suite): 128 bits of state, a period of at
 * least 2^32, passes PractRand and TestU01's BigCrush. For shuffling and resampling; not for secrets.
 */
export class Chance {
  private a = 0;
  private b = 0;
  private c: number;
  private counter = 1;

  /** The seed counts by a hash of 32 bits. */
  constructor(seed: string) {
    this.c = fnv1a(seed);
    for (let warming = 0; warming < 12; warming++) this.next();
  }

  /** A whole number from 0 up to, not including, 2^32. */
  next(): number {
    const drawn = (this.a + this.b + this.counter) | 0;
    this.counter = (this.counter + 1) | 0;
    this.a = this.b ^ (this.b >>> 9);
    this.b = (this.c + (this.c << 3)) | 0;
    this.c = ((this.c << 21) | (this.c >>> 11)) + drawn;
    this.c |= 0;
    return drawn >>> 0;
  }

  /** A whole number from 0 up to, not including, `limit`; off from even by less than limit / 2^32. */
  below(limit: number): number {
    return Math.floor((this.next() / 0x1_0000_0000) * limit);
  }
}

/**
 * Things of several kinds, of which some are drawn without putting them back: how many of each kind (multivariate hypergeometric), in time
 * that grows with the kinds and the root of the number drawn, not with the number itself.
 */
export class Urn {
  private readonly drawn: Float64Array;
  private readonly all: number;
  private readonly logFactorials: Float64Array;

  constructor(
    private readonly kinds: readonly number[],
    private readonly chance: Chance,
  ) {
    this.drawn = new Float64Array(kinds.length);
    this.all = kinds.reduce((sum, kind) => sum + kind, 0);
    this.logFactorials = logFactorials(this.all);
  }

  /** How many of each kind are among `count` drawn; the next draw overwrites it, and begins with a full urn. */
  draw(count: number): Float64Array {
    let [left, among] = [count, this.all];
    for (const [kind, size] of this.kinds.entries()) {
      const of = this.hypergeometric(size, among - size, left);
      this.drawn[kind] = of;
      left -= of;
      among -= size;
    }
    return this.drawn;
  }

  /** How many of `good` are among `count` drawn from `good` and `bad`: the distribution searched outwards from its mode. */
  private hypergeometric(good: number, bad: number, count: number): number {
    const least = Math.max(0, count - bad);
    const most = Math.min(good, count);
    if (least === most) return least;
    const mode = Math.floor(((count + 1) * (good + 1)) / (good + bad + 2));
    const atMode = Math.exp(this.logChoose(good, mode) + this.logChoose(bad, count - mode) - this.logChoose(good + bad, count));
    let left = this.chance.next() / 0x1_0000_0000 - atMode;
    let [low, high, ofLow, ofHigh] = [mode, mode, atMode, atMode];
    while (left >= 0 && (low > least || high < most)) {
      if (low > least) {
        ofLow *= (low * (bad - count + low)) / ((good - low + 1) * (count - low + 1));
        low--;
        left -= ofLow;
        if (left < 0) return low;
      }
      if (high < most) {
        ofHigh *= ((good - high) * (count - high)) / ((high + 1) * (bad - count + high + 1));
        high++;
        left -= ofHigh;
        if (left < 0) return high;
      }
    }
    return mode;
  }

  private logChoose(of: number, some: number): number {
    return this.logFactorials[of]! - this.logFactorials[some]! - this.logFactorials[of - some]!;
  }
}

let known = new Float64Array(2);

/** The logarithms of the factorials of 0 up to a number at least: worked out once for all urns. */
function logFactorials(most: number): Float64Array {
  if (most < known.length) return known;
  const more = new Float64Array(Math.max(most + 1, 2 * known.length));
  more.set(known);
  for (let number = known.length; number < more.length; number++) more[number] = more[number - 1]! + Math.log(number);
  return (known = more);
}

/** FNV-1a over the UTF-16 units of a text, 32 bits. */
function fnv1a(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  return hash;
}
