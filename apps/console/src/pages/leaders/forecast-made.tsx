import { type ReactNode } from 'react';
import type { DealOutlook, ForecastAnswer, ForecastPeriod, TotalComponent } from '../../api/leaders-types.js';
import { Figure } from '../../components/link.js';
import { Empty, Panel } from '../../components/page.js';
import { Table } from '../../components/table.js';
import { count, day, money, share } from '../../format.js';
import { leaders } from '../../texts/leaders.js';
import { DealLink, daysShown, valueText, type View } from './view.js';
import { wonTo, openTo } from './forecast-paths.js';
import { major, first } from './forecast-periods.js';

const t = leaders.forecast;

export const leans = (bias: number | null): string =>
  bias === null ? '–' : Math.abs(bias) < 0.005 ? t.made.even : bias > 0 ? t.made.high(share(bias)) : t.made.low(share(-bias));

export function Made({ total }: { readonly total: NonNullable<ForecastPeriod['total']> }): ReactNode {
  const words = t.made;
  return (
    <Panel title={words.title} help={words.help}>
      <Table<TotalComponent>
        caption={words.title}
        name="forecast-components"
        sortName="madeSort"
        rows={total.components}
        rowKey={({ component }) => component}
        columns={[
          {
            key: 'way',
            label: words.columns.way,
            value: ({ component }) => words.names[component] ?? component,
            show: ({ component }) => words.names[component] ?? component,
          },
          {
            key: 'says',
            label: words.columns.says,
            align: 'right',
            value: ({ amount }) => major(amount),
            show: ({ amount }) => money(amount, 'short'),
          },
          {
            key: 'weight',
            label: words.columns.weight,
            align: 'right',
            value: ({ weight }) => weight,
            show: ({ weight, component }) =>
              component === 'landmark' ? <small className="dimmed">{words.notBlended}</small> : share(weight),
          },
          {
            key: 'error',
            label: words.columns.error,
            align: 'right',
            value: ({ wape }) => wape,
            show: ({ wape }) => share(wape),
          },
          { key: 'bias', label: words.columns.bias, align: 'right', value: ({ bias }) => bias, show: ({ bias }) => leans(bias) },
          {
            key: 'on',
            label: words.columns.on,
            align: 'right',
            value: ({ resolved }) => resolved,
            show: ({ resolved, windows }) => (resolved === 0 ? words.notTried : words.tried(count(resolved), count(windows))),
          },
        ]}
      />
      {total.pipeline && (
        <p className="help">
          {words.pipeline(
            money(total.pipeline.open, 'short'),
            count(total.pipeline.openDeals - total.pipeline.staleDeals),
            money(total.pipeline.notYetVisible, 'short'),
            money(total.pipeline.reopened, 'short'),
          )}{' '}
          {total.pipeline.staleDeals > 0 && words.stale(count(total.pipeline.staleDeals))}
        </p>
      )}
    </Panel>
  );
}

export function Categories({
  focus,
  view,
  group,
}: {
  readonly focus: ForecastPeriod;
  readonly view: View;
  readonly group: ForecastAnswer['groups'][number];
}): ReactNode {
  const words = t.categories;
  const { weightedByStage, weightedByHistory } = focus;
  return (
    <Panel title={words.title(focus.period)}>
      <Table
        caption={words.title(focus.period)}
        name={`forecast-${focus.period}-categories`}
        sortName="categorySort"
        rows={focus.categories}
        rowKey={({ category }) => category}
        columns={[
          {
            key: 'category',
            label: words.columns.category,
            value: ({ category }) => words.names[category] ?? category,
            show: ({ category }) => words.names[category] ?? category,
          },
          {
            key: 'deals',
            label: words.columns.deals,
            align: 'right',
            value: ({ deals }) => deals,
            show: ({ category, deals }) =>
              deals === 0 ? (
                '0'
              ) : (
                <Figure
                  to={category === 'closed' ? wonTo(view, focus, group.group) : openTo(view, focus, category, group.group)}
                  of={words.columns.deals}
                >
                  {count(deals)}
                </Figure>
              ),
          },
          {
            key: 'value',
            label: words.columns.value,
            align: 'right',
            value: ({ value }) => first(value.amounts),
            show: ({ value }) => valueText(value),
          },
        ]}
      />
      <dl className="facts">
        <dt>{words.byStage}</dt>
        <dd>
          {valueText({ amounts: weightedByStage.amounts ?? [] })}{' '}
          <small className="dimmed">({leaders.view.deals(count(weightedByStage.of))})</small>
        </dd>
        <dt>{words.byHistory}</dt>
        <dd>
          {valueText({ amounts: weightedByHistory.amounts ?? [] })}{' '}
          <small className="dimmed">({leaders.view.deals(count(weightedByHistory.of))})</small>
        </dd>
      </dl>
      {group.withoutDate.deals > 0 && <p className="help">{words.outside(count(group.withoutDate.deals))}</p>}
      {group.withoutAmount.deals > 0 && <p className="help">{words.noAmount(count(group.withoutAmount.deals))}</p>}
    </Panel>
  );
}

export function Promising({ deals, view }: { readonly deals: readonly DealOutlook[]; readonly view: View }): ReactNode {
  const words = t.deals;
  const { columns } = words;
  return (
    <Panel title={words.title(deals[0]?.period ?? '')} help={words.help}>
      <Table<DealOutlook>
        caption={words.title(deals[0]?.period ?? '')}
        name="promising-deals"
        sortName="dealSort"
        rows={deals}
        rowKey={({ deal }) => deal}
        empty={<Empty title={words.none}>{words.noneHelp}</Empty>}
        columns={[
          { key: 'deal', label: columns.deal, value: ({ deal }) => deal, show: ({ deal }) => <DealLink id={deal} /> },
          { key: 'stage', label: columns.stage, value: ({ stage }) => view.stage(stage), show: ({ stage }) => view.stage(stage) },
          {
            key: 'days',
            label: columns.days,
            align: 'right',
            value: ({ stageDays }) => stageDays,
            show: ({ stageDays }) => daysShown(stageDays),
          },
          {
            key: 'won',
            label: columns.won,
            align: 'right',
            value: ({ won }) => won,
            show: ({ won }) => <strong>{share(won)}</strong>,
          },
          { key: 'lost', label: columns.lost, align: 'right', value: ({ lost }) => lost, show: ({ lost }) => share(lost) },
          {
            key: 'open',
            label: columns.open,
            align: 'right',
            value: ({ stillOpen }) => stillOpen,
            show: ({ stillOpen }) => share(stillOpen),
          },
          {
            key: 'win',
            label: columns.win,
            value: ({ expectedWin }) => expectedWin,
            show: ({ expectedWin }) => (expectedWin === null ? '–' : day(expectedWin)),
          },
          {
            key: 'on',
            label: columns.on,
            align: 'right',
            value: ({ why }) => why.restsOn.departures,
            show: ({ why }) => words.on(count(why.restsOn.departures)),
          },
        ]}
      />
    </Panel>
  );
}
