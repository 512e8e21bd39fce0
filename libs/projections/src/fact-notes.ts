import { minorDigits, type Field, type FactValue } from '@coxswain/sales-process';
import { instantIn } from './deal-entry.js';
import { grown } from './growing.js';
import { asDealEvent, dealOfStream, type LoggedEvent } from './projection.js';

/** One value that was recorded. */
export interface FactNote {
  readonly field: string;
  /** The value as text, cut after 60 characters; null where the fact was taken back. */
  readonly value: string | null;
  readonly by: string;
  readonly occurredMs: number;
  readonly recordedMs: number;
}

const MOST_CHARACTERS = 60;
const NO_NOTE = 0xffff_ffff;
const TAKEN_BACK = 0xffff_ffff;

/**
 * Every value that was recorded of some deals, as columns. Read from the log when it is asked for and then let go: what describes a
 * living person is kept in the record alone.
 */
export class FactNotes {
  private readonly firstOf = new Map<string, number>();
  private readonly lastOf = new Map<string, number>();
  private readonly texts: string[] = [];
  private readonly textNumbers = new Map<string, number>();
  private size = 0;
  private next = new Uint32Array(64);
  private fields = new Uint32Array(64);
  private values = new Uint32Array(64);
  private people = new Uint32Array(64);
  private occurred = new Float64Array(64);
  private recorded = new Float64Array(64);

  /** Takes the values of an event of a deal; others mean nothing here. Throws `UnknownEvent` as every fold does. */
  add(logged: LoggedEvent): void {
    const deal = dealOfStream(logged.stream);
    if (deal === null || (logged.type !== 'OpportunityCaptured' && logged.type !== 'FactsRecorded')) return;
    const event = asDealEvent(logged);
    if (event.type !== 'OpportunityCaptured' && event.type !== 'FactsRecorded') return;
    const { facts, by, occurredAt } = event.data;
    for (const [field, value] of Object.entries(facts)) this.note(deal, field, value, by, occurredAt, event.recordedAt);
  }

  /** Of one deal, in the order of the record. */
  *of(deal: string): Generator<FactNote> {
    for (let at = this.firstOf.get(deal) ?? NO_NOTE; at !== NO_NOTE; at = this.next[at]!) {
      const value = this.values[at]!;
      yield {
        field: this.texts[this.fields[at]!]!,
        value: value === TAKEN_BACK ? null : this.texts[value]!,
        by: this.texts[this.people[at]!]!,
        occurredMs: this.occurred[at]!,
        recordedMs: this.recorded[at]!,
      };
    }
  }

  private note(deal: string, field: string, value: FactValue | null, by: string, occurredAt: string, recordedAt: string): void {
    const at = this.size++;
    this.next = grown(this.next, at);
    this.fields = grown(this.fields, at);
    this.values = grown(this.values, at);
    this.people = grown(this.people, at);
    this.occurred = grown(this.occurred, at);
    this.recorded = grown(this.recorded, at);
    this.next[at] = NO_NOTE;
    this.fields[at] = this.numberOf(field);
    this.values[at] = value === null ? TAKEN_BACK : this.numberOf(textOfFact(value));
    this.people[at] = this.numberOf(by);
    this.occurred[at] = instantIn(occurredAt);
    this.recorded[at] = instantIn(recordedAt);
    const last = this.lastOf.get(deal);
    if (last === undefined) this.firstOf.set(deal, at);
    else this.next[last] = at;
    this.lastOf.set(deal, at);
  }

  private numberOf(text: string): number {
    let number = this.textNumbers.get(text);
    if (number === undefined) this.textNumbers.set(text, (number = this.texts.push(text) - 1));
    return number;
  }
}

/** `12500 EUR` for money in minor units, cut after 60 characters. */
function textOfFact(value: FactValue): string {
  const text = typeof value === 'object' ? `${value.minor} ${value.currency}` : String(value);
  return text.length > MOST_CHARACTERS ? `${text.slice(0, MOST_CHARACTERS)}…` : text;
}

const PLACEHOLDER_WORDS: ReadonlySet<string> = new Set([
  'tbd',
  'tba',
  'tbc',
  'todo',
  'to do',
  'to be defined',
  'to be determined',
  'n/a',
  'na',
  'n.a.',
  'nn',
  'n.n.',
  'none',
  'null',
  'nil',
  'unknown',
  'test',
  'asdf',
  'qwerty',
  'qwertz',
  'abc',
  'dummy',
  'placeholder',
  'foo',
  'later',
  'no idea',
]);
/** One sign alone, or the same one over and over; or no letter and no digit at all. */
const ONE_SIGN = /^(.)\1*$/su;
const NO_WORD = /^[^\p{L}\p{N}]+$/u;
const NINES = /^9{3,}$/;
const COUNTED_UP = /^1234?5?6?7?8?9?$/;
const ONES = /^1{3,}$/;

/**
 * Whether a value, as `FactNotes` tells it, looks like one that was typed to get past a gate. Of a text: one sign, the same sign over and
 * over, no letter at all, or a word such as "tbd". Of a number, or whole units of money: 1, all nines or all ones from three digits on,
 * 123 and so on; but a number that has a least and a most (a score, per cents) may well be 1. Of a date: before 1971 or after 2089. Choices and yes-or-no have no such values.
 */
export function looksLikePlaceholder(value: string, field: PlaceholderField): boolean {
  switch (field.type) {
    case 'text': {
      const said = value.trim().toLowerCase();
      return said === '' || ONE_SIGN.test(said) || NO_WORD.test(said) || PLACEHOLDER_WORDS.has(said) || isTypedNumber(said);
    }
    case 'number':
      return isTypedNumber(value) && !(value === '1' && field.min !== undefined && field.max !== undefined);
    case 'money': {
      const [minor = '', currency = 'EUR'] = value.split(' ');
      return isTypedNumber(String(Number(minor) / 10 ** minorDigits(currency)));
    }
    case 'date':
      return value < '1971' || value >= '2090';
    case 'choice':
    case 'yesno':
      return false;
  }
}

/** What of a field counts. */
export type PlaceholderField =
  { readonly type: Exclude<Field['type'], 'number'> } | { readonly type: 'number'; readonly min?: number; readonly max?: number };

const isTypedNumber = (text: string): boolean =>
  text === '1' || NINES.test(text) || ONES.test(text) || COUNTED_UP.test(text) || NINES.test(text.replace('.', ''));
