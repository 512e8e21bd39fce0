import { combinations, factSpace } from './fact-space.js';
import { readExpression } from './expressions.js';
import type { Check, Field, Limit, LimitUnit, Move, SalesProcess, Stage, Track, TrackStage } from './process.js';
import { timeText } from './wording.js';

/**
 * What changes for the people who sell when one version of a process takes the place of another, in their words.
 *
 * - `breaking`: a deal may be stopped, moved or lose its place where it was not before, or a figure loses its past.
 * - `compatible`: more is possible than before, or figures are told otherwise; nobody is stopped by it.
 * - `cosmetic`: names that people read.
 */
export type ChangeClass = 'breaking' | 'compatible' | 'cosmetic';

export interface ProcessChange {
  /** A stable word for programs: `stage-removed`. */
  readonly code: string;
  readonly class: ChangeClass;
  /** Where, by ids of the later version where it has them; null for the process as a whole. */
  readonly stage: string | null;
  readonly track: string | null;
  readonly move: string | null;
  readonly check: string | null;
  /** In sales words. */
  readonly say: string;
}

/** Which stage of the later version continues which of the earlier one. */
export interface StageLineage {
  /** By stage of the earlier version; null for one that nothing continues. */
  readonly heirOf: ReadonlyMap<string, string | null>;
  /** By stage of the later version: the stages of the earlier one that it continues, itself first. */
  readonly formerOf: ReadonlyMap<string, readonly string[]>;
}

/** A stage continues the one of its own name, and those that its `was` names. */
export function stageLineage(before: SalesProcess, after: SalesProcess): StageLineage {
  const formerOf = new Map<string, readonly string[]>();
  const heirOf = new Map<string, string | null>(Object.keys(before.stages).map((stage) => [stage, null]));
  for (const { id, was } of Object.values(after.stages)) {
    const former = [id, ...was].filter((one) => Object.hasOwn(before.stages, one));
    formerOf.set(id, former);
    for (const one of former) if (one === id || heirOf.get(one) === null) heirOf.set(one, id);
  }
  return { heirOf, formerOf };
}

/**
 * The changes from one version to another, in the order of the later file; what is gone stands at the end of where it stood.
 * `now` is the moment that checks with dates are compared at.
 */
export function diffProcesses(before: SalesProcess, after: SalesProcess, now: string): readonly ProcessChange[] {
  return new Diff(before, after, now).changes();
}

type Where = Pick<ProcessChange, 'stage' | 'track' | 'move' | 'check'>;
const NOWHERE: Where = { stage: null, track: null, move: null, check: null };

/** A stage, or a stage of a track: both have moves and a limit. */
type Place = Stage | TrackStage;

/** The stages that moves of a place may lead to, in the earlier and in the later version. */
interface Reach {
  readonly before: Readonly<Record<string, Place>>;
  readonly after: Readonly<Record<string, Place>>;
}

class Diff {
  private readonly found: ProcessChange[] = [];
  private readonly lineage: StageLineage;
  private readonly stages: Reach;

  constructor(
    private readonly before: SalesProcess,
    private readonly after: SalesProcess,
    private readonly now: string,
  ) {
    this.lineage = stageLineage(before, after);
    this.stages = { before: before.stages, after: after.stages };
  }

  changes(): readonly ProcessChange[] {
    this.ofProcess();
    for (const stage of Object.values(this.after.stages)) this.ofStage(stage);
    for (const [id, heir] of this.lineage.heirOf) {
      if (heir !== null) continue;
      const { label } = this.before.stages[id]!;
      this.say('stage-removed', 'breaking', { ...NOWHERE, stage: id }, `The stage ${label} is gone, and no stage continues it.`);
    }
    return this.found;
  }

  private say(code: string, kind: ChangeClass, where: Where, say: string): void {
    this.found.push({ code, class: kind, ...where, say });
  }

  // ---------------------------------------------------------------------------------------------------- the process

  private ofProcess(): void {
    const { before, after } = this;
    if (before.title !== after.title)
      this.say('title', 'cosmetic', NOWHERE, `The process is called "${after.title}" instead of "${before.title}".`);
    if (before.currency !== after.currency)
      this.say('currency', 'breaking', NOWHERE, `Money is in ${after.currency} instead of ${before.currency}.`);
    if (before.timezone !== after.timezone)
      this.say(
        'timezone',
        'breaking',
        NOWHERE,
        `Days begin in ${after.timezone} instead of ${before.timezone}: limits and months shift.`,
      );
    if (!same(before.workingHours, after.workingHours))
      this.say(
        'working-hours',
        'breaking',
        NOWHERE,
        'The working hours change, and with them when limits in working time are up.',
      );
    const [gone, added] = differences(before.holidays, after.holidays);
    if (gone.length + added.length > 0)
      this.say(
        'holidays',
        'compatible',
        NOWHERE,
        `Holidays change: ${[...added.map((day) => `${day} is one`), ...gone.map((day) => `${day} is none any more`)].join(', ')}.`,
      );
    if (!same(before.targetCycle ?? null, after.targetCycle ?? null))
      this.say(
        'target-cycle',
        'cosmetic',
        NOWHERE,
        after.targetCycle
          ? `A deal should take at most ${timeText(after.targetCycle)}${before.targetCycle ? ` instead of ${timeText(before.targetCycle)}` : ''}.`
          : 'How long a deal should take is said no more.',
      );
    const [fewer, more] = differences(before.roles, after.roles);
    for (const role of more) this.say('role-added', 'compatible', NOWHERE, `There is a role ${role}.`);
    for (const role of fewer) this.say('role-removed', 'breaking', NOWHERE, `The role ${role} is gone.`);
    if (before.start !== after.start && this.lineage.heirOf.get(before.start) !== after.start)
      this.say(
        'start',
        'breaking',
        { ...NOWHERE, stage: after.start },
        `A new deal begins in ${labelIn(after, after.start)} instead of ${labelIn(before, before.start)}.`,
      );
    this.ofFields();
    this.ofOrder();
  }

  private ofFields(): void {
    const { before, after } = this;
    for (const field of Object.values(after.fields)) {
      const old = Object.hasOwn(before.fields, field.name) ? before.fields[field.name]! : null;
      if (old === null) this.say('field-added', 'compatible', NOWHERE, `${field.label} can be recorded.`);
      else this.ofField(old, field);
    }
    for (const field of Object.values(before.fields))
      if (!Object.hasOwn(after.fields, field.name))
        this.say('field-removed', 'breaking', NOWHERE, `${field.label} can no longer be recorded.`);
  }

  private ofField(old: Field, field: Field): void {
    if (old.type !== field.type)
      return this.say(
        'field-type',
        'breaking',
        NOWHERE,
        `${field.label} is ${FIELDS[field.type]} instead of ${FIELDS[old.type]}.`,
      );
    if (old.label !== field.label)
      this.say('field-label', 'cosmetic', NOWHERE, `The field "${old.label}" is called "${field.label}".`);
    if (old.personal !== field.personal)
      this.say(
        'field-personal',
        'compatible',
        NOWHERE,
        field.personal ? `${field.label} counts as personal.` : `${field.label} no longer counts as personal.`,
      );
    if (old.type === 'choice' && field.type === 'choice') {
      const [fewer, more] = differences(old.of, field.of);
      if (fewer.length > 0) this.say('choice-removed', 'breaking', NOWHERE, `${field.label} can no longer be ${either(fewer)}.`);
      if (more.length > 0) this.say('choice-added', 'compatible', NOWHERE, `${field.label} can be ${either(more)}, too.`);
    }
    if (old.type === 'number' && field.type === 'number' && (old.min !== field.min || old.max !== field.max)) {
      const narrower = (field.min ?? -Infinity) > (old.min ?? -Infinity) || (field.max ?? Infinity) < (old.max ?? Infinity);
      this.say(
        'field-range',
        narrower ? 'breaking' : 'compatible',
        NOWHERE,
        `${field.label} is ${range(field)} instead of ${range(old)}.`,
      );
    }
  }

  /** The order of the stages that both have: the figures are told in it. */
  private ofOrder(): void {
    const old = Object.keys(this.before.stages).map((stage) => this.lineage.heirOf.get(stage) ?? null);
    const shared = [...new Set(old.filter((stage) => stage !== null))];
    const present = Object.keys(this.after.stages).filter((stage) => shared.includes(stage));
    if (!same(shared, present))
      this.say(
        'stage-order',
        'compatible',
        NOWHERE,
        `The stages stand in another order: ${present.map((stage) => labelIn(this.after, stage)).join(', ')}.`,
      );
  }

  // ----------------------------------------------------------------------------------------------------- the stages

  private ofStage(stage: Stage): void {
    const where = { ...NOWHERE, stage: stage.id };
    const former = this.lineage.formerOf.get(stage.id)!;
    const old = former.length === 0 ? null : this.before.stages[former[0]!]!;
    if (old === null) {
      this.say('stage-added', 'compatible', where, `There is a new stage ${stage.label}.`);
      for (const move of Object.values(stage.moves)) this.moveAdded(stage, move, where, this.stages);
      return;
    }
    const [renamed, ...merged] = former.includes(stage.id) ? [null, ...former.slice(1)] : former;
    if (typeof renamed === 'string')
      this.say('stage-renamed', 'compatible', where, `The stage ${labelIn(this.before, renamed)} goes on as ${stage.label}.`);
    if (merged.length > 0)
      this.say(
        'stage-merged',
        'compatible',
        where,
        `${list(merged.map((one) => labelIn(this.before, one!)))} ${merged.length === 1 ? 'becomes' : 'become'} part of ${stage.label}.`,
      );
    if (old.label !== stage.label && typeof renamed !== 'string')
      this.say('stage-label', 'cosmetic', where, `The stage "${old.label}" is called "${stage.label}".`);
    if (old.phase !== stage.phase)
      this.say('phase', 'breaking', where, `${stage.label} is in the phase ${stage.phase} instead of ${old.phase}.`);
    if (old.result !== stage.result)
      this.say('result', 'breaking', where, `${stage.label} ${result(stage.result)} instead of ${resulting(old.result)}.`);
    if (!same(old.forecast ?? null, stage.forecast ?? null))
      this.say('forecast', 'compatible', where, `${stage.label} is forecast as ${forecast(stage)} instead of ${forecast(old)}.`);
    this.ofLimit(old, stage, where);
    this.ofMoves(old, stage, where, this.stages);
    this.ofTracks(old, stage, where);
  }

  private ofTracks(old: Stage, stage: Stage, where: Where): void {
    for (const track of Object.values(stage.tracks)) {
      const here = { ...where, track: track.id };
      const before = old.tracks[track.id];
      if (!before)
        this.say('track-added', 'breaking', here, `${stage.label} has a track ${track.label}, which must be done to go on.`);
      else this.ofTrack(stage, before, track, here);
    }
    for (const track of Object.values(old.tracks))
      if (!Object.hasOwn(stage.tracks, track.id))
        this.say(
          'track-removed',
          'breaking',
          { ...where, track: track.id },
          `${stage.label} has no track ${track.label} any more.`,
        );
    const joins = old.whenAllDone === undefined ? undefined : this.heir(old.whenAllDone);
    if (joins !== stage.whenAllDone && old.whenAllDone !== undefined && stage.whenAllDone !== undefined)
      this.say(
        'join',
        'breaking',
        where,
        `With every track of ${stage.label} done the deal goes to ${labelIn(this.after, stage.whenAllDone)} instead of ${labelIn(this.before, old.whenAllDone)}.`,
      );
  }

  private ofTrack(stage: Stage, old: Track, track: Track, where: Where): void {
    if (old.label !== track.label)
      this.say('track-label', 'cosmetic', where, `The track "${old.label}" of ${stage.label} is called "${track.label}".`);
    if (old.start !== track.start)
      this.say(
        'track-start',
        'breaking',
        where,
        `The track ${track.label} begins at ${track.stages[track.start]?.label ?? track.start}.`,
      );
    for (const place of Object.values(track.stages)) {
      const before = old.stages[place.id];
      if (!before) {
        this.say('track-stage-added', 'compatible', where, `The track ${track.label} has a stage ${place.label}.`);
        continue;
      }
      if (before.label !== place.label)
        this.say('stage-label', 'cosmetic', where, `"${before.label}" of the track ${track.label} is called "${place.label}".`);
      if (before.done !== place.done)
        this.say(
          'track-done',
          'breaking',
          where,
          place.done
            ? `The track ${track.label} is done at ${place.label}.`
            : `The track ${track.label} is no longer done at ${place.label}.`,
        );
      this.ofLimit(before, place, where);
      this.ofMoves(before, place, where, { before: old.stages, after: track.stages });
    }
    for (const place of Object.values(old.stages))
      if (!Object.hasOwn(track.stages, place.id))
        this.say('track-stage-removed', 'breaking', where, `The track ${track.label} has no stage ${place.label} any more.`);
  }

  private ofLimit(old: Place, place: Place, where: Where): void {
    const [before, after] = [old.limit, place.limit];
    if (!before && !after) return;
    if (!before)
      return this.say(
        'limit-added',
        after!.then === 'warn' ? 'compatible' : 'breaking',
        where,
        `${place.label} has a time limit: ${time(after!)}, then ${then(place, after!)}.`,
      );
    if (!after)
      return this.say('limit-removed', 'compatible', where, `${place.label} has no time limit any more; it was ${time(before)}.`);
    if (!same(before.time, after.time)) {
      const [[was, hoursBefore], [is, hours]] = [lengthOf(before), lengthOf(after)];
      const how = was !== is ? 'changed' : hours === hoursBefore ? 'rewritten' : hours > hoursBefore ? 'loosened' : 'tightened';
      const stops = (how === 'changed' || how === 'tightened') && after.then !== 'warn';
      this.say(
        `limit-${how}`,
        how === 'rewritten' ? 'cosmetic' : stops ? 'breaking' : 'compatible',
        where,
        `The time limit of ${place.label} is ${time(after)} instead of ${time(before)}.`,
      );
    }
    if (before.then !== after.then)
      this.say(
        'limit-then',
        after.then === 'warn' ? 'compatible' : 'breaking',
        where,
        `When the time in ${place.label} is up: ${then(place, after)} instead of ${then(old, before)}.`,
      );
    if (!same([...before.tell].sort(), [...after.tell].sort()))
      this.say(
        'limit-tell',
        'compatible',
        where,
        `When the time in ${place.label} is up, ${list(after.tell)} are told instead of ${list(before.tell)}.`,
      );
  }

  // ------------------------------------------------------------------------------------------------------ the moves

  private ofMoves(old: Place, place: Place, where: Where, reach: Reach): void {
    for (const move of Object.values(place.moves)) {
      const here = { ...where, move: move.name };
      const before = Object.hasOwn(old.moves, move.name) ? old.moves[move.name]! : null;
      if (before === null) this.moveAdded(place, move, here, reach);
      else this.ofMove(place, before, move, here, reach);
    }
    for (const move of Object.values(old.moves))
      if (!Object.hasOwn(place.moves, move.name))
        this.say(
          'move-removed',
          'breaking',
          { ...where, move: move.name },
          `From ${place.label} nobody can "${move.label}" any more (it led to ${labelOf(reach.before, move.to)}).`,
        );
  }

  private moveAdded(place: Place, move: Move, where: Where, { after }: Reach): void {
    this.say(
      'move-added',
      'compatible',
      { ...where, move: move.name },
      `From ${place.label} one can "${move.label}", which leads to ${labelOf(after, move.to)}.`,
    );
  }

  private ofMove(place: Place, old: Move, move: Move, where: Where, { before, after }: Reach): void {
    const named = `"${move.label}" from ${place.label}`;
    if (old.label !== move.label)
      this.say('move-label', 'cosmetic', where, `The move "${old.label}" from ${place.label} is called "${move.label}".`);
    const leads = after === this.after.stages ? (this.heir(old.to) ?? old.to) : old.to;
    if (leads !== move.to)
      this.say(
        'move-target',
        'breaking',
        where,
        `${named} leads to ${labelOf(after, move.to)}, not to ${labelOf(before, old.to)}.`,
      );
    this.ofRoles('by', old.by, move.by, where, `make ${named}`);
    const [fewer, more] = differences(old.needs, move.needs);
    for (const field of more) this.say('needs-added', 'breaking', where, `${named} needs ${this.field(field)}.`);
    for (const field of fewer) this.say('needs-removed', 'compatible', where, `${named} no longer needs ${this.field(field)}.`);
    if (!same(old.opens ?? null, move.opens ?? null))
      this.say(
        'opens',
        'compatible',
        where,
        move.opens
          ? `${named} opens a deal under ${move.opens.process} (${move.opens.origin}).`
          : `${named} opens no other deal any more.`,
      );
    for (const check of move.checks) {
      const here = { ...where, check: check.id };
      const earlier = old.checks.find(({ id }) => id === check.id);
      if (earlier) this.ofCheck(named, earlier, check, here);
      else this.say('check-added', 'breaking', here, `${named} is checked anew: ${check.say}`);
    }
    for (const check of old.checks)
      if (!move.checks.some(({ id }) => id === check.id))
        this.say('check-removed', 'compatible', { ...where, check: check.id }, `${named} is no longer checked: ${check.say}`);
  }

  /** Nobody named means anyone. */
  private ofRoles(code: string, old: readonly string[], roles: readonly string[], where: Where, what: string): void {
    if (same([...old].sort(), [...roles].sort())) return;
    const narrower = roles.length > 0 && (old.length === 0 || old.some((role) => !roles.includes(role)));
    const who = (of: readonly string[]): string => (of.length === 0 ? 'Anyone' : `Only ${either(of)}`);
    this.say(
      narrower ? `${code}-narrowed` : `${code}-widened`,
      narrower ? 'breaking' : 'compatible',
      where,
      `${who(roles)} may ${what}; before it was ${who(old).replace(/^./, (letter) => letter.toLowerCase())}.`,
    );
  }

  private ofCheck(named: string, old: Check, check: Check, where: Where): void {
    if (old.when !== check.when) {
      const how = this.compared(old.when, check.when);
      const rewritten = `(${check.when} instead of ${old.when})`;
      if (how === 'same')
        this.say(
          'check-rewritten',
          'cosmetic',
          where,
          `The check "${check.id}" of ${named} is written otherwise and says the same.`,
        );
      else if (how === 'tighter')
        this.say('check-tightened', 'breaking', where, `${named} is checked more strictly: ${check.say} ${rewritten}`);
      else if (how === 'looser')
        this.say('check-loosened', 'compatible', where, `${named} is checked less strictly: ${check.say} ${rewritten}`);
      else this.say('check-changed', 'breaking', where, `${named} is checked otherwise: ${check.say} ${rewritten}`);
    }
    if (old.say !== check.say && old.when === check.when)
      this.say(
        'check-say',
        'cosmetic',
        where,
        `The check "${check.id}" of ${named} reads "${check.say}" instead of "${old.say}".`,
      );
    const [before, after] = [old.override, check.override];
    if (before && !after)
      return this.say('override-removed', 'breaking', where, `Nobody may let "${check.id}" of ${named} pass any more.`);
    if (!before && after)
      return this.say('override-added', 'compatible', where, `${list(after.by)} may let "${check.id}" of ${named} pass.`);
    if (!before || !after) return;
    this.ofRoles('override', before.by, after.by, where, `let "${check.id}" of ${named} pass`);
    if (before.reason !== after.reason)
      this.say(
        'override-reason',
        after.reason === 'required' ? 'breaking' : 'compatible',
        where,
        after.reason === 'required'
          ? `Whoever lets "${check.id}" of ${named} pass must give a reason.`
          : `Whoever lets "${check.id}" of ${named} pass need not give a reason.`,
      );
  }

  /** Whether the second lets pass less or more than the first, of all facts that the later version allows; `other` where neither, or it cannot be told. */
  private compared(first: string, second: string): 'same' | 'tighter' | 'looser' | 'other' {
    const { fields } = this.after;
    const [one, two] = [readExpression(first, fields), readExpression(second, fields)];
    if (!('expression' in one) || !('expression' in two)) return 'other';
    const space = factSpace([first, second], this.after, this.now);
    const all = combinations(space, [...one.expression.fields, ...two.expression.fields]);
    if (all === null) return 'other';
    let [less, more] = [false, false];
    for (const facts of all) {
      const [was, is] = [one.expression.evaluate(facts, this.now).passed, two.expression.evaluate(facts, this.now).passed];
      if (was && !is) less = true;
      if (!was && is) more = true;
      if (less && more) return 'other';
    }
    if (!space.exact) return 'other';
    return less ? 'tighter' : more ? 'looser' : 'same';
  }

  // ------------------------------------------------------------------------------------------------------- in words

  private heir(stage: string): string | undefined {
    return this.lineage.heirOf.get(stage) ?? undefined;
  }

  private field(name: string): string {
    return (this.after.fields[name] ?? this.before.fields[name])?.label ?? name;
  }
}

const labelOf = (places: Reach['after'], id: string): string => places[id]?.label ?? id;
const labelIn = (process: SalesProcess, stage: string): string => process.stages[stage]?.label ?? stage;

const FIELDS: Readonly<Record<Field['type'], string>> = {
  text: 'a text',
  number: 'a number',
  money: 'an amount of money',
  date: 'a date',
  yesno: 'yes or no',
  choice: 'a choice',
};

const result = (of: Stage['result']): string =>
  of === undefined ? 'neither wins nor loses the deal' : `${of === 'won' ? 'wins' : 'loses'} the deal`;
const resulting = (of: Stage['result']): string => (of === undefined ? 'neither' : of === 'won' ? 'winning it' : 'losing it');
const forecast = ({ forecast: of }: Stage): string => (of ? `${of.category}, ${of.probability} %` : 'nothing');
const time = ({ time: amount }: Limit): string => timeText(amount);
const then = (place: Place, { then: next }: Limit): string =>
  next === 'warn' ? 'a warning' : `"${place.moves[next]?.label ?? next}" by itself`;

/** In hours, of the one kind of time or the other, which cannot be compared; a working day is taken as eight hours. */
function lengthOf({ time: { amount, unit } }: Limit): readonly ['calendar' | 'working', number] {
  const HOURS: Readonly<Record<LimitUnit, readonly ['calendar' | 'working', number]>> = {
    days: ['calendar', 24],
    hours: ['calendar', 1],
    'working days': ['working', 8],
    'working hours': ['working', 1],
  };
  const [kind, hours] = HOURS[unit];
  return [kind, amount * hours];
}

function range({ min, max }: { readonly min?: number; readonly max?: number }): string {
  if (min === undefined && max === undefined) return 'any number';
  if (min === undefined) return `at most ${max}`;
  return max === undefined ? `at least ${min}` : `from ${min} to ${max}`;
}

const joined = (names: readonly string[], word: string): string =>
  names.length < 2 ? (names[0] ?? 'nobody') : `${names.slice(0, -1).join(', ')} ${word} ${names.at(-1)}`;
const list = (names: readonly string[]): string => joined(names, 'and');
const either = (names: readonly string[]): string => joined(names, 'or');

/** What the first has and the second lacks, and the other way round. */
const differences = (before: readonly string[], after: readonly string[]): readonly [gone: string[], added: string[]] => [
  before.filter((one) => !after.includes(one)),
  after.filter((one) => !before.includes(one)),
];

/** The same as plain JSON. */
const same = (a: unknown, b: unknown): boolean => JSON.stringify(sorted(a)) === JSON.stringify(sorted(b));

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, one]) => [key, sorted(one)]),
  );
}
