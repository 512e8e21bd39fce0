import { parentPort, workerData } from 'node:worker_threads';
import { StoreUnavailable } from '../store.js';
import type { Failure, Reply, Request } from './start-writer.js';
import { SqliteWriter } from './writer.js';

/** The writer in a thread of its own: while it waits for the disk, the main thread serves and collects the next group. */
function serve(port: NonNullable<typeof parentPort>, file: string): void {
  const answer = (work: () => Reply): void => {
    let reply: Reply;
    try {
      reply = work();
    } catch (error) {
      reply = { failed: failure(error) };
    }
    port.postMessage(reply);
  };
  let writer: SqliteWriter;
  answer(() => {
    writer = new SqliteWriter(file);
    return { done: null };
  });
  port.on('message', (request: Request) => {
    answer(() => {
      if (request.kind === 'write') return { done: writer.write(request.jobs, request.now) };
      writer.close();
      port.unref();
      return { done: null };
    });
  });
}

/** An error as plain data: between threads an error of our own kind would lose its help. */
function failure(error: unknown): Failure {
  if (error instanceof StoreUnavailable) return { message: error.message, help: error.help, reason: error.reason };
  const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return { message, help: null, reason: 'unavailable' };
}

if (parentPort) serve(parentPort, (workerData as { file: string }).file);
