import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { EXAMPLE, GivenService, type Answered } from './service.js';

const DRAFT = EXAMPLE.replace('needs: [source, fitScore]', 'needs: [source, fitScore, generatedBy]');
const PATH = '/v1/processes/new-business/shadows';

let given: GivenService;
beforeAll(async () => {
  given = await GivenService.start();
  await given.publish();
});
afterAll(() => given.end());

const start = (json: object, as = 'olu'): Promise<Answered> => given.post(PATH, { as, json });

describe('/v1/processes/{id}/shadows', () => {
  test('asks a draft beside the version in force, stops nobody, and tells what it would have said', async () => {
    const started = await start({ file: DRAFT, teams: ['north'], note: 'Who finds our leads?' });
    expect(started).toMatchObject({ status: 201, body: { state: 'running', teams: ['north'], made: { allowed: 0 } } });
    const path = started.headers.get('location')!;
    expect(path).toBe(`${PATH}/${String(started.body['shadow'])}`);
    expect(await start({ file: DRAFT })).toMatchObject({ status: 409, body: { code: 'shadow-under-way' } });

    await given.capture('acme-1');
    expect((await given.post('/v1/opportunities/acme-1/moves/qualify')).status).toBe(201);
    let { body } = await given.get(path);
    for (let tried = 0; tried < 200 && (body['samples'] as unknown[]).length === 0; tried++) {
      await new Promise((resolve) => setTimeout(resolve, 20));
      ({ body } = await given.get(path));
    }
    expect(body).toMatchObject({
      made: { allowed: 0, stopped: 1 },
      rules: [{ would: 'stop', rule: { id: 'generatedBy' }, people: [{ person: 'ada', moves: 1 }] }],
      samples: [{ deal: 'acme-1', by: 'ada', why: ['Who generated the lead must be recorded.'] }],
    });
    const document = (await given.get('/openapi.json', { as: null })).body;
    const ajv = new Ajv2020({ strict: false, formats: { 'date-time': true, date: true } }).addSchema(document, 'api');
    const place = '/v1/processes/{id}/shadows/{shadow}'.replaceAll('/', '~1');
    const isIt = ajv.compile({ $ref: `api#/paths/${place}/get/responses/200/content/application~1json/schema` });
    expect([isIt(body), isIt.errors]).toEqual([true, null]);

    expect(await given.post(`${path}/stop`, { as: 'olu' })).toMatchObject({
      status: 200,
      body: { state: 'stopped', stopped: { by: 'olu' } },
    });
    expect((await given.get(PATH)).body['items']).toMatchObject([{ state: 'stopped', made: { stopped: 1 } }]);
  });

  test('says what it cannot ask, and is for operations', async () => {
    expect(await start({ file: DRAFT, teams: [] })).toMatchObject({ status: 400, body: { problems: [{ field: 'teams' }] } });
    expect(await start({ teams: ['north'] })).toMatchObject({ status: 400, body: { problems: [{ field: 'draft' }] } });
    expect(await start({ draft: '3' })).toMatchObject({ status: 404, body: { code: 'no-such-draft' } });
    expect(await start({ file: 'process: 5' })).toMatchObject({ status: 422, body: { code: 'process-invalid' } });
    expect(await given.get(`${PATH}/none`)).toMatchObject({ status: 404, body: { code: 'no-such-shadow' } });
    expect((await given.get('/v1/processes/old/shadows')).status).toBe(404);
    expect((await given.post(`${PATH}/none/stop`, { as: 'olu' })).status).toBe(404);
    expect((await start({ file: DRAFT }, 'ada')).status).toBe(403);
  });
});
