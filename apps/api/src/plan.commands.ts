import { Inject } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import type { Period } from '@coxswain/projections';
import { SalesDesk, type PlanOutcome } from '@coxswain/sales-desk';
import type { Actor, CallInput, TargetInput } from '@coxswain/sales-process';
import type { Measuring } from './measuring.js';
import { MEASURING } from './tokens.js';

/** Sets targets, all of them or none. */
export class SetTargets extends Command<PlanOutcome<{ readonly set: number; readonly unchanged: number }>> {
  constructor(
    readonly process: string,
    readonly targets: readonly TargetInput[],
    readonly actor: Actor,
    readonly dryRun: boolean,
  ) {
    super();
  }
}

@CommandHandler(SetTargets)
export class SetTargetsHandler implements ICommandHandler<SetTargets> {
  constructor(@Inject(SalesDesk) private readonly desk: SalesDesk) {}

  execute({
    process,
    targets,
    actor,
    dryRun,
  }: SetTargets): Promise<PlanOutcome<{ readonly set: number; readonly unchanged: number }>> {
    return this.desk.setTargets(process, targets, actor, { dryRun });
  }
}

/** Records what somebody says will come in. */
export class MakeCall extends Command<PlanOutcome<{ readonly call: string; readonly repeated: boolean }>> {
  constructor(
    readonly process: string,
    readonly call: CallInput,
    readonly actor: Actor,
  ) {
    super();
  }
}

@CommandHandler(MakeCall)
export class MakeCallHandler implements ICommandHandler<MakeCall> {
  constructor(@Inject(SalesDesk) private readonly desk: SalesDesk) {}

  execute({ process, call, actor }: MakeCall): Promise<PlanOutcome<{ readonly call: string; readonly repeated: boolean }>> {
    return this.desk.makeCall(process, call, actor);
  }
}

/** Issues what the forecast says now as events. */
export class IssueForecasts extends Command<PlanOutcome<{ readonly issued: number }>> {
  constructor(
    readonly process: string,
    readonly period: Period,
    readonly actor: Actor,
  ) {
    super();
  }
}

@CommandHandler(IssueForecasts)
export class IssueForecastsHandler implements ICommandHandler<IssueForecasts> {
  constructor(
    @Inject(SalesDesk) private readonly desk: SalesDesk,
    @Inject(MEASURING) private readonly measuring: Measuring,
  ) {}

  execute({ process, period, actor }: IssueForecasts): Promise<PlanOutcome<{ readonly issued: number }>> {
    return this.desk.issueForecasts(process, period, actor, (query) => this.measuring.measure('forecast', query));
  }
}
