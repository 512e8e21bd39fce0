import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { until } from './log.js';

/** A process of its own that appends with so many callers at once; `lines` is what it said so far. Needs the built library. */
export async function startWriterProcess(file: string, callers: number, { mostKilobytes = 0 } = {}) {
  const node = [process.execPath, join(import.meta.dirname, 'writer.mjs'), file, String(callers)];
  const limited = ['bash', '-c', `ulimit -f ${mostKilobytes}; exec "$@"`, 'limited', ...node];
  const [command = '', ...args] = mostKilobytes > 0 ? limited : node;
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const lines: string[] = [];
  createInterface({ input: child.stdout }).on('line', (line) => lines.push(line));
  const ended = once(child, 'close');
  await until(() => lines.length > 0 || child.exitCode !== null);
  return {
    pid: child.pid,
    lines,
    ended,
    /** Ends it as a power switch would end a process: no handler runs. */
    kill: async (): Promise<void> => {
      child.kill('SIGKILL');
      await ended;
    },
  };
}
