import type { Writable } from 'node:stream';
import type { MeasureName, MeasureQuery, Measures, Period, Plan } from '@coxswain/projections';
import type {
  DealView,
  PlanOutcome,
  ProjectionReport,
  PublishAnswer,
  PublishOptions,
  VersionSummary,
} from '@coxswain/sales-desk';
import type { CallInput, PossibleMove, Problem, ReplayStep, TargetInput, Verdict } from '@coxswain/sales-process';
import type { ChangesSource } from './changes-source.js';
import type { ToldReport } from './imports.js';
import type { Trials } from './trials.js';

/** A published version as the service lists it. */
export type ProcessSummary = VersionSummary;

export interface VerifiedDeal {
  readonly id: string;
  readonly agree: boolean;
  readonly verdicts: readonly Verdict[];
}

export interface VerifiedDeals {
  readonly deals: number;
  readonly steps: number;
  readonly disagreeing: readonly { readonly id: string; readonly verdicts: readonly Verdict[] }[];
}

export interface ImportRequest {
  /** The file with the past. */
  readonly file: string;
  /** The file that says what its columns mean. A service is asked for its own map of the same name. */
  readonly map: string;
  readonly dryRun: boolean;
  /** Hears every rejected row, deviating step, warning and correction, one JSON text a line. */
  readonly report: Writable | null;
  /** In the unit of the file: bytes read, of all where that is known. */
  readonly onProgress: (done: number, of: number | null) => void;
}

export interface TargetsSet {
  readonly set: number;
  readonly unchanged: number;
}

export type OwnCall = Omit<CallInput, 'owner' | 'team'> & Partial<Pick<CallInput, 'owner' | 'team'>>;

/** What came in; or, when nothing was read, what is wrong with the map. */
export type ImportOutcome = { readonly report: ToldReport } | { readonly mapProblems: readonly Problem[] };

/**
 * Whom the commands ask: the desk over a store, or a running service. Answers have the shapes of the HTTP answers.
 * Rejects with `CannotDo` or `StoreUnavailable` where there is no answer, such as for a deal that does not exist.
 */
export interface Source {
  /** The version in force of each process. */
  processes(): Promise<readonly ProcessSummary[]>;
  publish(file: string, format: 'yaml' | 'json', options: PublishOptions): Promise<PublishAnswer>;
  /** How a process that runs is changed. */
  readonly changes: ChangesSource;
  /** `asOf`: as it was known at that instant, ISO 8601 in UTC. */
  deal(id: string, asOf?: string): Promise<DealView>;
  moves(id: string): Promise<{ readonly moves: readonly PossibleMove[] }>;
  replay(id: string, asOf?: string): Promise<{ readonly id: string; readonly steps: readonly ReplayStep[] }>;
  verify(id: string): Promise<VerifiedDeal>;
  verifyAll(onProgress: (deals: number, of: number | null) => void): Promise<VerifiedDeals>;
  measure<Name extends MeasureName>(
    name: Name,
    query: MeasureQuery,
  ): Promise<Measures[Name] & { readonly position: string | null }>;
  /** The currency of a published process. */
  currency(process: string): Promise<string>;
  /** Targets in force, calls and issued forecasts; of one period, or of all. */
  plan(process: string, period?: string): Promise<Pick<Plan, 'targets' | 'calls' | 'issued'>>;
  setTargets(process: string, targets: readonly TargetInput[], dryRun: boolean): Promise<PlanOutcome<TargetsSet>>;
  /** Without owner and team it is the asker's own. */
  makeCall(process: string, call: OwnCall): Promise<PlanOutcome<{ readonly call: string; readonly repeated: boolean }>>;
  issueForecasts(process: string, period: Period): Promise<PlanOutcome<{ readonly issued: number }>>;
  /** Drafts tried on the past. */
  readonly trials: Trials;
  /** How far each projection has come. */
  projections(): Promise<ProjectionReport>;
  /** Folds the log again for one projection, or for all; answers which. */
  rebuild(name?: string): Promise<readonly string[]>;
  bringIn(request: ImportRequest): Promise<ImportOutcome>;
  close(): Promise<void>;
}
