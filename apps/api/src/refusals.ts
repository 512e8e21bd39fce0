import type { DealAnswer, DealOutcome, DeskRefusal } from '@coxswain/sales-desk';
import { notFound, ProblemAnswer } from './problem.js';

/** The answer of a command that was done, or the problem that says why it was not. */
export function answerOrProblem(outcome: DealOutcome): DealAnswer {
  if ('kind' in outcome) throw problemOf(outcome);
  return outcome;
}

const STATUS_OF_REFUSAL: Readonly<Record<string, number>> = { 'already-captured': 409, 'no-such-opportunity': 404 };

function problemOf(refusal: DeskRefusal): ProblemAnswer {
  switch (refusal.kind) {
    case 'refused': {
      const { refused, say, blockers, allowed } = refusal;
      return new ProblemAnswer(STATUS_OF_REFUSAL[refused] ?? 422, refused, say, { blockers, allowed });
    }
    case 'stale':
      return refusal.revision < 0
        ? new ProblemAnswer(412, 'stale', 'There is no such opportunity yet, so it has no revision to match. Leave out If-Match.')
        : new ProblemAnswer(
            412,
            'stale',
            `The deal has moved on to revision ${refusal.revision}. Look at it again, then ask with If-Match: "${refusal.revision}".`,
            { revision: refusal.revision },
            { etag: `"${refusal.revision}"` },
          );
    case 'conflict':
      return new ProblemAnswer(
        409,
        'conflict',
        'Too many are writing to this deal at once. Nothing was written; ask again.',
        {},
        { 'retry-after': '1' },
      );
    case 'key-reused':
      return new ProblemAnswer(
        422,
        'idempotency-key-reused',
        'This Idempotency-Key stood for another request before. Use a new key for a new request.',
      );
    case 'not-found':
      return refusal.what === 'opportunity'
        ? notFound('no-such-opportunity', `There is no opportunity "${refusal.id}".`)
        : new ProblemAnswer(
            422,
            'no-such-process',
            `No process "${refusal.id}" is published. GET /v1/processes lists what is in force.`,
          );
  }
}
