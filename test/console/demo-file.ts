import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { copyFile, readdir, rename, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Survivor } from '../survival/service.js';

const LIBS = join(import.meta.dirname, '../../libs');
const PREFIX = 'coxswain-console-demo-';

/**
 * A SQLite file with the demo company of today in it, made once and used by every test until something is built anew: loading it takes longer than
 * most tests. It is whole before it has its name, so that tests side by side may both make it.
 */
export async function demoFile(): Promise<string> {
  const file = join(tmpdir(), `${PREFIX}${await builtAs()}.db`);
  if (existsSync(file)) return file;
  for (const old of await readdir(tmpdir())) if (old.startsWith(PREFIX)) await rm(join(tmpdir(), old), { force: true });
  const survivor = await Survivor.make();
  try {
    const { child, ended } = await survivor.start({ COXSWAIN_DEMO: 'true' });
    child.kill('SIGTERM');
    await ended;
    const unwritten = await stat(`${survivor.file}-wal`).catch(() => null);
    if (unwritten !== null && unwritten.size > 0) throw new Error('the service was closed before everything was written');
    await copyFile(survivor.file, `${file}.${process.pid}`);
    await rename(`${file}.${process.pid}`, file);
  } finally {
    await survivor.remove();
  }
  return file;
}

/** Says when what makes the company was built, and the day that the company ends on. */
async function builtAs(): Promise<string> {
  const hash = createHash('sha256').update(new Date().toISOString().slice(0, 10));
  for (const lib of (await readdir(LIBS)).toSorted()) {
    const { mtimeMs } = await stat(join(LIBS, lib, 'dist/.tsbuildinfo'));
    hash.update(`${lib} ${mtimeMs}`);
  }
  return hash.digest('hex').slice(0, 16);
}
