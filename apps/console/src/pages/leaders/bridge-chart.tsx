import { useMemo, type ReactNode } from 'react';
import type { BridgeBar, BridgeBarName, BridgeDeal, BridgeGroup } from '../../api/leaders-types.js';
import type { Money as Amount } from '../../api/types.js';
import { useUrlState } from '../../as-of.js';
import { Chart } from '../../components/chart.js';
import { Link } from '../../components/link.js';
import { Empty } from '../../components/page.js';
import { Instant } from '../../components/shown.js';
import { Table } from '../../components/table.js';
import { count, day, majorOf, money } from '../../format.js';
import { leaders } from '../../texts/leaders.js';
import { DealLink, inCurrency, recordPath, signed } from './view.js';

const t = leaders.bridge;
const UP = '#16a34a';
const DOWN = '#db2777';
const END = '#0e8aa8';
/** Neither good nor bad: what was won leaves the open deals, and is booked. */
const BOOKED = '#7b8794';

/** From what open deals were worth to what they are worth: a bar for each reason, opening to its deals and to what happened to each. */
export function Bridge({
  group,
  of,
  currency,
  from,
  to,
  stage,
}: {
  readonly group: BridgeGroup;
  readonly of: string | null;
  readonly currency: string;
  /** The two instants. */
  readonly from: string;
  readonly to: string;
  readonly stage: (id: string) => string;
}): ReactNode {
  const [picked, pick] = useUrlState('bar');
  const bars = group.bars;
  const bar = bars.find((one) => one.bar === picked);
  const nothing: Amount = { minor: 0, currency };
  const start = inCurrency(group.start.amounts, currency) ?? nothing;
  const end = inCurrency(group.end.amounts, currency) ?? nothing;
  const names = [t.start(day(from)), ...bars.map((one) => t.bars[one.bar]), t.end(day(to))];
  const option = useMemo(() => waterfall(start, bars, end, names, currency), [group, currency, from, to]);
  if (bars.length === 0) return <Empty title={t.nothing}>{t.nothingHelp}</Empty>;
  const others = new Set(
    [...group.start.amounts, ...group.end.amounts].map((one) => one.currency).filter((one) => one !== currency),
  );
  return (
    <>
      <Chart
        title={t.title(of)}
        says={t.says(
          money(start, 'short'),
          bars.map((one) => `${t.bars[one.bar]} ${signed(inCurrency(one.amounts, currency))}`).join(', '),
          money(end, 'short'),
        )}
        option={option}
        head={[t.columns.what, t.columns.deals, `${t.columns.amount} (${currency})`]}
        rows={[
          [names[0]!.replace('\n', ' '), group.start.deals, majorOf(start)],
          ...bars.map((one) => {
            const amount = inCurrency(one.amounts, currency);
            return [t.bars[one.bar], one.deals, amount && majorOf(amount)];
          }),
          [names.at(-1)!.replace('\n', ' '), group.end.deals, majorOf(end)],
        ]}
        name={`bridge-${of ?? 'open'}`}
        height={300}
        onPick={({ dataIndex }) => {
          const one = bars[dataIndex - 1];
          if (one) pick(one.bar === picked ? null : one.bar);
        }}
      />
      <p className="help">{t.pick}</p>
      <ul className="bars">
        {bars.map((one) => {
          const amount = inCurrency(one.amounts, currency);
          return (
            <li key={one.bar}>
              <button type="button" aria-expanded={one.bar === picked} onClick={() => pick(one.bar === picked ? null : one.bar)}>
                {t.bars[one.bar]}{' '}
                <span className={one.bar === 'won' ? 'dimmed' : (amount?.minor ?? 0) < 0 ? 'down' : 'up'}>
                  {amount ? signed(amount) : '±0'}
                </span>{' '}
                · {leaders.view.deals(count(one.deals))}
              </button>
            </li>
          );
        })}
      </ul>
      {others.size > 0 && <p className="help">{t.otherCurrency(currency)}</p>}
      {bar && <Opened bar={bar} currency={currency} stage={stage} />}
    </>
  );
}

function Opened({
  bar,
  currency,
  stage,
}: {
  readonly bar: BridgeBar;
  readonly currency: string;
  readonly stage: (id: string) => string;
}): ReactNode {
  const { table } = t;
  return (
    <section aria-label={t.list(t.bars[bar.bar])} className="opened">
      <h3>{t.list(t.bars[bar.bar])}</h3>
      <p className="help">
        {t.listed(count(bar.list.length), count(bar.deals))} {bar.withoutAmount > 0 && t.withoutAmount(count(bar.withoutAmount))}
      </p>
      <Table<BridgeDeal>
        caption={t.list(t.bars[bar.bar])}
        name={`bridge-${bar.bar}`}
        sortName="barSort"
        rows={bar.list}
        rowKey={(one) => one.deal}
        columns={[
          { key: 'deal', label: table.deal, value: (one) => one.deal, show: (one) => <DealLink id={one.deal} /> },
          { key: 'owner', label: table.owner, value: (one) => one.owner, show: (one) => one.owner },
          {
            key: 'adds',
            label: table.adds,
            align: 'right',
            value: (one) => amountOf(one, currency),
            show: (one) => signed(inCurrency(one.amounts, currency) ?? one.amounts[0] ?? null, 'whole'),
          },
          {
            key: 'happened',
            label: table.happened,
            value: (one) => one.events.map((event) => eventText(event, stage)).join('; '),
            show: (one) => (
              <ul className="events">
                {one.events.map((event) => (
                  <li key={`${event.what}${event.occurredAt}`}>
                    <Link to={recordPath(one.deal)}>{eventText(event, stage)}</Link>
                  </li>
                ))}
              </ul>
            ),
          },
          {
            key: 'when',
            label: table.when,
            value: (one) => one.events.at(-1)?.occurredAt ?? null,
            show: (one) => (one.events.length === 0 ? '–' : <Instant at={one.events.at(-1)!.occurredAt} />),
          },
        ]}
      />
    </section>
  );
}

const amountOf = (one: BridgeDeal, currency: string): number | null => {
  const amount = inCurrency(one.amounts, currency);
  return amount && majorOf(amount);
};

function eventText({ what, from, to, by }: BridgeDeal['events'][number], stage: (id: string) => string): string {
  const words = t.event;
  const who = by ?? leaders.view.noGroup;
  if (what === 'captured') return words.captured(who, stage(to ?? ''));
  if (what === 'amount') return words.amount(amountText(from), amountText(to));
  if (what === 'close-date') return words.date(from === null ? words.unset : day(from), to === null ? words.unset : day(to));
  if (what === 'owner') return words.owner(from ?? words.unset, to ?? words.unset);
  if (what === 'won') return words.won(who);
  return what === 'lost' ? words.lost(who, stage(from ?? '')) : words.reopened(who);
}

/** "7205000 EUR", as a bridge tells an amount, in minor units. */
function amountText(said: string | null): string {
  const [minor, currency] = said?.split(' ') ?? [];
  return minor === undefined || currency === undefined ? t.event.unset : money({ minor: Number(minor), currency }, 'whole');
}

/** The reasons, the largest first, in one direction. */
export function reasons(
  bars: readonly BridgeBar[],
  currency: string,
  direction: 1 | -1,
  without: readonly BridgeBarName[] = [],
): string {
  return bars
    .map((one) => ({ ...one, amount: inCurrency(one.amounts, currency) }))
    .filter((one) => one.amount !== null && one.amount.minor * direction > 0 && !without.includes(one.bar))
    .toSorted((a, b) => (b.amount!.minor - a.amount!.minor) * direction)
    .map(({ bar, amount, deals }) =>
      leaders.forecast.why.item(signed(amount), t.bars[bar].toLowerCase(), leaders.view.deals(count(deals))),
    )
    .join(', ');
}

function waterfall(
  start: Amount,
  bars: readonly BridgeBar[],
  end: Amount,
  names: readonly string[],
  currency: string,
): Record<string, unknown> {
  const base: (number | null)[] = [null];
  const shown: { value: number; itemStyle: { color: string }; said: string }[] = [
    { value: majorOf(start), itemStyle: { color: END }, said: money(start, 'short') },
  ];
  let level = majorOf(start);
  for (const { bar, amounts } of bars) {
    const amount = inCurrency(amounts, currency);
    const change = amount ? majorOf(amount) : 0;
    base.push(Math.min(level, level + change));
    shown.push({
      value: Math.abs(change),
      itemStyle: { color: bar === 'won' ? BOOKED : change < 0 ? DOWN : UP },
      said: amount ? signed(amount) : '±0',
    });
    level += change;
  }
  base.push(null);
  shown.push({ value: majorOf(end), itemStyle: { color: END }, said: money(end, 'short') });
  return {
    tooltip: {
      trigger: 'item',
      formatter: ({ dataIndex, name }: { dataIndex: number; name: string }) => `${name}: ${shown[dataIndex]?.said ?? ''}`,
    },
    xAxis: { type: 'category', data: names, axisLabel: { interval: 0, width: 84, lineHeight: 15, overflow: 'break' } },
    yAxis: { type: 'value', axisLabel: { formatter: (value: number) => shortMoney(value, currency) } },
    series: [
      { type: 'bar', stack: 'all', data: base, itemStyle: { color: 'transparent' }, silent: true, tooltip: { show: false } },
      {
        type: 'bar',
        stack: 'all',
        barMaxWidth: 72,
        data: shown,
        label: { show: true, position: 'top', formatter: ({ dataIndex }: { dataIndex: number }) => shown[dataIndex]?.said ?? '' },
      },
    ],
  };
}

export const shortMoney = (major: number, currency: string): string =>
  new Intl.NumberFormat(undefined, { style: 'currency', currency, notation: 'compact', maximumFractionDigits: 1 }).format(major);
