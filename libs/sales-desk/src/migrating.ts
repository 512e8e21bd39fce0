import { setImmediate as nextTurn } from 'node:timers/promises';
import type { EventStore } from '@coxswain/event-store';
import { StoreUnavailable } from '@coxswain/event-store';
import type { DealColumns } from '@coxswain/projections';
import {
  choiceProblems,
  migrate,
  planMigration,
  shapeMark,
  type Actor,
  type Blocker,
  type CompiledProcess,
  type MigrationChoice,
  type MigrationEvent,
  type MigrationPlan,
  type Opportunity,
} from '@coxswain/sales-process';
import type { Catalogue } from './catalogue.js';
import { dealStream, newEvent, type DealFiles } from './deal-file.js';
import { derivedId } from './ids.js';
import { migrationStream, type MigrationRecord } from './migrations.js';
import type { Turns } from './turns.js';

const TRIES_ON_CONFLICT = 20;
const SEEN_WITHIN_MS = 60_000;
const MOST_EXAMPLES = 20;
/** So many deals are moved side by side, and share durable writes. */
const BATCH = 64;

/** What is asked of a migration. */
export interface MigrationRequest {
  readonly process: string;
  /** The version that the deals go to. */
  readonly version: number;
  readonly choices?: readonly MigrationChoice[];
  readonly teams?: readonly string[] | null;
  /** Deals whose next step would be blocked; default: they are moved and say what blocks them. */
  readonly blocked?: 'move' | 'leave';
  readonly note?: string;
}

/** What would become of the running deals, or has: deals in all, and by the stage they stand in. */
export interface MigrationReport {
  readonly process: string;
  readonly version: number;
  /** Open deals and customers that are on another version. */
  readonly deals: number;
  readonly moves: number;
  readonly blocked: number;
  readonly choice: number;
  readonly stays: number;
  /** By stage and version they are on, most deals first. */
  readonly groups: readonly MigrationGroup[];
}

export interface MigrationGroup {
  readonly version: number;
  readonly stage: string;
  /** Where they go; null for those that stay or wait for a choice. */
  readonly to: string | null;
  readonly outcome: Exclude<MigrationPlan['outcome'], 'there'>;
  readonly deals: number;
  /** Why they wait, are blocked, or until when they stay; distinct, at most 5. */
  readonly why: readonly string[];
  /** Deals with a time limit that is up as soon as they are moved. */
  readonly overdue: number;
  /** Ids of deals, at most 20. */
  readonly examples: readonly string[];
}

/** Deals looked at, of all that were not on the version when it was last begun; `staying`: of those looked at, left for a day to come. */
export interface MigrationProgress {
  readonly done: number;
  readonly of: number;
  readonly staying: number;
}

/** A migration and how far it has come. */
export interface MigrationStatus extends Omit<MigrationRecord, 'revision'> {
  /** Null where this process does not work on it. */
  readonly progress: MigrationProgress | null;
}

export type MigrationOutcome =
  | { readonly kind: 'done'; readonly migration: MigrationStatus; readonly repeated: boolean }
  | { readonly kind: 'not-found'; readonly what: 'process' | 'version' | 'migration' }
  | { readonly kind: 'refused'; readonly refused: string; readonly say: string; readonly problems: readonly string[] };

export interface MigratorOptions {
  readonly store: EventStore;
  readonly catalogue: Catalogue;
  readonly turns: Turns;
  readonly files: DealFiles;
  readonly columns: () => DealColumns;
  readonly rows: () => ReadonlyMap<string, MigrationRecord>;
  readonly now: () => string;
  readonly newId: () => string;
  readonly caughtUp: (position: string, withinMs: number) => Promise<void>;
  /** Whether this process may run migrations: of several on one store, one does. */
  readonly leads: () => boolean;
  readonly log: (entry: { level: 'info' | 'warn' | 'error'; message: string; [detail: string]: unknown }) => void;
}

/**
 * Moves running deals to another version: a dry run tells what would become of each; a migration then moves them one by one, each with one event
 * in its own record, at the revision it was planned at. So it can be paused, stopped by a crash and gone on with: a deal that is on the version is done.
 */
export class Migrator {
  private readonly running = new Map<string, Promise<void>>();
  private readonly progress = new Map<string, { -readonly [Key in keyof MigrationProgress]: number }>();
  private stopped = false;

  constructor(private readonly options: MigratorOptions) {}

  /** What would become of the running deals now. Writes nothing. */
  async plan(request: MigrationRequest): Promise<MigrationReport | Exclude<MigrationOutcome, { kind: 'done' }>> {
    const refused = this.refusal(request);
    if (refused) return refused;
    const to = this.options.catalogue.compiledVersion(request.process, request.version)!;
    const found = new Map<string, Writable<MigrationGroup>>();
    const totals = { moves: 0, blocked: 0, choice: 0, stays: 0 };
    const ids = this.candidates(request);
    for (const [at, id] of ids.entries()) {
      if (at % BATCH === 0) await nextTurn();
      const file = await this.options.files.open(id);
      const plan = file && this.planFor(file.state, to, '', request.choices ?? []);
      if (!plan || plan.outcome === 'there') continue;
      totals[plan.outcome]++;
      note(found, file.state, plan);
    }
    const groups = [...found.values()].toSorted((a, b) => b.deals - a.deals || (a.stage < b.stage ? -1 : 1));
    const { process, version } = request;
    return { process, version, deals: totals.moves + totals.blocked + totals.choice + totals.stays, ...totals, groups };
  }

  /** Starts a migration; it goes on by itself wherever this store is led. */
  start(request: MigrationRequest, actor: Actor): Promise<MigrationOutcome> {
    // In turn, or two that are asked for at once would both find nothing under way.
    return this.options.turns.take(`migrations of ${request.process}`, () => this.startInTurn(request, actor));
  }

  private async startInTurn(request: MigrationRequest, actor: Actor): Promise<MigrationOutcome> {
    const refused = this.refusal(request);
    if (refused) return refused;
    const { process, version, choices = [], teams = null, blocked = 'move', note = null } = request;
    const busy = [...this.options.rows().values()].find((one) => one.process === process && one.state !== 'finished');
    if (busy)
      return {
        kind: 'refused',
        refused: 'migration-under-way',
        say: `The migration ${busy.migration} of "${process}" is ${busy.state}: let it end, or end it, first.`,
        problems: [],
      };
    const migration = this.options.newId();
    await this.append(migration, 'no-stream', {
      type: 'MigrationStarted',
      migration,
      process,
      version,
      choices,
      teams,
      blocked,
      note,
      by: actor.id,
      occurredAt: this.options.now(),
    });
    this.goOn();
    return { kind: 'done', migration: this.status(migration)!, repeated: false };
  }

  async pause(id: string, actor: Actor): Promise<MigrationOutcome> {
    return this.change(id, 'running', 'paused', {
      type: 'MigrationPaused',
      migration: id,
      by: actor.id,
      occurredAt: this.options.now(),
    });
  }

  /** A finished one can be gone on with, too: deals that waited for a choice may have one now, and others may have come. */
  async resume(id: string, actor: Actor): Promise<MigrationOutcome> {
    const outcome = await this.change(id, 'paused', 'running', {
      type: 'MigrationResumed',
      migration: id,
      by: actor.id,
      occurredAt: this.options.now(),
    });
    this.goOn();
    return outcome;
  }

  /** Ends a migration for good, where it is not over yet: what it has not moved stays where it is. */
  async end(id: string, actor: Actor): Promise<MigrationOutcome> {
    const row = this.options.rows().get(id);
    if (!row) return { kind: 'not-found', what: 'migration' };
    if (row.state === 'finished') return { kind: 'done', migration: this.status(id)!, repeated: true };
    // Paused first, so that nothing is moved while it is counted.
    if (row.state === 'running') await this.pause(id, actor);
    await this.idle(id);
    const { process, version, teams } = row;
    const left = this.candidates({ process, version, teams }).length;
    const counted = await this.tally(process, version, teams, id, { waiting: 0, left });
    const said = { migration: id, ...counted, by: actor.id, occurredAt: this.options.now() };
    await this.append(id, this.options.rows().get(id)!.revision, { type: 'MigrationFinished', ...said });
    return { kind: 'done', migration: this.status(id)!, repeated: false };
  }

  status(id: string): MigrationStatus | null {
    const row = this.options.rows().get(id);
    if (!row) return null;
    const { revision: _, ...record } = row;
    return { ...record, progress: this.progress.get(id) ?? null };
  }

  list(process: string): readonly MigrationStatus[] {
    return [...this.options.rows().values()]
      .filter((one) => one.process === process)
      .toSorted((a, b) => (a.occurredAt < b.occurredAt ? 1 : -1))
      .map(({ migration }) => this.status(migration)!);
  }

  /** Goes on with every migration that is running and that nobody works on. Where this process does not lead, nothing. */
  goOn(): void {
    if (this.stopped || !this.options.leads()) return;
    for (const { migration, state } of this.options.rows().values()) {
      if (state !== 'running' || this.running.has(migration)) continue;
      const work = this.run(migration)
        .catch((error: unknown) =>
          this.options.log({
            level: 'error',
            message: `the migration ${migration} stopped; it is gone on with`,
            error: String(error),
          }),
        )
        .finally(() => this.running.delete(migration));
      this.running.set(migration, work);
    }
  }

  /** Resolves once nothing of a migration is under way here. */
  async idle(id: string): Promise<void> {
    await this.running.get(id);
  }

  async close(): Promise<void> {
    this.stopped = true;
    await Promise.all(this.running.values());
  }

  private async run(id: string): Promise<void> {
    const { catalogue, rows, log } = this.options;
    const { process, version, choices, teams, blocked, by } = rows().get(id)!;
    const to = catalogue.compiledVersion(process, version);
    if (!to)
      return log({ level: 'error', message: `the migration ${id} is to version ${version} of "${process}", which is not known` });
    const ids = this.candidates({ process, version, teams });
    const counted = { moved: 0, waiting: 0, left: 0, staying: 0 };
    const progress = { done: 0, of: ids.length, staying: 0 };
    this.progress.set(id, progress);
    for (let at = 0; at < ids.length; at += BATCH) {
      if (!this.mayGoOn(id)) return;
      const batch = ids.slice(at, at + BATCH);
      const outcomes = await Promise.all(batch.map((deal) => this.moveOne(deal, { id, to, choices, blocked, by })));
      for (const outcome of outcomes) counted[outcome]++;
      progress.done += batch.length;
      progress.staying = counted.staying;
      await nextTurn();
    }
    // Those that stay for now are looked at again when their day has come; until then the migration is running.
    if (counted.staying > 0 || !this.mayGoOn(id)) return;
    const { moved, waiting, left } = await this.tally(process, version, teams, id, counted);
    await this.append(id, rows().get(id)!.revision, {
      type: 'MigrationFinished',
      migration: id,
      moved,
      waiting,
      left,
      by,
      occurredAt: this.options.now(),
    });
    log({ level: 'info', message: `the migration ${id} of ${process} to version ${version} is done`, moved, waiting, left });
  }

  private mayGoOn(id: string): boolean {
    return !this.stopped && this.options.leads() && this.options.rows().get(id)?.state === 'running';
  }

  /** What it moved before it was interrupted counts, too: every deal whose record says so. */
  private async tally(
    process: string,
    version: number,
    teams: readonly string[] | null,
    id: string,
    { waiting, left }: { readonly waiting: number; readonly left: number },
  ): Promise<{ readonly moved: number; readonly waiting: number; readonly left: number }> {
    const { store } = this.options;
    let moved = 0;
    for (const deal of this.idsOf(process, (on) => on === version, teams)) {
      for await (const { type, data } of store.read(dealStream(deal)))
        if (type === 'DealMigrated' && (data as { readonly migration?: unknown }).migration === id) moved++;
    }
    return { moved, waiting, left };
  }

  private moveOne(
    deal: string,
    {
      id,
      to,
      choices,
      blocked,
      by,
    }: {
      readonly id: string;
      readonly to: CompiledProcess;
      readonly choices: readonly MigrationChoice[];
      readonly blocked: 'move' | 'leave';
      readonly by: string;
    },
  ): Promise<'moved' | 'waiting' | 'left' | 'staying'> {
    const { store, files, turns, now } = this.options;
    return turns.take(deal, async () => {
      for (let attempt = 0; attempt < TRIES_ON_CONFLICT; attempt++) {
        const file = await files.open(deal);
        const from = file && this.options.catalogue.version(file.state.process);
        if (!file || !from) return 'left';
        const at = now();
        const migration = { id, from, to, choices };
        const plan = planMigration(migration, file.state, at);
        if (plan.outcome === 'there') return 'moved';
        if (plan.outcome === 'choice') return 'waiting';
        if (plan.outcome === 'stays') return 'staying';
        if (plan.outcome === 'blocked' && blocked === 'leave') return 'left';
        const events = migrate(migration, file.state, by, at);
        const stored = events.map((event, index) => newEvent(derivedId('migrated', id, deal, index), event, {}));
        const result = await store.append(dealStream(deal), stored, file.revision);
        files.forget(deal);
        if (result.outcome !== 'conflict') return 'moved';
        // Somebody moved the deal meanwhile: look where it stands now.
      }
      throw new StoreUnavailable(`the deal ${deal} changes faster than it can be migrated`, 'The migration is gone on with.');
    });
  }

  private planFor(deal: Opportunity, to: CompiledProcess, id: string, choices: readonly MigrationChoice[]): MigrationPlan | null {
    const from = this.options.catalogue.version(deal.process);
    return from && planMigration({ id, from, to, choices }, deal, this.options.now());
  }

  /** Open deals and customers that are not on the version. */
  private candidates({
    process,
    version,
    teams = null,
  }: Pick<MigrationRequest, 'process' | 'version' | 'teams'>): readonly string[] {
    return this.idsOf(process, (on) => on !== version, teams);
  }

  private idsOf(process: string, isOn: (version: number) => boolean, teams: readonly string[] | null): readonly string[] {
    const columns = this.options.columns();
    const isOf = columns.heads.matching({ process });
    const ids: string[] = [];
    for (let deal = 0; deal < columns.deals; deal++) {
      if (!isOf(deal)) continue;
      const head = columns.heads.head(deal);
      const isRunning = head.result === null || head.phase === 'customer';
      if (isRunning && isOn(head.process.version) && (teams === null || (head.team !== null && teams.includes(head.team))))
        ids.push(columns.idOf(deal));
    }
    return ids;
  }

  private refusal({ process, version, choices = [] }: MigrationRequest): Exclude<MigrationOutcome, { kind: 'done' }> | null {
    const { catalogue } = this.options;
    if (catalogue.record(process) === null) return { kind: 'not-found', what: 'process' };
    const to = catalogue.compiledVersion(process, version);
    if (!to) return { kind: 'not-found', what: 'version' };
    // A stage may be of any of the versions that deals are on.
    const others = catalogue.versions(process).flatMap(({ ref }) => catalogue.compiledVersion(process, ref.version) ?? []);
    const problems = choices.flatMap((choice) => {
      const found = others.map((from) => choiceProblems([choice], from, to));
      return found.some((one) => one.length === 0) ? [] : (found.toSorted((a, b) => a.length - b.length)[0] ?? []);
    });
    return problems.length === 0
      ? null
      : { kind: 'refused', refused: 'choices-invalid', say: 'Some choices do not fit the versions.', problems };
  }

  private async change(
    id: string,
    from: MigrationRecord['state'],
    to: MigrationRecord['state'],
    event: MigrationEvent,
  ): Promise<MigrationOutcome> {
    const row = this.options.rows().get(id);
    if (!row) return { kind: 'not-found', what: 'migration' };
    if (row.state === to) return { kind: 'done', migration: this.status(id)!, repeated: true };
    const isOver = row.state === 'finished' && to === 'paused';
    if (row.state !== from && isOver)
      return { kind: 'refused', refused: 'migration-finished', say: 'The migration has ended.', problems: [] };
    await this.append(id, row.revision, event);
    return { kind: 'done', migration: this.status(id)!, repeated: false };
  }

  private async append(id: string, expected: number | 'no-stream', { type, ...data }: MigrationEvent): Promise<void> {
    const { store, caughtUp } = this.options;
    const event = { id: derivedId('migration', id, expected), type, data, meta: shapeMark() };
    const result = await store.append(migrationStream(id), [event], expected);
    if (result.outcome === 'conflict')
      throw new StoreUnavailable(`somebody else is changing the migration ${id}`, 'Look how it stands now, and try again.');
    await caughtUp(result.position, SEEN_WITHIN_MS);
  }
}

type Writable<T> = { -readonly [Key in keyof T]: T[Key] extends readonly (infer One)[] ? One[] : T[Key] };

function note(
  found: Map<string, Writable<MigrationGroup>>,
  { id, stage, process }: Opportunity,
  plan: Exclude<MigrationPlan, { outcome: 'there' }>,
): void {
  const to = 'tracks' in plan ? plan.stage : null;
  const key = JSON.stringify([process.version, stage, to, plan.outcome]);
  let group = found.get(key);
  if (!group)
    found.set(
      key,
      (group = { version: process.version, stage, to, outcome: plan.outcome, deals: 0, why: [], overdue: 0, examples: [] }),
    );
  group.deals++;
  if ('overdue' in plan && plan.overdue.length > 0) group.overdue++;
  const why =
    plan.outcome === 'choice'
      ? [plan.say]
      : plan.outcome === 'stays'
        ? [`until ${plan.until}`]
        : plan.outcome === 'blocked'
          ? plan.blockers.map(({ say }: Blocker) => say)
          : [];
  for (const one of why) if (!group.why.includes(one) && group.why.length < 5) group.why.push(one);
  if (group.examples.length < MOST_EXAMPLES) group.examples.push(id);
}
