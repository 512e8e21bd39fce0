import { dayText, instantOf } from '../time.js';

const { floor } = Math;

/**
 * The days of a company: when each begins where the company is, and what kind of day it is. Days are counted from 1970-01-01 there;
 * instants are days since 1970-01-01 UTC, with fractions.
 */
export interface SellingDays {
  /** The day it is at an instant. */
  dayAt(instant: number): number;
  /** The instant at which the day begins. */
  startOf(day: number): number;
  /** 0 Monday to 6 Sunday; `HOLIDAY` for a day that the process file names as one, whatever its weekday. */
  kindOf(day: number): number;
}

/** Seven weekdays, and holidays. */
export const KINDS = 8;
export const HOLIDAY = 7;

const DAY_MS = 86_400_000;

/** 1 January 1970 was a Thursday. */
const weekdayOf = (day: number): number => (((day + 3) % 7) + 7) % 7;

/** Days without holidays that turn at midnight UTC. */
export const UTC_DAYS: SellingDays = { dayAt: floor, startOf: (day) => day, kindOf: weekdayOf };

const startsIn = new Map<string, Map<number, number>>();

/** The days of a process: `holidays` are written `YYYY-MM-DD`. */
export function sellingDays(timezone: string, holidays: readonly string[]): SellingDays {
  const named = new Set(holidays.map((date) => Date.parse(`${date}T00:00:00Z`) / DAY_MS));
  const kindOf = (day: number): number => (named.has(day) ? HOLIDAY : weekdayOf(day));
  if (timezone === 'UTC') return { ...UTC_DAYS, kindOf };
  // Asking for a time zone is dear, so each day is asked for once.
  let starts = startsIn.get(timezone);
  if (!starts) startsIn.set(timezone, (starts = new Map()));
  const known = starts;
  const startOf = (day: number): number => {
    let start = known.get(day);
    if (start === undefined) known.set(day, (start = Date.parse(instantOf(dayText(day), timezone)) / DAY_MS));
    return start;
  };
  const dayAt = (instant: number): number => {
    let day = floor(instant);
    while (startOf(day) > instant) day--;
    while (startOf(day + 1) <= instant) day++;
    return day;
  };
  return { dayAt, startOf, kindOf };
}
