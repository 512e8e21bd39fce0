/** What could stand where the caret is in a process file: the keys and values that its schema knows there, and names of the file that fit. */

const MOST = 12;
const WORD = /[A-Za-z$][\w$-]*$/;

/** A JSON Schema, as far as completion reads it. */
export interface Schema {
  readonly $ref?: string;
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: Schema | boolean;
  readonly items?: Schema;
  readonly enum?: readonly string[];
  readonly $defs?: Readonly<Record<string, Schema>>;
  readonly type?: string;
}

export interface Choice {
  readonly text: string;
  /** What it means, where the schema says so. */
  readonly about: string | null;
}

export interface Completion {
  /** Where the word begins that is being written. */
  readonly from: number;
  readonly choices: readonly Choice[];
}

/** Of which part of the file the names are that these keys take. */
const NAMES_OF: Readonly<Record<string, 'stages' | 'fields' | 'roles'>> = {
  to: 'stages',
  start: 'stages',
  whenAllDone: 'stages',
  needs: 'fields',
  by: 'roles',
  tell: 'roles',
};

/** Null where nothing is known to fit. */
export function completionAt(text: string, caret: number, schema: Schema | null): Completion | null {
  const written = WORD.exec(text.slice(0, caret))?.[0] ?? '';
  const from = caret - written.length;
  const { path, value } = placeAt(text.slice(0, from));
  const known = schema === null ? [] : fromSchema(schema, path, value);
  const names = value === null ? [] : namesFor(value, text, from);
  const fitting = [...known, ...names].filter(({ text: one }) => startsWith(one, written) && one !== written);
  // Where the schema has no word, a name that stands in the file already: those most often there first.
  const choices = fitting.length > 0 || written === '' ? fitting : namesOfFile(text, from, written);
  return choices.length === 0 ? null : { from, choices: choices.slice(0, MOST) };
}

const startsWith = (one: string, written: string): boolean => one.toLowerCase().startsWith(written.toLowerCase());

interface Place {
  /** The keys that lead there, `[]` for an entry of a list. */
  readonly path: readonly string[];
  /** The key whose value is being written; null where a key is. */
  readonly value: string | null;
}

/** Where the end of a text stands in the file: by how far lines are set in, and by the braces of the last line. */
export function placeAt(before: string): Place {
  const lines = before.split('\n');
  const last = lines.pop() ?? '';
  const [, blank = '', dashes = ''] = /^(\s*)((?:- )*)/.exec(last)!;
  const flow = flowOf(last.slice(blank.length + dashes.length));
  const path: string[] = dashes === '' ? [] : ['[]'];
  let indent = blank.length;
  for (const line of lines.toReversed()) {
    const found = /^(\s*)((?:- )*)([\w$-]+)\s*:\s*(.*)$/.exec(line);
    if (!found || line.trimStart().startsWith('#')) continue;
    const [, space = '', dash = '', key = '', rest = ''] = found;
    const at = space.length + dash.length;
    // A list may stand as far in as its key.
    const leads = at < indent || (at === indent && path[0] === '[]' && rest.trim() === '');
    if (leads && (rest.trim() === '' || rest.trim().startsWith('#'))) {
      path.unshift(key);
      indent = at;
    }
    if (dash !== '' && space.length < indent) {
      path.unshift('[]');
      indent = space.length;
    }
  }
  return { path: [...path, ...flow.path], value: flow.value };
}

/** The braces that are open at the end of a line, by the keys before them, and the key whose value is begun. */
function flowOf(line: string): Place {
  const path: (string | null)[] = [];
  let [key, quote]: [string | null, string | null] = [null, null];
  for (let at = 0; at < line.length; at++) {
    const letter = line[at]!;
    if (quote !== null) {
      if (letter === quote) quote = null;
    } else if (letter === '"' || letter === "'") quote = letter;
    else if (letter === ':') key = /([\w$-]+)\s*$/.exec(line.slice(0, at))?.[1] ?? null;
    else if (letter === '{') {
      path.push(key ?? '[]');
      key = null;
    } else if (letter === '[') {
      path.push(key ?? '[]');
      key = null;
    } else if (letter === '}' || letter === ']') {
      path.pop();
      key = null;
    } else if (letter === ',' && !isInList(line.slice(0, at))) key = null;
  }
  const inList = isInList(line);
  const keys = path.filter((one): one is string => one !== null);
  return inList ? { path: keys.slice(0, -1), value: keys.at(-1) ?? key } : { path: keys, value: key };
}

/** Whether the innermost bracket that is open is that of a list. */
function isInList(line: string): boolean {
  const open: string[] = [];
  for (const letter of line) {
    if (letter === '{' || letter === '[') open.push(letter);
    else if (letter === '}' || letter === ']') open.pop();
  }
  return open.at(-1) === '[';
}

function fromSchema(root: Schema, path: readonly string[], value: string | null): readonly Choice[] {
  let here: Schema | null = root;
  for (const key of path) here = here && inside(root, here, key);
  if (here === null) return [];
  if (value === null)
    return Object.entries(here.properties ?? {})
      .filter(([key]) => !key.startsWith('$'))
      .map(([text, of]) => ({ text, about: resolved(root, of).description ?? null }));
  const of = inside(root, here, value);
  const some = of?.enum ?? (of?.type === 'boolean' ? ['true', 'false'] : []);
  return some.map((text) => ({ text, about: of?.description ?? null }));
}

function inside(root: Schema, here: Schema, key: string): Schema | null {
  const { properties, additionalProperties, items } = here;
  const next =
    key === '[]' ? items : (properties?.[key] ?? (typeof additionalProperties === 'object' ? additionalProperties : null));
  return next ? resolved(root, next) : null;
}

function resolved(root: Schema, of: Schema): Schema {
  const name = of.$ref?.replace('#/$defs/', '');
  return name === undefined ? of : (root.$defs?.[name] ?? of);
}

function namesFor(key: string, text: string, from: number): readonly Choice[] {
  const part = NAMES_OF[key];
  if (part === undefined) return [];
  if (part === 'roles') {
    const list = /^roles:\s*\[([^\]]*)\]/m.exec(text)?.[1] ?? '';
    return list
      .split(',')
      .map((one) => one.trim())
      .filter((one) => one !== '')
      .map((one) => ({ text: one, about: null }));
  }
  const rest = new RegExp(`^${part}:[^\\n]*\\n`, 'm').exec(text);
  if (!rest) return [];
  const names: Choice[] = [];
  const start = rest.index + rest[0].length;
  for (const { 0: line, index } of text.slice(start).matchAll(/^.*$/gm)) {
    if (/^\S/.test(line) && !line.startsWith('#')) break;
    const name = /^ {2}([\w-]+)\s*:/.exec(line)?.[1];
    if (name !== undefined && start + index + 2 !== from) names.push({ text: name, about: null });
  }
  return names;
}

const NAME = /[A-Za-z][\w-]*/g;

function namesOfFile(text: string, from: number, written: string): readonly Choice[] {
  const times = new Map<string, number>();
  // The word that is being written is no proof that there is such a name.
  for (const { 0: name, index } of text.matchAll(NAME)) if (index !== from) times.set(name, (times.get(name) ?? 0) + 1);
  return [...times]
    .filter(([name]) => name !== written && startsWith(name, written))
    .toSorted(([a, n], [b, m]) => m - n || (a < b ? -1 : 1))
    .map(([name]) => ({ text: name, about: null }));
}
