import { readExpression, type Expression } from './expressions.js';
import { factSpace, type FactSpace } from './fact-space.js';
import type { Facts, FactValue } from './facts.js';
import type { Check, Move, SalesProcess } from './process.js';

/**
 * What the rules of a process ask of the facts of a deal, taken together: whether some facts let a move pass at all, and which.
 * Asks the checks themselves, over the few facts that they can tell apart (`FactSpace`).
 */

/** Facts that do what was asked for; `never` where no facts do; `unknown` where it cannot be told, or would take too long to tell. */
export type Found = { readonly facts: Facts } | 'never' | 'unknown';

/** What is asked for: facts that must be recorded, others that must not, and how each check must answer. */
interface Wanted {
  readonly recorded?: readonly string[];
  readonly missing?: readonly string[];
  readonly passing?: readonly Check[];
  readonly refusing?: readonly Check[];
}

/**
 * So many characters of checks are worked through in one process, each as often as it is asked; what has not been told by then stays `unknown`.
 * About a second.
 */
const MOST_WORK = 1_000_000;
/** What it costs to find out which facts to look at, however short the checks. */
const LEAST_WORK = 200;

/** The day that dates are looked at from. What a check says of the day itself, and not of a fact, is `unknown`. */
const NOW = '2026-01-01T12:00:00.000Z';

export class Demands {
  private left = MOST_WORK;
  private readonly expressions = new Map<string, Expression>();
  private readonly alone = new Map<Move, Found>();

  /** Every check of the process must fit its fields. */
  constructor(private readonly process: SalesProcess) {}

  /** Facts with which somebody in the right role may make this move. */
  for(move: Move): Found {
    let found = this.alone.get(move);
    if (!found) this.alone.set(move, (found = this.lettingPass([move])));
    return found;
  }

  /** Facts with which somebody in the right role may make all of these moves. */
  lettingPass(moves: readonly Move[], missing: readonly string[] = []): Found {
    return this.find({
      recorded: moves.flatMap(({ needs }) => needs),
      missing,
      passing: moves.flatMap(({ checks }) => checks),
    });
  }

  /** Facts, every one that the check reads among them, which it does not let pass. */
  refusedBy(check: Check): Found {
    return this.find({ recorded: this.fieldsOf(check), refusing: [check] });
  }

  /** Facts that the check reads, some of them missing perhaps, with which it passes. */
  passing(check: Check): Found {
    return this.find({ passing: [check] });
  }

  /** Whether the check stops a deal of which this fact is not recorded, whatever else is. */
  asksFor(check: Check, field: string): boolean {
    return this.fieldsOf(check).includes(field) && this.find({ missing: [field], passing: [check] }) === 'never';
  }

  fieldsOf({ when }: Check): readonly string[] {
    return this.expression(when).fields;
  }

  private find({ recorded = [], missing = [], passing = [], refusing = [] }: Wanted): Found {
    const asked = [...passing.map((check) => [check, true] as const), ...refusing.map((check) => [check, false] as const)].map(
      ([{ when }, answer]) => ({ expression: this.expression(when), answer }),
    );
    this.left -= LEAST_WORK + 10 * asked.reduce((sum, { expression }) => sum + expression.source.length, 0);
    if (this.left <= 0) return 'unknown';
    const space = factSpace(
      asked.map(({ expression }) => expression.source),
      this.process,
      NOW,
    );
    const values = (field: string): FactSpace['values'][string] => {
      const all = (space.values[field] ?? [null]).toSorted((a, b) => Number(isBelowNought(a)) - Number(isBelowNought(b)));
      if (missing.includes(field)) return [null];
      return recorded.includes(field) ? all.filter((value) => value !== null) : all;
    };
    if (recorded.some((field) => missing.includes(field))) return 'never';

    // The checks one after the other, each over what those before it have left open.
    const extend = (at: number, facts: Readonly<Record<string, FactValue | null>>): Facts | null => {
      const next = asked[at];
      if (!next) return recordedOf(facts);
      const open = next.expression.fields.filter((field) => !Object.hasOwn(facts, field));
      for (const more of everyOf(open, values)) {
        if ((this.left -= next.expression.source.length) <= 0) return null;
        const all = { ...facts, ...more };
        if (next.expression.evaluate(recordedOf(all), NOW).passed !== next.answer) continue;
        const found = extend(at + 1, all);
        if (found) return found;
      }
      return null;
    };
    const found = extend(0, {});
    if (found) return { facts: found };
    return space.exact && this.left > 0 ? 'never' : 'unknown';
  }

  private expression(when: string): Expression {
    let expression = this.expressions.get(when);
    if (!expression) {
      const read = readExpression(when, this.process.fields);
      if (!('expression' in read)) throw new TypeError(`the check "${when}" does not fit the fields of ${this.process.id}`);
      this.expressions.set(when, (expression = read.expression));
    }
    return expression;
  }
}

/** Such values are told last: an amount below nought is no good example. */
const isBelowNought = (value: FactValue | null): boolean =>
  typeof value === 'number' ? value < 0 : typeof value === 'object' && value !== null && value.minor < 0;

const recordedOf = (facts: Readonly<Record<string, FactValue | null>>): Facts =>
  Object.fromEntries(Object.entries(facts).filter((entry): entry is [string, FactValue] => entry[1] !== null));

type FactsOrNone = Readonly<Record<string, FactValue | null>>;

function* everyOf(
  [field, ...others]: readonly string[],
  values: (field: string) => FactSpace['values'][string],
  before: FactsOrNone = {},
): Generator<FactsOrNone> {
  if (field === undefined) return void (yield before);
  for (const value of values(field) ?? []) yield* everyOf(others, values, { ...before, [field]: value });
}
