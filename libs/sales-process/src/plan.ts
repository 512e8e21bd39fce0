import type { Money } from './facts.js';
import { nearest } from './nearest.js';
import type { Actor } from './opportunity.js';

/**
 * The numbers that go to and fro between selling and finance: targets, what people say will come in (calls), forecasts as they were issued, and
 * what became of them. Nothing of it is ever changed: a later word is another event. The stream of a process is `plan-<process>`.
 */
export type PlanEvent = TargetSet | CallMade | ForecastIssued | ForecastScored;

interface Said {
  readonly process: string;
  /** A month or a quarter: `2026-11` or `2026-Q4`. */
  readonly period: string;
  readonly by: string;
  /** ISO 8601 in UTC. */
  readonly occurredAt: string;
}

/** Whose: a person's, a team's, or (both null) everybody's together. */
export interface Whose {
  readonly owner: string | null;
  readonly team: string | null;
}

/** What is to be won in a period; the latest counts, and null takes it back. */
export interface TargetSet extends Said, Whose {
  readonly type: 'TargetSet';
  readonly amount: Money | null;
  readonly note: string | null;
}

export type CallKind = 'commit' | 'best-case';
export const CALL_KINDS: readonly CallKind[] = ['commit', 'best-case'];

/** What somebody says will have come in by the end of the period, what is won already included. */
export interface CallMade extends Said, Whose {
  readonly type: 'CallMade';
  readonly call: string;
  readonly kind: CallKind;
  readonly amount: Money;
  readonly note: string | null;
}

/** What the engine said would have come in by the end of the period. */
export interface ForecastIssued extends Said {
  readonly type: 'ForecastIssued';
  readonly forecast: string;
  /** First day of the period, and the day after its last, `YYYY-MM-DD` where the company is. */
  readonly start: string;
  readonly end: string;
  /** By what the groups were told apart, and which of them it is of; both null: of everybody together. */
  readonly grouping: 'owner' | 'team' | null;
  readonly group: string | null;
  /** The present it was made at, and the position of the log it rests on. */
  readonly clock: string;
  readonly position: string | null;
  /** The method and its version: when one of them changes, so does this. */
  readonly method: string;
  readonly booked: Money;
  readonly p10: Money | null;
  readonly p50: Money | null;
  readonly p90: Money | null;
  /** What each method said would still come in, and its share in the blend. */
  readonly components: readonly { readonly component: string; readonly amount: Money | null; readonly weight: number }[];
  readonly openDeals: number;
}

/** What came in by the end of the period, against what was said. Written once, when the period is over. */
export interface ForecastScored extends Said {
  readonly type: 'ForecastScored';
  readonly of: { readonly kind: 'forecast' | 'call'; readonly id: string };
  readonly actual: Money;
  /** What was said less what came in; null for a forecast that said nothing. */
  readonly error: Money | null;
  /** Whether it came in between p10 and p90; null where there was no interval. */
  readonly within: boolean | null;
  readonly components: readonly { readonly component: string; readonly error: Money }[];
  /** Days from when it was said to the end of the period. */
  readonly leadDays: number;
}

/** Who may set targets and call for others: roles that answer for more than their own deals. */
export const PLANNERS: readonly string[] = ['manager', 'operations', 'finance', 'admin'];

/** What is wrong with a number for the plan, by field; empty when nothing is. */
export interface PlanProblem {
  readonly field: string;
  readonly say: string;
}

/** A target as it is handed in. */
export interface TargetInput extends Whose {
  readonly period: string;
  readonly amount: Money | null;
  readonly note: string | null;
}

/** A call as it is handed in. */
export interface CallInput extends Whose {
  readonly period: string;
  readonly kind: string;
  readonly amount: Money;
  readonly note: string | null;
}

export function targetProblems({ period, owner, team, amount }: TargetInput, currency: string): readonly PlanProblem[] {
  return [
    ...periodProblems(period),
    ...whoseProblems({ owner, team }),
    ...(amount === null ? [] : moneyProblems(amount, currency)),
  ];
}

/** A person calls for themself; for others, for teams and for everybody those who answer for more than their own deals. */
export function callProblems(call: CallInput, actor: Actor, currency: string): readonly PlanProblem[] {
  const { period, kind, owner, team, amount } = call;
  const isOwn = owner === actor.id && team === null;
  const meant = nearest(kind, CALL_KINDS);
  return [
    ...periodProblems(period),
    ...whoseProblems({ owner, team }),
    ...moneyProblems(amount, currency),
    ...(CALL_KINDS.some((known) => known === kind)
      ? []
      : [{ field: 'kind', say: `must be ${CALL_KINDS.join(' or ')}${meant ? `: did you mean "${meant}"?` : ''}` }]),
    ...(isOwn || actor.roles.some((role) => PLANNERS.includes(role))
      ? []
      : [{ field: 'owner', say: `must be yourself (${actor.id}); for others only ${PLANNERS.join(', ')} may call` }]),
  ];
}

const periodProblems = (period: string): readonly PlanProblem[] =>
  /^[1-9]\d{3}-(?:0[1-9]|1[0-2]|Q[1-4])$/.test(period)
    ? []
    : [{ field: 'period', say: 'must be a month like 2026-11 or a quarter like 2026-Q4' }];

const whoseProblems = ({ owner, team }: Whose): readonly PlanProblem[] =>
  owner !== null && team !== null
    ? [{ field: 'team', say: 'must be left out where an owner is named: it is the one or the other' }]
    : [];

const moneyProblems = ({ minor, currency }: Money, ofProcess: string): readonly PlanProblem[] => [
  ...(Number.isSafeInteger(minor) && minor >= 0
    ? []
    : [{ field: 'amount', say: 'must be a whole number of minor units, 0 or more' }]),
  ...(currency === ofProcess ? [] : [{ field: 'amount', say: `must be in ${ofProcess}, the currency of the process` }]),
];
