import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { GivenService } from './service.js';

let given: GivenService;
beforeAll(async () => {
  given = await GivenService.start();
  await given.publish();
});
afterAll(() => given.end());

const euros = (whole: number) => ({ minor: whole * 100, currency: 'EUR' });
const targets = (list: readonly object[]) => ({ process: 'new-business', targets: list });

describe('/v1/targets', () => {
  test('takes JSON, says how many were set, and lists those in force', async () => {
    const list = [
      { period: '2026-Q4', amount: euros(300_000) },
      { period: '2026-Q4', owner: 'ada', amount: euros(100_000), note: 'Agreed in May' },
    ];
    expect(await given.post('/v1/targets', { as: 'mia', json: targets(list) })).toMatchObject({
      status: 200,
      body: { set: 2, unchanged: 0 },
    });
    expect((await given.post('/v1/targets', { as: 'mia', json: targets(list) })).body).toEqual({ set: 0, unchanged: 2 });
    const { body } = await given.get('/v1/targets?process=new-business&period=2026-Q4');
    expect(body['items']).toMatchObject([
      { owner: null, team: null, amount: euros(300_000), by: 'mia' },
      { owner: 'ada', amount: euros(100_000), note: 'Agreed in May' },
    ]);
    expect((await given.get('/v1/targets?process=new-business&asOf=2020-01-01T00:00:00Z')).body['items']).toEqual([]);
  });

  test('takes a CSV file, and names each row that cannot be read', async () => {
    const csv = (body: string, query = '?process=new-business') =>
      given.post(`/v1/targets${query}`, { as: 'olu', body, headers: { 'content-type': 'text/csv' } });
    expect(await csv('period,owner,team,amount\n2027-01,ada,,"12,500.50"\n2027-01,,north,40000\n2027-Q1,,,\n')).toMatchObject({
      status: 200,
      body: { set: 2, unchanged: 1 },
    });
    expect((await given.get('/v1/targets?process=new-business&period=2027-01')).body['items']).toMatchObject([
      { team: 'north', amount: euros(40_000) },
      { owner: 'ada', amount: { minor: 1_250_050, currency: 'EUR' } },
    ]);
    expect((await csv('period,owner,amount\n2027-02,ada,lots\n2027-03,ada,10.005\n')).body).toMatchObject({
      code: 'request-invalid',
      problems: [
        { field: 'line 2', say: '"lots" is not an amount of EUR; it looks like 120000 or 120,000.00.' },
        { field: 'line 3', say: expect.stringContaining('10.005') },
      ],
    });
    expect((await csv('month,amount\n1,2\n')).body).toMatchObject({
      detail: expect.stringContaining('The column period is missing'),
    });
    expect((await csv('period,amount\n2027-01,5\n', '')).body).toMatchObject({ problems: [{ field: '?process' }] });
    expect((await csv('period,amount\n2027-01,5\n', '?process=no-such')).status).toBe(404);
  });

  test('refuses the whole list for one problem, and who may not', async () => {
    const wrong = await given.post('/v1/targets', {
      as: 'mia',
      json: targets([
        { period: '2026-Q4', amount: euros(1) },
        { period: '2026-Q9', amount: { minor: 1, currency: 'USD' } },
      ]),
    });
    expect(wrong).toMatchObject({
      status: 400,
      body: {
        problems: [
          { field: 'targets[1].period' },
          { field: 'targets[1].amount', say: 'must be in EUR, the currency of the process' },
        ],
      },
    });
    expect((await given.post('/v1/targets', { as: 'mia', json: targets([{ period: '2026-Q4' }]) })).status).toBe(400);
    expect((await given.post('/v1/targets', { as: 'ada', json: targets([]) })).status).toBe(403);
    expect(
      (await given.post('/v1/targets?dryRun=true', { as: 'mia', json: targets([{ period: '2028-01', amount: euros(5) }]) })).body,
    ).toEqual({
      set: 1,
      unchanged: 0,
    });
    expect((await given.get('/v1/targets?process=new-business&period=2028-01')).body['items']).toEqual([]);
  });
});

describe('/v1/calls and /v1/forecasts', () => {
  test('a rep calls for themself; the same call again writes nothing; for others it is refused', async () => {
    const call = { process: 'new-business', period: '2026-Q4', kind: 'commit', amount: euros(80_000) };
    const first = await given.post('/v1/calls', { json: call });
    expect(first).toMatchObject({ status: 201, body: { repeated: false } });
    expect(await given.post('/v1/calls', { json: call })).toMatchObject({
      status: 200,
      body: { call: first.body['call'], repeated: true },
    });
    expect(await given.post('/v1/calls', { json: { ...call, owner: 'bob' } })).toMatchObject({
      status: 400,
      body: {
        problems: [
          { field: 'owner', say: 'must be yourself (ada); for others only manager, operations, finance, admin may call' },
        ],
      },
    });
    expect((await given.post('/v1/calls', { as: 'mia', json: { ...call, team: 'north' } })).status).toBe(201);
    expect((await given.get('/v1/calls?process=new-business')).body['items']).toMatchObject([
      { owner: 'ada', team: null },
      { owner: null, team: 'north' },
    ]);
  });

  test('a record too young issues nothing, and the record of forecasts says so', async () => {
    expect(await given.post('/v1/forecasts', { as: 'olu', json: { process: 'new-business' } })).toMatchObject({
      status: 200,
      body: { issued: 0 },
    });
    expect((await given.post('/v1/forecasts', { as: 'ada', json: { process: 'new-business' } })).status).toBe(403);
    expect((await given.get('/v1/forecasts?process=new-business')).body).toEqual({ items: [], next: null });
    expect((await given.get('/v1/measures/forecast-record?process=new-business')).body['groups']).toMatchObject([
      { scored: 0, waiting: 2, nextEnd: '2027-01-01' },
    ]);
  });
});
