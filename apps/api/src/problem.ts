import { STATUS_CODES } from 'node:http';
import type { StoreUnavailable } from '@coxswain/event-store';
import type { UnknownEvent } from '@coxswain/sales-process';

/** RFC 9457 `application/problem+json`: what went wrong, in words for people, and `code` for programs. */
export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  /** Stable word for programs: `move-blocked`. */
  readonly code: string;
  /** What happened and what would help. */
  readonly detail: string;
  readonly instance?: string;
  readonly requestId?: string;
  readonly [extension: string]: unknown;
}

/** One field that does not fit, as a problem's `problems` lists it. */
export interface FieldProblem {
  /** Where: `amount`, `facts.budget`, `?limit`. */
  readonly field: string;
  readonly say: string;
}

/** An answer that is a problem. Thrown on the way out of a handler, turned into the response by `ProblemFilter`. */
export class ProblemAnswer extends Error {
  override readonly name = 'ProblemAnswer';

  constructor(
    readonly status: number,
    readonly code: string,
    readonly detail: string,
    readonly extensions: Readonly<Record<string, unknown>> = {},
    readonly headers: Readonly<Record<string, string>> = {},
  ) {
    super(detail);
  }

  /** The body to send; `instance` is the path that was asked, `requestId` names the request in the logs. */
  body(instance: string, requestId: string): Problem {
    const { status, code, detail } = this;
    return {
      type: `urn:coxswain:problem:${code}`,
      title: STATUS_CODES[status] ?? 'Error',
      status,
      code,
      detail,
      instance,
      requestId,
      ...this.extensions,
    };
  }
}

/** 400 with every field's problem at once. */
export function malformed(problems: readonly FieldProblem[], where = 'The request'): ProblemAnswer {
  const first = problems[0];
  const detail =
    problems.length === 1 && first
      ? `${where} has a problem: ${first.field}: ${first.say}`
      : `${where} has ${problems.length} problems.`;
  return new ProblemAnswer(400, 'request-invalid', detail, { problems });
}

/** In seconds. */
const RETRY_AFTER = { 'retry-after': '2' };

/** 507 where there is no space to write, which ends by itself once there is; 503 where the store cannot serve for another reason. */
export const unavailable = ({ message, help, reason }: StoreUnavailable): ProblemAnswer =>
  reason === 'full'
    ? noSpace(`Nothing can be written now: ${message}. ${help}`)
    : new ProblemAnswer(503, 'store-unavailable', `The store cannot serve now: ${message}. ${help}`, {}, RETRY_AFTER);

/** 507: there is no space to write. */
export const noSpace = (detail: string): ProblemAnswer => new ProblemAnswer(507, 'store-full', detail, {}, RETRY_AFTER);

/** 503: a later release wrote to this record, and this one must not read past that. */
export const writtenLater = ({ message, help }: UnknownEvent): ProblemAnswer =>
  new ProblemAnswer(503, 'event-unknown', `The record cannot be read: ${message}. ${help}`);

export const notFound = (code: string, detail: string): ProblemAnswer => new ProblemAnswer(404, code, detail);

export const foreignCursor = (): ProblemAnswer =>
  malformed([{ field: '?cursor', say: 'must be the "next" of an earlier answer to the same question' }], 'The query');
