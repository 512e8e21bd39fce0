import { afterEach, expect, test } from '@jest/globals';
import { done, givenDesk, seller, type GivenDesk } from './given-desk.js';

let given: GivenDesk;
afterEach(() => given.desk.close());

test('the junk watch reads the values from the record of the process asked for, as they were known then', async () => {
  given = await givenDesk();
  const { desk } = given;
  for (let n = 1; n <= 6; n++) {
    given.at(`2026-03-0${n + 1}T09:00:00.000Z`);
    await done(desk, null, { type: 'Capture', id: `d${n}`, process: 'new-business', facts: { source: 'inbound', fitScore: 80 } });
    await done(desk, `d${n}`, { type: 'Advance', move: 'qualify' });
    const facts = {
      amount: { minor: 500_000 + n, currency: 'EUR' },
      closeDate: '2026-05-31',
      economicBuyer: 'tbd',
      budgetConfirmed: true,
    };
    await done(desk, `d${n}`, { type: 'Advance', move: 'propose', facts });
  }
  await desk.caughtUp((await given.store.end()).position!, 5_000);
  const found = await desk.answer('junk-watch', { process: 'new-business' });
  const gate = found.groups[0]!.gates.find(({ to }) => to === 'proposal')!;
  // Six buyers, six amounts and six close dates; the buyers are "tbd".
  expect(gate.placeholders.here).toMatchObject({ count: 6, of: 18 });
  expect(gate.values).toEqual([{ field: 'economicBuyer', value: 'tbd', times: 6 }]);
  // Captured, qualified and proposed in one instant: the proposals came within a minute of the step before.
  expect(gate.rushed.here).toMatchObject({ count: 6, of: 6 });
  // The same buyer and the same day for six deals, and nobody else to compare with.
  expect(found.groups[0]!.repeated.map(({ field, by }) => [field, by])).toEqual([
    ['closeDate', seller.id],
    ['economicBuyer', seller.id],
    ['fitScore', seller.id],
  ]);
  const early = await desk.answer('junk-watch', { process: 'new-business', asOf: '2026-03-03T12:00:00.000Z' });
  expect(early.groups[0]!.gates.find(({ to }) => to === 'proposal')!.placeholders.here).toMatchObject({ count: 2, of: 6 });
  // Asked again it is the same, also after more has been recorded.
  await done(desk, 'd1', { type: 'RecordFacts', facts: { economicBuyer: 'Ms Birch' } });
  await desk.caughtUp((await given.store.end()).position!, 5_000);
  expect((await desk.answer('junk-watch', { process: 'new-business', asOf: '2026-03-03T12:00:00.000Z' })).groups).toEqual(
    early.groups,
  );
  expect((await desk.answer('junk-watch', { process: 'other' })).groups).toMatchObject([{ steps: 0, gates: [] }]);
  // The other measures are answered the same way, and the junk watch not without the record.
  expect(await desk.answer('pipeline', { process: 'new-business' })).toEqual(
    desk.measure('pipeline', { process: 'new-business' }),
  );
  expect(() => desk.measure('junk-watch', { process: 'new-business' })).toThrow('reads the values that were recorded');
});
