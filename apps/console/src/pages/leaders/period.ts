/** Calendar days as text (`2026-03-31`), quarters and windows: what the address says and the service is asked. */

const DAY_MS = 86_400_000;

export const dayText = (at: Date | number): string => {
  const date = new Date(at);
  return [date.getFullYear(), date.getMonth() + 1, date.getDate()].map((part) => String(part).padStart(2, '0')).join('-');
};

const utc = (day: string): Date => new Date(`${day}T00:00:00Z`);
export const daysLater = (day: string, days: number): string =>
  new Date(utc(day).getTime() + days * DAY_MS).toISOString().slice(0, 10);
export const monthsLater = (day: string, months: number): string => {
  const date = utc(day);
  const first = new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + months, 1));
  const last = new Date(Date.UTC(first.getUTCFullYear(), first.getUTCMonth() + 1, 0)).getUTCDate();
  first.setUTCDate(Math.min(date.getUTCDate(), last));
  return first.toISOString().slice(0, 10);
};
export const quarterStart = (day: string): string =>
  `${day.slice(0, 4)}-${String(Math.floor((Number(day.slice(5, 7)) - 1) / 3) * 3 + 1).padStart(2, '0')}-01`;
export const quarterOf = (day: string): string => `${day.slice(0, 4)}-Q${Math.floor((Number(day.slice(5, 7)) - 1) / 3) + 1}`;
export const periodOf = (day: string, kind: 'month' | 'quarter'): string => (kind === 'month' ? day.slice(0, 7) : quarterOf(day));
const daysBetween = (from: string, to: string): number => Math.round((utc(to).getTime() - utc(from).getTime()) / DAY_MS);

export const WINDOWS = ['all', 'year', 'quarter', 'last-quarter', '90', 'own'] as const;
export type WindowName = (typeof WINDOWS)[number];

/** From this day up to, not including, that one; null is without an end. */
export interface Span {
  readonly from: string | null;
  readonly to: string | null;
}

/** The text where it is a day; else null. */
export const dayIn = (text: string | null): string | null =>
  text !== null && /^\d{4}-\d\d-\d\d$/.test(text) && !Number.isNaN(utc(text).getTime()) ? text : null;

/** What a window is, seen from a day. */
export function windowOf(name: WindowName, today: string, own: Span): Span {
  if (name === 'year') return { from: monthsLater(today, -12), to: null };
  if (name === 'quarter') return { from: quarterStart(today), to: null };
  if (name === 'last-quarter') return { from: monthsLater(quarterStart(today), -3), to: quarterStart(today) };
  if (name === '90') return { from: daysLater(today, -90), to: null };
  return name === 'own' ? own : { from: null, to: null };
}

/** The window it is held against: as many days just before it, or the same days a year earlier. Null where it has no beginning. */
export function comparedTo({ from, to }: Span, compare: string | null, today: string): Span | null {
  if (from === null || (compare !== 'previous' && compare !== 'year')) return null;
  const end = to ?? daysLater(today, 1);
  if (compare === 'year') return { from: monthsLater(from, -12), to: monthsLater(end, -12) };
  return { from: daysLater(from, -daysBetween(from, end)), to: from };
}
