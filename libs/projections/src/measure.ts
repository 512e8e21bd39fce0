import type { ForecastCategory, Money, Phase, ProcessRef, SalesProcess } from '@coxswain/sales-process';
import type { Backtest, BacktestOrigin } from './forecasting/backtest.js';
import type { DealReasons } from './forecasting/deals.js';
import type { FactNotes } from './fact-notes.js';
import type { Component } from './forecasting/totals.js';
import type { Plan } from './plan.js';

/**
 * What can be asked of the measures and what they answer: plain JSON throughout.
 *
 * Rates are shares from 0 to 1 with their denominator; what is unknown is null, never 0; instants are ISO 8601 in UTC;
 * durations are days (24 hours, with fractions).
 */

// ------------------------------------------------------------------------------------------------------------- asked

export type MeasureName =
  | 'pipeline'
  | 'conversion'
  | 'cycle-time'
  | 'forecast'
  | 'forecast-accuracy'
  | 'forecast-record'
  | 'forecast-total'
  | 'bridge'
  | 'scorecard'
  | 'adherence'
  | 'junk-watch'
  | 'sources';
export const MEASURE_NAMES: readonly MeasureName[] = [
  'pipeline',
  'conversion',
  'cycle-time',
  'forecast',
  'forecast-accuracy',
  'forecast-record',
  'forecast-total',
  'bridge',
  'scorecard',
  'adherence',
  'junk-watch',
  'sources',
];

/** What to tell figures apart by. `version` is the process version, `origin` how the deal came to be (new, upsell, import ...). */
export type Grouping = 'owner' | 'team' | 'source' | 'generatedBy' | 'version' | 'account' | 'origin';
export const GROUPINGS: readonly Grouping[] = ['owner', 'team', 'source', 'generatedBy', 'version', 'account', 'origin'];

/** What `forecast-total` can tell apart besides: the processes. */
export const TOTAL_GROUPINGS: readonly (Grouping | 'process')[] = ['process', ...GROUPINGS];

/** In the place of a process, for `forecast-total` alone: every process. */
export const ALL_PROCESSES = '*';

export type AsOfBy = 'recorded' | 'occurred';
export const AS_OF_BY: readonly AsOfBy[] = ['recorded', 'occurred'];

export type Period = 'month' | 'quarter';
export const PERIODS: readonly Period[] = ['month', 'quarter'];

/** A question. Instants are ISO 8601; a date alone (`2026-03-31`) is the first moment of that day in the time zone of the process. */
export interface MeasureQuery {
  /** Which process; `ALL_PROCESSES` for `forecast-total`. */
  readonly process: string;
  /** What was known then: only what was recorded up to this instant counts. Default: now. See `asOfBy`. */
  readonly asOf?: string | undefined;
  /**
   * By which of its two instants an event counts as known at `asOf`: when it was recorded (default), or when it occurred. The second is for history that
   * was brought in afterwards: everything recorded by now counts, as far as it had occurred by `asOf`, which then is the clock.
   */
  readonly asOfBy?: AsOfBy | undefined;
  /**
   * The present of the measure: only what occurred up to this instant counts, and open deals are as old as they are then.
   * Default: `asOf`; never later than `asOf`. For an imported data set that ended in the past, its last day.
   */
  readonly clock?: string | undefined;
  /** The window, from this instant on; what it selects is said with each measure. */
  readonly from?: string | undefined;
  /** The end of the window: up to, not including, this instant. */
  readonly to?: string | undefined;
  readonly by?: Grouping | 'process' | undefined;
  /** Forecast and its accuracy (default: quarter), conversion: which cohorts are told apart (default: none); scorecard (default: month), which alone knows weeks. */
  readonly period?: ScorecardPeriodKind | undefined;
  /** Bridge only: the month or quarter whose close dates count (`2026-Q4`). Default: every open deal, whatever its close date. */
  readonly of?: string | undefined;
  /** Conversion only: which deals the window takes. Default: entered. */
  readonly counted?: Counted | undefined;
  /** Forecast only: over how many past periods the moving average goes, 1 to 12. Default: 3. */
  readonly average?: number | undefined;
}

/** A published version of a process. `publishedAt` is when the log recorded it, so that a figure as of T knows no later version. */
export interface ProcessVersion {
  readonly ref: ProcessRef;
  readonly definition: SalesProcess;
  readonly publishedAt: string;
}

/** A question with all it takes to answer it. */
export interface MeasureContext extends MeasureQuery {
  readonly asOf: string;
  /** The versions of the process (of each process), in any order. */
  readonly versions: readonly ProcessVersion[];
  /** Targets, calls and issued forecasts of the process; none unless told. */
  readonly plan?: Plan | undefined;
  /** The plan of each process, for `forecast-total`. */
  readonly plans?: ReadonlyMap<string, Plan> | undefined;
  /** The values that were recorded: the junk watch reads them. */
  readonly facts?: FactNotes | undefined;
}

// ---------------------------------------------------------------------------------------------------------- answered

/** A share with its denominator and its 95 % Wilson interval; all three null when there is nothing to divide by. */
export interface Rate {
  readonly rate: number | null;
  readonly count: number;
  readonly of: number;
  readonly low: number | null;
  readonly high: number | null;
}

/** One figure less another, with its 95 % interval. */
export interface Difference {
  readonly difference: number;
  readonly low: number;
  readonly high: number;
}

/** What deals are worth together. */
export interface Value {
  /** One sum a currency; empty when no deal has an amount. */
  readonly amounts: readonly Money[];
  /** How many deals the sums are made of. */
  readonly of: number;
  /** How many deals have no amount and are in no sum. */
  readonly withoutAmount: number;
}

/** What every answer says about itself. */
export interface Answer<Name extends MeasureName, Group> {
  readonly measure: Name;
  readonly process: string;
  /** The version that stages are named by: the latest published at `asOf`; null when there was none. */
  readonly version: number | null;
  readonly asOf: string;
  /** `occurred`: the instant asked for is the clock, and `asOf` is when it was asked. */
  readonly asOfBy: AsOfBy;
  readonly clock: string;
  readonly from: string | null;
  readonly to: string | null;
  readonly by: Grouping | null;
  /** In which days, months and quarters begin. */
  readonly timezone: string;
  /** How many deals of the process were known, before the window. */
  readonly deals: number;
  /** One group without `by`; with `by` one a value, the largest first. */
  readonly groups: readonly Group[];
}

/** `group`: the value of what was asked `by`; null for those that have none, and for the one group when nothing was asked. */
export interface Grouped {
  readonly group: string | null;
}

export interface StageName {
  readonly stage: string;
  readonly label: string;
  readonly phase: Phase;
  /** True for a stage that the present version has no longer and that none of its stages continues. */
  readonly retired: boolean;
}

// ---------------------------------------------------------------------------------------------------------- pipeline

export type PipelineAnswer = Answer<'pipeline', PipelineGroup>;

export interface PipelineGroup extends Grouped {
  /** Deals that stand neither won nor lost. */
  readonly open: number;
  /** Of the open deals. */
  readonly value: Value;
  /** Deals past a time limit, in any stage. */
  readonly overdue: number;
  /** Every stage in the order of the file, closed and customer stages too; deals that stand won or lost are not in `open`. */
  readonly stages: readonly PipelineStage[];
  /** Longest overdue first, at most 20. */
  readonly topOverdue: readonly OverdueDeal[];
}

export interface PipelineStage extends StageName {
  readonly deals: number;
  readonly value: Value;
  /** Days since the deals entered the stage. */
  readonly ageDaysMedian: number | null;
  readonly ageDaysOldest: number | null;
  readonly oldestDeal: string | null;
  readonly overdue: number;
}

export interface OverdueDeal {
  readonly deal: string;
  readonly stage: string;
  readonly owner: string;
  readonly limit: string;
  readonly dueAt: string;
  readonly overdueDays: number;
  readonly amount: Money | null;
}

// -------------------------------------------------------------------------------------------------------- conversion

export type ConversionAnswer = Answer<'conversion', ConversionGroup> & {
  readonly counted: Counted;
  readonly period: Period | null;
};

/**
 * Which deals the window takes. `entered`: those that entered the first stage in it, a cohort, followed up to the clock. `at-risk`: those that
 * stood between the two stages at any time of it, whenever they entered, each for as long as it did so within the window: what this
 * window's selling amounts to, without waiting for cohorts to ripen (period analysis, Brenner and Gefeller 1996).
 */
export type Counted = 'entered' | 'at-risk';
export const COUNTED: readonly Counted[] = ['entered', 'at-risk'];

export interface ConversionGroup extends Grouped {
  /** Each stage to the next in the order of the file, lost stages left out. */
  readonly steps: readonly ConversionStep[];
  /** lead to qualified, qualified to won, lead to won. */
  readonly funnel: readonly ConversionStep[];
  /** The funnel of the deals that entered in each period; empty unless a period was asked for. */
  readonly cohorts: readonly ConversionCohort[];
}

export interface ConversionCohort extends PeriodBounds {
  readonly funnel: readonly ConversionStep[];
}

/** A month or a quarter: `2026-03` or `2026-Q1`; its first day, and the day after its last, as `YYYY-MM-DD`. */
export interface PeriodBounds {
  readonly period: string;
  readonly start: string;
  readonly end: string;
}

/**
 * From entering one stage (or phase) to entering another afterwards. Losing the deal and any other end compete with it (Aalen-Johansen);
 * deals that are open at the clock count as followed for so long, not as failed.
 */
export interface ConversionStep {
  readonly from: string;
  readonly fromLabel: string;
  readonly to: string;
  readonly toLabel: string;
  /** The share that has gone on by the oldest age that the record can tell. */
  readonly converted: Share;
  /** The share that has gone on within so many days. */
  readonly within: readonly ShareWithin[];
  /** Beyond this age nothing can be told: fewer than 20 deals were followed for longer. Null where nothing can be told at all, or where every deal has ended and all is told. */
  readonly estimableUntilDays: number | null;
  /** Deals that went on / deals that entered, up to the clock; those that are open count as if they never would. */
  readonly naive: Rate;
  /** Did not go on, and still may. */
  readonly open: number;
  /** Neither went on nor are open; of them those that stand lost, the others ended another way. */
  readonly ended: number;
  readonly lost: number;
}

/** 0 to 1, with its 95 % interval; null where it cannot be told, and `why` says why. */
export interface Share {
  readonly share: number | null;
  readonly low: number | null;
  readonly high: number | null;
  /** The age it is told for; null where every deal has ended, so that it is told for good. */
  readonly withinDays: number | null;
  /** Deals under observation at that age. */
  readonly atRisk: number;
  readonly why: string | null;
}

export interface ShareWithin {
  readonly days: number;
  /** Null below 20 at risk or beyond the longest age. */
  readonly share: number | null;
  readonly low: number | null;
  readonly high: number | null;
  readonly atRisk: number;
}

// -------------------------------------------------------------------------------------------------------- cycle time

export type CycleTimeAnswer = Answer<'cycle-time', CycleTimeGroup>;

export interface CycleTimeGroup extends Grouped {
  /** Time in each stage, per visit that began in the window. */
  readonly stages: readonly StageTime[];
  /** From capture to the first win, of deals captured in the window. */
  readonly leadToWon: TimeToWon;
  /** From first being qualified (or further) to the first win, of deals qualified in the window. */
  readonly qualifiedToWon: TimeToWon;
}

/** Quantiles count what is still open as "at least this long"; null means not estimable, and `why` says why. */
export interface StageTime extends StageName {
  readonly visits: number;
  /** Of the visits, those of deals that had stood in the stage before. */
  readonly reentries: number;
  readonly ended: number;
  readonly open: number;
  readonly medianDays: number | null;
  /** 95 % interval of the median; an end that the record does not reach is null. */
  readonly medianLowDays: number | null;
  readonly medianHighDays: number | null;
  /** Visits under observation at the median. */
  readonly atRisk: number | null;
  readonly p85Days: number | null;
  readonly why: string | null;
  readonly naive: NaiveTime;
}

/** Of those that have ended alone, as if the others did not exist: too short, by as much as long ones are still open. */
export interface NaiveTime {
  readonly medianDays: number | null;
  readonly p85Days: number | null;
  readonly of: number;
}

/** Quantiles are of the deals that are won, lost ones competing with them. */
export interface TimeToWon {
  readonly deals: number;
  readonly won: number;
  readonly lost: number;
  readonly open: number;
  readonly medianDays: number | null;
  readonly p85Days: number | null;
  readonly why: string | null;
  /** Share of deals won within so many days of the start (Aalen-Johansen). */
  readonly wonWithin: readonly ShareWithin[];
  readonly naive: NaiveTime;
}

// ---------------------------------------------------------------------------------------------------------- forecast

export type ForecastAnswer = Answer<'forecast', ForecastGroup> & { readonly period: Period; readonly average: number };

export interface ForecastGroup extends Grouped {
  readonly periods: readonly ForecastPeriod[];
  /** Open deals with no close date: in no period. */
  readonly withoutDate: NotForecast;
  /** Open deals with no amount: counted, but in no sum. */
  readonly withoutAmount: NotForecast;
  /** Open deals whose close date lies before or after the periods shown. */
  readonly outside: NotForecast;
  /** Share won of the resolved deals that ever stood in a stage; over all groups. */
  readonly stageRates: readonly (StageName & { readonly probability: number | null; readonly won: Rate })[];
  /** Open deals older than any deal that was ever won or lost: in no `total`. */
  readonly stale: NotForecast;
  /** Open deals that promise most in the first period that is not over: chance x amount (chance alone where no win has an amount), at most 20. Stale ones left out, and all while fewer than 20 deals have closed. */
  readonly deals: readonly DealOutlook[];
}

export interface ForecastPeriod {
  /** `2026-03` or `2026-Q1`. */
  readonly period: string;
  /** First day, and the day after the last, as `YYYY-MM-DD`. */
  readonly start: string;
  readonly end: string;
  /** Where the period lies seen from the clock. */
  readonly when: 'past' | 'current' | 'future';
  /** What was won in it, up to the clock. */
  readonly won: Value & { readonly deals: number };
  /** Open deals expected to close in it (in a past period: late), by forecast category; `closed` is what was won. */
  readonly categories: readonly { readonly category: ForecastCategory; readonly deals: number; readonly value: Value }[];
  /** Open deals expected to close in it. */
  readonly open: Value & { readonly deals: number };
  /** Sum of amount x probability of the stage in the process file. */
  readonly weightedByStage: Weighted;
  /** Sum of amount x share of resolved deals of that stage that were won. */
  readonly weightedByHistory: Weighted;
  /** Average won value of the `average` whole periods before it that the record covers and that are over; the naive forecast. */
  readonly movingAverage: Weighted;
  /** What the record says will have come in by its end; null for a period that is over, that lies more than four ahead, or that no win with an amount tells of. */
  readonly total: PeriodTotal | null;
}

/** In the currency of the process. All but `booked` is of what is still to come in, unless it says otherwise. */
export interface PeriodTotal {
  /** Won in the period so far. */
  readonly booked: Money;
  /** `booked` and what is to come: the blend of the components, and the 80 % interval about it. Null is not known; `why` says why. */
  readonly p10: Money | null;
  readonly p50: Money | null;
  readonly p90: Money | null;
  /** Resolved earlier forecasts that the interval rests on, the latest 12 at most. */
  readonly resolved: number;
  readonly why: string | null;
  readonly components: readonly TotalComponent[];
  /** What the component `pipeline` is made of; null where `p50` is. */
  readonly pipeline: {
    /** Sum of amount x chance to be won in the period, of open deals that are not stale. */
    readonly open: Money;
    readonly openDeals: number;
    /** The same of deals to be captured from now on. */
    readonly notYetVisible: Money;
    /** The same of lost deals that come back. */
    readonly reopened: Money;
    /** Of the open deals, those older than any that ever closed: not in `open`. */
    readonly staleDeals: number;
  } | null;
}

/** One way to forecast, and how it did on windows of the same length and lead that are over. */
export interface TotalComponent {
  readonly component: Component;
  readonly amount: Money | null;
  /** Share in the blend, 0 to 1; the landmark table is shown and not blended. */
  readonly weight: number;
  /** Resolved forecasts it was scored on. They overlap, and count as much as `windows` that do not. */
  readonly resolved: number;
  readonly windows: number;
  /** Sum of absolute errors / sum of what came in; null where that is nothing. */
  readonly wape: number | null;
  /** Sum of errors / sum of what came in: above 0 it promised too much. */
  readonly bias: number | null;
}

/** Chances of one open deal up to the end of a period, from its beginning or from now on; 0 to 1, together 1. */
export interface DealOutlook {
  readonly deal: string;
  readonly stage: string;
  readonly stageDays: number;
  readonly period: string;
  readonly won: number;
  readonly lost: number;
  readonly stillOpen: number;
  /** `YYYY-MM-DD`, in UTC: the mean day of its win over the ways in which it is won within a year; null where there is none. */
  readonly expectedWin: string | null;
  readonly why: DealReasons;
}

export interface Weighted {
  /** Null when it rests on nothing. */
  readonly amounts: readonly Money[] | null;
  /** Deals (moving average: periods) it rests on. */
  readonly of: number;
}

export interface NotForecast {
  readonly deals: number;
  /** The first of them by id, at most 20. */
  readonly examples: readonly string[];
}

// ------------------------------------------------------------------------------------------------- forecast accuracy

export type ForecastAccuracyAnswer = Answer<'forecast-accuracy', ForecastAccuracyGroup> & { readonly period: Period };

/** Amounts in minor units of `currency`; where no win has an amount it is null, and deals won are forecast instead. */
export interface ForecastAccuracyGroup extends Grouped, Omit<Backtest, 'origins'> {
  readonly currency: string | null;
  /** Oldest first: what was said at the instant of what would be won until the other, and what was. */
  readonly origins: readonly (Omit<BacktestOrigin, 'day'> & { readonly at: string; readonly until: string })[];
}

// --------------------------------------------------------------------------------------------------- forecast record

export type ForecastRecordAnswer = Answer<'forecast-record', ForecastRecordGroup>;

/** How what was issued and called turned out. The window selects by when it was said. Amounts in the currency of the process. */
export interface ForecastRecordGroup extends Grouped {
  /** Said of periods that are over, and scored. */
  readonly scored: number;
  /** Said of periods that are not over yet, and the end of the first of them: `YYYY-MM-DD`, the day after its last. */
  readonly waiting: number;
  readonly nextEnd: string | null;
  /** The engine's: the blend, and each method it is made of; the moving average is the naive one. */
  readonly methods: readonly (SaidRecord & { readonly method: Component | 'blend' })[];
  /** People's, teams' and the company's calls. */
  readonly calls: readonly (SaidRecord & {
    readonly owner: string | null;
    readonly team: string | null;
    readonly kind: 'commit' | 'best-case';
  })[];
  /** By how many days before the end of the period it was said: the blend, and the calls. */
  readonly leadTimes: readonly { readonly days: string; readonly blend: SaidRecord; readonly commits: SaidRecord }[];
  /** The last said first, at most 100. */
  readonly list: readonly ScoredForecast[];
}

/** So many said, how wrong they were, and whether the interval held. */
export interface SaidRecord {
  readonly said: number;
  /** Sum of absolute errors / sum of what came in; null where that is nothing. */
  readonly wape: number | null;
  /** Sum of errors / sum of what came in: above 0 it promised too much. */
  readonly bias: number | null;
  /** Between p10 and p90, of those with an interval; 80 % are meant. */
  readonly within: Rate;
}

export interface ScoredForecast {
  readonly kind: 'forecast' | 'commit' | 'best-case';
  readonly owner: string | null;
  readonly team: string | null;
  readonly period: string;
  readonly saidAt: string;
  readonly leadDays: number;
  readonly said: Money | null;
  readonly p10: Money | null;
  readonly p90: Money | null;
  readonly actual: Money;
  readonly error: Money | null;
}

// ------------------------------------------------------------------------------------------------------ forecast total

/** What will come in over all processes: `process` is `*` unless one was asked for, and `version` null. Days and periods are each process's own. */
export type ForecastTotalAnswer = Omit<Answer<'forecast-total', ForecastTotalGroup>, 'by'> & {
  readonly by: Grouping | 'process' | null;
  readonly period: Period;
  /** Those that were known, by name. */
  readonly processes: readonly {
    readonly process: string;
    readonly title: string;
    readonly version: number;
    readonly currency: string;
    readonly timezone: string;
    readonly deals: number;
  }[];
};

export interface ForecastTotalGroup extends Grouped {
  readonly periods: readonly ForecastTotalPeriod[];
  /** One a period and currency, in order; none of a period in which no process has a total. */
  readonly totals: readonly CurrencyTotal[];
  readonly withoutDate: NotForecast;
  readonly withoutAmount: NotForecast;
  readonly outside: NotForecast;
  readonly stale: NotForecast;
}

/** Sums of what the forecasts of the processes say; see there. */
export type ForecastTotalPeriod = PeriodBounds &
  Pick<ForecastPeriod, 'when' | 'won' | 'categories' | 'open' | 'weightedByStage' | 'weightedByHistory'>;

/** What will have come in by the end of a period in one currency: of the processes that count in it. */
export interface CurrencyTotal extends PeriodBounds {
  readonly when: ForecastPeriod['when'];
  readonly currency: string;
  /** Won in the period so far, in all of them. */
  readonly booked: Money;
  /** `booked` and what is to come in the processes that can tell: the sum of their p50; the interval is that of the sum. */
  readonly p10: Money | null;
  readonly p50: Money | null;
  readonly p90: Money | null;
  /** Earlier days on which all of them forecast together, the latest 12 at most, that the interval rests on. */
  readonly resolved: number;
  readonly why: string | null;
  /** How wrong the sum was on all such days; as in `TotalComponent`. */
  readonly wape: number | null;
  readonly bias: number | null;
  readonly pipeline: PeriodTotal['pipeline'];
  /** The sum of the targets that are set; null where none is. */
  readonly target: Money | null;
  /** `booked` / target; null unless each process has one. */
  readonly attainment: number | null;
  /** What each process adds, as its own forecast says. */
  readonly processes: readonly ProcessShare[];
  /** Of them, those that cannot tell what is still to come: that is in no figure. */
  readonly without: readonly string[];
}

export interface ProcessShare extends Pick<PeriodTotal, 'p10' | 'p50' | 'p90' | 'why' | 'pipeline'> {
  readonly process: string;
  /** Null where no win has an amount. */
  readonly booked: Money | null;
  readonly target: Money | null;
}

// ------------------------------------------------------------------------------------------------------------- bridge

/** `from` and `to` are the two instants; `to` is the clock where it was left out, `from` a week before it. */
export type BridgeAnswer = Answer<'bridge', BridgeGroup> & { readonly of: string | null };

export interface BridgeGroup extends Grouped {
  /** Open deals (that are to close in the period) at the two instants. */
  readonly start: BridgeEnd;
  readonly end: BridgeEnd;
  /** What lies between: start and all bars together are the end, to the cent, in each currency. */
  readonly bars: readonly BridgeBar[];
}

export interface BridgeEnd extends Value {
  readonly deals: number;
}

/**
 * - `new`, `reopened`: captured since, or closed before and open again.
 * - `moved-in`, `slipped`: the close date moved into the period, or out of it.
 * - `handed-in`, `handed-out`: from or to another owner or team; only where told apart by it.
 * - `amount`: another amount. `won`, `lost`: closed since.
 */
export type BridgeBarName = 'new' | 'reopened' | 'moved-in' | 'handed-in' | 'amount' | 'won' | 'lost' | 'slipped' | 'handed-out';

export interface BridgeBar {
  readonly bar: BridgeBarName;
  readonly deals: number;
  /** Signed: what it adds. */
  readonly amounts: readonly Money[];
  /** Of the deals, those that have no amount. */
  readonly withoutAmount: number;
  /** The deals it is made of, the largest first, at most 20, each with the events that did it. */
  readonly list: readonly BridgeDeal[];
}

export interface BridgeDeal {
  readonly deal: string;
  readonly owner: string;
  /** Signed; empty without an amount. */
  readonly amounts: readonly Money[];
  readonly events: readonly BridgeEvent[];
}

/** What was recorded: which of the deal's events it is, its two instants tell. */
export interface BridgeEvent {
  readonly what: 'captured' | 'amount' | 'close-date' | 'owner' | 'won' | 'lost' | 'reopened';
  readonly from: string | null;
  readonly to: string | null;
  readonly by: string | null;
  readonly occurredAt: string;
  readonly recordedAt: string;
}

// ---------------------------------------------------------------------------------------------------------- scorecard

/** Leaders' figures by period. Figures of a period that is over are those of its end, by what is known now. */
export type ScorecardAnswer = Answer<'scorecard', ScorecardGroup> & { readonly period: ScorecardPeriodKind };

export type ScorecardPeriodKind = 'week' | Period;
export const SCORECARD_PERIODS: readonly ScorecardPeriodKind[] = ['week', ...PERIODS];

export interface ScorecardGroup extends Grouped {
  readonly periods: readonly ScorecardPeriod[];
}

export interface ScorecardPeriod extends PeriodBounds {
  readonly when: 'past' | 'current';
  readonly captured: number;
  readonly qualified: number;
  readonly won: Value & { readonly deals: number };
  readonly lost: number;
  /** won / (won + lost) of the deals that closed in the period. */
  readonly winRate: Rate;
  /** Mean won value in minor units of the currency of the process, and of how many wins with an amount. */
  readonly averageWin: { readonly minor: number | null; readonly of: number };
  /** From capture to the first win, of the wins of the period: the median of days. Those still open are not in it; see cycle-time. */
  readonly cycleDaysMedian: { readonly days: number | null; readonly of: number };
  readonly velocity: Velocity;
  readonly open: Value & { readonly deals: number };
  /** Target of the period for whom the group is; null where none is set. */
  readonly target: Money | null;
  /** Closed-won in the currency of the process / target. */
  readonly attainment: number | null;
  /**
   * Open deals that were to close in the period, at its start, and now while it runs / (target - closed-won by then). Null without a target, or where it is met.
   */
  readonly coverageAtStart: number | null;
  readonly coverageNow: number | null;
  readonly slippage: Slippage;
  readonly ageing: readonly StageAgeing[];
}

/** Of what was to close in the period at its start, in the currency of the process: what is to close later (or without a date) by its end, or now. */
export interface Slippage {
  readonly rate: number | null;
  readonly slippedMinor: number;
  readonly ofMinor: number;
  readonly deals: Rate;
}

/** Money a day: open deals x average win x win rate / cycle days, the last three over the year up to the end of the period. */
export interface Velocity {
  /** Minor units of the currency of the process a day; null where a part of it is not known, and `why` says which. */
  readonly minorPerDay: number | null;
  readonly openDeals: number;
  readonly averageWinMinor: number | null;
  readonly winRate: Rate;
  readonly cycleDays: number | null;
  readonly why: string | null;
}

/** Open deals at the end of the period, by stage. */
export interface StageAgeing extends StageName {
  readonly deals: number;
  readonly ageDaysMedian: number | null;
  /** Older than 85 in 100 of the stays there that had ended by then. */
  readonly old: Rate;
}

// --------------------------------------------------------------------------------------------------------- adherence

export type AdherenceAnswer = Answer<'adherence', AdherenceGroup> & {
  /** Do people sell the same way? Over all groups: the closed deals with steps in the window, by who owned them at each step. */
  readonly people: PeopleComparison;
  /** How long closed deals of the window take from each stage to each later one; over all groups. */
  readonly temporalProfile: {
    /** More standard deviations off the mean than this, and more hours, is unusual. */
    readonly unusualFrom: number;
    readonly leastHours: number;
    /** Of a pair seen less often, no time is called unusual. */
    readonly fewest: number;
    /** The most often seen first. */
    readonly pairs: readonly {
      readonly from: string;
      readonly to: string;
      readonly times: number;
      readonly meanDays: number;
      readonly sdDays: number | null;
    }[];
  };
};

export interface AdherenceGroup extends Grouped {
  /** Deals with steps in the window none of which deviates. */
  readonly deals: Rate;
  /** Steps that people took (or history tells) and that follow the process in force. */
  readonly steps: Rate;
  /** Steps for which a check was let pass by somebody entitled. */
  readonly overriddenSteps: Rate;
  /** Most frequent first. */
  readonly deviations: readonly Deviation[];
  readonly overrides: readonly Override[];
  /** Distinct paths through the stages of the deals above. */
  readonly variants: { readonly total: number; readonly top: readonly Variant[] };
  /** How well the paths of the deals above fit the process: mean fitness, and those that fit it throughout. */
  readonly fitness: Fitness;
  /** Stages that were skipped, extra, out of order or entered by override, in the order of the file. */
  readonly stageDeviations: readonly StageDeviation[];
  /** The deals whose paths fit worst, at most 20; those that fit throughout are not among them. */
  readonly leastFitting: readonly LeastFitting[];
  /** In order; each deal in the month of its last step in the window. */
  readonly months: readonly AdherenceMonth[];
  /** Deals with a time between two stages that is unusual, of those with one that can be judged; the most unusual at most 10. */
  readonly unusualTimes: { readonly deals: Rate; readonly top: readonly UnusualTime[] };
  /** Stages, and places within their tracks, that had a time limit: visits begun in the window that outlasted it. */
  readonly limits: readonly LimitKept[];
  /** The paths above with what happened in one instant taken together, in no order. */
  readonly variantsByInstant: { readonly total: number; readonly top: readonly InstantVariant[] };
  /** How deals fared that followed the process, had a check let pass, or deviated: an association, not what deviating does. */
  readonly outcomes: readonly Outcome[];
}

/** Fitness is 1 - cost of the optimal alignment / (stages of the path + stages of the shortest complete path), from 0 to 1. */
export interface Fitness {
  /** Null when there is no deal, or no version of the process. */
  readonly mean: number | null;
  readonly of: number;
  /** Paths that fit throughout: nothing skipped, nothing extra. */
  readonly perfect: Rate;
}

export interface StageDeviation extends StageName {
  readonly skipped: Occurred;
  readonly extra: Occurred;
  /** Both skipped in its place and extra in another. */
  readonly outOfOrder: Occurred;
  /** Steps in the window, to this stage or within its tracks, for which a check was let pass. */
  readonly overridden: Occurred;
}

export interface Occurred {
  readonly times: number;
  readonly deals: number;
  /** Ids of deals, at most 5. */
  readonly examples: readonly string[];
}

export interface LeastFitting {
  readonly deal: string;
  readonly fitness: number;
  readonly skipped: readonly string[];
  readonly extra: readonly string[];
  readonly outOfOrder: readonly string[];
}

export interface AdherenceMonth {
  /** `2026-03`, in the time zone of the process. */
  readonly month: string;
  readonly deals: Rate;
  /** Steps taken in the month. */
  readonly steps: Rate;
  readonly fitness: { readonly mean: number | null; readonly of: number };
}

/** One deal's most unusual time. */
export interface UnusualTime {
  readonly deal: string;
  readonly from: string;
  readonly to: string;
  readonly days: number;
  readonly meanDays: number;
  /** Standard deviations from the mean; null where all deals took the same time but this one. */
  readonly deviations: number | null;
}

/** A stage, or a place within one of its parallel tracks: that is called as its limit is, `stage/track/place`, and `track` is its track. */
export interface PlaceName extends StageName {
  readonly track: string | null;
}

export interface LimitKept extends PlaceName {
  /** Visits that outlasted the limit / visits under a limit. */
  readonly exceeded: Rate;
  readonly deals: number;
  /** Ids of deals, at most 5. */
  readonly examples: readonly string[];
}

export interface InstantVariant {
  readonly path: readonly (readonly string[])[];
  readonly deals: number;
  readonly share: number;
}

export type HowFollowed = 'followed' | 'overridden' | 'deviated';

export interface Outcome {
  /** `deviated`: a step in the window deviates; `overridden`: none does, and a check was let pass; `followed`: neither. */
  readonly how: HowFollowed;
  readonly deals: number;
  /** Won of those that stand won or lost. */
  readonly winRate: Rate;
  /** From capture to the first win, losses competing, with a 95 % bootstrap interval; null when not estimable, and `why` says why. */
  readonly daysToWon: {
    readonly median: number | null;
    readonly low: number | null;
    readonly high: number | null;
    readonly why: string | null;
  };
  /** These less those that followed the process; null of those themselves. */
  readonly comparedToFollowed: {
    readonly winRate: Difference | null;
    /** Among deals that got as far before they closed: lead, qualified or selling. */
    readonly winRateSamePhase: Difference | null;
    readonly medianDaysToWon: Difference | null;
  } | null;
}

export interface PeopleComparison {
  /** Closed deals. */
  readonly deals: number;
  /** People with fewer closed deals are not compared. */
  readonly fewest: number;
  /** How often the steps were dealt out at random; 0 when nobody could be compared. */
  readonly shuffles: number;
  /** The least likely by chance first, then those that could not be compared. */
  readonly people: readonly PersonCompared[];
}

/** All figures are null when `why` says why there are none. */
export interface PersonCompared {
  readonly owner: string;
  /** Closed deals that took a step while they owned it. */
  readonly deals: number;
  /** Mean total variation, from 0 to 1, between where their deals and everybody else's go on to from the same stage. */
  readonly distance: number | null;
  /** The mean distance of as many steps from the same stages dealt out at random, and how much further off they are. */
  readonly byChance: number | null;
  readonly excess: number | null;
  /** Share of the shuffles that are at least as far off, and the share of false findings when all up to here are called different. */
  readonly p: number | null;
  readonly q: number | null;
  /** q at most .05. */
  readonly differs: boolean | null;
  /** Where they differ most, at most 3. */
  readonly steps: readonly StepShare[];
  readonly why: string | null;
}

/** Of the steps from a stage the share that led to another, theirs and the others'; stages of one instant stand together. */
export interface StepShare {
  readonly from: readonly string[];
  readonly to: readonly string[];
  readonly share: number;
  readonly others: number;
}

export interface Deviation {
  readonly kind: 'role' | 'fact' | 'check' | 'track' | 'path';
  /** The check or the missing fact; for a path `from -> to`. */
  readonly what: string | null;
  readonly steps: number;
  readonly deals: number;
  /** At most 5. */
  readonly examples: readonly {
    readonly deal: string;
    readonly from: string;
    readonly to: string;
    readonly occurredAt: string;
    readonly say: string;
  }[];
}

export interface Override {
  readonly check: string;
  /** Who let it pass. */
  readonly by: string;
  readonly steps: number;
  readonly deals: number;
}

export interface Variant {
  readonly path: readonly string[];
  readonly deals: number;
  readonly share: number;
}

// ----------------------------------------------------------------------------------------------------------- sources

export type SourcesAnswer = Answer<'sources', SourcesGroup>;

export interface SourcesGroup extends Grouped {
  /** By the fact `source`, most deals first. */
  readonly sources: readonly SourceRow[];
  /** By the fact `generatedBy`, most deals first. */
  readonly generatedBy: readonly SourceRow[];
}

/** Of the deals captured in the window. */
export interface SourceRow {
  /** Null for deals that do not say. */
  readonly name: string | null;
  readonly deals: number;
  /** Ever reached phase qualified or further. */
  readonly qualified: Rate;
  /** Stand won, lost or open at the clock; `disqualified` are those of the lost that never became an opportunity. */
  readonly won: number;
  readonly lost: number;
  readonly disqualified: number;
  readonly open: number;
  /** won / (won + lost); open deals left out. */
  readonly winRate: Rate;
  /** Ever won / captured. */
  readonly leadToWon: Rate;
  readonly wonValue: Value;
}

// -------------------------------------------------------------------------------------------------------- junk watch

export type JunkWatchAnswer = Answer<'junk-watch', JunkWatchGroup> & {
  /** A step so soon after the one before it is rushed. */
  readonly rushedWithinSeconds: number;
  /** The last so many days of a month are its end. */
  readonly periodEndDays: number;
  /** Fewer of a kind never stand out. */
  readonly fewest: number;
};

export interface JunkWatchGroup extends Grouped {
  /** Steps of people in the window. */
  readonly steps: number;
  /** Of the values that a gate asked for when it was passed, choices and yes-or-no left out: those that look like placeholders. */
  readonly placeholders: Rate;
  /** Those with most signs first. */
  readonly gates: readonly JunkGate[];
  /** On whose deals a check is let pass more often than on everybody else's, at most 20. */
  readonly overrides: readonly HabitualOverride[];
  /** Who gives the same value over and over, at most 20; by owner those of the owner, by anything else none. */
  readonly repeated: readonly RepeatedValue[];
}

export type JunkSign = 'placeholders' | 'repeated' | 'rushed' | 'periodEnd' | 'overridden';

/** One way from a stage to another, whatever its moves are called. Of a track, its stages. */
export interface JunkGate extends Readonly<Record<JunkSign, Sign>> {
  readonly from: string;
  readonly fromLabel: string;
  readonly to: string;
  readonly toLabel: string;
  readonly track: string | null;
  /** The fields that it asks for: needed, or read by a check. */
  readonly asks: readonly string[];
  readonly steps: number;
  /** The signs that count at least five times and more often than at the other gates beyond chance. */
  readonly standsOut: readonly JunkSign[];
  /** The most frequent values that look like placeholders, at most 5. Money in minor units. */
  readonly values: readonly { readonly field: string; readonly value: string; readonly times: number }[];
}

/** A share at one gate, that of all other gates together, and the first less the second with its 95 % interval; deals for example, at most 5. */
export interface Sign {
  readonly here: Rate;
  readonly rest: Rate;
  readonly excess: Difference | null;
  readonly examples: readonly string[];
}

export interface HabitualOverride {
  readonly from: string;
  readonly to: string;
  readonly track: string | null;
  readonly check: string;
  readonly owner: string;
  /** Of the steps of their deals at which it was asked; and of everybody else's. */
  readonly steps: Rate;
  readonly rest: Rate;
  /** Who let it pass, most first, at most 3. */
  readonly passedBy: readonly { readonly person: string; readonly steps: number }[];
}

export interface RepeatedValue {
  readonly field: string;
  readonly by: string;
  /** Money in minor units. */
  readonly value: string;
  /** Of the deals for which they gave a value; and of everybody else's. */
  readonly deals: Rate;
  readonly rest: Rate;
}

// ---------------------------------------------------------------------------------------------------------------- all

/** The answer of each measure, by its name. */
export interface Measures {
  readonly pipeline: PipelineAnswer;
  readonly conversion: ConversionAnswer;
  readonly 'cycle-time': CycleTimeAnswer;
  readonly forecast: ForecastAnswer;
  readonly 'forecast-accuracy': ForecastAccuracyAnswer;
  readonly 'forecast-record': ForecastRecordAnswer;
  readonly 'forecast-total': ForecastTotalAnswer;
  readonly bridge: BridgeAnswer;
  readonly scorecard: ScorecardAnswer;
  readonly adherence: AdherenceAnswer;
  readonly 'junk-watch': JunkWatchAnswer;
  readonly sources: SourcesAnswer;
}

export type MeasureAnswer = Measures[MeasureName];
