import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { CannotDo, type ExitCode } from './terminal.js';

const SERVICE = join(import.meta.dirname, '../../api/dist/main.js');

/** Runs the service with this terminal as its own until it stops, handing signals on to it. */
export async function serve(env: Readonly<Record<string, string | undefined>>): Promise<ExitCode> {
  if (!existsSync(SERVICE)) throw new CannotDo('The service is not built yet.', 'Build it with "npm run build" in the clone.');
  const child = spawn(process.execPath, [SERVICE], { stdio: 'inherit', env });
  // Ctrl-C at a terminal reaches the service by itself, and asking twice would mean "at once".
  const onInterrupt = (): void => void (process.stdin.isTTY || child.kill('SIGINT'));
  const onTerminate = (): void => void child.kill('SIGTERM');
  process.on('SIGINT', onInterrupt).on('SIGTERM', onTerminate);
  try {
    return await new Promise<ExitCode>((resolve, reject) => {
      child.once('error', reject);
      child.once('exit', (code) => resolve(code === 0 || code === 2 ? code : 1));
    });
  } finally {
    process.off('SIGINT', onInterrupt).off('SIGTERM', onTerminate);
  }
}
