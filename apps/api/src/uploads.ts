import { randomUUID } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Transform, type Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { noSpace, ProblemAnswer } from './problem.js';

/** At most this much of a file is taken, as it comes in (compressed where it is): 1 GiB. */
const MOST_BYTES = 1024 ** 3;

/** Puts a body into a file of its own below `dir` while `use` works with it, never all of it in memory; removes it afterwards. */
export async function withUpload<T>(body: Readable, dir: string, use: (file: string) => Promise<T>): Promise<T> {
  const folder = join(dir, 'uploads');
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const file = join(folder, randomUUID());
  try {
    await pipeline(body, atMost(MOST_BYTES), createWriteStream(file, { mode: 0o600 }));
    return await use(file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_STREAM_PREMATURE_CLOSE')
      throw new ProblemAnswer(
        400,
        'body-unreadable',
        'The file broke off before its end. Send it again: what is there already is not written twice.',
      );
    if (['ENOSPC', 'EDQUOT'].includes((error as NodeJS.ErrnoException).code ?? ''))
      throw noSpace(
        'There is no space to keep the file while it is read. Free some space in the data folder, then send it again.',
      );
    throw error;
  } finally {
    await rm(file, { force: true });
  }
}

function atMost(bytes: number): Transform {
  let passed = 0;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      passed += chunk.length;
      if (passed > bytes) done(tooLarge());
      else done(null, chunk);
    },
  });
}

const tooLarge = (): ProblemAnswer =>
  new ProblemAnswer(
    413,
    'body-too-large',
    `A file to import may have at most ${MOST_BYTES / 1024 ** 3} GiB; compress it, or import it in parts.`,
  );

/** So much of a file is looked at to show how it begins: 1 MiB. */
const HEAD_BYTES = 1024 ** 2;

/** The beginning of a body; the rest of it is read and forgotten. */
export async function headOf(body: Readable): Promise<readonly Buffer[]> {
  const kept: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    if (bytes < HEAD_BYTES) kept.push(chunk.subarray(0, HEAD_BYTES - bytes));
    bytes += chunk.length;
    if (bytes > MOST_BYTES) throw tooLarge();
  }
  return kept;
}
