import { Controller, Get, Headers, Inject, Query, Res } from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import { ApiHeader, ApiPropertyOptional, ApiTags } from '@nestjs/swagger';
import { isPosition, type StoredEvent } from '@coxswain/event-store';
import { SEARCH_ORDERS, STEP_OUTCOMES, type LogQuestion, type Page } from '@coxswain/sales-desk';
import { IsIn } from 'class-validator';
import type { FastifyReply } from 'fastify';
import { EventStreams } from './event-streams.js';
import * as example from './examples.js';
import { Optional } from './opportunities.dto.js';
import { DescribesQuestion } from './openapi.js';
import { malformed } from './problem.js';
import { LogPage } from './queries.js';
import { defined, inUtc, IsDealId, IsInstant, IsPosition, IsProcessId, IsWholeNumber, IsWord, NO_POSITION } from './shape.js';

const DEFAULT_PAGE = 100;

class AfterQuery {
  @ApiPropertyOptional({ description: 'A position of the log, from an earlier answer; from the beginning when left out.' })
  @Optional()
  @IsPosition()
  after?: string;
}

/** A page of the log, from either end, and what of it. */
class LogQuery extends AfterQuery {
  @ApiPropertyOptional({ description: 'With order=newest: a position, from an earlier answer; from the end when left out.' })
  @Optional()
  @IsPosition()
  before?: string;

  @ApiPropertyOptional({ enum: SEARCH_ORDERS, default: 'oldest', description: 'Which comes first.' })
  @Optional()
  @IsIn(SEARCH_ORDERS, { message: `must be one of ${SEARCH_ORDERS.join(', ')}` })
  order?: LogQuestion['order'];

  @ApiPropertyOptional({ example: 'jonas', description: 'Who did it.' })
  @Optional()
  @IsWord(200)
  by?: string;

  @ApiPropertyOptional({ example: 'StageChanged' })
  @Optional()
  @IsWord()
  type?: string;

  @ApiPropertyOptional({ example: 'acme-42', description: 'The record of this deal alone.' })
  @Optional()
  @IsDealId()
  deal?: string;

  @ApiPropertyOptional({ example: 'new-business' })
  @Optional()
  @IsProcessId()
  process?: string;

  @ApiPropertyOptional({ type: 'integer', description: 'The version whose rules were asked.' })
  @Optional()
  @IsWholeNumber(1, 999_999)
  version?: string;

  @ApiPropertyOptional({ example: 'budget', description: 'Steps that asked this check, or broke it.' })
  @Optional()
  @IsWord(200)
  check?: string;

  @ApiPropertyOptional({
    enum: STEP_OUTCOMES,
    description:
      'Steps with a check let pass by somebody entitled, or steps that broke the process; with check: that very check.',
  })
  @Optional()
  @IsIn(STEP_OUTCOMES, { message: `must be one of ${STEP_OUTCOMES.join(', ')}` })
  outcome?: NonNullable<LogQuestion['outcome']>;

  @ApiPropertyOptional({ example: '2026-01-01T00:00:00Z', description: 'When it happened, from this instant on.' })
  @Optional()
  @IsInstant()
  from?: string;

  @ApiPropertyOptional({ example: '2026-04-01T00:00:00Z', description: 'When it happened, before this instant.' })
  @Optional()
  @IsInstant()
  to?: string;

  @ApiPropertyOptional({ example: '2026-03-31T23:59:59Z', description: 'Only what was recorded by then.' })
  @Optional()
  @IsInstant()
  asOf?: string;

  @ApiPropertyOptional({ type: 'integer', minimum: 1, maximum: 1_000, default: DEFAULT_PAGE })
  @Optional()
  @IsWholeNumber(1, 1_000)
  limit?: string;
}

/** The whole log: in pages, or as it grows. */
@ApiTags('log')
@Controller('v1')
export class LogController {
  constructor(
    @Inject(QueryBus) private readonly queries: QueryBus,
    @Inject(EventStreams) private readonly streams: EventStreams,
  ) {}

  @Get('events')
  @DescribesQuestion(
    'The log from either end, or what of it fits. `next` is null where there is no more; else hand it back as after, or as before',
    { example: example.events },
  )
  events(@Query() query: LogQuery): Promise<Page<StoredEvent>> {
    const { after, before, order = 'oldest', limit, version, from, to, asOf, ...words } = query;
    const wrong = order === 'oldest' ? before : after;
    if (wrong !== undefined)
      throw malformed([
        order === 'oldest'
          ? { field: '?before', say: 'goes with order=newest; in order oldest ask with after' }
          : { field: '?after', say: 'goes with order=oldest; in order newest ask with before' },
      ]);
    return this.queries.execute(
      new LogPage({
        ...defined({
          ...words,
          beyond: before ?? after,
          version: version === undefined ? undefined : Number(version),
          from: from === undefined ? undefined : inUtc(from),
          to: to === undefined ? undefined : inUtc(to),
          asOf: asOf === undefined ? undefined : inUtc(asOf),
        }),
        order,
        limit: Number(limit ?? DEFAULT_PAGE),
      }),
    );
  }

  @Get('stream')
  @ApiHeader({
    name: 'Last-Event-ID',
    required: false,
    description: 'Go on after this position; browsers send it by themselves when they connect again.',
    schema: { type: 'string' },
  })
  @DescribesQuestion('The log as it grows, as server-sent events: id is the position, event the type, data the whole event', {
    example: example.streamed,
    type: 'text/event-stream',
  })
  stream(
    @Query() { after }: AfterQuery,
    @Headers('last-event-id') lastEventId: string | undefined,
    @Res() reply: FastifyReply,
  ): void {
    if (lastEventId !== undefined && !isPosition(lastEventId)) throw malformed([{ field: 'Last-Event-ID', say: NO_POSITION }]);
    this.streams.open(reply, lastEventId ?? after);
  }
}
