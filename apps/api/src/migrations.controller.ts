import { Body, Controller, Get, HttpCode, Inject, Param, Post, Query, Res } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { ApiBearerAuth, ApiBody, ApiOperation, ApiProperty, ApiPropertyOptional, ApiTags } from '@nestjs/swagger';
import type { MigrationOutcome, MigrationReport, MigrationRequest, MigrationStatus } from '@coxswain/sales-desk';
import type { Actor, MigrationChoice } from '@coxswain/sales-process';
import { IsIn, IsOptional } from 'class-validator';
import type { FastifyReply } from 'fastify';
import { Asker, OnlyRoles } from './access.js';
import { StartMigration, SteerMigration } from './changes.commands.js';
import { NoteDto, noVersion, TEAMS } from './changes.controller.js';
import * as shown from './changes.examples.js';
import { MigrationPlan, Migrations } from './changes.queries.js';
import { DryRunQuery, Optional } from './opportunities.dto.js';
import { Answers, DescribesQuestion, ProblemResponse } from './openapi.js';
import { notFound, ProblemAnswer } from './problem.js';
import { noProcess, ProcessParams } from './processes.controller.js';
import { AreChoices, AreTeams, inUtc, IsVersionNumber, IsWord } from './shape.js';

const BLOCKED = ['move', 'leave'] as const;

class MigrationParams extends ProcessParams {
  @ApiProperty({ example: shown.migration.migration })
  @IsWord(100)
  migration!: string;
}

class MigrationDto extends NoteDto {
  @ApiProperty({ type: 'integer', example: 2, description: 'The version that the running deals go to.' })
  @IsVersionNumber()
  version!: number;

  @ApiPropertyOptional({
    type: 'array',
    items: { type: 'object', additionalProperties: true },
    description:
      'For the deals of a stage: where they go (to), or until when they stay (stayUntil); with when, only those for which it holds.',
    example: [{ stage: 'demo', to: 'proposal' }],
  })
  @Optional()
  @AreChoices()
  choices?: MigrationChoice[];

  @ApiPropertyOptional({ ...TEAMS, description: 'Only deals of these teams; null, or left out: all.' })
  @IsOptional()
  @AreTeams()
  teams?: string[] | null;

  @ApiPropertyOptional({
    enum: BLOCKED,
    description: 'Deals whose next step would be blocked: moved all the same (default), or left.',
  })
  @Optional()
  @IsIn(BLOCKED, { message: `must be one of ${BLOCKED.join(', ')}` })
  blocked?: 'move' | 'leave';
}

/** Moving running deals to another version. */
@ApiTags('processes')
@Controller('v1/processes/:id/migrations')
export class MigrationsController {
  constructor(
    @Inject(CommandBus) private readonly commands: CommandBus,
    @Inject(QueryBus) private readonly queries: QueryBus,
  ) {}

  @Post()
  @OnlyRoles('operations', 'admin')
  @ApiOperation({
    summary: 'Moves the running deals to a version, one by one, in the background',
    description: 'With ?dryRun=true: what would become of each, by stage, and nothing is written. That anybody may ask.',
  })
  @ApiBearerAuth()
  @ApiBody({ type: MigrationDto })
  @Answers(202, 'Begun: GET the location to see how far it is.', shown.migration)
  @Answers(200, 'Dry run: what would become of the running deals.', shown.migrationPlan)
  @ProblemResponse(400, 'The shape is wrong: every field at once.')
  @ProblemResponse(401, 'No token, or one that is not taken.')
  @ProblemResponse(403, 'The token does not name the role operations or admin.')
  @ProblemResponse(404, 'There is no such version.')
  @ProblemResponse(409, 'Another migration of the process is under way.')
  @ProblemResponse(422, 'Choices do not fit the versions: all of them at once.')
  @ProblemResponse(507, 'There is no space to write.')
  async migrate(
    @Param() { id }: ProcessParams,
    @Body() { version, choices = [], teams = null, blocked, note }: MigrationDto,
    @Query() { dryRun }: DryRunQuery,
    @Asker() actor: Actor,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<MigrationReport | MigrationStatus> {
    const request: MigrationRequest = {
      process: id,
      version,
      choices: choices.map((choice) =>
        choice.stayUntil === undefined ? choice : { ...choice, stayUntil: inUtc(choice.stayUntil) },
      ),
      teams,
      ...(blocked === undefined ? {} : { blocked }),
      ...(note === undefined || note === null ? {} : { note }),
    };
    if (dryRun === 'true') {
      const plan = await this.queries.execute(new MigrationPlan(request));
      if ('kind' in plan) throw notMigrated(plan, id, version);
      void reply.status(200);
      return plan;
    }
    const outcome = await this.commands.execute(new StartMigration(request, actor));
    if (outcome.kind !== 'done') throw notMigrated(outcome, id, version);
    void reply.status(202).header('location', `/v1/processes/${id}/migrations/${outcome.migration.migration}`);
    return outcome.migration;
  }

  @Get()
  @DescribesQuestion('The migrations of a process, the latest first', { example: shown.migrations, missing: true })
  async migrations(@Param() { id }: ProcessParams): Promise<{ readonly items: readonly MigrationStatus[]; readonly next: null }> {
    return { items: await this.migrationsOf(id), next: null };
  }

  @Get(':migration')
  @DescribesQuestion('A migration: how far it is, and what it came to', { example: shown.migration, missing: true })
  async migration(@Param() { id, migration }: MigrationParams): Promise<MigrationStatus> {
    const found = (await this.migrationsOf(id)).find((one) => one.migration === migration);
    if (!found) throw noMigration(id);
    return found;
  }

  @Post(':migration/pause')
  @HttpCode(200)
  @OnlyRoles('operations', 'admin')
  @ApiOperation({ summary: 'Pauses a migration: deals that have moved stay moved' })
  @ApiBearerAuth()
  @Answers(200, 'Paused.', shown.migration)
  @ProblemResponse(401, 'No token, or one that is not taken.')
  @ProblemResponse(403, 'The token does not name the role operations or admin.')
  @ProblemResponse(404, 'There is no such migration.')
  @ProblemResponse(422, 'It has ended.')
  @ProblemResponse(507, 'There is no space to write.')
  pause(@Param() params: MigrationParams, @Asker() actor: Actor): Promise<MigrationStatus> {
    return this.steer(params, 'pause', actor);
  }

  @Post(':migration/resume')
  @HttpCode(200)
  @OnlyRoles('operations', 'admin')
  @ApiOperation({ summary: 'Goes on with a migration that was paused' })
  @ApiBearerAuth()
  @Answers(200, 'Running.', shown.migration)
  @ProblemResponse(401, 'No token, or one that is not taken.')
  @ProblemResponse(403, 'The token does not name the role operations or admin.')
  @ProblemResponse(404, 'There is no such migration.')
  @ProblemResponse(507, 'There is no space to write.')
  resume(@Param() params: MigrationParams, @Asker() actor: Actor): Promise<MigrationStatus> {
    return this.steer(params, 'resume', actor);
  }

  @Post(':migration/end')
  @HttpCode(200)
  @OnlyRoles('operations', 'admin')
  @ApiOperation({ summary: 'Ends a migration: what it has not moved stays where it is' })
  @ApiBearerAuth()
  @Answers(200, 'Ended.', shown.migration)
  @ProblemResponse(401, 'No token, or one that is not taken.')
  @ProblemResponse(403, 'The token does not name the role operations or admin.')
  @ProblemResponse(404, 'There is no such migration.')
  @ProblemResponse(507, 'There is no space to write.')
  end(@Param() params: MigrationParams, @Asker() actor: Actor): Promise<MigrationStatus> {
    return this.steer(params, 'end', actor);
  }

  private async steer(
    { id, migration }: MigrationParams,
    act: 'pause' | 'resume' | 'end',
    actor: Actor,
  ): Promise<MigrationStatus> {
    const outcome = await this.commands.execute(new SteerMigration(id, migration, act, actor));
    if (outcome.kind !== 'done') throw notMigrated(outcome, id);
    return outcome.migration;
  }

  private async migrationsOf(id: string): Promise<readonly MigrationStatus[]> {
    const found = await this.queries.execute(new Migrations(id));
    if (!found) throw noProcess(id);
    return found;
  }
}

const noMigration = (id: string): ProblemAnswer =>
  notFound('no-such-migration', `"${id}" has no such migration. GET /v1/processes/${id}/migrations lists them.`);

function notMigrated(
  outcome: Exclude<MigrationOutcome, { kind: 'done' }>,
  id: string,
  version: string | number = '',
): ProblemAnswer {
  if (outcome.kind === 'not-found')
    return outcome.what === 'process' ? noProcess(id) : outcome.what === 'version' ? noVersion(id, version) : noMigration(id);
  const { refused, say, problems } = outcome;
  if (refused === 'choices-invalid') return malformedChoices(say, problems);
  return new ProblemAnswer(refused === 'migration-under-way' ? 409 : 422, refused, say);
}

const malformedChoices = (say: string, problems: readonly string[]): ProblemAnswer =>
  new ProblemAnswer(422, 'choices-invalid', say, { problems: problems.map((one) => ({ field: 'choices', say: one })) });
