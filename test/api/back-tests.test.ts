import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { EXAMPLE, GivenService, type Answered } from './service.js';

const DRAFT = EXAMPLE.replace('needs: [source, fitScore]', 'needs: [source, fitScore, generatedBy]');
const PATH = '/v1/processes/new-business/back-tests';

let given: GivenService;
beforeAll(async () => {
  given = await GivenService.start();
  await given.publish();
  await given.capture('acme-1');
  await given.post('/v1/opportunities/acme-1/moves/qualify');
});
afterAll(() => given.end());

const start = (json: object, as = 'olu'): Promise<Answered> => given.post(PATH, { as, json });

async function finished(path: string): Promise<Answered> {
  for (let tried = 0; tried < 200; tried++) {
    const answer = await given.get(path);
    if (answer.body['state'] !== 'running') return answer;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error('it is not finished');
}

describe('/v1/processes/{id}/back-tests', () => {
  test('takes a file, answers where to look, and keeps what was found', async () => {
    const started = await start({ file: DRAFT, note: 'Who finds our leads?' });
    expect(started).toMatchObject({
      status: 202,
      body: { against: 1, draft: null, deals: 1, note: 'Who finds our leads?', by: 'olu' },
    });
    const path = started.headers.get('location')!;
    expect(path).toBe(`${PATH}/${String(started.body['backTest'])}`);
    const { body } = await finished(path);
    expect(body).toMatchObject({
      state: 'finished',
      done: 1,
      result: {
        deals: 1,
        stopped: { count: 1, of: 1 },
        rules: [{ rule: { id: 'generatedBy' }, change: 'new', deals: 1, examples: ['acme-1'] }],
      },
    });
    expect((await given.get(PATH)).body['items']).toMatchObject([{ state: 'finished' }]);
    expect((await given.get(PATH)).body['items']).not.toMatchObject([{ result: expect.anything() }]);
    expect(await given.post(`${path}/cancel`, { as: 'olu' })).toMatchObject({ status: 409, body: { code: 'back-test-over' } });
    // As the document describes it.
    const document = (await given.get('/openapi.json', { as: null })).body;
    const ajv = new Ajv2020({ strict: false, formats: { 'date-time': true, date: true } }).addSchema(document, 'api');
    const place = '/v1/processes/{id}/back-tests/{backTest}'.replaceAll('/', '~1');
    const isIt = ajv.compile({ $ref: `api#/paths/${place}/get/responses/200/content/application~1json/schema` });
    expect([isIt(body), isIt.errors]).toEqual([true, null]);
  });

  test('says what it cannot try: neither or both, a draft that is not there, a file with problems or of another process', async () => {
    const field = 'draft';
    expect(await start({})).toMatchObject({ status: 400, body: { problems: [{ field }] } });
    expect(await start({ draft: '1', file: DRAFT })).toMatchObject({ status: 400, body: { problems: [{ field }] } });
    expect(await start({ files: DRAFT })).toMatchObject({ status: 400, body: { problems: [{ field: 'files' }] } });
    expect(await start({ draft: '7' })).toMatchObject({ status: 404, body: { code: 'no-such-draft' } });
    expect(await start({ file: 'process: 5' })).toMatchObject({
      status: 422,
      body: { code: 'process-invalid', problems: expect.any(Array) },
    });
    expect(await start({ file: DRAFT.replace('process: new-business', 'process: old') })).toMatchObject({
      status: 422,
      body: { code: 'other-process' },
    });
    expect((await given.post('/v1/processes/old/back-tests', { as: 'olu', json: { file: DRAFT } })).body).toMatchObject({
      code: 'no-such-process',
    });
    expect((await given.get('/v1/processes/old/back-tests')).status).toBe(404);
    expect(await given.get(`${PATH}/none`)).toMatchObject({ status: 404, body: { code: 'no-such-back-test' } });
    expect(await given.post(`${PATH}/none/cancel`, { as: 'olu' })).toMatchObject({ status: 404 });
  });

  test('is for operations', async () => {
    expect((await start({ file: DRAFT }, 'ada')).status).toBe(403);
    expect((await given.post(`${PATH}/none/cancel`)).status).toBe(403);
  });
});
