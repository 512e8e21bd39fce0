import type { PreparedAppend, PreparedChange, PreparedEvent } from './prepared.js';
import type { AppendResult, ExpectedRevision, StoreUnavailable } from './store.js';

/** What the one writer can be asked for. Plain data, so that it can be handed to another thread. */
export type Job =
  | {
      readonly kind: 'append';
      readonly stream: string;
      readonly events: readonly PreparedEvent[];
      readonly expected: ExpectedRevision;
    }
  | { readonly kind: 'adopt'; readonly appends: readonly PreparedAppend[] }
  | { readonly kind: 'keep'; readonly changes: readonly PreparedChange[] }
  | { readonly kind: 'forget'; readonly projection: string }
  | { readonly kind: 'probe'; readonly token: string };

/** The answer to a job: an append's result, or null for the others. */
export type Outcome = AppendResult | null;

/** What one group commit did. */
export interface GroupResult {
  /** One for each job, in the order of the jobs; a refusal where one job of the group was not done. */
  readonly outcomes: readonly (Outcome | StoreUnavailable)[];
  /** How many events were written. */
  readonly events: number;
}

/** Roughly how much memory a job holds, in characters. */
export function sizeOf(job: Job): number {
  if (job.kind === 'append') return job.events.reduce((sum, event) => sum + event.data.length + event.meta.length, 0);
  if (job.kind === 'adopt')
    return job.appends.flatMap(({ events }) => events).reduce((sum, { data, meta }) => sum + data.length + meta.length, 0);
  if (job.kind === 'keep')
    return job.changes.reduce(
      (sum, { rows, blocks }) =>
        sum +
        rows.reduce((all, [, row]) => all + (row?.length ?? 0), 0) +
        blocks.reduce((all, [, bytes]) => all + bytes.byteLength, 0),
      0,
    );
  return 0;
}
