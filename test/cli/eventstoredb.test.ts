import { existsSync } from 'node:fs';
import { beforeAll, expect, test } from '@jest/globals';
import { newBusinessFile } from '../sales-desk/given-desk.js';
import { startEventStoreDb } from '../support/eventstoredb.js';
import { givenDeals, GivenTerminal, NOW, PAST, PAST_MAP, PROCESS_FILE } from './given-terminal.js';

const server = await startEventStoreDb();
server.now = () => new Date(NOW);
const uri = server.uri({ prefix: 'cli' });

/** The same log in SQLite and behind the protocol of EventStoreDB. */
let sqlite: GivenTerminal;
let esdb: GivenTerminal;
beforeAll(async () => {
  sqlite = await givenDeals();
  esdb = new GivenTerminal({
    env: { COXSWAIN_STORE: uri, COXSWAIN_READ_MODELS: `sqlite:${sqlite.path('read-models.db')}` },
  });
  expect((await sqlite.run('store', 'copy', sqlite.store, uri)).exit).toBe(0);
});

const QUESTIONS: readonly (readonly string[])[] = [
  ['process', 'list'],
  ['deal', 'show', 'elm-1'],
  ['deal', 'show', 'elm-1', '--as-of', '2026-03-04T00:00:00Z'],
  ['deal', 'moves', 'elm-1', '--as', 'mia', '--roles', 'rep,manager'],
  ['deal', 'replay', 'birch-1'],
  ['deal', 'verify', 'birch-1'],
  ['deal', 'verify', '--all'],
  ...['pipeline', 'conversion', 'cycle-time', 'forecast', 'adherence', 'sources'].map((name) => ['report', name]),
];
const expectTheSame = async (...questions: readonly (readonly string[])[]): Promise<void> => {
  for (const question of questions) expect(await esdb.run(...question)).toEqual(await sqlite.run(...question));
};

test('before the first writing there are no read models, and the terminal says how they are made', async () => {
  expect(await esdb.run('report', 'pipeline')).toMatchObject({
    exit: 1,
    out: '',
    err: expect.stringMatching(/there is no store at .*read-models\.db\.\nStart the service once/),
  });
  const without = new GivenTerminal({ env: { COXSWAIN_STORE: uri } });
  expect(await without.run('deal', 'show', 'elm-1')).toMatchObject({
    exit: 1,
    err: expect.stringMatching(/holds the log alone.*\nName one .*COXSWAIN_READ_MODELS/),
  });
  const inMemory = new GivenTerminal({ env: { COXSWAIN_READ_MODELS: 'memory:' } });
  expect(await inMemory.run('report', 'pipeline', '--store', uri)).toEqual(await sqlite.run('report', 'pipeline'));
});

test('every question is answered as over SQLite, before and after an import and a rebuild', async () => {
  expect((await esdb.run('process', 'publish', PROCESS_FILE)).out).toContain('nothing was published');
  expect(existsSync(sqlite.path('read-models.db'))).toBe(true);
  await expectTheSame(
    ...QUESTIONS,
    ['log', 'export', '--format', 'xes'],
    ['log', 'export', '--format', 'ocel2'],
    ['deal', 'show', 'none'],
  );

  const [past, map] = [sqlite.file('past.csv', PAST), sqlite.file('past.map.yaml', PAST_MAP)];
  await expectTheSame(['import', past, '--map', map, '--dry-run'], ['import', past, '--map', map]);
  await expectTheSame(['import', past, '--map', map], ...QUESTIONS, ['deal', 'replay', 'old-3']);
  expect(server.log.filter(({ stream }) => stream === 'cli-opportunity-old-3').length).toBeGreaterThan(1);

  // Places in the log are the store's own, and appends to several streams at once may come in any order there.
  const exported = async (given: GivenTerminal): Promise<unknown[]> => {
    const { out } = await given.run('log', 'export', '--format', 'jsonl');
    return out
      .trimEnd()
      .split('\n')
      .map((line) => ({ ...(JSON.parse(line) as { stream: string; revision: number }), position: '' }))
      .toSorted((a, b) => a.stream.localeCompare(b.stream) || a.revision - b.revision);
  };
  expect(await exported(esdb)).toEqual(await exported(sqlite));

  expect((await esdb.run('projections', 'rebuild')).out).toMatch(
    /^Rebuilt from the log of esdb:.*: processes, openings, plans, migrations, back-tests, shadows, deals\.\n$/,
  );
  await expectTheSame(...QUESTIONS);
}, 60_000);

test('a process published there is in force, and a backup restores into SQLite', async () => {
  const second = sqlite.file('second.yaml', newBusinessFile.replace('>= 60.0', '>= 70.0'));
  await expectTheSame(['process', 'publish', second], ['process', 'list']);
  const backup = sqlite.path('backup.db');
  expect((await esdb.run('store', 'backup', backup)).exit).toBe(0);
  expect((await esdb.run('report', 'pipeline', '--store', `sqlite:${backup}`)).out).toEqual(
    (await sqlite.run('report', 'pipeline')).out,
  );
});

test('another store is not read with the read models of the one in the environment', async () => {
  const other = new GivenTerminal();
  await other.run('process', 'publish', PROCESS_FILE);
  const report = await other.run('report', 'pipeline');
  expect(report.out).toContain('; 0 deals known;');
  expect(await esdb.run('report', 'pipeline', '--store', other.store)).toEqual(report);
});
