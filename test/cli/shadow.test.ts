import { beforeAll, expect, test } from '@jest/globals';
import { openStore } from '@coxswain/event-store';
import { SalesDesk } from '@coxswain/sales-desk';
import { done, newBusinessFile, seller } from '../sales-desk/given-desk.js';
import { givenDeals, NOW, type GivenTerminal } from './given-terminal.js';

let given: GivenTerminal;
let file: string;
beforeAll(async () => {
  given = await givenDeals();
  const text = newBusinessFile
    .replace('needs: [source, fitScore]', 'needs: [source, fitScore, generatedBy]')
    .replace('>= 60.0', '>= 30.0');
  file = given.file('next.process.yaml', text);
});

/** Sells for a while, as a service would, and closes when the shadow has seen it. */
async function sell(shadow: string): Promise<void> {
  const now = (): Date => new Date(NOW);
  const { store, readModels, close } = await openStore(given.store, { now });
  const desk = await SalesDesk.open({ store, readModels, now });
  const lead = (id: string, facts: object): Promise<unknown> =>
    done(desk, null, { type: 'Capture', id, process: 'new-business', facts: { source: 'inbound', ...facts } });
  await lead('fir-1', { fitScore: 80 });
  await done(desk, 'fir-1', { type: 'Advance', move: 'qualify' });
  await lead('fir-2', { fitScore: 40, generatedBy: 'rita' });
  await desk.command('fir-2', { type: 'Advance', move: 'qualify' }, { actor: seller });
  await desk.shadowed(shadow);
  await desk.caughtUp((await store.end()).position!, 5_000);
  await desk.close();
  await close();
}

test('a draft is asked beside the version in force, and its report names rule, person and deals', async () => {
  expect(await given.run('process', 'shadow', 'show')).toMatchObject({
    exit: 0,
    out: expect.stringContaining('There is no shadow yet.'),
  });
  const { shadow } = (await given.json('process', 'shadow', 'start', file, '--teams', 'north', '--note', 'Trying')) as {
    shadow: string;
  };
  expect(await given.run('process', 'shadow', 'start', file)).toMatchObject({
    exit: 1,
    err: expect.stringContaining(`A shadow of "new-business" is running (${shadow}): stop it first.`),
  });
  expect((await given.run('process', 'shadow', 'show')).out).toContain('have not disagreed yet');
  await sell(shadow);
  const out = (await given.run('process', 'shadow', 'show', shadow)).out.replaceAll(/ {2,}/g, '  ');
  expect(out).toContain('for team north: since 2026-03-31 12:00 UTC, running.');
  expect(out).toContain('Made: 1 move. The draft agreed to 0 and would have stopped 1.');
  expect(out).toContain('Refused: 1 move. The draft would have refused 0, too, and allowed 1.');
  expect(out).toContain('lead > qualified (qualify): generatedBy  stopped  1  rita 1  fir-1');
  expect(out).toContain('lead > qualified (qualify): fit  allowed  1  rita 1  fir-2');
  expect(out).toContain('rita  2  1  1');
  expect(out).toContain('2026-03-31 12:00  fir-2  rita  qualify  allowed  Fit score must be at least 60.');
  expect((await given.run('process', 'shadow', 'stop', shadow)).out).toContain('stopped 2026-03-31 12:00 by olga.');
  expect((await given.run('process', 'shadow', 'list')).out.replaceAll(/ {2,}/g, '  ')).toContain(
    'team north  stopped  1  1  1  olga  Trying',
  );
});

test('what cannot be asked is said', async () => {
  expect(await given.run('process', 'shadow', 'start')).toMatchObject({ exit: 2 });
  expect(await given.run('process', 'shadow', 'start', file, '--teams', ' , ')).toMatchObject({
    exit: 2,
    err: expect.stringContaining('--teams names no team.'),
  });
  expect(await given.run('process', 'shadow', 'stop', 'none')).toMatchObject({
    exit: 1,
    err: expect.stringContaining('There is no such shadow of "new-business".'),
  });
});
