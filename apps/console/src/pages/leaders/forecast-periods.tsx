import { useMemo, type ReactNode } from 'react';
import type { ForecastAnswer, ForecastPeriod, Target } from '../../api/leaders-types.js';
import type { Money as Amount } from '../../api/types.js';
import { Chart } from '../../components/chart.js';
import { Panel } from '../../components/page.js';
import { Table } from '../../components/table.js';
import { count, majorOf, money } from '../../format.js';
import { leaders } from '../../texts/leaders.js';
import { shortMoney } from './bridge-chart.js';
import { groupText, inCurrency, valueText } from './view.js';
import { targetFor } from './target.js';

const t = leaders.forecast;

export function Periods({
  periods,
  currency,
  targetOf,
  onPick,
}: {
  readonly periods: readonly ForecastPeriod[];
  readonly currency: string;
  readonly targetOf: (period: string) => Amount | null;
  readonly onPick: (period: string) => void;
}): ReactNode {
  const words = t.chart;
  const rows = periods.map((one) => {
    const { total, won, movingAverage, when } = one;
    const major = (amount: Amount | null | undefined): number | null => (amount ? majorOf(amount) : null);
    const naive = total?.components.find(({ component }) => component === 'moving-average')?.amount ?? null;
    return {
      period: one.period,
      won: major(inCurrency(won.amounts, currency)) ?? (when === 'future' ? null : 0),
      p50: major(total?.p50),
      p10: major(total?.p10),
      p90: major(total?.p90),
      naive:
        when === 'past'
          ? major(inCurrency(movingAverage.amounts, currency))
          : naive && total
            ? majorOf({ ...naive, minor: naive.minor + total.booked.minor })
            : null,
      target: major(targetOf(one.period)),
    };
  });
  const option = useMemo(() => {
    // A range that ends far away would make everything else small: it is cut in the picture, and whole in the table.
    const most =
      Math.max(1, ...rows.flatMap(({ won, p50, target, naive }) => [won ?? 0, p50 ?? 0, target ?? 0, naive ?? 0])) * 2.2;
    return {
      legend: { top: 0, data: [words.won, words.expected, words.range, words.naive, words.target] },
      grid: { left: 8, right: 16, top: 44, bottom: 8, containLabel: true },
      tooltip: {
        trigger: 'axis',
        formatter: (of: readonly { dataIndex: number }[]) => {
          const row = rows[of[0]?.dataIndex ?? -1];
          if (!row) return '';
          const said = (value: number | null): string => (value === null ? '–' : shortMoney(value, currency));
          return [
            `<strong>${row.period}</strong>`,
            `${words.won}: ${said(row.won)}`,
            `${words.expected}: ${said(row.p50)}`,
            `${words.range}: ${said(row.p10)} – ${said(row.p90)}`,
            `${words.naive}: ${said(row.naive)}`,
            `${words.target}: ${said(row.target)}`,
          ].join('<br>');
        },
      },
      xAxis: { type: 'category', data: rows.map(({ period }) => period) },
      yAxis: { type: 'value', axisLabel: { formatter: (value: number) => shortMoney(value, currency) } },
      series: [
        { name: words.won, type: 'bar', barMaxWidth: 48, data: rows.map(({ won }) => won) },
        {
          name: words.low,
          type: 'bar',
          stack: 'range',
          barMaxWidth: 14,
          barGap: '-65%',
          silent: true,
          itemStyle: { color: 'transparent' },
          data: rows.map(({ p10 }) => p10),
        },
        {
          name: words.range,
          type: 'bar',
          stack: 'range',
          barMaxWidth: 14,
          itemStyle: { color: '#8b5cf6', opacity: 0.35 },
          data: rows.map(({ p10, p90 }) => (p10 === null || p90 === null ? null : Math.min(p90, most) - p10)),
        },
        {
          name: words.expected,
          type: 'scatter',
          symbol: 'diamond',
          symbolSize: 13,
          itemStyle: { color: '#8b5cf6' },
          data: rows.map(({ p50 }) => p50),
        },
        {
          name: words.naive,
          type: 'scatter',
          symbol: 'circle',
          symbolSize: 9,
          itemStyle: { color: '#7b8794' },
          data: rows.map(({ naive }) => naive),
        },
        {
          name: words.target,
          type: 'scatter',
          symbol: 'rect',
          symbolSize: [40, 3],
          itemStyle: { color: '#d97706' },
          data: rows.map(({ target }) => target),
        },
      ],
    };
  }, [periods, currency, targetOf]);
  return (
    <Chart
      title={words.title}
      says={words.says(
        rows
          .map(({ period, won, p50 }) =>
            words.item(period, won === null ? '–' : shortMoney(won, currency), p50 === null ? '–' : shortMoney(p50, currency)),
          )
          .join('; '),
      )}
      option={option}
      head={words.columns}
      rows={rows.map((row) => [row.period, row.won, row.p50, row.p10, row.p90, row.naive, row.target])}
      name="forecast"
      height={320}
      onPick={({ dataIndex }) => rows[dataIndex] && onPick(rows[dataIndex].period)}
    />
  );
}

export function Groups({
  forecast,
  of,
  targets,
}: {
  readonly forecast: ForecastAnswer;
  readonly of: string;
  readonly targets: readonly Target[];
}): ReactNode {
  const words = t.byGroup;
  const rows = forecast.groups.flatMap(({ group, periods }) => {
    const period = periods.find((one) => one.period === of);
    return period ? [{ group, period, target: targetFor(targets, of, forecast.by, group) }] : [];
  });
  return (
    <Panel title={words.title} help={words.note}>
      <Table
        caption={words.title}
        name={`forecast-${of}-by-${forecast.by}`}
        sortName="groupSort"
        rows={rows}
        rowKey={({ group }) => group ?? '-'}
        columns={[
          { key: 'group', label: words.columns.group, value: ({ group }) => group, show: ({ group }) => groupText(group) },
          {
            key: 'won',
            label: words.columns.won,
            align: 'right',
            value: ({ period }) => first(period.won.amounts),
            show: ({ period }) => valueText(period.won),
          },
          {
            key: 'expected',
            label: words.columns.expected,
            align: 'right',
            value: ({ period }) => major(period.total?.p50),
            show: ({ period }) => money(period.total?.p50, 'short'),
          },
          {
            key: 'range',
            label: words.columns.range,
            align: 'right',
            value: ({ period }) => major(period.total?.p10),
            show: ({ period }) =>
              period.total?.p10 && period.total.p90
                ? leaders.view.between(money(period.total.p10, 'short'), money(period.total.p90, 'short'))
                : '–',
          },
          {
            key: 'target',
            label: words.columns.target,
            align: 'right',
            value: ({ target }) => major(target),
            show: ({ target }) => money(target, 'short'),
          },
          {
            key: 'open',
            label: words.columns.open,
            align: 'right',
            value: ({ period }) => period.open.deals,
            show: ({ period }) => `${count(period.open.deals)} · ${valueText(period.open)}`,
          },
        ]}
      />
    </Panel>
  );
}

export const major = (amount: Amount | null | undefined): number | null => (amount ? majorOf(amount) : null);

export const first = (amounts: readonly Amount[]): number | null => major(amounts[0]);
