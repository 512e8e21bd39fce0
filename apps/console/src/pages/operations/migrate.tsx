import { useState, type ReactNode } from 'react';
import { Button } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { ask, Problem } from '../../api/client.js';
import type { Migration, MigrationGroup, MigrationPlan, ProcessInFull } from '../../api/operations-types.js';
import { useProcessVersion } from '../../api/queries.js';
import type { Page as PageOf } from '../../api/types.js';
import { useAsOf } from '../../as-of.js';
import { Figure, Link } from '../../components/link.js';
import { say } from '../../components/notices.js';
import { Panel } from '../../components/page.js';
import { ProblemBox } from '../../components/problem-box.js';
import { Instant } from '../../components/shown.js';
import { Table } from '../../components/table.js';
import { count } from '../../format.js';
import { operations } from '../../texts/operations.js';
import { namesIn, useMayWrite } from './may-write.js';

const { migrate: t } = operations;
const LOOK_AGAIN_MS = 1_000;
const OUTCOMES = ['deals', 'moves', 'blocked', 'choice', 'stays'] as const;

/** What somebody chose for the deals of one stage: where they go, or until which day they stay. */
interface Choice {
  readonly to?: string;
  readonly stayUntil?: string;
}

/** Moving the running deals of earlier versions to the one in force: what would become of them, by choice, and then, if wanted, so. */
export function Migrate({ process }: { readonly process: ProcessInFull }): ReactNode {
  const mayWrite = useMayWrite();
  const past = useAsOf() !== null;
  const client = useQueryClient();
  const path = `/v1/processes/${process.id}/migrations`;
  const all = useQuery<PageOf<Migration>, Problem>({
    queryKey: [path],
    queryFn: () => ask(path),
    refetchInterval: ({ state }) => (state.data?.items.some((one) => one.state === 'running') ? LOOK_AGAIN_MS : false),
  });
  const underWay = all.data?.items.find((one) => one.state !== 'finished');
  const [plan, setPlan] = useState<MigrationPlan | null>(null);
  const [choices, setChoices] = useState<Readonly<Record<string, Choice>>>({});
  const [teams, setTeams] = useState('');
  const [blocked, setBlocked] = useState<'move' | 'leave'>('move');
  const [problem, setProblem] = useState<unknown>(null);
  const earlier = process.use.filter(({ version, open }) => version !== process.version && open > 0);
  if (past || process.versions.length < 2) return null;

  const body = (now = choices): object => ({
    version: process.version,
    choices: Object.entries(now).map(([stage, choice]) => ({ stage, ...choice })),
    teams: namesIn(teams),
    blocked,
  });
  const attempt = async (work: () => Promise<void>): Promise<void> => {
    setProblem(null);
    try {
      await work();
    } catch (error) {
      setProblem(error);
    }
  };
  const preview = (now = choices): Promise<void> =>
    attempt(async () => setPlan(await ask(path, { method: 'POST', query: { dryRun: true }, json: body(now) })));
  const refresh = (): Promise<void> =>
    client.invalidateQueries({
      predicate: ({ queryKey: [of] }) => typeof of === 'string' && of.startsWith(`/v1/processes/${process.id}`),
    });
  const choose = (stage: string, choice: Choice | null): void => {
    const { [stage]: _, ...others } = choices;
    const now = choice === null ? others : { ...others, [stage]: choice };
    setChoices(now);
    void preview(now);
  };
  return (
    <Panel title={t.title} help={t.help}>
      {problem !== null && <ProblemBox problem={problem} />}
      {underWay && (
        <UnderWay
          migration={underWay}
          mayWrite={mayWrite}
          onSteer={(act) =>
            void attempt(async () => {
              await ask(`${path}/${underWay.migration}/${act}`, { method: 'POST' });
              await refresh();
            })
          }
        />
      )}
      {earlier.length === 0 ? (
        <p className="dimmed">{t.none}</p>
      ) : (
        <>
          <div className="row filters">
            <label className="field">
              <span>{t.teams}</span>
              <input value={teams} onChange={({ target }) => (setTeams(target.value), setPlan(null))} />
            </label>
            <label className="field">
              <span>{t.blocked}</span>
              <select value={blocked} onChange={({ target }) => (setBlocked(target.value as 'move' | 'leave'), setPlan(null))}>
                <option value="move">{t.blockedMove}</option>
                <option value="leave">{t.blockedLeave}</option>
              </select>
            </label>
            <Button variant="default" onClick={() => void preview()}>
              {t.preview}
            </Button>
          </div>
          {plan && (
            <>
              <dl className="facts-row">
                {OUTCOMES.map((one) => (
                  <div key={one}>
                    <dt>{t.outcomes[one]}</dt>
                    <dd>{count(plan[one])}</dd>
                  </div>
                ))}
              </dl>
              <Groups process={process} plan={plan} choices={choices} onChoose={choose} />
              {plan.choice > 0 && <p>{t.waiting(count(plan.choice))}</p>}
              {plan.moves + plan.blocked > 0 && !underWay && (
                <Button
                  disabled={!mayWrite}
                  onClick={() =>
                    void attempt(async () => {
                      await ask(path, { method: 'POST', json: body() });
                      say(t.started);
                      setPlan(null);
                      await refresh();
                    })
                  }
                >
                  {t.start}
                </Button>
              )}
            </>
          )}
        </>
      )}
      <Earlier all={all.data?.items.filter((one) => one.state === 'finished') ?? []} />
    </Panel>
  );
}

function UnderWay({
  migration: { state, version, progress },
  mayWrite,
  onSteer,
}: {
  readonly migration: Migration;
  readonly mayWrite: boolean;
  readonly onSteer: (act: 'pause' | 'resume' | 'end') => void;
}): ReactNode {
  const act = (name: 'pause' | 'resume' | 'end'): ReactNode => (
    <Button size="compact-sm" variant="default" disabled={!mayWrite} onClick={() => onSteer(name)}>
      {t[name]}
    </Button>
  );
  return (
    <p role="status" className="row">
      {progress && <progress value={progress.done} max={Math.max(1, progress.of)} aria-label={t.title} />}
      <span>
        {state === 'paused' ? t.paused : t.moving} {t.toVersion(version)}
        {progress && `: ${t.done(count(progress.done), count(progress.of))}`}
        {progress && progress.staying > 0 && ` ${t.staying(count(progress.staying))}`}
      </span>
      {act(state === 'paused' ? 'resume' : 'pause')}
      {act('end')}
    </p>
  );
}

/** By stage: what would become of its deals, why, and a choice where one can be made. */
function Groups({
  process,
  plan,
  choices,
  onChoose,
}: {
  readonly process: ProcessInFull;
  readonly plan: MigrationPlan;
  readonly choices: Readonly<Record<string, Choice>>;
  readonly onChoose: (stage: string, choice: Choice | null) => void;
}): ReactNode {
  return (
    <Table
      caption={t.groups}
      name={`${process.id}-migration`}
      sortName="groups"
      rows={plan.groups}
      rowKey={({ version, stage, outcome, to }) => `${version} ${stage} ${outcome} ${to}`}
      columns={[
        {
          key: 'stage',
          label: t.columns.stage,
          value: ({ stage, version }) => `${stage} ${version}`,
          show: ({ stage, version }) => (
            <>
              <StageOf process={process.id} version={version} stage={stage} />{' '}
              <small className="dimmed">{operations.versions.version(version)}</small>
            </>
          ),
        },
        {
          key: 'deals',
          label: t.columns.deals,
          align: 'right',
          value: ({ deals }) => deals,
          show: ({ deals, stage, version }) => (
            <Figure to={`/deals?process=${process.id}&version=${version}&stage=${stage}`} of={stage}>
              {count(deals)}
            </Figure>
          ),
        },
        {
          key: 'outcome',
          label: t.columns.outcome,
          value: ({ outcome }) => outcome,
          show: ({ outcome, to, overdue }) => (
            <>
              {t.outcomes[outcome]}
              {to !== null && ` → ${process.definition.stages[to]?.label ?? to}`}
              {overdue > 0 && <p className="dimmed">{t.overdue(count(overdue))}</p>}
            </>
          ),
        },
        {
          key: 'why',
          label: t.columns.why,
          value: ({ why }) => why.join(' '),
          show: ({ why, examples }) => (
            <>
              {why.join(' ')}{' '}
              {examples.length > 0 && (
                <small>
                  {examples.slice(0, 3).map((deal) => (
                    <span key={deal}>
                      <Link to={`/deals/${encodeURIComponent(deal)}`}>{deal}</Link>{' '}
                    </span>
                  ))}
                </small>
              )}
            </>
          ),
        },
        {
          key: 'choice',
          label: t.columns.choice,
          value: ({ stage }) => choices[stage]?.to ?? choices[stage]?.stayUntil ?? null,
          show: (group) => <Chosen process={process} group={group} choice={choices[group.stage]} onChoose={onChoose} />,
        },
      ]}
    />
  );
}

/** A stage as the version calls it that its deals are on. */
function StageOf({
  process,
  version,
  stage,
}: {
  readonly process: string;
  readonly version: number;
  readonly stage: string;
}): ReactNode {
  const found = useProcessVersion(process, version);
  return found.data?.definition.stages[stage]?.label ?? stage;
}

const STAY = ' stay';

function Chosen({
  process,
  group: { stage, version },
  choice,
  onChoose,
}: {
  readonly process: ProcessInFull;
  readonly group: MigrationGroup;
  readonly choice: Choice | undefined;
  readonly onChoose: (stage: string, choice: Choice | null) => void;
}): ReactNode {
  const [staying, setStaying] = useState(choice?.stayUntil !== undefined);
  const label = t.choiceFor(stage, version);
  return (
    <span className="row nowrap">
      <select
        aria-label={label}
        value={staying ? STAY : (choice?.to ?? '')}
        onChange={({ target: { value } }) => {
          setStaying(value === STAY);
          if (value !== STAY) onChoose(stage, value === '' ? null : { to: value });
        }}
      >
        <option value="">{t.asPlanned}</option>
        {Object.values(process.definition.stages).map(({ id, label: name }) => (
          <option key={id} value={id}>
            {t.goTo(name)}
          </option>
        ))}
        <option value={STAY}>{t.stay}</option>
      </select>
      {staying && (
        <input
          type="date"
          aria-label={t.stayUntil}
          value={choice?.stayUntil?.slice(0, 10) ?? ''}
          onChange={({ target: { value } }) => value !== '' && onChoose(stage, { stayUntil: new Date(value).toISOString() })}
        />
      )}
    </span>
  );
}

function Earlier({ all }: { readonly all: readonly Migration[] }): ReactNode {
  if (all.length === 0) return null;
  return (
    <>
      <h3>{t.earlier}</h3>
      <ul className="timeline">
        {all.map(({ migration, version, by, occurredAt, finished, teams, note }) => (
          <li key={migration}>
            {t.toVersion(version)}
            {teams && ` (${teams.join(', ')})`}:{' '}
            {finished && t.cameTo(count(finished.moved), count(finished.waiting), count(finished.left))} {note}{' '}
            <small className="dimmed">
              {by}, <Instant at={occurredAt} />
            </small>
          </li>
        ))}
      </ul>
    </>
  );
}
