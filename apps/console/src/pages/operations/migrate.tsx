import { useState, type ReactNode } from 'react';
import { Button } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { ask } from '../../api/client.js';
import type { ProcessInFull } from '../../api/operations-types.js';
import { useMe } from '../../api/session.js';
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

/** Moving the running deals of earlier versions to the one in force: first what would become of them, then, if wanted, so. */
export function Migrate({ process }: { readonly process: ProcessInFull }): ReactNode {
  const me = useMe();
  const past = useAsOf() !== null;
  const client = useQueryClient();
  const [tally, setTally] = useState<Tally | null>(null);
  const [problem, setProblem] = useState<unknown>(null);
  const earlier = process.use.filter(({ version, open }) => version !== process.version && open > 0);
  if (past || process.versions.length < 2) return null;
  const body = { version: process.version, choices: [] };
  const path = `/v1/processes/${process.id}/migrations`;
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
                  await client.invalidateQueries({ queryKey: [`/v1/processes/${process.id}`] });
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
