import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { EventStore } from '@coxswain/event-store';
import { STORE } from '../../apps/api/src/tokens.js';
import { GivenService } from './service.js';

let given: GivenService;
beforeAll(async () => {
  given = await GivenService.start();
  await given.publish();
  for (const id of ['elm-1', 'oak-1']) await given.capture(id);
  const data = { occurredAt: '2026-03-31T12:00:00.000Z', by: 'zoe' };
  const store = given.service.app.get<EventStore>(STORE);
  await store.append('opportunity-elm-1', [{ id: 'later', type: 'TermsAgreed', data }], 'stream-exists');
});
afterAll(() => given.end());

test('what a later release wrote stops the figures and its deal with 503, and leaves the other deals alone', async () => {
  const body = { code: 'event-unknown', detail: expect.stringContaining('no event "TermsAgreed"') };
  expect(await given.get('/v1/opportunities/elm-1', { as: 'mia' })).toMatchObject({ status: 503, body });
  const json = { kind: 'call' };
  expect(await given.post('/v1/opportunities/elm-1/activities', { as: 'mia', json })).toMatchObject({ status: 503, body });
  const commands = [{ do: 'activity', id: 'elm-1', ...json }];
  expect(await given.post('/v1/commands', { as: 'mia', json: { commands } })).toMatchObject({
    status: 200,
    body: { results: [{ status: 503, code: 'event-unknown' }] },
  });
  for (const figures of ['/v1/opportunities', '/v1/measures/pipeline?process=new-business'])
    expect(await given.get(figures, { as: 'mia' })).toMatchObject({
      status: 503,
      body: { code: 'store-unavailable', detail: expect.stringContaining('TermsAgreed') },
    });
  expect(await given.get('/health/ready', { as: null })).toMatchObject({ status: 503, body: { ready: false } });
  expect((await given.get('/v1/opportunities/oak-1', { as: 'mia' })).status).toBe(200);
  expect((await given.get('/v1/events', { as: 'mia' })).status).toBe(200);
});
