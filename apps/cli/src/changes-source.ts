import { setTimeout as pause } from 'node:timers/promises';
import {
  versionSummary,
  type DraftAnswer,
  type MigrationOutcome,
  type MigrationProgress,
  type MigrationReport,
  type MigrationRequest,
  type MigrationStatus,
  type ProcessDraft,
  type PublishAnswer,
  type PublishOptions,
  type SalesDesk,
  type VersionOutcome,
  type VersionUse,
} from '@coxswain/sales-desk';
import { diffProcesses, readProcessFile, type Actor, type Problem, type ProcessChange } from '@coxswain/sales-process';
import type { HttpSource } from './http-source.js';
import type { ProcessSummary } from './source.js';
import { CannotDo } from './terminal.js';

/** A process with its versions, and how many deals run under each. */
export interface ProcessInFull extends ProcessSummary {
  readonly versions: readonly ProcessSummary[];
  readonly use: readonly VersionUse[];
}

export type DraftSummary = Omit<ProcessDraft, 'file' | 'format' | 'definition'>;

export interface Difference {
  readonly process: string;
  readonly from: { readonly name: string; readonly hash: string };
  readonly to: { readonly name: string; readonly hash: string };
  readonly changes: readonly ProcessChange[];
}

export interface FileSent {
  readonly text: string;
  readonly format: 'yaml' | 'json';
}

/** How a process that runs is changed: drafts, what changes, for whom, and moving the running deals. Rejects with `CannotDo` where that cannot be. */
export interface ChangesSource {
  process(id: string): Promise<ProcessInFull>;
  saveDraft(process: string, file: FileSent, note: string | undefined): Promise<DraftAnswer>;
  /** The latest first. */
  drafts(process: string): Promise<readonly DraftSummary[]>;
  publishDraft(process: string, draft: number, options: PublishOptions): Promise<PublishAnswer>;
  /** From `in-force`, a version or a draft, to one of them or to a file. */
  diff(process: string, from: string, to: string | FileSent): Promise<Difference>;
  rollOut(process: string, version: number, teams: readonly string[] | null, note: string | undefined): Promise<ProcessSummary>;
  retire(process: string, version: number, note: string | undefined): Promise<ProcessSummary>;
  planMigration(request: MigrationRequest): Promise<MigrationReport>;
  startMigration(request: MigrationRequest): Promise<MigrationStatus>;
  migrations(process: string): Promise<readonly MigrationStatus[]>;
  steer(process: string, migration: string, act: 'pause' | 'resume' | 'end'): Promise<MigrationStatus>;
  /** Resolves once nothing of the migration is under way: it is done, paused, or waits for a day. */
  watch(process: string, migration: string, onProgress: (progress: MigrationProgress) => void): Promise<MigrationStatus>;
}

const LOOK_EVERY_MS = 200;
const LOOKS_WITHOUT_PROGRESS = 150;

export class DeskChanges implements ChangesSource {
  constructor(
    private readonly desk: SalesDesk,
    private readonly actor: Actor,
    private readonly now: () => Date,
  ) {}

  async process(id: string): Promise<ProcessInFull> {
    const inForce = this.desk.process(id);
    if (!inForce) throw noProcess(id);
    return {
      ...versionSummary(inForce),
      versions: this.desk.versions(id).map(versionSummary),
      use: this.desk.dealsByVersion(id),
    };
  }

  saveDraft(_process: string, { text, format }: FileSent, note: string | undefined): Promise<DraftAnswer> {
    return this.desk.saveDraft(text, format, this.actor, note);
  }

  async drafts(process: string): Promise<readonly DraftSummary[]> {
    const drafts = this.desk.drafts(process);
    if (drafts.length === 0 && this.desk.process(process) === null) throw noProcess(process);
    return drafts.toReversed().map(({ file: _, format: _format, definition: _definition, ...draft }) => draft);
  }

  publishDraft(process: string, draft: number, options: PublishOptions): Promise<PublishAnswer> {
    const found = this.desk.drafts(process).find((one) => one.draft === draft);
    if (!found)
      throw new CannotDo(
        `There is no draft ${draft} of "${process}".`,
        `List them with "coxswain process drafts --process ${process}".`,
      );
    return this.desk.publish(found.file, found.format, this.actor, options);
  }

  async diff(process: string, from: string, to: string | FileSent): Promise<Difference> {
    const content = (name: string) => {
      const found = this.desk.content(process, name);
      if (found) return found;
      throw new CannotDo(
        `"${process}" has no ${spoken(name)}.`,
        `Its versions: "coxswain process show --process ${process}"; its drafts: "coxswain process drafts --process ${process}".`,
      );
    };
    const before = content(from);
    const after = typeof to === 'string' ? content(to) : contentOf(to.text);
    return {
      process,
      from: { name: before.name, hash: before.hash },
      to: { name: after.name, hash: after.hash },
      changes: diffProcesses(before.definition, after.definition, this.now().toISOString()),
    };
  }

  async rollOut(
    process: string,
    version: number,
    teams: readonly string[] | null,
    note: string | undefined,
  ): Promise<ProcessSummary> {
    return changed(await this.desk.rollOut(process, version, teams, this.actor, note), process, version);
  }

  async retire(process: string, version: number, note: string | undefined): Promise<ProcessSummary> {
    return changed(await this.desk.retire(process, version, this.actor, note), process, version);
  }

  async planMigration(request: MigrationRequest): Promise<MigrationReport> {
    const plan = await this.desk.planMigration(request);
    if ('kind' in plan) throw notMigrated(plan, request.process, request.version);
    return plan;
  }

  async startMigration(request: MigrationRequest): Promise<MigrationStatus> {
    const outcome = await this.desk.startMigration(request, this.actor);
    if (outcome.kind !== 'done') throw notMigrated(outcome, request.process, request.version);
    return outcome.migration;
  }

  async migrations(process: string): Promise<readonly MigrationStatus[]> {
    if (!this.desk.process(process)) throw noProcess(process);
    return this.desk.migrations(process);
  }

  async steer(process: string, migration: string, act: 'pause' | 'resume' | 'end'): Promise<MigrationStatus> {
    if (this.desk.migration(migration)?.process !== process) throw noMigration(process, migration);
    const acts = { pause: 'pauseMigration', resume: 'resumeMigration', end: 'endMigration' } as const;
    const outcome = await this.desk[acts[act]](migration, this.actor);
    if (outcome.kind !== 'done') throw notMigrated(outcome, process, 0);
    return outcome.migration;
  }

  async watch(process: string, migration: string, onProgress: (progress: MigrationProgress) => void): Promise<MigrationStatus> {
    const tell = (): void => {
      const { progress = null } = this.desk.migration(migration) ?? {};
      if (progress) onProgress(progress);
    };
    const timer = setInterval(tell, LOOK_EVERY_MS);
    try {
      await this.desk.migrated(migration);
    } finally {
      clearInterval(timer);
    }
    const status = this.desk.migration(migration);
    if (status?.process !== process) throw noMigration(process, migration);
    return status;
  }
}

export class HttpChanges implements ChangesSource {
  constructor(private readonly http: HttpSource) {}

  process(id: string): Promise<ProcessInFull> {
    return this.http.ask(path(id));
  }

  async saveDraft(process: string, file: FileSent, note: string | undefined): Promise<DraftAnswer> {
    const { status, body } = await this.sendFile(`${path(process)}/drafts`, file, { note });
    const problems = problemsIn(status, body);
    if (problems) return { problems, draft: null, repeated: false };
    const { problems: warnings, ...draft } = this.http.answered(status, body) as NonNullable<DraftAnswer['draft']> & {
      readonly problems: readonly Problem[];
    };
    return { problems: warnings, draft, repeated: status === 200 };
  }

  async drafts(process: string): Promise<readonly DraftSummary[]> {
    return (await this.http.ask<{ items: readonly DraftSummary[] }>(`${path(process)}/drafts`)).items;
  }

  async publishDraft(process: string, draft: number, options: PublishOptions): Promise<PublishAnswer> {
    const { dryRun: _, ...said } = options;
    const { status, body } = await this.http.send(`${path(process)}/drafts/${draft}/publish`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(said),
    });
    const problems = problemsIn(status, body);
    if (problems) return { problems, published: null, repeated: false };
    const {
      id,
      version,
      hash,
      problems: warnings,
    } = this.http.answered(status, body) as {
      readonly id: string;
      readonly version: number;
      readonly hash: string;
      readonly problems: readonly Problem[];
    };
    return { problems: warnings, published: { id, version, hash }, repeated: status === 200 };
  }

  async diff(process: string, from: string, to: string | FileSent): Promise<Difference> {
    if (typeof to === 'string') return this.http.ask(`${path(process)}/diff`, { from, to });
    const { status, body } = await this.sendFile(`${path(process)}/diff`, to, { from });
    return this.http.answered(status, body) as Difference;
  }

  rollOut(process: string, version: number, teams: readonly string[] | null, note: string | undefined): Promise<ProcessSummary> {
    return this.http.tell(`${path(process)}/versions/${version}/roll-out`, { teams, note });
  }

  retire(process: string, version: number, note: string | undefined): Promise<ProcessSummary> {
    return this.http.tell(`${path(process)}/versions/${version}/retire`, { note });
  }

  planMigration({ process, ...request }: MigrationRequest): Promise<MigrationReport> {
    return this.http.tell(`${path(process)}/migrations`, request, { dryRun: 'true' });
  }

  startMigration({ process, ...request }: MigrationRequest): Promise<MigrationStatus> {
    return this.http.tell(`${path(process)}/migrations`, request);
  }

  async migrations(process: string): Promise<readonly MigrationStatus[]> {
    return (await this.http.ask<{ items: readonly MigrationStatus[] }>(`${path(process)}/migrations`)).items;
  }

  steer(process: string, migration: string, act: 'pause' | 'resume' | 'end'): Promise<MigrationStatus> {
    return this.http.tell(`${path(process)}/migrations/${encodeURIComponent(migration)}/${act}`, {});
  }

  async watch(process: string, migration: string, onProgress: (progress: MigrationProgress) => void): Promise<MigrationStatus> {
    const at = `${path(process)}/migrations/${encodeURIComponent(migration)}`;
    for (let unseen = 0; ;) {
      const status = await this.http.ask<MigrationStatus>(at);
      const { state, progress } = status;
      if (progress) onProgress(progress);
      else unseen++;
      const onlyStaying = progress !== null && progress.done >= progress.of && progress.staying > 0;
      // Another process than the one that answers may work on it: then nobody here can say how far it is.
      if (state !== 'running' || onlyStaying || unseen > LOOKS_WITHOUT_PROGRESS) return status;
      await pause(LOOK_EVERY_MS);
    }
  }

  private sendFile(to: string, { text, format }: FileSent, query: Readonly<Record<string, string | undefined>>) {
    return this.http.send(to, { method: 'POST', query, headers: { 'content-type': `application/${format}` }, body: text });
  }
}

const path = (process: string): string => `v1/processes/${encodeURIComponent(process)}`;

/** The problems of a file that was not taken; null where it was, or for another reason. */
function problemsIn(status: number, body: unknown): readonly Problem[] | null {
  if (status !== 422 || typeof body !== 'object' || body === null) return null;
  const { code, problems } = body as { readonly code?: unknown; readonly problems?: unknown };
  return code === 'process-invalid' && Array.isArray(problems) ? (problems as Problem[]) : null;
}

const spoken = (name: string): string =>
  name === 'in-force'
    ? 'version in force'
    : name === 'draft'
      ? 'draft'
      : name.startsWith('draft:')
        ? `draft ${name.slice('draft:'.length)}`
        : `version ${name}`;

function contentOf(text: string) {
  const { process, hash } = readProcessFile(text);
  if (!process || hash === null) throw new CannotDo('The file has errors.', 'See them with "coxswain process check FILE".');
  return { name: 'the file', hash, definition: process };
}

const noProcess = (id: string): CannotDo =>
  new CannotDo(`No process "${id}" is published.`, 'List those that are with "coxswain process list".');

const noMigration = (process: string, migration: string): CannotDo =>
  new CannotDo(
    `"${process}" has no migration "${migration}".`,
    `List them with "coxswain process migrations --process ${process}".`,
  );

function changed(outcome: VersionOutcome, id: string, version: number): ProcessSummary {
  switch (outcome.kind) {
    case 'done':
      return versionSummary(outcome.version);
    case 'not-found':
      throw outcome.what === 'process' ? noProcess(id) : noVersion(id, version);
    case 'refused':
      throw new CannotDo(outcome.say, '');
  }
}

const noVersion = (id: string, version: number): CannotDo =>
  new CannotDo(`There is no version ${version} of "${id}".`, `List them with "coxswain process show --process ${id}".`);

function notMigrated(outcome: Exclude<MigrationOutcome, { kind: 'done' }>, process: string, version: number): CannotDo {
  if (outcome.kind === 'refused') return new CannotDo(outcome.say, outcome.problems.join('\n'));
  switch (outcome.what) {
    case 'process':
      return noProcess(process);
    case 'version':
      return noVersion(process, version);
    case 'migration':
      return new CannotDo('There is no such migration.', `List them with "coxswain process migrations --process ${process}".`);
  }
}
