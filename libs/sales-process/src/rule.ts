import type { Expression } from './expressions.js';
import type { Facts } from './facts.js';
import type { Blocker, CheckResult } from './opportunity.js';
import type { Field, Move } from './process.js';

/** Who asks for a move, when, and with which facts: all that a rule may look at. */
export interface Asking {
  readonly facts: Facts;
  /** Null where the record does not tell, as in imported history, or where a time limit asks: roles are then not asked. */
  readonly roles: readonly string[] | null;
  /** ISO 8601: when it happens. */
  readonly at: string;
  /** Checks to let pass, by id, and why. */
  readonly override: readonly string[];
  readonly reason: string | null;
}

/** What the rule of a move says to one asking. It lets pass exactly when there is no blocker. */
export interface Judgement {
  readonly blockers: readonly Blocker[];
  readonly checks: readonly CheckResult[];
  readonly role: string | null;
}

/** Asks everything a move demands (role, facts, checks) and lists every blocker at once. */
export function judge(
  move: Move,
  asking: Asking,
  expressions: ReadonlyMap<string, Expression>,
  fields: Readonly<Record<string, Field>>,
): Judgement {
  const blockers: Blocker[] = [];

  const role =
    asking.roles === null
      ? null
      : ((move.by.length > 0 ? asking.roles.find((role) => move.by.includes(role)) : asking.roles[0]) ?? null);
  if (move.by.length > 0 && asking.roles !== null && role === null)
    blockers.push({ kind: 'role', say: `Only ${listed(move.by)} may do this.`, who: move.by });

  for (const field of move.needs)
    if (asking.facts[field] === undefined)
      blockers.push({ kind: 'fact', field, say: `${fields[field]?.label ?? field} must be recorded.` });

  const checks = move.checks.map((check): CheckResult => {
    const outcome = expressions.get(check.when)!.evaluate(asking.facts, asking.at);
    const wanted = asking.override.includes(check.id);
    const answer = {
      check: check.id,
      passed: outcome.passed,
      overridden: false,
      overrideRole: null,
      say: check.say,
      read: outcome.read,
    };
    if (outcome.passed) return answer;

    const blocked = (say: string): CheckResult => {
      const field = outcome.missing[0];
      blockers.push({
        kind: 'check',
        check: check.id,
        ...(field ? { field } : {}),
        say,
        ...(check.override ? { who: check.override.by } : {}),
      });
      return answer;
    };
    if (!wanted) return blocked(check.say);
    if (!check.override) return blocked(`${check.say} Nobody may let this pass.`);
    const overrideRole = asking.roles === null ? null : (asking.roles.find((role) => check.override!.by.includes(role)) ?? null);
    if (overrideRole === null) return blocked(`${check.say} Only ${listed(check.override.by)} may let it pass.`);
    if (check.override.reason === 'required' && !asking.reason?.trim())
      return blocked(`${check.say} To let it pass, give a reason.`);
    return { ...answer, overridden: true, overrideRole };
  });

  for (const id of asking.override)
    if (!move.checks.some((check) => check.id === id))
      blockers.push({ kind: 'check', check: id, say: `"${move.label}" has no check "${id}" to let pass.` });

  return { blockers, checks, role };
}

function listed(roles: readonly string[]): string {
  return roles.length < 2 ? (roles[0] ?? '') : `${roles.slice(0, -1).join(', ')} or ${roles.at(-1)}`;
}
