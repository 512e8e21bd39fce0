import { AS_OF_BY, COUNTED, MEASURE_NAMES, PERIODS, SCORECARD_PERIODS, type MeasureName } from '@coxswain/projections';
import * as changes from './changes.examples.js';
import * as example from './examples.js';

/**
 * The schemas of the answers, for the OpenAPI document: JSON Schema 2020-12, named. They list what an answer always has and stay
 * open for more, so that a new field breaks no client. Of the measures only adherence is listed whole; what is in the groups of the
 * others is said in the reference.
 */

type Schema = Readonly<Record<string, unknown>>;

const text: Schema = { type: 'string' };
const whole: Schema = { type: 'integer' };
const number: Schema = { type: 'number' };
const yesNo: Schema = { type: 'boolean' };
const instant: Schema = { type: 'string', format: 'date-time' };
const anything: Schema = { type: 'object', additionalProperties: true };
const position: Schema = { type: 'string', pattern: '^\\d{16}$', description: 'A place in the log: 16 digits.' };
const phase: Schema = { type: 'string', enum: ['lead', 'qualified', 'selling', 'closed', 'customer'] };
const result: Schema = { enum: ['won', 'lost', null] };

const list = (items: Schema): Schema => ({ type: 'array', items });
const byName = (values: Schema): Schema => ({ type: 'object', additionalProperties: values });
const orNull = (schema: Schema): Schema => ({ anyOf: [schema, { type: 'null' }] });
const page = (items: Schema): Schema => fields({ items: list(items), next: orNull(text) });
const named = (name: string): Schema => ({ $ref: `#/components/schemas/${name}` });

/** An object that has all of these fields. */
function fields(properties: Readonly<Record<string, Schema>>): Schema {
  return { type: 'object', required: Object.keys(properties), properties };
}

const money = fields({ minor: whole, currency: text });
const value = fields({ amounts: list(money), of: whole, withoutAmount: whole });
const processRef = fields({ id: text, version: whole, hash: text });
const version = fields({
  id: text,
  version: whole,
  hash: text,
  title: text,
  publishedAt: instant,
  by: text,
  note: orNull(text),
  effectiveFrom: orNull(instant),
  reviewedBy: orNull(text),
  teams: orNull(list(text)),
  retiredAt: orNull(instant),
  draft: orNull(whole),
});
const content = fields({ name: text, hash: text });
const choice: Schema = { ...fields({ stage: text }), properties: { stage: text, when: text, to: text, stayUntil: instant } };
const importMap = {
  id: text,
  about: orNull(text),
  process: orNull(text),
  format: { enum: ['csv', 'xes', null] },
  rows: { enum: ['deals', 'events', null] },
  columns: orNull(list(text)),
  lookups: orNull(list(text)),
  problems: list(anything),
};
const become = fields({ stored: whole, alreadyThere: whole, rejected: whole, leftOut: whole });
const importStatus = {
  import: text,
  file: text,
  map: orNull(text),
  process: text,
  dryRun: yesNo,
  by: text,
  begunAt: instant,
  endedAt: orNull(instant),
  state: { enum: ['running', 'finished', 'stopped', 'ended', 'failed'] },
  progress: fields({ rows: whole, rowsInAll: orNull(whole), deals: whole, rowsDone: become, dealsDone: become }),
};
const migration = fields({
  migration: text,
  process: text,
  version: whole,
  choices: list(choice),
  teams: orNull(list(text)),
  blocked: { enum: ['move', 'leave'] },
  note: orNull(text),
  by: text,
  occurredAt: instant,
  state: { enum: ['running', 'paused', 'finished'] },
  finished: orNull(fields({ at: instant, moved: whole, waiting: whole, left: whole })),
  progress: orNull(fields({ done: whole, of: whole, staying: whole })),
});

const blocker: Schema = {
  ...fields({ kind: text, say: text }),
  properties: { kind: text, say: text, check: text, field: text, who: list(text) },
};

const balance = fields({ read: whole, stored: whole, alreadyThere: whole, rejected: whole, leftOut: whole });

const stageName = { stage: text, label: text, phase, retired: yesNo };
const occurred = fields({ times: whole, deals: whole, examples: list(text) });
const difference = fields({ difference: number, low: number, high: number });
const personCompared = fields({
  owner: text,
  deals: whole,
  distance: orNull(number),
  byChance: orNull(number),
  excess: orNull(number),
  p: orNull(number),
  q: orNull(number),
  differs: orNull(yesNo),
  steps: list(fields({ from: list(text), to: list(text), share: number, others: number })),
  why: orNull(text),
});

/** Measures whose answers say more than the others. */
const WITH_MORE: readonly MeasureName[] = [
  'adherence',
  'bridge',
  'conversion',
  'forecast',
  'forecast-accuracy',
  'forecast-total',
  'junk-watch',
  'scorecard',
];

/** What the answer of every measure says about itself, with its groups and what else a measure has. */
function measured(measure: Schema, group: Schema, more: Readonly<Record<string, Schema>> = {}): Schema {
  return fields({
    measure,
    process: text,
    version: orNull(whole),
    asOf: instant,
    asOfBy: { enum: AS_OF_BY },
    clock: instant,
    from: orNull(instant),
    to: orNull(instant),
    by: orNull(text),
    timezone: text,
    deals: whole,
    groups: list(group),
    ...more,
    position: orNull(position),
  });
}

/** Schemas that answers and other schemas refer to by name. */
export const SCHEMAS: Readonly<Record<string, Schema>> = {
  LocalPeople: page(fields({ name: text, roles: list(text), team: orNull(text) })),
  LocalToken: fields({ name: text, roles: list(text), team: orNull(text), token: text, expiresAt: instant }),
  Me: fields({ subject: text, roles: list(text), team: orNull(text), mode: { enum: ['local', 'issuer'] } }),
  Done: fields({ id: text, revision: whole, position, stage: text, phase }),
  Opportunity: fields({
    id: text,
    events: whole,
    process: processRef,
    stage: text,
    phase,
    tracks: byName(text),
    facts: byName(fields({ value: {}, by: text, at: instant })),
    owner: text,
    team: orNull(text),
    account: orNull(text),
    origin: text,
    openedFrom: orNull(anything),
    opened: list(text),
    capturedAt: instant,
    stageSince: instant,
    lastStepAt: instant,
    result,
    limits: byName(fields({ startedAt: instant, dueAt: instant, then: text, tell: list(text), fired: yesNo })),
    activities: whole,
  }),
  DealView: fields({ opportunity: named('Opportunity'), revision: whole, position, asOf: instant }),
  Moves: fields({
    moves: list(
      fields({
        move: { ...orNull(text), description: 'Null for the join of tracks, which happens by itself.' },
        label: text,
        track: orNull(text),
        to: text,
        allowed: yesNo,
        blockers: list(blocker),
        overridable: list(fields({ check: text, by: list(text), reason: { enum: ['required', 'optional'] } })),
      }),
    ),
  }),
  BoardPage: page(
    fields({
      id: text,
      process: fields({ id: text, version: whole }),
      stage: text,
      phase,
      owner: text,
      team: orNull(text),
      account: orNull(text),
      origin: text,
      amount: orNull(money),
      closeDate: orNull({ type: 'string', format: 'date' }),
      stageSince: instant,
      overdueSince: { ...orNull(instant), description: 'Since when its first time limit is past; null while none is.' },
      dueAt: { ...orNull(instant), description: 'When its first time limit is up; null where none runs.' },
      result,
      deviating: yesNo,
      overridden: yesNo,
    }),
  ),
  BoardSummary: fields({
    process: text,
    version: orNull(whole),
    asOf: instant,
    position: orNull(position),
    deals: whole,
    open: whole,
    value,
    overdue: whole,
    stages: list(fields({ ...stageName, deals: whole, value, overdue: whole })),
  }),
  DealsBehind: fields({
    measure: text,
    process: text,
    version: orNull(whole),
    asOf: instant,
    asOfBy: { enum: AS_OF_BY },
    clock: instant,
    from: orNull(instant),
    to: orNull(instant),
    by: orNull(text),
    timezone: text,
    cell: anything,
    deals: whole,
    items: list(text),
    next: orNull(text),
    position: orNull(position),
  }),
  ProcessPage: page(version),
  DraftPage: page(fields({ process: text, draft: whole, hash: text, note: orNull(text), by: text, savedAt: instant })),
  ProcessDifference: fields({
    process: text,
    from: content,
    to: content,
    changes: list(
      fields({
        code: text,
        class: { enum: ['breaking', 'compatible', 'cosmetic'] },
        stage: orNull(text),
        track: orNull(text),
        move: orNull(text),
        check: orNull(text),
        say: text,
      }),
    ),
  }),
  MigrationReport: fields({
    process: text,
    version: whole,
    deals: whole,
    moves: whole,
    blocked: whole,
    choice: whole,
    stays: whole,
    groups: list(
      fields({
        version: whole,
        stage: text,
        to: orNull(text),
        outcome: { enum: ['moves', 'blocked', 'choice', 'stays'] },
        deals: whole,
        why: list(text),
        overdue: whole,
        examples: list(text),
      }),
    ),
  }),
  Migration: migration,
  MigrationPage: page(migration),
  EventPage: page(
    fields({
      position,
      stream: text,
      revision: whole,
      id: text,
      type: text,
      recordedAt: instant,
      data: anything,
      meta: anything,
    }),
  ),
  Replay: fields({
    id: text,
    steps: list(
      fields({
        revision: whole,
        recordedAt: instant,
        event: anything,
        before: orNull(named('Opportunity')),
        after: named('Opportunity'),
      }),
    ),
  }),
  Verification: fields({
    id: text,
    agree: yesNo,
    verdicts: list(
      fields({
        revision: whole,
        from: text,
        to: text,
        move: orNull(text),
        process: processRef,
        agrees: yesNo,
        differences: list(text),
      }),
    ),
  }),
  Measure: {
    anyOf: [
      named('AdherenceAnswer'),
      measured({ const: 'conversion' }, anything, { counted: { enum: COUNTED }, period: orNull({ enum: PERIODS }) }),
      measured({ const: 'forecast' }, anything, { period: { enum: PERIODS }, average: whole }),
      measured({ const: 'bridge' }, anything, { of: orNull(text) }),
      measured({ const: 'scorecard' }, anything, { period: { enum: SCORECARD_PERIODS } }),
      measured({ const: 'forecast-accuracy' }, anything, { period: { enum: PERIODS } }),
      measured({ const: 'forecast-total' }, anything, {
        period: { enum: PERIODS },
        processes: list(fields({ process: text, title: text, version: whole, currency: text, timezone: text, deals: whole })),
      }),
      measured({ const: 'junk-watch' }, anything, { rushedWithinSeconds: whole, periodEndDays: whole, fewest: whole }),
      measured({ enum: MEASURE_NAMES.filter((name) => !WITH_MORE.includes(name)) }, anything),
    ],
  },
  AdherenceAnswer: measured({ const: 'adherence' }, named('AdherenceGroup'), {
    people: fields({ deals: whole, fewest: whole, shuffles: whole, people: list(personCompared) }),
    temporalProfile: fields({
      unusualFrom: number,
      leastHours: number,
      fewest: whole,
      pairs: list(fields({ from: text, to: text, times: whole, meanDays: number, sdDays: orNull(number) })),
    }),
  }),
  AdherenceGroup: fields({
    group: orNull(text),
    deals: named('Rate'),
    steps: named('Rate'),
    overriddenSteps: named('Rate'),
    deviations: list(
      fields({
        kind: { enum: ['role', 'fact', 'check', 'track', 'path'] },
        what: orNull(text),
        steps: whole,
        deals: whole,
        examples: list(fields({ deal: text, from: text, to: text, occurredAt: instant, say: text })),
      }),
    ),
    overrides: list(fields({ check: text, by: text, steps: whole, deals: whole })),
    variants: fields({ total: whole, top: list(fields({ path: list(text), deals: whole, share: number })) }),
    fitness: fields({ mean: orNull(number), of: whole, perfect: named('Rate') }),
    stageDeviations: list(
      fields({ ...stageName, skipped: occurred, extra: occurred, outOfOrder: occurred, overridden: occurred }),
    ),
    leastFitting: list(fields({ deal: text, fitness: number, skipped: list(text), extra: list(text), outOfOrder: list(text) })),
    months: list(
      fields({ month: text, deals: named('Rate'), steps: named('Rate'), fitness: fields({ mean: orNull(number), of: whole }) }),
    ),
    unusualTimes: fields({
      deals: named('Rate'),
      top: list(fields({ deal: text, from: text, to: text, days: number, meanDays: number, deviations: orNull(number) })),
    }),
    limits: list(fields({ ...stageName, track: orNull(text), exceeded: named('Rate'), deals: whole, examples: list(text) })),
    variantsByInstant: fields({ total: whole, top: list(fields({ path: list(list(text)), deals: whole, share: number })) }),
    outcomes: list(
      fields({
        how: { enum: ['followed', 'overridden', 'deviated'] },
        deals: whole,
        winRate: named('Rate'),
        daysToWon: fields({ median: orNull(number), low: orNull(number), high: orNull(number), why: orNull(text) }),
        comparedToFollowed: orNull(
          fields({ winRate: orNull(difference), winRateSamePhase: orNull(difference), medianDaysToWon: orNull(difference) }),
        ),
      }),
    ),
  }),
  Rate: fields({ rate: orNull(number), count: whole, of: whole, low: orNull(number), high: orNull(number) }),
  Projections: fields({
    projections: list(
      fields({
        name: text,
        position: orNull(text),
        behindSeconds: { type: 'number' },
        size: whole,
        failed: orNull(text),
        rebuilding: orNull(text),
        kept: orNull(fields({ position: text, rows: whole, blocks: whole })),
      }),
    ),
    end: fields({ position: orNull(text), recordedAt: orNull(instant) }),
  }),
  Rebuilt: fields({ rebuilt: list(text) }),
  ImportMaps: page(fields(importMap)),
  ImportMap: fields({
    ...importMap,
    text,
    lookupFiles: orNull(list(fields({ name: text, file: text, key: text, there: yesNo }))),
  }),
  ImportStatus: fields(importStatus),
  ImportStatuses: page(fields(importStatus)),
  ImportRun: fields({
    ...importStatus,
    report: orNull(named('ImportReport')),
    failed: orNull(fields({ code: text, say: text })),
  }),
  ImportPreview: fields({
    format: { enum: ['csv', 'xes'] },
    columns: list(text),
    rows: list(fields({ line: whole, cells: byName(text), wrong: orNull(text) })),
    values: byName(orNull(list(fields({ value: text, times: whole })))),
    stopped: orNull(text),
    maps: list(fields({ map: text, missing: list(text) })),
    reads: orNull(fields({ process: text, columns: list(text), missing: list(text) })),
  }),
  ImportReport: fields({
    batch: text,
    file: text,
    process: text,
    dryRun: yesNo,
    unit: { enum: ['rows', 'events'] },
    rows: balance,
    deals: balance,
    steps: balance,
    deviating: fields({ steps: whole, deals: whole, by: list(anything) }),
    overdue: fields({ deals: whole, moved: whole, then: list(text) }),
    rejected: list(anything),
    warnings: list(anything),
    corrections: list(anything),
    sameInstant: whole,
    occurred: orNull(fields({ from: instant, to: instant })),
    stopped: orNull(anything),
    problems: list(
      fields({
        kind: text,
        line: orNull(whole),
        deal: orNull(text),
        code: text,
        say: text,
        column: orNull(text),
        value: orNull(text),
      }),
    ),
    problemsInAll: whole,
  }),
};

const SCHEMA_OF_EXAMPLE: ReadonlyMap<unknown, string> = new Map<unknown, string>([
  [example.captured, 'Done'],
  [example.moved, 'Done'],
  [example.deal, 'DealView'],
  [example.moves, 'Moves'],
  [example.board, 'BoardPage'],
  [example.boardSummary, 'BoardSummary'],
  [example.processes, 'ProcessPage'],
  [changes.drafts, 'DraftPage'],
  [changes.difference, 'ProcessDifference'],
  [changes.migrationPlan, 'MigrationReport'],
  [changes.migration, 'Migration'],
  [changes.migrations, 'MigrationPage'],
  [example.events, 'EventPage'],
  [example.replayed, 'Replay'],
  [example.verified, 'Verification'],
  [example.projections, 'Projections'],
  [example.rebuilt, 'Rebuilt'],
  [example.imported, 'ImportReport'],
  [example.maps, 'ImportMaps'],
  [example.preview, 'ImportPreview'],
  [example.shownMap, 'ImportMap'],
  [example.importStatus, 'ImportStatus'],
  [example.importStatuses, 'ImportStatuses'],
  [example.importRun, 'ImportRun'],
  [example.measure, 'Measure'],
  [example.dealsBehind, 'DealsBehind'],
  [example.localPeople, 'LocalPeople'],
  [example.localToken, 'LocalToken'],
  [example.me, 'Me'],
  [example.forecastTotal, 'Measure'],
]);

/** The schema of the answer that an example stands for; of one without a schema of its own, its kind. */
export function schemaOf(shown: unknown): Schema {
  const name = SCHEMA_OF_EXAMPLE.get(shown);
  if (name !== undefined) return named(name);
  return typeof shown === 'string' ? text : Array.isArray(shown) ? list({}) : anything;
}
