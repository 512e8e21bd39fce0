import { existsSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import type { GroupResult, Job } from '../jobs.js';
import { StoreUnavailable, type UnavailableReason } from '../store.js';
import { SqliteWriter } from './writer.js';

/** The one writer of a file, asked for one thing at a time. */
export interface Writer {
  write(jobs: readonly Job[], now: string): Promise<GroupResult>;
  close(): Promise<void>;
}

export type Request =
  { readonly kind: 'write'; readonly jobs: readonly Job[]; readonly now: string } | { readonly kind: 'close' };
/** `help` is null for an error that is not the machine's. */
export type Failure = { readonly message: string; readonly help: string | null; readonly reason: UnavailableReason };
export type Reply = { readonly done: GroupResult | null } | { readonly failed: Failure };

const THREAD = new URL('./writer-thread.js', import.meta.url);

/** Starts the writer in its own thread; in this thread where only the source is there, which no thread can load. */
export async function startWriter(file: string): Promise<Writer> {
  return existsSync(THREAD) ? startThread(file) : writeHere(file);
}

function writeHere(file: string): Writer {
  const writer = new SqliteWriter(file);
  return { write: async (jobs, now) => writer.write(jobs, now), close: async () => writer.close() };
}

async function startThread(file: string): Promise<Writer> {
  const worker = new Worker(THREAD, { workerData: { file } });
  let ended: StoreUnavailable | null = null;
  let settle: ((reply: Reply | null) => void) | null = null;
  const settled = (reply: Reply | null): void => {
    settle?.(reply);
    settle = null;
  };
  const end = (cause?: unknown): void => {
    ended ??= new StoreUnavailable(`the writer of ${file} has ended`, 'Restart; what was acknowledged is safe.', { cause });
    settled(null);
  };
  worker.on('message', settled);
  worker.on('error', end);
  worker.on('exit', () => end());

  // An idle writer does not keep the process alive; a busy one does.
  const reply = async (): Promise<GroupResult | null> => {
    worker.ref();
    const answer = await new Promise<Reply | null>((resolve) => {
      if (ended) resolve(null);
      else settle = resolve;
    });
    worker.unref();
    if (!answer) throw ended ?? new Error('the writer gave no answer');
    if ('done' in answer) return answer.done;
    const { message, help, reason } = answer.failed;
    throw help === null ? new Error(message) : new StoreUnavailable(message, help, { reason });
  };
  const ask = (request: Request): Promise<GroupResult | null> => {
    if (!ended) worker.postMessage(request, []);
    return reply();
  };

  try {
    await reply();
  } catch (error) {
    await worker.terminate();
    throw error;
  }
  return {
    write: async (jobs, now) => {
      const result = await ask({ kind: 'write', jobs, now });
      if (!result) throw new Error('the writer gave no answer to a group');
      return result;
    },
    close: async () => {
      await ask({ kind: 'close' });
      await worker.terminate();
    },
  };
}
