import type { Command } from 'commander';
import type { RuleBacktest, RuleEffect, RuleName } from '@coxswain/projections';
import type { BackTestStatus, Tried } from '@coxswain/sales-desk';
import { readProcessFile } from '@coxswain/sales-process';
import { processOf, withSource, type SourceOptions } from './asked.js';
import { textOf } from './files.js';
import { problemsText } from './processes.js';
import { progress } from './progress.js';
import { CannotDo, wrongUse, type Paint, type Terminal } from './terminal.js';
import type { BackTestListed } from './trials.js';
import { count, counted, days, instant, jsonText, onOneLine, rate, table, UNKNOWN, value } from './words.js';

/** A draft tried on the recorded history: what its rules would have stopped, and what became of that. */

interface Options extends SourceOptions {
  readonly process?: string;
  readonly draft?: string;
  readonly note?: string;
  readonly cancel?: boolean;
  readonly json?: boolean;
}

/** The file or the draft that is asked for, and the process it is of where that is known. A file with errors is told, and is the end. */
export async function triedOf(
  file: string | undefined,
  draft: string | undefined,
  { err, paint }: Pick<Terminal, 'err' | 'paint'>,
): Promise<{ readonly tried: Tried; readonly process: string | undefined }> {
  if ((file === undefined) === (draft === undefined))
    throw wrongUse('Name a process file, or a draft with --draft.', 'For example "next.process.yaml", or "--draft 3".');
  if (file === undefined) return { tried: { draft: draft! }, process: undefined };
  const text = await textOf(file);
  const { process, problems } = readProcessFile(text);
  if (process) return { tried: { file: text }, process: process.id };
  err.write(`${problemsText(file, onOneLine(problems), paint)}\n`);
  throw new CannotDo('A process with errors cannot be tried.', 'Correct what stands above.');
}

/** Adds the commands to those about processes. */
export function backTestCommands(processes: Command, terminal: Terminal, asking: (command: Command) => Command): void {
  const { out, paint } = terminal;
  const answer = <T>(json: boolean | undefined, said: T, text: (said: T) => string): void =>
    void out.write(`${json ? jsonText(said) : text(onOneLine(said))}\n`);

  asking(processes.command('back-test'))
    .description('try a process file, or a draft, on the whole recorded history; changes no deal')
    .argument('[FILE]', 'the process file, YAML or JSON')
    .option('--draft <DRAFT>', 'instead of a file: a draft that was kept, by its number or the beginning of its hash')
    .option('--process <ID>', 'of which process; needed with --draft only where several are published')
    .option('--note <TEXT>', 'why: kept with the result')
    .option('--as <NAME>', 'who asks (default: you)')
    .option('--json', 'print JSON')
    .action(async (file: string | undefined, { json, draft, process, note, ...options }: Options) => {
      const asked = await triedOf(file, draft, terminal);
      const shown = progress('deals tried', terminal);
      try {
        await withSource(
          options,
          terminal,
          async (source) => {
            const id = await processOf(source, process ?? asked.process);
            const found = await source.trials.backTest(id, asked.tried, note ?? null, (done, of) => shown.at(done, of));
            shown.stop();
            if (found.state === 'failed')
              throw new CannotDo('The back-test could not be brought to an end.', found.ended?.say ?? '');
            answer(json, found, (said) => backTestText(said, paint));
          },
          { access: 'write' },
        );
      } finally {
        shown.stop();
      }
    });

  asking(processes.command('back-tests'))
    .description('list the back-tests of a process, or show what one has found')
    .argument('[ID]', 'the back-test to show')
    .option('--process <ID>', 'of which process; may be left out when only one is published')
    .option('--cancel', 'end it, where it is under way')
    .option('--json', 'print JSON')
    .action(async (one: string | undefined, { json, process, cancel, ...options }: Options) => {
      if (cancel === true && one === undefined) throw wrongUse('Say which back-test to cancel.', 'List them without --cancel.');
      await withSource(
        options,
        terminal,
        async (source) => {
          const id = await processOf(source, process);
          if (one === undefined)
            return answer(json, { items: await source.trials.backTests(id), next: null }, (said) => backTestsText(said.items));
          const found = cancel === true ? await source.trials.cancelBackTest(id, one) : await source.trials.oneBackTest(id, one);
          answer(json, found, (said) => backTestText(said, paint));
        },
        { access: cancel === true ? 'write' : 'read' },
      );
    });
}

export const draftName = ({ draft, hash }: Pick<BackTestListed, 'draft' | 'hash'>): string =>
  draft === null ? `file ${hash.slice(0, 12)}` : `draft ${draft}`;

function backTestsText(items: readonly BackTestListed[]): string {
  if (items.length === 0) return 'Nothing was back-tested yet. Try a file with "coxswain process back-test FILE".';
  return table(
    ['back-test', 'started, UTC', 'of', 'against version', 'state', 'deals', 'by', 'note'],
    items.map((one) => [
      one.backTest,
      instant(one.occurredAt),
      draftName(one),
      one.against,
      one.state,
      `${count(one.done)} of ${count(one.deals)}`,
      one.by,
      one.note ?? UNKNOWN,
    ]),
  );
}

export function backTestText(found: BackTestStatus, paint: Paint): string {
  const { process, against, occurredAt, state, done, deals, result, ended } = found;
  const head = `Back-test of ${process}, ${draftName(found)}, beside version ${against}: what was recorded by ${instant(occurredAt)} UTC.`;
  if (!result) {
    const how = `${count(done)} of ${counted(deals, 'deal')}`;
    return `${head}\n${state === 'running' ? `Under way: ${how}.` : `It is ${state} (${how}).${ended?.say ? ` ${ended.say}` : ''}`}`;
  }
  return [head, '', ...resultLines(result, paint)].join('\n');
}

function resultLines(result: RuleBacktest, paint: Paint): readonly string[] {
  const { deals, steps, stopped, winRateStopped, winRateOthers, fits, withoutPlace, rules } = result;
  const lines = [
    `${counted(deals, 'deal')} took ${counted(steps, 'step')}.`,
    `Would have been stopped at least once: ${count(stopped.count)} (${rate(stopped)}).`,
    ...(stopped.count > 0
      ? [`Won, of the decided ones: ${rate(winRateStopped)} of the stopped; ${rate(winRateOthers)} of the others.`]
      : []),
    ...(fits.of > 0
      ? [`Steps that broke the version they were made under: ${count(fits.of)}; ${count(fits.count)} of them fit this one.`]
      : []),
    ...(withoutPlace > 0
      ? [`Steps between stages that this one has no more, and which nothing continues: ${count(withoutPlace)}.`]
      : []),
  ];
  if (rules.length === 0) return [...lines, '', 'No rule is new or changed, and none stops anything.'];
  const stops = rules.filter((one) => one.deals > 0);
  return [
    ...lines,
    '',
    table(
      ['rule', 'is', 'stops', 'friction: later won', 'catch: later lost', 'open', 'first', 'waits, days', 'arrived', 'overrides'],
      rules.map(ruleRow),
    ),
    ...(stops.length > 0
      ? [
          '',
          'What they are worth, and who is hit most (deals stopped of deals with a step)',
          table(
            ['rule', 'later won', 'later lost', 'owners', 'deals, for example'],
            stops.map(({ rule, later, people, examples }) => [
              ruleName(rule),
              value(later.won.value),
              value(later.lost.value),
              people.map(({ owner, deals: of }) => `${owner} ${count(of.count)} of ${count(of.of)}`).join(', '),
              examples.slice(0, 3).join(', '),
            ]),
          ),
        ]
      : []),
    '',
    ...NOTES.map((note) => paint('dim', note)),
  ];
}

const NOTES = [
  'Friction is not loss, and catch is not gain: nobody knows what sellers would have done under the rule.',
  'first: the rule that ends the story of the deal, where the first stop does (strict).',
  'waits: median days until what was missing arrived, where it later did (arrives when it did in the record); arrived: of how many stops.',
  'overrides: how often a check of this name was let pass at this move; the past of a new check has none.',
];

function ruleRow({ rule, change, deals, later, first, waits, overrides }: RuleEffect): readonly string[] {
  return [
    ruleName(rule),
    change,
    count(deals),
    count(later.won.deals),
    count(later.lost.deals),
    count(later.open.deals),
    count(first.deals),
    waits === null ? UNKNOWN : days(waits.medianDays),
    waits === null ? UNKNOWN : `${count(waits.arrived)} of ${count(waits.arrived + waits.never)}`,
    overrides.by.length === 0 ? count(overrides.used) : `${count(overrides.used)} (${overrides.by.join(', ')})`,
  ];
}

/** `lead > qualified, qualify: generatedBy`. */
export const ruleName = ({ from, to, track, move, kind, id, say }: RuleName): string =>
  `${track === null ? '' : `${track}: `}${from} > ${to}${move === null || move === to ? '' : ` (${move})`}: ${id ?? (kind === 'role' ? 'role' : say)}`;
