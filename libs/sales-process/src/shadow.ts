import type { Blocker } from './opportunity.js';
import type { SalesProcess } from './process.js';

/**
 * What is said of a shadow: a draft that is asked beside the version in force and stops nobody. The stream of a shadow is `shadow-<id>`;
 * what the draft would have said to each move stands there, never in the record of the deal.
 */
export type ShadowEvent = ShadowStarted | ShadowJudged | ShadowStopped;

interface Said {
  readonly shadow: string;
  readonly by: string;
  /** ISO 8601 in UTC. */
  readonly occurredAt: string;
}

export interface ShadowStarted extends Said {
  readonly type: 'ShadowStarted';
  readonly process: string;
  /** The draft it was; null for a file that was not kept as one. */
  readonly draft: number | null;
  /** See `processHash`. */
  readonly hash: string;
  readonly definition: SalesProcess;
  /** Only the deals of these teams; null: all. */
  readonly teams: readonly string[] | null;
  readonly note: string | null;
  /** Moves after this position of the log are judged. */
  readonly after: string;
}

/**
 * What the draft would have said to one move that was made (`live` allowed), or asked for and refused (`live` refused).
 * `by` asked for it, `occurredAt` is when it happened.
 */
export interface ShadowJudged extends Said {
  readonly type: 'ShadowJudged';
  readonly deal: string;
  /** Of a move that was made its revision in the deal's record; of one that was refused the last revision that was there. */
  readonly revision: number;
  /** Of a move that was made its position in the log; null for one that was refused. */
  readonly position: string | null;
  readonly move: string | null;
  readonly from: string;
  readonly to: string | null;
  readonly track: string | null;
  readonly owner: string;
  readonly team: string | null;
  readonly live: 'allowed' | 'refused';
  /** `no-place`: no stage or move of the draft continues it. `failed`: the draft could not be asked; `say` tells why. */
  readonly draft: 'allowed' | 'stopped' | 'no-place' | 'failed';
  /** What stops it under the draft, and what stopped it live. */
  readonly blockers: readonly Blocker[];
  readonly liveBlockers: readonly Blocker[];
  readonly say: string | null;
}

export interface ShadowStopped extends Said {
  readonly type: 'ShadowStopped';
}
