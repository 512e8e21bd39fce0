import { Option, type Command } from 'commander';
import { PERIODS, type Period, type Plan } from '@coxswain/projections';
import { readTargetsCsv, type PlanOutcome } from '@coxswain/sales-desk';
import type { Money, TargetInput } from '@coxswain/sales-process';
import { processOf, withSource, type SourceOptions } from './asked.js';
import { textOf } from './files.js';
import { CannotDo, wrongUse, type Terminal } from './terminal.js';
import { count, counted, instant, jsonText, money, onOneLine, table, UNKNOWN } from './words.js';

/** Targets, calls and forecasts as they were issued: the numbers that go to and fro with finance. */

type Options = SourceOptions & { readonly json?: boolean; readonly process?: string };

interface CallOptions extends Options {
  readonly period: string;
  readonly commit?: string;
  readonly bestCase?: string;
  readonly owner?: string;
  readonly team?: string;
  readonly note?: string;
}

/** Adds the commands; `asking` adds the options by which they are told whom to ask. */
export function planCommands(coxswain: Command, terminal: Terminal, asking: (command: Command) => Command): void {
  const { out } = terminal;
  const answer = <T>(json: boolean | undefined, value: T, text: (said: T) => string): void => {
    const said = json ? jsonText(value) : text(onOneLine(value));
    out.write(said.endsWith('\n') ? said : `${said}\n`);
  };
  const ofProcess = ['--process <ID>', 'of which process; may be left out when only one is published'] as const;

  const targets = coxswain.command('targets').description('what is to be won: by person, team or in all, by month or quarter');
  asking(targets.command('set'))
    .description('set the targets of a CSV file: all of them, or none where one has a problem')
    .argument('<FILE>', 'columns period, amount (whole units of the currency), and owner, team, note where they are meant')
    .option(...ofProcess)
    .option('--dry-run', 'check everything, write nothing')
    .option('--as <NAME>', 'who sets them (default: you)')
    .option('--roles <ROLES>', 'in which roles (default: operations)')
    .option('--json', 'print JSON')
    .action(async (file: string, { json, process, dryRun, ...options }: Options & { dryRun?: boolean }) => {
      const text = await textOf(file);
      await withSource(
        options,
        terminal,
        async (source) => {
          const id = await processOf(source, process);
          const { targets: read, problems } = readTargetsCsv(text, await source.currency(id));
          if (problems.length > 0)
            throw new CannotDo(
              `${file} has ${counted(problems.length, 'problem')}; nothing was set.`,
              problems.map(({ line, say }) => `${file}${line === 0 ? '' : `:${line}`}: ${say}`).join('\n'),
            );
          const outcome = await source.setTargets(id, read, dryRun === true);
          const { set, unchanged } = planned(outcome, file, read);
          answer(json, { set, unchanged }, () =>
            dryRun === true
              ? `${counted(set, 'target')} would be set, ${count(unchanged)} in force already.`
              : `${counted(set, 'target')} set, ${count(unchanged)} in force already.`,
          );
        },
        { access: dryRun === true ? 'read' : 'write' },
      );
    });

  asking(targets.command('list'))
    .description('the targets in force')
    .option(...ofProcess)
    .option('--json', 'print JSON')
    .action(({ json, process, ...options }: Options) =>
      withSource(options, terminal, async (source) => {
        const { targets: items } = await source.plan(await processOf(source, process));
        answer(json, { items, next: null }, (said) => targetsText(said.items));
      }),
    );

  const forecasts = coxswain.command('forecast').description('issue forecasts as events, record calls, and list both');
  asking(forecasts.command('issue'))
    .description('keep what the forecast says now of the present period and the next; once a day')
    .option(...ofProcess)
    .addOption(new Option('--period <LENGTH>', 'of months or of quarters').choices(PERIODS).default('quarter'))
    .option('--json', 'print JSON')
    .action(({ json, process, period, ...options }: Options & { period: Period }) =>
      withSource(
        options,
        terminal,
        async (source) => {
          const { issued } = planned(await source.issueForecasts(await processOf(source, process), period));
          answer(json, { issued }, () =>
            issued === 0
              ? 'Nothing was issued: it was today already, or the record says nothing yet.'
              : `${counted(issued, 'forecast')} issued.`,
          );
        },
        { access: 'write' },
      ),
    );

  asking(forecasts.command('call'))
    .description('record what somebody says will have come in by the end of a period, what is won already included')
    .requiredOption('--period <PERIOD>', 'such as 2026-11 or 2026-Q4')
    .option('--commit <AMOUNT>', 'what is as good as certain, in whole units of the currency')
    .option('--best-case <AMOUNT>', 'what it may come to if all goes well')
    .option('--owner <NAME>', 'whose call (default: your own)')
    .option('--team <TEAM>', "a team's call")
    .option('--note <TEXT>', 'why')
    .option(...ofProcess)
    .option('--as <NAME>', 'who calls (default: you)')
    .option('--roles <ROLES>', 'in which roles (default: operations)')
    .option('--json', 'print JSON')
    .action(({ json, process, period, commit, bestCase, owner, team, note, ...options }: CallOptions) => {
      if (commit === undefined && bestCase === undefined)
        throw wrongUse('Say what you call: --commit, --best-case, or both.', 'For example --commit 120000.');
      return withSource(
        options,
        terminal,
        async (source) => {
          const id = await processOf(source, process);
          const currency = await source.currency(id);
          const calls: { call: string; repeated: boolean; kind: string }[] = [];
          for (const [kind, amount] of [
            ['commit', commit],
            ['best-case', bestCase],
          ] as const) {
            if (amount === undefined) continue;
            const whose = owner === undefined && team === undefined ? {} : { owner: owner ?? null, team: team ?? null };
            const input = { period, kind, amount: amountOf(amount, currency), ...whose, note: note ?? null };
            const { call, repeated } = planned(await source.makeCall(id, input));
            calls.push({ call, repeated, kind });
          }
          answer(json, { calls }, (said) =>
            said.calls
              .map(({ kind, repeated }) => `${kind}: ${repeated ? 'the same as before, nothing was written' : 'recorded'}.`)
              .join('\n'),
          );
        },
        { access: 'write' },
      );
    });

  asking(forecasts.command('list'))
    .description('forecasts as they were issued, and calls, the latest first; how they turned out: "report forecast-record"')
    .option(...ofProcess)
    .option('--period <PERIOD>', 'only of this month or quarter')
    .option('--json', 'print JSON')
    .action(({ json, process, period, ...options }: Options & { period?: string }) =>
      withSource(options, terminal, async (source) => {
        const { calls, issued } = await source.plan(await processOf(source, process), period);
        answer(json, { issued, calls }, (said) => `${issuedText(said.issued)}\n\n${callsText(said.calls)}`);
      }),
    );

  /** An amount in whole units, through the same reader as a file of targets. */
  function amountOf(text: string, currency: string): Money {
    const { targets: read } = readTargetsCsv(`period,amount\n2026-01,"${text.replaceAll('"', '')}"\n`, currency);
    const amount = read[0]?.amount;
    if (!amount) throw wrongUse(`"${text}" is not an amount of ${currency}.`, 'It looks like 120000 or 120,000.00.');
    return amount;
  }
}

/** What was done; else what is wrong, as an error for the reader. */
function planned<Done>(
  outcome: PlanOutcome<Done>,
  file?: string,
  targets: readonly TargetInput[] = [],
): { readonly kind: 'done' } & Done {
  switch (outcome.kind) {
    case 'done':
      return outcome;
    case 'not-found':
      throw new CannotDo(`No process "${outcome.id}" is published.`, 'List those that are with "coxswain process list".');
    case 'forbidden':
      throw new CannotDo(outcome.say, 'Ask in one of these roles: --roles.');
    case 'refused': {
      const lines = outcome.problems.map(({ at, field, say }) => {
        const one = targets[at];
        return one && file !== undefined ? `${one.period} ${one.owner ?? one.team ?? 'all'}: ${field} ${say}` : `${field} ${say}`;
      });
      throw new CannotDo('Nothing was written.', lines.join('\n'));
    }
  }
}

const who = ({ owner, team }: { readonly owner: string | null; readonly team: string | null }): string =>
  owner ?? (team === null ? 'all' : `team ${team}`);

const targetsText = (targets: Plan['targets']): string =>
  targets.length === 0
    ? 'No target is set. Set some with "coxswain targets set FILE.csv".'
    : table(
        ['period', 'of', 'target', 'set, UTC', 'by', 'note'],
        targets.map((one) => [
          one.period,
          who(one),
          one.amount ? money(one.amount) : UNKNOWN,
          instant(one.occurredAt),
          one.by,
          one.note ?? UNKNOWN,
        ]),
      );

const SHOWN = 30;

function issuedText(issued: Plan['issued']): string {
  if (issued.length === 0) return 'No forecast was issued yet.';
  const latest = issued.toReversed().slice(0, SHOWN);
  const sum = (amount: Money | null): string => (amount === null ? UNKNOWN : money(amount));
  const more = issued.length > SHOWN ? `\nand ${count(issued.length - SHOWN)} more; --json has them all` : '';
  return `Issued\n${table(
    ['issued, UTC', 'of', 'period', 'won so far', 'p10', 'p50', 'p90'],
    latest.map((one) => [
      instant(one.occurredAt),
      one.grouping === 'team' ? `team ${one.group ?? 'none'}` : (one.group ?? 'all'),
      one.period,
      money(one.booked),
      sum(one.p10),
      sum(one.p50),
      sum(one.p90),
    ]),
  )}${more}`;
}

function callsText(calls: Plan['calls']): string {
  if (calls.length === 0) return 'Nobody has made a call yet.';
  const latest = calls.toReversed().slice(0, SHOWN);
  return `Called\n${table(
    ['called, UTC', 'of', 'period', 'call', 'amount', 'note'],
    latest.map((one) => [instant(one.occurredAt), who(one), one.period, one.kind, money(one.amount), one.note ?? UNKNOWN]),
  )}`;
}
