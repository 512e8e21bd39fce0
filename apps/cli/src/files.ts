import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { Readable, type Writable } from 'node:stream';
import { finished, pipeline } from 'node:stream/promises';
import { CannotDo } from './terminal.js';

/** The text of a file somebody named. */
export async function textOf(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw unusable(file, 'read', error);
  }
}

/** The size of a file somebody named, in bytes. */
export async function fileIsThere(file: string): Promise<number> {
  try {
    const found = await stat(file);
    if (found.isDirectory()) throw Object.assign(new Error(), { code: 'EISDIR' });
    return found.size;
  } catch (error) {
    throw unusable(file, 'read', error);
  }
}

export async function writeText(file: string, text: string): Promise<void> {
  try {
    await writeFile(file, text);
  } catch (error) {
    throw unusable(file, 'written', error);
  }
}

/** Writes the pieces to a file, which is there whole or not at all. */
export async function writePieces(file: string, pieces: AsyncIterable<string>): Promise<void> {
  const draft = `${file}.part`;
  const target = createWriteStream(draft);
  try {
    await pipeline(Readable.from(pieces), target);
    await rename(draft, file);
  } catch (error) {
    await rm(draft, { force: true });
    throw isFileTrouble(error) ? unusable(file, 'written', error) : error;
  }
}

/** A file to write line by line while something runs; `use` is done with it when it settles. */
export async function withFile<T>(file: string | undefined, use: (target: Writable | null) => Promise<T>): Promise<T> {
  if (file === undefined) return use(null);
  const target = createWriteStream(file);
  try {
    await once(target, 'open');
    const result = await use(target);
    target.end();
    await finished(target);
    return result;
  } catch (error) {
    throw isFileTrouble(error) ? unusable(file, 'written', error) : error;
  } finally {
    target.destroy();
  }
}

/** Writes the pieces as fast as they are taken. */
export async function writeTo(stream: Writable, pieces: AsyncIterable<string>): Promise<void> {
  await pipeline(Readable.from(pieces), stream, { end: false });
}

/** Resolves once everything written so far has gone out. */
export async function written(stream: Writable): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    stream.write('', (error) => (error ? reject(stream.errored ?? error) : resolve()));
  });
}

const isFileTrouble = (error: unknown): boolean =>
  ['open', 'write', 'rename'].includes((error as NodeJS.ErrnoException).syscall ?? '');

const WHY: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file or folder',
  EACCES: 'this user may not',
  EPERM: 'this user may not',
  EISDIR: 'it is a folder',
  ENOSPC: 'the disk is full',
  ENOTDIR: 'part of the path is a file',
};

function unusable(file: string, what: 'read' | 'written', error: unknown): CannotDo {
  const code = (error as NodeJS.ErrnoException).code ?? '';
  return new CannotDo(
    `${file} cannot be ${what}: ${WHY[code] ?? code}.`,
    code === 'ENOSPC' ? 'Free some space.' : 'Check the path.',
  );
}
