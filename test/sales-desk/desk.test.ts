import { afterEach, describe, expect, test } from '@jest/globals';
import type { EventStore, StoredEvent } from '@coxswain/event-store';
import { SalesDesk, type DealRequest } from '@coxswain/sales-desk';
import { customer, done, givenDesk, newBusinessFile, operations, seller, type GivenDesk } from './given-desk.js';

let given: GivenDesk;
afterEach(() => given.desk.close());

async function log(store: EventStore): Promise<StoredEvent[]> {
  const events: StoredEvent[] = [];
  for await (const event of store.readAll()) events.push(event);
  return events;
}

const types = (events: readonly StoredEvent[]): string[] => events.map(({ type }) => type);

describe('publishing', () => {
  test('a process is numbered by the engine; the same content again writes nothing', async () => {
    given = await givenDesk();
    const again = await given.desk.publish(`# a comment more\n${newBusinessFile}`, 'yaml', operations);
    expect(again).toMatchObject({ repeated: true, published: { id: 'new-business', version: 1 } });
    const changed = await given.desk.publish(
      newBusinessFile.replace('title: New business', 'title: Newer business'),
      'yaml',
      operations,
    );
    expect(changed).toMatchObject({ repeated: false, published: { version: 2 } });
    expect(given.desk.versions('new-business').map(({ title }) => title)).toEqual(['New business', 'Newer business']);
  });

  test('a broken file is refused with its problems, and nothing is written', async () => {
    given = await givenDesk(undefined, false);
    const { problems, published } = await given.desk.publish(
      newBusinessFile.replace('start: lead', 'start: laed'),
      'yaml',
      operations,
    );
    expect(published).toBeNull();
    expect(problems).toHaveLength(1);
    expect(await log(given.store)).toEqual([]);
  });

  test('a deal stays on the version it began under', async () => {
    given = await givenDesk();
    await done(given.desk, null, { type: 'Capture', id: 'a', process: 'new-business' });
    await given.desk.publish(newBusinessFile.replace('>= 60.0', '>= 90.0'), 'yaml', operations);
    await done(given.desk, 'a', { type: 'Advance', move: 'qualify', facts: { source: 'inbound', fitScore: 70 } });
    await done(given.desk, null, { type: 'Capture', id: 'b', process: 'new-business' });
    const refused = await given.desk.command(
      'b',
      { type: 'Advance', move: 'qualify', facts: { source: 'inbound', fitScore: 70 } },
      { actor: seller },
    );
    expect(refused).toMatchObject({ kind: 'refused', blockers: [{ check: 'fit' }] });
  });
});

describe('a command', () => {
  test('of two moves that saw the same revision, one is done and the other is told that it is stale', async () => {
    given = await givenDesk();
    const { revision } = await done(given.desk, null, {
      type: 'Capture',
      id: 'a',
      process: 'new-business',
      facts: { source: 'inbound', fitScore: 80 },
    });
    const qualify = (): ReturnType<SalesDesk['command']> =>
      given.desk.command('a', { type: 'Advance', move: 'qualify' }, { actor: seller, expectedRevision: revision });
    const outcomes = await Promise.all([qualify(), qualify()]);
    expect(outcomes.map((outcome) => ('kind' in outcome ? outcome.kind : 'done'))).toEqual(['done', 'stale']);
  });

  test('the same request under the same key is done once and answered twice, also by a new desk', async () => {
    given = await givenDesk();
    const capture = { type: 'Capture' as const, process: 'new-business' };
    const first = await done(given.desk, null, capture, { key: 'k1' });
    const before = (await log(given.store)).length;
    expect(await done(given.desk, null, capture, { key: 'k1' })).toEqual({ ...first, repeated: true });

    await given.desk.close();
    given.desk = await SalesDesk.open({ ...given, now: () => given.clock.now });
    expect(await done(given.desk, null, capture, { key: 'k1' })).toEqual({ ...first, repeated: true });
    expect(await log(given.store)).toHaveLength(before);
  });

  test('the same key for another request is refused; another actor has keys of their own', async () => {
    given = await givenDesk();
    await done(given.desk, null, { type: 'Capture', id: 'a', process: 'new-business' }, { key: 'k1' });
    const other = await given.desk.command(
      null,
      { type: 'Capture', id: 'a', process: 'new-business' },
      { actor: seller, idempotency: { key: 'k1', request: 'another' } },
    );
    expect(other).toEqual({ kind: 'key-reused' });
    const somebody = await done(given.desk, null, { type: 'Capture', process: 'new-business' }, { key: 'k1', actor: operations });
    expect(somebody.id).not.toBe('a');
  });

  test('a key that stood for something asked of another deal is told so, not as a quarrel of writers', async () => {
    given = await givenDesk();
    for (const id of ['a', 'b']) await done(given.desk, null, { type: 'Capture', id, process: 'new-business' });
    const call: DealRequest = { type: 'LogActivity', kind: 'call' };
    await done(given.desk, 'a', call, { key: 'k2' });
    const asked = { actor: seller, idempotency: { key: 'k2', request: JSON.stringify(call) } };
    expect(await given.desk.command('b', call, asked)).toEqual({ kind: 'key-reused' });
  });

  test('twenty requests with one key at once leave one capture', async () => {
    given = await givenDesk();
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => done(given.desk, null, { type: 'Capture', process: 'new-business' }, { key: 'k1' })),
    );
    expect(new Set(answers.map(({ id, revision }) => `${id} ${revision}`)).size).toBe(1);
    expect(types(await log(given.store)).filter((type) => type === 'OpportunityCaptured')).toHaveLength(1);
  });

  test('a dry run decides and writes nothing', async () => {
    given = await givenDesk();
    await done(given.desk, null, {
      type: 'Capture',
      id: 'a',
      process: 'new-business',
      facts: { source: 'inbound', fitScore: 80 },
    });
    const before = (await log(given.store)).length;
    expect(await given.desk.command('a', { type: 'Advance', move: 'qualify' }, { actor: seller, dryRun: true })).toMatchObject({
      stage: 'qualified',
    });
    expect(await log(given.store)).toHaveLength(before);
  });

  test('what does not exist is said to be missing', async () => {
    given = await givenDesk();
    expect(await given.desk.command('nobody', { type: 'LogActivity', kind: 'call' }, { actor: seller })).toEqual({
      kind: 'not-found',
      what: 'opportunity',
      id: 'nobody',
    });
    expect(await given.desk.command(null, { type: 'Capture', process: 'old-business' }, { actor: seller })).toEqual({
      kind: 'not-found',
      what: 'process',
      id: 'old-business',
    });
  });
});

describe('time limits', () => {
  test('fire once, at the instant they were due, also when the service was down then', async () => {
    given = await givenDesk();
    await done(given.desk, null, { type: 'Capture', id: 'a', process: 'new-business' });
    await given.desk.close();
    given.at('2026-06-01T09:00:00.000Z');
    given.desk = await SalesDesk.open({ ...given, now: () => given.clock.now });
    expect(await given.desk.fireDueLimits()).toBe(1);
    expect(await given.desk.fireDueLimits()).toBe(0);
    const fired = (await log(given.store)).at(-1)!;
    expect(fired).toMatchObject({ type: 'LimitFired', recordedAt: '2026-06-01T09:00:00.000Z' });
    expect(fired.data).toMatchObject({ occurredAt: '2026-03-05T09:00:00.000Z', told: ['rita', 'manager'] });
  });

  test('leave room for commands, however many are due after a long stop', async () => {
    given = await givenDesk();
    for (let deal = 0; deal < 600; deal++)
      await done(given.desk, null, { type: 'Capture', id: `d${deal}`, process: 'new-business' });
    await given.desk.close();
    given.at('2026-06-01T09:00:00.000Z');
    let [waiting, most] = [0, 0];
    const store = new Proxy(given.store, {
      get: (target, name, receiver) => {
        const of = Reflect.get(target, name, receiver) as unknown;
        if (name !== 'append' || typeof of !== 'function') return typeof of === 'function' ? of.bind(target) : of;
        return async (...args: unknown[]) => {
          most = Math.max(most, ++waiting);
          try {
            return (await of.apply(target, args)) as unknown;
          } finally {
            waiting--;
          }
        };
      },
    });
    given.desk = await SalesDesk.open({ ...given, store, now: () => given.clock.now });
    expect(await given.desk.fireDueLimits()).toBe(600);
    expect(most).toBeGreaterThan(1);
    expect(most).toBeLessThanOrEqual(256);
  });

  test('two schedulers on one log fire a limit once', async () => {
    given = await givenDesk();
    await done(given.desk, null, { type: 'Capture', id: 'a', process: 'new-business' });
    const other = await SalesDesk.open({ ...given, now: () => given.clock.now });
    given.at('2026-06-01T09:00:00.000Z');
    await Promise.all([given.desk.fireDueLimits(), other.fireDueLimits()]);
    await other.close();
    expect(types(await log(given.store)).filter((type) => type === 'LimitFired')).toHaveLength(1);
  });

  test('what is overdue shows on the board', async () => {
    given = await givenDesk();
    await done(given.desk, null, { type: 'Capture', id: 'a', process: 'new-business' });
    given.at('2026-03-06T09:00:00.000Z');
    await given.desk.fireDueLimits();
    expect(given.desk.board({ overdue: true }).items.map(({ id, overdueSince }) => [id, overdueSince])).toEqual([
      ['a', '2026-03-05T09:00:00.000Z'],
    ]);
  });
});

describe('linked deals', () => {
  test('an up-sell opens one linked deal with the same owner and account', async () => {
    given = await givenDesk();
    await customer(given.desk, 'a');
    const { revision } = await done(given.desk, 'a', { type: 'Advance', move: 'upsell' });
    const linked = `a~${revision - 1}`;
    expect((await given.desk.opportunity(linked))!.opportunity).toMatchObject({
      origin: 'upsell',
      owner: 'rita',
      account: 'Birch & Sons',
      openedFrom: { deal: 'a', revision: revision - 1, move: 'upsell' },
    });
  });

  test('when the process dies between the two streams, the next start opens it, once', async () => {
    given = await givenDesk();
    await customer(given.desk, 'a');
    await given.desk.close();

    // A desk whose store breaks as soon as the linked deal is written: the step is stored, the linked deal is not.
    const breaking = Object.create(given.store, {
      append: {
        value: (stream: string, ...rest: [never, never]) =>
          stream.includes('~') ? Promise.reject(new Error('the process died')) : given.store.append(stream, ...rest),
      },
    }) as EventStore;
    const dying = await SalesDesk.open({ store: breaking, readModels: given.readModels, now: () => given.clock.now });
    await expect(dying.command('a', { type: 'Advance', move: 'upsell' }, { actor: seller })).rejects.toThrow('the process died');
    await dying.close();
    const opened = async (): Promise<number> =>
      (await log(given.store)).filter(({ type, stream }) => type === 'OpportunityCaptured' && stream.includes('~')).length;
    expect(await opened()).toBe(0);

    for (let start = 0; start < 2; start++) {
      given.desk = await SalesDesk.open({ ...given, now: () => given.clock.now });
      expect(await opened()).toBe(1);
      await given.desk.close();
    }
  });

  test('a move that would open a deal under a process nobody published is refused', async () => {
    given = await givenDesk(undefined, false);
    await given.desk.publish(
      newBusinessFile.replace('opens: { process: new-business, origin: upsell }', 'opens: { process: up-sell, origin: upsell }'),
      'yaml',
      operations,
    );
    await customer(given.desk, 'a');
    expect(await given.desk.command('a', { type: 'Advance', move: 'upsell' }, { actor: seller })).toMatchObject({
      kind: 'refused',
      refused: 'move-blocked',
      blockers: [{ kind: 'path' }],
    });
  });
});

describe('questions', () => {
  test('a deal as of any instant equals the deal as it was then', async () => {
    given = await givenDesk();
    const seen: [string, unknown][] = [];
    const days = ['03', '04', '05', '06'];
    const requests = [
      { type: 'RecordFacts' as const, facts: { source: 'inbound', fitScore: 80 } },
      { type: 'Advance' as const, move: 'qualify' },
      { type: 'ChangeOwner' as const, owner: 'paul' },
      { type: 'LogActivity' as const, kind: 'call' },
    ];
    await done(given.desk, null, { type: 'Capture', id: 'a', process: 'new-business' });
    for (const [index, request] of requests.entries()) {
      given.at(`2026-03-${days[index]}T09:00:00.000Z`);
      await done(given.desk, 'a', request);
      seen.push([given.clock.now.toISOString(), (await given.desk.opportunity('a'))!.opportunity]);
    }
    for (const [asOf, state] of seen) {
      expect((await given.desk.opportunity('a', asOf))!.opportunity).toEqual(state);
      expect((await given.desk.replay('a', asOf))!.at(-1)!.after).toEqual(state);
    }
    expect(await given.desk.opportunity('a', '2026-03-01T00:00:00.000Z')).toBeNull();
  });

  test('every recorded decision, asked again, agrees', async () => {
    given = await givenDesk();
    await customer(given.desk, 'a');
    await done(given.desk, 'a', { type: 'Advance', move: 'upsell' });
    expect(await given.desk.verifyAll()).toMatchObject({ deals: 2, disagreeing: [] });
    expect((await given.desk.verify('a'))!.verdicts).toHaveLength(9);
  });

  test('the board comes in pages that leave nothing out', async () => {
    given = await givenDesk();
    for (let deal = 10; deal < 35; deal++)
      await done(given.desk, null, { type: 'Capture', id: `d${deal}`, process: 'new-business' });
    await given.desk.caughtUp((await given.store.end()).position!, 1_000);
    const ids: string[] = [];
    for (let cursor: string | undefined; ;) {
      const { items, next } = given.desk.board({ limit: 10, ...(cursor !== undefined && { cursor }) });
      ids.push(...items.map(({ id }) => id));
      if (next === null) break;
      cursor = next;
    }
    expect(ids).toEqual(Array.from({ length: 25 }, (_, index) => `d${index + 10}`));
    expect(() => given.desk.board({ cursor: 'nonsense' })).toThrow(RangeError);
  });

  test('rebuilt read models equal those that followed along', async () => {
    given = await givenDesk();
    await customer(given.desk, 'a');
    await done(given.desk, 'a', { type: 'Advance', move: 'upsell' });
    await given.desk.caughtUp((await given.store.end()).position!, 1_000);
    const figures = (): unknown => [
      given.desk.board({}),
      given.desk.measure('pipeline', { process: 'new-business' }),
      given.desk.measure('conversion', { process: 'new-business' }),
    ];
    const before = figures();
    await given.desk.rebuild();
    expect(figures()).toEqual(before);
  });
});

describe('history from another system', () => {
  const request = {
    process: 'new-business',
    id: 'crm-1',
    batch: 'b1',
    capture: {
      occurredAt: '2025-01-06T09:00:00.000Z',
      by: 'import',
      owner: 'rita',
      team: null,
      account: null,
      origin: 'import',
      facts: { source: 'partner' },
    },
    steps: [
      {
        key: '1',
        kind: 'stage' as const,
        to: 'qualified',
        occurredAt: '2025-01-07T09:00:00.000Z',
        by: 'rita',
        facts: { fitScore: 10 },
      },
      { key: '2', kind: 'stage' as const, to: 'shipped', occurredAt: '2025-01-08T09:00:00.000Z', by: 'rita' },
      { key: '3', kind: 'activity' as const, activity: 'call', occurredAt: '2025-01-08T09:00:00.000Z', by: 'rita' },
    ],
  };

  test('is stored, deviating steps named, and what cannot be read rejected; a repetition stores nothing', async () => {
    given = await givenDesk();
    expect(await given.desk.recordHistory([request])).toEqual([
      {
        id: 'crm-1',
        stored: 3,
        alreadyThere: 0,
        deviating: [{ key: '1', say: 'Fit score must be at least 60.' }],
        rejected: [{ key: '2', say: 'The process has no stage "shipped".' }],
        overdue: [{ limit: 'qualified', then: 'warn', moves: false }],
      },
    ]);
    const before = (await log(given.store)).length;
    expect(await given.desk.recordHistory([request])).toMatchObject([{ stored: 0, alreadyThere: 3, rejected: [{ key: '2' }] }]);
    expect(await log(given.store)).toHaveLength(before);
  });

  test('an interrupted import goes on where it stopped, to the same final state', async () => {
    given = await givenDesk();
    await given.desk.recordHistory([{ ...request, steps: request.steps.slice(0, 1) }]);
    await given.desk.recordHistory([request]);
    const { opportunity } = (await given.desk.opportunity('crm-1'))!;
    expect(opportunity).toMatchObject({ stage: 'qualified', activities: 1 });
    expect(Object.keys(opportunity.limits)).toEqual(['qualified']);
  });

  test('never writes into a deal that did not come from the same source', async () => {
    given = await givenDesk();
    await done(given.desk, null, { type: 'Capture', id: 'crm-1', process: 'new-business' });
    const [answer] = await given.desk.recordHistory([request]);
    expect(answer).toMatchObject({ stored: 0, alreadyThere: 0 });
    expect(answer!.rejected).toHaveLength(4);
  });

  test('a dry run judges and writes nothing', async () => {
    given = await givenDesk();
    expect(await given.desk.recordHistory([request], { dryRun: true })).toMatchObject([{ stored: 3, deviating: [{ key: '1' }] }]);
    expect(await given.desk.opportunity('crm-1')).toBeNull();
  });
});
