import { createHash } from 'node:crypto';
import { createReadStream, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { Readable, type Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import type { ImportMap } from './map.js';

/** A file to import, wherever it lies. It is read twice: once to see that it can be read to its end, and once to import it. */
export interface ImportSource {
  /** Its name without a folder, as the report says it. */
  readonly name: string;
  /** Its size as it lies there (compressed where it is); null when not known. */
  readonly totalBytes: number | null;
  open(): Readable;
}

/** The importer could not go on: the file cannot be read, or not from here on. Everything before was imported and is counted. */
export class ImportStopped extends Error {
  constructor(
    /** A stable word for programs: `gz-truncated`. */
    readonly code: string,
    /** In plain words, with what would help. */
    readonly say: string,
    readonly line: number | null = null,
  ) {
    super(say);
  }
}

/** A decompressed file may be at most 4 GiB, and past 64 MiB at most 300 times as large as its compressed form. */
const MOST_BYTES = 4 * 1024 ** 3;
const RATIO_FROM_BYTES = 64 * 1024 ** 2;
const MOST_RATIO = 300;

/** A file of this machine. Throws as `statSync` does when it is not there. */
export function fileSource(path: string): ImportSource {
  const { size } = statSync(path);
  return { name: basename(path), totalBytes: size, open: () => createReadStream(path) };
}

/** Finds the files of lookups in the folder of the imported file; null where there is none of that name. */
export function besideFile(path: string): (name: string) => ImportSource | null {
  return (name) => {
    const beside = join(dirname(path), basename(name));
    return statSync(beside, { throwIfNoEntry: false })?.isFile() ? fileSource(beside) : null;
  };
}

/** A text as a source: what a caller holds already. */
export function textSource(name: string, content: string | Buffer): ImportSource {
  const bytes = Buffer.from(content as string);
  return { name, totalBytes: bytes.length, open: () => Readable.from([bytes]) };
}

/** The bytes of a source, unpacked where they begin as gzip does. `onChunk` hears the bytes of the source as they lie there. Throws `ImportStopped`. */
export async function* unpackedBytes(source: ImportSource, onChunk: (chunk: Buffer) => void = () => {}): AsyncGenerator<Buffer> {
  let read = 0;
  async function* counted(): AsyncGenerator<Buffer> {
    for await (const chunk of source.open()) {
      const bytes = Buffer.isBuffer(chunk) ? chunk : Buffer.from(chunk as Uint8Array | string);
      read += bytes.length;
      onChunk(bytes);
      yield bytes;
    }
  }
  const chunks = counted();
  const head = await firstBytes(chunks);
  if (head.length < 2 || head[0] !== 0x1f || head[1] !== 0x8b) {
    if (head.length > 0) yield head;
    yield* chunks;
    return;
  }

  let unpacked = 0;
  const gunzip = createGunzip();
  const feeding = feed(head, chunks, gunzip);
  // It is awaited below; until then its failure is nobody's surprise, because the unpacking fails with it.
  feeding.catch(() => {});
  try {
    for await (const chunk of gunzip as AsyncIterable<Buffer>) {
      unpacked += chunk.length;
      if (unpacked > MOST_BYTES || (unpacked > RATIO_FROM_BYTES && unpacked > MOST_RATIO * read))
        throw new ImportStopped(
          'gz-too-large',
          'The compressed file unpacks to far more than an export has. Unpack it and look at it first.',
        );
      yield chunk;
    }
    await feeding;
  } catch (error) {
    if (error instanceof ImportStopped) throw error;
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'Z_BUF_ERROR')
      throw new ImportStopped('gz-truncated', 'The compressed file breaks off before its end. Fetch it again.');
    if (code?.startsWith('Z_'))
      throw new ImportStopped('gz-damaged', `The compressed file is damaged (${message}). Fetch it again.`);
    throw unreadable(source, error);
  } finally {
    gunzip.destroy();
    await feeding.catch(() => {});
  }
}

/** At least two bytes, where there are as many. */
async function firstBytes(chunks: AsyncGenerator<Buffer>): Promise<Buffer> {
  let head = Buffer.alloc(0);
  while (head.length < 2) {
    const next = await chunks.next();
    if (next.done) break;
    head = Buffer.concat([head, next.value]);
  }
  return head;
}

/** Hands the chunks on as fast as they are unpacked; a broken source breaks the unpacking. */
async function feed(head: Buffer, chunks: AsyncGenerator<Buffer>, into: Writable): Promise<void> {
  async function* whole(): AsyncGenerator<Buffer> {
    yield head;
    yield* chunks;
  }
  await pipeline(whole, into);
}

/** The text of a source, without a byte order mark. Bytes that are no text in `encoding` stop it. */
export async function* textOf(source: ImportSource, encoding: string, onChunk?: (chunk: Buffer) => void): AsyncGenerator<string> {
  const decoder = new TextDecoder(encoding, { fatal: true });
  let bytes = 0;
  try {
    for await (const chunk of unpackedBytes(source, onChunk)) {
      const text = decoder.decode(chunk, { stream: true });
      bytes += chunk.length;
      if (text !== '') yield text;
    }
    const rest = decoder.decode();
    if (rest !== '') yield rest;
  } catch (error) {
    if (error instanceof ImportStopped) throw error;
    if ((error as NodeJS.ErrnoException).code === 'ERR_ENCODING_INVALID_ENCODED_DATA')
      throw new ImportStopped(
        'wrong-encoding',
        `What is in ${source.name} is not written in ${encoding}: it has other signs after about ${bytes.toLocaleString('en')} bytes. Say its "encoding" in the map, perhaps windows-1252.`,
      );
    throw unreadable(source, error);
  }
}

function unreadable(source: ImportSource, error: unknown): ImportStopped {
  return new ImportStopped('unreadable', `Reading ${source.name} failed: ${(error as Error).message}`);
}

/**
 * Reads a source to its end, so that a damaged one is refused before anything of it is stored. Answers the SHA-256 of its bytes as they lie
 * there, and about how many rows it has: lines without the header, of a XES log its events.
 */
export async function checkedToItsEnd(
  source: ImportSource,
  { encoding, format }: Pick<ImportMap, 'encoding' | 'format'>,
  signal?: AbortSignal,
): Promise<{ readonly hash: string; readonly rows: number }> {
  const hash = createHash('sha256');
  const marks = counterOf(format === 'xes' ? '<event' : '\n');
  let [rows, any, openLine] = [0, false, false];
  for await (const text of textOf(source, encoding, (chunk) => void hash.update(chunk))) {
    const ended = endedBy(signal);
    if (ended) throw ended;
    any ||= text.trim() !== '';
    rows += marks(text);
    openLine = !text.endsWith('\n');
  }
  if (!any) throw new ImportStopped('empty', `There is nothing in ${source.name}.`);
  return { hash: hash.digest('hex'), rows: format === 'xes' ? rows : rows + (openLine ? 1 : 0) - 1 };
}

/** Counts a mark in a text that comes in pieces. */
function counterOf(mark: string): (text: string) => number {
  let held = '';
  return (text) => {
    const whole = held + text;
    let found = 0;
    for (let at = whole.indexOf(mark); at >= 0; at = whole.indexOf(mark, at + mark.length)) found++;
    // Too short to hold the mark, so that none is counted twice.
    held = mark.length === 1 ? '' : whole.slice(1 - mark.length);
    return found;
  };
}

/** What stops an import that somebody has ended; null while nobody has. */
export const endedBy = (signal: AbortSignal | undefined): ImportStopped | null =>
  signal?.aborted ? new ImportStopped('ended', 'It was ended before the end of the file.') : null;
