import { setImmediate as nextTurn } from 'node:timers/promises';
import { sizeOf, type GroupResult, type Job, type Outcome } from './jobs.js';
import { closedStore } from './refusals.js';
import { StoreUnavailable } from './store.js';

const MOST_WAITING = 10_000;
const MOST_WAITING_CHARACTERS = 256 * 1024 * 1024;
const MOST_IN_GROUP = 1_000;

interface Waiting {
  readonly job: Job;
  readonly size: number;
  readonly resolve: (outcome: Outcome) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Collects jobs while the writer is busy and hands them over together, so that callers share one flush to disk.
 * No timer: a lone job is written in the next turn of the event loop.
 */
export class GroupCommit {
  private waiting: Waiting[] = [];
  private characters = 0;
  private running: Promise<void> | null = null;
  private closed = false;

  constructor(
    private readonly write: (jobs: readonly Job[]) => Promise<GroupResult>,
    private readonly written: (result: GroupResult, jobs: number) => void,
    private readonly name: string,
  ) {}

  /** Resolves when the job is durable. Rejects with `StoreUnavailable` when too many wait, after close, or when the disk fails. */
  submit(job: Job): Promise<Outcome> {
    if (this.closed) return Promise.reject(closedStore(this.name));
    const size = sizeOf(job);
    if (this.waiting.length >= MOST_WAITING || this.characters + size > MOST_WAITING_CHARACTERS)
      return Promise.reject(
        new StoreUnavailable(
          `${this.name} is busy: ${this.waiting.length} writes are waiting`,
          'Try again in a moment with the same ids.',
        ),
      );
    return new Promise((resolve, reject) => {
      this.waiting.push({ job, size, resolve, reject });
      this.characters += size;
      this.running ??= this.run();
    });
  }

  /** Lets everything that was submitted finish; nothing is taken any more. */
  async close(): Promise<void> {
    this.closed = true;
    await this.running;
  }

  private async run(): Promise<void> {
    while (this.waiting.length > 0) {
      await nextTurn();
      await this.commit(this.take());
    }
    this.running = null;
  }

  private take(): readonly Waiting[] {
    const group = this.waiting.splice(0, MOST_IN_GROUP);
    this.characters -= group.reduce((sum, waiting) => sum + waiting.size, 0);
    return group;
  }

  private async commit(group: readonly Waiting[]): Promise<void> {
    try {
      const result = await this.write(group.map((waiting) => waiting.job));
      group.forEach(({ resolve, reject }, index) => {
        const outcome = result.outcomes[index] ?? null;
        if (outcome instanceof StoreUnavailable) reject(outcome);
        else resolve(outcome);
      });
      this.written(result, group.length);
    } catch (error) {
      for (const waiting of group) waiting.reject(error);
    }
  }
}
