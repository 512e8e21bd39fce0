import type { ASTNode } from '@marcbachmann/cel-js';
import { children, fieldOf } from './expression-tree.js';
import { expressionTree } from './expressions.js';
import { minorDigits, type Facts, type FactValue } from './facts.js';
import type { Field, SalesProcess } from './process.js';

/**
 * All facts a deal may have, as far as checks can tell them apart: of each field the few values between which some check changes its mind,
 * and "not recorded". What holds for all of these holds for all deals, where the space is `exact`.
 */
export interface FactSpace {
  /** Of each field that a check reads, the values that stand for all; null is a fact that is not recorded. */
  readonly values: Readonly<Record<string, readonly (FactValue | null)[]>>;
  /** The moment the checks are asked at; dates lie around it. */
  readonly now: string;
  /** False where a check compares facts with one another or cuts them finer than values can show: then only what is found here is sure, not what is not. */
  readonly exact: boolean;
}

/** More combinations than this are not looked through. */
const MOST_COMBINATIONS = 200_000;
const DAY_MS = 86_400_000;

/** The space of the facts that these expressions read. Each must fit the fields. */
export function factSpace(
  expressions: readonly string[],
  { fields, currency }: Pick<SalesProcess, 'fields' | 'currency'>,
  now: string,
): FactSpace {
  const marks = new Marks(fields, now);
  for (const source of new Set(expressions)) {
    const tree = expressionTree(source, fields);
    if (tree === null) throw new TypeError(`the check "${source}" does not fit the fields`);
    marks.of(tree);
  }
  const values = Object.fromEntries(
    [...marks.read].map((name) => [name, [null, ...valuesOf(fields[name]!, marks.at(name), { currency, now })]]),
  );
  return { values, now, exact: marks.exact };
}

/** How many combinations of the facts named there are. */
export const sizeOf = ({ values }: FactSpace, names: readonly string[]): number =>
  names.reduce((size, name) => size * (values[name]?.length ?? 1), 1);

/**
 * Every combination of the facts named, of which the space knows; those it does not know are not recorded. Null where there are too many.
 */
export function combinations(space: FactSpace, names: readonly string[]): Iterable<Facts> | null {
  const known = [...new Set(names)].filter((name) => Object.hasOwn(space.values, name));
  return sizeOf(space, known) > MOST_COMBINATIONS ? null : combined(space, known);
}

function* combined({ values }: FactSpace, [name, ...others]: readonly string[], before: Facts = {}): Generator<Facts> {
  if (name === undefined) return void (yield before);
  for (const value of values[name]!)
    yield* combined({ values } as FactSpace, others, value === null ? before : { ...before, [name]: value });
}

// ------------------------------------------------------------------------------------ where checks change their mind

/** What an expression compares each field with. Numbers: numbers, and money in whole units. Dates: days since 1970. Texts: texts, and lengths. */
interface Mark {
  readonly numbers: Set<number>;
  readonly texts: Set<string>;
  readonly lengths: Set<number>;
}

class Marks {
  readonly read = new Set<string>();
  exact = true;
  private readonly marks = new Map<string, Mark>();

  constructor(
    private readonly fields: SalesProcess['fields'],
    private readonly now: string,
  ) {}

  at(name: string): Mark {
    let mark = this.marks.get(name);
    if (!mark) this.marks.set(name, (mark = { numbers: new Set(), texts: new Set(), lengths: new Set() }));
    return mark;
  }

  of(tree: ASTNode): void {
    for (const name of fieldsIn(tree)) this.read.add(name);
    this.walk(tree, new Map());
  }

  /** `bound`: the texts and numbers that the variable of exists or all runs through. */
  private walk(node: ASTNode, bound: ReadonlyMap<string, readonly ASTNode[]>): void {
    if (node.op === 'rcall') {
      const [, list, [variable, inner]] = node.args;
      const entries = list.op === 'list' ? list.args : [];
      if (list.op !== 'list') this.exact = false;
      if (variable?.op === 'id' && inner) this.walk(inner, new Map([...bound, [variable.args, entries]]));
      return;
    }
    if (!['==', '!=', '<', '<=', '>', '>=', 'in'].includes(node.op))
      return children(node).forEach((child) => this.walk(child, bound));
    const [left, right] = children(node);
    if (left && right) this.compared(left, right, bound);
  }

  private compared(left: ASTNode, right: ASTNode, bound: ReadonlyMap<string, readonly ASTNode[]>): void {
    const [ours, theirs] = [new Set(fieldsIn(left)), new Set(fieldsIn(right))];
    const both = new Set([...ours, ...theirs]);
    if (both.size === 0) {
      // A comparison of the day itself: it changes its mind over time, and not over facts.
      if (mentionsNow(left) || mentionsNow(right)) this.exact = false;
      return;
    }
    if (both.size > 1 || (ours.size > 0 && theirs.size > 0)) {
      // Facts compared with one another: each is tried around nought and around what the other is compared with elsewhere.
      this.exact = false;
      return;
    }
    const [name] = both;
    const [own, other] = ours.size > 0 ? [left, right] : [right, left];
    const others = other.op === 'list' ? other.args : other.op === 'id' ? (bound.get(other.args) ?? [other]) : [other];
    for (const one of others) if (!this.mark(name!, own, one)) this.exact = false;
  }

  /** Whether it is plain where this comparison changes. */
  private mark(name: string, own: ASTNode, other: ASTNode): boolean {
    const field = this.fields[name]!;
    const { numbers, texts, lengths } = this.at(name);
    if (field.type === 'yesno' || field.type === 'choice') return fieldOf(own) === name;
    if (field.type === 'text') {
      const literal = other.op === 'value' ? other.args : null;
      if (fieldOf(own) === name && typeof literal === 'string') return !!texts.add(literal);
      const length = own.op === 'call' && own.args[0] === 'size' ? numberOf(other) : null;
      return length !== null && !!lengths.add(length);
    }
    if (field.type === 'date') {
      const today = Math.floor(Date.parse(this.now) / DAY_MS);
      const day = fieldOf(own) === name ? dayOf(other, today) : null;
      if (day !== null) return !!numbers.add(day);
      const count = numberOf(other);
      if (own.op !== 'call' || count === null) return false;
      if (own.args[0] === 'daysUntil') return !!numbers.add(today + count);
      return own.args[0] === 'daysSince' && !!numbers.add(today - count);
    }
    const line = lineOf(own, name);
    const number = numberOf(other);
    if (line === null || number === null || line.times === 0) return false;
    return !!numbers.add((number - line.plus) / line.times);
  }
}

const mentionsNow = (node: ASTNode): boolean => (node.op === 'id' && node.args === 'now') || children(node).some(mentionsNow);

function fieldsIn(node: ASTNode): readonly string[] {
  const name = fieldOf(node);
  return name === null ? children(node).flatMap(fieldsIn) : [name];
}

function numberOf(node: ASTNode): number | null {
  if (node.op === '-_') {
    const number = numberOf(node.args);
    return number === null ? null : -number;
  }
  return node.op === 'value' && (typeof node.args === 'number' || typeof node.args === 'bigint') ? Number(node.args) : null;
}

/** The day that `date("2026-12-31")` or `date(now)` means. */
function dayOf(node: ASTNode, today: number): number | null {
  if (node.op !== 'call' || node.args[0] !== 'date') return null;
  const [of] = node.args[1];
  if (of?.op === 'id' && of.args === 'now') return today;
  return of?.op === 'value' && typeof of.args === 'string' ? Math.floor(Date.parse(`${of.args}T00:00:00Z`) / DAY_MS) : null;
}

/** `percentOf(10, plus(deal.x, 5))` as a straight line over x; null where it is none. */
function lineOf(node: ASTNode, name: string): { readonly times: number; readonly plus: number } | null {
  if (fieldOf(node) === name) return { times: 1, plus: 0 };
  const number = numberOf(node);
  if (number !== null) return { times: 0, plus: number };
  if (node.op !== 'call') return null;
  const [of, [a, b]] = node.args;
  const [left, right] = [a ? lineOf(a, name) : null, b ? lineOf(b, name) : null];
  if (!left || !right) return null;
  if (of === 'plus') return { times: left.times + right.times, plus: left.plus + right.plus };
  if (of === 'minus') return { times: left.times - right.times, plus: left.plus - right.plus };
  if (of !== 'percentOf' || left.times !== 0) return null;
  return { times: (left.plus * right.times) / 100, plus: (left.plus * right.plus) / 100 };
}

// ---------------------------------------------------------------------------------------------- values on either side

function valuesOf(
  field: Field,
  { numbers, texts, lengths }: Mark,
  { currency, now }: { readonly currency: string; readonly now: string },
): readonly FactValue[] {
  switch (field.type) {
    case 'yesno':
      return [true, false];
    case 'choice':
      return field.of;
    case 'text': {
      const sized = [...lengths].flatMap((length) => [length - 1, length, length + 1]).filter((length) => length >= 1);
      const other = ['any', 'other'].find((text) => !texts.has(text)) ?? 'something else';
      return [...new Set([other, ...texts, ...sized.map((length) => 'x'.repeat(Math.min(length, 10_000)))])].filter(
        (text) => text.trim() !== '',
      );
    }
    case 'date': {
      const today = Math.floor(Date.parse(now) / DAY_MS);
      return around([...numbers, today], 1).map((day) => new Date(day * DAY_MS).toISOString().slice(0, 10));
    }
    case 'money': {
      const digits = minorDigits(currency);
      const step = 10 ** -digits;
      return [...new Set(around([...numbers, 0], step).map((amount) => Math.round(amount * 10 ** digits)))].map((minor) => ({
        minor,
        currency,
      }));
    }
    case 'number': {
      const { min = -Infinity, max = Infinity } = field;
      const ends = [min, max].filter(Number.isFinite);
      return around([...numbers, ...ends, ...(ends.length === 0 ? [0] : [])], 1).filter(
        (number) => number >= min && number <= max,
      );
    }
  }
}

/** Each mark, what lies a step to either side of it, and something between any two. Ascending. */
function around(marks: readonly number[], step: number): readonly number[] {
  const sorted = [...new Set(marks)].filter(Number.isFinite).toSorted((a, b) => a - b);
  const found = new Set<number>();
  sorted.forEach((mark, at) => {
    const next = sorted[at + 1];
    const before = at === 0 ? step : Math.min(step, (mark - sorted[at - 1]!) / 2);
    const after = next === undefined ? step : Math.min(step, (next - mark) / 2);
    for (const one of [mark - before, mark, mark + after]) found.add(one);
  });
  return [...found].toSorted((a, b) => a - b);
}
