import { nearest } from '@coxswain/sales-process';
import { csvRows } from './csv.js';
import type { ImportMap, LookupMap, Spelling } from './map.js';
import { shown } from './rows.js';
import { ImportStopped, type ImportSource } from './source.js';

const MOST_ENTRIES = 100_000;

/** A text of a file that stood there misspelt, and was read as what it means. */
export interface Correction {
  readonly file: string;
  readonly column: string;
  readonly from: string;
  readonly to: string;
}

/** Another file beside the imported one, by its key. */
interface Lookup {
  readonly map: LookupMap;
  readonly columns: readonly string[];
  readonly entries: ReadonlyMap<string, Readonly<Record<string, string>>>;
  /** The keys that a row has asked for. */
  readonly asked: Set<string>;
}

export type Lookups = ReadonlyMap<string, Lookup>;

/** Reads every lookup of a map. Stops where one is missing, or is no table with the columns that the map takes from it. */
export async function readLookups(
  map: ImportMap,
  find: (file: string) => ImportSource | null,
  missing: (file: string) => string,
  corrected: (correction: Correction, line: number) => void,
  repeated: (file: string, line: number, key: string) => void,
): Promise<Lookups> {
  const lookups = new Map<string, Lookup>();
  for (const [name, lookup] of Object.entries(map.lookups)) {
    const source = find(lookup.file);
    if (!source) throw new ImportStopped('lookup-missing', missing(lookup.file));
    let columns: readonly string[] = [];
    const entries = new Map<string, Readonly<Record<string, string>>>();
    const rows = csvRows(source, {
      encoding: map.encoding,
      delimiter: null,
      onHeader: (found) => {
        columns = found;
        needColumn(lookup.file, lookup.key, found);
        Object.keys(lookup.spelling).forEach((column) => needColumn(lookup.file, column, found));
      },
    });
    for await (const { cells, line, wrong } of rows) {
      if (wrong) throw new ImportStopped('lookup-broken', `${lookup.file}, line ${line}: ${wrong.say}`, line);
      if (entries.size >= MOST_ENTRIES)
        throw new ImportStopped('lookup-too-large', `"${lookup.file}" has more than ${MOST_ENTRIES} rows.`);
      const entry: Record<string, string> = Object.create(null) as Record<string, string>;
      for (const column of columns)
        entry[column] = spelt(lookup.file, lookup.spelling, column, cells[column] ?? '', (correction) =>
          corrected(correction, line),
        );
      const key = entry[lookup.key]!;
      if (key === '') continue;
      if (entries.has(key)) repeated(lookup.file, line, key);
      else entries.set(key, entry);
    }
    for (const column of takenFrom(map, name)) needColumn(lookup.file, column, columns);
    lookups.set(name, { map: lookup, columns, entries, asked: new Set() });
  }
  return lookups;
}

/** The columns that the map takes from a lookup. */
function takenFrom({ deal, states, events }: ImportMap, lookup: string): readonly string[] {
  const steps = [...Object.values(states?.steps ?? {}).flat(), ...Object.values(events?.steps ?? {})];
  const values = [
    deal.by,
    deal.owner,
    deal.team,
    deal.account,
    deal.origin,
    events?.by ?? null,
    ...[deal, ...steps].flatMap(({ facts }) => Object.values(facts)),
  ];
  return values.flatMap((value) => (value?.lookup === lookup && value.take !== null ? [value.take] : []));
}

export function spelt(
  file: string,
  spelling: Spelling,
  column: string,
  text: string,
  corrected: (correction: Correction) => void,
): string {
  const words = Object.hasOwn(spelling, column) ? spelling[column]! : null;
  if (!words || !Object.hasOwn(words, text)) return text;
  const to = words[text]!;
  corrected({ file, column, from: text, to });
  return to;
}

/** Stops where a file has no such column, and says which one may be meant. */
export function needColumn(file: string, column: string, columns: readonly string[]): void {
  if (columns.includes(column)) return;
  const meant = nearest(column, columns);
  throw new ImportStopped(
    'unknown-column',
    `The map names the column ${shown(column)}, which ${file} does not have${meant === null ? `: it has ${columns.slice(0, 20).join(', ')}` : `: did you mean "${meant}"`}${meant === null ? '.' : '?'}`,
    1,
  );
}
