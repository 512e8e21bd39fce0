import { randomUUID } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { malformed, noSpace, ProblemAnswer } from './problem.js';

/** At most this much of a file is taken, as it comes in (compressed where it is): 1 GiB. */
const MOST_BYTES = 1024 ** 3;

/** A file of its own below the folder of the data. */
export interface Upload {
  readonly file: string;
  remove(): Promise<void>;
}

/** Puts a body into a file of its own below `dir`, never all of it in memory. Whoever asks for it removes it. */
export async function keptUpload(body: Readable, dir: string): Promise<Upload> {
  const folder = join(dir, 'uploads');
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const file = join(folder, randomUUID());
  const remove = (): Promise<void> => rm(file, { force: true });
  try {
    await pipeline(body, atMost(MOST_BYTES), createWriteStream(file, { mode: 0o600 }));
    return { file, remove };
  } catch (error) {
    await remove();
    throw told(error);
  }
}

/** What went wrong with an upload, or while it was read, in words for whoever sent it. */
export function told(error: unknown): unknown {
  const { code = '' } = error as NodeJS.ErrnoException;
  if (code === 'ERR_STREAM_PREMATURE_CLOSE')
    return new ProblemAnswer(
      400,
      'body-unreadable',
      'The file broke off before its end. Send it again: what is there already is not written twice.',
    );
  if (['ENOSPC', 'EDQUOT'].includes(code))
    return noSpace(
      'There is no space to keep the file while it is read. Free some space in the data folder, then send it again.',
    );
  return error;
}

/** A body that begins with so many bytes of an import map: the text of it, and what follows. */
export async function splitMap(body: Readable, bytes: number): Promise<{ readonly map: string; readonly file: Readable }> {
  const chunks = (body as AsyncIterable<Buffer>)[Symbol.asyncIterator]();
  let head: Buffer = Buffer.alloc(0);
  while (head.length < bytes) {
    const { done, value } = await chunks.next();
    if (done === true) throw malformed([{ field: '?mapBytes', say: `is more than the body has (${head.length})` }], 'The query');
    head = Buffer.concat([head, value]);
  }
  async function* rest(): AsyncGenerator<Buffer> {
    if (head.length > bytes) yield head.subarray(bytes);
    yield* { [Symbol.asyncIterator]: () => chunks };
  }
  try {
    const map = new TextDecoder('utf-8', { fatal: true }).decode(head.subarray(0, bytes));
    return { map, file: Readable.from(rest(), { objectMode: false }) };
  } catch {
    throw malformed(
      [{ field: '?mapBytes', say: 'does not end where the map ends, or the map is not written in UTF-8' }],
      'The query',
    );
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
