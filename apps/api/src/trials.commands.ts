import { Inject } from '@nestjs/common';
import { Command, CommandHandler, Query, QueryHandler, type ICommandHandler, type IQueryHandler } from '@nestjs/cqrs';
import {
  SalesDesk,
  type BackTestOutcome,
  type BackTestStatus,
  type ShadowOutcome,
  type ShadowStatus,
  type Tried,
} from '@coxswain/sales-desk';
import type { Actor } from '@coxswain/sales-process';

/** Drafts that are tried, on the past or beside the version in force: what is asked of them. */

/** Tries the recorded history against a draft, in the background. */
export class StartBackTest extends Command<BackTestOutcome> {
  constructor(
    readonly process: string,
    readonly tried: Tried,
    readonly note: string | null,
    readonly actor: Actor,
  ) {
    super();
  }
}

@CommandHandler(StartBackTest)
export class StartBackTestHandler implements ICommandHandler<StartBackTest> {
  constructor(@Inject(SalesDesk) private readonly desk: SalesDesk) {}

  execute({ process, tried, note, actor }: StartBackTest): Promise<BackTestOutcome> {
    return this.desk.startBackTest({ process, tried, note }, actor);
  }
}

export class CancelBackTest extends Command<BackTestOutcome> {
  constructor(
    readonly process: string,
    readonly backTest: string,
    readonly actor: Actor,
  ) {
    super();
  }
}

@CommandHandler(CancelBackTest)
export class CancelBackTestHandler implements ICommandHandler<CancelBackTest> {
  constructor(@Inject(SalesDesk) private readonly desk: SalesDesk) {}

  async execute({ process, backTest, actor }: CancelBackTest): Promise<BackTestOutcome> {
    if (this.desk.backTest(backTest)?.process !== process) return { kind: 'not-found', what: 'back-test' };
    return this.desk.cancelBackTest(backTest, actor);
  }
}

/** The back-tests of a process, the latest first; null when the process was never published. */
export class BackTests extends Query<readonly BackTestStatus[] | null> {
  constructor(readonly process: string) {
    super();
  }
}

@QueryHandler(BackTests)
export class BackTestsHandler implements IQueryHandler<BackTests> {
  constructor(@Inject(SalesDesk) private readonly desk: SalesDesk) {}

  async execute({ process }: BackTests): Promise<readonly BackTestStatus[] | null> {
    return this.desk.process(process) === null ? null : this.desk.backTests(process);
  }
}

/** From now on asks a draft beside the version in force. */
export class StartShadow extends Command<ShadowOutcome> {
  constructor(
    readonly process: string,
    readonly tried: Tried,
    readonly teams: readonly string[] | null,
    readonly note: string | null,
    readonly actor: Actor,
  ) {
    super();
  }
}

@CommandHandler(StartShadow)
export class StartShadowHandler implements ICommandHandler<StartShadow> {
  constructor(@Inject(SalesDesk) private readonly desk: SalesDesk) {}

  execute({ process, tried, teams, note, actor }: StartShadow): Promise<ShadowOutcome> {
    return this.desk.startShadow({ process, tried, teams, note }, actor);
  }
}

export class StopShadow extends Command<ShadowOutcome> {
  constructor(
    readonly process: string,
    readonly shadow: string,
    readonly actor: Actor,
  ) {
    super();
  }
}

@CommandHandler(StopShadow)
export class StopShadowHandler implements ICommandHandler<StopShadow> {
  constructor(@Inject(SalesDesk) private readonly desk: SalesDesk) {}

  async execute({ process, shadow, actor }: StopShadow): Promise<ShadowOutcome> {
    if (this.desk.shadow(shadow)?.process !== process) return { kind: 'not-found', what: 'shadow' };
    return this.desk.stopShadow(shadow, actor);
  }
}

/** The shadows of a process, the latest first; null when the process was never published. */
export class Shadows extends Query<readonly ShadowStatus[] | null> {
  constructor(readonly process: string) {
    super();
  }
}

@QueryHandler(Shadows)
export class ShadowsHandler implements IQueryHandler<Shadows> {
  constructor(@Inject(SalesDesk) private readonly desk: SalesDesk) {}

  async execute({ process }: Shadows): Promise<readonly ShadowStatus[] | null> {
    return this.desk.process(process) === null ? null : this.desk.shadows(process);
  }
}

export const TRIAL_HANDLERS = [
  StartBackTestHandler,
  CancelBackTestHandler,
  BackTestsHandler,
  StartShadowHandler,
  StopShadowHandler,
  ShadowsHandler,
];
