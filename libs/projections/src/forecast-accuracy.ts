import { backtest } from './forecasting/backtest.js';
import { columnsOf, type Columns } from './forecasting/timelines.js';
import { answer, type Frame } from './frame.js';
import type { ForecastAccuracyAnswer, Period } from './measure.js';
import { daysOfFrame, timelinesOf } from './period-totals.js';
import { dayOf, instantOf, periodOf } from './time.js';

const DAY_MS = 86_400_000;
/** Days that are gone back to, at most. */
const MOST_ORIGINS = 26;
/** A forecast from fewer days of record tells nothing. */
const FEWEST_DAYS = 28;

/**
 * How the forecast would have done: asked again on earlier days, each time with what had occurred by then, for the month or the quarter
 * (as many days as the last whole one had) from that day on. The window selects the days. `frameAt` is the frame as of an earlier clock.
 */
export function forecastAccuracy(
  frame: Frame,
  frameAt: (clock: string) => Frame,
  kind: Period = 'quarter',
): ForecastAccuracyAnswer {
  const ofProcess = frame.lineage.latest?.definition.currency;
  const inMoney = ofProcess !== undefined && hasWinIn(frame, ofProcess);
  // Where no win has an amount, wins themselves are forecast: each counts 1.
  const columns = (of: Frame): Columns =>
    columnsOf(
      timelinesOf(of, ofProcess ?? '').map((one) => (inMoney ? one : { ...one, amount: 1, amounts: undefined, wonAmount: 1 })),
      daysOfFrame(of),
    );
  const last = periodOf(dayOf(frame.clock, frame.timezone), kind, -1);
  const windowDays = Math.round((Date.parse(`${last.end}T00:00:00Z`) - Date.parse(`${last.start}T00:00:00Z`)) / DAY_MS);
  const clock = Date.parse(frame.clock);
  const known = columns(frame);
  const first = known.captured.reduce((earliest, day) => Math.min(earliest, day), Infinity) + FEWEST_DAYS;
  const apart = Math.max(7, Math.ceil(windowDays / 4));

  const days: number[] = [];
  // Each begins with a day where the company is, so that a forecast is of whole days.
  const today = Date.parse(`${dayOf(frame.clock, frame.timezone)}T00:00:00Z`);
  for (let back = windowDays; days.length < MOST_ORIGINS; back += apart) {
    const date = new Date(today - back * DAY_MS).toISOString().slice(0, 10);
    const at = instantOf(date, frame.timezone);
    const day = Date.parse(at) / DAY_MS;
    if (day < first) break;
    if (day + windowDays <= clock / DAY_MS && frame.within(Date.parse(at))) days.push(day);
  }
  const found = backtest(
    days.toReversed(),
    windowDays,
    (day) => columns(frameAt(new Date(day * DAY_MS - 1).toISOString())),
    known,
    // Without grouping there is one group, also where there are no deals.
    frame.by === null ? [null] : known.groups,
  );
  const iso = (day: number): string => new Date(day * DAY_MS).toISOString();
  const groups = found.map((group) => ({
    ...group,
    currency: inMoney ? ofProcess : null,
    origins: group.origins.map(({ day, ...origin }) => ({ at: iso(day), until: iso(day + windowDays), ...origin })),
  }));
  return { ...answer('forecast-accuracy', frame, groups), period: kind };
}

function hasWinIn({ deals }: Frame, currency: string): boolean {
  for (const { won } of deals) if (won?.amount?.currency === currency) return true;
  return false;
}
