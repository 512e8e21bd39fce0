import { createActor, createMachine, type AnyActorScope, type AnyMachineSnapshot, type AnyStateMachine } from 'xstate';
import { readExpression, type Expression } from './expressions.js';
import type { Opportunity } from './opportunity.js';
import type { Move, ProcessRef, SalesProcess, Stage, TrackStage } from './process.js';
import { judge, type Asking } from './rule.js';

/** A published version, ready to be asked: its definition, its XState config (plain JSON) and its compiled checks. */
export interface CompiledProcess {
  readonly ref: ProcessRef;
  readonly definition: SalesProcess;
  readonly config: MachineConfig;
  /** By source text of the check. */
  readonly expressions: ReadonlyMap<string, Expression>;
  /**
   * Asks the machine: where the deal stands after this move, joins included, or null when the guard does not let it pass.
   * Throws for a stage the process does not have (a record under another version).
   */
  advance(standing: Standing, move: string, asking: Asking): Standing | null;
}

/** Where a deal stands: its stage, and the place in each track when the stage has tracks. */
export type Standing = Pick<Opportunity, 'stage' | 'tracks'>;

interface MachineTransition {
  readonly target: string;
  readonly reenter: true;
  readonly guard?: { readonly type: 'rule'; readonly params: Move };
  readonly meta?: object;
}

interface MachineNode {
  readonly type?: 'parallel' | 'final';
  readonly initial?: string;
  readonly meta?: object;
  readonly on?: Readonly<Record<string, MachineTransition>>;
  readonly states?: Readonly<Record<string, MachineNode>>;
}

/** An XState 5 machine config in plain JSON: one state node a stage, one guard `rule` a move. */
export interface MachineConfig {
  readonly id: string;
  readonly initial: string;
  readonly meta: object;
  readonly states: Readonly<Record<string, MachineNode>>;
}

/** The checked definition as an XState config. */
export function toMachineConfig(process: SalesProcess): MachineConfig {
  return {
    id: process.id,
    initial: process.start,
    meta: { title: process.title, currency: process.currency, timezone: process.timezone },
    states: mapValues(process.stages, (stage) => stageNode(process.id, stage)),
  };
}

function stageNode(process: string, stage: Stage): MachineNode {
  const { label, phase, result, forecast, limit } = stage;
  const meta = { label, phase, ...(result && { result }), ...(forecast && { forecast }), ...(limit && { limit }) };
  const on = transitions(stage.moves);
  if (!stage.whenAllDone) return { meta, on };
  return {
    type: 'parallel',
    meta,
    on: { ...on, [`xstate.done.state.${process}.${stage.id}`]: { target: stage.whenAllDone, reenter: true } },
    states: mapValues(stage.tracks, (track) => ({
      initial: track.start,
      meta: { label: track.label },
      states: mapValues(track.stages, trackNode),
    })),
  };
}

function trackNode(stage: TrackStage): MachineNode {
  const meta = { label: stage.label, ...(stage.limit && { limit: stage.limit }) };
  return stage.done ? { type: 'final', meta } : { meta, on: transitions(stage.moves) };
}

function transitions(moves: Readonly<Record<string, Move>>): Readonly<Record<string, MachineTransition>> {
  return mapValues(moves, (move) => ({
    target: move.to,
    reenter: true as const,
    guard: { type: 'rule' as const, params: move },
  }));
}

/**
 * Makes a checked definition ready to be asked.
 * Throws `TypeError` for an expression that does not fit the fields: checking the file comes first.
 */
export function compileProcess(definition: SalesProcess, ref: ProcessRef): CompiledProcess {
  const expressions = new Map<string, Expression>();
  for (const move of everyMove(definition)) {
    for (const { when } of move.checks) {
      if (expressions.has(when)) continue;
      const read = readExpression(when, definition.fields);
      if (!('expression' in read)) throw new TypeError(`the check "${when}" does not fit the fields of ${definition.id}`);
      expressions.set(when, read.expression);
    }
  }

  const config = toMachineConfig(definition);
  const machine = createMachine(structuredClone(config) as unknown as Parameters<typeof createMachine>[0]).provide({
    guards: {
      rule: ({ event }, move) =>
        judge(move as Move, (event as unknown as { asking: Asking }).asking, expressions, definition.fields).blockers.length ===
        0,
    },
  });

  const scope = inertScope(machine);

  return {
    ref,
    definition,
    config,
    expressions,
    advance(standing, move, asking) {
      const before = machine.resolveState({ value: stateValue(standing) }) as AnyMachineSnapshot;
      const event = { type: move, asking };
      if (!before.can(event)) return null;
      const after = machine.transition(before, event, scope) as AnyMachineSnapshot;
      return standingOf(after.value as StateValue);
    },
  };
}

/**
 * What XState wants around a transition: an actor that never starts. One for all transitions, since no state of ours has actions, and
 * making one each time (as `transition()` does) costs more than the transition itself.
 */
function inertScope(machine: AnyStateMachine): AnyActorScope {
  const self = createActor(machine);
  const nothing = (): void => undefined;
  return {
    self,
    system: self.system,
    id: '',
    sessionId: '',
    logger: nothing,
    defer: nothing,
    emit: nothing,
    stopChild: nothing,
    actionExecutor: nothing,
  };
}

/** Every move of a process, those inside tracks included. */
export function everyMove(process: SalesProcess): readonly Move[] {
  return Object.values(process.stages).flatMap((stage) => [
    ...Object.values(stage.moves),
    ...Object.values(stage.tracks).flatMap((track) => Object.values(track.stages).flatMap((inner) => Object.values(inner.moves))),
  ]);
}

type StateValue = string | Readonly<Record<string, Readonly<Record<string, string>>>>;

function stateValue({ stage, tracks }: Standing): StateValue {
  return Object.keys(tracks).length === 0 ? stage : { [stage]: tracks };
}

function standingOf(value: StateValue): Standing {
  if (typeof value === 'string') return { stage: value, tracks: {} };
  const [stage, tracks] = Object.entries(value)[0]!;
  return { stage, tracks };
}

function mapValues<A, B>(record: Readonly<Record<string, A>>, make: (value: A) => B): Record<string, B> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, make(value)]));
}
