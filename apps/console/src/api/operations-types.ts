import type { Blocker, Facts, Money, Phase, PossibleMove, ProcessDefinition, PublishedProcess } from './types.js';

/** What the service answers to those who change processes and bring in history, as docs/reference/http.md has it. */

export interface VersionOfProcess extends PublishedProcess {
  readonly effectiveFrom: string | null;
  readonly reviewedBy: string | null;
  readonly teams: readonly string[] | null;
  readonly retiredAt: string | null;
  readonly draft: number | null;
}

export interface ProcessInFull extends VersionOfProcess {
  readonly versions: readonly VersionOfProcess[];
  readonly use: readonly {
    readonly version: number;
    readonly deals: number;
    readonly open: number;
    readonly teams: readonly { readonly team: string | null; readonly open: number }[];
  }[];
  readonly definition: ProcessDefinition;
}

export interface StageOfPipeline {
  readonly stage: string;
  readonly label: string;
  readonly phase: Phase;
  readonly retired: boolean;
  readonly deals: number;
  readonly value: { readonly amounts: readonly Money[]; readonly of: number; readonly withoutAmount: number };
  readonly ageDaysMedian: number | null;
  readonly ageDaysOldest: number | null;
  readonly oldestDeal: string | null;
  readonly overdue: number;
}

export interface Pipeline {
  readonly groups: readonly {
    readonly group: string | null;
    readonly open: number;
    readonly stages: readonly StageOfPipeline[];
  }[];
}

export interface FileProblem {
  readonly code: string;
  readonly severity: 'error' | 'warning';
  readonly line: number;
  readonly column: number;
  readonly message: string;
  readonly suggestion?: string;
  readonly story?: readonly string[];
}

export interface Draft {
  readonly draft: number;
  readonly hash: string;
  readonly by: string;
  readonly note: string | null;
  readonly savedAt: string;
}

export interface Difference {
  readonly from: { readonly name: string };
  readonly to: { readonly name: string };
  readonly changes: readonly {
    readonly code: string;
    readonly class: 'breaking' | 'compatible' | 'cosmetic';
    readonly say: string;
  }[];
}

export interface BackTest {
  readonly backTest: string;
  readonly against: number;
  readonly draft: number | null;
  readonly note: string | null;
  readonly deals: number;
  readonly by: string;
  readonly occurredAt: string;
  readonly state: 'running' | 'finished' | 'cancelled' | 'failed';
  readonly done: number;
  readonly result: BackTestResult | null;
}

/** A rule of a draft: where it stands, and what it says. */
export interface RuleOfDraft {
  readonly from: string;
  readonly to: string;
  readonly track: string | null;
  readonly move: string | null;
  readonly kind: string;
  readonly id: string | null;
  readonly say: string;
}

interface Fate {
  readonly deals: number;
  readonly value: { readonly amounts: readonly Money[]; readonly of: number; readonly withoutAmount: number };
}

export interface RuleEffect {
  readonly rule: RuleOfDraft;
  readonly change: 'new' | 'changed' | 'same' | 'gone';
  readonly steps: number;
  readonly deals: number;
  readonly later: Readonly<Record<'won' | 'lost' | 'open', Fate>>;
  readonly first: { readonly deals: number; readonly won: number; readonly lost: number; readonly open: number };
  readonly waits: {
    readonly arrived: number;
    readonly never: number;
    readonly medianDays: number | null;
    readonly p85Days: number | null;
  } | null;
  readonly people: readonly {
    readonly owner: string;
    readonly deals: { readonly rate: number | null; readonly count: number; readonly of: number };
  }[];
  readonly overrides: { readonly used: number; readonly by: readonly string[] };
  readonly examples: readonly string[];
}

export interface BackTestResult {
  readonly deals: number;
  readonly steps: number;
  readonly stopped: { readonly rate: number | null; readonly count: number; readonly of: number };
  readonly rules: readonly RuleEffect[];
}

interface ShadowSaid {
  readonly allowed: number;
  readonly stopped: number;
  readonly noPlace: number;
  readonly failed: number;
}

export interface Shadow {
  readonly shadow: string;
  readonly draft: number | null;
  readonly teams: readonly string[] | null;
  readonly by: string;
  readonly occurredAt: string;
  readonly state: 'running' | 'stopped';
  /** Moves that were made, and what the draft would have said; and moves that were refused. */
  readonly made: ShadowSaid;
  readonly refused: ShadowSaid;
  readonly rules: readonly {
    readonly would: 'stop' | 'allow';
    readonly rule: RuleOfDraft;
    readonly moves: number;
    readonly people: readonly { readonly person: string; readonly moves: number }[];
    readonly examples: readonly string[];
  }[];
  readonly people: readonly {
    readonly person: string;
    readonly moves: number;
    readonly wouldStop: number;
    readonly wouldAllow: number;
  }[];
  readonly samples: readonly {
    readonly would: 'stop' | 'allow';
    readonly deal: string;
    readonly revision: number;
    readonly at: string;
    readonly by: string;
    readonly why: readonly string[];
  }[];
}

/** A deal walked through a process: how it stands after the lines, and what each came to. */
export interface Walk {
  readonly under: string;
  readonly deal: string | null;
  readonly at: string;
  readonly stage: string;
  readonly tracks: Readonly<Record<string, string>>;
  readonly roles: readonly string[];
  readonly facts: Facts;
  readonly moves: readonly PossibleMove[];
  readonly lines: readonly {
    readonly line: string;
    readonly outcome: 'done' | 'refused' | 'wrong';
    readonly say: readonly string[];
    readonly blockers: readonly Blocker[];
  }[];
  readonly left: readonly string[];
}

export interface MigrationGroup {
  readonly version: number;
  readonly stage: string;
  readonly to: string | null;
  readonly outcome: 'moves' | 'blocked' | 'choice' | 'stays';
  readonly deals: number;
  readonly why: readonly string[];
  readonly overdue: number;
  readonly examples: readonly string[];
}

export interface MigrationPlan {
  readonly deals: number;
  readonly moves: number;
  readonly blocked: number;
  readonly choice: number;
  readonly stays: number;
  readonly groups: readonly MigrationGroup[];
}

export interface Migration {
  readonly migration: string;
  readonly version: number;
  readonly teams: readonly string[] | null;
  readonly note: string | null;
  readonly by: string;
  readonly occurredAt: string;
  readonly state: 'running' | 'paused' | 'finished';
  readonly finished: { readonly at: string; readonly moved: number; readonly waiting: number; readonly left: number } | null;
  readonly progress: { readonly done: number; readonly of: number; readonly staying: number } | null;
}

export interface ImportMap {
  readonly id: string;
  readonly about: string | null;
  readonly process: string | null;
  readonly format: string | null;
  readonly columns: readonly string[] | null;
  readonly lookups: readonly string[] | null;
  readonly problems: readonly FileProblem[];
}

/** A map with its text and the files it looks things up in. */
export interface ShownMap extends ImportMap {
  readonly text: string;
  readonly lookupFiles:
    readonly { readonly name: string; readonly file: string; readonly key: string; readonly there: boolean }[] | null;
}

export interface ImportPreview {
  readonly format: 'csv' | 'xes';
  readonly columns: readonly string[];
  readonly rows: readonly {
    readonly line: number;
    readonly cells: Readonly<Record<string, string>>;
    readonly wrong: string | null;
  }[];
  /** What stands in a column, the most frequent first; null where that is too much to tell. */
  readonly values: Readonly<Record<string, readonly { readonly value: string; readonly times: number }[] | null>>;
  readonly stopped: string | null;
  readonly maps: readonly { readonly map: string; readonly missing: readonly string[] }[];
  readonly reads: { readonly process: string; readonly missing: readonly string[] } | null;
}

type Become = Required<Omit<Tally, 'read'>>;

/** An import that runs or has run. */
export interface ImportStatus {
  readonly import: string;
  readonly file: string;
  readonly map: string | null;
  readonly process: string;
  readonly dryRun: boolean;
  readonly by: string;
  readonly begunAt: string;
  readonly endedAt: string | null;
  readonly state: 'running' | 'finished' | 'stopped' | 'ended' | 'failed';
  readonly progress: {
    readonly rows: number;
    readonly rowsInAll: number | null;
    readonly deals: number;
    readonly rowsDone: Become;
    readonly dealsDone: Become;
  };
}

export interface ImportRun extends ImportStatus {
  readonly report: ImportReport | null;
  readonly failed: { readonly code: string; readonly say: string } | null;
}

export interface ImportFinding {
  readonly code: string;
  readonly count: number;
  readonly first: readonly { readonly line: number | null; readonly deal: string | null; readonly say: string }[];
}

export interface Tally {
  readonly read: number;
  readonly stored: number;
  readonly alreadyThere: number;
  readonly rejected: number;
  readonly leftOut?: number;
}

export interface ImportReport {
  readonly file: string | null;
  readonly process: string;
  readonly dryRun: boolean;
  readonly rows: Tally;
  readonly deals: Tally;
  readonly steps: Tally;
  readonly unit: 'rows' | 'events';
  readonly deviating: {
    readonly steps: number;
    readonly deals: number;
    readonly by: readonly { readonly say: string; readonly count: number; readonly first: ImportFinding['first'] }[];
  };
  readonly overdue: { readonly deals: number; readonly moved: number; readonly then: readonly string[] };
  readonly rejected: readonly ImportFinding[];
  readonly warnings: readonly ImportFinding[];
  readonly corrections: readonly {
    readonly file: string;
    readonly column: string;
    readonly from: string;
    readonly to: string;
    readonly count: number;
  }[];
  readonly occurred: { readonly from: string; readonly to: string } | null;
  readonly stopped: { readonly code: string; readonly say: string; readonly line: number | null } | null;
  readonly problems: readonly {
    readonly kind: 'rejected' | 'deviating' | 'warning' | 'correction';
    readonly line: number | null;
    readonly deal: string | null;
    readonly code: string;
    readonly say: string;
    readonly column: string | null;
    readonly value: string | null;
  }[];
  readonly problemsInAll: number;
}
