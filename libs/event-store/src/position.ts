const DIGITS = 16;

/** The text of the nth place in the log: zero-padded, so that text order is log order. */
export function toPosition(place: number): string {
  return String(place).padStart(DIGITS, '0');
}

/** The place a position names; 0, before the first event, for undefined. Throws `RangeError` for text that is no position. */
export function fromPosition(position: string | undefined): number {
  if (position === undefined) return 0;
  if (!/^\d{16}$/.test(position)) throw new RangeError(`"${position.slice(0, 40)}" is not a position of this log`);
  return Number(position);
}
