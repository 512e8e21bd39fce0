import { parse } from 'csv-parse/sync';
import { CsvError } from 'csv-parse';
import type { TargetInput } from '@coxswain/sales-process';
import { readMoney } from './import/values.js';

const COLUMNS = ['period', 'owner', 'team', 'amount', 'note'] as const;
const MOST_ROWS = 5_000;

/** A row that cannot be read, by its line in the file; line 0 is the file as a whole. */
export interface TargetRowProblem {
  readonly line: number;
  readonly say: string;
}

/**
 * Targets as finance hands them over: a header with `period` and `amount`, and `owner`, `team` and `note` where they are meant; one target a row, in whole units of the
 * currency (`120000`, `120,000.00`). An empty owner and team is the whole company's; an empty amount takes a target back.
 */
export function readTargetsCsv(
  text: string,
  currency: string,
): { readonly targets: readonly TargetInput[]; readonly problems: readonly TargetRowProblem[] } {
  let rows: { readonly record: Readonly<Record<string, string>>; readonly info: { readonly lines: number } }[];
  try {
    const delimiter = (text.split('\n', 1)[0] ?? '').includes(';') ? ';' : ',';
    rows = parse(text, {
      columns: true,
      bom: true,
      trim: true,
      skip_empty_lines: true,
      info: true,
      delimiter,
    }) as unknown as typeof rows;
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    return { targets: [], problems: [{ line: 0, say: `The file cannot be read as CSV: ${error.message}.` }] };
  }
  const whole = (say: string) => ({ targets: [], problems: [{ line: 0, say }] });
  if (rows.length === 0) return whole('There is no target in the file: it has a header at most.');
  if (rows.length > MOST_ROWS) return whole(`The file has more than ${MOST_ROWS} targets.`);
  const columns = Object.keys(rows[0]!.record);
  const missing = ['period', 'amount'].filter((name) => !columns.includes(name));
  const unknown = columns.filter((name) => !COLUMNS.some((known) => known === name));
  if (missing.length > 0) return whole(`The column ${missing.join(' and ')} is missing; there are ${columns.join(', ')}.`);
  if (unknown.length > 0) return whole(`No target has a column ${unknown.join(' or ')}; there may be ${COLUMNS.join(', ')}.`);

  const problems: TargetRowProblem[] = [];
  const targets = rows.flatMap(({ record, info: { lines } }): TargetInput[] => {
    const cell = (name: (typeof COLUMNS)[number]): string | null => record[name] || null;
    const written = cell('amount');
    const amount = written === null ? null : readMoney(written, currency, '.');
    if (written !== null && amount === null) {
      problems.push({ line: lines, say: `"${written}" is not an amount of ${currency}; it looks like 120000 or 120,000.00.` });
      return [];
    }
    return [{ period: cell('period') ?? '', owner: cell('owner'), team: cell('team'), amount, note: cell('note') }];
  });
  return { targets, problems };
}
