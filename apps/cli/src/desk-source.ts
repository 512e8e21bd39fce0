import { openStore, type OpenStore, type StoredEvent } from '@coxswain/event-store';
import {
  targetsInForce,
  type MeasureName,
  type MeasureQuery,
  type Measures,
  type Period,
  type Plan,
} from '@coxswain/projections';
import {
  besideFile,
  fileSource,
  importFile,
  readImportMap,
  SalesDesk,
  versionSummary,
  type DealView,
  type PlanOutcome,
  type ProjectionReport,
  type PublishAnswer,
  type PublishOptions,
} from '@coxswain/sales-desk';
import type { Actor, PossibleMove, ReplayStep, TargetInput } from '@coxswain/sales-process';
import type { NamedStore } from './asked.js';
import { DeskChanges, type ChangesSource } from './changes-source.js';
import { fileIsThere, textOf } from './files.js';
import type {
  ImportOutcome,
  ImportRequest,
  OwnCall,
  ProcessSummary,
  Source,
  TargetsSet,
  VerifiedDeal,
  VerifiedDeals,
} from './source.js';
import { CannotDo, wrongUse } from './terminal.js';
import { DeskTrials, type Trials } from './trials.js';

/** `write` and `make` open the store for writing, which no other process may do at the same time; `make` makes it where there is none. */
export type Access = 'read' | 'write' | 'make';

export interface DeskSourceOptions extends NamedStore {
  /** For whom it is asked. */
  readonly actor: Actor;
  readonly access: Access;
  readonly now: () => Date;
}

/** A desk over a store, for as long as one command runs. Whoever only reads does so beside a running service. */
export async function openDesk({ store, readModels, access, now }: Omit<DeskSourceOptions, 'actor'>): Promise<{
  readonly desk: SalesDesk;
  readonly close: () => Promise<void>;
}> {
  const readOnly = access === 'read';
  // A slip in the name must not make a new, empty store: reading refuses one that is not there.
  if (access === 'write') await (await openNamed({ store, readModels }, { now, readOnly: true })).close();
  const opened = await openNamed({ store, readModels }, { now, readOnly });
  try {
    const desk = await SalesDesk.open({ ...opened, now, readOnly });
    const close = async (): Promise<void> => {
      await desk.close();
      await opened.close();
    };
    return { desk, close };
  } catch (error) {
    await opened.close();
    throw error;
  }
}

/** The log, and its read models where they are kept, as the service opens them. */
const openNamed = (
  { store, readModels }: NamedStore,
  options: { readonly now: () => Date; readonly readOnly: boolean },
): Promise<OpenStore> => openStore(store, { ...options, ...(readModels !== null && { readModels }) });

/** The log of a store, for as long as `use` reads it: without a desk, whose figures grow with the log. */
export async function withLog<T>(
  { store, now }: Pick<DeskSourceOptions, 'store' | 'now'>,
  use: (events: AsyncIterable<StoredEvent>) => Promise<T>,
): Promise<T> {
  const opened = await openStore(store, { now, readOnly: true, readModels: 'memory:' });
  try {
    return await use(opened.store.readAll());
  } finally {
    await opened.close();
  }
}

/** Asks the desk over a store directly. */
export class DeskSource implements Source {
  readonly changes: ChangesSource;
  readonly trials: Trials;

  private constructor(
    private readonly desk: SalesDesk,
    private readonly actor: Actor,
    readonly close: () => Promise<void>,
    now: () => Date,
  ) {
    this.changes = new DeskChanges(desk, actor, now);
    this.trials = new DeskTrials(desk, actor);
  }

  static async open(options: DeskSourceOptions): Promise<DeskSource> {
    const { desk, close } = await openDesk(options);
    return new DeskSource(desk, options.actor, close, options.now);
  }

  processes(): Promise<readonly ProcessSummary[]> {
    return Promise.resolve(this.desk.processes().map(versionSummary));
  }

  publish(file: string, format: 'yaml' | 'json', options: PublishOptions): Promise<PublishAnswer> {
    return this.desk.publish(file, format, this.actor, options);
  }

  async deal(id: string, asOf?: string): Promise<DealView> {
    return found(await this.desk.opportunity(id, asOf), id, asOf);
  }

  async moves(id: string): Promise<{ readonly moves: readonly PossibleMove[] }> {
    const { moves } = found(await this.desk.moves(id, this.actor), id);
    return { moves };
  }

  async replay(id: string, asOf?: string): Promise<{ readonly id: string; readonly steps: readonly ReplayStep[] }> {
    return { id, steps: found(await this.desk.replay(id, asOf), id, asOf) };
  }

  async verify(id: string): Promise<VerifiedDeal> {
    return { id, ...found(await this.desk.verify(id), id) };
  }

  verifyAll(onProgress: (deals: number, of: number | null) => void): Promise<VerifiedDeals> {
    return this.desk.verifyAll({ onProgress });
  }

  async measure<Name extends MeasureName>(
    name: Name,
    query: MeasureQuery,
  ): Promise<Measures[Name] & { readonly position: string | null }> {
    try {
      return await this.desk.answer(name, query);
    } catch (error) {
      throw error instanceof RangeError ? wrongUse(`This cannot be measured: ${error.message}.`, 'Correct the options.') : error;
    }
  }

  currency(process: string): Promise<string> {
    return Promise.resolve(this.desk.process(process)!.definition.currency);
  }

  plan(process: string, period?: string): Promise<Pick<Plan, 'targets' | 'calls' | 'issued'>> {
    const plan = this.desk.plan(process);
    const isOf = (one: { readonly period: string }): boolean => period === undefined || one.period === period;
    return Promise.resolve({
      targets: targetsInForce(plan).filter(isOf),
      calls: plan.calls.filter(isOf),
      issued: plan.issued.filter(isOf),
    });
  }

  setTargets(process: string, targets: readonly TargetInput[], dryRun: boolean): Promise<PlanOutcome<TargetsSet>> {
    return this.desk.setTargets(process, targets, this.actor, { dryRun });
  }

  makeCall(
    process: string,
    { owner, team, ...call }: OwnCall,
  ): Promise<PlanOutcome<{ readonly call: string; readonly repeated: boolean }>> {
    const isOwn = owner === undefined && team === undefined;
    return this.desk.makeCall(
      process,
      { ...call, owner: isOwn ? this.actor.id : (owner ?? null), team: team ?? null },
      this.actor,
    );
  }

  issueForecasts(process: string, period: Period): Promise<PlanOutcome<{ readonly issued: number }>> {
    return this.desk.issueForecasts(process, period, this.actor);
  }

  projections(): Promise<ProjectionReport> {
    return this.desk.projections();
  }

  async rebuild(name?: string): Promise<readonly string[]> {
    const { leads } = await this.desk.readiness();
    if (!leads)
      throw new CannotDo(
        'Another process keeps the figures of this store.',
        'Stop it first, or ask the running service with --url.',
      );
    return this.desk.rebuild(name);
  }

  async bringIn({ file, map: mapFile, dryRun, report, onProgress }: ImportRequest): Promise<ImportOutcome> {
    const text = await textOf(mapFile);
    const alone = readImportMap(text);
    if (!alone.map) return { mapProblems: alone.problems };
    const published = this.desk.process(alone.map.process);
    if (!published)
      throw new CannotDo(
        `The map is for the process "${alone.map.process}", which is not published.`,
        'Publish it first, with "coxswain process publish FILE".',
      );
    const { map, problems } = readImportMap(text, published.definition);
    if (!map) return { mapProblems: problems };
    await fileIsThere(file);
    const imported = await importFile(this.desk, {
      file: fileSource(file),
      map,
      lookups: besideFile(file),
      dryRun,
      report,
      onProgress: ({ bytesRead, totalBytes }) => onProgress(bytesRead, totalBytes),
    });
    return { report: imported };
  }
}

function found<T>(value: T | null, id: string, asOf?: string): T {
  if (value !== null) return value;
  throw asOf === undefined
    ? new CannotDo(
        `There is no opportunity "${id}".`,
        'Ids are told apart by capital letters; "coxswain log export --format jsonl" has them all.',
      )
    : new CannotDo(`There was no opportunity "${id}" known at ${asOf}.`, 'Leave --as-of out to see it as it is now.');
}
