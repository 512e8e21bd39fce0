/**
 * An import map: how another system's file is read as the past of deals. Made by `readImportMap`, where everything that may be left out is filled in.
 */
export interface ImportMap {
  /** The id of the process the deals come in under. */
  readonly process: string;
  readonly format: 'csv' | 'xes';
  /** What one row is: a deal with the stage it stands in, or one event of a deal. A XES file always has events. */
  readonly rows: 'deals' | 'events';
  /** Rows of one deal stand together, so that a CSV file of events need not be sorted first. A XES file always has them together. */
  readonly grouped: boolean;
  /** The column with the deal's id. */
  readonly id: string;
  /** The time zone of dates without one. A day without a time of day is taken as its noon there. */
  readonly timezone: string;
  /** How dates are written, like `MM/DD/YYYY`; null for ISO 8601, which is always understood. */
  readonly dates: string | null;
  /** The sign before the decimals of a number. */
  readonly decimal: '.' | ',';
  /** ISO 4217: the currency of amounts that do not name one. */
  readonly currency: string;
  readonly encoding: string;
  /** The sign between two columns; null: the one that the header has most of, among comma, semicolon and tab. */
  readonly delimiter: string | null;
  /** The day (YYYY-MM-DD) of deals and events without any date; null: they are rejected. */
  readonly undated: string | null;
  readonly lookups: Readonly<Record<string, LookupMap>>;
  /** Corrections by column: what is written, and what is meant. */
  readonly spelling: Spelling;
  readonly deal: DealMap;
  /** Exactly for `rows: deals`. */
  readonly states: StatesMap | null;
  /** Exactly for `rows: events`. */
  readonly events: EventsMap | null;
}

export type Spelling = Readonly<Record<string, Readonly<Record<string, string>>>>;

/** Another CSV file beside the imported one, joined by a column. */
export interface LookupMap {
  /** A plain file name: it is looked for beside the imported file. */
  readonly file: string;
  /** The column that the imported file's values are looked up in. */
  readonly key: string;
  readonly spelling: Spelling;
  /** What happens to a row whose value is not listed: it is rejected, or comes in without what would have been looked up. */
  readonly missing: 'reject' | 'warn';
}

/** Where one value comes from, and what it is. */
export interface ValueMap {
  /** The column; null where the value is always the same. */
  readonly column: string | null;
  /** The value where there is no column, or nothing in it. */
  readonly otherwise: string | null;
  /** The lookup in which the column's text must stand. */
  readonly lookup: string | null;
  /** The column of the lookup that is taken instead of the text. */
  readonly take: string | null;
  readonly as: ValueType;
  readonly currency: string | null;
  /** What the texts of the column mean; a text that is not named is taken as it is. */
  readonly values: Readonly<Record<string, string>>;
  /** Whether a row without it is worth a warning. */
  readonly expected: boolean;
}

export const VALUE_TYPES = ['text', 'money', 'number', 'date', 'yesno'] as const;
export type ValueType = (typeof VALUE_TYPES)[number];

/** How a deal begins. */
export interface DealMap {
  /** The columns with the date it was captured on, the first that has one; for events the deal begins with the first of them. */
  readonly at: readonly string[];
  /** Who captured it; the owner where this is not said. */
  readonly by: ValueMap | null;
  readonly owner: ValueMap;
  readonly team: ValueMap | null;
  readonly account: ValueMap | null;
  readonly origin: ValueMap;
  readonly facts: Readonly<Record<string, ValueMap>>;
}

/** Which steps follow from the stage that a deal stands in. */
export interface StatesMap {
  readonly column: string;
  readonly steps: Readonly<Record<string, readonly StateStepMap[]>>;
}

export interface StateStepMap {
  /** The parallel track within which the step goes on; none where the deal changes its stage. */
  readonly track?: string;
  readonly to: string;
  readonly at: string;
  readonly facts: Readonly<Record<string, ValueMap>>;
}

export interface EventsMap {
  /** The column that says what happened. */
  readonly activity: string;
  readonly at: string;
  readonly by: ValueMap;
  /** The column that becomes the note of an activity. */
  readonly note: string | null;
  /** The activity that is itself the capture where a deal begins with it; null: the capture is written beside the first event. */
  readonly begins: string | null;
  readonly steps: Readonly<Record<string, EventStepMap>>;
}

export type EventStepMap = { readonly facts: Readonly<Record<string, ValueMap>> } & (
  | { readonly kind: 'stage'; readonly to: string }
  | { readonly kind: 'track'; readonly track: string; readonly to: string }
  | { readonly kind: 'activity'; readonly activity: string }
  | { readonly kind: 'facts' }
  | { readonly kind: 'ignore' }
);
