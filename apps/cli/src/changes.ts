import { InvalidArgumentError, type Command } from 'commander';
import { CONTENT_NAME, type PublishOptions } from '@coxswain/sales-desk';
import { readProcessFile, type ProcessChange } from '@coxswain/sales-process';
import { instantOf, listOf, nameOf, processOf, withSource, type SourceOptions } from './asked.js';
import type { Difference, DraftSummary, ProcessInFull } from './changes-source.js';
import { textOf } from './files.js';
import { hasErrors, problemsText, publishText } from './processes.js';
import { wrongUse, type ExitCode, type Paint, type Terminal } from './terminal.js';
import { count, instant, jsonText, onOneLine, table, UNKNOWN } from './words.js';

/** How a process that runs is changed: drafts, what changes, for whom and from when. */

export type Options = SourceOptions & { readonly json?: boolean; readonly process?: string };

interface SaidOfVersion {
  readonly note?: string | undefined;
  readonly from?: string | undefined;
  readonly reviewedBy?: string | undefined;
  readonly teams?: string | undefined;
}

/** What the options of publishing mean. */
export function effectiveOf({ note, from, reviewedBy, teams }: SaidOfVersion): PublishOptions {
  return {
    ...(note === undefined ? {} : { note }),
    ...(from === undefined ? {} : { effectiveFrom: instantOf('--from', from) }),
    ...(reviewedBy === undefined ? {} : { reviewedBy: nameOf(reviewedBy) }),
    ...(teams === undefined ? {} : { teams: teamsOf(teams) }),
  };
}

export function changeCommands(
  processes: Command,
  terminal: Terminal,
  { asking, exit }: { readonly asking: (command: Command) => Command; readonly exit: (code: ExitCode) => void },
): void {
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
  const looking = (command: Command): Command =>
    asking(command)
      .option(...ofProcess)
      .option('--json', 'print JSON');

  looking(processes.command('show'))
    .description('the versions of a process: since when, for whom, and how many deals run under each')
    .action(({ json, process, ...options }: Options) =>
      withSource(options, terminal, async (source) => {
        answer(json, await source.changes.process(await processOf(source, process)), (said) => showText(said, paint));
      }),
    );

  asking(processes.command('draft'))
    .description('check a process file and keep it as a draft, under which no deal runs')
    .argument('<FILE>', 'the process file, YAML or JSON')
    .option('--note <TEXT>', 'what it is meant to bring: kept with it')
    .option('--as <NAME>', 'who keeps it (default: you)')
    .option('--json', 'print JSON')
    .action(async (file: string, { json, note, ...options }: Options & { note?: string }) => {
      const sent = await fileOf(file);
      const checked = readProcessFile(sent.text);
      const { problems, draft, repeated } = checked.process
        ? await withSource(options, terminal, (source) => source.changes.saveDraft(checked.process!.id, sent, note), {
            access: 'write',
          })
        : { problems: checked.problems, draft: null, repeated: false };
      answer(json, { ...draft, problems }, (said) => {
        const kept = draft
          ? repeated
            ? `Draft ${draft.draft} of ${draft.process} says the same: nothing was kept.`
            : `Kept as draft ${draft.draft} of ${draft.process} (${draft.hash.slice(0, 12)}).`
          : 'Nothing was kept.';
        return said.problems.length > 0 ? `${problemsText(file, said.problems, paint)}\n${kept}` : kept;
      });
      if (!draft) exit(1);
    });

  looking(processes.command('drafts'))
    .description('the drafts of a process, the latest first')
    .action(({ json, process, ...options }: Options) =>
      withSource(options, terminal, async (source) => {
        // A process that has only drafts is not among the published ones.
        const items = await source.changes.drafts(process ?? (await processOf(source, process)));
        answer(json, { items, next: null }, (said) => draftsText(said.items));
      }),
    );

  acting(processes.command('publish-draft'))
    .description('put a draft in force as it is')
    .argument('<DRAFT>', 'its number', numberOf)
    .option('--note <TEXT>', 'why this version: kept with it')
    .option('--from <INSTANT>', 'from when on new deals run under it (default: at once)')
    .option('--reviewed-by <NAME>', 'who looked at it before')
    .option('--teams <TEAMS>', 'only new deals of these teams run under it, such as north,south (default: all)')
    .action(async (draft: number, { json, process, note, from, reviewedBy, teams, ...options }: Options & SaidOfVersion) => {
      const said = effectiveOf({ note, from, reviewedBy, teams });
      await withSource(
        options,
        terminal,
        async (source) => {
          const id = process ?? (await processOf(source, process));
          const published = await source.changes.publishDraft(id, draft, said);
          answer(json, { ...published.published, problems: published.problems }, ({ problems }) =>
            publishText(`draft ${draft}`, { ...published, problems }, paint, said),
          );
          if (!published.published) exit(1);
        },
        { access: 'write' },
      );
    });

  looking(processes.command('diff'))
    .description('what changes from one version or draft to another, or to a file, in sales words')
    .argument('[FILE]', 'the later one as a file')
    .option(
      '--from <WHAT>',
      'the earlier one: in-force, a version such as 3, draft (the latest), or draft:2',
      contentOf,
      'in-force',
    )
    .option('--to <WHAT>', 'the later one (default: draft)', contentOf)
    .action(
      async (file: string | undefined, { json, process, from, to, ...options }: Options & { from: string; to?: string }) => {
        if (file !== undefined && to !== undefined) throw wrongUse('A FILE and --to exclude each other.', 'Name one of them.');
        const sent = file === undefined ? null : await fileOf(file);
        const checked = sent && readProcessFile(sent.text);
        if (checked && hasErrors(checked.problems)) {
          answer(json, { problems: checked.problems }, (said) => problemsText(file!, said.problems, paint));
          return exit(1);
        }
        await withSource(options, terminal, async (source) => {
          const id = process ?? checked?.process?.id ?? (await processOf(source, process));
          if (checked?.process && checked.process.id !== id)
            throw wrongUse(`${file} is of the process "${checked.process.id}", not of "${id}".`, 'Leave --process out.');
          const difference = await source.changes.diff(id, from, sent ?? to ?? 'draft');
          answer(json, difference, (said) => diffText(said, paint));
        });
      },
    );

  acting(processes.command('roll-out'))
    .description('put a version in force for other teams, or for all: of new deals')
    .argument('<VERSION>', 'its number', numberOf)
    .option('--teams <TEAMS>', 'for these teams, such as north,south')
    .option('--all', 'for all')
    .option('--note <TEXT>', 'why')
    .action(
      (
        version: number,
        { json, process, teams, all, note, ...options }: Options & { teams?: string; all?: boolean; note?: string },
      ) => {
        if ((teams === undefined) === (all !== true))
          throw wrongUse('Say for whom: --teams, or --all.', 'For example --teams north.');
        return withSource(
          options,
          terminal,
          async (source) => {
            const id = await processOf(source, process);
            const done = await source.changes.rollOut(id, version, teams === undefined ? null : teamsOf(teams), note);
            answer(json, done, (said) => `New deals of ${whose(said.teams)} run under ${said.id} version ${said.version}.`);
          },
          { access: 'write' },
        );
      },
    );

  acting(processes.command('retire'))
    .description('no new deal runs under a version any more; those that do go on')
    .argument('<VERSION>', 'its number', numberOf)
    .option('--note <TEXT>', 'why')
    .action((version: number, { json, process, note, ...options }: Options & { note?: string }) =>
      withSource(
        options,
        terminal,
        async (source) => {
          const done = await source.changes.retire(await processOf(source, process), version, note);
          answer(json, done, (said) => `${said.id} version ${said.version} is retired: no new deal runs under it.`);
        },
        { access: 'write' },
      ),
    );
}

async function fileOf(file: string): Promise<{ readonly text: string; readonly format: 'yaml' | 'json' }> {
  return { text: await textOf(file), format: file.toLowerCase().endsWith('.json') ? 'json' : 'yaml' };
}

export function teamsOf(text: string): readonly string[] {
  const teams = [...new Set(listOf(text))];
  if (teams.length === 0) throw wrongUse('--teams names no team.', 'It looks like --teams north,south.');
  return teams;
}

export function numberOf(text: string): number {
  if (/^[1-9]\d{0,5}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('It is a number from 1 on.');
}

function contentOf(text: string): string {
  if (CONTENT_NAME.test(text)) return text;
  throw new InvalidArgumentError('It is in-force, the number of a version, draft (the latest), or a draft like draft:2.');
}

export const whose = (teams: readonly string[] | null): string =>
  teams === null ? 'all teams' : `${teams.length === 1 ? 'team' : 'teams'} ${teams.join(', ')}`;

function showText({ id, title, version: inForce, versions, use }: ProcessInFull, paint: Paint): string {
  const uses = new Map(use.map((one) => [one.version, one]));
  const rows = versions
    .toReversed()
    .map(({ version, hash, publishedAt, by, note, effectiveFrom, reviewedBy, teams, retiredAt }) => {
      const { deals = 0, open = 0, teams: where = [] } = uses.get(version) ?? {};
      return [
        version,
        version === inForce
          ? paint('green', 'in force')
          : retiredAt !== null
            ? 'retired'
            : teams !== null
              ? 'some teams'
              : UNKNOWN,
        instant(effectiveFrom ?? publishedAt),
        teams === null ? 'all' : teams.join(', '),
        deals,
        open,
        where.map(({ team, open: of }) => `${team ?? 'no team'} ${count(of)}`).join(', ') || UNKNOWN,
        by,
        reviewedBy ?? UNKNOWN,
        note ?? UNKNOWN,
        hash.slice(0, 12),
      ];
    });
  return `${title} (${id})\n\n${table(
    ['version', 'is', 'since, UTC', 'new deals of', 'deals', 'open', 'open by team', 'by', 'reviewed by', 'note', 'content'],
    rows,
  )}`;
}

function draftsText(drafts: readonly DraftSummary[]): string {
  if (drafts.length === 0) return 'There is no draft yet. Keep one with "coxswain process draft FILE".';
  return table(
    ['draft', 'kept, UTC', 'by', 'note', 'content'],
    drafts.map(({ draft, savedAt, by, note, hash }) => [draft, instant(savedAt), by, note ?? UNKNOWN, hash.slice(0, 12)]),
  );
}

const CLASSES: readonly (readonly [ProcessChange['class'], string])[] = [
  ['breaking', 'Breaking: a deal may be stopped or lose its place, or a figure its past'],
  ['compatible', 'Compatible: nobody is stopped'],
  ['cosmetic', 'Cosmetic: names that people read'],
];

function diffText({ process, from, to, changes }: Difference, paint: Paint): string {
  const between = `${process}: from ${from.name} to ${to.name}`;
  if (changes.length === 0)
    return from.hash === to.hash ? `${between}: the same.` : `${between}: they say the same for those who sell.`;
  const parts = CLASSES.flatMap(([kind, heading]) => {
    const found = changes.filter((one) => one.class === kind);
    if (found.length === 0) return [];
    const painted = kind === 'breaking' ? paint('red', heading) : heading;
    return [`${painted}\n${found.map(({ say }) => `  ${say}`).join('\n')}`];
  });
  const counts = CLASSES.map(([kind]) => `${changes.filter((one) => one.class === kind).length} ${kind}`).join(', ');
  return `${between}: ${counts}\n\n${parts.join('\n\n')}`;
}
