/** The number of no name at all. */
export const NAMELESS = 0;

/** Names as small numbers, in the order in which they first came up; `NAMELESS` stands for none. */
export class Numbered {
  private readonly names: (string | null)[] = [null];
  private readonly numbers = new Map<string, number>();

  /** The number of a name, given to it now where it has none. */
  numberOf(name: string | null): number {
    if (name === null) return NAMELESS;
    let number = this.numbers.get(name);
    if (number === undefined) this.numbers.set(name, (number = this.names.push(name) - 1));
    return number;
  }

  /** Undefined for a name that has none. */
  known(name: string): number | undefined {
    return this.numbers.get(name);
  }

  nameOf(number: number): string | null {
    return this.names[number]!;
  }

  /** How many numbers there are, that of no name among them. */
  get size(): number {
    return this.names.length;
  }
}
