import { Body, Controller, HttpCode, Inject, Post } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { ApiBearerAuth, ApiBody, ApiOperation, ApiTags } from '@nestjs/swagger';
import { StoreUnavailable } from '@coxswain/event-store';
import { UnknownEvent, type Actor } from '@coxswain/sales-process';
import type { DealAnswer, DealRequest } from '@coxswain/sales-desk';
import { Asker } from './access.js';
import { DecideOpportunity } from './commands.js';
import { shapeCheckOf } from './compiled-shape.js';
import * as example from './examples.js';
import { fingerprint, Given, isKey, type Conditions } from './headers.js';
import { Metrics } from './metrics.js';
import { Answers, ProblemResponse } from './openapi.js';
import { ActivityDto, AdvanceDto, CaptureDto, DealParams, FactsDto, MoveParams, OwnerDto } from './opportunities.dto.js';
import { malformed, ProblemAnswer, unavailable, writtenLater, type FieldProblem } from './problem.js';
import { answerOrProblem } from './refusals.js';
import { dated } from './shape.js';

const MOST_COMMANDS = 1_000;

/** What one command of a batch can be: the call it stands for, and the shapes of that call. */
const KINDS = {
  capture: { method: 'POST', route: '/v1/opportunities', params: null, body: CaptureDto, type: 'Capture' },
  move: { method: 'POST', route: '/v1/opportunities/:id/moves/:move', params: MoveParams, body: AdvanceDto, type: 'Advance' },
  facts: { method: 'PATCH', route: '/v1/opportunities/:id/facts', params: DealParams, body: FactsDto, type: 'RecordFacts' },
  owner: { method: 'POST', route: '/v1/opportunities/:id/owner', params: DealParams, body: OwnerDto, type: 'ChangeOwner' },
  activity: {
    method: 'POST',
    route: '/v1/opportunities/:id/activities',
    params: DealParams,
    body: ActivityDto,
    type: 'LogActivity',
  },
} as const;
type Kind = keyof typeof KINDS;

interface ReadCommand {
  readonly id: string | null;
  readonly request: DealRequest;
  readonly conditions: Conditions;
}

/** The answer to one command: what the call by itself would have answered, with its status. */
type Result =
  | ({ readonly status: 201; readonly replayed?: true } & Omit<DealAnswer, 'repeated'>)
  | { readonly status: number; readonly code: string; readonly detail: string; readonly [extension: string]: unknown };

/** Many commands in one request. Each is done, or refused, by itself. */
@ApiTags('opportunities')
@Controller('v1/commands')
export class BatchController {
  constructor(
    @Inject(CommandBus) private readonly commands: CommandBus,
    @Inject(Metrics) private readonly metrics: Metrics,
  ) {}

  @Post()
  @HttpCode(200)
  @ApiOperation({
    summary: 'Up to 1,000 commands, each with its own answer',
    description:
      'No transaction: each command is done or refused by itself. Those on one deal are done in the order given, the others side by side.',
  })
  @ApiBearerAuth()
  @ApiBody({ schema: { type: 'object', required: ['commands'] }, examples: { several: { value: example.batch } } })
  @Answers(200, 'One result for each command, in the order of the commands.', example.batchAnswer)
  @ProblemResponse(400, 'It is no list of 1 to 1,000 commands.')
  @ProblemResponse(401, 'No token, or one that is not taken.')
  async batch(
    @Body() body: unknown,
    @Asker() actor: Actor,
    @Given() { expectedRevision, idempotency }: Conditions,
  ): Promise<{ readonly results: readonly Result[] }> {
    if (expectedRevision !== undefined || idempotency !== undefined)
      throw new ProblemAnswer(
        400,
        'request-invalid',
        'If-Match and Idempotency-Key speak of one command. In a batch each carries its own, as "ifMatch" and "key".',
      );
    const results = await Promise.all(listed(body).map((one) => this.answer(one, actor)));
    return { results };
  }

  private async answer(given: unknown, actor: Actor): Promise<Result> {
    try {
      const { id, request, conditions } = commandIn(given);
      const outcome = await this.commands.execute(new DecideOpportunity(id, request, { actor, ...conditions }));
      if ('kind' in outcome) this.metrics.refused(outcome.kind === 'refused' ? outcome.refused : outcome.kind);
      const { repeated, ...answer } = answerOrProblem(outcome);
      return { status: 201, ...answer, ...(repeated && { replayed: true }) };
    } catch (error) {
      const problem =
        error instanceof StoreUnavailable ? unavailable(error) : error instanceof UnknownEvent ? writtenLater(error) : error;
      if (!(problem instanceof ProblemAnswer)) throw problem;
      const { status, code, detail, extensions } = problem;
      return { status, code, detail, ...extensions };
    }
  }
}

function listed(body: unknown): readonly unknown[] {
  const { commands, ...others } = (typeof body === 'object' && body !== null ? body : {}) as { readonly commands?: unknown };
  if (Array.isArray(commands) && commands.length > 0 && commands.length <= MOST_COMMANDS && Object.keys(others).length === 0)
    return commands;
  throw malformed(
    [{ field: 'commands', say: `must be a list of 1 to ${MOST_COMMANDS} commands, and nothing beside it` }],
    'The body',
  );
}

/** Throws the problem that the call by itself would have answered. */
function commandIn(given: unknown): ReadCommand {
  if (typeof given !== 'object' || given === null || Array.isArray(given))
    throw malformed([{ field: 'command', say: 'must be an object' }], 'The command');
  const { do: kind, key, ifMatch, ...fields } = given as Record<string, unknown>;
  if (typeof kind !== 'string' || !Object.hasOwn(KINDS, kind))
    throw malformed([{ field: 'do', say: `must be one of ${Object.keys(KINDS).join(', ')}` }], 'The command');
  const { method, route, params, body, type } = KINDS[kind as Kind];

  const names = params === MoveParams ? ['id', 'move'] : params === null ? [] : ['id'];
  const [inAddress, inBody] = [picked(fields, (name) => names.includes(name)), picked(fields, (name) => !names.includes(name))];
  const problems: FieldProblem[] = [
    ...(params === null ? [] : shapeCheckOf(params)!(inAddress)),
    ...shapeCheckOf(body)!(inBody),
    ...(key === undefined || isKey(key) ? [] : [{ field: 'key', say: 'must be 1 to 200 printable ASCII characters' }]),
    ...(ifMatch === undefined || (Number.isSafeInteger(ifMatch) && (ifMatch as number) >= 0)
      ? []
      : [{ field: 'ifMatch', say: 'must be the revision of the deal as last seen' }]),
    ...(kind === 'capture' && ifMatch !== undefined
      ? [{ field: 'ifMatch', say: 'a lead that is being captured has no revision yet' }]
      : []),
  ];
  if (problems.length > 0) throw malformed(problems, 'The command');

  const { id, ...rest } = inAddress as { readonly id?: string };
  return {
    id: id ?? null,
    request: { type, ...rest, ...dated(inBody) } as unknown as DealRequest,
    conditions: {
      ...(ifMatch !== undefined && { expectedRevision: ifMatch as number }),
      // The same as of the call by itself, so that a repetition may come either way.
      ...(key !== undefined && { idempotency: { key: key as string, request: fingerprint(method, route, inAddress, inBody) } }),
    },
  };
}

const picked = (fields: Record<string, unknown>, wanted: (name: string) => boolean): Record<string, unknown> =>
  Object.fromEntries(Object.entries(fields).filter(([name]) => wanted(name)));
