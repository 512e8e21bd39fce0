import { grown } from './growing.js';

const NOTHING = 0xffff_ffff;

/**
 * The time limits that run, as chains of places in columns of numbers: about 30 bytes a limit, and a place that became free is used again.
 * Limits and what follows them are numbers of texts that whoever keeps this knows.
 */
export class RunningLimits {
  private firstOf = new Uint32Array(16);
  private next = new Uint32Array(16);
  private limit = new Uint32Array(16);
  private then = new Uint32Array(16);
  private due = new Float64Array(16);
  private fired = new Uint8Array(16);
  private used = 0;
  private free = NOTHING;
  private unfired = 0;

  /** Limits that run and have not fired, of all deals. */
  get open(): number {
    return this.unfired;
  }

  /** Makes place for a deal. */
  add(deal: number): void {
    if (deal >= this.firstOf.length) this.firstOf = grown(this.firstOf, deal);
    this.firstOf[deal] = NOTHING;
  }

  /** Whether any runs for a deal. */
  has(deal: number): boolean {
    return this.firstOf[deal] !== NOTHING;
  }

  /** Starts a limit; one of the same name ends. */
  start(deal: number, limit: number, dueMs: number, then: number): void {
    this.end(deal, (other) => other === limit);
    const place = this.place();
    this.limit[place] = limit;
    this.then[place] = then;
    this.due[place] = dueMs;
    this.fired[place] = 0;
    this.next[place] = NOTHING;
    this.unfired += 1;
    let last = this.firstOf[deal]!;
    if (last === NOTHING) this.firstOf[deal] = place;
    else {
      while (this.next[last] !== NOTHING) last = this.next[last]!;
      this.next[last] = place;
    }
  }

  fire(deal: number, limit: number): void {
    for (let place = this.firstOf[deal]!; place !== NOTHING; place = this.next[place]!)
      if (this.limit[place] === limit && this.fired[place] === 0) {
        this.fired[place] = 1;
        this.unfired -= 1;
      }
  }

  /** Ends those limits of a deal. */
  end(deal: number, gone: (limit: number) => boolean): void {
    let before = NOTHING;
    for (let place = this.firstOf[deal]!; place !== NOTHING;) {
      const next = this.next[place]!;
      if (gone(this.limit[place]!)) {
        if (before === NOTHING) this.firstOf[deal] = next;
        else this.next[before] = next;
        if (this.fired[place] === 0) this.unfired -= 1;
        this.next[place] = this.free;
        this.free = place;
      } else before = place;
      place = next;
    }
  }

  /** When the first limit of a deal is due, in milliseconds since 1970; Infinity when there is none. `unfired`: only of those that have not fired. */
  firstDue(deal: number, unfired: boolean): number {
    let first = Infinity;
    for (let place = this.firstOf[deal]!; place !== NOTHING; place = this.next[place]!)
      if (this.due[place]! < first && !(unfired && this.fired[place] === 1)) first = this.due[place]!;
    return first;
  }

  /** The limits of a deal in the order in which they were started. */
  *of(
    deal: number,
  ): Generator<{ readonly limit: number; readonly dueMs: number; readonly then: number; readonly fired: boolean }> {
    for (let place = this.firstOf[deal]!; place !== NOTHING; place = this.next[place]!)
      yield { limit: this.limit[place]!, dueMs: this.due[place]!, then: this.then[place]!, fired: this.fired[place] === 1 };
  }

  private place(): number {
    if (this.free !== NOTHING) {
      const place = this.free;
      this.free = this.next[place]!;
      return place;
    }
    const place = this.used++;
    if (place >= this.next.length) {
      this.next = grown(this.next, place);
      this.limit = grown(this.limit, place);
      this.then = grown(this.then, place);
      this.due = grown(this.due, place);
      this.fired = grown(this.fired, place);
    }
    return place;
  }
}
