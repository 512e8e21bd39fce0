import { SaxesParser, type SaxesTagPlain } from 'saxes';
import type { SourceRow } from './rows.js';
import { ImportStopped, textOf, type ImportSource } from './source.js';

/** The most characters between two tags, and so in one tag. */
const LONGEST_TAG = 1024 * 1024;
const DEEPEST = 32;
const MOST_ATTRIBUTES = 1_000;
const ATTRIBUTES = new Set(['string', 'date', 'int', 'float', 'boolean', 'id']);

/** The beginning of a trace: its number in the file, from 0, and the line it begins on. */
export interface XesRow extends SourceRow {
  readonly trace: number;
}

/**
 * The events of a XES log in the order of the file, as rows: attributes of an event by their key, those of its trace with `case:` before it
 * (which is how process-mining tools write XES as CSV). Attributes within attributes are left out. A trace without events gives one wrong row.
 * A document type, an entity of its own and broken XML stop it.
 */
export async function* xesRows(
  source: ImportSource,
  options: { readonly encoding: string; readonly onChunk?: (chunk: Buffer) => void },
): AsyncGenerator<XesRow> {
  const reading = new XesReading(options.encoding);
  let first = true;
  for await (const text of textOf(source, options.encoding, options.onChunk)) {
    reading.write(first ? text.replace(/^\s+(?=<)/, '') : text);
    first = false;
    yield* reading.take();
  }
  reading.end();
  yield* reading.take();
}

class XesReading {
  private readonly parser = new SaxesParser({ xmlns: false });
  private rows: XesRow[] = [];
  private depth = 0;
  private sawLog = false;
  private lastTag = 0;
  private written = 0;
  private trace = -1;
  private traceDepth: number | null = null;
  private traceLine = 0;
  private traceEvents = 0;
  private traceCells: Record<string, string> = emptyCells();
  private eventDepth: number | null = null;
  private eventLine = 0;
  private eventCells: Record<string, string> = emptyCells();
  private attributes = 0;

  constructor(encoding: string) {
    this.parser.on('error', (error) => {
      const say = error.message.replace(/^\d+:\d+: /, '').replace(/\.$/, '');
      throw new ImportStopped('xml', `The file is not well-formed XML: ${say}.`, this.parser.line);
    });
    this.parser.on('xmldecl', (declaration) => {
      const declared = declaration.encoding?.toLowerCase();
      if (
        declared !== undefined &&
        declared !== encoding &&
        !(declared === 'utf8' && encoding === 'utf-8') &&
        declared !== 'us-ascii'
      )
        throw new ImportStopped(
          'wrong-encoding',
          `The file says it is written in ${declared}, the map says ${encoding}. Say "encoding: ${declared}" in the map.`,
          1,
        );
    });
    this.parser.on('doctype', () => {
      throw new ImportStopped(
        'xml-doctype',
        'The file declares a document type, which a XES log does not need and which is not read.',
        this.parser.line,
      );
    });
    this.parser.on('opentag', (tag) => this.open(tag));
    this.parser.on('closetag', () => this.close());
  }

  write(text: string): void {
    this.parser.write(text);
    this.written += text.length;
    this.notTooLong(this.written);
  }

  /** Stops where there is too much between two tags, or in one. */
  private notTooLong(at: number): void {
    if (at - this.lastTag > LONGEST_TAG)
      throw new ImportStopped(
        'xml-too-long',
        'There is more than 1 MiB without any tag, which no XES log has.',
        this.parser.line,
      );
  }

  end(): void {
    this.parser.close();
    if (!this.sawLog) throw new ImportStopped('no-log', 'The file is XML but no XES log: its first tag must be <log>.');
  }

  /** The rows read since the last time. */
  take(): readonly XesRow[] {
    const taken = this.rows;
    this.rows = [];
    return taken;
  }

  private open({ name, attributes }: SaxesTagPlain): void {
    this.depth++;
    this.notTooLong(this.parser.position);
    this.lastTag = this.parser.position;
    if (this.depth > DEEPEST)
      throw new ImportStopped('xml-too-deep', `The file nests more than ${DEEPEST} tags.`, this.parser.line);
    if (!this.sawLog) {
      this.sawLog = name === 'log';
      if (!this.sawLog)
        throw new ImportStopped(
          'no-log',
          `The file is XML but no XES log: its first tag is <${name}>, not <log>.`,
          this.parser.line,
        );
      return;
    }
    if (name === 'trace' && this.traceDepth === null && this.depth === 2) {
      this.trace++;
      this.traceDepth = this.depth;
      this.traceLine = this.parser.line;
      this.traceEvents = 0;
      this.traceCells = emptyCells();
      this.attributes = 0;
    } else if (name === 'event' && this.eventDepth === null && (this.depth === 2 || this.depth - 1 === this.traceDepth)) {
      this.eventDepth = this.depth;
      this.eventLine = this.parser.line;
      this.eventCells = emptyCells();
      this.attributes = 0;
    } else if (ATTRIBUTES.has(name)) this.attribute(attributes);
  }

  private attribute({ key, value }: Readonly<Record<string, string>>): void {
    if (key === undefined || value === undefined) return;
    const ofEvent = this.eventDepth !== null && this.depth - 1 === this.eventDepth;
    const ofTrace = this.eventDepth === null && this.traceDepth !== null && this.depth - 1 === this.traceDepth;
    if (!ofEvent && !ofTrace) return;
    if (++this.attributes > MOST_ATTRIBUTES)
      throw new ImportStopped(
        'xml-too-many',
        `A trace or an event has more than ${MOST_ATTRIBUTES} attributes.`,
        this.parser.line,
      );
    if (ofEvent) this.eventCells[key] = value.trim();
    else this.traceCells[`case:${key}`] = value.trim();
  }

  private close(): void {
    this.lastTag = this.parser.position;
    if (this.depth === this.eventDepth) {
      const outside = this.traceDepth === null;
      this.rows.push({
        line: this.eventLine,
        trace: this.trace,
        cells: outside ? this.eventCells : Object.assign(emptyCells(), this.traceCells, this.eventCells),
        wrong: outside ? { code: 'no-trace', say: 'The event stands outside any trace.' } : null,
      });
      this.traceEvents++;
      this.eventDepth = null;
    } else if (this.depth === this.traceDepth) {
      if (this.traceEvents === 0)
        this.rows.push({
          line: this.traceLine,
          trace: this.trace,
          cells: this.traceCells,
          wrong: { code: 'no-events', say: 'The trace has no events, so nothing says when the deal began.' },
        });
      this.traceDepth = null;
    }
    this.depth--;
  }
}

const emptyCells = (): Record<string, string> => Object.create(null) as Record<string, string>;
