import { setImmediate as nextTurn } from 'node:timers/promises';
import { Body, Controller, Get, HttpCode, Inject, Param, Post } from '@nestjs/common';
import { Query, QueryBus, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { ApiBearerAuth, ApiBody, ApiOperation, ApiPropertyOptional, ApiTags } from '@nestjs/swagger';
import { StoreUnavailable } from '@coxswain/event-store';
import { CONTENT_NAME, SalesDesk, Turns } from '@coxswain/sales-desk';
import {
  compileProcess,
  processFileSchema,
  readProcessFile,
  triedMoves,
  tryInvented,
  tryLine,
  tryRecorded,
  type FactValue,
  type Opportunity,
  type PossibleMove,
  type Problem,
  type SalesProcess,
  type Tried,
  type TriedLine,
} from '@coxswain/sales-process';
import { MOST_FILE_CHARACTERS } from './back-tests.controller.js';
import { Optional } from './opportunities.dto.js';
import { Answers, DescribesQuestion, ProblemResponse } from './openapi.js';
import { notFound, ProblemAnswer } from './problem.js';
import { noProcess, ProcessParams } from './processes.controller.js';
import { AreLines, IsContentName, IsDealId, IsWord } from './shape.js';
import { NOW } from './tokens.js';

const MOST_LINES = 200;
/** So long a walk may take; it is asked for again with every line that is added. */
const MOST_MS = 2_000;
/** So many may wait for their turn. */
const MOST_WAITING = 16;

/** Where a walk begins, and the lines of it so far; each call goes the whole way again, and keeps nothing. */
class WalkDto {
  @ApiPropertyOptional({
    description: 'Under what: in-force (default), the number of a version, draft (the latest), or draft:2.',
    example: 'draft',
  })
  @Optional()
  @IsContentName(CONTENT_NAME)
  under?: string;

  @ApiPropertyOptional({ description: 'Or under the text of a process file, YAML or JSON.' })
  @Optional()
  @IsWord(MOST_FILE_CHARACTERS)
  file?: string;

  @ApiPropertyOptional({ description: 'A deal, as it stands now; default: an invented one.', example: 'acme-42' })
  @Optional()
  @IsDealId()
  deal?: string;

  @ApiPropertyOptional({
    type: 'array',
    items: { type: 'string' },
    description: 'What is done, as "coxswain process try" takes it: MOVE fact=value ..., set fact=value, as ROLE, wait 3 days.',
    example: ['qualify source=inbound fitScore=80'],
  })
  @Optional()
  @AreLines(MOST_LINES)
  lines?: string[];
}

/** How the deal stands after the lines, and what each of them came to. */
export interface Walk {
  /** What it runs under. */
  readonly under: string;
  readonly deal: string | null;
  readonly at: string;
  readonly stage: string;
  readonly tracks: Opportunity['tracks'];
  readonly roles: readonly string[];
  readonly facts: Readonly<Record<string, FactValue>>;
  readonly moves: readonly PossibleMove[];
  readonly lines: readonly Omit<TriedLine, 'moves'>[];
  /** Facts of the deal that do not fit, which are left out. */
  readonly left: readonly string[];
}

type WalkAnswer =
  | { readonly kind: 'done'; readonly walk: Walk }
  | { readonly kind: 'not-found'; readonly what: 'process' | 'content' | 'deal' }
  | { readonly kind: 'invalid'; readonly problems: readonly Problem[] }
  | { readonly kind: 'elsewhere'; readonly say: string }
  | { readonly kind: 'too-long'; readonly done: number };

export class WalkDeal extends Query<WalkAnswer> {
  constructor(
    readonly process: string,
    readonly under: string | { readonly file: string },
    readonly deal: string | null,
    readonly lines: readonly string[],
  ) {
    super();
  }
}

@QueryHandler(WalkDeal)
export class WalkDealHandler implements IQueryHandler<WalkDeal> {
  private readonly turns = new Turns();
  private waiting = 0;

  constructor(
    @Inject(SalesDesk) private readonly desk: SalesDesk,
    @Inject(NOW) private readonly now: () => Date,
  ) {}

  /** One walk after the other: a line of one may take longer than a command, and commands are taken between the lines. */
  execute(asked: WalkDeal): Promise<WalkAnswer> {
    if (this.waiting >= MOST_WAITING)
      return Promise.reject(new StoreUnavailable('too many deals are being walked', 'Ask again in a moment.'));
    this.waiting++;
    return this.turns.take('walk', () => this.walk(asked)).finally(() => this.waiting--);
  }

  private async walk({ process: id, under, deal, lines }: WalkDeal): Promise<WalkAnswer> {
    const content = this.contentOf(id, under);
    if ('kind' in content) return content;
    const { name, hash, definition } = content;
    // No version: no deal runs under what is walked.
    const process = compileProcess(definition, { id: definition.id, version: 0, hash });
    const at = this.now().toISOString();
    let begun: { readonly tried: Tried; readonly left: readonly string[] } | null = { tried: tryInvented(process, at), left: [] };
    if (deal !== null) {
      const found = await this.desk.opportunity(deal);
      if (!found) return { kind: 'not-found', what: 'deal' };
      const { opportunity } = found;
      if (opportunity.process.id !== definition.id)
        return { kind: 'elsewhere', say: `Deal ${deal} runs under "${opportunity.process.id}", not under "${definition.id}".` };
      begun = tryRecorded(process, opportunity, at);
      if (!begun)
        return {
          kind: 'elsewhere',
          say: `${deal} stands in "${opportunity.stage}", and no stage of ${name} is or was that: let a stage say was: [${opportunity.stage}].`,
        };
    }
    let { tried } = begun;
    const told: Omit<TriedLine, 'moves'>[] = [];
    const until = performance.now() + MOST_MS;
    for (const line of lines) {
      // Others are answered between the lines.
      await nextTurn();
      if (performance.now() > until) return { kind: 'too-long', done: told.length };
      const answer = tryLine(tried, line);
      ({ tried } = answer);
      const { moves: _, ...rest } = answer.told;
      told.push(rest);
    }
    const { stage, tracks, facts } = tried.deal;
    return {
      kind: 'done',
      walk: {
        under: name,
        deal,
        at: tried.at,
        stage,
        tracks,
        roles: tried.roles,
        facts: Object.fromEntries(Object.entries(facts).map(([fact, { value }]) => [fact, value])),
        moves: triedMoves(tried),
        lines: told,
        left: begun.left,
      },
    };
  }

  private contentOf(
    id: string,
    under: WalkDeal['under'],
  ): { readonly name: string; readonly hash: string; readonly definition: SalesProcess } | Exclude<WalkAnswer, { kind: 'done' }> {
    if (typeof under === 'string') {
      const content = this.desk.content(id, under);
      return (
        content ?? {
          kind: 'not-found',
          what: this.desk.process(id) === null && this.desk.drafts(id).length === 0 ? 'process' : 'content',
        }
      );
    }
    const { process, hash, problems } = readProcessFile(under.file);
    if (!process || hash === null) return { kind: 'invalid', problems };
    if (process.id !== id) return { kind: 'elsewhere', say: `The file is of the process "${process.id}", not of "${id}".` };
    return { name: 'the file', hash, definition: process };
  }
}

const EXAMPLE: Walk = {
  under: 'draft 2',
  deal: null,
  at: '2026-11-02T09:00:00.000Z',
  stage: 'qualified',
  tracks: {},
  roles: ['sdr', 'rep', 'manager'],
  facts: { source: 'inbound', fitScore: 80 },
  moves: [],
  lines: [
    {
      line: 'qualify source=inbound fitScore=80',
      outcome: 'done',
      asExpected: true,
      say: ['It goes from Lead to Qualified.'],
      blockers: [],
      stage: 'qualified',
      tracks: {},
    },
  ],
  left: [],
};

/** A deal walked through a process by somebody who wants to know what it would say; and the shape of process files. */
@ApiTags('processes')
@Controller('v1')
export class WalksController {
  constructor(@Inject(QueryBus) private readonly queries: QueryBus) {}

  @Get('process-schema')
  @DescribesQuestion('The JSON Schema (2020-12) of a process file, with descriptions that editors show', {
    example: { $schema: processFileSchema.$schema, title: processFileSchema.title },
  })
  schema(): object {
    return processFileSchema;
  }

  @Post('processes/:id/try')
  @HttpCode(200)
  @ApiOperation({
    summary: 'Walks a deal through a version, a draft or a file, with the real rules',
    description: 'Records nothing: every call says where it begins and what is done, and answers how the deal stands then.',
  })
  @ApiBearerAuth()
  @ApiBody({ type: WalkDto, required: false })
  @Answers(200, 'How the deal stands, the moves from there, and what each line came to.', EXAMPLE)
  @ProblemResponse(400, 'The shape is wrong: every field at once.')
  @ProblemResponse(401, 'No token, or one that is not taken.')
  @ProblemResponse(404, 'There is no such process, version, draft or deal.')
  @ProblemResponse(422, 'The file has problems, the deal has no place there, or the walk takes too long.')
  @ProblemResponse(503, 'Too many deals are being walked: ask again in a moment.')
  async walk(@Param() { id }: ProcessParams, @Body() body: WalkDto): Promise<Walk> {
    const { under = 'in-force', file, deal = null, lines = [] } = body;
    const answer = await this.queries.execute(new WalkDeal(id, file === undefined ? under : { file }, deal, lines));
    switch (answer.kind) {
      case 'done':
        return answer.walk;
      case 'invalid':
        throw new ProblemAnswer(422, 'process-invalid', 'A process file with errors cannot be walked: correct them first.', {
          problems: answer.problems,
        });
      case 'too-long':
        throw new ProblemAnswer(
          422,
          'walk-too-long',
          `After ${answer.done} lines the walk has taken ${MOST_MS / 1_000} seconds: send fewer lines, or wait for less time in them.`,
        );
      case 'elsewhere':
        throw new ProblemAnswer(422, 'no-place', answer.say);
      case 'not-found':
        throw {
          process: noProcess(id),
          content: notFound(
            'no-such-version',
            `"${id}" has no ${under}. GET /v1/processes/${id} lists its versions, /drafts the drafts.`,
          ),
          deal: notFound('no-such-opportunity', `There is no opportunity "${deal}".`),
        }[answer.what];
    }
  }
}
