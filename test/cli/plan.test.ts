import { beforeAll, expect, test } from '@jest/globals';
import { givenDeals, type GivenTerminal } from './given-terminal.js';

let given: GivenTerminal;
beforeAll(async () => void (given = await givenDeals()));

test('targets of a file are set, listed, and set again only where they differ', async () => {
  const file = given.file('targets.csv', 'period,owner,amount,note\n2026-Q2,,"250,000.00",Board\n2026-Q2,rita,80000,\n');
  expect(await given.run('targets', 'set', file, '--dry-run')).toMatchObject({
    exit: 0,
    out: '2 targets would be set, 0 in force already.\n',
  });
  expect(await given.run('targets', 'set', file)).toMatchObject({ exit: 0, out: '2 targets set, 0 in force already.\n' });
  expect(await given.run('targets', 'set', file)).toMatchObject({ exit: 0, out: '0 targets set, 2 in force already.\n' });
  const { out } = await given.run('targets', 'list');
  expect(out.replaceAll(/ {2,}/g, '  ')).toContain(
    '\n2026-Q2  all  EUR 250,000.00  2026-03-31 12:00  olga  Board\n2026-Q2  rita  EUR 80,000.00',
  );
});

test('a file with a wrong row sets nothing and names it', async () => {
  const file = given.file('wrong.csv', 'period,owner,amount\n2026-Q3,rita,many\n2026-Q3,bob,5\n');
  expect(await given.run('targets', 'set', file)).toEqual({
    exit: 1,
    out: '',
    err: `${file} has 1 problem; nothing was set.\n${file}:2: "many" is not an amount of EUR; it looks like 120000 or 120,000.00.\n`,
  });
  const odd = given.file('odd.csv', 'period,amount\nspring,5\n');
  expect(await given.run('targets', 'set', odd)).toMatchObject({
    exit: 1,
    err: 'Nothing was written.\nspring all: period must be a month like 2026-11 or a quarter like 2026-Q4\n',
  });
});

test('a call is recorded and listed, and what cannot be one is wrong use', async () => {
  expect(await given.run('forecast', 'call', '--period', '2026-Q2', '--commit', '60000', '--best-case', '90,000')).toMatchObject({
    exit: 0,
    out: 'commit: recorded.\nbest-case: recorded.\n',
  });
  expect(await given.run('forecast', 'call', '--period', '2026-Q2', '--commit', '60000')).toMatchObject({
    out: 'commit: the same as before, nothing was written.\n',
  });
  const { out } = await given.run('forecast', 'list');
  expect(out).toContain('No forecast was issued yet.');
  expect(out.replaceAll(/ {2,}/g, '  ')).toContain('\n2026-03-31 12:00  olga  2026-Q2  best-case  EUR 90,000.00  -\n');
  expect(await given.run('forecast', 'call', '--period', '2026-Q2')).toMatchObject({
    exit: 2,
    err: expect.stringContaining('--commit, --best-case, or both'),
  });
  expect(await given.run('forecast', 'call', '--period', '2026-Q2', '--commit', 'much')).toMatchObject({
    exit: 2,
    err: expect.stringContaining('"much" is not an amount of EUR.'),
  });
  expect(await given.run('forecast', 'call', '--period', 'soon', '--commit', '5')).toMatchObject({
    exit: 1,
    err: expect.stringContaining('period must be a month'),
  });
});

test('the record of forecasts says what waits to be scored', async () => {
  expect(await given.run('forecast', 'issue')).toMatchObject({ exit: 0, out: expect.stringContaining('Nothing was issued') });
  const { out } = await given.run('report', 'forecast-record');
  expect(out).toContain(
    'Nothing has been scored yet. 2 more are of periods that are not over yet, the first of which ends before 2026-07-01.',
  );
});
