import { useState, type ReactNode } from 'react';
import { Button } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { ask } from '../../api/client.js';
import type { Draft, ProcessInFull, Shadow } from '../../api/operations-types.js';
import { useApi } from '../../api/queries.js';
import type { Page as PageOf } from '../../api/types.js';
import { Link } from '../../components/link.js';
import { Empty, Panel } from '../../components/page.js';
import { Answered, ProblemBox } from '../../components/problem-box.js';
import { Instant } from '../../components/shown.js';
import { Table } from '../../components/table.js';
import { count } from '../../format.js';
import { operations } from '../../texts/operations.js';
import { namesIn } from './may-write.js';

const { shadow: t } = operations;

/** A draft that listens beside the version in force: what it would have said since, and the moves on which the two do not agree. */
export function Shadows({
  process,
  drafts,
  mayWrite,
}: {
  readonly process: ProcessInFull;
  readonly drafts: readonly Draft[];
  readonly mayWrite: boolean;
}): ReactNode {
  const path = `/v1/processes/${process.id}/shadows`;
  const client = useQueryClient();
  const all = useApi<PageOf<Shadow>>(path, {}, { timeless: true });
  const [problem, setProblem] = useState<unknown>(null);
  const [teams, setTeams] = useState('');
  const latest = all.data?.items[0];
  const attempt = async (work: Promise<unknown>): Promise<void> => {
    setProblem(null);
    try {
      await work;
      await client.invalidateQueries({ queryKey: [path] });
    } catch (error) {
      setProblem(error);
    }
  };
  const named = namesIn(teams);
  const draft = drafts[0]?.draft;
  return (
    <Panel title={t.title} help={t.help}>
      {problem !== null && <ProblemBox problem={problem} />}
      <Answered of={all}>{() => (latest ? <Said process={process} shadow={latest} /> : <Empty title={t.none} />)}</Answered>
      <div className="row filters">
        {latest?.state === 'running' ? (
          <Button
            variant="default"
            disabled={!mayWrite}
            onClick={() => void attempt(ask(`${path}/${latest.shadow}/stop`, { method: 'POST' }))}
          >
            {t.stop}
          </Button>
        ) : (
          draft !== undefined && (
            <>
              <label className="field">
                <span>{operations.change.teams}</span>
                <input value={teams} onChange={({ target }) => setTeams(target.value)} />
              </label>
              <Button
                variant="default"
                disabled={!mayWrite}
                onClick={() =>
                  void attempt(ask(path, { method: 'POST', json: { draft: String(draft), ...(named && { teams: named }) } }))
                }
              >
                {t.start(draft)}
              </Button>
            </>
          )
        )}
      </div>
    </Panel>
  );
}

function Said({
  process,
  shadow: { draft, state, teams, occurredAt, made, refused, rules, people, samples },
}: {
  readonly process: ProcessInFull;
  readonly shadow: Shadow;
}): ReactNode {
  const moves = made.allowed + made.stopped + made.noPlace + made.failed;
  const stageOf = (id: string): string => process.definition.stages[id]?.label ?? id;
  return (
    <>
      <p>
        <strong>{draft === null ? '' : operations.change.draft(draft)}</strong> {state === 'running' ? t.running : t.stopped}{' '}
        {teams === null ? '' : `(${teams.join(', ')}) `}
        <span className="dimmed">
          <Instant at={occurredAt} />
        </span>
      </p>
      <p>
        {moves === 0 && refused.allowed === 0 ? t.nothingYet : t.said(count(moves), count(made.stopped), count(refused.allowed))}
        {made.noPlace > 0 && ` ${t.noPlace(count(made.noPlace))}`}
        {made.failed + refused.failed > 0 && ` ${t.failed(count(made.failed + refused.failed))}`}
      </p>
      {rules.length > 0 && (
        <Table
          caption={t.byRule}
          name={`${process.id}-shadow-rules`}
          sortName="shadowRules"
          rows={rules}
          rowKey={({ would, rule }) => `${would} ${rule.from} ${rule.to} ${rule.track} ${rule.move} ${rule.kind} ${rule.id}`}
          columns={[
            {
              key: 'rule',
              label: t.columns.rule,
              value: ({ rule }) => rule.say,
              show: ({ rule }) => (
                <>
                  {rule.say}{' '}
                  <small className="dimmed">
                    {stageOf(rule.from)} → {stageOf(rule.to)}
                  </small>
                </>
              ),
            },
            { key: 'would', label: t.columns.would, value: ({ would }) => would, show: ({ would }) => t.would[would] },
            {
              key: 'moves',
              label: t.columns.moves,
              align: 'right',
              value: ({ moves: some }) => some,
              show: ({ moves: some }) => count(some),
            },
            {
              key: 'people',
              label: t.columns.people,
              value: ({ people: who }) => who.map(({ person }) => person).join(', '),
              show: ({ people: who }) => who.map(({ person, moves: some }) => `${person} ${count(some)}`).join(', '),
            },
            {
              key: 'examples',
              label: t.columns.examples,
              value: ({ examples }) => examples.join(' '),
              show: ({ examples }) =>
                examples.map((deal) => (
                  <span key={deal}>
                    <Link to={`/deals/${encodeURIComponent(deal)}`}>{deal}</Link>{' '}
                  </span>
                )),
            },
          ]}
        />
      )}
      {people.length > 0 && (
        <Table
          caption={t.byPerson}
          name={`${process.id}-shadow-people`}
          sortName="shadowPeople"
          rows={people}
          rowKey={({ person }) => person}
          columns={[
            { key: 'person', label: t.columns.person, value: ({ person }) => person, show: ({ person }) => person },
            {
              key: 'moves',
              label: t.columns.moves,
              align: 'right',
              value: ({ moves: some }) => some,
              show: ({ moves: some }) => count(some),
            },
            {
              key: 'stop',
              label: t.columns.wouldStop,
              align: 'right',
              value: ({ wouldStop }) => wouldStop,
              show: ({ wouldStop }) => count(wouldStop),
            },
            {
              key: 'allow',
              label: t.columns.wouldAllow,
              align: 'right',
              value: ({ wouldAllow }) => wouldAllow,
              show: ({ wouldAllow }) => count(wouldAllow),
            },
          ]}
        />
      )}
      {samples.length > 0 && <h3>{t.latest}</h3>}
      <ul className="timeline">
        {samples.slice(0, 10).map(({ deal, revision, at, by, would, why }) => (
          <li key={`${deal} ${revision} ${at}`}>
            <Link to={`/deals/${encodeURIComponent(deal)}`}>{deal}</Link> {would === 'stop' ? t.wouldStop : t.wouldAllow}{' '}
            {why.join(' ')}{' '}
            <small className="dimmed">
              {by}, <Instant at={at} relative />
            </small>
          </li>
        ))}
      </ul>
    </>
  );
}
