import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { EXAMPLE, GivenService } from './service.js';

let given: GivenService;
beforeAll(async () => {
  given = await GivenService.start();
  await given.publish();
  await given.capture('d-1');
});
afterAll(() => given.end());

const TRY = '/v1/processes/new-business/try';
const walk = (body: object, as = 'ada') => given.post(TRY, { as, json: body });
const lines = (body: Record<string, unknown>) =>
  body['lines'] as { outcome: string; say: string[]; blockers: { say: string }[] }[];

test('an invented deal is walked line by line, with the real rules, and nothing of it is recorded', async () => {
  const before = (await given.get('/v1/events?limit=500')).body['items'];
  const begun = await walk({});
  expect(begun).toMatchObject({ status: 200, body: { under: 'version 1', deal: null, stage: 'lead', lines: [], facts: {} } });
  const moves = begun.body['moves'] as { move: string; allowed: boolean; blockers: { say: string }[] }[];
  expect(moves.find(({ move }) => move === 'qualify')).toMatchObject({
    allowed: false,
    blockers: expect.arrayContaining([expect.objectContaining({ say: 'Fit score must be recorded.' })]),
  });
  const walked = await walk({ lines: ['qualify', 'qualify source=inbound fitScore=80', 'back', 'as sdr', 'jump'] });
  expect(walked.body).toMatchObject({ stage: 'lead', roles: ['sdr'] });
  expect(lines(walked.body).map(({ outcome }) => outcome)).toEqual(['refused', 'done', 'done', 'done', 'refused']);
  expect(lines(walked.body)[1]!.say).toContain('It goes from Lead to Qualified.');
  expect((await given.get('/v1/events?limit=500')).body['items']).toEqual(before);
});

test('a recorded deal begins where it stands, under a draft, a version or a file', async () => {
  const stricter = EXAMPLE.replace('needs: [source, fitScore]', 'needs: [source, fitScore, amount]');
  expect(stricter).not.toBe(EXAMPLE);
  const yes = ['qualify source=inbound fitScore=80'];
  expect((await walk({ deal: 'd-1', lines: yes })).body).toMatchObject({ deal: 'd-1', stage: 'qualified' });
  const under = await walk({ deal: 'd-1', file: stricter, lines: yes });
  expect(under.body).toMatchObject({ under: 'the file', stage: 'lead' });
  expect(lines(under.body)[0]!.blockers.map(({ say }) => say)).toEqual(['Deal amount must be recorded.']);
});

test('what cannot be walked says why', async () => {
  expect(await walk({ under: '7' })).toMatchObject({ status: 404, body: { code: 'no-such-version' } });
  expect(await walk({ deal: 'nobody' })).toMatchObject({ status: 404, body: { code: 'no-such-opportunity' } });
  expect(await given.post('/v1/processes/nothing/try', { as: 'ada', json: {} })).toMatchObject({
    status: 404,
    body: { code: 'no-such-process' },
  });
  expect(await walk({ file: EXAMPLE.replace('start: lead', 'start: laed') })).toMatchObject({
    status: 422,
    body: { code: 'process-invalid' },
  });
  expect(await walk({ file: EXAMPLE.replace('process: new-business', 'process: other') })).toMatchObject({
    status: 422,
    body: { code: 'no-place', detail: expect.stringContaining('"other"') },
  });
  expect(await walk({ lines: ['a\nb'] })).toMatchObject({ status: 400 });
  expect(await walk({ lines: 'qualify' })).toMatchObject({ status: 400 });
});

test('walks that take long end with what they came to, and commands are taken meanwhile', async () => {
  // An hour is open in sixty weeks, and each limit has to be counted through all of its weeks.
  const toAndFro = EXAMPLE.replace('Mon-Fri 09:00-18:00', 'Mon 09:00-09:01')
    .replace('time: 3 working days, then: warn', 'time: 4 working hours, then: go')
    .replace('      disqualify:', '      go: { to: qualified }\n      disqualify:')
    .replace('time: 10 working days, then: warn', 'time: 4 working hours, then: back')
    .replace(
      '      lose: { to: lost, needs: [lostReason] }',
      '      back: { to: lead }\n      lose: { to: lost, needs: [lostReason] }',
    );
  const walks = Array.from({ length: 3 }, () => walk({ file: toAndFro, lines: Array(200).fill('wait 9999 days') }));
  const first = Promise.race(walks);
  await given.capture('meanwhile');
  const before = await Promise.race([first.then(() => 'the walk'), given.capture('meanwhile-2').then(() => 'the command')]);
  expect(before).toBe('the command');
  for (const one of await Promise.all(walks))
    expect(one).toMatchObject({
      status: 422,
      body: { code: 'walk-too-long', detail: expect.stringMatching(/^After \d+ lines/) },
    });
  expect(lines((await walk({ lines: ['wait 1 day'] })).body)[0]!.outcome).toBe('done');
  // So many wait for their turn; one more is told to come again, and nobody is forgotten.
  const many = await Promise.all(Array.from({ length: 40 }, () => walk({ lines: ['wait 1 day', 'wait 1 day'] })));
  expect(new Set(many.map(({ status }) => status))).toEqual(new Set([200, 503]));
  expect((await walk({})).status).toBe(200);
}, 60_000);

test('the shape of process files is served, as editors take it', async () => {
  const { status, body } = await given.get('/v1/process-schema');
  expect(status).toBe(200);
  expect(body).toMatchObject({ title: 'Sales process', properties: { currency: { description: expect.any(String) } } });
});
