import { minorDigits, type FactValue, type Money } from './facts.js';
import type { Limit } from './process.js';

/** How values, times and lists are said in a sentence. */

export function valueText(value: FactValue): string {
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  if (typeof value === 'string')
    return /^\d{4}-\d{2}-\d{2}$/.test(value) ? value : `"${value.length > 40 ? `${value.slice(0, 40)}...` : value}"`;
  if (typeof value === 'number') return String(value);
  return moneyText(value);
}

/** `EUR 12,500.00`, with as many digits as the currency has. */
export function moneyText({ minor, currency }: Money): string {
  const digits = minorDigits(currency);
  return `${currency} ${(minor / 10 ** digits).toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits })}`;
}

/** `3 working days`, `1 day`. */
export const timeText = ({ amount, unit }: Limit['time']): string => `${amount} ${amount === 1 ? unit.replace(/s$/, '') : unit}`;

/** `a, b and c`. */
export function listed(all: readonly string[], last: 'and' | 'or'): string {
  return all.length < 2 ? (all[0] ?? '') : `${all.slice(0, -1).join(', ')} ${last} ${all.at(-1)}`;
}
