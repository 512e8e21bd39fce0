import type { StoredEvent } from '@coxswain/event-store';
import { derivedId } from '@coxswain/sales-desk';

/** What a client asked under one key, and what it heard. */
export interface Asked {
  readonly key: string;
  readonly method: string;
  readonly path: string;
  readonly json: object;
  /** `unknown`: the answer never came, so the step may be in the log or not. */
  outcome: 'unknown' | 'refused' | { readonly deal: string; readonly revision: number };
}

/** Most events that one command gives. */
const MOST_EVENTS = 8;

const known = new Map<string, { readonly derived: string; readonly ids: readonly string[] }>();

/** The ids that the events of a command get; remembered, since every restart compares everything again. */
function idsOf(actor: string, key: string): { readonly derived: string; readonly ids: readonly string[] } {
  const derived = derivedId('key', actor, key);
  const found = known.get(derived) ?? {
    derived,
    ids: Array.from({ length: MOST_EVENTS }, (_, index) => derivedId('event', derived, index)),
  };
  known.set(derived, found);
  return found;
}

/**
 * Compares what the clients were told with what the log holds, and says everything that does not fit:
 * an acknowledged step that is missing or stands elsewhere, a step twice, half a step, a refused step, a step nobody asked for.
 */
export function discrepancies(asked: readonly Asked[], log: readonly StoredEvent[], actor: string): string[] {
  const found: string[] = [];
  const byId = new Map<string, StoredEvent>();
  for (const event of log) {
    if (byId.has(event.id)) found.push(`event ${event.id} is there twice`);
    byId.set(event.id, event);
  }
  const answers = new Map<string, StoredEvent[]>();
  for (const event of log) {
    const key = event.meta['key'];
    if (typeof key === 'string') answers.set(key, [...(answers.get(key) ?? []), event]);
  }
  const explained = new Set<string>();
  for (const { key, outcome, method, path } of asked) {
    const { derived, ids } = idsOf(actor, key);
    const name = `${method} ${path} (${key})`;
    const events = ids.map((id) => byId.get(id));
    const length = events.findLastIndex((event) => event !== undefined) + 1;
    const [first, ...others] = events.slice(0, length);
    for (const event of events) if (event) explained.add(event.id);
    if (
      length > 0 &&
      (!first || others.some((event, at) => event?.stream !== first.stream || event.revision !== first.revision + at + 1))
    )
      found.push(`${name}: only a part of the step is there`);
    const last = events[length - 1];
    const answered = answers.get(derived) ?? [];
    if (answered.length !== (last ? 1 : 0) || answered[0]?.id !== last?.id)
      found.push(`${name}: answered ${answered.length} times`);
    if (outcome === 'refused' && last) found.push(`${name}: refused, and yet in the log`);
    if (typeof outcome === 'object') {
      if (!last) found.push(`${name}: acknowledged, and lost`);
      else if (last.stream !== `opportunity-${outcome.deal}` || last.revision !== outcome.revision)
        found.push(`${name}: answered ${outcome.deal}@${outcome.revision}, stored ${last.stream}@${last.revision}`);
    }
  }
  for (const event of log)
    if (!explained.has(event.id) && !event.stream.startsWith('process-'))
      found.push(`${event.type} of ${event.stream}: nobody asked`);
  return [...found, ...gaps(log)];
}

/** Streams whose revisions are not 0, 1, 2 ..., and places where recorded times or positions fall. */
export function gaps(log: readonly StoredEvent[]): string[] {
  const next = new Map<string, number>();
  const found: string[] = [];
  for (const [at, { stream, revision, position, recordedAt }] of log.entries()) {
    const expected = next.get(stream) ?? 0;
    if (revision !== expected) found.push(`${stream}: revision ${revision} where ${expected} was due`);
    next.set(stream, revision + 1);
    const before = log[at - 1];
    if (before && before.position >= position) found.push(`position ${position} does not grow`);
    if (before && before.recordedAt > recordedAt) found.push(`recordedAt falls at ${position}`);
  }
  return found;
}
