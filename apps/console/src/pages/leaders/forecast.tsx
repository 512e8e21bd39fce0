import { useMemo, type ReactNode } from 'react';
import type {
  BridgeAnswer,
  Call,
  DealOutlook,
  ForecastAnswer,
  ForecastPeriod,
  ForecastRecordAnswer,
  Target,
  TotalComponent,
} from '../../api/leaders-types.js';
import { useApi } from '../../api/queries.js';
import type { Money as Amount, Page as Items } from '../../api/types.js';
import { useAsOf, useUrlState } from '../../as-of.js';
import { Chart } from '../../components/chart.js';
import { Figure } from '../../components/link.js';
import { Empty, Panel, Waiting } from '../../components/page.js';
import { Answered } from '../../components/problem-box.js';
import { Instant } from '../../components/shown.js';
import { Table, type Column } from '../../components/table.js';
import { count, day, majorOf, money, share, sumOf } from '../../format.js';
import { leaders } from '../../texts/leaders.js';
import { Bridge, reasons, shortMoney } from './bridge-chart.js';
import { dayIn, daysLater, monthsLater, quarterStart } from './period.js';
import {
  behind,
  Choose,
  DealLink,
  daysShown,
  groupText,
  inCurrency,
  LeadersPage,
  PickDay,
  RateShown,
  signed,
  TARGETS,
  Tile,
  useGroup,
  valueText,
  type View,
} from './view.js';

const t = leaders.forecast;

/** What will come in, how sure that is, and why it changed. */
export default function Forecast(): ReactNode {
  return (
    <LeadersPage title={t.title} lead={t.lead} filters={['period', 'by']} groupings={['team', 'owner']}>
      {(view) => <Asked view={view} />}
    </LeadersPage>
  );
}

function Asked({ view }: { readonly view: View }): ReactNode {
  const { process, by, period } = view;
  const answer = useApi<ForecastAnswer>('/v1/measures/forecast', { process: process.id, period, by }, { keep: true });
  const targets = useApi<Items<Target>>('/v1/targets', { process: process.id });
  return (
    <Answered of={answer} waiting={<Waiting lines={8} height={48} />}>
      {(forecast) => <Shown view={view} forecast={forecast} targets={targets.data?.items ?? []} />}
    </Answered>
  );
}

function Shown({
  view,
  forecast,
  targets,
}: {
  readonly view: View;
  readonly forecast: ForecastAnswer;
  readonly targets: readonly Target[];
}): ReactNode {
  const [said, setOf] = useUrlState('of');
  const [group, setGroup] = useGroup(forecast.groups);
  const currency = view.definition?.currency ?? 'EUR';
  const periods = group?.periods ?? [];
  const focus = periods.find(({ period }) => period === said) ?? periods.find(({ when }) => when === 'current') ?? periods.at(-1);
  if (!group || !focus) return <Empty title={t.deals.none}>{t.deals.noneHelp}</Empty>;
  const targetOf = (period: string): Amount | null => targetFor(targets, period, forecast.by, group.group);
  return (
    <>
      <div className="looks">
        <Choose label={t.focus} value={focus.period} set={setOf} of={periods.map(({ period }) => [period, period])} />
        {forecast.by !== null && (
          <Choose
            label={leaders.view.group}
            value={group.group ?? '-'}
            set={setGroup}
            of={forecast.groups.map((one) => [one.group ?? '-', groupText(one.group)])}
          />
        )}
      </div>
      <Tiles focus={focus} target={targetOf(focus.period)} view={view} group={group.group} />
      <Why view={view} focus={focus} group={group.group} currency={currency} />
      <Panel title={t.chart.title} className="titled" help={t.chart.cut}>
        <Periods periods={periods} currency={currency} targetOf={targetOf} onPick={setOf} />
      </Panel>
      {forecast.by !== null && <Groups forecast={forecast} of={focus.period} targets={targets} />}
      <div className="two-columns">
        {focus.total && <Made total={focus.total} />}
        <Categories focus={focus} view={view} group={group} />
      </div>
      {focus.when !== 'past' && <Promising deals={group.deals} view={view} />}
      <Record view={view} />
    </>
  );
}

export function targetFor(targets: readonly Target[], period: string, by: string | null, group: string | null): Amount | null {
  const own = targets.filter(({ owner, team }) =>
    by === 'owner'
      ? owner === group && team === null
      : by === 'team'
        ? team === group && owner === null
        : owner === null && team === null,
  );
  const exact = own.find((one) => one.period === period)?.amount;
  if (exact) return exact;
  const quarter = /^(\d{4})-Q([1-4])$/.exec(period);
  if (!quarter) return null;
  const first = Number(quarter[2]) * 3 - 2;
  const months = [0, 1, 2].map(
    (n) => own.find((one) => one.period === `${quarter[1]}-${String(first + n).padStart(2, '0')}`)?.amount ?? null,
  );
  return months.includes(null) ? null : sumOf(months);
}

const ratio = (part: Amount | null, whole: Amount | null): number | null =>
  part === null || whole === null || whole.minor === 0 || part.currency !== whole.currency ? null : part.minor / whole.minor;

const wonTo = (view: View, focus: ForecastPeriod, group: string | null): string =>
  behind(
    'scorecard',
    { ...view, window: { from: focus.start, to: focus.end } },
    { period: view.period, cohort: focus.period, outcome: 'won', group },
  );

function Tiles({
  focus,
  target,
  view,
  group,
}: {
  readonly focus: ForecastPeriod;
  readonly target: Amount | null;
  readonly view: View;
  readonly group: string | null;
}): ReactNode {
  const words = t.tiles;
  const { total } = focus;
  const currency = view.definition?.currency;
  const won = inCurrency(focus.won.amounts, currency);
  const naive = total?.components.find(({ component }) => component === 'moving-average')?.amount ?? null;
  const wonTile = (
    <Tile
      label={focus.when === 'past' ? words.came(focus.period) : words.booked}
      value={money(won ?? total?.booked ?? null, 'short')}
      note={words.wins(count(focus.won.deals))}
      to={wonTo(view, focus, group)}
    />
  );
  const targetTile = (
    <Tile
      label={words.target}
      value={target ? money(target, 'short') : words.noTarget}
      note={
        target
          ? `${words.reached(share(ratio(won ?? total?.booked ?? null, target)))}${total?.p50 ? `; ${words.expectedOfTarget(share(ratio(total.p50, target)))}` : ''}`
          : words.noTargetHelp
      }
      {...(target && { to: TARGETS })}
    />
  );
  if (focus.when === 'past')
    return (
      <div className="tiles">
        {wonTile}
        {targetTile}
        <Tile
          label={leaders.week.tiles.open}
          value={count(focus.open.deals)}
          note={words.late(count(focus.open.deals))}
          to={openTo(view, focus, null, group)}
        />
      </div>
    );
  return (
    <div className="tiles">
      <Tile
        label={words.expected(focus.period)}
        value={total?.p50 ? money(total.p50, 'short') : words.unknown}
        note={
          total?.p10 && total.p90
            ? words.range(money(total.p10, 'short'), money(total.p90, 'short'))
            : (total?.why ?? words.noRange)
        }
        to={openTo(view, focus, null, group)}
      />
      {wonTile}
      <Tile
        label={words.toCome}
        value={total?.p50 ? money({ ...total.p50, minor: total.p50.minor - total.booked.minor }, 'short') : words.unknown}
        note={words.toComeNote}
        to={openTo(view, focus, null, group)}
      />
      {targetTile}
      <Tile
        label={words.naive}
        value={naive && total ? money({ ...naive, minor: naive.minor + total.booked.minor }, 'short') : words.unknown}
        note={words.naiveNote}
        to={wonTo(view, focus, group)}
      />
    </div>
  );
}

// --------------------------------------------------------------------------------------------------- why it changed

const SINCE = ['week', 'month', 'quarter', 'own'] as const;

function Why({
  view,
  focus,
  group,
  currency,
}: {
  readonly view: View;
  readonly focus: ForecastPeriod;
  readonly group: string | null;
  readonly currency: string;
}): ReactNode {
  const words = t.why;
  const [said, setSince] = useUrlState('since');
  const asOf = useAsOf();
  const since = dayIn(said) !== null ? 'own' : (SINCE.find((one) => one === said) ?? 'month');
  const from =
    since === 'own'
      ? (said ?? view.today)
      : since === 'week'
        ? daysLater(view.today, -7)
        : since === 'month'
          ? monthsLater(view.today, -1)
          : quarterStart(view.today);
  const bridge = useApi<BridgeAnswer>(
    '/v1/measures/bridge',
    { process: view.process.id, of: focus.period, from, by: view.by },
    { enabled: from < view.today, keep: true },
  );
  // What was said then is asked of then, whatever instant the console looks at.
  const then = useApi<ForecastAnswer>(
    '/v1/measures/forecast',
    { process: view.process.id, period: view.period, by: view.by, asOf: new Date(`${from}T00:00:00`).toISOString() },
    { timeless: true, enabled: focus.when !== 'past' && from < view.today },
  );
  const before =
    then.data?.groups.find((one) => one.group === group)?.periods.find(({ period }) => period === focus.period)?.total ?? null;
  return (
    <Panel
      title={words.title}
      className="why"
      aside={
        <div className="looks">
          <Choose
            label={words.since}
            value={since}
            set={(next) => setSince(next === 'own' ? daysLater(view.today, -30) : next === 'month' ? null : next)}
            of={SINCE.map((one) => [one, words.sinces[one]])}
          />
          {since === 'own' && <PickDay label={words.day} value={from} set={setSince} max={daysLater(view.today, -1)} />}
        </div>
      }
    >
      <Answered of={bridge} waiting={<Waiting lines={6} height={48} />}>
        {(answer) => {
          const one = answer.groups.find((found) => found.group === group) ?? answer.groups.find(() => view.by === null);
          if (!one) return <Empty title={leaders.bridge.nothing}>{leaders.bridge.nothingHelp}</Empty>;
          return (
            <>
              {focus.when !== 'past' && !then.isPending && (
                <Sentence
                  of={focus.period}
                  from={from}
                  then={before?.p50 ?? null}
                  now={focus.total?.p50 ?? null}
                  booked={[before?.booked ?? null, focus.total?.booked ?? null]}
                />
              )}
              <p className="said">
                {reasons(one.bars, currency, -1, ['won']) !== '' && `${words.down(reasons(one.bars, currency, -1, ['won']))} `}
                {reasons(one.bars, currency, 1) !== '' && words.up(reasons(one.bars, currency, 1))}
              </p>
              <Bridge
                group={one}
                of={focus.period}
                currency={currency}
                from={from}
                to={asOf === null ? view.today : asOf.slice(0, 10)}
                stage={view.stage}
              />
              <p className="help">{words.help}</p>
            </>
          );
        }}
      </Answered>
    </Panel>
  );
}

/** In three digits, so that a change and its two ends agree. */
const three = (amount: Amount): string =>
  new Intl.NumberFormat(undefined, {
    style: 'currency',
    currency: amount.currency,
    notation: 'compact',
    maximumSignificantDigits: 3,
  }).format(majorOf(amount));

function Sentence({
  of,
  from,
  then,
  now,
  booked,
}: {
  readonly of: string;
  readonly from: string;
  readonly then: Amount | null;
  readonly now: Amount | null;
  readonly booked: readonly [Amount | null, Amount | null];
}): ReactNode {
  const words = t.why;
  if (!then || !now) return <p className="said">{words.noThen(day(from))}</p>;
  const change = now.minor - then.minor;
  const by = three({ ...now, minor: Math.abs(change) });
  const args = [of, by, day(from), three(then), three(now)] as const;
  const [before, after] = booked;
  const won = before && after ? { ...after, minor: after.minor - before.minor } : null;
  return (
    <p className="said">
      <strong>{change === 0 ? words.same(of, day(from)) : change < 0 ? words.fell(...args) : words.rose(...args)}</strong>{' '}
      {won && words.booked(three(won))}
    </p>
  );
}

// -------------------------------------------------------------------------------------------------------- the periods

function Periods({
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

function Groups({
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

const major = (amount: Amount | null | undefined): number | null => (amount ? majorOf(amount) : null);
const first = (amounts: readonly Amount[]): number | null => major(amounts[0]);

// ---------------------------------------------------------------------------------------------- what it is made of

const leans = (bias: number | null): string =>
  bias === null ? '–' : Math.abs(bias) < 0.005 ? t.made.even : bias > 0 ? t.made.high(share(bias)) : t.made.low(share(-bias));

function Made({ total }: { readonly total: NonNullable<ForecastPeriod['total']> }): ReactNode {
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
            count(total.pipeline.openDeals),
            money(total.pipeline.notYetVisible, 'short'),
            money(total.pipeline.reopened, 'short'),
          )}{' '}
          {total.pipeline.staleDeals > 0 && words.stale(count(total.pipeline.staleDeals))}
        </p>
      )}
    </Panel>
  );
}

const openTo = (view: View, focus: ForecastPeriod, category: string | null, group: string | null): string =>
  behind(
    'forecast',
    { process: view.process, window: { from: focus.start, to: focus.end }, by: view.by },
    { of: focus.period, category: category ?? undefined, group },
  );

function Categories({
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

function Promising({ deals, view }: { readonly deals: readonly DealOutlook[]; readonly view: View }): ReactNode {
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

// ---------------------------------------------------------------------------------------------- how good it has been

function Record({ view }: { readonly view: View }): ReactNode {
  const words = t.record;
  const answer = useApi<ForecastRecordAnswer>('/v1/measures/forecast-record', { process: view.process.id });
  return (
    <Panel title={words.title}>
      <Answered of={answer}>
        {({ groups: [group] }) =>
          !group || group.scored === 0 ? (
            <Empty title={words.none}>{words.noneHelp(group?.nextEnd ? day(group.nextEnd) : '–')}</Empty>
          ) : (
            <>
              <p className="help">
                {words.help(count(group.scored), count(group.waiting))} {words.meant}
              </p>
              <div className="two-columns">
                <SaidTable
                  title={words.methods}
                  rows={group.methods.map((one) => ({ ...one, who: t.made.names[one.method] ?? one.method }))}
                  sortName="methodSort"
                  ranges
                />
                <SaidTable
                  title={words.calls}
                  rows={group.calls.map((one) => ({
                    ...one,
                    who: words.call(one.owner ?? one.team ?? words.company, kindText(one.kind)),
                  }))}
                  sortName="callSort"
                />
              </div>
              <h3>{words.list}</h3>
              <Table
                caption={words.list}
                name="forecasts-scored"
                sortName="scoredSort"
                rows={group.list}
                rowKey={(one) => `${one.saidAt}${one.kind}${one.owner ?? ''}${one.team ?? ''}${one.period}`}
                columns={[
                  { key: 'period', label: words.listColumns.period, value: ({ period }) => period, show: ({ period }) => period },
                  {
                    key: 'who',
                    label: words.columns.who,
                    value: (one) => whoOf(one),
                    show: (one) => whoOf(one),
                  },
                  {
                    key: 'when',
                    label: words.listColumns.when,
                    value: ({ saidAt }) => saidAt,
                    show: ({ saidAt }) => <Instant at={saidAt} />,
                  },
                  {
                    key: 'lead',
                    label: words.listColumns.lead,
                    align: 'right',
                    value: ({ leadDays }) => leadDays,
                    show: ({ leadDays }) => daysShown(leadDays),
                  },
                  {
                    key: 'said',
                    label: words.listColumns.said,
                    align: 'right',
                    value: ({ said }) => major(said),
                    show: ({ said }) => money(said, 'short'),
                  },
                  {
                    key: 'range',
                    label: words.listColumns.range,
                    align: 'right',
                    value: ({ p10 }) => major(p10),
                    show: ({ p10, p90 }) => (p10 && p90 ? leaders.view.between(money(p10, 'short'), money(p90, 'short')) : '–'),
                  },
                  {
                    key: 'came',
                    label: words.listColumns.came,
                    align: 'right',
                    value: ({ actual }) => major(actual),
                    show: ({ actual }) => money(actual, 'short'),
                  },
                  {
                    key: 'error',
                    label: words.listColumns.error,
                    align: 'right',
                    value: ({ error }) => major(error),
                    show: ({ error }) => signed(error),
                  },
                ]}
              />
            </>
          )
        }
      </Answered>
    </Panel>
  );
}

const kindText = (kind: string): string =>
  kind === 'commit' ? t.record.commit : kind === 'best-case' ? t.record['best-case'] : t.made.names['blend']!;
const whoOf = ({ kind, owner, team }: Pick<Call, 'owner' | 'team'> & { readonly kind: string }): string =>
  kind === 'forecast'
    ? `${kindText(kind)}${owner || team ? `, ${owner ?? team}` : ''}`
    : t.record.call(owner ?? team ?? t.record.company, kindText(kind));

function SaidTable({
  title,
  rows,
  sortName,
  ranges = false,
}: {
  readonly title: string;
  readonly rows: readonly (ForecastRecordAnswer['groups'][number]['leadTimes'][number]['blend'] & { readonly who: string })[];
  readonly sortName: string;
  readonly ranges?: boolean;
}): ReactNode {
  const words = t.record.columns;
  const within: Column<(typeof rows)[number]> = {
    key: 'within',
    label: words.within,
    align: 'right',
    value: (one) => one.within.rate,
    show: (one) => (one.within.of === 0 ? '–' : <RateShown rate={one.within} of={words.within} />),
  };
  return (
    <div>
      <h3>{title}</h3>
      <Table
        caption={title}
        name={`forecast-record-${sortName}`}
        sortName={sortName}
        rows={rows}
        rowKey={({ who }) => who}
        columns={[
          { key: 'who', label: words.who, value: ({ who }) => who, show: ({ who }) => who },
          { key: 'said', label: words.said, align: 'right', value: ({ said }) => said, show: ({ said }) => count(said) },
          { key: 'error', label: words.error, align: 'right', value: ({ wape }) => wape, show: ({ wape }) => share(wape) },
          { key: 'bias', label: words.bias, align: 'right', value: ({ bias }) => bias, show: ({ bias }) => leans(bias) },
          ...(ranges ? [within] : []),
        ]}
      />
    </div>
  );
}
