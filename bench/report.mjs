// What a run has shown: a table for people, JSON for programs, and the history of all runs.
import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { join } from 'node:path';
import { CASES, count, rounded } from './goals.mjs';

const HISTORY = join(import.meta.dirname, 'history.jsonl');
const RUNS_SHOWN = 8;

/** This machine, now. */
export const machine = () => ({
  date: new Date().toISOString(),
  cpu: cpus()[0]?.model ?? 'unknown',
  cores: cpus().length,
  memoryGB: Math.round(totalmem() / 1e9),
  node: process.version,
});

/** One run, as the history keeps it. */
export const recordOf = (run, { rates, why }, goals) => ({
  ...run,
  goals,
  rates: Object.fromEntries(rates.all().map(({ name, median }) => [name, rounded(median)])),
  ...(Object.keys(why).length > 0 && { notRun: why }),
});

export function remember(record) {
  appendFileSync(HISTORY, `${JSON.stringify(record)}\n`);
}

export function runText(run, { rates, why }, goals) {
  const cases = rates.all().map(({ name, median, lowest, highest }) => {
    const [label, unit] = CASES[name] ?? [name, ''];
    return [label, count(median), count(lowest), count(highest), unit.trim()];
  });
  const rows = goals.map(({ what, reached, goal, met, ours, anchor, peer }) => [
    what,
    reached === null ? '-' : count(reached),
    goal,
    met === null ? '-' : met ? 'met' : 'not met',
    ours,
    anchor ?? '',
    peer ?? '',
  ]);
  return [
    `${run.date}, ${run.cores} cores (${run.cpu}), Node ${run.node}, ${run.rounds} rounds of ${run.seconds} s`,
    table(['case', 'median', 'lowest', 'highest', ''], cases),
    ...Object.entries(why).map(([name, reason]) => `${CASES[name][0]} was not run: ${reason}.`),
    table(['goal', 'reached', 'asked', '', 'ours', 'beside', 'peers'], rows),
  ].join('\n\n');
}

/** How each goal went over the runs that the history holds, oldest first. */
export function trendText() {
  const runs = existsSync(HISTORY)
    ? readFileSync(HISTORY, 'utf8')
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line))
    : [];
  if (runs.length === 0) return 'No run is kept yet: npm run bench';
  const shown = runs.slice(-RUNS_SHOWN);
  const names = [...new Set(runs.flatMap(({ goals }) => goals.map(({ what }) => what)))];
  const rows = names.map((name) => {
    const known = shown.map(({ goals }) => goals.find(({ what }) => what === name) ?? { reached: null });
    const last = runs.findLast(({ goals }) => goals.some(({ what }) => what === name)).goals.find(({ what }) => what === name);
    return [name, last.goal, ...known.map(({ reached }) => (reached === null ? '-' : count(reached))), direction(known, last)];
  });
  const dates = shown.map(({ date }) => date.slice(5, 16).replace('T', ' '));
  return [
    `The last ${shown.length} of ${runs.length} runs`,
    table(['goal', 'asked', ...dates, 'trend'], rows),
    ...shown.map(
      ({ date, cores, cpu, node, rounds, seconds }) =>
        `${date.slice(5, 16).replace('T', ' ')}: ${cores} cores (${cpu}), Node ${node}, ${rounds} rounds of ${seconds} s`,
    ),
  ].join('\n');
}

/** From the first to the last run shown that have the figure; a tenth is the noise of a shared machine. */
function direction(known, { goal }) {
  const figures = known.map(({ reached }) => reached).filter((reached) => reached !== null);
  if (figures.length < 2) return '';
  const change = figures.at(-1) / figures[0] - 1;
  if (Math.abs(change) < 0.1) return 'the same';
  return change > 0 === goal.startsWith('>=') ? 'better' : 'worse';
}

/** Columns side by side; figures to the right. */
function table(head, rows) {
  const widths = head.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column].length)));
  const isFigure = head.map((_, column) => rows.every((row) => /^(?:-|[\d.,]+)?$/.test(row[column])));
  const line = (row) =>
    row
      .map((text, column) => (isFigure[column] ? text.padStart(widths[column]) : text.padEnd(widths[column])))
      .join('  ')
      .trimEnd();
  return [
    line(head),
    '-'.repeat(
      Math.min(
        130,
        widths.reduce((sum, width) => sum + width + 2, -2),
      ),
    ),
    ...rows.map(line),
  ].join('\n');
}
