import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { besideFile, columnsOf, readImportMap, type ImportMap } from '@coxswain/sales-desk';
import { nearest, type Problem } from '@coxswain/sales-process';
import type { CheckedMap } from './import-maps.queries.js';
import { notFound } from './problem.js';

const END = '.map.yaml';

/** An import map that the service knows. */
export interface KnownMap {
  /** What `POST /v1/imports?map=` takes. */
  readonly id: string;
  /** What its file says of itself, in the comment it begins with; null where it says nothing. */
  readonly about: string | null;
  /** Null, as all below, where the map has problems. */
  readonly process: string | null;
  readonly format: ImportMap['format'] | null;
  /** What one row is. */
  readonly rows: ImportMap['rows'] | null;
  /** The columns of the file that it reads. */
  readonly columns: readonly string[] | null;
  /** The files that must lie beside the map, in the folder of maps. */
  readonly lookups: readonly string[] | null;
  readonly problems: readonly Problem[];
}

/** The names of the maps in a folder. */
async function namesIn(dir: string): Promise<readonly string[]> {
  return (await readdir(dir).catch(() => []))
    .filter((file) => file.endsWith(END))
    .map((file) => file.slice(0, -END.length))
    .sort();
}

/** Whether a map can be used: the answer of `CheckMap`. */
type Check = (text: string) => Promise<CheckedMap>;

/** Every import map that the service knows, as it stands in its folder now. */
export async function knownMaps(dir: string, check: Check): Promise<readonly KnownMap[]> {
  return Promise.all(
    (await namesIn(dir)).map(async (id) => described(id, await readFile(join(dir, `${id}${END}`), 'utf8'), check)),
  );
}

async function described(id: string, text: string, check: Check): Promise<KnownMap> {
  const { map } = readImportMap(text);
  const { problems } = await check(text);
  return {
    id,
    about: aboutIn(text),
    process: map?.process ?? null,
    format: map?.format ?? null,
    rows: map?.rows ?? null,
    columns: map && columnsOf(map),
    lookups: map && Object.values(map.lookups).map(({ file }) => file),
    problems,
  };
}

/** A map with its text, and the files it looks things up in. */
export interface ShownMap extends KnownMap {
  readonly text: string;
  /** Null where the map has problems. `there`: whether the file lies in the folder of maps. */
  readonly lookupFiles:
    readonly { readonly name: string; readonly file: string; readonly key: string; readonly there: boolean }[] | null;
}

/** One map, whole; a 404 that names those there are when there is none of this name. */
export async function shownMap(dir: string, name: string, check: Check): Promise<ShownMap> {
  const text = await readMap(dir, name);
  const { map } = readImportMap(text);
  const find = besideFile(join(dir, 'the file'));
  const lookupFiles =
    map &&
    Object.entries(map.lookups).map(([lookup, { file, key }]) => ({ name: lookup, file, key, there: find(file) !== null }));
  return { ...(await described(name, text, check)), text, lookupFiles };
}

/** The comment that a map begins with, without what is meant for editors. */
function aboutIn(text: string): string | null {
  const lines = text.trimStart().split(/\r?\n/);
  const end = lines.findIndex((line) => !line.startsWith('#'));
  const said = lines
    .slice(0, end < 0 ? lines.length : end)
    .map((line) => line.slice(1).trim())
    .filter((line) => line !== '' && !line.startsWith('yaml-language-server'));
  return said.length === 0 ? null : said.join(' ');
}

/** The text of an import map that the service knows; a 404 that names those it knows when it has none of this name. */
export async function readMap(dir: string, name: string): Promise<string> {
  const names = await namesIn(dir);
  // Only a name from the folder's own list is ever opened, so no address leads out of it.
  if (names.includes(name)) return readFile(join(dir, `${name}${END}`), 'utf8');
  const meant = nearest(name, names);
  throw notFound(
    'no-such-map',
    `There is no import map "${name}"${meant ? `: did you mean "${meant}"?` : '.'} ${names.length === 0 ? 'The service knows none.' : `There are ${names.join(', ')}.`}`,
  );
}
