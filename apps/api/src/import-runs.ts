import { randomUUID } from 'node:crypto';
import { Inject, Injectable, Logger, type BeforeApplicationShutdown } from '@nestjs/common';
import { StoreUnavailable } from '@coxswain/event-store';
import type { ImportProgress } from '@coxswain/sales-desk';
import type { ImportOutcome } from './commands.js';
import { ProblemAnswer, unavailable } from './problem.js';
import { NOW } from './tokens.js';

/** An import that runs, or has run since the service started. */
export interface ImportStatus {
  readonly import: string;
  readonly file: string;
  /** The name of its map; null where the map was sent along. */
  readonly map: string | null;
  readonly process: string;
  readonly dryRun: boolean;
  readonly by: string;
  readonly begunAt: string;
  readonly endedAt: string | null;
  /** `stopped`: the file could not be read to its end. `ended`: somebody ended it. `failed`: the service could not go on. Whatever came in stays. */
  readonly state: 'running' | 'finished' | 'stopped' | 'ended' | 'failed';
  readonly progress: Omit<ImportProgress, 'bytesRead' | 'totalBytes'>;
}

/** With what came of it: its report, or why there is none. */
export interface ImportRun extends ImportStatus {
  readonly report: Exclude<ImportOutcome, { readonly mapProblems: unknown }> | null;
  readonly failed: { readonly code: string; readonly say: string } | null;
}

/** What is known of an import before it begins. */
export type NewRun = Pick<ImportStatus, 'file' | 'map' | 'process' | 'dryRun' | 'by'>;

interface Held {
  run: ImportRun;
  readonly ending: AbortController;
  /** Whether nobody waits for its answer, so that the service ends it when it stops. */
  readonly background: boolean;
  done: Promise<unknown>;
}

/** So many run at once in the background, dry runs among them; each holds its file on the disk. */
export const MOST_RUNNING = 4;
/** So many that have ended are remembered, with their reports. */
const MOST_ENDED = 20;
const NOTHING = { stored: 0, alreadyThere: 0, rejected: 0, leftOut: 0 };

/** The imports of this service, in memory: what they did is in the log, and an import is safe to repeat, so nothing is lost with them. */
@Injectable()
export class ImportRuns implements BeforeApplicationShutdown {
  private readonly logger = new Logger('imports');
  private readonly held = new Map<string, Held>();

  constructor(@Inject(NOW) private readonly now: () => Date) {}

  /** Whether another may begin in the background. */
  hasRoom(): boolean {
    return [...this.held.values()].filter(({ background, run }) => background && run.state === 'running').length < MOST_RUNNING;
  }

  /** Begins `work`, which is told how to say how far it is and when to end. */
  begin(
    about: NewRun,
    background: boolean,
    work: (onProgress: (progress: ImportProgress) => void, signal: AbortSignal) => Promise<ImportOutcome>,
  ): { readonly id: string; readonly outcome: Promise<ImportOutcome> } {
    const id = randomUUID();
    const ending = new AbortController();
    const held: Held = {
      run: {
        import: id,
        ...about,
        begunAt: this.now().toISOString(),
        endedAt: null,
        state: 'running',
        progress: { rows: 0, rowsInAll: null, deals: 0, rowsDone: NOTHING, dealsDone: NOTHING },
        report: null,
        failed: null,
      },
      ending,
      background,
      done: Promise.resolve(),
    };
    this.held.set(id, held);
    const outcome = work(
      ({ bytesRead: _read, totalBytes: _total, ...progress }) => (held.run = { ...held.run, progress }),
      ending.signal,
    );
    held.done = outcome.then(
      (report) => this.end(held, report),
      (error: unknown) => this.fail(held, error),
    );
    return { id, outcome };
  }

  /** All that are known, the latest first. */
  all(): readonly ImportStatus[] {
    return [...this.held.values()].map(({ run: { report: _report, failed: _failed, ...status } }) => status).toReversed();
  }

  one(id: string): ImportRun | null {
    return this.held.get(id)?.run ?? null;
  }

  /** Asks an import to end; resolves once it has. */
  async endEarly(id: string): Promise<ImportRun | null> {
    const held = this.held.get(id);
    if (!held) return null;
    held.ending.abort();
    await held.done;
    return held.run;
  }

  async beforeApplicationShutdown(): Promise<void> {
    const running = [...this.held.values()].filter(({ background, run }) => background && run.state === 'running');
    for (const { ending } of running) ending.abort();
    await Promise.all(running.map(({ done }) => done));
  }

  private end(held: Held, outcome: ImportOutcome): void {
    const report = 'mapProblems' in outcome ? null : outcome;
    const stopped = report?.stopped ?? null;
    const state = stopped === null ? 'finished' : stopped.code === 'ended' ? 'ended' : 'stopped';
    held.run = { ...held.run, state, endedAt: this.now().toISOString(), report };
    this.forgetOld();
  }

  private fail(held: Held, error: unknown): void {
    const known = error instanceof StoreUnavailable ? unavailable(error) : error instanceof ProblemAnswer ? error : null;
    if (!known) this.logger.error({ message: `the import of ${held.run.file} broke off`, error: String(error) });
    const failed = known
      ? { code: known.code, say: known.detail }
      : { code: 'internal', say: 'The service could not go on with it. What came in stays; import the file again.' };
    held.run = { ...held.run, state: 'failed', endedAt: this.now().toISOString(), failed };
    this.forgetOld();
  }

  private forgetOld(): void {
    const ended = [...this.held].filter(([, { run }]) => run.state !== 'running');
    for (const [id] of ended.slice(0, Math.max(0, ended.length - MOST_ENDED))) this.held.delete(id);
  }
}
