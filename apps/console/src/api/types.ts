/** What the service answers, as docs/reference/http.md has it. The console knows the public calls alone, so their shapes are written down here once more. */

export interface Money {
  readonly minor: number;
  readonly currency: string;
}
export type FactValue = string | number | boolean | Money;
export type Facts = Readonly<Record<string, FactValue>>;
/** Null takes a fact back. */
export type FactInputs = Readonly<Record<string, FactValue | null>>;

export interface Page<T> {
  readonly items: readonly T[];
  readonly next: string | null;
}

export type Phase = 'lead' | 'qualified' | 'selling' | 'closed' | 'customer';

export type Field = {
  readonly name: string;
  readonly label: string;
  readonly personal: boolean;
} & (
  | { readonly type: 'text' | 'date' | 'yesno' | 'money' }
  | { readonly type: 'number'; readonly min?: number; readonly max?: number }
  | { readonly type: 'choice'; readonly of: readonly string[] }
);

export interface Check {
  readonly id: string;
  readonly when: string;
  readonly say: string;
  readonly override?: { readonly by: readonly string[]; readonly reason: 'required' | 'optional' };
}

export interface Move {
  readonly name: string;
  readonly label: string;
  readonly to: string;
  readonly by: readonly string[];
  readonly needs: readonly string[];
  readonly checks: readonly Check[];
  readonly opens?: { readonly process: string; readonly origin: string };
}

export interface Limit {
  readonly time: { readonly amount: number; readonly unit: string };
  readonly then: string;
  readonly tell: readonly string[];
}

export interface TrackStage {
  readonly id: string;
  readonly label: string;
  readonly done: boolean;
  readonly moves: Readonly<Record<string, Move>>;
}

export interface Track {
  readonly id: string;
  readonly label: string;
  readonly start: string;
  readonly stages: Readonly<Record<string, TrackStage>>;
}

export interface Stage {
  readonly id: string;
  readonly label: string;
  readonly phase: Phase;
  readonly result?: 'won' | 'lost';
  readonly forecast?: { readonly category: string; readonly probability: number };
  readonly limit?: Limit;
  readonly moves: Readonly<Record<string, Move>>;
  readonly tracks: Readonly<Record<string, Track>>;
  readonly whenAllDone?: string;
}

export interface ProcessDefinition {
  readonly id: string;
  readonly title: string;
  readonly currency: string;
  readonly timezone: string;
  readonly fields: Readonly<Record<string, Field>>;
  readonly roles: readonly string[];
  readonly start: string;
  readonly stages: Readonly<Record<string, Stage>>;
}

export interface PublishedProcess {
  readonly id: string;
  readonly version: number;
  readonly hash: string;
  readonly title: string;
  readonly publishedAt: string;
  readonly by: string;
  readonly note: string | null;
}

export interface ProcessVersion extends PublishedProcess {
  readonly definition: ProcessDefinition;
}

/** A deal as a list has it. */
export interface DealRow {
  readonly id: string;
  readonly process: { readonly id: string; readonly version: number };
  readonly stage: string;
  readonly phase: Phase;
  readonly owner: string;
  readonly team: string | null;
  readonly account: string | null;
  readonly origin: string;
  readonly amount: Money | null;
  readonly closeDate: string | null;
  readonly stageSince: string;
  readonly overdueSince: string | null;
  /** When the first time limit that runs is up; a deal made from its own answer may lack it. */
  readonly dueAt?: string | null;
  readonly result: 'won' | 'lost' | null;
}

/** What all open deals of a process come to, stage by stage. */
export interface BoardSummary {
  readonly open: number;
  readonly stages: readonly {
    readonly stage: string;
    readonly deals: number;
    readonly value: { readonly amounts: readonly Money[] };
  }[];
}

export interface RunningLimit {
  readonly startedAt: string;
  readonly dueAt: string;
  readonly then: string;
  readonly tell: readonly string[];
  readonly fired: boolean;
}

export interface Deal {
  readonly id: string;
  readonly events: number;
  readonly process: { readonly id: string; readonly version: number; readonly hash: string };
  readonly stage: string;
  readonly phase: Phase;
  readonly tracks: Readonly<Record<string, string>>;
  readonly facts: Readonly<Record<string, { readonly value: FactValue; readonly by: string; readonly at: string }>>;
  readonly owner: string;
  readonly team: string | null;
  readonly account: string | null;
  readonly origin: string;
  readonly openedFrom: { readonly deal: string; readonly revision: number; readonly move: string } | null;
  readonly opened: readonly string[];
  readonly capturedAt: string;
  readonly stageSince: string;
  readonly lastStepAt: string;
  readonly result: 'won' | 'lost' | null;
  readonly limits: Readonly<Record<string, RunningLimit>>;
  readonly activities: number;
}

export interface DealView {
  readonly opportunity: Deal;
  readonly revision: number;
  readonly position: string;
  readonly asOf: string;
}

export interface Blocker {
  readonly kind: 'role' | 'fact' | 'check' | 'track' | 'path';
  readonly check?: string;
  readonly field?: string;
  readonly say: string;
  readonly who?: readonly string[];
}

export interface PossibleMove {
  /** Null for the join of tracks, which happens by itself. */
  readonly move: string | null;
  readonly label: string;
  readonly track: string | null;
  readonly to: string;
  readonly allowed: boolean;
  readonly blockers: readonly Blocker[];
  readonly overridable: readonly {
    readonly check: string;
    readonly by: readonly string[];
    readonly reason: 'required' | 'optional';
  }[];
}

/** What a command on a deal answers. */
export interface Done {
  readonly id: string;
  readonly revision: number;
  readonly position: string;
  readonly stage: string;
  readonly phase: Phase;
}

export interface StoredEvent {
  readonly position: string;
  readonly stream: string;
  readonly revision: number;
  readonly id: string;
  readonly type: string;
  readonly recordedAt: string;
  readonly data: Readonly<Record<string, unknown>> & { readonly occurredAt?: string; readonly by?: string };
}

/** Somebody whose token the service issues itself, in local mode. */
export interface LocalPerson {
  readonly name: string;
  readonly roles: readonly string[];
  readonly team: string | null;
}
