import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { exportJWK, generateKeyPair, SignJWT, type CryptoKey, type JWTPayload } from 'jose';
import { TokenCheck } from '../../apps/api/src/access.js';
import { ProblemAnswer } from '../../apps/api/src/problem.js';

const NOW = new Date('2026-03-31T08:00:00Z');
const IN_AN_HOUR = NOW.getTime() / 1000 + 3600;
const ADA: JWTPayload = {
  sub: 'ada',
  iss: 'https://login.example.com/',
  aud: 'coxswain',
  exp: IN_AN_HOUR,
  roles: ['rep'],
  team: 'north',
};

let keys: { readonly privateKey: CryptoKey; readonly publicKey: CryptoKey };
let issuer: Server;
let tokens: TokenCheck;
let clock = NOW;

beforeAll(async () => {
  keys = await generateKeyPair('RS256', { extractable: true });
  const set = JSON.stringify({ keys: [{ ...(await exportJWK(keys.publicKey)), kid: 'first', alg: 'RS256', use: 'sig' }] });
  issuer = createServer((_, answer) => answer.setHeader('content-type', 'application/json').end(set));
  await new Promise<void>((listening) => issuer.listen(0, '127.0.0.1', listening));
  tokens = await checkedAt(`http://127.0.0.1:${(issuer.address() as AddressInfo).port}/keys`);
});
afterAll(() => void issuer.close());

const checkedAt = (url: string): Promise<TokenCheck> =>
  TokenCheck.open(
    {
      dataDir: 'not used',
      access: { mode: 'issuer', issuer: 'https://login.example.com/', audience: 'coxswain', keys: { url: new URL(url) } },
    },
    () => clock,
  );

const signed = (claims: JWTPayload): Promise<string> =>
  new SignJWT(claims).setProtectedHeader({ alg: 'RS256', kid: 'first' }).sign(keys.privateKey);

async function refusal(check: TokenCheck, token: string): Promise<string> {
  try {
    return JSON.stringify(await check.actor(token));
  } catch (error) {
    if (error instanceof ProblemAnswer) return `${error.status} ${error.code}: ${error.detail}`;
    throw error;
  }
}

describe('a token of a known issuer', () => {
  test('says who asks, in which roles, of which team', async () => {
    expect(await tokens.actor(await signed(ADA))).toEqual({ id: 'ada', roles: ['rep'], team: 'north' });
    const { roles: _, team: __, ...bare } = ADA;
    expect(await tokens.actor(await signed(bare))).toEqual({ id: 'ada', roles: [], team: null });
  });

  test.each<[string, JWTPayload, string]>([
    ['of another issuer', { ...ADA, iss: 'https://elsewhere.example.com/' }, 'must be issued by "https://login.example.com/"'],
    ['for another service', { ...ADA, aud: 'payroll' }, 'must be meant for "coxswain"'],
    ['that has run out', { ...ADA, exp: NOW.getTime() / 1000 - 60 }, 'has expired'],
    ['that is not valid yet', { ...ADA, nbf: IN_AN_HOUR }, 'not valid yet'],
    ['that never ends', { sub: 'ada', iss: ADA.iss!, aud: 'coxswain' }, '"exp" does not fit'],
    ['of nobody', { iss: ADA.iss!, aud: 'coxswain', exp: IN_AN_HOUR }, '"sub" does not fit'],
    ['with roles in one text', { ...ADA, roles: 'rep manager' }, '"roles" of a token must be a list'],
  ])('%s is not taken, and is told why', async (_, claims, why) => {
    const answer = await refusal(tokens, await signed(claims));
    expect(answer).toMatch(/^401 token-refused: /);
    expect(answer).toContain(why);
  });

  test('that was taken a moment ago is not taken any more once it has run out', async () => {
    const token = await signed({ ...ADA, exp: NOW.getTime() / 1000 + 30 });
    expect(await tokens.actor(token)).toMatchObject({ id: 'ada' });
    clock = new Date(NOW.getTime() + 40_000);
    expect(await refusal(tokens, token)).toContain('has expired');
    clock = NOW;
  });

  test('cannot be checked while the issuer is out of reach: that is a 503, not a refusal', async () => {
    const unreachable = await checkedAt('http://127.0.0.1:1/keys');
    expect(await refusal(unreachable, await signed(ADA))).toMatch(/^503 keys-unavailable/);
  });
});
