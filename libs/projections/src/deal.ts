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
  /** The process version it is on, and the stage it stands in as that version calls it. */
  readonly version: number;
  readonly ownStage: string;
  readonly owner: string;
  readonly team: string | null;
  readonly facts: MeasuredFacts;
  /** What was said of its amount, in the order of the record, and when. */
  readonly amounts: readonly AmountSaid[];
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
  /** Its first loss, where it had not been won before. */
  readonly lost: Milestone | null;
  /** How it last ceased to be open; null where it never did. What became of a customer later changes nothing of it. */
  readonly closing: Closing | null;
  /** Since when it is open, or was when it last ceased to be. */
  readonly openSinceMs: number;
  /** Only where they were asked for (see `frameOf`); else empty. */
  readonly steps: readonly DealStep[];
  /** The time limits that run, fired or not, by name, with the instant each is due. */
  readonly limits: ReadonlyMap<string, string>;
  readonly dueLimits: readonly DueLimit[];
}

/** An amount that was recorded for a deal, or null where it was taken back. */
export interface AmountSaid {
  readonly atMs: number;
  readonly amount: Money | null;
}

/** A time limit that runs, and when it is due in milliseconds since 1970. */
export interface DueLimit {
  readonly limit: string;
  readonly dueMs: number;
}

/** Whose it was and under which version, at the moment in question. */
export interface Attribution {
  readonly owner: string;
  readonly team: string | null;
  readonly version: number;
}

export interface Visit extends Attribution {
  readonly stage: string;
  /** The same as its version calls it. */
  readonly as: string;
  /** The phase of what has become of it in another version, where the deal was moved there meanwhile. */
  readonly laterPhase: Phase | null;
  readonly phase: Phase;
  readonly result: 'won' | 'lost' | null;
  readonly enteredAt: string;
  readonly enteredMs: number;
  /** When a move led back to the stage itself, which ends no visit: an offer sent anew. */
  readonly renewedMs: readonly number[];
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

export interface Closing extends Milestone {
  readonly result: 'won' | 'lost';
  /** `YYYY-MM-DD`, as it was known by then. */
  readonly closeDate: string | null;
}

export interface DealStep extends Attribution {
  readonly occurredAt: string;
  readonly occurredMs: number;
  readonly by: string;
  readonly from: string;
  readonly to: string;
  /** The same as its version calls them; and the stage that it was taken within, if it was a step of a track, or led to. */
  readonly recorded: { readonly from: string; readonly to: string };
  readonly as: string;
  /** The move asked for; null where there was none. */
  readonly move: string | null;
  /** Of a step inside a parallel track its name. */
  readonly track: string | null;
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
  /** By the number of a shape: which stages its stages count as (see lineage.ts). */
  readonly stages: readonly { readonly from: string; readonly to: string }[];
  /** Whether the steps are asked for: they cost as much as all the rest. */
  readonly steps: boolean;
  /** True where everything in the columns was known, and had happened: then no instant has to be looked at. */
  readonly all: boolean;
}

const NOWHERE = { from: '', to: '' };

/** Which stages the stages of each shape count as. A capture goes to its first stage. */
export const stagesOfShapes = (columns: DealColumns, stageOf: (stage: string) => string): Viewpoint['stages'] =>
  columns.knownShapes.map((shape) =>
    shape.kind === 'stage' || shape.kind === 'migrated'
      ? { from: stageOf(shape.from), to: stageOf(shape.to) }
      : shape.kind === 'captured'
        ? { from: '', to: stageOf(shape.stage) }
        : NOWHERE,
  );

/** The deal of this number as it was known; null when its capture was not known, or had not happened, by then. */
export function dealAsOf(columns: DealColumns, deal: number, view: Viewpoint): Deal | null {
  let known: KnownDeal | null = null;
  eachEntry(columns, deal, view, (entry, occurredMs) => {
    known = noted(known, columns, deal, entry, occurredMs, view);
  });
  return known;
}

/**
 * Calls back with the deal of this number as it stood at each of the clocks, which ascend, the last being that of the view; not with those before
 * its capture. The record is read once: it is one deal that goes on, so whoever is told of it must have done when the next clock comes.
 */
export function dealThrough(
  columns: DealColumns,
  deal: number,
  view: Viewpoint,
  clocksMs: readonly number[],
  seen: (deal: Deal, clock: number) => void,
): void {
  const entries: number[] = [];
  const occurred: number[] = [];
  let inOrder = true;
  eachEntry(columns, deal, view, (entry, occurredMs) => {
    if (occurred.length > 0 && occurredMs < occurred[occurred.length - 1]!) inOrder = false;
    entries.push(entry);
    occurred.push(occurredMs);
  });
  let known: KnownDeal | null = null;
  let next = 0;
  for (const [clock, untilMs] of clocksMs.entries()) {
    // Where imported history steps backwards in time, nothing can be gone on from.
    if (!inOrder) [known, next] = [null, 0];
    for (; next < entries.length; next++) {
      if (occurred[next]! <= untilMs) known = noted(known, columns, deal, entries[next]!, occurred[next]!, view);
      else if (inOrder) break;
    }
    if (known) seen(known, clock);
  }
}

/** What was known of a deal and changes it, in the order of the record. */
function eachEntry(
  columns: DealColumns,
  deal: number,
  { asOfMs, clockMs, all }: Viewpoint,
  seen: (entry: number, occurredMs: number) => void,
): void {
  const shapes = columns.knownShapes;
  for (let entry = columns.first(deal); entry >= 0; entry = columns.next(entry)) {
    if (!all && columns.recordedMs(entry) > asOfMs) continue;
    // What changes nothing is passed over before its instant is looked up.
    const { kind } = shapes[columns.shapeNumberAt(entry)]!;
    if (kind === 'activity' || kind === 'limit-fired') continue;
    const occurredMs = columns.occurredMs(entry);
    if (occurredMs <= clockMs) seen(entry, occurredMs);
  }
}

/** The deal after one more entry; null before its capture. */
function noted(
  known: KnownDeal | null,
  columns: DealColumns,
  deal: number,
  entry: number,
  occurredMs: number,
  { stages, steps }: Viewpoint,
): KnownDeal | null {
  const number = columns.shapeNumberAt(entry);
  const shape = columns.knownShapes[number]!;
  if (shape.kind === 'captured') {
    const captured = new KnownDeal(columns.idOf(deal), columns.accountOf(deal), shape, occurredMs, stages[number]!.to);
    captured.noteFacts(shape.facts, occurredMs, columns, entry);
    return captured;
  }
  if (known && shape.kind !== 'activity' && shape.kind !== 'limit-fired')
    known.note(shape, occurredMs, columns, entry, stages[number]!, steps);
  return known;
}

/** Whether the capture of a deal was known, and had happened. */
export function isKnown(columns: DealColumns, deal: number, { asOfMs, clockMs }: Pick<Viewpoint, 'asOfMs' | 'clockMs'>): boolean {
  const first = columns.first(deal);
  return columns.recordedMs(first) <= asOfMs && columns.occurredMs(first) <= clockMs;
}

type Captured = Extract<EntryShape, { kind: 'captured' }>;
/** What changes nothing of a deal. */
type Passing = Extract<EntryShape, { kind: 'activity' | 'limit-fired' }>;
type StageStep = Extract<EntryShape, { kind: 'stage' }>;
type TrackStep = Extract<EntryShape, { kind: 'track' }>;

const NO_LIMITS: readonly DueLimit[] = [];
const NOTHING_SAID: readonly AmountSaid[] = [];

class KnownDeal implements Deal {
  readonly origin: string;
  version: number;
  ownStage: string;
  owner: string;
  team: string | null;
  readonly facts: MeasuredFacts = {};
  amounts: readonly AmountSaid[] = NOTHING_SAID;
  readonly visits: KnownVisit[];
  phase: Phase;
  result: 'won' | 'lost' | null = null;
  resultSinceMs: number;
  qualified: KnownMilestone | null = null;
  won: KnownMilestone | null = null;
  lost: KnownMilestone | null = null;
  closing: KnownClosing | null = null;
  openSinceMs: number;
  readonly steps: KnownStep[] = [];
  dueLimits: readonly DueLimit[] = NO_LIMITS;

  constructor(
    readonly id: string,
    readonly account: string | null,
    { origin, version, owner, team, phase, stage: ownStage }: Captured,
    readonly capturedMs: number,
    stage: string,
  ) {
    this.origin = origin;
    this.version = version;
    this.ownStage = ownStage;
    this.owner = owner;
    this.team = team;
    this.phase = phase;
    this.resultSinceMs = capturedMs;
    this.openSinceMs = capturedMs;
    this.visits = [new KnownVisit(stage, ownStage, phase, null, capturedMs, owner, team, version)];
    if (phase === 'qualified' || phase === 'selling') this.qualified = this.milestone(capturedMs);
  }

  get capturedAt(): string {
    return isoText(this.capturedMs);
  }

  get resultSince(): string {
    return isoText(this.resultSinceMs);
  }

  get limits(): ReadonlyMap<string, string> {
    return new Map(this.dueLimits.map(({ limit, dueMs }) => [limit, isoText(dueMs)]));
  }

  note(
    shape: Exclude<EntryShape, Captured | Passing>,
    occurredMs: number,
    columns: DealColumns,
    entry: number,
    { from, to }: Viewpoint['stages'][number],
    steps: boolean,
  ): void {
    switch (shape.kind) {
      case 'facts':
        this.noteFacts(shape.facts, occurredMs, columns, entry);
        return;
      case 'owner':
        this.owner = shape.owner;
        this.team = shape.team;
        return;
      case 'limit-started': {
        const due = { limit: shape.limit, dueMs: columns.valueAt(entry) };
        if (this.dueLimits.length === 0) this.dueLimits = [due];
        else this.dueLimits = [...this.dueLimits.filter(({ limit }) => limit !== due.limit), due];
        return;
      }
      case 'limit-cancelled':
        this.dropLimits((limit) => limit === shape.limit);
        return;
      case 'track':
        this.dropLimits((limit) => limit.startsWith(`${shape.stage}/${shape.track}/`));
        if (steps) this.steps.push(new KnownStep(shape, shape.from, shape.to, occurredMs, this.owner, this.team));
        return;
      case 'migrated':
        this.dueLimits = NO_LIMITS;
        this.version = shape.version;
        this.noteStage(shape, to, occurredMs, shape.continues);
        return;
      case 'stage':
        this.dueLimits = NO_LIMITS;
        this.version = shape.version;
        if (steps) this.steps.push(new KnownStep(shape, from, to, occurredMs, this.owner, this.team));
        this.noteRenewal(to, occurredMs);
        this.noteStage(shape, to, occurredMs, false);
    }
  }

  noteFacts(
    { amount, closeDate, source, generatedBy }: FactsShape,
    occurredMs: number,
    columns: DealColumns,
    entry: number,
  ): void {
    const { facts } = this;
    if (amount !== undefined) {
      facts.amount = amount === null ? null : { minor: columns.valueAt(entry), currency: amount };
      const said = { atMs: occurredMs, amount: facts.amount };
      if (this.amounts.length === 0) this.amounts = [said];
      else this.amounts = [...this.amounts, said];
    }
    if (closeDate !== undefined) facts.closeDate = closeDate === null ? null : columns.closeDateAt(entry);
    if (source !== undefined) facts.source = source;
    if (generatedBy !== undefined) facts.generatedBy = generatedBy;
    if (this.won) this.won.amount ??= facts.amount ?? null;
    if (this.lost) this.lost.amount ??= facts.amount ?? null;
    if (this.closing) this.closing.amount ??= facts.amount ?? null;
    if (this.qualified) this.qualified.amount ??= facts.amount ?? null;
  }

  private noteRenewal(stage: string, occurredMs: number): void {
    const here = this.visits[this.visits.length - 1]!;
    if (here.stage === stage) here.renewedMs = [...here.renewedMs, occurredMs];
  }

  /** `goesOn`: the stage is what has become of the one before, which ends no visit. */
  private noteStage(
    { to, fromPhase, toPhase, result, version }: Pick<StageStep, 'to' | 'fromPhase' | 'toPhase' | 'result' | 'version'>,
    stage: string,
    occurredMs: number,
    goesOn: boolean,
  ): void {
    const here = this.visits[this.visits.length - 1]!;
    if (goesOn) here.goOnAs(stage, toPhase);
    else if (here.stage !== stage) {
      here.leftMs = occurredMs;
      this.visits.push(new KnownVisit(stage, to, toPhase, result, occurredMs, this.owner, this.team, version));
    }
    this.ownStage = to;
    this.phase = toPhase;

    const becomesCustomer = toPhase === 'customer' && fromPhase !== 'closed' && fromPhase !== 'customer';
    const decided = result ?? (becomesCustomer ? 'won' : null);
    const stands = toPhase === 'closed' || toPhase === 'customer' ? (decided ?? this.result) : null;
    if (stands !== this.result) {
      if (stands === null) this.openSinceMs = occurredMs;
      else if (this.result === null) this.closing = this.closingNow(stands, occurredMs);
      this.result = stands;
      this.resultSinceMs = occurredMs;
    }
    if (stands === 'lost' && !this.won) this.lost ??= this.milestone(occurredMs);
    if (decided === 'won') this.won ??= this.milestone(occurredMs);
    if (toPhase === 'qualified' || toPhase === 'selling' || decided === 'won') this.qualified ??= this.milestone(occurredMs);
  }

  private dropLimits(gone: (limit: string) => boolean): void {
    if (this.dueLimits.length > 0) this.dueLimits = this.dueLimits.filter(({ limit }) => !gone(limit));
  }

  private closingNow(result: 'won' | 'lost', atMs: number): KnownClosing {
    const { owner, team, version, facts } = this;
    return new KnownClosing(result, facts.closeDate ?? null, atMs, owner, team, version, facts.amount ?? null);
  }

  private milestone(atMs: number): KnownMilestone {
    return new KnownMilestone(atMs, this.owner, this.team, this.version, this.facts.amount ?? null);
  }
}

const NEVER: readonly number[] = [];

class KnownVisit implements Visit {
  renewedMs = NEVER;
  laterPhase: Phase | null = null;
  leftMs: number | null = null;

  constructor(
    public stage: string,
    readonly as: string,
    readonly phase: Phase,
    readonly result: 'won' | 'lost' | null,
    readonly enteredMs: number,
    readonly owner: string,
    readonly team: string | null,
    readonly version: number,
  ) {}

  /** What has become of the stage in another version. */
  goOnAs(stage: string, phase: Phase): void {
    this.stage = stage;
    this.laterPhase = phase;
  }

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

class KnownClosing extends KnownMilestone implements Closing {
  constructor(
    readonly result: 'won' | 'lost',
    readonly closeDate: string | null,
    ...rest: ConstructorParameters<typeof KnownMilestone>
  ) {
    super(...rest);
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

  get recorded(): DealStep['recorded'] {
    return this.shape;
  }

  get as(): string {
    return this.shape.kind === 'track' ? this.shape.stage : this.shape.to;
  }

  get version(): number {
    return this.shape.version;
  }

  get move(): string | null {
    return this.shape.move;
  }

  get track(): string | null {
    return this.shape.kind === 'track' ? this.shape.track : null;
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
