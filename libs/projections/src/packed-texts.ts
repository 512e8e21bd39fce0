import { grown } from './growing.js';

const NOWHERE = 0;

/**
 * Texts by number, in the order in which they were added, and their numbers by text: one list of bytes (UTF-8) and a hash table of numbers. A million
 * ids of 36 letters take 48 MB so, as strings in a `Map` some 140.
 */
export class PackedTexts {
  size = 0;
  private bytes = Buffer.alloc(4_096);
  /** Where each text ends; the next begins there. */
  private ends = new Uint32Array(64);
  /** Numbers of texts, each one more than it is, at the place of their hash or the next free one after it; at most half are taken. */
  private table = new Uint32Array(128);

  /** The number of a text, which gets one where it has none. */
  add(text: string): number {
    const from = this.startOf(this.size);
    const most = from + text.length * 3;
    if (most > this.bytes.length) this.makeRoom(most);
    const end = from + this.bytes.write(text, from);
    const hash = hashOf(this.bytes, from, end);
    const place = this.placeOf(hash, from, end);
    const there = this.table[place]!;
    if (there !== NOWHERE) return there - 1;
    const number = this.size++;
    if (number >= this.ends.length) this.ends = grown(this.ends, number);
    this.ends[number] = end;
    this.table[place] = number + 1;
    if (this.size * 2 > this.table.length) this.spread();
    return number;
  }

  /** Undefined for a text that was never added. */
  numberOf(text: string): number | undefined {
    const bytes = Buffer.from(text);
    let place = hashOf(bytes, 0, bytes.length) & (this.table.length - 1);
    for (; this.table[place] !== NOWHERE; place = (place + 1) & (this.table.length - 1)) {
      const number = this.table[place]! - 1;
      if (bytes.equals(this.bytes.subarray(this.startOf(number), this.ends[number]))) return number;
    }
    return undefined;
  }

  textOf(number: number): string {
    return this.bytes.toString('utf8', this.startOf(number), this.ends[number]);
  }

  private startOf(number: number): number {
    return number === 0 ? 0 : this.ends[number - 1]!;
  }

  /** Where in the table the bytes from one place to another stand, or would. */
  private placeOf(hash: number, from: number, end: number): number {
    const { table, bytes } = this;
    let place = hash & (table.length - 1);
    for (; table[place] !== NOWHERE; place = (place + 1) & (table.length - 1)) {
      const start = this.startOf(table[place]! - 1);
      if (this.ends[table[place]! - 1]! - start !== end - from) continue;
      let same = 0;
      while (from + same < end && bytes[start + same] === bytes[from + same]) same++;
      if (from + same === end) break;
    }
    return place;
  }

  private makeRoom(bytes: number): void {
    const longer = Buffer.alloc(Math.max(bytes, this.bytes.length * 2));
    this.bytes.copy(longer);
    this.bytes = longer;
  }

  private spread(): void {
    const table = new Uint32Array(this.table.length * 2);
    for (let number = 0; number < this.size; number++) {
      let place = hashOf(this.bytes, this.startOf(number), this.ends[number]!) & (table.length - 1);
      while (table[place] !== NOWHERE) place = (place + 1) & (table.length - 1);
      table[place] = number + 1;
    }
    this.table = table;
  }
}

/** FNV-1a, 32 bits (Fowler, Noll and Vo), its high bits folded into the low ones, which alone choose the place. */
function hashOf(bytes: Uint8Array, from: number, end: number): number {
  let hash = 0x811c9dc5;
  for (let at = from; at < end; at++) hash = Math.imul(hash ^ bytes[at]!, 0x01000193);
  return (hash ^ (hash >>> 15)) >>> 0;
}
