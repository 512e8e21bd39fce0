const DIGITS = 16;

/** The text of the nth place in the log: zero-padded, so that text order is log order. */
export function toPosition(place: number): string {
  return String(place).padStart(DIGITS, '0');
}

/** True for text of the form that positions of a log have: 16 digits, a place that can be counted to. */
export const isPosition = (text: string): boolean => /^\d{16}$/.test(text) && Number.isSafeInteger(Number(text));

/** The place a position names; 0, before the first event, for undefined. Throws `RangeError` for text that is no position. */
export function fromPosition(position: string | undefined): number {
  if (position === undefined) return 0;
  if (!isPosition(position)) throw new RangeError(`"${position.slice(0, 40)}" is not a position of this log`);
  return Number(position);
}
