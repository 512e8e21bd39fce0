import { adherence } from './adherence.js';
import { conversion } from './conversion.js';
import { cycleTime } from './cycle-time.js';
import type { DealHistory } from './deal-history.js';
import { forecastAccuracy } from './forecast-accuracy.js';
import { forecast } from './forecast.js';
import { frameOf, type Frame } from './frame.js';
import type { MeasureContext, MeasureName, Measures } from './measure.js';
import { pipeline } from './pipeline.js';
import { sources } from './sources.js';

const MEASURES: {
  readonly [Name in MeasureName]: (frame: Frame, context: MeasureContext, at: (clock: string) => Frame) => Measures[Name];
} = {
  pipeline,
  conversion,
  'cycle-time': cycleTime,
  forecast: (frame, { period, average }) => forecast(frame, period, average),
  'forecast-accuracy': (frame, { period }, at) => forecastAccuracy(frame, at, period),
  adherence,
  sources,
};

/**
 * The answer to a question, from the histories of the deals (of any process; others than the one asked for are left out).
 * Pure: the same histories and context give the same answer for ever. Throws `RangeError` for an instant or a number that cannot be read.
 */
export function measure<Name extends MeasureName>(
  name: Name,
  deals: Iterable<DealHistory>,
  context: MeasureContext,
): Measures[Name] {
  // The accuracy of the forecast goes back to earlier days, and so reads the deals more than once.
  const read = name === 'forecast-accuracy' ? [...deals] : deals;
  return MEASURES[name](frameOf(read, context), context, (clock) => frameOf(read, { ...context, clock }));
}
