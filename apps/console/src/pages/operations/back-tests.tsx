import type { ReactNode } from 'react';
import { Button } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { ask, Problem } from '../../api/client.js';
import type { BackTest, BackTestResult, ProcessInFull, RuleEffect } from '../../api/operations-types.js';
import type { Page as PageOf } from '../../api/types.js';
import { useUrlState } from '../../as-of.js';
import { Link } from '../../components/link.js';
import { Empty, Panel } from '../../components/page.js';
import { Answered } from '../../components/problem-box.js';
import { Instant, Money } from '../../components/shown.js';
import { Table } from '../../components/table.js';
import { count, share, sumOf } from '../../format.js';
import { operations } from '../../texts/operations.js';

const { backTest: t, change: c } = operations;
const LOOK_AGAIN_MS = 1_000;

/** Drafts tried on the past: the one that runs, and what each came to, rule by rule. Which one is shown stands in the address. */
export function BackTests({ process, mayWrite }: { readonly process: ProcessInFull; readonly mayWrite: boolean }): ReactNode {
  const path = `/v1/processes/${process.id}/back-tests`;
  const [said, setSaid] = useUrlState('backTest');
  const all = useQuery<PageOf<BackTest>, Problem>({
    queryKey: [path],
    queryFn: () => ask(path),
    refetchInterval: ({ state }) => (state.data?.items.some((one) => one.state === 'running') ? LOOK_AGAIN_MS : false),
  });
  const items = all.data?.items ?? [];
  const shown = items.find(({ backTest }) => backTest === said) ?? items[0];
  const whole = useQuery<BackTest, Problem>({
    queryKey: [path, shown?.backTest, shown?.state],
    queryFn: () => ask(`${path}/${shown!.backTest}`),
    enabled: shown?.state === 'finished',
  });
  const named = ({ draft, occurredAt }: BackTest): string =>
    `${draft === null ? t.aFile : c.draft(draft)}, ${occurredAt.slice(0, 16).replace('T', ' ')} UTC`;
  return (
    <Panel
      title={t.title}
      help={t.help}
      aside={
        items.length > 1 && (
          <label className="row">
            {t.which}
            <select value={shown?.backTest} onChange={({ target }) => setSaid(target.value)}>
              {items.map((one) => (
                <option key={one.backTest} value={one.backTest}>
                  {named(one)}
                </option>
              ))}
            </select>
          </label>
        )
      }
    >
      <Answered of={all}>
        {() => {
          if (!shown) return <Empty title={t.none} />;
          if (shown.state === 'running')
            return (
              <div className="row" role="status">
                <progress value={shown.done} max={Math.max(1, shown.deals)} aria-label={t.title} />
                {t.running(count(shown.done), count(shown.deals))}
                <Button
                  size="compact-sm"
                  variant="default"
                  disabled={!mayWrite}
                  onClick={() => void ask(`${path}/${shown.backTest}/cancel`, { method: 'POST' }).then(() => all.refetch())}
                >
                  {t.cancel}
                </Button>
              </div>
            );
          if (shown.state !== 'finished') return <p className="dimmed">{t.states[shown.state]}</p>;
          return (
            <Answered of={whole}>{({ result }) => result && <Result process={process} test={shown} result={result} />}</Answered>
          );
        }}
      </Answered>
    </Panel>
  );
}

const days = (value: number | null): string => (value === null ? '–' : count(Math.round(value * 10) / 10));

function Result({
  process,
  test: { draft, by, occurredAt },
  result: { stopped, rules },
}: {
  readonly process: ProcessInFull;
  readonly test: BackTest;
  readonly result: BackTestResult;
}): ReactNode {
  const stageOf = (id: string): string => process.definition.stages[id]?.label ?? id;
  const fate = (key: 'won' | 'lost' | 'open') => ({
    key,
    label: t.columns[key],
    align: 'right' as const,
    value: ({ later }: RuleEffect) => later[key].deals,
    show: ({ later }: RuleEffect) => (
      <>
        {count(later[key].deals)}
        {later[key].value.of > 0 && (
          <small className="dimmed">
            {' '}
            <Money amount={sumOf(later[key].value.amounts)} form="short" />
          </small>
        )}
      </>
    ),
  });
  return (
    <>
      <p>
        <strong>{draft === null ? '' : `${c.draft(draft)}: `}</strong>
        {t.stopped(count(stopped.count), count(stopped.of))} <span className="dimmed">{t.word}</span>{' '}
        <small className="dimmed">
          {by}, <Instant at={occurredAt} relative />
        </small>
      </p>
      <Table
        caption={t.title}
        name={`${process.id}-back-test`}
        sortName="rules"
        empty={<Empty title={t.stopsNothing} />}
        rows={rules}
        rowKey={({ rule }) => `${rule.from} ${rule.to} ${rule.track} ${rule.move} ${rule.kind} ${rule.id}`}
        columns={[
          {
            key: 'rule',
            label: t.columns.rule,
            value: ({ rule }) => rule.say,
            show: ({ rule, examples }) => (
              <>
                {rule.say}{' '}
                <small className="dimmed">
                  {stageOf(rule.from)} → {stageOf(rule.to)}
                </small>
                {examples.length > 0 && (
                  <p>
                    <small>
                      {t.suchAs}{' '}
                      {examples.map((deal) => (
                        <span key={deal}>
                          <Link to={`/deals/${encodeURIComponent(deal)}`}>{deal}</Link>{' '}
                        </span>
                      ))}
                    </small>
                  </p>
                )}
              </>
            ),
          },
          { key: 'change', label: t.columns.change, value: ({ change }) => change, show: ({ change }) => t.changes[change] },
          {
            key: 'stops',
            label: t.columns.stops,
            align: 'right',
            value: ({ deals }) => deals,
            show: ({ deals, first }) => (
              <>
                {count(deals)}
                {first.deals < deals && <p className="dimmed">{t.first(count(first.deals))}</p>}
              </>
            ),
          },
          fate('won'),
          fate('lost'),
          fate('open'),
          {
            key: 'waits',
            label: t.columns.waits,
            align: 'right',
            value: ({ waits }) => waits?.medianDays ?? null,
            show: ({ waits }) =>
              waits === null ? (
                <span className="dimmed">{t.cannotArrive}</span>
              ) : (
                <>
                  {days(waits.medianDays)}
                  <p className="dimmed">{t.arrived(count(waits.arrived), count(waits.never))}</p>
                </>
              ),
          },
          {
            key: 'people',
            label: t.columns.people,
            value: ({ people }) => people.map(({ owner }) => owner).join(', '),
            show: ({ people }) =>
              people.length === 0
                ? '–'
                : people.slice(0, 3).map(({ owner, deals }) => (
                    <span key={owner} className="line">
                      {owner}{' '}
                      <small className="dimmed">
                        {count(deals.count)} / {count(deals.of)}
                        {deals.rate !== null && ` (${share(deals.rate)})`}
                      </small>
                    </span>
                  )),
          },
          {
            key: 'overrides',
            label: t.columns.overrides,
            align: 'right',
            value: ({ overrides }) => overrides.used,
            show: ({ overrides }) => (
              <>
                {count(overrides.used)}
                {overrides.by.length > 0 && <p className="dimmed">{t.mayLetPass(overrides.by.join(', '))}</p>}
              </>
            ),
          },
        ]}
      />
      <p className="help">{t.models}</p>
    </>
  );
}
