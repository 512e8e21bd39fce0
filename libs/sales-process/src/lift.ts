import type { BackTestEvent } from './back-test.js';
import type { MigrationEvent } from './migration.js';
import type { CheckResult, OpportunityCaptured, OpportunityEvent, StageChanged, TrackAdvanced } from './opportunity.js';
import type { PlanEvent } from './plan.js';
import type { ProcessEvent, ProcessPublished } from './publication.js';
import type { ShadowEvent } from './shadow.js';

/**
 * Events as they were stored, lifted to the shape they have today. The one place that knows older shapes: whoever makes an event of the
 * domain out of a stored one asks here, and the rest of the code sees the present shape alone.
 *
 * | shape | what it added |
 * |---|---|
 * | 1 | the first words |
 * | 2 | `tracks` of `OpportunityCaptured` and `StageChanged`; `overrideRole` of each check |
 * | 3 | the events of a plan: `TargetSet`, `CallMade`, `ForecastIssued`, `ForecastScored` |
 * | 4 | `DealMigrated`; `ProcessDrafted`, `ProcessRolledOut`, `ProcessRetired`; `effectiveFrom`, `reviewedBy`, `teams` and `draft` of `ProcessPublished` |
 * | 5 | the events of back-tests and of shadows |
 *
 * Shapes 1 and 2 are told apart by the fields they lack. From shape 3 on an event carries its number, so that a release that does not know
 * it refuses it instead of reading past what it says. Decision 0009 says why.
 */

/** The shape in which events are written today. */
export const PRESENT_SHAPE: number = 5;
const LAST_WITHOUT_NUMBER = 2;

/** What `meta` of an event that is written today says of its shape. */
export const shapeMark = (shape = PRESENT_SHAPE): { readonly shape?: number } => (shape > LAST_WITHOUT_NUMBER ? { shape } : {});

/** An event as a log keeps it. */
export interface KeptEvent {
  readonly type: string;
  readonly data: unknown;
  /** `shape`: the number of its shape, where it has one. */
  readonly meta?: unknown;
}

/** An event that this release does not know: it was written by a later one. Never passed over, since what it says would be missing. */
export class UnknownEvent extends Error {
  override readonly name = 'UnknownEvent';
  /** What would help. */
  readonly help = 'Run the release that wrote it, or a later one.';
}

type DataOf<Type extends OpportunityEvent['type']> = Omit<Extract<OpportunityEvent, { readonly type: Type }>, 'type'>;
type PlanData = { [Type in PlanEvent['type']]: Omit<Extract<PlanEvent, { readonly type: Type }>, 'type'> }[PlanEvent['type']];
type ProcessDataOf<Type extends ProcessEvent['type']> = Omit<Extract<ProcessEvent, { readonly type: Type }>, 'type'>;
type ProcessData = { [Type in ProcessEvent['type']]: ProcessDataOf<Type> }[ProcessEvent['type']];
type MigrationData = {
  [Type in MigrationEvent['type']]: Omit<Extract<MigrationEvent, { readonly type: Type }>, 'type'>;
}[MigrationEvent['type']];
type BackTestData = {
  [Type in BackTestEvent['type']]: Omit<Extract<BackTestEvent, { readonly type: Type }>, 'type'>;
}[BackTestEvent['type']];
type ShadowData = {
  [Type in ShadowEvent['type']]: Omit<Extract<ShadowEvent, { readonly type: Type }>, 'type'>;
}[ShadowEvent['type']];
type DealData = { [Type in OpportunityEvent['type']]: DataOf<Type> }[OpportunityEvent['type']];

/** What an event of a deal says, in the present shape: the very same object where it has it already. Throws `UnknownEvent`. */
export function liftedDeal(event: KeptEvent): DealData {
  const lift = DEAL.get(event.type);
  if (!lift) throw unknown(event, 'deals');
  refuseNewer(event);
  return lift(event.data as never);
}

/** What an event of a process says, in the present shape; as with deals. */
export function liftedProcess(event: KeptEvent): ProcessData {
  const lift = PROCESS.get(event.type);
  if (!lift) throw unknown(event, 'processes');
  refuseNewer(event);
  return lift(event.data as never);
}

/** What an event of a plan says, in the present shape; as with deals. */
export function liftedPlan(event: KeptEvent): PlanData {
  if (!PLAN.has(event.type)) throw unknown(event, 'plans');
  refuseNewer(event);
  return event.data as PlanData;
}

/** What an event of a migration says, in the present shape; as with deals. */
export function liftedMigration(event: KeptEvent): MigrationData {
  if (!MIGRATION.has(event.type)) throw unknown(event, 'migrations');
  refuseNewer(event);
  return event.data as MigrationData;
}

/** What an event of a back-test says, in the present shape; as with deals. */
export function liftedBackTest(event: KeptEvent): BackTestData {
  if (!BACK_TEST.has(event.type)) throw unknown(event, 'back-tests');
  refuseNewer(event);
  return event.data as BackTestData;
}

/** What an event of a shadow says, in the present shape; as with deals. */
export function liftedShadow(event: KeptEvent): ShadowData {
  if (!SHADOW.has(event.type)) throw unknown(event, 'shadows');
  refuseNewer(event);
  return event.data as ShadowData;
}

function refuseNewer({ type, meta }: KeptEvent): void {
  const shape = (meta as { readonly shape?: unknown } | null | undefined)?.shape;
  if (shape === undefined || (typeof shape === 'number' && shape <= PRESENT_SHAPE)) return;
  throw new UnknownEvent(
    `a "${type}" of shape ${JSON.stringify(shape)} is newer than this release, which knows shapes up to ${PRESENT_SHAPE}`,
  );
}

const unknown = ({ type }: KeptEvent, of: string): UnknownEvent =>
  new UnknownEvent(`this release knows no event "${type}" of ${of}`);

// --------------------------------------------------------------------------------------------------------- the lifts

const asItIs = <T>(data: T): T => data;

const BY_TYPE: { readonly [Type in OpportunityEvent['type']]: (data: DataOf<Type>) => DataOf<Type> } = {
  OpportunityCaptured: withTracks<OpportunityCaptured>,
  FactsRecorded: asItIs,
  OwnerChanged: asItIs,
  ActivityLogged: asItIs,
  StageChanged: (data) => withOverrideRoles<StageChanged>(withTracks<StageChanged>(data)),
  TrackAdvanced: withOverrideRoles<TrackAdvanced>,
  DealMigrated: asItIs,
  LimitStarted: asItIs,
  LimitCancelled: asItIs,
  LimitFired: asItIs,
};
const DEAL: ReadonlyMap<string, (data: never) => DealData> = new Map(Object.entries(BY_TYPE));

const PLAN: ReadonlySet<string> = new Set<PlanEvent['type']>(['TargetSet', 'CallMade', 'ForecastIssued', 'ForecastScored']);

const PROCESS_BY_TYPE: { readonly [Type in ProcessEvent['type']]: (data: ProcessDataOf<Type>) => ProcessDataOf<Type> } = {
  ProcessDrafted: asItIs,
  ProcessPublished: withRollout,
  ProcessRolledOut: asItIs,
  ProcessRetired: asItIs,
};
const PROCESS: ReadonlyMap<string, (data: never) => ProcessData> = new Map(Object.entries(PROCESS_BY_TYPE));

const MIGRATION: ReadonlySet<string> = new Set<MigrationEvent['type']>([
  'MigrationStarted',
  'MigrationPaused',
  'MigrationResumed',
  'MigrationFinished',
]);

const BACK_TEST: ReadonlySet<string> = new Set<BackTestEvent['type']>([
  'BackTestStarted',
  'BackTestProgressed',
  'BackTestFinished',
  'BackTestCancelled',
  'BackTestFailed',
]);

const SHADOW: ReadonlySet<string> = new Set<ShadowEvent['type']>(['ShadowStarted', 'ShadowJudged', 'ShadowStopped']);

/** Before shape 4 a version was in force at once and for all, and nobody was asked who had reviewed it. */
function withRollout(data: Omit<ProcessPublished, 'type'>): Omit<ProcessPublished, 'type'> {
  return 'teams' in data
    ? data
    : { ...(data as Omit<ProcessPublished, 'type'>), effectiveFrom: null, reviewedBy: null, teams: null, draft: null };
}

/** Shape 1 did not say where parallel tracks begin: nothing is known of them, so they stand at their start. */
function withTracks<Event extends OpportunityCaptured | StageChanged>(data: Omit<Event, 'type'>): Omit<Event, 'type'> {
  return 'tracks' in data ? data : { ...(data as Omit<Event, 'type'>), tracks: {} };
}

/** Shape 1 named one role for the whole step, so it does not tell in which one a check was let pass. */
function withOverrideRoles<Event extends StageChanged | TrackAdvanced>(data: Omit<Event, 'type'>): Omit<Event, 'type'> {
  const { checks } = data as Pick<Event, 'checks'>;
  if (checks.every((check) => 'overrideRole' in check)) return data;
  return { ...data, checks: checks.map((check: CheckResult) => ({ ...check, overrideRole: null })) };
}
