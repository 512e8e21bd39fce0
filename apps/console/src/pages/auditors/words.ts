import type { CheckResult, DealEvent } from '../../api/auditors-types.js';
import type { FactInputs, ProcessDefinition } from '../../api/types.js';
import { fact, instant } from '../../format.js';
import { auditors } from '../../texts/auditors.js';

const { say, types } = auditors;

/** What happened, in one sentence; names are those of `definition`, and where it lacks one the record's own. */
export function sentence(event: DealEvent, definition?: ProcessDefinition): string {
  const stage = (id: unknown): string => definition?.stages[String(id)]?.label ?? String(id);
  const place = (limit: string): string => {
    const [of = '', track, within = ''] = limit.split('/');
    return track === undefined ? stage(of) : (definition?.stages[of]?.tracks[track]?.stages[within]?.label ?? within);
  };
  switch (event.type) {
    case 'OpportunityCaptured':
      return say.captured(stage(event.stage), event.origin ?? 'new');
    case 'FactsRecorded':
      return say.recorded(factsSaid(event.facts ?? {}, definition));
    case 'OwnerChanged':
      return say.handed((event.from as { owner: string }).owner, (event.to as { owner: string }).owner);
    case 'ActivityLogged':
      return say.activity(event.kind ?? '', event.note ?? null);
    case 'StageChanged': {
      const words = event.cause === 'join' ? say.joined : event.cause === 'limit' ? say.limitMoved : say.moved;
      return words(stage(event.from), stage(event.to));
    }
    case 'TrackAdvanced': {
      const track = definition?.stages[event.stage ?? '']?.tracks[event.track ?? ''];
      const within = (id: unknown): string => track?.stages[String(id)]?.label ?? String(id);
      return say.track(track?.label ?? event.track ?? '', within(event.from), within(event.to));
    }
    case 'LimitStarted':
      return say.limitStarted(place(event.limit ?? ''), instant(event.dueAt ?? ''));
    case 'LimitCancelled':
      return say.limitCancelled(place(event.limit ?? ''));
    case 'LimitFired':
      return say.limitFired(place(event.limit ?? ''), (event.told ?? []).join(', '));
    case 'DealMigrated':
      return say.migrated(event.process?.version ?? 0);
    default:
      return types[event.type] ?? event.type;
  }
}

function factsSaid(facts: FactInputs, definition?: ProcessDefinition): string {
  return Object.entries(facts)
    .map(([name, value]) => {
      const field = definition?.fields[name];
      return `${field?.label ?? name}: ${value === null ? say.tookBack : fact(value, field)}`;
    })
    .join(', ');
}

export const letPassIn = ({ checks }: DealEvent): readonly CheckResult[] => (checks ?? []).filter(({ overridden }) => overridden);

/** A rule was let pass or broken. */
export const isException = (event: DealEvent): boolean => event.conformance === 'deviating' || letPassIn(event).length > 0;

export const LEVELS = ['decisions', 'more', 'all'] as const;
export type Level = (typeof LEVELS)[number];

const DECISIONS = ['OpportunityCaptured', 'StageChanged', 'TrackAdvanced', 'DealMigrated'];
const LEAST = ['LimitStarted', 'LimitCancelled'];

export const isShown = ({ type }: DealEvent, level: Level): boolean =>
  level === 'all' || (level === 'more' ? !LEAST.includes(type) : DECISIONS.includes(type));

/** The move that a step made, as the process has it. */
export function moveOf(
  event: DealEvent,
  { stages }: ProcessDefinition,
): ProcessDefinition['stages'][string]['moves'][string] | null {
  if (typeof event.move !== 'string') return null;
  const from = String(event.from);
  const moves =
    event.type === 'TrackAdvanced'
      ? stages[event.stage ?? '']?.tracks[event.track ?? '']?.stages[from]?.moves
      : stages[from]?.moves;
  return moves?.[event.move] ?? null;
}
