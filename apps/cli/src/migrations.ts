import { InvalidArgumentError, type Command } from 'commander';
import type { MigrationReport, MigrationStatus } from '@coxswain/sales-desk';
import type { MigrationChoice } from '@coxswain/sales-process';
import { instantOf, processOf, withSource } from './asked.js';
import { numberOf, teamsOf, whose, type Options } from './changes.js';
import type { ChangesSource } from './changes-source.js';
import { progress } from './progress.js';
import type { Paint, Terminal } from './terminal.js';
import { count, counted, instant, jsonText, onOneLine, table, UNKNOWN } from './words.js';

/** Moving running deals to another version of their process. */

interface MigrateOptions extends Options {
  readonly to: number;
  readonly dryRun?: boolean;
  readonly choose: readonly MigrationChoice[];
  readonly teams?: string;
  readonly leaveBlocked?: boolean;
  readonly note?: string;
}

/** Adds the commands; `asking` adds the options by which they are told whom to ask. */
export function migrationCommands(processes: Command, terminal: Terminal, asking: (command: Command) => Command): void {
  const { out, paint } = terminal;
  const answer = <T>(json: boolean | undefined, value: T, text: (said: T) => string): void => {
    const said = json ? jsonText(value) : text(onOneLine(value));
    out.write(said.endsWith('\n') ? said : `${said}\n`);
  };
  const ofProcess = ['--process <ID>', 'of which process; may be left out when only one is published'] as const;
  const acting = (command: Command): Command =>
    asking(command)
      .option(...ofProcess)
      .option('--as <NAME>', 'who does it (default: you)')
      .option('--roles <ROLES>', 'in which roles (default: operations)')
      .option('--json', 'print JSON');

  acting(processes.command('migrate'))
    .description('move the running deals to a version; --dry-run first tells what would become of each')
    .requiredOption('--to <VERSION>', 'the version they go to', numberOf)
    .option('--dry-run', 'tell what would become of them; write nothing')
    .option(
      '--choose <CHOICE>',
      'for the deals of a stage, repeatable: "demo -> proposal", "demo stays until 2026-04-01T00:00:00Z", either with " when EXPRESSION"',
      choiceOf,
      [],
    )
    .option('--teams <TEAMS>', 'only deals of these teams')
    .option('--leave-blocked', 'leave deals whose next step would be blocked; else they are moved and say what blocks them')
    .option('--note <TEXT>', 'why')
    .action(({ json, process, to, dryRun, choose, teams, leaveBlocked, note, ...options }: MigrateOptions) =>
      withSource(
        options,
        terminal,
        async (source) => {
          const id = await processOf(source, process);
          const request = {
            process: id,
            version: to,
            choices: choose,
            teams: teams === undefined ? null : teamsOf(teams),
            blocked: leaveBlocked === true ? 'leave' : 'move',
            ...(note === undefined ? {} : { note }),
          } as const;
          if (dryRun === true) {
            const plan = await source.changes.planMigration(request);
            answer(json, plan, (said) => planText(said, paint));
            return;
          }
          const { migration } = await source.changes.startMigration(request);
          answer(json, await watched(source.changes, id, migration), (said) => migrationText(said));
        },
        { access: dryRun === true ? 'read' : 'write' },
      ),
    );

  asking(processes.command('migrations'))
    .option(...ofProcess)
    .option('--json', 'print JSON')
    .description('the migrations of a process, the latest first')
    .action(({ json, process, ...options }: Options) =>
      withSource(options, terminal, async (source) => {
        const items = await source.changes.migrations(await processOf(source, process));
        answer(json, { items, next: null }, (said) => migrationsText(said.items));
      }),
    );

  for (const [act, description] of [
    ['pause', 'pause a migration: deals that have moved stay moved'],
    ['resume', 'go on with a migration that was paused, or that left deals behind'],
    ['end', 'end a migration: what it has not moved stays where it is'],
  ] as const)
    acting(processes.command(`${act}-migration`))
      .description(description)
      .argument('<MIGRATION>', 'its id')
      .action((migration: string, { json, process, ...options }: Options) =>
        withSource(
          options,
          terminal,
          async (source) => {
            const id = await processOf(source, process);
            const status = await source.changes.steer(id, migration, act);
            const said = act !== 'resume' ? status : await watched(source.changes, id, migration);
            answer(json, said, migrationText);
          },
          { access: 'write' },
        ),
      );

  /** Tells how far it is until nothing is under way. */
  async function watched(changes: ChangesSource, process: string, migration: string): Promise<MigrationStatus> {
    const shown = progress('deals looked at', terminal);
    try {
      return await changes.watch(process, migration, ({ done, of }) => shown.at(done, of));
    } finally {
      shown.stop();
    }
  }
}

/** `demo -> proposal when size > 3`, `demo stays until 2026-04-01T00:00:00Z`. */
function choiceOf(text: string, before: readonly MigrationChoice[]): readonly MigrationChoice[] {
  const [, stage, to, until, when] = /^\s*(\S+)\s+(?:->\s*(\S+)|stays\s+until\s+(\S+))(?:\s+when\s+(.+))?$/.exec(text) ?? [];
  if (stage === undefined)
    throw new InvalidArgumentError('It looks like "demo -> proposal" or "demo stays until 2026-04-01T00:00:00Z".');
  const where = until === undefined ? { to: to! } : { stayUntil: instantOf('--choose', until) };
  return [...before, { stage, ...where, ...(when === undefined ? {} : { when: when.trim() }) }];
}

const OUTCOMES: Readonly<Record<string, string>> = {
  moves: 'moves cleanly',
  blocked: 'moves, next step blocked',
  choice: 'needs a choice',
  stays: 'stays for now',
};

function planText({ process, version, deals, moves, blocked, choice, stays, groups }: MigrationReport, paint: Paint): string {
  if (deals === 0) return `No running deal of ${process} is on another version than ${version}: there is nothing to move.`;
  const rows = groups.map((group) => [
    group.version,
    group.stage,
    group.to ?? UNKNOWN,
    OUTCOMES[group.outcome] ?? group.outcome,
    group.deals,
    group.overdue,
    group.why.join(' ') || UNKNOWN,
    group.examples.slice(0, 3).join(', '),
  ]);
  const sums = `${counted(deals, 'running deal')} would go to ${process} version ${version}: ${count(moves)} cleanly, ${count(blocked)} with the next step blocked; ${count(choice)} ${choice === 1 ? 'needs' : 'need'} a choice, ${count(stays)} ${stays === 1 ? 'stays' : 'stay'} for now.`;
  const help =
    choice > 0
      ? `\n${paint('yellow', 'Deals that need a choice stay where they are')}: choose with --choose "${groups.find(({ outcome }) => outcome === 'choice')?.stage} -> STAGE".`
      : '';
  return `${table(['version', 'stage', 'to', 'outcome', 'deals', 'overdue at once', 'why', 'for example'], rows)}\n\n${sums}${help}\nNothing was written.`;
}

function migrationText({ migration, process, version, state, finished, progress: at }: MigrationStatus): string {
  const head = `Migration ${migration} of ${process} to version ${version}`;
  if (finished) {
    const { moved, waiting, left } = finished;
    return `${head} is done: ${counted(moved, 'deal')} moved, ${count(waiting)} waiting for a choice, ${count(left)} left on their version.`;
  }
  const far = at ? `, ${count(at.done)} of ${counted(at.of, 'deal')} looked at` : '';
  const stay =
    at && at.staying > 0
      ? ` ${counted(at.staying, 'deal')} ${at.staying === 1 ? 'stays until its' : 'stay until their'} day has come; a service that runs then goes on with it.`
      : '';
  if (state === 'paused') return `${head} is paused${far}. Go on with "coxswain process resume-migration ${migration}".`;
  return `${head} is under way${far}.${stay}`;
}

function migrationsText(all: readonly MigrationStatus[]): string {
  if (all.length === 0) return 'No deals were ever moved to another version.';
  return table(
    ['migration', 'started, UTC', 'to version', 'of', 'by', 'is', 'moved', 'waiting', 'left', 'note'],
    all.map(({ migration, occurredAt, version, teams, by, state, finished, note }) => [
      migration,
      instant(occurredAt),
      version,
      whose(teams),
      by,
      state,
      finished?.moved ?? UNKNOWN,
      finished?.waiting ?? UNKNOWN,
      finished?.left ?? UNKNOWN,
      note ?? UNKNOWN,
    ]),
  );
}
