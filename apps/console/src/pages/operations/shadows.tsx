import { useState, type ReactNode } from 'react';
import { Button } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { ask } from '../../api/client.js';
import type { Draft, ProcessInFull, Shadow } from '../../api/operations-types.js';
import { useApi } from '../../api/queries.js';
import type { Page as PageOf } from '../../api/types.js';
import { Link } from '../../components/link.js';
import { Empty, Panel } from '../../components/page.js';
import { Answered, ProblemBox } from '../../components/problem-box.js';
import { Instant } from '../../components/shown.js';
import { count } from '../../format.js';
import { operations } from '../../texts/operations.js';

const { shadow: t } = operations;

/** A draft that listens beside the version in force: what it would have said since, and the moves on which the two do not agree. */
export function Shadows({
  process,
  drafts,
  mayWrite,
}: {
  readonly process: ProcessInFull;
  readonly drafts: readonly Draft[];
  readonly mayWrite: boolean;
}): ReactNode {
  const path = `/v1/processes/${process.id}/shadows`;
  const client = useQueryClient();
  const all = useApi<PageOf<Shadow>>(path, {}, { timeless: true });
  const [problem, setProblem] = useState<unknown>(null);
  const [teams, setTeams] = useState('');
  const latest = all.data?.items[0];
  const attempt = async (work: Promise<unknown>): Promise<void> => {
    setProblem(null);
    try {
      await work;
      await client.invalidateQueries({ queryKey: [path] });
    } catch (error) {
      setProblem(error);
    }
  };
  const named = teams
    .split(',')
    .map((one) => one.trim())
    .filter((one) => one !== '');
  const draft = drafts[0]?.draft;
  return (
    <Panel title={t.title} help={t.help}>
      {problem !== null && <ProblemBox problem={problem} />}
      <Answered of={all}>{() => (latest ? <Said shadow={latest} /> : <Empty title={t.none} />)}</Answered>
      <div className="row filters">
        {latest?.state === 'running' ? (
          <Button
            variant="default"
            disabled={!mayWrite}
            onClick={() => void attempt(ask(`${path}/${latest.shadow}/stop`, { method: 'POST' }))}
          >
            {t.stop}
          </Button>
        ) : (
          draft !== undefined && (
            <>
              <label className="field">
                <span>{operations.change.teams}</span>
                <input value={teams} onChange={({ target }) => setTeams(target.value)} />
              </label>
              <Button
                variant="default"
                disabled={!mayWrite}
                onClick={() =>
                  void attempt(
                    ask(path, { method: 'POST', json: { draft: String(draft), ...(named.length > 0 && { teams: named }) } }),
                  )
                }
              >
                {t.start(draft)}
              </Button>
            </>
          )
        )}
      </div>
    </Panel>
  );
}

function Said({ shadow: { draft, state, teams, occurredAt, made, refused, samples } }: { readonly shadow: Shadow }): ReactNode {
  const moves = made.allowed + made.stopped + made.noPlace + made.failed;
  return (
    <>
      <p>
        <strong>{draft === null ? '' : operations.change.draft(draft)}</strong> {state === 'running' ? t.running : t.stopped}{' '}
        {teams === null ? '' : `(${teams.join(', ')}) `}
        <span className="dimmed">
          <Instant at={occurredAt} />
        </span>
      </p>
      <p>
        {moves === 0 && refused.allowed === 0 ? t.nothingYet : t.said(count(moves), count(made.stopped), count(refused.allowed))}
      </p>
      <ul className="timeline">
        {samples.slice(0, 10).map(({ deal, revision, at, by, would, why }) => (
          <li key={`${deal} ${revision} ${at}`}>
            <Link to={`/deals/${encodeURIComponent(deal)}`}>{deal}</Link> {would === 'stop' ? t.wouldStop : t.wouldAllow}{' '}
            {why.join(' ')}{' '}
            <small className="dimmed">
              {by}, <Instant at={at} relative />
            </small>
          </li>
        ))}
      </ul>
    </>
  );
}
