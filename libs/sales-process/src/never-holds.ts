import type { ASTNode } from '@marcbachmann/cel-js';
import { children, fieldOf } from './expression-tree.js';
import { expressionTree } from './expressions.js';
import type { Field } from './process.js';

/**
 * Why a check can never hold, where that is plain to see: what it demands of one number lies outside what the field allows,
 * or its demands exclude each other. Null when it may hold, or cannot be told.
 */
export function whyItNeverHolds(when: string, fields: Readonly<Record<string, Field>>): string | null {
  const tree = expressionTree(when, fields);
  if (tree === null) return null;
  const demands = conjuncts(tree);
  if (demands.some((node) => node.op === 'value' && node.args === false)) return 'it says false';

  const demanded = new Map<string, Span>();
  for (const node of demands) {
    const demand = demandOf(node);
    const field = demand === null ? undefined : fields[demand.field];
    if (demand === null || (field?.type !== 'number' && field?.type !== 'money')) continue;
    const allowed =
      field.type === 'number' ? { least: field.min ?? -Infinity, most: field.max ?? Infinity, open: false } : EVERYTHING;
    if (isEmpty(both(demand.span, allowed))) return `${field.label} is ${range(allowed)}`;
    const span = both(demand.span, demanded.get(demand.field) ?? EVERYTHING);
    if (isEmpty(span)) return `what it asks of ${field.label} excludes itself`;
    demanded.set(demand.field, span);
  }
  return null;
}

/** The numbers from `least` to `most`; `open` when it holds neither of its ends, should they be the same. */
interface Span {
  readonly least: number;
  readonly most: number;
  readonly open: boolean;
}

const EVERYTHING: Span = { least: -Infinity, most: Infinity, open: false };

const conjuncts = (node: ASTNode): readonly ASTNode[] => (node.op === '&&' ? children(node).flatMap(conjuncts) : [node]);

/** What each comparison of a field with a number lets pass, and the comparison it is when written the other way round. */
const COMPARISONS: Readonly<Record<string, { readonly span: (number: number) => Span; readonly mirrored: string }>> = {
  '==': { span: (number) => ({ least: number, most: number, open: false }), mirrored: '==' },
  '<': { span: (number) => ({ least: -Infinity, most: number, open: true }), mirrored: '>' },
  '<=': { span: (number) => ({ least: -Infinity, most: number, open: false }), mirrored: '>=' },
  '>': { span: (number) => ({ least: number, most: Infinity, open: true }), mirrored: '<' },
  '>=': { span: (number) => ({ least: number, most: Infinity, open: false }), mirrored: '<=' },
};

/** `deal.x >= 60` or `60 <= deal.x`, as the span of numbers it lets pass. */
function demandOf(node: ASTNode): { readonly field: string; readonly span: Span } | null {
  const written = COMPARISONS[node.op];
  const [left, right] = children(node);
  if (!written || !left || !right) return null;
  const [mirrored, field, number] =
    fieldOf(left) === null ? [true, fieldOf(right), numberOf(left)] : [false, fieldOf(left), numberOf(right)];
  const comparison = mirrored ? COMPARISONS[written.mirrored] : written;
  return field === null || number === null || !comparison ? null : { field, span: comparison.span(number) };
}

function numberOf(node: ASTNode): number | null {
  if (node.op === '-_') {
    const number = numberOf(node.args);
    return number === null ? null : -number;
  }
  return node.op === 'value' && (typeof node.args === 'number' || typeof node.args === 'bigint') ? Number(node.args) : null;
}

/** Where both spans overlap. Where they only touch, `open` on either side leaves nothing. */
const both = (a: Span, b: Span): Span => ({
  least: Math.max(a.least, b.least),
  most: Math.min(a.most, b.most),
  open: a.open || b.open,
});

const isEmpty = ({ least, most, open }: Span): boolean => least > most || (least === most && open);

function range({ least, most }: Span): string {
  if (least === -Infinity) return `at most ${most}`;
  return most === Infinity ? `at least ${least}` : `between ${least} and ${most}`;
}
