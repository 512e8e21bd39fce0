import '../sellers/sellers.css';
import './auditors.css';
import { useEffect, useMemo, useRef, type ReactNode } from 'react';
import { Button } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useParams } from 'react-router';
import { ask, Problem } from '../../api/client.js';
import type { CheckResult, Replay, ReplayStep, Verified } from '../../api/auditors-types.js';
import { useGlow } from '../../api/live.js';
import { useApi, useProcessVersion } from '../../api/queries.js';
import type { Deal, ProcessDefinition, StoredEvent } from '../../api/types.js';
import { useAsOf, useUrlState } from '../../as-of.js';
import { csvOf, download } from '../../components/download.js';
import { Figure, Link } from '../../components/link.js';
import { say } from '../../components/notices.js';
import { Empty, Page, Panel, Waiting } from '../../components/page.js';
import { Answered, ProblemBox } from '../../components/problem-box.js';
import { Instant } from '../../components/shown.js';
import { count, fact } from '../../format.js';
import { auditors } from '../../texts/auditors.js';
import { storyOf, useRecord } from './asked.js';
import { daysBetween, PAUSE_DAYS, Scrubber, stepByKey } from './scrubber.js';
import { isException, isShown, letPassIn, LEVELS, moveOf, sentence, type Level } from './words.js';

const { story: t, say: words } = auditors;

/** How one deal came to stand where it stands, step by step. */
export default function StoryPage(): ReactNode {
  const { id = '' } = useParams();
  const replay = useApi<Replay>(`/v1/opportunities/${encodeURIComponent(id)}/replay`);
  // Behind a problem the page still has its title.
  if (replay.error && !replay.data)
    return (
      <Page title={t.title(id)}>
        <ProblemBox problem={replay.error} again={() => void replay.refetch()} />
        <p className="help">
          <Link to="/audit/steps">{t.search}</Link>
        </p>
      </Page>
    );
  return (
    <Answered
      of={replay}
      waiting={
        <Page title={t.title(id)} wide>
          <Waiting lines={12} />
        </Page>
      }
    >
      {({ steps }) => <Story id={id} steps={steps} />}
    </Answered>
  );
}

function Story({ id, steps: all }: { readonly id: string; readonly steps: readonly ReplayStep[] }): ReactNode {
  const [show, setShow] = useUrlState('show');
  const [step, setStep] = useUrlState('step');
  const [verified, setVerified] = useUrlState('verify');
  const level: Level = LEVELS.find((one) => one === show) ?? 'more';
  const wanted = step === null ? null : Number(step);
  // A step that was asked for by its address is shown, however unimportant.
  const steps = useMemo(
    () => all.filter(({ event, revision }) => isShown(event, level) || revision === wanted),
    [all, level, wanted],
  );
  const at = Math.max(
    0,
    steps.findLastIndex(({ revision }) => revision <= (wanted ?? 0)),
  );
  const last = all.at(-1)!.after;
  const now = steps[at]!;
  const definition = useProcessVersion(now.after.process.id, now.after.process.version);
  const record = useRecord(id);
  const verdicts = useVerdicts(id, verified !== null);
  const go = (index: number): void => setStep(String(steps[index]!.revision));
  useArrows(at, steps.length, go);
  const exceptions = all.filter(({ event }) => isException(event));
  const nextException = exceptions.find(({ revision }) => revision > now.revision) ?? exceptions[0];
  const names = definition.data?.definition;
  const past = useAsOf() !== null;
  const glows = useGlow(id);
  return (
    <Page
      wide
      title={t.title(last.account ?? id)}
      lead={
        <>
          {last.account === null ? '' : `${id} · `}
          <Link to={`/deals/${encodeURIComponent(id)}`}>{t.toDeal}</Link>
          {last.openedFrom !== null && (
            <>
              {' · '}
              <Link to={storyOf(last.openedFrom.deal, last.openedFrom.revision)}>{last.openedFrom.deal}</Link>
            </>
          )}
        </>
      }
      actions={
        <>
          <Button
            title={t.verifyHelp}
            loading={verdicts.isFetching}
            onClick={() => (verified === null ? setVerified('yes') : void verdicts.refetch())}
          >
            {t.verify}
          </Button>
          <Export id={id} steps={all} record={record.data} verified={verdicts.data} />
        </>
      }
    >
      {verified !== null && <VerifiedNote id={id} of={verdicts} />}
      {verified !== null && past && <p className="help">{t.verifiedPast}</p>}
      <div className="story-tools row">
        <fieldset className="levels">
          <legend className="unseen">{t.show}</legend>
          {LEVELS.map((one) => (
            <label key={one} title={t.levelHelp}>
              <input type="radio" name="level" checked={one === level} onChange={() => setShow(one === 'more' ? null : one)} />
              <span>{t.levels[one]}</span>
            </label>
          ))}
        </fieldset>
        <span className="grow" />
        <Button size="compact-sm" variant="default" disabled={at === 0} onClick={() => go(at - 1)}>
          ← {t.before}
        </Button>
        <span className="dimmed">{t.stepOf(count(at + 1), count(steps.length))}</span>
        <Button size="compact-sm" variant="default" disabled={at === steps.length - 1} onClick={() => go(at + 1)}>
          {t.next} →
        </Button>
        {nextException ? (
          <Button size="compact-sm" variant="default" onClick={() => setStep(String(nextException.revision))}>
            {t.exception} ({count(exceptions.length)})
          </Button>
        ) : (
          <span className="dimmed">{t.noException}</span>
        )}
      </div>
      <Scrubber steps={steps} at={at} onStep={go} saying={`${sentence(now.event, names)}, ${now.event.by}`} />
      <p className="help">{t.keys}</p>
      <div className={glows ? 'story glow' : 'story'}>
        <StepList steps={steps} at={at} onStep={go} definition={names} />
        <div>
          {names ? (
            <OneStep
              step={now}
              definition={names}
              event={record.data?.find(({ revision }) => revision === now.revision)}
              verified={verdicts.data}
            />
          ) : definition.error ? (
            <ProblemBox problem={definition.error} />
          ) : (
            <Waiting lines={8} />
          )}
        </div>
      </div>
    </Page>
  );
}

/** The keys of the scrubber, wherever on the page one is, but where they have a meaning of their own. */
function useArrows(at: number, of: number, go: (index: number) => void): void {
  const latest = useRef({ at, of, go });
  latest.current = { at, of, go };
  useEffect(() => {
    const onKey = (event: globalThis.KeyboardEvent): void => {
      if (event.ctrlKey || event.metaKey || event.altKey || !['ArrowLeft', 'ArrowRight'].includes(event.key)) return;
      const on = event.target instanceof HTMLElement ? event.target : null;
      if (on?.closest('input, select, textarea, [role=slider], .scrolls') || document.querySelector('dialog[open]')) return;
      const to = stepByKey(event.key, latest.current.at, latest.current.of);
      if (to !== null) latest.current.go(to);
    };
    addEventListener('keydown', onKey);
    return () => removeEventListener('keydown', onKey);
  }, []);
}

function StepList({
  steps,
  at,
  onStep,
  definition,
}: {
  readonly steps: readonly ReplayStep[];
  readonly at: number;
  readonly onStep: (index: number) => void;
  readonly definition: ProcessDefinition | undefined;
}): ReactNode {
  const list = useRef<HTMLOListElement>(null);
  useEffect(() => {
    const here = list.current?.querySelector<HTMLElement>('[aria-current]');
    // Not scrollIntoView, which would scroll the page along.
    if (here) list.current!.scrollTop = here.offsetTop - list.current!.clientHeight / 3;
  }, [at]);
  return (
    <ol ref={list} className="step-list" aria-label={t.steps}>
      {steps.map((step, index) => {
        const before = steps[index - 1];
        const pause = before ? daysBetween(before, step) : 0;
        const { event } = step;
        return (
          <li key={step.revision}>
            {pause >= PAUSE_DAYS && <p className="pause">{t.later(days(pause))}</p>}
            <button
              type="button"
              className={`step ${isException(event) ? 'exception' : ''} ${event.type === 'StageChanged' ? 'decision' : ''}`}
              aria-current={index === at ? 'step' : undefined}
              onClick={() => onStep(index)}
            >
              <span>{sentence(event, definition)}</span>
              <Exceptions step={step} />
              <small>
                {event.by}, <Instant at={event.occurredAt} />
              </small>
            </button>
          </li>
        );
      })}
    </ol>
  );
}

const days = (number: number): string =>
  new Intl.NumberFormat(navigator.language, { style: 'unit', unit: 'day', unitDisplay: 'long' }).format(Math.round(number));

const Exceptions = ({ step: { event } }: { readonly step: ReplayStep }): ReactNode => (
  <>
    {letPassIn(event).map(({ check, say: rule }) => (
      <span key={check} className="over">
        {words.letPass(rule)}
      </span>
    ))}
    {event.conformance === 'deviating' &&
      (event.broke ?? []).map(({ say: rule }) => (
        <span key={rule} className="over">
          {words.broke(rule)}
        </span>
      ))}
  </>
);

function OneStep({
  step,
  definition,
  event,
  verified,
}: {
  readonly step: ReplayStep;
  readonly definition: ProcessDefinition;
  readonly event: StoredEvent | undefined;
  readonly verified: Verified | undefined;
}): ReactNode {
  const [raw, setRaw] = useUrlState('raw');
  const { event: said, after } = step;
  const verdict = verified?.verdicts.find(({ revision }) => revision === step.revision);
  const decides = ['StageChanged', 'TrackAdvanced'].includes(said.type);
  return (
    <>
      <Panel
        title={sentence(said, definition)}
        aside={
          <button
            type="button"
            className="plain"
            aria-expanded={raw !== null}
            onClick={() => setRaw(raw === null ? 'yes' : null)}
          >
            {raw === null ? t.raw : t.hideRaw}
          </button>
        }
      >
        {raw !== null &&
          (event ? (
            <pre className="raw scrolls" tabIndex={0} aria-label={t.raw}>
              {JSON.stringify(event, null, 2)}
            </pre>
          ) : (
            <Waiting lines={6} />
          ))}
        <dl className="facts-row">
          <Said what={t.who}>
            <Link to={`/audit/steps?by=${encodeURIComponent(said.by)}`}>{said.by}</Link>
            {typeof said.role === 'string' && ` ${t.as(said.role)}`}
            {(said.cause === 'join' || said.cause === 'limit') && ` (${t.system})`}
          </Said>
          <Said what={t.when}>
            <Instant at={said.occurredAt} />
          </Said>
          {Math.abs(Date.parse(step.recordedAt) - Date.parse(said.occurredAt)) > 60_000 && (
            <Said what={t.written}>
              <Instant at={step.recordedAt} />
            </Said>
          )}
          <Said what={t.inForce}>
            <Link to={`/audit/steps?process=${encodeURIComponent(after.process.id)}&version=${after.process.version}`}>
              {t.version(definition.title, after.process.version)}
            </Link>
          </Said>
          {decides && <Said what={t.why}>{said.reason ?? <span className="dimmed">{t.noWhy}</span>}</Said>}
        </dl>
        {verdict && (
          <p className={verdict.agrees ? 'ready' : 'wrong'}>
            {verdict.agrees ? `✓ ${t.verdict}` : `✗ ${t.verdictNot}: ${verdict.differences.join(' ')}`}
          </p>
        )}
        {decides ? <Rules step={step} definition={definition} /> : <p className="dimmed">{t.noRules}</p>}
      </Panel>
      <Panel title={t.changed}>
        <Changes step={step} definition={definition} />
      </Panel>
      <Panel title={t.facts}>
        <Known deal={after} definition={definition} />
      </Panel>
    </>
  );
}

const Said = ({ what, children }: { readonly what: string; readonly children: ReactNode }): ReactNode => (
  <div>
    <dt>{what}</dt>
    <dd>{children}</dd>
  </div>
);

/** Every rule of the move, and what it said: what had to be recorded, and what had to be true. */
function Rules({
  step: { event, after },
  definition,
}: {
  readonly step: ReplayStep;
  readonly definition: ProcessDefinition;
}): ReactNode {
  const move = moveOf(event, definition);
  const needs = (move?.needs ?? []).map((name) => ({
    name,
    label: definition.fields[name]?.label ?? name,
    value: after.facts[name]?.value,
  }));
  const checks = event.checks ?? [];
  const broke = (event.broke ?? []).filter(({ check }) => check === undefined || checks.every((one) => one.check !== check));
  if (needs.length + checks.length + broke.length === 0) return <p className="dimmed">{t.freeMove}</p>;
  return (
    <>
      <h3>{t.rules}</h3>
      <ul className="rules">
        {checks.map((check) => (
          <Rule key={check.check} check={check} definition={definition} event={event} />
        ))}
        {needs.map(({ name, label, value }) => (
          <li key={name} className={value === undefined ? 'no' : 'yes'}>
            <strong>
              <span aria-hidden="true">{value === undefined ? '✗' : '✓'}</span> {value === undefined ? t.failed : t.passed}
            </strong>
            <span>
              {t.needed(label)}
              <small>
                {t.read} {label}: {value === undefined ? t.notRecorded : fact(value, definition.fields[name])}
              </small>
            </span>
          </li>
        ))}
        {broke.map(({ say: rule }) => (
          <li key={rule} className="no">
            <strong>
              <span aria-hidden="true">✗</span> {t.broke}
            </strong>
            <span>{rule}</span>
          </li>
        ))}
      </ul>
    </>
  );
}

function Rule({
  check,
  definition,
  event,
}: {
  readonly check: CheckResult;
  readonly definition: ProcessDefinition;
  readonly event: ReplayStep['event'];
}): ReactNode {
  const rule = moveOf(event, definition)?.checks.find(({ id }) => id === check.check);
  const saw = Object.entries(check.read).map(([name, value]) => {
    const field = definition.fields[name];
    return `${field?.label ?? name}: ${value === null ? t.notRecorded : fact(value, field)}`;
  });
  const search = new URLSearchParams({
    process: definition.id,
    check: check.check,
    ...(check.overridden ? { outcome: 'overridden' } : {}),
  });
  return (
    <li className={check.passed ? 'yes' : 'no'}>
      <strong>
        <span aria-hidden="true">{check.passed ? '✓' : '✗'}</span>{' '}
        {check.passed ? t.passed : check.overridden ? t.letPass(check.overrideRole) : t.failed}
      </strong>
      <span>
        <Link to={`/audit/steps?${search.toString()}`}>{check.say}</Link>
        {saw.length > 0 && (
          <small>
            {t.read} {saw.join(', ')}
          </small>
        )}
        {rule && (
          <small>
            {t.reads(rule.when)}
            {rule.override ? `; ${t.mayLift(rule.override.by.join(', '))}` : ''}
          </small>
        )}
      </span>
    </li>
  );
}

interface Line {
  readonly what: string;
  readonly value: string;
}

/** All that can change about a deal, as words. */
function linesOf(deal: Deal | null, definition: ProcessDefinition): ReadonlyMap<string, Line> {
  const lines = new Map<string, Line>();
  if (deal === null) return lines;
  const stage = definition.stages[deal.stage];
  lines.set('stage', { what: t.stage, value: stage?.label ?? deal.stage });
  lines.set('owner', { what: t.owner, value: deal.owner });
  if (deal.team !== null) lines.set('team', { what: t.team, value: deal.team });
  lines.set('rules', { what: t.rulesOf, value: t.version(definition.title, deal.process.version) });
  if (deal.result !== null) lines.set('result', { what: t.result, value: deal.result });
  for (const [id, place] of Object.entries(deal.tracks)) {
    const track = stage?.tracks[id];
    lines.set(`track ${id}`, { what: t.track(track?.label ?? id), value: track?.stages[place]?.label ?? place });
  }
  for (const [name, { value }] of Object.entries(deal.facts)) {
    const field = definition.fields[name];
    lines.set(`fact ${name}`, { what: field?.label ?? name, value: fact(value, field) });
  }
  return lines;
}

function Changes({ step, definition }: { readonly step: ReplayStep; readonly definition: ProcessDefinition }): ReactNode {
  const before = linesOf(step.before, definition);
  const after = linesOf(step.after, definition);
  const keys = [...new Set([...before.keys(), ...after.keys()])].filter(
    (key) => before.get(key)?.value !== after.get(key)?.value,
  );
  if (keys.length === 0) return <p className="dimmed">{t.nothingChanged}</p>;
  return (
    <div className="scrolls">
      <table>
        <thead>
          <tr>
            <th scope="col">{t.columns.what}</th>
            <th scope="col">{t.columns.before}</th>
            <th scope="col">{t.columns.after}</th>
          </tr>
        </thead>
        <tbody>
          {keys.map((key) => (
            <tr key={key}>
              <th scope="row">{(after.get(key) ?? before.get(key))!.what}</th>
              <td className="was">{before.get(key)?.value ?? '–'}</td>
              <td className="is">{after.get(key)?.value ?? '–'}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Known({ deal, definition }: { readonly deal: Deal; readonly definition: ProcessDefinition }): ReactNode {
  const facts = Object.entries(deal.facts);
  const stage = definition.stages[deal.stage];
  return (
    <>
      <dl className="facts-row">
        <Said what={t.stage}>{stage?.label ?? deal.stage}</Said>
        <Said what={t.owner}>
          {deal.owner}
          {deal.team === null ? '' : `, ${deal.team}`}
        </Said>
        {Object.entries(deal.tracks).map(([id, place]) => (
          <Said key={id} what={t.track(stage?.tracks[id]?.label ?? id)}>
            {stage?.tracks[id]?.stages[place]?.label ?? place}
          </Said>
        ))}
        {facts.map(([name, { value, by, at }]) => (
          <Said key={name} what={definition.fields[name]?.label ?? name}>
            {fact(value, definition.fields[name])}
            <small className="dimmed">
              {' '}
              {by}, <Instant at={at} />
            </small>
          </Said>
        ))}
      </dl>
      {facts.length === 0 && <Empty title={t.noFacts} />}
    </>
  );
}

const useVerdicts = (id: string, enabled: boolean) => {
  const path = `/v1/opportunities/${encodeURIComponent(id)}/verify`;
  return useQuery<Verified, Problem>({
    queryKey: [path],
    queryFn: ({ signal }) => ask<Verified>(path, { method: 'POST', signal }),
    enabled,
    staleTime: 0,
  });
};

function VerifiedNote({ id, of: asked }: { readonly id: string; readonly of: ReturnType<typeof useVerdicts> }): ReactNode {
  if (asked.error) return <ProblemBox problem={asked.error} again={() => void asked.refetch()} />;
  if (asked.data === undefined) return <p role="status">{t.verifying}</p>;
  const { verdicts } = asked.data;
  const differing = verdicts.filter(({ agrees }) => !agrees);
  if (verdicts.length === 0) return <p role="status">{t.noDecisions}</p>;
  return differing.length === 0 ? (
    <p className="verified" role="status">
      ✓ {t.agree(count(verdicts.length))}
    </p>
  ) : (
    <div className="problem" role="alert">
      <strong>{t.differ(count(differing.length), count(verdicts.length))}</strong>
      <ul>
        {differing.map(({ revision, from, to, differences }) => (
          <li key={revision}>
            <Figure to={storyOf(id, revision)} of={t.columns.what}>
              {words.moved(from, to)}
            </Figure>
            : {differences.join(' ')}
          </li>
        ))}
      </ul>
    </div>
  );
}

/** The record, to keep: the events as they are stored as JSON, or one line a step as CSV. */
function Export({
  id,
  steps,
  record,
  verified,
}: {
  readonly id: string;
  readonly steps: readonly ReplayStep[];
  readonly record: readonly StoredEvent[] | undefined;
  readonly verified: Verified | undefined;
}): ReactNode {
  const asOf = useAsOf();
  const { process } = steps.at(-1)!.after;
  const definition = useProcessVersion(process.id, process.version).data?.definition;
  const json = (): void => {
    const whole = { deal: id, asOf, exportedAt: new Date().toISOString(), events: record, ...(verified ? { verified } : {}) };
    download(`${id}.json`, 'application/json', JSON.stringify(whole, null, 2));
    say(t.exported);
  };
  const csv = (): void => {
    const rows = steps.map(({ revision, recordedAt, event, after }) => [
      revision,
      event.occurredAt,
      recordedAt,
      event.by,
      event.role ?? null,
      sentence(event, definition),
      event.type,
      typeof event.from === 'string' ? event.from : null,
      typeof event.to === 'string' ? event.to : null,
      after.process.id,
      after.process.version,
      (event.checks ?? [])
        .map(({ check, passed, overridden }) => `${check} ${passed ? t.passed : overridden ? t.letPass(null) : t.failed}`)
        .join('; '),
      event.reason ?? null,
      JSON.stringify(event),
    ]);
    download(`${id}.csv`, 'text/csv;charset=utf-8', csvOf(t.csvColumns, rows));
    say(t.exported);
  };
  return (
    <>
      <Button variant="default" disabled={!record} onClick={json}>
        {t.json}
      </Button>
      <Button variant="default" onClick={csv}>
        {t.csv}
      </Button>
    </>
  );
}
