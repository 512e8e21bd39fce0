import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import { EXAMPLE, GivenService } from './service.js';

let given: GivenService;
let document: OpenApi;
beforeAll(async () => {
  const dir = await mkdtemp(join(tmpdir(), 'coxswain-'));
  await writeFile(join(dir, 'past.map.yaml'), MAP);
  given = await GivenService.start({ COXSWAIN_STORE: 'memory:', COXSWAIN_MAPS: dir }, dir);
  await given.publish();
  const later = EXAMPLE.replace('Fit score must be at least 60.', 'The fit score must be 60 or more.');
  await given.post('/v1/processes/new-business/drafts', {
    as: 'olu',
    body: later,
    headers: { 'content-type': 'application/yaml' },
  });
  await given.capture('acme-1');
  await given.post('/v1/opportunities/acme-1/moves/qualify');
  await given.post('/v1/processes/new-business/drafts/1/publish', { as: 'olu', json: {} });
  document = (await given.get('/openapi.json', { as: null })).body as unknown as OpenApi;
});
afterAll(() => given.end());

const MAP = `
process: new-business
format: csv
id: deal
stage: stage
deal: { at: came, owner: who, facts: { source: source } }
stages:
  New: []
`;
const ROWS = 'deal,stage,came,who,source\nold-1,New,2026-01-05,ada,inbound\nold-2,Nowhere,2026-01-06,ada,inbound\n';

interface OpenApi {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
}

interface Operation {
  readonly requestBody?: { readonly required?: boolean };
  readonly responses: Readonly<
    Record<string, { readonly content: { readonly 'application/json': { readonly schema: object; readonly example: unknown } } }>
  >;
}

/** The same schemas, closed: what they do not list is a mistake too. */
function closed(schema: unknown): unknown {
  if (typeof schema !== 'object' || schema === null) return schema;
  if (Array.isArray(schema)) return schema.map(closed);
  const inner = Object.fromEntries(Object.entries(schema).map(([name, one]) => [name, closed(one)]));
  return 'properties' in inner && 'required' in inner ? { additionalProperties: false, ...inner } : inner;
}

function validator(path: string, method: string, status: string): { validate: ValidateFunction; example: unknown } {
  const { schema, example } = document.paths[path]![method]!.responses[status]!.content['application/json'];
  const ajv = new Ajv2020({ strict: false, allErrors: true, formats: { 'date-time': true, date: true } });
  ajv.addSchema(closed(document) as object, 'api');
  return { validate: ajv.compile({ $ref: `api${(schema as { $ref: string }).$ref}` }), example };
}

const csv = { as: 'olu', body: ROWS, headers: { 'content-type': 'text/csv' } };

test.each([
  ['post', '/v1/opportunities', '201', '', { json: { process: 'new-business', id: 'acme-2', team: null } }],
  ['get', '/v1/opportunities', '200', '', {}],
  ['get', '/v1/board', '200', '?process=new-business', {}],
  ['get', '/v1/opportunities/{id}', '200', '', {}],
  ['get', '/v1/opportunities/{id}/moves', '200', '', {}],
  ['post', '/v1/opportunities/{id}/moves/{move}', '200', '?dryRun=true', { json: { facts: { lostReason: 'timing' } } }],
  ['patch', '/v1/opportunities/{id}/facts', '201', '', { json: { facts: { closeDate: '2027-01-31' } } }],
  ['get', '/v1/opportunities/{id}/events', '200', '', {}],
  ['get', '/v1/opportunities/{id}/replay', '200', '', {}],
  ['post', '/v1/opportunities/{id}/verify', '200', '', {}],
  ['get', '/v1/processes', '200', '', {}],
  ['get', '/v1/processes/{id}/drafts', '200', '', {}],
  ['get', '/v1/processes/{id}/diff', '200', '', {}],
  ['post', '/v1/processes/{id}/migrations', '200', '?dryRun=true', { as: 'olu', json: { version: 2 } }],
  [
    'post',
    '/v1/processes/{id}/migrations',
    '202',
    '',
    { as: 'olu', json: { version: 2, choices: [{ stage: 'lead', to: 'lead' }] } },
  ],
  ['get', '/v1/processes/{id}/migrations', '200', '', {}],
  ['get', '/v1/measures/{name}', '200', '?process=new-business', {}],
  ['get', '/v1/measures/{name}/deals', '200', '?process=new-business', {}],
  ['get', '/v1/events', '200', '', {}],
  ['get', '/v1/me', '200', '', {}],
  ['get', '/v1/local/people', '200', '', {}],
  ['post', '/v1/local/tokens', '201', '', { json: { name: 'dieter' } }],
  ['post', '/v1/imports', '200', '?map=past', csv],
  ['post', '/v1/imports', '202', '?map=past&background=true', csv],
  ['get', '/v1/imports', '200', '', {}],
  ['get', '/v1/imports/maps/{map}', '200', '', {}],
  ['get', '/v1/imports/maps', '200', '', {}],
  ['post', '/v1/imports/preview', '200', '', csv],
])('%s %s answers as its schema says, and so does the example of it', async (method, path, status, query, asked) => {
  const id = path.startsWith('/v1/processes') ? 'new-business' : 'acme-1';
  const address = path.replace('{id}', id).replace('{move}', 'lose').replace('{name}', 'adherence').replace('{map}', 'past');
  const answer = await given.ask(method.toUpperCase(), `${address}${query}`, asked);
  expect(String(answer.status)).toBe(status);
  const { validate, example } = validator(path, method, status);
  for (const body of [answer.body, example]) expect([validate(body), validate.errors]).toEqual([true, null]);
});

test('a move may be asked for without a body, and the description says so', async () => {
  await given.capture('acme-3');
  expect((await given.post('/v1/opportunities/acme-3/moves/qualify')).status).toBe(201);
  expect(document.paths['/v1/opportunities/{id}/moves/{move}']!['post']!.requestBody!.required).toBe(false);
  expect(document.paths['/v1/opportunities']!['post']!.requestBody!.required).toBe(true);
});
