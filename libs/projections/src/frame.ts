import { dealAsOf, dealThrough, isKnown, stagesOfShapes, type Attribution, type Deal, type Viewpoint } from './deal.js';
import type { DealColumns, NotedEntry } from './deal-columns.js';
import type { CountSink } from './deals-behind.js';
import { lineageOf, type Lineage } from './lineage.js';
import type { Answer, AsOfBy, Grouping, MeasureContext, MeasureName, MeasureQuery, ProcessVersion } from './measure.js';
import { Numbered } from './numbered.js';
import { NO_PLAN, planKnown, type Plan } from './plan.js';
import { Sweep } from './sweep.js';
import { instantOf } from './time.js';

/** A question made exact, and the deals as they were known then: where every measure starts. */
export interface Frame {
  readonly process: string;
  readonly asOf: string;
  readonly asOfBy: AsOfBy;
  readonly clock: string;
  /** The clock in milliseconds since 1970. */
  readonly clockMs: number;
  readonly from: string | null;
  readonly to: string | null;
  readonly by: Grouping | null;
  readonly timezone: string;
  readonly lineage: Lineage;
  /** Targets, calls and issued forecasts that were known, and had happened. */
  readonly plan: Plan;
  /** How many deals of the process were known, before the window. */
  readonly known: number;
  /** All of them at once, as columns of numbers; `worth`: with amounts and time limits. */
  readonly sweep: (worth?: boolean) => Sweep;
  /** One of them by its number. */
  readonly dealOf: (number: number) => Deal;
  /** Each of them, made anew whenever they are gone through: they are too many to be held at once. */
  readonly deals: Iterable<Deal>;
  /**
   * Calls back with each deal as it stood at each of these clocks (in milliseconds since 1970, ascending, none later than the frame's) after its
   * capture, deal after deal. It is one object that goes on: what is told of a clock must be read before the next.
   */
  readonly through: (clocksMs: readonly number[], seen: (deal: Deal, clock: number) => void) => void;
  /** What is recorded of a deal, as far as it was known and had happened. */
  readonly recordOf: (id: string) => Iterable<NotedEntry>;
  /** True for an instant, in milliseconds since 1970, within the window. */
  readonly within: (ms: number) => boolean;
  /** Where somebody asks which deals a figure counts: told of each; see deals-behind.ts. */
  readonly count?: CountSink;
}

/**
 * A question with all it takes to answer it, at the present instant `now`. Throws `RangeError` where the clock is asked for twice.
 */
export function contextOf(
  query: MeasureQuery,
  versions: readonly ProcessVersion[],
  now: string,
  plan: Plan = NO_PLAN,
): MeasureContext {
  if (query.asOfBy !== 'occurred') return { ...query, asOf: query.asOf ?? now, versions, plan };
  if (query.clock !== undefined)
    throw new RangeError('an instant by which things had occurred is the clock already: leave one of the two out');
  return { ...query, asOf: now, clock: query.asOf ?? now, versions, plan };
}

/** `steps`: whether the deals have their steps. Throws `RangeError` for an instant that cannot be read, and for a window that ends before it begins. */
export function frameOf(columns: DealColumns, context: MeasureContext, steps = false): Frame {
  const { process, versions, by = null } = context;
  if (by === 'process') throw new RangeError('processes are told apart by forecast-total alone');
  const last = versions.reduce<MeasureContext['versions'][number] | null>(
    (a, b) => (a && a.ref.version > b.ref.version ? a : b),
    null,
  );
  const asOf = instantOf(context.asOf, last?.definition.timezone ?? 'UTC');
  const lineage = lineageOf(versions, asOf);
  // Days are those of the version that the figures are told in.
  const timezone = (lineage.latest ?? last)?.definition.timezone ?? 'UTC';
  const read = (text: string | undefined): string | null => (text === undefined ? null : instantOf(text, timezone));

  const asked = read(context.clock);
  const clock = asked === null || asked > asOf ? asOf : asked;
  const [from, to] = [read(context.from), read(context.to)];
  if (from !== null && to !== null && to <= from) throw new RangeError('the window must end later than it begins');

  const [asOfMs, clockMs] = [Date.parse(asOf), Date.parse(clock)];
  const stages = stagesOfShapes(columns, (stage) => lineage.stageOf(stage));
  const view = { asOfMs, clockMs, stages, steps, all: columns.isAllBy(clockMs) };
  let found: Uint32Array | null = null;
  const numbers = (): Uint32Array => (found ??= dealsOf(columns, process, view));
  let known: number | null = null;
  const [fromMs, toMs] = [from === null ? -Infinity : Date.parse(from), to === null ? Infinity : Date.parse(to)];
  return {
    process,
    asOf,
    asOfBy: context.asOfBy ?? 'recorded',
    clock,
    clockMs: view.clockMs,
    from,
    to,
    by,
    timezone,
    lineage,
    plan: planKnown(context.plan ?? NO_PLAN, { asOf, clock }),
    get known() {
      return (known ??= numbers().length);
    },
    sweep: (worth = false) => {
      const swept = new Sweep(columns, { process, asOfMs, clockMs, stageOf: (stage) => lineage.stageOf(stage), by, worth });
      known = swept.known;
      return swept;
    },
    dealOf: (number) => dealAsOf(columns, number, view)!,
    deals: { [Symbol.iterator]: () => made(columns, numbers(), view) },
    through: (clocksMs, seen) => {
      for (const number of numbers()) dealThrough(columns, number, view, clocksMs, seen);
    },
    recordOf: (id) => recordOf(columns, id, view),
    within: (ms) => ms >= fromMs && ms < toMs,
  };
}

/** The numbers of the deals of a process whose capture was known. */
function dealsOf(columns: DealColumns, process: string, view: Viewpoint): Uint32Array {
  const isOf = columns.heads.ofProcess(process);
  const found = new Uint32Array(columns.deals);
  let count = 0;
  for (let deal = 0; deal < columns.deals; deal++)
    if (isOf(deal) && (view.all || isKnown(columns, deal, view))) found[count++] = deal;
  return found.subarray(0, count);
}

function* recordOf(columns: DealColumns, id: string, { asOfMs, clockMs }: Viewpoint): Generator<NotedEntry> {
  const deal = columns.indexOf(id);
  if (deal === undefined) return;
  for (const entry of columns.entriesOf(deal)) if (entry.recordedMs <= asOfMs && entry.occurredMs <= clockMs) yield entry;
}

function* made(columns: DealColumns, numbers: Uint32Array, view: Viewpoint): Generator<Deal> {
  for (const deal of numbers) yield dealAsOf(columns, deal, view)!;
}

export function answer<Name extends MeasureName, Group>(
  measure: Name,
  frame: Frame,
  groups: readonly Group[],
): Answer<Name, Group> {
  const { process, asOf, asOfBy, clock, from, to, by, timezone, lineage, known } = frame;
  return {
    measure,
    process,
    version: lineage.latest?.ref.version ?? null,
    asOf,
    asOfBy,
    clock,
    from,
    to,
    by,
    timezone,
    deals: known,
    groups,
  };
}

/** The group of a deal, or of one moment of it: its owner, team and version then; where it came from is the deal's own. */
export function groupOf(by: Grouping | null, deal: Deal, moment: Attribution = deal): string | null {
  switch (by) {
    case null:
      return null;
    case 'owner':
      return moment.owner;
    case 'team':
      return moment.team;
    case 'version':
      return String(moment.version);
    case 'source':
      return deal.facts.source ?? null;
    case 'generatedBy':
      return deal.facts.generatedBy ?? null;
    case 'account':
      return deal.account;
    case 'origin':
      return deal.origin;
  }
}

/**
 * One tally a group: made when first asked for, and listed with the most counted first, ties by name.
 * Without grouping there is exactly one, also when nothing was counted.
 */
export class Tallies<Tally> {
  private readonly tallies: (Tally | undefined)[] = [];
  private readonly counted: number[] = [];

  /** `names`: the groups as numbers, where they are known as such already. */
  constructor(
    private readonly frame: Pick<Frame, 'by'>,
    private readonly empty: () => Tally,
    private readonly names = new Numbered(),
  ) {
    if (frame.by === null) this.numbered(names.numberOf(null), 0);
  }

  /** The tally that a deal, or one moment of it, counts in; `counts`: how much it adds to the size of the group, by which groups are listed. */
  of(deal: Deal, moment: Attribution = deal, counts = 1): Tally {
    return this.numbered(this.names.numberOf(groupOf(this.frame.by, deal, moment)), counts);
  }

  /** The tally of a group by its number. */
  numbered(group: number, counts = 1): Tally {
    this.counted[group] = (this.counted[group] ?? 0) + counts;
    return (this.tallies[group] ??= this.empty());
  }

  groups<Group>(toGroup: (group: string | null, tally: Tally) => Group): readonly Group[] {
    return [...this.tallies.keys()]
      .filter((group) => this.tallies[group] !== undefined)
      .map((group) => ({ name: this.names.nameOf(group), tally: this.tallies[group]!, counted: this.counted[group]! }))
      .sort((a, b) => b.counted - a.counted || (a.name ?? '\uffff').localeCompare(b.name ?? '\uffff', 'en'))
      .map(({ name, tally }) => toGroup(name, tally));
  }
}

/** The value kept under a key, made when it is first asked for. */
export function at<Key, Value>(map: Map<Key, Value>, key: Key, make: () => Value): Value {
  let value = map.get(key);
  if (value === undefined) map.set(key, (value = make()));
  return value;
}

/** The middle one, or the mean of the two in the middle; null of none. */
export function median(values: readonly number[]): number | null {
  if (values.length === 0) return null;
  const ordered = values.toSorted((a, b) => a - b);
  const middle = ordered.length >> 1;
  return ordered.length % 2 === 1 ? ordered[middle]! : (ordered[middle - 1]! + ordered[middle]!) / 2;
}

/** The first so many in order of their deals' ids: which are shown must not follow from the order in which deals happen to be held. */
export function firstById<One>(list: readonly One[], most: number, idOf: (one: One) => string): readonly One[] {
  const first: One[] = [];
  for (const one of list) {
    const id = idOf(one);
    if (first.length === most && id >= idOf(first[most - 1]!)) continue;
    first.splice(first.findLastIndex((other) => idOf(other) <= id) + 1, 0, one);
    if (first.length > most) first.pop();
  }
  return first;
}
