import { Readable } from 'node:stream';
import { parse, type CsvError } from 'csv-parse';
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

/** The rows of a CSV file (RFC 4180, any line end, quoted line ends, header first). A row that does not fit the header is answered as wrong, the others go on. */
export async function* csvRows(source: ImportSource, options: CsvOptions): AsyncGenerator<SourceRow> {
  const { delimiter, texts } = await withDelimiter(textOf(source, options.encoding, options.onChunk), options.delimiter);
  const parser = parse({
    delimiter,
    bom: true,
    info: true,
    relax_column_count: true,
    relax_quotes: true,
    skip_empty_lines: true,
    max_record_size: LONGEST_ROW,
  });
  const input = Readable.from(texts);
  input.on('error', (error) => parser.destroy(error));
  input.pipe(parser);

  let columns: readonly string[] | null = null;
  try {
    for await (const { record, info } of parser as AsyncIterable<{ record: string[]; info: { lines: number } }>) {
      const line = info.lines - record.reduce((inside, cell) => inside + linesIn(cell), 0);
      if (columns === null) {
        columns = header(record);
        options.onHeader?.(columns);
      } else yield row(columns, record, line);
    }
  } catch (error) {
    if (error instanceof ImportStopped) throw error;
    throw stopped(error as CsvError);
  } finally {
    input.destroy();
  }
  if (columns === null) throw new ImportStopped('empty', `The file ${source.name} is empty.`);
}

const linesIn = (cell: string): number => (cell.includes('\n') ? cell.split('\n').length - 1 : 0);

function row(columns: readonly string[], record: readonly string[], line: number): SourceRow {
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

function stopped(error: CsvError): ImportStopped {
  const line = typeof error.lines === 'number' ? error.lines : null;
  if (error.code === 'CSV_QUOTE_NOT_CLOSED')
    return new ImportStopped(
      'quote-open',
      'A quote is opened and never closed, so the rest of the file cannot be told apart.',
      line,
    );
  if (error.code === 'CSV_MAX_RECORD_SIZE')
    return new ImportStopped('row-too-long', 'A row has more than 1 MiB. Perhaps a quote is opened and never closed.', line);
  return new ImportStopped('csv', `The file cannot be read as CSV: ${error.message}`, line);
}
