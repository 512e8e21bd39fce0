import { sayBalance, type ImportReport } from '@coxswain/sales-desk';
import type { Paint } from './terminal.js';
import { count, counted, instant, table } from './words.js';

/** What an import did: the balance first, then what was found on the way. */
export function importText(report: ImportReport, paint: Paint): string {
  const {
    file,
    process,
    dryRun,
    unit,
    rows,
    deals,
    steps,
    deviating,
    rejected,
    warnings,
    corrections,
    sameInstant,
    occurred,
    stopped,
  } = report;
  const findings = [
    ...rejected.map((finding) => ['rejected', finding] as const),
    ...warnings.map((finding) => ['warning', finding] as const),
  ].map(([kind, { code, count: times, first }]) => [kind, code, times, ...exampleOf(first)]);
  const broke = deviating.by
    .slice(0, 10)
    .map(({ say, count: times, first }) => ['deviating', say, times, first[0]?.deal ?? '', '']);
  return [
    paint('bold', `${dryRun ? 'Would import' : 'Imported'} ${file} into ${process}`),
    sayBalance(rows, unit),
    sayBalance(deals, 'deals'),
    sayBalance(steps, 'steps'),
    ...(occurred === null ? [] : [`It happened from ${instant(occurred.from)} to ${instant(occurred.to)} UTC.`]),
    ...(sameInstant === 0
      ? []
      : [`${counted(sameInstant, 'event')} at the very instant of the one before: the order of the file was kept.`]),
    ...(deviating.steps === 0
      ? []
      : [paint('yellow', `${counted(deviating.steps, 'step')} of ${counted(deviating.deals, 'deal')} broke the process.`)]),
    ...(findings.length + broke.length === 0
      ? []
      : ['', table(['found', 'what', 'times', 'for example', ''], [...findings, ...broke])]),
    ...(corrections.length === 0
      ? []
      : [
          '',
          table(
            ['corrected in', 'column', 'from', 'to', 'times'],
            corrections.map((one) => [one.file, one.column, one.from, one.to, one.count]),
          ),
        ]),
    ...(stopped === null
      ? []
      : [
          '',
          paint('red', `Stopped${stopped.line === null ? '' : ` at line ${count(stopped.line)}`}: ${stopped.say}`),
          'What came before is kept. Repeat the import once the file is right: nothing comes in twice.',
        ]),
  ].join('\n');
}

/** Whether somebody should look: rows were rejected, or the file was not read to its end. */
export const importHasProblems = ({ rows, deals, stopped }: ImportReport): boolean =>
  rows.rejected > 0 || deals.rejected > 0 || stopped !== null;

const exampleOf = ([example]: ImportReport['rejected'][number]['first']): string[] =>
  example === undefined ? ['', ''] : [example.deal ?? (example.line === null ? '' : `line ${count(example.line)}`), example.say];
