import { useState, type ReactNode } from 'react';
import { Button } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { ask, Problem } from '../../api/client.js';
import type { ImportRun, ImportStatus } from '../../api/operations-types.js';
import { useMe } from '../../api/session.js';
import type { Page as PageOf } from '../../api/types.js';
import { Link } from '../../components/link.js';
import { Panel, Waiting } from '../../components/page.js';
import { ProblemBox } from '../../components/problem-box.js';
import { Instant } from '../../components/shown.js';
import { Table } from '../../components/table.js';
import { count } from '../../format.js';
import { imports } from '../../texts/imports.js';
import { Report } from './report.js';

const { run: t } = imports;
const RUNS = '/v1/imports';
const ASK_AGAIN_MS = 700;

/** One import: how far it is while it runs, what happened once it has ended. */
export function Run({ id, file }: { readonly id: string; readonly file: File | null }): ReactNode {
  const path = `${RUNS}/${encodeURIComponent(id)}`;
  const client = useQueryClient();
  const run = useQuery<ImportRun, Problem>({
    queryKey: [path],
    queryFn: async ({ signal }) => {
      const found = await ask<ImportRun>(path, { signal });
      if (found.state !== 'running') void client.invalidateQueries({ queryKey: [RUNS] });
      return found;
    },
    refetchInterval: ({ state: { data } }) => (data?.state === 'running' ? ASK_AGAIN_MS : false),
    staleTime: 0,
  });
  if (run.error?.status === 404) return <p className="help">{t.gone}</p>;
  if (run.data === undefined)
    return run.error ? <ProblemBox problem={run.error} again={() => void run.refetch()} /> : <Waiting lines={3} />;
  const { state, report, failed } = run.data;
  if (state === 'running') return <Running run={run.data} onEnded={() => void run.refetch()} />;
  return (
    <>
      {failed && <ProblemBox problem={new Problem(500, failed.code, failed.say)} />}
      {state === 'stopped' && <Stopped say={t.stopped}>{report?.stopped?.say}</Stopped>}
      {state === 'ended' && <Stopped say={t.ended} />}
      {report && <Report run={run.data} report={report} file={file} />}
    </>
  );
}

function Stopped({ say, children }: { readonly say: string; readonly children?: ReactNode }): ReactNode {
  return (
    <div className="problem" role="alert">
      {children && <strong>{children}</strong>}
      <p>{say}</p>
    </div>
  );
}

function Running({ run, onEnded }: { readonly run: ImportRun; readonly onEnded: () => void }): ReactNode {
  const { file, dryRun, by, progress } = run;
  const { rowsInAll, rowsDone, dealsDone } = progress;
  const me = useMe();
  const [problem, setProblem] = useState<unknown>(null);
  const [ending, setEnding] = useState(false);
  const done = rowsDone.stored + rowsDone.alreadyThere + rowsDone.rejected + rowsDone.leftOut;
  const mayEnd = by === me.name || me.roles.some((role) => role === 'operations' || role === 'admin');
  const end = (): void => {
    setEnding(true);
    ask(`${RUNS}/${run.import}/end`, { method: 'POST' }).then(onEnded, (error: unknown) => {
      setProblem(error);
      setEnding(false);
    });
  };
  return (
    <Panel title={t.running(file, dryRun)} className="run">
      <progress
        aria-label={t.running(file, dryRun)}
        {...(rowsInAll === null ? {} : { value: Math.min(done, rowsInAll), max: Math.max(1, rowsInAll) })}
      />
      <p>
        {rowsInAll === null ? (
          t.looking
        ) : (
          <>
            {t.rows(count(done), count(rowsInAll), /\.(?:xes|xml)(?:\.gz)?$/i.test(file) ? t.units.events : t.units.rows)} ·{' '}
            {t.deals(count(dealsDone.stored), count(dealsDone.alreadyThere), dryRun)} · {t.refused(count(rowsDone.rejected))}
          </>
        )}
      </p>
      <p className="help">{t.leave}</p>
      {problem !== null && <ProblemBox problem={problem} />}
      {mayEnd && (
        <Button variant="default" disabled={ending} onClick={end}>
          {t.end}
        </Button>
      )}
    </Panel>
  );
}

/** What has been imported since the service was started, each with a way to what happened. */
export function Runs(): ReactNode {
  const runs = useQuery<PageOf<ImportStatus>, Problem>({
    queryKey: [RUNS],
    queryFn: ({ signal }) => ask<PageOf<ImportStatus>>(RUNS, { signal }),
    staleTime: 0,
  });
  const items = runs.data?.items ?? [];
  if (items.length === 0) return null;
  const c = t.columns;
  return (
    <Panel title={t.list}>
      <Table
        caption={t.list}
        name={null}
        sortName="runs"
        rows={items}
        rowKey={({ import: id }) => id}
        columns={[
          {
            key: 'file',
            label: c.file,
            value: ({ file }) => file,
            show: ({ file, map, import: id }) => (
              <Link to={`/import?${new URLSearchParams({ file, ...(map !== null && { map }), import: id }).toString()}`}>
                {file}
              </Link>
            ),
          },
          { key: 'process', label: c.process, value: ({ process }) => process, show: ({ process }) => process },
          {
            key: 'state',
            label: c.state,
            value: ({ state }) => t.states[state],
            show: ({ state, dryRun }) => `${t.states[state]}${dryRun ? `, ${t.dry}` : ''}`,
          },
          {
            key: 'deals',
            label: c.deals,
            align: 'right',
            value: ({ progress }) => progress.deals,
            show: ({ progress }) => count(progress.deals),
          },
          { key: 'by', label: c.by, value: ({ by }) => by, show: ({ by }) => by },
          { key: 'begun', label: c.begun, value: ({ begunAt }) => begunAt, show: ({ begunAt }) => <Instant at={begunAt} /> },
        ]}
      />
    </Panel>
  );
}
