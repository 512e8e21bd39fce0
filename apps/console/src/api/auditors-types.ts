import type { Blocker, Deal, FactInputs, FactValue, Phase } from './types.js';

/** What auditors read of the record, as docs/reference/events.md and http.md have it. */

export interface ProcessRef {
  readonly id: string;
  readonly version: number;
  readonly hash: string;
}

export interface CheckResult {
  readonly check: string;
  readonly passed: boolean;
  readonly overridden: boolean;
  readonly overrideRole: string | null;
  readonly say: string;
  readonly read: Readonly<Record<string, FactValue | null>>;
}

/** An event of a deal; which fields there are depends on its type. */
export interface DealEvent {
  readonly type: string;
  readonly occurredAt: string;
  readonly by: string;
  readonly process?: ProcessRef;
  readonly stage?: string;
  readonly facts?: FactInputs;
  readonly origin?: string;
  readonly from?: unknown;
  readonly to?: unknown;
  readonly fromPhase?: Phase;
  readonly toPhase?: Phase;
  readonly move?: string | null;
  readonly role?: string | null;
  readonly team?: string | null;
  readonly reason?: string | null;
  readonly checks?: readonly CheckResult[];
  readonly cause?: 'move' | 'limit' | 'join' | 'import';
  readonly conformance?: 'conforming' | 'deviating';
  readonly broke?: readonly Blocker[];
  readonly track?: string;
  readonly kind?: string;
  readonly note?: string | null;
  readonly limit?: string;
  readonly dueAt?: string;
  readonly told?: readonly string[];
}

export interface ReplayStep {
  readonly revision: number;
  readonly recordedAt: string;
  readonly event: DealEvent;
  readonly before: Deal | null;
  readonly after: Deal;
}

export interface Replay {
  readonly id: string;
  readonly steps: readonly ReplayStep[];
}

export interface Verdict {
  readonly revision: number;
  readonly from: string;
  readonly to: string;
  readonly move: string | null;
  readonly agrees: boolean;
  readonly differences: readonly string[];
}

export interface Verified {
  readonly id: string;
  readonly verdicts: readonly Verdict[];
  readonly agree: boolean;
}

/** Of the measure of adherence, what an auditor begins with. */
export interface Adherence {
  readonly process: string;
  readonly people: { readonly people: readonly { readonly owner: string }[] };
  readonly groups: readonly {
    readonly steps: { readonly rate: number | null; readonly count: number; readonly of: number };
    readonly overrides: readonly {
      readonly check: string;
      readonly by: string;
      readonly steps: number;
      readonly deals: number;
    }[];
  }[];
}
