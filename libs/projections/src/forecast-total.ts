import { FORECAST_CATEGORIES, type Money } from '@coxswain/sales-process';
import type { DealColumns } from './deal-columns.js';
import { forecastWithRecord } from './forecast.js';
import { together } from './forecasting/together.js';
import { at, firstById, frameOf, type Frame } from './frame.js';
import {
  ALL_PROCESSES,
  type CurrencyTotal,
  type ForecastGroup,
  type ForecastPeriod,
  type ForecastTotalAnswer,
  type ForecastTotalGroup,
  type ForecastTotalPeriod,
  type MeasureContext,
  type NotForecast,
  type Period,
  type PeriodTotal,
  type ProcessShare,
  type Value,
  type Weighted,
} from './measure.js';
import type { GroupOutlook } from './period-totals.js';
import { targetFor } from './scorecard.js';
import { instantOf } from './time.js';
import { sorted } from './value.js';

const MOST_LISTED = 20;

/**
 * The forecasts of all processes as one: for each period what is booked, open and not yet visible, what each process adds, and what comes of it in each
 * currency. What one process adds is what its own forecast says; how the intervals come about, `together` says. Amounts of different currencies are never
 * added up. Throws `RangeError` as the forecast does.
 */
export function forecastTotal(
  deals: DealColumns,
  context: MeasureContext & { readonly period?: Period | undefined },
): ForecastTotalAnswer {
  const { process: asked, by = null, period: kind = 'quarter' } = context;
  const ids = [...new Set(context.versions.map(({ ref }) => ref.id))].filter((id) => asked === ALL_PROCESSES || id === asked);
  if (by === 'version' && ids.length > 1)
    throw new RangeError('versions are those of one process: ask for it alone, or tell the processes apart');
  const timezone = timezoneOf(context, ids);
  const read = (text: string | undefined): string | undefined => (text === undefined ? undefined : instantOf(text, timezone));
  const [asOf, clock] = [read(context.asOf)!, read(context.clock)];
  const told = ids.toSorted().flatMap((process): Told[] => {
    const versions = context.versions.filter(({ ref }) => ref.id === process);
    const plan = context.plans?.get(process) ?? (asked === process ? context.plan : undefined);
    const own = by === 'process' ? undefined : by;
    const frame = frameOf(deals, { ...context, process, versions, plan, asOf, clock, by: own ?? undefined });
    const { latest } = frame.lineage;
    if (latest === null) return [];
    return [{ frame, process, currency: latest.definition.currency, ...forecastWithRecord(frame, kind) }];
  });
  const groups = new Map<string | null, Part[]>();
  if (by === null) groups.set(null, []);
  for (const { frame, process, currency, answer, outlookOf } of told)
    for (const group of answer.groups) {
      const part = { frame, process, currency, group, outlook: outlookOf(group.group) };
      if (frame.known > 0) at(groups, by === 'process' ? process : group.group, () => []).push(part);
    }
  const first = told[0]?.frame;
  return {
    measure: 'forecast-total',
    process: asked,
    version: null,
    asOf,
    asOfBy: context.asOfBy ?? 'recorded',
    clock: first?.clock ?? clock ?? asOf,
    from: read(context.from) ?? null,
    to: read(context.to) ?? null,
    by,
    timezone,
    deals: told.reduce((sum, { frame }) => sum + frame.known, 0),
    period: kind,
    processes: told.map(({ process, currency, frame: { lineage, known, timezone: zone } }) => ({
      process,
      title: lineage.latest!.definition.title,
      version: lineage.latest!.ref.version,
      currency,
      timezone: zone,
      deals: known,
    })),
    groups: [...groups]
      .map(([group, parts]) => groupOf(group, parts))
      .toSorted((a, b) => sizeOf(b) - sizeOf(a) || ((a.group ?? '\uffff') < (b.group ?? '\uffff') ? -1 : 1)),
  };
}

interface Told extends ReturnType<typeof forecastWithRecord> {
  readonly frame: Frame;
  readonly process: string;
  readonly currency: string;
}

/** What one process says of one group. */
interface Part extends Pick<Told, 'frame' | 'process' | 'currency'> {
  readonly group: ForecastGroup;
  readonly outlook: GroupOutlook;
}

/** That of the latest versions where the processes share one, else UTC: in it a day alone is read as an instant. */
function timezoneOf({ versions }: MeasureContext, ids: readonly string[]): string {
  const zones = new Set(
    ids.map((id) => {
      const own = versions.filter(({ ref }) => ref.id === id);
      return own.reduce((last, one) => (one.ref.version > last.ref.version ? one : last)).definition.timezone;
    }),
  );
  return zones.size === 1 ? [...zones][0]! : 'UTC';
}

const sizeOf = ({ periods, withoutDate, outside }: ForecastTotalGroup): number =>
  periods.reduce((sum, { won, open }) => sum + won.deals + open.deals, withoutDate.deals + outside.deals);

function groupOf(group: string | null, parts: readonly Part[]): ForecastTotalGroup {
  const named = new Map(parts.flatMap((part) => part.group.periods.map((period) => [period.period, period] as const)));
  const listed = (of: (part: Part) => NotForecast): NotForecast => {
    const all = parts.map(of);
    return {
      deals: sum(all.map(({ deals }) => deals)),
      examples: firstById(
        all.flatMap(({ examples }) => examples),
        MOST_LISTED,
        (id) => id,
      ),
    };
  };
  const periods = [...named.values()]
    .toSorted((a, b) => (a.start < b.start ? -1 : 1))
    .map(({ period, start, end, when }) => ({ period, start, end, when }));
  return {
    group,
    periods: periods.map((period) => ({ ...period, ...sumsOf(partsIn(period, parts)) })),
    totals: periods.flatMap((period) => totalsOf(period, partsIn(period, parts))),
    withoutDate: listed((part) => part.group.withoutDate),
    withoutAmount: listed((part) => part.group.withoutAmount),
    outside: listed((part) => part.group.outside),
    stale: listed((part) => part.group.stale),
  };
}

type Bounds = Pick<ForecastTotalPeriod, 'period' | 'start' | 'end' | 'when'>;
type PartOfPeriod = Part & { readonly found: ForecastPeriod };

const partsIn = ({ period }: Bounds, parts: readonly Part[]): readonly PartOfPeriod[] =>
  parts.flatMap((part) => {
    const found = part.group.periods.find((one) => one.period === period);
    return found ? [{ ...part, found }] : [];
  });

function sumsOf(parts: readonly PartOfPeriod[]): Omit<ForecastTotalPeriod, keyof Bounds> {
  const all = parts.map(({ found }) => found);
  return {
    won: withDeals(all.map(({ won }) => won)),
    categories: FORECAST_CATEGORIES.map((category) => {
      const kept = all.map(({ categories }) => categories.find((one) => one.category === category)!);
      return { category, deals: sum(kept.map(({ deals }) => deals)), value: valuesOf(kept.map(({ value }) => value)) };
    }),
    open: withDeals(all.map(({ open }) => open)),
    weightedByStage: weightedOf(all.map(({ weightedByStage }) => weightedByStage)),
    weightedByHistory: weightedOf(all.map(({ weightedByHistory }) => weightedByHistory)),
  };
}

function totalsOf(period: Bounds, parts: readonly PartOfPeriod[]): readonly CurrencyTotal[] {
  if (parts.every(({ found }) => found.total === null)) return [];
  const currencies = [...new Set(parts.map(({ currency }) => currency))].toSorted();
  return currencies.map((currency) => ({
    ...period,
    ...totalOf(
      currency,
      parts.filter((part) => part.currency === currency),
    ),
  }));
}

function totalOf(currency: string, parts: readonly PartOfPeriod[]): Omit<CurrencyTotal, keyof Bounds> {
  const money = (minor: number): Money => ({ minor: Math.round(minor), currency });
  const shares = parts.map(({ process, frame, found, group }): ProcessShare => {
    const { booked, p10, p50, p90, why, pipeline } = found.total ?? { ...UNTOLD, why: `no win has an amount in ${currency}` };
    return { process, booked, p10, p50, p90, why, pipeline, target: targetFor(frame, found, group.group) };
  });
  const booked = sum(shares.map((share) => share.booked?.minor ?? 0));
  const { p50, interval, wape, bias } = together(
    parts.flatMap(({ outlook, found }) => outlook.forecasts.get(found.period) ?? []),
  );
  const tell = shares.filter((share) => share.p50 !== null);
  const without = shares.filter((share) => share.p50 === null);
  const targets = shares.flatMap(({ target }) => target ?? []);
  const target = targets.length === 0 ? null : sum(targets.map(({ minor }) => minor));
  const all = targets.length === shares.length;
  return {
    currency,
    booked: money(booked),
    p10: interval.p10 === null ? null : money(booked + interval.p10),
    // In whole minor units the sum is that of what is shown of each.
    p50:
      p50 === null
        ? null
        : money(sum(tell.map((share) => share.p50!.minor)) + sum(without.map((share) => share.booked?.minor ?? 0))),
    p90: interval.p90 === null ? null : money(booked + interval.p90),
    resolved: interval.of,
    why: p50 === null ? (without[0]?.why ?? null) : interval.why,
    wape,
    bias,
    pipeline: pipelineOf(tell, currency),
    target: target === null ? null : money(target),
    attainment: all && target !== null && target > 0 ? booked / target : null,
    processes: shares,
    without: without.map(({ process }) => process),
  };
}

const UNTOLD = { booked: null, p10: null, p50: null, p90: null, pipeline: null };

function pipelineOf(shares: readonly ProcessShare[], currency: string): PeriodTotal['pipeline'] {
  const all = shares.flatMap(({ pipeline }) => pipeline ?? []);
  if (all.length === 0) return null;
  const money = (of: (one: NonNullable<PeriodTotal['pipeline']>) => Money): Money => ({
    minor: sum(all.map((one) => of(one).minor)),
    currency,
  });
  return {
    open: money(({ open }) => open),
    openDeals: sum(all.map(({ openDeals }) => openDeals)),
    notYetVisible: money(({ notYetVisible }) => notYetVisible),
    reopened: money(({ reopened }) => reopened),
    staleDeals: sum(all.map(({ staleDeals }) => staleDeals)),
  };
}

const sum = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0);

function amountsOf(lists: readonly (readonly Money[])[]): readonly Money[] {
  const sums = new Map<string, number>();
  for (const { minor, currency } of lists.flat()) sums.set(currency, (sums.get(currency) ?? 0) + minor);
  return sorted(sums);
}

const valuesOf = (values: readonly Value[]): Value => ({
  amounts: amountsOf(values.map(({ amounts }) => amounts)),
  of: sum(values.map(({ of }) => of)),
  withoutAmount: sum(values.map(({ withoutAmount }) => withoutAmount)),
});

const withDeals = (values: readonly (Value & { readonly deals: number })[]): Value & { readonly deals: number } => ({
  deals: sum(values.map(({ deals }) => deals)),
  ...valuesOf(values),
});

function weightedOf(list: readonly Weighted[]): Weighted {
  const of = sum(list.map((one) => one.of));
  return { amounts: of === 0 ? null : amountsOf(list.flatMap(({ amounts }) => (amounts === null ? [] : [amounts]))), of };
}
