import type { Writable } from 'node:stream';
import type { HistoryAnswer, HistoryRequest } from '../contract.js';
import type { Correction } from './lookups.js';
import type { ReadDeal, Remarks } from './read-deals.js';
import { cut, type RowProblem } from './rows.js';

/** `read = stored + alreadyThere + rejected + leftOut`, always. */
export interface Balance {
  readonly read: number;
  readonly stored: number;
  readonly alreadyThere: number;
  readonly rejected: number;
  /** What the map itself says to ignore. */
  readonly leftOut: number;
}

/** How often something was found, and where first. */
export interface Finding {
  readonly code: string;
  readonly count: number;
  /** The first three. */
  readonly first: readonly FindingExample[];
}

export interface FindingExample {
  readonly line: number | null;
  readonly deal: string | null;
  readonly say: string;
}

/** What an import did, or on a dry run would have done. */
export interface ImportReport {
  readonly batch: string;
  readonly file: string;
  readonly process: string;
  readonly dryRun: boolean;
  /** What `rows` counts: rows of deals, or events. */
  readonly unit: 'rows' | 'events';
  /** Rows or events of the file. A row is stored when anything it tells was written now, and rejected when any of it was. */
  readonly rows: Balance;
  /** Deals by their ids: stored when captured now, already there when captured earlier, rejected when not captured at all. */
  readonly deals: Balance;
  /** Captures and steps handed over to the desk: `read` leaves out those of rows that were rejected before. */
  readonly steps: Balance;
  /** Deals that are past a time limit where their past ends: it fires at once. `moved`: those that it moves, by the moves named in `then`. */
  readonly overdue: { readonly deals: number; readonly moved: number; readonly then: readonly string[] };
  /** Steps stored now that break the process, by what broke, the most frequent first. */
  readonly deviating: {
    readonly steps: number;
    readonly deals: number;
    readonly by: readonly { readonly say: string; readonly count: number; readonly first: readonly FindingExample[] }[];
  };
  readonly rejected: readonly Finding[];
  readonly warnings: readonly Finding[];
  readonly corrections: readonly (Correction & { readonly count: number })[];
  /** Events that carry the very instant of the one before: only the order of the file tells them apart. */
  readonly sameInstant: number;
  /** The first and the last instant that anything handed to the desk happened at. */
  readonly occurred: { readonly from: string; readonly to: string } | null;
  /** Why the file was not read to its end; null when it was. */
  readonly stopped: { readonly code: string; readonly say: string; readonly line: number | null } | null;
}

/** One line of the report file. */
export interface ReportLine {
  readonly kind: 'rejected' | 'deviating' | 'warning' | 'correction';
  readonly line: number | null;
  readonly deal: string | null;
  readonly code: string;
  readonly say: string;
  /** The column that is wrong, and what stands in it; null where it is not one of them. Long texts are cut. */
  readonly column: string | null;
  readonly value: string | null;
}

const FIRST = 3;

/** The import's books: every row that is read is entered, and leaves as stored, already there, rejected or left out. */
export class Ledger implements Remarks {
  private readonly rows = emptyBalance();
  private readonly deals = emptyBalance();
  private readonly steps = emptyBalance();
  private readonly rejections = new Map<string, OpenFinding>();
  private readonly warnings = new Map<string, OpenFinding>();
  private readonly deviations = new Map<string, OpenFinding>();
  private readonly corrections = new Map<string, Correction & { count: number }>();
  private readonly lines: ReportLine[] = [];
  private deviatingDeals = 0;
  private overdueDeals = 0;
  private movedDeals = 0;
  private readonly movedBy = new Set<string>();
  private instants = 0;
  private from: string | null = null;
  private to: string | null = null;

  constructor(private readonly report: Writable | null) {}

  get read(): { readonly rows: number; readonly deals: number } {
    return { rows: this.rows.read, deals: this.deals.read };
  }

  /** What has become of the rows so far; those that were read and still wait are in none of the others. */
  get rowsSoFar(): Balance {
    return { ...this.rows };
  }

  get dealsSoFar(): Balance {
    return { ...this.deals };
  }

  rowRead(): void {
    this.rows.read++;
  }

  rowsLeftOut(count: number): void {
    this.rows.leftOut += count;
  }

  dealRead(): void {
    this.deals.read++;
  }

  /** A row that was never handed to the desk, with everything that is wrong with it. */
  rowRejected(line: number, deal: string | null, ...problems: readonly RowProblem[]): void {
    this.rows.rejected++;
    for (const problem of problems) this.tell(this.rejections, 'rejected', problem, line, deal);
  }

  /** A deal of which no row could be used. */
  dealRejected(): void {
    this.deals.rejected++;
  }

  dealLeftOut(): void {
    this.deals.leftOut++;
  }

  /** A deal that has no rows of its own to be counted: a trace without events. */
  emptyDeal(line: number, deal: string | null, problem: RowProblem): void {
    this.deals.read++;
    this.deals.rejected++;
    this.tell(this.rejections, 'rejected', problem, line, deal);
  }

  warning(line: number | null, deal: string | null, problem: RowProblem, count = 1): void {
    this.tell(this.warnings, 'warning', problem, line, deal, count);
  }

  corrected(correction: Correction, line: number | null, deal: string | null): void {
    const { file, column, from, to } = correction;
    const key = JSON.stringify([file, column, from]);
    const known = this.corrections.get(key);
    if (known) known.count++;
    else this.corrections.set(key, { ...correction, count: 1 });
    this.lines.push({
      kind: 'correction',
      line,
      deal,
      code: 'spelling',
      say: `${file}, ${column}: "${from}" is read as "${to}".`,
      column,
      value: from,
    });
  }

  sameInstant(): void {
    this.instants++;
  }

  /** What the desk answered for a deal. `again` marks one that the file has told already, word for word. */
  answered({ request, told }: ReadDeal, answer: HistoryAnswer, unit: 'rows' | 'events', again: boolean): void {
    const rejected = new Map(answer.rejected.map(({ key, say }) => [key, say]));
    const captured = !rejected.has('capture');
    const stored = again ? 0 : answer.stored;
    const there = again ? answer.alreadyThere + answer.stored : answer.alreadyThere;

    add(this.steps, { stored, alreadyThere: there, rejected: rejected.size, read: stored + there + rejected.size });
    if (!again) add(this.deals, captured ? (there === 0 ? { stored: 1 } : { alreadyThere: 1 }) : { rejected: 1 });

    let rowsRejected = 0;
    const lineOf = new Map<string, number>();
    for (const { line, keys } of told) {
      for (const key of keys) lineOf.set(key, line);
      const says = new Set(keys.flatMap((key) => rejected.get(key) ?? []));
      if (says.size > 0) rowsRejected++;
      for (const say of says) this.tell(this.rejections, 'rejected', { code: 'not-in-the-process', say }, line, request.id);
    }
    if (unit === 'rows')
      add(
        this.rows,
        rowsRejected > 0 ? { rejected: told.length } : stored > 0 ? { stored: told.length } : { alreadyThere: told.length },
      );
    else {
      // The capture is no event of the file where the deal begins with another activity than the map's "begins".
      const beside = captured && !lineOf.has('capture');
      const storedBeside = beside && there === 0 ? 1 : 0;
      add(this.rows, {
        stored: stored - storedBeside,
        alreadyThere: there - (beside ? 1 - storedBeside : 0),
        rejected: rowsRejected,
      });
    }

    if (!again) {
      if (answer.deviating.length > 0) this.deviatingDeals++;
      for (const { key, say } of answer.deviating) {
        const said = `${nameOf(request.steps.find((step) => step.key === key)!)}: ${say}`;
        this.tell(this.deviations, 'deviating', { code: say, say: said }, lineOf.get(key) ?? null, request.id);
      }
      const moving = answer.overdue.filter(({ moves }) => moves);
      if (answer.overdue.length > 0) this.overdueDeals++;
      if (moving.length > 0) this.movedDeals++;
      for (const { then } of moving) this.movedBy.add(then);
    }
    if (captured) for (const { occurredAt } of [request.capture, ...request.steps]) this.happened(occurredAt);
  }

  private happened(at: string): void {
    if (this.from === null || at < this.from) this.from = at;
    if (this.to === null || at > this.to) this.to = at;
  }

  private tell(
    found: Map<string, OpenFinding>,
    kind: ReportLine['kind'],
    { code, say, column = null, value = null }: RowProblem,
    line: number | null,
    deal: string | null,
    count = 1,
  ): void {
    const known = found.get(code) ?? { count: 0, first: [] };
    known.count += count;
    if (known.first.length < FIRST) known.first.push({ line, deal, say });
    found.set(code, known);
    this.lines.push({
      kind,
      line,
      deal,
      say,
      code: kind === 'deviating' ? 'deviating' : code,
      column,
      value: value && cut(value),
    });
  }

  /** Writes what was found since the last time to the report file. */
  async flush(): Promise<void> {
    const lines = this.lines.splice(0);
    if (!this.report || lines.length === 0) return;
    const { report } = this;
    await new Promise<void>((resolve, reject) => {
      report.write(lines.map((line) => `${JSON.stringify(line)}\n`).join(''), (error) => (error ? reject(error) : resolve()));
    });
  }

  close(): Omit<ImportReport, 'batch' | 'file' | 'process' | 'dryRun' | 'unit' | 'stopped'> {
    const findings = (found: Map<string, OpenFinding>): Finding[] =>
      Array.from(found, ([code, { count, first }]) => ({ code, count, first })).toSorted((a, b) => b.count - a.count);
    const by = findings(this.deviations).map(({ code, count, first }) => ({ say: code, count, first }));
    return {
      rows: { ...this.rows },
      deals: { ...this.deals },
      steps: { ...this.steps },
      overdue: { deals: this.overdueDeals, moved: this.movedDeals, then: [...this.movedBy] },
      deviating: { steps: by.reduce((sum, { count }) => sum + count, 0), deals: this.deviatingDeals, by },
      rejected: findings(this.rejections),
      warnings: findings(this.warnings),
      corrections: [...this.corrections.values()].toSorted((a, b) => b.count - a.count),
      sameInstant: this.instants,
      occurred: this.from === null || this.to === null ? null : { from: this.from, to: this.to },
    };
  }
}

/** A step as people know it; its key is for the desk alone. */
function nameOf(step: HistoryRequest['steps'][number]): string {
  if (step.kind === 'track') return `The step to ${step.to} in the track ${step.track}`;
  return step.kind === 'stage' ? `The step to ${step.to}` : 'The step';
}

interface OpenFinding {
  count: number;
  readonly first: FindingExample[];
}

type OpenBalance = { -readonly [Count in keyof Balance]: number };

const emptyBalance = (): OpenBalance => ({ read: 0, stored: 0, alreadyThere: 0, rejected: 0, leftOut: 0 });

function add(balance: OpenBalance, counts: Partial<Balance>): void {
  for (const [name, count] of Object.entries(counts) as [keyof Balance, number][]) balance[name] += count;
}

/** `8,800 rows read = 8,798 stored + 0 already there + 2 rejected`, as the terminal prints it; `what` is `rows read`. */
export function sayBalance({ read, stored, alreadyThere, rejected, leftOut }: Balance, what: string): string {
  const n = (count: number): string => count.toLocaleString('en-US');
  const left = leftOut === 0 ? '' : ` + ${n(leftOut)} left out by the map`;
  return `${n(read)} ${what} = ${n(stored)} stored + ${n(alreadyThere)} already there + ${n(rejected)} rejected${left}`;
}
