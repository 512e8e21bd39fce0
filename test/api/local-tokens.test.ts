import { request } from 'node:http';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { exportSPKI, generateKeyPair } from 'jose';
import { GivenService } from './service.js';

let given: GivenService;
beforeAll(async () => void (given = await GivenService.start()));
afterAll(() => given.end());

/** As a browser or a program would send it: `fetch` does not let a test say its own Host. */
function post(
  headers: Readonly<Record<string, string>>,
  body = '{"name": "dieter"}',
): Promise<{ status: number; code: unknown }> {
  const { port } = new URL(given.service.url);
  return new Promise((resolve, reject) => {
    const asked = request(
      {
        host: '127.0.0.1',
        port,
        method: 'POST',
        path: '/v1/local/tokens',
        headers: { 'content-type': 'application/json', ...headers },
      },
      (answer) => {
        let text = '';
        answer.on('data', (chunk: Buffer) => (text += chunk.toString()));
        answer.on('end', () => resolve({ status: answer.statusCode!, code: (JSON.parse(text) as { code?: unknown }).code }));
      },
    );
    asked.on('error', reject);
    asked.end(body);
  });
}
const own = (): string => new URL(given.service.url).host;

test('in local mode one chooses among the people of the demo company, and is that person then', async () => {
  const { body } = await given.get('/v1/local/people', { as: null });
  expect(body['items']).toContainEqual({ name: 'jonas', roles: ['rep', 'manager'], team: 'north' });

  const chosen = await given.post('/v1/local/tokens', { as: null, json: { name: 'jonas' } });
  expect(chosen.status).toBe(201);
  expect(chosen.headers.get('cache-control')).toBe('no-store');
  expect(chosen.body).toMatchObject({ name: 'jonas', roles: ['rep', 'manager'], team: 'north' });
  const me = await given.get('/v1/me', { as: String(chosen.body['token']) });
  expect(me.body).toEqual({ subject: 'jonas', roles: ['rep', 'manager'], team: 'north', mode: 'local' });
});

test('any other name may be chosen too, with the roles and the team that are said', async () => {
  const { body } = await given.post('/v1/local/tokens', { as: null, json: { name: 'Zoë', roles: ['operations'], team: 'east' } });
  expect((await given.get('/v1/me', { as: String(body['token']) })).body).toMatchObject({
    subject: 'Zoë',
    roles: ['operations'],
    team: 'east',
  });
  const bare = await given.post('/v1/local/tokens', { as: null, json: { name: 'jonas', roles: ['rep'], team: null } });
  expect(bare.body).toMatchObject({ roles: ['rep'], team: null });
});

test('who asks without a token is nobody', async () => {
  expect((await given.get('/v1/me', { as: null })).body).toMatchObject({ code: 'token-missing' });
});

describe('a token is given to programs on this machine and to pages of the service itself', () => {
  test.each<[string, () => Record<string, string>]>([
    ['a program', () => ({})],
    ['a page of the service', () => ({ origin: `http://${own()}`, 'sec-fetch-site': 'same-origin' })],
    ['a page of the service under the name localhost', () => ({ host: 'localhost:3000', origin: 'http://localhost:3000' })],
    ['a page of the service under its IPv6 address', () => ({ host: '[::1]:3000', origin: 'http://[::1]:3000' })],
    ['an address typed in', () => ({ 'sec-fetch-site': 'none' })],
  ])('%s', async (_, headers) => expect((await post(headers())).status).toBe(201));
});

describe('no token is given to', () => {
  test.each<[string, () => Record<string, string>]>([
    ['a page of another site', () => ({ origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' })],
    ['a page of another site that hides where it is from', () => ({ origin: 'null' })],
    ['a page of another site whose browser sends no origin', () => ({ 'sec-fetch-site': 'cross-site' })],
    ['another page on this machine', () => ({ origin: 'http://127.0.0.1:5173', 'sec-fetch-site': 'same-site' })],
    [
      'a page whose name was made to point here',
      () => ({ host: 'evil.example:3000', origin: 'http://evil.example:3000', 'sec-fetch-site': 'same-origin' }),
    ],
    ['a name that only begins like this machine', () => ({ host: 'localhost.evil.example' })],
  ])('%s', async (_, headers) => expect(await post(headers())).toEqual({ status: 403, code: 'other-origin' }));

  test('a form or a plain text, which any page may send', async () => {
    for (const type of ['text/plain', 'application/x-www-form-urlencoded'])
      expect(await post({ 'content-type': type })).toEqual({ status: 415, code: 'media-type-unsupported' });
  });

  test('nobody by name', async () => expect(await post({}, '{"name": " "}')).toEqual({ status: 400, code: 'request-invalid' }));
});

test('the list of people is not for pages of other sites either', async () => {
  const answer = await given.get('/v1/local/people', { as: null, headers: { origin: 'https://evil.example' } });
  expect([answer.status, answer.body['code']]).toEqual([403, 'other-origin']);
});

test.each([
  ['whose tokens come from elsewhere', 'issuer'],
  ['that was told not to', 'off'],
])('a service %s issues none', async (_, kind) => {
  const { publicKey } = await generateKeyPair('RS256', { extractable: true });
  const other = await GivenService.start({
    COXSWAIN_STORE: 'memory:',
    ...(kind === 'off'
      ? { COXSWAIN_LOCAL_TOKENS: 'false' }
      : {
          COXSWAIN_TOKEN_ISSUER: 'https://login.example.com/',
          COXSWAIN_TOKEN_AUDIENCE: 'coxswain',
          COXSWAIN_TOKEN_PUBLIC_KEY: await exportSPKI(publicKey),
        }),
  });
  const answers = [
    await other.get('/v1/local/people', { as: null }),
    await other.post('/v1/local/tokens', { as: null, json: { name: 'dieter' } }),
  ];
  await other.end();
  for (const answer of answers) expect([answer.status, answer.body['code']]).toEqual([404, 'not-local']);
});
