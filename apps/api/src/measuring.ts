import { existsSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import type { Logger } from '@nestjs/common';
import { StoreUnavailable } from '@coxswain/event-store';
import type { DrilledMeasure, MeasureName, MeasureQuery } from '@coxswain/projections';
import type { DealsBehindPage, DealsBehindQuery, SalesDesk } from '@coxswain/sales-desk';
import type { Configuration } from './configuration.js';
import { LatelyAnswers } from './lately.js';
import type { Answered, Question } from './present-answers.js';

/** Who answers measures. */
export interface Measuring {
  /** The answer, which includes at least what this process has folded so far. Rejects as `SalesDesk.measure` throws. */
  measure<Name extends MeasureName>(name: Name, query: MeasureQuery): Promise<Answered<Name>>;
  /** The deals that a figure counts. Rejects as `SalesDesk.dealsBehind` throws. */
  dealsBehind(name: DrilledMeasure, query: MeasureQuery, asked: DealsBehindQuery): Promise<DealsBehindPage>;
  /** What was answered lately, at most so long ago, without what was recorded since; null where there is no such answer. */
  lately<Name extends MeasureName>(name: Name, query: MeasureQuery, withinMs: number): Answered<Name> | null;
  /** Begins to make the usual answers before anybody asks. */
  warm(): void;
  /** The figures were folded anew: nothing that was computed from the old ones counts. */
  renew(): Promise<void>;
  close(): Promise<void>;
}

/** What the thread is asked, and what it answers. */
export type Asked = Question & {
  readonly id: number;
  /** The figures must have come so far first. */
  readonly after: string | null;
};
export type Told =
  | { readonly id: number; readonly answer: Answered<MeasureName> | DealsBehindPage }
  | {
      readonly id: number;
      readonly failed: { readonly kind: 'range' | 'unavailable' | 'broken'; readonly message: string; readonly help: string };
    };

/** What the thread made before anybody asked. */
export interface MadeAhead {
  readonly made: { readonly question: Question; readonly answer: Answered<MeasureName> | DealsBehindPage };
}

/** Which stores the thread opens, for reading only. */
export interface ThreadStores {
  readonly store: string;
  readonly readModels: string | undefined;
  /** Whether it makes answers before anybody asks. */
  readonly ahead: boolean;
}

/** Asks the thread to close its store and end; and what it says once it can answer. */
export const END = 'end';
export const READY = 'ready';
const ENDS_WITHIN_MS = 2_000;

const THREAD = new URL('./measuring-thread.js', import.meta.url);

/** So few deals are read in a few milliseconds: asking another thread would take as long. */
const FEW_DEALS = 1_000;
/** So many questions may wait for the thread. */
const MOST_WAITING = 64;
/** After the thread has ended by itself, so long questions are answered here. */
const REST_MS = 10_000;
/** These read the record many times over, or work long on what they have read. */
const DEAR: ReadonlySet<MeasureName> = new Set([
  'forecast',
  'forecast-accuracy',
  'forecast-total',
  'adherence',
  'junk-watch',
  'conversion',
  'cycle-time',
  'scorecard',
  'bridge',
]);

/** Beside the thread that takes commands where there is anything to gain; a store in memory, or a clock of a test, cannot be shared. */
export function measuringFor(
  { store, readModels }: Pick<Configuration, 'store' | 'readModels'>,
  desk: SalesDesk,
  { ownClock, logger }: { readonly ownClock: boolean; readonly logger: Pick<Logger, 'warn'> },
): Measuring {
  const here: Measuring = {
    measure: (name, query) => desk.answer(name, query),
    dealsBehind: (name, query, asked) => Promise.resolve().then(() => desk.dealsBehind(name, query, asked)),
    lately: () => null,
    warm: () => undefined,
    renew: () => Promise.resolve(),
    close: () => Promise.resolve(),
  };
  if (ownClock || !existsSync(THREAD) || [store, readModels].some((one) => one?.startsWith('memory:'))) return here;
  return new MeasuringBeside(desk, { store, readModels: readModels ?? undefined, ahead: true }, logger);
}

/**
 * Measures are computed in a thread with a desk of its own, which follows the log for reading only: however long one takes, commands are
 * taken meanwhile. The thread starts with the first question that is worth it. Where it ends by itself, the question is answered here.
 */
class MeasuringBeside implements Measuring {
  private thread: Thread | null = null;
  private restUntil = 0;
  private readonly answers = new LatelyAnswers();
  private closed = false;

  constructor(
    private readonly desk: SalesDesk,
    private stores: ThreadStores,
    private readonly logger: Pick<Logger, 'warn'>,
  ) {}

  measure<Name extends MeasureName>(name: Name, query: MeasureQuery): Promise<Answered<Name>> {
    return this.ask({ name, query }, () => this.desk.answer(name, query));
  }

  dealsBehind(name: DrilledMeasure, query: MeasureQuery, behind: DealsBehindQuery): Promise<DealsBehindPage> {
    return this.ask({ name, query, behind }, () => this.desk.dealsBehind(name, query, behind));
  }

  private async ask<Answer>(question: Question, here: () => Answer | Promise<Answer>): Promise<Answer> {
    const { deals, position } = this.desk.figures();
    const isDear = deals > FEW_DEALS || DEAR.has(question.name);
    if (this.closed || !isDear || performance.now() < this.restUntil) return here();
    if (this.thread?.endedAtRest) this.startOver(this.thread);
    let told: Told;
    try {
      told = await (this.thread ??= this.begun()).ask({ ...question, after: position });
    } catch (error) {
      this.ended(error as Error);
      return here();
    }
    if ('answer' in told) {
      if (question.behind === undefined) this.answers.keep(question, told.answer as Answered<MeasureName>);
      return told.answer as Answer;
    }
    const { kind, message, help } = told.failed;
    if (kind === 'range') throw new RangeError(message);
    throw kind === 'unavailable' ? new StoreUnavailable(message, help) : new Error(message);
  }

  lately<Name extends MeasureName>(name: Name, query: MeasureQuery, withinMs: number): Answered<Name> | null {
    return this.answers.find({ name, query }, withinMs, this.desk.now(), this.desk.figures().position) as Answered<Name> | null;
  }

  warm(): void {
    if (!this.closed && this.desk.figures().deals > 0) this.thread ??= this.begun();
  }

  private begun(): Thread {
    return new Thread(this.stores, ({ question, answer }) => {
      if (question.behind === undefined) this.answers.keep(question, answer as Answered<MeasureName>);
    });
  }

  async renew(): Promise<void> {
    const { thread } = this;
    this.thread = null;
    this.answers.clear();
    await thread?.end();
  }

  async close(): Promise<void> {
    this.closed = true;
    await this.renew();
  }

  /** A thread that ended over what nobody had asked for is replaced by one that does not work ahead. */
  private startOver({ why }: Thread): void {
    this.logger.warn({ message: 'the thread that measures has ended while it worked ahead', error: why });
    this.thread = null;
    this.stores = { ...this.stores, ahead: false };
  }

  /** Throws where the question should not be answered here: one that took all the memory of the thread is not asked of the thread that takes commands. */
  private ended(error: Error): void {
    if (error instanceof StoreUnavailable) throw error;
    const tooLarge = (error as NodeJS.ErrnoException).code === 'ERR_WORKER_OUT_OF_MEMORY';
    if (this.thread?.isOver) {
      this.thread = null;
      this.restUntil = performance.now() + REST_MS;
      this.logger.warn({ message: 'the thread that measures has ended', error: error.message });
    }
    if (tooLarge)
      throw new StoreUnavailable(
        'the question takes more memory than there is',
        'Ask for a shorter window, or give the service more memory.',
      );
  }
}

/** One thread, and the questions it has not answered yet. */
class Thread {
  private readonly worker: Worker;
  private readonly waiting = new Map<
    number,
    { readonly resolve: (told: Told) => void; readonly reject: (error: Error) => void }
  >();
  private asked = 0;
  private over: Error | null = null;
  private isReady = false;

  /** Whether it has ended while nobody waited for it. */
  endedAtRest = false;

  constructor(stores: ThreadStores, onMade: (made: MadeAhead['made']) => void) {
    this.worker = new Worker(THREAD, { workerData: stores });
    this.worker.unref();
    this.worker.on('message', (told: Told | MadeAhead | typeof READY) => {
      if (told === READY) return void (this.isReady = true);
      if ('made' in told) return onMade(told.made);
      this.waiting.get(told.id)?.resolve(told);
      this.waiting.delete(told.id);
    });
    this.worker.on('error', (error) => this.stopped(error));
    this.worker.on('exit', () => this.stopped(new Error('it has stopped')));
  }

  get isOver(): boolean {
    return this.over !== null;
  }

  /** Why it is over. */
  get why(): string | undefined {
    return this.over?.message;
  }

  ask(question: Question & Pick<Asked, 'after'>): Promise<Told> {
    if (this.over) return Promise.reject(this.over);
    if (this.waiting.size >= MOST_WAITING)
      return Promise.reject(new StoreUnavailable('too many figures are being computed', 'Ask again in a moment.'));
    const id = ++this.asked;
    return new Promise((resolve, reject) => {
      this.waiting.set(id, { resolve, reject });
      this.worker.postMessage({ ...question, id } satisfies Asked, []);
    });
  }

  /**
   * The thread closes its store by itself: one that is stopped within a call of the SQLite driver takes the whole process with it. Only one that
   * is still computing after a while, and so in no such call, is stopped; one that is still reading the log ends when it has.
   */
  async end(): Promise<void> {
    if (this.over) return;
    const ended = new Promise<boolean>((resolve) => this.worker.once('exit', () => resolve(true)));
    this.worker.postMessage(END, []);
    const late = new Promise<boolean>((resolve) => setTimeout(() => resolve(false), ENDS_WITHIN_MS).unref());
    this.worker.ref();
    if (!(await Promise.race([ended, late])) && this.isReady) await this.worker.terminate();
    this.worker.unref();
  }

  private stopped(error: Error): void {
    if (!this.over) this.endedAtRest = this.waiting.size === 0;
    this.over ??= error;
    for (const { reject } of this.waiting.values()) reject(error);
    this.waiting.clear();
  }
}
