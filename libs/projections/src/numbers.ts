import { grown } from './growing.js';

/** A growing list of numbers, eight bytes each. */
export class Numbers {
  private values = new Float64Array(0);
  size = 0;

  add(value: number): void {
    if (this.size === this.values.length) this.values = grown(this.values, this.size);
    this.values[this.size++] = value;
  }

  /** A copy in ascending order. */
  ascending(): Float64Array {
    return this.values.slice(0, this.size).sort();
  }

  /**
   * The one or two in the middle, the smaller first; null of none. Hoare's selection, in time proportional to their number; the order in which they
   * are held changes.
   */
  middle(): readonly [number, number] | null {
    const { size } = this;
    if (size === 0) return null;
    const upper = this.nth(size >> 1);
    if (size % 2 === 1) return [upper, upper];
    let lower = -Infinity;
    for (let at = 0; at < size >> 1; at++) if (this.values[at]! > lower) lower = this.values[at]!;
    return [lower, upper];
  }

  /** The one that would stand at this place of the ascending list; those before it are no larger, then. */
  private nth(place: number): number {
    const { values } = this;
    let [low, high] = [0, this.size - 1];
    while (low < high) {
      const pivot = values[(low + high) >> 1]!;
      let [left, right] = [low, high];
      while (left <= right) {
        while (values[left]! < pivot) left++;
        while (values[right]! > pivot) right--;
        if (left > right) break;
        const swapped = values[left]!;
        values[left++] = values[right]!;
        values[right--] = swapped;
      }
      if (place <= right) high = right;
      else if (place >= left) low = left;
      else break;
    }
    return values[place]!;
  }
}
