/** Where in the selling year a day lies. By quarters, because targets are set by quarter: their last month is unlike their first. */

const { floor, max, min } = Math;

/** First, second or last month of the quarter: 0, 1 or 2. */
export const PARTS = 3;

/** The days from 1970 to 2169; earlier and later ones count as the first and the last of them. */
const DAYS = 73_050;

let read: Uint8Array | null = null;

/** The calendar as a table, made once: of each day its part of the quarter. */
function parts(): Uint8Array {
  if (read) return read;
  read = new Uint8Array(DAYS);
  for (let month = 0, day = 0; day < DAYS; month++) {
    const end = min(Date.UTC(1970, month + 1, 1) / 86_400_000, DAYS);
    for (; day < end; day++) read[day] = month % PARTS;
  }
  return read;
}

/** The part of its quarter a day lies in, counted from 1970-01-01. */
export const partOf = (day: number): number => parts()[min(DAYS - 1, max(0, floor(day)))]!;
