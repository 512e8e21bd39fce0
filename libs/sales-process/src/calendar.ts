import { Temporal } from 'temporal-polyfill';
import type { Limit, SalesProcess } from './process.js';

/**
 * When a limit that starts at `startedAt` is due, in the process's own calendar and time zone.
 *
 * - hours: so many hours later, whatever the clock on the wall does.
 * - days: the same time of day so many days later (a day with a clock change counts as one day).
 * - working days: counted from the next open moment; the same time of day so many worked days later, or the closing time when that day closes earlier.
 * - working hours: only open hours count.
 *
 * @param startedAt ISO 8601 in UTC
 * @returns ISO 8601 in UTC with milliseconds
 * @throws RangeError when so much open time is not to be had within ten years
 */
export function limitDue(time: Limit['time'], startedAt: string, calendar: Calendar): string {
  const startMs = Date.parse(startedAt);
  const dueMs =
    time.unit === 'hours' ? startMs + Math.round(time.amount * 3600) * 1000 : minuteOf(time, startMs, calendar)(startMs);
  return new Date(dueMs).toISOString();
}

function calendarDue({ unit, amount }: Limit['time'], startMs: number, calendar: Calendar): number {
  const start = Temporal.Instant.fromEpochMilliseconds(startMs).toZonedDateTimeISO(calendar.timezone);
  switch (unit) {
    case 'hours':
      return start.add({ seconds: Math.round(amount * 3600) }).epochMilliseconds;
    case 'days':
      return start.add({ days: amount }).epochMilliseconds;
    case 'working days':
      return afterWorkingDays(start, amount, calendar).epochMilliseconds;
    case 'working hours':
      return afterWorkingMinutes(start, Math.round(amount * 60), calendar).epochMilliseconds;
  }
}

const MINUTE_MS = 60_000;
/** Since then every zone is whole minutes away from UTC. */
const WHOLE_MINUTES_SINCE = Date.UTC(1973, 0, 1);

type Due = (startMs: number) => number;
interface Minute {
  readonly minute: number;
  due: Due | null;
}
/** The minute in which each limit was last asked for, by its time and calendar: many deals start in the same one. */
const lastMinutes = new WeakMap<Calendar, Map<string, Minute>>();

/**
 * How limits that start in this minute are due. Openings, closings, clock changes and the lengths of limits are all whole minutes, so within
 * one minute (its first instant apart, which may still belong to what was before) either all are due the same time after their start,
 * or all at the same instant: two instants tell which. Worked out when a minute is asked for a second time.
 */
function minuteOf(time: Limit['time'], startMs: number, calendar: Calendar): Due {
  const exactly: Due = (ms) => calendarDue(time, ms, calendar);
  const minute = Math.floor(startMs / MINUTE_MS);
  if (startMs === minute * MINUTE_MS || startMs < WHOLE_MINUTES_SINCE) return exactly;
  let minutes = lastMinutes.get(calendar);
  if (!minutes) lastMinutes.set(calendar, (minutes = new Map()));
  const key = `${time.amount} ${time.unit}`;
  const last = minutes.get(key);
  if (last?.minute !== minute) {
    minutes.set(key, { minute, due: null });
    return exactly;
  }
  last.due ??= within(minute, exactly);
  return last.due;
}

function within(minute: number, exactly: Due): Due {
  const [first, end] = [minute * MINUTE_MS + 1, (minute + 1) * MINUTE_MS - 1];
  const [dueFirst, dueEnd] = [exactly(first), exactly(end)];
  if (dueEnd === dueFirst) return () => dueFirst;
  return dueEnd - dueFirst === end - first ? (ms) => dueFirst + ms - first : exactly;
}

/** What of a process decides when time counts. */
export type Calendar = Pick<SalesProcess, 'timezone' | 'workingHours' | 'holidays'>;

type Zoned = Temporal.ZonedDateTime;

/** Ten years. */
const MOST_DAYS = 3653;

function openHours(day: Temporal.PlainDate, calendar: Calendar): readonly { from: number; to: number }[] {
  return calendar.holidays.includes(day.toString()) ? [] : (calendar.workingHours[day.dayOfWeek] ?? []);
}

function at(day: Temporal.PlainDate, minute: number, timezone: string): Zoned {
  const midnight = {
    timeZone: timezone,
    plainTime: Temporal.PlainTime.from({ hour: Math.floor(minute / 60) % 24, minute: minute % 60 }),
  };
  return minute >= 1440 ? day.add({ days: 1 }).toZonedDateTime({ ...midnight }) : day.toZonedDateTime(midnight);
}

const minuteOfDay = (moment: Zoned): number =>
  moment.hour * 60 + moment.minute + moment.second / 60 + moment.millisecond / 60_000;

function nextWorkedDay(day: Temporal.PlainDate, until: Temporal.PlainDate, calendar: Calendar): Temporal.PlainDate {
  let next = day;
  while (Temporal.PlainDate.compare(next, until) < 0) {
    next = next.add({ days: 1 });
    if (openHours(next, calendar).length > 0) return next;
  }
  throw new RangeError('the calendar of the process has too few open hours within ten years');
}

/** The last day on which something that starts now may be due. */
const lastDay = (start: Zoned): Temporal.PlainDate => start.toPlainDate().add({ days: MOST_DAYS });

/** This moment when it is open, else the next opening. */
function nextOpenMoment(moment: Zoned, until: Temporal.PlainDate, calendar: Calendar): Zoned {
  const day = moment.toPlainDate();
  const minute = minuteOfDay(moment);
  const hours = openHours(day, calendar).find(({ to }) => minute < to);
  if (hours) return minute >= hours.from ? moment : at(day, hours.from, calendar.timezone);
  const next = nextWorkedDay(day, until, calendar);
  return at(next, openHours(next, calendar)[0]!.from, calendar.timezone);
}

function afterWorkingDays(start: Zoned, days: number, calendar: Calendar): Zoned {
  const until = lastDay(start);
  const opening = nextOpenMoment(start, until, calendar);
  let day = opening.toPlainDate();
  for (let counted = 0; counted < days; counted++) day = nextWorkedDay(day, until, calendar);
  const closing = openHours(day, calendar).at(-1)!.to;
  return minuteOfDay(opening) <= closing
    ? day.toZonedDateTime({ timeZone: calendar.timezone, plainTime: opening.toPlainTime() })
    : at(day, closing, calendar.timezone);
}

function afterWorkingMinutes(start: Zoned, minutes: number, calendar: Calendar): Zoned {
  const until = lastDay(start);
  let moment = nextOpenMoment(start, until, calendar);
  let left = minutes;
  for (;;) {
    const minute = minuteOfDay(moment);
    const hours = openHours(moment.toPlainDate(), calendar).find(({ from, to }) => from <= minute && minute < to)!;
    const untilClosing = hours.to - minute;
    if (left <= untilClosing) return moment.add({ milliseconds: Math.round(left * 60_000) });
    left -= untilClosing;
    moment = nextOpenMoment(at(moment.toPlainDate(), hours.to, calendar.timezone), until, calendar);
  }
}
