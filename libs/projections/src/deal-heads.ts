import type { Money, Phase } from '@coxswain/sales-process';
import type { EntryShape, FactsShape } from './deal-entry.js';
import { grown } from './growing.js';
import { RunningLimits } from './running-limits.js';

/** A deal as lists show it: where it stands now. */
export interface DealHead {
  readonly process: { readonly id: string; readonly version: number };
  readonly stage: string;
  readonly phase: Phase;
  readonly owner: string;
  readonly team: string | null;
  readonly origin: string;
  /** The facts `amount` and `closeDate` (`YYYY-MM-DD`). */
  readonly amount: Money | null;
  readonly closeDate: string | null;
  /** In milliseconds since 1970. */
  readonly stageSinceMs: number;
  /** When the first of its time limits is up, fired or not, in milliseconds since 1970; null when no limit runs. */
  readonly firstDueMs: number | null;
  readonly result: 'won' | 'lost' | null;
}

/** A time limit that runs. */
export interface RunningLimit {
  /** `stage` or `stage/track/trackStage` */
  readonly limit: string;
  /** In milliseconds since 1970. */
  readonly dueMs: number;
  /** `warn`, or the move the limit asks for. */
  readonly then: string;
  readonly fired: boolean;
}

/** What is asked for of a list of deals; what is left out does not matter. */
export interface HeadFilter {
  readonly process?: string | undefined;
  readonly stage?: string | undefined;
  readonly owner?: string | undefined;
  readonly team?: string | undefined;
  readonly phase?: string | undefined;
}

const PHASES: readonly Phase[] = ['lead', 'qualified', 'selling', 'closed', 'customer'];
const RESULTS = [null, 'won', 'lost'] as const;
/** The number of no text at all. */
const NONE = 0;
const UNKNOWN = -1;
const NO_DAY = 0;
const everyLimit = (): boolean => true;

/**
 * Where each deal stands, as columns of numbers, one place a deal: about 90 bytes each.
 * What is text is a number of a common list, since few texts (stages, people, teams) stand for many deals.
 */
export class DealHeads {
  private count = 0;
  private readonly texts: (string | null)[] = [null];
  private readonly numbers = new Map<string, number>();
  /** What an entry of each shape does, its texts as numbers; in the order in which the shapes were learnt. */
  private readonly effects: Effect[] = [];

  private process = new Uint32Array(16);
  private version = new Uint32Array(16);
  private stage = new Uint32Array(16);
  private phase = new Uint8Array(16);
  private result = new Uint8Array(16);
  private owner = new Uint32Array(16);
  private team = new Uint32Array(16);
  private origin = new Uint32Array(16);
  private amount = new Float64Array(16);
  private currency = new Uint32Array(16);
  /** As the columns number days. */
  private closeDate = new Float64Array(16);
  private since = new Float64Array(16);
  /** When its first limit is due, fired or not; and the first that has not fired. */
  private due = new Float64Array(16);
  private pending = new Float64Array(16);
  private readonly limits = new RunningLimits();

  /** `dayOf`: the text of a numbered close date. */
  constructor(private readonly dayOf: (day: number) => string) {}

  /** Time limits that run and have not fired, of all deals. */
  get openLimits(): number {
    return this.limits.open;
  }

  /** Makes place for the next deal. */
  add(): void {
    const deal = this.count++;
    this.process = grown(this.process, deal);
    this.version = grown(this.version, deal);
    this.stage = grown(this.stage, deal);
    this.phase = grown(this.phase, deal);
    this.result = grown(this.result, deal);
    this.owner = grown(this.owner, deal);
    this.team = grown(this.team, deal);
    this.origin = grown(this.origin, deal);
    this.amount = grown(this.amount, deal);
    this.currency = grown(this.currency, deal);
    this.closeDate = grown(this.closeDate, deal);
    this.since = grown(this.since, deal);
    this.due = grown(this.due, deal);
    this.pending = grown(this.pending, deal);
    this.due[deal] = this.pending[deal] = Infinity;
    this.limits.add(deal);
  }

  /** Learns the next shape of entries. */
  learn(shape: EntryShape): void {
    this.effects.push(this.effectOf(shape));
  }

  /** Takes an entry of a shape that was learnt: its number, when it happened, and its numbers; day 0 is no day. */
  note(deal: number, shape: number, occurredMs: number, value: number, day: number): void {
    const effect = this.effects[shape]!;
    switch (effect.kind) {
      case 'captured':
        this.process[deal] = effect.process;
        this.version[deal] = effect.version;
        this.stage[deal] = effect.stage;
        this.phase[deal] = effect.phase;
        this.origin[deal] = effect.origin;
        this.owner[deal] = effect.owner;
        this.team[deal] = effect.team;
        this.since[deal] = occurredMs;
        this.noteFacts(deal, effect.facts, value, day);
        return;
      case 'facts':
        this.noteFacts(deal, effect.facts, value, day);
        return;
      case 'owner':
        this.owner[deal] = effect.owner;
        this.team[deal] = effect.team;
        return;
      case 'stage':
        this.version[deal] = effect.version;
        if (!effect.stays) this.since[deal] = occurredMs;
        this.stage[deal] = effect.stage;
        this.phase[deal] = effect.phase;
        if (effect.ends) this.result[deal] = effect.result || this.result[deal]!;
        else this.result[deal] = 0;
        if (this.due[deal] !== Infinity) this.endLimits(deal, everyLimit);
        return;
      case 'track':
        if (this.due[deal] !== Infinity) this.endLimits(deal, (limit) => this.text(limit)!.startsWith(effect.of));
        return;
      case 'limit-started':
        this.limits.start(deal, effect.limit, value, effect.then);
        this.lookAtLimits(deal);
        return;
      case 'limit-fired':
        this.limits.fire(deal, effect.limit);
        this.lookAtLimits(deal);
        return;
      case 'limit-cancelled':
        this.endLimits(deal, (limit) => limit === effect.limit);
        return;
      case 'nothing':
    }
  }

  head(deal: number): DealHead {
    const { amount, currency, due } = this;
    return {
      process: { id: this.text(this.process[deal]!)!, version: this.version[deal]! },
      stage: this.text(this.stage[deal]!)!,
      phase: PHASES[this.phase[deal]!]!,
      owner: this.text(this.owner[deal]!)!,
      team: this.text(this.team[deal]!),
      origin: this.text(this.origin[deal]!)!,
      amount: currency[deal] === NONE ? null : { minor: amount[deal]!, currency: this.text(currency[deal]!)! },
      closeDate: this.closeDate[deal] === NO_DAY ? null : this.dayOf(this.closeDate[deal]!),
      stageSinceMs: this.since[deal]!,
      firstDueMs: due[deal] === Infinity ? null : due[deal]!,
      result: RESULTS[this.result[deal]!]!,
    };
  }

  processOf(deal: number): string {
    return this.text(this.process[deal]!)!;
  }

  /** The time limits of a deal that run, fired or not, in the order in which they were started. */
  limitsOf(deal: number): readonly RunningLimit[] {
    return Array.from(this.limits.of(deal), ({ limit, then, ...rest }) => ({
      limit: this.text(limit)!,
      then: this.text(then)!,
      ...rest,
    }));
  }

  /** The deals with a limit that is due at an instant and has not fired. */
  dueAt(ms: number): number[] {
    const { pending, count } = this;
    const found: number[] = [];
    for (let deal = 0; deal < count; deal++) if (pending[deal]! <= ms) found.push(deal);
    return found;
  }

  /** Whether a limit of the deal, fired or not, was up at an instant. */
  isOverdue(deal: number, ms: number): boolean {
    return this.due[deal]! <= ms;
  }

  /** A test of deals by what is asked for; the texts are looked up once. */
  matching({ process, stage, owner, team, phase }: HeadFilter): (deal: number) => boolean {
    const number = (text: string | undefined): number | null => (text === undefined ? null : (this.numbers.get(text) ?? UNKNOWN));
    const [ofProcess, inStage, ofOwner, ofTeam] = [number(process), number(stage), number(owner), number(team)];
    const inPhase = phase === undefined ? null : PHASES.indexOf(phase as Phase);
    return (deal) =>
      (ofProcess === null || this.process[deal] === ofProcess) &&
      (inStage === null || this.stage[deal] === inStage) &&
      (ofOwner === null || this.owner[deal] === ofOwner) &&
      (ofTeam === null || this.team[deal] === ofTeam) &&
      (inPhase === null || this.phase[deal] === inPhase);
  }

  private noteFacts(deal: number, { money, currency, date }: FactsEffect, value: number, day: number): void {
    if (money) {
      this.amount[deal] = value;
      this.currency[deal] = currency;
    }
    if (date) this.closeDate[deal] = day;
  }

  private endLimits(deal: number, gone: (limit: number) => boolean): void {
    this.limits.end(deal, gone);
    this.lookAtLimits(deal);
  }

  private lookAtLimits(deal: number): void {
    this.due[deal] = this.limits.firstDue(deal, false);
    this.pending[deal] = this.limits.firstDue(deal, true);
  }

  private text(number: number): string | null {
    return this.texts[number]!;
  }

  private number(text: string | null): number {
    if (text === null) return NONE;
    let number = this.numbers.get(text);
    if (number === undefined) {
      number = this.texts.push(text) - 1;
      this.numbers.set(text, number);
    }
    return number;
  }

  private effectOf(shape: EntryShape): Effect {
    switch (shape.kind) {
      case 'captured':
        return {
          kind: 'captured',
          process: this.number(shape.process),
          version: shape.version,
          stage: this.number(shape.stage),
          phase: PHASES.indexOf(shape.phase),
          origin: this.number(shape.origin),
          owner: this.number(shape.owner),
          team: this.number(shape.team),
          facts: this.factsEffect(shape.facts),
        };
      case 'facts':
        return { kind: 'facts', facts: this.factsEffect(shape.facts) };
      case 'owner':
        return { kind: 'owner', owner: this.number(shape.owner), team: this.number(shape.team) };
      case 'stage':
        return {
          kind: 'stage',
          version: shape.version,
          stage: this.number(shape.to),
          stays: shape.from === shape.to,
          phase: PHASES.indexOf(shape.toPhase),
          ends: shape.toPhase === 'closed' || shape.toPhase === 'customer',
          result: RESULTS.indexOf(shape.result),
        };
      case 'migrated':
        return {
          kind: 'stage',
          version: shape.version,
          stage: this.number(shape.to),
          stays: shape.continues,
          phase: PHASES.indexOf(shape.toPhase),
          ends: shape.toPhase === 'closed' || shape.toPhase === 'customer',
          result: RESULTS.indexOf(shape.result),
        };
      case 'track':
        return { kind: 'track', of: `${shape.stage}/${shape.track}/` };
      case 'limit-started':
        return { kind: shape.kind, limit: this.number(shape.limit), then: this.number(shape.then) };
      case 'limit-fired':
      case 'limit-cancelled':
        return { kind: shape.kind, limit: this.number(shape.limit) };
      case 'activity':
        return { kind: 'nothing' };
    }
  }

  private factsEffect({ amount, closeDate }: FactsShape): FactsEffect {
    return { money: amount !== undefined, currency: this.number(amount ?? null), date: closeDate !== undefined };
  }
}

interface FactsEffect {
  /** Whether the amount was spoken of, and in which currency; no currency takes it back. */
  readonly money: boolean;
  readonly currency: number;
  /** Whether the close date was spoken of; no day takes it back. */
  readonly date: boolean;
}

type Effect =
  | {
      readonly kind: 'captured';
      readonly process: number;
      readonly version: number;
      readonly stage: number;
      readonly phase: number;
      readonly origin: number;
      readonly owner: number;
      readonly team: number;
      readonly facts: FactsEffect;
    }
  | { readonly kind: 'facts'; readonly facts: FactsEffect }
  | { readonly kind: 'owner'; readonly owner: number; readonly team: number }
  | {
      readonly kind: 'stage';
      readonly version: number;
      readonly stage: number;
      readonly stays: boolean;
      readonly phase: number;
      readonly ends: boolean;
      readonly result: number;
    }
  | { readonly kind: 'track'; readonly of: string }
  | { readonly kind: 'limit-started'; readonly limit: number; readonly then: number }
  | { readonly kind: 'limit-fired' | 'limit-cancelled'; readonly limit: number }
  | { readonly kind: 'nothing' };
