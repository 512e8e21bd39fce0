import type { Phase } from '@coxswain/sales-process';
import type { DealColumns } from './deal-columns.js';
import type { EntryShape, FactsShape } from './deal-entry.js';
import { grown } from './growing.js';
import { NAMELESS, Numbered } from './numbered.js';
import { RunningLimits } from './running-limits.js';
import type { Grouping } from './measure.js';

/** How a deal stands, as a number. */
export const OPEN = 0;
export const WON = 1;
export const LOST = 2;
/** In the place of a visit, where there is none. */
export const NO_VISIT = -1;

export interface SweepView {
  readonly process: string;
  /** Only what was recorded, and had occurred, up to these instants, in milliseconds since 1970. */
  readonly asOfMs: number;
  readonly clockMs: number;
  /** Which stage a stage counts as (see lineage.ts). */
  readonly stageOf: (stage: string) => string;
  readonly by: Grouping | null;
  /** Whether amounts and time limits are asked for: they stand in as many entries as all the rest. */
  readonly worth: boolean;
}

/**
 * The deals of one process as they were known at an instant, and each visit of each, as columns of numbers: what the measures that count all deals
 * alike are made of. The record is gone through once, in its own order, block by block; that is several times as fast as making each
 * deal (see deal.ts, which says the same of one deal, and to which a test holds this).
 *
 * Per deal, by its number in the columns; `lastVisit` is `NO_VISIT` for one that is not of the process, or was not known.
 */
export class Sweep {
  /** How many deals of the process were known. */
  known = 0;
  readonly lastVisit: Int32Array;
  readonly capturedMs: Float64Array;
  /** 1 for a deal that was captured as a lead. */
  readonly asLead: Uint8Array;
  /** `OPEN`, `WON` or `LOST`, and since when. */
  readonly result: Uint8Array;
  readonly resultSinceMs: Float64Array;
  /** When it first was qualified or further, and its first win; 0 before (see `isSet`). */
  readonly qualifiedMs: Float64Array;
  readonly wonMs: Float64Array;
  /** 1: was captured or first qualified; 2: was won. */
  private readonly reached: Uint8Array;
  /** The group it counts in at the end, and when it was captured, first qualified: numbers of `groups`. */
  private readonly group: Uint32Array;
  private readonly firstGroup: Uint32Array;
  private readonly qualifiedGroup: Uint32Array;
  /** Amount in minor units, and its currency as a number of `currencies`; `NAMELESS` without one. */
  readonly amount: Float64Array;
  readonly currency: Uint32Array;

  /** The visits in the order in which they began. */
  visits = 0;
  visitDeal = new Uint32Array(1024);
  /** A number of `stages`. */
  visitStage = new Uint32Array(1024);
  enteredMs = new Float64Array(1024);
  /** Infinity while it lasts. */
  leftMs = new Float64Array(1024);
  private visitGroup = new Uint32Array(1024);

  readonly stages = new Numbered();
  readonly groups = new Numbered();
  readonly currencies = new Numbered();
  private readonly limitNames = new Numbered();
  private readonly limits: RunningLimits | null;
  /** Whether a moment of a deal counts in the group it was in then: owner, team and version change, where it came from does not. */
  private readonly byMoment: boolean;

  constructor(
    readonly columns: DealColumns,
    private readonly view: SweepView,
  ) {
    const { deals } = columns;
    const numbers = (): Float64Array => new Float64Array(deals);
    const groups = (): Uint32Array => new Uint32Array(view.by === null ? 0 : deals);
    this.lastVisit = new Int32Array(deals).fill(NO_VISIT);
    [this.capturedMs, this.resultSinceMs, this.qualifiedMs, this.wonMs] = [numbers(), numbers(), numbers(), numbers()];
    [this.asLead, this.result, this.reached] = [new Uint8Array(deals), new Uint8Array(deals), new Uint8Array(deals)];
    [this.group, this.firstGroup, this.qualifiedGroup] = [groups(), groups(), groups()];
    this.amount = new Float64Array(view.worth ? deals : 0);
    this.currency = new Uint32Array(view.worth ? deals : 0);
    this.limits = view.worth ? new RunningLimits() : null;
    this.byMoment = view.by === 'owner' || view.by === 'team' || view.by === 'version';
    if (this.limits) for (let deal = 0; deal < deals; deal++) this.limits.add(deal);
    this.go();
  }

  isQualified(deal: number): boolean {
    return (this.reached[deal]! & 1) !== 0;
  }

  isWon(deal: number): boolean {
    return (this.reached[deal]! & 2) !== 0;
  }

  /** The group of a deal at the end; of its capture, its qualification and its visits. Numbers of `groups`, the nameless one without grouping. */
  groupOf(deal: number): number {
    return this.view.by === null ? NAMELESS : this.group[deal]!;
  }
  groupAtCapture(deal: number): number {
    return this.byMoment ? this.firstGroup[deal]! : this.groupOf(deal);
  }
  groupAtQualified(deal: number): number {
    return this.byMoment ? this.qualifiedGroup[deal]! : this.groupOf(deal);
  }
  groupAtVisit(visit: number): number {
    return this.byMoment ? this.visitGroup[visit]! : this.groupOf(this.visitDeal[visit]!);
  }

  /** When the first time limit of a deal that runs is due, fired or not, in milliseconds since 1970; Infinity when none runs. */
  firstDueMs(deal: number): number {
    return this.limits!.firstDue(deal, false);
  }

  private go(): void {
    const { columns, view } = this;
    const effects = columns.knownShapes.map((shape) => this.effectOf(shape));
    const clockMs = columns.isAllBy(view.clockMs) ? Infinity : view.clockMs;
    columns.eachBlock(view.asOfMs, ({ deal, shape, occurred, value }, length) => {
      for (let at = 0; at < length; at++) {
        const effect = effects[shape[at]!]!;
        if (effect.does === PASSES) continue;
        const occurredMs = occurred[at]!;
        if (occurredMs > clockMs) continue;
        this.note(deal[at]!, effect, occurredMs, value[at]!);
      }
    });
  }

  private note(deal: number, effect: Effect, occurredMs: number, value: number): void {
    if (effect.does === CAPTURES) {
      this.capture(deal, effect, occurredMs, value);
      return;
    }
    if (this.lastVisit[deal] === NO_VISIT) return;
    switch (effect.does) {
      case ENTERS:
        if (effect.group !== UNSAID) this.group[deal] = effect.group;
        this.enter(deal, effect, occurredMs);
        return;
      case GROUPS:
        this.group[deal] = effect.group;
        return;
      case VALUES:
        this.noteFacts(deal, effect, value);
        return;
      case STARTS:
        this.limits!.start(deal, effect.limit, value, NAMELESS);
        return;
      case CANCELS:
        this.limits!.end(deal, (limit) => limit === effect.limit);
        return;
      case ENDS_TRACK:
        if (this.limits!.has(deal)) this.limits!.end(deal, (limit) => this.limitNames.nameOf(limit)!.startsWith(effect.prefix));
        return;
    }
  }

  private capture(deal: number, effect: Effect, occurredMs: number, value: number): void {
    this.known++;
    this.capturedMs[deal] = this.resultSinceMs[deal] = occurredMs;
    this.asLead[deal] = effect.isLead ? 1 : 0;
    const { by } = this.view;
    if (by !== null) {
      // What a deal has of its own, and what its facts say, which may change; none said is the nameless group.
      const own = by === 'account' ? this.groups.numberOf(this.columns.accountOf(deal)) : effect.group;
      this.group[deal] = this.firstGroup[deal] = own === UNSAID ? NAMELESS : own;
    }
    this.begin(deal, effect.stage, occurredMs);
    if (effect.qualifies) this.qualify(deal, occurredMs);
    this.noteFacts(deal, effect, value);
  }

  private enter(deal: number, effect: Effect, occurredMs: number): void {
    if (this.limits?.has(deal)) this.limits.end(deal, everyLimit);
    const here = this.lastVisit[deal]!;
    if (effect.goesOn) this.visitStage[here] = effect.stage;
    else if (this.visitStage[here] !== effect.stage) {
      this.leftMs[here] = occurredMs;
      this.begin(deal, effect.stage, occurredMs);
    }
    const stands = effect.ends ? (effect.decides === OPEN ? this.result[deal]! : effect.decides) : OPEN;
    if (stands !== this.result[deal]) {
      this.result[deal] = stands;
      this.resultSinceMs[deal] = occurredMs;
    }
    if (effect.decides === WON && !this.isWon(deal)) {
      this.reached[deal]! |= 2;
      this.wonMs[deal] = occurredMs;
    }
    if (effect.qualifies && !this.isQualified(deal)) this.qualify(deal, occurredMs);
  }

  private qualify(deal: number, occurredMs: number): void {
    this.reached[deal]! |= 1;
    this.qualifiedMs[deal] = occurredMs;
    if (this.byMoment) this.qualifiedGroup[deal] = this.group[deal]!;
  }

  private begin(deal: number, stage: number, occurredMs: number): void {
    const visit = this.visits++;
    if (visit >= this.visitDeal.length) this.grow(visit);
    this.visitDeal[visit] = deal;
    this.visitStage[visit] = stage;
    this.enteredMs[visit] = occurredMs;
    this.leftMs[visit] = Infinity;
    if (this.byMoment) this.visitGroup[visit] = this.group[deal]!;
    this.lastVisit[deal] = visit;
  }

  private grow(visit: number): void {
    this.visitDeal = grown(this.visitDeal, visit);
    this.visitStage = grown(this.visitStage, visit);
    this.enteredMs = grown(this.enteredMs, visit);
    this.leftMs = grown(this.leftMs, visit);
    if (this.byMoment) this.visitGroup = grown(this.visitGroup, visit);
  }

  private noteFacts(deal: number, { saysAmount, currency, factGroup }: Effect, value: number): void {
    if (factGroup !== UNSAID) this.group[deal] = factGroup;
    if (!saysAmount) return;
    this.amount[deal] = value;
    this.currency[deal] = currency;
  }

  // What an entry of each shape does, its texts as numbers.

  private effectOf(shape: EntryShape): Effect {
    const { view } = this;
    switch (shape.kind) {
      case 'captured':
        if (shape.process !== view.process) return NOTHING;
        return {
          ...NOTHING,
          does: CAPTURES,
          stage: this.stages.numberOf(view.stageOf(shape.stage)),
          isLead: shape.phase === 'lead',
          qualifies: isQualifying(shape.phase),
          group: this.groupSaid(
            view.by === 'origin' ? shape.origin : view.by === 'version' ? String(shape.version) : ofHolder(view.by, shape),
          ),
          ...this.factsEffect(shape.facts),
        };
      case 'facts': {
        const facts = this.factsEffect(shape.facts);
        return facts.saysAmount || facts.factGroup !== UNSAID ? { ...NOTHING, does: VALUES, ...facts } : NOTHING;
      }
      case 'owner': {
        const group = this.groupSaid(ofHolder(view.by, shape));
        return group === UNSAID ? NOTHING : { ...NOTHING, does: GROUPS, group };
      }
      case 'stage':
      case 'migrated': {
        const { fromPhase, toPhase, result } = shape;
        const becomesCustomer = toPhase === 'customer' && fromPhase !== 'closed' && fromPhase !== 'customer';
        const decided = result ?? (becomesCustomer ? 'won' : null);
        return {
          ...NOTHING,
          does: ENTERS,
          stage: this.stages.numberOf(view.stageOf(shape.to)),
          goesOn: shape.kind === 'migrated' && shape.continues,
          ends: toPhase === 'closed' || toPhase === 'customer',
          decides: decided === 'won' ? WON : decided === 'lost' ? LOST : OPEN,
          qualifies: isQualifying(toPhase) || decided === 'won',
          group: view.by === 'version' ? this.groups.numberOf(String(shape.version)) : UNSAID,
        };
      }
      case 'limit-started':
        return view.worth ? { ...NOTHING, does: STARTS, limit: this.limitNames.numberOf(shape.limit) } : NOTHING;
      case 'limit-cancelled':
        return view.worth ? { ...NOTHING, does: CANCELS, limit: this.limitNames.numberOf(shape.limit) } : NOTHING;
      case 'track':
        return view.worth ? { ...NOTHING, does: ENDS_TRACK, prefix: `${shape.stage}/${shape.track}/` } : NOTHING;
      case 'activity':
      case 'limit-fired':
        return NOTHING;
    }
  }

  private groupSaid(name: string | null | undefined): number {
    return name === undefined ? UNSAID : this.groups.numberOf(name);
  }

  private factsEffect(facts: FactsShape): Pick<Effect, 'saysAmount' | 'currency' | 'factGroup'> {
    const { by, worth } = this.view;
    return {
      saysAmount: worth && facts.amount !== undefined,
      currency: this.currencies.numberOf(facts.amount ?? null),
      factGroup: this.groupSaid(by === 'source' || by === 'generatedBy' ? facts[by] : undefined),
    };
  }
}

const isQualifying = (phase: Phase): boolean => phase === 'qualified' || phase === 'selling';
const ofHolder = (by: Grouping | null, { owner, team }: { owner: string; team: string | null }): string | null | undefined =>
  by === 'owner' ? owner : by === 'team' ? team : undefined;
const everyLimit = (): boolean => true;

const PASSES = 0;
const CAPTURES = 1;
const ENTERS = 2;
const GROUPS = 3;
const VALUES = 4;
const STARTS = 5;
const CANCELS = 6;
const ENDS_TRACK = 7;
const UNSAID = -1;

/** All effects are made alike, so that what reads them is compiled for one kind of object alone. */
interface Effect {
  readonly does: number;
  readonly stage: number;
  readonly isLead: boolean;
  /** The stage is what has become of the one before, which ends no visit. */
  readonly goesOn: boolean;
  readonly ends: boolean;
  /** How the step decides the deal; `OPEN` where it does not. */
  readonly decides: number;
  readonly qualifies: boolean;
  readonly group: number;
  readonly factGroup: number;
  readonly saysAmount: boolean;
  readonly currency: number;
  readonly limit: number;
  readonly prefix: string;
}

const NOTHING: Effect = {
  does: PASSES,
  stage: 0,
  isLead: false,
  goesOn: false,
  ends: false,
  decides: OPEN,
  qualifies: false,
  group: UNSAID,
  factGroup: UNSAID,
  saysAmount: false,
  currency: NAMELESS,
  limit: 0,
  prefix: '',
};
