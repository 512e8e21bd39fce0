import { readFileSync } from 'node:fs';
import { StoreUnavailable, type CopyReport } from '@coxswain/event-store';
import {
  ALL_PROCESSES,
  AS_OF_BY,
  COUNTED,
  GROUPINGS,
  TOTAL_GROUPINGS,
  MEASURE_NAMES,
  PERIODS,
  SCORECARD_PERIODS,
  type AsOfBy,
  type Counted,
  type Grouping,
  type MeasureName,
  type ScorecardPeriodKind,
} from '@coxswain/projections';
import { EXPORT_FORMATS, exportLog, isInExport, issueLocalToken, type ExportFormat } from '@coxswain/sales-desk';
import { readProcessFile, toDot, toMermaid, UnknownEvent } from '@coxswain/sales-process';
import { Argument, Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import {
  dataDirOf,
  dayOrInstantOf,
  DEFAULT_STORE,
  instantOf,
  listOf,
  nameOf,
  processOf,
  storeOf,
  withEvents,
  withSource,
  type SourceOptions,
} from './asked.js';
import { backTestCommands } from './back-test.js';
import { csvText } from './csv.js';
import { dealText, movesText, replayText, verifyAllText, verifyText } from './deals.js';
import { textOf, withFile, writePieces, writeText, writeTo, written } from './files.js';
import { importHasProblems, importText } from './imports.js';
import { changeCommands, effectiveOf } from './changes.js';
import { migrationCommands } from './migrations.js';
import { planCommands } from './plan.js';
import { hasErrors, problemsText, processesText, publishText } from './processes.js';
import { progress } from './progress.js';
import { projectionsText } from './projections.js';
import { reportPage } from './reports/html.js';
import { reportOf, reportText } from './reports/index.js';
import { serve } from './serve.js';
import { shadowCommands } from './shadow.js';
import { backUp, copyStore, copyText, restore } from './stores.js';
import type { ImportOutcome } from './source.js';
import { tryCommand } from './try.js';
import { CannotDo, wrongUse, type ExitCode, type Terminal } from './terminal.js';
import { counted, instant, jsonText, oneLine, onOneLine } from './words.js';

export { terminal } from './terminal.js';

/** Runs one command, given what stands behind `coxswain`. Never rejects: what goes wrong is told on stderr. */
export async function run(args: readonly string[], terminal: Terminal): Promise<ExitCode> {
  let exit: ExitCode = 0;
  try {
    await program(terminal, (code) => void (exit = code))
      .parseAsync([...args], { from: 'user' })
      .catch((error: unknown) => {
        if (!(error instanceof CommanderError)) throw error;
        // Commander has said its part already.
        exit = error.exitCode === 0 ? 0 : 2;
      });
    await written(terminal.out);
    return exit;
  } catch (error) {
    // Whoever read our output has read enough, as "head" does.
    return ['EPIPE', 'ERR_STREAM_PREMATURE_CLOSE'].includes((error as NodeJS.ErrnoException | null)?.code ?? '')
      ? exit
      : told(error, terminal);
  }
}

function told(error: unknown, { err, paint }: Terminal): ExitCode {
  const say = (message: string, help: string): void => {
    const lines = [paint('red', oneLine(message)), ...help.split('\n').map(oneLine)];
    err.write(`${lines.filter((line) => line !== '').join('\n')}\n`);
  };
  if (error instanceof CannotDo) {
    say(error.message, error.help);
    return error.exit;
  }
  if (error instanceof UnknownEvent) {
    say(`The record cannot be read: ${error.message}.`, error.help);
    return 1;
  }
  if (error instanceof StoreUnavailable) {
    say(`The store cannot be used: ${error.message}.`, error.help);
    return 1;
  }
  say(`Something went wrong: ${error instanceof Error ? error.message : String(error)}`, '');
  return 1;
}

const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { version: string };

type Json = { readonly json?: boolean };

interface PublishFileOptions extends SourceOptions, Json {
  readonly note?: string;
  readonly from?: string;
  readonly reviewedBy?: string;
  readonly teams?: string;
}

interface ImportOptions extends SourceOptions, Json {
  readonly map: string;
  readonly dryRun?: boolean;
  readonly report?: string;
}

/** All commands, each a sentence: what is asked, and what is printed. `exit` sets the exit code of a command that was done. */
function program(terminal: Terminal, exit: (code: ExitCode) => void): Command {
  const { out, err, paint } = terminal;
  const print = (text: string): void => void out.write(text.endsWith('\n') ? text : `${text}\n`);
  const answer = <T>(json: boolean | undefined, value: T, text: (said: T) => string): void =>
    print(json ? jsonText(value) : text(onOneLine(value)));

  const coxswain = new Command('coxswain')
    .description('Runs a sales process as a state machine, keeps every step, and measures from the record.')
    .version(version, '-V, --version', 'print the version')
    .exitOverride()
    .configureOutput({ writeOut: (text) => void out.write(text), writeErr: (text) => void err.write(text) })
    .showHelpAfterError('Add --help to see what there is.')
    .addHelpText('after', '\nExit codes: 0 done, 1 refused or a problem found, 2 wrong use.');

  // ------------------------------------------------------------------------------------------------------ processes

  const processes = coxswain
    .command('process')
    .description('check, draw, publish and list sales processes; draft, compare and migrate them');

  processes
    .command('check')
    .description('check a process file and name every problem in it, each with its line')
    .argument('<FILE>', 'the process file, YAML or JSON')
    .option('--json', 'print JSON')
    .action(async (file: string, { json }: Json) => {
      const { problems } = readProcessFile(await textOf(file));
      answer(json, { problems }, (said) => problemsText(file, said.problems, paint));
      if (hasErrors(problems)) exit(1);
    });

  processes
    .command('draw')
    .description('draw a process file as a diagram')
    .argument('<FILE>', 'the process file, YAML or JSON')
    .addOption(new Option('--format <FORMAT>', 'how to draw it').choices(['mermaid', 'svg']).default('mermaid'))
    .option('--out <FILE>', 'write the drawing there instead of printing it')
    .action(async (file: string, { format, out: target }: { format: 'mermaid' | 'svg'; out?: string }) => {
      const { process: checked, problems } = readProcessFile(await textOf(file));
      if (!checked) {
        err.write(`${problemsText(file, onOneLine(problems), paint)}\n`);
        throw new CannotDo('A process with errors cannot be drawn.', 'Correct what stands above.');
      }
      const drawing = format === 'svg' ? await svg(toDot(checked)) : toMermaid(checked);
      if (target === undefined) return print(drawing);
      await writeText(target, drawing);
      print(`Drew ${checked.id} to ${target}.`);
    });

  asking(processes.command('publish'))
    .description('put a process file in force; needs the store to itself, or a running service with --url')
    .argument('<FILE>', 'the process file, YAML or JSON')
    .option('--note <TEXT>', 'why this version: kept with it')
    .option('--from <INSTANT>', 'from when on new deals run under it (default: at once)')
    .option('--reviewed-by <NAME>', 'who looked at it before')
    .option('--teams <TEAMS>', 'only new deals of these teams run under it, such as north,south (default: all)')
    .option('--as <NAME>', 'who publishes it (default: you)')
    .option('--json', 'print JSON')
    .action(async (file: string, { json, note, from, reviewedBy, teams, ...options }: PublishFileOptions) => {
      const text = await textOf(file);
      const format = file.toLowerCase().endsWith('.json') ? 'json' : 'yaml';
      const checked = readProcessFile(text);
      const said = effectiveOf({ note, from, reviewedBy, teams });
      const published = checked.process
        ? await withSource(options, terminal, (source) => source.publish(text, format, said), { access: 'make' })
        : { problems: checked.problems, published: null, repeated: false };
      const { problems } = published;
      answer(json, { ...published.published, problems }, (warned) =>
        publishText(file, { ...published, problems: warned.problems }, paint, said),
      );
      if (!published.published) exit(1);
    });

  asking(processes.command('list'))
    .description('list the processes in force')
    .option('--json', 'print JSON')
    .action(async ({ json, ...options }: SourceOptions & Json) => {
      const items = await withSource(options, terminal, (source) => source.processes());
      answer(json, { items, next: null }, (said) => processesText(said.items));
    });

  backTestCommands(processes, terminal, asking);
  shadowCommands(processes, terminal, asking);

  // ---------------------------------------------------------------------------------------------------------- deals

  const deals = coxswain.command('deal').description('look at one deal: where it stands, its ways on, its record');
  type AsOf = { readonly asOf?: string };
  const asOfOf = ({ asOf }: AsOf): string | undefined => {
    const known = asOf === undefined ? undefined : instantOf('--as-of', asOf);
    refuseLater('--as-of', known, { than: terminal.now().toISOString(), timeZone: 'UTC' });
    return known;
  };
  const AS_OF = ['--as-of <INSTANT>', 'as it was known then, such as 2026-03-31T18:00:00Z'] as const;

  asking(deals.command('show'))
    .description('show a deal as it stands, or as it was known at an instant')
    .argument('<ID>', 'the deal')
    .option(...AS_OF)
    .option('--json', 'print JSON')
    .action(async (id: string, { json, ...options }: SourceOptions & AsOf & Json) => {
      const asOf = asOfOf(options);
      const view = await withSource(options, terminal, (source) => source.deal(id, asOf));
      answer(json, view, (said) => dealText(said, paint));
    });

  asking(deals.command('moves'))
    .description('list the ways on: allowed, or what is missing and who could lift it')
    .argument('<ID>', 'the deal')
    .option('--as <NAME>', 'for whom (default: you)')
    .option('--roles <ROLES>', 'in which roles, such as rep,manager (default: operations)')
    .option('--json', 'print JSON')
    .action(async (id: string, { json, ...options }: SourceOptions & Json) => {
      const ways = await withSource(options, terminal, (source) => source.moves(id));
      answer(json, ways, ({ moves }) => movesText(id, moves, paint));
    });

  asking(deals.command('replay'))
    .description('walk through the record step by step: who, what, which checks were true, what they read')
    .argument('<ID>', 'the deal')
    .option(...AS_OF)
    .option('--json', 'print JSON')
    .action(async (id: string, { json, ...options }: SourceOptions & AsOf & Json) => {
      const asOf = asOfOf(options);
      const record = await withSource(options, terminal, (source) => source.replay(id, asOf));
      answer(json, record, ({ steps }) => replayText(id, steps, paint));
    });

  asking(deals.command('verify'))
    .description('ask every recorded decision again, and compare')
    .argument('[ID]', 'the deal')
    .option('--all', 'every deal')
    .option('--json', 'print JSON')
    .action(async (id: string | undefined, { json, all, ...options }: SourceOptions & Json & { all?: boolean }) => {
      if ((id === undefined) === (all !== true))
        throw wrongUse('Say which deal, or --all.', 'For example "coxswain deal verify D-1001".');
      if (id !== undefined) {
        const verified = await withSource(options, terminal, (source) => source.verify(id));
        answer(json, verified, ({ verdicts }) => verifyText(id, verdicts, paint));
        return exit(verified.agree ? 0 : 1);
      }
      const shown = progress('deals asked again', terminal);
      try {
        const verified = await withSource(options, terminal, (source) => source.verifyAll((done, of) => shown.at(done, of)));
        shown.stop();
        answer(json, verified, (said) => verifyAllText(said, paint));
        exit(verified.disagreeing.length === 0 ? 0 : 1);
      } finally {
        shown.stop();
      }
    });

  // -------------------------------------------------------------------------------------------------------- reports

  interface ReportOptions extends SourceOptions, Json {
    readonly process?: string;
    readonly from?: string;
    readonly to?: string;
    readonly asOf?: string;
    readonly asOfBy?: AsOfBy;
    readonly clock?: string;
    readonly counted?: Counted;
    readonly by?: Grouping | 'process';
    readonly period?: ScorecardPeriodKind;
    readonly of?: string;
    readonly average?: number;
    readonly csv?: true | string;
    readonly html?: true | string;
  }

  const measured = async (
    name: MeasureName,
    { json, csv, html, from, to, asOf, asOfBy, clock, by, period, average, counted, of, process, ...options }: ReportOptions,
  ): Promise<void> => {
    if ([json, csv, html].filter((form) => form !== undefined).length > 1)
      throw wrongUse('--json, --csv and --html exclude each other.', 'Ask for one of them.');
    const window = {
      from: from === undefined ? undefined : dayOrInstantOf('--from', from),
      to: to === undefined ? undefined : dayOrInstantOf('--to', to),
      asOf: asOf === undefined ? undefined : dayOrInstantOf('--as-of', asOf),
      clock: clock === undefined ? undefined : dayOrInstantOf('--clock', clock),
    };
    const figures = await withSource(options, terminal, async (source) => {
      const all = name === 'forecast-total' && process === undefined;
      const asked = all ? ALL_PROCESSES : await processOf(source, process);
      return source.measure(name, { process: asked, ...window, asOfBy, by, period, average, counted, of });
    });
    refuseLater('--as-of', window.asOf, { than: terminal.now().toISOString(), timeZone: figures.timezone });
    refuseLater('--clock', window.clock, { than: figures.asOf, timeZone: figures.timezone });
    if (csv !== undefined) return void out.write(csvText(figures, csv === true ? undefined : csv));
    if (html === undefined) return answer(json, figures, (said) => reportText(said, paint));
    const page = reportPage(reportOf(onOneLine(figures)), instant(terminal.now().toISOString()));
    if (html === true) return void out.write(page);
    await writeText(html, page);
    print(`Wrote ${html}.`);
  };

  asking(coxswain.command('report'))
    .description('measure the selling')
    .addArgument(new Argument('<MEASURE>', 'what to measure').choices(MEASURE_NAMES))
    .option('--process <ID>', 'of which process; may be left out when only one is published; forecast-total: without it of all')
    .option('--from <DAY>', 'from this day or instant on')
    .option('--to <DAY>', 'up to, not including, this day or instant')
    .option('--as-of <DAY>', 'only what was recorded up to then')
    .addOption(
      new Option('--as-of-by <INSTANT>', 'what counts for --as-of: when it was recorded, or when it occurred').choices(AS_OF_BY),
    )
    .option('--clock <DAY>', 'the present of the measure: only what occurred up to then')
    .addOption(new Option('--by <WHAT>', 'what to tell the figures apart by').choices(TOTAL_GROUPINGS))
    .addOption(
      new Option(
        '--period <LENGTH>',
        'forecast; conversion: by which cohorts are told apart; scorecard, which alone knows weeks',
      ).choices(SCORECARD_PERIODS),
    )
    .addOption(
      new Option('--counted <DEALS>', 'conversion only: those that entered in the window, or those at risk in it').choices(
        COUNTED,
      ),
    )
    .option('--of <PERIOD>', 'bridge only: the month or quarter whose close dates count, such as 2026-Q4')
    .option('--average <PERIODS>', 'forecast only: past periods in the moving average, 1 to 12', periodsOf)
    .option('--json', 'print JSON')
    .option('--csv [LIST]', 'print a list of the answer as CSV: the main one, or the one named')
    .option('--html [FILE]', 'print the report as a page that needs nothing else, or write it there')
    .action((name: MeasureName, options: ReportOptions) => {
      const { period, average, counted, of } = options;
      const isForecast = name.startsWith('forecast');
      if (average !== undefined && name !== 'forecast')
        throw wrongUse('--average belongs to the forecast only.', 'Leave it out, or ask for "report forecast".');
      if (period !== undefined && !isForecast && name !== 'conversion' && name !== 'scorecard')
        throw wrongUse(
          '--period belongs to the forecast, to conversion and to the scorecard.',
          'Leave it out, or ask for one of them.',
        );
      if (options.by === 'process' && name !== 'forecast-total')
        throw wrongUse('--by process belongs to forecast-total only.', 'Leave it out, or ask for "report forecast-total".');
      if (of !== undefined && name !== 'bridge')
        throw wrongUse('--of belongs to the bridge only.', 'Leave it out, or ask for "report bridge".');
      if (counted !== undefined && name !== 'conversion')
        throw wrongUse('--counted belongs to conversion only.', 'Leave it out, or ask for "report conversion".');
      return measured(name, options);
    });

  asking(coxswain.command('backtest-forecast'))
    .description('ask the forecast again as of earlier days, and say which method to trust')
    .option('--process <ID>', 'of which process; may be left out when only one is published')
    .option('--from <DAY>', 'go back to this day at the earliest')
    .option('--to <DAY>', 'go back to days before this one')
    .option('--as-of <DAY>', 'only what was recorded up to then')
    .option('--clock <DAY>', 'the present: only what occurred up to then')
    .addOption(new Option('--by <WHAT>', 'what to tell the figures apart by').choices(GROUPINGS))
    .addOption(new Option('--period <LENGTH>', 'how much each forecast is of').choices(PERIODS))
    .option('--json', 'print JSON')
    .option('--csv [LIST]', 'print a list of the answer as CSV: the main one, or the one named')
    .option('--html [FILE]', 'print the report as a page that needs nothing else, or write it there')
    .action((options: ReportOptions) => measured('forecast-accuracy', options));

  changeCommands(processes, terminal, { asking, exit });
  tryCommand(processes, terminal, { asking, exit });
  migrationCommands(processes, terminal, asking);
  planCommands(coxswain, terminal, asking);

  // -------------------------------------------------------------------------------------------------------- the log

  asking(coxswain.command('log').description('the record of everything').command('export'))
    .description('write the log out for other tools: JSON lines, or XES and OCEL 2.0 for process mining')
    .addOption(new Option('--format <FORMAT>', 'in which format').choices(EXPORT_FORMATS).makeOptionMandatory())
    .option('--out <FILE>', 'write it there instead of printing it')
    .action(async ({ format, out: target, ...options }: SourceOptions & { format: ExportFormat; out?: string }) => {
      let [inFile, leftOut] = [0, 0];
      await withEvents(options, terminal, (events) => {
        const pieces = exportLog(
          seeing(events, (event) => void (isInExport(event, format) ? inFile++ : leftOut++)),
          format,
        );
        return target === undefined ? writeTo(out, pieces) : writePieces(target, pieces);
      });
      const others =
        leftOut === 0 ? '' : `; ${counted(leftOut, 'other')} of the log ${leftOut === 1 ? 'has' : 'have'} no place in ${format}`;
      if (target !== undefined) print(`Wrote ${counted(inFile, 'event')} of the log to ${target}${others}.`);
    });

  asking(coxswain.command('import'))
    .description(
      'bring in the past from a CSV or XES file (also .gz); safe to repeat; needs the store to itself, --dry-run or --url',
    )
    .argument('<FILE>', 'the file')
    .requiredOption(
      '--map <MAP>',
      'the import map: what its columns mean; with --url a file that is sent along, or its name among the maps of the service',
    )
    .option('--dry-run', 'read and judge everything, write nothing')
    .option('--report <FILE>', 'write every rejected row, deviation, warning and correction there, a JSON text a line')
    .option('--json', 'print JSON')
    .action(async (file: string, { json, map, dryRun, report: target, ...options }: ImportOptions) => {
      const shown = progress('bytes read', terminal);
      const onProgress = (done: number, of: number | null): void => shown.at(done, of);
      let outcome: ImportOutcome;
      try {
        outcome = await withSource(
          options,
          terminal,
          (source) => withFile(target, (report) => source.bringIn({ file, map, dryRun: dryRun === true, report, onProgress })),
          { access: dryRun === true ? 'read' : 'write' },
        );
      } finally {
        shown.stop();
      }
      if ('mapProblems' in outcome) {
        const { mapProblems } = outcome;
        answer(json, { problems: mapProblems }, ({ problems }) => `${problemsText(map, problems, paint)}\nNothing was read.`);
        return exit(1);
      }
      const { report } = outcome;
      answer(json, report, (said) => importText(said, paint));
      exit(importHasProblems(report) ? 1 : 0);
    });

  // ------------------------------------------------------------------------------------------------------ the store

  const stores = coxswain.command('store').description('copy, back up and restore the log');
  const copied = (to: string, json: boolean | undefined, report: CopyReport): void =>
    answer(json, report, () => copyText(report, to));

  stores
    .command('copy')
    .description('copy the log into another store, event for event, and compare; safe to interrupt and to repeat')
    .argument('<FROM>', 'such as sqlite:./data/coxswain.db; only read')
    .argument('<TO>', 'such as postgres://user:password@host/database; empty, or begun by an earlier copy')
    .option('--json', 'print JSON')
    .action(async (from: string, to: string, { json }: Json) =>
      copied('the second store', json, await copyStore(from, to, terminal)),
    );

  stores
    .command('backup')
    .description('write the log into a new SQLite file, also while the service runs')
    .argument('<FILE>', 'the file to make')
    .option('--store <URI>', `the store (default: COXSWAIN_STORE, or ${DEFAULT_STORE})`)
    .option('--json', 'print JSON')
    .action(async (file: string, { json, ...options }: Json & { store?: string }) =>
      copied(file, json, await backUp(storeOf(options, terminal), file, terminal)),
    );

  stores
    .command('restore')
    .description('bring a backup into an empty store; figures are folded anew at the next start')
    .argument('<FILE>', 'the backup')
    .option('--store <URI>', `the store to fill (default: COXSWAIN_STORE, or ${DEFAULT_STORE})`)
    .option('--json', 'print JSON')
    .action(async (file: string, { json, ...options }: Json & { store?: string }) =>
      copied('the store', json, await restore(file, storeOf(options, terminal), terminal)),
    );

  // ---------------------------------------------------------------------------------------------------- the service

  coxswain
    .command('serve')
    .description('run the service; Ctrl-C stops it')
    .option('--store <URI>', `the store (default: COXSWAIN_STORE, or ${DEFAULT_STORE})`)
    .option('--port <PORT>', 'where to listen (default: PORT, or 3000)')
    .option('--demo', 'load the demo company into an empty store')
    .action(async ({ store, port, demo }: { store?: string; port?: string; demo?: boolean }) => {
      exit(
        await serve({
          ...terminal.env,
          ...(store !== undefined && { COXSWAIN_STORE: store }),
          ...(port !== undefined && { PORT: port }),
          ...(demo === true && { COXSWAIN_DEMO: 'true' }),
        }),
      );
    });

  coxswain
    .command('token')
    .description('print a token that a service in local mode accepts')
    .argument('<NAME>', 'whom it speaks for')
    .option('--roles <ROLES>', 'in which roles, such as rep,manager')
    .option('--team <TEAM>', 'of which team')
    .option('--hours <HOURS>', 'for how long it is valid, 1 to 720 (default: 12)', hoursOf)
    .action(async (name: string, { roles, team, hours = 12 }: { roles?: string; team?: string; hours?: number }) => {
      const dir = dataDirOf(terminal);
      print(
        await issueLocalToken({ name: nameOf(name), roles: listOf(roles), team: team ?? null, dir, now: terminal.now(), hours }),
      );
      err.write(`Valid for ${counted(hours, 'hour')} at a service whose data folder is ${dir}.\n`);
    });

  // ---------------------------------------------------------------------------------------------------- projections

  const projections = coxswain
    .command('projections')
    .description('what the figures are read from: how far it has come, and folding the log again');

  asking(projections.command('status'))
    .description('how far each projection has folded the log, and what of it is kept')
    .option('--json', 'print JSON')
    .action(({ json, ...options }: SourceOptions & Json) =>
      withSource(options, terminal, async (source) => answer(json, await source.projections(), projectionsText)),
    );

  asking(projections.command('rebuild'))
    .description(
      'fold the log again beside the old figures, then switch; needs the store to itself, or a running service with --url',
    )
    .argument('[NAME]', 'only this projection')
    .option('--json', 'print JSON')
    .action(async (name: string | undefined, { json, ...options }: SourceOptions & Json) =>
      withSource(
        options,
        terminal,
        async (source) => {
          const known = (await source.projections()).projections.map((one) => one.name);
          if (name !== undefined && !known.includes(name))
            throw wrongUse(
              `There is no projection "${name}"; there are ${known.join(', ')}.`,
              'Name one of them, or none for all.',
            );
          const rebuilt = await source.rebuild(name);
          const of = options.url ?? storeOf(options, terminal);
          answer(json, { rebuilt }, (said) => `Rebuilt from the log of ${of}: ${said.rebuilt.join(', ')}.`);
        },
        { access: 'write' },
      ),
    );

  return coxswain;
}

/** Adds the options by which a command is told whom to ask. */
function asking(command: Command): Command {
  return command
    .option('--store <URI>', `the store (default: COXSWAIN_STORE, or ${DEFAULT_STORE})`)
    .option('--url <URL>', 'ask this running service instead of a store')
    .option('--token <TOKEN>', 'the token for the service (default: COXSWAIN_TOKEN, or a local one on this machine)');
}

async function svg(dot: string): Promise<string> {
  const { instance } = await import('@viz-js/viz');
  return (await instance()).renderString(dot, { format: 'svg' });
}

async function* seeing<T>(all: AsyncIterable<T>, see: (one: T) => void): AsyncGenerator<T> {
  for await (const one of all) {
    see(one);
    yield one;
  }
}

/** A question about what has not come yet is wrong use. A day begins in the time zone. */
function refuseLater(
  option: string,
  asked: string | undefined,
  { than, timeZone }: { readonly than: string; readonly timeZone: string },
): void {
  // Swedes write days as ISO 8601 does.
  const limit = asked?.includes('T') ? than : new Date(than).toLocaleDateString('sv', { timeZone });
  if (asked === undefined || asked <= limit) return;
  throw option === '--clock'
    ? wrongUse(
        `--clock ${asked} is later than ${instant(than)} UTC, the instant the figures are of.`,
        'The present of a measure cannot lie beyond what is known.',
      )
    : wrongUse(`${option} ${asked} has not come yet.`, 'Leave it out to see things as they are now.');
}

const periodsOf = (text: string): number => wholeNumberOf(text, 1, 12);
const hoursOf = (text: string): number => wholeNumberOf(text, 1, 720);

function wholeNumberOf(text: string, least: number, most: number): number {
  if (/^\d{1,4}$/.test(text) && Number(text) >= least && Number(text) <= most) return Number(text);
  throw new InvalidArgumentError(`It is a whole number from ${least} to ${most}.`);
}
