import './leaders.css';
import type { ReactNode } from 'react';
import type { CurrencyTotal, ForecastTotalAnswer } from '../../api/leaders-types.js';
import { useApi } from '../../api/queries.js';
import { useUrlState } from '../../as-of.js';
import { Figure, Link } from '../../components/link.js';
import { Empty, Page, Panel, Waiting } from '../../components/page.js';
import { Answered } from '../../components/problem-box.js';
import { Table } from '../../components/table.js';
import { count, majorOf, money, share } from '../../format.js';
import { leaders } from '../../texts/leaders.js';
import { Choose, TARGETS, Tile } from './view.js';

const { together: t, view: v } = leaders;
const PERIODS = ['month', 'quarter'] as const;

/** What all processes together will bring, in each currency, and what each of them adds. */
export default function TogetherPage(): ReactNode {
  const [said, setPeriod] = useUrlState('period');
  const period = PERIODS.find((one) => one === said) ?? 'quarter';
  const answer = useApi<ForecastTotalAnswer>('/v1/measures/forecast-total', { period }, { keep: true });
  return (
    <Page title={t.title} lead={t.lead}>
      <div className="looks" role="group" aria-label={v.lookAt}>
        <Choose
          label={v.period}
          value={period}
          set={(next) => setPeriod(next === 'quarter' ? null : next)}
          of={[
            ['month', v.month],
            ['quarter', v.quarter],
          ]}
        />
        <button type="button" className="plain no-print" onClick={() => globalThis.print()}>
          {v.print}
        </button>
      </div>
      <Answered of={answer} waiting={<Waiting lines={8} height={40} />}>
        {(all) => <Shown answer={all} period={period} />}
      </Answered>
    </Page>
  );
}

function Shown({
  answer: { groups, processes },
  period,
}: {
  readonly answer: ForecastTotalAnswer;
  readonly period: string;
}): ReactNode {
  const totals = groups[0]?.totals ?? [];
  const [said, setOf] = useUrlState('of');
  const key = (one: CurrencyTotal): string => `${one.period} ${one.currency}`;
  const focus = totals.find((one) => key(one) === said) ?? totals.find(({ when }) => when === 'current') ?? totals.at(-1);
  if (!focus) return <Empty title={t.none}>{t.noneHelp}</Empty>;
  const titleOf = (id: string): string => processes.find(({ process }) => process === id)?.title ?? id;
  const forecastOf = (process: string, of = focus.period): string => `/forecast?process=${process}&period=${period}&of=${of}`;
  return (
    <>
      <div className="looks">
        <Choose
          label={leaders.forecast.focus}
          value={key(focus)}
          set={setOf}
          of={totals.map((one) => [key(one), `${one.period}, ${one.currency}`])}
        />
      </div>
      <div className="tiles">
        <Tile
          label={leaders.forecast.tiles.expected(focus.period)}
          value={money(focus.p50, 'short')}
          to={`/deals?result=open`}
          note={
            focus.p10 && focus.p90
              ? leaders.forecast.tiles.range(money(focus.p10, 'short'), money(focus.p90, 'short'))
              : (focus.why ?? leaders.forecast.tiles.noRange)
          }
        />
        <Tile label={leaders.forecast.tiles.booked} value={money(focus.booked, 'short')} to="/deals?result=won" note={t.inAll} />
        <Tile
          label={leaders.forecast.tiles.target}
          value={focus.target ? money(focus.target, 'short') : leaders.forecast.tiles.noTarget}
          {...(focus.target && { to: TARGETS })}
          note={focus.attainment === null ? t.notAll : leaders.forecast.tiles.reached(share(focus.attainment))}
        />
        <Tile
          label={t.error}
          value={share(focus.wape)}
          note={t.resolved(count(focus.resolved))}
          {...(focus.processes[0] && { to: forecastOf(focus.processes[0].process) })}
        />
      </div>
      {focus.without.length > 0 && <p className="help">{t.without(focus.without.map(titleOf).join(', '))}</p>}
      <Panel title={t.parts} help={t.partsHelp}>
        <Table
          caption={t.parts}
          name={`forecast-${focus.period}-by-process`}
          sortName="parts"
          rows={focus.processes}
          rowKey={({ process }) => process}
          columns={[
            {
              key: 'process',
              label: v.process,
              value: ({ process }) => titleOf(process),
              show: ({ process }) => <Link to={forecastOf(process)}>{titleOf(process)}</Link>,
            },
            {
              key: 'booked',
              label: leaders.forecast.tiles.booked,
              align: 'right',
              value: ({ booked }) => booked && majorOf(booked),
              show: ({ process, booked }) => (
                <Figure to={`/deals?process=${process}&result=won`} of={leaders.forecast.tiles.booked}>
                  {money(booked, 'short')}
                </Figure>
              ),
            },
            {
              key: 'expected',
              label: t.expected,
              align: 'right',
              value: ({ p50 }) => p50 && majorOf(p50),
              show: ({ process, p50, why }) =>
                p50 === null ? (
                  <span className="dimmed">{why}</span>
                ) : (
                  <Figure to={forecastOf(process)} of={t.expected}>
                    {money(p50, 'short')}
                  </Figure>
                ),
            },
            {
              key: 'range',
              label: t.range,
              align: 'right',
              value: ({ p10, p90 }) => (p10 && p90 ? `${majorOf(p10)} ${majorOf(p90)}` : null),
              show: ({ p10, p90 }) => (p10 && p90 ? t.between(money(p10, 'short'), money(p90, 'short')) : '–'),
            },
            {
              key: 'target',
              label: leaders.forecast.tiles.target,
              align: 'right',
              value: ({ target }) => target && majorOf(target),
              show: ({ target }) =>
                target === null ? (
                  '–'
                ) : (
                  <Figure to={TARGETS} of={leaders.forecast.tiles.target}>
                    {money(target, 'short')}
                  </Figure>
                ),
            },
          ]}
        />
      </Panel>
      <Panel title={t.periods}>
        <Table
          caption={t.periods}
          name="forecast-total"
          sortName="periods"
          rows={totals}
          rowKey={key}
          columns={[
            {
              key: 'period',
              label: v.period,
              value: key,
              show: (one) => (
                <button type="button" className="plain" aria-pressed={one === focus} onClick={() => setOf(key(one))}>
                  {one.period}, {one.currency}
                </button>
              ),
            },
            {
              key: 'booked',
              label: t.booked,
              align: 'right',
              value: ({ booked }) => majorOf(booked),
              show: ({ booked }) => money(booked, 'short'),
            },
            {
              key: 'expected',
              label: t.expected,
              align: 'right',
              value: ({ p50 }) => p50 && majorOf(p50),
              show: ({ p50, why }) => (p50 ? money(p50, 'short') : <span className="dimmed">{why ?? '–'}</span>),
            },
            {
              key: 'range',
              label: t.range,
              align: 'right',
              value: ({ p10, p90 }) => (p10 && p90 ? `${majorOf(p10)} ${majorOf(p90)}` : null),
              show: ({ p10, p90 }) => (p10 && p90 ? t.between(money(p10, 'short'), money(p90, 'short')) : '–'),
            },
          ]}
        />
      </Panel>
    </>
  );
}
