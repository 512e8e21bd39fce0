import { limitDue } from './calendar.js';
import { stageLineage } from './diff.js';
import { readExpression } from './expressions.js';
import { nearest } from './nearest.js';
import type { CompiledProcess, Standing } from './machine.js';
import {
  factValues,
  limitsAt,
  limitsCancelled,
  openMoves,
  startOf,
  type Blocker,
  type DealMigrated,
  type FoundMove,
  type LimitFired,
  type LimitStarted,
  type Opportunity,
  type OpportunityEvent,
} from './opportunity.js';
import { judge } from './rule.js';

/**
 * Moving running deals to another version of their process: what would become of each, and the events that do it. History stays as it is;
 * a deal that goes on under another version has one more event that says so.
 */

/** What operations decide for the deals in a stage of the earlier version, where the file does not say it or says otherwise than they want. The first that fits counts. */
export interface MigrationChoice {
  /** A stage of the version the deal is on. */
  readonly stage: string;
  /** Only deals for which this holds: an expression as in a check, over the fields of the later version. All when left out. */
  readonly when?: string;
  /** Where they go, a stage of the later version. */
  readonly to?: string;
  /** Instead: they stay where they are until then, ISO 8601 in UTC. */
  readonly stayUntil?: string;
}

/** What would become of a deal. */
export type MigrationPlan =
  /** It stands in the stage that continues its own, or in the one chosen for it, and can go on as before. */
  | (Placed & { readonly outcome: 'moves' })
  /** The same, and every way on that was open to it is stopped by a rule that the later version has and the earlier has not. */
  | (Placed & { readonly outcome: 'blocked'; readonly blockers: readonly Blocker[] })
  /** No stage of the later version continues its own, and nobody has chosen one. */
  | { readonly outcome: 'choice'; readonly stage: string; readonly say: string }
  | { readonly outcome: 'stays'; readonly until: string }
  /** It is on the later version already. */
  | { readonly outcome: 'there' };

interface Placed extends Standing {
  readonly continues: boolean;
  /** Time limits that are up already under the later version, and were not under the earlier: they fire as soon as the deal is moved. */
  readonly overdue: readonly { readonly limit: string; readonly then: string }[];
}

/** What is wrong with choices, in sales words; empty when they can be used. */
export function choiceProblems(
  choices: readonly MigrationChoice[],
  from: CompiledProcess,
  to: CompiledProcess,
): readonly string[] {
  const [before, after] = [Object.keys(from.definition.stages), Object.keys(to.definition.stages)];
  const unknown = (stage: string, known: readonly string[], version: number): string => {
    const meant = nearest(stage, known);
    return `Version ${version} has no stage "${stage}"${meant ? `: did you mean "${meant}"?` : '.'}`;
  };
  return choices.flatMap(({ stage, when, to: target, stayUntil }): string[] => {
    const problems: string[] = [];
    if (!before.includes(stage)) problems.push(unknown(stage, before, from.ref.version));
    if (target !== undefined && !after.includes(target)) problems.push(unknown(target, after, to.ref.version));
    if ((target === undefined) === (stayUntil === undefined))
      problems.push(`Say where the deals in "${stage}" go (to), or until when they stay (stayUntil); one of the two.`);
    const read = when === undefined ? null : readExpression(when, to.definition.fields);
    if (read && 'faults' in read) problems.push(...read.faults.map(({ message }) => `"${when}": ${message}`));
    return problems;
  });
}

/** The migration of the deals of one version to another, with what was chosen; `choices` without problems. */
export interface Migration {
  readonly id: string;
  readonly from: CompiledProcess;
  readonly to: CompiledProcess;
  readonly choices: readonly MigrationChoice[];
}

/** What would become of a deal at an instant. Pure. */
export function planMigration(migration: Migration, deal: Opportunity, at: string): MigrationPlan {
  const { from, to, choices } = migration;
  if (deal.process.version === to.ref.version && deal.process.hash === to.ref.hash) return { outcome: 'there' };
  const chosen = choices.find((choice) => choice.stage === deal.stage && fits(choice, deal, to, at));
  if (chosen?.stayUntil !== undefined && at < chosen.stayUntil) return { outcome: 'stays', until: chosen.stayUntil };
  const heir = stageLineage(from.definition, to.definition).heirOf.get(deal.stage) ?? null;
  const stage = chosen?.to ?? heir;
  if (stage === null) {
    const label = from.definition.stages[deal.stage]?.label ?? deal.stage;
    return { outcome: 'choice', stage: deal.stage, say: `No stage of version ${to.ref.version} continues ${label}: choose one.` };
  }
  const continues = stage === heir;
  const standing = { stage, tracks: tracksIn(to, stage, continues ? deal.tracks : {}) };
  const overdue = carriedLimits(migration, deal, { ...standing, continues }, at).flatMap(({ name, dueAt, then, fired }) =>
    !fired && dueAt <= at ? [{ limit: name, then }] : [],
  );
  const placed = { ...standing, continues, overdue };
  const blockers = newBlockers(migration, deal, standing, at);
  return blockers.length === 0 ? { outcome: 'moves', ...placed } : { outcome: 'blocked', ...placed, blockers };
}

function fits({ when }: MigrationChoice, deal: Opportunity, to: CompiledProcess, at: string): boolean {
  if (when === undefined) return true;
  const read = readExpression(when, to.definition.fields);
  return 'expression' in read && read.expression.evaluate(factValues(deal), at).passed;
}

/** Each track of the stage where it stands now, as far as the later version has the place; else at its start. */
function tracksIn(to: CompiledProcess, stage: string, tracks: Opportunity['tracks']): Opportunity['tracks'] {
  const places = to.definition.stages[stage]!.tracks;
  return Object.fromEntries(
    Object.entries(startOf(to, stage).tracks).map(([track, start]) => {
      const place = tracks[track];
      return [track, place !== undefined && places[track]?.stages[place] ? place : start];
    }),
  );
}

/** What stops every way on that was open to the deal, roles left aside; empty while one is open, or none was. */
function newBlockers({ from, to }: Migration, deal: Opportunity, standing: Standing, at: string): readonly Blocker[] {
  const facts = factValues(deal);
  const blockersOf = ({ definition, expressions }: CompiledProcess, { move }: FoundMove): readonly Blocker[] =>
    judge(move, { facts, roles: null, at, override: [], reason: null }, expressions, definition.fields).blockers;
  if (!from.definition.stages[deal.stage]) return [];
  const wereOpen = openMoves(from, deal).some((way) => blockersOf(from, way).length === 0);
  if (!wereOpen) return [];
  const now = openMoves(to, standing).map((way) => blockersOf(to, way));
  if (now.length === 0 && to.definition.stages[standing.stage]!.whenAllDone === undefined)
    return to.definition.stages[standing.stage]!.result === undefined &&
      to.definition.stages[standing.stage]!.phase !== 'customer'
      ? [{ kind: 'path', say: `Nothing leads on from ${to.definition.stages[standing.stage]!.label}.` }]
      : [];
  if (now.some((blockers) => blockers.length === 0)) return [];
  const said = new Map(now.flat().map((blocker) => [blocker.say, blocker]));
  return [...said.values()];
}

interface CarriedLimit {
  readonly name: string;
  readonly dueAt: string;
  readonly then: string;
  readonly tell: readonly string[];
  /** Fired already under the earlier version, and not to be fired again. */
  readonly fired: boolean;
}

/** The limits of the later version where the deal will stand. Time that has passed counts: from when the same limit began, or from when the deal came to its stage. */
function carriedLimits(
  { to }: Migration,
  deal: Opportunity,
  { stage, tracks, continues }: Standing & { readonly continues: boolean },
  at: string,
): readonly CarriedLimit[] {
  return limitsAt(to, { stage, tracks }).map(([name, { time, then, tell }]) => {
    const before = continues ? deal.limits[`${deal.stage}${name.slice(stage.length)}`] : undefined;
    const since = before?.startedAt ?? (continues && name === stage ? deal.stageSince : at);
    const dueAt = limitDue(time, since, to.definition);
    return { name, dueAt, then, tell, fired: before?.fired === true && dueAt <= at };
  });
}

/** The events that take a deal to the other version: none where it stays, is there already, or waits for a choice. */
export function migrate(migration: Migration, deal: Opportunity, by: string, at: string): readonly OpportunityEvent[] {
  const plan = planMigration(migration, deal, at);
  if (plan.outcome !== 'moves' && plan.outcome !== 'blocked') return [];
  const { stage, tracks, continues } = plan;
  const { ref, definition } = migration.to;
  const happened = { occurredAt: at, by };
  const to = definition.stages[stage]!;
  const migrated: DealMigrated = {
    type: 'DealMigrated',
    ...happened,
    migration: migration.id,
    was: deal.process,
    process: ref,
    from: deal.stage,
    to: stage,
    continues,
    fromPhase: deal.phase,
    toPhase: to.phase,
    result: to.result ?? null,
    tracks,
  };
  const limits = carriedLimits(migration, deal, plan, at);
  const started = limits.map(({ name, dueAt, then, tell }): LimitStarted => ({
    type: 'LimitStarted',
    ...happened,
    limit: name,
    dueAt,
    then,
    tell,
  }));
  // What has fired before is known to have: nobody is told again.
  const fired = limits.flatMap(({ name, dueAt, then, fired: has }): LimitFired[] =>
    has ? [{ type: 'LimitFired', ...happened, limit: name, dueAt, then, told: [], blockers: [] }] : [],
  );
  return [...limitsCancelled(deal, happened), migrated, ...started, ...fired];
}

// ----------------------------------------------------------------------------------------- what is said of a migration

/** The stream of a migration is `migration-<id>`. What became of each deal stands in its own record. */
export type MigrationEvent = MigrationStarted | MigrationPaused | MigrationResumed | MigrationFinished;

interface Said {
  readonly migration: string;
  readonly by: string;
  /** ISO 8601 in UTC. */
  readonly occurredAt: string;
}

export interface MigrationStarted extends Said {
  readonly type: 'MigrationStarted';
  readonly process: string;
  /** The version that the deals go to. */
  readonly version: number;
  readonly choices: readonly MigrationChoice[];
  /** Only deals of these teams; null: all. */
  readonly teams: readonly string[] | null;
  /** Whether deals whose next step would be blocked are moved, too; else they stay on their version. */
  readonly blocked: 'move' | 'leave';
  readonly note: string | null;
}

export interface MigrationPaused extends Said {
  readonly type: 'MigrationPaused';
}

export interface MigrationResumed extends Said {
  readonly type: 'MigrationResumed';
}

/** No deal is left that the migration could move, or somebody ended it. Deals that wait for a choice stay where they are. */
export interface MigrationFinished extends Said {
  readonly type: 'MigrationFinished';
  /** Moved by this migration, and left behind: waiting for a choice, or because their next step would be blocked or somebody ended it. */
  readonly moved: number;
  readonly waiting: number;
  readonly left: number;
}
