import { Controller, Get, Headers, Inject, Query, Res } from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import { ApiHeader, ApiPropertyOptional, ApiTags } from '@nestjs/swagger';
import { isPosition, type StoredEvent } from '@coxswain/event-store';
import type { Page } from '@coxswain/sales-desk';
import type { FastifyReply } from 'fastify';
import { EventStreams } from './event-streams.js';
import * as example from './examples.js';
import { Optional } from './opportunities.dto.js';
import { DescribesQuestion } from './openapi.js';
import { malformed } from './problem.js';
import { LogPage } from './queries.js';
import { IsPosition, IsWholeNumber, NO_POSITION } from './shape.js';

const DEFAULT_PAGE = 100;

class AfterQuery {
  @ApiPropertyOptional({ description: 'A position of the log, from an earlier answer; from the beginning when left out.' })
  @Optional()
  @IsPosition()
  after?: string;
}

class LogQuery extends AfterQuery {
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
  @DescribesQuestion('The log after a position. `next` is null at its end: to go on later, ask after the last position seen', {
    example: example.events,
  })
  events(@Query() { after, limit }: LogQuery): Promise<Page<StoredEvent>> {
    return this.queries.execute(new LogPage(after, Number(limit ?? DEFAULT_PAGE)));
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
