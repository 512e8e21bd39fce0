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
 * @throws RangeError when the calendar has no open hours for ten years on end
 */
export function limitDue(limit: Limit['time'], startedAt: string, calendar: Calendar): string {
  const start = Temporal.Instant.from(startedAt).toZonedDateTimeISO(calendar.timezone);
  switch (limit.unit) {
    case 'hours':
      return iso(start.add({ seconds: Math.round(limit.amount * 3600) }));
    case 'days':
      return iso(start.add({ days: limit.amount }));
    case 'working days':
      return iso(afterWorkingDays(start, limit.amount, calendar));
    case 'working hours':
      return iso(afterWorkingMinutes(start, Math.round(limit.amount * 60), calendar));
  }
}

/** What of a process decides when time counts. */
export type Calendar = Pick<SalesProcess, 'timezone' | 'workingHours' | 'holidays'>;

type Zoned = Temporal.ZonedDateTime;

const LONGEST_CLOSURE_DAYS = 3653;

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

function nextWorkedDay(day: Temporal.PlainDate, calendar: Calendar): Temporal.PlainDate {
  let next = day;
  for (let looked = 0; looked < LONGEST_CLOSURE_DAYS; looked++) {
    next = next.add({ days: 1 });
    if (openHours(next, calendar).length > 0) return next;
  }
  throw new RangeError('the calendar of the process has no open hours for ten years on end');
}

/** This moment when it is open, else the next opening. */
function nextOpenMoment(moment: Zoned, calendar: Calendar): Zoned {
  const day = moment.toPlainDate();
  const minute = minuteOfDay(moment);
  const hours = openHours(day, calendar).find(({ to }) => minute < to);
  if (hours) return minute >= hours.from ? moment : at(day, hours.from, calendar.timezone);
  const next = nextWorkedDay(day, calendar);
  return at(next, openHours(next, calendar)[0]!.from, calendar.timezone);
}

function afterWorkingDays(start: Zoned, days: number, calendar: Calendar): Zoned {
  const opening = nextOpenMoment(start, calendar);
  let day = opening.toPlainDate();
  for (let counted = 0; counted < days; counted++) day = nextWorkedDay(day, calendar);
  const closing = openHours(day, calendar).at(-1)!.to;
  return minuteOfDay(opening) <= closing
    ? day.toZonedDateTime({ timeZone: calendar.timezone, plainTime: opening.toPlainTime() })
    : at(day, closing, calendar.timezone);
}

function afterWorkingMinutes(start: Zoned, minutes: number, calendar: Calendar): Zoned {
  let moment = nextOpenMoment(start, calendar);
  let left = minutes;
  for (;;) {
    const minute = minuteOfDay(moment);
    const hours = openHours(moment.toPlainDate(), calendar).find(({ from, to }) => from <= minute && minute < to)!;
    const untilClosing = hours.to - minute;
    if (left <= untilClosing) return moment.add({ milliseconds: Math.round(left * 60_000) });
    left -= untilClosing;
    moment = nextOpenMoment(at(moment.toPlainDate(), hours.to, calendar.timezone), calendar);
  }
}

function iso(moment: Zoned): string {
  return new Date(moment.epochMilliseconds).toISOString();
}
