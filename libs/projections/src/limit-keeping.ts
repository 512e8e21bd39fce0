import { limitDue, type Limit, type SalesProcess } from '@coxswain/sales-process';
import type { Deal, Visit } from './deal.js';
import { at } from './frame.js';
import type { Lineage } from './lineage.js';
import { isoText } from './time.js';

/**
 * Whether deals left their stages within the time limits of the process, in its own calendar: worked out from the visits and the version
 * in force, so that history that came in later is measured too. Limits of places within tracks are no part of it.
 */
export class LimitKeeping {
  private readonly limits = new Map<number, ReadonlyMap<string, KeptLimit>>();

  constructor(
    private readonly lineage: Lineage,
    /** In milliseconds since 1970. */
    private readonly clockMs: number,
  ) {}

  /**
   * True when the deal was still in the stage after its limit was up, at the latest by the clock; null when the stage had no limit.
   * A move back to the same stage starts the limit anew.
   */
  exceeded(deal: Deal, visit: Visit): boolean | null {
    const limit = this.limitOf(visit);
    if (!limit) return null;
    const until = visit.leftMs ?? this.clockMs;
    let since = visit.enteredMs;
    for (const { from, to, occurredMs } of deal.steps) {
      if (from !== visit.stage || to !== visit.stage || occurredMs <= since || occurredMs > until) continue;
      if (limit.exceeded(since, occurredMs)) return true;
      since = occurredMs;
    }
    return limit.exceeded(since, until);
  }

  private limitOf({ stage, version }: Visit): KeptLimit | undefined {
    let limits = this.limits.get(version);
    if (!limits) this.limits.set(version, (limits = this.limitsOf(this.lineage.definition(version))));
    return limits.get(stage);
  }

  /** Under the present names; of stages that became one, the first with a limit. */
  private limitsOf(definition: SalesProcess | null): ReadonlyMap<string, KeptLimit> {
    const limits = new Map<string, KeptLimit>();
    for (const { id, limit } of Object.values(definition?.stages ?? {})) {
      const stage = this.lineage.stageOf(id);
      if (limit && !limits.has(stage)) limits.set(stage, keptLimit(limit.time, definition!));
    }
    return limits;
  }
}

/** What was worked out for a limit holds as long as there is its version: whoever asks again does not work it out again. */
const known = new WeakMap<SalesProcess, Map<string, KeptLimit>>();

function keptLimit(time: Limit['time'], definition: SalesProcess): KeptLimit {
  let limits = known.get(definition);
  if (!limits) known.set(definition, (limits = new Map()));
  return at(limits, `${time.amount} ${time.unit}`, () => new KeptLimit(time, definition));
}

const DAY_MS = 86_400_000;
/** How far a change of the clock on the wall may put a later start before an earlier one; no summer time turns it by more. */
const SLACK_MS = 7_200_000;

/**
 * One limit, asked of many visits. The due time is later for a later start, so those of the midnights before and after the start decide
 * nearly every case, and are worked out once a day instead of once a visit.
 */
class KeptLimit {
  private readonly dues = new Map<number, number>();

  constructor(
    private readonly time: Limit['time'],
    private readonly calendar: SalesProcess,
  ) {}

  exceeded(sinceMs: number, untilMs: number): boolean {
    const midnight = Math.floor(sinceMs / DAY_MS);
    if (untilMs > this.dueOfDay(midnight + 1) + SLACK_MS) return true;
    if (untilMs < this.dueOfDay(midnight) - SLACK_MS) return false;
    return untilMs > Date.parse(limitDue(this.time, isoText(sinceMs), this.calendar));
  }

  private dueOfDay(day: number): number {
    let due = this.dues.get(day);
    if (due === undefined) {
      due = Date.parse(limitDue(this.time, isoText(day * DAY_MS), this.calendar));
      this.dues.set(day, due);
    }
    return due;
  }
}
