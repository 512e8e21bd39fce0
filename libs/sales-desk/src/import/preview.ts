import { csvRows } from './csv.js';
import type { ImportMap, ValueMap } from './map.js';
import { ImportStopped, unpackedBytes, type ImportSource } from './source.js';
import { xesRows } from './xes.js';

/** The beginning of a file: its columns and first rows, as an import would read them. */
export interface FilePreview {
  readonly format: ImportMap['format'];
  /** Of a CSV file those of the header; of a XES log those of the rows shown. */
  readonly columns: readonly string[];
  readonly rows: readonly {
    readonly line: number;
    readonly cells: Readonly<Record<string, string>>;
    /** Why the row cannot be used; null for a good one. */
    readonly wrong: string | null;
  }[];
  /** What stands in each column, the most frequent first, as far as the file was looked at; null of a column that has too many different texts. */
  readonly values: Readonly<Record<string, readonly { readonly value: string; readonly times: number }[] | null>>;
  /** Why no more rows can be read, where there are fewer than were asked for and that is not their end; the beginning of a file breaks off somewhere, too. */
  readonly stopped: string | null;
}

/** So many different texts of a column are told: enough for the stages or activities of a process. */
const MOST_VALUES = 60;
/** So many rows are looked at for them: a packed log may have far more in its first bytes. */
const MOST_ROWS = 10_000;

const SPACE = new Set([0x20, 0x09, 0x0a, 0x0d, 0xef, 0xbb, 0xbf]);
const LESS_THAN = 0x3c;

/**
 * The first `most` rows of a file, or of the beginning of one, of which 10,000 are looked at: where it breaks off after some rows, those are answered. `told`: what a map says of it; else XML is a XES
 * log, anything else CSV. Throws `ImportStopped` where no row can be read.
 */
export async function previewFile(
  source: ImportSource,
  most: number,
  told: Partial<Pick<ImportMap, 'format' | 'encoding' | 'delimiter'>> = {},
): Promise<FilePreview> {
  const { format = await formatOf(source), encoding = 'utf-8', delimiter = null } = told;
  let header: readonly string[] | null = null;
  let stopped: string | null = null;
  const rows: FilePreview['rows'][number][] = [];
  let looked = 0;
  const values = new Values();
  const reading =
    format === 'xes'
      ? xesRows(source, { encoding })
      : csvRows(source, { encoding, delimiter, onHeader: (columns) => void (header = columns) });
  try {
    for await (const { line, cells, wrong } of reading) {
      if (rows.length < most) rows.push({ line, cells, wrong: wrong?.say ?? null });
      // The last one may be cut off, and so its text.
      if (!wrong) values.see(cells);
      if (++looked === MOST_ROWS) break;
    }
  } catch (error) {
    if (!(error instanceof ImportStopped) || (rows.length === 0 && header === null)) throw error;
    if (rows.length < most) stopped = error.say;
  }
  const columns = header ?? [...new Set(rows.flatMap(({ cells }) => Object.keys(cells)))];
  return { format, columns, rows, values: values.of(columns), stopped };
}

/** Counts what stands in each column. */
class Values {
  private readonly columns = new Map<string, Map<string, number>>();

  see(cells: Readonly<Record<string, string>>): void {
    for (const [column, value] of Object.entries(cells)) {
      const seen = this.columns.get(column) ?? new Map<string, number>();
      this.columns.set(column, seen);
      if (value !== '' && (seen.has(value) || seen.size <= MOST_VALUES)) seen.set(value, (seen.get(value) ?? 0) + 1);
    }
  }

  of(columns: readonly string[]): FilePreview['values'] {
    return Object.fromEntries(
      columns.map((column) => {
        const seen = this.columns.get(column) ?? new Map<string, number>();
        const told = Array.from(seen, ([value, times]) => ({ value, times })).toSorted((a, b) => b.times - a.times);
        return [column, seen.size > MOST_VALUES ? null : told];
      }),
    );
  }
}

async function formatOf(source: ImportSource): Promise<ImportMap['format']> {
  for await (const bytes of unpackedBytes(source)) {
    const first = bytes.find((byte) => !SPACE.has(byte));
    if (first !== undefined) return first === LESS_THAN ? 'xes' : 'csv';
  }
  return 'csv';
}

/** The columns of the imported file that a map reads, each once: that of the id first. */
export function columnsOf({ id, deal, states, events }: ImportMap): readonly string[] {
  const facts = ({ facts: of }: { readonly facts: Readonly<Record<string, ValueMap>> }): readonly ValueMap[] => Object.values(of);
  const stateSteps = Object.values(states?.steps ?? {}).flat();
  const values: readonly (ValueMap | null)[] = [
    deal.by,
    deal.owner,
    deal.team,
    deal.account,
    deal.origin,
    ...facts(deal),
    events?.by ?? null,
    ...stateSteps.flatMap(facts),
    ...Object.values(events?.steps ?? {}).flatMap(facts),
  ];
  const named = [
    id,
    states?.column,
    events?.activity,
    events?.at,
    ...deal.at,
    ...stateSteps.map(({ at }) => at),
    events?.note,
    ...values.map((value) => value?.column),
  ];
  return [...new Set(named.filter((column): column is string => typeof column === 'string'))];
}
