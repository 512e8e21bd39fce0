import { Body, Controller, Get, HttpCode, Inject, Post, Query, Res } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { ApiBearerAuth, ApiBody, ApiConsumes, ApiOperation, ApiProperty, ApiPropertyOptional, ApiTags } from '@nestjs/swagger';
import { PERIODS, type Period, type Plan } from '@coxswain/projections';
import { readTargetsCsv, type PlanOutcome } from '@coxswain/sales-desk';
import { CALL_KINDS, type Actor, type Money, type TargetInput } from '@coxswain/sales-process';
import { IsIn, IsOptional } from 'class-validator';
import type { FastifyReply } from 'fastify';
import { Asker, OnlyRoles } from './access.js';
import * as example from './examples.js';
import { DryRunQuery, Optional } from './opportunities.dto.js';
import { Answers, DescribesQuestion, ProblemResponse } from './openapi.js';
import { IssueForecasts, MakeCall, SetTargets } from './plan.commands.js';
import { malformed, notFound, ProblemAnswer } from './problem.js';
import { ProcessVersions, ThePlan } from './queries.js';
import { AreTargets, IsInstant, IsMoney, IsPeriod, IsProcessId, IsWord, inUtc } from './shape.js';

const MONEY = { type: 'object', additionalProperties: true, example: { minor: 12_000_000, currency: 'EUR' } } as const;
const PERIOD = { example: '2026-Q4', description: 'A month like 2026-11, or a quarter like 2026-Q4.' } as const;

class ProcessQuery extends DryRunQuery {
  @ApiPropertyOptional({ example: 'new-business', description: 'Of a CSV file: the process. A JSON body names it itself.' })
  @Optional()
  @IsProcessId()
  process?: string;
}

class TargetsDto {
  @ApiProperty({ example: 'new-business' })
  @IsProcessId()
  process!: string;

  @ApiProperty({
    type: 'array',
    items: { type: 'object', additionalProperties: true },
    description: 'Each: period, amount (null takes it back), and owner or team (neither: the whole company), note.',
    example: [{ period: '2026-Q4', owner: 'ada', amount: { minor: 12_000_000, currency: 'EUR' } }],
  })
  @AreTargets()
  targets!: (Pick<TargetInput, 'period' | 'amount'> & Partial<TargetInput>)[];
}

class CallDto {
  @ApiProperty({ example: 'new-business' })
  @IsProcessId()
  process!: string;

  @ApiProperty(PERIOD)
  @IsPeriod()
  period!: string;

  @ApiProperty({ enum: CALL_KINDS })
  @IsWord()
  kind!: string;

  @ApiProperty(MONEY)
  @IsMoney()
  amount!: Money;

  @ApiPropertyOptional({
    type: 'string',
    nullable: true,
    example: 'ada',
    description: 'Whose call; with neither owner nor team: your own.',
  })
  @IsOptional()
  @IsWord(200)
  owner?: string | null;

  @ApiPropertyOptional({ type: 'string', nullable: true, example: 'north' })
  @IsOptional()
  @IsWord()
  team?: string | null;

  @ApiPropertyOptional({ type: 'string', nullable: true, example: 'Two deals are as good as signed.' })
  @IsOptional()
  @IsWord(1_000)
  note?: string | null;
}

class IssueDto {
  @ApiProperty({ example: 'new-business' })
  @IsProcessId()
  process!: string;

  @ApiPropertyOptional({ enum: PERIODS, description: 'Of which periods, the present one and the next. Default: quarter.' })
  @Optional()
  @IsIn(PERIODS, { message: `must be one of ${PERIODS.join(', ')}` })
  period?: Period;
}

class PlanQuery {
  @ApiProperty({ example: 'new-business' })
  @IsProcessId()
  process!: string;

  @ApiPropertyOptional(PERIOD)
  @Optional()
  @IsPeriod()
  period?: string;

  @ApiPropertyOptional({ type: 'string', format: 'date-time', description: 'As it was known then.' })
  @Optional()
  @IsInstant()
  asOf?: string;
}

/** The numbers that go to and fro with finance: targets, what people call, forecasts as they were issued. */
@ApiTags('plan')
@Controller('v1')
export class PlanController {
  constructor(
    @Inject(CommandBus) private readonly commands: CommandBus,
    @Inject(QueryBus) private readonly queries: QueryBus,
  ) {}

  @Post('targets')
  @HttpCode(200)
  @OnlyRoles('manager', 'operations', 'finance', 'admin')
  @ApiOperation({
    summary: 'Sets targets: all of them, or none where one has a problem',
    description:
      'As JSON, or as CSV with ?process= and the columns period, amount, owner, team, note (amounts in whole units). What is in force already is not written again.',
  })
  @ApiBearerAuth()
  @ApiConsumes('application/json', 'text/csv')
  @ApiBody({ type: TargetsDto })
  @Answers(200, 'How many were set, and how many were in force already.', example.targetsSet)
  @ProblemResponse(400, 'The shape is wrong, or some targets are: each with its place.')
  @ProblemResponse(401, 'No token, or one that is not taken.')
  @ProblemResponse(403, 'The token names none of the roles that may set targets.')
  @ProblemResponse(404, 'There is no such process.')
  @ProblemResponse(507, 'There is no space to write.')
  async setTargets(
    @Body() body: TargetsDto,
    @Query() { dryRun, process }: ProcessQuery,
    @Asker() actor: Actor,
  ): Promise<{ readonly set: number; readonly unchanged: number }> {
    // A CSV file comes as the text it is, which the checks of the shape let through.
    const given = typeof body === 'string' ? await this.fromCsv(body, process) : body;
    const targets = given.targets.map(({ period, amount, owner = null, team = null, note = null }): TargetInput => ({
      period,
      amount,
      owner,
      team,
      note,
    }));
    const outcome = await this.commands.execute(new SetTargets(given.process, targets, actor, dryRun === 'true'));
    const { set, unchanged } = answered(outcome, 'targets');
    return { set, unchanged };
  }

  private async fromCsv(text: string, process: string | undefined): Promise<TargetsDto> {
    if (process === undefined)
      throw malformed([{ field: '?process', say: 'must name the process that the targets of the file are for' }], 'The query');
    const versions = await this.queries.execute(new ProcessVersions(process));
    const latest = versions.at(-1);
    if (!latest) throw noProcess(process);
    const { targets, problems } = readTargetsCsv(text, latest.definition.currency);
    if (problems.length > 0)
      throw malformed(
        problems.map(({ line, say }) => ({ field: line === 0 ? 'file' : `line ${line}`, say })),
        'The file',
      );
    return { process, targets: [...targets] };
  }

  @Get('targets')
  @DescribesQuestion('The targets in force, or as they were known at an instant', { example: example.targets, missing: true })
  async targets(@Query() query: PlanQuery): Promise<{ readonly items: unknown[]; readonly next: null }> {
    const { targets } = await this.planOf(query);
    return { items: [...targets], next: null };
  }

  @Post('calls')
  @ApiOperation({
    summary: 'Records what somebody says will have come in by the end of a period: commit, or best case',
    description: 'Everybody calls for themself; for others, a team or the whole company the roles that may set targets do.',
  })
  @ApiBearerAuth()
  @ApiBody({ type: CallDto })
  @Answers(201, 'Recorded.', example.called)
  @Answers(200, 'The same as the last word on it: nothing was written.', example.called)
  @ProblemResponse(400, 'The shape is wrong, or the call is: every field at once.')
  @ProblemResponse(401, 'No token, or one that is not taken.')
  @ProblemResponse(404, 'There is no such process.')
  @ProblemResponse(507, 'There is no space to write.')
  async call(
    @Body() { process, period, kind, amount, owner, team, note }: CallDto,
    @Asker() actor: Actor,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<{ readonly call: string; readonly repeated: boolean }> {
    const isOwn = owner === undefined && team === undefined;
    const whose = { owner: isOwn ? actor.id : (owner ?? null), team: team ?? null };
    const outcome = await this.commands.execute(
      new MakeCall(process, { period, kind, amount, ...whose, note: note ?? null }, actor),
    );
    const { call, repeated } = answered(outcome, null);
    if (repeated) void reply.status(200);
    return { call, repeated };
  }

  @Get('calls')
  @DescribesQuestion('Every call, the first first', { example: example.calls, missing: true })
  async calls(@Query() query: PlanQuery): Promise<{ readonly items: unknown[]; readonly next: null }> {
    const { calls } = await this.planOf(query);
    return { items: [...calls], next: null };
  }

  @Post('forecasts')
  @HttpCode(200)
  @OnlyRoles('manager', 'operations', 'finance', 'admin')
  @ApiOperation({
    summary: 'Issues what the forecast says now as events: of the present period and the next, in all and by owner and team',
    description:
      'Once a day: what was issued today already is not issued again. The service does it by itself once a week (COXSWAIN_FORECASTS).',
  })
  @ApiBearerAuth()
  @ApiBody({ type: IssueDto })
  @Answers(200, 'How many were issued.', example.issued)
  @ProblemResponse(400, 'The shape is wrong: every field at once.')
  @ProblemResponse(401, 'No token, or one that is not taken.')
  @ProblemResponse(403, 'The token names none of the roles that may.')
  @ProblemResponse(404, 'There is no such process.')
  @ProblemResponse(507, 'There is no space to write.')
  async issue(@Body() { process, period = 'quarter' }: IssueDto, @Asker() actor: Actor): Promise<{ readonly issued: number }> {
    const { issued } = answered(await this.commands.execute(new IssueForecasts(process, period, actor)), null);
    return { issued };
  }

  @Get('forecasts')
  @DescribesQuestion('Every forecast as it was issued, with how it turned out where that is known', {
    example: example.forecasts,
    missing: true,
  })
  async forecasts(@Query() query: PlanQuery): Promise<{ readonly items: unknown[]; readonly next: null }> {
    const { issued, scored } = await this.planOf(query);
    const scores = new Map(scored.filter(({ of }) => of.kind === 'forecast').map((score) => [score.of.id, score]));
    const items = issued.map((one) => {
      const score = scores.get(one.forecast);
      return { ...one, scored: score ? { actual: score.actual, error: score.error, within: score.within } : null };
    });
    return { items, next: null };
  }

  private async planOf({ process, period, asOf }: PlanQuery): Promise<Plan> {
    const plan = await this.queries.execute(new ThePlan(process, period, asOf === undefined ? undefined : inUtc(asOf)));
    if (plan === null) throw noProcess(process);
    return plan;
  }
}

const noProcess = (id: string): ProblemAnswer =>
  notFound('no-such-process', `No process "${id}" is published. GET /v1/processes lists what is in force.`);

/** `list`: the field of the body in whose entries problems lie; null where the body itself has them. */
function answered<Done>(outcome: PlanOutcome<Done>, list: string | null): { readonly kind: 'done' } & Done {
  switch (outcome.kind) {
    case 'done':
      return outcome;
    case 'not-found':
      throw noProcess(outcome.id);
    case 'forbidden':
      throw new ProblemAnswer(403, 'forbidden', outcome.say);
    case 'refused':
      throw malformed(
        outcome.problems.map(({ at, field, say }) => ({ field: list === null ? field : `${list}[${at}].${field}`, say })),
        'The body',
      );
  }
}
