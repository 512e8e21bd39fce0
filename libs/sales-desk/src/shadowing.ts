import { setTimeout as pause } from 'node:timers/promises';
import type { EventStore, StoredEvent } from '@coxswain/event-store';
import { StoreUnavailable } from '@coxswain/event-store';
import { judgeUnder, type Draft, type RuleName } from '@coxswain/projections';
import {
  decide,
  evolve,
  openMoves,
  shapeMark,
  type Actor,
  type Blocker,
  type Opportunity,
  type OpportunityCommand,
  type Refusal,
  type ShadowEvent,
  type ShadowJudged,
  type StageChanged,
  type TrackAdvanced,
} from '@coxswain/sales-process';
import { concatMap, from, type Subscription } from 'rxjs';
import type { Catalogue } from './catalogue.js';
import { dealOf, dealStream, opportunityEvent } from './deal-file.js';
import { draftToTry, findDraft, type DraftRefused, type Tried } from './drafted.js';
import { derivedId } from './ids.js';
import { shadowStream, type ShadowRecord, type ShadowSaid, type ShadowSample } from './shadows.js';
import type { Turns } from './turns.js';

const SEEN_WITHIN_MS = 60_000;
const LOOKED_AT_MS = 5;
const MOST_PEOPLE = 50;
const MOST_PER_RULE = 5;

export interface ShadowRequest {
  readonly process: string;
  readonly tried: Tried;
  /** Only the deals of these teams; null: all. */
  readonly teams?: readonly string[] | null;
  readonly note?: string | null;
}

/** A shadow and its report so far. */
export interface ShadowStatus extends Omit<ShadowRecord, 'revision' | 'definition' | 'judgedUpTo' | 'counted' | 'after'> {
  /** What the draft would have said to the moves that were made, and to those that were asked for and refused. */
  readonly made: Readonly<ShadowSaid>;
  readonly refused: Readonly<ShadowSaid>;
  /** Most moves first. */
  readonly rules: readonly ShadowRule[];
  /** Most disagreement first, at most 50. */
  readonly people: readonly {
    readonly person: string;
    readonly moves: number;
    readonly wouldStop: number;
    readonly wouldAllow: number;
  }[];
  /** The latest 20 on which the two do not agree. */
  readonly samples: readonly ShadowSample[];
}

export interface ShadowRule {
  /** `stop`: a rule of the draft that would have stopped moves that were made. `allow`: a rule in force that stopped what the draft allows. */
  readonly would: 'stop' | 'allow';
  readonly rule: RuleName;
  readonly moves: number;
  /** Who asked, most first, at most 5. */
  readonly people: readonly { readonly person: string; readonly moves: number }[];
  /** Ids of deals, at most 5. */
  readonly examples: readonly string[];
}

export type ShadowOutcome =
  | { readonly kind: 'done'; readonly shadow: ShadowStatus; readonly repeated: boolean }
  | { readonly kind: 'not-found'; readonly what: 'process' | 'draft' | 'shadow' }
  | DraftRefused;

export interface ShadowerOptions {
  readonly turns: Turns;
  readonly store: EventStore;
  readonly catalogue: Catalogue;
  readonly rows: () => ReadonlyMap<string, ShadowRecord>;
  readonly now: () => string;
  readonly newId: () => string;
  readonly caughtUp: (position: string, withinMs: number) => Promise<void>;
  /** Whether this process judges what was done: of several on one store, one does. */
  readonly leads: () => boolean;
  readonly log: (entry: { level: 'info' | 'warn' | 'error'; message: string; [detail: string]: unknown }) => void;
}

type Advance = Extract<OpportunityCommand, { type: 'Advance' }>;
type Verdict = Pick<ShadowJudged, 'draft' | 'blockers' | 'say'>;

/**
 * Asks a draft beside the version in force. Moves that were made are judged behind the log, after the fact, so that nothing here can stop
 * or delay one: each once, also across restarts, since its event id follows from the shadow and the step. Moves that were refused leave
 * nothing in the log, so what the draft says to them is written when they are refused, after the answer.
 */
export class Shadower {
  private readonly following = new Map<string, { readonly subscription: Subscription; seen: string }>();
  private readonly drafts = new Map<string, Draft>();
  private readonly pending = new Set<Promise<void>>();
  private stopped = false;

  constructor(private readonly options: ShadowerOptions) {}

  start(request: ShadowRequest, actor: Actor): Promise<ShadowOutcome> {
    // In turn, or those asked for at once would all find none under way.
    return this.options.turns.take(`shadows of ${request.process}`, () => this.startInTurn(request, actor));
  }

  private async startInTurn({ process, tried, teams = null, note = null }: ShadowRequest, actor: Actor): Promise<ShadowOutcome> {
    const { catalogue, rows, store, newId, now } = this.options;
    const found = findDraft(catalogue, process, tried);
    if (found.kind !== 'found') return found;
    const busy = [...rows().values()].find((one) => one.process === process && one.state === 'running');
    if (busy)
      return {
        kind: 'refused',
        refused: 'shadow-under-way',
        say: `A shadow of "${process}" is running (${busy.shadow}): stop it first.`,
        problems: [],
      };
    const { draft, hash, definition } = found;
    const shadow = newId();
    await this.append(
      {
        type: 'ShadowStarted',
        shadow,
        process,
        draft,
        hash,
        definition,
        teams,
        note,
        after: (await store.end()).position ?? '',
        by: actor.id,
        occurredAt: now(),
      },
      ['started'],
      'no-stream',
    );
    this.goOn();
    return { kind: 'done', shadow: this.status(shadow)!, repeated: false };
  }

  async stop(shadow: string, actor: Actor): Promise<ShadowOutcome> {
    const row = this.options.rows().get(shadow);
    if (!row) return { kind: 'not-found', what: 'shadow' };
    const repeated = row.state === 'stopped';
    if (!repeated)
      await this.append({ type: 'ShadowStopped', shadow, by: actor.id, occurredAt: this.options.now() }, ['stopped'], 'any');
    this.goOn();
    return { kind: 'done', shadow: this.status(shadow)!, repeated };
  }

  status(id: string): ShadowStatus | null {
    const row = this.options.rows().get(id);
    if (!row) return null;
    const { revision: _, definition: __, judgedUpTo: ___, after: ____, counted, ...record } = row;
    const { made, refused, rules, people, samples } = counted;
    return {
      ...record,
      made: { ...made },
      refused: { ...refused },
      rules: Object.values(rules)
        .map(({ would, rule, moves, people: who, examples }) => ({
          would,
          rule,
          moves,
          people: Object.entries(who)
            .map(([person, of]) => ({ person, moves: of }))
            .toSorted((a, b) => b.moves - a.moves || (a.person < b.person ? -1 : 1))
            .slice(0, MOST_PER_RULE),
          examples: [...examples],
        }))
        .toSorted((a, b) => b.moves - a.moves || (JSON.stringify(a.rule) < JSON.stringify(b.rule) ? -1 : 1)),
      people: Object.entries(people)
        .map(([person, one]) => ({ person, ...one }))
        .toSorted(
          (a, b) =>
            b.wouldStop + b.wouldAllow - a.wouldStop - a.wouldAllow || b.moves - a.moves || (a.person < b.person ? -1 : 1),
        )
        .slice(0, MOST_PEOPLE),
      samples: [...samples],
    };
  }

  /** Latest first. */
  list(process: string): readonly ShadowStatus[] {
    return [...this.options.rows().values()]
      .filter((one) => one.process === process)
      .toSorted((a, b) => (a.after < b.after ? 1 : -1))
      .map(({ shadow }) => this.status(shadow)!);
  }

  /** Follows the log for every shadow that is running and followed by nobody; leaves those that are stopped. */
  goOn(): void {
    const { rows, leads, store, log } = this.options;
    for (const [id, { subscription }] of this.following) {
      if (!this.stopped && leads() && rows().get(id)?.state === 'running') continue;
      subscription.unsubscribe();
      this.following.delete(id);
    }
    if (this.stopped || !leads()) return;
    for (const { shadow, state, judgedUpTo } of rows().values()) {
      if (state !== 'running' || this.following.has(shadow)) continue;
      const after = judgedUpTo === '' ? {} : { after: judgedUpTo };
      const subscription = store
        .follow(after)
        .pipe(concatMap((events) => from(this.judgeAll(shadow, events))))
        .subscribe({
          error: (error: unknown) => {
            log({ level: 'error', message: `the shadow ${shadow} stopped following; it is gone on with`, error: String(error) });
            this.following.delete(shadow);
          },
        });
      this.following.set(shadow, { subscription, seen: judgedUpTo });
    }
  }

  /** What the rules in force refused: what would the draft have said? Never rejects, and nobody waits for it. */
  refused(before: Opportunity, command: Advance, refusal: Refusal): void {
    for (const row of this.options.rows().values()) {
      if (row.state !== 'running' || row.process !== before.process.id || !isFor(row, before)) continue;
      const work = this.judgeRefused(row, before, command, refusal)
        .catch((error: unknown) =>
          this.options.log({ level: 'warn', message: `the shadow ${row.shadow} missed a refusal`, error: String(error) }),
        )
        .finally(() => this.pending.delete(work));
      this.pending.add(work);
    }
  }

  /** Resolves once a shadow has judged everything that is in the log now; at once where this process does not lead. */
  async idle(id: string): Promise<void> {
    this.goOn();
    const { position } = await this.options.store.end();
    while ((this.following.get(id)?.seen ?? '~') < (position ?? '')) await pause(LOOKED_AT_MS);
    await Promise.all(this.pending);
  }

  async close(): Promise<void> {
    this.stopped = true;
    this.goOn();
    await Promise.all(this.pending);
  }

  private async judgeAll(shadow: string, events: readonly StoredEvent[]): Promise<void> {
    for (const event of events) {
      const row = this.options.rows().get(shadow);
      if (this.stopped || row?.state !== 'running') return;
      const deal = dealOf(event.stream);
      if (deal !== null && (event.type === 'StageChanged' || event.type === 'TrackAdvanced'))
        await this.judgeMade(row, deal, event);
      const here = this.following.get(shadow);
      if (here) here.seen = event.position;
    }
  }

  private async judgeMade(row: ShadowRecord, deal: string, stored: StoredEvent): Promise<void> {
    const step = opportunityEvent(stored) as StageChanged | TrackAdvanced;
    // Joins follow by themselves, and what another system did in the past nobody asked here.
    if (step.process.id !== row.process || (step.cause !== 'move' && step.cause !== 'limit')) return;
    let before: Opportunity | null = null;
    for await (const event of this.options.store.read(dealStream(deal))) {
      if (event.revision >= stored.revision) break;
      before = evolve(before, opportunityEvent(event), deal);
    }
    if (before === null || !isFor(row, before)) return;
    const { from: left, to, move, by, occurredAt } = step;
    const verdict = this.asked(row, (draft): Verdict => {
      const judged = judgeUnder(draft, before, step);
      if (judged === null) return { draft: 'no-place', blockers: [], say: null };
      const blockers = judged.stops.map(({ blocker }) => blocker);
      return { draft: blockers.length === 0 ? 'allowed' : 'stopped', blockers, say: null };
    });
    await this.append(
      {
        type: 'ShadowJudged',
        shadow: row.shadow,
        deal,
        revision: stored.revision,
        position: stored.position,
        move,
        from: left,
        to,
        track: step.type === 'TrackAdvanced' ? step.track : null,
        owner: before.owner,
        team: before.team,
        live: 'allowed',
        ...verdict,
        liveBlockers: [],
        by,
        occurredAt,
      },
      ['made', deal, stored.revision],
      'any',
    );
  }

  private async judgeRefused(row: ShadowRecord, before: Opportunity, command: Advance, refusal: Refusal): Promise<void> {
    let target: string | null = null;
    let track: string | null = null;
    const verdict = this.asked(row, ({ process, stageOf }): Verdict => {
      const stage = stageOf(before.stage);
      if (stage === null) return { draft: 'no-place', blockers: [], say: null };
      const tracks = Object.fromEntries(
        Object.values(process.definition.stages[stage]!.tracks).map(({ id, start, stages }) => {
          const at = before.tracks[id];
          return [id, at !== undefined && Object.hasOwn(stages, at) ? at : start];
        }),
      );
      const standing = { ...before, stage, tracks, process: process.ref };
      const found = openMoves(process, standing).find(({ move }) => move.name === command.move);
      if (!found) return { draft: 'no-place', blockers: [], say: null };
      target = found.move.to;
      ({ track } = found);
      const decision = decide(process, command, standing);
      if (!('refused' in decision)) return { draft: 'allowed', blockers: [], say: null };
      return { draft: 'stopped', blockers: decision.blockers, say: decision.say };
    });
    const { actor, at, move, facts = {}, override = [], reason = null } = command;
    const revision = before.events - 1;
    const liveBlockers: readonly Blocker[] =
      refusal.blockers.length > 0 ? refusal.blockers : [{ kind: 'path', say: refusal.say }];
    await this.append(
      {
        type: 'ShadowJudged',
        shadow: row.shadow,
        deal: before.id,
        revision,
        position: null,
        move,
        from: before.stage,
        to: target,
        track,
        owner: before.owner,
        team: before.team,
        live: 'refused',
        ...verdict,
        liveBlockers,
        by: actor.id,
        occurredAt: command.occurredAt ?? at,
      },
      // The same question again, with nothing changed, is the same refusal.
      ['refused', before.id, revision, actor.id, move, JSON.stringify([facts, override, reason])],
      'any',
    );
  }

  /** A draft that breaks says so and stops nobody. */
  private asked(row: ShadowRecord, ask: (draft: Draft) => Verdict): Verdict {
    try {
      // A version that was published meanwhile may have stages of its own.
      const key = `${row.shadow}@${this.options.catalogue.versions(row.process).length}`;
      const known = this.drafts.get(key);
      const draft = known ?? draftToTry(this.options.catalogue, row.process, row.definition!, row.hash);
      this.drafts.set(key, draft);
      return ask(draft);
    } catch (error) {
      return { draft: 'failed', blockers: [], say: error instanceof Error ? error.message : String(error) };
    }
  }

  private async append(
    { type, ...data }: ShadowEvent,
    names: readonly (string | number)[],
    expected: 'any' | 'no-stream',
  ): Promise<void> {
    const { store, caughtUp } = this.options;
    const event = { id: derivedId('shadow', data.shadow, ...names), type, data, meta: shapeMark() };
    const result = await store.append(shadowStream(data.shadow), [event], expected);
    if (result.outcome === 'conflict')
      throw new StoreUnavailable(
        `the shadow ${data.shadow} was changed by somebody else`,
        'Look how it stands now, and try again.',
      );
    if (type !== 'ShadowJudged') await caughtUp(result.position, SEEN_WITHIN_MS);
  }
}

const isFor = ({ teams }: Pick<ShadowRecord, 'teams'>, { team }: Pick<Opportunity, 'team'>): boolean =>
  teams === null || (team !== null && teams.includes(team));
