import type { StoredEvent } from '@coxswain/event-store';
import type { MeasureName, MeasureQuery, Measures } from '@coxswain/projections';
import type { DealView, PublishAnswer } from '@coxswain/sales-desk';
import type { PossibleMove, ProcessRef, ReplayStep, Verdict } from '@coxswain/sales-process';

/** A published version as the service lists it. */
export interface ProcessSummary extends ProcessRef {
  readonly title: string;
  readonly publishedAt: string;
  readonly by: string;
  readonly note: string | null;
}

export interface VerifiedDeals {
  readonly deals: number;
  readonly steps: number;
  readonly disagreeing: readonly { readonly id: string; readonly verdicts: readonly Verdict[] }[];
}

/**
 * Whom the commands ask: the desk over a store, or a running service. Answers have the shapes of the HTTP answers.
 * Rejects with `CannotDo` or `StoreUnavailable` where there is no answer, such as for a deal that does not exist.
 */
export interface Source {
  /** The version in force of each process. */
  processes(): Promise<readonly ProcessSummary[]>;
  publish(file: string, format: 'yaml' | 'json', note?: string): Promise<PublishAnswer>;
  /** `asOf`: as it was known at that instant, ISO 8601 in UTC. */
  deal(id: string, asOf?: string): Promise<DealView>;
  moves(id: string): Promise<{ readonly moves: readonly PossibleMove[] }>;
  replay(id: string, asOf?: string): Promise<{ readonly id: string; readonly steps: readonly ReplayStep[] }>;
  verify(id: string): Promise<{ readonly id: string; readonly agree: boolean; readonly verdicts: readonly Verdict[] }>;
  verifyAll(onProgress: (deals: number, of: number | null) => void): Promise<VerifiedDeals>;
  measure<Name extends MeasureName>(
    name: Name,
    query: MeasureQuery,
  ): Promise<Measures[Name] & { readonly position: string | null }>;
  /** The whole log, in order. */
  events(): AsyncIterable<StoredEvent>;
  close(): Promise<void>;
}
