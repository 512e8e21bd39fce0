import { totalsAccuracy } from './accuracy.js';
import { intervalOf, weights, type Interval, type Resolved, type ResolvedTotal } from './blend.js';
import { chanceRecord, MOST_LOOKS, type ChanceRecord } from './chance-record.js';
import { dealForecasts, type DealForecast } from './deals.js';
import { fitHazards } from './hazards.js';
import { FEWEST_DAYS, Standing, type Estimate, type Method, type PipelineParts } from './methods.js';
import { daysApart, pastDays } from './past-days.js';
import type { Columns, Window } from './timelines.js';

const { min } = Math;

/**
 * What will be won in a window to come: several methods, each held against what it had said on earlier days, and blended by that record.
 * A figure as of a day reads nothing later: neither the methods nor the record they are weighed by.
 */

/** The methods that are blended, the plain moving average first; and the pipeline once more, corrected by its own record. */
export const BLENDED = ['moving-average', 'same-season', 'pipeline', 'pipeline-corrected'] as const;
export type Component = Method | 'pipeline-corrected';
export const COMPONENTS: readonly Component[] = ['moving-average', 'same-season', 'pipeline', 'pipeline-corrected', 'landmark'];

export interface TotalForecast {
  readonly group: string | null;
  readonly window: Window;
  /** The blend; null where no method can say anything yet. It is the middle: as likely too low as too high, as far as the record tells. */
  readonly p50: number | null;
  readonly interval: Interval;
  /** How many days of record it rests on. */
  readonly recordDays: number;
  readonly components: readonly ComponentForecast[];
  readonly pipeline: PipelineParts;
  /** What the blend would have said on each earlier day on which it could say something, and what came in, the newest first. */
  readonly past: readonly PastTotal[];
}

/** As of an earlier day, in days since 1970-01-01 UTC. */
export interface PastTotal extends ResolvedTotal {
  readonly day: number;
}

export interface ComponentForecast {
  readonly component: Component;
  /** Null where it cannot say anything yet. */
  readonly amount: number | null;
  /** Its share in the blend, 0 to 1. The landmark table has none: it reads the same open deals as the pipeline, and errs with it. */
  readonly weight: number;
  readonly record: ComponentRecord;
}

/** How it did on windows of this kind that are over. */
export interface ComponentRecord {
  /** Of how many resolved forecasts. They overlap, and tell as much as `windows` that do not. */
  readonly resolved: number;
  readonly windows: number;
  /** Sum of the absolute errors / sum of what happened; null without a resolved forecast, or where nothing happened. */
  readonly wape: number | null;
  /** Sum of the errors / sum of what happened: above 0 it promised too much. */
  readonly bias: number | null;
}

/** At most so many earlier days are asked what they would have said. */
const MOST_ORIGINS = 40;

/** What the correction of the pipeline weighs against: so many windows without an error. */
const PRIOR_WINDOWS = 3;

interface Past {
  readonly day: number;
  readonly said: readonly (number | null)[];
  readonly actual: number;
}

/** Forecasts as of one day, for any window; earlier days are read once and kept. */
export class Forecaster {
  private readonly standings = new Map<number, Standing>();

  constructor(
    private readonly columns: Columns,
    /** Days since 1970-01-01 UTC; what happened on it or later is not read. */
    readonly day: number,
  ) {}

  now(): Standing {
    return this.standing(this.day);
  }

  /** The open deals as of the day, their chances corrected by how those of earlier days did. */
  deals(window: Window): readonly DealForecast[] {
    return dealForecasts(this.now(), window, this.chanceRecord(window));
  }

  /** How the chances of earlier days did, for windows of this kind that are over. */
  chanceRecord(window: Window): ChanceRecord {
    const looks = pastDays(this.day, window, this.now().hazards.observedFrom + FEWEST_DAYS, MOST_LOOKS);
    return chanceRecord(
      looks.map((day) => this.standing(day)),
      window,
    );
  }

  private standing(day: number): Standing {
    let known = this.standings.get(day);
    if (!known) this.standings.set(day, (known = new Standing(this.columns, day, fitHazards(this.columns, day))));
    return known;
  }

  /** One forecast for each group of the columns, in their order. */
  totals(window: Window): readonly TotalForecast[] {
    const { groups } = this.columns;
    const apart = daysApart(window.lengthDays);
    const { hazards, tells } = this.now();
    // Who has nothing to say today needs no record.
    const days = tells ? pastDays(this.day, window, hazards.observedFrom + FEWEST_DAYS, MOST_ORIGINS) : [];
    const past = days.map((day) => ({ day, estimates: this.standing(day).estimates(window), actual: this.wonIn(day, window) }));
    const now = this.now().estimates(window);
    const windows = min(1, apart / window.lengthDays);
    return groups.map((group, at) =>
      totalOf(
        group,
        window,
        now[at]!,
        past.map(({ day, estimates, actual }) => ({ day, said: said(estimates[at]!), actual: actual[at]! })),
        { windows, day: this.day, recordedFrom: hazards.observedFrom },
        this.now().whyNot ?? 'too few days are on record',
      ),
    );
  }

  private wonIn(day: number, { leadDays, lengthDays }: Window): Float64Array {
    const { won, wonAmount, group, groups } = this.columns;
    const sums = new Float64Array(groups.length);
    for (let deal = 0; deal < won.length; deal++)
      if (won[deal]! >= day + leadDays && won[deal]! < day + leadDays + lengthDays) sums[group[deal]!]! += wonAmount[deal]!;
    return sums;
  }
}

/** In the order of the components; the correction is put in when the record before it is known. */
const said = ({ amounts }: Estimate): readonly (number | null)[] =>
  COMPONENTS.map((component) => (component === 'pipeline-corrected' ? null : amounts[component]));

const PIPELINE = COMPONENTS.indexOf('pipeline');
const CORRECTED = COMPONENTS.indexOf('pipeline-corrected');

function totalOf(
  group: string | null,
  window: Window,
  now: Estimate,
  raw: readonly Past[],
  { windows, day, recordedFrom }: { readonly windows: number; readonly day: number; readonly recordedFrom: number },
  silent: string,
): TotalForecast {
  const reach = window.leadDays + window.lengthDays;
  // Newest first. What was resolved on an earlier day are the windows that were over by then.
  const before = (list: readonly Past[], then: number): readonly Past[] => list.filter((one) => one.day + reach <= then + 1e-9);
  const past = raw.map((one) => ({ ...one, said: corrected(one.said, before(raw, one.day), windows) }));
  const current = corrected(said(now), raw, windows);
  const blended = past.flatMap((one): PastTotal[] => {
    const forecast = blend(one.said, weightsOf(before(past, one.day), one.said, windows));
    return forecast === null ? [] : [{ day: one.day, forecast, actual: one.actual, recordDays: one.day - recordedFrom }];
  });
  const shares = weightsOf(past, current, windows);
  const p50 = blend(current, shares);
  const recordDays = day - recordedFrom;
  return {
    group,
    window,
    p50,
    interval: p50 === null ? { p10: null, p90: null, of: 0, why: silent } : intervalOf(p50, blended, recordDays),
    recordDays,
    components: COMPONENTS.map((component, at) => ({
      component,
      amount: current[at]!,
      weight: shares[at]!,
      record: recordOf(past, at, windows),
    })),
    pipeline: now.pipeline,
    past: blended,
  };
}

/** The pipeline times what happened / what it said over its resolved forecasts, two windows without an error counted in. */
function corrected(values: readonly (number | null)[], record: readonly Past[], windows: number): readonly (number | null)[] {
  const pipeline = values[PIPELINE]!;
  if (pipeline === null) return values;
  let [happened, promised, count] = [0, 0, 0];
  for (const { said: then, actual } of record) {
    const promise = then[PIPELINE]!;
    if (promise === null) continue;
    happened += windows * actual;
    promised += windows * promise;
    count += windows;
  }
  const usual = count > 0 ? promised / count : 0;
  const times = promised > 0 ? (happened + PRIOR_WINDOWS * usual) / (promised + PRIOR_WINDOWS * usual) : 1;
  return values.map((value, at) => (at === CORRECTED ? pipeline * times : value));
}

/** The weight of every component; those that are not blended have none. */
function weightsOf(record: readonly Resolved[], now: readonly (number | null)[], windows: number): readonly number[] {
  const only = (values: readonly (number | null)[]): (number | null)[] =>
    BLENDED.map((component) => values[COMPONENTS.indexOf(component)]!);
  const found = weights(
    record.map(({ said: then, actual }) => ({ said: only(then), actual })),
    only(now),
    windows,
  );
  return COMPONENTS.map((component) => found[BLENDED.findIndex((one) => one === component)] ?? 0);
}

const blend = (values: readonly (number | null)[], shares: readonly number[]): number | null =>
  shares.some((share) => share > 0) ? values.reduce<number>((sum, value, at) => sum + (value ?? 0) * shares[at]!, 0) : null;

function recordOf(past: readonly Past[], at: number, windows: number): ComponentRecord {
  const { forecasts, wape, bias } = totalsAccuracy(
    past.flatMap(({ said: then, actual }) => (then[at] === null ? [] : [{ forecast: then[at]!, actual }])),
  );
  return { resolved: forecasts, windows: forecasts * windows, wape, bias };
}
