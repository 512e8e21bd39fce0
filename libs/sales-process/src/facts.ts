import { nearest } from './nearest.js';
import type { Field, SalesProcess } from './process.js';

/** A recorded value on a deal. Money in minor units (cents) of its currency; a date as `YYYY-MM-DD`. */
export type FactValue = string | number | boolean | Money;

export interface Money {
  /** A whole number of the smallest unit of the currency. */
  readonly minor: number;
  /** ISO 4217. */
  readonly currency: string;
}

const digitsOf = new Map<string, number>();

/** How many digits after the point a currency has: 2 for EUR, 0 for JPY. Throws RangeError for what is no currency code. */
export function minorDigits(currency: string): number {
  let digits = digitsOf.get(currency);
  if (digits === undefined) {
    digits = new Intl.NumberFormat('en', { style: 'currency', currency }).resolvedOptions().maximumFractionDigits ?? 2;
    digitsOf.set(currency, digits);
  }
  return digits;
}

/** Facts by field name. */
export type Facts = Readonly<Record<string, FactValue>>;

/** Facts as somebody hands them in; null takes a fact back. */
export type FactInputs = Readonly<Record<string, FactValue | null>>;

const LONGEST_TEXT = 10_000;

/** What is wrong with facts handed in, one entry for each field that does not fit the process; empty when all fit. */
export function factProblems(
  process: SalesProcess,
  facts: FactInputs,
): readonly { readonly field: string; readonly say: string }[] {
  return Object.entries(facts).flatMap(([name, value]) => {
    const field = Object.hasOwn(process.fields, name) ? process.fields[name] : undefined;
    if (!field) {
      const meant = nearest(name, Object.keys(process.fields));
      return [{ field: name, say: `The process has no field "${name}"${meant ? `: did you mean "${meant}"?` : '.'}` }];
    }
    const wrong = value === null ? null : misfit(field, value, process.currency);
    return wrong ? [{ field: name, say: `${field.label} ${wrong}.` }] : [];
  });
}

function misfit(field: Field, value: FactValue, currency: string): string | null {
  switch (field.type) {
    case 'text':
      if (typeof value !== 'string') return 'must be a text';
      return value.trim() === '' || value.length > LONGEST_TEXT ? `must have 1 to ${LONGEST_TEXT} characters` : null;
    case 'yesno':
      return typeof value === 'boolean' ? null : 'must be true or false';
    case 'number':
      if (typeof value !== 'number' || !Number.isFinite(value)) return 'must be a number';
      if (field.min !== undefined && value < field.min) return `must be at least ${field.min}`;
      return field.max !== undefined && value > field.max ? `must be at most ${field.max}` : null;
    case 'choice':
      return typeof value === 'string' && field.of.includes(value) ? null : `must be one of ${field.of.join(', ')}`;
    case 'date':
      return typeof value === 'string' && isDate(value) ? null : 'must be a date like 2026-03-31';
    case 'money':
      if (typeof value !== 'object' || !Number.isSafeInteger(value.minor) || typeof value.currency !== 'string')
        return `must be money, like {"minor": 1250000, "currency": "${currency}"} for 12,500.00`;
      return value.currency === currency ? null : `must be in ${currency}, the currency of the process`;
  }
}

function isDate(text: string): boolean {
  const day = /^\d{4}-\d{2}-\d{2}$/.test(text) ? new Date(`${text}T00:00:00Z`) : null;
  return day !== null && !Number.isNaN(day.getTime()) && day.toISOString().startsWith(text);
}

/** Facts after some were recorded and some taken back. */
export function withFacts(facts: Facts, changes: FactInputs): Facts {
  return Object.fromEntries(
    Object.entries({ ...facts, ...changes }).filter((entry): entry is [string, FactValue] => entry[1] !== null),
  );
}

/** Only those inputs that say something new. */
export function newFacts(facts: Facts, inputs: FactInputs): FactInputs {
  return Object.fromEntries(Object.entries(inputs).filter(([name, value]) => !sameFact(facts[name] ?? null, value)));
}

export function sameFact(a: FactValue | null, b: FactValue | null): boolean {
  if (typeof a === 'object' && a !== null && typeof b === 'object' && b !== null)
    return a.minor === b.minor && a.currency === b.currency;
  return a === b;
}
