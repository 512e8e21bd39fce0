import { setImmediate as nextTurn } from 'node:timers/promises';
import { parentPort, workerData } from 'node:worker_threads';
import { openStore, StoreUnavailable } from '@coxswain/event-store';
import { SalesDesk } from '@coxswain/sales-desk';
import { PresentAnswers } from './present-answers.js';
import { END, READY, type Asked, type MadeAhead, type ThreadStores, type Told } from './measuring.js';

const CAUGHT_UP_WITHIN_MS = 60_000;
const LOOK_EVERY_MS = 500;
/** Nothing was recorded for so long: the log has come to rest. */
const RESTED_MS = 2_000;
/** Of so many parts of the time one is worked ahead, at most. */
const SHARE_LEFT = 5;
/** Nobody has asked anything for so long: nothing is made ahead until somebody does. */
const NOBODY_ASKS_MS = 12 * 3_600_000;

/** A desk of its own over the same log, for reading only, that answers one question after the other. */
async function serve(port: NonNullable<typeof parentPort>, { store, readModels, ahead }: ThreadStores): Promise<void> {
  const opened = await openStore(store, { readOnly: true, readModels });
  const desk = await SalesDesk.open({ ...opened, now: () => new Date(), readOnly: true });
  const answers = new PresentAnswers(desk);
  const answer = async ({ id, after, ...question }: Asked): Promise<Told> => {
    try {
      if (after !== null) await desk.caughtUp(after, CAUGHT_UP_WITHIN_MS);
      return { id, answer: await answers.answer(question) };
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
  let [ending, waiting, askedMs] = [false, 0, performance.now()];
  const rest = new Rest(desk);
  let working = false;
  const looking = setInterval(() => {
    if (!ahead || working || waiting > 0 || performance.now() - askedMs > NOBODY_ASKS_MS || !rest.mayWork()) return;
    working = true;
    last = last.then(workAhead);
  }, LOOK_EVERY_MS);
  /** One answer after the other, until somebody asks: nobody waits for more than one. */
  const workAhead = async (): Promise<void> => {
    const startedMs = performance.now();
    const made = ending || waiting > 0 ? null : await answers.makeOne();
    if (made) rest.worked(performance.now() - startedMs);
    if (made?.answer) port.postMessage({ made: { question: made.question, answer: made.answer } } satisfies MadeAhead);
    await nextTurn();
    if (made && !ending && waiting === 0 && rest.mayWork()) return workAhead();
    working = false;
  };
  const end = async (): Promise<void> => {
    await desk.close();
    await opened.close();
    port.close();
  };
  port.on('message', (asked: Asked | typeof END) => {
    if (asked === END) {
      ending = true;
      clearInterval(looking);
      last = last.then(end);
      return;
    }
    waiting++;
    askedMs = performance.now();
    last = last
      .then(() => nextTurn())
      .then(() => (ending ? null : answer(asked)))
      .then((told) => {
        waiting--;
        return told && port.postMessage(told);
      });
  });
  port.postMessage(READY);
}

/** Whether answers may be made ahead: the log has come to rest, and by far most of the time is left to those who ask, however often it does. */
class Rest {
  private position: string | null;
  private movedMs = -Infinity;
  private workedAt: string | null | undefined;
  private mayWorkFromMs = -Infinity;

  constructor(private readonly desk: Pick<SalesDesk, 'position'>) {
    this.position = desk.position();
  }

  mayWork(): boolean {
    const nowMs = performance.now();
    const position = this.desk.position();
    if (position !== this.position) [this.position, this.movedMs] = [position, nowMs];
    return nowMs - this.movedMs >= RESTED_MS && (position === this.workedAt || nowMs >= this.mayWorkFromMs);
  }

  /** What is made at one position is thrown away at the next: that waits four times as long as was worked. */
  worked(ms: number): void {
    this.workedAt = this.position;
    this.mayWorkFromMs = Math.max(this.mayWorkFromMs, performance.now()) + ms * (SHARE_LEFT - 1);
  }
}

if (parentPort) await serve(parentPort, workerData as ThreadStores);
