import { afterEach, describe, expect, test } from '@jest/globals';
import { SalesDesk } from '@coxswain/sales-desk';
import { customer, done, givenDesk, newBusinessFile, operations, seller, type GivenDesk } from './given-desk.js';

let given: GivenDesk;
afterEach(() => given.desk.close());

const RENAMED = newBusinessFile
  .replace('  negotiation:\n    was: [contracting] ', '  closing:\n    was: [contracting, negotiation] ')
  .replace('whenAllDone: negotiation', 'whenAllDone: closing');

const versions = (ids: readonly string[]): Promise<(number | undefined)[]> =>
  Promise.all(ids.map(async (id) => (await given.desk.opportunity(id))?.opportunity.process.version));

async function caughtUp(): Promise<void> {
  await given.desk.caughtUp((await given.store.end()).position!, 5_000);
}

/** Forty deals: thirty leads, nine qualified, and a customer. */
async function forty(): Promise<readonly string[]> {
  given = await givenDesk();
  const ids = Array.from({ length: 40 }, (_, deal) => `d${String(deal).padStart(2, '0')}`);
  for (const [index, id] of ids.entries()) {
    if (index === 39) await customer(given.desk, id);
    else
      await done(given.desk, null, {
        type: 'Capture',
        id,
        process: 'new-business',
        facts: { source: 'inbound' },
        team: index % 2 === 0 ? 'north' : 'south',
      });
    if (index >= 30 && index < 39) await done(given.desk, id, { type: 'Advance', move: 'qualify', facts: { fitScore: 80 } });
  }
  await given.desk.publish(RENAMED, 'yaml', operations);
  await caughtUp();
  return ids;
}

const REQUEST = { process: 'new-business', version: 2 };

async function started(request: object = {}): Promise<string> {
  const outcome = await given.desk.startMigration({ ...REQUEST, ...request }, operations);
  if (outcome.kind !== 'done') throw new Error(JSON.stringify(outcome));
  return outcome.migration.migration;
}

describe('moving running deals to another version', () => {
  test('is planned without writing anything, then moves each deal once', async () => {
    const ids = await forty();
    const before = (await given.store.end()).position;
    expect(await given.desk.planMigration(REQUEST)).toMatchObject({
      deals: 40,
      moves: 40,
      choice: 0,
      groups: [
        { stage: 'lead', to: 'lead', outcome: 'moves', deals: 30 },
        { stage: 'qualified', deals: 9 },
        { stage: 'active', deals: 1 },
      ],
    });
    expect((await given.store.end()).position).toBe(before);
    const id = await started();
    await given.desk.migrated(id);
    await caughtUp();
    expect(new Set(await versions(ids))).toEqual(new Set([2]));
    expect(given.desk.migration(id)).toMatchObject({ state: 'finished', finished: { moved: 40, waiting: 0, left: 0 } });
    let migrated = 0;
    for await (const { type } of given.store.readAll()) if (type === 'DealMigrated') migrated++;
    expect(migrated).toBe(40);
    expect(given.desk.dealsByVersion('new-business')).toMatchObject([{ version: 2, deals: 40 }]);
    expect(await given.desk.verifyAll()).toMatchObject({ deals: 40, disagreeing: [] });
    // The next one finds nobody left.
    expect(await given.desk.planMigration(REQUEST)).toMatchObject({ deals: 0, groups: [] });
  });

  test('what was there before is untouched, and conversion across the change is the same as before it', async () => {
    await forty();
    const log = async (): Promise<string[]> => {
      const events: string[] = [];
      for await (const event of given.store.readAll()) events.push(JSON.stringify(event));
      return events;
    };
    const funnel = () => {
      const { steps, funnel: ends } = given.desk.measure('conversion', { process: 'new-business' }).groups[0]!;
      return [...steps, ...ends].map(({ from, to, naive, open }) => [from, to, naive.count, naive.of, open]);
    };
    const [before, counted] = [await log(), funnel()];
    await given.desk.migrated(await started());
    await caughtUp();
    expect((await log()).slice(0, before.length)).toEqual(before);
    expect(funnel()).toEqual(counted);
  });

  test('is ended before its end, and the next one may begin', async () => {
    const ids = await forty();
    const id = await started({ choices: [{ stage: 'lead', stayUntil: '2126-01-01T00:00:00.000Z' }] });
    await given.desk.migrated(id);
    const ended = { state: 'finished', finished: { moved: 10, waiting: 0, left: 30 } };
    expect(await given.desk.endMigration(id, operations)).toMatchObject({ kind: 'done', migration: ended, repeated: false });
    expect(await given.desk.endMigration(id, operations)).toMatchObject({ kind: 'done', migration: ended, repeated: true });
    await given.desk.migrated(await started());
    await caughtUp();
    expect(new Set(await versions(ids))).toEqual(new Set([2]));
    expect(await given.desk.endMigration('none', operations)).toMatchObject({ kind: 'not-found' });
  });

  test('of two that are asked for at once, one begins', async () => {
    await forty();
    const outcomes = await Promise.all([1, 2].map(() => given.desk.startMigration(REQUEST, operations)));
    expect(outcomes).toMatchObject([{ kind: 'done' }, { kind: 'refused', refused: 'migration-under-way' }]);
  });

  test('one team first, then the others', async () => {
    const ids = await forty();
    await given.desk.migrated(await started({ teams: ['south'] }));
    await caughtUp();
    const found = await versions(ids);
    expect(ids.filter((_, index) => found[index] === 2)).toEqual(ids.filter((_, index) => index % 2 === 1 && index < 39));
    await given.desk.migrated(await started());
    expect(new Set(await versions(ids))).toEqual(new Set([2]));
  });

  test('a deal that moves on meanwhile is moved as it then stands, neither lost nor doubled', async () => {
    const ids = await forty();
    const moving = Promise.all(
      ids
        .slice(0, 30)
        .map((id) => given.desk.command(id, { type: 'Advance', move: 'qualify', facts: { fitScore: 80 } }, { actor: seller })),
    );
    const id = await started();
    const outcomes = await moving;
    await given.desk.migrated(id);
    await caughtUp();
    expect(outcomes.every((outcome) => !('kind' in outcome))).toBe(true);
    for (const deal of ids.slice(0, 30)) {
      const types: string[] = [];
      for await (const { type } of given.store.read(`opportunity-${deal}`)) types.push(type);
      expect(types.filter((type) => type === 'DealMigrated' || type === 'StageChanged').toSorted()).toEqual([
        'DealMigrated',
        'StageChanged',
      ]);
    }
    expect(await given.desk.verifyAll()).toMatchObject({ disagreeing: [] });
  });

  test('pauses, goes on, and is gone on with by whoever leads after a restart', async () => {
    const ids = await forty();
    const id = await started({ choices: [{ stage: 'lead', stayUntil: '2026-03-05T00:00:00.000Z' }] });
    await given.desk.migrated(id);
    await caughtUp();
    // The leads stay until the 5th; the others have moved, and the migration waits.
    expect((await versions(ids)).filter((version) => version === 2)).toHaveLength(10);
    expect(given.desk.migration(id)).toMatchObject({
      state: 'running',
      finished: null,
      progress: { done: 40, of: 40, staying: 30 },
    });
    expect(await given.desk.pauseMigration(id, operations)).toMatchObject({ kind: 'done', migration: { state: 'paused' } });
    await given.desk.close();
    given.at('2026-03-06T09:00:00.000Z');
    const { store, readModels } = given;
    given.desk = await SalesDesk.open({ store, readModels, now: () => given.clock.now });
    expect(given.desk.migration(id)).toMatchObject({ state: 'paused' });
    await given.desk.resumeMigration(id, operations);
    await given.desk.migrated(id);
    await caughtUp();
    expect(new Set(await versions(ids))).toEqual(new Set([2]));
    // Those it moved before it was stopped count, too.
    expect(given.desk.migration(id)).toMatchObject({ state: 'finished', finished: { moved: 40 } });
    expect(await given.desk.pauseMigration(id, operations)).toMatchObject({ kind: 'refused', refused: 'migration-finished' });
  });

  test('one at a time for a process, to a version that is there, with choices that fit', async () => {
    await forty();
    await started({ choices: [{ stage: 'lead', stayUntil: '2027-01-01T00:00:00.000Z' }] });
    expect(await given.desk.startMigration(REQUEST, operations)).toMatchObject({
      kind: 'refused',
      refused: 'migration-under-way',
    });
    expect(await given.desk.planMigration({ process: 'new-business', version: 7 })).toEqual({
      kind: 'not-found',
      what: 'version',
    });
    expect(await given.desk.planMigration({ process: 'old', version: 1 })).toEqual({ kind: 'not-found', what: 'process' });
    expect(await given.desk.planMigration({ ...REQUEST, choices: [{ stage: 'led', to: 'lead' }] })).toMatchObject({
      kind: 'refused',
      refused: 'choices-invalid',
      problems: ['Version 1 has no stage "led": did you mean "lead"?'],
    });
  });
});

describe('versions', () => {
  test('hold for some teams, from a day on, until they are retired', async () => {
    given = await givenDesk();
    const { desk } = given;
    const versionOf = async (id: string, team: string): Promise<number> => {
      await done(desk, null, { type: 'Capture', id, process: 'new-business', team });
      return (await desk.opportunity(id))!.opportunity.process.version;
    };
    await desk.publish(RENAMED, 'yaml', operations, {
      teams: ['south'],
      effectiveFrom: '2026-03-03T00:00:00.000Z',
      reviewedBy: 'mia',
    });
    expect([await versionOf('a', 'south'), await versionOf('b', 'north')]).toEqual([1, 1]);
    given.at('2026-03-03T09:00:00.000Z');
    expect([await versionOf('c', 'south'), await versionOf('d', 'north')]).toEqual([2, 1]);
    expect(desk.process('new-business')).toMatchObject({ ref: { version: 1 } });
    expect(await desk.rollOut('new-business', 2, null, operations)).toMatchObject({
      kind: 'done',
      repeated: false,
      version: { teams: null, reviewedBy: 'mia' },
    });
    expect(await versionOf('e', 'north')).toBe(2);
    expect(await desk.retire('new-business', 2, operations)).toMatchObject({
      kind: 'done',
      version: { retiredAt: '2026-03-03T09:00:00.000Z' },
    });
    expect(await versionOf('f', 'north')).toBe(1);
    expect(await desk.retire('new-business', 1, operations)).toMatchObject({ kind: 'refused', refused: 'last-version' });
    expect(await desk.rollOut('new-business', 2, ['north'], operations)).toMatchObject({
      kind: 'refused',
      refused: 'version-retired',
    });
    expect(await desk.retire('new-business', 9, operations)).toEqual({ kind: 'not-found', what: 'version' });
  });

  test('begin as drafts, kept once, under which no deal runs', async () => {
    given = await givenDesk();
    const { desk } = given;
    expect(await desk.saveDraft(RENAMED, 'yaml', operations, 'Closing, not negotiating')).toMatchObject({
      draft: { draft: 1 },
      repeated: false,
    });
    expect(await desk.saveDraft(`${RENAMED}\n# a comment\n`, 'yaml', operations)).toMatchObject({
      draft: { draft: 1 },
      repeated: true,
    });
    expect(await desk.saveDraft('process: 5', 'yaml', operations)).toMatchObject({ draft: null });
    expect(desk.versions('new-business')).toHaveLength(1);
    await desk.publish(RENAMED, 'yaml', operations);
    expect(desk.process('new-business')).toMatchObject({ ref: { version: 2 }, draft: 1 });
    expect(desk.drafts('new-business')).toMatchObject([{ draft: 1, note: 'Closing, not negotiating', by: 'olga' }]);
  });
});
