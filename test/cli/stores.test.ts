import { existsSync, readdirSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { givenDeals, GivenTerminal } from './given-terminal.js';

test('a backup restored elsewhere gives the same log, also beside an open store, and is never overwritten', async () => {
  const given = await givenDeals();
  const file = given.path('backup.db');
  expect(await given.run('store', 'backup', file)).toEqual({
    exit: 0,
    out: `39 events of the log in ${file}; all compared, all the same.\n`,
    err: '',
  });
  expect(await given.run('store', 'backup', file)).toMatchObject({ exit: 1, err: expect.stringContaining('is there already') });

  const again = `sqlite:${given.path('again.db')}`;
  expect(await given.run('store', 'restore', file, '--store', again, '--json')).toMatchObject({
    exit: 0,
    out: `${JSON.stringify({ events: 39, alreadyThere: 0 }, null, 2)}\n`,
  });
  for (const question of [
    ['log', 'export', '--format', 'xes'],
    ['deal', 'verify', '--all'],
    ['report', 'pipeline'],
  ])
    expect(await given.run(...question, '--store', again)).toEqual(await given.run(...question));
  expect(readdirSync(given.dir).filter((name) => name.includes('.part'))).toEqual([]);
});

test('a copy goes on where it was, and refuses a store with something else in it', async () => {
  const given = await givenDeals();
  const [there, other] = [`sqlite:${given.path('there.db')}`, await givenDeals()];
  await given.run('store', 'copy', given.store, there);
  expect((await given.run('store', 'copy', given.store, there)).out).toBe(
    '39 events of the log in the second store, 39 of them there before; all compared, all the same.\n',
  );
  expect(await given.run('store', 'copy', other.store, there)).toMatchObject({
    exit: 1,
    err: expect.stringMatching(/is no copy of .*: they differ at revision 0 of/),
  });
  expect(await given.run('store', 'copy', there, there)).toMatchObject({ exit: 1, err: expect.stringContaining('the same') });
});

test('a slip in a name makes no new store', async () => {
  const given = new GivenTerminal();
  for (const words of [
    ['backup', given.path('backup.db')],
    ['restore', given.path('none.db')],
    ['copy', `sqlite:${given.path('none.db')}`, given.store],
  ])
    expect(await given.run('store', ...words)).toMatchObject({ exit: 1, out: '' });
  expect(existsSync(given.path('none.db'))).toBe(false);
  expect(existsSync(given.path('backup.db'))).toBe(false);
});
