import { adherenceCounts } from './adherence.js';
import { conversion } from './conversion.js';
import { cycleTime } from './cycle-time.js';
import type { DealColumns } from './deal-columns.js';
import { answer, frameOf, type Frame } from './frame.js';
import type { Answer, MeasureContext, MeasureName, Period } from './measure.js';
import { pipeline } from './pipeline.js';
import { scorecard } from './scorecard.js';

/** What a figure counts, in the words of the answer it stands in; what is left out does not matter. */
export interface Cell {
  /** Which list of the answer: conversion `steps` or `funnel`; cycle-time `stages`, `leadToWon` or `qualifiedToWon`. Default: the first. */
  readonly part?: string | undefined;
  readonly stage?: string | undefined;
  readonly fromStage?: string | undefined;
  readonly toStage?: string | undefined;
  /** How it ended there, or how it counts. */
  readonly outcome?: string | undefined;
  /** Conversion: the month or quarter in which the deals entered. Scorecard: the period. */
  readonly cohort?: string | undefined;
  /** Cycle-time: visits of deals that had stood in the stage before. */
  readonly reentry?: string | undefined;
  /** Adherence: the whole path, its stages told apart by commas. */
  readonly path?: string | undefined;
  /** Adherence: what was broken. */
  readonly kind?: string | undefined;
  readonly what?: string | undefined;
  /** Adherence: which check was let pass, and by whom. */
  readonly check?: string | undefined;
  readonly person?: string | undefined;
  /** Adherence: what is the matter with the stage. */
  readonly misfit?: string | undefined;
}

export type CellWord = keyof Cell;
/** What a deal counts in: several words where it counts in several figures of the same kind. */
export type CountedIn = Partial<Record<CellWord, string | readonly string[]>>;
/** Told of every deal that a figure counts, in whose group and what for. */
export type CountSink = (group: string | null, deal: string, counted: CountedIn) => void;

interface Drill {
  /** Which words it knows, and the values of those that have few. */
  readonly words: Partial<Record<CellWord, readonly string[] | null>>;
  /** What is meant where nothing is said. */
  readonly part: string | null;
  /** Whether the frame must have the steps of the deals. */
  readonly steps: boolean;
  readonly count: (frame: Frame, context: MeasureContext, frameAt: (clock: string) => Frame, cell: Cell) => void;
}

/** The measures of whose figures the deals can be told. */
export type DrilledMeasure = 'pipeline' | 'conversion' | 'cycle-time' | 'scorecard' | 'adherence';

const DRILLS: Readonly<Record<DrilledMeasure, Drill>> = {
  pipeline: {
    words: { stage: null, outcome: ['open', 'won', 'lost', 'overdue'] },
    part: null,
    steps: false,
    count: (frame) => void pipeline(frame),
  },
  conversion: {
    words: {
      part: ['steps', 'funnel'],
      fromStage: null,
      toStage: null,
      outcome: ['reached', 'open', 'ended', 'lost'],
      cohort: null,
    },
    part: 'steps',
    steps: false,
    count: (frame, { counted }, frameAt, { cohort }) =>
      void conversion(frame, frameAt, counted, cohort === undefined ? null : kindOf(cohort)),
  },
  'cycle-time': {
    words: {
      part: ['stages', 'leadToWon', 'qualifiedToWon'],
      stage: null,
      outcome: ['open', 'ended', 'won', 'lost'],
      reentry: ['true', 'false'],
    },
    part: 'stages',
    steps: false,
    count: (frame) => void cycleTime(frame),
  },
  scorecard: {
    words: { cohort: null, stage: null, outcome: ['captured', 'qualified', 'won', 'lost', 'open', 'expected', 'slipped', 'old'] },
    part: null,
    steps: false,
    count: (frame, { period }, frameAt) => void scorecard(frame, frameAt, period),
  },
  adherence: {
    words: {
      outcome: ['followed', 'overridden', 'deviated'],
      path: null,
      kind: null,
      what: null,
      check: null,
      person: null,
      stage: null,
      misfit: ['skipped', 'extra', 'outOfOrder', 'overridden', 'limit'],
    },
    part: null,
    steps: true,
    count: (frame) => void adherenceCounts(frame),
  },
};

const kindOf = (period: string): Period => (period.includes('Q') ? 'quarter' : 'month');

export const DRILLED: readonly DrilledMeasure[] = Object.keys(DRILLS) as DrilledMeasure[];

/** The words by which a figure of a measure is named, with the values of those that have few. */
export const cellWordsOf = (name: DrilledMeasure): Drill['words'] => DRILLS[name].words;

/** The answer to which deals a figure counts: what the measure itself says of itself, and their ids in order. */
export type DealsBehind = Omit<Answer<MeasureName, never>, 'groups'> & { readonly ids: readonly string[] };

/**
 * The deals behind a figure: the measure is counted again, and tells of each deal it counts. `group`: only of that group, where the question names a grouping; null: of those
 * that have none. Throws `RangeError` as `measure` does.
 */
export function dealsBehind(
  name: DrilledMeasure,
  deals: DealColumns,
  context: MeasureContext,
  cell: Cell,
  group?: string | null,
): DealsBehind {
  const { count, part, steps } = DRILLS[name];
  const asked = Object.entries({ ...(part === null ? {} : { part }), ...cell }).filter(
    (one): one is [CellWord, string] => one[1] !== undefined,
  );
  const found = new Set<string>();
  const sink: CountSink = (of, deal, counted) => {
    if (group !== undefined && of !== group) return;
    if (asked.every(([word, value]) => isAmong(counted[word], value))) found.add(deal);
  };
  const frameAt = (clock?: string): Frame => ({
    ...frameOf(deals, clock === undefined ? context : { ...context, clock }, steps),
    count: sink,
  });
  const frame = frameAt();
  count(frame, context, frameAt, cell);
  const { groups: _, ...about } = answer(name, frame, []);
  return { ...about, ids: [...found].sort() };
}

const isAmong = (counted: string | readonly string[] | undefined, value: string): boolean =>
  typeof counted === 'string' ? counted === value : (counted?.includes(value) ?? false);
