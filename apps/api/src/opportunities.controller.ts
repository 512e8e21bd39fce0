import { Body, Controller, Get, HttpCode, Inject, Param, Patch, Post, Query, Res } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { ApiTags } from '@nestjs/swagger';
import type { StoredEvent } from '@coxswain/event-store';
import type { Actor, PossibleMove, ReplayStep, Verdict } from '@coxswain/sales-process';
import type { DealAnswer, DealOnBoard, DealRequest, DealView, Page } from '@coxswain/sales-desk';
import type { FastifyReply } from 'fastify';
import { Asker } from './access.js';
import { DecideOpportunity } from './commands.js';
import { Given, type Conditions } from './headers.js';
import { Metrics } from './metrics.js';
import { DescribesCommand, DescribesQuestion } from './openapi.js';
import {
  ActivityDto,
  AdvanceDto,
  AsOfQuery,
  BoardDto,
  CaptureDto,
  dealsIn,
  DealParams,
  DryRunQuery,
  FactsDto,
  MoveParams,
  OwnerDto,
  PageQuery,
} from './opportunities.dto.js';
import * as example from './examples.js';
import { foreignCursor, notFound, ProblemAnswer } from './problem.js';
import { Board, DealRecord, DealReplay, DealVerification, OneOpportunity, WaysOn } from './queries.js';
import { answerOrProblem } from './refusals.js';
import { dated, defined, inUtc } from './shape.js';

const DEFAULT_PAGE = 50;
const MOST_PAGE = 500;

type Done = Omit<DealAnswer, 'repeated'>;

/** The deals: capture, ask, move, look back. */
@ApiTags('opportunities')
@Controller('v1/opportunities')
export class OpportunitiesController {
  constructor(
    @Inject(CommandBus) private readonly commands: CommandBus,
    @Inject(QueryBus) private readonly queries: QueryBus,
    @Inject(Metrics) private readonly metrics: Metrics,
  ) {}

  @Post()
  @DescribesCommand('Captures a lead', { example: example.captured, dryRun: true, body: CaptureDto })
  async capture(
    @Body() body: CaptureDto,
    @Query() { dryRun }: DryRunQuery,
    @Asker() actor: Actor,
    @Given() given: Conditions,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Done> {
    if (given.expectedRevision !== undefined)
      throw new ProblemAnswer(
        400,
        'if-match-invalid',
        'If-Match: a lead that is being captured has no revision yet. Leave it out.',
      );
    const answer = await this.ask(null, { type: 'Capture', ...dated(body) }, actor, given, dryRun, reply);
    if (dryRun !== 'true') void reply.header('location', `/v1/opportunities/${answer.id}`);
    return answer;
  }

  @Post(':id/moves/:move')
  @DescribesCommand('Asks for a move', {
    example: example.moved,
    dryRun: true,
    body: AdvanceDto,
    bodyOptional: true,
    refusal: example.blocked,
  })
  advance(
    @Param() { id, move }: MoveParams,
    @Body() body: AdvanceDto,
    @Query() { dryRun }: DryRunQuery,
    @Asker() actor: Actor,
    @Given() given: Conditions,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Done> {
    return this.ask(id, { type: 'Advance', move, ...dated(body) }, actor, given, dryRun, reply);
  }

  @Patch(':id/facts')
  @HttpCode(201)
  @DescribesCommand('Records facts, or takes some back', { example: example.moved, dryRun: true, body: FactsDto })
  recordFacts(
    @Param() { id }: DealParams,
    @Body() body: FactsDto,
    @Query() { dryRun }: DryRunQuery,
    @Asker() actor: Actor,
    @Given() given: Conditions,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Done> {
    return this.ask(id, { type: 'RecordFacts', ...dated(body) }, actor, given, dryRun, reply);
  }

  @Post(':id/owner')
  @DescribesCommand('Gives the deal to somebody else', { example: example.moved, dryRun: true, body: OwnerDto })
  changeOwner(
    @Param() { id }: DealParams,
    @Body() body: OwnerDto,
    @Query() { dryRun }: DryRunQuery,
    @Asker() actor: Actor,
    @Given() given: Conditions,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Done> {
    return this.ask(id, { type: 'ChangeOwner', ...dated(body) }, actor, given, dryRun, reply);
  }

  @Post(':id/activities')
  @DescribesCommand('Logs a call, a meeting, a proposal', { example: example.moved, dryRun: true, body: ActivityDto })
  logActivity(
    @Param() { id }: DealParams,
    @Body() body: ActivityDto,
    @Query() { dryRun }: DryRunQuery,
    @Asker() actor: Actor,
    @Given() given: Conditions,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Done> {
    return this.ask(id, { type: 'LogActivity', ...dated(body) }, actor, given, dryRun, reply);
  }

  @Get()
  @DescribesQuestion('The board: deals in order of their ids, or as sort says, now or as it was known at an instant', {
    example: example.board,
  })
  board(@Query() { process, limit, cursor, sort, seen, ...query }: BoardDto): Promise<Page<DealOnBoard>> {
    const most = Number(limit ?? (query.ids === undefined ? DEFAULT_PAGE : MOST_PAGE));
    return this.queries.execute(new Board({ ...dealsIn(query), ...defined({ process, cursor, sort }), limit: most }, seen));
  }

  @Get(':id')
  @DescribesQuestion('One deal, now or as it was known at an instant', { example: example.deal, missing: true })
  async one(
    @Param() { id }: DealParams,
    @Query() { asOf }: AsOfQuery,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<DealView> {
    const view = found(
      await this.queries.execute(new OneOpportunity(id, asOf === undefined ? undefined : inUtc(asOf))),
      id,
      asOf,
    );
    if (asOf === undefined) void reply.header('etag', `"${view.revision}"`);
    return view;
  }

  @Get(':id/moves')
  @DescribesQuestion('Each way on for whoever asks, now or at an instant: allowed, or its blockers and who could lift each', {
    example: example.moves,
    missing: true,
  })
  async moves(
    @Param() { id }: DealParams,
    @Query() { asOf }: AsOfQuery,
    @Asker() actor: Actor,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<{ readonly moves: readonly PossibleMove[] }> {
    const then = asOf === undefined ? undefined : inUtc(asOf);
    const { moves, revision } = found(await this.queries.execute(new WaysOn(id, actor, then)), id, asOf);
    if (asOf === undefined) void reply.header('etag', `"${revision}"`);
    return { moves };
  }

  @Get(':id/events')
  @DescribesQuestion('The record of one deal, oldest first', { example: example.events, missing: true })
  async events(@Param() { id }: DealParams, @Query() { limit, cursor }: PageQuery): Promise<Page<StoredEvent>> {
    const most = Number(limit ?? DEFAULT_PAGE);
    const from = cursor === undefined ? 0 : revisionIn(cursor);
    const events = await this.queries.execute(new DealRecord(id, from, most + 1));
    if (events.length === 0 && from === 0) found(null, id);
    const items = events.slice(0, most);
    return { items, next: events.length > most ? cursorOf(items.at(-1)!.revision + 1) : null };
  }

  @Get(':id/replay')
  @DescribesQuestion('The record step by step: facts, stage, checks true or false, who, why', {
    example: example.replayed,
    missing: true,
  })
  async replay(
    @Param() { id }: DealParams,
    @Query() { asOf }: AsOfQuery,
  ): Promise<{ readonly id: string; readonly steps: readonly ReplayStep[] }> {
    const steps = found(await this.queries.execute(new DealReplay(id, asOf === undefined ? undefined : inUtc(asOf))), id, asOf);
    return { id, steps };
  }

  @Post(':id/verify')
  @HttpCode(200)
  @DescribesQuestion('Every recorded decision asked again and compared', { example: example.verified, missing: true })
  async verify(
    @Param() { id }: DealParams,
  ): Promise<{ readonly id: string; readonly agree: boolean; readonly verdicts: readonly Verdict[] }> {
    return { id, ...found(await this.queries.execute(new DealVerification(id)), id) };
  }

  private async ask(
    id: string | null,
    request: DealRequest,
    actor: Actor,
    { expectedRevision, idempotency }: Conditions,
    dryRun: string | undefined,
    reply: FastifyReply,
  ): Promise<Done> {
    const dry = dryRun === 'true';
    const outcome = await this.commands.execute(
      new DecideOpportunity(id, request, {
        actor,
        dryRun: dry,
        ...(expectedRevision === undefined ? {} : { expectedRevision }),
        ...(idempotency === undefined || dry ? {} : { idempotency }),
      }),
    );
    if ('kind' in outcome) this.metrics.refused(outcome.kind === 'refused' ? outcome.refused : outcome.kind);
    const { repeated, ...answer } = answerOrProblem(outcome);
    if (dry) void reply.status(200);
    else void reply.header('etag', `"${answer.revision}"`);
    if (repeated) void reply.header('idempotency-replayed', 'true');
    return answer;
  }
}

function found<T>(value: T | null, id: string, asOf?: string): T {
  if (value !== null) return value;
  throw notFound(
    'no-such-opportunity',
    asOf === undefined ? `There is no opportunity "${id}".` : `There was no opportunity "${id}" known at ${asOf}.`,
  );
}

const cursorOf = (from: number): string => Buffer.from(JSON.stringify({ from })).toString('base64url');

function revisionIn(cursor: string): number {
  try {
    const { from } = JSON.parse(Buffer.from(cursor, 'base64url').toString()) as { from?: unknown };
    if (typeof from === 'number' && Number.isSafeInteger(from) && from > 0) return from;
  } catch {
    // Not ours: told below.
  }
  throw foreignCursor();
}
