import { setImmediate as nextTurn } from 'node:timers/promises';
import type { EventStore } from '@coxswain/event-store';
import { StoreUnavailable } from '@coxswain/event-store';
import {
  backtestDeal,
  backtestResult,
  changedRules,
  emptyBacktest,
  type DealColumns,
  type RuleBacktestState,
} from '@coxswain/projections';
import { shapeMark, type Actor, type BackTestEvent, type OpportunityEvent } from '@coxswain/sales-process';
import { backTestStream, type BackTestRecord } from './back-tests.js';
import type { Catalogue } from './catalogue.js';
import { dealStream, opportunityEvent } from './deal-file.js';
import { draftToTry, findDraft, type DraftRefused, type Tried } from './drafted.js';
import { derivedId } from './ids.js';
import type { Turns } from './turns.js';

const SEEN_WITHIN_MS = 60_000;
/** Commands and questions have their turn after so long. */
const TURN_MS = 10;
/** What was counted is kept each time another tenth of the deals is done, but not more often than this. */
const TENTHS = 10;
const KEPT_EVERY_MS = 2_000;
const LARGEST_APPEND_BYTES = 900_000;
const MOST_RUNNING = 5;
const TRIES_ON_CONFLICT = 5;

export interface BackTestRequest {
  readonly process: string;
  readonly tried: Tried;
  readonly note?: string | null;
}

/** A back-test, how far it has come, and what it found once it is finished. */
export type BackTestStatus = Omit<BackTestRecord, 'revision' | 'definition' | 'counted'>;

export type BackTestOutcome =
  | { readonly kind: 'done'; readonly backTest: BackTestStatus; readonly repeated: boolean }
  | { readonly kind: 'not-found'; readonly what: 'process' | 'draft' | 'back-test' }
  | DraftRefused;

export interface BackTesterOptions {
  readonly turns: Turns;
  readonly store: EventStore;
  readonly catalogue: Catalogue;
  readonly columns: () => DealColumns;
  readonly rows: () => ReadonlyMap<string, BackTestRecord>;
  readonly now: () => string;
  readonly newId: () => string;
  readonly caughtUp: (position: string, withinMs: number) => Promise<void>;
  /** Whether this process may work on back-tests: of several on one store, one does. */
  readonly leads: () => boolean;
  readonly log: (entry: { level: 'info' | 'warn' | 'error'; message: string; [detail: string]: unknown }) => void;
}

/**
 * Tries the recorded history against a draft, deal by deal, in the background: what the log held when it was started, so that the same
 * draft and the same log give the same result, however often it was interrupted. Reads deals and writes to its own stream alone.
 */
export class BackTester {
  private readonly running = new Map<string, Promise<void>>();
  private readonly done = new Map<string, number>();
  /** One after the other: side by side they would only be later, all of them. */
  private last: Promise<void> = Promise.resolve();
  private stopped = false;

  constructor(private readonly options: BackTesterOptions) {}

  start(request: BackTestRequest, actor: Actor): Promise<BackTestOutcome> {
    // In turn, or those asked for at once would all find none under way.
    return this.options.turns.take('back-tests', () => this.startInTurn(request, actor));
  }

  private async startInTurn({ process, tried, note = null }: BackTestRequest, actor: Actor): Promise<BackTestOutcome> {
    const { catalogue, store, caughtUp, newId, now, rows } = this.options;
    const found = findDraft(catalogue, process, tried);
    if (found.kind !== 'found') return found;
    if ([...rows().values()].filter(({ state }) => state === 'running').length >= MOST_RUNNING)
      return {
        kind: 'refused',
        refused: 'back-tests-under-way',
        say: `${MOST_RUNNING} back-tests are under way: let one end, or cancel one.`,
        problems: [],
      };
    const { position } = await store.end();
    if (position !== null) await caughtUp(position, SEEN_WITHIN_MS);
    const { draft, hash, definition, against } = found;
    const backTest = newId();
    const started: BackTestEvent = {
      type: 'BackTestStarted',
      backTest,
      process,
      against,
      draft,
      hash,
      definition,
      note,
      upTo: position ?? '',
      deals: this.dealsOf(process).length,
      by: actor.id,
      occurredAt: now(),
    };
    await this.append(backTest, 'no-stream', started);
    this.goOn();
    return { kind: 'done', backTest: this.status(backTest)!, repeated: false };
  }

  async cancel(backTest: string, actor: Actor): Promise<BackTestOutcome> {
    for (let attempt = 0; attempt < TRIES_ON_CONFLICT; attempt++) {
      const row = this.options.rows().get(backTest);
      if (!row) return { kind: 'not-found', what: 'back-test' };
      if (row.state === 'cancelled') return { kind: 'done', backTest: this.status(backTest)!, repeated: true };
      if (row.state !== 'running')
        return { kind: 'refused', refused: 'back-test-over', say: `The back-test is ${row.state} already.`, problems: [] };
      const said = { type: 'BackTestCancelled' as const, backTest, by: actor.id, occurredAt: this.options.now() };
      if (await this.append(backTest, row.revision, said))
        return { kind: 'done', backTest: this.status(backTest)!, repeated: false };
    }
    throw new StoreUnavailable(`the back-test ${backTest} changes faster than it can be cancelled`, 'Try again.');
  }

  status(id: string): BackTestStatus | null {
    const row = this.options.rows().get(id);
    if (!row) return null;
    const { revision: _, definition: __, counted: ___, ...record } = row;
    return { ...record, done: Math.max(record.done, this.done.get(id) ?? 0) };
  }

  /** Latest first. */
  list(process: string): readonly BackTestStatus[] {
    return [...this.options.rows().values()]
      .filter((one) => one.process === process)
      .toSorted((a, b) => (a.upTo < b.upTo ? 1 : -1))
      .map(({ backTest }) => this.status(backTest)!);
  }

  /** Goes on with every back-test that is running and that nobody works on. Where this process does not lead, nothing. */
  goOn(): void {
    if (this.stopped || !this.options.leads()) return;
    for (const { backTest, state } of this.options.rows().values()) {
      if (state !== 'running' || this.running.has(backTest)) continue;
      const work = this.last
        .then(() => this.run(backTest))
        .catch((error: unknown) => this.broke(backTest, error))
        .finally(() => this.running.delete(backTest));
      this.last = work;
      this.running.set(backTest, work);
    }
  }

  /** Resolves once nothing of a back-test is under way here. */
  async idle(id: string): Promise<void> {
    this.goOn();
    await this.running.get(id);
  }

  async close(): Promise<void> {
    this.stopped = true;
    await Promise.all(this.running.values());
  }

  private async run(id: string): Promise<void> {
    const { catalogue, rows, log } = this.options;
    if (!this.mayGoOn(id)) return;
    const { process, definition, hash, against, by, ...begun } = rows().get(id)!;
    const draft = draftToTry(catalogue, process, definition!, hash);
    const ids = this.dealsOf(process).slice(0, begun.deals);
    const state: RuleBacktestState = begun.counted === null ? emptyBacktest() : structuredClone(begun.counted);
    let [turnAt, keptAt] = [performance.now(), performance.now()];
    for (let at = begun.done; at < ids.length; at++) {
      const deal = ids[at]!;
      backtestDeal(draft, deal, await this.recordOf(deal, begun.upTo), state);
      this.done.set(id, at + 1);
      const now = performance.now();
      if (now - turnAt > TURN_MS) {
        await nextTurn();
        if (!this.mayGoOn(id)) return;
        turnAt = performance.now();
      }
      if (now - keptAt > KEPT_EVERY_MS && isTenth(at + 1, ids.length)) {
        await this.keep(id, at + 1, state, by);
        keptAt = performance.now();
      }
    }
    if (!this.mayGoOn(id)) return;
    const before = catalogue.published(process, against)!.definition;
    const result = backtestResult(state, changedRules(before, definition!));
    const finished = { type: 'BackTestFinished' as const, backTest: id, result, by, occurredAt: this.options.now() };
    // Somebody has just cancelled it.
    if (!(await this.append(id, rows().get(id)!.revision, finished))) return;
    this.done.delete(id);
    log({
      level: 'info',
      message: `the back-test ${id} of ${process} is done`,
      deals: result.deals,
      stopped: result.stopped.count,
    });
  }

  /** What a broken draft or record is to blame for is said and is over; where the store cannot serve, it is gone on with. */
  private async broke(id: string, error: unknown): Promise<void> {
    const { rows, log, now } = this.options;
    log({ level: 'error', message: `the back-test ${id} stopped`, error: String(error) });
    const row = rows().get(id);
    if (error instanceof StoreUnavailable || this.stopped || row?.state !== 'running') return;
    const say = error instanceof Error ? error.message : String(error);
    const failed = { type: 'BackTestFailed' as const, backTest: id, say, by: row.by, occurredAt: now() };
    await this.append(id, row.revision, failed).catch(() => undefined);
  }

  private async keep(id: string, done: number, counted: RuleBacktestState, by: string): Promise<void> {
    const event = { type: 'BackTestProgressed' as const, backTest: id, done, counted, by, occurredAt: this.options.now() };
    // Too much to be kept on the way: then an interrupted one begins again.
    if (JSON.stringify(event).length > LARGEST_APPEND_BYTES) return;
    await this.append(id, this.options.rows().get(id)!.revision, event);
  }

  private mayGoOn(id: string): boolean {
    return !this.stopped && this.options.leads() && this.options.rows().get(id)?.state === 'running';
  }

  private async recordOf(deal: string, upTo: string): Promise<readonly OpportunityEvent[]> {
    const record: OpportunityEvent[] = [];
    for await (const event of this.options.store.read(dealStream(deal))) {
      if (event.position > upTo) break;
      record.push(opportunityEvent(event));
    }
    return record;
  }

  /** The deals of a process in the order of their captures in the log. */
  private dealsOf(process: string): readonly string[] {
    const columns = this.options.columns();
    const isOf = columns.heads.matching({ process });
    return Array.from({ length: columns.deals }, (_, deal) => deal)
      .filter(isOf)
      .map((deal) => columns.idOf(deal));
  }

  /** False where the stream has moved on: then nothing was written, and the view has seen what was. */
  private async append(id: string, expected: number | 'no-stream', { type, ...data }: BackTestEvent): Promise<boolean> {
    const { store, caughtUp } = this.options;
    const event = { id: derivedId('back-test', id, type, expected), type, data, meta: shapeMark() };
    const result = await store.append(backTestStream(id), [event], expected);
    const position = result.outcome === 'conflict' ? (await store.end()).position : result.position;
    if (position !== null) await caughtUp(position, SEEN_WITHIN_MS);
    return result.outcome !== 'conflict';
  }
}

const isTenth = (done: number, of: number): boolean =>
  done < of && Math.floor((done * TENTHS) / of) > Math.floor(((done - 1) * TENTHS) / of);
