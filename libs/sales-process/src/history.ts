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
  type TrackAdvanced,
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
  /** On in a parallel track of the stage where the deal stands; `to` is a stage of the track. */
  | { readonly kind: 'track'; readonly track: string; readonly to: string }
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
      const judged = classify(process, withEvents(state, recorded), step.to, step.occurredAt);
      const changed = stageChanged(process, state, step.to, { ...asImported(process, state, judged), ...happened });
      return { events: [...recorded, ...limitsCancelled(state, happened), changed], broke: judged.broke, rejected: null };
    }
    case 'track': {
      const stage = process.definition.stages[state.stage];
      const track = stage?.tracks[step.track];
      if (!track) return rejected(`The deal stands in ${stage?.label ?? state.stage}, which has no track "${step.track}".`);
      if (!track.stages[step.to]) return rejected(`The track "${track.label}" has no stage "${step.to}".`);
      const judged = classify(process, withEvents(state, recorded), step.to, step.occurredAt, track.id);
      const advanced: TrackAdvanced = {
        type: 'TrackAdvanced',
        ...happened,
        ...asImported(process, state, judged),
        stage: state.stage,
        track: track.id,
        from: state.tracks[track.id] ?? track.start,
        to: step.to,
      };
      const after = evolve(state, advanced, state.id);
      const joins = stage.whenAllDone !== undefined && trackBlockers(process, after).length === 0;
      const here = `${state.stage}/${track.id}/`;
      return {
        events: [
          ...recorded,
          ...limitsCancelled(state, happened, (limit) => joins || limit.startsWith(here)),
          advanced,
          ...(joins ? [stageChanged(process, state, stage.whenAllDone, { ...asJoin(process, state), ...happened })] : []),
        ],
        broke: judged.broke,
        rejected: null,
      };
    }
  }
}

const withEvents = (state: Opportunity, events: readonly OpportunityEvent[]): Opportunity =>
  events.reduce((deal, event) => evolve(deal, event, state.id), state);

/** What every step says of itself, besides when, whence and whither. */
type Judged = Pick<StageChanged, 'process' | 'team' | 'conformance' | 'broke' | 'move' | 'role' | 'reason' | 'checks' | 'cause'>;

function asImported(process: CompiledProcess, { team }: Opportunity, { move, checks, broke }: Classified): Judged {
  const conformance = broke.length === 0 ? 'conforming' : 'deviating';
  return { process: process.ref, team, conformance, broke, move, role: null, reason: null, checks, cause: 'import' };
}

/** Once every track is done the deal goes on by itself, whoever recorded the last of them. */
const asJoin = (process: CompiledProcess, state: Opportunity): Judged => ({
  ...asImported(process, state, { move: null, checks: [], broke: [] }),
  cause: 'join',
});

function stageChanged(
  process: CompiledProcess,
  state: Opportunity,
  to: string,
  judged: Judged & Pick<StageChanged, 'occurredAt' | 'by'>,
): StageChanged {
  const stage = process.definition.stages[to]!;
  return {
    type: 'StageChanged',
    ...judged,
    from: state.stage,
    to,
    fromPhase: state.phase,
    toPhase: stage.phase,
    result: stage.result ?? null,
    opens: null,
    tracks: startOf(process, to).tracks,
  };
}

/**
 * The limits that run where the imported past ends, each from when the deal came to its stage, or to its place in a track, by the whole record.
 * A limit that was already running there goes on.
 */
export function historyLimits(
  process: CompiledProcess,
  state: Opportunity,
  by: string,
  record: readonly OpportunityEvent[] = [],
): readonly OpportunityEvent[] {
  const since = (track: string | null): string =>
    record.findLast(
      (event) =>
        event.type === 'StageChanged' ||
        event.type === 'OpportunityCaptured' ||
        (event.type === 'TrackAdvanced' && event.track === track),
    )?.occurredAt ?? state.lastStepAt;
  const places = [
    { limit: state.stage, track: null },
    ...Object.entries(state.tracks).map(([track, at]) => ({ limit: `${state.stage}/${track}/${at}`, track })),
  ];
  return places.flatMap(({ limit, track }) =>
    limit in state.limits ? [] : limitsStarted(process, state, { occurredAt: since(track), by }, (name) => name === limit),
  );
}

interface Classified {
  readonly move: string | null;
  readonly checks: readonly CheckResult[];
  readonly broke: readonly Blocker[];
}

/**
 * How a step of the past, of the stage or within one of its tracks, stands to the process: the move it was, the answers of its checks, and
 * what it broke. Roles are not asked, because the record does not tell them. Of several moves to the same stage the one that breaks least counts.
 */
export function classify(
  process: CompiledProcess,
  state: Opportunity,
  to: string,
  at: string,
  track: string | null = null,
): Classified {
  const stage = process.definition.stages[state.stage];
  if (track === null && stage?.whenAllDone === to) return { move: null, checks: [], broke: trackBlockers(process, state) };

  const asking = { facts: factValues(state), roles: null, at, override: [], reason: null };
  const ways = openMoves(process, state)
    .filter((way) => way.track === track && way.move.to === to)
    .map(({ move }) => ({ move: move.name, judgement: judge(move, asking, process.expressions, process.definition.fields) }))
    .toSorted((a, b) => a.judgement.blockers.length - b.judgement.blockers.length);
  const best = ways[0];
  if (best) return { move: best.move, checks: best.judgement.checks, broke: best.judgement.blockers };
  const inTrack = track === null ? null : stage?.tracks[track];
  const label = (id: string): string => (inTrack ?? process.definition).stages[id]?.label ?? id;
  const say = inTrack
    ? `The track "${inTrack.label}" has no way from ${label(state.tracks[inTrack.id] ?? inTrack.start)} to ${label(to)}.`
    : `The process has no way from ${label(state.stage)} to ${label(to)}.`;
  return { move: null, checks: [], broke: [{ kind: 'path', say }] };
}

const rejected = (say: string): HistoryEntry => ({ events: [], broke: [], rejected: say });
