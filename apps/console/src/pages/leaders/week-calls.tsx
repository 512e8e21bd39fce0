import { useMemo, type ReactNode } from 'react';
import type { Call, Issued, Target } from '../../api/leaders-types.js';
import { useApi } from '../../api/queries.js';
import type { Money as Amount, Page as Items } from '../../api/types.js';
import { useAsOf } from '../../as-of.js';
import { Chart } from '../../components/chart.js';
import { Empty, Panel, Waiting } from '../../components/page.js';
import { Answered } from '../../components/problem-box.js';
import { count, day, majorOf } from '../../format.js';
import { leaders } from '../../texts/leaders.js';
import { shortMoney } from './bridge-chart.js';
import { targetFor } from './target.js';
import { quarterOf } from './period.js';
import { type View } from './view.js';
import { useTotal } from './week-total.js';

const t = leaders.week;

export function Calls({ view }: { readonly view: View }): ReactNode {
  const words = t.calls;
  const of = quarterOf(view.today);
  const issued = useApi<Items<Issued>>('/v1/forecasts', { process: view.process.id });
  const calls = useApi<Items<Call>>('/v1/calls', { process: view.process.id });
  const targets = useApi<Items<Target>>('/v1/targets', { process: view.process.id });
  const now = useTotal(view);
  const asOf = useAsOf();
  return (
    <Panel title={words.title(of)} className="titled">
      <Answered of={issued} waiting={<Waiting lines={6} height={44} />}>
        {({ items }) => {
          const said = items
            .filter(({ period, grouping, p50 }) => period === of && grouping === null && p50 !== null)
            .map((one) => ({ at: one.clock, ...one }));
          if (now?.p50)
            said.push({
              ...now,
              period: of,
              grouping: null,
              group: null,
              clock: '',
              at: asOf ?? new Date().toISOString(),
              occurredAt: '',
            });
          if (said.length === 0) return <Empty title={words.none}>{words.noneHelp}</Empty>;
          return (
            <SaidChart
              of={of}
              said={said}
              calls={(calls.data?.items ?? []).filter(({ period }) => period === of)}
              target={targetFor(targets.data?.items ?? [], of, null, null)}
              currency={view.definition?.currency ?? 'EUR'}
            />
          );
        }}
      </Answered>
    </Panel>
  );
}

/** The company's call as it stood at an instant, or the sum of what its people called. */
function calledBy(
  calls: readonly Call[],
  kind: Call['kind'],
  at: string,
): { readonly amount: number; readonly people: number } | null {
  const known = calls.filter((one) => one.kind === kind && one.occurredAt <= at && one.amount !== null);
  const company = known.findLast(({ owner, team }) => owner === null && team === null);
  if (company) return { amount: majorOf(company.amount!), people: 0 };
  const last = new Map(known.filter(({ owner }) => owner !== null).map((one) => [one.owner, majorOf(one.amount!)]));
  return last.size === 0 ? null : { amount: [...last.values()].reduce((sum, one) => sum + one, 0), people: last.size };
}

function SaidChart({
  of,
  said,
  calls,
  target,
  currency,
}: {
  readonly of: string;
  readonly said: readonly (Pick<Issued, 'p10' | 'p50' | 'p90' | 'booked'> & { readonly at: string })[];
  readonly calls: readonly Call[];
  readonly target: Amount | null;
  readonly currency: string;
}): ReactNode {
  const words = t.calls;
  const rows = said.map(({ at, p10, p50, p90, booked }) => ({
    at,
    p10: p10 && majorOf(p10),
    p50: p50 && majorOf(p50),
    p90: p90 && majorOf(p90),
    booked: majorOf(booked),
    commit: calledBy(calls, 'commit', at),
    best: calledBy(calls, 'best-case', at),
  }));
  const option = useMemo(() => {
    const aim = target && majorOf(target);
    const most =
      Math.max(1, aim ?? 0, ...rows.flatMap(({ p50, commit, best }) => [p50 ?? 0, commit?.amount ?? 0, best?.amount ?? 0])) * 2;
    const points = (value: (row: (typeof rows)[number]) => number | null | undefined): (readonly [string, number])[] =>
      rows.flatMap((row) => {
        const found = value(row);
        return found === null || found === undefined ? [] : [[row.at, Math.min(found, most)] as const];
      });
    return {
      legend: {
        top: 0,
        data: [words.expected, words.range, words.commit, words.best, words.booked, ...(aim === null ? [] : [words.target])],
      },
      grid: { left: 8, right: 24, top: 44, bottom: 8, containLabel: true },
      tooltip: {
        trigger: 'axis',
        valueFormatter: (value: unknown) => (typeof value === 'number' ? shortMoney(value, currency) : '–'),
      },
      xAxis: { type: 'time', axisLabel: { hideOverlap: true, formatter: { month: '{MMM}', day: '{d} {MMM}' } } },
      yAxis: { type: 'value', axisLabel: { formatter: (value: number) => shortMoney(value, currency) } },
      series: [
        {
          name: words.low,
          type: 'line',
          stack: 'range',
          symbol: 'none',
          lineStyle: { opacity: 0 },
          silent: true,
          tooltip: { show: false },
          data: points(({ p10 }) => p10),
        },
        {
          name: words.range,
          type: 'line',
          stack: 'range',
          symbol: 'none',
          lineStyle: { opacity: 0 },
          areaStyle: { color: '#8b5cf6', opacity: 0.18 },
          itemStyle: { color: '#8b5cf6' },
          tooltip: { show: false },
          data: points(({ p10, p90 }) => (p10 === null || p90 === null ? null : Math.min(p90, most) - p10)),
        },
        {
          name: words.expected,
          type: 'line',
          symbolSize: 8,
          lineStyle: { width: 3 },
          itemStyle: { color: '#8b5cf6' },
          data: points(({ p50 }) => p50),
        },
        {
          name: words.commit,
          type: 'line',
          step: 'end',
          lineStyle: { type: 'dashed' },
          itemStyle: { color: '#0e8aa8' },
          data: points(({ commit }) => commit?.amount),
        },
        {
          name: words.best,
          type: 'line',
          step: 'end',
          lineStyle: { type: 'dotted' },
          itemStyle: { color: '#7b8794' },
          data: points(({ best }) => best?.amount),
        },
        { name: words.booked, type: 'line', itemStyle: { color: '#16a34a' }, data: points(({ booked }) => booked) },
        ...(aim === null
          ? []
          : [{ name: words.target, type: 'line', symbol: 'none', itemStyle: { color: '#d97706' }, data: points(() => aim) }]),
      ],
    };
  }, [said, calls, target, currency]);
  const people = rows.at(-1)?.commit?.people ?? 0;
  return (
    <>
      <Chart
        title={words.title(of)}
        says={words.says(
          rows.map(({ at, p50 }) => words.item(day(at), p50 === null ? '–' : shortMoney(p50, currency))).join('; '),
        )}
        option={option}
        head={words.columns}
        rows={rows.map(({ at, p50, p10, p90, commit, best, booked }) => [
          at,
          p50,
          p10,
          p90,
          commit?.amount ?? null,
          best?.amount ?? null,
          booked,
        ])}
        name={`said-of-${of}`}
        height={300}
      />
      <p className="help">
        {leaders.forecast.chart.cut} {people > 0 && words.people(count(people))}
      </p>
    </>
  );
}
