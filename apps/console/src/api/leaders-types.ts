import type { Money, Phase } from './types.js';

/** What the measures answer, as docs/reference/measures.md has it, as far as the leaders' pages show it. */

export type Grouping = 'owner' | 'team' | 'source' | 'generatedBy' | 'version' | 'account' | 'origin';
export type PeriodKind = 'month' | 'quarter';

export interface Rate {
  readonly rate: number | null;
  readonly count: number;
  readonly of: number;
  readonly low: number | null;
  readonly high: number | null;
}

export interface Difference {
  readonly difference: number;
  readonly low: number;
  readonly high: number;
}

export interface Value {
  readonly amounts: readonly Money[];
  readonly of: number;
  readonly withoutAmount: number;
}

export interface Answer<Group> {
  readonly process: string;
  readonly version: number | null;
  readonly asOf: string;
  readonly clock: string;
  readonly from: string | null;
  readonly to: string | null;
  readonly by: Grouping | null;
  readonly timezone: string;
  readonly deals: number;
  readonly groups: readonly (Group & { readonly group: string | null })[];
}

export interface StageName {
  readonly stage: string;
  readonly label: string;
  readonly phase: Phase;
  readonly retired: boolean;
}

// -------------------------------------------------------------------------------------------------------- conversion

export interface ShareWithin {
  readonly days: number;
  readonly share: number | null;
  readonly low: number | null;
  readonly high: number | null;
  readonly atRisk: number;
}

export interface ConversionStep {
  readonly from: string;
  readonly fromLabel: string;
  readonly to: string;
  readonly toLabel: string;
  readonly converted: Omit<ShareWithin, 'days'> & { readonly withinDays: number | null; readonly why: string | null };
  readonly within: readonly ShareWithin[];
  readonly estimableUntilDays: number | null;
  readonly naive: Rate;
  readonly open: number;
  readonly ended: number;
  readonly lost: number;
}

export interface ConversionCohort {
  readonly period: string;
  readonly funnel: readonly ConversionStep[];
}

export type ConversionAnswer = Answer<{
  readonly steps: readonly ConversionStep[];
  readonly funnel: readonly ConversionStep[];
  readonly cohorts: readonly ConversionCohort[];
}>;

// -------------------------------------------------------------------------------------------------------- cycle time

export interface NaiveTime {
  readonly medianDays: number | null;
  readonly p85Days: number | null;
  readonly of: number;
}

export interface StageTime extends StageName {
  readonly visits: number;
  readonly reentries: number;
  readonly ended: number;
  readonly open: number;
  readonly medianDays: number | null;
  readonly medianLowDays: number | null;
  readonly medianHighDays: number | null;
  readonly p85Days: number | null;
  readonly why: string | null;
  readonly naive: NaiveTime;
}

export interface TimeToWon {
  readonly deals: number;
  readonly won: number;
  readonly lost: number;
  readonly open: number;
  readonly medianDays: number | null;
  readonly p85Days: number | null;
  readonly why: string | null;
  readonly wonWithin: readonly ShareWithin[];
  readonly naive: NaiveTime;
}

export interface CycleTimeGroup {
  readonly stages: readonly StageTime[];
  readonly leadToWon: TimeToWon;
  readonly qualifiedToWon: TimeToWon;
}
export type CycleTimeAnswer = Answer<CycleTimeGroup>;

// ---------------------------------------------------------------------------------------------------------- forecast

export interface TotalComponent {
  readonly component: string;
  readonly amount: Money | null;
  readonly weight: number;
  readonly resolved: number;
  readonly windows: number;
  readonly wape: number | null;
  readonly bias: number | null;
}

export interface PeriodTotal {
  readonly booked: Money;
  readonly p10: Money | null;
  readonly p50: Money | null;
  readonly p90: Money | null;
  readonly resolved: number;
  readonly why: string | null;
  readonly components: readonly TotalComponent[];
  readonly pipeline: {
    readonly open: Money;
    readonly openDeals: number;
    readonly notYetVisible: Money;
    readonly reopened: Money;
    readonly staleDeals: number;
  } | null;
}

export interface CurrencyTotal {
  readonly period: string;
  readonly when: 'past' | 'current' | 'future';
  readonly currency: string;
  readonly booked: Money;
  readonly p10: Money | null;
  readonly p50: Money | null;
  readonly p90: Money | null;
  readonly resolved: number;
  readonly why: string | null;
  readonly wape: number | null;
  readonly target: Money | null;
  readonly attainment: number | null;
  readonly processes: readonly {
    readonly process: string;
    readonly booked: Money | null;
    readonly p10: Money | null;
    readonly p50: Money | null;
    readonly p90: Money | null;
    readonly why: string | null;
    readonly target: Money | null;
  }[];
  readonly without: readonly string[];
}

export type ForecastTotalAnswer = Answer<{ readonly totals: readonly CurrencyTotal[] }> & {
  readonly processes: readonly { readonly process: string; readonly title: string; readonly currency: string }[];
};

interface Weighted {
  readonly amounts: readonly Money[] | null;
  readonly of: number;
}

export interface ForecastPeriod {
  readonly period: string;
  readonly start: string;
  readonly end: string;
  readonly when: 'past' | 'current' | 'future';
  readonly won: Value & { readonly deals: number };
  readonly categories: readonly { readonly category: string; readonly deals: number; readonly value: Value }[];
  readonly open: Value & { readonly deals: number };
  readonly weightedByStage: Weighted;
  readonly weightedByHistory: Weighted;
  readonly movingAverage: Weighted;
  readonly total: PeriodTotal | null;
}

interface NotForecast {
  readonly deals: number;
  readonly examples: readonly string[];
}

export interface DealOutlook {
  readonly deal: string;
  readonly stage: string;
  readonly stageDays: number;
  readonly period: string;
  readonly won: number;
  readonly lost: number;
  readonly stillOpen: number;
  readonly expectedWin: string | null;
  readonly why: { readonly restsOn: { readonly departures: number; readonly daysAtRisk: number } };
}

export type ForecastAnswer = Answer<{
  readonly periods: readonly ForecastPeriod[];
  readonly withoutDate: NotForecast;
  readonly withoutAmount: NotForecast;
  readonly outside: NotForecast;
  readonly stale: NotForecast;
  readonly deals: readonly DealOutlook[];
}> & { readonly period: PeriodKind };

export interface SaidRecord {
  readonly said: number;
  readonly wape: number | null;
  readonly bias: number | null;
  readonly within: Rate;
}

export type ForecastRecordAnswer = Answer<{
  readonly scored: number;
  readonly waiting: number;
  readonly nextEnd: string | null;
  readonly methods: readonly (SaidRecord & { readonly method: string })[];
  readonly calls: readonly (SaidRecord & {
    readonly owner: string | null;
    readonly team: string | null;
    readonly kind: string;
  })[];
  readonly leadTimes: readonly { readonly days: string; readonly blend: SaidRecord; readonly commits: SaidRecord }[];
  readonly list: readonly {
    readonly kind: string;
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
  }[];
}>;

export interface Target {
  readonly period: string;
  readonly owner: string | null;
  readonly team: string | null;
  readonly amount: Money | null;
}

export interface Call {
  readonly period: string;
  readonly owner: string | null;
  readonly team: string | null;
  readonly kind: 'commit' | 'best-case';
  readonly amount: Money | null;
  readonly by: string;
  readonly occurredAt: string;
}

export interface Issued {
  readonly period: string;
  readonly grouping: 'owner' | 'team' | null;
  readonly group: string | null;
  readonly clock: string;
  readonly p10: Money | null;
  readonly p50: Money | null;
  readonly p90: Money | null;
  readonly booked: Money;
  readonly occurredAt: string;
}

// ------------------------------------------------------------------------------------------------------------ bridge

export type BridgeBarName = 'new' | 'reopened' | 'moved-in' | 'handed-in' | 'amount' | 'won' | 'lost' | 'slipped' | 'handed-out';

export interface BridgeDeal {
  readonly deal: string;
  readonly owner: string;
  readonly amounts: readonly Money[];
  readonly events: readonly {
    readonly what: string;
    readonly from: string | null;
    readonly to: string | null;
    readonly by: string | null;
    readonly occurredAt: string;
    readonly recordedAt: string;
  }[];
}

export interface BridgeBar {
  readonly bar: BridgeBarName;
  readonly deals: number;
  readonly amounts: readonly Money[];
  readonly withoutAmount: number;
  readonly list: readonly BridgeDeal[];
}

export interface BridgeGroup {
  readonly start: Value & { readonly deals: number };
  readonly end: Value & { readonly deals: number };
  readonly bars: readonly BridgeBar[];
}
export type BridgeAnswer = Answer<BridgeGroup> & { readonly of: string | null };

// --------------------------------------------------------------------------------------------------------- scorecard

export interface ScorecardPeriod {
  readonly period: string;
  readonly when: 'past' | 'current';
  readonly captured: number;
  readonly qualified: number;
  readonly won: Value & { readonly deals: number };
  readonly lost: number;
  readonly winRate: Rate;
  readonly open: Value & { readonly deals: number };
  readonly target: Money | null;
  readonly attainment: number | null;
  readonly coverageAtStart: number | null;
  readonly coverageNow: number | null;
  readonly slippage: {
    readonly rate: number | null;
    readonly slippedMinor: number;
    readonly ofMinor: number;
    readonly deals: Rate;
  };
  readonly ageing: readonly (StageName & { readonly deals: number; readonly ageDaysMedian: number | null; readonly old: Rate })[];
}
export type ScorecardAnswer = Answer<{ readonly periods: readonly ScorecardPeriod[] }>;

// --------------------------------------------------------------------------------------------------------- adherence

interface Occurred {
  readonly times: number;
  readonly deals: number;
  readonly examples: readonly string[];
}

export interface AdherenceGroup {
  readonly deals: Rate;
  readonly steps: Rate;
  readonly overriddenSteps: Rate;
  readonly deviations: readonly {
    readonly kind: 'role' | 'fact' | 'check' | 'track' | 'path';
    readonly what: string | null;
    readonly steps: number;
    readonly deals: number;
  }[];
  readonly overrides: readonly { readonly check: string; readonly by: string; readonly steps: number; readonly deals: number }[];
  readonly variants: {
    readonly total: number;
    readonly top: readonly { readonly path: readonly string[]; readonly deals: number; readonly share: number }[];
  };
  readonly fitness: { readonly mean: number | null; readonly of: number; readonly perfect: Rate };
  readonly stageDeviations: readonly (StageName & {
    readonly skipped: Occurred;
    readonly extra: Occurred;
    readonly outOfOrder: Occurred;
    readonly overridden: Occurred;
  })[];
  readonly leastFitting: readonly {
    readonly deal: string;
    readonly fitness: number;
    readonly skipped: readonly string[];
    readonly extra: readonly string[];
    readonly outOfOrder: readonly string[];
  }[];
  readonly months: readonly {
    readonly month: string;
    readonly deals: Rate;
    readonly steps: Rate;
    readonly fitness: { readonly mean: number | null; readonly of: number };
  }[];
  readonly limits: readonly (StageName & { readonly track?: string | null; readonly exceeded: Rate; readonly deals: number })[];
  readonly outcomes: readonly {
    readonly how: 'followed' | 'overridden' | 'deviated';
    readonly deals: number;
    readonly winRate: Rate;
    readonly daysToWon: {
      readonly median: number | null;
      readonly low: number | null;
      readonly high: number | null;
      readonly why: string | null;
    };
    readonly comparedToFollowed: { readonly winRate: Difference | null; readonly winRateSamePhase: Difference | null } | null;
  }[];
}

export type AdherenceAnswer = Answer<AdherenceGroup> & {
  readonly people: {
    readonly deals: number;
    readonly fewest: number;
    readonly people: readonly {
      readonly owner: string;
      readonly deals: number;
      readonly distance: number | null;
      readonly byChance: number | null;
      readonly q: number | null;
      readonly differs: boolean | null;
      readonly steps: readonly {
        readonly from: readonly string[];
        readonly to: readonly string[];
        readonly share: number;
        readonly others: number;
      }[];
      readonly why: string | null;
    }[];
  };
};

/** Which deals one figure counts. */
export interface DealsBehind {
  readonly deals: number;
  readonly items: readonly string[];
  readonly next: string | null;
  readonly asOf: string;
}
