import './operations.css';
import { useEffect, useRef, useState, type FormEvent, type KeyboardEvent, type ReactNode } from 'react';
import { Button } from '@mantine/core';
import { keepPreviousData, useQuery, useQueryClient } from '@tanstack/react-query';
import { ask, Problem } from '../../api/client.js';
import type { Difference, Draft, FileProblem, ProcessInFull } from '../../api/operations-types.js';
import { useApi } from '../../api/queries.js';
import { useMe } from '../../api/session.js';
import { useAsOf } from '../../as-of.js';
import type { Page as PageOf } from '../../api/types.js';
import { say } from '../../components/notices.js';
import { Page, Panel } from '../../components/page.js';
import { Answered, ProblemBox } from '../../components/problem-box.js';
import { common } from '../../texts/common.js';
import { operations } from '../../texts/operations.js';
import { completionAt, type Completion, type Schema } from './completion.js';
import { BackTests } from './back-tests.js';
import { Changes } from './changes.js';
import { Drafts } from './drafts.js';
import { useMayWrite } from './may-write.js';
import { OfProcess } from './of-process.js';
import { Shadows } from './shadows.js';

const { change: t } = operations;
const CHECK_AFTER_MS = 500;
const YAML = 'application/yaml';

/** Writing the next version of a process: checked in place, compared, kept as a draft, tried on the past, published. */
export default function ChangePage(): ReactNode {
  return <OfProcess>{(whole) => <Change process={whole} />}</OfProcess>;
}

function Change({ process }: { readonly process: ProcessInFull }): ReactNode {
  const path = `/v1/processes/${process.id}/versions/${process.version}/file`;
  const file = useQuery<string, Problem>({
    queryKey: [path],
    queryFn: () => ask<string>(path, { as: 'text' }),
    staleTime: Number.POSITIVE_INFINITY,
    // When another version comes into force meanwhile, the editor stays with what was typed.
    placeholderData: keepPreviousData,
  });
  return (
    <Page title={t.title(process.title)} lead={t.lead} wide>
      <Answered of={file}>{(text) => <Editor process={process} original={text} />}</Answered>
    </Page>
  );
}

function useLater(text: string): string {
  const [later, setLater] = useState(text);
  useEffect(() => {
    const timer = setTimeout(() => setLater(text), CHECK_AFTER_MS);
    return () => clearTimeout(timer);
  }, [text]);
  return later;
}

function Editor({ process, original }: { readonly process: ProcessInFull; readonly original: string }): ReactNode {
  const me = useMe();
  const client = useQueryClient();
  const [text, setText] = useState(original);
  const [note, setNote] = useState('');
  const [problem, setProblem] = useState<unknown>(null);
  const area = useRef<HTMLTextAreaElement>(null);
  const numbers = useRef<HTMLPreElement>(null);
  const schema = useApi<Schema>('/v1/process-schema', {}, { timeless: true, staleTime: Number.POSITIVE_INFINITY });
  const [offered, setOffered] = useState<(Completion & { readonly at: number }) | null>(null);
  const asked = useLater(text);
  const past = useAsOf() !== null;
  const mayWrite = useMayWrite();
  useEffect(() => {
    if (text === original) return;
    const warn = (event: BeforeUnloadEvent): void => event.preventDefault();
    addEventListener('beforeunload', warn);
    return () => removeEventListener('beforeunload', warn);
  }, [text, original]);
  const checked = useQuery<{ readonly problems: readonly FileProblem[] }, Problem>({
    queryKey: ['check', process.id, asked],
    queryFn: async ({ signal }) => {
      try {
        return await ask('/v1/processes', {
          method: 'POST',
          query: { dryRun: true },
          body: { type: YAML, content: asked },
          signal,
        });
      } catch (error) {
        // A file with errors is an answer here, and not a failure.
        if (error instanceof Problem && error.code === 'process-invalid')
          return { problems: error.more['problems'] as readonly FileProblem[] };
        throw error;
      }
    },
    staleTime: Number.POSITIVE_INFINITY,
  });
  const problems = checked.data?.problems ?? [];
  const hasErrors = problems.some(({ severity }) => severity === 'error');
  const diff = useQuery<Difference, Problem>({
    queryKey: ['diff', process.id, asked],
    queryFn: ({ signal }) =>
      ask(`/v1/processes/${process.id}/diff`, {
        method: 'POST',
        query: { from: 'in-force' },
        body: { type: YAML, content: asked },
        signal,
      }),
    enabled: checked.data !== undefined && !hasErrors,
    staleTime: Number.POSITIVE_INFINITY,
  });
  const save = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    setProblem(null);
    try {
      const { draft } = await ask<{ readonly draft: number }>(`/v1/processes/${process.id}/drafts`, {
        method: 'POST',
        query: { note: note.trim() || null },
        body: { type: YAML, content: text },
      });
      say(t.saved(draft));
      setNote('');
      await client.invalidateQueries({ queryKey: [`/v1/processes/${process.id}/drafts`] });
    } catch (error) {
      setProblem(error);
    }
  };
  const goTo = ({ line, column }: FileProblem): void => {
    const lines = text.split('\n');
    const start = lines.slice(0, line - 1).reduce((sum, one) => sum + one.length + 1, 0) + column - 1;
    area.current?.focus();
    area.current?.setSelectionRange(start, start + (lines[line - 1]?.length ?? 0) - column + 1);
    const height = area.current ? area.current.scrollHeight / lines.length : 0;
    area.current?.scrollTo({ top: Math.max(0, (line - 6) * height) });
  };
  const complete = (name: string): void => {
    const field = area.current;
    if (!field || !offered) return;
    field.focus();
    field.setSelectionRange(offered.from, field.selectionStart);
    // The browser's own insertion keeps its undo.
    document.execCommand('insertText', false, name);
    setOffered(null);
  };
  const onKey = (event: KeyboardEvent<HTMLTextAreaElement>): void => {
    if (event.key === ' ' && event.ctrlKey) {
      event.preventDefault();
      const found = completionAt(text, event.currentTarget.selectionStart, schema.data ?? null);
      setOffered(found && { ...found, at: 0 });
    } else if (!offered) return;
    else if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      event.preventDefault();
      const step = event.key === 'ArrowDown' ? 1 : -1;
      setOffered({ ...offered, at: (offered.at + step + offered.choices.length) % offered.choices.length });
    } else if (event.key === 'Enter' || event.key === 'Tab') {
      event.preventDefault();
      complete(offered.choices[offered.at]!.text);
    } else if (event.key === 'Escape') setOffered(null);
  };
  const marked = new Map(problems.map(({ line, severity }) => [line, severity]));
  return (
    <>
      {!mayWrite && (
        <p className="help">{past ? common.asOf.readOnly : t.readOnly(me.roles.join(', ') || common.signIn.noRoles)}</p>
      )}
      <div className="two">
        <Panel title={t.file} help={t.fileHelp}>
          <div className="editor">
            <pre ref={numbers} aria-hidden="true">
              {text.split('\n').map((_, at) => (
                <span key={at} className={marked.get(at + 1) ?? ''}>
                  {at + 1}
                  {'\n'}
                </span>
              ))}
            </pre>
            <textarea
              ref={area}
              aria-label={t.file}
              aria-invalid={hasErrors}
              spellCheck={false}
              wrap="off"
              value={text}
              aria-describedby="complete-help"
              aria-controls="complete-list"
              onKeyDown={onKey}
              onChange={({ target }) => {
                setText(target.value);
                const found = offered && completionAt(target.value, target.selectionStart, schema.data ?? null);
                setOffered(found && { ...found, at: 0 });
              }}
              onScroll={({ currentTarget }) => numbers.current?.scrollTo({ top: currentTarget.scrollTop })}
            />
          </div>
          <p id="complete-help" className="help">
            {t.completeHelp}
          </p>
          <ul id="complete-list" className="row complete" aria-label={t.complete} aria-live="polite">
            {offered?.choices.map(({ text: name }, at) => (
              <li key={name}>
                <button type="button" className="chip" aria-pressed={at === offered.at} onClick={() => complete(name)}>
                  {name}
                </button>
              </li>
            ))}
            {offered?.choices[offered.at]?.about && <li className="help">{offered.choices[offered.at]!.about}</li>}
          </ul>
          <form className="row" onSubmit={(event) => void save(event)}>
            <label className="field grow">
              <span>{t.note}</span>
              <input value={note} onChange={({ target }) => setNote(target.value)} />
            </label>
            <Button type="submit" disabled={!mayWrite || hasErrors || text !== asked || !checked.data}>
              {t.save}
            </Button>
          </form>
          {problem !== null && <ProblemBox problem={problem} />}
        </Panel>
        <div>
          <Panel title={checked.data ? (problems.length > 0 ? t.problems(problems.length) : t.fine) : t.checking}>
            {checked.error && <ProblemBox problem={checked.error} />}
            <ul className="problems">
              {problems.map((one) => (
                <li key={`${one.line} ${one.column} ${one.code} ${one.message}`} className={one.severity}>
                  <button type="button" className="plain" onClick={() => goTo(one)}>
                    {t.line(one.line)}
                  </button>
                  <strong>{one.severity === 'error' ? t.error : t.warning}:</strong> {one.message}
                  {one.suggestion && <p className="dimmed">{one.suggestion}</p>}
                  {one.story && one.story.length > 0 && (
                    <details>
                      <summary>{t.story}</summary>
                      <ol className="story">
                        {one.story.map((sentence) => (
                          <li key={sentence}>{sentence}</li>
                        ))}
                      </ol>
                    </details>
                  )}
                </li>
              ))}
            </ul>
          </Panel>
          <Panel title={t.diff}>
            {hasErrors ? (
              <p className="dimmed">{t.diffLater}</p>
            ) : (
              <Answered of={diff}>{(found) => <Changes of={found} />}</Answered>
            )}
          </Panel>
        </div>
      </div>
      <Drafts process={process} mayWrite={mayWrite} onOpen={setText} />
      <BackTests process={process} mayWrite={mayWrite} />
      <Listening process={process} mayWrite={mayWrite} />
    </>
  );
}

function Listening({ process, mayWrite }: { readonly process: ProcessInFull; readonly mayWrite: boolean }): ReactNode {
  const drafts = useApi<PageOf<Draft>>(`/v1/processes/${process.id}/drafts`, {}, { timeless: true });
  return <Shadows process={process} drafts={drafts.data?.items ?? []} mayWrite={mayWrite} />;
}
