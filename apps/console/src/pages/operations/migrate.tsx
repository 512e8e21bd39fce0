import { useState, type ReactNode } from 'react';
import { Button } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { ask, Problem } from '../../api/client.js';
import type { ProcessInFull } from '../../api/operations-types.js';
import { useMe } from '../../api/session.js';
import type { Page as PageOf } from '../../api/types.js';
import { useAsOf } from '../../as-of.js';
import { say } from '../../components/notices.js';
import { Panel } from '../../components/page.js';
import { ProblemBox } from '../../components/problem-box.js';
import { count } from '../../format.js';
import { operations } from '../../texts/operations.js';

const { change: t } = operations;

interface Tally {
  readonly deals: number;
  readonly moves: number;
  readonly blocked: number;
  readonly choice: number;
  readonly stays: number;
}

interface Moving {
  readonly state: 'running' | 'paused' | 'finished';
  readonly progress: { readonly done: number; readonly of: number };
}

const LOOK_AGAIN_MS = 1_000;

/** Moving the running deals of earlier versions to the one in force: first what would become of them, then, if wanted, so. */
export function Migrate({ process }: { readonly process: ProcessInFull }): ReactNode {
  const me = useMe();
  const past = useAsOf() !== null;
  const client = useQueryClient();
  const path = `/v1/processes/${process.id}/migrations`;
  const all = useQuery<PageOf<Moving>, Problem>({
    queryKey: [path],
    queryFn: () => ask(path),
    refetchInterval: ({ state }) => (state.data?.items.some((one) => one.state === 'running') ? LOOK_AGAIN_MS : false),
  });
  const moving = all.data?.items.find((one) => one.state === 'running');
  const [tally, setTally] = useState<Tally | null>(null);
  const [problem, setProblem] = useState<unknown>(null);
  const earlier = process.use.filter(({ version, open }) => version !== process.version && open > 0);
  if (past || process.versions.length < 2) return null;
  const body = { version: process.version, choices: [] };
  const attempt = async (work: () => Promise<void>): Promise<void> => {
    setProblem(null);
    try {
      await work();
    } catch (error) {
      setProblem(error);
    }
  };
  const mayWrite = me.roles.some((role) => role === 'operations' || role === 'admin');
  return (
    <Panel title={t.migrate} help={t.migrateHelp}>
      {problem !== null && <ProblemBox problem={problem} />}
      {moving && (
        <p role="status">
          <progress value={moving.progress.done} max={Math.max(1, moving.progress.of)} />{' '}
          {t.moving(count(moving.progress.done), count(moving.progress.of))}
        </p>
      )}
      {earlier.length === 0 ? (
        <p className="dimmed">{t.noneToMove}</p>
      ) : (
        <>
          <Button
            variant="default"
            onClick={() =>
              void attempt(async () => setTally(await ask<Tally>(path, { method: 'POST', query: { dryRun: true }, json: body })))
            }
          >
            {t.preview}
          </Button>
          {tally && (
            <dl className="facts-row">
              {(['deals', 'moves', 'blocked', 'choice', 'stays'] as const).map((one) => (
                <div key={one}>
                  <dt>{t.tallyColumns[one]}</dt>
                  <dd>{count(tally[one])}</dd>
                </div>
              ))}
            </dl>
          )}
          {tally && tally.choice > 0 && <p>{t.needsChoice}</p>}
          {tally && tally.moves + tally.blocked > 0 && (
            <Button
              disabled={!mayWrite}
              onClick={() =>
                void attempt(async () => {
                  await ask(path, { method: 'POST', json: body });
                  say(t.started);
                  setTally(null);
                  await client.invalidateQueries({
                    predicate: ({ queryKey: [of] }) => typeof of === 'string' && of.startsWith(`/v1/processes/${process.id}`),
                  });
                })
              }
            >
              {t.start}
            </Button>
          )}
        </>
      )}
    </Panel>
  );
}
