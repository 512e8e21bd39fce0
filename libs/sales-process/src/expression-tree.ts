import type { ASTNode } from '@marcbachmann/cel-js';

/** The field a node reads (`deal.amount` or `deal["amount"]`), or null when it is something else. */
export function fieldOf(node: ASTNode): string | null {
  if (node.op !== '.' && node.op !== '[]') return null;
  const [of, name] = node.args;
  if (of.op !== 'id' || of.args !== 'deal') return null;
  if (typeof name === 'string') return name;
  return name.op === 'value' && typeof name.args === 'string' ? name.args : null;
}

/** The name at the bottom of `a.b.c`, or null when it stands on something else. */
export function rootOf(node: ASTNode): Extract<ASTNode, { op: 'id' }> | null {
  if (node.op === 'id') return node;
  return node.op === '.' ? rootOf(node.args[0]) : null;
}

/** The nodes right below one. */
export function children(node: ASTNode): readonly ASTNode[] {
  return [node.args].flat(3).filter((part): part is ASTNode => typeof part === 'object' && part !== null && 'op' in part);
}
