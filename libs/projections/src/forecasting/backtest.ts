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
 * One forecast for each of the days, of the window that begins with it. `columnsOn` is what was known on a day; a win of it is read
 * from `wins`, which knows better by now.
 */
export function backtest(
  days: readonly number[],
  windowDays: number,
  columnsOn: (day: number) => Columns,
  wins: Columns,
): Backtest {
  const window = { leadDays: 0, lengthDays: windowDays };
  const wonDays = new Map(wins.deals.map(({ id }, deal) => [id, wins.won[deal]!]));
  const origins: BacktestOrigin[] = [];
  const timed: { chance: number; won: boolean }[] = [];
  const landmarked: { chance: number; won: boolean }[] = [];
  for (const day of days) {
    const within = (wonDay: number): boolean => wonDay >= day && wonDay < day + windowDays;
    const forecaster = new Forecaster(columnsOn(day), day);
    const standing = forecaster.now();
    const landmarks = standing.landmarks(window);
    for (const open of standing.open) {
      const won = within(wonDays.get(standing.columns.deals[open.deal]!.id) ?? Infinity);
      timed.push({ chance: standing.chance(open, window), won });
      if (landmarks) landmarked.push({ chance: landmarks.share(open.stage, open.days).won, won });
    }
    const [total] = forecaster.totals(window);
    origins.push({
      day,
      actual: wins.won.reduce((sum, wonDay, deal) => (within(wonDay) ? sum + wins.wonAmount[deal]! : sum), 0),
      blend: total?.p50 ?? null,
      p10: total?.interval.p10 ?? null,
      p90: total?.interval.p90 ?? null,
      components: Object.fromEntries(
        COMPONENTS.map((component, at) => [component, total?.components[at]!.amount ?? null]),
      ) as Record<Component, number | null>,
    });
  }
  const said = (method: 'blend' | Component, { blend, components }: BacktestOrigin): number | null =>
    method === 'blend' ? blend : components[method];
  const names = ['blend' as const, ...COMPONENTS];
  const spoke = names.filter((method) => origins.some((origin) => said(method, origin) !== null));
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
  const banded = origins.filter((origin) => origin.p10 !== null);
  const within = banded.filter(({ p10, p90, actual }) => p10! <= actual && actual <= p90!).length;
  return {
    windowDays,
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
  if (blend.forecasts < FEWEST_FORECASTS || blend.wape === null || naive.wape === null)
    return {
      trust: null,
      say: `Not estimable: ${blend.forecasts} forecasts have been resolved, and ${FEWEST_FORECASTS} are needed to compare methods.`,
    };
  const figures = `the blend was off by ${percent(blend.wape)}, the moving average by ${percent(naive.wape)}, over ${blend.forecasts} forecasts`;
  if (Math.abs(blend.wape - naive.wape) <= ALIKE * Math.min(blend.wape, naive.wape))
    return { trust: 'either', say: `Either will do: ${figures}.` };
  return blend.wape < naive.wape
    ? { trust: 'blend', say: `Trust the blend: ${figures}.` }
    : { trust: 'moving-average', say: `Trust the moving average: ${figures}.` };
}

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;
