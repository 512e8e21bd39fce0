import { createHash } from 'node:crypto';
import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { CommandOptions } from '@coxswain/sales-desk';
import type { FastifyRequest } from 'fastify';
import { ProblemAnswer } from './problem.js';

/** What the headers of a command say: the revision the caller has seen, and the key of the request. */
export type Conditions = Pick<CommandOptions, 'expectedRevision' | 'idempotency'>;

/** `If-Match` and `Idempotency-Key` of a command. */
export const Given = createParamDecorator((_: unknown, context: ExecutionContext): Conditions =>
  conditionsOf(context.switchToHttp().getRequest<FastifyRequest>()),
);

function conditionsOf(request: FastifyRequest): Conditions {
  const expectedRevision = readIfMatch(request.headers['if-match']);
  const key = readKey(request.headers['idempotency-key']);
  return {
    ...(expectedRevision === undefined ? {} : { expectedRevision }),
    ...(key === undefined
      ? {}
      : { idempotency: { key, request: fingerprint(request.method, request.routeOptions.url, request.params, request.body) } }),
  };
}

/** The revision in an `If-Match: "7"`. A weak tag, a list or `*` cannot say which revision was seen, so they are refused. */
export function readIfMatch(header: string | undefined): number | undefined {
  if (header === undefined) return undefined;
  const revision = /^"(\d{1,15})"$/.exec(header.trim())?.[1];
  if (revision !== undefined) return Number(revision);
  const why =
    header.trim() === '*'
      ? '* names no revision.'
      : header.startsWith('W/')
        ? 'A weak tag is not exact enough.'
        : `${header.slice(0, 50)} is not one ETag.`;
  throw new ProblemAnswer(
    400,
    'if-match-invalid',
    `If-Match: ${why} Send the ETag of the deal as you read it, quotes included, for example If-Match: "7".`,
  );
}

/** 1 to 200 printable ASCII characters. */
export function readKey(header: string | string[] | undefined): string | undefined {
  if (header === undefined) return undefined;
  if (isKey(header)) return header;
  throw new ProblemAnswer(
    400,
    'idempotency-key-invalid',
    'Idempotency-Key must be one text of 1 to 200 printable ASCII characters, for example a UUID.',
  );
}

/** 1 to 200 printable ASCII characters, no blank at either end. */
export const isKey = (value: unknown): value is string =>
  typeof value === 'string' && /^[\x21-\x7e]([\x20-\x7e]{0,198}[\x21-\x7e])?$/.test(value);

/** The same for the same call with the same meaning: method, route, its parameters and the body, whatever the order of fields. */
export function fingerprint(method: string, route: string | undefined, params: unknown, body: unknown): string {
  return createHash('sha256')
    .update(canonical([method, route, params, body ?? null]))
    .digest('hex');
}

function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  const fields = Object.entries(value).filter(([, field]) => field !== undefined);
  return `{${fields
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, field]) => `${JSON.stringify(name)}:${canonical(field)}`)
    .join(',')}}`;
}
