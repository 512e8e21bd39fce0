import type { SalesProcess } from './process.js';

/**
 * What is said of a back-test: the recorded history tried against a draft of the process. The stream of a back-test is `back-test-<id>`.
 * The draft stands in the first event, so that a result can be understood for ever. What was counted is plain JSON of the measures.
 */
export type BackTestEvent = BackTestStarted | BackTestProgressed | BackTestFinished | BackTestCancelled | BackTestFailed;

interface Said {
  readonly backTest: string;
  readonly by: string;
  /** ISO 8601 in UTC. */
  readonly occurredAt: string;
}

export interface BackTestStarted extends Said {
  readonly type: 'BackTestStarted';
  readonly process: string;
  /** The version in force when it was started, which the rules of the draft are compared with. */
  readonly against: number;
  /** The draft it was; null for a file that was not kept as one. */
  readonly draft: number | null;
  /** See `processHash`. */
  readonly hash: string;
  readonly definition: SalesProcess;
  readonly note: string | null;
  /** What the log held then is tried: up to this position, and the first so many deals of the process in its order. */
  readonly upTo: string;
  readonly deals: number;
}

/** How far it has come: whoever goes on after a crash begins here. At most nine of one back-test. */
export interface BackTestProgressed extends Said {
  readonly type: 'BackTestProgressed';
  readonly done: number;
  readonly counted: unknown;
}

export interface BackTestFinished extends Said {
  readonly type: 'BackTestFinished';
  readonly result: unknown;
}

export interface BackTestCancelled extends Said {
  readonly type: 'BackTestCancelled';
}

/** It cannot be brought to an end: what broke, for operators. */
export interface BackTestFailed extends Said {
  readonly type: 'BackTestFailed';
  readonly say: string;
}
