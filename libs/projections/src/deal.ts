import type { Money, Phase } from '@coxswain/sales-process';
import type { DealColumns } from './deal-columns.js';
import type { Broke, EntryShape, FactsShape } from './deal-entry.js';
import { isoText } from './time.js';

/** The facts that measures read; null takes one back, and one that is absent was never spoken of. */
export interface MeasuredFacts {
  amount?: Money | null;
  /** `YYYY-MM-DD` */
  closeDate?: string | null;
  source?: string | null;
  generatedBy?: string | null;
}

/**
 * A deal as it was known at an instant: where it has been, what it is worth, and whose it is.
 * Every instant is there twice: in milliseconds since 1970 (`Ms`), which is cheap, and as ISO 8601 in UTC, which is made when asked for.
 */
export interface Deal {
  readonly id: string;
  readonly account: string | null;
  readonly origin: string;
  /** The process version it is on. */
  readonly version: number;
  readonly owner: string;
  readonly team: string | null;
  readonly facts: MeasuredFacts;
  readonly capturedAt: string;
  readonly capturedMs: number;
  /** In the order of the record; never empty. A move back to the same stage does not end a visit. */
  readonly visits: readonly Visit[];
  readonly phase: Phase;
  /** How it stands: `won` (a customer, too), `lost`, or null while it is open. A deal that was reopened is open again. */
  readonly result: 'won' | 'lost' | null;
  /** Since when it stands so; the capture for a deal that was always open. */
  readonly resultSince: string;
  readonly resultSinceMs: number;
  /** When it first was qualified or further: entered phase qualified or selling, or was won without. */
  readonly qualified: Milestone | null;
  /** Its first win: entering a stage with result `won`, or becoming a customer from an open phase. */
  readonly won: Milestone | null;
  readonly steps: readonly DealStep[];
  /** The time limits that run, fired or not, by name, with the instant each is due. */
  readonly limits: ReadonlyMap<string, string>;
  readonly limitsMs: ReadonlyMap<string, number>;
}

/** Whose it was and under which version, at the moment in question. */
export interface Attribution {
  readonly owner: string;
  readonly team: string | null;
  readonly version: number;
}

export interface Visit extends Attribution {
  readonly stage: string;
  readonly phase: Phase;
  readonly result: 'won' | 'lost' | null;
  readonly enteredAt: string;
  readonly enteredMs: number;
  /** Null while it lasts. */
  readonly leftAt: string | null;
  readonly leftMs: number | null;
}

export interface Milestone extends Attribution {
  readonly at: string;
  readonly atMs: number;
  /** The amount recorded by then; where there was none, the first one recorded after. */
  readonly amount: Money | null;
}

export interface DealStep extends Attribution {
  readonly occurredAt: string;
  readonly occurredMs: number;
  readonly by: string;
  readonly from: string;
  readonly to: string;
  readonly cause: 'move' | 'limit' | 'join' | 'import';
  readonly conforming: boolean;
  readonly broke: readonly Broke[];
  readonly overridden: readonly string[];
}

export interface Viewpoint {
  /** Only what was recorded up to this instant, in milliseconds since 1970. */
  readonly asOfMs: number;
  /** Only what occurred up to this instant, in milliseconds since 1970. */
  readonly clockMs: number;
  /** Which stage a recorded stage counts as (see lineage.ts). */
  readonly stageOf: (stage: string) => string;
}

/** The deal of this number as it was known; null when its capture was not known, or had not happened, by then. */
export function dealAsOf(columns: DealColumns, deal: number, { asOfMs, clockMs, stageOf }: Viewpoint): Deal | null {
  let known: KnownDeal | null = null;
  for (let entry = columns.first(deal); entry >= 0; entry = columns.next(entry)) {
    if (columns.recordedMs(entry) > asOfMs) break;
    const occurredMs = columns.occurredMs(entry);
    if (occurredMs > clockMs) continue;
    const shape = columns.shapeAt(entry);
    if (shape.kind === 'captured') {
      known = new KnownDeal(columns.idOf(deal), columns.accountOf(deal), shape, occurredMs, stageOf(shape.stage));
      known.noteFacts(shape.facts, columns, entry);
    } else if (known) known.note(shape, occurredMs, columns, entry, stageOf);
  }
  return known;
}

/** Whether the capture of a deal was known, and had happened. */
export function isKnown(columns: DealColumns, deal: number, { asOfMs, clockMs }: Pick<Viewpoint, 'asOfMs' | 'clockMs'>): boolean {
  const first = columns.first(deal);
  return columns.recordedMs(first) <= asOfMs && columns.occurredMs(first) <= clockMs;
}

type Captured = Extract<EntryShape, { kind: 'captured' }>;
type StageStep = Extract<EntryShape, { kind: 'stage' }>;
type TrackStep = Extract<EntryShape, { kind: 'track' }>;

const NO_LIMITS: ReadonlyMap<string, number> = new Map();

class KnownDeal implements Deal {
  readonly origin: string;
  version: number;
  owner: string;
  team: string | null;
  readonly facts: MeasuredFacts = {};
  readonly visits: KnownVisit[];
  phase: Phase;
  result: 'won' | 'lost' | null = null;
  resultSinceMs: number;
  qualified: KnownMilestone | null = null;
  won: KnownMilestone | null = null;
  readonly steps: KnownStep[] = [];
  limitsMs: ReadonlyMap<string, number> = NO_LIMITS;

  constructor(
    readonly id: string,
    readonly account: string | null,
    { origin, version, owner, team, phase }: Captured,
    readonly capturedMs: number,
    stage: string,
  ) {
    this.origin = origin;
    this.version = version;
    this.owner = owner;
    this.team = team;
    this.phase = phase;
    this.resultSinceMs = capturedMs;
    this.visits = [new KnownVisit(stage, phase, null, capturedMs, owner, team, version)];
    if (phase === 'qualified' || phase === 'selling') this.qualified = this.milestone(capturedMs);
  }

  get capturedAt(): string {
    return isoText(this.capturedMs);
  }

  get resultSince(): string {
    return isoText(this.resultSinceMs);
  }

  get limits(): ReadonlyMap<string, string> {
    return new Map(Array.from(this.limitsMs, ([limit, due]) => [limit, isoText(due)]));
  }

  note(
    shape: Exclude<EntryShape, Captured>,
    occurredMs: number,
    columns: DealColumns,
    entry: number,
    stageOf: (stage: string) => string,
  ): void {
    switch (shape.kind) {
      case 'facts':
        this.noteFacts(shape.facts, columns, entry);
        return;
      case 'owner':
        this.owner = shape.owner;
        this.team = shape.team;
        return;
      case 'activity':
      case 'limit-fired':
        return;
      case 'limit-started':
        this.limitsMs = new Map(this.limitsMs).set(shape.limit, columns.valueAt(entry));
        return;
      case 'limit-cancelled':
        this.dropLimits((limit) => limit === shape.limit);
        return;
      case 'track':
        this.dropLimits((limit) => limit.startsWith(`${shape.stage}/${shape.track}/`));
        this.steps.push(new KnownStep(shape, shape.from, shape.to, occurredMs, this.owner, this.team));
        return;
      case 'stage': {
        this.limitsMs = NO_LIMITS;
        this.version = shape.version;
        const to = stageOf(shape.to);
        this.steps.push(new KnownStep(shape, stageOf(shape.from), to, occurredMs, this.owner, this.team));
        this.noteStage(shape, to, occurredMs);
      }
    }
  }

  noteFacts({ amount, closeDate, source, generatedBy }: FactsShape, columns: DealColumns, entry: number): void {
    const { facts } = this;
    if (amount !== undefined) facts.amount = amount === null ? null : { minor: columns.valueAt(entry), currency: amount };
    if (closeDate !== undefined) facts.closeDate = closeDate === null ? null : columns.closeDateAt(entry);
    if (source !== undefined) facts.source = source;
    if (generatedBy !== undefined) facts.generatedBy = generatedBy;
    if (this.won) this.won.amount ??= facts.amount ?? null;
    if (this.qualified) this.qualified.amount ??= facts.amount ?? null;
  }

  private noteStage({ fromPhase, toPhase, result, version }: StageStep, stage: string, occurredMs: number): void {
    const here = this.visits[this.visits.length - 1]!;
    if (here.stage !== stage) {
      here.leftMs = occurredMs;
      this.visits.push(new KnownVisit(stage, toPhase, result, occurredMs, this.owner, this.team, version));
    }
    this.phase = toPhase;

    const becomesCustomer = toPhase === 'customer' && fromPhase !== 'closed' && fromPhase !== 'customer';
    const decided = result ?? (becomesCustomer ? 'won' : null);
    const stands = toPhase === 'closed' || toPhase === 'customer' ? (decided ?? this.result) : null;
    if (stands !== this.result) {
      this.result = stands;
      this.resultSinceMs = occurredMs;
    }
    if (decided === 'won') this.won ??= this.milestone(occurredMs);
    if (toPhase === 'qualified' || toPhase === 'selling' || decided === 'won') this.qualified ??= this.milestone(occurredMs);
  }

  private dropLimits(gone: (limit: string) => boolean): void {
    if (this.limitsMs.size > 0) this.limitsMs = new Map([...this.limitsMs].filter(([limit]) => !gone(limit)));
  }

  private milestone(atMs: number): KnownMilestone {
    return new KnownMilestone(atMs, this.owner, this.team, this.version, this.facts.amount ?? null);
  }
}

class KnownVisit implements Visit {
  leftMs: number | null = null;

  constructor(
    readonly stage: string,
    readonly phase: Phase,
    readonly result: 'won' | 'lost' | null,
    readonly enteredMs: number,
    readonly owner: string,
    readonly team: string | null,
    readonly version: number,
  ) {}

  get enteredAt(): string {
    return isoText(this.enteredMs);
  }

  get leftAt(): string | null {
    return this.leftMs === null ? null : isoText(this.leftMs);
  }
}

class KnownMilestone implements Milestone {
  constructor(
    readonly atMs: number,
    readonly owner: string,
    readonly team: string | null,
    readonly version: number,
    public amount: Money | null,
  ) {}

  get at(): string {
    return isoText(this.atMs);
  }
}

class KnownStep implements DealStep {
  constructor(
    private readonly shape: StageStep | TrackStep,
    readonly from: string,
    readonly to: string,
    readonly occurredMs: number,
    readonly owner: string,
    readonly team: string | null,
  ) {}

  get occurredAt(): string {
    return isoText(this.occurredMs);
  }

  get by(): string {
    return this.shape.by;
  }

  get version(): number {
    return this.shape.version;
  }

  get cause(): DealStep['cause'] {
    return this.shape.cause;
  }

  get conforming(): boolean {
    return this.shape.conforming;
  }

  get broke(): readonly Broke[] {
    return this.shape.broke;
  }

  get overridden(): readonly string[] {
    return this.shape.overridden;
  }
}
