import type { MeasureAnswer, MeasureName } from '@coxswain/projections';
import { wrongUse } from './terminal.js';

/** The list of each measure that a spreadsheet wants when it asks for no other. */
const MAIN: Readonly<Record<MeasureName, string>> = {
  pipeline: 'stages',
  conversion: 'steps',
  'cycle-time': 'stages',
  forecast: 'periods',
  'forecast-accuracy': 'origins',
  'forecast-record': 'list',
  'forecast-total': 'totals',
  bridge: 'bars',
  scorecard: 'periods',
  adherence: 'months',
  'junk-watch': 'gates',
  sources: 'sources',
};

type Row = Readonly<Record<string, string | number | boolean | null>>;

/**
 * One list of an answer as CSV (RFC 4180), a row for each entry of each group. Nested fields are columns with dots in their names; money is
 * a column a currency, in minor units; shares are from 0 to 1; what is unknown is empty. Lists within an entry are left out.
 * Throws wrong use, naming the lists there are, for one that is not there.
 */
export function csvText(answer: MeasureAnswer, asked: string | undefined): string {
  const list = asked ?? MAIN[answer.measure];
  const groups = answer.groups as unknown as readonly (Readonly<Record<string, unknown>> & { readonly group: string | null })[];
  const lists = [...new Set(groups.flatMap((group) => Object.keys(group).filter((name) => isList(group[name]))))];
  if (groups.length > 0 && !lists.includes(list))
    throw wrongUse(`"${answer.measure}" has no list "${list}".`, `Name one of ${lists.join(', ')}, such as --csv ${lists[0]}.`);
  const rows = groups.flatMap((group) =>
    (group[list] as readonly object[]).map((entry): Row => ({
      ...(answer.by !== null && { [answer.by]: group.group }),
      ...flat(answer.measure === 'forecast-accuracy' && list === 'origins' ? inMoney(entry, group['currency']) : entry),
    })),
  );
  const named = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  // What is unknown in one row and has parts in another is empty there, part by part.
  const columns = named.filter((column) => !named.some((other) => other.startsWith(`${column}.`)));
  const lines = [columns, ...rows.map((row) => columns.map((column) => row[column] ?? null))];
  return lines.map((cells) => `${cells.map(cellText).join(',')}\r\n`).join('');
}

/** The figures of an earlier day with their currency, in whole minor units; those of a process without amounts are deals. */
function inMoney(entry: object, currency: unknown): object {
  return Object.fromEntries(
    Object.entries(entry).map(([name, value]: [string, unknown]) => {
      if (typeof value === 'object' && value !== null) return [name, inMoney(value, currency)];
      if (typeof value !== 'number') return [name, value];
      return [name, typeof currency === 'string' ? { minor: Math.round(value), currency } : { deals: value }];
    }),
  );
}

const isList = (value: unknown): value is readonly object[] =>
  Array.isArray(value) && value.every((entry) => typeof entry === 'object' && entry !== null && !Array.isArray(entry));

function flat(entry: object, before = ''): Row {
  return Object.assign(
    {},
    ...Object.entries(entry).map(([name, value]: [string, unknown]): Row => {
      const column = `${before}${name}`;
      if (isMoney(value)) return { [`${column}.${value.currency}.minor`]: value.minor };
      if (Array.isArray(value))
        return Object.fromEntries(value.filter(isMoney).map(({ currency, minor }) => [`${column}.${currency}.minor`, minor]));
      if (typeof value === 'object' && value !== null) return flat(value, `${column}.`);
      return { [column]: value as string | number | boolean | null };
    }),
  ) as Row;
}

const isMoney = (value: unknown): value is { readonly minor: number; readonly currency: string } =>
  typeof value === 'object' && value !== null && 'minor' in value && 'currency' in value;

/** A text that a spreadsheet would take for a formula is marked as text. */
function cellText(cell: string | number | boolean | null): string {
  if (cell === null) return '';
  const text = typeof cell === 'string' && /^[=+\-@\t\r]/.test(cell) ? `'${cell}` : String(cell);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
