import cliProgress from 'cli-progress';
import type { Terminal } from './terminal.js';
import { count } from './words.js';

/** Tells how far something is. */
export interface Progress {
  at(done: number, of: number | null): void;
  stop(): void;
}

const LINE_EVERY_MS = 5_000;

/** A bar for whoever watches (a count where nobody knows of how many); for a file or a pipe a plain line now and then. Both go to stderr, apart from the answer. */
export function progress(what: string, { err, watched, now }: Pick<Terminal, 'err' | 'watched' | 'now'>): Progress {
  if (!watched) {
    let told = now().getTime();
    return {
      at(done, of) {
        if (now().getTime() - told < LINE_EVERY_MS) return;
        told = now().getTime();
        err.write(`${what}: ${count(done)}${of === null ? '' : ` of ${count(of)}`}\n`);
      },
      stop: () => undefined,
    };
  }
  const bar = new cliProgress.SingleBar({
    format: `${what} {bar} {value} of {total}`,
    stream: err,
    hideCursor: true,
    clearOnComplete: true,
  });
  let running = false;
  let counting = false;
  return {
    at(done, of) {
      if (of === null) {
        counting = true;
        err.write(`\r${what}: ${count(done)}`);
        return;
      }
      if (running) bar.setTotal(of);
      else bar.start(of, done);
      running = true;
      bar.update(done);
    },
    stop() {
      if (running) bar.stop();
      // To the start of the line, and clear it.
      if (counting) err.write('\r\u001b[K');
      counting = false;
    },
  };
}
