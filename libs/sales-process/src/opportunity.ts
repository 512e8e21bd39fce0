import type { Facts, FactValue } from './facts.js';
import type { Phase, ProcessRef } from './process.js';

/**
 * One customer's journey under one process, from lead to customer: its events, its state, what may be asked of it,
 * what is decided, and how the record is folded. The deal's stream is `opportunity-<id>`.
 */

// ---------------------------------------------------------------------------------------------------------- events

/** Who did it and when it happened. `occurredAt` is ISO 8601 in UTC; when it was written, only the store knows. */
interface Happened {
  readonly occurredAt: string;
  /** The subject of the token, or the person an imported record names. */
  readonly by: string;
}

export interface OpportunityCaptured extends Happened {
  readonly type: 'OpportunityCaptured';
  readonly process: ProcessRef;
  readonly stage: string;
  readonly phase: Phase;
  /** Facts such as `source` and `generatedBy`, known at capture. */
  readonly facts: Facts;
  readonly owner: string;
  readonly team: string | null;
  readonly account: string | null;
  /** `new`, `upsell`, `repeat`, `referral`, `import`, or what the opening move says. */
  readonly origin: string;
  /** The deal and the step that opened this one. */
  readonly openedFrom: { readonly deal: string; readonly revision: number; readonly move: string } | null;
}

export interface FactsRecorded extends Happened {
  readonly type: 'FactsRecorded';
  /** Null takes a fact back. */
  readonly facts: Readonly<Record<string, FactValue | null>>;
}

export interface OwnerChanged extends Happened {
  readonly type: 'OwnerChanged';
  readonly from: { readonly owner: string; readonly team: string | null };
  readonly to: { readonly owner: string; readonly team: string | null };
}

export interface ActivityLogged extends Happened {
  readonly type: 'ActivityLogged';
  /** call, meeting, proposal ... */
  readonly kind: string;
  readonly note: string | null;
}

/** The answer to one check at the moment of the step, with the facts it read. */
export interface CheckResult {
  readonly check: string;
  readonly passed: boolean;
  /** True when it did not pass and somebody entitled let it pass. */
  readonly overridden: boolean;
  readonly say: string;
  /** A fact that was asked for and not recorded is null. */
  readonly read: Readonly<Record<string, FactValue | null>>;
}

interface Step extends Happened {
  readonly from: string;
  readonly to: string;
  /** The move asked for; null for a join (all tracks done) and for a deviating step the process has no move for. */
  readonly move: string | null;
  readonly process: ProcessRef;
  /** The role that entitled the actor; null where the move asks for none or the record does not tell. */
  readonly role: string | null;
  readonly team: string | null;
  readonly reason: string | null;
  readonly checks: readonly CheckResult[];
  /** `move` by a person, `limit` by a time limit that fired, `join` when all tracks were done, `import` from outside history. */
  readonly cause: 'move' | 'limit' | 'join' | 'import';
  /** `deviating`: this step broke the process; `broke` says what. Overridden steps are conforming and listed in `checks`. */
  readonly conformance: 'conforming' | 'deviating';
  readonly broke: readonly Blocker[];
}

/** The deal left one stage for another (or the same one again, when a move leads back to its own stage). */
export interface StageChanged extends Step {
  readonly type: 'StageChanged';
  readonly fromPhase: Phase;
  readonly toPhase: Phase;
  readonly result: 'won' | 'lost' | null;
  /** A linked deal that this step opens; `deal` is its id. */
  readonly opens: { readonly process: string; readonly origin: string; readonly deal: string } | null;
}

/** The deal went on inside one parallel track of its stage. `from` and `to` are stages of the track. */
export interface TrackAdvanced extends Step {
  readonly type: 'TrackAdvanced';
  readonly stage: string;
  readonly track: string;
}

/** Named `stage` or `stage/track/trackStage`. */
export interface LimitStarted extends Happened {
  readonly type: 'LimitStarted';
  readonly limit: string;
  readonly dueAt: string;
  readonly then: string;
  readonly tell: readonly string[];
}

export interface LimitCancelled extends Happened {
  readonly type: 'LimitCancelled';
  readonly limit: string;
}

/** The time was up. `occurredAt` is when it was due, even if the service was down then. */
export interface LimitFired extends Happened {
  readonly type: 'LimitFired';
  readonly limit: string;
  readonly dueAt: string;
  readonly then: string;
  /** People and roles to tell, `owner` replaced by the owner's name. */
  readonly told: readonly string[];
  /** What stopped the move that the limit asked for; empty when it only warns or the move went through. */
  readonly blockers: readonly Blocker[];
}

export type OpportunityEvent =
  | OpportunityCaptured
  | FactsRecorded
  | OwnerChanged
  | ActivityLogged
  | StageChanged
  | TrackAdvanced
  | LimitStarted
  | LimitCancelled
  | LimitFired;

// ----------------------------------------------------------------------------------------------------------- state

export interface Opportunity {
  readonly id: string;
  readonly process: ProcessRef;
  readonly stage: string;
  readonly phase: Phase;
  /** Where each track of the present stage stands; empty outside a stage with tracks. */
  readonly tracks: Readonly<Record<string, string>>;
  /** Facts with who recorded them and when. */
  readonly facts: Readonly<Record<string, { readonly value: FactValue; readonly by: string; readonly at: string }>>;
  readonly owner: string;
  readonly team: string | null;
  readonly account: string | null;
  readonly origin: string;
  readonly openedFrom: OpportunityCaptured['openedFrom'];
  /** Deals that steps of this one opened. */
  readonly opened: readonly string[];
  readonly capturedAt: string;
  /** Since when the deal stands in its stage. A move back to the same stage does not restart it. */
  readonly stageSince: string;
  /** When the last event happened. */
  readonly lastAt: string;
  readonly result: 'won' | 'lost' | null;
  readonly limits: Readonly<Record<string, { readonly startedAt: string; readonly dueAt: string; readonly then: string; readonly tell: readonly string[]; readonly fired: boolean }>>;
  readonly activities: number;
}

// -------------------------------------------------------------------------------------------------------- commands

export interface Actor {
  readonly id: string;
  readonly roles: readonly string[];
  readonly team: string | null;
}

export type FactInputs = Readonly<Record<string, FactValue | null>>;

/** `at` is the present instant; `occurredAt`, when given, the past instant at which it happened. */
interface Asked {
  readonly actor: Actor;
  readonly at: string;
  readonly occurredAt?: string;
}

export type OpportunityCommand =
  | (Asked & {
      readonly type: 'Capture';
      readonly id: string;
      readonly facts?: FactInputs;
      /** Default: the actor. */
      readonly owner?: string;
      readonly team?: string | null;
      readonly account?: string | null;
      readonly origin?: string;
      readonly openedFrom?: OpportunityCaptured['openedFrom'];
    })
  | (Asked & { readonly type: 'RecordFacts'; readonly facts: FactInputs })
  | (Asked & { readonly type: 'ChangeOwner'; readonly owner: string; readonly team?: string | null })
  | (Asked & { readonly type: 'LogActivity'; readonly kind: string; readonly note?: string | null })
  | (Asked & {
      readonly type: 'Advance';
      readonly move: string;
      readonly facts?: FactInputs;
      readonly reason?: string;
      /** Ids of the checks to let pass. */
      readonly override?: readonly string[];
    })
  /** Asked by the scheduler: refused with `limit-not-due` when there is nothing to fire any more. */
  | (Asked & { readonly type: 'FireLimit'; readonly limit: string; readonly dueAt: string })
  /** History from outside: recorded as what it is, conforming or deviating, never refused for breaking the process. */
  | (Asked & { readonly type: 'RecordHistory'; readonly steps: readonly HistoryStep[]; readonly capture?: HistoryCapture });

export interface HistoryCapture {
  readonly id: string;
  readonly occurredAt: string;
  readonly by: string;
  readonly owner: string;
  readonly team: string | null;
  readonly account: string | null;
  readonly origin: string;
  readonly facts: FactInputs;
}

export type HistoryStep = { readonly occurredAt: string; readonly by: string; readonly facts?: FactInputs } & (
  | { readonly kind: 'stage'; readonly to: string }
  | { readonly kind: 'activity'; readonly activity: string; readonly note?: string | null }
  | { readonly kind: 'facts' }
  | { readonly kind: 'owner'; readonly owner: string; readonly team: string | null }
);

// ------------------------------------------------------------------------------------------------------- decisions

/** One reason why the deal may not go on, what would help, and who could lift it. */
export interface Blocker {
  /** `path` occurs in imported history only: the process has no such move. */
  readonly kind: 'role' | 'fact' | 'check' | 'track' | 'path';
  readonly check?: string;
  readonly field?: string;
  readonly say: string;
  /** Roles that could lift it. */
  readonly who?: readonly string[];
}

export interface Refusal {
  /** `move-blocked`, `move-unknown`, `facts-invalid`, `occurred-at-invalid`, `already-captured`, `no-such-opportunity`, `limit-not-due`, `nothing-to-change`. */
  readonly refused: string;
  readonly say: string;
  readonly blockers: readonly Blocker[];
  /** Moves the actor could make instead. */
  readonly allowed: readonly string[];
}

export type Decision = { readonly events: readonly OpportunityEvent[] } | Refusal;

/** One way on from where the deal stands, for one actor at one instant. */
export interface PossibleMove {
  /** Null for the join of tracks, which happens by itself. */
  readonly move: string | null;
  readonly label: string;
  readonly track: string | null;
  readonly to: string;
  readonly allowed: boolean;
  readonly blockers: readonly Blocker[];
  /** The blockers that somebody may override, by check id. */
  readonly overridable: readonly { readonly check: string; readonly by: readonly string[]; readonly reason: 'required' | 'optional' }[];
}

// CONTRACT, implementation follows in this file:
// export function decide(process: CompiledProcess): (command: OpportunityCommand, state: Opportunity | null) => Decision;
// export function possibleMoves(process: CompiledProcess, state: Opportunity, actor: Actor, at: string): readonly PossibleMove[];
// export function evolve(state: Opportunity | null, event: OpportunityEvent, id: string): Opportunity;
// export function verify(process, events): readonly Verdict[];  export function replay(...)
