import type { Money } from '@coxswain/sales-process';
import { sellingDays, type SellingDays } from './forecasting/days.js';
import type { DealForecast } from './forecasting/deals.js';
import { columnsOf, timelineOf, type Timeline } from './forecasting/timelines.js';
import { Forecaster, type TotalForecast } from './forecasting/totals.js';
import { firstById, Tallies, type Frame } from './frame.js';
import type { DealOutlook, NotForecast, PeriodTotal } from './measure.js';
import { dayText, instantOf, type CalendarPeriod } from './time.js';

const DAY_MS = 86_400_000;
/** Periods from the present one on that are forecast; for later ones the record says next to nothing. */
const MOST_FORECAST = 5;
const MOST_LISTED = 20;

/** What the record says will come in, by group: for each period shown, its total; and of the open deals what is to be expected of them. */
export interface GroupOutlook {
  /** By the name of the period; none for one that is over, lies too far ahead, or cannot be told in money. */
  readonly totals: ReadonlyMap<string, PeriodTotal>;
  /** The same with how it did on earlier days, in minor units and without what is booked. */
  readonly forecasts: ReadonlyMap<string, TotalForecast>;
  readonly stale: NotForecast;
  readonly deals: readonly DealOutlook[];
}

const NOTHING: GroupOutlook = { totals: new Map(), forecasts: new Map(), stale: { deals: 0, examples: [] }, deals: [] };

/**
 * The outlook of each group, from the deals of the frame as they stand at the clock. In the currency of the process; wins and deals in
 * another one count as worth nothing that is known.
 */
export function outlookByGroup(frame: Frame, shown: readonly CalendarPeriod[]): (group: string | null) => GroupOutlook {
  const currency = frame.lineage.latest?.definition.currency;
  const clock = Date.parse(frame.clock);
  // What happens at the clock is known: the present is the moment after it.
  const ahead = shown.filter(({ end }) => startsAt(end, frame) > clock + 1).slice(0, MOST_FORECAST);
  if (currency === undefined || ahead.length === 0) return () => NOTHING;
  const timelines = timelinesOf(frame, currency);
  const wins = timelines.filter(({ wonDay }) => wonDay !== null);
  // Without an amount nothing can be told in money; the chances of the deals can.
  const inMoney = wins.length === 0 || wins.some(({ wonAmount }) => wonAmount !== null);

  const day = (clock + 1) / DAY_MS;
  const forecaster = new Forecaster(columnsOf(timelines, daysOfFrame(frame)), day);
  const windows = ahead.map((period) => {
    const from = Math.max(day, startsAt(period.start, frame) / DAY_MS);
    return { period, leadDays: from - day, lengthDays: startsAt(period.end, frame) / DAY_MS - from };
  });
  const found = new Map<
    string | null,
    {
      totals: Map<string, PeriodTotal>;
      forecasts: Map<string, TotalForecast>;
      stale: string[];
      deals: { of: DealOutlook; worth: number }[];
    }
  >();
  const of = (group: string | null) => {
    let one = found.get(group);
    if (!one) found.set(group, (one = { totals: new Map(), forecasts: new Map(), stale: [], deals: [] }));
    return one;
  };
  for (const { period, leadDays, lengthDays } of inMoney ? windows : []) {
    const start = startsAt(period.start, frame) / DAY_MS;
    const booked = new Map<string | null, number>();
    for (const { wonDay, wonAmount, group } of wins)
      if (wonDay! >= start && wonDay! < day) booked.set(group, (booked.get(group) ?? 0) + (wonAmount ?? 0));
    for (const total of forecaster.totals({ leadDays, lengthDays })) {
      of(total.group).totals.set(period.period, totalOf(total, booked.get(total.group) ?? 0, currency));
      of(total.group).forecasts.set(period.period, total);
    }
  }
  const standing = forecaster.now();
  const forecasts = standing.tells ? forecaster.deals(windows[0]!) : [];
  forecasts.forEach((forecast, at) => {
    const { deal } = standing.open[at]!;
    const one = of(standing.columns.deals[deal]!.group);
    if (forecast.stale) one.stale.push(forecast.deal);
    else
      one.deals.push({
        of: outlookOf(forecast, ahead[0]!.period, standing.columns.days),
        worth: forecast.won * (inMoney ? standing.worth(deal) : 1),
      });
  });
  return (group) => {
    const one = found.get(group);
    if (!one) return NOTHING;
    return {
      totals: one.totals,
      forecasts: one.forecasts,
      stale: { deals: one.stale.length, examples: firstById(one.stale, MOST_LISTED, (id) => id) },
      deals: one.deals
        .toSorted((a, b) => b.worth - a.worth || (a.of.deal < b.of.deal ? -1 : 1))
        .slice(0, MOST_LISTED)
        .map(({ of: outlook }) => outlook),
    };
  };
}

/** The days of the company, with the holidays of its process. */
export const daysOfFrame = ({ timezone, lineage }: Frame): SellingDays =>
  sellingDays(timezone, lineage.latest?.definition.holidays ?? []);

/** When a day begins where the company is, in milliseconds since 1970-01-01 UTC. */
const startsAt = (date: string, { timezone }: Frame): number => Date.parse(instantOf(date, timezone));

/** The timelines of the frame, each in the group of whose deal it was when it was won, or is. Reads the deals once. */
export function timelinesOf(frame: Frame, currency: string): readonly Timeline[] {
  const tallies = new Tallies<Timeline[]>(frame, () => []);
  for (const deal of frame.deals) tallies.of(deal, deal.won ?? deal).push(timelineOf(deal, currency));
  return tallies.groups((group, timelines) => timelines.map((timeline) => ({ ...timeline, group }))).flat();
}

function totalOf({ p50, interval, components, pipeline }: TotalForecast, booked: number, currency: string): PeriodTotal {
  const money = (minor: number): Money => ({ minor: Math.round(minor), currency });
  const withBooked = (minor: number | null): Money | null => (minor === null ? null : money(booked + minor));
  return {
    booked: money(booked),
    p10: withBooked(interval.p10),
    p50: withBooked(p50),
    p90: withBooked(interval.p90),
    resolved: interval.of,
    why: interval.why,
    components: components.map(({ component, amount, weight, record }) => ({
      component,
      amount: amount === null ? null : money(amount),
      weight,
      ...record,
    })),
    pipeline:
      p50 === null
        ? null
        : {
            open: money(pipeline.open),
            openDeals: pipeline.openDeals,
            notYetVisible: money(pipeline.notYetVisible),
            reopened: money(pipeline.reopened),
            staleDeals: pipeline.stale,
          },
  };
}

function outlookOf(
  { deal, stage, stageDays, won, lost, stillOpen, expectedWinDay, why }: DealForecast,
  period: string,
  days: SellingDays,
): DealOutlook {
  return {
    deal,
    stage,
    stageDays,
    period,
    won,
    lost,
    stillOpen,
    expectedWin: expectedWinDay === null ? null : dayText(days.dayAt(expectedWinDay)),
    why,
  };
}
