import { Controller, Get, HttpCode, Inject, Param, Post } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { ApiProperty, ApiTags } from '@nestjs/swagger';
import type { ProjectionReport } from '@coxswain/sales-desk';
import { OnlyRoles } from './access.js';
import { RebuildProjection, type Rebuilt } from './commands.js';
import * as example from './examples.js';
import { DescribesQuestion } from './openapi.js';
import { Projections } from './queries.js';
import { IsWord } from './shape.js';

class ProjectionParams {
  @ApiProperty({ description: 'The name of a projection, or `all`.' })
  @IsWord()
  name!: string;
}

/** What the figures are read from: how far each projection has folded the log, and folding it again. */
@ApiTags('running it')
@Controller('v1/projections')
export class ProjectionsController {
  constructor(
    @Inject(CommandBus) private readonly commands: CommandBus,
    @Inject(QueryBus) private readonly queries: QueryBus,
  ) {}

  @Get()
  @DescribesQuestion('How far each projection has come', { example: example.projections })
  status(): Promise<ProjectionReport> {
    return this.queries.execute(new Projections());
  }

  @Post(':name/rebuild')
  @HttpCode(200)
  @OnlyRoles('operations')
  @DescribesQuestion(
    'Folds the whole log again for one projection, or for `all`, beside what goes on answering, and switches over. Answers when that is done',
    { example: example.rebuilt, missing: true },
  )
  rebuild(@Param() { name }: ProjectionParams): Promise<Rebuilt> {
    return this.commands.execute(new RebuildProjection(name === 'all' ? undefined : name));
  }
}
