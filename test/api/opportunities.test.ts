import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { GivenService, type Answered } from './service.js';

// One service for the whole file: each test has deals of its own.
let given: GivenService;
beforeAll(async () => {
  given = await GivenService.start();
  await given.publish();
});
afterAll(() => given.end());

const TIMES = 'occurredAt';
const codeOf = ({ status, body }: Answered): string => `${status} ${String(body['code'])}`;
const idsOf = ({ body }: Answered): readonly string[] => (body['items'] as { id: string }[]).map(({ id }) => id);
const eventsOf = async (id: string): Promise<readonly string[]> => {
  const { body } = await given.get(`/v1/opportunities/${id}/events?limit=500`);
  return (body['items'] as { type: string }[]).map(({ type }) => type);
};

describe('a deal', () => {
  test('captured has an address, a revision and stands at the start of its process', async () => {
    const answer = await given.capture('acme-1');
    expect([answer.status, answer.headers.get('location')]).toEqual([201, '/v1/opportunities/acme-1']);
    expect(Object.keys(answer.body)).toEqual(['id', 'revision', 'position', 'stage', 'phase']);
    expect(answer.body).toMatchObject({ id: 'acme-1', revision: 1, stage: 'lead', phase: 'lead' });
    expect(answer.headers.get('etag')).toBe('"1"');
    const seen = await given.get('/v1/opportunities/acme-1');
    expect(seen.headers.get('etag')).toBe('"1"');
    expect(seen.body).toMatchObject({ revision: 1, opportunity: { owner: 'ada', team: 'north', stage: 'lead' } });
  });

  test('goes from lead to won, and the record tells who, in which role', async () => {
    await given.capture('acme-2');
    const move = async (name: string, json: object, as = 'ada'): Promise<string> =>
      String((await given.post(`/v1/opportunities/acme-2/moves/${name}`, { as, json })).body['stage']);
    expect(await move('qualify', {})).toBe('qualified');
    const facts = {
      amount: { minor: 1_250_000, currency: 'EUR' },
      closeDate: '2026-06-30',
      economicBuyer: 'The CFO',
      budgetConfirmed: true,
      discountPct: 5,
    };
    expect(await move('propose', { facts })).toBe('proposal');
    expect(await move('send', {})).toBe('proposal');
    expect(await move('approve', {}, 'dan')).toBe('negotiation');
    expect(await move('win', {})).toBe('won');
    const { body } = await given.get('/v1/opportunities/acme-2/replay');
    const steps = body['steps'] as { event: { move?: string; by: string; role?: string; to?: string } }[];
    expect(steps.filter(({ event }) => event.move === 'approve').map(({ event }) => [event.by, event.role])).toEqual([
      ['dan', 'deal-desk'],
    ]);
    expect((await given.post('/v1/opportunities/acme-2/verify')).body).toMatchObject({ agree: true });
  });

  test('that is blocked says everything that is missing, who could help and what is possible instead', async () => {
    await given.capture('acme-3');
    await given.post('/v1/opportunities/acme-3/moves/qualify', { json: {} });
    const answer = await given.post('/v1/opportunities/acme-3/moves/propose', {
      json: { facts: { amount: { minor: 100, currency: 'EUR' } } },
    });
    expect(codeOf(answer)).toBe('422 move-blocked');
    expect(answer.headers.get('content-type')).toBe('application/problem+json; charset=utf-8');
    const blockers = answer.body['blockers'] as { kind: string; field?: string; check?: string; who?: string[] }[];
    expect(blockers.map(({ kind, field, check }) => [kind, check ?? field])).toEqual([
      ['fact', 'closeDate'],
      ['fact', 'economicBuyer'],
      ['check', 'budget'],
    ]);
    expect(blockers[2]?.who).toEqual(['manager']);
    // Losing it needs a reason that is not recorded, so nothing is possible as it stands.
    expect(answer.body['allowed']).toEqual([]);
    // What was tried left no trace.
    expect(await eventsOf('acme-3')).not.toContain('FactsRecorded');
  });

  test('asked in the wrong role is blocked; the role comes from the token, never from the body', async () => {
    await given.capture('acme-4');
    const answer = await given.post('/v1/opportunities/acme-4/moves/qualify', { as: 'dan', json: {} });
    expect(codeOf(answer)).toBe('422 move-blocked');
    expect(answer.body['blockers']).toMatchObject([{ kind: 'role', who: ['sdr', 'rep'] }]);
    const smuggled = await given.post('/v1/opportunities/acme-4/moves/qualify', {
      as: 'dan',
      json: { roles: ['rep'], actor: 'ada' },
    });
    expect(smuggled.body['problems']).toEqual([
      { field: 'roles', say: 'is not known here' },
      { field: 'actor', say: 'is not known here' },
    ]);
  });

  test('may pass a check that a manager lets pass, with a reason', async () => {
    await given.capture('acme-5');
    await given.post('/v1/opportunities/acme-5/moves/qualify', { json: {} });
    const facts = { amount: { minor: 100, currency: 'EUR' }, closeDate: '2026-06-30', economicBuyer: 'The CFO' };
    await given.ask('PATCH', '/v1/opportunities/acme-5/facts', { json: { facts } });
    const ask = (json: object): Promise<Answered> =>
      given.post('/v1/opportunities/acme-5/moves/propose?dryRun=true', { as: 'mia', json });
    // mia is a manager: only a rep proposes, but whoever lets a check pass makes the move in that role.
    expect((await ask({})).body['blockers']).toMatchObject([{ kind: 'role' }, { kind: 'check', check: 'budget' }]);
    expect((await ask({ override: ['budget'] })).body['blockers']).toMatchObject([
      { kind: 'role' },
      { kind: 'check', check: 'budget' },
    ]);
    const passed = await ask({ override: ['budget'], reason: 'Confirmed by phone.' });
    expect([passed.status, passed.body['stage']]).toEqual([200, 'proposal']);
  });

  test('asked on a dry run answers what would happen, and stays as it is', async () => {
    await given.capture('acme-6');
    const before = await eventsOf('acme-6');
    const answer = await given.post('/v1/opportunities/acme-6/moves/qualify?dryRun=true', { json: {} });
    expect([answer.status, answer.body['stage'], answer.headers.get('etag')]).toEqual([200, 'qualified', null]);
    expect(await eventsOf('acme-6')).toEqual(before);
  });

  test('can change hands, and keep its calls', async () => {
    await given.capture('acme-7');
    expect((await given.post('/v1/opportunities/acme-7/owner', { json: { owner: 'ben', team: 'south' } })).status).toBe(201);
    expect(
      (await given.post('/v1/opportunities/acme-7/activities', { json: { kind: 'call', note: 'Budget in April.' } })).status,
    ).toBe(201);
    expect((await given.get('/v1/opportunities/acme-7')).body).toMatchObject({
      opportunity: { owner: 'ben', team: 'south', activities: 1 },
    });
  });

  test('is not known before it was captured', async () => {
    await given.capture('acme-8');
    expect(codeOf(await given.get('/v1/opportunities/acme-8?asOf=2020-01-01T00:00:00Z'))).toBe('404 no-such-opportunity');
    expect(codeOf(await given.get('/v1/opportunities/nobody'))).toBe('404 no-such-opportunity');
    expect(codeOf(await given.post('/v1/opportunities/nobody/moves/qualify', { json: {} }))).toBe('404 no-such-opportunity');
    expect(codeOf(await given.capture('acme-8'))).toBe('409 already-captured');
  });

  test('lists its ways on for whoever asks', async () => {
    await given.capture('acme-9');
    const { body } = await given.get('/v1/opportunities/acme-9/moves');
    expect(body['moves']).toMatchObject([
      { move: 'qualify', to: 'qualified', allowed: true, blockers: [] },
      { move: 'disqualify', to: 'lost', allowed: false, blockers: [{ kind: 'fact', field: 'lostReason' }] },
    ]);
  });
});

describe('two at once', () => {
  test('two moves with the same If-Match: one is done, the other is told that the deal has moved on', async () => {
    await given.capture('race-1');
    const ask = (): Promise<Answered> =>
      given.post('/v1/opportunities/race-1/moves/qualify', { json: {}, headers: { 'if-match': '"1"' } });
    const answers = await Promise.all([ask(), ask()]);
    expect(answers.map(({ status }) => status).sort((a, b) => a - b)).toEqual([201, 412]);
    const refused = answers.find(({ status }) => status === 412)!;
    const revision = Number(refused.body['revision']);
    expect(revision).toBeGreaterThan(1);
    expect(refused.headers.get('etag')).toBe(`"${revision}"`);
    expect((await eventsOf('race-1')).filter((type) => type === 'StageChanged')).toHaveLength(1);
  });

  test('If-Match that names no single revision is refused before anything happens', async () => {
    await given.capture('race-2');
    for (const header of ['*', 'W/"1"', '1'])
      expect(
        codeOf(await given.post('/v1/opportunities/race-2/moves/qualify', { json: {}, headers: { 'if-match': header } })),
      ).toBe('400 if-match-invalid');
  });
});

describe('Idempotency-Key', () => {
  test('the same request twice is done once, and answered the same', async () => {
    await given.capture('key-1');
    const headers = { 'idempotency-key': 'one-call' };
    const ask = (): Promise<Answered> =>
      given.post('/v1/opportunities/key-1/activities', { json: { kind: 'call', note: 'x' }, headers });
    const answers = await Promise.all([ask(), ask(), ask()]);
    const again = await given.post('/v1/opportunities/key-1/activities', { json: { note: 'x', kind: 'call' }, headers });
    expect(new Set([...answers, again].map(({ status, text }) => `${status} ${text}`)).size).toBe(1);
    expect(again.headers.get('idempotency-replayed')).toBe('true');
    expect((await eventsOf('key-1')).filter((type) => type === 'ActivityLogged')).toHaveLength(1);
  });

  test('with another body it is refused, and belongs to whoever used it first', async () => {
    await given.capture('key-2');
    const headers = { 'idempotency-key': 'another-call' };
    await given.post('/v1/opportunities/key-2/activities', { json: { kind: 'call' }, headers });
    expect(codeOf(await given.post('/v1/opportunities/key-2/activities', { json: { kind: 'meeting' }, headers }))).toBe(
      '422 idempotency-key-reused',
    );
    expect(
      (await given.post('/v1/opportunities/key-2/activities', { as: 'mia', json: { kind: 'meeting' }, headers })).status,
    ).toBe(201);
  });

  test('a lead without an id captured twice is one lead', async () => {
    const asked = { json: { process: 'new-business' }, headers: { 'idempotency-key': 'a-lead' } };
    const first = await given.post('/v1/opportunities', asked);
    const second = await given.post('/v1/opportunities', asked);
    expect(second.body).toEqual(first.body);
  });
});

describe('what comes in', () => {
  test('with several mistakes is told all of them at once', async () => {
    const json = {
      proces: 'new-business',
      id: 'not an id',
      facts: { amount: { cents: 1 } },
      owner: null,
      [TIMES]: '2026-02-30T10:00:00Z',
    };
    const answer = await given.post('/v1/opportunities', { json });
    expect(codeOf(answer)).toBe('400 request-invalid');
    expect((answer.body['problems'] as { field: string }[]).map(({ field }) => field).sort()).toEqual([
      'facts',
      'id',
      'occurredAt',
      'owner',
      'proces',
      'process',
    ]);
  });

  test.each([
    ['not JSON', '{"process": ', 'application/json', '400 body-unreadable'],
    ['a list', '[]', 'application/json', '400 request-invalid'],
    ['nothing', '', 'application/json', '400 request-invalid'],
    ['a prototype', '{"__proto__": {"roles": ["admin"]}}', 'application/json', '400 body-unreadable'],
    ['a form', 'process=new-business', 'application/x-www-form-urlencoded', '415 media-type-unsupported'],
    ['a table', 'a,b', 'text/csv', '415 media-type-unsupported'],
    ['too much', JSON.stringify({ process: 'x'.repeat(1_100_000) }), 'application/json', '413 body-too-large'],
  ])('that is %s is a problem with a name', async (_, body, type, code) => {
    const answer = await given.post('/v1/opportunities', { body, headers: { 'content-type': type } });
    expect(codeOf(answer)).toBe(code);
    expect(answer.body).toMatchObject({
      type: expect.stringMatching(/^urn:coxswain:problem:/),
      instance: '/v1/opportunities',
      requestId: expect.any(String),
    });
  });

  test('an instant without its zone is refused, one with a zone is kept in UTC', async () => {
    expect(
      codeOf(await given.post('/v1/opportunities', { json: { process: 'new-business', [TIMES]: '2026-03-31T10:00:00' } })),
    ).toBe('400 request-invalid');
    await given.post('/v1/opportunities', {
      json: { id: 'zoned', process: 'new-business', [TIMES]: '2026-03-31T10:00:00+02:00' },
    });
    expect((await given.get('/v1/opportunities/zoned')).body).toMatchObject({
      opportunity: { capturedAt: '2026-03-31T08:00:00.000Z' },
    });
  });

  test('for a process that nobody has published is refused', async () => {
    expect(codeOf(await given.post('/v1/opportunities', { json: { process: 'nonsense' } }))).toBe('422 no-such-process');
  });

  test('an address that does not exist is a 404, a wrong method a 405 that names the right one', async () => {
    expect(codeOf(await given.get('/v1/nothing'))).toBe('404 no-such-call');
    const wrong = await given.ask('DELETE', '/v1/opportunities/acme-1');
    expect([codeOf(wrong), wrong.headers.get('allow')]).toEqual(['405 method-not-allowed', 'GET, HEAD']);
    expect(codeOf(await given.get('/v1/opportunities/%zz'))).toBe('400 request-invalid');
  });
});

describe('the board', () => {
  test('comes in pages, and a cursor from elsewhere is refused', async () => {
    let last = '';
    for (const id of ['page-1', 'page-2', 'page-3'])
      last = String(
        (await given.post('/v1/opportunities', { json: { id, process: 'new-business', owner: 'pat' } })).body['position'],
      );
    const first = await given.get(`/v1/opportunities?owner=pat&limit=2&seen=${last}`);
    expect(idsOf(first)).toEqual(['page-1', 'page-2']);
    const second = await given.get(`/v1/opportunities?owner=pat&limit=2&cursor=${String(first.body['next'])}`);
    expect([idsOf(second), second.body['next']]).toEqual([['page-3'], null]);
    expect(codeOf(await given.get('/v1/opportunities?cursor=mine'))).toBe('400 request-invalid');
    const problems = (await given.get('/v1/opportunities?limit=0&phase=won&colour=red')).body['problems'] as {
      field: string;
      say: string;
    }[];
    expect(problems.map(({ field, say }) => `${field} ${say}`).sort()).toEqual([
      '?colour is not known here',
      '?limit must be a whole number from 1 to 500',
      '?phase must be one of lead, qualified, selling, closed, customer',
    ]);
  });

  test('is searched, put in order and asked for by ids', async () => {
    let last = '';
    for (const [id, minor] of [
      ['sorted-1', 500_00],
      ['sorted-2', 900_00],
      ['sorted-3', 700_00],
    ] as const)
      last = String(
        (
          await given.post('/v1/opportunities', {
            json: { id, process: 'new-business', account: 'Quartz & Co', facts: { amount: { minor, currency: 'EUR' } } },
          })
        ).body['position'],
      );
    expect(idsOf(await given.get(`/v1/opportunities?q=QUARTZ&sort=-value&seen=${last}`))).toEqual([
      'sorted-2',
      'sorted-3',
      'sorted-1',
    ]);
    expect(idsOf(await given.get('/v1/opportunities?ids=sorted-3,gone,sorted-1&process=new-business&override=false'))).toEqual([
      'sorted-1',
      'sorted-3',
    ]);
    // 500 ids of a usual length do fit into an address.
    const many = Array.from({ length: 500 }, (_, index) => `${'0'.repeat(33)}${index + 100}`);
    expect(idsOf(await given.get(`/v1/opportunities?ids=${many.join(',')}`))).toEqual([]);
    const { body } = await given.get(`/v1/opportunities?ids=a,,b&sort=price&override=yes`);
    expect((body['problems'] as { field: string }[]).map(({ field }) => field).sort()).toEqual(['?ids', '?override', '?sort']);
  });

  test('has its heads apart: how many deals stand where', async () => {
    const { body } = await given.get('/v1/board?process=new-business&q=quartz');
    // 500 + 900 + 700
    expect(body).toMatchObject({ deals: 3, open: 3, value: { amounts: [{ minor: 2_100_00, currency: 'EUR' }], of: 3 } });
    expect((body['stages'] as object[])[0]).toMatchObject({ stage: 'lead', deals: 3, overdue: 0 });
    expect(codeOf(await given.get('/v1/board?process=old-business'))).toBe('404 no-such-process');
    expect(codeOf(await given.get('/v1/board'))).toBe('400 request-invalid');
  });

  test('is asked for as it was known at an instant, and so are its heads and the ways on', async () => {
    const before = new Date().toISOString();
    await new Promise((resolve) => setTimeout(resolve, 5));
    await given.capture('past-1');
    await new Promise((resolve) => setTimeout(resolve, 5));
    const lead = new Date().toISOString();
    await new Promise((resolve) => setTimeout(resolve, 5));
    const { position } = (await given.post('/v1/opportunities/past-1/moves/qualify')).body;
    const shown = async (asOf: string): Promise<unknown[]> => {
      const { items } = (await given.get(`/v1/opportunities?ids=past-1&seen=${String(position)}${asOf}`)).body;
      return (items as { stage: string }[]).map(({ stage }) => stage);
    };
    expect([await shown(`&asOf=${before}`), await shown(`&asOf=${lead}`), await shown('')]).toEqual([
      [],
      ['lead'],
      ['qualified'],
    ]);
    const heads = (await given.get(`/v1/board?process=new-business&ids=past-1&asOf=${lead}`)).body;
    expect(heads).toMatchObject({ asOf: lead, deals: 1 });
    const moves = await given.get(`/v1/opportunities/past-1/moves?asOf=${lead}`);
    expect([(moves.body['moves'] as { move: string }[])[0]!.move, moves.headers.get('etag')]).toEqual(['qualify', null]);
    expect(codeOf(await given.get(`/v1/opportunities/past-1/moves?asOf=${before}`))).toBe('404 no-such-opportunity');
    for (const path of ['opportunities?', 'board?process=new-business&', 'opportunities/past-1/moves?'])
      expect(codeOf(await given.get(`/v1/${path}asOf=2999-01-01T00:00:00Z`))).toBe('400 request-invalid');
  });

  test('the record of one deal comes in pages too', async () => {
    await given.capture('paged');
    await given.post('/v1/opportunities/paged/activities', { json: { kind: 'call' } });
    const first = await given.get('/v1/opportunities/paged/events?limit=2');
    const second = await given.get(`/v1/opportunities/paged/events?limit=2&cursor=${String(first.body['next'])}`);
    expect((second.body['items'] as { type: string }[]).map(({ type }) => type)).toEqual(['ActivityLogged']);
    expect(second.body['next']).toBeNull();
  });
});
