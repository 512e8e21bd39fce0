import type { Facts, FactValue } from './facts.js';
import type { SalesProcess } from './process.js';

// CONTRACT (implemented by the owner of the process file): CEL behind an adapter.

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
  readonly missing: readonly string[];
}

/** A fault of an expression, `at` characters from its start. */
export interface ExpressionFault {
  readonly code: string;
  readonly at: number;
  readonly message: string;
  readonly suggestion?: string;
}

export declare function readExpression(source: string, fields: SalesProcess['fields']): { readonly expression: Expression } | { readonly faults: readonly ExpressionFault[] };
