import { ArgumentsHost, Catch, HttpException, Inject, Logger, type ExceptionFilter } from '@nestjs/common';
import { StoreUnavailable } from '@coxswain/event-store';
import { UnknownEvent } from '@coxswain/sales-process';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { KnownRoutes } from './known-routes.js';
import { ProblemAnswer, unavailable, writtenLater } from './problem.js';

/** Turns whatever went wrong into a problem answer. What is not known to be the caller's doing is a 500 that tells nothing about the inside. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  private readonly logger = new Logger('requests');

  constructor(@Inject(KnownRoutes) private readonly routes: KnownRoutes) {}

  catch(error: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    const request = http.getRequest<FastifyRequest>();
    const reply = http.getResponse<FastifyReply>();
    const answer = this.answerTo(error, request);
    if (answer.status >= 500) {
      const cause = error instanceof Error ? (error.stack ?? error.message) : String(error);
      this.logger.error({
        message: answer.detail,
        code: answer.code,
        requestId: request.id,
        method: request.method,
        path: pathOf(request),
        cause,
      });
    }
    if (reply.sent || reply.raw.headersSent) {
      reply.raw.destroy();
      return;
    }
    sendProblem(reply, answer, request);
  }

  private answerTo(error: unknown, request: FastifyRequest): ProblemAnswer {
    if (error instanceof ProblemAnswer) return error;
    if (error instanceof StoreUnavailable) return unavailable(error);
    if (error instanceof UnknownEvent) return writtenLater(error);
    if (error instanceof HttpException && error.getStatus() === 404) return this.noRoute(request);
    return (
      transportProblem(error) ??
      new ProblemAnswer(500, 'internal', 'Something broke inside the service. The log tells more under this request id.')
    );
  }

  private noRoute(request: FastifyRequest): ProblemAnswer {
    const path = pathOf(request);
    const methods = this.routes.methodsOf(path);
    if (methods.length > 0)
      return new ProblemAnswer(
        405,
        'method-not-allowed',
        `${path} does not take ${request.method}. It takes ${methods.join(', ')}.`,
        {},
        { allow: methods.join(', ') },
      );
    return new ProblemAnswer(404, 'no-such-call', `There is no ${request.method} ${path}. /docs lists every call.`);
  }
}

/** What the HTTP layer itself refuses: too large, not readable, of the wrong kind. */
export function transportProblem(error: unknown): ProblemAnswer | null {
  const { code = '', statusCode = 0, message = '' } = (error ?? {}) as { code?: string; statusCode?: number; message?: string };
  const status = error instanceof HttpException ? error.getStatus() : statusCode;
  switch (status) {
    case 413:
      return new ProblemAnswer(
        413,
        'body-too-large',
        'The body is too large: at most 1 MiB (1,048,576 bytes); files to import are streamed and may be larger.',
      );
    case 415:
      return new ProblemAnswer(415, 'media-type-unsupported', mediaTypeHelp(message));
    case 400:
      if (code === 'FST_ERR_CTP_INVALID_CONTENT_LENGTH')
        return new ProblemAnswer(400, 'request-invalid', 'The body is shorter or longer than Content-Length says.');
      if (code.startsWith('FST_ERR_'))
        return new ProblemAnswer(
          400,
          'request-invalid',
          'The address cannot be read: a % must be followed by two hexadecimal digits.',
        );
      return new ProblemAnswer(400, 'body-unreadable', `The body cannot be read as JSON: ${message}`);
    default:
      return status >= 400 && status < 500 ? new ProblemAnswer(status, 'request-invalid', message) : null;
  }
}

const mediaTypeHelp = (message: string): string =>
  `${message.startsWith('Unsupported') ? 'This content type is not taken here' : message}. Commands take application/json; a process file application/yaml or application/json; an import text/csv, application/xml, application/gzip or application/octet-stream.`;

export function sendProblem(reply: FastifyReply, answer: ProblemAnswer, request: FastifyRequest): void {
  void reply
    .status(answer.status)
    .headers(answer.headers)
    .header('content-type', 'application/problem+json; charset=utf-8')
    .send(JSON.stringify(answer.body(pathOf(request), request.id)));
}

export function pathOf(request: FastifyRequest): string {
  return request.url.split('?', 1)[0]!;
}
