import type { Field, FactValue, Money } from './api/types.js';

/** Numbers, money and time the way whoever reads them writes them: language and time zone are the browser's. */

const language = (): string => (typeof navigator === 'undefined' ? 'en' : navigator.language);
const digitsOf = new Map<string, number>();

/** How many digits the minor unit of a currency has: 2 for EUR, 0 for JPY. */
export function digits(currency: string): number {
  let found = digitsOf.get(currency);
  if (found === undefined) {
    found = new Intl.NumberFormat('en', { style: 'currency', currency }).resolvedOptions().maximumFractionDigits ?? 2;
    digitsOf.set(currency, found);
  }
  return found;
}

export const majorOf = ({ minor, currency }: Money): number => minor / 10 ** digits(currency);

export function money(amount: Money | null | undefined, form: 'exact' | 'whole' | 'short' = 'exact'): string {
  if (!amount) return '–';
  const options: Intl.NumberFormatOptions = { style: 'currency', currency: amount.currency };
  if (form === 'whole') options.maximumFractionDigits = 0;
  if (form === 'short') Object.assign(options, { notation: 'compact', maximumFractionDigits: 1 });
  return new Intl.NumberFormat(language(), options).format(majorOf(amount));
}

/** Adds up; null where there is nothing to add. */
export function sumOf(amounts: readonly (Money | null)[]): Money | null {
  const known = amounts.filter((one) => one !== null);
  return known.length === 0 ? null : { minor: known.reduce((sum, { minor }) => sum + minor, 0), currency: known[0]!.currency };
}

export const count = (value: number): string => new Intl.NumberFormat(language()).format(value);

/** 0.314 as 31 %; null is unknown, and not zero. */
export const share = (rate: number | null | undefined, fraction = 0): string =>
  rate === null || rate === undefined
    ? '–'
    : new Intl.NumberFormat(language(), { style: 'percent', maximumFractionDigits: fraction }).format(rate);

export const instant = (at: string): string =>
  new Intl.DateTimeFormat(language(), { dateStyle: 'medium', timeStyle: 'short' }).format(new Date(at));

/** A calendar day as it stands in a fact (`2027-03-31`), which has no time zone. */
export const day = (date: string): string =>
  new Intl.DateTimeFormat(language(), { dateStyle: 'medium', timeZone: 'UTC' }).format(
    new Date(`${date.slice(0, 10)}T00:00:00Z`),
  );

const DAY_MS = 86_400_000;
/** From here on nobody counts months: what was imported may lie many years back. */
const YEARS_FROM_DAYS = 730;

/** How far an instant is from another one, in the two words somebody would say: "3 days ago", "in 5 hours". */
export function apart(at: string, from: number): string {
  const ms = Date.parse(at) - from;
  const words = new Intl.RelativeTimeFormat(language(), { numeric: 'auto' });
  const size = Math.abs(ms);
  if (size < 90_000) return words.format(Math.round(ms / 1_000), 'second');
  if (size < 5_400_000) return words.format(Math.round(ms / 60_000), 'minute');
  if (size < 1.5 * DAY_MS) return words.format(Math.round(ms / 3_600_000), 'hour');
  if (size < 60 * DAY_MS) return words.format(Math.round(ms / DAY_MS), 'day');
  if (size < YEARS_FROM_DAYS * DAY_MS) return words.format(Math.round(ms / (30.44 * DAY_MS)), 'month');
  return words.format(Math.round(ms / (365.25 * DAY_MS)), 'year');
}

export const daysSince = (at: string, now: number): number => Math.max(0, Math.floor((now - Date.parse(at)) / DAY_MS));

/** How long something lasts: "5 days", "15 years". */
export const lasting = (days: number): string =>
  new Intl.NumberFormat(language(), {
    style: 'unit',
    unit: days < YEARS_FROM_DAYS ? 'day' : 'year',
    unitDisplay: 'long',
  }).format(days < YEARS_FROM_DAYS ? days : Math.round(days / 365.25));

/** A fact the way it is read. */
export function fact(value: FactValue | null | undefined, field?: Field): string {
  if (value === null || value === undefined) return '–';
  if (typeof value === 'object') return money(value);
  if (typeof value === 'boolean') return value ? 'Yes' : 'No';
  if (field?.type === 'date' && typeof value === 'string') return day(value);
  return typeof value === 'number' ? count(value) : value;
}

/** The local date and time as `<input type="datetime-local">` has it. */
export function localInput(at: string): string {
  const date = new Date(at);
  return new Date(date.getTime() - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}
