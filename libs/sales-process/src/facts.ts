/** A recorded value on a deal. Money in minor units (cents) of its currency; a date as `YYYY-MM-DD`. */
export type FactValue = string | number | boolean | Money;

export interface Money {
  /** A whole number of the smallest unit of the currency. */
  readonly minor: number;
  /** ISO 4217. */
  readonly currency: string;
}

/** Facts by field name. */
export type Facts = Readonly<Record<string, FactValue>>;
