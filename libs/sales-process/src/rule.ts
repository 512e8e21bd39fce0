import type { Expression } from './expressions.js';
import type { Facts } from './facts.js';
import { nearest } from './nearest.js';
import type { Blocker, CheckResult } from './opportunity.js';
import type { Field, Move } from './process.js';
import { listed } from './wording.js';

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

/**
 * Asks everything a move demands (role, facts, checks) and lists every blocker at once. Whoever lets a check of the move pass, in a role
 * that may, makes the move in that role: else an override by somebody who is not named in `by` could never be used.
 */
export function judge(
  move: Move,
  asking: Asking,
  expressions: ReadonlyMap<string, Expression>,
  fields: Readonly<Record<string, Field>>,
): Judgement {
  const blockers: Blocker[] = [];

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
    if (overrideRole === null) return blocked(`${check.say} Only ${listed(check.override.by, 'or')} may let it pass.`);
    if (check.override.reason === 'required' && !asking.reason?.trim())
      return blocked(`${check.say} To let it pass, give a reason.`);
    return { ...answer, overridden: true, overrideRole };
  });

  const ids = move.checks.map(({ id }) => id);
  for (const id of asking.override.filter((one) => !ids.includes(one))) {
    const meant = nearest(id, ids);
    const say = `"${move.label}" has no check "${id}" to let pass${meant ? `: did you mean "${meant}"?` : '.'}`;
    blockers.push({ kind: 'check', check: id, say });
  }

  const role = roleOf(move, asking.roles) ?? checks.find(({ overridden }) => overridden)?.overrideRole ?? null;
  if (move.by.length > 0 && asking.roles !== null && role === null)
    blockers.unshift({ kind: 'role', say: `Only ${listed(move.by, 'or')} may do this.`, who: move.by });

  return { blockers, checks, role };
}

/** The role in which somebody makes a move: one that the move names; any where it names none. */
function roleOf({ by }: Move, roles: readonly string[] | null): string | null {
  return (by.length > 0 ? roles?.find((role) => by.includes(role)) : roles?.[0]) ?? null;
}
