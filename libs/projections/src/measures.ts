import { adherence } from './adherence.js';
import { bridge } from './bridge.js';
import { conversion } from './conversion.js';
import { cycleTime } from './cycle-time.js';
import type { DealColumns } from './deal-columns.js';
import { forecastAccuracy } from './forecast-accuracy.js';
import { forecastRecord } from './forecast-record.js';
import { forecastTotal } from './forecast-total.js';
import { forecast } from './forecast.js';
import { frameOf, type Frame } from './frame.js';
import { junkWatch } from './junk-watch.js';
import type { MeasureContext, MeasureName, Measures, Period, ScorecardPeriodKind } from './measure.js';
import { pipeline } from './pipeline.js';
import { scorecard } from './scorecard.js';
import { sources } from './sources.js';

const MEASURES: {
  readonly [Name in Exclude<MeasureName, 'forecast-total'>]: (
    frame: Frame,
    context: MeasureContext,
    at: (clock: string) => Frame,
  ) => Measures[Name];
} = {
  pipeline,
  conversion: (frame, { counted, period }, at) => conversion(frame, at, counted, notWeek(period)),
  'cycle-time': cycleTime,
  forecast: (frame, { period, average }) => forecast(frame, notWeek(period), average),
  'forecast-accuracy': (frame, { period }, at) => forecastAccuracy(frame, at, notWeek(period)),
  'forecast-record': forecastRecord,
  bridge: (frame, { of }, at) => bridge(frame, at, of),
  scorecard: (frame, { period }, at) => scorecard(frame, at, period),
  adherence,
  'junk-watch': (frame, { facts }) => {
    if (!facts) throw new Error('the junk watch reads the values that were recorded, which are not here');
    return junkWatch(frame, facts);
  },
  sources,
};

/** Only the scorecard knows weeks. Throws `RangeError`. */
function notWeek(period: ScorecardPeriodKind | undefined): Period | undefined {
  if (period === 'week') throw new RangeError('weeks are told by the scorecard alone: ask for months or quarters');
  return period;
}

/**
 * The answer to a question, from what is known of the deals (of any process; others than the one asked for are left out).
 * Pure: the same columns and context give the same answer for ever. Throws `RangeError` for an instant or a number that cannot be read.
 */
export function measure<Name extends MeasureName>(name: Name, deals: DealColumns, context: MeasureContext): Measures[Name] {
  if (name === 'forecast-total') return forecastTotal(deals, { ...context, period: notWeek(context.period) }) as Measures[Name];
  // The accuracy of the forecast goes back to earlier days, and so reads the deals as they stood then.
  const back = (clock: string): Frame => frameOf(deals, { ...context, clock });
  return MEASURES[name as Exclude<Name, 'forecast-total'>](
    frameOf(deals, context, name === 'adherence' || name === 'junk-watch'),
    context,
    back,
  );
}
