import type { Money, Phase } from '@coxswain/sales-process';
import type { EntryShape, FactsShape } from './deal-entry.js';
import { grown } from './growing.js';
import { NAMELESS, Numbered } from './numbered.js';
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
  /** Whether a step of it broke the process, and whether somebody entitled let a check pass. */
  readonly deviating: boolean;
  readonly overridden: boolean;
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
  readonly version?: number | undefined;
  readonly origin?: string | undefined;
  readonly source?: string | undefined;
  readonly result?: 'won' | 'lost' | 'open' | undefined;
  readonly deviating?: boolean | undefined;
  readonly overridden?: boolean | undefined;
}

const PHASES: readonly Phase[] = ['lead', 'qualified', 'selling', 'closed', 'customer'];
const RESULTS = [null, 'won', 'lost'] as const;
const UNKNOWN = -1;
const UNSAID = -1;
const NO_DAY = 0;
const everyLimit = (): boolean => true;

/**
 * Where each deal stands, as columns of numbers, one place a deal: about 100 bytes each.
 * What is text is a number of a common list, since few texts (stages, people, teams) stand for many deals.
 */
export class DealHeads {
  private count = 0;
  private readonly texts = new Numbered();
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
  private source = new Uint32Array(16);
  private generatedBy = new Uint32Array(16);
  private deviating = new Uint8Array(16);
  private overridden = new Uint8Array(16);
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

  /** How many deals there are. */
  get deals(): number {
    return this.count;
  }

  /** Makes place for the next deal. */
  add(): void {
    const deal = this.count++;
    if (deal >= this.stage.length) this.grow(deal);
    this.due[deal] = this.pending[deal] = Infinity;
    this.limits.add(deal);
  }

  private grow(deal: number): void {
    this.process = grown(this.process, deal);
    this.version = grown(this.version, deal);
    this.stage = grown(this.stage, deal);
    this.phase = grown(this.phase, deal);
    this.result = grown(this.result, deal);
    this.owner = grown(this.owner, deal);
    this.team = grown(this.team, deal);
    this.origin = grown(this.origin, deal);
    this.source = grown(this.source, deal);
    this.generatedBy = grown(this.generatedBy, deal);
    this.deviating = grown(this.deviating, deal);
    this.overridden = grown(this.overridden, deal);
    this.amount = grown(this.amount, deal);
    this.currency = grown(this.currency, deal);
    this.closeDate = grown(this.closeDate, deal);
    this.since = grown(this.since, deal);
    this.due = grown(this.due, deal);
    this.pending = grown(this.pending, deal);
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
        this.noteHow(deal, effect);
        return;
      case 'track':
        this.noteHow(deal, effect);
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
      amount: currency[deal] === NAMELESS ? null : { minor: amount[deal]!, currency: this.text(currency[deal]!)! },
      closeDate: this.closeDate[deal] === NO_DAY ? null : this.dayOf(this.closeDate[deal]!),
      stageSinceMs: this.since[deal]!,
      firstDueMs: due[deal] === Infinity ? null : due[deal]!,
      result: RESULTS[this.result[deal]!]!,
      deviating: this.deviating[deal] === 1,
      overridden: this.overridden[deal] === 1,
    };
  }

  ownerOf(deal: number): string {
    return this.text(this.owner[deal]!)!;
  }

  /** In minor units, whatever the currency; null without an amount. */
  minorOf(deal: number): number | null {
    return this.currency[deal] === NAMELESS ? null : this.amount[deal]!;
  }

  /** `YYYY-MM-DD`; null where none is recorded. */
  closeDateOf(deal: number): string | null {
    return this.closeDate[deal] === NO_DAY ? null : this.dayOf(this.closeDate[deal]!);
  }

  stageSinceMs(deal: number): number {
    return this.since[deal]!;
  }

  /** When its first limit is due, fired or not; null when none runs. */
  firstDueMs(deal: number): number | null {
    return this.due[deal] === Infinity ? null : this.due[deal]!;
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
  matching(asked: HeadFilter): (deal: number) => boolean {
    const { process, stage, owner, team, phase, version, origin, source, result, deviating, overridden } = asked;
    const tests: ((deal: number) => boolean)[] = [];
    const ofText = (column: () => Uint32Array, text: string | undefined): void => {
      if (text === undefined) return;
      const number = this.texts.known(text) ?? UNKNOWN;
      tests.push((deal) => column()[deal] === number);
    };
    const ofNumber = (column: () => Uint8Array | Uint32Array, number: number | undefined): void => {
      if (number !== undefined) tests.push((deal) => column()[deal] === number);
    };
    // The columns are looked up each time: they are exchanged for longer ones as deals come in.
    ofText(() => this.process, process);
    ofText(() => this.stage, stage);
    ofText(() => this.owner, owner);
    ofText(() => this.team, team);
    ofText(() => this.origin, origin);
    ofText(() => this.source, source);
    ofNumber(() => this.phase, phase === undefined ? undefined : PHASES.indexOf(phase as Phase));
    ofNumber(() => this.version, version);
    ofNumber(() => this.result, result === undefined ? undefined : RESULTS.indexOf(result === 'open' ? null : result));
    ofNumber(() => this.deviating, deviating === undefined ? undefined : Number(deviating));
    ofNumber(() => this.overridden, overridden === undefined ? undefined : Number(overridden));
    return (deal) => tests.every((holds) => holds(deal));
  }

  /** A test of deals by their process: what `matching` does for it alone, some ten times as fast. */
  ofProcess(process: string): (deal: number) => boolean {
    const number = this.texts.known(process) ?? UNKNOWN;
    return (deal) => this.process[deal] === number;
  }

  /** A test of deals by whether their owner, team, origin, source or who generated the lead holds a text, written small. */
  naming(small: string): (deal: number) => boolean {
    const holds = Uint8Array.from({ length: this.texts.size }, (_, number) =>
      Number(this.text(number)?.toLowerCase().includes(small)),
    );
    return (deal) =>
      [this.owner, this.team, this.origin, this.source, this.generatedBy].some((column) => holds[column[deal]!] === 1);
  }

  private noteHow(deal: number, { deviates, overrides }: HowEffect): void {
    if (deviates) this.deviating[deal] = 1;
    if (overrides) this.overridden[deal] = 1;
  }

  private noteFacts(deal: number, { money, currency, date, source, generatedBy }: FactsEffect, value: number, day: number): void {
    if (source !== UNSAID) this.source[deal] = source;
    if (generatedBy !== UNSAID) this.generatedBy[deal] = generatedBy;
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
    return this.texts.nameOf(number);
  }

  private number(text: string | null): number {
    return this.texts.numberOf(text);
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
          ...howOf(shape),
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
          ...AS_ASKED,
        };
      case 'track':
        return { kind: 'track', of: `${shape.stage}/${shape.track}/`, ...howOf(shape) };
      case 'limit-started':
        return { kind: shape.kind, limit: this.number(shape.limit), then: this.number(shape.then) };
      case 'limit-fired':
      case 'limit-cancelled':
        return { kind: shape.kind, limit: this.number(shape.limit) };
      case 'activity':
        return { kind: 'nothing' };
    }
  }

  private factsEffect({ amount, closeDate, source, generatedBy }: FactsShape): FactsEffect {
    return {
      money: amount !== undefined,
      currency: this.number(amount ?? null),
      date: closeDate !== undefined,
      source: source === undefined ? UNSAID : this.number(source),
      generatedBy: generatedBy === undefined ? UNSAID : this.number(generatedBy),
    };
  }
}

const AS_ASKED: HowEffect = { deviates: false, overrides: false };
const howOf = ({ conforming, overridden }: { conforming: boolean; overridden: readonly string[] }): HowEffect => ({
  deviates: !conforming,
  overrides: overridden.length > 0,
});

/** Whether a step broke the process, and whether it let a check pass. */
interface HowEffect {
  readonly deviates: boolean;
  readonly overrides: boolean;
}

interface FactsEffect {
  /** Whether the amount was spoken of, and in which currency; no currency takes it back. */
  readonly money: boolean;
  readonly currency: number;
  /** Whether the close date was spoken of; no day takes it back. */
  readonly date: boolean;
  /** The source and who generated the lead, as far as they were spoken of. */
  readonly source: number;
  readonly generatedBy: number;
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
  | (HowEffect & {
      readonly kind: 'stage';
      readonly version: number;
      readonly stage: number;
      readonly stays: boolean;
      readonly phase: number;
      readonly ends: boolean;
      readonly result: number;
    })
  | (HowEffect & { readonly kind: 'track'; readonly of: string })
  | { readonly kind: 'limit-started'; readonly limit: number; readonly then: number }
  | { readonly kind: 'limit-fired' | 'limit-cancelled'; readonly limit: number }
  | { readonly kind: 'nothing' };
