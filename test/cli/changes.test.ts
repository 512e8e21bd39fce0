import { beforeAll, describe, expect, test } from '@jest/globals';
import { newBusinessFile } from '../sales-desk/given-desk.js';
import { givenDeals, type GivenTerminal } from './given-terminal.js';

let given: GivenTerminal;
beforeAll(async () => void (given = await givenDeals()));

/** Negotiation is called closing, and nothing continues the stage of the leads. */
const LATER = newBusinessFile
  .replace('  negotiation:\n    was: [contracting] ', '  closing:\n    was: [contracting, negotiation] ')
  .replace('whenAllDone: negotiation', 'whenAllDone: closing')
  .replace('start: lead\n', 'start: enquiry\n')
  .replace('recycle: { to: lead,', 'recycle: { to: enquiry,')
  .replace('\n  lead:\n', '\n  enquiry:\n');

const squeezed = (text: string): string => text.replaceAll(/ {2,}/g, '  ');

describe('a process that runs is changed from the terminal', () => {
  test('a draft is kept, listed, compared and published', async () => {
    const file = given.file('later.yaml', LATER);
    expect(await given.run('process', 'drafts')).toMatchObject({ out: expect.stringContaining('There is no draft yet.') });
    expect(await given.run('process', 'diff')).toMatchObject({
      exit: 1,
      err: expect.stringContaining('"new-business" has no draft.'),
    });
    expect(await given.run('process', 'draft', file, '--note', 'Enquiries')).toMatchObject({
      exit: 0,
      out: expect.stringMatching(/^Kept as draft 1 of new-business \([0-9a-f]{12}\)\.\n$/),
    });
    expect((await given.run('process', 'draft', file)).out).toBe('Draft 1 of new-business says the same: nothing was kept.\n');
    expect(squeezed((await given.run('process', 'drafts')).out)).toContain('1  2026-03-31 12:00  olga  Enquiries');
    const { exit, out } = await given.run('process', 'diff');
    expect(exit).toBe(0);
    expect(out).toMatch(/^new-business: from version 1 to draft 1: \d+ breaking, \d+ compatible, \d+ cosmetic\n\nBreaking/);
    expect(out).toContain('  The stage Lead is gone, and no stage continues it.\n');
    expect((await given.run('process', 'diff', file, '--from', 'draft')).out).toBe(
      'new-business: from draft 1 to the file: the same.\n',
    );
    expect((await given.run('process', 'diff', '--to', 'newest')).exit).toBe(2);
    expect(await given.run('process', 'publish-draft', '4')).toMatchObject({
      exit: 1,
      err: expect.stringContaining('no draft 4'),
    });
    expect((await given.run('process', 'publish-draft', '1', '--teams', 'north', '--reviewed-by', 'mia')).out).toContain(
      'Published new-business version 2',
    );
    expect(squeezed((await given.run('process', 'show')).out)).toMatch(
      /\n *2  some teams  2026-03-31 12:00  north  0  0 .* olga  mia /,
    );
  });

  test('is rolled out and the earlier version retired', async () => {
    expect(await given.run('process', 'roll-out', '2')).toMatchObject({
      exit: 2,
      err: expect.stringContaining('--teams, or --all'),
    });
    expect((await given.run('process', 'roll-out', '2', '--all')).out).toBe(
      'New deals of all teams run under new-business version 2.\n',
    );
    expect((await given.run('process', 'retire', '1')).out).toBe(
      'new-business version 1 is retired: no new deal runs under it.\n',
    );
    expect(await given.run('process', 'retire', '2')).toMatchObject({
      exit: 1,
      err: expect.stringContaining('publish another one first'),
    });
    expect(squeezed((await given.run('process', 'show')).out)).toMatch(/\n *1  retired /);
  });

  test('running deals are planned, moved with a choice, and told', async () => {
    const plan = await given.run('process', 'migrate', '--to', '2', '--dry-run');
    expect(plan.exit).toBe(0);
    expect(squeezed(plan.out)).toMatch(
      /\n *1  lead  -  needs a choice  1  0  No stage of version 2 continues Lead: choose one\.  oak-1\n/,
    );
    expect(plan.out).toContain('--choose "lead -> STAGE"');
    expect(plan.out).toContain('Nothing was written.');
    expect((await given.run('process', 'migrate', '--to', '2', '--choose', 'lead to enquiry')).exit).toBe(2);
    expect(await given.run('process', 'migrate', '--to', '2', '--choose', 'lead -> enquiri')).toMatchObject({
      exit: 1,
      err: expect.stringContaining('did you mean "enquiry"?'),
    });
    const staying = await given.run('process', 'migrate', '--to', '2', '--choose', 'lead stays until 2026-04-30T00:00:00Z');
    expect(staying.out).toMatch(/ is under way, \d+ of \d+ deals looked at\. 1 deal stays until its day has come/);
    const [{ migration }] = ((await given.json('process', 'migrations')) as { items: [{ migration: string }] }).items;
    expect((await given.run('process', 'pause-migration', migration)).out).toContain(
      `"coxswain process resume-migration ${migration}"`,
    );
    expect(await given.run('process', 'migrate', '--to', '2')).toMatchObject({
      exit: 1,
      err: expect.stringContaining('let it end, or end it, first'),
    });
    // Those that could move have been moved by it already.
    const ended = await given.run('process', 'end-migration', migration);
    expect(ended.out).toMatch(/ is done: 2 deals moved, 0 waiting for a choice, 1 left on their version\.\n$/);
  });

  test('what one left behind, the next one moves', async () => {
    const { out } = await given.run('process', 'migrate', '--to', '2', '--choose', 'lead -> enquiry');
    expect(out).toMatch(/is done: 1 deal moved, 0 waiting for a choice, 0 left on their version\.\n$/);
    expect(await given.json('deal', 'show', 'oak-1')).toMatchObject({
      opportunity: { stage: 'enquiry', process: { version: 2 } },
    });
    expect((await given.run('process', 'migrate', '--to', '2', '--dry-run')).out).toContain('there is nothing to move');
    expect(squeezed((await given.run('process', 'migrations')).out)).toMatch(/ 2  all teams  olga  finished  1  0  0 /);
    expect(await given.run('process', 'pause-migration', 'none')).toMatchObject({
      exit: 1,
      err: expect.stringContaining('no migration "none"'),
    });
    expect((await given.run('deal', 'verify', '--all')).exit).toBe(0);
  });
});
