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

/** FNV-1a over the UTF-16 units of a text, 32 bits. */
function fnv1a(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  return hash;
}
