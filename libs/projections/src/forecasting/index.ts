export { totalsAccuracy, chancesAccuracy, type ChancesAccuracy, type TotalsAccuracy } from './accuracy.js';
export { backtest, type Backtest, type BacktestOrigin, type Verdict } from './backtest.js';
export { intervalOf, weights, type Interval, type Resolved } from './blend.js';
export { dealForecasts, type DealForecast, type DealReasons } from './deals.js';
export { fitHazards, type Hazards } from './hazards.js';
export { landmarks } from './landmark.js';
export { outlook } from './outlook.js';
export { columnsOf, daysOf, timelineOf, type Columns, type Stay, type Timeline, type Window } from './timelines.js';
export { COMPONENTS, Forecaster, type Component, type ComponentForecast, type TotalForecast } from './totals.js';
