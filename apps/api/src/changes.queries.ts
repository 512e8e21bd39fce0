import { Inject } from '@nestjs/common';
import { Query, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import {
  SalesDesk,
  type MigrationOutcome,
  type MigrationReport,
  type MigrationRequest,
  type MigrationStatus,
  type ProcessContent,
  type ProcessDraft,
} from '@coxswain/sales-desk';
import { diffProcesses, readProcessFile, type Problem, type ProcessChange } from '@coxswain/sales-process';
import { NOW } from './tokens.js';

/** The drafts of a process, the first first; null where neither a draft nor a version is known. */
export class Drafts extends Query<readonly ProcessDraft[] | null> {
  constructor(readonly process: string) {
    super();
  }
}

@QueryHandler(Drafts)
export class DraftsHandler implements IQueryHandler<Drafts> {
  constructor(@Inject(SalesDesk) private readonly desk: SalesDesk) {}

  async execute({ process }: Drafts): Promise<readonly ProcessDraft[] | null> {
    const drafts = this.desk.drafts(process);
    return drafts.length === 0 && this.desk.process(process) === null ? null : drafts;
  }
}

/** What changes from one content of a process to another. */
export interface ProcessDifference {
  readonly process: string;
  readonly from: Omit<ProcessContent, 'definition'>;
  readonly to: Omit<ProcessContent, 'definition'>;
  readonly changes: readonly ProcessChange[];
}

export type DiffAnswer =
  | { readonly kind: 'done'; readonly difference: ProcessDifference }
  | { readonly kind: 'not-found'; readonly what: string }
  | { readonly kind: 'invalid'; readonly problems: readonly Problem[] };

/** `from` and `to` as `SalesDesk.content` names them; a file instead of `to` is checked first. */
export class Diff extends Query<DiffAnswer> {
  constructor(
    readonly process: string,
    readonly from: string,
    readonly to: string | { readonly file: string },
  ) {
    super();
  }
}

@QueryHandler(Diff)
export class DiffHandler implements IQueryHandler<Diff> {
  constructor(
    @Inject(SalesDesk) private readonly desk: SalesDesk,
    @Inject(NOW) private readonly now: () => Date,
  ) {}

  async execute({ process, from, to }: Diff): Promise<DiffAnswer> {
    const before = this.desk.content(process, from);
    if (!before) return { kind: 'not-found', what: from };
    const after = typeof to === 'string' ? this.desk.content(process, to) : fileContent(to.file);
    if (!after) return { kind: 'not-found', what: typeof to === 'string' ? to : 'file' };
    if ('problems' in after) return { kind: 'invalid', problems: after.problems };
    const changes = diffProcesses(before.definition, after.definition, this.now().toISOString());
    return { kind: 'done', difference: { process, from: named(before), to: named(after), changes } };
  }
}

const named = ({ name, hash }: ProcessContent): Omit<ProcessContent, 'definition'> => ({ name, hash });

function fileContent(text: string): ProcessContent | { readonly problems: readonly Problem[] } {
  const { process, hash, problems } = readProcessFile(text);
  return process && hash !== null ? { name: 'the file', hash, definition: process } : { problems };
}

/** What would become of the running deals. */
export class MigrationPlan extends Query<MigrationReport | Exclude<MigrationOutcome, { kind: 'done' }>> {
  constructor(readonly request: MigrationRequest) {
    super();
  }
}

@QueryHandler(MigrationPlan)
export class MigrationPlanHandler implements IQueryHandler<MigrationPlan> {
  constructor(@Inject(SalesDesk) private readonly desk: SalesDesk) {}

  execute({ request }: MigrationPlan): Promise<MigrationReport | Exclude<MigrationOutcome, { kind: 'done' }>> {
    return this.desk.planMigration(request);
  }
}

/** The migrations of a process, the latest first; null where the process is not published. */
export class Migrations extends Query<readonly MigrationStatus[] | null> {
  constructor(readonly process: string) {
    super();
  }
}

@QueryHandler(Migrations)
export class MigrationsHandler implements IQueryHandler<Migrations> {
  constructor(@Inject(SalesDesk) private readonly desk: SalesDesk) {}

  async execute({ process }: Migrations): Promise<readonly MigrationStatus[] | null> {
    return this.desk.process(process) === null ? null : this.desk.migrations(process);
  }
}
