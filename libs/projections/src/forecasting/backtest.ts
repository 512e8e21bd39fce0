import { withOdds } from './chance-record.js';
import { chancesAccuracy, totalsAccuracy, type ChancesAccuracy, type TotalsAccuracy } from './accuracy.js';
import type { Columns } from './timelines.js';
import { COMPONENTS, Forecaster, type Component } from './totals.js';

/**
 * Forecasts as they would have been made on earlier days, each from what was known on its day, held against what came in: which method to
 * trust on this log, with the naive one beside it.
 */
export interface Backtest {
  readonly windowDays: number;
  readonly origins: readonly BacktestOrigin[];
  /** The blend first, then its components; each over the days on which all that are compared had something to say. */
  readonly methods: readonly (TotalsAccuracy & { readonly method: 'blend' | Component })[];
  readonly interval: {
    /** Forecasts that had an interval, and those of them in which what happened lay within. */
    readonly forecasts: number;
    readonly within: number;
    /** within / forecasts: 80 % is meant. Null without a forecast. */
    readonly coverage: number | null;
  };
  readonly deals: readonly (ChancesAccuracy & { readonly method: 'time in stage' | 'landmark' })[];
  readonly verdict: Verdict;
}

export interface BacktestOrigin {
  /** Days since 1970-01-01 UTC. */
  readonly day: number;
  readonly actual: number;
  readonly blend: number | null;
  readonly p10: number | null;
  readonly p90: number | null;
  readonly components: Readonly<Record<Component, number | null>>;
}

export interface Verdict {
  /** Null where too few forecasts have been resolved to say. */
  readonly trust: 'blend' | 'moving-average' | 'either' | null;
  readonly say: string;
}

/** Fewer resolved forecasts decide nothing. */
const FEWEST_FORECASTS = 5;
/** Errors that differ by less than a tenth are alike: windows overlap. */
const ALIKE = 0.1;

/**
 * One forecast for each of the days, of the window that begins with it, told apart by the groups. `columnsOn` is what was
 * known on a day; a win is read from `known`, which knows better by now.
 */
export function backtest(
  days: readonly number[],
  windowDays: number,
  columnsOn: (day: number) => Columns,
  known: Columns,
  groups = known.groups,
): readonly (Backtest & { readonly group: string | null })[] {
  const window = { leadDays: 0, lengthDays: windowDays };
  const wonDays = new Map(known.deals.map(({ id, wonDay }) => [id, wonDay ?? Infinity]));
  const asked = new Map(groups.map((group) => [group, newRecord()]));
  for (const day of days) {
    const isIn = (wonDay: number): boolean => wonDay >= day && wonDay < day + windowDays;
    const columns = columnsOn(day);
    const forecaster = new Forecaster(columns, day);
    const standing = forecaster.now();
    const { odds } = forecaster.chanceRecord(window);
    // Two opinions are compared on the days on which there were two.
    const landmarks = standing.landmarks(window);
    for (const open of landmarks ? standing.open : []) {
      const { id, group } = columns.deals[open.deal]!;
      const won = isIn(wonDays.get(id) ?? Infinity);
      const record = asked.get(group);
      record?.timed.push({ chance: withOdds(standing.chance(open, window), odds), won });
      record?.landmarked.push({ chance: landmarks!.share(open.stage, open.days).won, won });
    }
    const totals = new Map(forecaster.totals(window).map((total) => [total.group, total]));
    for (const [group, { origins }] of asked) {
      const total = totals.get(group);
      const actual = known.deals.reduce(
        (sum, one) => (one.group === group && isIn(one.wonDay ?? Infinity) ? sum + (one.wonAmount ?? 0) : sum),
        0,
      );
      origins.push({
        day,
        actual,
        blend: total?.p50 ?? null,
        p10: total?.interval.p10 ?? null,
        p90: total?.interval.p90 ?? null,
        components: Object.fromEntries(
          COMPONENTS.map((component, at) => [component, total?.components[at]!.amount ?? null]),
        ) as Record<Component, number | null>,
      });
    }
  }
  return [...asked].map(([group, record]) => ({ group, windowDays, ...summary(record) }));
}

type Chance = Parameters<typeof chancesAccuracy>[0][number];

interface Asked {
  readonly origins: BacktestOrigin[];
  readonly timed: Chance[];
  readonly landmarked: Chance[];
}

const newRecord = (): Asked => ({ origins: [], timed: [], landmarked: [] });

function summary({ origins, timed, landmarked }: Asked): Omit<Backtest, 'windowDays'> {
  const names = ['blend' as const, ...COMPONENTS];
  const said = (method: 'blend' | Component, { blend, components }: BacktestOrigin): number | null =>
    method === 'blend' ? blend : components[method];
  // Methods are compared on the days on which all that are blended had something to say, of those that ever have.
  const spoke = names.filter((method) => method !== 'landmark' && origins.some((origin) => said(method, origin) !== null));
  const compared = origins.filter((origin) => spoke.every((method) => said(method, origin) !== null));
  const methods = names.map((method) => ({
    method,
    ...totalsAccuracy(
      compared.flatMap((origin) => {
        const forecast = said(method, origin);
        return forecast === null ? [] : [{ forecast, actual: origin.actual }];
      }),
    ),
  }));
  const banded = origins.filter(({ p10 }) => p10 !== null);
  const within = banded.filter(({ p10, p90, actual }) => p10! <= actual && actual <= p90!).length;
  return {
    origins,
    methods,
    interval: { forecasts: banded.length, within, coverage: banded.length > 0 ? within / banded.length : null },
    deals: [
      { method: 'time in stage', ...chancesAccuracy(timed) },
      { method: 'landmark', ...chancesAccuracy(landmarked) },
    ],
    verdict: verdictOf(methods),
  };
}

function verdictOf(methods: Backtest['methods']): Verdict {
  const errorOf = (name: 'blend' | Component): TotalsAccuracy => methods.find(({ method }) => method === name)!;
  const [blend, naive] = [errorOf('blend'), errorOf('moving-average')];
  if (blend.forecasts < FEWEST_FORECASTS)
    return {
      trust: null,
      say: `Not estimable: ${blend.forecasts} forecasts have been resolved, and ${FEWEST_FORECASTS} are needed to compare methods.`,
    };
  if (blend.wape === null || naive.wape === null)
    return { trust: null, say: `Not estimable: nothing came in, in any of ${blend.forecasts} windows.` };
  const figures = `the blend was off by ${percent(blend.wape)}, the moving average by ${percent(naive.wape)}, over ${blend.forecasts} forecasts`;
  if (Math.abs(blend.wape - naive.wape) <= ALIKE * Math.min(blend.wape, naive.wape))
    return { trust: 'either', say: `Either will do: ${figures}.` };
  return blend.wape < naive.wape
    ? { trust: 'blend', say: `Trust the blend: ${figures}.` }
    : { trust: 'moving-average', say: `Trust the moving average: ${figures}.` };
}

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;
