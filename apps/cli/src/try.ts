import { createInterface } from 'node:readline/promises';
import { text as readAll } from 'node:stream/consumers';
import type { Command } from 'commander';
import {
  compileProcess,
  readProcessFile,
  TRY_HELP,
  tryInvented,
  tryLine,
  tryRecorded,
  triedMoves,
  triedWords,
  type Tried,
  type TriedLine,
} from '@coxswain/sales-process';
import { withSource, type SourceOptions } from './asked.js';
import { movesText } from './deals.js';
import { textOf } from './files.js';
import { problemsText } from './processes.js';
import { CannotDo, wrongUse, type ExitCode, type Paint, type Terminal } from './terminal.js';
import { jsonText, onOneLine } from './words.js';

/** A deal walked through a process file before anybody sells by it: by hand, or by the lines of a script. */

interface Options extends SourceOptions {
  readonly deal?: string;
  readonly script?: string;
  readonly json?: boolean;
}

export function tryCommand(
  processes: Command,
  terminal: Terminal,
  { asking, exit }: { readonly asking: (command: Command) => Command; readonly exit: (code: ExitCode) => void },
): void {
  asking(processes.command('try'))
    .description('walk a deal through a process file: every move, allowed or blocked, with the reasons; records nothing')
    .argument('<FILE>', 'the process file, YAML or JSON')
    .option('--deal <ID>', 'begin with this recorded deal as it stands now (default: an invented one)')
    .option(
      '--script <FILE>',
      'take the lines from there (- for what is piped in), and stop at the first that is not as expected',
    )
    .option('--json', 'print JSON; with --script')
    .addHelpText('after', `\nLines:\n${TRY_HELP.map((line) => `  ${line}`).join('\n')}`)
    .action(async (file: string, { deal, script, json, ...options }: Options) => {
      if (json && script === undefined)
        throw wrongUse('--json needs --script.', 'For example "--script lines.txt", or "--script -".');
      const begun = await beginning(file, deal, options, terminal);
      const lines = script === undefined ? null : await linesOf(script, terminal);
      if (lines === null && !isWatched(terminal))
        throw wrongUse('Nobody is there to type.', 'Hand in the lines: --script FILE, or --script - for what is piped in.');
      if (lines === null) return interactive(begun, terminal);
      if (!byScript(begun, lines, json === true, terminal)) exit(1);
    });
}

interface Begun {
  readonly tried: Tried;
  readonly left: readonly string[];
}

const isWatched = ({ in: input }: Terminal): boolean => 'isTTY' in input && input.isTTY === true;

async function beginning(file: string, deal: string | undefined, options: SourceOptions, terminal: Terminal): Promise<Begun> {
  const { err, paint, now } = terminal;
  const { process: definition, hash, problems } = readProcessFile(await textOf(file));
  if (!definition || hash === null) {
    err.write(`${problemsText(file, onOneLine(problems), paint)}\n`);
    throw new CannotDo('A process with errors cannot be tried.', 'Correct what stands above.');
  }
  // No version: it is a file, and no deal runs under it.
  const process = compileProcess(definition, { id: definition.id, version: 0, hash });
  const at = now().toISOString();
  if (deal === undefined) return { tried: tryInvented(process, at), left: [] };

  const { opportunity } = await withSource(options, terminal, (source) => source.deal(deal));
  if (opportunity.process.id !== definition.id)
    throw new CannotDo(
      `Deal ${deal} runs under ${opportunity.process.id}, and ${file} is ${definition.id}.`,
      'Name a deal of the same process, or leave --deal out.',
    );
  const placed = tryRecorded(process, opportunity, at);
  if (!placed)
    throw new CannotDo(
      `${deal} stands in "${opportunity.stage}", and no stage of ${file} is or was that.`,
      `Let a stage say was: [${opportunity.stage}].`,
    );
  return placed;
}

async function linesOf(script: string, { in: input }: Terminal): Promise<readonly string[]> {
  const all = script === '-' ? await readAll(input) : await textOf(script);
  return all.split(/\r?\n/).filter((line) => line.trim() !== '' && !line.trimStart().startsWith('#'));
}

/** True when every line was as expected. */
function byScript(begun: Begun, lines: readonly string[], json: boolean, { out, paint }: Terminal): boolean {
  let { tried } = begun;
  const told: TriedLine[] = [];
  if (!json) out.write(`${beginText(begun, paint)}\n`);
  for (const line of lines) {
    const answer = tryLine(tried, line);
    ({ tried } = answer);
    told.push(answer.told);
    if (!json) out.write(`\n${lineText(answer.told, paint)}\n`);
    if (!answer.told.asExpected) break;
  }
  const asExpected = told.every((one) => one.asExpected);
  const left = lines.length - told.length;
  if (json) out.write(`${jsonText({ asExpected, left, lines: told })}\n`);
  else
    out.write(
      asExpected
        ? `\n${paint('green', `${told.length} of ${lines.length} lines as expected.`)} It stands in ${standing(tried)}.\n`
        : `\n${paint('red', `Line ${told.length} of ${lines.length} is not as expected.`)}${left > 0 ? ` The ${left} after it were not tried.` : ''}\n`,
    );
  return asExpected;
}

async function interactive(begun: Begun, { in: input, out, paint }: Terminal): Promise<void> {
  let { tried } = begun;
  const reading = createInterface({
    input,
    output: out,
    completer: (line: string): [string[], string] => {
      const last = /\S*$/.exec(line)![0];
      return [triedWords(tried).filter((word) => word.startsWith(last)), last];
    },
  });
  out.write(`${beginText(begun, paint)}\n\n${movesText('the deal', onOneLine(triedMoves(tried)), paint)}\n`);
  reading.setPrompt('\ntry> ');
  reading.prompt();
  try {
    for await (const line of reading) {
      if (/^\s*(quit|exit)\s*$/.test(line)) break;
      const answer = tryLine(tried, line);
      const changed = answer.tried !== tried;
      ({ tried } = answer);
      const isLook = /^\s*(moves)?\s*$/.test(line);
      const said = isLook ? '' : `${saidText(answer.told, paint)}\n`;
      const moves =
        changed || isLook ? `${changed ? '\n' : ''}${movesText('the deal', onOneLine(answer.told.moves), paint)}\n` : '';
      out.write(`${said}${changed ? `It stands in ${paint('bold', standing(tried))}.\n` : ''}${moves}`);
      reading.prompt();
    }
  } finally {
    reading.close();
  }
}

const standing = ({ process, deal }: Tried): string => {
  const stage = process.definition.stages[deal.stage]!;
  const tracks = Object.entries(deal.tracks).map(([track, at]) => {
    const one = stage.tracks[track]!;
    return `${one.label}: ${one.stages[at]!.label}`;
  });
  return onOneLine(`${stage.label}${tracks.length > 0 ? ` (${tracks.join('; ')})` : ''}`);
};

function beginText({ tried, left }: Begun, paint: Paint): string {
  const { process, deal, at } = tried;
  const who = deal.id === 'tried' && tried.events.length > 0 ? 'An invented deal' : `Deal ${deal.id}`;
  return [
    onOneLine(
      `${who} under ${process.definition.title}, ${at.slice(0, 10)} ${at.slice(11, 16)} UTC, asked by somebody in every role. Nothing of it is recorded.`,
    ),
    ...left.map((say) => paint('yellow', onOneLine(`A fact was left out: ${say}`))),
    `It stands in ${paint('bold', standing(tried))}.`,
  ].join('\n');
}

const lineText = (told: TriedLine, paint: Paint): string =>
  `${paint('bold', `> ${onOneLine(told.line)}`)}\n${saidText(told, paint)}`;

/** What a line came to; for `moves` in a script, the moves. */
function saidText({ outcome, asExpected, say, blockers, line, moves }: TriedLine, paint: Paint): string {
  const colour = outcome === 'done' ? 'green' : asExpected ? 'yellow' : 'red';
  const reasons = blockers.map(
    ({ kind, say: why, who }) => `  - ${why}${kind === 'check' && who ? ` (${who.join(' or ')} may let it pass)` : ''}`,
  );
  if (/^moves$/.test(line)) return movesText('the deal', onOneLine(moves), paint);
  const unexpected = outcome === 'done' && !asExpected ? [paint('red', 'It was expected to be blocked.')] : [];
  return [
    ...say.map((one) => (outcome === 'done' ? onOneLine(one) : paint(colour, onOneLine(one)))),
    ...onOneLine(reasons),
    ...unexpected,
  ].join('\n');
}
