import type { Money } from '@coxswain/sales-process';
import type { Value } from './measure.js';

/** The sum of amounts, currencies kept apart; a deal without an amount is counted and in no sum. */
export class ValueSum {
  private of = 0;
  private withoutAmount = 0;
  private readonly sums = new Map<string, number>();

  add(minor: number, currency: string | null): void {
    if (currency === null) {
      this.withoutAmount++;
      return;
    }
    this.of++;
    this.sums.set(currency, (this.sums.get(currency) ?? 0) + minor);
  }

  get value(): Value {
    return { amounts: sorted(this.sums), of: this.of, withoutAmount: this.withoutAmount };
  }
}

/** The sum of amounts; null stands for a deal without one. */
export function valueOf(amounts: Iterable<Money | null>): Value {
  const sum = new ValueSum();
  for (const amount of amounts) sum.add(amount?.minor ?? 0, amount?.currency ?? null);
  return sum.value;
}

/** Sums of money by currency as amounts, in order of their currency, rounded to whole minor units. */
export const sorted = (sums: ReadonlyMap<string, number>): readonly Money[] =>
  Array.from(sums, ([currency, minor]) => ({ minor: Math.round(minor), currency })).toSorted((a, b) =>
    a.currency < b.currency ? -1 : 1,
  );
