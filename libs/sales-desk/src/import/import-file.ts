import { createHash } from 'node:crypto';
import type { Writable } from 'node:stream';
import type { HistoryAnswer, HistoryRequest } from '../contract.js';
import { Grouping } from '../grouping.js';
import { derivedId } from '../ids.js';
import { csvRows } from './csv.js';
import { needColumn, readLookups } from './lookups.js';
import type { ImportMap, ValueMap } from './map.js';
import { DealReader, type ReadDeal } from './read-deals.js';
import { Ledger, type Balance, type ImportReport } from './report.js';
import { shown, type RowProblem, type SourceRow } from './rows.js';
import { checkedToItsEnd, endedBy, ImportStopped, type ImportSource } from './source.js';
import { xesRows, type XesRow } from './xes.js';

/** The one door, as far as an import uses it: `SalesDesk` is one. */
export interface HistoryDoor {
  /** The present instant, ISO 8601 in UTC. What is said to have happened later is rejected. */
  now(): string;
  recordHistory(requests: readonly HistoryRequest[], options?: { readonly dryRun?: boolean }): Promise<HistoryAnswer[]>;
}

export interface ImportOptions {
  readonly file: ImportSource;
  readonly map: ImportMap;
  /** Finds the file of a lookup by its name; null where there is none. `besideFile` looks in a folder. */
  readonly lookups?: (fileName: string) => ImportSource | null;
  /** Says where the file of a lookup must stand that was not found; beside the imported file unless told. */
  readonly lookupMissing?: (fileName: string) => string;
  /** Ends the import early: what is in stays, and the report says how far it came. */
  readonly signal?: AbortSignal;
  /** Reads and judges everything, and writes nothing. */
  readonly dryRun?: boolean;
  /** What the events of this import are marked with; unless told, it follows from the file and the map, so that a repetition has the same. */
  readonly batch?: string;
  /** How many deals go to the desk at once; 200 unless told. */
  readonly dealsAtOnce?: number;
  readonly onProgress?: (progress: ImportProgress) => void;
  /** The folder in which rows that are not grouped by deal lie while they are sorted; that for temporary files unless told. */
  readonly spillTo?: string;
  /** Hears every rejected row, deviating step, warning and correction, one JSON text a line. Not ended here. */
  readonly report?: Writable | null;
}

export interface ImportProgress {
  /** Of the file as it lies there, compressed where it is. */
  readonly bytesRead: number;
  readonly totalBytes: number | null;
  /** Rows or events read. */
  readonly rows: number;
  /**
   * How many there are, told by line ends, which is too many where texts have some within; of a XES log its events. Null while the file is
   * still looked at to its end.
   */
  readonly rowsInAll: number | null;
  readonly deals: number;
  /** What has become of rows and deals; those read that are still on their way are in neither. */
  readonly rowsDone: Omit<Balance, 'read'>;
  readonly dealsDone: Omit<Balance, 'read'>;
}

/** A deal with more events is rejected. */
const MOST_EVENTS_OF_A_DEAL = 10_000;
const MOST_STEPS_AT_ONCE = 20_000;
const MOST_DEALS = 2_000_000;
const ROWS_A_PROGRESS = 2_000;

/**
 * Brings a file in through the one door. Whatever is wrong with a row, or with the file, is told in the report; the promise rejects only
 * when the desk itself is broken. It is safe to repeat, also after it was killed half-way: what is there already is not written again.
 */
export async function importFile(door: HistoryDoor, options: ImportOptions): Promise<ImportReport> {
  const run = new ImportRun(door, options);
  const stopped = await run.toTheEnd();
  return run.report(stopped);
}

class ImportRun {
  private readonly ledger: Ledger;
  private readonly unit: 'rows' | 'events';
  private batch: string;
  private bytesRead = 0;
  private rowsInAll: number | null = null;
  private waiting: { readonly deal: ReadDeal; readonly again: boolean }[] = [];
  private waitingSteps = 0;
  private rowsToldAt = 0;
  /** The ids of deals, with what their row said where a row is a deal. */
  private readonly seen = new Map<string, string>();

  constructor(
    private readonly door: HistoryDoor,
    private readonly options: ImportOptions,
  ) {
    this.ledger = new Ledger(options.report ?? null);
    this.unit = options.map.rows === 'deals' ? 'rows' : 'events';
    this.batch = options.batch ?? '';
  }

  async toTheEnd(): Promise<ImportStopped | null> {
    const { file, map } = this.options;
    try {
      const { hash, rows } = await checkedToItsEnd(file, map, this.options.signal);
      this.rowsInAll = rows;
      this.tellProgress();
      this.batch ||= derivedId('import-batch', hash, createHash('sha256').update(JSON.stringify(map)).digest('hex'));
      const reader = await this.reader();
      if (this.unit === 'rows') await this.deals(reader);
      else await this.cases(reader);
      this.tellUnused(reader);
      return null;
    } catch (error) {
      if (error instanceof ImportStopped) return error;
      throw error;
    } finally {
      await this.ledger.flush();
      this.tellProgress();
    }
  }

  report(stopped: ImportStopped | null): ImportReport {
    const { file, map, dryRun } = this.options;
    return {
      batch: this.batch,
      file: file.name,
      process: map.process,
      dryRun: dryRun === true,
      unit: this.unit,
      ...this.ledger.close(),
      stopped: stopped && { code: stopped.code, say: stopped.say, line: stopped.line },
    };
  }

  private async reader(): Promise<DealReader> {
    const { file, map, lookups = () => null, lookupMissing = besideImported } = this.options;
    const found = await readLookups(
      map,
      lookups,
      lookupMissing,
      (correction, line) => this.ledger.corrected(correction, line, null),
      (name, line, key) =>
        this.ledger.warning(line, null, {
          code: 'lookup-twice',
          say: `${name} lists ${shown(key)} a second time on line ${line}; the first counts.`,
        }),
    );
    return new DealReader(map, found, file.name, this.ledger, this.door.now());
  }

  // ----------------------------------------------------------------------------------------------- one row, one deal

  private async deals(reader: DealReader): Promise<void> {
    try {
      for await (const row of this.csv()) {
        this.ledger.rowRead();
        const id = row.cells[this.options.map.id] ?? '';
        const deal = id === '' ? null : id;
        const again = deal !== null && this.seen.has(deal);
        const content = contentOf(row);
        if (deal !== null && !again) {
          this.remember(deal, content, row.line);
          this.ledger.dealRead();
        }
        const wrong = row.wrong ?? this.unusable(deal, again && this.seen.get(deal) !== content);
        const read = wrong ? { line: row.line, problems: [wrong] } : reader.fromState(row, deal!);
        if ('problems' in read) {
          this.ledger.rowRejected(row.line, deal, ...read.problems);
          if (deal !== null && !again) this.ledger.dealRejected();
        } else {
          if (again) this.ledger.warning(row.line, deal, { code: 'row-twice', say: 'The file has the very same row before.' });
          await this.hand(read, again);
        }
        await this.nowAndThen();
      }
    } finally {
      await this.handOver();
    }
  }

  private unusable(deal: string | null, differs: boolean): RowProblem | null {
    if (deal === null)
      return {
        code: 'missing-id',
        say: `The row has no id in ${shown(this.options.map.id)}.`,
        column: this.options.map.id,
        value: '',
      };
    const where = { column: this.options.map.id, value: deal };
    return differs
      ? { code: 'id-twice', say: `An earlier row has the id ${shown(deal)} and says something else.`, ...where }
      : null;
  }

  // ---------------------------------------------------------------------------------------------- one row, one event

  private async cases(reader: DealReader): Promise<void> {
    const { map } = this.options;
    try {
      if (map.grouped) await this.groupedCases(reader);
      else await this.scatteredCases(reader);
    } finally {
      await this.handOver();
    }
  }

  /** The rows of a deal stand together: one deal is held at a time. */
  private async groupedCases(reader: DealReader): Promise<void> {
    const { map, file } = this.options;
    const rows: AsyncGenerator<SourceRow | XesRow> =
      map.format === 'xes' ? xesRows(file, { encoding: map.encoding, onChunk: (chunk) => this.chunk(chunk) }) : this.csv();
    let held: Case | null = null;
    try {
      for await (const row of rows) {
        const id = row.cells[map.id] ?? '';
        if (row.wrong?.code === 'no-events') {
          this.ledger.emptyDeal(row.line, id === '' ? null : id, row.wrong);
          continue;
        }
        this.ledger.rowRead();
        if (row.wrong) {
          this.ledger.rowRejected(row.line, id === '' ? null : id, row.wrong);
          continue;
        }
        const trace = 'trace' in row ? row.trace : null;
        if (held === null || held.id !== id || held.trace !== trace) {
          const whole: Case | null = held;
          held = null;
          if (whole) await this.finish(reader, whole);
          held = this.begin(id, trace, row.line);
        }
        this.hold(held, row);
        await this.nowAndThen();
      }
    } catch (error) {
      if (held) this.cutOff([held]);
      throw error;
    }
    if (held) await this.finish(reader, held);
  }

  /** The rows of a deal may stand anywhere: they are sorted by deal aside, and brought in once the file is read to its end. */
  private async scatteredCases(reader: DealReader): Promise<void> {
    const { map, spillTo } = this.options;
    const cases = new Map<string, number>();
    const ids: string[] = [];
    const aside = new Grouping(spillTo);
    let columns: readonly string[] = [];
    const whole = (): AsyncGenerator<Case> => this.sortedCases(aside, ids, () => columns);
    try {
      try {
        for await (const row of this.csv()) {
          const id = row.cells[map.id] ?? '';
          this.ledger.rowRead();
          if (row.wrong) this.ledger.rowRejected(row.line, id === '' ? null : id, row.wrong);
          else if (id === '') this.ledger.rowRejected(row.line, null, this.unusable(null, false)!);
          else {
            if (!cases.has(id)) {
              this.begin(id, null, row.line);
              cases.set(id, ids.push(id) - 1);
              columns = Object.keys(row.cells);
            }
            await aside.add(cases.get(id)!, JSON.stringify([row.line, ...Object.values(row.cells)]));
          }
          await this.nowAndThen();
        }
      } catch (error) {
        for await (const found of whole()) this.cutOff([found]);
        throw error;
      }
      let ended: ImportStopped | null = null;
      for await (const found of whole()) {
        ended ??= endedBy(this.options.signal);
        if (ended) this.cutOff([found]);
        else await this.finish(reader, found);
      }
      if (ended) throw ended;
    } finally {
      await aside.remove();
    }
  }

  private async *sortedCases(aside: Grouping, ids: readonly string[], columns: () => readonly string[]): AsyncGenerator<Case> {
    let [held, number]: [Case | null, number] = [null, -1];
    for await (const { group, text } of aside.texts()) {
      if (group !== number || held === null) {
        if (held) yield held;
        [held, number] = [{ id: ids[group]!, trace: null, rows: [], apart: false, tooMany: false }, group];
      }
      const [line, ...values] = JSON.parse(text) as [number, ...string[]];
      const cells = Object.create(null) as Record<string, string>;
      for (const [index, column] of columns().entries()) cells[column] = values[index]!;
      this.hold(held, { line, cells, wrong: null });
    }
    if (held) yield held;
  }

  private begin(id: string, trace: number | null, line: number): Case {
    const apart = id !== '' && this.seen.has(id);
    if (id !== '' && !apart) {
      this.remember(id, '', line);
      this.ledger.dealRead();
    }
    return { id, trace, rows: [], apart, tooMany: false };
  }

  private hold(held: Case, row: SourceRow): void {
    const { id, rows, apart } = held;
    if (id === '') this.ledger.rowRejected(row.line, null, this.unusable(null, false)!);
    else if (apart)
      this.ledger.rowRejected(row.line, id, {
        code: 'id-twice',
        say: `The rows of ${shown(id)} stand in more than one place of the file.`,
      });
    else if (rows.length >= MOST_EVENTS_OF_A_DEAL || held.tooMany) {
      const tooMany = { code: 'too-many-events', say: `The deal has more than ${MOST_EVENTS_OF_A_DEAL} events.` };
      for (const { line } of [...rows.splice(0), row]) this.ledger.rowRejected(line, id, tooMany);
      held.tooMany = true;
    } else rows.push(row);
  }

  private async finish(reader: DealReader, { id, rows, apart, tooMany }: Case): Promise<void> {
    if (id === '' || apart) return;
    if (tooMany) return this.ledger.dealRejected();
    const { deal, wrong, ignored } = reader.fromEvents(rows, id);
    for (const { line, problems } of wrong) this.ledger.rowRejected(line, id, ...problems);
    this.ledger.rowsLeftOut(ignored);
    if (deal) await this.hand(deal, false);
    else if (wrong.length > 0) this.ledger.dealRejected();
    else this.ledger.dealLeftOut();
  }

  /** What was read of a deal is no whole past when the file stops being readable within it. */
  private cutOff(cases: Iterable<Case>): void {
    const problem = {
      code: 'cut-off',
      say: 'The file was not read on from within this deal, so what stands before is not its whole past.',
    };
    for (const { id, rows, apart, tooMany } of cases) {
      for (const { line } of rows) this.ledger.rowRejected(line, id, problem);
      if (id !== '' && !apart && (rows.length > 0 || tooMany)) this.ledger.dealRejected();
    }
  }

  // ------------------------------------------------------------------------------------------------------ both kinds

  private csv(): AsyncGenerator<SourceRow> {
    const { file, map } = this.options;
    return csvRows(file, {
      encoding: map.encoding,
      delimiter: map.delimiter,
      onChunk: (chunk) => this.chunk(chunk),
      onHeader: (columns) => columnsOf(map).forEach((column) => needColumn(file.name, column, columns)),
    });
  }

  private chunk(chunk: Buffer): void {
    this.bytesRead += chunk.length;
  }

  private remember(id: string, content: string, line: number): void {
    if (this.seen.size >= MOST_DEALS)
      throw new ImportStopped(
        'too-many-deals',
        `The file has more than ${MOST_DEALS.toLocaleString('en')} deals. Split it.`,
        line,
      );
    this.seen.set(id, content);
  }

  private async hand(deal: ReadDeal, again: boolean): Promise<void> {
    this.waiting.push({ deal, again });
    this.waitingSteps += deal.request.steps.length;
    if (this.waiting.length >= (this.options.dealsAtOnce ?? 200) || this.waitingSteps >= MOST_STEPS_AT_ONCE)
      await this.handOver();
  }

  private async handOver(): Promise<void> {
    const waiting = this.waiting.splice(0);
    this.waitingSteps = 0;
    if (waiting.length > 0) {
      const requests = waiting.map(({ deal }) => ({ ...deal.request, batch: this.batch }));
      const answers = await this.door.recordHistory(requests, { dryRun: this.options.dryRun === true });
      for (const [index, { deal, again }] of waiting.entries()) this.ledger.answered(deal, answers[index]!, this.unit, again);
    }
    await this.ledger.flush();
    this.tellProgress();
  }

  private tellUnused({ lookups }: DealReader): void {
    for (const { map, entries, asked } of lookups.values()) {
      const unused = [...entries.keys()].filter((key) => !asked.has(key));
      if (unused.length === 0) continue;
      const names = `${unused.slice(0, 10).join(', ')}${unused.length > 10 ? ', …' : ''}`;
      const say = `${unused.length} of the ${entries.size} listed in ${map.file} stand in no row: ${names}.`;
      this.ledger.warning(null, null, { code: 'listed-unused', say }, unused.length);
    }
  }

  /** Between two rows, where all that was read is in the books. */
  private async nowAndThen(): Promise<void> {
    const ended = endedBy(this.options.signal);
    if (ended) throw ended;
    const { rows } = this.ledger.read;
    if (rows - this.rowsToldAt < ROWS_A_PROGRESS) return;
    this.tellProgress();
    await this.ledger.flush();
  }

  private tellProgress(): void {
    const { rows, deals } = this.ledger.read;
    this.rowsToldAt = rows;
    const { read: _rows, ...rowsDone } = this.ledger.rowsSoFar;
    const { read: _deals, ...dealsDone } = this.ledger.dealsSoFar;
    this.options.onProgress?.({
      bytesRead: this.bytesRead,
      totalBytes: this.options.file.totalBytes,
      rows,
      rowsInAll: this.rowsInAll,
      deals,
      rowsDone,
      dealsDone,
    });
  }
}

interface Case {
  readonly id: string;
  /** The number of its trace in a XES log. */
  readonly trace: number | null;
  readonly rows: SourceRow[];
  /** The id was seen before in another place. */
  readonly apart: boolean;
  tooMany: boolean;
}

const besideImported = (file: string): string => `The map needs the file "${file}" beside the imported one; it is not there.`;

/** A short mark of what a row says; two rows that differ have another. */
function contentOf({ cells }: SourceRow): string {
  return createHash('sha256')
    .update(JSON.stringify(Object.entries(cells)))
    .digest('base64')
    .slice(0, 16);
}

/** Every column of the imported file that the map names. */
function columnsOf({ id, deal, states, events, spelling }: ImportMap): readonly string[] {
  const steps = [...Object.values(states?.steps ?? {}).flat(), ...Object.values(events?.steps ?? {})];
  const values: readonly (ValueMap | null)[] = [
    deal.by,
    deal.owner,
    deal.team,
    deal.account,
    deal.origin,
    events?.by ?? null,
    ...[deal, ...steps].flatMap(({ facts }) => Object.values(facts)),
  ];
  return [
    id,
    ...deal.at,
    ...(states ? [states.column, ...Object.values(states.steps).flatMap((told) => told.map(({ at }) => at))] : []),
    ...(events ? [events.activity, events.at, ...(events.note === null ? [] : [events.note])] : []),
    ...values.flatMap((value) => (value && value.column !== null ? [value.column] : [])),
    ...Object.keys(spelling),
  ];
}
