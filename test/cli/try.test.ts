import { describe, expect, test } from '@jest/globals';
import { GivenTerminal, givenDeals, PROCESS_FILE } from './given-terminal.js';

const LINES = `# A lead without a source stays one.
! qualify fitScore=80
as sdr
qualify source=inbound fitScore=80
`;

describe('process try', () => {
  test('walks an invented deal by the lines of a script', async () => {
    const given = new GivenTerminal();
    const { exit, out, err } = await given.run('process', 'try', PROCESS_FILE, '--script', given.file('lines.txt', LINES));
    expect([exit, err]).toEqual([0, '']);
    expect(out.split('\n')).toEqual([
      expect.stringMatching(
        /^An invented deal under New business, .* UTC, asked by somebody in every role\. Nothing of it is recorded\.$/,
      ),
      'It stands in Lead.',
      '',
      '> ! qualify fitScore=80',
      '"Qualify" is blocked.',
      '  - Lead source must be recorded.',
      '',
      '> as sdr',
      'Asked by somebody who is sdr.',
      '',
      '> qualify source=inbound fitScore=80',
      'Recorded: Lead source "inbound", Fit score 80.',
      'It goes from Lead to Qualified.',
      expect.stringMatching(/^The time limit of Qualified is up on .* UTC\.$/),
      '',
      '3 of 3 lines as expected. It stands in Qualified.',
      '',
    ]);
  });

  test('stops at the first line that is not as expected, and ends with 1', async () => {
    const given = new GivenTerminal({ typed: 'qualify\nqualify source=inbound fitScore=80\n' });
    const { exit, out } = await given.run('process', 'try', PROCESS_FILE, '--script', '-');
    expect(exit).toBe(1);
    expect(out).toContain('Line 1 of 2 is not as expected. The 1 after it were not tried.');
    const json = await new GivenTerminal({ typed: 'qualify\nmoves\n' }).run(
      'process',
      'try',
      PROCESS_FILE,
      '--script',
      '-',
      '--json',
    );
    expect(json.exit).toBe(1);
    expect(JSON.parse(json.out)).toMatchObject({
      asExpected: false,
      left: 1,
      lines: [{ line: 'qualify', outcome: 'refused', stage: 'lead', blockers: [{ kind: 'fact' }, {}, {}] }],
    });
  });

  test('begins with a recorded deal, of which nothing changes', async () => {
    const given = await givenDeals();
    const before = await given.json('deal', 'replay', 'elm-1');
    const { exit, out } = await given.run(
      'process',
      'try',
      PROCESS_FILE,
      '--deal',
      'elm-1',
      '--script',
      given.file('l.txt', '! propose\nmoves\nlose lostReason=price\n'),
    );
    expect(exit).toBe(0);
    expect(out).toContain('Deal elm-1 under New business');
    expect(out).toContain('  - The buyer must have confirmed budget. (manager may let it pass)');
    expect(out).toContain('3 of 3 lines as expected. It stands in Lost.');
    expect(await given.json('deal', 'replay', 'elm-1')).toEqual(before);
  });

  test('says what is wrong with how it is asked', async () => {
    const given = await givenDeals();
    const ask = (...more: string[]) => given.run('process', 'try', PROCESS_FILE, ...more);
    expect(await ask()).toMatchObject({ exit: 2, err: expect.stringContaining('Nobody is there to type.') });
    expect(await ask('--json')).toMatchObject({ exit: 2, err: expect.stringContaining('--json needs --script.') });
    expect(await ask('--deal', 'none-1', '--script', '-')).toMatchObject({ exit: 1, err: expect.stringContaining('none-1') });
    const gone = given.file('gone.yaml', 'process: new-business\n');
    expect(await given.run('process', 'try', gone, '--script', '-')).toMatchObject({
      exit: 1,
      err: expect.stringContaining('A process with errors cannot be tried.'),
    });
  });
});
