import { nearest, type FactInputs, type FactValue, type HistoryStep } from '@coxswain/sales-process';
import type { HistoryRequest } from '../contract.js';
import { spelt, type Correction, type Lookups } from './lookups.js';
import type { ImportMap, ValueMap } from './map.js';
import { LONGEST_CELL, shown, type RowProblem, type SourceRow } from './rows.js';
import { Dates, readMoney, readNumber, readYesNo } from './values.js';

/** A deal's past as the rows tell it, and which row told which step. */
export interface ReadDeal {
  readonly request: Omit<HistoryRequest, 'batch'>;
  readonly told: readonly ToldRow[];
}

/** A row that can be used: its line, and the keys of what it tells (`capture`, or those of steps). */
interface ToldRow {
  readonly line: number;
  readonly keys: readonly string[];
}

/** A row that cannot be used, with everything that is wrong with it. */
export interface WrongRow {
  readonly line: number;
  readonly problems: readonly RowProblem[];
}

/** What was seen on the way, of rows that are used all the same. */
export interface Remarks {
  warning(line: number, deal: string | null, problem: RowProblem): void;
  corrected(correction: Correction, line: number | null, deal: string | null): void;
  sameInstant(): void;
}

const MOST_GUESSES = 100;

type Step = HistoryStep & { readonly key: string };

/** Reads rows as deals, as the map says. The order of the file is kept, whatever its times say. */
export class DealReader {
  readonly dates: Dates;
  private readonly guesses = new Map<string, string | null>();

  constructor(
    readonly map: ImportMap,
    readonly lookups: Lookups,
    readonly fileName: string,
    readonly remarks: Remarks,
    /** The present instant, ISO 8601 in UTC. */
    readonly now: string,
  ) {
    this.dates = new Dates(map.dates, map.timezone);
  }

  /** The deal that one row with a stage tells of. */
  fromState(row: SourceRow, id: string): ReadDeal | WrongRow {
    const { deal, states } = this.map;
    const reading = new RowReading(this, row, id);
    const occurredAt = this.notAfterNow(reading.capturedAt());
    const owner = reading.needed('owner', deal.owner);
    const by = deal.by === null ? owner : (reading.text('by', deal.by) ?? owner);
    const stage = reading.cell(states!.column);
    const told = Object.hasOwn(states!.steps, stage) ? states!.steps[stage]! : null;
    if (!told) reading.refuse(states!.column, 'unknown-stage', this.unknownWord('stage', stage, states!.steps));

    const inMap = (told ?? []).map(({ track, to, at, facts }, index): Step => {
      const when = reading.instant(at);
      if (when === null) reading.refuse(at, 'missing-date', `The step to ${to} has no date in ${shown(at)}.`);
      const happened = {
        key: `${index}-${to}`,
        occurredAt: this.notAfterNow(when ?? ''),
        by,
        ...withFacts(reading.facts(facts)),
      };
      return track === undefined ? { ...happened, kind: 'stage', to } : { ...happened, kind: 'track', track, to };
    });
    const capture = { occurredAt, by, owner, ...reading.whose(), facts: reading.facts(deal.facts) };
    if (reading.problems.length > 0) return { line: row.line, problems: reading.problems };
    const steps = tracksByTime(inMap);
    this.tellBackwards([capture, ...steps], id, () => row.line);
    return {
      request: { process: this.map.process, id, capture, steps },
      told: [{ line: row.line, keys: ['capture', ...steps.map(({ key }) => key)] }],
    };
  }

  /** The deal that the events of one case tell of, and the events that cannot be used. The deal is null when none can. */
  fromEvents(
    rows: readonly SourceRow[],
    id: string,
  ): { readonly deal: ReadDeal | null; readonly wrong: readonly WrongRow[]; readonly ignored: number } {
    const { events, deal } = this.map;
    const wrong: WrongRow[] = [];
    const told: ToldRow[] = [];
    const steps: Step[] = [];
    const lines: number[] = [];
    const times = new Map<string, number>();
    let capture: HistoryRequest['capture'] | null = null;
    let ignored = 0;
    for (const row of rows) {
      const reading = new RowReading(this, row, id);
      const activity = reading.cell(events!.activity);
      const step = Object.hasOwn(events!.steps, activity) ? events!.steps[activity]! : null;
      if (step?.kind === 'ignore') {
        ignored++;
        continue;
      }
      if (!step) reading.refuse(events!.activity, 'unknown-activity', this.unknownWord('activity', activity, events!.steps));
      const said = reading.eventAt();
      const occurredAt = this.notAfterNow(said);
      const by = reading.text('by', events!.by) ?? 'unknown';
      const facts = step ? reading.facts(step.facts) : {};
      const first: HistoryRequest['capture'] | null =
        capture === null
          ? { occurredAt, by, owner: reading.needed('owner', deal.owner), ...reading.whose(), facts: reading.facts(deal.facts) }
          : null;
      const note = events!.note === null ? '' : reading.cell(events!.note);
      if (reading.problems.length > 0 || !step) {
        wrong.push({ line: row.line, problems: reading.problems });
        continue;
      }
      if (first) capture = first;
      if (first && activity === events!.begins) {
        capture = { ...first, facts: { ...first.facts, ...facts } };
        told.push({ line: row.line, keys: ['capture'] });
        lines.push(row.line);
        continue;
      }
      const name = `${activity}@${said}`;
      const before = times.get(name) ?? 0;
      times.set(name, before + 1);
      const happened = { key: before === 0 ? name : `${name}#${before + 1}`, occurredAt, by, ...withFacts(facts) };
      steps.push(
        step.kind === 'stage'
          ? { ...happened, kind: 'stage', to: step.to }
          : step.kind === 'track'
            ? { ...happened, kind: 'track', track: step.track, to: step.to }
            : step.kind === 'activity'
              ? { ...happened, kind: 'activity', activity: step.activity, note: note === '' ? null : note }
              : { ...happened, kind: 'facts' },
      );
      told.push({ line: row.line, keys: [happened.key] });
      lines.push(row.line);
    }
    if (!capture) return { deal: null, wrong, ignored };
    const happened = lines.length > steps.length ? [capture, ...steps] : steps;
    this.tellBackwards(happened, id, (index) => lines[index]!);
    for (const [index, { occurredAt }] of happened.entries())
      if (index > 0 && occurredAt === happened[index - 1]!.occurredAt) this.remarks.sameInstant();
    return { deal: { request: { process: this.map.process, id, capture, steps }, told }, wrong, ignored };
  }

  /** A day without a time is its noon, which on the present day may not have come yet. */
  private notAfterNow(at: string): string {
    return at < this.now ? at : this.now;
  }

  private unknownWord(kind: string, word: string, known: object): string {
    if (word === '') return `The row names no ${kind}.`;
    const meant = this.meant(kind, word, () => Object.keys(known));
    return `The map does not know the ${kind} ${shown(word)}${meant === null ? '.' : `: did you mean "${meant}"?`}`;
  }

  /** What a word may mean, looked for only so often: in a file where every word is strange the hundredth guess helps nobody. */
  meant(kind: string, word: string, known: () => readonly string[]): string | null {
    const key = JSON.stringify([kind, word]);
    const guess = this.guesses.get(key);
    if (guess !== undefined || this.guesses.size >= MOST_GUESSES) return guess ?? null;
    const found = nearest(word, known());
    this.guesses.set(key, found);
    return found;
  }

  private tellBackwards(
    happened: readonly { readonly occurredAt: string }[],
    id: string,
    lineOf: (index: number) => number,
  ): void {
    for (const [index, { occurredAt }] of happened.entries()) {
      const before = happened[index - 1]?.occurredAt;
      if (before !== undefined && occurredAt < before)
        this.remarks.warning(lineOf(index), id, {
          code: 'time-goes-back',
          say: `It happened at ${occurredAt}, before what stands before it (${before}). The order of the file is kept.`,
        });
    }
  }
}

const withFacts = (facts: FactInputs): { readonly facts?: FactInputs } => (Object.keys(facts).length > 0 ? { facts } : {});

/** Parallel tracks run side by side: steps of different tracks that stand together in the map follow each other by their times. */
function tracksByTime(steps: readonly Step[]): readonly Step[] {
  const sorted: Step[] = [];
  for (const step of steps) {
    const after = sorted.findLastIndex((before) => !runsBeside(before, step) || before.occurredAt <= step.occurredAt);
    sorted.splice(after + 1, 0, step);
  }
  return sorted;
}

const runsBeside = (a: Step, b: Step): boolean => a.kind === 'track' && b.kind === 'track' && a.track !== b.track;

/** One row being read, with everything that is wrong with it. Of each column the first problem is kept: what comes after is its echo. */
class RowReading {
  readonly problems: RowProblem[] = [];
  private readonly wrongIn = new Set<string>();
  private readonly spelling = new Map<string, string>();
  private readonly warned = new Set<string>();

  constructor(
    private readonly reader: DealReader,
    private readonly row: SourceRow,
    private readonly deal: string,
  ) {
    const { map, fileName, remarks } = reader;
    for (const column of Object.keys(map.spelling)) {
      const text = row.cells[column] ?? '';
      this.spelling.set(
        column,
        spelt(fileName, map.spelling, column, text, (correction) => remarks.corrected(correction, row.line, deal)),
      );
    }
  }

  refuse(column: string | null, code: string, say: string): void {
    if (column !== null && this.wrongIn.has(column)) return;
    if (column !== null) this.wrongIn.add(column);
    this.problems.push({ code, say, ...this.where(column) });
  }

  private warn(column: string | null, code: string, say: string): void {
    if (this.warned.has(code)) return;
    this.warned.add(code);
    this.reader.remarks.warning(this.row.line, this.deal, { code, say, ...this.where(column) });
  }

  /** The column, and what the file has in it: as it is written, not as it is corrected. */
  private where(column: string | null): Pick<RowProblem, 'column' | 'value'> {
    return { column, value: column === null ? null : (this.row.cells[column] ?? null) };
  }

  /** The text in a column, corrected; empty where there is none. */
  cell(column: string): string {
    const text = this.spelling.get(column) ?? this.row.cells[column] ?? '';
    if (text.length <= LONGEST_CELL) return text;
    this.refuse(column, 'too-long', `The text in ${shown(column)} has ${text.length} characters, more than ${LONGEST_CELL}.`);
    return '';
  }

  whose(): { readonly team: string | null; readonly account: string | null; readonly origin: string } {
    const { team, account, origin } = this.reader.map.deal;
    return {
      team: team && this.text('team', team),
      account: account && this.text('account', account),
      origin: this.text('origin', origin) ?? 'import',
    };
  }

  capturedAt(): string {
    for (const column of this.reader.map.deal.at) {
      const at = this.instant(column);
      if (at !== null) return at;
    }
    return this.undated('The deal has no date', this.reader.map.deal.at);
  }

  eventAt(): string {
    const { at } = this.reader.map.events!;
    return this.instant(at) ?? this.undated('The event has no date', [at]);
  }

  private undated(what: string, columns: readonly string[]): string {
    const { undated } = this.reader.map;
    if (columns.some((column) => this.wrongIn.has(column))) return '';
    if (undated === null) {
      this.refuse(columns[0]!, 'missing-date', `${what}. Say in the map's "undated" which day to take.`);
      return '';
    }
    this.warn(columns[0]!, 'undated', `${what}; the map says to take ${undated}.`);
    return this.come(columns[0]!, undated, `the map's "undated"`) ?? '';
  }

  /** The instant of a date that can be read; null where it has not come yet. */
  private come(column: string, text: string, where: string): string | null {
    const { dates, now } = this.reader;
    if (dates.earliest(text)! <= now) return dates.instant(text);
    this.refuse(column, 'future-date', `${shown(text)} in ${where} has not come yet.`);
    return null;
  }

  /** The instant in a column; null where there is none, none that can be read, or one that has not come yet. */
  instant(column: string): string | null {
    const text = this.cell(column);
    if (text === '') return null;
    if (this.reader.dates.instant(text) !== null) return this.come(column, text, shown(column));
    this.refuse(column, 'unreadable-date', `${shown(text)} in ${shown(column)} is no date${this.dateForm()}.`);
    return null;
  }

  needed(name: string, map: ValueMap): string {
    const text = this.text(name, map);
    if (text === null) this.refuse(map.column, `missing-${name}`, `The row has no ${name}.`);
    return text ?? '';
  }

  text(name: string, map: ValueMap): string | null {
    const value = this.value(name, map);
    return typeof value === 'string' ? value : null;
  }

  facts(maps: Readonly<Record<string, ValueMap>>): FactInputs {
    const facts: Record<string, FactValue> = {};
    for (const [name, map] of Object.entries(maps)) {
      const value = this.value(name, map);
      if (value !== null) facts[name] = value;
    }
    return facts;
  }

  private value(name: string, map: ValueMap): FactValue | null {
    const found = this.found(map);
    const text = Object.hasOwn(map.values, found) ? map.values[found]! : found;
    if (text !== '') return this.typed(map, text);
    if (map.expected) this.warn(map.column, `missing-${name}`, `The row has no ${name}.`);
    return null;
  }

  /** The text itself, or what the lookup has for it. */
  private found(map: ValueMap): string {
    const text = map.column === null ? '' : this.cell(map.column);
    if (text === '') return map.otherwise ?? '';
    if (map.lookup === null) return text;
    const lookup = this.reader.lookups.get(map.lookup)!;
    const entry = lookup.entries.get(text);
    if (entry) {
      lookup.asked.add(text);
      return map.take === null ? text : entry[map.take] || (map.otherwise ?? '');
    }
    const meant = this.reader.meant(map.lookup, text, () => [...lookup.entries.keys()].slice(0, 1_000));
    const say = `${shown(text)} is not listed in ${lookup.map.file}${meant === null ? '.' : `: did you mean "${meant}"? Say so in the map's "spelling".`}`;
    if (lookup.map.missing === 'reject') this.refuse(map.column, 'not-listed', say);
    else this.warn(map.column, 'not-listed', say);
    return map.take === null ? text : (map.otherwise ?? '');
  }

  private typed(map: ValueMap, text: string): FactValue | null {
    const { decimal } = this.reader.map;
    const { column } = map;
    const where = shown(map.take ?? column ?? '');
    switch (map.as) {
      case 'text':
        return text;
      case 'date': {
        const day = this.reader.dates.day(text);
        if (day === null) this.refuse(column, 'unreadable-date', `${shown(text)} in ${where} is no date${this.dateForm()}.`);
        return day;
      }
      case 'number': {
        const number = readNumber(text, decimal);
        if (number === null) {
          const help = this.decimalHelp((other) => readNumber(text, other));
          this.refuse(column, 'unreadable-number', `${shown(text)} in ${where} is no number${help}.`);
        }
        return number;
      }
      case 'yesno': {
        const yes = readYesNo(text);
        if (yes === null) this.refuse(column, 'unreadable-yesno', `${shown(text)} in ${where} is neither yes nor no.`);
        return yes;
      }
      case 'money': {
        const currency = map.currency ?? this.reader.map.currency;
        const money = readMoney(text, currency, decimal);
        if (money === null) {
          const help = this.decimalHelp((other) => readMoney(text, currency, other));
          this.refuse(column, 'unreadable-number', `${shown(text)} in ${where} is no amount in ${currency}${help}.`);
        } else if (money.minor < 0) this.refuse(column, 'negative-money', `${shown(text)} in ${where} is less than nothing.`);
        return money;
      }
    }
  }

  /** What would help where a number can be read with the other sign before its decimals. */
  private decimalHelp(read: (decimal: '.' | ',') => unknown): string {
    const other = this.reader.map.decimal === '.' ? ',' : '.';
    return read(other) === null ? '' : `; with decimal: "${other}" in the map it is one`;
  }

  private dateForm(): string {
    const { dates } = this.reader.map;
    return dates === null ? ' like 2026-03-31' : ` like ${dates}`;
  }
}
