import { existsSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import type { Logger } from '@nestjs/common';
import { StoreUnavailable } from '@coxswain/event-store';
import type { MeasureName, MeasureQuery, Measures } from '@coxswain/projections';
import type { SalesDesk } from '@coxswain/sales-desk';
import type { Configuration } from './configuration.js';

type Answered<Name extends MeasureName> = Measures[Name] & { readonly position: string | null };

/** Who answers measures. */
export interface Measuring {
  /** The answer, which includes at least what this process has folded so far. Rejects as `SalesDesk.measure` throws. */
  measure<Name extends MeasureName>(name: Name, query: MeasureQuery): Promise<Answered<Name>>;
  close(): Promise<void>;
}

/** What the thread is asked, and what it answers. */
export interface Asked {
  readonly id: number;
  readonly name: MeasureName;
  readonly query: MeasureQuery;
  /** The figures must have come so far first. */
  readonly after: string | null;
}
export type Told =
  | { readonly id: number; readonly answer: Answered<MeasureName> }
  | {
      readonly id: number;
      readonly failed: { readonly kind: 'range' | 'unavailable' | 'broken'; readonly message: string; readonly help: string };
    };

/** Which stores the thread opens, for reading only. */
export interface ThreadStores {
  readonly store: string;
  readonly readModels: string | undefined;
}

const THREAD = new URL('./measuring-thread.js', import.meta.url);

/** So few deals are read in a few milliseconds: asking another thread would take as long. */
const FEW_DEALS = 1_000;
/** These read the record many times over. */
const DEAR: ReadonlySet<MeasureName> = new Set(['forecast', 'forecast-accuracy', 'adherence']);

/** Beside the thread that takes commands where there is anything to gain; a store in memory, or a clock of a test, cannot be shared. */
export function measuringFor(
  { store, readModels }: Pick<Configuration, 'store' | 'readModels'>,
  desk: SalesDesk,
  { ownClock, logger }: { readonly ownClock: boolean; readonly logger: Pick<Logger, 'warn'> },
): Measuring {
  const here: Measuring = {
    measure: async (name, query) => desk.measure(name, query),
    close: () => Promise.resolve(),
  };
  if (ownClock || !existsSync(THREAD) || [store, readModels].some((one) => one?.startsWith('memory:'))) return here;
  return new MeasuringBeside(desk, { store, readModels: readModels ?? undefined }, logger);
}

/**
 * Measures are computed in a thread with a desk of its own, which follows the log for reading only: however long one takes, commands are
 * taken meanwhile. The thread starts with the first question that is worth it. Where it ends by itself, the question is answered here.
 */
class MeasuringBeside implements Measuring {
  private worker: Worker | null = null;
  private readonly waiting = new Map<
    number,
    { readonly resolve: (told: Told) => void; readonly reject: (error: Error) => void }
  >();
  private asked = 0;
  private closed = false;

  constructor(
    private readonly desk: SalesDesk,
    private readonly stores: ThreadStores,
    private readonly logger: Pick<Logger, 'warn'>,
  ) {}

  async measure<Name extends MeasureName>(name: Name, query: MeasureQuery): Promise<Answered<Name>> {
    const { deals, position } = this.desk.figures();
    if (this.closed || (deals <= FEW_DEALS && !DEAR.has(name))) return this.desk.measure(name, query);
    const told = await this.ask({ id: ++this.asked, name, query, after: position }).catch((error: Error) => {
      this.logger.warn({
        message: 'the thread that measures has ended; the question is answered by the main thread',
        error: error.message,
      });
      return null;
    });
    if (!told) return this.desk.measure(name, query);
    if ('answer' in told) return told.answer as Answered<Name>;
    const { kind, message, help } = told.failed;
    if (kind === 'range') throw new RangeError(message);
    throw kind === 'unavailable' ? new StoreUnavailable(message, help) : new Error(message);
  }

  async close(): Promise<void> {
    this.closed = true;
    await this.worker?.terminate();
  }

  private ask(question: Asked): Promise<Told> {
    const worker = (this.worker ??= this.start());
    return new Promise((resolve, reject) => {
      this.waiting.set(question.id, { resolve, reject });
      worker.postMessage(question, []);
    });
  }

  private start(): Worker {
    const worker = new Worker(THREAD, { workerData: this.stores });
    worker.unref();
    worker.on('message', (told: Told) => {
      this.waiting.get(told.id)?.resolve(told);
      this.waiting.delete(told.id);
    });
    const ended = (error: Error): void => {
      if (this.worker === worker) this.worker = null;
      for (const { reject } of this.waiting.values()) reject(error);
      this.waiting.clear();
    };
    worker.on('error', ended);
    worker.on('exit', () => ended(new Error('it has stopped')));
    return worker;
  }
}
