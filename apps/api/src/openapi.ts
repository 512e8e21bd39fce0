import { applyDecorators, type INestApplication, type Type } from '@nestjs/common';
import {
  ApiBearerAuth,
  ApiBody,
  ApiHeader,
  ApiOperation,
  ApiResponse,
  DocumentBuilder,
  SwaggerModule,
  type OpenAPIObject,
} from '@nestjs/swagger';
import * as example from './examples.js';
import { schemaOf, SCHEMAS } from './schemas.js';

/** How the calls are described in the OpenAPI document. */

const PROBLEM_SCHEMA = {
  type: 'object',
  required: ['type', 'title', 'status', 'code', 'detail'],
  properties: {
    type: { type: 'string' },
    title: { type: 'string' },
    status: { type: 'integer' },
    code: { type: 'string', description: 'A stable word for programs.' },
    detail: { type: 'string', description: 'What happened, and what would help.' },
    instance: { type: 'string' },
    requestId: { type: 'string' },
    problems: { type: 'array', items: { type: 'object', additionalProperties: true } },
    blockers: { type: 'array', items: { type: 'object', additionalProperties: true } },
    allowed: { type: 'array', items: { type: 'string' } },
  },
} as const;

/** A response that is a problem. */
export const ProblemResponse = (status: number, description: string, shown?: object): MethodDecorator & ClassDecorator =>
  ApiResponse({
    status,
    description,
    content: {
      'application/problem+json': {
        schema: { $ref: '#/components/schemas/Problem' },
        ...(shown === undefined ? {} : { example: shown }),
      },
    },
  });

/** A successful answer with an example. */
export const Answers = (
  status: number,
  description: string,
  shown: unknown,
  type = 'application/json',
): MethodDecorator & ClassDecorator =>
  ApiResponse({ status, description, content: { [type]: { schema: schemaOf(shown), example: shown } } });

interface CommandDescription {
  readonly example: unknown;
  readonly body: Type;
  /** The body may be left out: nothing in it is required. */
  readonly bodyOptional?: boolean;
  readonly dryRun?: boolean;
  readonly refusal?: object;
}

/** A command on a deal: token, conditions, and every way it can end. */
export function DescribesCommand(
  summary: string,
  { example: shown, body, bodyOptional, refusal }: CommandDescription,
): MethodDecorator {
  return applyDecorators(
    ApiOperation({ summary }),
    ApiBearerAuth(),
    ApiBody({ type: body, required: bodyOptional !== true }),
    ApiHeader({
      name: 'If-Match',
      required: false,
      description: 'The ETag of the deal as last seen; 412 when it has moved on.',
      schema: { type: 'string', example: '"7"' },
    }),
    ApiHeader({
      name: 'Idempotency-Key',
      required: false,
      description: 'The same key with the same body is done once and answered again.',
      schema: { type: 'string', minLength: 1, maxLength: 200 },
    }),
    Answers(201, 'Done. The ETag header holds the new revision.', shown),
    Answers(200, 'Dry run: what would happen. Nothing was written.', shown),
    ProblemResponse(400, 'The shape is wrong: every field at once.', example.malformed),
    ProblemResponse(401, 'No token, or one that is not taken.'),
    ProblemResponse(404, 'There is no such deal.'),
    ProblemResponse(409, 'It exists already, or too many are writing at once.'),
    ProblemResponse(412, 'The deal has moved on since the revision in If-Match.'),
    ProblemResponse(422, 'The process says no: every reason at once.', refusal),
    ProblemResponse(503, 'The store cannot serve now.'),
    ProblemResponse(507, 'There is no space to write. Reads go on; writes do by themselves once there is space.'),
  );
}

interface QuestionDescription {
  readonly example: unknown;
  readonly type?: string;
  /** 404 is possible. */
  readonly missing?: boolean;
  /** Needs no token. */
  readonly open?: boolean;
}

/** A question: token and answer. */
export function DescribesQuestion(
  summary: string,
  { example: shown, type, missing, open }: QuestionDescription,
): MethodDecorator {
  return applyDecorators(
    ApiOperation({ summary }),
    Answers(200, 'The answer.', shown, type),
    ...(open
      ? []
      : [
          ApiBearerAuth(),
          ProblemResponse(400, 'The shape is wrong: every field at once.'),
          ProblemResponse(401, 'No token, or one that is not taken.'),
        ]),
    ...(missing ? [ProblemResponse(404, 'There is no such thing.')] : []),
    ProblemResponse(503, 'The service or its store cannot serve now.'),
  );
}

/** The whole document, OpenAPI 3.1. */
export function describeService(app: INestApplication): OpenAPIObject {
  const about = new DocumentBuilder()
    .setTitle('Coxswain')
    .setDescription(
      'Runs a sales process as a state machine, keeps every step as an event, and measures from the events. Problems are RFC 9457 with a `code`; amounts are `{minor, currency}`; instants are ISO 8601 with a zone.',
    )
    .setVersion('1')
    .setOpenAPIVersion('3.1.0')
    .addBearerAuth({
      type: 'http',
      scheme: 'bearer',
      bearerFormat: 'JWT',
      description: 'Subject, roles and team are taken from the token alone.',
    })
    .build();
  const document = SwaggerModule.createDocument(app, about, { operationIdFactory: (_, method) => method });
  document.components = {
    ...document.components,
    schemas: { ...document.components?.schemas, ...SCHEMAS, Problem: PROBLEM_SCHEMA as unknown as object },
  };
  return document;
}
