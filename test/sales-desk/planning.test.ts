import { afterEach, describe, expect, test } from '@jest/globals';
import { targetOf, targetsInForce } from '@coxswain/projections';
import { SalesDesk } from '@coxswain/sales-desk';
import type { Actor, CallInput, TargetInput } from '@coxswain/sales-process';
import { customer, done, givenDesk, operations, seller, type GivenDesk } from './given-desk.js';

let given: GivenDesk;
afterEach(() => given.desk.close());

const euros = (major: number): { minor: number; currency: string } => ({ minor: major * 100, currency: 'EUR' });
const rep: Actor = { id: 'rita', roles: ['rep'], team: 'north' };
const target = (rest: Partial<TargetInput>): TargetInput => ({
  period: '2026-Q1',
  owner: null,
  team: null,
  amount: euros(100_000),
  note: null,
  ...rest,
});
const call = (rest: Partial<CallInput>): CallInput => ({
  period: '2026-Q1',
  owner: 'rita',
  team: null,
  kind: 'commit',
  amount: euros(50_000),
  note: null,
  ...rest,
});

async function planEvents(): Promise<string[]> {
  const types: string[] = [];
  for await (const { type } of given.store.read('plan-new-business')) types.push(type);
  return types;
}

describe('targets', () => {
  test('the latest counts, what says the same is not written again, and null takes one back', async () => {
    given = await givenDesk();
    const { desk } = given;
    const q1 = target({ owner: 'rita', amount: euros(40_000) });
    expect(await desk.setTargets('new-business', [q1, target({})], operations)).toEqual({ kind: 'done', set: 2, unchanged: 0 });
    given.at('2026-03-03T09:00:00.000Z');
    expect(await desk.setTargets('new-business', [q1, target({ amount: euros(120_000) })], operations)).toEqual({
      kind: 'done',
      set: 1,
      unchanged: 1,
    });
    expect(targetOf(desk.plan('new-business'), '2026-Q1', { owner: null, team: null })).toEqual(euros(120_000));
    expect(targetOf(desk.plan('new-business'), '2026-Q1', { owner: 'rita', team: null })).toEqual(euros(40_000));
    expect(targetOf(desk.plan('new-business'), '2026-Q1', { owner: 'bob', team: null })).toBeNull();
    await desk.setTargets('new-business', [{ ...q1, amount: null }], operations);
    expect(targetOf(desk.plan('new-business'), '2026-Q1', { owner: 'rita', team: null })).toBeNull();
    expect(targetsInForce(desk.plan('new-business')).map(({ amount }) => amount)).toEqual([euros(120_000)]);
    expect(await planEvents()).toEqual(['TargetSet', 'TargetSet', 'TargetSet', 'TargetSet']);
  });

  test('all are taken or none: each problem is named with its place', async () => {
    given = await givenDesk();
    const refused = await given.desk.setTargets(
      'new-business',
      [
        target({}),
        target({ period: '2026-13' }),
        target({ owner: 'rita', team: 'north', amount: { minor: 1.5, currency: 'USD' } }),
      ],
      operations,
    );
    expect(refused).toEqual({
      kind: 'refused',
      problems: [
        { at: 1, field: 'period', say: 'must be a month like 2026-11 or a quarter like 2026-Q4' },
        { at: 2, field: 'team', say: 'must be left out where an owner is named: it is the one or the other' },
        { at: 2, field: 'amount', say: 'must be a whole number of minor units, 0 or more' },
        { at: 2, field: 'amount', say: 'must be in EUR, the currency of the process' },
      ],
    });
    expect(await given.desk.setTargets('new-business', [target({})], operations, { dryRun: true })).toEqual({
      kind: 'done',
      set: 1,
      unchanged: 0,
    });
    expect(await planEvents()).toEqual([]);
    expect(await given.desk.setTargets('new-business', [target({})], rep)).toMatchObject({ kind: 'forbidden' });
    expect(await given.desk.setTargets('old-business', [target({})], operations)).toMatchObject({ kind: 'not-found' });
  });
});

describe('calls', () => {
  test('a person calls for themself; for others only who answers for more than their own deals', async () => {
    given = await givenDesk();
    const { desk } = given;
    expect(await desk.makeCall('new-business', call({}), rep)).toMatchObject({ kind: 'done', repeated: false });
    expect(await desk.makeCall('new-business', call({}), rep)).toMatchObject({ kind: 'done', repeated: true });
    expect(await desk.makeCall('new-business', call({ owner: 'bob' }), rep)).toMatchObject({
      kind: 'refused',
      problems: [{ field: 'owner' }],
    });
    expect(await desk.makeCall('new-business', call({ owner: null, team: 'north' }), rep)).toMatchObject({ kind: 'refused' });
    expect(await desk.makeCall('new-business', call({ owner: null, team: 'north' }), seller)).toMatchObject({ kind: 'done' });
    expect(await desk.makeCall('new-business', call({ kind: 'comit' }), rep)).toMatchObject({
      kind: 'refused',
      problems: [{ field: 'kind', say: 'must be commit or best-case: did you mean "commit"?' }],
    });
    expect(await planEvents()).toEqual(['CallMade', 'CallMade']);
  });
});

/** Forty wins of 100.00 in February, so that there is a record, and open deals. */
async function withRecord(): Promise<void> {
  given = await givenDesk('2026-01-05T09:00:00.000Z');
  const { desk } = given;
  await desk.recordHistory(
    Array.from({ length: 60 }, (_, deal) => {
      const at = (days: number): string => new Date(Date.UTC(2025, 8, 1 + deal + days, 12)).toISOString();
      return {
        process: 'new-business',
        id: `h${deal}`,
        batch: 'b',
        capture: {
          occurredAt: at(0),
          by: 'rita',
          owner: deal % 2 === 0 ? 'rita' : 'bob',
          team: 'north',
          account: null,
          origin: 'import',
          facts: { amount: euros(100) },
        },
        steps: [
          { key: '1', kind: 'stage' as const, to: 'qualified', occurredAt: at(5), by: 'rita' },
          { key: '2', kind: 'stage' as const, to: deal % 3 === 0 ? 'lost' : 'won', occurredAt: at(20 + (deal % 10)), by: 'rita' },
        ],
      };
    }),
  );
  await desk.caughtUp((await given.store.end()).position!, 5_000);
}

describe('forecasts as events', () => {
  test('are issued in all and by owner and team, once a day, and say what they rest on', async () => {
    await withRecord();
    const first = await given.desk.issueForecasts('new-business', 'quarter', operations);
    // Two periods for everybody, for rita, for bob, and for the team.
    expect(first).toEqual({ kind: 'done', issued: 8 });
    expect(await given.desk.issueForecasts('new-business', 'quarter', operations)).toEqual({ kind: 'done', issued: 0 });
    given.at('2026-01-06T09:00:00.000Z');
    expect(await given.desk.issueForecasts('new-business', 'quarter', operations)).toEqual({ kind: 'done', issued: 8 });
    const [issued] = given.desk.plan('new-business').issued;
    expect(issued).toMatchObject({
      grouping: null,
      group: null,
      method: 'blend 1',
      by: 'olga',
      start: expect.stringMatching(/^\d{4}-\d\d-01$/),
    });
    expect(issued!.components.map(({ component }) => component)).toContain('moving-average');
    expect(issued!.position).not.toBeNull();
  });

  test('are scored once when their period is over, with the calls, by what came in to whom', async () => {
    await withRecord();
    const { desk } = given;
    await desk.issueForecasts('new-business', 'quarter', operations);
    await desk.makeCall('new-business', call({ amount: euros(30_000) }), rep);
    await desk.makeCall('new-business', call({ owner: null, team: 'north', amount: euros(10_000) }), operations);
    expect(await desk.scoreForecasts()).toBe(0);
    given.at('2026-02-10T09:00:00.000Z');
    await customer(desk, 'w1'); // 12,500.00 won by rita
    given.at('2026-04-01T00:00:00.000Z');
    await desk.caughtUp((await given.store.end()).position!, 5_000);
    // The first quarter is over: four forecasts (all, rita, bob, north) and two calls.
    expect(await desk.scoreForecasts()).toBe(6);
    expect(await desk.scoreForecasts()).toBe(0);
    const { scored, issued } = desk.plan('new-business');
    const own = scored.find(
      ({ of }) => of.id === issued.find(({ group, period }) => group === 'rita' && period === '2026-Q1')!.forecast,
    );
    expect(own).toMatchObject({ actual: euros(12_500) });
    const calls = scored.filter(({ of }) => of.kind === 'call').map(({ error, leadDays }) => [error, leadDays]);
    // 30,000 - 12,500 and 10,000 - 12,500; from 5 January to 31 March are 85 days and a bit.
    expect(calls).toEqual([
      [euros(17_500), 86],
      [euros(-2500), 86],
    ]);
    const record = desk.measure('forecast-record', { process: 'new-business' });
    // Of everybody: one forecast scored, one waits; of the calls two.
    expect(record.groups[0]).toMatchObject({ scored: 3, waiting: 1, nextEnd: '2026-07-01' });
    expect(record.groups[0]!.calls).toMatchObject([
      { owner: null, team: 'north', kind: 'commit', said: 1, wape: 0.2, bias: -0.2 },
      { owner: 'rita', team: null, kind: 'commit', said: 1, wape: 1.4, bias: 1.4 },
    ]);
    expect(record.groups[0]!.leadTimes.find(({ days }) => days === '61 to 91')).toMatchObject({
      blend: { said: 1 },
      commits: { said: 2 },
    });
    const byOwner = desk.measure('forecast-record', { process: 'new-business', by: 'owner' });
    expect(byOwner.groups.map(({ group, scored: of }) => [group, of])).toEqual([
      ['rita', 2],
      ['bob', 1],
    ]);
    expect(() => desk.measure('forecast-record', { process: 'new-business', by: 'source' })).toThrow('by owner or by team only');
  });

  test('survive a restart, and the past knows nothing of what was said later', async () => {
    await withRecord();
    await given.desk.setTargets('new-business', [target({})], operations);
    await given.desk.issueForecasts('new-business', 'quarter', operations);
    await given.desk.close();
    const { store, readModels } = given;
    given.desk = await SalesDesk.open({ store, readModels, now: () => given.clock.now });
    expect(given.desk.plan('new-business')).toMatchObject({ targets: [{ amount: euros(100_000) }], issued: { length: 8 } });
    given.at('2026-01-07T09:00:00.000Z');
    const ask = (asOf: string) => given.desk.measure('forecast-record', { process: 'new-business', asOf }).groups[0]!.waiting;
    expect([ask('2026-01-05T08:59:59.000Z'), ask('2026-01-05T09:00:00.000Z')]).toEqual([0, 2]);
  });

  test('a process without a record issues nothing', async () => {
    given = await givenDesk();
    await done(given.desk, null, { type: 'Capture', id: 'a', process: 'new-business' });
    expect(await given.desk.issueForecasts('new-business', 'quarter', operations)).toEqual({ kind: 'done', issued: 0 });
  });
});
