import type { Blocker, FactValue, Money, OpportunityEvent, Phase } from '@coxswain/sales-process';
import { dealOfStream, eventOf, type LoggedEvent, type Projection } from './projection.js';

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
    const event = eventOf(logged);
    if (event.type === 'OpportunityCaptured') {
      return {
        id: dealOfStream(logged.stream)!,
        process: { id: event.process.id, version: event.process.version },
        account: event.account,
        origin: event.origin,
        entries: [captured(event, logged)],
      };
    }
    if (!history) throw new Error(`the stream ${logged.stream} begins with ${logged.type}, not with OpportunityCaptured`);
    const entry = entryOf(event, logged);
    if (entry) history.entries.push(entry);
    return history;
  },
};

const noted = ({ occurredAt }: { readonly occurredAt: string }, { recordedAt, revision }: LoggedEvent): Noted => ({
  occurredAt,
  recordedAt,
  revision,
});

function captured(event: Extract<OpportunityEvent, { type: 'OpportunityCaptured' }>, logged: LoggedEvent): DealEntry {
  const { stage, phase, owner, team } = event;
  return {
    kind: 'captured',
    ...noted(event, logged),
    version: event.process.version,
    stage,
    phase,
    owner,
    team,
    facts: measured(event.facts),
  };
}

function entryOf(event: Exclude<OpportunityEvent, { type: 'OpportunityCaptured' }>, logged: LoggedEvent): DealEntry | null {
  const happened = noted(event, logged);
  switch (event.type) {
    case 'FactsRecorded': {
      const facts = measured(event.facts);
      return Object.keys(facts).length === 0 ? null : { kind: 'facts', ...happened, facts };
    }
    case 'OwnerChanged':
      return { kind: 'owner', ...happened, owner: event.to.owner, team: event.to.team };
    case 'ActivityLogged':
      return { kind: 'activity', ...happened, activity: event.kind };
    case 'StageChanged': {
      const { fromPhase, toPhase, result } = event;
      return { kind: 'stage', ...happened, ...step(event), fromPhase, toPhase, result };
    }
    case 'TrackAdvanced':
      return { kind: 'track', ...happened, ...step(event), stage: event.stage, track: event.track };
    case 'LimitStarted':
      return { kind: 'limit-started', ...happened, limit: event.limit, dueAt: event.dueAt };
    case 'LimitFired':
      return { kind: 'limit-fired', ...happened, limit: event.limit };
    case 'LimitCancelled':
      return { kind: 'limit-cancelled', ...happened, limit: event.limit };
  }
}

function step(event: Extract<OpportunityEvent, { type: 'StageChanged' | 'TrackAdvanced' }>): Omit<StepEntry, keyof Noted> {
  const { by, from, to, move, role, cause } = event;
  return {
    by,
    version: event.process.version,
    from,
    to,
    move,
    role,
    cause,
    conforming: event.conformance === 'conforming',
    broke: event.broke.map(({ kind, check, field, say }) => ({ kind, what: check ?? field ?? null, say })),
    overridden: event.checks.flatMap(({ check, overridden }) => (overridden ? [check] : [])),
  };
}

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
