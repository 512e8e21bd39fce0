import { useState, type ReactNode } from 'react';
import { Button } from '@mantine/core';
import type { ImportFinding, ImportReport, ImportRun } from '../../api/operations-types.js';
import { download } from '../../components/download.js';
import { Link } from '../../components/link.js';
import { Panel } from '../../components/page.js';
import { ProblemBox } from '../../components/problem-box.js';
import { Table } from '../../components/table.js';
import { count, instant } from '../../format.js';
import { imports as t } from '../../texts/imports.js';
import { MOST_BYTES, refusedRows } from './refused.js';

interface Shown {
  readonly run: ImportRun;
  readonly report: ImportReport;
  readonly file: File | null;
}

/** What an import did, or would do: in numbers, by reason, and row by row. */
export function Report(shown: Shown): ReactNode {
  return (
    <>
      <Balance {...shown} />
      <Reasons {...shown} />
      <RowByRow {...shown} />
    </>
  );
}

function Balance({ report }: Shown): ReactNode {
  const { dryRun, process, deviating, overdue, occurred } = report;
  const c = t.columns;
  const rows = [
    { what: t.tally[report.unit], ...report.rows },
    { what: t.tally.deals, ...report.deals },
    { what: t.tally.steps, ...report.steps },
  ];
  type Row = (typeof rows)[number];
  const figure = (key: 'read' | 'stored' | 'alreadyThere' | 'rejected' | 'leftOut', label: string) =>
    ({ key, label, align: 'right', value: (row: Row) => row[key] ?? 0, show: (row: Row) => count(row[key] ?? 0) }) as const;
  const title = dryRun ? t.checked : t.done;
  const of = `process=${encodeURIComponent(process)}`;
  return (
    <Panel title={title} aside={!dryRun && <Link to={`/deals?${of}`}>{t.toDeals}</Link>}>
      <Table
        caption={title}
        name="import"
        sortName="tally"
        rows={rows}
        rowKey={({ what }) => what}
        columns={[
          { key: 'what', label: c.what, value: ({ what }) => what, show: ({ what }) => what },
          figure('read', c.read),
          figure('stored', dryRun ? c.storedDry : c.stored),
          figure('alreadyThere', c.there),
          figure('rejected', c.rejected),
          ...(report.rows.leftOut ? [figure('leftOut', c.leftOut)] : []),
        ]}
      />
      {occurred && <p>{t.occurred(instant(occurred.from), instant(occurred.to))}</p>}
      {overdue.deals > 0 && <p>{t.overdue(count(overdue.deals), count(overdue.moved))}</p>}
      {deviating.steps > 0 && (
        <p>
          {t.deviating(count(deviating.steps), count(deviating.deals))}{' '}
          {!dryRun && <Link to={`/audit/steps?${of}&outcome=deviating`}>{t.toDeviating}</Link>}
        </p>
      )}
      {!dryRun && (
        <p className="row">
          {t.toMeasures}
          <Link to={`/funnel?${of}&window=all`}>{t.funnel}</Link>
          <Link to={`/cycle-time?${of}&window=all`}>{t.cycle}</Link>
          <Link to={`/adherence?${of}&window=all`}>{t.adherence}</Link>
        </p>
      )}
    </Panel>
  );
}

interface Reason {
  readonly kind: keyof typeof t.kinds;
  readonly code: string;
  readonly count: number;
  readonly say: string;
}

function reasonsIn({ rejected, warnings, deviating, corrections }: ImportReport): readonly Reason[] {
  const told = (kind: Reason['kind'], found: readonly ImportFinding[]): Reason[] =>
    found.map(({ code, count: times, first }) => ({ kind, code, count: times, say: first[0]?.say ?? code }));
  return [
    ...told('rejected', rejected),
    ...deviating.by.map(({ say, count: times }): Reason => ({ kind: 'deviating', code: 'deviating', count: times, say })),
    ...told('warning', warnings),
    ...corrections.map(({ file, column, from, to, count: times }): Reason => ({
      kind: 'correction',
      code: 'spelling',
      count: times,
      say: `${file}, ${column}: ${from} → ${to}`,
    })),
  ];
}

const todo = (code: string): string => t.todo[code] ?? '–';

function Reasons({ report }: Shown): ReactNode {
  const reasons = reasonsIn(report);
  const c = t.reasonColumns;
  if (reasons.length === 0) return null;
  return (
    <Panel title={t.reasons} className="import-problems">
      <Table
        caption={t.reasons}
        name="import-reasons"
        sortName="reasons"
        rows={reasons}
        rowKey={({ kind, code, say }) => `${kind} ${code} ${say}`}
        columns={[
          { key: 'kind', label: c.kind, value: ({ kind }) => t.kinds[kind], show: ({ kind }) => t.kinds[kind] },
          { key: 'times', label: c.times, align: 'right', value: (row) => row.count, show: (row) => count(row.count) },
          { key: 'say', label: c.say, value: ({ say }) => say, show: ({ say }) => say },
          { key: 'todo', label: c.todo, value: ({ code }) => todo(code), show: ({ code }) => todo(code) },
        ]}
      />
    </Panel>
  );
}

function RowByRow({ run, report, file }: Shown): ReactNode {
  const { problems, problemsInAll, dryRun } = report;
  const c = t.problemColumns;
  const text = (value: string | null): string => value ?? '–';
  return (
    <Panel title={t.problems} className="import-problems">
      {problems.length === 0 ? (
        <p className="dimmed">{t.noProblems}</p>
      ) : (
        <>
          <Table
            caption={t.problems}
            name="import-problems"
            sortName="problems"
            rows={problems.map((problem, index) => ({ ...problem, index }))}
            rowKey={({ index }) => String(index)}
            columns={[
              { key: 'kind', label: c.kind, value: ({ kind }) => t.kinds[kind], show: ({ kind }) => t.kinds[kind] },
              { key: 'line', label: c.line, align: 'right', value: ({ line }) => line, show: ({ line }) => line ?? '–' },
              {
                key: 'deal',
                label: c.deal,
                value: ({ deal }) => deal,
                // A deal that was refused, or only tried, is not there to be looked at.
                show: ({ deal, kind }) =>
                  deal === null || dryRun || kind === 'rejected' ? (
                    text(deal)
                  ) : (
                    <Link to={`/deals/${encodeURIComponent(deal)}`}>{deal}</Link>
                  ),
              },
              { key: 'column', label: c.column, value: ({ column }) => column, show: ({ column }) => text(column) },
              {
                key: 'value',
                label: c.value,
                value: ({ value }) => value,
                show: ({ value }) => <span className="value">{value === '' ? t.make.empty : text(value)}</span>,
              },
              { key: 'say', label: c.say, value: ({ say }) => say, show: ({ say }) => say },
              { key: 'todo', label: c.todo, value: ({ code }) => todo(code), show: ({ code }) => todo(code) },
            ]}
          />
          {problemsInAll > problems.length && <p className="dimmed">{t.more(count(problems.length), count(problemsInAll))}</p>}
          <RefusedRows {...{ run, report, file }} />
        </>
      )}
    </Panel>
  );
}

function RefusedRows({ run, report, file }: Shown): ReactNode {
  const [problem, setProblem] = useState<unknown>(null);
  const lines = new Set(report.problems.flatMap(({ kind, line }) => (kind === 'rejected' && line !== null ? [line] : [])));
  const isTable = /\.csv(?:\.gz)?$/i.test(run.file);
  if (lines.size === 0 || !isTable) return null;
  if (file?.name !== run.file || file.size > MOST_BYTES) return <p className="help">{t.refusedNeedsFile(run.file)}</p>;
  const name = `${run.file.replace(/\.csv(?:\.gz)?$/i, '')}-refused.csv`;
  return (
    <>
      <Button
        variant="default"
        onClick={() => void refusedRows(file, lines).then((rows) => download(name, 'text/csv', rows), setProblem)}
      >
        {t.refusedRows(count(lines.size))}
      </Button>
      <p className="help">{t.refusedHelp}</p>
      {problem !== null && <ProblemBox problem={problem} />}
    </>
  );
}
