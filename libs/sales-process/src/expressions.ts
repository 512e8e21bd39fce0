import { Environment, ParseError, type ASTNode, type ParseResult } from '@marcbachmann/cel-js';
import { children, fieldOf, rootOf } from './expression-tree.js';
import { minorDigits, type Facts, type FactValue } from './facts.js';
import { nearest } from './nearest.js';
import type { Field, SalesProcess } from './process.js';

/**
 * The expressions of checks: CEL, typed against the fields of the process, cut down to an allow-list over the parsed tree
 * so that what an expression costs is bounded by its size, and without a clock (`now` is handed in).
 */

/** A check's expression, typed against the fields and ready to be asked. */
export interface Expression {
  readonly source: string;
  /** Names of the facts the expression can read. */
  readonly fields: readonly string[];
  /** Never throws. A missing fact gives `passed: false` and its name in `missing`. `now` is ISO 8601. */
  evaluate(facts: Facts, now: string): ExpressionOutcome;
}

export interface ExpressionOutcome {
  readonly passed: boolean;
  /** The facts it can read, as they were; null for one that is not recorded. */
  readonly read: Readonly<Record<string, FactValue | null>>;
  /** The facts that were not recorded and kept it from an answer. */
  readonly missing: readonly string[];
}

/** A fault of an expression, `at` characters from its start. */
export interface ExpressionFault {
  readonly code:
    | 'expression-syntax'
    | 'expression-too-big'
    | 'expression-not-allowed'
    | 'expression-type'
    | 'unknown-field'
    | 'unknown-choice';
  readonly at: number;
  readonly message: string;
  readonly suggestion?: string;
}

export const LONGEST_EXPRESSION = 2000;
export const MOST_EXPRESSION_NODES = 200;

/**
 * Reads an expression, or says every fault of it.
 *
 * In an expression `deal.<field>` is a number (fields of type number, and of type money in whole units of the currency: 12,500.00 is `12500`),
 * a text (text, choice), true or false (yesno) or a day (date); `now` is the moment the move is asked for, in UTC.
 */
export function readExpression(
  source: string,
  fields: SalesProcess['fields'],
): { readonly expression: Expression } | { readonly faults: readonly ExpressionFault[] } {
  const parsed = parse(source, fields);
  if ('faults' in parsed) return parsed;

  const used = fieldsUsed(parsed.ask.ast);
  const names = [...new Set(used.map(({ name }) => name))];
  const demanded = [...new Set(used.filter(({ tested }) => !tested).map(({ name }) => name))];
  return {
    expression: {
      source,
      fields: names,
      evaluate(facts, now) {
        const read = Object.fromEntries(names.map((name) => [name, factOf(facts, name)]));
        try {
          return { passed: parsed.ask({ deal: new Deal(facts, fields), now: new Date(now) }) === true, read, missing: [] };
        } catch {
          return { passed: false, read, missing: demanded.filter((name) => read[name] === null) };
        }
      },
    },
  };
}

/** The parsed tree of an expression without faults, for those who look for more than faults in it; else null. */
export function expressionTree(source: string, fields: SalesProcess['fields']): ASTNode | null {
  const parsed = parse(source, fields);
  return 'faults' in parsed ? null : parsed.ask.ast;
}

function parse(
  source: string,
  fields: SalesProcess['fields'],
): { readonly ask: ParseResult } | { readonly faults: readonly ExpressionFault[] } {
  if (source.length > LONGEST_EXPRESSION) return { faults: [tooBig()] };
  let ask: ParseResult;
  try {
    ask = environment(fields).parse(source);
  } catch (error) {
    return { faults: [notParsed(error, source)] };
  }
  const faults = notAllowed(ask.ast, source, fields);
  if (faults.length > 0) return { faults };

  const { valid, type, error } = ask.check();
  if (!valid)
    return { faults: [{ code: 'expression-type', at: error?.range?.start ?? 0, message: typeFault(error?.summary ?? '') }] };
  if (type !== 'bool')
    return {
      faults: [{ code: 'expression-type', at: 0, message: `A check must be true or false; this one is ${word(type ?? '')}.` }],
    };
  return { ask };
}

// ------------------------------------------------------------------------------------------------- what it computes on

/** A day without a time of day. */
class Day {
  constructor(readonly sinceEpoch: number) {}
}

/** The facts of a deal as an expression sees them; a fact that is not recorded is not there. */
class Deal {
  constructor(facts: Facts, fields: SalesProcess['fields']) {
    for (const name of Object.keys(fields)) {
      const value = factOf(facts, name);
      if (value !== null) Object.defineProperty(this, name, { value: seen(value, fields[name]!), enumerable: true });
    }
  }
}

const factOf = (facts: Facts, name: string): FactValue | null => (Object.hasOwn(facts, name) ? (facts[name] ?? null) : null);

function seen(value: FactValue, field: Field): string | number | boolean | Day {
  if (typeof value === 'object') return value.minor / 10 ** minorDigits(value.currency);
  return field.type === 'date' && typeof value === 'string' ? dayOf(`${value}T00:00:00Z`) : value;
}

const DAY_MS = 86_400_000;

function dayOf(moment: string | Date): Day {
  const day = Math.floor(new Date(moment).getTime() / DAY_MS);
  if (!Number.isFinite(day)) throw new RangeError('not a date');
  return new Day(day);
}

const TYPES: Readonly<Record<Field['type'], string>> = {
  number: 'double',
  money: 'double',
  text: 'string',
  choice: 'string',
  yesno: 'bool',
  date: 'Day',
};

/** Sums and shares of money, to a hundredth of a cent. */
const rounded = (amount: number): number => Math.round(amount * 10_000) / 10_000;

/** What may be called by name, with what it is for; nothing else may. */
export const EXPRESSION_FUNCTIONS: Readonly<Record<string, string>> = {
  has: 'has(deal.amount): the fact is recorded',
  size: 'size(deal.economicBuyer): how many characters a text, or how many entries a list has',
  date: 'date("2026-12-31"), date(now): a day to compare dates with',
  daysUntil: 'daysUntil(deal.closeDate, now): whole days from now (UTC) to a date; negative once it is past',
  daysSince: 'daysSince(deal.closeDate, now): whole days from a date to now (UTC)',
  percentOf: 'percentOf(10, deal.amount): so many per cent of an amount',
  plus: 'plus(deal.amount, deal.services): the sum of two amounts',
  minus: 'minus(deal.amount, deal.services): the difference of two amounts',
};

const LISTS = ['exists', 'all'];

const base = new Environment({ limits: { maxAstNodes: MOST_EXPRESSION_NODES, maxDepth: 40 } })
  .registerType('Day', { ctor: Day, fields: {} })
  .registerVariable('now', 'google.protobuf.Timestamp')
  .registerOperator('Day < Day', (a: Day, b: Day) => a.sinceEpoch < b.sinceEpoch)
  .registerOperator('Day <= Day', (a: Day, b: Day) => a.sinceEpoch <= b.sinceEpoch)
  .registerOperator('Day > Day', (a: Day, b: Day) => a.sinceEpoch > b.sinceEpoch)
  .registerOperator('Day >= Day', (a: Day, b: Day) => a.sinceEpoch >= b.sinceEpoch)
  .registerOperator('Day == Day', (a: Day, b: Day) => a.sinceEpoch === b.sinceEpoch)
  .registerOperator('double == int', (a: number, b: bigint) => a === Number(b))
  .registerOperator('double in list<int>', (a: number, list: readonly bigint[]) => list.some((b) => a === Number(b)))
  .registerFunction('date(string): Day', (text: string) => dayOf(`${text}T00:00:00Z`))
  .registerFunction('date(google.protobuf.Timestamp): Day', (moment: Date) => dayOf(moment))
  .registerFunction('daysUntil(Day, google.protobuf.Timestamp): int', (day: Day, now: Date) =>
    BigInt(day.sinceEpoch - dayOf(now).sinceEpoch),
  )
  .registerFunction('daysSince(Day, google.protobuf.Timestamp): int', (day: Day, now: Date) =>
    BigInt(dayOf(now).sinceEpoch - day.sinceEpoch),
  );

const CALCULATIONS: Readonly<Record<string, (a: number, b: number) => number>> = {
  percentOf: (percent, amount) => (percent * amount) / 100,
  plus: (a, b) => a + b,
  minus: (a, b) => a - b,
};

for (const [name, calculate] of Object.entries(CALCULATIONS))
  for (const left of ['int', 'double'])
    for (const right of ['int', 'double'])
      base.registerFunction(`${name}(${left}, ${right}): double`, (a: number | bigint, b: number | bigint) =>
        rounded(calculate(Number(a), Number(b))),
      );

// From here on it cannot change any more.
base.clone();

const environments = new WeakMap<SalesProcess['fields'], Environment>();

function environment(fields: SalesProcess['fields']): Environment {
  const known = environments.get(fields);
  if (known) return known;
  const types = Object.fromEntries(Object.entries(fields).map(([name, { type }]) => [name, TYPES[type]]));
  const made = base.clone().registerType('Deal', { ctor: Deal, fields: types }).registerVariable('deal', 'Deal');
  environments.set(fields, made);
  return made;
}

// --------------------------------------------------------------------------------------------------- what may stand in it

const COMPARISONS = ['==', '!=', '<', '<=', '>', '>='];
const LOGIC = ['&&', '||', '!_'];

/** Everything in the tree that the allow-list does not have. */
function notAllowed(tree: ASTNode, source: string, fields: SalesProcess['fields']): readonly ExpressionFault[] {
  const faults: ExpressionFault[] = [];
  const refuse = (node: ASTNode, message: string): void =>
    void faults.push({ code: 'expression-not-allowed', at: node.start, message });

  const walk = (node: ASTNode, bound: string | null): void => {
    const field = fieldOf(node);
    if (field !== null) {
      if (!Object.hasOwn(fields, field)) faults.push(unknownField(field, nameStart(node), fields));
      return;
    }
    if (node.op === 'value') {
      if (typeof node.args === 'object') refuse(node, 'A check can name numbers, texts, true and false only.');
      return;
    }
    if (node.op === '.' && rootOf(node) !== null) {
      const { args: name, start } = rootOf(node)!;
      if (name === 'deal' || name === 'now' || name === bound)
        refuse(node, `There is nothing inside ${source.slice(start, node.args[0].end)}.`);
      else faults.push(unknownName(name, start, fields));
      return;
    }
    if (node.op === 'id') {
      if (node.args === 'deal') refuse(node, 'Name one fact of the deal, like deal.amount.');
      else if (node.args !== 'now' && node.args !== bound) faults.push(unknownName(node.args, node.start, fields));
      return;
    }
    if (node.op === 'call') {
      const [name, given] = node.args;
      if (!Object.hasOwn(EXPRESSION_FUNCTIONS, name)) {
        const meant = nearest(name, Object.keys(EXPRESSION_FUNCTIONS));
        refuse(
          node,
          `A check cannot call ${name}(); it can call ${Object.keys(EXPRESSION_FUNCTIONS).join(', ')}${meant ? `. Did you mean ${meant}?` : '.'}`,
        );
        return;
      }
      const [first] = given;
      if (
        name === 'date' &&
        first &&
        !(first.op === 'value' && isDay(first.args)) &&
        !(first.op === 'id' && first.args === 'now')
      )
        return refuse(first, 'A date is written like date("2026-12-31") or date(now); a date of the deal is one already.');
      if (name === 'has' && first && (first.op !== '.' || fieldOf(first) === null))
        return refuse(first, 'has is written like has(deal.amount).');
      given.forEach((one) => walk(one, bound));
      return;
    }
    if (node.op === 'rcall') {
      const [name, list, given] = node.args;
      if (!LISTS.includes(name)) return refuse(node, `A check cannot call .${name}(); on a list it can call exists and all.`);
      if (bound !== null) return refuse(node, 'exists and all cannot stand inside one another.');
      const variable = given[0];
      walk(list, null);
      if (given.length !== 2 || variable?.op !== 'id' || variable.args === 'deal' || variable.args === 'now')
        return refuse(node, `${name} is written like ["a", "b"].${name}(x, x == deal.source).`);
      return walk(given[1]!, variable.args);
    }
    if (node.op === 'list') return node.args.forEach((entry) => walk(entry, bound));
    if (node.op === '-_' && node.args.op === 'value') return;
    if (!COMPARISONS.includes(node.op) && !LOGIC.includes(node.op) && node.op !== 'in') {
      const arithmetic = ['+', '-', '*', '/', '%', '-_'].includes(node.op);
      return refuse(
        node,
        arithmetic
          ? 'A check cannot calculate with + - * / %; use plus, minus or percentOf.'
          : `A check cannot use ${symbol(node.op)}.`,
      );
    }
    unknownChoices(node, fields).forEach((fault) => faults.push(fault));
    children(node).forEach((child) => walk(child, bound));
  };

  walk(tree, null);
  return faults;
}

const nameStart = (node: ASTNode): number => (node.op === '[]' ? node.args[1].start : node.end - (fieldOf(node)?.length ?? 0));

function fieldsUsed(node: ASTNode, tested = false): readonly { readonly name: string; readonly tested: boolean }[] {
  const name = fieldOf(node);
  if (name !== null) return [{ name, tested }];
  const inHas = node.op === 'call' && node.args[0] === 'has';
  return children(node).flatMap((child) => fieldsUsed(child, tested || inHas));
}

function unknownField(name: string, at: number, fields: SalesProcess['fields']): ExpressionFault {
  const meant = nearest(name, Object.keys(fields));
  const message = `The process has no field "${name}".`;
  return { code: 'unknown-field', at, message, ...(meant && { suggestion: `Did you mean "${meant}"?` }) };
}

function unknownName(name: string, at: number, fields: SalesProcess['fields']): ExpressionFault {
  const meant = Object.hasOwn(fields, name) ? name : nearest(name, ['now', 'deal', ...Object.keys(fields)]);
  const write = meant === null || meant === 'now' || meant === 'deal' ? meant : `deal.${meant}`;
  const message = `"${name}" is not known: a check reads facts as deal.<field>, and now.`;
  return { code: 'unknown-field', at, message, ...(write && { suggestion: `Did you mean ${write}?` }) };
}

/** Comparisons of a choice with a value it can never have. */
function unknownChoices(node: ASTNode, fields: SalesProcess['fields']): readonly ExpressionFault[] {
  if (node.op !== '==' && node.op !== '!=' && node.op !== 'in') return [];
  const [left, right] = node.args;
  const name = fieldOf(left) ?? fieldOf(right);
  const field = name !== null && Object.hasOwn(fields, name) ? fields[name] : undefined;
  if (field?.type !== 'choice') return [];
  const literals = [left, right]
    .flatMap((side) => (side.op === 'list' ? side.args : [side]))
    .filter((side) => side.op === 'value');
  return literals.flatMap(({ args: value, start }): readonly ExpressionFault[] => {
    if (typeof value !== 'string' || field.of.includes(value)) return [];
    const meant = nearest(value, field.of);
    const message = `"${value}" is not one of the choices of ${field.label} (${field.of.join(', ')}).`;
    return [{ code: 'unknown-choice', at: start, message, ...(meant && { suggestion: `Did you mean "${meant}"?` }) }];
  });
}

function isDay(value: unknown): boolean {
  if (typeof value !== 'string' || !/^\d{4}-\d{2}-\d{2}$/.test(value)) return false;
  const day = new Date(`${value}T00:00:00Z`);
  return !Number.isNaN(day.getTime()) && day.toISOString().startsWith(value);
}

// ------------------------------------------------------------------------------------------------------- in sales words

const tooBig = (): ExpressionFault => ({
  code: 'expression-too-big',
  at: 0,
  message: `A check may have at most ${LONGEST_EXPRESSION} characters and ${MOST_EXPRESSION_NODES} parts; split it into several checks.`,
});

function notParsed(error: unknown, source: string): ExpressionFault {
  if (!(error instanceof ParseError) || error.code.includes('limit') || error.code.includes('exceeded')) return tooBig();
  const at = Math.min(error.range?.start ?? 0, source.length);
  const found = at >= source.length ? 'it ends too early' : `it stops making sense at "${source.slice(at, at + 20)}"`;
  const suggestion = /(^|[^=!<>])=($|[^=])/.test(source)
    ? 'Write == to compare.'
    : /\b(and|or|not)\b/i.test(source)
      ? 'Write && for and, || for or, ! for not.'
      : null;
  return { code: 'expression-syntax', at, message: `The check cannot be read: ${found}.`, ...(suggestion && { suggestion }) };
}

const WORDS: Readonly<Record<string, string>> = {
  double: 'a number',
  int: 'a number',
  string: 'a text',
  bool: 'true or false',
  Day: 'a date',
  Deal: 'a deal',
  null: 'nothing',
  'google.protobuf.Timestamp': 'the moment now',
};

const word = (type: string): string => WORDS[type] ?? (type.startsWith('list') ? 'a list' : 'something else');

const symbol = (op: string): string =>
  op === '?:' ? '? :' : op === '[]' || op === '.' ? 'parts of a value' : op === 'map' ? '{ }' : op;

function typeFault(summary: string): string {
  const overload = /^no such overload: (\S+) (==|!=|<=|>=|<|>|in|&&|\|\|) (.+)$/.exec(summary);
  if (overload) {
    const [, left, op, right] = overload as unknown as [string, string, string, string];
    const withNow = [left, right].includes('google.protobuf.Timestamp') ? '; write date(now) for today' : '';
    return op === 'in'
      ? `${word(left)} cannot be looked for in ${word(right)}.`.replace(/^./, (letter) => letter.toUpperCase())
      : `${op} cannot compare ${word(left)} with ${word(right)}${withNow}.`;
  }
  const call = /^(?:found )?no (?:such|matching) overload(?: for|:) '?(\w+)\(/i.exec(summary);
  const usage = call && Object.hasOwn(EXPRESSION_FUNCTIONS, call[1]!) ? EXPRESSION_FUNCTIONS[call[1]!] : null;
  if (usage) return `${call![1]} is used with the wrong values; write ${usage}.`;
  return 'The check puts together values that do not fit: && and || join what is true or false, numbers compare with numbers, texts with texts, dates with date("2026-12-31").';
}
