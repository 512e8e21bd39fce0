import type { Period } from './measure.js';

/** Instants, days and periods. Instants are ISO 8601 in UTC with milliseconds and compare as text; days are `YYYY-MM-DD`. */

const DAY_MS = 86_400_000;

/** An instant in milliseconds since 1970 as text. */
export const isoText = (moment: number): string => new Date(moment).toISOString();

const dayTexts = new Map<number, string>();
const MOST_DAY_TEXTS = 20_000;

/** A day, counted from 1970, as `YYYY-MM-DD`. Deals name the same few thousand days over and over, so they are remembered. */
export function dayText(day: number): string {
  const known = dayTexts.get(day);
  if (known !== undefined) return known;
  const text = isoText(day * DAY_MS).slice(0, 10);
  if (dayTexts.size < MOST_DAY_TEXTS) dayTexts.set(day, text);
  return text;
}

/** From one instant to another, in milliseconds since 1970, in days of 24 hours; 0 where the record steps backwards. */
export const daysFrom = (fromMs: number, toMs: number): number => Math.max(0, toMs - fromMs) / DAY_MS;

/** From one instant to another in days of 24 hours; 0 where the record steps backwards. */
export const daysBetween = (from: string, to: string): number => Math.max(0, Date.parse(to) - Date.parse(from)) / DAY_MS;

/**
 * The instant a question means: an ISO 8601 instant, or a day alone, which is its first moment in the time zone; from the year 1000 on.
 * Throws `RangeError` for anything else.
 */
export function instantOf(text: string, timezone: string): string {
  const moment = isDay(text) ? startOfDay(text, timezone) : /^[1-9]\d{3}-\d{2}-\d{2}T/.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(moment)) throw new RangeError(`"${text}" is neither a day (2026-03-31) nor an instant (2026-03-31T12:00:00Z)`);
  return new Date(moment).toISOString();
}

function isDay(text: string): boolean {
  if (!/^[1-9]\d{3}-\d{2}-\d{2}$/.test(text)) return false;
  const day = new Date(`${text}T00:00:00Z`);
  return !Number.isNaN(day.getTime()) && day.toISOString().startsWith(text);
}

/** The day it is in the time zone at an instant. */
export const dayOf = (instant: string, timezone: string): string => dayAt(Date.parse(instant), timezone);

const QUARTER_HOUR_MS = 900_000;
/** Since then every zone is whole quarters of an hour away from UTC. */
const WHOLE_QUARTERS_SINCE = Date.UTC(1973, 0, 1);
const MOST_REMEMBERED = 200_000;
const daysAt = new Map<string, Map<number, string>>();

/** The day it is in the time zone at an instant, in milliseconds since 1970. Asking the calendar is dear, so each quarter of an hour is asked for once. */
export function dayAt(ms: number, timezone: string): string {
  const ask = (): string => clockIn(timezone).format(ms).slice(0, 10);
  if (ms < WHOLE_QUARTERS_SINCE) return ask();
  let days = daysAt.get(timezone);
  if (!days) daysAt.set(timezone, (days = new Map()));
  const quarter = Math.floor(ms / QUARTER_HOUR_MS);
  let day = days.get(quarter);
  if (day === undefined) {
    day = ask();
    // A few zones once changed their clocks a minute after midnight.
    const ends = [quarter * QUARTER_HOUR_MS, (quarter + 1) * QUARTER_HOUR_MS - 1].map((end) =>
      clockIn(timezone).format(end).slice(0, 10),
    );
    if (days.size < MOST_REMEMBERED && ends[0] === ends[1]) days.set(quarter, day);
  }
  return day;
}

function startOfDay(day: string, timezone: string): number {
  const asIfUtc = Date.parse(`${day}T00:00:00Z`);
  const near = asIfUtc - offset(asIfUtc, timezone);
  return asIfUtc - offset(near, timezone);
}

/** How far the time zone is ahead of UTC at an instant, in milliseconds. */
function offset(moment: number, timezone: string): number {
  const [day, time] = clockIn(timezone).format(moment).split(/,? /);
  return Date.parse(`${day}T${time}Z`) - moment;
}

const clocks = new Map<string, Intl.DateTimeFormat>();

/** Writes instants as `2026-03-31 23:59:59` in the time zone. */
function clockIn(timeZone: string): Intl.DateTimeFormat {
  const known = clocks.get(timeZone);
  if (known) return known;
  const two = '2-digit' as const;
  const made = new Intl.DateTimeFormat('sv-SE', {
    timeZone,
    year: 'numeric',
    month: two,
    day: two,
    hour: two,
    minute: two,
    second: two,
    hourCycle: 'h23',
  });
  clocks.set(timeZone, made);
  return made;
}

/** A week, a month or a quarter of the calendar. */
export interface CalendarPeriod {
  /** `2026-W05` (ISO 8601, from Monday on), `2026-03` or `2026-Q1` */
  readonly period: string;
  /** Its first day, and the day after its last. */
  readonly start: string;
  readonly end: string;
}

/** The period a day lies in, or one that lies so many before (negative) or after it. */
export function periodOf(day: string, kind: Period | 'week', away = 0): CalendarPeriod {
  if (kind === 'week') return weekOf(Math.floor(Date.parse(`${day}T00:00:00Z`) / DAY_MS) + 7 * away);
  const length = kind === 'month' ? 1 : 3;
  const months = Number(day.slice(0, 4)) * 12 + Number(day.slice(5, 7)) - 1;
  const first = Math.floor(months / length) * length + away * length;
  const year = Math.floor(first / 12);
  const within = first - year * 12;
  const period = kind === 'month' ? `${year}-${twoDigits(within + 1)}` : `${year}-Q${within / 3 + 1}`;
  return { period, start: firstOfMonth(first), end: firstOfMonth(first + length) };
}

/** The week of a day, counted from 1970; a week belongs to the year of its Thursday. */
function weekOf(day: number): CalendarPeriod {
  // 1 January 1970 was a Thursday.
  const monday = day - ((((day + 3) % 7) + 7) % 7);
  const year = new Date((monday + 3) * DAY_MS).getUTCFullYear();
  const first = Math.floor(Date.UTC(year, 0, 1) / DAY_MS);
  const week = Math.floor((monday + 3 - first) / 7) + 1;
  return { period: `${year}-W${twoDigits(week)}`, start: dayText(monday), end: dayText(monday + 7) };
}

/** The period of this name: `2026-03` or `2026-Q1`. Throws `RangeError` for anything else. */
export function periodNamed(name: string): CalendarPeriod {
  const [, year, quarter, month] = /^([1-9]\d{3})-(?:Q([1-4])|(0[1-9]|1[0-2]))$/.exec(name) ?? [];
  if (year === undefined) throw new RangeError(`"${name}" is neither a month (2026-03) nor a quarter (2026-Q1)`);
  return quarter === undefined
    ? periodOf(`${year}-${month}-01`, 'month')
    : periodOf(`${year}-${twoDigits(Number(quarter) * 3)}-01`, 'quarter');
}

const firstOfMonth = (months: number): string => `${Math.floor(months / 12)}-${twoDigits((months % 12) + 1)}-01`;
const twoDigits = (number: number): string => String(number).padStart(2, '0');

/** The month it is in the time zone at an instant, as `2026-03`. From its 3rd to its 26th day a month is the same in every time zone. */
export const monthOf = (ms: number, timezone: string): string => dayAt(ms, timezone).slice(0, 7);
