import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createWriteStream, createReadStream, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { newBusinessFile } from '../sales-desk/given-desk.js';
import { isBuilt } from './service.js';

/** An export or an import never holds the file: the memory of a file ten times as large is the same, but for what is said below. */

const COXSWAIN = join(import.meta.dirname, '../../apps/cli/bin/coxswain.js');
const HEAP_MB = 64;
/** What more memory a file ten times as large may cost: the collector's slack (up to 34 MB seen), and the names of the deals. Less than any of the large files. */
const MORE_MB = 42;

const folder = mkdtempSync(join(tmpdir(), 'coxswain-streaming-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const path = (name: string): string => join(folder, name);
const megabytes = (file: string): number => statSync(file).size / 1024 ** 2;

async function node(...args: readonly string[]): Promise<{ exit: number; peakMb: number; out: string; err: string }> {
  const preload = join(import.meta.dirname, 'peak-memory.mjs');
  const child = spawn(process.execPath, [`--max-old-space-size=${HEAP_MB}`, '--import', preload, ...args], {
    env: { PATH: process.env['PATH'], USER: 'olga', TMPDIR: folder, COXSWAIN_DATA_DIR: folder },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const said = { out: '', err: '' };
  child.stdout.on('data', (chunk: Buffer) => void (said.out += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => void (said.err += chunk.toString()));
  const [exit] = (await once(child, 'close')) as [number];
  return { exit, peakMb: Number(/\npeak (\d+)\n$/.exec(said.err)?.[1] ?? NaN), ...said };
}

/** Runs a command over the small and over the large, and expects both to do their part in the same memory. */
async function expectTheSameMemory(what: string, command: (size: 'small' | 'large') => readonly string[]): Promise<void> {
  const small = await node(COXSWAIN, ...command('small'));
  expect({ exit: small.exit, err: small.err }).toEqual({ exit: 0, err: expect.stringMatching(/\npeak \d+\n$/) });
  const large = await node(COXSWAIN, ...command('large'));
  expect({ exit: large.exit, err: large.err }).toEqual({ exit: 0, err: expect.stringMatching(/\npeak \d+\n$/) });
  if (process.env['COXSWAIN_FIGURES'])
    process.stdout.write(`${what}: ${small.peakMb} MB, ten times as large ${large.peakMb} MB\n`);
  expect(large.peakMb - small.peakMb).toBeLessThan(MORE_MB);
}

async function write(name: string, pieces: Iterable<string>): Promise<void> {
  const file = createWriteStream(path(name));
  for (const piece of pieces) if (!file.write(piece)) await once(file, 'drain');
  file.end();
  await once(file, 'finish');
}

const SIZES = { small: 1, large: 10 } as const;

(isBuilt ? describe : describe.skip)('a log of 4,000 and one of 40,000 events', () => {
  beforeAll(async () => {
    for (const [size, times] of Object.entries(SIZES))
      await node(join(import.meta.dirname, 'make-log.mjs'), path(`${size}.db`), String(400 * times));
  }, 60_000);

  test.each(['jsonl', 'xes', 'ocel2'])(
    'is exported as %s in the same memory',
    async (format) => {
      await expectTheSameMemory(`export ${format}`, (size) => [
        'log',
        'export',
        '--format',
        format,
        '--store',
        `sqlite:${path(`${size}.db`)}`,
        '--out',
        path(`${size}.${format}`),
      ]);
      expect(megabytes(path(`large.${format}`))).toBeGreaterThan(HEAP_MB * 0.7);
      const counted = await occurrences(
        path(`large.${format}`),
        format === 'xes' ? '<event>' : format === 'jsonl' ? '"stream":' : '"about"',
      );
      // Of ten events of a deal one is no activity: the change of its owner.
      expect(counted).toBe(format === 'jsonl' ? 40_000 : 36_000);
    },
    60_000,
  );
});

async function occurrences(file: string, word: string): Promise<number> {
  let [count, rest] = [0, ''];
  for await (const chunk of createReadStream(file, 'utf8') as AsyncIterable<string>) {
    const text = rest + chunk;
    count += text.split(word).length - 1;
    rest = text.slice(-(word.length - 1));
  }
  return count;
}

const MAP = `process: new-business
format: FORMAT
rows: events
id: DEAL
activity: WHAT
at: AT
by: WHO
deal: { owner: WHO, facts: { source: { otherwise: inbound } } }
activities:
  Came: { activity: came }
  Called: { activity: call }
`;
const map = (names: Readonly<Record<string, string>>): string =>
  Object.entries(names).reduce((text, [name, said]) => text.replaceAll(name, said), MAP);

/** What is of no interest to the map makes most of a file, as in most exports. */
const NOTE = createHash('sha256').update('of no interest').digest('hex').repeat(64);
const DEALS = 150;
const EVENTS = 10;
const store = `sqlite:${path('past.db')}`;
const dayOf = (n: number): string => `2026-01-${String(n + 5).padStart(2, '0')}`;

(isBuilt ? describe : describe.skip)('a file of the past, and one ten times as large', () => {
  beforeAll(async () => {
    writeFileSync(path('process.yaml'), newBusinessFile);
    writeFileSync(path('csv.map.yaml'), map({ FORMAT: 'csv', DEAL: 'deal', WHAT: 'what', AT: 'at', WHO: 'who' }));
    writeFileSync(
      path('xes.map.yaml'),
      map({ FORMAT: 'xes', DEAL: '"case:concept:name"', WHAT: '"concept:name"', AT: '"time:timestamp"', WHO: '"org:resource"' }),
    );
    for (const [size, times] of Object.entries(SIZES)) {
      const deals = Array.from({ length: DEALS * times }, (_, n) => n);
      await write(
        `${size}.csv`,
        (function* () {
          yield 'deal,what,at,who,note\n';
          // All first events, then all second ones: the rows of a deal lie as far apart as they can.
          for (let n = 0; n < EVENTS; n += 1)
            for (const deal of deals) yield `c-${deal},${n === 0 ? 'Came' : 'Called'},${dayOf(n)},ada,${NOTE}\n`;
        })(),
      );
      await write(
        `${size}.xes`,
        (function* () {
          yield '<?xml version="1.0" encoding="UTF-8"?>\n<log xes.version="1.0">\n';
          const text = (key: string, value: string): string => `<string key="${key}" value="${value}"/>`;
          for (const deal of deals) {
            yield `<trace>${text('concept:name', `x-${deal}`)}\n`;
            for (let n = 0; n < EVENTS; n += 1)
              yield `<event>${text('concept:name', n === 0 ? 'Came' : 'Called')}<date key="time:timestamp" value="${dayOf(n)}T09:00:00.000Z"/>${text('org:resource', 'ada')}${text('note', NOTE)}</event>\n`;
            yield '</trace>\n';
          }
          yield '</log>\n';
        })(),
      );
    }
    expect((await node(COXSWAIN, 'process', 'publish', path('process.yaml'), '--store', store)).exit).toBe(0);
    expect(megabytes(path('large.csv'))).toBeGreaterThan(HEAP_MB * 0.9);
    expect(megabytes(path('large.xes'))).toBeGreaterThan(HEAP_MB * 0.9);
  }, 60_000);

  test.each(['csv', 'xes'])(
    'is read and judged from %s in the same memory',
    async (format) => {
      await expectTheSameMemory(`import ${format}`, (size) => [
        'import',
        path(`${size}.${format}`),
        '--map',
        path(`${format}.map.yaml`),
        '--store',
        store,
        '--dry-run',
      ]);
    },
    120_000,
  );
});
