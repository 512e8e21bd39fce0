import type { ReactNode } from 'react';
import { Button } from '@mantine/core';
import type { UseQueryResult } from '@tanstack/react-query';
import { useAsOf } from '../as-of.js';
import { Problem } from '../api/client.js';
import { common } from '../texts/common.js';
import { Waiting } from './page.js';

const { title, help } = common.problem;

function wordsFor(problem: Problem): readonly [string, string] {
  if (problem.status === 0 || problem.status === 503) return [title.away, help.away];
  if (problem.status === 401 || problem.status === 403) return [title.denied, help.denied];
  if (problem.status === 404) return [title.missing, help.missing];
  if (problem.status === 409 || problem.status === 412) return [title.stale, help.stale];
  if (problem.code === 'move-blocked') return [title.blocked, help.blocked];
  if (problem.status < 500) return [title.invalid, help.invalid];
  const { requestId } = problem.more;
  return [title.broken, help.broken(typeof requestId === 'string' ? requestId : '–')];
}

/** What went wrong and what to do about it. */
export function ProblemBox({ problem, again }: { readonly problem: unknown; readonly again?: () => void }): ReactNode {
  const asOf = useAsOf();
  const known = problem instanceof Problem ? problem : new Problem(500, 'unknown', String(problem));
  const [what, todo] = wordsFor(known);
  const noPast = asOf !== null && known.status === 400 && known.fields.some(({ field }) => field.includes('asOf'));
  return (
    <div className="problem" role="alert">
      <strong>{what}</strong>
      <p>{noPast ? common.problem.pastUnsupported : known.detail}</p>
      {!noPast && (known.fields.length > 0 || known.blockers.length > 0) && (
        <ul>
          {known.fields.map(({ field, say }) => (
            <li key={`${field} ${say}`}>{field === '' ? say : `${field}: ${say}`}</li>
          ))}
          {known.blockers.map(({ say, who }) => (
            <li key={say}>
              {say}
              {who && who.length > 0 ? ` (${who.join(', ')})` : ''}
            </li>
          ))}
        </ul>
      )}
      {!noPast && <p className="dimmed">{todo}</p>}
      {again && (
        <Button size="xs" variant="default" onClick={again}>
          {common.tryAgain}
        </Button>
      )}
    </div>
  );
}

/** The answer to a question, or the wait for it, or what went wrong: each page shows all three the same way. */
export function Answered<T>({
  of,
  waiting,
  children,
}: {
  readonly of: UseQueryResult<T, Problem>;
  readonly waiting?: ReactNode;
  readonly children: (answer: T) => ReactNode;
}): ReactNode {
  if (of.data !== undefined) return children(of.data);
  if (of.error) return <ProblemBox problem={of.error} again={() => void of.refetch()} />;
  return waiting ?? <Waiting />;
}
