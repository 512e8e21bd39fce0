import type { Projection, RuleName } from '@coxswain/projections';
import {
  liftedShadow,
  type Blocker,
  type SalesProcess,
  type ShadowEvent,
  type ShadowJudged,
  type ShadowStarted,
} from '@coxswain/sales-process';

const STREAM_PREFIX = 'shadow-';
const MOST_SAMPLES = 20;
const MOST_EXAMPLES = 5;

export const shadowStream = (id: string): string => `${STREAM_PREFIX}${id}`;

/** A shadow as its record has it. */
export interface ShadowRecord extends Omit<ShadowStarted, 'type' | 'definition'> {
  readonly revision: number;
  readonly state: 'running' | 'stopped';
  /** Null once it is stopped: the record has it. */
  readonly definition: SalesProcess | null;
  /** Everything in the log up to here that it is for has been judged. */
  readonly judgedUpTo: string;
  readonly stopped: { readonly at: string; readonly by: string } | null;
  readonly counted: ShadowCounts;
}

export interface ShadowCounts {
  /** Moves that were made, and what the draft would have said; and moves that were asked for and refused. */
  made: ShadowSaid;
  refused: ShadowSaid;
  /** By what stops it: rules of the draft that would have stopped a move that was made; rules in force that stopped what the draft allows. */
  rules: Record<string, ShadowRuleTally>;
  /** By who asked. */
  people: Record<string, ShadowPersonTally>;
  /** The latest on which the two do not agree, the latest first. */
  samples: readonly ShadowSample[];
}

/** Of moves. */
export interface ShadowSaid {
  allowed: number;
  stopped: number;
  noPlace: number;
  failed: number;
}

export interface ShadowRuleTally {
  readonly would: 'stop' | 'allow';
  readonly rule: RuleName;
  moves: number;
  people: Record<string, number>;
  examples: string[];
}

export interface ShadowPersonTally {
  moves: number;
  wouldStop: number;
  wouldAllow: number;
}

export interface ShadowSample {
  readonly would: 'stop' | 'allow';
  readonly deal: string;
  readonly revision: number;
  readonly at: string;
  readonly by: string;
  readonly from: string;
  readonly to: string | null;
  readonly move: string | null;
  /** Why it would be stopped, or was. */
  readonly why: readonly string[];
}

const nothingSaid = (): ShadowSaid => ({ allowed: 0, stopped: 0, noPlace: 0, failed: 0 });

/** Every shadow, by its id. */
export const shadows: Projection<ShadowRecord> = {
  name: 'shadows',
  shape: '1',
  keyOf: ({ stream }) => (stream.startsWith(STREAM_PREFIX) ? stream.slice(STREAM_PREFIX.length) : null),
  fold(row, event) {
    const { revision } = event;
    const said = { type: event.type, ...liftedShadow(event) } as ShadowEvent;
    if (said.type === 'ShadowStarted') {
      const { type: _, ...started } = said;
      const counted = { made: nothingSaid(), refused: nothingSaid(), rules: {}, people: {}, samples: [] };
      return { ...started, revision, state: 'running', judgedUpTo: started.after, stopped: null, counted };
    }
    if (!row) throw new Error(`the stream ${event.stream} begins with ${event.type}, not with ShadowStarted`);
    switch (said.type) {
      case 'ShadowJudged': {
        count(row.counted, said);
        const { position } = said;
        const judgedUpTo = position !== null && position > row.judgedUpTo ? position : row.judgedUpTo;
        return { ...row, revision, judgedUpTo };
      }
      case 'ShadowStopped':
        return { ...row, revision, state: 'stopped', definition: null, stopped: { at: said.occurredAt, by: said.by } };
    }
  },
};

const SAID = { allowed: 'allowed', stopped: 'stopped', 'no-place': 'noPlace', failed: 'failed' } as const;

function count(counted: ShadowCounts, judged: ShadowJudged): void {
  const { live, draft, by, deal, blockers, liveBlockers } = judged;
  counted[live === 'allowed' ? 'made' : 'refused'][SAID[draft]]++;
  const would = live === 'allowed' && draft === 'stopped' ? 'stop' : live === 'refused' && draft === 'allowed' ? 'allow' : null;
  const person = (counted.people[by] ??= { moves: 0, wouldStop: 0, wouldAllow: 0 });
  person.moves++;
  if (would === null) return;
  person[would === 'stop' ? 'wouldStop' : 'wouldAllow']++;
  const why = would === 'stop' ? blockers : liveBlockers;
  const seen = new Set<string>();
  for (const blocker of why) {
    const rule = ruleOf(blocker, judged);
    const key = JSON.stringify([would, rule.from, rule.to, rule.track, rule.move, rule.kind, rule.id]);
    if (seen.has(key)) continue;
    seen.add(key);
    const tally = (counted.rules[key] ??= { would, rule, moves: 0, people: {}, examples: [] });
    tally.moves++;
    tally.people[by] = (tally.people[by] ?? 0) + 1;
    if (tally.examples.length < MOST_EXAMPLES && !tally.examples.includes(deal)) tally.examples.push(deal);
  }
  const { revision, occurredAt: at, from, to, move } = judged;
  const sample = { would, deal, revision, at, by, from, to, move, why: why.map(({ say }) => say) };
  counted.samples = [sample, ...counted.samples].slice(0, MOST_SAMPLES) as readonly ShadowSample[];
}

function ruleOf({ kind, check, field, say }: Blocker, { from, to, track, move }: ShadowJudged): RuleName {
  const id = kind === 'check' ? (check ?? null) : kind === 'fact' ? (field ?? null) : null;
  return { from, to: to ?? '', track, move, kind, id, say };
}
