/** One row of a file, or one event of a log, as texts by column. */
export interface SourceRow {
  /** The line of the file it begins on, from 1. */
  readonly line: number;
  readonly cells: Readonly<Record<string, string>>;
  /** Why the row cannot be used at all; null for a good one. */
  readonly wrong: RowProblem | null;
}

export interface RowProblem {
  /** A stable word for programs: `unreadable-date`. */
  readonly code: string;
  /** In plain words. */
  readonly say: string;
  /** The column it stands in, where it stands in one. */
  readonly column?: string | null;
  /** What stands there. */
  readonly value?: string | null;
}

/** The longest text of one cell, in characters. */
export const LONGEST_CELL = 10_000;

/** A long text of the file, cut for a message. */
export const shown = (text: string): string => `"${cut(text)}"`;

export const cut = (text: string): string => (text.length > 60 ? `${text.slice(0, 60)}…` : text);
