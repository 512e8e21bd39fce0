import type { Problem } from '@coxswain/sales-process';
import { isMap, isScalar, isSeq, LineCounter, parseDocument, visit, type Node } from 'yaml';

/** One map's text, read as YAML (JSON is YAML), with the place of everything in it. */
export interface MapText {
  readonly value: unknown;
  readonly problems: readonly Problem[];
  /** The place of the value, or of its key, at this path; of the nearest place above when there is none. */
  at(path: Path, of?: 'key' | 'value'): Place;
}

export type Path = readonly string[];
type Place = Pick<Problem, 'line' | 'column'>;

const LARGEST_MAP_BYTES = 256 * 1024;
const START: Place = { line: 1, column: 1 };

export function problem(code: string, place: Place, message: string, suggestion?: string | null): Problem {
  return { code, severity: 'error', line: place.line, column: place.column, message, ...(suggestion && { suggestion }) };
}

/** Reads a text of at most 256 KiB. Aliases are refused, not followed. */
export function readMapText(text: string): MapText {
  if (Buffer.byteLength(text) > LARGEST_MAP_BYTES)
    return unreadable(problem('too-large', START, 'The map is larger than 256 KiB, the most it may have.'));

  const lines = new LineCounter();
  const place = (offset: number): Place => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(1, line), column: Math.max(1, col) };
  };
  try {
    const document = parseDocument(text, {
      lineCounter: lines,
      prettyErrors: false,
      logLevel: 'silent',
      version: '1.2',
      schema: 'core',
    });
    // What follows the first error of a text is mostly its echo.
    const [broken] = document.errors;
    if (broken)
      return unreadable(
        broken.code === 'DUPLICATE_KEY'
          ? problem('duplicate-key', place(broken.pos[0]), 'This key stands here a second time; each key can stand only once.')
          : problem(
              'yaml',
              place(broken.pos[0]),
              `The text cannot be read: ${broken.message.split('\n')[0]!.replace(/\.$/, '')}.`,
              'A text that holds ": " or " #" or begins with a sign must stand in quotes.',
            ),
      );
    let alias: number | null = null;
    visit(document, { Alias: (_, node) => void (alias ??= node.range?.[0] ?? 0) });
    if (alias !== null)
      return unreadable(
        problem('alias', place(alias), 'A map cannot refer to another part of itself with *; write the part out.'),
      );
    return {
      value: document.toJS({ maxAliasCount: 0 }) as unknown,
      problems: [],
      at: (path, of = 'value') => place(offsetOf(document.contents, path, of)),
    };
  } catch (error) {
    if (error instanceof RangeError) return unreadable(problem('too-deep', START, 'The map is nested too deep to be read.'));
    throw error;
  }
}

function unreadable(first: Problem): MapText {
  return { value: null, problems: [first], at: () => START };
}

function offsetOf(root: unknown, path: Path, of: 'key' | 'value'): number {
  let node = root as Node | null | undefined;
  let offset = node?.range?.[0] ?? 0;
  for (const [index, step] of path.entries()) {
    if (isMap(node)) {
      const pair = node.items.find(({ key }) => isScalar(key) && String(key.value) === step);
      if (!pair) break;
      const key = pair.key as Node;
      node = pair.value as Node | null;
      const last = index === path.length - 1;
      offset = (last && of === 'value' ? node?.range?.[0] : null) ?? key.range?.[0] ?? offset;
    } else if (isSeq(node)) {
      node = node.items[Number(step)] as Node | undefined;
      offset = node?.range?.[0] ?? offset;
    } else break;
  }
  return offset;
}
