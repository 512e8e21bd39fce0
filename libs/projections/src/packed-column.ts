/**
 * A list of numbers in as few bytes as they need: each is stored as its distance from the smallest, counted in a unit that
 * all of them are multiples of, in one, two, four or (where nothing smaller holds it exactly) eight bytes.
 */
export interface PackedColumn {
  readonly length: number;
  at(index: number): number;
}

/** The units tried, the largest first: a day, an hour, a minute and a second in milliseconds. */
const UNITS = [86_400_000, 3_600_000, 60_000, 1_000] as const;
const HEADER_BYTES = 8 + 8 + 4 + 4;

type Numbers = Uint8Array | Uint16Array | Uint32Array | Float64Array;

class Packed implements PackedColumn {
  readonly length: number;

  constructor(
    readonly base: number,
    readonly unit: number,
    readonly numbers: Numbers,
  ) {
    this.length = numbers.length;
  }

  at(index: number): number {
    return this.base + this.unit * this.numbers[index]!;
  }
}

/** Packs the first `length` of the values. Finite numbers only; what comes out is exactly what went in. */
export function pack(values: ArrayLike<number>, length: number): PackedColumn {
  let [least, most, whole] = [Infinity, -Infinity, true];
  for (let index = 0; index < length; index++) {
    const value = values[index]!;
    if (value < least) least = value;
    if (value > most) most = value;
    if (!Number.isSafeInteger(value)) whole = false;
  }
  if (length === 0) return new Packed(0, 1, new Uint8Array());
  if (!whole)
    return new Packed(
      0,
      1,
      Float64Array.from({ length }, (_, index) => values[index]!),
    );
  const unit = UNITS.find((one) => everyMultipleOf(one, values, length, least)) ?? 1;
  const span = Number.isSafeInteger(most - least) ? (most - least) / unit : Infinity;
  const numbers =
    span <= 0xff
      ? new Uint8Array(length)
      : span <= 0xffff
        ? new Uint16Array(length)
        : span <= 0xffff_ffff
          ? new Uint32Array(length)
          : null;
  if (!numbers)
    return new Packed(
      0,
      1,
      Float64Array.from({ length }, (_, index) => values[index]!),
    );
  for (let index = 0; index < length; index++) numbers[index] = (values[index]! - least) / unit;
  return new Packed(least, unit, numbers);
}

function everyMultipleOf(unit: number, values: ArrayLike<number>, length: number, base: number): boolean {
  for (let index = 0; index < length; index++) if ((values[index]! - base) % unit !== 0) return false;
  return true;
}

/** Writes all values of a column into a list that is long enough: several times as fast as asking for each. */
export function unpack(column: PackedColumn, into: Float64Array): void {
  const { base, unit, numbers } = column as Packed;
  // A loop of its own for each kind of list, so that each is compiled for that kind alone.
  if (numbers instanceof Uint8Array) unpackBytes(numbers, base, unit, into);
  else if (numbers instanceof Uint16Array) unpackShorts(numbers, base, unit, into);
  else if (numbers instanceof Uint32Array) unpackWords(numbers, base, unit, into);
  else into.set(numbers);
}

function unpackBytes(numbers: Uint8Array, base: number, unit: number, into: Float64Array): void {
  for (let index = 0; index < numbers.length; index++) into[index] = base + unit * numbers[index]!;
}
function unpackShorts(numbers: Uint16Array, base: number, unit: number, into: Float64Array): void {
  for (let index = 0; index < numbers.length; index++) into[index] = base + unit * numbers[index]!;
}
function unpackWords(numbers: Uint32Array, base: number, unit: number, into: Float64Array): void {
  for (let index = 0; index < numbers.length; index++) into[index] = base + unit * numbers[index]!;
}

/** How many bytes `write` takes. */
export const bytesOf = (column: PackedColumn): number => {
  const { numbers } = column as Packed;
  return HEADER_BYTES + padded(numbers.byteLength);
};

/** Writes a column (its numbers at a multiple of 8, in the byte order of this kind of machine) and answers where it ends. */
export function write(column: PackedColumn, bytes: Uint8Array, offset: number): number {
  const { base, unit, numbers } = column as Packed;
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  view.setFloat64(offset, base, true);
  view.setFloat64(offset + 8, unit, true);
  view.setUint32(offset + 16, numbers.length, true);
  view.setUint32(offset + 20, numbers.BYTES_PER_ELEMENT, true);
  bytes.set(new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength), offset + HEADER_BYTES);
  return offset + HEADER_BYTES + padded(numbers.byteLength);
}

/** Reads a column into a list of its own, so that the bytes can go, and answers where it ends. Throws `RangeError` for what no `write` wrote. */
export function read(bytes: Uint8Array, offset: number): { readonly column: PackedColumn; readonly end: number } {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const [base, unit] = [view.getFloat64(offset, true), view.getFloat64(offset + 8, true)];
  const [length, width] = [view.getUint32(offset + 16, true), view.getUint32(offset + 20, true)];
  const start = offset + HEADER_BYTES;
  const end = start + padded(length * width);
  const List = { 1: Uint8Array, 2: Uint16Array, 4: Uint32Array, 8: Float64Array }[width];
  if (!List || end > bytes.byteLength) throw new RangeError('this is no packed column');
  // Not `slice`, which of a Buffer is a view and no copy.
  const numbers = new List(length);
  new Uint8Array(numbers.buffer).set(bytes.subarray(start, start + length * width));
  return { column: new Packed(base, unit, numbers), end };
}

const padded = (bytes: number): number => Math.ceil(bytes / 8) * 8;
