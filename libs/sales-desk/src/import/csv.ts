import { CsvError, parse, type Parser } from 'csv-parse';
import { shown, type SourceRow } from './rows.js';
import { ImportStopped, textOf, type ImportSource } from './source.js';

const LONGEST_ROW = 1024 * 1024;
const MOST_COLUMNS = 1_000;
const DELIMITERS = [',', ';', '\t'] as const;

export interface CsvOptions {
  readonly encoding: string;
  readonly delimiter: string | null;
  /** Hears the bytes of the file as they are read. */
  readonly onChunk?: (chunk: Buffer) => void;
  /** Hears the columns before the first row; may throw `ImportStopped`. */
  readonly onHeader?: (columns: readonly string[]) => void;
}

/**
 * The rows of a CSV file (RFC 4180, any line end, quoted line ends, header first). A row that does not fit the header is answered as wrong,
 * the others go on; line ends within a text are given as a single line feed.
 */
export async function* csvRows(source: ImportSource, options: CsvOptions): AsyncGenerator<SourceRow> {
  const whole = withPlainLineEnds(textOf(source, options.encoding, options.onChunk));
  const { delimiter, texts } = await withDelimiter(whole, options.delimiter);
  const reading = new CsvReading(delimiter);
  let columns: readonly string[] | null = null;
  function* rows(): Generator<SourceRow> {
    for (const { record, endsOn } of reading.take()) {
      if (columns !== null) yield row(columns, record, endsOn);
      else {
        columns = header(record);
        options.onHeader?.(columns);
      }
    }
  }
  for await (const text of texts) {
    const broken = await reading.write(text);
    yield* rows();
    if (broken) throw stopped(broken, reading.readTo + 1);
  }
  const broken = await reading.end();
  yield* rows();
  if (broken) throw stopped(broken, reading.readTo + 1);
  if (columns === null) throw new ImportStopped('empty', `There is nothing in ${source.name}.`);
}

/** The parser, fed by hand: read as a stream it forgets rows it has read when a later one is broken. */
class CsvReading {
  /** The last line of the last row. */
  readTo = 0;
  private records: { readonly record: string[]; readonly endsOn: number }[] = [];
  private readonly parser: Parser;

  constructor(delimiter: string) {
    this.parser = parse({
      delimiter,
      bom: true,
      relax_column_count: true,
      relax_quotes: true,
      skip_empty_lines: true,
      max_record_size: LONGEST_ROW,
      record_delimiter: '\n',
      on_record: (record: string[], { lines }) => {
        this.readTo = lines;
        this.records.push({ record, endsOn: lines });
        return null;
      },
    });
    // What is wrong is answered by write and end.
    this.parser.on('error', () => {});
    this.parser.resume();
  }

  write(text: string): Promise<Error | null> {
    return new Promise((resolve) => void this.parser.write(text, (error) => resolve(error ?? null)));
  }

  end(): Promise<Error | null> {
    return new Promise((resolve) => void this.parser.end((error?: Error | null) => resolve(error ?? null)));
  }

  /** The rows read since the last time. */
  take(): readonly { readonly record: string[]; readonly endsOn: number }[] {
    const taken = this.records;
    this.records = [];
    return taken;
  }
}

async function* withPlainLineEnds(texts: AsyncGenerator<string>): AsyncGenerator<string> {
  let held = '';
  for await (const text of texts) {
    const whole = held + text;
    held = whole.endsWith('\r') ? '\r' : '';
    yield (held === '' ? whole : whole.slice(0, -1)).replaceAll(/\r\n?/g, '\n');
  }
  if (held !== '') yield '\n';
}

const linesIn = (cell: string): number => (cell.includes('\n') ? cell.split('\n').length - 1 : 0);

function row(columns: readonly string[], record: readonly string[], endsOn: number): SourceRow {
  const line = endsOn - record.reduce((inside, cell) => inside + linesIn(cell), 0);
  const cells: Record<string, string> = Object.create(null) as Record<string, string>;
  for (const [index, column] of columns.entries()) cells[column] = record[index]?.trim() ?? '';
  const wrong =
    record.length > columns.length
      ? { code: 'too-many-columns', say: `The row has ${record.length} columns, the header ${columns.length}.` }
      : record.length < columns.length
        ? { code: 'too-few-columns', say: `The row has ${record.length} columns, the header ${columns.length}.` }
        : null;
  return { line, cells, wrong };
}

function header(record: readonly string[]): readonly string[] {
  const columns = record.map((name) => name.trim());
  if (columns.length > MOST_COLUMNS)
    throw new ImportStopped('too-many-columns', `The header has more than ${MOST_COLUMNS} columns.`, 1);
  const twice = columns.find((name, index) => name !== '' && columns.indexOf(name) !== index);
  if (twice !== undefined) throw new ImportStopped('column-twice', `The header names the column ${shown(twice)} twice.`, 1);
  return columns;
}

/** The sign between columns that the header has most of, where the map does not say it. */
async function withDelimiter(
  texts: AsyncGenerator<string>,
  told: string | null,
): Promise<{ readonly delimiter: string; readonly texts: AsyncGenerator<string> | Iterable<string> }> {
  if (told !== null) return { delimiter: told, texts };
  let head = '';
  while (!head.includes('\n') && head.length < LONGEST_ROW) {
    const next = await texts.next();
    if (next.done) break;
    head += next.value;
  }
  const line = head.split('\n', 1)[0]!;
  const count = (sign: string): number => line.split(sign).length;
  const delimiter = DELIMITERS.reduce((best, sign) => (count(sign) > count(best) ? sign : best));
  async function* whole(): AsyncGenerator<string> {
    yield head;
    yield* texts;
  }
  return { delimiter, texts: whole() };
}

function stopped(error: Error, line: number): ImportStopped {
  const code = error instanceof CsvError ? error.code : null;
  if (code === 'CSV_QUOTE_NOT_CLOSED')
    return new ImportStopped(
      'quote-open',
      'A quote is opened here and never closed, so the rest of the file cannot be told apart.',
      line,
    );
  if (code === 'CSV_MAX_RECORD_SIZE')
    return new ImportStopped('row-too-long', 'A row has more than 1 MiB. Perhaps a quote is opened here and never closed.', line);
  return new ImportStopped('csv', `The file cannot be read as CSV: ${error.message}`, line);
}
