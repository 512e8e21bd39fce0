import type { Money, Phase } from '@coxswain/sales-process';
import type { Broke, DealEntry, DealHistory, MeasuredFacts } from './deal-history.js';

/** A deal as it was known at an instant: where it has been, what it is worth, and whose it is. */
export interface Deal {
  readonly id: string;
  readonly account: string | null;
  readonly origin: string;
  /** The process version it is on. */
  readonly version: number;
  readonly owner: string;
  readonly team: string | null;
  readonly facts: MeasuredFacts;
  readonly capturedAt: string;
  /** In the order of the record; never empty. A move back to the same stage does not end a visit. */
  readonly visits: readonly Visit[];
  readonly phase: Phase;
  /** How it stands: `won` (a customer, too), `lost`, or null while it is open. A deal that was reopened is open again. */
  readonly result: 'won' | 'lost' | null;
  /** Since when it stands so; the capture for a deal that was always open. */
  readonly resultSince: string;
  /** When it first was qualified or further: entered phase qualified or selling, or was won without. */
  readonly qualified: Milestone | null;
  /** Its first win: entering a stage with result `won`, or becoming a customer from an open phase. */
  readonly won: Milestone | null;
  readonly steps: readonly DealStep[];
  /** The time limits that run, fired or not, by name. */
  readonly limits: ReadonlyMap<string, string>;
}

/** Whose it was and under which version, at the moment in question. */
export interface Attribution {
  readonly owner: string;
  readonly team: string | null;
  readonly version: number;
}

export interface Visit extends Attribution {
  readonly stage: string;
  readonly phase: Phase;
  readonly result: 'won' | 'lost' | null;
  readonly enteredAt: string;
  /** Null while it lasts. */
  readonly leftAt: string | null;
}

export interface Milestone extends Attribution {
  readonly at: string;
  /** The amount recorded by then; where there was none, the first one recorded after. */
  readonly amount: Money | null;
}

export interface DealStep extends Attribution {
  readonly occurredAt: string;
  readonly by: string;
  readonly from: string;
  readonly to: string;
  readonly cause: 'move' | 'limit' | 'join' | 'import';
  readonly conforming: boolean;
  readonly broke: readonly Broke[];
  readonly overridden: readonly string[];
}

export interface Viewpoint {
  /** Only what was recorded up to this instant. */
  readonly asOf: string;
  /** Only what occurred up to this instant. Default: `asOf`. */
  readonly clock?: string;
  /** Which stage a recorded stage counts as (see lineage.ts). Default: itself. */
  readonly stageOf?: (stage: string) => string;
}

/** The deal as known at `asOf`; null when its capture was not known, or had not happened, by then. */
export function dealAsOf(history: DealHistory, { asOf, clock = asOf, stageOf = (stage) => stage }: Viewpoint): Deal | null {
  let deal: Draft | null = null;
  for (const entry of history.entries) {
    if (entry.recordedAt > asOf || entry.occurredAt > clock) continue;
    if (entry.kind === 'captured') deal = capturedDeal(entry, history, stageOf);
    else if (deal) note(deal, entry, stageOf);
  }
  return deal;
}

type Changing<T> = { -readonly [Key in keyof T]: T[Key] };
type Draft = Changing<Omit<Deal, 'visits' | 'steps' | 'limits' | 'qualified' | 'won'>> & {
  readonly visits: Changing<Visit>[];
  readonly steps: DealStep[];
  readonly limits: Map<string, string>;
  qualified: Changing<Milestone> | null;
  won: Changing<Milestone> | null;
};

function capturedDeal(
  entry: Extract<DealEntry, { kind: 'captured' }>,
  { id, account, origin }: DealHistory,
  stageOf: (stage: string) => string,
): Draft {
  const { version, owner, team, phase, occurredAt } = entry;
  const visit = { stage: stageOf(entry.stage), phase, result: null, enteredAt: occurredAt, leftAt: null, owner, team, version };
  const deal: Draft = {
    id,
    account,
    origin,
    version,
    owner,
    team,
    phase,
    facts: { ...entry.facts },
    capturedAt: occurredAt,
    visits: [visit],
    result: null,
    resultSince: occurredAt,
    qualified: null,
    won: null,
    steps: [],
    limits: new Map(),
  };
  if (phase === 'qualified' || phase === 'selling') deal.qualified = milestone(deal, occurredAt);
  return deal;
}

function note(deal: Draft, entry: Exclude<DealEntry, { kind: 'captured' }>, stageOf: (stage: string) => string): void {
  switch (entry.kind) {
    case 'facts':
      Object.assign(deal.facts, entry.facts);
      if (deal.won) deal.won.amount ??= deal.facts.amount ?? null;
      if (deal.qualified) deal.qualified.amount ??= deal.facts.amount ?? null;
      return;
    case 'owner':
      deal.owner = entry.owner;
      deal.team = entry.team;
      return;
    case 'activity':
    case 'limit-fired':
      return;
    case 'limit-started':
      deal.limits.set(entry.limit, entry.dueAt);
      return;
    case 'limit-cancelled':
      deal.limits.delete(entry.limit);
      return;
    case 'track':
      for (const limit of deal.limits.keys()) if (limit.startsWith(`${entry.stage}/${entry.track}/`)) deal.limits.delete(limit);
      noteStep(deal, entry, entry.from, entry.to);
      return;
    case 'stage': {
      deal.limits.clear();
      deal.version = entry.version;
      noteStep(deal, entry, stageOf(entry.from), stageOf(entry.to));
      noteStage(deal, entry, stageOf(entry.to));
    }
  }
}

function noteStep(
  deal: Draft,
  { occurredAt, by, cause, conforming, broke, overridden, version }: Extract<DealEntry, { kind: 'stage' | 'track' }>,
  from: string,
  to: string,
): void {
  deal.steps.push({
    occurredAt,
    by,
    from,
    to,
    cause,
    conforming,
    broke,
    overridden,
    version,
    owner: deal.owner,
    team: deal.team,
  });
}

function noteStage(
  deal: Draft,
  { occurredAt, fromPhase, toPhase, result, version }: Extract<DealEntry, { kind: 'stage' }>,
  stage: string,
): void {
  const here = deal.visits.at(-1)!;
  if (here.stage !== stage) {
    here.leftAt = occurredAt;
    deal.visits.push({
      stage,
      phase: toPhase,
      result,
      enteredAt: occurredAt,
      leftAt: null,
      owner: deal.owner,
      team: deal.team,
      version,
    });
  }
  deal.phase = toPhase;

  const becomesCustomer = toPhase === 'customer' && fromPhase !== 'closed' && fromPhase !== 'customer';
  const decided = result ?? (becomesCustomer ? 'won' : null);
  const stands = toPhase === 'closed' || toPhase === 'customer' ? (decided ?? deal.result) : null;
  if (stands !== deal.result) {
    deal.result = stands;
    deal.resultSince = occurredAt;
  }
  if (decided === 'won') deal.won ??= milestone(deal, occurredAt);
  if (toPhase === 'qualified' || toPhase === 'selling' || decided === 'won') deal.qualified ??= milestone(deal, occurredAt);
}

const milestone = ({ owner, team, version, facts }: Draft, at: string): Changing<Milestone> => ({
  at,
  owner,
  team,
  version,
  amount: facts.amount ?? null,
});
