import { beforeAll, expect, test } from '@jest/globals';
import { openStore } from '@coxswain/event-store';
import { SalesDesk } from '@coxswain/sales-desk';
import { done } from '../sales-desk/given-desk.js';
import { COMMANDS_A_TERMINAL, givenDeals, NOW, type GivenTerminal } from './given-terminal.js';

let given: GivenTerminal;
beforeAll(async () => {
  given = await givenDeals();
  const now = (): Date => new Date(NOW);
  const { store, readModels, close } = await openStore(given.store, { now });
  const desk = await SalesDesk.open({ store, readModels, now });
  for (let n = 1; n <= 8; n++) {
    await done(desk, null, {
      type: 'Capture',
      id: `junk-${n}`,
      process: 'new-business',
      facts: { source: 'inbound', fitScore: 80 },
    });
    await done(desk, `junk-${n}`, { type: 'Advance', move: 'qualify' });
    const facts = {
      amount: { minor: 100, currency: 'EUR' },
      closeDate: '2099-12-31',
      economicBuyer: 'x\u001b[2J',
      budgetConfirmed: true,
    };
    await done(desk, `junk-${n}`, { type: 'Advance', move: 'propose', facts });
  }
  await desk.close();
  await close();
});

test('the gate that is passed with junk stands out, with the values and deals to look at', async () => {
  const { exit, out, err } = await given.run('report', 'junk-watch');
  expect({ exit, err }).toEqual({ exit: 0, err: '' });
  expect(out).not.toMatch(COMMANDS_A_TERMINAL);
  const row = out.split('\n').find((line) => line.startsWith('Qualified > Proposal') && line.includes('placeholders'))!;
  // Nine proposals asked for 27 values, birch-1's three are real; of the 24 others the amounts and the days are junk: 16. At the other gates 11 fit scores and the like.
  expect(row.trim().split(/ {2,}/)).toEqual([
    'Qualified > Proposal',
    'placeholders',
    '59.3 % of 27',
    expect.stringMatching(/^0 % of \d+$/),
    expect.stringMatching(/^\+59\.3 points/),
    'amount "100 EUR" 8, closeDate "2099-12-31" 8',
    'junk-1, junk-2',
  ]);
  expect(out).toContain('A sign says where to look, and accuses nobody');
});

test('as JSON, CSV, a page and by owner it tells the same', async () => {
  expect(await given.json('report', 'junk-watch')).toMatchObject({
    measure: 'junk-watch',
    fewest: 5,
    groups: [{ steps: expect.any(Number) }],
  });
  expect((await given.run('report', 'junk-watch', '--csv')).out).toMatch(/^from,fromLabel,to,toLabel,track,steps,/);
  expect((await given.run('report', 'junk-watch', '--csv', 'repeated')).out).toContain('closeDate,rita,2099-12-31');
  expect((await given.run('report', 'junk-watch', '--html')).out).toContain('Junk watch of new-business');
  expect((await given.run('report', 'junk-watch', '--by', 'owner')).out).toMatch(
    /rita +\d+ +\d+\.\d % of .* Qualified > Proposal/,
  );
  expect(await given.run('report', 'junk-watch', '--as-of', '2099-01-01')).toMatchObject({ exit: 2 });
});
