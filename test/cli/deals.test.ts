import { stripVTControlCharacters } from 'node:util';
import { beforeAll, describe, expect, test } from '@jest/globals';
import type { StoredEvent } from '@coxswain/event-store';
import { coloured } from '../../apps/cli/src/index.js';
import { COMMANDS_A_TERMINAL, givenDeals, GivenTerminal, NASTY, writeRecord } from './given-terminal.js';

let given: GivenTerminal;
beforeAll(async () => void (given = await givenDeals()));

describe('deal show', () => {
  test('shows where a deal stands, its facts, and the limit that is past', async () => {
    const { exit, out } = await given.run('deal', 'show', 'elm-1');
    expect(exit).toBe(0);
    // Ten working days after Thursday, 5 March, 09:00 UTC.
    expect(out).toBe(`Deal elm-1 as of 2026-03-31 12:00 UTC
process             new-business version 1
stage               qualified (qualified) since 2026-03-05 09:00
result              open
owner               rita, team north
account             - (not said)
origin              new
captured            2026-03-03 09:00
limit of qualified  due 2026-03-19 09:00, then warn (overdue)
record              6 events, revision 5; no activities

fact       value          recorded by   when
--------------------------------------------------------
source     referral       rita          2026-03-03 09:00
fitScore   80             rita          2026-03-05 09:00
amount     EUR 8,000.00   rita          2026-03-05 09:00
`);
    expect(await given.json('deal', 'show', 'elm-1')).toMatchObject({
      opportunity: { id: 'elm-1', stage: 'qualified', facts: { amount: { value: { minor: 800_000, currency: 'EUR' } } } },
      revision: 5,
      asOf: '2026-03-31T12:00:00.000Z',
    });
  });

  test('shows a deal as it was known at an instant, in whatever zone that is told', async () => {
    // 09:59 in Berlin is 08:59 in UTC, a minute before the deal was qualified.
    const { out } = await given.run('deal', 'show', 'elm-1', '--as-of', '2026-03-05T09:59:00+01:00');
    expect(out).toContain('Deal elm-1 as of 2026-03-05 08:59 UTC');
    expect(out).toContain('stage          lead (lead) since 2026-03-03 09:00');
    expect(await given.run('deal', 'show', 'elm-1', '--as-of', '2026-03-03T08:00:00Z')).toMatchObject({
      exit: 1,
      err: 'There was no opportunity "elm-1" known at 2026-03-03T08:00:00.000Z.\nLeave --as-of out to see it as it is now.\n',
    });
  });

  test('a deal that does not exist is said so, whatever is asked of it', async () => {
    for (const command of ['show', 'moves', 'replay', 'verify'])
      expect(await given.run('deal', command, 'ELM-1', '--json')).toEqual({
        exit: 1,
        out: '',
        err: 'There is no opportunity "ELM-1".\nIds are told apart by capital letters; "coxswain log export --format jsonl" has them all.\n',
      });
  });
});

describe('deal moves', () => {
  test('lists each way on with all that is missing and who may let it pass, for the roles of who asks: operations unless told', async () => {
    const { exit, out } = await given.run('deal', 'moves', 'elm-1', '--roles', 'rep');
    expect(exit).toBe(0);
    expect(out).toBe(`move      to         now       what is missing
-------------------------------------------------------------------------------------------------------------
propose   proposal   blocked   Expected close date must be recorded.
                               Economic buyer must be recorded.
                               The buyer must have confirmed budget. (manager may let it pass, with a reason)
lose      lost       blocked   Lost reason must be recorded.
`);

    const recycle = (allowed: boolean): object => ({ moves: [{ move: 'recycle', to: 'lead', allowed }] });
    expect(await given.json('deal', 'moves', 'ash-1')).toMatchObject(recycle(false));
    expect(await given.json('deal', 'moves', 'ash-1', '--as', 'mia', '--roles', 'rep, manager')).toMatchObject(recycle(true));
  });
});

describe('deal replay', () => {
  test('walks through the record: who in which role, what, and what each check had read', async () => {
    const { exit, out } = await given.run('deal', 'replay', 'elm-1');
    expect(exit).toBe(0);
    expect(out).toBe(`The record of deal elm-1: 6 events, times in UTC
   #0  2026-03-03 09:00  rita: captured in lead under new-business version 1
         owner rita (north), account not said, origin new
         fact source = referral
   #1  2026-03-03 09:00  rita: time limit of lead starts, due 2026-03-06 09:00, then warn
   #2  2026-03-05 09:00  rita: recorded facts
         fact fitScore = 80
         fact amount = EUR 8,000.00
   #3  2026-03-05 09:00  rita: time limit of lead no longer runs
   #4  2026-03-05 09:00  rita as sdr: lead -> qualified by move qualify
         check fit: true; read fitScore = 80
   #5  2026-03-05 09:00  rita: time limit of qualified starts, due 2026-03-19 09:00, then warn
`);
    const before = await given.json('deal', 'replay', 'elm-1', '--as-of', '2026-03-04T00:00:00Z');
    expect(before).toMatchObject({ id: 'elm-1', steps: [{ revision: 0 }, { revision: 1 }] });
  });
});

describe('deal verify', () => {
  test('asks the decisions of one deal again, or of all', async () => {
    expect(await given.run('deal', 'verify', 'elm-1')).toMatchObject({
      exit: 0,
      out: 'elm-1: 1 decision asked again, all agree.\n',
    });
    expect(await given.run('deal', 'verify', 'oak-1')).toMatchObject({
      exit: 0,
      out: 'oak-1 has taken no step yet, so there is nothing to ask again.\n',
    });
    // birch-1 took eight steps, one of them by the join of its tracks; elm-1 and ash-1 took one each.
    expect((await given.run('deal', 'verify', '--all')).out).toBe('10 decisions of 4 deals asked again, all agree.\n');
    expect(await given.json('deal', 'verify', '--all')).toEqual({ deals: 4, steps: 10, disagreeing: [] });
    expect(await given.json('deal', 'verify', 'elm-1')).toMatchObject({ id: 'elm-1', agree: true, verdicts: [{ revision: 4 }] });
  });

  test('a record that was tampered with is found, and ends with 1', async () => {
    const tampered = await givenDeals();
    const { out } = await tampered.run('log', 'export', '--format', 'jsonl');
    const record = out
      .split('\n')
      .filter((line) => line.includes('"stream":"opportunity-elm-1"'))
      .map((line) => JSON.parse(line.replace('"fitScore":80', '"fitScore":20')) as StoredEvent)
      .map(({ id, type, data }) => ({ id: `forged-${id}`, type, data }));
    await writeRecord(tampered, 'opportunity-fir-1', record);

    const one = await tampered.run('deal', 'verify', 'fir-1');
    expect(one.exit).toBe(1);
    expect(one.out).toMatch(
      /^#4 lead -> qualified \(qualify, new-business version 1\)\n( {4}\S.*\n)+fir-1: 1 of 1 decision asked again differ\.\n$/,
    );
    const all = await tampered.run('deal', 'verify', '--all');
    expect(all.exit).toBe(1);
    expect(all.out).toMatch(/^fir-1\n {2}#4 lead[^]*\n11 decisions of 5 deals asked again; 1 deal differs\.\n$/);
    const json = await tampered.run('deal', 'verify', '--all', '--json');
    expect(json.exit).toBe(1);
    expect(JSON.parse(json.out)).toMatchObject({ deals: 5, steps: 11, disagreeing: [{ id: 'fir-1' }] });
  });
});

test('what is no instant with its zone is wrong use, and so is verifying neither one deal nor all, or both', async () => {
  for (const text of ['yesterday', '2026-03-05', '2026-03-05T09:00', '2026-02-30T09:00:00Z', '2026-03-05T25:00:00Z'])
    for (const command of ['show', 'replay'])
      expect(await given.run('deal', command, 'elm-1', '--as-of', text)).toEqual({
        exit: 2,
        out: '',
        err: `--as-of "${text}" is not an instant with its zone.\nIt looks like 2026-03-31T18:00:00Z or 2026-03-31T20:00:00+02:00.\n`,
      });
  for (const command of [['verify'], ['verify', 'elm-1', '--all']])
    expect(await given.run('deal', ...command)).toEqual({
      exit: 2,
      out: '',
      err: 'Say which deal, or --all.\nFor example "coxswain deal verify D-1001".\n',
    });
});

describe('what people wrote', () => {
  test('cannot command the terminal, as text or as JSON', async () => {
    const commands = [
      ['deal', 'show', 'oak-1'],
      ['deal', 'moves', 'oak-1', '--as', NASTY],
      ['deal', 'replay', 'oak-1'],
      ['deal', 'show', NASTY],
      ['report', 'pipeline', '--by', 'owner'],
      ['report', 'pipeline', '--by', 'account'],
      ['report', 'sources'],
    ];
    for (const command of commands)
      for (const json of [[], ['--json']]) {
        const { out, err } = await given.run(...command, ...json);
        expect(out + err).not.toMatch(COMMANDS_A_TERMINAL);
      }
    expect((await given.run('deal', 'show', 'oak-1')).out).toContain('account        a [2J 31m b\n');
    expect(await given.json('deal', 'show', 'oak-1')).toMatchObject({ opportunity: { account: NASTY } });
  });

  test('colour is on top of it: without the colour the text is the same', async () => {
    const colourful = await givenDeals(new GivenTerminal({ paint: coloured }));
    for (const command of [
      ['deal', 'show', 'oak-1'],
      ['deal', 'moves', 'ash-1'],
      ['deal', 'replay', 'elm-1'],
    ]) {
      const { out } = await colourful.run(...command);
      expect(out).toContain('\u001b[');
      expect(stripVTControlCharacters(out)).toBe((await given.run(...command)).out);
    }
  });
});

test('what a later release wrote is told as such, and no figure is printed that would leave it out', async () => {
  const later = await givenDeals();
  const data = { occurredAt: '2026-03-31T12:00:00.000Z', by: 'zoe' };
  await writeRecord(later, 'opportunity-fir-1', [{ id: 'later', type: 'TermsAgreed', data }]);
  expect(await later.run('deal', 'show', 'fir-1')).toEqual({
    exit: 1,
    out: '',
    err: 'The record cannot be read: this release knows no event "TermsAgreed" of deals.\nRun the release that wrote it, or a later one.\n',
  });
  for (const command of [
    ['report', 'pipeline'],
    ['deal', 'verify', '--all'],
  ])
    expect(await later.run(...command)).toMatchObject({
      exit: 1,
      out: '',
      err: expect.stringContaining('no event "TermsAgreed"'),
    });
  expect((await later.run('deal', 'show', 'elm-1')).exit).toBe(0);
  expect((await later.run('log', 'export', '--format', 'jsonl')).out).toContain('"TermsAgreed"');
});
