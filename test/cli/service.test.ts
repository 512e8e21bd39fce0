import { mkdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { readConfiguration } from '../../apps/api/src/configuration.js';
import { startService, type Service } from '../../apps/api/src/service.js';
import { givenDeals, GivenTerminal, NOW, PAST, PAST_MAP, PROCESS_FILE } from './given-terminal.js';

let given: GivenTerminal;
let service: Service;
beforeAll(async () => {
  given = await givenDeals();
  mkdirSync(given.path('maps'));
  given.file('maps/past.map.yaml', PAST_MAP);
  const read = readConfiguration({
    PORT: '0',
    COXSWAIN_STORE: given.store,
    COXSWAIN_DATA_DIR: given.dir,
    COXSWAIN_MAPS: given.path('maps'),
    COXSWAIN_LOG_LEVEL: 'error',
  });
  if ('problems' in read) throw new Error(JSON.stringify(read.problems));
  service = await startService(read.configuration, { now: () => new Date(NOW) });
  // What is due fires now, not between two questions that must agree.
  await service.desk.fireDueLimits();
});
afterAll(() => service.stop());

const atService = (...args: readonly string[]) => given.run(...args, '--url', service.url);

describe('a running service', () => {
  test('is asked with a token of this machine, and prints what its store prints', async () => {
    const questions = [
      ['process', 'list'],
      ['deal', 'show', 'oak-1'],
      ['deal', 'show', 'elm-1', '--as-of', '2026-03-04T00:00:00Z'],
      ['deal', 'moves', 'elm-1', '--as', 'mia', '--roles', 'rep,manager'],
      ['deal', 'replay', 'birch-1'],
      ['deal', 'verify', 'birch-1'],
      ['deal', 'verify', '--all'],
      ...['pipeline', 'conversion', 'cycle-time', 'adherence', 'junk-watch', 'sources'].map((name) => ['report', name]),
      [
        'report',
        'pipeline',
        '--by',
        'owner',
        '--from',
        '2026-03-04',
        '--to',
        '2026-04-01',
        '--as-of',
        '2026-03-20',
        '--clock',
        '2026-03-19',
      ],
      ['report', 'forecast', '--period', 'month', '--average', '2'],
    ];
    for (const question of questions)
      for (const json of [[], ['--json']]) {
        const direct = await given.run(...question, ...json);
        expect(direct.exit).toBe(0);
        expect(await atService(...question, ...json)).toEqual(direct);
      }
  });

  test('exports the log to the last byte as its store does', async () => {
    for (const format of ['jsonl', 'xes', 'ocel2']) {
      const command = ['log', 'export', '--format', format];
      expect(await atService(...command)).toEqual(await given.run(...command));
      expect((await atService(...command, '--out', given.path(format))).exit).toBe(0);
      expect(readFileSync(given.path(format), 'utf8')).toBe((await given.run(...command)).out);
    }
  });

  test('refuses with the words of the store', async () => {
    for (const question of [
      ['deal', 'show', 'ELM-1'],
      ['deal', 'verify', 'ELM-1'],
      ['deal', 'replay', 'elm-1', '--as-of', '2026-03-01T00:00:00Z'],
      ['report', 'pipeline', '--process', 'new-busines'],
    ]) {
      const [direct, asked] = [await given.run(...question), await atService(...question)];
      expect([asked.exit, asked.out, asked.err.split('\n')[0]]).toEqual([1, '', direct.err.split('\n')[0]]);
    }
    expect(await atService('deal', 'show', '..')).toMatchObject({
      exit: 1,
      err: 'A service cannot be asked for a deal named "..".\nCheck the name, or ask the store itself with --store.\n',
    });
  });

  test('takes a process and a file of the past, and answers as a store of its own would', async () => {
    const alone = await givenDeals();
    const changed = given.file(
      'changed.yaml',
      readFileSync(PROCESS_FILE, 'utf8').replace('title: New business', 'title: New deals'),
    );
    for (const file of [changed, changed, given.file('broken.yaml', 'process: broken\n')])
      for (const json of [[], ['--json']]) {
        const command = ['process', 'publish', file, ...json];
        expect(await atService(...command)).toEqual(await alone.run(...command));
      }
    expect((await atService('process', 'list')).out).toMatch(/New deals +2 /);

    const past = given.file('past.csv', `${PAST}old-5,Nowhere,2026-01-07,,ada,inbound,\n`);
    const map = given.file('past.map.yaml', PAST_MAP);
    for (const more of [['--dry-run'], ['--json'], []]) {
      const reports = [given.path('at-service.jsonl'), given.path('alone.jsonl')];
      const asked = await atService('import', past, '--map', 'past', ...more, '--report', reports[0]!);
      const here = await alone.run('import', past, '--map', map, ...more, '--report', reports[1]!);
      // A service fires the time limits that are past, at a moment of its own; a store by itself leaves them.
      const [there, beside] = [asked, here].map((said) => ({ ...said, out: withoutPastLimits(said.out) }));
      expect(there).toEqual(beside);
      expect([asked.exit, asked.out]).toEqual([1, expect.stringContaining('Nowhere')]);
      expect(readFileSync(reports[0]!, 'utf8').split('\n').sort()).toEqual(readFileSync(reports[1]!, 'utf8').split('\n').sort());
    }
    expect(await atService('import', past, '--map', 'pats')).toMatchObject({
      exit: 1,
      err: expect.stringMatching(/^There is no import map "pats": did you mean "past"\?/),
    });
  });

  test('takes a map from here, and says that what a map looks up must stand in its own folder', async () => {
    const past = given.file('here.csv', `deal,stage,came,moved,who,source,fit\nhere-1,New,2026-01-05,,ada,inbound,\n`);
    const map = given.file('here.map.yaml', PAST_MAP);
    const came = await atService('import', past, '--map', map);
    expect([came.exit, came.out]).toEqual([0, expect.stringContaining('1 rows read = 1 stored')]);

    const listed = `${PAST_MAP}lookups: { sources: { file: sources.csv, key: name } }\n`;
    given.file('maps/listed.map.yaml', listed);
    given.file('sources.csv', 'name\ninbound\n');
    const missing = await atService('import', past, '--map', 'listed');
    expect([missing.exit, missing.out]).toEqual([
      1,
      expect.stringContaining(
        'Stopped: The map needs the file "sources.csv" in the folder of maps of the service (COXSWAIN_MAPS); it is not there.\n',
      ),
    ]);
    const other = given.file('other.map.yaml', listed.replace('sources.csv', 'prices.csv'));
    expect((await atService('import', past, '--map', other)).out).toContain('"prices.csv" is none of that.');
    // In the store itself it stands beside the file.
    const alone = await givenDeals();
    const beside = await alone.run('import', past, '--map', given.path('maps/listed.map.yaml'));
    expect(beside.out).toContain('1 rows read = 1 stored');
  });

  test('says what a token lacks, and that one is missing or no token at all', async () => {
    const { out: token } = await given.run('token', 'ada', '--roles', 'rep');
    const publish = await atService('process', 'publish', PROCESS_FILE, '--token', token.trim());
    expect(publish).toMatchObject({ exit: 1, out: '' });
    expect(publish.err).toMatch(/^Only operations or admin may do this; .*\nUse a token of somebody with that role/);

    const none = new GivenTerminal();
    const stranger = await none.run('process', 'list', '--url', service.url);
    expect([stranger.exit, stranger.err]).toEqual([1, expect.stringMatching(/\nGive a token with --token or COXSWAIN_TOKEN\./)]);
    const wrong = await atService('process', 'list', '--token', 'abc');
    expect([wrong.exit, wrong.err]).toEqual([1, expect.stringMatching(/^The token cannot be read/)]);
  });
});

test('an address where nobody answers, or somebody else, is said so', async () => {
  const other = createServer((_, answer) => void answer.end('<h1>Hello</h1>'));
  await new Promise<void>((resolve) => void other.listen(0, '127.0.0.1', resolve));
  const address = other.address();
  const url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
  expect(await given.run('process', 'list', '--url', url)).toMatchObject({
    exit: 1,
    out: '',
    err: expect.stringMatching(`^What answers at ${url} is not a Coxswain service`),
  });
  await new Promise((resolve) => void other.close(resolve));
  expect(await given.run('process', 'list', '--url', url)).toEqual({
    exit: 1,
    out: '',
    err: `No service answers at ${url} (ECONNREFUSED).\nStart one with "coxswain serve", correct --url, or leave --url out to read the store directly.\n`,
  });
});

const withoutPastLimits = (said: string): string =>
  said.replace(/Past a time limit already.*\n/, '').replace(/"overdue": \{[^}]*\},?\s*/, '');
