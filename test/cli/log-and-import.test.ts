import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, test } from '@jest/globals';
import { openStore } from '@coxswain/event-store';
import {
  COMMANDS_A_TERMINAL,
  givenDeals,
  GivenTerminal,
  NASTY,
  NOW,
  PAST,
  PAST_MAP,
  PROCESS_FILE,
  spoilFigures,
} from './given-terminal.js';

describe('log export', () => {
  test('is the same printed or written to a file in each format, which must be said; nothing is left half written', async () => {
    const given = await givenDeals();
    const target = given.path('exported');
    // The process; 24 events of birch-1, 6 of elm-1, 5 of ash-1, 3 of oak-1. What an activity stands for: 4 captures, 10 steps, a call.
    const some = '15 events of the log to TARGET; 24 others of the log have no place in';
    for (const [format, form, wrote] of [
      [
        'jsonl',
        /^\{"position":"0000000000000001","stream":"process-new-business".*\n(\{.*\}\n){38}$/,
        '39 events of the log to TARGET',
      ],
      ['xes', /^<\?xml [^]*<string key="concept:name" value="elm-1"\/>[^]*<\/log>\n$/, `${some} xes`],
      ['ocel2', /^\{"objectTypes":[^]*"deal:elm-1"[^]*\}\n$/, `${some} ocel2`],
    ] as const) {
      const printed = await given.run('log', 'export', '--format', format);
      expect(printed).toMatchObject({ exit: 0, err: '' });
      expect(printed.out).toMatch(form);
      if (format === 'xes') expect(printed.out.match(/<event>/g)).toHaveLength(15);
      expect(await given.run('log', 'export', '--format', format, '--out', target)).toEqual({
        exit: 0,
        out: `Wrote ${wrote.replace('TARGET', target)}.\n`,
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
5 steps handed over = 5 stored + 0 already there + 0 rejected
It happened from 2026-01-05 12:00 to 2026-01-09 12:00 UTC.
1 step of 1 deal broke the process.
Past a time limit already: 3 deals, none of which will be moved by it.

found       what      times   for example
--------------------------------------------------------------------------
deviating   process       1   old-3         Fit score must be at least 60.

Batch 902ef517-40c0-8d9d-acaf-1f08cb0371d5
`);
    expect((await given.run('report', 'pipeline')).out).toContain('; 0 deals known;');
  });

  test('a dry run goes on beside whoever writes to the store, the import itself does not', async () => {
    const { given, past, map } = await givenProcess();
    const { close } = await openStore(given.store, { now: () => new Date(NOW) });
    expect((await given.run('import', past, '--map', map, '--dry-run')).exit).toBe(0);
    expect((await given.run('import', past, '--map', map)).exit).toBe(1);
    await close();
  });

  test('long sentences are folded, so that the table fits a terminal', async () => {
    const { given, map } = await givenProcess();
    const long = 'Nowhere and nothing '.repeat(20);
    const past = given.file(
      'past.csv',
      `${PAST}${'x'.repeat(90)},New,${long},,ada,inbound,\nold-5,${long},2026-01-07,,ada,inbound,\n`,
    );
    const { out } = await given.run('import', past, '--map', map, '--dry-run');
    expect(Math.max(...out.split('\n').map((line) => line.length))).toBeLessThanOrEqual(120);
    expect(out).toMatch(/\n +Nowhere and nothing/);
  });

  test('says how many deals a time limit moves as soon as somebody looks, and by which move', async () => {
    const given = new GivenTerminal();
    const limit = '{ time: 3 working days, then: warn,';
    const file = readFileSync(PROCESS_FILE, 'utf8').replace(limit, limit.replace('warn', 'disqualify'));
    await given.json('process', 'publish', given.file('strict.process.yaml', file));
    const map = given.file('past.map.yaml', PAST_MAP.replace('source: source', 'lostReason: { otherwise: timing }'));
    const { out } = await given.run('import', given.file('past.csv', PAST), '--map', map, '--dry-run');
    // old-2 and old-3 are qualified, where the limit only warns.
    expect(out).toContain('Past a time limit already: 3 deals, 1 of which will be moved by it at once (then: disqualify).\n');
  });

  test('brings the past in once: the second run finds all of it there', async () => {
    const { given, past, map } = await givenProcess();
    expect(await given.json('import', past, '--map', map)).toMatchObject({ deals: { read: 3, stored: 3 }, steps: { stored: 5 } });
    const second = await given.run('import', past, '--map', map);
    expect(second.exit).toBe(0);
    expect(second.out).toContain('5 steps handed over = 0 stored + 5 already there + 0 rejected\n');
    expect((await given.run('deal', 'replay', 'old-3')).out).toContain('lead -> qualified by move qualify (imported)\n');
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
        {
          kind: 'rejected',
          line: 6,
          deal: 'old-5',
          code: 'unknown-stage',
          say: 'The map does not know the stage "Nowhere".',
          column: 'stage',
          value: 'Nowhere',
        },
        expect.objectContaining({ kind: 'deviating', line: 4, deal: 'old-3' }),
      ]),
    );
  });

  test('with a service, says when not every finding was told, and where the service looks for a map', async () => {
    const { given, past, map } = await givenProcess();
    const report = await given.json('import', past, '--map', map, '--dry-run');
    const answers = [
      [200, { ...(report as object), problems: [{ kind: 'warning' }], problemsInAll: 3_419 }],
      [404, { code: 'no-such-map', detail: 'There is no import map "past". The service knows none.' }],
    ] as const;
    let asked = 0;
    const service = createServer((request, response) => {
      request.resume().on('end', () => {
        const [status, body] = answers[asked++]!;
        response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
      });
    });
    await once(service.listen(0, '127.0.0.1'), 'listening');
    const url = `http://127.0.0.1:${(service.address() as AddressInfo).port}`;
    const found = given.path('found.jsonl');
    const told = await given.run('import', past, '--map', map, '--url', url, '--report', found);
    expect(told.out).toContain('\nThe service told the first 1 of 3,419 findings; import into the store itself for all.\n');
    expect(await given.run('import', past, '--map', 'past', '--url', url)).toEqual({
      exit: 1,
      out: '',
      err: 'There is no import map "past". The service knows none.\nThe service reads maps in its own folder (COXSWAIN_MAPS), and there is no file past here: name a file that is, put the map there as past.map.yaml, or import into the store itself with --store.\n',
    });
    service.close();
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

test('projections rebuild folds the log again and leaves nothing of what was kept', async () => {
  const given = await givenDeals();
  const before = await given.json('report', 'sources');
  await spoilFigures(given, 'new-business');
  expect((await given.run('report', 'sources')).exit).toBe(1);
  expect(await given.run('projections', 'rebuild', 'processes')).toEqual({
    exit: 0,
    out: `Rebuilt from the log of ${given.store}: processes.\n`,
    err: '',
  });
  expect(await given.json('report', 'sources')).toEqual(before);
  expect((await given.run('projections', 'rebuild')).out).toBe(
    `Rebuilt from the log of ${given.store}: processes, openings, plans, migrations, back-tests, shadows, deals.\n`,
  );
  expect(await given.run('projections', 'rebuild', 'boards')).toMatchObject({
    exit: 2,
    err: expect.stringContaining(
      'There is no projection "boards"; there are processes, openings, plans, migrations, back-tests, shadows, deals',
    ),
  });
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
