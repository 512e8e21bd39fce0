import type { PublishAnswer, PublishOptions } from '@coxswain/sales-desk';
import type { Problem } from '@coxswain/sales-process';
import type { ProcessSummary } from './source.js';
import type { Paint } from './terminal.js';
import { counted, instant, table, UNKNOWN } from './words.js';

/** Every problem of a process file, `FILE:line:col severity message (suggestion)` with the deal that shows it, and how many there are. */
export function problemsText(file: string, problems: readonly Problem[], paint: Paint): string {
  const lines = problems.flatMap(({ line, column, severity, message, suggestion, story = [] }) => {
    const where = `${file}:${line}:${column}`;
    return [
      `${where} ${paint(severity === 'error' ? 'red' : 'yellow', severity)} ${message}${suggestion === undefined ? '' : ` (${suggestion})`}`,
      ...story.map((sentence, at) => paint('dim', `${String(at + 1).padStart(6)}. ${sentence}`)),
    ];
  });
  const errors = problems.filter(({ severity }) => severity === 'error').length;
  const found = `${counted(errors, 'error')}, ${counted(problems.length - errors, 'warning')}`;
  const summary =
    errors > 0
      ? paint('red', `${file}: ${found}.`)
      : paint('green', `${file}: no errors${problems.length > 0 ? `, ${counted(problems.length, 'warning')}` : ''}.`);
  return [...lines, summary].join('\n');
}

export const hasErrors = (problems: readonly Problem[]): boolean => problems.some(({ severity }) => severity === 'error');

export function publishText(
  file: string,
  { published, repeated, problems }: PublishAnswer,
  paint: Paint,
  asked: PublishOptions = {},
): string {
  if (!published) return `${problemsText(file, problems, paint)}\nNothing was published.`;
  const { id, version, hash } = published;
  const said = repeated
    ? `${id} version ${version} says the same and is in force already: nothing was published.${asked.teams ? ' For whose new deals it is in force: "coxswain process roll-out".' : ''}`
    : `Published ${id} version ${version} (${hash.slice(0, 12)}).`;
  return problems.length > 0 ? `${problemsText(file, problems, paint)}\n${said}` : said;
}

export function processesText(processes: readonly ProcessSummary[]): string {
  if (processes.length === 0) return 'No process is published yet. Publish one with "coxswain process publish FILE".';
  return table(
    ['process', 'title', 'version', 'published, UTC', 'by', 'note'],
    processes.map(({ id, title, version, publishedAt, by, note }) => [
      id,
      title,
      version,
      instant(publishedAt),
      by,
      note ?? UNKNOWN,
    ]),
  );
}
