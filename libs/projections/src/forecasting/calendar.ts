/** Where in the selling year a day lies. By quarters, because targets are set by quarter: their last month is unlike their first. */

const { floor, max, min } = Math;

/** First, second or last month of the quarter: 0, 1 or 2. */
export const PARTS = 3;

/** The days from 1970 to 2169; earlier and later ones count as the first and the last of them. */
const DAYS = 73_050;

interface Months {
  readonly parts: Uint8Array;
  readonly ends: Int32Array;
}

let read: Months | null = null;

/** The calendar as a table, made once: of each day its part of the quarter, and the first day of the month after. */
function months(): Months {
  if (read) return read;
  const parts = new Uint8Array(DAYS);
  const ends = new Int32Array(DAYS);
  for (let month = 0, day = 0; day < DAYS; month++) {
    const end = Date.UTC(1970, month + 1, 1) / 86_400_000;
    for (; day < min(end, DAYS); day++) {
      parts[day] = month % PARTS;
      ends[day] = end;
    }
  }
  return (read = { parts, ends });
}

const placeOf = (day: number): number => min(DAYS - 1, max(0, floor(day)));

/** The part of its quarter a day lies in, in UTC. */
export const partOf = (day: number): number => months().parts[placeOf(day)]!;

/** The part of the quarter lasts until this day. */
export const partEnds = (day: number): number => (day >= DAYS - 1 || day < 0 ? floor(day) + 1 : months().ends[placeOf(day)]!);
