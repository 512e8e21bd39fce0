import { useMemo, type ReactNode } from 'react';
import type { AdherenceAnswer, AdherenceGroup } from '../../api/leaders-types.js';
import { Chart } from '../../components/chart.js';
import { Figure } from '../../components/link.js';
import { Empty, Panel } from '../../components/page.js';
import { Table, type Column } from '../../components/table.js';
import { count, share } from '../../format.js';
import { leaders } from '../../texts/leaders.js';
import { behind, DealLink, RateShown, type View } from './view.js';
import { fit } from './adherence-groups.js';

const t = leaders.adherence;
type Group = AdherenceAnswer['groups'][number];

export function Months({ group }: { readonly group: Group }): ReactNode {
  const { months } = group;
  const option = useMemo(
    () => ({
      legend: { top: 0, data: [t.monthSteps, t.monthDeals] },
      grid: { left: 8, right: 24, top: 40, bottom: 8, containLabel: true },
      tooltip: { trigger: 'axis', valueFormatter: (value: unknown) => (typeof value === 'number' ? share(value, 1) : '–') },
      xAxis: { type: 'category', data: months.map(({ month }) => month) },
      yAxis: { type: 'value', min: 0, max: 1, axisLabel: { formatter: (value: number) => share(value) } },
      series: [
        { name: t.monthSteps, type: 'line', symbolSize: 7, data: months.map(({ steps }) => steps.rate) },
        {
          name: t.monthDeals,
          type: 'line',
          symbolSize: 7,
          lineStyle: { type: 'dashed' },
          data: months.map(({ deals }) => deals.rate),
        },
      ],
    }),
    [group],
  );
  return (
    <Chart
      title={t.months}
      says={t.monthsSays(months.map(({ month, steps }) => t.monthItem(month, share(steps.rate), count(steps.of))).join(', '))}
      option={option}
      head={t.monthColumns}
      rows={months.map(({ month, steps, deals }) => [
        month,
        steps.rate,
        steps.count,
        steps.of,
        deals.rate,
        deals.count,
        deals.of,
      ])}
      name="adherence-by-month"
      height={240}
    />
  );
}

export function Deviations({ view, group }: { readonly view: View; readonly group: Group }): ReactNode {
  const columns = t.deviationColumns;
  return (
    <Panel title={t.deviations}>
      <Table
        caption={t.deviations}
        name="deviations"
        sortName="deviationSort"
        rows={group.deviations}
        rowKey={({ kind, what }) => `${kind} ${what ?? ''}`}
        empty={<Empty title={t.deviationNone}>{t.deviationNoneHelp}</Empty>}
        columns={[
          {
            key: 'kind',
            label: columns.kind,
            value: ({ kind }) => t.deviationKinds[kind],
            show: ({ kind }) => t.deviationKinds[kind],
          },
          {
            key: 'what',
            label: columns.which,
            value: ({ what }) => what,
            show: ({ what }) => (what === null ? '–' : whatText(what, view)),
          },
          { key: 'steps', label: columns.steps, align: 'right', value: ({ steps }) => steps, show: ({ steps }) => count(steps) },
          {
            key: 'deals',
            label: columns.deals,
            align: 'right',
            value: ({ deals }) => deals,
            show: ({ kind, what, deals }) => (
              <Figure to={behind('adherence', view, { kind, what: what ?? undefined, group: group.group })} of={columns.deals}>
                {count(deals)}
              </Figure>
            ),
          },
        ]}
      />
    </Panel>
  );
}

/** A way is told as `from -> to`, a fact by its name. */
const whatText = (what: string, { stage, definition }: View): string =>
  what.includes(' -> ') ? what.split(' -> ').map(stage).join(' → ') : (definition?.fields[what]?.label ?? what);

export function StageDeviations({ view, group }: { readonly view: View; readonly group: Group }): ReactNode {
  const columns = t.stagesColumns;
  type Row = AdherenceGroup['stageDeviations'][number];
  const figure = (key: 'skipped' | 'extra' | 'outOfOrder' | 'overridden', label: string): Column<Row> => ({
    key,
    label,
    align: 'right',
    value: (one) => one[key].deals,
    show: (one) =>
      one[key].deals === 0 ? (
        '0'
      ) : (
        <Figure
          to={behind('adherence', view, { stage: one.stage, misfit: key, group: group.group })}
          of={`${label}, ${one.label}`}
        >
          {leaders.view.deals(count(one[key].deals))}
        </Figure>
      ),
  });
  return (
    <Panel title={t.stages}>
      <Table<Row>
        caption={t.stages}
        name="stage-deviations"
        sortName="stageSort"
        rows={group.stageDeviations}
        rowKey={({ stage }) => stage}
        empty={<Empty title={t.stagesNone} />}
        columns={[
          { key: 'stage', label: columns.stage, value: ({ label }) => label, show: ({ label }) => <strong>{label}</strong> },
          figure('skipped', columns.skipped),
          figure('extra', columns.extra),
          figure('outOfOrder', columns.order),
          figure('overridden', columns.overridden),
        ]}
      />
    </Panel>
  );
}

export function Limits({ view, group }: { readonly view: View; readonly group: Group }): ReactNode {
  const columns = t.limitsColumns;
  return (
    <Panel title={t.limits}>
      <Table
        caption={t.limits}
        name="limits"
        sortName="limitSort"
        rows={group.limits}
        rowKey={({ stage, track }) => `${stage} ${track ?? ''}`}
        empty={<Empty title={t.limitsNone} />}
        columns={[
          { key: 'stage', label: columns.stage, value: ({ label }) => label, show: ({ label }) => <strong>{label}</strong> },
          {
            key: 'exceeded',
            label: columns.exceeded,
            align: 'right',
            value: ({ exceeded }) => exceeded.rate,
            show: ({ exceeded }) => <RateShown rate={exceeded} of={columns.exceeded} />,
          },
          {
            key: 'deals',
            label: columns.deals,
            align: 'right',
            value: ({ deals }) => deals,
            show: ({ stage, deals }) =>
              deals === 0 ? (
                '0'
              ) : (
                <Figure to={behind('adherence', view, { stage, misfit: 'limit', group: group.group })} of={columns.deals}>
                  {count(deals)}
                </Figure>
              ),
          },
        ]}
      />
    </Panel>
  );
}

export function Worst({ view, group }: { readonly view: View; readonly group: Group }): ReactNode {
  const columns = t.worstColumns;
  const stages = (ids: readonly string[]): string => ids.map(view.stage).join(', ');
  return (
    <Panel title={t.worst}>
      <Table
        caption={t.worst}
        name="least-fitting"
        sortName="worstSort"
        rows={group.leastFitting}
        rowKey={({ deal }) => deal}
        empty={<Empty title={t.stagesNone} />}
        columns={[
          { key: 'deal', label: columns.deal, value: ({ deal }) => deal, show: ({ deal }) => <DealLink id={deal} /> },
          {
            key: 'fit',
            label: columns.fit,
            align: 'right',
            value: ({ fitness }) => fitness,
            show: ({ fitness }) => fit(fitness),
          },
          {
            key: 'skipped',
            label: columns.skipped,
            value: ({ skipped }) => stages(skipped),
            show: ({ skipped }) => stages(skipped) || '–',
          },
          { key: 'extra', label: columns.extra, value: ({ extra }) => stages(extra), show: ({ extra }) => stages(extra) || '–' },
          {
            key: 'order',
            label: columns.order,
            value: ({ outOfOrder }) => stages(outOfOrder),
            show: ({ outOfOrder }) => stages(outOfOrder) || '–',
          },
        ]}
      />
    </Panel>
  );
}
