import { minorDigits, type Money } from '@coxswain/sales-process';

/** How texts of a file become values. Each answers null where the text cannot be read. */

const DAY_MS = 86_400_000;
const NOON_MS = 12 * 3_600_000;
const EARLIEST = Date.UTC(1900, 0, 1);
const LATEST = Date.UTC(2200, 0, 1);

const ISO = /^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?\s*(Z|[+-]\d{2}:?\d{2})?)?$/;

/** A date as written: its local time in ms as if it were UTC, whether a time of day was written, and its offset where it names one. */
interface WrittenDate {
  readonly local: number;
  readonly timed: boolean;
  readonly offsetMs: number | null;
}

/** Reads dates as one map writes them. Years from 1900 to 2199. */
export class Dates {
  private readonly written: { readonly pattern: RegExp; readonly parts: readonly string[] } | null;

  constructor(
    format: string | null,
    private readonly timezone: string,
  ) {
    this.written = format === null ? null : patternOf(format);
  }

  /** The instant, as ISO 8601 in UTC. A day without a time is its noon in the time zone; without an offset it is local there. */
  instant(text: string): string | null {
    const date = this.read(text);
    return date && this.inUtc(date, date.timed ? date.local : date.local + NOON_MS);
  }

  /** The first instant that may be meant: a day without a time begins at midnight. */
  earliest(text: string): string | null {
    const date = this.read(text);
    return date && this.inUtc(date, date.local);
  }

  /** The day as it is written, `YYYY-MM-DD`. */
  day(text: string): string | null {
    const date = this.read(text);
    return date ? new Date(date.local).toISOString().slice(0, 10) : null;
  }

  private inUtc({ offsetMs }: WrittenDate, local: number): string {
    return new Date(offsetMs === null ? utcOf(local, this.timezone) : local - offsetMs).toISOString();
  }

  private read(text: string): WrittenDate | null {
    const iso = ISO.exec(text);
    if (iso) {
      const [, year, month, day, hour, minute, second, fraction, offset] = iso;
      return dateOf({ year, month, day, hour, minute, second, fraction }, offset);
    }
    const match = this.written?.pattern.exec(text);
    if (!match) return null;
    const at = (part: string): string | undefined => match[this.written!.parts.indexOf(part) + 1];
    const timed = this.written!.parts.includes('HH');
    return dateOf({
      year: at('YYYY'),
      month: at('MM'),
      day: at('DD'),
      ...(timed && { hour: at('HH'), minute: at('mm'), second: at('ss') }),
    });
  }
}

/** `MM/DD/YYYY` as a pattern: months and days may lack their zero. */
function patternOf(format: string): { pattern: RegExp; parts: readonly string[] } {
  const parts: string[] = [];
  const pattern = format.replace(/YYYY|MM|DD|HH|mm|ss|[-/. :T]/g, (part) => {
    if (part.length === 1) return part === '.' ? '\\.' : part;
    // The first of each part counts, so a part written twice must only have the same form.
    parts.push(part);
    return part === 'YYYY' ? '(\\d{4})' : '(\\d{1,2})';
  });
  return { pattern: new RegExp(`^${pattern}$`), parts };
}

function dateOf(
  parts: Readonly<Partial<Record<'year' | 'month' | 'day' | 'hour' | 'minute' | 'second' | 'fraction', string | undefined>>>,
  offset?: string,
): WrittenDate | null {
  const [year, month, day, hour, minute, second] = [
    parts.year,
    parts.month,
    parts.day,
    parts.hour,
    parts.minute,
    parts.second,
  ].map((part) => Number(part ?? 0)) as [number, number, number, number, number, number];
  const midnight = Date.UTC(year, month - 1, day);
  if (midnight < EARLIEST || midnight >= LATEST || hour > 23 || minute > 59 || second > 59) return null;
  // 31 February would silently become 3 March.
  if (new Date(midnight).getUTCDate() !== day || new Date(midnight).getUTCMonth() !== month - 1) return null;
  const ms = Number((parts.fraction ?? '').slice(0, 3).padEnd(3, '0'));
  return {
    local: midnight + ((hour * 60 + minute) * 60 + second) * 1000 + ms,
    timed: parts.hour !== undefined,
    offsetMs: offset === undefined ? null : offsetOf(offset),
  };
}

function offsetOf(offset: string): number {
  if (offset === 'Z') return 0;
  const [hours, minutes] = [Number(offset.slice(1, 3)), Number(offset.slice(-2))];
  return (offset.startsWith('-') ? -1 : 1) * (hours * 60 + minutes) * 60_000;
}

const clocks = new Map<string, Intl.DateTimeFormat>();

/** The instant of a local time; an hour that is skipped in spring is the hour after it. */
function utcOf(local: number, timezone: string): number {
  if (timezone === 'UTC') return local;
  const first = local - offsetAt(local, timezone);
  return local - offsetAt(first, timezone);
}

const QUARTER_MS = 900_000;
const MOST_OFFSETS = 10_000;
const offsets = new Map<string, number>();

/** How far local time is ahead of UTC, in ms. It changes only at a quarter of an hour, and working it out anew for each row is slow. */
function offsetAt(instant: number, timezone: string): number {
  const quarter = `${timezone} ${Math.floor(instant / QUARTER_MS)}`;
  const known = offsets.get(quarter);
  if (known !== undefined) return known;
  if (offsets.size >= MOST_OFFSETS) offsets.clear();
  const offset = workedOut(Math.floor(instant / QUARTER_MS) * QUARTER_MS, timezone);
  offsets.set(quarter, offset);
  return offset;
}

function workedOut(instant: number, timezone: string): number {
  const known = clocks.get(timezone);
  const clock =
    known ??
    new Intl.DateTimeFormat('en-US', {
      timeZone: timezone,
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    });
  if (!known) clocks.set(timezone, clock);
  const parts = Object.fromEntries(clock.formatToParts(instant).map(({ type, value }) => [type, Number(value)])) as Record<
    string,
    number
  >;
  const shown = Date.UTC(parts.year!, parts.month! - 1, parts.day, parts.hour, parts.minute, parts.second);
  return shown - instant;
}

export function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en-US', { timeZone: name }).format(0);
    return true;
  } catch {
    return false;
  }
}

/** A day written `YYYY-MM-DD` as its number since 1970; null when there is no such day. */
export function dayOf(text: string): number | null {
  const day = new Dates(null, 'UTC').day(text);
  return day === text ? Date.parse(`${text}T00:00:00Z`) / DAY_MS : null;
}

/** A number as written, like `-1,234.50`: its sign, digits and decimals. Groups of three may be set apart. */
function digitsOf(text: string, decimal: '.' | ','): { negative: boolean; whole: string; decimals: string } | null {
  const group = decimal === '.' ? ',' : '.';
  const [point, apart] = [`\\${decimal}`, `[\\${group}' \u00a0\u202f]`];
  const match = new RegExp(`^([-+]?)(\\d{1,3}(?:${apart}\\d{3})+|\\d{1,18})(?:${point}(\\d{1,18}))?$`).exec(text.trim());
  if (!match) return null;
  return { negative: match[1] === '-', whole: match[2]!.replace(/\D/g, ''), decimals: match[3] ?? '' };
}

export function readNumber(text: string, decimal: '.' | ','): number | null {
  const digits = digitsOf(text, decimal);
  if (!digits) return null;
  const number = Number(`${digits.negative ? '-' : ''}${digits.whole}.${digits.decimals || '0'}`);
  return Math.abs(number) <= Number.MAX_SAFE_INTEGER ? number : null;
}

/** What stands before or after an amount: the currencies it can mean. */
const SIGNS: Readonly<Record<string, RegExp>> = {
  '€': /^EUR$/,
  '£': /^GBP$/,
  $: /^(?:...?D|MXN|CLP|COP|ARS)$/,
  '¥': /^(?:JPY|CNY)$/,
};

/**
 * Major units, like `1,234.50`, as minor units. The sign or code of a currency may stand around it, but not that of another one.
 * More decimals than the currency has are unreadable, not rounded; so are exactly three, which are rather thousands set apart by the other sign.
 */
export function readMoney(text: string, currency: string, decimal: '.' | ','): Money | null {
  const match = /^([-+]?)\s*([A-Z]{3}|[$€£¥])?\s*([-+]?[\d., '\u00a0\u202f]*?)\s*([A-Z]{3}|[$€£¥])?$/.exec(text.trim());
  if (!match) return null;
  const [, sign, before, amount, after] = match;
  for (const named of [before, after])
    if (named !== undefined && named !== currency && !SIGNS[named]?.test(currency)) return null;
  const digits = digitsOf(`${sign}${amount}`, decimal);
  if (!digits) return null;
  const places = minorDigits(currency);
  const beyond = digits.decimals.slice(places);
  if (/[^0]/.test(beyond) || (beyond !== '' && digits.decimals.length === 3)) return null;
  const minor = Number(digits.whole + digits.decimals.slice(0, places).padEnd(places, '0'));
  return Number.isSafeInteger(minor) ? { minor: digits.negative && minor !== 0 ? -minor : minor, currency } : null;
}

const YES = new Set(['yes', 'true', 'y', '1', 'x']);
const NO = new Set(['no', 'false', 'n', '0']);

export function readYesNo(text: string): boolean | null {
  const word = text.trim().toLowerCase();
  return YES.has(word) ? true : NO.has(word) ? false : null;
}
