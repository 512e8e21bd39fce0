import { factProblems, withFacts, type FactInputs } from './facts.js';
import type { CompiledProcess } from './machine.js';
import {
  evolve,
  factValues,
  limitsCancelled,
  limitsStarted,
  openMoves,
  startOf,
  trackBlockers,
  type Blocker,
  type CheckResult,
  type Opportunity,
  type OpportunityCaptured,
  type OpportunityEvent,
  type StageChanged,
} from './opportunity.js';
import { judge } from './rule.js';

/**
 * History from outside: what another system says has happened. It is not asked whether it may happen, since it has;
 * a step that breaks the process is recorded as deviating, with what broke.
 */

/** How a deal from outside began. `origin` is `import` unless the source knows better. */
export interface HistoryCapture {
  readonly id: string;
  readonly occurredAt: string;
  readonly by: string;
  readonly owner: string;
  readonly team: string | null;
  readonly account: string | null;
  readonly origin: string;
  readonly facts: FactInputs;
}

/** One line of a deal's past, in the order of the source, which is kept even where its times step backwards. */
export type HistoryStep = { readonly occurredAt: string; readonly by: string; readonly facts?: FactInputs } & (
  | { readonly kind: 'stage'; readonly to: string }
  | { readonly kind: 'activity'; readonly activity: string; readonly note?: string | null }
  | { readonly kind: 'facts' }
  | { readonly kind: 'owner'; readonly owner: string; readonly team: string | null }
);

/** What became of one line: its events, and why it deviates or could not be read. */
export interface HistoryEntry {
  /** Empty exactly when the line was rejected. */
  readonly events: readonly OpportunityEvent[];
  readonly broke: readonly Blocker[];
  readonly rejected: string | null;
}

/** The capture as an event, at the first stage of the process; its limits come with `historyLimits`, after the last step. */
export function captureHistory(process: CompiledProcess, capture: HistoryCapture): HistoryEntry {
  const wrong = factProblems(process.definition, capture.facts);
  if (wrong.length > 0) return rejected(wrong.map(({ say }) => say).join(' '));
  const { id: _, facts, ...rest } = capture;
  const stage = process.definition.start;
  const captured: OpportunityCaptured = {
    type: 'OpportunityCaptured',
    ...rest,
    process: process.ref,
    stage,
    phase: process.definition.stages[stage]!.phase,
    tracks: startOf(process, stage).tracks,
    facts: withFacts({}, facts),
    openedFrom: null,
  };
  return { events: [captured], broke: [], rejected: null };
}

/** One step of the past, judged against the deal as the record then has it. Always at least one event, unless it is rejected. */
export function recordHistory(process: CompiledProcess, state: Opportunity, step: HistoryStep): HistoryEntry {
  const wrong = factProblems(process.definition, step.facts ?? {});
  if (wrong.length > 0) return rejected(wrong.map(({ say }) => say).join(' '));

  const happened = { occurredAt: step.occurredAt, by: step.by };
  const facts = step.facts ?? {};
  const recorded: OpportunityEvent[] =
    step.kind === 'facts' || Object.keys(facts).length > 0 ? [{ type: 'FactsRecorded', ...happened, facts }] : [];

  switch (step.kind) {
    case 'facts':
      return { events: recorded, broke: [], rejected: null };
    case 'activity':
      return {
        events: [...recorded, { type: 'ActivityLogged', ...happened, kind: step.activity, note: step.note ?? null }],
        broke: [],
        rejected: null,
      };
    case 'owner': {
      const from = { owner: state.owner, team: state.team };
      return {
        events: [...recorded, { type: 'OwnerChanged', ...happened, from, to: { owner: step.owner, team: step.team } }],
        broke: [],
        rejected: null,
      };
    }
    case 'stage': {
      const to = process.definition.stages[step.to];
      if (!to) return rejected(`The process has no stage "${step.to}".`);
      const known = recorded.reduce((deal, event) => evolve(deal, event, state.id), state);
      const { move, checks, broke } = classify(process, known, step.to, step.occurredAt);
      const changed: StageChanged = {
        type: 'StageChanged',
        ...happened,
        process: process.ref,
        team: state.team,
        conformance: broke.length === 0 ? 'conforming' : 'deviating',
        broke,
        move,
        role: null,
        reason: null,
        checks,
        cause: 'import',
        from: state.stage,
        to: step.to,
        fromPhase: state.phase,
        toPhase: to.phase,
        result: to.result ?? null,
        opens: null,
        tracks: startOf(process, step.to).tracks,
      };
      return { events: [...recorded, ...limitsCancelled(state, happened), changed], broke, rejected: null };
    }
  }
}

/** The limits that run where the imported past ends. A limit that was already running there goes on. */
export function historyLimits(process: CompiledProcess, state: Opportunity, by: string): readonly OpportunityEvent[] {
  return limitsStarted(process, state, { occurredAt: state.lastStepAt, by }, (limit) => !(limit in state.limits));
}

/**
 * How a step of the past stands to the process: the move it was, the answers of its checks, and what it broke.
 * Roles are not asked, because the record does not tell them. Of several moves to the same stage the one that breaks least counts.
 */
export function classify(
  process: CompiledProcess,
  state: Opportunity,
  to: string,
  at: string,
): { readonly move: string | null; readonly checks: readonly CheckResult[]; readonly broke: readonly Blocker[] } {
  const stage = process.definition.stages[state.stage];
  if (stage?.whenAllDone === to) return { move: null, checks: [], broke: trackBlockers(process, state) };

  const asking = { facts: factValues(state), roles: null, at, override: [], reason: null };
  const ways = openMoves(process, state)
    .filter(({ move, track }) => track === null && move.to === to)
    .map(({ move }) => ({ move: move.name, judgement: judge(move, asking, process.expressions, process.definition.fields) }))
    .toSorted((a, b) => a.judgement.blockers.length - b.judgement.blockers.length);
  const best = ways[0];
  if (best) return { move: best.move, checks: best.judgement.checks, broke: best.judgement.blockers };
  const label = process.definition.stages[to]?.label ?? to;
  return {
    move: null,
    checks: [],
    broke: [{ kind: 'path', say: `The process has no way from ${stage?.label ?? state.stage} to ${label}.` }],
  };
}

const rejected = (say: string): HistoryEntry => ({ events: [], broke: [], rejected: say });
