import { limitDue } from './calendar.js';
import { factProblems, newFacts, withFacts, type FactInputs, type Facts, type FactValue } from './facts.js';
import type { CompiledProcess, Standing } from './machine.js';
import { nearest } from './nearest.js';
import type { Limit, Move, Phase, ProcessRef, Stage } from './process.js';
import { judge, type Asking } from './rule.js';

/**
 * One customer's journey under one process, from lead to customer: its events, its state, what may be asked of it,
 * what is decided, and how the record is folded. The deal's stream is `opportunity-<id>`.
 */

// ---------------------------------------------------------------------------------------------------------- events

/** Who did it and when it happened. `occurredAt` is ISO 8601 in UTC; when it was written, only the store knows. */
interface Happened {
  readonly occurredAt: string;
  /** The subject of the token, or the person an imported record names. */
  readonly by: string;
}

export interface OpportunityCaptured extends Happened {
  readonly type: 'OpportunityCaptured';
  readonly process: ProcessRef;
  readonly stage: string;
  readonly phase: Phase;
  readonly tracks: Readonly<Record<string, string>>;
  /** Facts such as `source` and `generatedBy`, known at capture. */
  readonly facts: Facts;
  readonly owner: string;
  readonly team: string | null;
  readonly account: string | null;
  /** `new`, `upsell`, `repeat`, `referral`, `import`, or what the opening move says. */
  readonly origin: string;
  /** The deal and the step that opened this one. */
  readonly openedFrom: { readonly deal: string; readonly revision: number; readonly move: string } | null;
}

export interface FactsRecorded extends Happened {
  readonly type: 'FactsRecorded';
  /** Null takes a fact back. */
  readonly facts: Readonly<Record<string, FactValue | null>>;
}

export interface OwnerChanged extends Happened {
  readonly type: 'OwnerChanged';
  readonly from: { readonly owner: string; readonly team: string | null };
  readonly to: { readonly owner: string; readonly team: string | null };
}

export interface ActivityLogged extends Happened {
  readonly type: 'ActivityLogged';
  /** call, meeting, proposal ... */
  readonly kind: string;
  readonly note: string | null;
}

/** The answer to one check at the moment of the step, with the facts it read. */
export interface CheckResult {
  readonly check: string;
  readonly passed: boolean;
  /** True when it did not pass and somebody entitled let it pass; `overrideRole` is the role that entitled them, null where the record does not tell. */
  readonly overridden: boolean;
  readonly overrideRole: string | null;
  readonly say: string;
  /** A fact that was asked for and not recorded is null. */
  readonly read: Readonly<Record<string, FactValue | null>>;
}

interface Step extends Happened {
  readonly from: string;
  readonly to: string;
  /** The move asked for; null for a join (all tracks done) and for a deviating step the process has no move for. */
  readonly move: string | null;
  readonly process: ProcessRef;
  /** The role in which the actor did it; null where the actor has none or the record does not tell. */
  readonly role: string | null;
  readonly team: string | null;
  readonly reason: string | null;
  readonly checks: readonly CheckResult[];
  /** `move` by a person, `limit` by a time limit that fired, `join` when all tracks were done, `import` from outside history. */
  readonly cause: 'move' | 'limit' | 'join' | 'import';
  /** `deviating`: this step broke the process; `broke` says what. Overridden steps are conforming and listed in `checks`. */
  readonly conformance: 'conforming' | 'deviating';
  readonly broke: readonly Blocker[];
}

/** The deal left one stage for another (or the same one again, when a move leads back to its own stage). */
export interface StageChanged extends Step {
  readonly type: 'StageChanged';
  readonly fromPhase: Phase;
  readonly toPhase: Phase;
  readonly result: 'won' | 'lost' | null;
  /** A linked deal that this step opens; `deal` is its id. */
  readonly opens: { readonly process: string; readonly origin: string; readonly deal: string } | null;
  /** Where the tracks of the stage entered stand; empty for a stage without tracks. */
  readonly tracks: Readonly<Record<string, string>>;
}

/** The deal went on inside one parallel track of its stage. `from` and `to` are stages of the track. */
export interface TrackAdvanced extends Step {
  readonly type: 'TrackAdvanced';
  readonly stage: string;
  readonly track: string;
}

/**
 * The deal goes on under another version of its process. No step: nobody did anything, and nothing of the past changes.
 * `continues` tells whether `to` is what has become of `from` (then the visit goes on), or another stage that somebody chose for it.
 */
export interface DealMigrated extends Happened {
  readonly type: 'DealMigrated';
  readonly migration: string;
  readonly was: ProcessRef;
  readonly process: ProcessRef;
  readonly from: string;
  readonly to: string;
  readonly continues: boolean;
  readonly fromPhase: Phase;
  readonly toPhase: Phase;
  readonly result: 'won' | 'lost' | null;
  readonly tracks: Readonly<Record<string, string>>;
}

/** Named `stage` or `stage/track/trackStage`. */
export interface LimitStarted extends Happened {
  readonly type: 'LimitStarted';
  readonly limit: string;
  readonly dueAt: string;
  readonly then: string;
  readonly tell: readonly string[];
}

export interface LimitCancelled extends Happened {
  readonly type: 'LimitCancelled';
  readonly limit: string;
}

/** The time was up. `occurredAt` is when it was due, even if the service was down then. */
export interface LimitFired extends Happened {
  readonly type: 'LimitFired';
  readonly limit: string;
  readonly dueAt: string;
  readonly then: string;
  /** People and roles to tell, `owner` replaced by the owner's name. */
  readonly told: readonly string[];
  /** What stopped the move that the limit asked for; empty when it only warns or the move went through. */
  readonly blockers: readonly Blocker[];
}

export type OpportunityEvent =
  | OpportunityCaptured
  | FactsRecorded
  | OwnerChanged
  | ActivityLogged
  | StageChanged
  | TrackAdvanced
  | DealMigrated
  | LimitStarted
  | LimitCancelled
  | LimitFired;

// ----------------------------------------------------------------------------------------------------------- state

export interface Opportunity {
  readonly id: string;
  /** How many events the record has; the last one's revision is one less. */
  readonly events: number;
  readonly process: ProcessRef;
  readonly stage: string;
  readonly phase: Phase;
  /** Where each track of the present stage stands; empty outside a stage with tracks. */
  readonly tracks: Readonly<Record<string, string>>;
  /** Facts with who recorded them and when. */
  readonly facts: Readonly<Record<string, { readonly value: FactValue; readonly by: string; readonly at: string }>>;
  readonly owner: string;
  readonly team: string | null;
  readonly account: string | null;
  readonly origin: string;
  readonly openedFrom: OpportunityCaptured['openedFrom'];
  /** Deals that steps of this one opened. */
  readonly opened: readonly string[];
  readonly capturedAt: string;
  /** Since when the deal stands in its stage. A move back to the same stage does not restart it. */
  readonly stageSince: string;
  /** When the deal last took a step of its process, or was captured. */
  readonly lastStepAt: string;
  readonly result: 'won' | 'lost' | null;
  readonly limits: Readonly<
    Record<
      string,
      {
        readonly startedAt: string;
        readonly dueAt: string;
        readonly then: string;
        readonly tell: readonly string[];
        readonly fired: boolean;
      }
    >
  >;
  readonly activities: number;
}

// -------------------------------------------------------------------------------------------------------- commands

export interface Actor {
  readonly id: string;
  readonly roles: readonly string[];
  readonly team: string | null;
}

/** `at` is the present instant; `occurredAt`, when given, the past instant at which it happened. */
interface Asked {
  readonly actor: Actor;
  readonly at: string;
  readonly occurredAt?: string;
}

export type OpportunityCommand =
  | (Asked & {
      readonly type: 'Capture';
      readonly id: string;
      readonly facts?: FactInputs;
      /** Default: the actor. */
      readonly owner?: string;
      readonly team?: string | null;
      readonly account?: string | null;
      readonly origin?: string;
      readonly openedFrom?: OpportunityCaptured['openedFrom'];
    })
  | (Asked & { readonly type: 'RecordFacts'; readonly facts: FactInputs })
  | (Asked & { readonly type: 'ChangeOwner'; readonly owner: string; readonly team?: string | null })
  | (Asked & { readonly type: 'LogActivity'; readonly kind: string; readonly note?: string | null })
  | (Asked & {
      readonly type: 'Advance';
      readonly move: string;
      readonly facts?: FactInputs;
      readonly reason?: string;
      /** Ids of the checks to let pass. */
      readonly override?: readonly string[];
    })
  /** Asked by the scheduler: refused with `limit-not-due` when there is nothing to fire any more. */
  | (Asked & { readonly type: 'FireLimit'; readonly limit: string; readonly dueAt: string });

// ------------------------------------------------------------------------------------------------------- decisions

/** One reason why the deal may not go on, what would help, and who could lift it. */
export interface Blocker {
  /** `path` occurs in imported history only: the process has no such move. */
  readonly kind: 'role' | 'fact' | 'check' | 'track' | 'path';
  readonly check?: string;
  readonly field?: string;
  readonly say: string;
  /** Roles that could lift it. */
  readonly who?: readonly string[];
}

export interface Refusal {
  /** `move-blocked`, `move-unknown`, `facts-invalid`, `occurred-at-invalid`, `already-captured`, `no-such-opportunity`, `limit-not-due`. */
  readonly refused: string;
  readonly say: string;
  readonly blockers: readonly Blocker[];
  /** Moves the actor could make instead. */
  readonly allowed: readonly string[];
}

/** The events of a decision; none when what was asked holds already. */
export type Decision = { readonly events: readonly OpportunityEvent[] } | Refusal;

/** One way on from where the deal stands, for one actor at one instant. */
export interface PossibleMove {
  /** Null for the join of tracks, which happens by itself. */
  readonly move: string | null;
  readonly label: string;
  readonly track: string | null;
  readonly to: string;
  readonly allowed: boolean;
  readonly blockers: readonly Blocker[];
  /** The blockers that somebody may override, by check id. */
  readonly overridable: readonly {
    readonly check: string;
    readonly by: readonly string[];
    readonly reason: 'required' | 'optional';
  }[];
}

// ---------------------------------------------------------------------------------------------------------- decide

/**
 * What happens when this is asked of this deal: events to append, or a refusal with every reason at once.
 * Pure: the same process, command and state give the same decision for ever.
 */
export function decide(process: CompiledProcess, command: OpportunityCommand, state: Opportunity | null): Decision {
  if (command.type === 'Capture')
    return state ? refuse('already-captured', `There is an opportunity "${state.id}" already.`) : capture(process, command);
  if (!state) return refuse('no-such-opportunity', 'There is no such opportunity.');

  const occurredAt = command.occurredAt ?? later(command.at, state.lastStepAt);
  const earliest = command.type === 'Advance' ? state.lastStepAt : state.capturedAt;
  if (command.occurredAt !== undefined) {
    const wrong = misdated(command.occurredAt, command.at, earliest);
    if (wrong) return wrong;
  }
  const happened = { occurredAt, by: command.actor.id };

  switch (command.type) {
    case 'RecordFacts': {
      const wrong = factProblems(process.definition, command.facts);
      if (wrong.length > 0) return refuse('facts-invalid', 'Some facts do not fit the process.', wrong.map(asBlocker));
      const facts = newFacts(factValues(state), command.facts);
      return { events: Object.keys(facts).length === 0 ? [] : [{ type: 'FactsRecorded', ...happened, facts }] };
    }
    case 'ChangeOwner': {
      const from = { owner: state.owner, team: state.team };
      const to = { owner: command.owner, team: command.team === undefined ? state.team : command.team };
      return {
        events: from.owner === to.owner && from.team === to.team ? [] : [{ type: 'OwnerChanged', ...happened, from, to }],
      };
    }
    case 'LogActivity':
      return { events: [{ type: 'ActivityLogged', ...happened, kind: command.kind, note: command.note ?? null }] };
    case 'Advance':
      return advance(process, command, state, occurredAt);
    case 'FireLimit':
      return fireLimit(process, command, state);
  }
}

function capture(process: CompiledProcess, command: Extract<OpportunityCommand, { type: 'Capture' }>): Decision {
  const { definition, ref } = process;
  const inputs = command.facts ?? {};
  const wrong = factProblems(definition, inputs);
  if (wrong.length > 0) return refuse('facts-invalid', 'Some facts do not fit the process.', wrong.map(asBlocker));
  const misdate = command.occurredAt === undefined ? null : misdated(command.occurredAt, command.at, '');
  if (misdate) return misdate;

  const happened = { occurredAt: command.occurredAt ?? command.at, by: command.actor.id };
  const captured: OpportunityCaptured = {
    type: 'OpportunityCaptured',
    ...happened,
    process: ref,
    stage: definition.start,
    phase: definition.stages[definition.start]!.phase,
    tracks: startOf(process, definition.start).tracks,
    facts: withFacts({}, inputs),
    owner: command.owner ?? command.actor.id,
    team: command.team === undefined ? command.actor.team : command.team,
    account: command.account ?? null,
    origin: command.origin ?? 'new',
    openedFrom: command.openedFrom ?? null,
  };
  return { events: [captured, ...limitsStarted(process, startOf(process, definition.start), happened)] };
}

function advance(
  process: CompiledProcess,
  command: Extract<OpportunityCommand, { type: 'Advance' }>,
  state: Opportunity,
  occurredAt: string,
): Decision {
  const { definition } = process;
  const found = findMove(process, state, command.move);
  if (!found) {
    const allowed = allowedMoves(process, state, command.actor, command.at);
    const open = openMoves(process, state).map(({ move }) => move.name);
    const join = joinOf(process, state);
    if (join && command.move === join.to)
      return {
        ...refuse(
          'move-blocked',
          `The deal goes on to ${label(process, join.to)} by itself, once every track is done.`,
          join.blockers,
        ),
        allowed,
      };
    const meant = nearest(command.move, open);
    const say = `From ${label(process, state.stage)} there is no move "${command.move}"${meant ? `: did you mean "${meant}"?` : '.'}`;
    return { ...refuse('move-unknown', say), allowed };
  }

  const inputs = command.facts ?? {};
  const wrong = factProblems(definition, inputs).map(asBlocker);
  const misfits = new Set(wrong.map(({ field }) => field));
  const fitting = Object.fromEntries(Object.entries(inputs).filter(([name]) => !misfits.has(name)));
  const asking: Asking = {
    facts: withFacts(factValues(state), fitting),
    roles: command.actor.roles,
    at: occurredAt,
    override: command.override ?? [],
    reason: command.reason ?? null,
  };
  const judgement = judge(found.move, asking, process.expressions, definition.fields);
  const blockers = [...wrong, ...judgement.blockers.filter(({ kind, field }) => kind !== 'fact' || !misfits.has(field))];
  if (blockers.length > 0) {
    return {
      ...refuse('move-blocked', `"${found.move.label}" is blocked.`, blockers),
      allowed: allowedMoves(process, state, command.actor, command.at),
    };
  }

  const facts = newFacts(factValues(state), fitting);
  const recorded: OpportunityEvent[] =
    Object.keys(facts).length === 0 ? [] : [{ type: 'FactsRecorded', occurredAt, by: command.actor.id, facts }];
  const steps = stepsOf(process, state, found, asking, {
    cause: 'move',
    by: command.actor.id,
    team: command.actor.team,
    revisionGap: recorded.length,
  });
  return { events: [...recorded, ...steps] };
}

function fireLimit(
  process: CompiledProcess,
  command: Extract<OpportunityCommand, { type: 'FireLimit' }>,
  state: Opportunity,
): Decision {
  const limit = state.limits[command.limit];
  if (!limit || limit.fired || limit.dueAt !== command.dueAt || command.at < limit.dueAt)
    return refuse('limit-not-due', 'There is nothing to fire.');

  const fired = {
    type: 'LimitFired' as const,
    occurredAt: limit.dueAt,
    by: command.actor.id,
    limit: command.limit,
    dueAt: limit.dueAt,
    then: limit.then,
    told: limit.tell.map((who) => (who === 'owner' ? state.owner : who)),
    blockers: [] as readonly Blocker[],
  };
  const found = limit.then === 'warn' ? null : findMove(process, state, limit.then);
  if (!found) return { events: [fired] };

  const asking: Asking = {
    facts: factValues(state),
    roles: null,
    at: later(limit.dueAt, state.lastStepAt),
    override: [],
    reason: `Time limit of ${command.limit}`,
  };
  const { blockers } = judge(found.move, asking, process.expressions, process.definition.fields);
  if (blockers.length > 0) return { events: [{ ...fired, blockers }] };
  const afterFiring = { ...state, limits: { ...state.limits, [command.limit]: { ...limit, fired: true } } };
  return {
    events: [
      fired,
      ...stepsOf(process, afterFiring, found, asking, { cause: 'limit', by: command.actor.id, team: null, revisionGap: 1 }),
    ],
  };
}

export interface FoundMove {
  readonly move: Move;
  /** Null for a move of the stage itself. */
  readonly track: string | null;
}

/** The events of a move that the rules let pass: limits cancelled, the step, a join it completes, limits started. */
function stepsOf(
  process: CompiledProcess,
  state: Opportunity,
  { move, track }: FoundMove,
  asking: Asking,
  who: { readonly cause: 'move' | 'limit'; readonly by: string; readonly team: string | null; readonly revisionGap: number },
): OpportunityEvent[] {
  const judgement = judge(move, asking, process.expressions, process.definition.fields);
  const after = process.advance(state, move.name, asking);
  if (!after)
    throw new Error(
      `the machine of ${process.ref.id} v${process.ref.version} disagrees with its rules on "${move.name}" from "${state.stage}"`,
    );

  const happened = { occurredAt: asking.at, by: who.by };
  const step = {
    ...happened,
    process: process.ref,
    team: who.team,
    conformance: 'conforming' as const,
    broke: [] as readonly Blocker[],
  };
  const asked = { move: move.name, role: judgement.role, reason: asking.reason, checks: judgement.checks, cause: who.cause };
  const stages = process.definition.stages;

  if (track !== null) {
    const from = state.tracks[track] ?? stages[state.stage]!.tracks[track]!.start;
    const advanced: TrackAdvanced = { type: 'TrackAdvanced', ...step, ...asked, stage: state.stage, track, from, to: move.to };
    const here = `${state.stage}/${track}/`;
    if (after.stage === state.stage) {
      return [
        ...limitsCancelled(state, happened, (limit) => limit.startsWith(here)),
        advanced,
        ...limitsStarted(process, after, happened, (limit) => limit.startsWith(here)),
      ];
    }
    const joined: StageChanged = {
      type: 'StageChanged',
      ...step,
      move: null,
      role: null,
      reason: null,
      checks: [],
      cause: 'join',
      from: state.stage,
      to: after.stage,
      fromPhase: state.phase,
      toPhase: stages[after.stage]!.phase,
      result: stages[after.stage]!.result ?? null,
      opens: null,
      tracks: after.tracks,
    };
    return [...limitsCancelled(state, happened), advanced, joined, ...limitsStarted(process, after, happened)];
  }

  const cancelled = limitsCancelled(state, happened);
  const to = stages[after.stage]!;
  const changed: StageChanged = {
    type: 'StageChanged',
    ...step,
    ...asked,
    from: state.stage,
    to: after.stage,
    fromPhase: state.phase,
    toPhase: to.phase,
    result: to.result ?? null,
    opens: move.opens ? { ...move.opens, deal: linkedDealId(state.id, state.events + who.revisionGap + cancelled.length) } : null,
    tracks: after.tracks,
  };
  return [...cancelled, changed, ...limitsStarted(process, after, happened)];
}

/** The id of the deal that a step opens: this deal's id and the revision of the step, so that it is opened once. */
export const linkedDealId = (deal: string, revision: number): string => `${deal}~${revision}`;

/** The ways on from where the deal stands: the moves of its stage and of the places in its tracks. */
export function openMoves(process: CompiledProcess, { stage, tracks }: Standing): readonly FoundMove[] {
  const here = stageOf(process, stage);
  return [
    ...Object.values(here.moves).map((move) => ({ move, track: null })),
    ...placesIn(here, tracks).flatMap(([track, at]) =>
      Object.values(here.tracks[track]?.stages[at]?.moves ?? {}).map((move) => ({ move, track })),
    ),
  ];
}

const findMove = (process: CompiledProcess, standing: Standing, name: string): FoundMove | null =>
  openMoves(process, standing).find(({ move }) => move.name === name) ?? null;

/** Each way on, allowed or with what blocks it, for one actor at one instant. */
export function possibleMoves(
  process: CompiledProcess,
  state: Opportunity,
  actor: Pick<Actor, 'roles'>,
  at: string,
): readonly PossibleMove[] {
  const asking: Asking = { facts: factValues(state), roles: actor.roles, at, override: [], reason: null };
  const moves = openMoves(process, state).map(({ move, track }): PossibleMove => {
    const { blockers } = judge(move, asking, process.expressions, process.definition.fields);
    const blocking = new Set(blockers.map(({ check }) => check));
    const overridable = move.checks.flatMap((check) =>
      check.override && blocking.has(check.id) ? [{ check: check.id, ...check.override }] : [],
    );
    return { move: move.name, label: move.label, track, to: move.to, allowed: blockers.length === 0, blockers, overridable };
  });
  const join = joinOf(process, state);
  return join
    ? [
        ...moves,
        {
          move: null,
          label: `${label(process, join.to)}, once every track is done`,
          track: null,
          to: join.to,
          allowed: false,
          blockers: join.blockers,
          overridable: [],
        },
      ]
    : moves;
}

const allowedMoves = (process: CompiledProcess, state: Opportunity, actor: Actor, at: string): readonly string[] =>
  possibleMoves(process, state, actor, at).flatMap(({ move, allowed }) => (allowed && move !== null ? [move] : []));

/** Where the tracks of a stage lead once all are done, and which are not yet. */
function joinOf(
  process: CompiledProcess,
  state: Standing,
): { readonly to: string; readonly blockers: readonly Blocker[] } | null {
  const to = stageOf(process, state.stage).whenAllDone;
  return to === undefined ? null : { to, blockers: trackBlockers(process, state) };
}

/** The tracks of the present stage that are not done yet, each as a blocker of the join. */
export function trackBlockers(process: CompiledProcess, { stage, tracks }: Standing): readonly Blocker[] {
  return Object.values(stageOf(process, stage).tracks).flatMap((track): Blocker[] => {
    const at = track.stages[tracks[track.id] ?? track.start];
    return at?.done
      ? []
      : [{ kind: 'track', say: `Track "${track.label}" is not done: it stands at ${at?.label ?? 'its start'}.` }];
  });
}

function stageOf(process: CompiledProcess, stage: string): Stage {
  const found = process.definition.stages[stage];
  if (!found) throw new Error(`${process.ref.id} version ${process.ref.version} has no stage "${stage}"`);
  return found;
}

const label = (process: CompiledProcess, stage: string): string => stageOf(process, stage).label;

/** Where the deal stands in each track of its stage. A track of which nothing is recorded stands at its start. */
const placesIn = ({ tracks }: Stage, recorded: Standing['tracks']): readonly (readonly [track: string, at: string])[] =>
  Object.values(tracks).map(({ id, start }) => [id, recorded[id] ?? start] as const);

/** Where a deal stands when it enters a stage: every track at its start. */
export function startOf(process: CompiledProcess, stage: string): Standing {
  return {
    stage,
    tracks: Object.fromEntries(Object.values(stageOf(process, stage).tracks).map((track) => [track.id, track.start])),
  };
}

// ---------------------------------------------------------------------------------------------------------- limits

/** Every limit that runs where the deal stands, by its name. */
export function limitsAt(process: CompiledProcess, { stage, tracks }: Standing): readonly (readonly [string, Limit])[] {
  const here = stageOf(process, stage);
  const inTracks = placesIn(here, tracks).map(
    ([track, at]) => [`${stage}/${track}/${at}`, here.tracks[track]?.stages[at]?.limit] as const,
  );
  return [[stage, here.limit] as const, ...inTracks].flatMap(([name, limit]) => (limit ? [[name, limit] as const] : []));
}

/** The limits that begin to run where the deal now stands. */
export function limitsStarted(
  process: CompiledProcess,
  standing: Standing,
  happened: { readonly occurredAt: string; readonly by: string },
  only: (limit: string) => boolean = () => true,
): LimitStarted[] {
  return limitsAt(process, standing)
    .filter(([name]) => only(name))
    .map(([limit, { time, then, tell }]) => ({
      type: 'LimitStarted',
      ...happened,
      limit,
      dueAt: limitDue(time, happened.occurredAt, process.definition),
      then,
      tell,
    }));
}

/** The running limits that leaving the stage, or the place in a track, ends; one that has fired is over already. */
export function limitsCancelled(
  state: Opportunity,
  happened: { readonly occurredAt: string; readonly by: string },
  only: (limit: string) => boolean = () => true,
): LimitCancelled[] {
  return Object.entries(state.limits).flatMap(([limit, { fired }]) =>
    fired || !only(limit) ? [] : [{ type: 'LimitCancelled', ...happened, limit }],
  );
}

// ---------------------------------------------------------------------------------------------------------- evolve

/** The deal after one more recorded event. Obeys the record and asks no rule, so that a later process cannot rewrite a past deal. */
export function evolve(state: Opportunity | null, event: OpportunityEvent, id: string): Opportunity {
  if (event.type === 'OpportunityCaptured') {
    const at = event.occurredAt;
    return {
      id,
      events: 1,
      process: event.process,
      stage: event.stage,
      phase: event.phase,
      tracks: event.tracks,
      facts: recorded({}, event.facts, event),
      owner: event.owner,
      team: event.team,
      account: event.account,
      origin: event.origin,
      openedFrom: event.openedFrom,
      opened: [],
      capturedAt: at,
      stageSince: at,
      lastStepAt: at,
      result: null,
      limits: {},
      activities: 0,
    };
  }
  if (!state) throw new Error(`the stream of opportunity "${id}" begins with ${event.type}, not with OpportunityCaptured`);
  const next = { ...state, events: state.events + 1 };

  switch (event.type) {
    case 'FactsRecorded':
      return { ...next, facts: recorded(state.facts, event.facts, event) };
    case 'OwnerChanged':
      return { ...next, owner: event.to.owner, team: event.to.team };
    case 'ActivityLogged':
      return { ...next, activities: state.activities + 1 };
    case 'StageChanged': {
      const stays = event.from === event.to;
      return {
        ...next,
        process: event.process,
        stage: event.to,
        phase: event.toPhase,
        tracks: event.tracks,
        stageSince: stays ? state.stageSince : event.occurredAt,
        lastStepAt: event.occurredAt,
        result: event.toPhase === 'closed' || event.toPhase === 'customer' ? (event.result ?? state.result) : null,
        limits: {},
        opened: event.opens ? [...state.opened, event.opens.deal] : state.opened,
      };
    }
    case 'TrackAdvanced': {
      const here = `${event.stage}/${event.track}/`;
      const limits = Object.fromEntries(Object.entries(state.limits).filter(([limit]) => !limit.startsWith(here)));
      return { ...next, tracks: { ...state.tracks, [event.track]: event.to }, lastStepAt: event.occurredAt, limits };
    }
    case 'DealMigrated':
      return {
        ...next,
        process: event.process,
        stage: event.to,
        phase: event.toPhase,
        tracks: event.tracks,
        stageSince: event.continues ? state.stageSince : event.occurredAt,
        lastStepAt: event.continues ? state.lastStepAt : later(event.occurredAt, state.lastStepAt),
        result: event.toPhase === 'closed' || event.toPhase === 'customer' ? (event.result ?? state.result) : null,
        limits: {},
      };
    case 'LimitStarted': {
      const limit = { startedAt: event.occurredAt, dueAt: event.dueAt, then: event.then, tell: event.tell, fired: false };
      return { ...next, limits: { ...state.limits, [event.limit]: limit } };
    }
    case 'LimitCancelled':
      return { ...next, limits: Object.fromEntries(Object.entries(state.limits).filter(([limit]) => limit !== event.limit)) };
    case 'LimitFired': {
      const limit = state.limits[event.limit];
      return limit ? { ...next, limits: { ...state.limits, [event.limit]: { ...limit, fired: true } } } : next;
    }
  }
}

function recorded(facts: Opportunity['facts'], changes: FactInputs, { by, occurredAt }: Happened): Opportunity['facts'] {
  const kept = Object.entries(facts).filter(([name]) => !(name in changes));
  const added = Object.entries(changes).flatMap(([name, value]) =>
    value === null ? [] : [[name, { value, by, at: occurredAt }] as const],
  );
  return Object.fromEntries([...kept, ...added]);
}

/** The bare values of a deal's facts. */
export function factValues(state: Opportunity): Facts {
  return Object.fromEntries(Object.entries(state.facts).map(([name, { value }]) => [name, value]));
}

// --------------------------------------------------------------------------------------------------------- helpers

function refuse(refused: string, say: string, blockers: readonly Blocker[] = []): Refusal {
  return { refused, say, blockers, allowed: [] };
}

const asBlocker = ({ field, say }: { readonly field: string; readonly say: string }): Blocker => ({ kind: 'fact', field, say });

/** ISO instants in UTC with milliseconds compare as text. */
const later = (a: string, b: string): string => (a < b ? b : a);

function misdated(occurredAt: string, at: string, earliest: string): Refusal | null {
  if (occurredAt > at) return refuse('occurred-at-invalid', `${occurredAt} has not come yet.`);
  return occurredAt < earliest
    ? refuse('occurred-at-invalid', `${occurredAt} is before what is recorded of the deal already (${earliest}).`)
    : null;
}
