import type { SalesProcess } from './process.js';

/**
 * What operations say of a process: drafts of it, versions put in force, for whom and from when, and versions retired. The stream of a process is
 * `process-<id>`. The definition stands in the event, so that no later reader of files can change it.
 */
export type ProcessEvent = ProcessDrafted | ProcessPublished | ProcessRolledOut | ProcessRetired;

interface Said {
  readonly process: string;
  readonly by: string;
  /** ISO 8601 in UTC. */
  readonly occurredAt: string;
}

interface Content extends Said {
  /** See `processHash`. */
  readonly hash: string;
  /** The file as it was handed in. */
  readonly file: string;
  readonly format: 'yaml' | 'json';
  readonly definition: SalesProcess;
  readonly note: string | null;
}

/** A file was kept to be looked at, tried and compared. No deal runs under it. */
export interface ProcessDrafted extends Content {
  readonly type: 'ProcessDrafted';
  /** 1, 2, 3 ... of the process. */
  readonly draft: number;
}

/** A version was put in force: new deals run under it, those under way stay on theirs until a migration moves them. */
export interface ProcessPublished extends Content {
  readonly type: 'ProcessPublished';
  readonly version: number;
  /** From when on new deals run under it, ISO 8601 in UTC; null: at once. */
  readonly effectiveFrom: string | null;
  /** Who looked at it before it was published; null where nobody is named. */
  readonly reviewedBy: string | null;
  /** Only new deals of these teams run under it; null: all do. */
  readonly teams: readonly string[] | null;
  /** The draft it was; null where it was none. */
  readonly draft: number | null;
}

/** From now on a version is in force for other teams. */
export interface ProcessRolledOut extends Said {
  readonly type: 'ProcessRolledOut';
  readonly version: number;
  readonly teams: readonly string[] | null;
  readonly note: string | null;
}

/** No new deal runs under the version any more. Those that do go on. */
export interface ProcessRetired extends Said {
  readonly type: 'ProcessRetired';
  readonly version: number;
  readonly note: string | null;
}
