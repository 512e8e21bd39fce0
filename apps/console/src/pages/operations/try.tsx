import './operations.css';
import { useState, type FormEvent, type ReactNode } from 'react';
import { Button } from '@mantine/core';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useSearchParams } from 'react-router';
import { ask, type Problem } from '../../api/client.js';
import type { Draft, ProcessInFull, Walk } from '../../api/operations-types.js';
import { useApi } from '../../api/queries.js';
import type { Page as PageOf, PossibleMove, ProcessDefinition } from '../../api/types.js';
import { Machine } from '../../components/machine.js';
import { Missing } from '../../components/missing.js';
import { Page, Panel } from '../../components/page.js';
import { Answered } from '../../components/problem-box.js';
import { fact } from '../../format.js';
import { operations } from '../../texts/operations.js';
import { OfProcess } from './of-process.js';

const { walk: t } = operations;

/**
 * A deal walked through a version or a draft with the real rules: what it would be allowed, what blocks it, and what a line comes to. Nothing is
 * recorded. Where it begins and every line stand in the address, so that a walk can be sent to somebody.
 */
export default function TryPage(): ReactNode {
  return (
    <OfProcess>
      {(whole) => (
        <Page title={t.title(whole.title)} lead={t.lead}>
          <Walked process={whole} />
        </Page>
      )}
    </OfProcess>
  );
}

function Walked({ process }: { readonly process: ProcessInFull }): ReactNode {
  const [search, setSearch] = useSearchParams();
  const under = search.get('under') ?? 'in-force';
  const deal = search.get('deal');
  const lines = search.getAll('line');
  const drafts = useApi<PageOf<Draft>>(`/v1/processes/${process.id}/drafts`, {}, { timeless: true });
  const set = (change: (next: URLSearchParams) => void): void =>
    setSearch(
      (before) => {
        const next = new URLSearchParams(before);
        change(next);
        return next;
      },
      { preventScrollReset: true },
    );
  const walk = useQuery<Walk, Problem>({
    queryKey: ['try', process.id, under, deal, lines],
    queryFn: ({ signal }) =>
      ask(`/v1/processes/${process.id}/try`, {
        method: 'POST',
        json: { under, ...(deal !== null && { deal }), lines },
        signal,
      }),
    placeholderData: keepPreviousData,
  });
  const definition = useDefinition(process, under);
  const begin = (name: 'under' | 'deal', value: string): void =>
    set((next) => {
      if (value.trim() === '') next.delete(name);
      else next.set(name, value.trim());
      next.delete('line');
    });
  const add = (line: string): void => set((next) => next.append('line', line));
  return (
    <>
      <div className="row filters">
        <label className="field">
          <span>{t.under}</span>
          <select value={under} onChange={({ target }) => begin('under', target.value)}>
            <option value="in-force">{t.inForce(process.version)}</option>
            {process.versions
              .filter(({ version }) => version !== process.version)
              .map(({ version }) => (
                <option key={version} value={String(version)}>
                  {operations.versions.version(version)}
                </option>
              ))}
            {drafts.data?.items.map(({ draft }) => (
              <option key={draft} value={`draft:${draft}`}>
                {operations.change.draft(draft)}
              </option>
            ))}
          </select>
        </label>
        <BeginWith deal={deal} onBegin={(id) => begin('deal', id)} />
        {lines.length > 0 && (
          <>
            <Button
              variant="default"
              onClick={() =>
                set((next) => {
                  next.delete('line');
                  for (const line of lines.slice(0, -1)) next.append('line', line);
                })
              }
            >
              {t.back}
            </Button>
            <Button variant="default" onClick={() => set((next) => next.delete('line'))}>
              {t.again}
            </Button>
          </>
        )}
      </div>
      <Answered of={walk}>
        {(now) =>
          definition && (
            <>
              <Panel title={t.stands(definition.stages[now.stage]?.label ?? now.stage)}>
                {now.left.length > 0 && <p className="dimmed">{t.left(now.left.join(' '))}</p>}
                <Machine definition={definition} here={now.stage} />
              </Panel>
              <div className="two">
                <Panel title={t.moves} help={t.asked(now.roles.join(', '))}>
                  <ul className="moves">
                    {now.moves.map((move) => (
                      <li key={`${move.track} ${move.move}`} className={move.allowed ? 'allowed' : 'blocked'}>
                        <div className="row">
                          <strong>{move.label}</strong>
                          <span className="dimmed">{t.to(nameOf(move, definition, now.stage))}</span>
                          <span className="grow" />
                          {move.move !== null && (
                            <Button
                              size="compact-sm"
                              variant={move.allowed ? 'filled' : 'default'}
                              onClick={() => add(move.move!)}
                            >
                              {move.allowed ? move.label : t.tryAnyway}
                              <span className="unseen"> {move.allowed ? '' : move.label}</span>
                            </Button>
                          )}
                        </div>
                        {move.allowed ? <p className="ready">✓ {t.ready}</p> : <Missing blockers={move.blockers} />}
                      </li>
                    ))}
                  </ul>
                  <Line onLine={add} />
                </Panel>
                <div>
                  <Panel title={t.happened}>
                    {now.lines.length === 0 && <p className="dimmed">{t.nothingYet}</p>}
                    <ol className="timeline">
                      {now.lines.map(({ line, outcome, say, blockers }, at) => (
                        <li key={`${at} ${line}`}>
                          <code>{line}</code>
                          <p className={outcome === 'done' ? '' : 'why'}>{say.join(' ')}</p>
                          <Missing blockers={blockers} />
                        </li>
                      ))}
                    </ol>
                  </Panel>
                  <Panel title={t.facts}>
                    <dl className="facts-row">
                      {Object.values(definition.fields).map((field) => (
                        <div key={field.name}>
                          <dt>{field.label}</dt>
                          <dd>{now.facts[field.name] === undefined ? '–' : fact(now.facts[field.name], field)}</dd>
                        </div>
                      ))}
                    </dl>
                  </Panel>
                </div>
              </div>
            </>
          )
        }
      </Answered>
    </>
  );
}

/** The definition of what is walked; undefined while it is on its way. */
function useDefinition(process: ProcessInFull, under: string): ProcessDefinition | undefined {
  const draft = under.startsWith('draft') ? under.replace('draft:', '') : null;
  const path = draft === null ? `/v1/processes/${process.id}/versions/${under}` : `/v1/processes/${process.id}/drafts/${draft}`;
  const other = useApi<{ readonly definition: ProcessDefinition }>(path, {}, { timeless: true, enabled: under !== 'in-force' });
  return under === 'in-force' ? process.definition : other.data?.definition;
}

function nameOf({ to, track }: PossibleMove, { stages }: ProcessDefinition, stage: string): string {
  return (track === null ? stages[to]?.label : stages[stage]?.tracks[track]?.stages[to]?.label) ?? to;
}

function BeginWith({ deal, onBegin }: { readonly deal: string | null; readonly onBegin: (deal: string) => void }): ReactNode {
  const [typed, setTyped] = useState(deal ?? '');
  return (
    <form
      className="row"
      onSubmit={(event) => {
        event.preventDefault();
        onBegin(typed);
      }}
    >
      <label className="field">
        <span>{t.deal}</span>
        <input value={typed} placeholder={t.invented} onChange={({ target }) => setTyped(target.value)} />
      </label>
      <Button type="submit" variant="default">
        {t.begin}
      </Button>
    </form>
  );
}

/** A line as the terminal takes it: a move with facts, or something else that happens to the deal. */
function Line({ onLine }: { readonly onLine: (line: string) => void }): ReactNode {
  const [typed, setTyped] = useState('');
  const send = (event: FormEvent): void => {
    event.preventDefault();
    if (typed.trim() === '') return;
    onLine(typed.trim());
    setTyped('');
  };
  return (
    <form onSubmit={send}>
      <div className="row filters">
        <label className="field grow">
          <span>{t.line}</span>
          <input
            value={typed}
            aria-describedby="line-help"
            autoComplete="off"
            onChange={({ target }) => setTyped(target.value)}
          />
        </label>
        <Button type="submit">{t.do}</Button>
      </div>
      <p id="line-help" className="help">
        {t.lineHelp}
      </p>
    </form>
  );
}
