import type { Demands } from './demands.js';
import type { Facts, FactValue } from './facts.js';
import type { Move, SalesProcess, Stage, Track, TrackStage } from './process.js';
import { listed, valueText } from './wording.js';

/**
 * A deal that nobody has sold yet, walked through a process and told in sentences: what a fault of the process would do to it.
 */

/** From one stage to the next: by a move, or by itself once the moves of every track are made. */
export interface Hop {
  readonly from: string;
  readonly to: string;
  /** Null for a join. */
  readonly move: Move | null;
  /** The moves that bring every track to its end, track by track; empty but for a join. */
  readonly inTracks: readonly (readonly [Track, readonly Move[]])[];
}

/** Where deals can come in a process, counting only moves that some facts let pass. */
export class Walks {
  private readonly hopTo = new Map<string, Hop | null>();
  private readonly hops = new Map<string, readonly Hop[]>();

  constructor(
    private readonly process: SalesProcess,
    private readonly demands: Demands,
  ) {
    this.hopTo.set(process.start, null);
    for (const id of this.hopTo.keys())
      for (const hop of this.hopsFrom(process.stages[id]!)) if (!this.hopTo.has(hop.to)) this.hopTo.set(hop.to, hop);
  }

  /** The stages that deals come to, the nearest first. */
  get stages(): readonly string[] {
    return [...this.hopTo.keys()];
  }

  /** The fewest hops from where deals begin; null where no deal comes. */
  to(stage: string): readonly Hop[] | null {
    if (!this.hopTo.has(stage)) return null;
    const hops: Hop[] = [];
    for (let hop = this.hopTo.get(stage); hop; hop = this.hopTo.get(hop.from)) hops.unshift(hop);
    return hops;
  }

  /** The stages that a deal in this one may still come to, itself first. */
  from(stage: string): readonly string[] {
    const seen = new Set([stage]);
    for (const id of seen) for (const { to } of this.hopsFrom(this.process.stages[id]!)) seen.add(to);
    return [...seen];
  }

  /** The moves that bring a track from its start to this stage of it, or (null) to where it is done; null where none do. */
  inTrack(track: Track, to: string | null): readonly Move[] | null {
    const moveTo = new Map<string, { readonly from: string; readonly move: Move } | null>([[track.start, null]]);
    for (const id of moveTo.keys()) {
      if (to === null ? track.stages[id]!.done : id === to) {
        const moves: Move[] = [];
        for (let step = moveTo.get(id); step; step = moveTo.get(step.from)) moves.unshift(step.move);
        return moves;
      }
      for (const move of this.possible(track.stages[id]!)) if (!moveTo.has(move.to)) moveTo.set(move.to, { from: id, move });
    }
    return null;
  }

  /** The moves of a stage, or of one of a track, that some facts let pass. */
  possible({ moves }: Stage | TrackStage): readonly Move[] {
    return Object.values(moves).filter((move) => this.demands.for(move) !== 'never');
  }

  hopsFrom(stage: Stage): readonly Hop[] {
    let hops = this.hops.get(stage.id);
    if (!hops) this.hops.set(stage.id, (hops = this.everyHopFrom(stage)));
    return hops;
  }

  private everyHopFrom(stage: Stage): readonly Hop[] {
    const hops = this.possible(stage).map((move): Hop => ({ from: stage.id, to: move.to, move, inTracks: [] }));
    if (stage.whenAllDone === undefined) return hops;
    const inTracks = Object.values(stage.tracks).map((track) => [track, this.inTrack(track, null)] as const);
    return inTracks.every((entry): entry is readonly [Track, readonly Move[]] => entry[1] !== null)
      ? [...hops, { from: stage.id, to: stage.whenAllDone, move: null, inTracks }]
      : hops;
  }
}

/** Tells stories of one deal, sentence by sentence. */
export class Teller {
  private readonly known = new Map<string, string>();
  readonly told: string[] = [];

  constructor(
    private readonly process: SalesProcess,
    private readonly demands: Demands,
  ) {}

  /** The way of the deal from its beginning; `null` says that it begins, and no more. */
  walk(hops: readonly Hop[] | null): this {
    this.say(`A deal begins in ${this.stage(this.process.start)}.`);
    for (const hop of hops ?? []) {
      if (hop.move) this.say(`${this.making(hop.move)} takes it to ${this.stage(hop.to)}.`);
      else {
        const moves = hop.inTracks.flatMap(([, made]) => made.map((move) => this.making(move)));
        this.say(
          moves.length === 0
            ? `Its tracks are done where they begin: it goes on to ${this.stage(hop.to)} by itself.`
            : `${listed(moves, 'and')} end its tracks: it goes on to ${this.stage(hop.to)} by itself.`,
        );
      }
    }
    return this;
  }

  say(...sentences: readonly string[]): this {
    this.told.push(...sentences);
    return this;
  }

  /** `"Qualify" (sdr or rep; Lead source recorded, Fit score 60)`, with what is not known of the deal yet. */
  making(move: Move): string {
    const found = this.demands.for(move);
    const facts = typeof found === 'object' ? found.facts : {};
    const asked = [
      ...move.needs.filter((field) => !Object.hasOwn(facts, field)).map((field) => this.news(field, null)),
      ...Object.entries(facts).map(([field, value]) => this.news(field, value)),
    ].filter((one) => one !== null);
    const said = [move.by.length === 0 ? 'anyone' : listed(move.by, 'or'), ...(asked.length > 0 ? [asked.join(', ')] : [])];
    return `"${move.label}" (${said.join('; ')})`;
  }

  /** `Fit score 60, Budget confirmed by the buyer not recorded`. */
  facts(facts: Facts, read: readonly string[] = Object.keys(facts)): string {
    return listed(
      read.map((field) =>
        Object.hasOwn(facts, field) ? `${this.field(field)} ${valueText(facts[field]!)}` : `${this.field(field)} not recorded`,
      ),
      'and',
    );
  }

  readonly stage = (id: string): string => this.process.stages[id]?.label ?? id;
  readonly field = (name: string): string => this.process.fields[name]?.label ?? name;

  private news(field: string, value: FactValue | null): string | null {
    const said = value === null ? 'recorded' : valueText(value);
    if (this.known.get(field) === said || (value === null && this.known.has(field))) return null;
    this.known.set(field, said);
    return `${this.field(field)} ${said}`;
  }
}
