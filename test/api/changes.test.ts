import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { EXAMPLE, GivenService } from './service.js';

let given: GivenService;
beforeAll(async () => {
  given = await GivenService.start();
  await given.publish();
  for (let deal = 0; deal < 12; deal++) await given.capture(`d-${deal}`);
});
afterAll(() => given.end());

const yaml = { 'content-type': 'application/yaml' };
const P = '/v1/processes/new-business';

/** Leads need an amount to be qualified, and negotiation is called closing. */
const LATER = EXAMPLE.replace(
  '  negotiation:\n    was: [contracting] ',
  '  closing:\n    was: [contracting, negotiation] ',
).replace('whenAllDone: negotiation', 'whenAllDone: closing');

const draft = (file: string, as = 'olu') => given.post(`${P}/drafts?note=Closing`, { as, body: file, headers: yaml });

describe('drafts', () => {
  test('are kept, listed and given back as they were; the same again is not kept twice', async () => {
    expect(await given.get(`${P}/drafts/1`)).toMatchObject({
      status: 404,
      body: { code: 'no-such-draft', detail: expect.stringContaining('has no drafts') },
    });
    const kept = await draft(LATER);
    expect(kept).toMatchObject({ status: 201, body: { process: 'new-business', draft: 1, problems: [] } });
    expect(kept.headers.get('location')).toBe(`${P}/drafts/1`);
    expect((await draft(`${LATER}\n# said otherwise\n`)).status).toBe(200);
    expect((await given.get(`${P}/drafts`)).body['items']).toMatchObject([{ draft: 1, note: 'Closing', by: 'olu' }]);
    expect((await given.get(`${P}/drafts/1`)).body).toMatchObject({ definition: { stages: { closing: {} } } });
    expect((await given.get(`${P}/drafts/1/file`)).text).toBe(LATER);
    expect((await given.get(`${P}/drafts/7`)).body).toMatchObject({ detail: expect.stringContaining('it has 1') });
    // A draft changes nothing for those who sell.
    expect((await given.get('/v1/processes')).body['items']).toMatchObject([{ version: 1 }]);
  });

  test('a file with problems, of another process, or by somebody else is refused', async () => {
    expect(await draft(LATER.replace('start: lead', 'start: laed'))).toMatchObject({
      status: 422,
      body: { code: 'process-invalid', detail: expect.stringContaining('no draft was kept') },
    });
    expect(await draft(LATER.replace('process: new-business', 'process: other'))).toMatchObject({
      status: 422,
      body: { code: 'process-differs', detail: expect.stringContaining('"other"') },
    });
    expect((await draft('')).status).toBe(400);
    expect((await draft(LATER, 'ada')).status).toBe(403);
  });

  test('are compared with what is in force, in sales words', async () => {
    const { status, body } = await given.get(`${P}/diff`);
    expect(status).toBe(200);
    expect(body).toMatchObject({ from: { name: 'version 1' }, to: { name: 'draft 1' } });
    expect((body['changes'] as { code: string }[]).map(({ code }) => code)).toContain('stage-renamed');
    const ofFile = await given.post(`${P}/diff?from=draft:1`, { body: EXAMPLE, headers: yaml });
    expect(ofFile).toMatchObject({ status: 200, body: { to: { name: 'the file' } } });
    expect((await given.get(`${P}/diff?to=9`)).body).toMatchObject({
      code: 'no-such-version',
      detail: expect.stringContaining('no version 9'),
    });
    expect((await given.get(`${P}/diff?to=latest`)).body).toMatchObject({ problems: [{ field: '?to' }] });
    expect((await given.post(`${P}/diff`, { body: 'x: 1', headers: yaml })).status).toBe(422);
  });
});

describe('teams in an address', () => {
  test.each([',', 'north,,south', 'north, south', 'north,north', ' '])(
    '"%s" are none, and nothing is published',
    async (teams) => {
      const asked = { as: 'olu', body: LATER, headers: yaml };
      expect((await given.post(`/v1/processes?teams=${encodeURIComponent(teams)}`, asked)).body).toMatchObject({
        code: 'request-invalid',
        problems: [{ field: '?teams', say: expect.stringContaining('like north,south') }],
      });
      expect((await given.get(P)).body['versions']).toHaveLength(1);
    },
  );
});

describe('versions and migrations', () => {
  test('a draft is published for one team, rolled out, and the earlier version retired', async () => {
    expect(await given.post(`${P}/versions/1/retire`, { as: 'olu', json: {} })).toMatchObject({
      status: 422,
      body: { code: 'last-version' },
    });
    const published = await given.post(`${P}/drafts/1/publish`, {
      as: 'olu',
      json: { teams: ['south'], reviewedBy: 'mia', note: 'Try' },
    });
    expect(published).toMatchObject({ status: 201, body: { version: 2 } });
    expect((await given.get(P)).body).toMatchObject({
      version: 1,
      versions: [
        { version: 1, teams: null, retiredAt: null },
        { version: 2, teams: ['south'], reviewedBy: 'mia', draft: 1 },
      ],
      use: [{ version: 1, deals: 12, open: 12 }],
    });
    expect((await given.post(`${P}/versions/2/roll-out`, { as: 'olu', json: {} })).body).toMatchObject({
      problems: [{ field: 'teams' }],
    });
    expect((await given.post(`${P}/versions/9/roll-out`, { as: 'olu', json: { teams: null } })).status).toBe(404);
    expect(await given.post(`${P}/versions/2/roll-out`, { as: 'olu', json: { teams: null } })).toMatchObject({
      status: 200,
      body: { version: 2, teams: null },
    });
    expect(await given.post(`${P}/versions/1/retire`, { as: 'olu', json: { note: 'Old' } })).toMatchObject({
      status: 200,
      body: { version: 1, retiredAt: expect.any(String) },
    });
    expect((await given.get(P)).body).toMatchObject({ version: 2 });
  });

  test('the running deals are moved, after a dry run that writes nothing', async () => {
    const request = { version: 2, blocked: 'leave' };
    const plan = await given.post(`${P}/migrations?dryRun=true`, { as: 'olu', json: request });
    expect(plan).toMatchObject({
      status: 200,
      body: { deals: 12, moves: 12, groups: [{ stage: 'lead', to: 'lead', deals: 12 }] },
    });
    expect((await given.get(`${P}/migrations`)).body).toEqual({ items: [], next: null });
    expect((await given.post(`${P}/migrations`, { as: 'ada', json: request })).status).toBe(403);
    expect(
      await given.post(`${P}/migrations`, { as: 'olu', json: { version: 2, choices: [{ stage: 'laed', to: 'lead' }] } }),
    ).toMatchObject({
      status: 422,
      body: { code: 'choices-invalid', problems: [{ say: expect.stringContaining('did you mean "lead"') }] },
    });
    expect((await given.post(`${P}/migrations`, { as: 'olu', json: { version: 2, choices: [{ to: 'lead' }] } })).status).toBe(
      400,
    );
    const started = await given.post(`${P}/migrations`, { as: 'olu', json: request });
    expect(started).toMatchObject({ status: 202, body: { process: 'new-business', version: 2, by: 'olu' } });
    const location = started.headers.get('location')!;
    let status = await given.get(location);
    for (let tries = 0; tries < 100 && status.body['state'] !== 'finished'; tries++) {
      await new Promise((resolve) => setTimeout(resolve, 50));
      status = await given.get(location);
    }
    expect(status.body).toMatchObject({ state: 'finished', finished: { moved: 12, waiting: 0, left: 0 } });
    expect((await given.get('/v1/opportunities/d-3')).body).toMatchObject({
      opportunity: { process: { version: 2 }, stage: 'lead' },
    });
    expect((await given.post(`${location}/pause`, { as: 'olu' })).body).toMatchObject({ code: 'migration-finished' });
    expect((await given.post(`${P}/migrations/none/resume`, { as: 'olu' })).body).toMatchObject({ code: 'no-such-migration' });
    expect((await given.get('/v1/processes/none/migrations')).status).toBe(404);
  });
});
