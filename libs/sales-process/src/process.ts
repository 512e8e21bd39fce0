/**
 * A sales process, checked and ready to run: what a process file says once every problem is out of it.
 * Keys are identities and never change meaning; labels are free text.
 */
export interface SalesProcess {
  readonly id: string;
  readonly title: string;
  /** ISO 4217; every money fact of a deal under this process is in it. */
  readonly currency: string;
  /** IANA name, for example `Europe/Berlin`; limits and dates count in it. */
  readonly timezone: string;
  /** Open hours by ISO weekday (1 = Monday), minutes after midnight, ascending, not overlapping. */
  readonly workingHours: WorkingHours;
  /** Days that are not worked, `YYYY-MM-DD`. */
  readonly holidays: readonly string[];
  /** How long a deal should take from its start to a win; limits are held against it. */
  readonly targetCycle?: Limit['time'];
  readonly fields: Readonly<Record<string, Field>>;
  readonly roles: readonly string[];
  /** The stage a captured lead stands in. */
  readonly start: string;
  /** In the order of the file, which is the order of selling. */
  readonly stages: Readonly<Record<string, Stage>>;
}

export type Phase = 'lead' | 'qualified' | 'selling' | 'closed' | 'customer';
export const PHASES: readonly Phase[] = ['lead', 'qualified', 'selling', 'closed', 'customer'];

export type ForecastCategory = 'omitted' | 'pipeline' | 'best-case' | 'commit' | 'closed';
export const FORECAST_CATEGORIES: readonly ForecastCategory[] = ['omitted', 'pipeline', 'best-case', 'commit', 'closed'];

export type WorkingHours = Readonly<Record<number, readonly { readonly from: number; readonly to: number }[]>>;

export type Field = {
  readonly name: string;
  readonly label: string;
  /** A personal value names or describes a living person. */
  readonly personal: boolean;
} & (
  | { readonly type: 'text' | 'date' | 'yesno' | 'money' }
  | { readonly type: 'number'; readonly min?: number; readonly max?: number }
  | { readonly type: 'choice'; readonly of: readonly string[] }
);

export interface Stage {
  readonly id: string;
  readonly label: string;
  readonly phase: Phase;
  /** Entering this stage wins or loses the deal. */
  readonly result?: 'won' | 'lost';
  /** `probability` in per cent, 0 to 100. */
  readonly forecast?: { readonly category: ForecastCategory; readonly probability: number };
  readonly limit?: Limit;
  /** By name of the move. Names are unique within a stage, those of its tracks included. */
  readonly moves: Readonly<Record<string, Move>>;
  /** Parallel tracks; empty for an ordinary stage. */
  readonly tracks: Readonly<Record<string, Track>>;
  /** Where the deal goes by itself once every track is done; set exactly when there are tracks. */
  readonly whenAllDone?: string;
  /** Former identities of this stage: the same stage, its history continues here. */
  readonly was: readonly string[];
}

export interface Track {
  readonly id: string;
  readonly label: string;
  readonly start: string;
  readonly stages: Readonly<Record<string, TrackStage>>;
}

export interface TrackStage {
  readonly id: string;
  readonly label: string;
  readonly done: boolean;
  readonly limit?: Limit;
  readonly moves: Readonly<Record<string, Move>>;
}

export interface Move {
  readonly name: string;
  readonly label: string;
  /** A stage of the process, or of the same track when the move stands in a track. */
  readonly to: string;
  /** Roles that may ask for it; empty means anyone. */
  readonly by: readonly string[];
  /** Facts that must be recorded. */
  readonly needs: readonly string[];
  readonly checks: readonly Check[];
  /** The move opens a new opportunity linked to this one. */
  readonly opens?: { readonly process: string; readonly origin: string };
}

export interface Check {
  /** Unique within its move. */
  readonly id: string;
  /** A CEL expression over `deal` (the facts) and `now`. */
  readonly when: string;
  /** What must hold, in sales words; shown when it does not. */
  readonly say: string;
  readonly override?: { readonly by: readonly string[]; readonly reason: 'required' | 'optional' };
}

export interface Limit {
  readonly time: { readonly amount: number; readonly unit: LimitUnit };
  /** `warn`, or the name of a move of the same stage that the limit asks for when it fires. */
  readonly then: string;
  /** Roles, or `owner`. */
  readonly tell: readonly string[];
}

export type LimitUnit = 'days' | 'hours' | 'working days' | 'working hours';

/** Which process, and which published version of it: the number for people, the hash for proof. */
export interface ProcessRef {
  readonly id: string;
  readonly version: number;
  /** SHA-256 of the file's meaning (formatting and comments left out), lower-case hex. */
  readonly hash: string;
}

/** One problem of a process file. Lines and columns count from 1. */
export interface Problem {
  /** A stable word for programs: `unknown-stage`. */
  readonly code: string;
  readonly severity: 'error' | 'warning';
  readonly line: number;
  readonly column: number;
  /** In sales words. */
  readonly message: string;
  readonly suggestion?: string;
  /** A deal that shows it, walked step by step: one sentence a step. */
  readonly story?: readonly string[];
}
