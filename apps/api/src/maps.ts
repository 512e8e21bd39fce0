import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { columnsOf, readImportMap, type ImportMap } from '@coxswain/sales-desk';
import { nearest, type Problem } from '@coxswain/sales-process';
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

/** Every import map that the service knows, as it stands in its folder now. */
export async function knownMaps(dir: string): Promise<readonly KnownMap[]> {
  return Promise.all(
    (await namesIn(dir)).map(async (id): Promise<KnownMap> => {
      const text = await readFile(join(dir, `${id}${END}`), 'utf8');
      const { map, problems } = readImportMap(text);
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
    }),
  );
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
