import type { ChildProcessByStdio } from 'node:child_process';
import type { Readable } from 'node:stream';

/** What a service process says, and where it listens: null when it ended before it said so. */
export function heard(child: ChildProcessByStdio<null, Readable, Readable>): {
  readonly said: () => string;
  readonly listening: Promise<string | null>;
} {
  let said = '';
  const listening = new Promise<string | null>((resolve) => {
    const hear = (chunk: Buffer): void => {
      said += chunk.toString();
      const found = /listens at (http:\S+)/.exec(said);
      if (found) resolve(found[1]!);
    };
    child.stdout.on('data', hear);
    child.stderr.on('data', hear);
    child.once('close', () => resolve(null));
  });
  return { said: () => said, listening };
}
