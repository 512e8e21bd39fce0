import type { Money } from '@coxswain/sales-process';
import type { Value } from './measure.js';

/** The sum of amounts, currencies kept apart; null stands for a deal without an amount, which is counted and in no sum. */
export function valueOf(amounts: Iterable<Money | null>): Value {
  let [of, withoutAmount] = [0, 0];
  const sums = new Map<string, number>();
  for (const amount of amounts) {
    if (amount === null) {
      withoutAmount++;
      continue;
    }
    of++;
    sums.set(amount.currency, (sums.get(amount.currency) ?? 0) + amount.minor);
  }
  return { amounts: sorted(sums), of, withoutAmount };
}

/** Sums of money by currency as amounts, in order of their currency, rounded to whole minor units. */
export const sorted = (sums: ReadonlyMap<string, number>): readonly Money[] =>
  Array.from(sums, ([currency, minor]) => ({ minor: Math.round(minor), currency })).toSorted((a, b) =>
    a.currency < b.currency ? -1 : 1,
  );
