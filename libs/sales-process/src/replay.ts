import { classify } from './history.js';
import type { CompiledProcess } from './machine.js';
import {
  evolve,
  factValues,
  linkedDealId,
  openMoves,
  trackBlockers,
  type CheckResult,
  type DealMigrated,
  type Opportunity,
  type OpportunityEvent,
  type StageChanged,
  type TrackAdvanced,
} from './opportunity.js';
import type { Move, ProcessRef } from './process.js';
import { judge, type Asking } from './rule.js';

/** An event of a deal with its place in the record and when it was written. */
export interface RecordedStep {
  readonly revision: number;
  /** ISO 8601 in UTC. */
  readonly recordedAt: string;
  readonly event: OpportunityEvent;
}

/** One step of a replay: the event, and how the deal stood before and after it. */
export interface ReplayStep extends RecordedStep {
  readonly before: Opportunity | null;
  readonly after: Opportunity;
}

/** The deal's record, step by step. Obeys the record alone and asks no rule. */
export function replay(id: string, record: readonly RecordedStep[]): readonly ReplayStep[] {
  let before: Opportunity | null = null;
  return record.map((step) => {
    const after: Opportunity = evolve(before, step.event, id);
    const replayed = { ...step, before, after };
    before = after;
    return replayed;
  });
}

/** What asking a recorded decision again came to. */
export interface Verdict {
  readonly revision: number;
  readonly from: string;
  readonly to: string;
  readonly move: string | null;
  readonly process: ProcessRef;
  readonly agrees: boolean;
  /** What differs, in plain words; empty when all agrees. */
  readonly differences: readonly string[];
}

/**
 * Asks every recorded decision again: the same process version, the same facts, the same instant, the roles in which it was done.
 * `processOf` answers null for a version that is not known, which is a difference too.
 */
export function verify(
  id: string,
  record: readonly RecordedStep[],
  processOf: (ref: ProcessRef) => CompiledProcess | null,
): readonly Verdict[] {
  return replay(id, record).flatMap(({ event, revision, before }) => {
    if (event.type === 'DealMigrated') return [migrationVerdict(before, event, revision, processOf)];
    if (event.type !== 'StageChanged' && event.type !== 'TrackAdvanced') return [];
    const process = processOf(event.process);
    const differences = !process
      ? [
          `Version ${event.process.version} of process "${event.process.id}" (${event.process.hash.slice(0, 12)}) is not known here.`,
        ]
      : before === null
        ? ['The record does not begin with a capture.']
        : differencesOf(process, before, event, revision);
    return [
      {
        revision,
        from: event.from,
        to: event.to,
        move: event.move,
        process: event.process,
        agrees: differences.length === 0,
        differences,
      },
    ];
  });
}

/** That a migration took the deal from where it stood to a stage that the other version has. */
function migrationVerdict(
  before: Opportunity | null,
  event: DealMigrated,
  revision: number,
  processOf: (ref: ProcessRef) => CompiledProcess | null,
): Verdict {
  const { was, process, from, to } = event;
  const later = processOf(process);
  const differences = [
    ...(before?.stage === from
      ? []
      : [`The migration says the deal stood in ${from}; it stood in ${before?.stage ?? 'no stage'}.`]),
    ...(before && before.process.version === was.version && before.process.hash === was.hash
      ? []
      : [`The migration says the deal was on version ${was.version}; it was on ${before?.process.version ?? 'none'}.`]),
    ...(later ? [] : [`Version ${process.version} of process "${process.id}" (${process.hash.slice(0, 12)}) is not known here.`]),
    ...(later && !later.definition.stages[to] ? [`Version ${process.version} has no stage "${to}".`] : []),
  ];
  return { revision, from, to, move: null, process, agrees: differences.length === 0, differences };
}

function differencesOf(
  process: CompiledProcess,
  before: Opportunity,
  event: StageChanged | TrackAdvanced,
  revision: number,
): string[] {
  const standing =
    event.type === 'StageChanged'
      ? before.stage
      : (before.tracks[event.track] ?? process.definition.stages[before.stage]?.tracks[event.track]?.start);
  if (standing !== event.from) return [`The step says it left ${event.from}; the deal stood in ${standing ?? 'no such track'}.`];
  if (!process.definition.stages[before.stage]) return [`The process has no stage "${before.stage}".`];

  switch (event.cause) {
    case 'join': {
      const to = process.definition.stages[before.stage]?.whenAllDone;
      const open = trackBlockers(process, before).map(({ say }) => say);
      return to === event.to
        ? open
        : [`Once every track is done the deal goes to ${to ?? 'nowhere'}, the record says ${event.to}.`, ...open];
    }
    case 'import': {
      const track = event.type === 'TrackAdvanced' ? event.track : null;
      const again = classify(process, before, event.to, event.occurredAt, track);
      return [
        ...differs('move', event.move, again.move),
        ...differs('what it broke', event.broke, again.broke),
        ...differs('conformance', event.conformance, again.broke.length === 0 ? 'conforming' : 'deviating'),
        ...checkDifferences(event.checks, again.checks),
      ];
    }
    case 'move':
    case 'limit':
      return moveDifferences(process, before, event, revision);
  }
}

function moveDifferences(
  process: CompiledProcess,
  before: Opportunity,
  event: StageChanged | TrackAdvanced,
  revision: number,
): string[] {
  const found = openMoves(process, before).find(({ move }) => move.name === event.move);
  if (!found) return [`The process has no move "${event.move}" from ${event.from}.`];
  const overridden = event.checks.filter((check) => check.overridden);
  const asking: Asking = {
    facts: factValues(before),
    roles:
      event.cause === 'limit'
        ? null
        : [event.role, ...overridden.map((check) => check.overrideRole ?? entitled(found.move, check))].filter(
            (role) => role !== null,
          ),
    at: event.occurredAt,
    override: overridden.map(({ check }) => check),
    reason: event.reason,
  };
  const judgement = judge(found.move, asking, process.expressions, process.definition.fields);
  const opens = event.type === 'StageChanged' ? event.opens : null;
  const openedNow = found.move.opens ? { ...found.move.opens, deal: linkedDealId(before.id, revision) } : null;
  return [
    ...judgement.blockers.map(({ say }) => `It would be blocked: ${say}`),
    ...differs('where it leads', event.to, found.move.to),
    ...differs('what it opens', opens, openedNow),
    ...checkDifferences(event.checks, judgement.checks),
  ];
}

/** A role that may let the check pass: asked of where the record does not tell which one did. */
const entitled = ({ checks }: Move, { check }: CheckResult): string | null =>
  checks.find(({ id }) => id === check)?.override?.by[0] ?? null;

function checkDifferences(recorded: readonly CheckResult[], again: readonly CheckResult[]): string[] {
  return differs('the checks', recorded.map(answer), again.map(answer));
}

const answer = ({ check, passed, overridden, read }: CheckResult): unknown => ({ check, passed, overridden, read });

function differs(what: string, recorded: unknown, again: unknown): string[] {
  const [then, now] = [canonical(recorded), canonical(again)];
  return then === now ? [] : [`Asked again, ${what} differs: recorded ${then}, now ${now}.`];
}

/** JSON with its keys sorted, so that the order in which a store kept them does not matter. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) =>
    inner !== null && typeof inner === 'object' && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}
