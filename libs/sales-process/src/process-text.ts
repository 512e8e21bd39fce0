import {
  isAlias,
  isMap,
  isScalar,
  isSeq,
  Lexer,
  LineCounter,
  parseDocument,
  type Document,
  type Node,
  type Pair,
  type YAMLError,
  type YAMLMap,
} from 'yaml';
import type { Problem } from './process.js';
import { MOST } from './process-schema.js';

/** One file's text, read as YAML (JSON is YAML), with the place of everything in it. */
export interface ProcessText {
  /** Plain objects, lists and values; null when the text cannot be read at all. */
  readonly value: unknown;
  readonly problems: readonly Problem[];
  /** The place of the value, or of its key, at this path; of the nearest place above when there is none. */
  at(path: Path, of?: 'key' | 'value'): Place;
  /** The place `offset` characters into the text at this path. */
  within(path: Path, offset: number): Place;
}

export type Path = readonly (string | number)[];
export type Place = Pick<Problem, 'line' | 'column'>;

const LARGEST_FILE_BYTES = 1024 * 1024;
const MOST_LINES = 20_000;
const MOST_TOKENS = 100_000;
const DEEPEST = 16;
const START: Place = { line: 1, column: 1 };

/** Reads a text of at most 1 MiB. Refuses what could make it expensive (aliases, deep nesting, too many values) instead of following it. */
export function readText(text: string): ProcessText {
  const refused = tooLarge(text);
  if (refused) return unreadable([refused]);

  const lines = new LineCounter();
  let document: Document.Parsed;
  try {
    // Its own search for repeated keys takes quadratic time, so Reading looks for them instead.
    document = parseDocument(text, {
      lineCounter: lines,
      prettyErrors: false,
      logLevel: 'silent',
      version: '1.2',
      schema: 'core',
      uniqueKeys: false,
    });
  } catch {
    return unreadable([tooDeep(START)]);
  }

  const place = (offset: number): Place => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(1, line), column: Math.max(1, col) };
  };
  // What follows the first error of a text is mostly its echo.
  const [broken] = document.errors;
  if (broken) return unreadable([textProblem(broken, place)]);

  const reading = new Reading(place);
  const value = reading.plain(document.contents);
  if (reading.exhausted) return unreadable([reading.exhausted]);

  const root = document.contents;
  return {
    value,
    problems: reading.problems,
    at: (path, of = 'value') => place(offsetOf(root, path, of)),
    within(path, offset) {
      const node = nodeAt(root, path);
      const start = node?.range?.[0] ?? offsetOf(root, path, 'value');
      if (!isScalar(node) || typeof node.value !== 'string') return place(start);
      const written = text.slice(start, node.range?.[1]).indexOf(node.value);
      return place(written < 0 ? start : start + written + offset);
    },
  };
}

/** Turns nodes into plain values, without following aliases and without names that objects have by themselves. */
class Reading {
  readonly problems: Problem[] = [];
  exhausted: Problem | null = null;

  constructor(private readonly place: (offset: number) => Place) {}

  plain(node: unknown, depth = 0): unknown {
    if (this.exhausted) return null;
    const at = this.place((node as Node | null)?.range?.[0] ?? 0);
    if (depth > DEEPEST) this.exhausted = tooDeep(at);
    if (isAlias(node)) {
      this.exhausted = problem(
        'alias',
        at,
        `A process file cannot refer to another part of itself with *${node.source}; write the part out.`,
      );
      return null;
    }
    if (isSeq(node)) return node.items.map((item) => this.plain(item, depth + 1));
    if (isMap(node)) {
      const seen = new Set<string>();
      const entries = node.items.flatMap(({ key, value }): [string, unknown][] => {
        const name = isScalar(key) ? String(key.value) : null;
        const keyAt = this.place((key as Node | null)?.range?.[0] ?? 0);
        if (name === null) {
          this.problems.push(problem('wrong-name', keyAt, 'A key must be a plain name.'));
          return [];
        }
        if (name in Object.prototype) {
          this.problems.push(problem('reserved-name', keyAt, `"${name}" is a reserved name; choose another.`));
          return [];
        }
        if (seen.has(name)) {
          this.problems.push(
            problem('duplicate-key', keyAt, `"${name}" stands here a second time; each key can stand only once.`),
          );
          return [];
        }
        seen.add(name);
        return [[name, this.plain(value, depth + 1)]];
      });
      return Object.fromEntries(entries);
    }
    return isScalar(node) ? node.value : null;
  }
}

/** Counts before parsing, which is slow on texts made to be slow. */
function tooLarge(text: string): Problem | null {
  if (text.length > LARGEST_FILE_BYTES || Buffer.byteLength(text) > LARGEST_FILE_BYTES)
    return problem('too-large', START, 'The file is larger than 1 MiB, the most a process file may have.');
  let lines = 1;
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) lines++;
  if (lines > MOST_LINES) return problem('too-large', START, `The file has more than ${MOST_LINES} lines.`);

  let tokens = 0;
  for (const _ of new Lexer().lex(text)) {
    if (++tokens > MOST_TOKENS)
      return problem(
        'too-many',
        START,
        `The file holds far more than a process may have, which is at most ${MOST.stages} stages and ${MOST.fields} fields.`,
      );
  }
  return null;
}

const tooDeep = (place: Place): Problem => problem('too-deep', place, `The file is nested more than ${DEEPEST} levels deep.`);

const atStart = (): Place => START;

function unreadable(problems: readonly Problem[]): ProcessText {
  return { value: null, problems, at: atStart, within: atStart };
}

/** What a YAML error means for somebody who writes a process. */
function textProblem({ code, pos, message }: YAMLError, place: (offset: number) => Place): Problem {
  const at = place(pos[0]);
  if (/call stack/i.test(message)) return tooDeep(at);
  if (code === 'TAB_AS_INDENT') return problem('yaml', at, 'The line is indented with a tab.', 'Indent with spaces.');
  if (code === 'BAD_INDENT' && !/flow/i.test(message))
    return problem(
      'yaml',
      at,
      'The line is not indented like the lines it belongs to.',
      'Indent lines of the same level alike, with spaces.',
    );
  if (code === 'MULTIPLE_DOCS') return problem('yaml', at, 'A second document begins here; a file holds one process.');
  if (code === 'MISSING_CHAR' || code === 'BAD_INDENT')
    return problem('yaml', at, `The text cannot be read: ${plainly(message)}.`, 'Close what was opened: quotes, [ ] and { }.');
  return problem(
    'yaml',
    at,
    `The text cannot be read: ${plainly(message)}.`,
    'A text that holds ": " or " #" or begins with a sign must stand in quotes.',
  );
}

const plainly = (message: string): string =>
  message
    .split('\n')[0]!
    .replace(/\.$/, '')
    .replace(/^./, (letter) => letter.toLowerCase());

function offsetOf(root: unknown, path: Path, of: 'key' | 'value'): number {
  for (let length = path.length; length > 0; length--) {
    const above = nodeAt(root, path.slice(0, length - 1));
    const last = path[length - 1]!;
    if (isMap(above)) {
      const pair = pairOf(above, last);
      const value = pair?.value as Node | null | undefined;
      const key = pair?.key as Node | undefined;
      const node = of === 'value' && length === path.length ? (value ?? key) : key;
      if (node?.range) return node.range[0];
    }
    if (isSeq(above)) {
      const range = (above.items[Number(last)] as Node | undefined)?.range;
      if (range) return range[0];
    }
  }
  return (root as Node | null)?.range?.[0] ?? 0;
}

const indexes = new WeakMap<YAMLMap, ReadonlyMap<string, Pair>>();

/** The entry of a map by its key, the first where a key is repeated. */
function pairOf(map: YAMLMap, key: string | number): Pair | undefined {
  const known =
    indexes.get(map) ?? new Map([...map.items].reverse().map((pair) => [isScalar(pair.key) ? String(pair.key.value) : '', pair]));
  indexes.set(map, known);
  return known.get(String(key));
}

function nodeAt(root: unknown, path: Path): Node | null {
  let node = root;
  for (const step of path) {
    if (isMap(node)) node = pairOf(node, step)?.value;
    else if (isSeq(node)) node = node.items[Number(step)];
    else return null;
  }
  return (node as Node | undefined) ?? null;
}

/** An error; `warning` makes it one that does not stop acceptance. */
export function problem(
  code: string,
  place: Place,
  message: string,
  suggestion?: string | null,
  severity: Problem['severity'] = 'error',
): Problem {
  return { code, severity, ...place, message, ...(suggestion && { suggestion }) };
}
