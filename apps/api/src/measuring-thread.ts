import { setImmediate as nextTurn } from 'node:timers/promises';
import { parentPort, workerData } from 'node:worker_threads';
import { openStore, StoreUnavailable } from '@coxswain/event-store';
import { SalesDesk } from '@coxswain/sales-desk';
import { END, READY, type Asked, type ThreadStores, type Told } from './measuring.js';

const CAUGHT_UP_WITHIN_MS = 60_000;

/** A desk of its own over the same log, for reading only, that answers one question after the other. */
async function serve(port: NonNullable<typeof parentPort>, { store, readModels }: ThreadStores): Promise<void> {
  const opened = await openStore(store, { readOnly: true, readModels });
  const desk = await SalesDesk.open({ ...opened, now: () => new Date(), readOnly: true });
  const answer = async (asked: Asked): Promise<Told> => {
    const { id, after, query } = asked;
    try {
      if (after !== null) await desk.caughtUp(after, CAUGHT_UP_WITHIN_MS);
      if (asked.behind) return { id, answer: desk.dealsBehind(asked.name, query, asked.behind) };
      return { id, answer: await desk.answer(asked.name, query) };
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      if (error instanceof RangeError) return { id, failed: { kind: 'range', message, help: '' } };
      if (error instanceof DOMException && error.name === 'TimeoutError')
        return { id, failed: { kind: 'unavailable', message: 'the figures have not caught up', help: 'Try again in a moment.' } };
      if (error instanceof StoreUnavailable) return { id, failed: { kind: 'unavailable', message, help: error.help } };
      return { id, failed: { kind: 'broken', message, help: '' } };
    }
  };
  // One after the other, and between two the log is followed: else a long queue would keep the figures from catching up.
  let last: Promise<unknown> = Promise.resolve();
  let ending = false;
  const end = async (): Promise<void> => {
    await desk.close();
    await opened.close();
    port.close();
  };
  port.on('message', (asked: Asked | typeof END) => {
    if (asked === END) {
      ending = true;
      last = last.then(end);
      return;
    }
    last = last
      .then(() => nextTurn())
      .then(() => (ending ? null : answer(asked)))
      .then((told) => told && port.postMessage(told));
  });
  port.postMessage(READY);
}

if (parentPort) await serve(parentPort, workerData as ThreadStores);
