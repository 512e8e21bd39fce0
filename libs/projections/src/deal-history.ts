import type { Blocker, FactValue, Money, Phase } from '@coxswain/sales-process';
import { asDealEvent, dealOfStream, type DealEvent, type Projection } from './projection.js';

/**
 * The compact history of each deal: what the measures need of every event, only ever added to. Each entry knows when it happened
 * and when it was written, so that any measure can be asked as known at any past instant.
 */
export interface DealHistory {
  readonly id: string;
  /** The process the deal was captured under. */
  readonly process: { readonly id: string; readonly version: number };
  readonly account: string | null;
  /** `new`, `upsell`, `import` ... */
  readonly origin: string;
  /** In the order of the record. */
  readonly entries: DealEntry[];
}

interface Noted {
  readonly occurredAt: string;
  readonly recordedAt: string;
  readonly revision: number;
}

/** What was broken or let pass: `what` is the check or the missing fact. */
export interface Broke {
  readonly kind: Blocker['kind'];
  readonly what: string | null;
  readonly say: string;
}

interface StepEntry extends Noted {
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

export type DealEntry =
  | (Noted & {
      readonly kind: 'captured';
      readonly version: number;
      readonly stage: string;
      readonly phase: Phase;
      readonly owner: string;
      readonly team: string | null;
      readonly facts: MeasuredFacts;
    })
  | (Noted & { readonly kind: 'facts'; readonly facts: MeasuredFacts })
  | (Noted & { readonly kind: 'owner'; readonly owner: string; readonly team: string | null })
  | (Noted & { readonly kind: 'activity'; readonly activity: string })
  | (StepEntry & {
      readonly kind: 'stage';
      readonly fromPhase: Phase;
      readonly toPhase: Phase;
      readonly result: 'won' | 'lost' | null;
    })
  | (StepEntry & { readonly kind: 'track'; readonly stage: string; readonly track: string })
  | (Noted & { readonly kind: 'limit-started'; readonly limit: string; readonly dueAt: string })
  | (Noted & { readonly kind: 'limit-fired' | 'limit-cancelled'; readonly limit: string });

/**
 * The facts that measures read, by the names that every process file gives them; null takes one back, and one that is absent is not spoken of.
 * No other fact is kept here, so that what describes a living person stays in the record alone.
 */
export interface MeasuredFacts {
  amount?: Money | null;
  /** `YYYY-MM-DD` */
  closeDate?: string | null;
  source?: string | null;
  generatedBy?: string | null;
}

/** The history of each deal, by its id. */
export const dealHistories: Projection<DealHistory> = {
  name: 'deals',
  shape: '1',
  keyOf: ({ stream }) => dealOfStream(stream),
  fold(history, logged) {
    const event = asDealEvent(logged);
    if (event.type === 'OpportunityCaptured') {
      const { process, account, origin } = event.data;
      return {
        id: dealOfStream(event.stream)!,
        process: { id: process.id, version: process.version },
        account,
        origin,
        entries: [captured(event)],
      };
    }
    if (!history) throw new Error(`the stream ${event.stream} begins with ${event.type}, not with OpportunityCaptured`);
    const entry = entryOf(event);
    if (entry) history.entries.push(entry);
    return history;
  },
};

type Logged<Type extends DealEvent['type']> = Extract<DealEvent, { type: Type }>;

function captured({ recordedAt, revision, data }: Logged<'OpportunityCaptured'>): DealEntry {
  const { occurredAt, stage, phase, owner, team, facts, process } = data;
  return {
    kind: 'captured',
    occurredAt,
    recordedAt,
    revision,
    version: process.version,
    stage,
    phase,
    owner,
    team,
    facts: measured(facts),
  };
}

function entryOf(event: Exclude<DealEvent, Logged<'OpportunityCaptured'>>): DealEntry | null {
  const { recordedAt, revision } = event;
  const { occurredAt } = event.data;
  switch (event.type) {
    case 'FactsRecorded': {
      const facts = measured(event.data.facts);
      return Object.keys(facts).length === 0 ? null : { kind: 'facts', occurredAt, recordedAt, revision, facts };
    }
    case 'OwnerChanged': {
      const { owner, team } = event.data.to;
      return { kind: 'owner', occurredAt, recordedAt, revision, owner, team };
    }
    case 'ActivityLogged':
      return { kind: 'activity', occurredAt, recordedAt, revision, activity: event.data.kind };
    case 'StageChanged': {
      const { fromPhase, toPhase, result } = event.data;
      return { kind: 'stage', ...step(event), fromPhase, toPhase, result };
    }
    case 'TrackAdvanced':
      return { kind: 'track', ...step(event), stage: event.data.stage, track: event.data.track };
    case 'LimitStarted':
      return { kind: 'limit-started', occurredAt, recordedAt, revision, limit: event.data.limit, dueAt: event.data.dueAt };
    case 'LimitFired':
      return { kind: 'limit-fired', occurredAt, recordedAt, revision, limit: event.data.limit };
    case 'LimitCancelled':
      return { kind: 'limit-cancelled', occurredAt, recordedAt, revision, limit: event.data.limit };
  }
}

function step({ recordedAt, revision, data }: Logged<'StageChanged'> | Logged<'TrackAdvanced'>): StepEntry {
  const { occurredAt, by, process, from, to, move, role, cause, conformance, broke, checks } = data;
  return {
    occurredAt,
    recordedAt,
    revision,
    by,
    version: process.version,
    from,
    to,
    move,
    role,
    cause,
    conforming: conformance === 'conforming',
    broke: broke.length === 0 ? NONE : broke.map(({ kind, check, field, say }) => ({ kind, what: check ?? field ?? null, say })),
    overridden: checks.flatMap(({ check, overridden }) => (overridden ? [check] : [])),
  };
}

const NONE: readonly Broke[] = [];

function measured(facts: Readonly<Record<string, FactValue | null>>): MeasuredFacts {
  const kept: MeasuredFacts = {};
  const { amount, closeDate, source, generatedBy } = facts;
  if (amount === null || isMoney(amount)) kept.amount = amount;
  if (closeDate === null || typeof closeDate === 'string') kept.closeDate = closeDate;
  if (source === null || typeof source === 'string') kept.source = source;
  if (generatedBy === null || typeof generatedBy === 'string') kept.generatedBy = generatedBy;
  return kept;
}

const isMoney = (value: FactValue | undefined): value is Money => typeof value === 'object';
