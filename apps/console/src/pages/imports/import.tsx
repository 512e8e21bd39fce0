import './imports.css';
import { useEffect, useMemo, useState, type ReactNode } from 'react';
import { Button } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { useSearchParams } from 'react-router';
import type { ImportMap, ImportPreview } from '../../api/operations-types.js';
import { useApi, useProcesses, useProcessVersion } from '../../api/queries.js';
import { useMe } from '../../api/session.js';
import type { Page as PageOf } from '../../api/types.js';
import { useAsOf } from '../../as-of.js';
import { Empty, Page, Panel, Waiting } from '../../components/page.js';
import { Answered, ProblemBox } from '../../components/problem-box.js';
import { Table } from '../../components/table.js';
import { count } from '../../format.js';
import { common } from '../../texts/common.js';
import { imports as t } from '../../texts/imports.js';
import { preferred } from '../sellers/chosen.js';
import { MakeMap } from './make-map.js';
import { KnownMapText, OwnMapText, useChecked } from './map-text.js';
import { guessed, mapText, type Mapping } from './mapping.js';
import { Run, Runs } from './run.js';
import { begin, preview, type ChosenMap } from './sending.js';

/** In the address, for a map that is made here. No map of a service can be called so: its name would be a file without one. */
const OWN = '+';
const KEPT_TEXT = 'coxswain.import.map';

/** The file that was chosen last, for whoever goes to another page and comes back: an address cannot hold it. */
let chosen: File | null = null;

/** Brings in the past of another system: looked at first, checked next, then stored. */
export default function ImportPage(): ReactNode {
  const me = useMe();
  const client = useQueryClient();
  const maps = useApi<PageOf<ImportMap>>('/v1/imports/maps', {}, { timeless: true });
  const [search, setSearch] = useSearchParams();
  const map = search.get('map') ?? '';
  const run = search.get('import');
  const named = search.get('file');
  const [last, setFile] = useState(chosen);
  const file = last !== null && last.name === named ? last : null;
  const own = useOwnMap(file, map === OWN);
  const [problem, setProblem] = useState<unknown>(null);
  const [sending, setSending] = useState(false);
  const past = useAsOf() !== null;
  const mayWrite = !past && me.roles.some((role) => role === 'operations' || role === 'admin');

  const go = (changes: Readonly<Record<string, string | null>>): void =>
    setSearch(
      (before) => {
        const next = new URLSearchParams(before);
        for (const [name, value] of Object.entries(changes))
          if (value === null || value === '') next.delete(name);
          else next.set(name, value);
        return next;
      },
      { preventScrollReset: true },
    );
  const choose = (next: File | null): void => {
    chosen = next;
    setFile(next);
    setProblem(null);
    go({ file: next?.name ?? null, import: null });
  };
  const given: ChosenMap | null =
    map === '' ? null : map === OWN ? (own.text.trim() === '' ? null : { text: own.text }) : { name: map };
  const known = map === '' || map === OWN ? null : map;
  const seen = useSeen(file, known);
  const fitting = seen.preview?.maps.filter(({ missing }) => missing.length === 0) ?? [];
  const only = map === '' && fitting.length === 1 ? fitting[0]!.map : null;
  useEffect(() => {
    if (only !== null) go({ map: only });
    // Only what the service found decides.
  }, [only]);

  const bring = (dryRun: boolean): void => {
    setProblem(null);
    setSending(true);
    begin(file!, given!, dryRun)
      .then(({ import: id }) => go({ import: id }), setProblem)
      .finally(() => {
        setSending(false);
        void client.invalidateQueries({ queryKey: ['/v1/imports'] });
      });
  };
  const ready = file !== null && given !== null && !sending;
  const missing = seen.preview?.maps.find((one) => one.map === known)?.missing ?? [];
  return (
    <Page title={t.title} lead={t.lead}>
      {!mayWrite && <p className="help">{past ? common.asOf.readOnly : t.readOnly}</p>}
      <Panel title={t.what}>
        <div className="row filters">
          <label className="field">
            <span>{t.file}</span>
            <input type="file" accept=".csv,.xes,.xml,.gz" onChange={({ target }) => choose(target.files?.[0] ?? null)} />
          </label>
          <Answered of={maps} waiting={<Waiting lines={1} />}>
            {({ items }) => (
              <label className="field">
                <span>{t.map}</span>
                <select value={map} onChange={({ target }) => go({ map: target.value, import: null })}>
                  <option value="">{t.noMap}</option>
                  {items.map(({ id, process }) => (
                    <option key={id} value={id}>
                      {id} ({process ?? '–'})
                    </option>
                  ))}
                  <option value={OWN}>{t.ownMap}</option>
                </select>
              </label>
            )}
          </Answered>
        </div>
        {maps.data?.items.length === 0 && <p className="help">{t.noMaps}</p>}
        {named !== null && file === null && <p className="help">{t.again(named)}</p>}
        {known !== null && maps.data?.items.find(({ id }) => id === known)?.about && (
          <p className="help">{maps.data.items.find(({ id }) => id === known)!.about}</p>
        )}
        {seen.preview &&
          known !== null &&
          (missing.length > 0 ? <p className="wrong">{t.missing(missing.join(', '))}</p> : <p className="help">{t.fits}</p>)}
        <div className="row">
          <Button variant="default" disabled={!ready} onClick={() => bring(true)}>
            {t.check}
          </Button>
          <Button disabled={!ready || !mayWrite} onClick={() => bring(false)}>
            {t.bring}
          </Button>
        </div>
        {sending && file && (
          <p role="status">
            <progress aria-label={t.sending('')} /> {t.sending(`${count(Math.max(1, Math.round(file.size / 1000)))} kB`)}
          </p>
        )}
      </Panel>
      {file === null && named === null && map === '' && run === null && <Empty title={t.begin.title}>{t.begin.help}</Empty>}
      {problem !== null && <ProblemBox problem={problem} />}
      {seen.problem !== null && <ProblemBox problem={seen.problem} />}
      {run !== null && <Run id={run} file={file} />}
      {map === OWN && <OwnMap own={own} file={file} />}
      {known !== null && (
        <details className="known-map">
          <summary>{t.shown.open}</summary>
          <KnownMapText
            name={known}
            onCopy={(text) => {
              own.write(text);
              go({ map: OWN });
            }}
          />
        </details>
      )}
      {seen.preview && run === null && <Preview preview={seen.preview} />}
      <Runs />
    </Page>
  );
}

/** How the file begins, read by the map of that name where one is chosen. */
function useSeen(file: File | null, map: string | null): { readonly preview: ImportPreview | null; readonly problem: unknown } {
  const [seen, setSeen] = useState<{
    readonly file: File;
    readonly map: string | null;
    readonly preview: ImportPreview | null;
    readonly problem: unknown;
  } | null>(null);
  useEffect(() => {
    if (!file) return;
    const gone = new AbortController();
    preview(file, map === null ? null : { name: map }, gone.signal).then(
      (found) => setSeen({ file, map, preview: found, problem: null }),
      (problem: unknown) => {
        if (!gone.signal.aborted) setSeen({ file, map, preview: null, problem });
      },
    );
    return () => gone.abort();
  }, [file, map]);
  return seen !== null && seen.file === file && seen.map === map ? seen : { preview: null, problem: null };
}

interface OwnMapState {
  readonly text: string;
  readonly checked: ReturnType<typeof useChecked>;
  readonly mapping: Mapping | null;
  readonly preview: ImportPreview | null;
  readonly process: string | null;
  readonly setProcess: (id: string) => void;
  readonly change: (mapping: Mapping) => void;
  readonly write: (text: string) => void;
  /** Null where the text is what the table says. */
  readonly anew: (() => void) | null;
}

/** A map that is made here: what the table says, until somebody writes in the text. The text outlives the page. */
function useOwnMap(file: File | null, making: boolean): OwnMapState {
  const processes = useProcesses();
  const { preview: seen } = useSeen(making ? file : null, null);
  const [process, setProcess] = useState<string | null>(null);
  const published = processes.data?.items.find(({ id }) => id === process) ?? (processes.data && preferred(processes.data.items));
  const definition = useProcessVersion(published?.id, published?.version).data?.definition ?? null;
  const [made, setMade] = useState<{ readonly preview: ImportPreview; readonly mapping: Mapping } | null>(null);
  const [written, setWritten] = useState<string | null>(() => sessionStorage.getItem(KEPT_TEXT));
  const mapping = useMemo((): Mapping | null => {
    if (!seen || !definition || seen.format !== 'csv') return null;
    if (made?.preview === seen && made.mapping.process === definition.id) return made.mapping;
    return guessed(seen, definition);
  }, [seen, definition, made]);
  const fromTable = mapping && seen && definition && file ? mapText(mapping, seen, definition, file.name) : '';
  const text = written ?? fromTable;
  const write = (next: string | null): void => {
    setWritten(next);
    if (next === null) sessionStorage.removeItem(KEPT_TEXT);
    else sessionStorage.setItem(KEPT_TEXT, next);
  };
  return {
    text,
    checked: useChecked(making ? file : null, text),
    mapping,
    preview: seen,
    process: published?.id ?? null,
    setProcess: (id) => {
      setProcess(id);
      write(null);
    },
    change: (next) => {
      if (seen) setMade({ preview: seen, mapping: next });
      write(null);
    },
    write,
    anew: written === null || fromTable === '' ? null : () => write(null),
  };
}

function OwnMap({ own, file }: { readonly own: OwnMapState; readonly file: File | null }): ReactNode {
  const processes = useProcesses();
  const published = processes.data?.items.find(({ id }) => id === own.process);
  const definition = useProcessVersion(published?.id, published?.version).data?.definition;
  return (
    <>
      {own.mapping && own.preview && definition ? (
        <MakeMap
          mapping={own.mapping}
          preview={own.preview}
          definition={definition}
          processes={processes.data?.items ?? []}
          onProcess={own.setProcess}
          onChange={own.change}
        />
      ) : (
        <p className="help">{own.preview?.format === 'xes' ? t.make.needsCsv : t.make.needsFile}</p>
      )}
      <OwnMapText file={file} text={own.text} checked={own.checked} onText={own.write} onAnew={own.anew} />
    </>
  );
}

function Preview({ preview: shown }: { readonly preview: ImportPreview }): ReactNode {
  return (
    <Panel title={t.preview}>
      {shown.stopped && <p className="wrong">{shown.stopped}</p>}
      <Table
        caption={t.preview}
        name={null}
        sortName="rows"
        rows={shown.rows}
        rowKey={({ line }) => String(line)}
        columns={[
          { key: 'line', label: t.line, align: 'right', value: ({ line }) => line, show: ({ line }) => line },
          ...shown.columns.map((name) => ({
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
