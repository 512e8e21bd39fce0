import { beforeAll, expect, test } from '@jest/globals';
import { newBusinessFile } from '../sales-desk/given-desk.js';
import { COMMANDS_A_TERMINAL, givenDeals, NASTY, type GivenTerminal } from './given-terminal.js';

let given: GivenTerminal;
let file: string;
beforeAll(async () => {
  given = await givenDeals();
  file = given.file(
    'next.process.yaml',
    newBusinessFile.replace('needs: [source, fitScore]', 'needs: [source, fitScore, generatedBy]'),
  );
});

test('a file is tried on the past, and what its rules would have stopped is told as friction and catch', async () => {
  const { exit, out, err } = await given.run('process', 'back-test', file, '--note', 'Who finds our leads?');
  expect({ exit, err }).toEqual({ exit: 0, err: '' });
  // birch-1 and elm-1 were qualified without saying who found them: the first was won, the second is open. ash-1 and they took steps.
  expect(out).toContain('3 deals took');
  expect(out).toContain('Would have been stopped at least once: 2 (66.7 % of 3');
  const row = out.split('\n').find((line) => line.startsWith('lead > qualified (qualify): generatedBy'))!;
  expect(row.trim().split(/ {2,}/).slice(1)).toEqual(['new', '2', '1', '0', '1', '2', '-', '0 of 2', '0']);
  expect(out).toMatch(/lead > qualified \(qualify\): generatedBy +EUR 12,500\.00 +- +rita 2 of 2 +birch-1, elm-1/);
  expect(out).toContain('Friction is not loss, and catch is not gain');
  expect(out).not.toMatch(/would have lost/i);
});

test('what was found is kept: listed, shown again, and the same as JSON', async () => {
  const { items } = (await given.json('process', 'back-tests')) as { items: { backTest: string; state: string }[] };
  expect(items).toMatchObject([{ state: 'finished', note: 'Who finds our leads?' }]);
  const id = items[0]!.backTest;
  expect((await given.run('process', 'back-tests')).out.replaceAll(/ {2,}/g, '  ')).toContain(`${id}  2026-03-31 12:00  file `);
  expect((await given.run('process', 'back-tests', id)).out).toContain('lead > qualified (qualify): generatedBy');
  expect(await given.json('process', 'back-tests', id)).toMatchObject({ result: { stopped: { count: 2, of: 3 } } });
  expect(await given.run('process', 'back-tests', id, '--cancel')).toMatchObject({
    exit: 1,
    err: expect.stringContaining('The back-test is finished already.'),
  });
});

test('a draft that changes nothing says so, and texts cannot command the terminal', async () => {
  const same = given.file('same.process.yaml', newBusinessFile);
  const { out } = await given.run('process', 'back-test', same, '--note', NASTY);
  expect(out).toContain('No rule is new or changed, and none stops anything.');
  const list = (await given.run('process', 'back-tests')).out;
  expect(list).not.toMatch(COMMANDS_A_TERMINAL);
});

test('what cannot be tried is said, with what would help', async () => {
  expect(await given.run('process', 'back-test')).toMatchObject({
    exit: 2,
    err: expect.stringContaining('or a draft with --draft'),
  });
  expect(await given.run('process', 'back-test', file, '--draft', '1')).toMatchObject({ exit: 2 });
  expect(await given.run('process', 'back-test', '--draft', '9')).toMatchObject({
    exit: 1,
    err: expect.stringContaining('There is no such draft of "new-business".'),
  });
  const broken = given.file('broken.process.yaml', newBusinessFile.replace('to: qualified', 'to: qualifed'));
  expect(await given.run('process', 'back-test', broken)).toMatchObject({
    exit: 1,
    out: '',
    err: expect.stringMatching(/broken\.process\.yaml:\d+:\d+ error .*did you mean "qualified"[^]*cannot be tried/i),
  });
  expect(await given.run('process', 'back-tests', 'none')).toMatchObject({
    exit: 1,
    err: expect.stringContaining('There is no such back-test of "new-business".'),
  });
  expect(await given.run('process', 'back-tests', '--cancel')).toMatchObject({ exit: 2 });
});
