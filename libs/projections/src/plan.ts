import {
  liftedPlan,
  type CallMade,
  type ForecastIssued,
  type ForecastScored,
  type Money,
  type PlanEvent,
  type TargetSet,
  type Whose,
} from '@coxswain/sales-process';
import type { Projection } from './projection.js';

const STREAM_PREFIX = 'plan-';

export const planStream = (process: string): string => `${STREAM_PREFIX}${process}`;

type Kept<Event> = Event & { readonly recordedAt: string };

/** What was planned, called, forecast and scored: of one process, in the order of the record. */
export interface Plan {
  readonly targets: readonly Kept<TargetSet>[];
  readonly calls: readonly Kept<CallMade>[];
  readonly issued: readonly Kept<ForecastIssued>[];
  readonly scored: readonly Kept<ForecastScored>[];
}

export const NO_PLAN: Plan = { targets: [], calls: [], issued: [], scored: [] };

/** The key of a row: a row holds one period of one process, so that it stays small. */
const keyOf = (process: string, period: string): string => `${process} ${period}`;

/** The numbers of each period of each process. */
export const plans: Projection<Plan> = {
  name: 'plans',
  shape: '1',
  keyOf({ stream, data }) {
    if (!stream.startsWith(STREAM_PREFIX)) return null;
    return keyOf(stream.slice(STREAM_PREFIX.length), String((data as { readonly period?: unknown }).period));
  },
  fold(row, event) {
    const plan = row ?? NO_PLAN;
    const said = { type: event.type, ...liftedPlan(event), recordedAt: event.recordedAt } as Kept<PlanEvent>;
    switch (said.type) {
      case 'TargetSet':
        return { ...plan, targets: [...plan.targets, said] };
      case 'CallMade':
        return { ...plan, calls: [...plan.calls, said] };
      case 'ForecastIssued':
        return { ...plan, issued: [...plan.issued, said] };
      case 'ForecastScored':
        return { ...plan, scored: [...plan.scored, said] };
    }
  },
};

/** The whole plan of a process, from its rows. */
export function planOf(rows: ReadonlyMap<string, Plan>, process: string): Plan {
  const own = [...rows.entries()].filter(([key]) => key.slice(0, key.lastIndexOf(' ')) === process).map(([, plan]) => plan);
  return {
    targets: own.flatMap(({ targets }) => targets),
    calls: own.flatMap(({ calls }) => calls),
    issued: own.flatMap(({ issued }) => issued),
    scored: own.flatMap(({ scored }) => scored),
  };
}

/** What was known of a plan, and had happened, by then. */
export function planKnown(plan: Plan, { asOf, clock }: { readonly asOf: string; readonly clock: string }): Plan {
  const known = <Event>(events: readonly Kept<Event & { readonly occurredAt: string }>[]) =>
    events.filter(({ recordedAt, occurredAt }) => recordedAt <= asOf && occurredAt <= clock);
  return { targets: known(plan.targets), calls: known(plan.calls), issued: known(plan.issued), scored: known(plan.scored) };
}

/** The latest word on a target; null where there is none, or it was taken back. */
export function targetOf({ targets }: Plan, period: string, { owner, team }: Whose): Money | null {
  const own = targets.filter((one) => one.period === period && one.owner === owner && one.team === team);
  return (
    own.reduce<TargetSet | null>((last, one) => (last && last.occurredAt > one.occurredAt ? last : one), null)?.amount ?? null
  );
}

/** The targets that count, one for each period and whom it is of. */
export function targetsInForce({ targets }: Plan): readonly Kept<TargetSet>[] {
  const last = new Map<string, Kept<TargetSet>>();
  for (const one of targets) {
    const key = JSON.stringify([one.period, one.owner, one.team]);
    const before = last.get(key);
    if (!before || before.occurredAt <= one.occurredAt) last.set(key, one);
  }
  const name = ({ period, owner, team }: TargetSet): string =>
    `${period} ${owner === null ? (team === null ? '0' : `1${team}`) : `2${owner}`}`;
  return [...last.values()].filter(({ amount }) => amount !== null).toSorted((a, b) => (name(a) < name(b) ? -1 : 1));
}
