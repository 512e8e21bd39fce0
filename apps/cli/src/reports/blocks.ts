/** What a report is made of, whether it is read in the terminal or on a page. Words and figures are ready to be read; plots are drawn where they are shown. */

/** A part of a report under one title; the first line of the report has none. */
export interface Section {
  readonly title: string | null;
  /** Sentences, and tables. */
  readonly parts: readonly (string | Table)[];
}

export interface Table {
  readonly head: readonly string[];
  readonly rows: readonly (readonly Cell[])[];
  /** What is not shown of the rows, and where it is; empty when nothing is left out. */
  readonly more: string;
}

/** A figure, a text of one line, or a plot. */
export type Cell = string | number | Plot;

export type Plot = Bar | Range | Trend | Step;

/** Lengths one after the other, the darkest first, to the scale of `most`. */
export interface Bar {
  readonly plot: 'bar';
  /** At most four, 0 or more. */
  readonly lengths: readonly number[];
  readonly most: number;
}

/** A figure within its interval, on a scale from 0 to `most`. */
export interface Range {
  readonly plot: 'range';
  readonly low: number;
  readonly middle: number;
  readonly high: number;
  readonly most: number;
}

/** Figures in their order, from 0 to `most`; null is not known. */
export interface Trend {
  readonly plot: 'trend';
  readonly points: readonly (number | null)[];
  readonly most: number;
}

/** A length from one place to another, on a scale from 0 to `most`: a step of a bridge; `to` below `from` goes down. */
export interface Step {
  readonly plot: 'step';
  readonly from: number;
  readonly to: number;
  readonly most: number;
}

export const isPlot = (cell: Cell): cell is Plot => typeof cell === 'object';

export const section = (title: string | null, ...parts: Section['parts']): Section => ({ title, parts });

export const tableOf = (head: readonly string[], rows: Table['rows'], more = ''): Table => ({ head, rows, more });

export const bar = (lengths: readonly number[], most: number): Bar => ({ plot: 'bar', lengths, most });
export const range = (low: number, middle: number, high: number, most: number): Range => ({
  plot: 'range',
  low,
  middle,
  high,
  most,
});
export const step = (from: number, to: number, most: number): Step => ({ plot: 'step', from, to, most });
export const trend = (points: readonly (number | null)[], most = Math.max(0, ...points.map((point) => point ?? 0))): Trend => ({
  plot: 'trend',
  points,
  most,
});

/** The first of a list, and how many more of `total` there are; JSON holds the whole list, which may itself be the first of them. */
export function first<T>(
  list: readonly T[],
  most = 12,
  total = list.length,
): { readonly shown: readonly T[]; readonly more: string } {
  const left = total - most;
  const inJson = list.length < total ? `the first ${list.length.toLocaleString('en')}` : 'them all';
  return { shown: list.slice(0, most), more: left > 0 ? `and ${left.toLocaleString('en')} more; --json has ${inJson}` : '' };
}
