import { useState, type ReactNode } from 'react';
import { Button } from '@mantine/core';
import { ask, newKey, Problem } from '../../api/client.js';
import type { ImportMap, ImportPreview, ImportReport } from '../../api/operations-types.js';
import { useApi } from '../../api/queries.js';
import { useMe } from '../../api/session.js';
import { useAsOf } from '../../as-of.js';
import type { Page as PageOf } from '../../api/types.js';
import { Link } from '../../components/link.js';
import { Empty, Page, Panel, Waiting } from '../../components/page.js';
import { Answered, ProblemBox } from '../../components/problem-box.js';
import { Table } from '../../components/table.js';
import { count } from '../../format.js';
import { common } from '../../texts/common.js';
import { imports as t } from '../../texts/imports.js';

const PREVIEW_BYTES = 1024 * 1024;

/** Brings in the past of another system: looked at first, checked next, then stored. */
export default function ImportPage(): ReactNode {
  const me = useMe();
  const maps = useApi<PageOf<ImportMap>>('/v1/imports/maps', {}, { timeless: true });
  const [file, setFile] = useState<File | null>(null);
  const [map, setMap] = useState('');
  const [preview, setPreview] = useState<ImportPreview | null>(null);
  const [report, setReport] = useState<ImportReport | null>(null);
  const [problem, setProblem] = useState<unknown>(null);
  const [working, setWorking] = useState(false);
  const past = useAsOf() !== null;
  const mayWrite = !past && me.roles.some((role) => role === 'operations' || role === 'admin');

  const attempt = async (work: () => Promise<void>): Promise<void> => {
    setProblem(null);
    setReport(null);
    setWorking(true);
    try {
      await work();
    } catch (error) {
      setProblem(error);
      // An import that stopped half way says how far it came.
      if (error instanceof Problem && error.more['report'] !== undefined) setReport(error.more['report'] as ImportReport);
    } finally {
      setWorking(false);
    }
  };
  const look = (chosen: File | null, named: string): void => {
    setFile(chosen);
    setPreview(null);
    if (!chosen) return;
    void attempt(async () => {
      const found = await ask<ImportPreview>('/v1/imports/preview', {
        method: 'POST',
        query: { rows: 10, map: named || null },
        body: { type: typeOf(chosen), content: chosen.slice(0, PREVIEW_BYTES) },
      });
      setPreview(found);
      const fitting = found.maps.filter(({ missing }) => missing.length === 0);
      if (named === '' && fitting.length === 1) setMap(fitting[0]!.map);
    });
  };
  const bring = (dryRun: boolean): void =>
    void attempt(async () => {
      setReport(
        await ask<ImportReport>('/v1/imports', {
          method: 'POST',
          query: { map, name: file!.name, ...(dryRun && { dryRun: true }) },
          body: { type: typeOf(file!), content: file! },
          ...(dryRun ? {} : { key: newKey() }),
        }),
      );
    });
  const missing = preview?.maps.find((one) => one.map === map)?.missing ?? [];
  return (
    <Page title={t.title} lead={t.lead}>
      {!mayWrite && <p className="help">{past ? common.asOf.readOnly : t.readOnly}</p>}
      <Panel title={t.what}>
        <div className="row filters">
          <label className="field">
            <span>{t.file}</span>
            <input type="file" accept=".csv,.xes,.xml,.gz" onChange={({ target }) => look(target.files?.[0] ?? null, map)} />
          </label>
          <Answered of={maps} waiting={<Waiting lines={1} />}>
            {({ items }) =>
              items.length === 0 ? (
                <Empty title={t.noMaps} />
              ) : (
                <label className="field">
                  <span>{t.map}</span>
                  <select
                    value={map}
                    onChange={({ target }) => {
                      setMap(target.value);
                      look(file, target.value);
                    }}
                  >
                    <option value="">{t.noMap}</option>
                    {items.map(({ id, process }) => (
                      <option key={id} value={id}>
                        {id} ({process})
                      </option>
                    ))}
                  </select>
                </label>
              )
            }
          </Answered>
        </div>
        {maps.data?.items.find(({ id }) => id === map)?.about && (
          <p className="help">{maps.data.items.find(({ id }) => id === map)!.about}</p>
        )}
        {preview &&
          map !== '' &&
          (missing.length > 0 ? <p className="wrong">{t.missing(missing.join(', '))}</p> : <p className="help">{t.fits}</p>)}
        <div className="row">
          <Button variant="default" disabled={!file || map === '' || working} onClick={() => bring(true)}>
            {t.check}
          </Button>
          <Button disabled={!file || map === '' || working || !mayWrite} onClick={() => bring(false)}>
            {t.bring}
          </Button>
        </div>
        {working && file && (
          <p role="status">
            <progress /> {t.reading(`${count(Math.max(1, Math.round(file.size / 1000)))} kB`)}
          </p>
        )}
      </Panel>
      {problem !== null && <ProblemBox problem={problem} />}
      {report && <Report report={report} />}
      {preview && !report && <Preview preview={preview} />}
    </Page>
  );
}

const typeOf = ({ name }: File): string =>
  name.endsWith('.gz')
    ? 'application/gzip'
    : name.endsWith('.csv')
      ? 'text/csv'
      : name.endsWith('.xes') || name.endsWith('.xml')
        ? 'application/xml'
        : 'application/octet-stream';

function Preview({ preview }: { readonly preview: ImportPreview }): ReactNode {
  return (
    <Panel title={t.preview}>
      {preview.stopped && <p className="wrong">{preview.stopped}</p>}
      <Table
        caption={t.preview}
        name={null}
        rows={preview.rows}
        rowKey={({ line }) => String(line)}
        columns={[
          { key: 'line', label: t.line, align: 'right', value: ({ line }) => line, show: ({ line }) => line },
          ...preview.columns.map((name) => ({
            key: name,
            label: name,
            value: ({ cells }: ImportPreview['rows'][number]) => cells[name] ?? null,
            show: ({ cells }: ImportPreview['rows'][number]) => cells[name] ?? '–',
          })),
        ]}
      />
    </Panel>
  );
}

function Report({ report }: { readonly report: ImportReport }): ReactNode {
  const c = t.columns;
  const rows = [
    { what: t.rows, ...report.rows },
    { what: t.deals, ...report.deals },
    { what: t.steps, ...report.steps },
  ];
  return (
    <>
      <Panel
        title={report.dryRun ? t.checked : t.done}
        aside={!report.dryRun && <Link to={`/deals?process=${report.process}`}>{t.toDeals}</Link>}
      >
        <Table
          caption={report.dryRun ? t.checked : t.done}
          name="import"
          sortName="tally"
          rows={rows}
          rowKey={({ what }) => what}
          columns={[
            { key: 'what', label: c.what, value: ({ what }) => what, show: ({ what }) => what },
            { key: 'read', label: c.read, align: 'right', value: ({ read }) => read, show: ({ read }) => count(read) },
            {
              key: 'stored',
              label: report.dryRun ? c.storedDry : c.stored,
              align: 'right',
              value: ({ stored }) => stored,
              show: ({ stored }) => count(stored),
            },
            {
              key: 'there',
              label: c.there,
              align: 'right',
              value: ({ alreadyThere }) => alreadyThere,
              show: ({ alreadyThere }) => count(alreadyThere),
            },
            {
              key: 'rejected',
              label: c.rejected,
              align: 'right',
              value: ({ rejected }) => rejected,
              show: ({ rejected }) => count(rejected),
            },
          ]}
        />
        {report.deviating.steps > 0 && <p>{t.deviating(count(report.deviating.steps), count(report.deviating.deals))}</p>}
      </Panel>
      <Panel title={t.problems}>
        {report.problems.length === 0 ? (
          <p className="dimmed">{t.noProblems}</p>
        ) : (
          <>
            <Table
              caption={t.problems}
              name="import-problems"
              rows={report.problems}
              rowKey={({ kind, line, deal, say }) => `${kind} ${line} ${deal} ${say}`}
              columns={[
                { key: 'kind', label: t.problemColumns.kind, value: ({ kind }) => kind, show: ({ kind }) => kind },
                {
                  key: 'line',
                  label: t.problemColumns.line,
                  align: 'right',
                  value: ({ line }) => line,
                  show: ({ line }) => line ?? '–',
                },
                { key: 'deal', label: t.problemColumns.deal, value: ({ deal }) => deal, show: ({ deal }) => deal ?? '–' },
                { key: 'say', label: t.problemColumns.say, value: ({ say }) => say, show: ({ say }) => say },
              ]}
            />
            {report.problemsInAll > report.problems.length && (
              <p className="dimmed">{t.more(count(report.problems.length), count(report.problemsInAll))}</p>
            )}
          </>
        )}
      </Panel>
    </>
  );
}
