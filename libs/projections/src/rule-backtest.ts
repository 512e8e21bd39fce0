import {
  evolve,
  factValues,
  judge,
  openMoves,
  stageLineage,
  trackBlockers,
  type Blocker,
  type CompiledProcess,
  type FactValue,
  type Money,
  type Move,
  type Opportunity,
  type OpportunityEvent,
  type SalesProcess,
  type StageChanged,
  type TrackAdvanced,
} from '@coxswain/sales-process';
import { median } from './frame.js';
import type { Rate, Value } from './measure.js';
import { rateOf } from './rate.js';
import { daysBetween } from './time.js';
import { sorted as inOrder } from './value.js';

/**
 * What the rules of a draft would have said to the deals of the past, step by step: which it would have stopped that went through, what
 * became of those deals, and how long they would have waited.
 *
 * Two models. *Strict*: the first step that a rule stops ends the deal's story there. *Arrives*: what was missing arrives when the record
 * says that it did arrive, and the step waits until then; each step is judged on its own.
 *
 * Neither says what sellers would have done under the rule. So the figures are friction (what it stops that went on to be won) and catch
 * (what it stops that went on to be lost), never wins that would have been lost.
 */
export interface RuleBacktest {
  /** Deals of the process that took a step, and their steps by people, time limits and imports. */
  readonly deals: number;
  readonly steps: number;
  /** Deals that at least one rule would have stopped, of those. */
  readonly stopped: Rate;
  /** Of the stopped deals that are decided, and of the decided deals that nothing stops: those won. */
  readonly winRateStopped: Rate;
  readonly winRateOthers: Rate;
  /** Steps that broke the version they were made under, and those of them that fit the draft. */
  readonly fits: Rate;
  /** Steps that neither has room for any more: their stages have no heir in the draft. */
  readonly withoutPlace: number;
  /** The rules that stop anything, and those the draft adds or changes that stop nothing; most deals first. */
  readonly rules: readonly RuleEffect[];
}

/** One rule of one move. Deals count once each, however often the rule stops them. */
export interface RuleEffect {
  readonly rule: RuleName;
  readonly change: RuleChange;
  readonly steps: number;
  readonly deals: number;
  /** What became of those deals, as the record has it. */
  readonly later: { readonly won: Fate; readonly lost: Fate; readonly open: Fate };
  /** Deals whose first stop is this rule: under the strict model it is the one that ends their story. */
  readonly first: { readonly deals: number; readonly won: number; readonly lost: number; readonly open: number };
  /** Under the model in which what is missing arrives: steps that wait, and how long; null where nothing could arrive (a role, a way that is gone). */
  readonly waits: {
    readonly arrived: number;
    readonly never: number;
    readonly medianDays: number | null;
    readonly p85Days: number | null;
  } | null;
  /** Who owned the deals when it stopped them, most first, at most 5: of the deals each took a step with. */
  readonly people: readonly { readonly owner: string; readonly deals: Rate }[];
  /** How often people have let a check of this name pass at this move; and who could let it pass under the draft. */
  readonly overrides: { readonly used: number; readonly by: readonly string[] };
  /** Ids of deals, at most 5. */
  readonly examples: readonly string[];
}

/**
 * How a rule of the draft stands to the version it is compared with: `new`, `changed` (a check asks otherwise, other roles may), `same` (deals
 * of an earlier version did not have to keep it), or `gone` for a way that the draft has no longer.
 */
export type RuleChange = 'new' | 'changed' | 'same' | 'gone';

export interface RuleName {
  /** Stages of the draft; of a track, its stages. */
  readonly from: string;
  readonly to: string;
  readonly track: string | null;
  /** The move of the draft; null where it has none. */
  readonly move: string | null;
  readonly kind: Blocker['kind'];
  /** The check, or the fact that is needed; null for a role, a track or a way. */
  readonly id: string | null;
  readonly say: string;
}

/** How many, and what they are worth by the last word of the record: at an early stage the amount is seldom known yet. */
export interface Fate {
  readonly deals: number;
  readonly value: Value;
}

/** What has been counted so far, as plain JSON: a back-test can go on from it elsewhere. */
export interface RuleBacktestState {
  deals: number;
  steps: number;
  stopped: number;
  decided: { stoppedWon: number; stopped: number; othersWon: number; others: number };
  broke: number;
  fits: number;
  withoutPlace: number;
  ownersDeals: Record<string, number>;
  /** How often each rule was let pass that the draft has, too. */
  overridden: Record<string, number>;
  rules: Record<string, RuleTally>;
}

interface RuleTally {
  rule: RuleName;
  by: readonly string[];
  steps: number;
  deals: number;
  later: Record<Result, FateTally>;
  first: Record<Result, number>;
  waitDays: number[];
  never: number;
  canArrive: boolean;
  owners: Record<string, number>;
  examples: string[];
}

/** Sums in minor units by currency. */
interface FateTally {
  deals: number;
  sums: Record<string, number>;
  withoutAmount: number;
}

type Result = 'won' | 'lost' | 'open';
type StepTaken = StageChanged | TrackAdvanced;

const MOST_EXAMPLES = 5;
const MOST_PEOPLE = 5;

export const emptyBacktest = (): RuleBacktestState => ({
  deals: 0,
  steps: 0,
  stopped: 0,
  decided: { stoppedWon: 0, stopped: 0, othersWon: 0, others: 0 },
  broke: 0,
  fits: 0,
  withoutPlace: 0,
  ownersDeals: {},
  overridden: {},
  rules: {},
});

/** The draft to be tried, and which of its stages continues a stage of the record; null for one that none continues. */
export interface Draft {
  readonly process: CompiledProcess;
  readonly stageOf: (stage: string) => string | null;
}

/** Counts one deal, given its whole record in order. Changes the state that it is given. */
export function backtestDeal(draft: Draft, id: string, record: readonly OpportunityEvent[], state: RuleBacktestState): void {
  const stops = stopsOf(draft, id, record, state);
  if (stops === null) return;
  const { found, owners, result, amount } = stops;
  state.deals++;
  for (const owner of owners) state.ownersDeals[owner] = (state.ownersDeals[owner] ?? 0) + 1;
  if (found.length > 0) state.stopped++;
  if (result !== 'open') {
    const [won, all] = found.length > 0 ? (['stoppedWon', 'stopped'] as const) : (['othersWon', 'others'] as const);
    state.decided[all]++;
    if (result === 'won') state.decided[won]++;
  }

  const seen = new Set<string>();
  for (const stop of found) {
    const tally = (state.rules[stop.key] ??= newTally(stop));
    tally.steps++;
    if (stop.waits !== undefined) {
      tally.canArrive = true;
      if (stop.waits === null) tally.never++;
      else tally.waitDays.push(stop.waits);
    }
    if (seen.has(stop.key)) continue;
    seen.add(stop.key);
    tally.deals++;
    tally.later[result].deals++;
    const { later } = tally;
    if (amount === null) later[result].withoutAmount++;
    else later[result].sums[amount.currency] = (later[result].sums[amount.currency] ?? 0) + amount.minor;
    tally.owners[stop.owner] = (tally.owners[stop.owner] ?? 0) + 1;
    if (tally.examples.length < MOST_EXAMPLES) tally.examples.push(id);
  }
  const [first] = found;
  // Several rules may stop the same step: then each of them would have been the first.
  for (const key of new Set(found.filter(({ step }) => step === first!.step).map((stop) => stop.key)))
    state.rules[key]!.first[result]++;
}

const noFate = (): FateTally => ({ deals: 0, sums: {}, withoutAmount: 0 });

const newTally = ({ rule, by }: Pick<RuleTally, 'rule' | 'by'>): RuleTally => ({
  rule,
  by,
  steps: 0,
  deals: 0,
  later: { won: noFate(), lost: noFate(), open: noFate() },
  first: { won: 0, lost: 0, open: 0 },
  waitDays: [],
  never: 0,
  canArrive: false,
  owners: {},
  examples: [],
});

/** One rule that stops one step. */
interface Stop {
  readonly key: string;
  readonly rule: RuleName;
  /** Who could let it pass. */
  readonly by: readonly string[];
  /** The place of the step in the record. */
  readonly step: number;
  readonly owner: string;
  /** Days until what was missing arrived; null where it never did; undefined where nothing could arrive. */
  readonly waits: number | null | undefined;
}

function stopsOf(
  draft: Draft,
  id: string,
  record: readonly OpportunityEvent[],
  counted: RuleBacktestState,
): {
  readonly found: readonly Stop[];
  readonly owners: ReadonlySet<string>;
  readonly result: Result;
  readonly amount: Money | null;
} | null {
  const found: Stop[] = [];
  const owners = new Set<string>();
  let state: Opportunity | null = null;
  let won = false;
  let steps = 0;
  for (const [place, event] of record.entries()) {
    if (state !== null && (event.type === 'StageChanged' || event.type === 'TrackAdvanced')) {
      steps++;
      owners.add(state.owner);
      const judged = judgeUnder(draft, state, event);
      if (judged === null) counted.withoutPlace++;
      else {
        const { stops, overridden } = judged;
        if (event.broke.length > 0) {
          counted.broke++;
          if (stops.length === 0) counted.fits++;
        }
        const anew = stops.filter(({ blocker }) => !event.broke.some((old) => isAlike(old, blocker)));
        for (const { blocker, move, from, to } of anew) {
          const track = event.type === 'TrackAdvanced' ? event.track : null;
          const rule = nameOf(blocker, { from, to, track, move });
          found.push({
            key: keyOf(rule),
            rule,
            by: blocker.who ?? [],
            step: place,
            owner: state.owner,
            waits: waitsFor(draft, id, state, { blocker, move }, record, place),
          });
        }
        for (const key of overridden) counted.overridden[key] = (counted.overridden[key] ?? 0) + 1;
      }
      if (event.type === 'StageChanged' && event.result === 'won') won = true;
    }
    state = evolve(state, event, id);
  }
  counted.steps += steps;
  if (state === null || steps === 0) return null;
  return { found, owners, result: state.result ?? (won ? 'won' : 'open'), amount: amountOf(state) };
}

/** A blocker of the draft, and the move of the draft that it stops; its stages, or those of the track. */
export interface DraftBlocker {
  readonly blocker: Blocker;
  readonly move: Move | null;
  readonly from: string;
  readonly to: string;
}

/**
 * What the draft says to a step, with the facts of that moment; the move of the same name, else the one to the same stage that is blocked
 * least. Null where the draft has no place for the step; no stop where both its stages have become one.
 */
export function judgeUnder(
  { process, stageOf }: Draft,
  before: Opportunity,
  event: StepTaken,
): { readonly stops: readonly DraftBlocker[]; readonly overridden: readonly string[] } | null {
  const stage = stageOf(before.stage);
  if (stage === null) return null;
  const isTrack = event.type === 'TrackAdvanced';
  const here = process.definition.stages[stage]!;
  const track = isTrack ? here.tracks[event.track] : null;
  if (isTrack && (!track?.stages[event.from] || !track.stages[event.to])) return null;
  const [from, to] = isTrack ? [event.from, event.to] : [stage, stageOf(event.to)];
  if (to === null) return null;
  if (!isTrack && from === to && event.from !== event.to) return { stops: [], overridden: [] };

  // Tracks that the draft has and the record lacks stand at their start.
  const tracks = Object.fromEntries(
    Object.values(here.tracks).map(({ id, start, stages }) => {
      const at = before.tracks[id];
      return [id, at !== undefined && stages[at] ? at : start];
    }),
  );
  const standing = { ...before, stage, tracks };
  const found = (blockers: readonly Blocker[], move: Move | null): readonly DraftBlocker[] =>
    blockers.map((blocker) => ({ blocker, move, from, to }));
  if (!isTrack && event.move === null && here.whenAllDone === to)
    return { stops: found(trackBlockers(process, standing), null), overridden: [] };

  const asking = { facts: factValues(before), roles: null, at: event.occurredAt, override: [], reason: null };
  const passed = new Set(event.checks.flatMap(({ check, overridden }) => (overridden ? [check] : [])));
  const ways = openMoves(process, standing)
    .filter((way) => way.track === (isTrack ? event.track : null) && way.move.to === to)
    .map(({ move }) => {
      const all = judge(move, asking, process.expressions, process.definition.fields).blockers;
      // What was let pass may be let pass again, as long as the draft lets anybody.
      const overridden = all.filter(({ check, who }) => check !== undefined && passed.has(check) && who !== undefined);
      const role: Blocker[] =
        event.role !== null && move.by.length > 0 && !move.by.includes(event.role) && overridden.length === 0
          ? [{ kind: 'role', say: `Only ${move.by.join(', ')} may do this.`, who: move.by }]
          : [];
      return { move, blockers: [...role, ...all.filter((one) => !overridden.includes(one))], overridden };
    })
    .toSorted(
      (a, b) => Number(b.move.name === event.move) - Number(a.move.name === event.move) || a.blockers.length - b.blockers.length,
    );
  const [best] = ways;
  if (!best) {
    const label = (place: string): string => (track ?? process.definition).stages[place]?.label ?? place;
    return {
      stops: found([{ kind: 'path', say: `There is no way from ${label(from)} to ${label(to)}.` }], null),
      overridden: [],
    };
  }
  const { move, blockers, overridden } = best;
  const keys = overridden.map((blocker) => keyOf(nameOf(blocker, { from, to, track: isTrack ? event.track : null, move })));
  return { stops: found(blockers, move), overridden: keys };
}

/** Days from the step until the facts let the rule hold, by what was recorded of the deal after it. */
function waitsFor(
  { process }: Draft,
  id: string,
  before: Opportunity,
  { blocker, move }: Pick<DraftBlocker, 'blocker' | 'move'>,
  record: readonly OpportunityEvent[],
  place: number,
): number | null | undefined {
  if (move === null || (blocker.kind !== 'fact' && blocker.kind !== 'check')) return undefined;
  const check = move.checks.find((one) => one.id === blocker.check);
  const step = record[place]!;
  let facts: Readonly<Record<string, FactValue>> = factValues(before);
  for (const event of record.slice(place + 1)) {
    if (event.type !== 'FactsRecorded') continue;
    facts = Object.fromEntries(
      Object.entries({ ...facts, ...event.facts }).filter((entry): entry is [string, FactValue] => entry[1] !== null),
    );
    const holds = check
      ? process.expressions.get(check.when)!.evaluate(facts, event.occurredAt).passed
      : blocker.field !== undefined && facts[blocker.field] !== undefined;
    if (holds) return daysBetween(step.occurredAt, event.occurredAt);
  }
  return null;
}

function nameOf(
  { kind, check, field, say }: Blocker,
  {
    from,
    to,
    track,
    move,
  }: { readonly from: string; readonly to: string; readonly track: string | null; readonly move: Move | null },
): RuleName {
  return {
    from,
    to,
    track,
    move: move?.name ?? null,
    kind,
    id: kind === 'check' ? (check ?? null) : kind === 'fact' ? (field ?? null) : null,
    say,
  };
}

const keyOf = ({ from, to, track, move, kind, id }: RuleName): string => JSON.stringify([from, to, track, move, kind, id]);

const isAlike = (old: Blocker, blocker: Blocker): boolean =>
  old.kind === blocker.kind && old.check === blocker.check && (blocker.kind !== 'fact' || old.field === blocker.field);

function amountOf({ facts }: Opportunity): Money | null {
  const value = facts['amount']?.value;
  return typeof value === 'object' ? value : null;
}

/** A rule of the draft that the earlier version has not, or has otherwise. */
export interface ChangedRule {
  readonly rule: RuleName;
  readonly change: 'new' | 'changed';
  /** Who could let it pass; of a role, who may. */
  readonly by: readonly string[];
}

/** The rules that a draft adds to a version, or asks otherwise. Those that it drops stop nothing, and are not here. */
export function changedRules(before: SalesProcess, after: SalesProcess): readonly ChangedRule[] {
  const { formerOf } = stageLineage(before, after);
  return Object.values(after.stages).flatMap((stage) => {
    const former = (formerOf.get(stage.id) ?? []).map((id) => before.stages[id]!);
    const isHeir = (to: string, was: string): boolean => to === was || (formerOf.get(to) ?? []).includes(was);
    const own = Object.values(stage.moves).flatMap((move) => {
      const old = counterpart(
        move,
        former.flatMap(({ moves }) => Object.values(moves)),
        isHeir,
      );
      return rulesOf(after, move, { from: stage.id, to: move.to, track: null, move }, old);
    });
    const inTracks = Object.values(stage.tracks).flatMap((track) =>
      Object.values(track.stages).flatMap((place) =>
        Object.values(place.moves).flatMap((move) => {
          const old = former.flatMap(({ tracks }) => Object.values(tracks[track.id]?.stages[place.id]?.moves ?? {}));
          const at = { from: place.id, to: move.to, track: track.id, move };
          return rulesOf(
            after,
            move,
            at,
            counterpart(move, old, (to, was) => to === was),
          );
        }),
      ),
    );
    return [...own, ...inTracks];
  });
}

/** The move of the same name, else one that leads to the same stage. */
const counterpart = (move: Move, old: readonly Move[], isHeir: (to: string, was: string) => boolean): Move | null =>
  old.find(({ name }) => name === move.name) ?? old.find(({ to }) => isHeir(move.to, to)) ?? null;

function rulesOf(
  { fields }: SalesProcess,
  move: Move,
  at: Parameters<typeof nameOf>[1],
  old: Move | null,
): readonly ChangedRule[] {
  const found: ChangedRule[] = [];
  const add = (blocker: Blocker, change: ChangedRule['change'], by: readonly string[] = []): void =>
    void found.push({ rule: nameOf(blocker, at), change, by });
  const roles = (by: readonly string[]): string => [...by].sort().join('\n');
  if (move.by.length > 0 && roles(move.by) !== roles(old?.by ?? []))
    add(
      { kind: 'role', say: `Only ${move.by.join(', ')} may do this.` },
      old === null || old.by.length === 0 ? 'new' : 'changed',
      move.by,
    );
  for (const field of move.needs)
    if (!old?.needs.includes(field))
      add({ kind: 'fact', field, say: `${fields[field]?.label ?? field} must be recorded.` }, 'new');
  for (const { id, when, say, override } of move.checks) {
    const before = old?.checks.find((check) => check.id === id);
    if (before?.when !== when) add({ kind: 'check', check: id, say }, before ? 'changed' : 'new', override?.by);
  }
  return found;
}

/** What was counted, as it is told. `changed`: the rules that the draft adds or asks otherwise (see `changedRules`). */
export function backtestResult(state: RuleBacktestState, changed: readonly ChangedRule[] = []): RuleBacktest {
  const { deals, steps, stopped, decided, broke, fits, withoutPlace } = state;
  const changes = new Map(changed.map(({ rule, change }) => [keyOf(rule), change]));
  const silent = changed.filter(({ rule }) => !Object.hasOwn(state.rules, keyOf(rule)));
  const tallies = [...Object.values(state.rules), ...silent.map(newTally)];
  return {
    deals,
    steps,
    stopped: rateOf(stopped, deals),
    winRateStopped: rateOf(decided.stoppedWon, decided.stopped),
    winRateOthers: rateOf(decided.othersWon, decided.others),
    fits: rateOf(fits, broke),
    withoutPlace,
    rules: tallies
      .map((tally) => effectOf(tally, state, changes.get(keyOf(tally.rule))))
      .toSorted((a, b) => b.deals - a.deals || b.steps - a.steps || (keyOf(a.rule) < keyOf(b.rule) ? -1 : 1)),
  };
}

function effectOf(
  tally: RuleTally,
  { ownersDeals, overridden }: RuleBacktestState,
  change: ChangedRule['change'] | undefined,
): RuleEffect {
  const { rule, by, steps, deals, later, first, waitDays, never, canArrive, owners, examples } = tally;
  const fate = (of: Result): Fate => ({
    deals: later[of].deals,
    value: {
      amounts: inOrder(new Map(Object.entries(later[of].sums))),
      of: later[of].deals - later[of].withoutAmount,
      withoutAmount: later[of].withoutAmount,
    },
  });
  const sorted = waitDays.toSorted((a, b) => a - b);
  return {
    rule,
    change: change ?? (rule.kind === 'path' ? 'gone' : 'same'),
    steps,
    deals,
    later: { won: fate('won'), lost: fate('lost'), open: fate('open') },
    first: { deals: first.won + first.lost + first.open, ...first },
    waits: canArrive
      ? {
          arrived: sorted.length,
          never,
          medianDays: median(sorted),
          p85Days: sorted.length === 0 ? null : sorted[Math.min(sorted.length - 1, Math.ceil(0.85 * sorted.length) - 1)]!,
        }
      : null,
    people: Object.entries(owners)
      .map(([owner, of]) => ({ owner, deals: rateOf(of, ownersDeals[owner] ?? of) }))
      .toSorted((a, b) => b.deals.count - a.deals.count || (a.owner < b.owner ? -1 : 1))
      .slice(0, MOST_PEOPLE),
    overrides: { used: overridden[keyOf(rule)] ?? 0, by },
    examples,
  };
}
