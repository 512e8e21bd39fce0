import { useEffect, useRef, useState, type ReactNode } from 'react';
import { Button } from '@mantine/core';
import { Problem } from '../../api/client.js';
import type { FileProblem, ImportPreview, ShownMap } from '../../api/operations-types.js';
import { useApi } from '../../api/queries.js';
import { download } from '../../components/download.js';
import { Panel } from '../../components/page.js';
import { Answered, ProblemBox } from '../../components/problem-box.js';
import { imports } from '../../texts/imports.js';
import { preview } from './sending.js';

const { make: t, shown } = imports;
const CHECK_AFTER_MS = 400;
const YAML = 'application/yaml;charset=utf-8';

/** A map that the service knows: its text, what it looks up, and what is wrong with it. */
export function KnownMapText({ name, onCopy }: { readonly name: string; readonly onCopy: (text: string) => void }): ReactNode {
  const map = useApi<ShownMap>(`/v1/imports/maps/${encodeURIComponent(name)}`, {}, { timeless: true });
  return (
    <Panel title={shown.title(name)}>
      <Answered of={map}>
        {({ text, lookupFiles, problems }) => (
          <>
            <Problems problems={problems} />
            {lookupFiles !== null && lookupFiles.length > 0 ? (
              <>
                <h3>{shown.lookups}</h3>
                <ul className="plain-list">
                  {lookupFiles.map(({ name: lookup, file, key, there }) => (
                    <li key={lookup}>
                      {shown.lookup(file, key)}:{' '}
                      <span className={there ? '' : 'wrong'}>{there ? shown.there : shown.notThere}</span>
                    </li>
                  ))}
                </ul>
              </>
            ) : (
              <p className="help">{shown.noLookups}</p>
            )}
            <pre className="map-text" tabIndex={0} aria-label={shown.text}>
              {text}
            </pre>
            <div className="row">
              <Button size="xs" variant="default" onClick={() => onCopy(text)}>
                {shown.copy}
              </Button>
              <Button size="xs" variant="default" onClick={() => download(`${name}.map.yaml`, YAML, text)}>
                {shown.download}
              </Button>
            </div>
          </>
        )}
      </Answered>
    </Panel>
  );
}

/** What the service says to a text, a moment after it was last written in: null while it is still asked. */
export function useChecked(
  file: File | null,
  text: string,
): { readonly seen: ImportPreview | null; readonly problem: unknown } | null {
  const [checked, setChecked] = useState<{
    readonly of: string;
    readonly seen: ImportPreview | null;
    readonly problem: unknown;
  } | null>(null);
  useEffect(() => {
    if (!file || text.trim() === '') return;
    const gone = new AbortController();
    const later = setTimeout(() => {
      preview(file, { text }, gone.signal).then(
        (seen) => setChecked({ of: text, seen, problem: null }),
        (problem: unknown) => {
          if (!gone.signal.aborted) setChecked({ of: text, seen: null, problem });
        },
      );
    }, CHECK_AFTER_MS);
    return () => {
      clearTimeout(later);
      gone.abort();
    };
  }, [file, text]);
  return checked?.of === text ? checked : null;
}

/** The text of a map of one's own, written in as one likes, with what the service has against it. */
export function OwnMapText({
  file,
  text,
  checked,
  onText,
  onAnew,
}: {
  readonly file: File | null;
  readonly text: string;
  readonly checked: ReturnType<typeof useChecked>;
  readonly onText: (text: string) => void;
  /** Null where the text is what the table says already. */
  readonly onAnew: (() => void) | null;
}): ReactNode {
  const area = useRef<HTMLTextAreaElement>(null);
  const goTo = (line: number): void => {
    const begin =
      text
        .split('\n')
        .slice(0, line - 1)
        .join('\n').length + (line > 1 ? 1 : 0);
    const end = text.indexOf('\n', begin);
    area.current?.focus();
    area.current?.setSelectionRange(begin, end < 0 ? text.length : end);
  };
  const problems = problemsOf(checked?.problem);
  return (
    <Panel
      title={t.text}
      help={t.textHelp}
      aside={
        <>
          {onAnew && (
            <button type="button" className="plain" onClick={onAnew}>
              {t.anew}
            </button>
          )}
          <button
            type="button"
            className="plain"
            disabled={text.trim() === ''}
            onClick={() =>
              download(`${(file?.name ?? 'import').replace(/(?:\.csv|\.xes|\.xml|\.gz)+$/, '')}.map.yaml`, YAML, text)
            }
          >
            ↓ {shown.download}
          </button>
        </>
      }
    >
      <textarea
        ref={area}
        className="map-text"
        aria-label={shown.text}
        aria-invalid={problems.length > 0}
        spellCheck={false}
        value={text}
        onChange={({ target }) => onText(target.value)}
      />
      <div role="status">
        {file &&
          text.trim() !== '' &&
          (checked === null ? (
            <p className="help">{t.checking}</p>
          ) : problems.length > 0 ? (
            <Problems problems={problems} onLine={goTo} />
          ) : checked.problem !== null ? (
            <ProblemBox problem={checked.problem} />
          ) : (
            <>
              <p className="help">{t.right}</p>
              {(checked.seen?.reads?.missing.length ?? 0) > 0 && (
                <p className="wrong">{imports.missing(checked.seen!.reads!.missing.join(', '))}</p>
              )}
            </>
          ))}
      </div>
    </Panel>
  );
}

const problemsOf = (problem: unknown): readonly FileProblem[] =>
  problem instanceof Problem && problem.code === 'map-invalid' ? (problem.more['problems'] as readonly FileProblem[]) : [];

function Problems({
  problems,
  onLine,
}: {
  readonly problems: readonly FileProblem[];
  readonly onLine?: (line: number) => void;
}): ReactNode {
  if (problems.length === 0) return null;
  return (
    <>
      <h3>{shown.problems}</h3>
      <ul className="plain-list">
        {problems.map(({ line, column, message, suggestion }) => (
          <li key={`${line} ${column} ${message}`}>
            {onLine ? (
              <button type="button" className="plain" onClick={() => onLine(line)}>
                {t.line(line)}
              </button>
            ) : (
              <>{t.line(line)}: </>
            )}
            <span className="wrong">{message}</span> {suggestion}
          </li>
        ))}
      </ul>
    </>
  );
}
