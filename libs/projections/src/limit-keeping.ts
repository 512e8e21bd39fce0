import { limitDue, type Limit, type SalesProcess } from '@coxswain/sales-process';
import type { Deal, DealStep, Visit } from './deal.js';
import { at } from './frame.js';
import type { Lineage } from './lineage.js';
import { isoText } from './time.js';

/**
 * Whether deals left their stages within the time limits of the process, in its own calendar: worked out from the visits and the version
 * in force, so that history that came in later is measured too. Places within parallel tracks are measured as stages are.
 */
export class LimitKeeping {
  private readonly tracks = new Map<number, ReadonlyMap<string, readonly LimitedTrack[]>>();

  constructor(
    private readonly lineage: Lineage,
    /** In milliseconds since 1970. */
    private readonly clockMs: number,
  ) {}

  /**
   * True when the deal was still in the stage after its limit was up, at the latest by the clock; null when the stage had no limit.
   * A move back to the same stage starts the limit anew; so does one between stages that have become one since, each with the limit of its own.
   */
  exceeded(deal: Deal, visit: Visit): boolean | null {
    const until = visit.leftMs ?? this.clockMs;
    let limit = this.limitOf(visit);
    let since = visit.enteredMs;
    let found: boolean | null = null;
    const end = (ms: number): void => {
      if (limit) found = found === true || limit.exceeded(since, ms);
    };
    for (const step of deal.steps) {
      const { occurredMs } = step;
      if (!isBack(step, visit) || occurredMs <= since || occurredMs > until) continue;
      end(occurredMs);
      limit = this.limitOf(step);
      since = occurredMs;
    }
    end(until);
    return found;
  }

  /**
   * Of each stay at a place with a limit, within the tracks of a visit: its name as limits are named (`stage/track/place`), when it began, and
   * whether the deal was still there after the limit was up, at the latest by the clock. A stay ends with the next step of the track, with
   * the visit, and where a move back to the stage puts the track at its start again; a step back to the same place starts the limit anew.
   * `visits`: of each step of the deal the visit it was taken in, as `visitsOfSteps` says.
   */
  *inTracks(deal: Deal, visits: readonly Visit[]): Generator<Pick<Stay, 'name' | 'beganMs' | 'exceeded'>> {
    for (const visit of deal.visits) {
      const own = deal.steps.filter((_, index) => visits[index] === visit);
      // A visit of stages that have become one since has parts, each with the tracks of its own.
      let part: Part = { stage: visit, beganMs: visit.enteredMs, steps: [] };
      for (const step of own) {
        if (isBack(step, visit) && step.recorded.from !== step.recorded.to) {
          yield* this.inPart(part, visit, step.occurredMs);
          part = { stage: step, beganMs: step.occurredMs, steps: [] };
        } else part.steps.push(step);
      }
      yield* this.inPart(part, visit, visit.leftMs ?? this.clockMs);
    }
  }

  private *inPart({ stage, beganMs, steps }: Part, visit: Visit, endedMs: number): Generator<Stay> {
    for (const track of this.tracksOf(stage)) {
      let stay = this.stay(track, track.start, beganMs);
      for (const step of steps) {
        const { track: within, from, to, occurredMs } = step;
        const isRestart = isBack(step, visit);
        if (!isRestart && within !== track.id) continue;
        const next = isRestart ? track.start : to;
        const isKnown = isRestart || from === stay.at;
        if (isKnown) stay.until(occurredMs);
        if (isKnown && next === stay.at) continue;
        // Where a migration has put the track elsewhere meanwhile, nobody knows how long it stood there.
        if (isKnown && stay.limit) yield stay;
        const inForce = this.tracksOf(step).find(({ id }) => id === track.id) ?? track;
        stay = this.stay(inForce, next, occurredMs);
      }
      stay.until(endedMs);
      if (stay.limit) yield stay;
    }
  }

  private limitOf({ as, version }: Pick<Visit, 'as' | 'version'>): KeptLimit | undefined {
    const definition = this.lineage.definition(version);
    const limit = definition?.stages[as]?.limit;
    return limit && keptLimit(limit.time, definition);
  }

  private stay({ name, limits }: LimitedTrack, place: string, beganMs: number): Stay {
    return new Stay(`${name}/${place}`, place, beganMs, limits.get(place));
  }

  /** The tracks of a stage with a limit in them. */
  private tracksOf({ as, version }: Pick<Visit, 'as' | 'version'>): readonly LimitedTrack[] {
    return at(this.tracks, version, () => this.limitedTracks(this.lineage.definition(version))).get(as) ?? NO_TRACKS;
  }

  /** By the stage as the version calls it. */
  private limitedTracks(definition: SalesProcess | null): ReadonlyMap<string, readonly LimitedTrack[]> {
    const limited = new Map<string, readonly LimitedTrack[]>();
    for (const { id, tracks } of Object.values(definition?.stages ?? {})) {
      const own = Object.values(tracks).map(({ id: track, start, stages }): LimitedTrack => ({
        id: track,
        name: `${this.lineage.stageOf(id)}/${track}`,
        start,
        limits: new Map(
          Object.values(stages).flatMap(({ id: place, limit }) =>
            limit ? [[place, new KeptLimit(limit.time, definition!)] as const] : [],
          ),
        ),
      }));
      const withLimits = own.filter(({ limits }) => limits.size > 0);
      if (withLimits.length > 0) limited.set(id, withLimits);
    }
    return limited;
  }
}

/** What was worked out for a limit holds as long as there is its version: whoever asks again does not work it out again. */
const known = new WeakMap<SalesProcess, Map<string, KeptLimit>>();

function keptLimit(time: Limit['time'], definition: SalesProcess): KeptLimit {
  let limits = known.get(definition);
  if (!limits) known.set(definition, (limits = new Map()));
  return at(limits, `${time.amount} ${time.unit}`, () => new KeptLimit(time, definition));
}

const NO_TRACKS: readonly LimitedTrack[] = [];

/** What a visit was in one of the stages that it joins, and the steps taken there. */
interface Part {
  readonly stage: Pick<Visit, 'as' | 'version'>;
  readonly beganMs: number;
  readonly steps: DealStep[];
}

/** A move of the deal that did not leave the stage. */
const isBack = ({ track, from, to }: DealStep, { stage }: Visit): boolean => track === null && from === stage && to === stage;

/** A track in which at least one place has a limit. */
interface LimitedTrack {
  readonly id: string;
  /** `stage/track` */
  readonly name: string;
  readonly start: string;
  readonly limits: ReadonlyMap<string, KeptLimit>;
}

/** A stay at a place within a track. */
class Stay {
  exceeded = false;
  private sinceMs: number;

  constructor(
    /** `stage/track/place` */
    readonly name: string,
    readonly at: string,
    readonly beganMs: number,
    readonly limit: KeptLimit | undefined,
  ) {
    this.sinceMs = beganMs;
  }

  /** It lasted so long at least; from then on the limit runs anew. */
  until(ms: number): void {
    this.exceeded ||= this.limit?.exceeded(this.sinceMs, ms) ?? false;
    this.sinceMs = ms;
  }
}

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
/** How far a change of the clock on the wall may put a later start before an earlier one; no summer time turns it by more. */
const SLACK_MS = 7_200_000;

/**
 * One limit, asked of many visits. The due time is later for a later start, so those of the midnights before and after the start decide
 * nearly every case, and those of the hours most of the others; they are worked out once instead of once a visit.
 */
class KeptLimit {
  private readonly dues = new Map<number, number>();

  constructor(
    private readonly time: Limit['time'],
    private readonly calendar: SalesProcess,
  ) {}

  exceeded(sinceMs: number, untilMs: number): boolean {
    return (
      this.surelyExceeded(sinceMs, untilMs, DAY_MS) ??
      this.surelyExceeded(sinceMs, untilMs, HOUR_MS) ??
      untilMs > this.due(sinceMs)
    );
  }

  /** Whether it would be, or would not, wherever in its day or hour the start lay; null where that matters. */
  private surelyExceeded(sinceMs: number, untilMs: number, unitMs: number): boolean | null {
    const begun = sinceMs - (((sinceMs % unitMs) + unitMs) % unitMs);
    if (untilMs > this.dueOnce(begun + unitMs) + SLACK_MS) return true;
    return untilMs < this.dueOnce(begun) - SLACK_MS ? false : null;
  }

  private dueOnce(sinceMs: number): number {
    return at(this.dues, sinceMs, () => this.due(sinceMs));
  }

  private due(sinceMs: number): number {
    return Date.parse(limitDue(this.time, isoText(sinceMs), this.calendar));
  }
}
