import type { Target } from '../../api/leaders-types.js';
import type { Money as Amount } from '../../api/types.js';
import { sumOf } from '../../format.js';

/** What was aimed at in a period: as set for it, or for the months of the quarter. */
export function targetFor(targets: readonly Target[], period: string, by: string | null, group: string | null): Amount | null {
  const own = targets.filter(({ owner, team }) =>
    by === 'owner'
      ? owner === group && team === null
      : by === 'team'
        ? team === group && owner === null
        : owner === null && team === null,
  );
  const exact = own.find((one) => one.period === period)?.amount;
  if (exact) return exact;
  const quarter = /^(\d{4})-Q([1-4])$/.exec(period);
  if (!quarter) return null;
  const first = Number(quarter[2]) * 3 - 2;
  const months = [0, 1, 2].map(
    (n) => own.find((one) => one.period === `${quarter[1]}-${String(first + n).padStart(2, '0')}`)?.amount ?? null,
  );
  return months.includes(null) ? null : sumOf(months);
}

export const ratio = (part: Amount | null, whole: Amount | null): number | null =>
  part === null || whole === null || whole.minor === 0 || part.currency !== whole.currency ? null : part.minor / whole.minor;
