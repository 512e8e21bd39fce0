import type { Command } from 'commander';
import type { ShadowStatus } from '@coxswain/sales-desk';
import { listOf, processOf, withSource, type SourceOptions } from './asked.js';
import { draftName, ruleName, triedOf } from './back-test.js';
import { wrongUse, type Paint, type Terminal } from './terminal.js';
import { count, counted, instant, jsonText, onOneLine, table, UNKNOWN } from './words.js';

/** A draft that is asked beside the version in force, and stops nobody. */

interface Options extends SourceOptions {
  readonly process?: string;
  readonly draft?: string;
  readonly teams?: string;
  readonly note?: string;
  readonly json?: boolean;
}

/** Adds the commands to those about processes. */
export function shadowCommands(processes: Command, terminal: Terminal, asking: (command: Command) => Command): void {
  const { out, paint } = terminal;
  const answer = <T>(json: boolean | undefined, said: T, text: (said: T) => string): void =>
    void out.write(`${json ? jsonText(said) : text(onOneLine(said))}\n`);
  const shadow = processes.command('shadow').description('ask a draft beside the version in force, without stopping anyone');
  const ofProcess = ['--process <ID>', 'of which process; may be left out when only one is published'] as const;

  asking(shadow.command('start'))
    .description('from now on record what a process file, or a draft, would have said to each move')
    .argument('[FILE]', 'the process file, YAML or JSON')
    .option('--draft <DRAFT>', 'instead of a file: a draft that was kept, by its number or the beginning of its hash')
    .option(...ofProcess)
    .option('--teams <TEAMS>', 'only for the deals of these teams, such as north,south')
    .option('--note <TEXT>', 'why: kept with it')
    .option('--as <NAME>', 'who asks (default: you)')
    .option('--json', 'print JSON')
    .action(async (file: string | undefined, { json, draft, process, teams, note, ...options }: Options) => {
      const asked = await triedOf(file, draft, terminal);
      const named = teams === undefined ? null : listOf(teams);
      if (named?.length === 0) throw wrongUse('--teams names no team.', 'Leave it out for all.');
      await withSource(
        options,
        terminal,
        async (source) => {
          const id = await processOf(source, process ?? asked.process);
          const started = await source.trials.startShadow(id, asked.tried, named, note ?? null);
          answer(
            json,
            started,
            (said) =>
              `Shadow ${said.shadow} of ${said.process} is running, for ${teamsOf(said)}. It stops nobody.\nLook at it with "coxswain process shadow show ${said.shadow}".`,
          );
        },
        { access: 'write' },
      );
    });

  asking(shadow.command('show'))
    .description('tell what the draft would have said so far, by rule and by person')
    .argument('[ID]', 'the shadow; the latest when left out')
    .option(...ofProcess)
    .option('--json', 'print JSON')
    .action((one: string | undefined, { json, process, ...options }: Options) =>
      withSource(options, terminal, async (source) => {
        const id = await processOf(source, process);
        const latest = one ?? (await source.trials.shadows(id))[0]?.shadow;
        if (latest === undefined) return void out.write(`${NONE}\n`);
        answer(json, await source.trials.oneShadow(id, latest), (said) => shadowText(said, paint));
      }),
    );

  asking(shadow.command('list'))
    .description('list the shadows of a process, the latest first')
    .option(...ofProcess)
    .option('--json', 'print JSON')
    .action(({ json, process, ...options }: Options) =>
      withSource(options, terminal, async (source) => {
        const items = await source.trials.shadows(await processOf(source, process));
        answer(json, { items, next: null }, (said) => listText(said.items));
      }),
    );

  asking(shadow.command('stop'))
    .description('ask the draft no more; the report stays')
    .argument('<ID>', 'the shadow')
    .option(...ofProcess)
    .option('--as <NAME>', 'who asks (default: you)')
    .option('--json', 'print JSON')
    .action((one: string, { json, process, ...options }: Options) =>
      withSource(
        options,
        terminal,
        async (source) => {
          const stopped = await source.trials.stopShadow(await processOf(source, process), one);
          answer(json, stopped, (said) => shadowText(said, paint));
        },
        { access: 'write' },
      ),
    );
}

const NONE = 'There is no shadow yet. Start one with "coxswain process shadow start FILE".';

const teamsOf = ({ teams }: Pick<ShadowStatus, 'teams'>): string =>
  teams === null ? 'all' : teams.length === 1 ? `team ${teams[0]}` : `the teams ${teams.join(', ')}`;

const sum = ({ allowed, stopped, noPlace, failed }: ShadowStatus['made']): number => allowed + stopped + noPlace + failed;

function listText(items: readonly ShadowStatus[]): string {
  if (items.length === 0) return NONE;
  return table(
    ['shadow', 'started, UTC', 'of', 'for', 'state', 'moves', 'would have stopped', 'would have allowed', 'by', 'note'],
    items.map((one) => [
      one.shadow,
      instant(one.occurredAt),
      draftName(one),
      teamsOf(one),
      one.state,
      sum(one.made),
      one.made.stopped,
      one.refused.allowed,
      one.by,
      one.note ?? UNKNOWN,
    ]),
  );
}

function shadowText(found: ShadowStatus, paint: Paint): string {
  const { process, shadow, occurredAt, stopped, made, refused, rules, people, samples } = found;
  const until = stopped === null ? 'running' : `stopped ${instant(stopped.at)} by ${stopped.by}`;
  const odd = made.noPlace + refused.noPlace;
  const failed = made.failed + refused.failed;
  const lines = [
    `Shadow ${shadow} of ${process}, ${draftName(found)}, for ${teamsOf(found)}: since ${instant(occurredAt)} UTC, ${until}.`,
    '',
    `Made: ${counted(sum(made), 'move')}. The draft agreed to ${count(made.allowed)} and would have stopped ${count(made.stopped)}.`,
    `Refused: ${counted(sum(refused), 'move')}. The draft would have refused ${count(refused.stopped)}, too, and allowed ${count(refused.allowed)}.`,
    ...(odd > 0 ? [`Of ${counted(odd, 'move')} the draft has no place: its stages or its move are gone.`] : []),
    ...(failed > 0
      ? [paint('red', `${counted(failed, 'move')} could not be judged: the draft breaks. Nobody was stopped.`)]
      : []),
  ];
  if (samples.length === 0) return [...lines, '', 'The draft and the version in force have not disagreed yet.'].join('\n');
  return [
    ...lines,
    '',
    table(
      ['rule', 'would have', 'moves', 'asked by', 'deals, for example'],
      rules.map(({ rule, would, moves, people: who, examples }) => [
        ruleName(rule),
        would === 'stop' ? 'stopped' : 'allowed',
        moves,
        who.map(({ person, moves: of }) => `${person} ${count(of)}`).join(', '),
        examples.slice(0, 3).join(', '),
      ]),
    ),
    '',
    table(
      ['who asked', 'moves', 'would have stopped', 'would have allowed'],
      people.slice(0, 10).map(({ person, moves, wouldStop, wouldAllow }) => [person, moves, wouldStop, wouldAllow]),
    ),
    '',
    'The latest on which they do not agree',
    table(
      ['when, UTC', 'deal', 'asked by', 'move', 'would have', 'why'],
      samples
        .slice(0, 10)
        .map(({ at, deal, by, move, to, would, why }) => [
          instant(at),
          deal,
          by,
          move ?? to ?? UNKNOWN,
          would === 'stop' ? 'stopped' : 'allowed',
          why.join(' '),
        ]),
    ),
  ].join('\n');
}
