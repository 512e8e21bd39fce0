#!/usr/bin/env node
// The terminal of Coxswain. In a clone that has not been built yet it builds first, and says so.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '../../..');
const main = join(import.meta.dirname, '../dist/main.js');

if (!existsSync(main)) {
  process.stderr.write('Coxswain is not built yet: building it once, which takes about a minute.\n');
  const built = spawnSync(process.execPath, ['node_modules/@typescript/native/bin/tsc', '-b'], {
    cwd: root,
    stdio: ['ignore', 2, 2],
  });
  if (built.status !== 0) {
    process.stderr.write('The build failed; what went wrong stands above. In a fresh clone, run "npm ci" first.\n');
    process.exit(1);
  }
}
const { run, terminal } = await import(main);
process.exitCode = await run(process.argv.slice(2), terminal());
