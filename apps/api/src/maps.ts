import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { nearest } from '@coxswain/sales-process';
import { notFound } from './problem.js';

const END = '.map.yaml';

/** The text of an import map that the service knows; a 404 that names those it knows when it has none of this name. */
export async function readMap(dir: string, name: string): Promise<string> {
  const names = (await readdir(dir).catch(() => []))
    .filter((file) => file.endsWith(END))
    .map((file) => file.slice(0, -END.length))
    .sort();
  // Only a name from the folder's own list is ever opened, so no address leads out of it.
  if (names.includes(name)) return readFile(join(dir, `${name}${END}`), 'utf8');
  const meant = nearest(name, names);
  throw notFound(
    'no-such-map',
    `There is no import map "${name}"${meant ? `: did you mean "${meant}"?` : '.'} ${names.length === 0 ? 'The service knows none.' : `There are ${names.join(', ')}.`}`,
  );
}
