import { sayBalance, type ImportReport } from '@coxswain/sales-desk';
import type { Paint } from './terminal.js';
import { count, counted, instant, table } from './words.js';

/** A report, and how many of its findings were told where not all were. */
export type ToldReport = ImportReport & { readonly findings?: { readonly told: number; readonly inAll: number } };

/** The widest line of a table, in characters, and the least that stays for its sentences. */
const WIDEST = 120;
const NARROWEST_SENTENCE = 40;
/** Between two columns. */
const BETWEEN = 3;
const LONGEST_NAME = 24;
const HEAD = ['found', 'what', 'times', 'for example', ''] as const;

/** What an import did: the balance first, then what was found on the way. */
export function importText(report: ToldReport, paint: Paint): string {
  const { file, process, dryRun, unit, rows, deals, steps, sameInstant, occurred, corrections, findings, stopped, batch } =
    report;
  const found = foundRows(report);
  return [
    paint('bold', `${dryRun ? 'Would import' : 'Imported'} ${file} into ${process}`),
    sayBalance(rows, `${unit} read`),
    sayBalance(deals, 'deals read'),
    sayBalance(steps, 'steps handed over'),
    ...(occurred === null ? [] : [`It happened from ${instant(occurred.from)} to ${instant(occurred.to)} UTC.`]),
    ...(sameInstant === 0
      ? []
      : [`${counted(sameInstant, 'event')} at the very instant of the one before: the order of the file was kept.`]),
    ...[brokeText(report), overdueText(report)].flatMap((line) => (line === null ? [] : [paint('yellow', line)])),
    ...(found.length === 0 ? [] : ['', table(HEAD, sentencesFolded(found))]),
    ...(corrections.length === 0
      ? []
      : [
          '',
          table(
            ['corrected in', 'column', 'from', 'to', 'times'],
            corrections.map((one) => [...[one.file, one.column, one.from, one.to].map(shortened), one.count]),
          ),
        ]),
    ...(findings === undefined
      ? []
      : [
          '',
          paint(
            'yellow',
            `The service told the first ${count(findings.told)} of ${count(findings.inAll)} findings; import into the store itself for all.`,
          ),
        ]),
    ...(stopped === null
      ? []
      : [
          '',
          paint('red', `Stopped${stopped.line === null ? '' : ` at line ${count(stopped.line)}`}: ${stopped.say}`),
          'What came before is kept. Repeat the import once the file is right: nothing comes in twice.',
        ]),
    ...(batch === '' ? [] : ['', `Batch ${batch}`]),
  ].join('\n');
}

/** Whether somebody should look: rows were rejected, or the file was not read to its end. */
export const importHasProblems = ({ rows, deals, stopped }: ImportReport): boolean =>
  rows.rejected > 0 || deals.rejected > 0 || stopped !== null;

const brokeText = ({ deviating: { steps, deals } }: ImportReport): string | null =>
  steps === 0 ? null : `${counted(steps, 'step')} of ${counted(deals, 'deal')} broke the process.`;

function overdueText({ overdue: { deals, moved, then } }: ImportReport): string | null {
  if (deals === 0) return null;
  const moving =
    moved === 0
      ? 'none of which will be moved by it'
      : `${count(moved)} of which will be moved by it at once (then: ${then.join(', ')})`;
  return `Past a time limit already: ${counted(deals, 'deal')}, ${moving}.`;
}

/** What was found, what kind of it, how often, an example, and the sentence about it. */
type FoundRow = readonly [found: string, what: string, times: number, example: string, say: string];

const foundRows = ({ rejected, warnings, deviating }: ImportReport): readonly FoundRow[] => [
  ...[
    ...rejected.map((finding) => ['rejected', finding] as const),
    ...warnings.map((finding) => ['warning', finding] as const),
  ].map(([found, { code, count: times, first }]): FoundRow => [found, code, times, exampleOf(first[0]), first[0]?.say ?? '']),
  ...deviating.by
    .slice(0, 10)
    .map(({ say, count: times, first }): FoundRow => ['deviating', 'process', times, exampleOf(first[0]), say]),
];

function exampleOf(example: ImportReport['rejected'][number]['first'][number] | undefined): string {
  const { deal = null, line = null } = example ?? {};
  return deal === null ? (line === null ? '' : `line ${count(line)}`) : shortened(deal);
}

/** The rows with their sentences on as many lines as they need for the table to stay readable. */
function sentencesFolded(rows: readonly FoundRow[]): readonly (readonly (string | number)[])[] {
  const before = HEAD.slice(0, -1).map((head, column) => Math.max(head.length, ...rows.map((row) => String(row[column]).length)));
  const room = Math.max(NARROWEST_SENTENCE, WIDEST - before.reduce((sum, width) => sum + width + BETWEEN, 0));
  return rows.flatMap(([found, what, times, example, say]) =>
    folded(say, room).map((line, index) => (index === 0 ? [found, what, times, example, line] : ['', '', '', '', line])),
  );
}

/** The text in lines of at most so many characters, broken between words where there is a place. */
function folded(text: string, width: number): readonly string[] {
  const lines: string[] = [];
  let rest = text;
  while (rest.length > width) {
    const space = rest.lastIndexOf(' ', width);
    const end = space > 0 ? space : width;
    lines.push(rest.slice(0, end));
    rest = rest.slice(end).trimStart();
  }
  return [...lines, rest];
}

const shortened = (text: string): string => (text.length > LONGEST_NAME ? `${text.slice(0, LONGEST_NAME - 1)}…` : text);
