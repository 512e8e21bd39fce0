import { Inject } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import {
  SalesDesk,
  type DraftAnswer,
  type MigrationOutcome,
  type MigrationRequest,
  type PublishAnswer,
  type PublishOptions,
  type VersionOutcome,
} from '@coxswain/sales-desk';
import type { Actor } from '@coxswain/sales-process';

/** What operations do with a process that runs: one class for each kind of answer. */

/** Checks a process file and keeps it as a draft. */
export class SaveDraft extends Command<DraftAnswer> {
  constructor(
    readonly file: string,
    readonly format: 'yaml' | 'json',
    readonly actor: Actor,
    readonly note: string | undefined,
  ) {
    super();
  }
}

@CommandHandler(SaveDraft)
export class SaveDraftHandler implements ICommandHandler<SaveDraft> {
  constructor(@Inject(SalesDesk) private readonly desk: SalesDesk) {}

  execute({ file, format, actor, note }: SaveDraft): Promise<DraftAnswer> {
    return this.desk.saveDraft(file, format, actor, note);
  }
}

/** Puts a draft in force as it is; null where there is no such draft. */
export class PublishDraft extends Command<PublishAnswer | null> {
  constructor(
    readonly process: string,
    readonly draft: number,
    readonly actor: Actor,
    readonly options: PublishOptions,
  ) {
    super();
  }
}

@CommandHandler(PublishDraft)
export class PublishDraftHandler implements ICommandHandler<PublishDraft> {
  constructor(@Inject(SalesDesk) private readonly desk: SalesDesk) {}

  async execute({ process, draft, actor, options }: PublishDraft): Promise<PublishAnswer | null> {
    const found = this.desk.drafts(process).find((one) => one.draft === draft);
    return found ? this.desk.publish(found.file, found.format, actor, options) : null;
  }
}

/** Puts a version in force for other teams; null: for all. */
export class RollOut extends Command<VersionOutcome> {
  constructor(
    readonly process: string,
    readonly version: number,
    readonly teams: readonly string[] | null,
    readonly actor: Actor,
    readonly note: string | undefined,
  ) {
    super();
  }
}

@CommandHandler(RollOut)
export class RollOutHandler implements ICommandHandler<RollOut> {
  constructor(@Inject(SalesDesk) private readonly desk: SalesDesk) {}

  execute({ process, version, teams, actor, note }: RollOut): Promise<VersionOutcome> {
    return this.desk.rollOut(process, version, teams, actor, note);
  }
}

/** No new deal runs under the version any more. */
export class Retire extends Command<VersionOutcome> {
  constructor(
    readonly process: string,
    readonly version: number,
    readonly actor: Actor,
    readonly note: string | undefined,
  ) {
    super();
  }
}

@CommandHandler(Retire)
export class RetireHandler implements ICommandHandler<Retire> {
  constructor(@Inject(SalesDesk) private readonly desk: SalesDesk) {}

  execute({ process, version, actor, note }: Retire): Promise<VersionOutcome> {
    return this.desk.retire(process, version, actor, note);
  }
}

/** Begins to move running deals to a version. */
export class StartMigration extends Command<MigrationOutcome> {
  constructor(
    readonly request: MigrationRequest,
    readonly actor: Actor,
  ) {
    super();
  }
}

@CommandHandler(StartMigration)
export class StartMigrationHandler implements ICommandHandler<StartMigration> {
  constructor(@Inject(SalesDesk) private readonly desk: SalesDesk) {}

  execute({ request, actor }: StartMigration): Promise<MigrationOutcome> {
    return this.desk.startMigration(request, actor);
  }
}

/** Pauses a migration of a process, goes on with it, or ends it. */
export class SteerMigration extends Command<MigrationOutcome> {
  constructor(
    readonly process: string,
    readonly migration: string,
    readonly act: 'pause' | 'resume' | 'end',
    readonly actor: Actor,
  ) {
    super();
  }
}

@CommandHandler(SteerMigration)
export class SteerMigrationHandler implements ICommandHandler<SteerMigration> {
  constructor(@Inject(SalesDesk) private readonly desk: SalesDesk) {}

  async execute({ process, migration, act, actor }: SteerMigration): Promise<MigrationOutcome> {
    if (this.desk.migration(migration)?.process !== process) return { kind: 'not-found', what: 'migration' };
    switch (act) {
      case 'pause':
        return this.desk.pauseMigration(migration, actor);
      case 'resume':
        return this.desk.resumeMigration(migration, actor);
      case 'end':
        return this.desk.endMigration(migration, actor);
    }
  }
}
