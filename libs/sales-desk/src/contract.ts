import type { Money, Phase } from '@coxswain/sales-process';
import type { EventStore, ReadModels } from '@coxswain/event-store';
import type { Cell, DealsBehind, HeadFilter, StageName, Value } from '@coxswain/projections';
import type { Observable } from 'rxjs';
import type {
  Actor,
  FactInputs,
  HistoryCapture,
  HistoryStep,
  Opportunity,
  Problem,
  ProcessRef,
  Refusal,
  SalesProcess,
} from '@coxswain/sales-process';

/** What the desk is asked and what it answers: the words that both apps, the importer and the simulator share with it. */

export interface DeskOptions {
  readonly store: EventStore;
  readonly readModels: ReadModels;
  /** Reads beside a running service: folds in memory, writes nothing, and refuses commands. */
  readonly readOnly?: boolean;
  /**
   * Whether this desk leads among all on the same store, now and from now on; it does unless told. Whoever leads keeps the read models,
   * fires time limits and opens linked deals that a crash left pending. Commands are taken by all.
   */
  readonly leading?: Observable<boolean>;
  /** The present instant; injected, so that a test can run a year in a second. */
  readonly now: () => Date;
  /** Gives the ids of new deals and events; random unless told. */
  readonly newId?: () => string;
  /** Called for what operators should know (a deadline fired, a projection stopped). */
  readonly log?: (entry: { level: 'info' | 'warn' | 'error'; message: string; [detail: string]: unknown }) => void;
}

/** What a caller asks of one deal. `at` is added by the desk. */
export type DealRequest =
  | {
      readonly type: 'Capture';
      readonly id?: string;
      readonly process: string;
      readonly facts?: FactInputs;
      readonly owner?: string;
      readonly team?: string | null;
      readonly account?: string | null;
      readonly origin?: string;
      readonly occurredAt?: string;
    }
  | { readonly type: 'RecordFacts'; readonly facts: FactInputs; readonly occurredAt?: string }
  | { readonly type: 'ChangeOwner'; readonly owner: string; readonly team?: string | null; readonly occurredAt?: string }
  | { readonly type: 'LogActivity'; readonly kind: string; readonly note?: string | null; readonly occurredAt?: string }
  | {
      readonly type: 'Advance';
      readonly move: string;
      readonly facts?: FactInputs;
      readonly reason?: string;
      readonly override?: readonly string[];
      readonly occurredAt?: string;
    };

export interface CommandOptions {
  readonly actor: Actor;
  /** From If-Match: the revision the caller has seen. */
  readonly expectedRevision?: number;
  /** From Idempotency-Key: the key, and a hash of the request it stands for. Scoped to the actor. */
  readonly idempotency?: { readonly key: string; readonly request: string };
  /** Decides and answers, writes nothing. */
  readonly dryRun?: boolean;
}

/** What a command answers when it was done. */
export interface DealAnswer {
  readonly id: string;
  readonly revision: number;
  readonly position: string;
  readonly stage: string;
  readonly phase: string;
  /** True when this answers an earlier identical request again. */
  readonly repeated: boolean;
}

/** Why nothing was written. `stale`: the deal moved on since `expectedRevision`; `conflict`: too many writers at once; `key-reused`: the key stood for another request. */
export type DeskRefusal =
  | (Refusal & { readonly kind: 'refused' })
  | { readonly kind: 'stale'; readonly revision: number }
  | { readonly kind: 'conflict' }
  | { readonly kind: 'key-reused' }
  | { readonly kind: 'not-found'; readonly what: 'opportunity' | 'process'; readonly id: string };

export type DealOutcome = DealAnswer | DeskRefusal;

export interface PublishedProcess {
  readonly ref: ProcessRef;
  readonly title: string;
  readonly definition: SalesProcess;
  /** The file as it was handed in. */
  readonly file: string;
  readonly format: 'yaml' | 'json';
  /** The XState config: plain JSON. */
  readonly machine: object;
  readonly publishedAt: string;
  readonly by: string;
  readonly note: string | null;
  /** From when on new deals run under it; null: from when it was published. */
  readonly effectiveFrom: string | null;
  readonly reviewedBy: string | null;
  /** Whose new deals run under it; null: everybody's. */
  readonly teams: readonly string[] | null;
  readonly retiredAt: string | null;
  readonly draft: number | null;
}

/** A file that was kept to be looked at and tried. */
export interface ProcessDraft {
  readonly process: string;
  /** 1, 2, 3 ... of the process. */
  readonly draft: number;
  readonly hash: string;
  readonly file: string;
  readonly format: 'yaml' | 'json';
  readonly definition: SalesProcess;
  readonly note: string | null;
  readonly by: string;
  readonly savedAt: string;
}

/** What may be said when a version is published. */
export interface PublishOptions {
  readonly dryRun?: boolean;
  readonly note?: string;
  /** From when on new deals run under it, ISO 8601 in UTC. */
  readonly effectiveFrom?: string;
  readonly reviewedBy?: string;
  /** Whose new deals run under it. */
  readonly teams?: readonly string[];
}

/** What keeping a draft came to: null with problems that stop it. */
export interface DraftAnswer {
  readonly problems: readonly Problem[];
  readonly draft: Pick<ProcessDraft, 'process' | 'draft' | 'hash'> | null;
  /** True when the latest draft says the same: nothing was written. */
  readonly repeated: boolean;
}

/** What a change of a version came to. */
export type VersionOutcome =
  | { readonly kind: 'done'; readonly version: PublishedProcess; readonly repeated: boolean }
  | { readonly kind: 'not-found'; readonly what: 'process' | 'version' }
  | { readonly kind: 'refused'; readonly refused: string; readonly say: string };

export interface PublishAnswer {
  readonly problems: readonly Problem[];
  /** Null when problems stopped it, or on a dry run. */
  readonly published: ProcessRef | null;
  /** True when this very content was published before: nothing was written. */
  readonly repeated: boolean;
}

export interface DealView {
  readonly opportunity: Opportunity;
  readonly revision: number;
  readonly position: string;
  /** The instant the view shows: now, or the `asOf` asked for. */
  readonly asOf: string;
}

/** Which deals are asked for; what is left out does not matter. */
export interface DealsQuery extends HeadFilter {
  readonly account?: string;
  /** Only deals with a limit that is past. */
  readonly overdue?: boolean;
  /** Every word of it stands in the id, the account, the owner, the team, the origin, the source or in who generated the lead; whether large or small. */
  readonly q?: string;
  readonly ids?: readonly string[];
  /** As it was known at this instant, ISO 8601 in UTC, which has come. */
  readonly asOf?: string;
}

export interface BoardQuery extends DealsQuery {
  /** Default: `id`. */
  readonly sort?: BoardSort;
  readonly limit?: number;
  /** Opaque; from an earlier answer's `next`. */
  readonly cursor?: string;
}

export type BoardOrder = 'id' | 'value' | 'age' | 'limit' | 'closeDate' | 'account' | 'owner';
/** With `-` the other way round. Deals that have no such thing come last either way. */
export type BoardSort = BoardOrder | `-${BoardOrder}`;

/** How many deals stand where, and what they are worth: the heads of the columns of a board. */
export interface BoardSummary {
  readonly process: string;
  /** The version that stages are named by; null when there was none. */
  readonly version: number | null;
  readonly asOf: string;
  /** The figures include the log up to here. */
  readonly position: string | null;
  readonly deals: number;
  /** Of the deals, those that stand neither won nor lost; and what they are worth. */
  readonly open: number;
  readonly value: Value;
  readonly overdue: number;
  /** Every stage of that version in the order of its file, then those of earlier ones in which deals stand. */
  readonly stages: readonly (StageName & { readonly deals: number; readonly value: Value; readonly overdue: number })[];
}

/** A deal on the board: where it stands now. */
export interface DealOnBoard {
  readonly id: string;
  readonly process: { readonly id: string; readonly version: number };
  readonly stage: string;
  readonly phase: Phase;
  readonly owner: string;
  readonly team: string | null;
  readonly account: string | null;
  readonly origin: string;
  /** The facts `amount` and `closeDate` (`YYYY-MM-DD`). */
  readonly amount: Money | null;
  readonly closeDate: string | null;
  readonly stageSince: string;
  /** Since when its first time limit is past; null while none is. */
  readonly overdueSince: string | null;
  /** When its first time limit is up, past or not; null while none runs. */
  readonly dueAt: string | null;
  readonly result: 'won' | 'lost' | null;
  /** Whether a step of it broke the process (an import, say), and whether somebody entitled let a check pass. */
  readonly deviating: boolean;
  readonly overridden: boolean;
}

/** Which deals a figure counts, and which of them to list. */
export interface DealsBehindQuery {
  readonly cell: Cell;
  /** Only of this group, where the question names a grouping; null: of those that have none. */
  readonly group?: string | null;
  readonly limit?: number;
  /** Opaque; from an earlier answer's `next`. */
  readonly cursor?: string;
}

/** What the measure says of itself, how many deals the figure counts, and their ids in order. */
export interface DealsBehindPage extends Omit<DealsBehind, 'ids' | 'deals'>, Page<string> {
  readonly cell: Cell;
  readonly deals: number;
  readonly position: string | null;
}

export interface Page<T> {
  readonly items: readonly T[];
  readonly next: string | null;
}

/** History of one deal from outside, handed to the one door by an import. */
export interface HistoryRequest {
  readonly process: string;
  readonly id: string;
  readonly capture: Omit<HistoryCapture, 'id'>;
  /** In the order of the source; `key` is unique within the deal and the same in every repetition of the import. */
  readonly steps: readonly (HistoryStep & { readonly key: string })[];
  readonly batch: string;
}

export interface HistoryAnswer {
  readonly id: string;
  /** Steps written now (the capture counts as one when it was written). */
  readonly stored: number;
  /** Steps that an earlier run had written. */
  readonly alreadyThere: number;
  /** Steps written that break the process, with what broke. */
  readonly deviating: readonly { readonly key: string; readonly say: string }[];
  /** Steps that cannot be read under the process at all (unknown stage, wrong fact type): not written. */
  readonly rejected: readonly { readonly key: string; readonly say: string }[];
  /** Time limits that are past where the past ends, and fire as soon as somebody looks; `moves`: the deal is moved then. */
  readonly overdue: readonly { readonly limit: string; readonly then: string; readonly moves: boolean }[];
}

/** How far one of the projections has come, in memory and in what is kept of it beside the log. */
export interface ProjectionStatus {
  readonly name: string;
  /** The last event folded in; null before the first. */
  readonly position: string | null;
  /** How many seconds ago the first event that it has not folded was recorded; 0 when it has folded everything. */
  readonly behindSeconds: number;
  /** Rows or entries. */
  readonly size: number;
  /** Why it stopped; null while it runs. */
  readonly failed: string | null;
  /** The position that a rebuild beside it has reached (empty at its beginning); null while there is none. */
  readonly rebuilding: string | null;
  /** What a start would go on from; null where nothing is kept, or in a form that would not be read. */
  readonly kept: { readonly position: string; readonly rows: number; readonly blocks: number } | null;
}

export interface ProjectionReport {
  readonly projections: readonly ProjectionStatus[];
  /** The last event of the log. */
  readonly end: { readonly position: string | null; readonly recordedAt: string | null };
}

export interface ReadinessReport {
  readonly ready: boolean;
  readonly store: string;
  readonly storeWritable: boolean;
  /** Why the store cannot be written, with what would help; null while it can. `full`: no space; writes go on by themselves once there is. */
  readonly storeTrouble: { readonly reason: 'full' | 'unavailable'; readonly say: string; readonly help: string } | null;
  /** Whether this process keeps the read models and fires the time limits: of several on one store, one does. */
  readonly leads: boolean;
  /** Why the log is not followed at the moment (it is tried again by itself); null while it is. */
  readonly notFollowing: string | null;
  /** How far the read models are behind the log. */
  readonly projections: readonly {
    readonly name: string;
    readonly position: string | null;
    readonly behind: boolean;
    /** How many seconds ago the first event that is not folded was recorded; 0 when there is none. */
    readonly behindSeconds: number;
    readonly failed: string | null;
  }[];
  readonly openDeadlines: number;
}
