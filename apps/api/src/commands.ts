import { Inject } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import type { Actor } from '@coxswain/sales-process';
import { SalesDesk, type CommandOptions, type DealOutcome, type DealRequest, type PublishAnswer } from '@coxswain/sales-desk';

/** What can be asked of the company's deals and processes: one class for each kind of answer. */

/** Asks something of one deal. `id` is null for a capture. */
export class DecideOpportunity extends Command<DealOutcome> {
  constructor(
    readonly id: string | null,
    readonly request: DealRequest,
    readonly options: CommandOptions,
  ) {
    super();
  }
}

@CommandHandler(DecideOpportunity)
export class DecideOpportunityHandler implements ICommandHandler<DecideOpportunity> {
  constructor(@Inject(SalesDesk) private readonly desk: SalesDesk) {}

  execute({ id, request, options }: DecideOpportunity): Promise<DealOutcome> {
    return this.desk.command(id, request, options);
  }
}

/** Checks a process file and, unless it is a dry run, puts it in force. */
export class PublishProcess extends Command<PublishAnswer> {
  constructor(
    readonly file: string,
    readonly format: 'yaml' | 'json',
    readonly actor: Actor,
    readonly options: { readonly dryRun: boolean; readonly note?: string },
  ) {
    super();
  }
}

@CommandHandler(PublishProcess)
export class PublishProcessHandler implements ICommandHandler<PublishProcess> {
  constructor(@Inject(SalesDesk) private readonly desk: SalesDesk) {}

  execute({ file, format, actor, options }: PublishProcess): Promise<PublishAnswer> {
    return this.desk.publish(file, format, actor, options);
  }
}
