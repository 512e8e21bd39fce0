import { Body, Controller, Get, HttpCode, Inject, Param, Post, Res } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { ApiBearerAuth, ApiBody, ApiOperation, ApiProperty, ApiPropertyOptional, ApiTags } from '@nestjs/swagger';
import type { BackTestOutcome, BackTestStatus, DraftRefused, Tried } from '@coxswain/sales-desk';
import type { Actor } from '@coxswain/sales-process';
import type { FastifyReply } from 'fastify';
import { Asker, OnlyRoles } from './access.js';
import { Optional } from './opportunities.dto.js';
import { Answers, DescribesQuestion, ProblemResponse } from './openapi.js';
import { malformed, notFound, ProblemAnswer } from './problem.js';
import { noProcess, ProcessParams } from './processes.controller.js';
import { IsWord } from './shape.js';
import { BackTests, CancelBackTest, StartBackTest } from './trials.commands.js';
import * as example from './trials.examples.js';

export const MOST_FILE_CHARACTERS = 1_000_000;

class BackTestParams extends ProcessParams {
  @ApiProperty({ example: example.backTest.backTest })
  @IsWord()
  backTest!: string;
}

/** What is to be tried: one of the two. */
export class TriedDto {
  @ApiPropertyOptional({
    example: '9f2c1d3b6a40',
    description: 'A draft that was kept: its number, or at least 6 digits of its hash.',
  })
  @Optional()
  @IsWord()
  draft?: string;

  @ApiPropertyOptional({ description: 'Or the text of a process file, YAML or JSON.' })
  @Optional()
  @IsWord(MOST_FILE_CHARACTERS)
  file?: string;

  @ApiPropertyOptional({ example: 'Who finds our leads?', description: 'Why: kept with it.' })
  @Optional()
  @IsWord(1_000)
  note?: string;
}

/** Drafts tried on the recorded history. */
@ApiTags('processes')
@Controller('v1/processes/:id/back-tests')
export class BackTestsController {
  constructor(
    @Inject(CommandBus) private readonly commands: CommandBus,
    @Inject(QueryBus) private readonly queries: QueryBus,
  ) {}

  @Post()
  @HttpCode(202)
  @OnlyRoles('operations', 'admin')
  @ApiOperation({
    summary: 'Tries the whole recorded history against a draft or a file, in the background',
    description: 'Changes no deal. Ask the address in Location how far it has come; the result is kept.',
  })
  @ApiBearerAuth()
  @ApiBody({ type: TriedDto })
  @Answers(202, 'It is under way.', example.backTestRunning)
  @ProblemResponse(400, 'The shape is wrong: every field at once.')
  @ProblemResponse(401, 'No token, or one that is not taken.')
  @ProblemResponse(403, 'The token does not name the role operations or admin.')
  @ProblemResponse(404, 'There is no such process, or no such draft of it.')
  @ProblemResponse(409, 'Too many are under way.')
  @ProblemResponse(422, 'The file has problems, or is of another process.')
  @ProblemResponse(507, 'There is no space to write.')
  async start(
    @Param() { id }: ProcessParams,
    @Body() body: TriedDto,
    @Asker() actor: Actor,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<BackTestStatus> {
    const started = told(id, await this.commands.execute(new StartBackTest(id, triedIn(body), body.note ?? null, actor)));
    void reply.header('location', `/v1/processes/${id}/back-tests/${started.backTest}`);
    return started;
  }

  @Get()
  @DescribesQuestion('The back-tests of a process, the latest first, without their results', {
    example: example.backTests,
    missing: true,
  })
  async all(
    @Param() { id }: ProcessParams,
  ): Promise<{ readonly items: readonly Omit<BackTestStatus, 'result'>[]; readonly next: null }> {
    return { items: (await this.ofProcess(id)).map(({ result: _, ...one }) => one), next: null };
  }

  @Get(':backTest')
  @DescribesQuestion('One back-test: how far it has come, and what it found', { example: example.backTest, missing: true })
  async one(@Param() { id, backTest }: BackTestParams): Promise<BackTestStatus> {
    const found = (await this.ofProcess(id)).find((one) => one.backTest === backTest);
    if (!found) throw noBackTest(id);
    return found;
  }

  @Post(':backTest/cancel')
  @HttpCode(200)
  @OnlyRoles('operations', 'admin')
  @ApiOperation({ summary: 'Ends a back-test that is under way; it has no result then' })
  @ApiBearerAuth()
  @Answers(200, 'It is cancelled.', { ...example.backTest, state: 'cancelled', result: null })
  @ProblemResponse(401, 'No token, or one that is not taken.')
  @ProblemResponse(403, 'The token does not name the role operations or admin.')
  @ProblemResponse(404, 'There is no such back-test.')
  @ProblemResponse(409, 'It is over already.')
  async cancel(@Param() { id, backTest }: BackTestParams, @Asker() actor: Actor): Promise<BackTestStatus> {
    return told(id, await this.commands.execute(new CancelBackTest(id, backTest, actor)));
  }

  private async ofProcess(id: string): Promise<readonly BackTestStatus[]> {
    const found = await this.queries.execute(new BackTests(id));
    if (found === null) throw noProcess(id);
    return found;
  }
}

/** Exactly one of the two must be there. */
export function triedIn({ draft, file }: TriedDto): Tried {
  if ((draft === undefined) === (file === undefined))
    throw malformed(
      [{ field: 'draft', say: 'must name a draft that was kept, unless "file" holds a process file: one of the two' }],
      'The body',
    );
  return file === undefined ? { draft: draft! } : { file };
}

export const noDraft = (id: string): ProblemAnswer =>
  notFound(
    'no-such-draft',
    `There is no such draft of "${id}". Name one that was kept, by its number or its hash, or send the file.`,
  );

const noBackTest = (id: string): ProblemAnswer =>
  notFound('no-such-back-test', `There is no such back-test of "${id}". GET /v1/processes/${id}/back-tests lists them.`);

/** A file that cannot be tried is 422; what cannot be done as things stand, 409. */
export function refusal({ refused, say, problems }: DraftRefused): ProblemAnswer {
  const isOfFile = refused === 'process-invalid' || refused === 'other-process';
  return new ProblemAnswer(isOfFile ? 422 : 409, refused, say, refused === 'process-invalid' ? { problems } : {});
}

function told(id: string, outcome: BackTestOutcome): BackTestStatus {
  if (outcome.kind === 'done') return outcome.backTest;
  if (outcome.kind === 'refused') throw refusal(outcome);
  throw { process: noProcess, draft: noDraft, 'back-test': noBackTest }[outcome.what](id);
}
