import { Controller, Get, Inject, Query } from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import { ApiTags } from '@nestjs/swagger';
import type { BoardSummary } from '@coxswain/sales-desk';
import * as example from './examples.js';
import { BoardSummaryDto, dealsIn } from './opportunities.dto.js';
import { DescribesQuestion } from './openapi.js';
import { BoardHeads } from './queries.js';

/** The heads of the columns of a board, so that nobody has to fetch all deals to count them. Not below /v1/opportunities, where any word may be a deal. */
@ApiTags('opportunities')
@Controller('v1/board')
export class BoardController {
  constructor(@Inject(QueryBus) private readonly queries: QueryBus) {}

  @Get()
  @DescribesQuestion(
    'How many deals stand in each stage, what they are worth, and how many are late; now or as it was known at an instant',
    {
      example: example.boardSummary,
      missing: true,
    },
  )
  summary(@Query() { process, seen, ...query }: BoardSummaryDto): Promise<BoardSummary> {
    return this.queries.execute(new BoardHeads({ ...dealsIn(query), process }, seen));
  }
}
