import { existsSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { describeBuilt, givenDeals, GivenTerminal, PROCESS_FILE, startShell } from './given-terminal.js';

const shell = (script: string, given = new GivenTerminal()) => startShell(given, script).ended;

describeBuilt('the terminal as a process of its own', () => {
  test('says its version and its commands; what it does not know is wrong use', async () => {
    const told = await shell('coxswain --version && coxswain --help');
    expect(told).toMatchObject({ exit: 0, err: '' });
    expect(told.out).toMatch(
      /^\d+\.\d+\.\d+\nUsage: coxswain [^]*\nExit codes: 0 done, 1 refused or a problem found, 2 wrong use\.\n$/,
    );
    expect(await shell('coxswain deals')).toEqual({
      exit: 2,
      out: '',
      err: "error: unknown command 'deals'\n(Did you mean deal?)\nAdd --help to see what there is.\n",
    });
    expect(await shell('coxswain')).toMatchObject({ exit: 2, out: '', err: expect.stringContaining('Usage: coxswain') });
  });

  test('whoever has read enough may close the pipe: that is no error', async () => {
    const given = await givenDeals();
    for (const command of ['log export --format jsonl', `process draw ${PROCESS_FILE} --format svg`, '--help'])
      expect(await shell(`coxswain ${command} | true`, given)).toEqual({ exit: 0, out: '', err: '' });
    given.file('broken.yaml', 'process: broken\n');
    expect(await shell('coxswain process check broken.yaml | true', given)).toEqual({ exit: 1, out: '', err: '' });
    expect(await shell('coxswain deal show none 2>&1 | true', given)).toMatchObject({ exit: 1, err: '' });
  });

  (existsSync('/dev/full') ? test : test.skip)('output that cannot be written is an error', async () => {
    const given = await givenDeals();
    for (const command of ['process list', 'log export --format jsonl']) {
      const { exit, err } = await shell(`coxswain ${command} > /dev/full`, given);
      expect([exit, err]).toEqual([1, expect.stringMatching(/^Something went wrong: ENOSPC: [^\n]*\n$/)]);
    }
  });

  test('while a service has the store, reading goes on, writing is refused, and the service ends when told to', async () => {
    const given = await givenDeals();
    const { child, said, ended } = startShell(given, 'exec "$NODE" "$BIN" serve --port 0');
    for (let tries = 0; tries < 400 && !said.err.includes('listens at') && child.exitCode === null; tries++)
      await new Promise((resolve) => setTimeout(resolve, 25));
    for (const command of [
      ['process', 'publish', PROCESS_FILE],
      ['projections', 'rebuild'],
    ])
      expect(await given.run(...command)).toEqual({
        exit: 1,
        out: '',
        err: expect.stringMatching(
          /^The store cannot be used: another process \(pid \d+\) has \S+ open for writing\.\nTalk to the running service with --url, or stop it first\.\n$/,
        ),
      });
    expect((await given.run('deal', 'verify', '--all')).out).toBe('10 decisions of 4 deals asked again, all agree.\n');
    child.kill('SIGTERM');
    expect(await ended).toMatchObject({ exit: 0, err: expect.stringContaining('finishing what runs, then stopping') });
  });
});
