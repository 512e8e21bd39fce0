import type { ForecastPeriod } from '../../api/leaders-types.js';
import { behind, type View } from './view.js';

/** The deals won in a period. */
export const wonTo = (view: View, focus: ForecastPeriod, group: string | null): string =>
  behind(
    'scorecard',
    { ...view, window: { from: focus.start, to: focus.end } },
    { period: view.period, cohort: focus.period, outcome: 'won', group },
  );

/** The open deals that are to close in a period, of one category or all. */
export const openTo = (view: View, focus: ForecastPeriod, category: string | null, group: string | null): string =>
  behind(
    'forecast',
    { process: view.process, window: { from: focus.start, to: focus.end }, by: view.by },
    { of: focus.period, category: category ?? undefined, group },
  );
