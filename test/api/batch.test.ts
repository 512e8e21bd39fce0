import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { GivenService, type Answered } from './service.js';

describe('many commands in one request', () => {
  let given: GivenService;
  beforeAll(async () => {
    given = await GivenService.start();
    await given.publish();
  });
  afterAll(() => given.end());

  const batch = (commands: unknown, asked: object = {}): Promise<Answered> =>
    given.post('/v1/commands', { json: { commands }, ...asked });
  const results = async (commands: readonly object[]): Promise<readonly Record<string, unknown>[]> => {
    const { status, body } = await batch(commands);
    expect(status).toBe(200);
    return body['results'] as Record<string, unknown>[];
  };
  const eventsOf = async (id: string): Promise<number> =>
    ((await given.get(`/v1/opportunities/${id}/events`)).body['items'] as unknown[]).length;

  test('those on one deal are done in the order given, each with the answer it would have had by itself', async () => {
    const answers = await results([
      { do: 'capture', id: 'a-1', process: 'new-business', facts: { source: 'inbound' } },
      { do: 'facts', id: 'a-1', facts: { fitScore: 80 } },
      { do: 'activity', id: 'a-1', kind: 'call' },
      { do: 'move', id: 'a-1', move: 'qualify' },
      { do: 'owner', id: 'a-1', owner: 'ben' },
      { do: 'move', id: 'a-1', move: 'propose' },
    ]);
    expect(answers.map(({ status, stage }) => [status, stage])).toEqual([
      [201, 'lead'],
      [201, 'lead'],
      [201, 'lead'],
      [201, 'qualified'],
      [201, 'qualified'],
      [422, undefined],
    ]);
    expect(answers[5]).toMatchObject({
      code: 'move-blocked',
      blockers: expect.arrayContaining([{ kind: 'fact', field: 'amount', say: expect.any(String) }]),
    });
    expect((await given.get('/v1/opportunities/a-1')).body).toMatchObject({ opportunity: { stage: 'qualified', owner: 'ben' } });
  });

  test('one that is wrong or refused keeps no other from being done', async () => {
    const answers = await results([
      { do: 'capture', id: 'b-1', process: 'new-business', colour: 'red' },
      { do: 'capture', id: 'b-2', process: 'new-business' },
      { do: 'move', id: 'none', move: 'qualify' },
      { do: 'dance', id: 'b-2' },
      { do: 'move', id: 'b-2', move: 'qualify', ifMatch: 7 },
      { do: 'capture', id: 'b-3', process: 'new-business', key: 'ä', ifMatch: 1 },
    ]);
    expect(answers.map(({ status, code }) => [status, code])).toEqual([
      [400, 'request-invalid'],
      [201, undefined],
      [404, 'no-such-opportunity'],
      [400, 'request-invalid'],
      [412, 'stale'],
      [400, 'request-invalid'],
    ]);
    expect(answers[0]!['problems']).toEqual([{ field: 'colour', say: 'is not known here' }]);
    expect((answers[5]!['problems'] as { field: string }[]).map(({ field }) => field)).toEqual(['key', 'ifMatch']);
  });

  test('a key is done once, whether it comes again in a batch or by itself', async () => {
    const capture = { id: 'c-1', process: 'new-business', facts: { source: 'inbound' } };
    const first = (
      await results([
        { do: 'capture', ...capture, key: 'k-1' },
        { do: 'activity', id: 'c-1', kind: 'call', key: 'k-2' },
      ])
    )[1]!;
    const events = await eventsOf('c-1');
    const again = (await results([{ do: 'activity', kind: 'call', id: 'c-1', key: 'k-2' }]))[0]!;
    expect(again).toEqual({ ...first, replayed: true });
    const alone = await given.post('/v1/opportunities', { json: capture, headers: { 'idempotency-key': 'k-1' } });
    expect([alone.status, alone.headers.get('idempotency-replayed')]).toEqual([201, 'true']);
    expect((await results([{ do: 'activity', id: 'c-1', kind: 'meeting', key: 'k-2' }]))[0]).toMatchObject({
      status: 422,
      code: 'idempotency-key-reused',
    });
    expect(await eventsOf('c-1')).toBe(events);
  });

  test('a thousand captures are taken; one more is refused whole', async () => {
    const many = Array.from({ length: 1_001 }, (_, n) => ({ do: 'capture', id: `many-${n}`, process: 'new-business' }));
    expect((await batch(many)).status).toBe(400);
    expect((await results(many.slice(0, 1_000))).every(({ status }) => status === 201)).toBe(true);
    expect((await given.get('/v1/opportunities/many-1000')).status).toBe(404);
  });

  test.each([[undefined], [[]], ['all'], [{}]])('%j is no list of commands', async (commands) => {
    expect((await batch(commands)).body).toMatchObject({ status: 400, problems: [{ field: 'commands' }] });
  });

  test('conditions of one command do not belong to a batch, and nobody gets in without a token', async () => {
    const commands = [{ do: 'capture', process: 'new-business' }];
    expect((await batch(commands, { headers: { 'idempotency-key': 'k' } })).body['detail']).toMatch(/each carries its own/);
    expect((await batch(commands, { as: null })).status).toBe(401);
  });
});
