import { Body, Controller, Get, HttpCode, Inject, Param, Post, Res } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { ApiBearerAuth, ApiBody, ApiOperation, ApiProperty, ApiPropertyOptional, ApiTags } from '@nestjs/swagger';
import type { ShadowOutcome, ShadowStatus } from '@coxswain/sales-desk';
import type { Actor } from '@coxswain/sales-process';
import type { FastifyReply } from 'fastify';
import { Asker, OnlyRoles } from './access.js';
import { noDraft, refusal, TriedDto, triedIn } from './back-tests.controller.js';
import { Optional } from './opportunities.dto.js';
import { Answers, DescribesQuestion, ProblemResponse } from './openapi.js';
import { malformed, notFound, type ProblemAnswer } from './problem.js';
import { noProcess, ProcessParams } from './processes.controller.js';
import { AreWords, IsWord } from './shape.js';
import { Shadows, StartShadow, StopShadow } from './trials.commands.js';
import * as example from './trials.examples.js';

const MOST_TEAMS = 50;

class ShadowParams extends ProcessParams {
  @ApiProperty({ example: example.shadow.shadow })
  @IsWord()
  shadow!: string;
}

class ShadowDto extends TriedDto {
  @ApiPropertyOptional({ type: [String], example: ['north'], description: 'Only the deals of these teams; left out: of all.' })
  @Optional()
  @AreWords(MOST_TEAMS)
  teams?: string[];
}

/** Drafts that are asked beside the version in force, and stop nobody. */
@ApiTags('processes')
@Controller('v1/processes/:id/shadows')
export class ShadowsController {
  constructor(
    @Inject(CommandBus) private readonly commands: CommandBus,
    @Inject(QueryBus) private readonly queries: QueryBus,
  ) {}

  @Post()
  @OnlyRoles('operations', 'admin')
  @ApiOperation({
    summary: 'From now on asks a draft or a file beside the version in force',
    description: 'Stops nobody: what it would have said to each move is recorded and told. One of a process at a time.',
  })
  @ApiBearerAuth()
  @ApiBody({ type: ShadowDto })
  @Answers(201, 'It is running.', example.shadow)
  @ProblemResponse(400, 'The shape is wrong: every field at once.')
  @ProblemResponse(401, 'No token, or one that is not taken.')
  @ProblemResponse(403, 'The token does not name the role operations or admin.')
  @ProblemResponse(404, 'There is no such process, or no such draft of it.')
  @ProblemResponse(409, 'Another one of the process is running.')
  @ProblemResponse(422, 'The file has problems, or is of another process.')
  @ProblemResponse(507, 'There is no space to write.')
  async start(
    @Param() { id }: ProcessParams,
    @Body() body: ShadowDto,
    @Asker() actor: Actor,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<ShadowStatus> {
    const { teams = null, note = null } = body;
    if (teams?.length === 0) throw malformed([{ field: 'teams', say: 'must name a team; leave it out for all' }], 'The body');
    const started = told(id, await this.commands.execute(new StartShadow(id, triedIn(body), teams, note, actor)));
    void reply.header('location', `/v1/processes/${id}/shadows/${started.shadow}`);
    return started;
  }

  @Get()
  @DescribesQuestion('The shadows of a process with their reports, the latest first', { example: example.shadows, missing: true })
  async all(@Param() { id }: ProcessParams): Promise<{ readonly items: readonly ShadowStatus[]; readonly next: null }> {
    return { items: await this.ofProcess(id), next: null };
  }

  @Get(':shadow')
  @DescribesQuestion('One shadow: what the draft would have said so far, by rule and by person', {
    example: example.shadow,
    missing: true,
  })
  async one(@Param() { id, shadow }: ShadowParams): Promise<ShadowStatus> {
    const found = (await this.ofProcess(id)).find((one) => one.shadow === shadow);
    if (!found) throw noShadow(id);
    return found;
  }

  @Post(':shadow/stop')
  @HttpCode(200)
  @OnlyRoles('operations', 'admin')
  @ApiOperation({ summary: 'Asks the draft no more; its report stays' })
  @ApiBearerAuth()
  @Answers(200, 'It is stopped.', {
    ...example.shadow,
    state: 'stopped',
    stopped: { at: '2026-11-09T09:00:00.000Z', by: 'olu' },
  })
  @ProblemResponse(401, 'No token, or one that is not taken.')
  @ProblemResponse(403, 'The token does not name the role operations or admin.')
  @ProblemResponse(404, 'There is no such shadow.')
  async stop(@Param() { id, shadow }: ShadowParams, @Asker() actor: Actor): Promise<ShadowStatus> {
    return told(id, await this.commands.execute(new StopShadow(id, shadow, actor)));
  }

  private async ofProcess(id: string): Promise<readonly ShadowStatus[]> {
    const found = await this.queries.execute(new Shadows(id));
    if (found === null) throw noProcess(id);
    return found;
  }
}

const noShadow = (id: string): ProblemAnswer =>
  notFound('no-such-shadow', `There is no such shadow of "${id}". GET /v1/processes/${id}/shadows lists them.`);

function told(id: string, outcome: ShadowOutcome): ShadowStatus {
  if (outcome.kind === 'done') return outcome.shadow;
  if (outcome.kind === 'refused') throw refusal(outcome);
  throw { process: noProcess, draft: noDraft, shadow: noShadow }[outcome.what](id);
}
