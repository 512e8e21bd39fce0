import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import {
  COMMANDS_A_TERMINAL,
  givenDeals,
  GivenTerminal,
  NASTY,
  PAST,
  PAST_MAP,
  PROCESS_FILE,
  spoilFigures,
} from './given-terminal.js';

describe('log export', () => {
  test('is the same printed or written to a file in each format, which must be said; nothing is left half written', async () => {
    const given = await givenDeals();
    const target = given.path('exported');
    for (const [format, form] of [
      ['jsonl', /^\{"position":"0000000000000001","stream":"process-new-business".*\n(\{.*\}\n){38}$/],
      ['xes', /^<\?xml [^]*<string key="concept:name" value="elm-1"\/>[^]*<\/log>\n$/],
      ['ocel2', /^\{"objectTypes":[^]*"deal:elm-1"[^]*\}\n$/],
    ] as const) {
      const printed = await given.run('log', 'export', '--format', format);
      expect(printed).toMatchObject({ exit: 0, err: '' });
      expect(printed.out).toMatch(form);
      // The process; 24 events of birch-1, 6 of elm-1, 5 of ash-1, 3 of oak-1.
      expect(await given.run('log', 'export', '--format', format, '--out', target)).toEqual({
        exit: 0,
        out: `Wrote 39 events of the log to ${target}.\n`,
        err: '',
      });
      expect(readFileSync(target, 'utf8')).toBe(printed.out);
    }

    const { exit, err } = await given.run('log', 'export', '--format', 'xes', '--out', given.dir);
    expect([exit, err]).toEqual([1, `${given.dir} cannot be written: it is a folder.\nCheck the path.\n`]);
    expect(existsSync(`${given.dir}.part`)).toBe(false);
    expect(await given.run('log', 'export')).toMatchObject({
      exit: 2,
      out: '',
      err: expect.stringContaining("'--format <FORMAT>'"),
    });
  });
});

describe('import', () => {
  async function givenProcess(): Promise<{ given: GivenTerminal; past: string; map: string }> {
    const given = new GivenTerminal();
    await given.json('process', 'publish', PROCESS_FILE);
    return { given, past: given.file('past.csv', PAST), map: given.file('past.map.yaml', PAST_MAP) };
  }

  test('a dry run says what would come in, and writes nothing', async () => {
    const { given, past, map } = await givenProcess();
    const { exit, out } = await given.run('import', past, '--map', map, '--dry-run');
    expect(exit).toBe(0);
    // old-2 and old-3 come in with a capture and a step each, old-1 with its capture alone.
    expect(out).toBe(`Would import past.csv into new-business
3 rows read = 3 stored + 0 already there + 0 rejected
3 deals read = 3 stored + 0 already there + 0 rejected
5 steps read = 5 stored + 0 already there + 0 rejected
It happened from 2026-01-05 12:00 to 2026-01-09 12:00 UTC.
1 step of 1 deal broke the process.

found       what                             times   for example
----------------------------------------------------------------
deviating   Fit score must be at least 60.       1   old-3
`);
    expect((await given.run('report', 'pipeline')).out).toContain('; 0 deals known;');
  });

  test('brings the past in once: the second run finds all of it there', async () => {
    const { given, past, map } = await givenProcess();
    expect(await given.json('import', past, '--map', map)).toMatchObject({ deals: { read: 3, stored: 3 }, steps: { stored: 5 } });
    const second = await given.run('import', past, '--map', map);
    expect(second.exit).toBe(0);
    expect(second.out).toContain('5 steps read = 0 stored + 5 already there + 0 rejected\n');
    expect((await given.run('deal', 'replay', 'old-3')).out).toContain('lead -> qualified from imported history, qualify\n');
  });

  test('rows that are rejected are named, written to the report file, and end it with 1; the others come in', async () => {
    const { given, past, map } = await givenProcess();
    given.file(
      'past.csv',
      `${PAST}old ${NASTY.replace('\n', '')},New,2026-01-07,,ada,inbound,\nold-5,Nowhere,2026-01-07,,ada,inbound,\n`,
    );
    const report = given.path('report.jsonl');
    const { exit, out } = await given.run('import', past, '--map', map, '--report', report);
    expect(exit).toBe(1);
    expect(out).toContain('5 rows read = 3 stored + 0 already there + 2 rejected\n');
    expect(out).toMatch(/\nrejected +unknown-stage +1 +old-5 +The map does not know the stage "Nowhere"\.\n/);
    expect(out).not.toMatch(COMMANDS_A_TERMINAL);
    const lines = readFileSync(report, 'utf8').trimEnd().split('\n');
    expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual(
      expect.arrayContaining([
        { kind: 'rejected', line: 6, deal: 'old-5', code: 'unknown-stage', say: 'The map does not know the stage "Nowhere".' },
        expect.objectContaining({ kind: 'deviating', line: 4, deal: 'old-3' }),
      ]),
    );
  });

  test('a map with mistakes, a process that is not published, and a missing file stop it before anything is read', async () => {
    const { given, past, map } = await givenProcess();
    const bad = given.file('bad.map.yaml', PAST_MAP.replace('to: qualified', 'to: qualfied'));
    const mistaken = await given.run('import', past, '--map', bad);
    expect(mistaken.exit).toBe(1);
    expect(mistaken.out).toMatch(
      /bad\.map\.yaml:\d+:\d+ error .*"qualfied".*qualified.*\n.*: 1 error, 0 warnings\.\nNothing was read\.\n$/,
    );

    const other = given.file('other.map.yaml', PAST_MAP.replace('process: new-business', 'process: renewals'));
    expect(await given.run('import', past, '--map', other)).toEqual({
      exit: 1,
      out: '',
      err: 'The map is for the process "renewals", which is not published.\nPublish it first, with "coxswain process publish FILE".\n',
    });
    const missing = given.path('none.csv');
    const { exit, err } = await given.run('import', missing, '--map', map);
    expect([exit, err]).toEqual([1, `${missing} cannot be read: there is no such file or folder.\nCheck the path.\n`]);
    expect((await given.run('report', 'pipeline')).out).toContain('; 0 deals known;');
  });
});

test('rebuild forgets the figures that are kept, and folds the log again', async () => {
  const given = await givenDeals();
  const before = await given.json('report', 'sources');
  await spoilFigures(given, 'birch-1');
  expect((await given.run('report', 'sources')).out).toContain('; 3 deals known;');
  expect(await given.run('rebuild')).toEqual({
    exit: 0,
    out: `Rebuilt from the log of ${given.store}: processes, deals, board, deadlines, openings.\n`,
    err: '',
  });
  expect(await given.json('report', 'sources')).toEqual(before);
});

test('token says for whom, in which roles, of which team and how long', async () => {
  const given = new GivenTerminal();
  const { exit, out, err } = await given.run('token', 'mia', '--roles', 'rep, manager', '--team', 'north', '--hours', '2');
  expect([exit, err]).toEqual([0, `Valid for 2 hours at a service whose data folder is ${given.dir}.\n`]);
  const claims = JSON.parse(Buffer.from(out.split('.')[1]!, 'base64url').toString()) as unknown;
  // 2026-03-31T12:00:00Z is 1,774,958,400 seconds after 1970, and two hours are 7,200.
  expect(claims).toMatchObject({ sub: 'mia', roles: ['rep', 'manager'], team: 'north', iat: 1_774_958_400, exp: 1_774_965_600 });
  expect(readdirSync(given.dir)).toEqual(['local-keys.json']);
  expect(await given.run('token', '')).toMatchObject({ exit: 2, out: '', err: expect.stringContaining('1 to 200 characters') });
  expect(await given.run('token', 'mia', '--hours', '721')).toMatchObject({ exit: 2, out: '' });
});
