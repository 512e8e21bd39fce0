import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { openMemoryStore, type StoredEvent } from '@coxswain/event-store';
import { openings, type Projection } from '@coxswain/projections';
import { exportLog, opportunityEvent, publishedProcesses, SalesDesk } from '@coxswain/sales-desk';
import {
  evolve,
  liftedBackTest,
  liftedDeal,
  liftedMigration,
  liftedPlan,
  liftedProcess,
  liftedShadow,
  PRESENT_SHAPE,
  shapeMark,
  type BackTestEvent,
  type Opportunity,
  type MigrationEvent,
  type PlanEvent,
  type ProcessEvent,
  type ShadowEvent,
} from '@coxswain/sales-process';
import { columnsOf, folded, toldOf } from '../../projections/given.js';
import { seller } from '../given-desk.js';
import { presentLog } from './present.js';

/** What stands in each golden file for ever. A line is added for each new one; none is changed. */
const PINNED: Readonly<Record<string, string>> = {
  'shape-1.jsonl': '29c5f7bbbf090587da9b5ee722ffe183c0c51ae4cc6dde553a949f599189e5e2',
  'shape-2.jsonl': '8a5f8cb49fd28d484bd8cd7c6df344e79b7b6004c5dfa930dfc9cb6a2147fe3a',
  'shape-3.jsonl': 'c7e842a5b6771e1fb1519146859862cd545b261de02e881ccf136a36c5025d5c',
  'shape-4.jsonl': '89c560c4342b9611408d0e6c53fa49b55727e36559701d6bae5ae8924173663e',
  'shape-5.jsonl': 'b67cd658320143ab12fbd536f8e2955db4374d71ad47aa81dd2fedf2d8c0cd39',
};
const FILES = Object.keys(PINNED);
const NEWEST = FILES.at(-1)!;

const textOf = (file: string): string => readFileSync(join(import.meta.dirname, file), 'utf8');
const golden = (file: string): readonly StoredEvent[] =>
  textOf(file)
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as StoredEvent);
const ofDeals = (log: readonly StoredEvent[]): readonly StoredEvent[] =>
  log.filter(({ stream }) => stream.startsWith('opportunity-'));

/** A desk over a log as it was stored at that time, and more events after it. */
async function deskOver(log: readonly StoredEvent[], troubles: string[] = []): Promise<SalesDesk> {
  const now = (): Date => new Date('2026-03-10T09:00:00.000Z');
  const { store, readModels } = openMemoryStore({ now });
  await store.adopt(log.map(({ position: _, ...event }) => [event]));
  return SalesDesk.open({
    store,
    readModels,
    now,
    readOnly: true,
    log: ({ message, error }) => void troubles.push(`${message}: ${String(error)}`),
  });
}

describe('the golden files', () => {
  test.each(Object.entries(PINNED))('%s is what was released', (file, hash) => {
    const found = createHash('sha256').update(textOf(file)).digest('hex');
    const say = `${file} holds events as they stand in the logs of users, so it never changes. Add the file of a new shape instead.`;
    expect(found === hash ? file : say).toBe(file);
  });

  test('each file is pinned, and there is one for each shape up to the present one', () => {
    expect(readdirSync(import.meta.dirname).filter((name) => name.endsWith('.jsonl'))).toEqual(FILES);
    expect(FILES).toEqual(Array.from({ length: PRESENT_SHAPE }, (_, n) => `shape-${n + 1}.jsonl`));
  });
});

describe('what is written today', () => {
  /** Each field of an event by its path. Facts, tracks and what a check read go by names that users choose, and a definition is the process file's. */
  function fieldsOf(type: string, value: unknown, path = type): readonly string[] {
    if (typeof value !== 'object' || value === null) return [path];
    if (Array.isArray(value)) return value.flatMap((one) => fieldsOf(type, one, `${path}[]`));
    if (/\.(?:facts|tracks|read|definition)$/.test(path)) return [path];
    return Object.entries(value).flatMap(([name, inner]) => fieldsOf(type, inner, `${path}.${name}`));
  }
  const fieldsIn = (log: readonly StoredEvent[]): readonly string[] =>
    [
      ...new Set(log.flatMap(({ type, data, meta }) => [...fieldsOf(type, data), ...fieldsOf(type, meta, `${type}.meta`)])),
    ].sort();

  test('has no event and no field that the newest golden file does not have, and lacks none', async () => {
    const [today, released] = [fieldsIn(await presentLog()), fieldsIn(golden(NEWEST))];
    const help = `not in ${NEWEST}: add the golden file of a new shape (test/sales-desk/golden/present.ts has every event), and lift the older ones in lift.ts`;
    expect(today.filter((field) => !released.includes(field)).map((field) => `${field} is ${help}`)).toEqual([]);
    expect(
      released.filter((field) => !today.includes(field)).map((field) => `${field} was promised and is written no more`),
    ).toEqual([]);
  });

  test('has every type of event there is', () => {
    // The compiler keeps this list whole: `satisfies` fails for a type that is missing.
    const types = {
      OpportunityCaptured: 0,
      FactsRecorded: 0,
      OwnerChanged: 0,
      ActivityLogged: 0,
      StageChanged: 0,
      TrackAdvanced: 0,
      LimitStarted: 0,
      LimitCancelled: 0,
      LimitFired: 0,
    } satisfies Record<Exclude<ReturnType<typeof opportunityEvent>['type'], 'DealMigrated'>, number>;
    const ofPlans = { TargetSet: 0, CallMade: 0, ForecastIssued: 0, ForecastScored: 0 } satisfies Record<
      PlanEvent['type'],
      number
    >;
    const ofChanges = {
      ProcessDrafted: 0,
      ProcessRolledOut: 0,
      ProcessRetired: 0,
      MigrationStarted: 0,
      MigrationPaused: 0,
      MigrationResumed: 0,
      MigrationFinished: 0,
    } satisfies Record<Exclude<ProcessEvent['type'], 'ProcessPublished'> | MigrationEvent['type'], number>;
    const ofTrials = {
      BackTestStarted: 0,
      BackTestProgressed: 0,
      BackTestFinished: 0,
      BackTestCancelled: 0,
      BackTestFailed: 0,
      ShadowStarted: 0,
      ShadowJudged: 0,
      ShadowStopped: 0,
    } satisfies Record<BackTestEvent['type'] | ShadowEvent['type'], number>;
    for (const file of FILES) {
      const later = [
        ...(file > 'shape-2.jsonl' ? Object.keys(ofPlans) : []),
        ...(file > 'shape-3.jsonl' ? [...Object.keys(ofChanges), 'DealMigrated'] : []),
        ...(file > 'shape-4.jsonl' ? Object.keys(ofTrials) : []),
      ];
      expect([...new Set(golden(file).map(({ type }) => type))].sort()).toEqual(
        [...Object.keys(types), 'ProcessPublished', ...later].sort(),
      );
    }
  });

  test('is not copied when it is read', () => {
    for (const event of golden(NEWEST)) {
      const lift = event.stream.startsWith('process-')
        ? liftedProcess
        : event.stream.startsWith('plan-')
          ? liftedPlan
          : event.stream.startsWith('migration-')
            ? liftedMigration
            : event.stream.startsWith('back-test-')
              ? liftedBackTest
              : event.stream.startsWith('shadow-')
                ? liftedShadow
                : liftedDeal;
      expect(lift(event)).toBe(event.data);
    }
  });

  test('says its shape from the third on', () => {
    expect([shapeMark(2), shapeMark()]).toEqual([{}, { shape: PRESENT_SHAPE }]);
    for (const { meta } of golden(NEWEST)) expect(meta).toMatchObject({ shape: PRESENT_SHAPE });
  });
});

describe('events of shape 1', () => {
  const [first, second] = [golden('shape-1.jsonl'), golden('shape-2.jsonl')];

  test('are lifted: tracks are not known and stand at their start, and so is the role in which a check was let pass', () => {
    const lifted = first.map((event) => (event.type === 'ProcessPublished' ? event : { ...event, data: liftedDeal(event) }));
    const expected = second.map((event) => {
      const data = structuredClone(event.data) as StoredEvent['data'] & {
        tracks?: object;
        checks?: { overrideRole: string | null }[];
      };
      if (data.tracks) data.tracks = {};
      for (const check of data.checks ?? []) check.overrideRole = null;
      return { ...event, data };
    });
    expect(lifted).toEqual(expected);
    expect(lifted.find(({ data }) => (data as { move?: string }).move === 'propose')!.data).toMatchObject({
      role: 'rep',
      reason: 'The board decides in May',
      tracks: {},
      checks: [{ check: 'budget', passed: false, overridden: true, overrideRole: null, read: { budgetConfirmed: null } }],
    });
  });

  test('are not changed where they lie', () => {
    const before = JSON.stringify(first);
    for (const event of ofDeals(first)) liftedDeal(event);
    expect(JSON.stringify(first)).toBe(before);
  });
});

/** What every shape has: four deals and what one of them opened, under the first version. Later files go on. */
const SHARED = golden('shape-2.jsonl').length;

describe.each(FILES)('a log of %s', (file) => {
  const log = golden(file).slice(0, SHARED);
  const newest = golden(NEWEST).slice(0, SHARED);

  test('folds to the deals as they stood', () => {
    const deal = (id: string): Opportunity =>
      log
        .filter(({ stream }) => stream === `opportunity-${id}`)
        .reduce<Opportunity | null>((state, event) => evolve(state, opportunityEvent(event), id), null)!;
    expect(deal('g-1')).toMatchObject({
      events: 29,
      stage: 'active',
      phase: 'customer',
      tracks: {},
      owner: 'ada',
      team: 'south',
      account: 'Birch & Sons',
      result: 'won',
      opened: ['g-1~27'],
      activities: 1,
      facts: { amount: { value: { minor: 1_250_000, currency: 'EUR' }, by: 'rita' }, closeDate: { value: '2026-05-31' } },
      limits: { active: { dueAt: '2026-06-07T08:00:00.000Z', fired: false } },
    });
    expect(deal('g-1').facts).not.toHaveProperty('generatedBy');
    expect(deal('g-1~27')).toMatchObject({ openedFrom: { deal: 'g-1', revision: 27, move: 'upsell' }, owner: 'ada' });
    expect(deal('g-2')).toMatchObject({ stage: 'lead', limits: { lead: { fired: true } } });
    expect(deal('g-3')).toMatchObject({ stage: 'lost', result: 'lost', limits: {} });
    expect(deal('g-4')).toMatchObject({ stage: 'won', result: 'won', origin: 'import', owner: 'ada' });
  });

  test('gives the figures that the newest shape gives', () => {
    const rows = (events: readonly StoredEvent[]): unknown[] => [
      toldOf(columnsOf(events)),
      ...[openings, publishedProcesses].map((one) => [...folded(one as Projection<unknown>, events)]),
    ];
    expect(rows(log)).toEqual(rows(newest));
    const columns = columnsOf(log);
    expect(columns.heads.head(columns.indexOf('g-1')!)).toMatchObject({
      stage: 'active',
      amount: { minor: 1_250_000, currency: 'EUR' },
    });
    expect(columns.deals).toBe(5);
  });

  test('is asked again, and every decision agrees', async () => {
    const desk = await deskOver(log);
    const { deals, steps, disagreeing } = await desk.verifyAll();
    // Steps: seven stages, two tracks and a join of g-1 with its up-sell, one of g-3, three stages and a track of g-4.
    expect({ deals, steps, disagreeing }).toEqual({ deals: 5, steps: 14, disagreeing: [] });
    expect(await desk.replay('g-1')).toHaveLength(29);
    expect(desk.measure('adherence', { process: 'new-business' }).groups[0]!.overrides).toHaveLength(1);
    await desk.close();
  });

  test('is exported for other tools as the newest shape is', async () => {
    const written = async (events: readonly StoredEvent[], format: 'xes' | 'ocel2'): Promise<string> => {
      let text = '';
      const each = async function* (): AsyncGenerator<StoredEvent> {
        yield* await Promise.resolve(events);
      };
      for await (const piece of exportLog(each(), format)) text += piece;
      return text;
    };
    for (const format of ['xes', 'ocel2'] as const) expect(await written(log, format)).toBe(await written(newest, format));
  });
});

describe('an event that a later release wrote', () => {
  const after = (type: string, stream: string, revision: number, meta: StoredEvent['meta'] = {}): StoredEvent => ({
    position: '',
    stream,
    revision,
    id: 'later',
    type,
    recordedAt: '2026-03-09T10:00:00.000Z',
    data: { occurredAt: '2026-03-09T10:00:00.000Z', by: 'zoe', kind: 'call', note: null },
    meta,
  });

  test.each([
    [
      'of a type that is not known',
      after('TermsAgreed', 'opportunity-g-2', 3),
      'this release knows no event "TermsAgreed" of deals',
    ],
    [
      'of a shape that is not known',
      after('ActivityLogged', 'opportunity-g-2', 3, { shape: PRESENT_SHAPE + 1 }),
      `a "ActivityLogged" of shape ${PRESENT_SHAPE + 1} is newer than this release, which knows shapes up to ${PRESENT_SHAPE}`,
    ],
  ])('%s stops the figures and its deal, and nothing else', async (_, event, say) => {
    const troubles: string[] = [];
    const desk = await deskOver([...golden(NEWEST), event], troubles);
    const { ready, projections } = await desk.readiness();
    expect(ready).toBe(false);
    for (const { name, failed } of projections)
      expect([name, failed]).toEqual([
        name,
        ['processes', 'plans', 'migrations', 'back-tests', 'shadows'].includes(name)
          ? null
          : `stopped at ${String(golden(NEWEST).length + 1).padStart(16, '0')} (${event.type} of opportunity-g-2): ${say}`,
      ]);
    expect(troubles).toContain(`the deals stopped: UnknownEvent: ${say}`);
    expect(() => desk.board({})).toThrow(say);
    expect(() => desk.measure('pipeline', { process: 'new-business' })).toThrow(say);
    await expect(desk.opportunity('g-2')).rejects.toThrow(say);
    await expect(desk.verify('g-2')).rejects.toThrow(say);
    await expect(desk.verify('g-1')).resolves.toMatchObject({ agree: true });
    await desk.close();
  });

  test('takes no command on its deal: what it says might forbid it', async () => {
    const now = (): Date => new Date('2026-03-10T09:00:00.000Z');
    const { store, readModels } = openMemoryStore({ now });
    const log = [...golden(NEWEST), after('TermsAgreed', 'opportunity-g-2', 3)];
    await store.adopt(log.map(({ position: _, ...event }) => [event]));
    const desk = await SalesDesk.open({ store, readModels, now });
    const command = desk.command('g-2', { type: 'LogActivity', kind: 'call' }, { actor: seller });
    await expect(command).rejects.toMatchObject({ name: 'UnknownEvent', help: expect.stringContaining('a later one') });
    await desk.close();
  });

  test('of a process stops the processes', async () => {
    const desk = await deskOver([...golden(NEWEST), after('ProcessPraised', 'process-new-business', 6)]);
    const { projections } = await desk.readiness();
    expect(projections.filter(({ failed }) => failed !== null).map(({ name }) => name)).toEqual(['processes']);
    await desk.close();
  });
});
