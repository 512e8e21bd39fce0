import type { Blocker, FactValue, Phase } from '@coxswain/sales-process';
import type { DealEvent } from './projection.js';

/** What the measures need of one event of a deal: what is alike in many events (its shape), and the numbers that differ. */
export interface DealEntry {
  readonly shape: EntryShape;
  /** The amount in minor units where the shape names its currency; of a limit that starts, when it is due in milliseconds; else 0. */
  readonly value: number;
  /** `YYYY-MM-DD`, where the shape says that there is one. */
  readonly closeDate: string | null;
}

/** What was broken or let pass: `what` is the check or the missing fact. */
export interface Broke {
  readonly kind: Blocker['kind'];
  readonly what: string | null;
  readonly say: string;
}

/**
 * The facts that measures read, by the names that every process file gives them; null takes one back, and one that is absent is not spoken of.
 * No other fact is kept here, so that what describes a living person stays in the record alone.
 */
export interface FactsShape {
  /** The currency of the amount; how much it is stands in `value`. */
  readonly amount?: string | null;
  /** Which day it is stands in `closeDate`. */
  readonly closeDate?: true | null;
  readonly source?: string | null;
  readonly generatedBy?: string | null;
}

interface StepShape {
  readonly by: string;
  readonly version: number;
  readonly from: string;
  readonly to: string;
  readonly move: string | null;
  readonly role: string | null;
  readonly cause: 'move' | 'limit' | 'join' | 'import';
  readonly conforming: boolean;
  readonly broke: readonly Broke[];
  /** The checks that somebody entitled let pass. */
  readonly overridden: readonly string[];
}

export type EntryShape =
  | {
      readonly kind: 'captured';
      readonly process: string;
      readonly version: number;
      readonly stage: string;
      readonly phase: Phase;
      readonly owner: string;
      readonly team: string | null;
      /** `new`, `upsell`, `import` ... */
      readonly origin: string;
      readonly facts: FactsShape;
    }
  | { readonly kind: 'facts'; readonly facts: FactsShape }
  | { readonly kind: 'owner'; readonly owner: string; readonly team: string | null }
  | { readonly kind: 'activity'; readonly activity: string }
  | (StepShape & {
      readonly kind: 'stage';
      readonly fromPhase: Phase;
      readonly toPhase: Phase;
      readonly result: 'won' | 'lost' | null;
    })
  | (StepShape & { readonly kind: 'track'; readonly stage: string; readonly track: string })
  /** `continues`: the stage is what has become of the one before, so that the visit goes on. */
  | {
      readonly kind: 'migrated';
      readonly version: number;
      readonly from: string;
      readonly to: string;
      readonly continues: boolean;
      readonly fromPhase: Phase;
      readonly toPhase: Phase;
      readonly result: 'won' | 'lost' | null;
    }
  | { readonly kind: 'limit-started'; readonly limit: string; readonly then: string }
  | { readonly kind: 'limit-fired'; readonly limit: string }
  | { readonly kind: 'limit-cancelled'; readonly limit: string };

/** The entry of an event; null where no measure needs it. Throws for what is no instant. */
export function entryOf(event: DealEvent): DealEntry | null {
  switch (event.type) {
    case 'OpportunityCaptured': {
      const { process, stage, phase, owner, team, origin, facts } = event.data;
      const { shape, value, closeDate } = measured(facts);
      const { id, version } = process;
      return {
        shape: { kind: 'captured', process: id, version, stage, phase, owner, team, origin, facts: shape },
        value,
        closeDate,
      };
    }
    case 'FactsRecorded': {
      const { shape: facts, value, closeDate } = measured(event.data.facts);
      return Object.keys(facts).length === 0 ? null : { shape: { kind: 'facts', facts }, value, closeDate };
    }
    case 'OwnerChanged': {
      const { owner, team } = event.data.to;
      return plain({ kind: 'owner', owner, team });
    }
    case 'ActivityLogged':
      return plain({ kind: 'activity', activity: event.data.kind });
    case 'StageChanged': {
      const { fromPhase, toPhase, result } = event.data;
      return plain({ kind: 'stage', ...step(event.data), fromPhase, toPhase, result });
    }
    case 'TrackAdvanced':
      return plain({ kind: 'track', ...step(event.data), stage: event.data.stage, track: event.data.track });
    case 'DealMigrated': {
      const { process, from, to, continues, fromPhase, toPhase, result } = event.data;
      return plain({ kind: 'migrated', version: process.version, from, to, continues, fromPhase, toPhase, result });
    }
    case 'LimitStarted':
      return {
        shape: { kind: 'limit-started', limit: event.data.limit, then: event.data.then },
        value: instantIn(event.data.dueAt),
        closeDate: null,
      };
    case 'LimitFired':
      return plain({ kind: 'limit-fired', limit: event.data.limit });
    case 'LimitCancelled':
      return plain({ kind: 'limit-cancelled', limit: event.data.limit });
  }
}

const plain = (shape: EntryShape): DealEntry => ({ shape, value: 0, closeDate: null });

/** An instant of the record in milliseconds since 1970. Throws for what is none: a figure must not rest on it. */
export function instantIn(text: string): number {
  const moment = Date.parse(text);
  if (Number.isNaN(moment)) throw new Error(`"${text}" is not an instant`);
  return moment;
}

type StepData = Extract<DealEvent, { type: 'StageChanged' | 'TrackAdvanced' }>['data'];

function step({ by, process, from, to, move, role, cause, conformance, broke, checks }: StepData): StepShape {
  return {
    by,
    version: process.version,
    from,
    to,
    move,
    role,
    cause,
    conforming: conformance === 'conforming',
    broke: broke.length === 0 ? NONE : broke.map(({ kind, check, field, say }) => ({ kind, what: check ?? field ?? null, say })),
    overridden: checks.some(({ overridden }) => overridden)
      ? checks.flatMap(({ check, overridden }) => (overridden ? [check] : []))
      : NONE,
  };
}

const NONE: readonly never[] = [];

function measured(facts: Readonly<Record<string, FactValue | null>>): {
  readonly shape: FactsShape;
  readonly value: number;
  readonly closeDate: string | null;
} {
  const { amount, closeDate, source, generatedBy } = facts;
  const money = typeof amount === 'object' ? amount : undefined;
  const day = closeDate === null || typeof closeDate === 'string' ? closeDate : undefined;
  return {
    shape: {
      ...(money !== undefined && { amount: money === null ? null : money.currency }),
      ...(day !== undefined && { closeDate: day === null ? null : true }),
      ...((source === null || typeof source === 'string') && { source }),
      ...((generatedBy === null || typeof generatedBy === 'string') && { generatedBy }),
    },
    value: money ? money.minor : 0,
    closeDate: day ?? null,
  };
}

/** The same text for the same shape, and for no other. */
export function keyOfShape(shape: EntryShape): string {
  switch (shape.kind) {
    case 'captured': {
      const { process, version, stage, phase, owner, team, origin, facts } = shape;
      return `c${version},${phase},${text(process)}${text(stage)}${text(owner)}${text(team)}${text(origin)}${keyOfFacts(facts)}`;
    }
    case 'facts':
      return `f${keyOfFacts(shape.facts)}`;
    case 'owner':
      return `o${text(shape.owner)}${text(shape.team)}`;
    case 'activity':
      return `a${text(shape.activity)}`;
    case 'stage':
      return `s${shape.fromPhase},${shape.toPhase},${shape.result},${keyOfStep(shape)}`;
    case 'track':
      return `t${text(shape.stage)}${text(shape.track)}${keyOfStep(shape)}`;
    case 'migrated':
      return `m${shape.version},${shape.continues},${shape.fromPhase},${shape.toPhase},${shape.result},${text(shape.from)}${text(shape.to)}`;
    case 'limit-started':
      return `l${text(shape.limit)}${text(shape.then)}`;
    case 'limit-fired':
    case 'limit-cancelled':
      return `${shape.kind === 'limit-fired' ? 'F' : 'C'}${text(shape.limit)}`;
  }
}

const text = (value: string | null | undefined): string =>
  value === undefined ? '~' : value === null ? '-' : `${value.length}:${value}`;

const keyOfFacts = ({ amount, closeDate, source, generatedBy }: FactsShape): string =>
  `${text(amount)}${text(closeDate === true ? 'day' : closeDate)}${text(source)}${text(generatedBy)}`;

function keyOfStep({ by, version, from, to, move, role, cause, conforming, broke, overridden }: StepShape): string {
  const who = `${version},${cause},${conforming},${text(by)}${text(from)}${text(to)}${text(move)}${text(role)}`;
  return broke.length === 0 && overridden.length === 0 ? who : `${who}${JSON.stringify([broke, overridden])}`;
}
