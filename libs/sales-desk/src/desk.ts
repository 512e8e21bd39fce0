import { randomUUID } from 'node:crypto';
import type { LogEnd, NewEvent, StoredEvent } from '@coxswain/event-store';
import { StoreUnavailable } from '@coxswain/event-store';
import {
  ALL_PROCESSES,
  FactNotes,
  contextOf,
  dealsBehind,
  dayOf,
  lineageOf,
  openings,
  planOf,
  plans,
  type DealColumns,
  type DrilledMeasure,
  type MeasureName,
  type MeasureQuery,
  type Measures,
  type Period,
  type Plan,
  type ProcessVersion,
  type Projection,
} from '@coxswain/projections';
import {
  captureHistory,
  decide,
  evolve,
  historyLimits,
  possibleMoves,
  recordHistory,
  replay,
  verify,
  type Actor,
  type CallInput,
  type CompiledProcess,
  type Opportunity,
  type OpportunityCommand,
  type OpportunityEvent,
  type PossibleMove,
  type RecordedStep,
  type ReplayStep,
  type TargetInput,
  type Verdict,
} from '@coxswain/sales-process';
import { distinctUntilChanged, filter, firstValueFrom, from, of, switchMap, type Observable, type Subscription } from 'rxjs';
import { BackTester, type BackTestOutcome, type BackTestRequest, type BackTestStatus } from './back-testing.js';
import { backTests } from './back-tests.js';
import { BoardPages, pageOfIds, type Standing } from './board-pages.js';
import { boardSummary } from './board-summary.js';
import { Catalogue, publishedProcesses } from './catalogue.js';
import { contentNamed, type ProcessContent } from './content.js';
import type {
  BoardQuery,
  BoardSummary,
  CommandOptions,
  DealAnswer,
  DealOnBoard,
  DealOutcome,
  DealRequest,
  DealsBehindPage,
  DealsBehindQuery,
  DealsQuery,
  DealView,
  DeskOptions,
  DraftAnswer,
  HistoryAnswer,
  HistoryRequest,
  ProcessDraft,
  ProjectionReport,
  ProjectionStatus,
  Page,
  PublishAnswer,
  PublishOptions,
  PublishedProcess,
  ReadinessReport,
  VersionOutcome,
} from './contract.js';
import {
  DealFiles,
  dealOf,
  dealStream,
  newEvent,
  opportunityEvent,
  withEvent,
  type DealFile,
  type EventMeta,
} from './deal-file.js';
import { derivedId } from './ids.js';
import { DealsView } from './deals-view.js';
import {
  Migrator,
  type MigrationOutcome,
  type MigrationReport,
  type MigrationRequest,
  type MigrationStatus,
} from './migrating.js';
import { migrations } from './migrations.js';
import { PastAnswers } from './past-answers.js';
import { PastHeads } from './past-heads.js';
import { LogSearch, type LogQuestion } from './log-search.js';
import { Planner, type AskForecast, type PlanOutcome } from './planning.js';
import { Publisher } from './publishing.js';
import { ProjectionRunner } from './runner.js';
import { Shadower, type ShadowOutcome, type ShadowRequest, type ShadowStatus } from './shadowing.js';
import { shadows } from './shadows.js';
import { everySoOften } from './scheduler.js';
import { Turns } from './turns.js';
import { versionUse, type VersionUse } from './version-use.js';
import { RowView } from './views.js';

const DEALS = 'deals';
const LEAD_AGAIN_MS = 1_000;
const FORECASTS_LOOKED_AT_MS = 60_000;
const LAG_TOLD_FROM_SECONDS = 5;
const LAG_TOLD_EVERY_MS = 60_000;
const TRIES_ON_CONFLICT = 5;
const CATALOGUE_WITHIN_MS = 5_000;
const LARGEST_APPEND_BYTES = 900_000;
/** An address reads `.` and `..` as folders. */
const DEAL_ID = /^(?!\.{1,2}$)[A-Za-z0-9._-]{1,100}$/;

/** The engine itself, where no person asked: a time limit, a linked deal. */
const COXSWAIN: Actor = { id: 'coxswain', roles: [], team: null };

/** So many time limits wait for the writer at once, beside people's commands. */
const LIMITS_AT_ONCE = 256;

/**
 * The one door: where rules, memory and measures meet. Every command, whoever asks (service, terminal, import, simulator,
 * time limit, linked deal), is loaded, folded, decided and appended here.
 * Broken machinery rejects with `StoreUnavailable`; whatever the rules say is an answer.
 */
export class SalesDesk {
  private readonly files: DealFiles;
  private readonly turns = new Turns();
  private readonly catalogue: Catalogue;
  private readonly planner: Planner;
  private readonly publisher: Publisher;
  private readonly migrator: Migrator;
  private readonly backTester: BackTester;
  private readonly shadower: Shadower;
  private readonly runner: ProjectionRunner;
  private readonly pages = new BoardPages();
  private readonly answers = new PastAnswers();
  private readonly pastHeads = new PastHeads();
  private readonly newId: () => string;
  private leads = false;
  private lagToldMs = -Infinity;
  private closed = false;
  private leading: Subscription | null = null;
  private ticking: Subscription | null = null;

  private readonly logSearch: LogSearch;

  private constructor(private readonly options: DeskOptions) {
    this.logSearch = new LogSearch((range) => options.store.readAll(range));
    const { store, readModels } = options;
    this.newId = options.newId ?? randomUUID;
    this.files = new DealFiles(store);
    const damaged = (message: string): void => options.log?.({ level: 'warn', message });
    const makers = [
      { name: publishedProcesses.name, make: () => new RowView<unknown>(publishedProcesses, store, damaged) },
      { name: openings.name, make: () => new RowView<unknown>(openings, store, damaged) },
      { name: plans.name, make: () => new RowView<unknown>(plans, store, damaged) },
      { name: migrations.name, make: () => new RowView<unknown>(migrations, store, damaged) },
      { name: backTests.name, make: () => new RowView<unknown>(backTests, store, damaged) },
      { name: shadows.name, make: () => new RowView<unknown>(shadows, store, damaged) },
      { name: DEALS, make: () => new DealsView(store, damaged) },
    ];
    this.runner = new ProjectionRunner(makers, {
      store,
      readModels,
      onBatch: (events) => events.forEach((event) => this.files.seen(event)),
      onTrouble: (projection, error) =>
        options.log?.({ level: 'error', message: `the ${projection} stopped`, error: String(error) }),
    });
    const now = (): string => this.now();
    this.catalogue = new Catalogue(() => this.rows(publishedProcesses), now);
    const caughtUp = (position: string, withinMs: number): Promise<void> => this.caughtUp(position, withinMs);
    this.publisher = new Publisher({ store, catalogue: this.catalogue, turns: this.turns, now, caughtUp });
    this.planner = new Planner({
      store,
      catalogue: this.catalogue,
      turns: this.turns,
      rows: () => this.rows(plans),
      now,
      caughtUp,
    });
    this.migrator = new Migrator({
      store,
      catalogue: this.catalogue,
      turns: this.turns,
      files: this.files,
      columns: () => this.columns,
      rows: () => this.rows(migrations),
      now,
      newId: this.newId,
      caughtUp,
      leads: () => this.leads,
      log: (entry) => options.log?.(entry),
    });
    this.backTester = new BackTester({
      turns: this.turns,
      store,
      catalogue: this.catalogue,
      columns: () => this.columns,
      rows: () => this.rows(backTests),
      now,
      newId: this.newId,
      caughtUp,
      leads: () => this.leads,
      log: (entry) => options.log?.(entry),
    });
    this.shadower = new Shadower({
      turns: this.turns,
      store,
      catalogue: this.catalogue,
      rows: () => this.rows(shadows),
      now,
      newId: this.newId,
      caughtUp,
      leads: () => this.leads && !this.closed,
      log: (entry) => options.log?.(entry),
    });
  }

  /** Opens the desk over a store: folds what the read models have missed, opens linked deals that were left pending, then follows the log. */
  static async open(options: DeskOptions): Promise<SalesDesk> {
    const desk = new SalesDesk(options);
    await desk.start(options.readOnly === true ? of(false) : (options.leading ?? of(true)));
    return desk;
  }

  private async start(leading: Observable<boolean>): Promise<void> {
    this.leads = await firstValueFrom(leading);
    await this.runner.start(this.leads);
    if (this.leads) await this.openPending();
    this.leading = leading
      .pipe(
        distinctUntilChanged(),
        filter((leads) => leads !== this.leads),
        switchMap((leads) => from(this.lead(leads))),
      )
      .subscribe();
  }

  /** Takes the lead, trying again until it has it or another one takes it, or gives it up. */
  private async lead(leads: boolean): Promise<void> {
    this.leads = leads;
    this.options.log?.({ level: 'info', message: leads ? 'this process leads now' : 'another process leads now' });
    const isWanted = (): boolean => this.leads === leads && !this.closed;
    while (isWanted()) {
      try {
        await this.runner.lead(leads, isWanted);
        return;
      } catch (error) {
        this.options.log?.({ level: 'error', message: 'the lead could not be taken; trying again', error: String(error) });
        await new Promise((resolve) => setTimeout(resolve, LEAD_AGAIN_MS));
      }
    }
  }

  // -------------------------------------------------------------------------------------------------------- commands

  /** Asks something of one deal. `id` is null for a capture, whose id stands in the request or is made here. */
  async command(id: string | null, request: DealRequest, options: CommandOptions): Promise<DealOutcome> {
    this.refuseReader();
    const { actor, idempotency } = options;
    const deal =
      id ??
      (request.type === 'Capture'
        ? (request.id ?? (idempotency ? derivedId('deal', actor.id, idempotency.key) : this.newId()))
        : '');
    if (request.type === 'Capture' && !DEAL_ID.test(deal))
      return refused('id-invalid', 'An id has 1 to 100 letters, digits, dots, hyphens or underscores.');
    return this.turns.take(deal, () => this.commandInTurn(deal, request, options));
  }

  private async commandInTurn(id: string, request: DealRequest, options: CommandOptions): Promise<DealOutcome> {
    const { actor, expectedRevision, idempotency, dryRun } = options;
    const key = idempotency ? derivedId('key', actor.id, idempotency.key) : null;

    let keyIsKnown = false;
    for (let attempt = 0; attempt < TRIES_ON_CONFLICT; attempt++) {
      // A capture is taken to be the first of its deal until the store says otherwise: nearly always it is, and nothing has to be read.
      const isNew = request.type === 'Capture' && attempt === 0 && expectedRevision === undefined && !dryRun;
      const file = isNew ? this.files.kept(id) : await this.files.openSince(id, expectedRevision);
      const earlier = key === null ? undefined : file?.requests.get(key);
      if (earlier) return earlier.request === idempotency!.request ? answerAgain(id, earlier) : { kind: 'key-reused' };
      // Its events are in the log and not in this deal: the key stood for something asked of another one.
      if (keyIsKnown) return { kind: 'key-reused' };
      if (!file && request.type !== 'Capture') return { kind: 'not-found', what: 'opportunity', id };
      if (expectedRevision !== undefined && file?.revision !== expectedRevision)
        return { kind: 'stale', revision: file?.revision ?? -1 };

      const process = await this.known(() => this.processFor(file, request, actor));
      if (!process)
        return { kind: 'not-found', what: 'process', id: request.type === 'Capture' ? request.process : file!.state.process.id };
      const command = this.asCommand(id, request, actor);
      const decision = decide(process, command, file?.state ?? null);
      if ('refused' in decision) {
        if (file && command.type === 'Advance' && !dryRun) this.shadower.refused(file.state, command, decision);
        return { kind: 'refused', ...decision };
      }
      const unopenable = this.unopenable(decision.events);
      if (unopenable) return unopenable;

      const { events } = decision;
      if (dryRun || events.length === 0) return wouldBe(id, file, events);

      const meta: EventMeta = key === null ? {} : { key, request: idempotency!.request };
      const stored = events.map((event, index) =>
        newEvent(key === null ? this.newId() : derivedId('event', key, index), event, index === events.length - 1 ? meta : {}),
      );
      const appended = await this.append(id, file, stored);
      if (isDone(appended)) {
        await this.openLinked(id, file, events);
        return appended;
      }
      keyIsKnown = key !== null && appended === 'ids';
      if (expectedRevision !== undefined && !idempotency)
        return { kind: 'stale', revision: (await this.files.open(id))?.revision ?? -1 };
    }
    return { kind: 'conflict' };
  }

  /** Appends to a deal at the revision it was seen at; says what stands in the way when somebody was faster or the ids are there already: look again. */
  private async append(id: string, file: DealFile | null, events: readonly NewEvent[]): Promise<DealAnswer | NotAppended> {
    const result = await this.options.store.append(dealStream(id), events, file ? file.revision : 'no-stream');
    if (result.outcome === 'conflict' || result.repeated) {
      this.files.forget(id);
      return result.outcome === 'conflict' ? result.reason : 'repeated';
    }
    const first = result.revision - events.length + 1;
    const after = events.reduce<DealFile | null>(
      (before, { type, data, meta }, index) =>
        withEvent(before, id, {
          type,
          data: data as StoredEvent['data'],
          meta: (meta ?? {}) as StoredEvent['meta'],
          revision: first + index,
          position: result.position,
        }),
      file,
    )!;
    this.files.keep(id, after);
    return {
      id,
      revision: after.revision,
      position: after.position,
      stage: after.state.stage,
      phase: after.state.phase,
      repeated: false,
    };
  }

  /** What is asked of the catalogue; what another process may have published a moment ago is waited for. */
  private async known(find: () => CompiledProcess | null): Promise<CompiledProcess | null> {
    const found = find();
    if (found) return found;
    const { position } = await this.options.store.end();
    if (position !== null) await this.caughtUp(position, CATALOGUE_WITHIN_MS);
    return find();
  }

  private processFor(file: DealFile | null, request: DealRequest, actor: Actor): CompiledProcess | null {
    return file
      ? this.catalogue.version(file.state.process)
      : request.type === 'Capture'
        ? this.catalogue.current(request.process, request.team === undefined ? actor.team : request.team)
        : null;
  }

  private asCommand(id: string, request: DealRequest, actor: Actor): OpportunityCommand {
    return { ...request, id, actor, at: this.now() } as OpportunityCommand;
  }

  // ---------------------------------------------------------------------------------------------------- linked deals

  /** A move that opens a deal under a process that nobody has published cannot keep its word, so it is refused. */
  private unopenable(events: readonly OpportunityEvent[]): DealOutcome | null {
    for (const event of events) {
      if (event.type !== 'StageChanged' || !event.opens || this.catalogue.current(event.opens.process, event.team)) continue;
      const say = `This opens a deal under the process "${event.opens.process}", which is not published.`;
      return { kind: 'refused', refused: 'move-blocked', say, blockers: [{ kind: 'path', say }], allowed: [] };
    }
    return null;
  }

  private async openLinked(id: string, before: DealFile | null, events: readonly OpportunityEvent[]): Promise<void> {
    for (const [index, event] of events.entries()) {
      if (event.type !== 'StageChanged' || !event.opens) continue;
      await this.openOne({
        ...event.opens,
        openedFrom: { deal: id, revision: (before?.revision ?? -1) + 1 + index, move: event.move ?? '' },
        occurredAt: event.occurredAt,
      });
    }
  }

  /** Opens what a step promised and a crash left undone. Event ids follow from the step, so that it happens once. */
  private async openPending(): Promise<void> {
    for (const pending of Array.from(this.rows(openings).values())) await this.openOne(pending);
  }

  private openOne({ deal, process: processId, origin, openedFrom, occurredAt }: PendingDeal): Promise<void> {
    return this.turns.take(deal, async () => {
      if (await this.files.open(deal)) return;
      const source = await this.files.open(openedFrom.deal);
      const process = source && this.catalogue.current(processId, source.state.team);
      if (!process || !source) return;
      const { owner, team, account } = source.state;
      const decision = decide(
        process,
        { type: 'Capture', id: deal, actor: COXSWAIN, at: this.now(), occurredAt, owner, team, account, origin, openedFrom },
        null,
      );
      if ('refused' in decision)
        return this.options.log?.({ level: 'error', message: `the linked deal ${deal} was not opened`, say: decision.say });
      await this.append(
        deal,
        null,
        decision.events.map((event, index) => newEvent(derivedId('linked', deal, index), event, {})),
      );
    });
  }

  // ---------------------------------------------------------------------------------------------------------- limits

  /**
   * Fires every time limit that is due, also those of moves that firing has just caused, and says how many.
   * Each is fired once: its event id follows from the deal, the limit and the instant it was due.
   */
  async fireDueLimits(): Promise<number> {
    this.refuseReader();
    let fired = 0;
    for (;;) {
      const { position } = await this.options.store.end();
      if (position !== null) await this.caughtUp(position, 60_000);
      const now = this.now();
      const due = this.dueLimits(now);
      let justFired = 0;
      // After a long stop there may be hundreds of thousands.
      for (let from = 0; from < due.length; from += LIMITS_AT_ONCE) {
        const outcomes = await Promise.all(
          due
            .slice(from, from + LIMITS_AT_ONCE)
            .map(({ deal, limit, dueAt }) => this.turns.take(deal, () => this.fire(deal, limit, dueAt))),
        );
        justFired += outcomes.filter(Boolean).length;
      }
      if (justFired === 0) return fired;
      fired += justFired;
    }
  }

  private dueLimits(now: string): { readonly deal: string; readonly limit: string; readonly dueAt: string }[] {
    const { columns } = this;
    const nowMs = Date.parse(now);
    return columns.heads.dueAt(nowMs).flatMap((deal) =>
      columns.heads
        .limitsOf(deal)
        .filter(({ fired, dueMs }) => !fired && dueMs <= nowMs)
        .map(({ limit, dueMs }) => ({ deal: columns.idOf(deal), limit, dueAt: new Date(dueMs).toISOString() })),
    );
  }

  private async fire(deal: string, limit: string, dueAt: string): Promise<boolean> {
    const file = await this.files.open(deal);
    const process = file && this.catalogue.version(file.state.process);
    if (!process) return false;
    const decision = decide(process, { type: 'FireLimit', actor: COXSWAIN, at: this.now(), limit, dueAt }, file.state);
    if ('refused' in decision || this.unopenable(decision.events)) return false;
    const events = decision.events.map((event, index) =>
      newEvent(derivedId('limit', deal, limit, dueAt, file.state.limits[limit]!.startedAt, index), event, {}),
    );
    const appended = await this.append(deal, file, events);
    if (isDone(appended)) await this.openLinked(deal, file, decision.events);
    return isDone(appended);
  }

  /**
   * Looks for due limits, for linked deals left pending, and whether the figures fall behind, every so often (milliseconds). `forecasts`: how often they
   * are issued as events, and who computes them.
   */
  startScheduler(everyMs = 1_000, forecasts: { readonly every: 'day' | 'week'; readonly ask: AskForecast } | null = null): void {
    this.refuseReader();
    if (this.ticking) return;
    // Of its own: looking for limits waits until the figures have caught up.
    this.ticking = everySoOften(
      everyMs,
      () => this.tellLag(),
      () => undefined,
    );
    const limits = everySoOften(
      everyMs,
      async () => {
        if (!this.leads) return;
        await this.openPending();
        this.migrator.goOn();
        this.backTester.goOn();
        this.shadower.goOn();
        const fired = await this.fireDueLimits();
        if (fired > 0) this.options.log?.({ level: 'info', message: 'time limits fired', fired });
      },
      (error) =>
        this.options.log?.({ level: 'error', message: 'looking for due time limits failed; trying again', error: String(error) }),
    );
    this.ticking.add(limits);
    if (forecasts === null) return;
    const { every, ask } = forecasts;
    const kept = everySoOften(
      FORECASTS_LOOKED_AT_MS,
      async () => {
        if (this.leads) await this.keepForecasts(every, ask);
      },
      (error) => this.options.log?.({ level: 'error', message: 'issuing forecasts failed; trying again', error: String(error) }),
    );
    this.ticking.add(kept);
  }

  /** Tells operators, once a minute at most, that the figures are old. */
  private async tellLag(): Promise<void> {
    const now = this.options.now().getTime();
    if (now - this.lagToldMs < LAG_TOLD_EVERY_MS) return;
    const end = await this.options.store.end();
    const states = await Promise.all(
      this.runner.states().map(async ({ name, position, failed }) => {
        return { projection: name, seconds: await this.behindSeconds(position, end), failed };
      }),
    );
    const late = states.filter(({ seconds }) => seconds > LAG_TOLD_FROM_SECONDS);
    if (late.length === 0) return;
    this.lagToldMs = now;
    this.options.log?.({ level: 'warn', message: 'the figures are behind the log', late, why: this.runner.notFollowing });
  }

  // --------------------------------------------------------------------------------------------------------- history

  /**
   * Records the past of deals as another system tells it. Safe to repeat: what an earlier run has written is counted as already there.
   * Deals side by side share one durable write. Time limits run for where each past ends.
   */
  async recordHistory(
    requests: readonly HistoryRequest[],
    options: { readonly dryRun?: boolean } = {},
  ): Promise<HistoryAnswer[]> {
    if (options.dryRun !== true) this.refuseReader();
    return Promise.all(
      requests.map((request) => this.turns.take(request.id, () => this.recordOne(request, options.dryRun === true))),
    );
  }

  private async recordOne(request: HistoryRequest, dryRun: boolean): Promise<HistoryAnswer> {
    const { id, batch } = request;
    const known = new Set<string>();
    const record: OpportunityEvent[] = [];
    let file: DealFile | null = null;
    for await (const event of this.options.store.read(dealStream(id))) {
      known.add(event.id);
      record.push(opportunityEvent(event));
      file = withEvent(file, id, event);
    }
    if (file) this.files.keep(id, file);
    const idOf = (key: string, index: number): string => derivedId('import', id, key, index);

    if (!DEAL_ID.test(id)) return allRejected(request, 'An id has 1 to 100 letters, digits, dots, hyphens or underscores.');
    if (file && !known.has(idOf('capture', 0)))
      return allRejected(request, `There is an opportunity "${id}" already, which did not come from this source.`);
    const process = file
      ? this.catalogue.version(file.state.process)
      : this.catalogue.current(request.process, request.capture.team);
    if (!process) return allRejected(request, `There is no published process "${request.process}".`);

    const answer = {
      id,
      stored: 0,
      alreadyThere: 0,
      deviating: [] as { key: string; say: string }[],
      rejected: [] as { key: string; say: string }[],
      overdue: [] as HistoryAnswer['overdue'],
    };
    const pending: NewEvent[] = [];
    let state: Opportunity | null = file?.state ?? null;
    const add = (key: string, events: readonly OpportunityEvent[]): void => {
      for (const [index, event] of events.entries()) {
        pending.push(newEvent(idOf(key, index), event, { batch }));
        record.push(event);
        state = evolve(state, event, id);
      }
    };

    if (file) answer.alreadyThere++;
    else {
      const entry = captureHistory(process, { id, ...request.capture });
      if (entry.rejected !== null) return allRejected(request, entry.rejected);
      add('capture', entry.events);
      answer.stored++;
    }
    const lastKnown = request.steps.findLastIndex(({ key }) => known.has(idOf(key, 0)));
    for (const [index, { key, ...step }] of request.steps.entries()) {
      if (known.has(idOf(key, 0))) {
        answer.alreadyThere++;
        continue;
      }
      // The tracks stand where the deal stands now, not where it stood then.
      if (step.kind === 'track' && index < lastKnown) {
        answer.rejected.push({
          key,
          say: `The step to ${step.to} in the track "${step.track}" lies before what is recorded already.`,
        });
        continue;
      }
      const entry = recordHistory(process, state!, step);
      if (entry.rejected !== null) {
        answer.rejected.push({ key, say: entry.rejected });
        continue;
      }
      add(key, entry.events);
      answer.stored++;
      if (entry.broke.length > 0) answer.deviating.push({ key, say: entry.broke.map(({ say }) => say).join(' ') });
    }
    add(`limits-${state!.events}`, historyLimits(process, state!, COXSWAIN.id, record));
    answer.overdue = this.overdueLimits(process, state!);
    if (dryRun || pending.length === 0) return answer;

    for (const events of portions(pending)) {
      const appended = await this.append(id, file, events);
      if (!isDone(appended))
        throw new StoreUnavailable(
          `another writer changed the deal ${id} during the import`,
          'Repeat the import: it goes on where it stopped.',
        );
      file = await this.files.open(id);
    }
    return answer;
  }

  private overdueLimits(process: CompiledProcess, state: Opportunity): HistoryAnswer['overdue'] {
    const at = this.now();
    return Object.entries(state.limits).flatMap(([limit, { fired, dueAt, then }]) => {
      if (fired || dueAt > at) return [];
      const decision = decide(process, { type: 'FireLimit', actor: COXSWAIN, at, limit, dueAt }, state);
      const events = 'refused' in decision || this.unopenable(decision.events) ? [] : decision.events;
      return [{ limit, then, moves: events.some(({ type }) => type !== 'LimitFired') }];
    });
  }

  // ------------------------------------------------------------------------------------------------------- processes

  /** Checks a process file and puts it in force. The same content again changes nothing. */
  async publish(file: string, format: 'yaml' | 'json', actor: Actor, options: PublishOptions = {}): Promise<PublishAnswer> {
    if (options.dryRun !== true) this.refuseReader();
    return this.publisher.publish(file, format, actor, options);
  }

  /** Checks a process file and keeps it as a draft, under which no deal runs. */
  async saveDraft(file: string, format: 'yaml' | 'json', actor: Actor, note?: string): Promise<DraftAnswer> {
    this.refuseReader();
    return this.publisher.draft(file, format, actor, note ?? null);
  }

  /** From now on new deals of these teams run under a version (null: all do). */
  async rollOut(
    id: string,
    version: number,
    teams: readonly string[] | null,
    actor: Actor,
    note?: string,
  ): Promise<VersionOutcome> {
    this.refuseReader();
    return this.publisher.rollOut(id, version, teams, actor, note ?? null);
  }

  /** From now on no new deal runs under a version. */
  async retire(id: string, version: number, actor: Actor, note?: string): Promise<VersionOutcome> {
    this.refuseReader();
    return this.publisher.retire(id, version, actor, note ?? null);
  }

  drafts(id: string): readonly ProcessDraft[] {
    return this.catalogue.drafts(id);
  }

  /** What a version or a draft says: `in-force`, `3`, `draft` (the latest) or `draft:2`; null where there is none. */
  content(id: string, name: string): ProcessContent | null {
    const { catalogue } = this;
    return contentNamed(name, {
      inForce: catalogue.published(id),
      versions: catalogue.versions(id),
      drafts: catalogue.drafts(id),
    });
  }

  /** How many deals stand under each version, open and in all, and in which teams. */
  dealsByVersion(id: string): readonly VersionUse[] {
    this.refuseStopped();
    return versionUse(this.columns, id);
  }

  /** The version in force of each process. */
  processes(): readonly PublishedProcess[] {
    return this.catalogue.inForce();
  }

  /** This version of a process, or the one in force. */
  process(id: string, version?: number): PublishedProcess | null {
    return this.catalogue.published(id, version);
  }

  versions(id: string): readonly PublishedProcess[] {
    return this.catalogue.versions(id);
  }

  // ------------------------------------------------------------------------------------------------------ migrations

  /** What would become of the running deals if they went on under a version. Writes nothing. */
  async planMigration(request: MigrationRequest): Promise<MigrationReport | Exclude<MigrationOutcome, { kind: 'done' }>> {
    this.refuseStopped();
    return this.migrator.plan(request);
  }

  /** Moves the running deals to a version, in the background, wherever the store is led; see `migration`. */
  async startMigration(request: MigrationRequest, actor: Actor): Promise<MigrationOutcome> {
    this.refuseReader();
    return this.migrator.start(request, actor);
  }

  async pauseMigration(id: string, actor: Actor): Promise<MigrationOutcome> {
    this.refuseReader();
    return this.migrator.pause(id, actor);
  }

  async resumeMigration(id: string, actor: Actor): Promise<MigrationOutcome> {
    this.refuseReader();
    return this.migrator.resume(id, actor);
  }

  /** Ends a migration that is not over yet; deals that it has not moved stay where they are. */
  async endMigration(id: string, actor: Actor): Promise<MigrationOutcome> {
    this.refuseReader();
    return this.migrator.end(id, actor);
  }

  migration(id: string): MigrationStatus | null {
    return this.migrator.status(id);
  }

  migrations(process: string): readonly MigrationStatus[] {
    return this.migrator.list(process);
  }

  /** Resolves once a migration is not under way here: it is done, paused, or waits for a day. */
  migrated(id: string): Promise<void> {
    return this.migrator.idle(id);
  }

  // ------------------------------------------------------------------------------------------------------ back-tests

  /** Tries the recorded history against a draft or a file, in the background, wherever the store is led; see `backTest`. */
  async startBackTest(request: BackTestRequest, actor: Actor): Promise<BackTestOutcome> {
    this.refuseReader();
    this.refuseStopped();
    return this.backTester.start(request, actor);
  }

  async cancelBackTest(id: string, actor: Actor): Promise<BackTestOutcome> {
    this.refuseReader();
    return this.backTester.cancel(id, actor);
  }

  backTest(id: string): BackTestStatus | null {
    return this.backTester.status(id);
  }

  /** Of a process, the latest first. */
  backTests(process: string): readonly BackTestStatus[] {
    return this.backTester.list(process);
  }

  /** Goes on with a back-test where it is not over, and resolves once nothing of it is under way here. */
  backTested(id: string): Promise<void> {
    return this.backTester.idle(id);
  }

  // --------------------------------------------------------------------------------------------------------- shadows

  /** From now on asks a draft or a file beside the version in force, and stops nobody. One of a process at a time. */
  async startShadow(request: ShadowRequest, actor: Actor): Promise<ShadowOutcome> {
    this.refuseReader();
    return this.shadower.start(request, actor);
  }

  async stopShadow(id: string, actor: Actor): Promise<ShadowOutcome> {
    this.refuseReader();
    return this.shadower.stop(id, actor);
  }

  /** What the draft would have said so far. */
  shadow(id: string): ShadowStatus | null {
    return this.shadower.status(id);
  }

  /** Of a process, the latest first. */
  shadows(process: string): readonly ShadowStatus[] {
    return this.shadower.list(process);
  }

  /** Resolves once a shadow has judged every move that is in the log now. */
  shadowed(id: string): Promise<void> {
    return this.shadower.idle(id);
  }

  // ------------------------------------------------------------------------------------------------------- questions

  /** One deal, now or as it was known at an instant; null when there was no such deal. */
  async opportunity(id: string, asOf?: string): Promise<DealView | null> {
    const file = await this.fileAt(id, asOf);
    return file && { opportunity: file.state, revision: file.revision, position: file.position, asOf: asOf ?? this.now() };
  }

  /**
   * Each way on for this actor: allowed, or its blockers and who could lift each. With `asOf` what this actor would have been told then, of the deal as it
   * was known and by the rules that it ran under.
   */
  async moves(
    id: string,
    actor: Actor,
    asOf?: string,
  ): Promise<{ readonly moves: readonly PossibleMove[]; readonly revision: number } | null> {
    const file = await this.fileAt(id, asOf);
    if (!file) return null;
    const process = await this.known(() => this.catalogue.version(file.state.process));
    if (!process)
      throw new Error(
        `the process of opportunity "${id}", ${file.state.process.id} version ${file.state.process.version}, is not in the log`,
      );
    return { moves: possibleMoves(process, file.state, actor, asOf ?? this.now()), revision: file.revision };
  }

  private async fileAt(id: string, asOf: string | undefined): Promise<DealFile | null> {
    if (asOf === undefined) return this.files.open(id);
    let file: DealFile | null = null;
    for await (const event of this.options.store.read(dealStream(id)))
      if (event.recordedAt <= asOf) file = withEvent(file, id, event);
    return file;
  }

  /** The record of one deal, in order. */
  events(id: string): AsyncIterable<StoredEvent> {
    return this.options.store.read(dealStream(id));
  }

  /** The record of one deal step by step, up to what was known at `asOf`; null when there is no such deal. */
  async replay(id: string, asOf?: string): Promise<readonly ReplayStep[] | null> {
    const record = await this.record(id, asOf);
    return record.length === 0 ? null : replay(id, record);
  }

  /** Asks every recorded decision of a deal again and compares. */
  async verify(id: string): Promise<{ readonly verdicts: readonly Verdict[]; readonly agree: boolean } | null> {
    const record = await this.record(id);
    if (record.length === 0) return null;
    const verdicts = verify(id, record, (ref) => this.catalogue.version(ref));
    return { verdicts, agree: verdicts.every(({ agrees }) => agrees) };
  }

  /** Asks every recorded decision of every deal again. */
  async verifyAll(
    options: { readonly process?: string; readonly onProgress?: (deals: number, of: number) => void } = {},
  ): Promise<{
    readonly deals: number;
    readonly steps: number;
    readonly disagreeing: readonly { readonly id: string; readonly verdicts: readonly Verdict[] }[];
  }> {
    this.refuseStopped();
    const { columns } = this;
    const isOf = columns.heads.matching({ process: options.process });
    const ids = Array.from({ length: columns.deals }, (_, deal) => deal)
      .filter(isOf)
      .map((deal) => columns.idOf(deal));
    const disagreeing: { id: string; verdicts: Verdict[] }[] = [];
    let steps = 0;
    for (const [done, id] of ids.entries()) {
      const { verdicts } = (await this.verify(id))!;
      steps += verdicts.length;
      const differing = verdicts.filter(({ agrees }) => !agrees);
      if (differing.length > 0) disagreeing.push({ id, verdicts: differing });
      options.onProgress?.(done + 1, ids.length);
    }
    return { deals: ids.length, steps, disagreeing };
  }

  private async record(id: string, asOf?: string): Promise<readonly RecordedStep[]> {
    const steps: RecordedStep[] = [];
    for await (const event of this.events(id)) {
      if (asOf === undefined || event.recordedAt <= asOf)
        steps.push({ revision: event.revision, recordedAt: event.recordedAt, event: opportunityEvent(event) });
    }
    return steps;
  }

  /** The deals, in order of their ids unless told, now or as they were known at `asOf`. Throws `RangeError` for a cursor that did not come from here. */
  board({ asOf, ...query }: BoardQuery): Page<DealOnBoard> {
    return this.pages.page(this.standing(asOf), query);
  }

  /** How many of the deals of a process stand where, and what they are worth, now or as it was known at `asOf`. */
  boardSummary({ asOf, ...query }: DealsQuery & { readonly process: string }): BoardSummary {
    const standing = this.standing(asOf);
    const instant = new Date(standing.atMs).toISOString();
    const lineage = lineageOf(this.measuredVersions(query.process), instant);
    return { ...boardSummary(standing, query, lineage), asOf: instant, position: this.runner.position() };
  }

  private standing(asOf?: string): Standing {
    this.refuseStopped();
    const { columns } = this;
    const atMs = Date.parse(asOf ?? this.now());
    return { columns, heads: asOf === undefined ? columns.heads : this.pastHeads.of(columns, atMs), atMs };
  }

  /** The position of the log up to which everything is folded, as answers carry it. */
  position(): string | null {
    return this.runner.position();
  }

  /** How much the figures rest on. */
  figures(): { readonly deals: number; readonly position: string | null } {
    const position = this.runner.states().find(({ name }) => name === DEALS)?.position ?? null;
    return { deals: this.columns.deals, position };
  }

  /** One of the measures; `asOf` is now unless told. The junk watch reads the whole log for it; the others are answered at once, as `measure` does. */
  async answer<Name extends MeasureName>(
    name: Name,
    query: MeasureQuery,
  ): Promise<Measures[Name] & { readonly position: string | null }> {
    return this.measure(name, query, name === 'junk-watch' ? await this.factsOf(query.process) : undefined);
  }

  /** Every value that was recorded of the deals of a process. */
  private async factsOf(process: string): Promise<FactNotes> {
    this.refuseStopped();
    const facts = new FactNotes();
    const { columns } = this;
    const isOf = columns.heads.matching({ process });
    for await (const event of this.options.store.readAll()) {
      const deal = dealOf(event.stream);
      const number = deal === null ? undefined : columns.indexOf(deal);
      if (number !== undefined && isOf(number)) facts.add(event);
    }
    return facts;
  }

  /** One of the measures but the junk watch; `asOf` is now unless told. */
  measure<Name extends MeasureName>(
    name: Name,
    query: MeasureQuery,
    facts?: FactNotes,
  ): Measures[Name] & { readonly position: string | null } {
    this.refuseStopped();
    const context = contextOf(query, this.measuredVersions(query.process), this.now(), this.plan(query.process));
    const plans =
      name === 'forecast-total' ? new Map(this.measuredProcesses(query.process).map((id) => [id, this.plan(id)])) : undefined;
    return { ...this.answers.of(this.columns, name, { ...context, plans, facts }), position: this.runner.position() };
  }

  /** The deals that a figure of a measure counts. Throws `RangeError` for a cursor that did not come from here, and as `measure` does. */
  dealsBehind(name: DrilledMeasure, query: MeasureQuery, { cell, group, limit, cursor }: DealsBehindQuery): DealsBehindPage {
    this.refuseStopped();
    const context = contextOf(query, this.measuredVersions(query.process), this.now(), this.plan(query.process));
    const { ids, ...about } = dealsBehind(name, this.columns, context, cell, group);
    return { ...about, cell, deals: ids.length, ...pageOfIds(ids, limit, cursor), position: this.runner.position() };
  }

  private measuredProcesses(process: string): readonly string[] {
    return process === ALL_PROCESSES ? this.processes().map(({ ref }) => ref.id) : [process];
  }

  private measuredVersions(process: string): readonly ProcessVersion[] {
    return this.measuredProcesses(process).flatMap((id) =>
      this.versions(id).map(({ ref, definition, publishedAt, effectiveFrom }) => ({
        ref,
        definition,
        // No deal runs under it before.
        publishedAt: effectiveFrom !== null && effectiveFrom > publishedAt ? effectiveFrom : publishedAt,
      })),
    );
  }

  // -------------------------------------------------------------------------------------------------------- the plan

  /** Targets, calls, forecasts as issued and how they turned out, of one process. */
  plan(process: string): Plan {
    return planOf(this.rows(plans), process);
  }

  async setTargets(
    process: string,
    targets: readonly TargetInput[],
    actor: Actor,
    options: { readonly dryRun?: boolean } = {},
  ): Promise<PlanOutcome<{ readonly set: number; readonly unchanged: number }>> {
    if (options.dryRun !== true) this.refuseReader();
    return this.planner.setTargets(process, targets, actor, options);
  }

  async makeCall(
    process: string,
    call: CallInput,
    actor: Actor,
  ): Promise<PlanOutcome<{ readonly call: string; readonly repeated: boolean }>> {
    this.refuseReader();
    return this.planner.call(process, call, actor);
  }

  /** Issues what the forecast says now as events; `ask`: who computes it, this desk unless told. */
  async issueForecasts(
    process: string,
    period: Period,
    actor: Actor,
    ask: AskForecast = this.ownForecast,
  ): Promise<PlanOutcome<{ readonly issued: number }>> {
    this.refuseReader();
    return this.planner.issue(process, period, actor, ask);
  }

  /** Scores what was said of periods that are over, of every process; says how many. */
  async scoreForecasts(ask: AskForecast = this.ownForecast): Promise<number> {
    this.refuseReader();
    let scored = 0;
    for (const { ref } of this.processes()) scored += await this.planner.scoreDue(ref.id, COXSWAIN, ask);
    return scored;
  }

  /** Issues the forecasts of every process for which none was issued today, or this week, and scores what is over. */
  private async keepForecasts(every: 'day' | 'week', ask: AskForecast): Promise<void> {
    for (const { ref, definition } of this.processes()) {
      const today = dayOf(this.now(), definition.timezone);
      const since = every === 'day' ? today : mondayOf(today);
      const last = this.plan(ref.id).issued.reduce((latest, { clock }) => (clock > latest ? clock : latest), '');
      if (last !== '' && dayOf(last, definition.timezone) >= since) continue;
      const outcome = await this.issueForecasts(ref.id, 'quarter', COXSWAIN, ask);
      if (outcome.kind === 'done' && outcome.issued > 0)
        this.options.log?.({ level: 'info', message: `forecasts of ${ref.id} issued`, issued: outcome.issued });
    }
    const scored = await this.scoreForecasts(ask);
    if (scored > 0) this.options.log?.({ level: 'info', message: 'forecasts and calls scored', scored });
  }

  private readonly ownForecast: AskForecast = (query) => Promise.resolve(this.measure('forecast', query));

  // --------------------------------------------------------------------------------------------------------- the log

  readAll(options?: { readonly after?: string; readonly limit?: number }): AsyncIterable<StoredEvent> {
    return this.options.store.readAll(options);
  }

  /** The events that fit, from either end of the log. */
  searchLog(question: LogQuestion): Promise<Page<StoredEvent>> {
    const { columns } = this;
    const isOf = columns.heads.matching({ process: question.process });
    return this.logSearch.page(question, (deal) => {
      const number = columns.indexOf(deal);
      return number !== undefined && isOf(number);
    });
  }

  follow(options?: { readonly after?: string }): Observable<readonly StoredEvent[]> {
    return this.options.store.follow(options);
  }

  /** Resolves once the figures include `position`; rejects with `TimeoutError` after `withinMs`. */
  caughtUp(position: string, withinMs: number): Promise<void> {
    return this.runner.caughtUp(position, withinMs);
  }

  /** Folds the log again for one projection, or for all, beside what goes on answering; switches over, and answers the names, when that is done. */
  rebuild(projection?: string, onProgress?: (position: string) => void): Promise<readonly string[]> {
    return this.runner.rebuild(projection, onProgress);
  }

  /** How far each projection has come. */
  async projections(): Promise<ProjectionReport> {
    const end = await this.options.store.end();
    const kept = new Map((await this.options.readModels.list()).map((one) => [one.projection, one]));
    const projections = this.runner
      .states()
      .map(async ({ name, shape, position, size, failed, rebuilding }): Promise<ProjectionStatus> => {
        const found = kept.get(name);
        return {
          name,
          position,
          behindSeconds: await this.behindSeconds(position, end),
          size,
          failed,
          rebuilding,
          kept: found?.shape === shape ? { position: found.position, rows: found.rows, blocks: found.blocks } : null,
        };
      });
    return { projections: await Promise.all(projections), end };
  }

  async readiness(): Promise<ReadinessReport> {
    const storeTrouble = await this.options.store.probe().then(() => null, troubleIn);
    const storeWritable = storeTrouble === null;
    const end = storeWritable ? await this.options.store.end() : { position: null, recordedAt: null };
    const projections = await Promise.all(
      this.runner.states().map(async ({ name, position, failed }) => {
        const behind = end.position !== null && (position ?? '') < end.position;
        return { name, position, failed, behind, behindSeconds: await this.behindSeconds(position, end) };
      }),
    );
    const { notFollowing } = this.runner;
    return {
      ready: storeWritable && notFollowing === null && projections.every(({ failed }) => failed === null),
      store: this.options.store.name,
      storeWritable,
      storeTrouble,
      leads: this.leads,
      notFollowing,
      projections,
      openDeadlines: this.columns.heads.openLimits,
    };
  }

  /** How long ago the first event after a position was recorded; 0 where there is none. */
  private async behindSeconds(position: string | null, end: LogEnd): Promise<number> {
    if (end.position === null || (position ?? '') >= end.position) return 0;
    for await (const { recordedAt } of this.options.store.readAll({ after: position ?? undefined, limit: 1 }))
      return Math.max(0, this.options.now().getTime() - Date.parse(recordedAt)) / 1000;
    return 0;
  }

  /** Stops following and writes what is folded. The store stays open: whoever opened it closes it. */
  async close(): Promise<void> {
    this.closed = true;
    this.ticking?.unsubscribe();
    this.leading?.unsubscribe();
    await this.migrator.close();
    await this.backTester.close();
    await this.shadower.close();
    await this.runner.stop();
  }

  /** The present instant, as ISO 8601 in UTC. */
  now(): string {
    return this.options.now().toISOString();
  }

  private get columns(): DealColumns {
    return (this.runner.view(DEALS) as DealsView).columns;
  }

  private rows<Row>({ name }: Projection<Row>): ReadonlyMap<string, Row> {
    return (this.runner.view(name) as RowView<Row>).rows;
  }

  /** Figures of a fold that has stopped would be wrong, and nobody would know. */
  private refuseStopped(): void {
    const failed = this.runner.states().find(({ name }) => name === DEALS)?.failed ?? null;
    if (failed !== null)
      throw new StoreUnavailable(
        `the figures of ${this.options.store.name} cannot be told: "${DEALS}" ${failed}`,
        'Where a later release wrote that event, run it. Otherwise the log of the service tells more.',
      );
  }

  private refuseReader(): void {
    if (this.options.readOnly)
      throw new StoreUnavailable('this desk was opened for reading only', 'Ask the running service instead (--url).');
  }
}

/** The Monday on or before a day. */
function mondayOf(day: string): string {
  const date = new Date(`${day}T00:00:00Z`);
  date.setUTCDate(date.getUTCDate() - ((date.getUTCDay() + 6) % 7));
  return date.toISOString().slice(0, 10);
}

function troubleIn(error: unknown): NonNullable<ReadinessReport['storeTrouble']> {
  if (error instanceof StoreUnavailable) return { reason: error.reason, say: error.message, help: error.help };
  return { reason: 'unavailable', say: 'the store broke', help: 'The log of the service tells more.' };
}

/** Why nothing was appended: the deal has moved on, its ids are known elsewhere, or this very append was done before. */
type NotAppended = 'revision' | 'ids' | 'repeated';

const isDone = (appended: DealAnswer | NotAppended): appended is DealAnswer => typeof appended === 'object';

interface PendingDeal {
  readonly deal: string;
  readonly process: string;
  readonly origin: string;
  readonly openedFrom: { readonly deal: string; readonly revision: number; readonly move: string };
  readonly occurredAt: string;
}

function refused(code: string, say: string): DealOutcome {
  return { kind: 'refused', refused: code, say, blockers: [], allowed: [] };
}

function answerAgain(
  id: string,
  { revision, position, stage, phase }: { revision: number; position: string; stage: string; phase: string },
): DealAnswer {
  return { id, revision, position, stage, phase, repeated: true };
}

/** The answer where nothing is written: on a dry run, or when what was asked holds already. */
function wouldBe(id: string, file: DealFile | null, events: readonly OpportunityEvent[]): DealAnswer {
  const { stage, phase } = events.reduce<Opportunity | null>((state, event) => evolve(state, event, id), file?.state ?? null)!;
  return { id, revision: file?.revision ?? -1, position: file?.position ?? '', stage, phase, repeated: false };
}

function allRejected({ id, steps }: HistoryRequest, say: string): HistoryAnswer {
  return {
    id,
    stored: 0,
    alreadyThere: 0,
    deviating: [],
    rejected: ['capture', ...steps.map(({ key }) => key)].map((key) => ({ key, say })),
    overdue: [],
  };
}

/** The events in order, in portions that one append can take. */
function* portions(events: readonly NewEvent[]): Generator<readonly NewEvent[]> {
  let portion: NewEvent[] = [];
  let bytes = 0;
  for (const event of events) {
    const size = Buffer.byteLength(JSON.stringify(event));
    if (portion.length > 0 && bytes + size > LARGEST_APPEND_BYTES) {
      yield portion;
      [portion, bytes] = [[], 0];
    }
    portion.push(event);
    bytes += size;
  }
  if (portion.length > 0) yield portion;
}
