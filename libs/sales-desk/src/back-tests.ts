import type { Projection, RuleBacktest, RuleBacktestState } from '@coxswain/projections';
import { liftedBackTest, type BackTestEvent, type BackTestStarted, type SalesProcess } from '@coxswain/sales-process';

const STREAM_PREFIX = 'back-test-';

export const backTestStream = (id: string): string => `${STREAM_PREFIX}${id}`;

/** A back-test as its record has it. */
export interface BackTestRecord extends Omit<BackTestStarted, 'type' | 'definition'> {
  readonly revision: number;
  readonly state: 'running' | 'finished' | 'cancelled' | 'failed';
  /** Null once it is over: the record has it. */
  readonly definition: SalesProcess | null;
  /** How many deals were counted when that was last kept, and what was counted; null before, and once it is over. */
  readonly done: number;
  readonly counted: RuleBacktestState | null;
  readonly result: RuleBacktest | null;
  /** When it ended, by whom, and why where it failed. */
  readonly ended: { readonly at: string; readonly by: string; readonly say: string | null } | null;
}

/** Every back-test, by its id. */
export const backTests: Projection<BackTestRecord> = {
  name: 'back-tests',
  shape: '1',
  keyOf: ({ stream }) => (stream.startsWith(STREAM_PREFIX) ? stream.slice(STREAM_PREFIX.length) : null),
  fold(row, event) {
    const { revision } = event;
    const said = { type: event.type, ...liftedBackTest(event) } as BackTestEvent;
    if (said.type === 'BackTestStarted') {
      const { type: _, ...started } = said;
      return { ...started, revision, state: 'running', done: 0, counted: null, result: null, ended: null };
    }
    if (!row) throw new Error(`the stream ${event.stream} begins with ${event.type}, not with BackTestStarted`);
    if (said.type === 'BackTestProgressed')
      return { ...row, revision, done: said.done, counted: said.counted as RuleBacktestState };
    const over = { ...row, revision, definition: null, counted: null };
    const ended = { at: said.occurredAt, by: said.by, say: said.type === 'BackTestFailed' ? said.say : null };
    switch (said.type) {
      case 'BackTestFinished':
        return { ...over, state: 'finished', done: row.deals, result: said.result as RuleBacktest, ended };
      case 'BackTestCancelled':
        return { ...over, state: 'cancelled', ended };
      case 'BackTestFailed':
        return { ...over, state: 'failed', ended };
    }
  },
};
