import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { describeProblems, readConfiguration, type Configuration, type Environment } from '../../apps/api/src/configuration.js';

const ISSUER = { COXSWAIN_TOKEN_ISSUER: 'https://login.example.com/', COXSWAIN_TOKEN_AUDIENCE: 'coxswain' };

function accepted(environment: Environment): Configuration {
  const read = readConfiguration(environment);
  if ('problems' in read) throw new Error(describeProblems(read.problems));
  return read.configuration;
}

function problemsOf(environment: Environment): readonly string[] {
  const read = readConfiguration(environment);
  return 'problems' in read ? read.problems.map(({ name }) => name) : [];
}

describe('settings', () => {
  test('with no settings at all it is a local service on loopback over one SQLite file', () => {
    expect(accepted({})).toMatchObject({
      store: 'sqlite:./data/coxswain.db',
      readModels: null,
      host: '127.0.0.1',
      port: 3000,
      demo: false,
      logLevel: 'info',
      access: { mode: 'local' },
    });
  });

  test('every wrong setting is told at once, each by its name', () => {
    expect(
      problemsOf({
        COXSWAIN_STORE: 'mysql://root:secret@db/coxswain',
        PORT: '70000',
        HOST: '0.0.0.0',
        COXSWAIN_DEMO: 'maybe',
        COXSWAIN_LOG_LEVEL: 'inof',
        COXSWAIN_STOP_WITHIN_SECONDS: '0',
      }),
    ).toEqual(['COXSWAIN_STORE', 'PORT', 'COXSWAIN_DEMO', 'COXSWAIN_LOG_LEVEL', 'HOST', 'COXSWAIN_STOP_WITHIN_SECONDS']);
  });

  test('a wrong setting says its unit and what would help, and never repeats a password', () => {
    const read = readConfiguration({
      COXSWAIN_STORE: 'mysql://root:secret@db/coxswain',
      PORT: 'http',
      COXSWAIN_LOG_LEVEL: 'inof',
    });
    const text = 'problems' in read ? describeProblems(read.problems) : '';
    expect(text).toContain('PORT: "http" is not a port, a whole number from 0 to 65535. For example PORT=3000.');
    expect(text).toContain('did you mean info?');
    expect(text).toContain('Use a file, like COXSWAIN_STORE=sqlite:./data/coxswain.db');
    expect(text).not.toContain('secret');
  });

  test.each(['esdb://admin:secret@log:2113', 'kurrentdb+discover://admin:secret@log'])(
    'a store that holds the log alone (%s) needs SQLite or PostgreSQL for the read models, and takes no demo company',
    (COXSWAIN_STORE) => {
      expect(problemsOf({ COXSWAIN_STORE })).toEqual(['COXSWAIN_READ_MODELS']);
      expect(problemsOf({ COXSWAIN_STORE, COXSWAIN_READ_MODELS: 'memory:' })).toEqual(['COXSWAIN_READ_MODELS']);
      expect(problemsOf({ COXSWAIN_STORE, COXSWAIN_READ_MODELS: COXSWAIN_STORE })).toEqual(['COXSWAIN_READ_MODELS']);
      expect(problemsOf({ COXSWAIN_READ_MODELS: COXSWAIN_STORE })).toEqual(['COXSWAIN_READ_MODELS']);
      expect(problemsOf({ COXSWAIN_STORE, COXSWAIN_READ_MODELS: 'sqlite:./r.db' })).toEqual([]);
      expect(problemsOf({ COXSWAIN_STORE, COXSWAIN_READ_MODELS: 'postgres://u:p@h/d' })).toEqual([]);
      expect(problemsOf({ COXSWAIN_STORE, COXSWAIN_READ_MODELS: 'sqlite:./r.db', COXSWAIN_DEMO: 'true' })).toEqual([
        'COXSWAIN_DEMO',
      ]);
    },
  );

  test('without token keys the service does not listen outside loopback', () => {
    expect(problemsOf({ HOST: '0.0.0.0' })).toEqual(['HOST']);
    expect(problemsOf({ HOST: '192.168.1.20' })).toEqual(['HOST']);
    expect(problemsOf({ HOST: 'localhost' })).toEqual([]);
    expect(problemsOf({ HOST: '::1' })).toEqual([]);
    expect(problemsOf({ HOST: '0.0.0.0', ...ISSUER, COXSWAIN_TOKEN_KEYS_URL: 'https://login.example.com/keys' })).toEqual([]);
  });

  test('half of the token settings is not taken for none of them', () => {
    expect(problemsOf({ COXSWAIN_TOKEN_ISSUER: 'https://login.example.com/' })).toEqual([
      'COXSWAIN_TOKEN_AUDIENCE',
      'COXSWAIN_TOKEN_KEYS_URL',
    ]);
    expect(problemsOf({ ...ISSUER, COXSWAIN_TOKEN_KEYS_URL: 'http://login.example.com/keys' })).toEqual([
      'COXSWAIN_TOKEN_KEYS_URL',
    ]);
    expect(problemsOf({ ...ISSUER, COXSWAIN_TOKEN_PUBLIC_KEY_FILE: '/there/is/no/such/file.pem' })).toEqual([
      'COXSWAIN_TOKEN_PUBLIC_KEY_FILE',
    ]);
  });

  test('a public key is taken, a private one is not', () => {
    const { publicKey, privateKey } = generateKeyPairSync('ec', {
      namedCurve: 'P-256',
      publicKeyEncoding: { type: 'spki', format: 'pem' },
      privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    });
    expect(accepted({ ...ISSUER, COXSWAIN_TOKEN_PUBLIC_KEY: publicKey }).access).toMatchObject({
      mode: 'issuer',
      audience: 'coxswain',
    });
    expect(problemsOf({ ...ISSUER, COXSWAIN_TOKEN_PUBLIC_KEY: privateKey })).toEqual(['COXSWAIN_TOKEN_PUBLIC_KEY']);
  });

  test('a mistyped name is pointed out, and a name that only looks alike is left alone', () => {
    const read = readConfiguration({ COXSWAIN_STROE: 'memory:', COXSWAIN_SERVICE_HOST: '10.0.0.1' });
    expect('warnings' in read && read.warnings).toEqual([
      { name: 'COXSWAIN_STROE', say: 'There is no such setting.', help: 'Did you mean COXSWAIN_STORE?' },
    ]);
  });
});
