import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { measure, type BridgeAnswer, type BridgeBarName, type BridgeGroup } from '@coxswain/projections';
import { context, euros, KETTLES, Log, noon } from './given.js';

const bars = ({ bars: all }: BridgeGroup): (readonly [BridgeBarName, number, number])[] =>
  all.map(({ bar, deals, amounts }) => [bar, deals, (amounts[0]?.minor ?? 0) / 100]);
const minor = (amounts: readonly { readonly minor: number }[]): number => amounts[0]?.minor ?? 0;

/** Start and all bars less the end, in each currency: always nothing. */
function leftOver({ start, end, bars: all }: BridgeGroup): Record<string, number> {
  const sums: Record<string, number> = {};
  const add = (amounts: readonly { readonly minor: number; readonly currency: string }[], sign: number): void => {
    for (const { minor: of, currency } of amounts) sums[currency] = (sums[currency] ?? 0) + sign * of;
  };
  add(start.amounts, 1);
  for (const { amounts } of all) add(amounts, 1);
  add(end.amounts, -1);
  return Object.fromEntries(Object.entries(sums).filter(([, sum]) => sum !== 0));
}

const FEBRUARY = { from: noon('2026-02-01'), to: noon('2026-03-01'), of: '2026-Q1' };
const ask = (log: Log, rest: object = FEBRUARY): BridgeAnswer =>
  measure('bridge', log.histories(), context(noon('2026-03-10'), rest));

test('each deal that came, changed or went is a bar, and all of them lead from the start to the end', () => {
  const log = new Log();
  const open = (deal: string, day: string, amount: number, close: string): Log =>
    log.captured(deal, day, { facts: { amount: euros(amount), closeDate: close } }).to(deal, 'qualified', day);
  open('stays', '2026-01-10', 100, '2026-03-20');
  open('raised', '2026-01-10', 100, '2026-03-20').facts('raised', '2026-02-10', { amount: euros(130) });
  open('won', '2026-01-10', 200, '2026-02-20')
    .facts('won', '2026-02-10', { amount: euros(250) })
    .to('won', 'won', '2026-02-15');
  open('lost', '2026-01-10', 300, '2026-02-20').to('lost', 'lost', '2026-02-15');
  open('slipped', '2026-01-10', 400, '2026-02-20').facts('slipped', '2026-02-18', { closeDate: '2026-05-01' });
  open('moved', '2026-01-10', 500, '2026-06-01').facts('moved', '2026-02-18', { closeDate: '2026-03-30' });
  open('new', '2026-02-05', 600, '2026-03-30');
  open('quick', '2026-02-05', 700, '2026-03-30').to('quick', 'won', '2026-02-25');
  open('back', '2026-01-10', 800, '2026-03-30').to('back', 'lost', '2026-01-20').to('back', 'qualified', '2026-02-20');
  open('other', '2026-01-10', 900, '2026-09-01').to('other', 'lost', '2026-02-20'); // never was in the quarter
  const [all] = ask(log).groups;
  // Start: 100 + 100 + 200 + 300 + 400. End: 100 + 130 + 500 (moved) + 600 (new) + 800 (back).
  expect([minor(all!.start.amounts), minor(all!.end.amounts)]).toEqual([110_000, 213_000]);
  expect(bars(all!)).toEqual([
    ['new', 2, 1300], // new and quick
    ['reopened', 1, 800],
    ['moved-in', 1, 500],
    ['amount', 2, 80], // raised by 30, won by 50
    ['won', 2, -950], // 250 and quick's 700
    ['lost', 1, -300],
    ['slipped', 1, -400],
  ]);
  expect(leftOver(all!)).toEqual({});
});

test('each bar opens to the events that did it', () => {
  const log = new Log()
    .captured('a', '2026-01-10', { facts: { amount: euros(400), closeDate: '2026-02-20' } })
    .facts('a', '2026-02-18', { closeDate: '2026-05-01' })
    .captured('b', '2026-01-10', { facts: { amount: euros(100), closeDate: '2026-02-20' } })
    .facts('b', '2026-02-10', { amount: euros(150) })
    .to('b', 'won', '2026-02-20', { by: 'bob' });
  const { bars: found } = ask(log).groups[0]!;
  expect(found.map(({ bar, list }) => [bar, list])).toEqual([
    [
      'amount',
      [
        {
          deal: 'b',
          owner: 'ann',
          amounts: [euros(50)],
          events: [
            {
              what: 'amount',
              from: '10000 EUR',
              to: '15000 EUR',
              by: null,
              occurredAt: noon('2026-02-10'),
              recordedAt: noon('2026-02-10'),
            },
          ],
        },
      ],
    ],
    [
      'won',
      [
        expect.objectContaining({
          deal: 'b',
          amounts: [{ minor: -15_000, currency: 'EUR' }],
          events: [expect.objectContaining({ what: 'won', from: 'lead', to: 'won', by: 'bob' })],
        }),
      ],
    ],
    [
      'slipped',
      [
        expect.objectContaining({
          deal: 'a',
          events: [expect.objectContaining({ what: 'close-date', from: '2026-02-20', to: '2026-05-01' })],
        }),
      ],
    ],
  ]);
});

test('told apart by owner, what is handed over leaves the one and comes to the other', () => {
  const log = new Log()
    .captured('a', '2026-01-10', { owner: 'ann', facts: { amount: euros(100), closeDate: '2026-03-20' } })
    .owner('a', '2026-02-10', 'bob')
    .facts('a', '2026-02-12', { amount: euros(120) });
  const { groups } = ask(log, { ...FEBRUARY, by: 'owner' });
  const of = (name: string): BridgeGroup => groups.find(({ group }) => group === name)!;
  expect(bars(of('ann'))).toEqual([['handed-out', 1, -100]]);
  expect(bars(of('bob'))).toEqual([
    ['handed-in', 1, 100],
    ['amount', 1, 20],
  ]);
  for (const group of groups) expect(leftOver(group)).toEqual({});
});

test('what is won or lost is the bar of whoever had it then, also where it was handed over before or after', () => {
  const open = { facts: { amount: euros(100), closeDate: '2026-03-20' } };
  const log = new Log()
    // Ann's at first, won by bob, given to customer care afterwards.
    .captured('a', '2026-01-10', open)
    .owner('a', '2026-02-10', 'bob')
    .facts('a', '2026-02-12', { amount: euros(120) })
    .to('a', 'won', '2026-02-15')
    .owner('a', '2026-02-16', 'care')
    // Came since, and likewise.
    .captured('b', '2026-02-05', open)
    .owner('b', '2026-02-06', 'bob')
    .to('b', 'won', '2026-02-20')
    .owner('b', '2026-02-21', 'care')
    .captured('c', '2026-01-10', open)
    .owner('c', '2026-02-10', 'bob')
    .to('c', 'lost', '2026-02-20');
  const { groups } = ask(log, { ...FEBRUARY, by: 'owner' });
  expect(Object.fromEntries(groups.map((group) => [group.group, bars(group)]))).toEqual({
    ann: [['handed-out', 2, -200]],
    bob: [
      ['new', 1, 100],
      ['handed-in', 2, 200],
      ['amount', 1, 20],
      ['won', 2, -220],
      ['lost', 1, -100],
    ],
  });
  for (const group of groups) expect(leftOver(group)).toEqual({});
  const won = groups.find(({ group }) => group === 'bob')!.bars.find(({ bar }) => bar === 'won')!;
  expect(won.list.map(({ deal, owner }) => [deal, owner])).toEqual([
    ['a', 'bob'],
    ['b', 'bob'],
  ]);
});

test('a deal is closed with what was known of it then: later amounts and dates, and what becomes of the customer, change nothing', () => {
  const open = (deal: string, closeDate: string): Log =>
    log.captured(deal, '2026-01-10', { facts: { amount: euros(100), closeDate } });
  const log = new Log();
  open('a', '2026-03-20')
    .to('a', 'won', '2026-02-10')
    .facts('a', '2026-02-20', { amount: euros(900) });
  // A customer of January who left in February was never open in between.
  open('b', '2026-03-20').to('b', 'won', '2026-01-20').to('b', 'lost', '2026-02-10');
  // A customer who left in the month of the win was won all the same.
  open('c', '2026-03-20').to('c', 'won', '2026-02-10').to('c', 'lost', '2026-02-20');
  // Lost in February, outside the quarter; that it was to close in it was said afterwards.
  open('d', '2026-06-01').to('d', 'lost', '2026-02-10').facts('d', '2026-02-20', { closeDate: '2026-03-01' });
  const [all] = ask(log).groups;
  expect(bars(all!)).toEqual([['won', 2, -200]]);
  expect(minor(all!.start.amounts)).toBe(20_000);
  expect(leftOver(all!)).toEqual({});
});

test('what came in and went in between is both, however it came and went', () => {
  const log = new Log()
    .captured('moved', '2026-01-10', { facts: { amount: euros(100), closeDate: '2026-06-01' } })
    .facts('moved', '2026-02-10', { closeDate: '2026-03-01' })
    .to('moved', 'lost', '2026-02-20')
    .captured('again', '2026-01-10', { facts: { amount: euros(300), closeDate: '2026-03-01' } })
    .to('again', 'lost', '2026-01-20')
    .to('again', 'lead', '2026-02-05')
    .to('again', 'lost', '2026-02-20');
  const [all] = ask(log).groups;
  expect(bars(all!)).toEqual([
    ['reopened', 1, 300],
    ['moved-in', 1, 100],
    ['lost', 2, -400],
  ]);
});

test('deals without an amount are counted and in no sum; without a period every open deal counts; the second instant is the clock', () => {
  const log = new Log()
    .captured('a', '2026-03-08')
    .captured('b', '2026-01-01', { facts: { amount: euros(5) } })
    .to('b', 'lost', '2026-03-09');
  const answer = ask(log, {});
  expect(answer).toMatchObject({ of: null, from: noon('2026-03-03'), to: noon('2026-03-10') });
  expect(answer.groups[0]).toMatchObject({
    start: { deals: 1, amounts: [euros(5)] },
    end: { deals: 1, of: 0, withoutAmount: 1 },
    bars: [
      { bar: 'new', deals: 1, amounts: [], withoutAmount: 1 },
      { bar: 'lost', deals: 1, amounts: [{ minor: -500, currency: 'EUR' }] },
    ],
  });
  expect(() => ask(log, { of: '2026-13' })).toThrow('neither a month (2026-03) nor a quarter');
  expect(() => ask(log, { to: noon('2026-03-11') })).toThrow('cannot end later than the clock');
});

test('whatever happens, start and bars are the end, in all and for each owner, and both ends are the pipeline of their instant', () => {
  const steps = fc.array(
    fc.record({
      deal: fc.constantFrom('a', 'b', 'c', 'd', 'e'),
      after: fc.integer({ min: 0, max: 9 }),
      what: fc.oneof(
        fc.constantFrom(...Object.keys(KETTLES.stages)),
        fc.constantFrom('amount', 'dollars', 'none', 'date', 'undated', 'owner'),
      ),
    }),
    { maxLength: 40 },
  );
  fc.assert(
    fc.property(
      steps,
      fc.integer({ min: 0, max: 120 }),
      fc.integer({ min: 1, max: 80 }),
      fc.constantFrom('2026-Q1', '2026-02', undefined),
      (lines, from, length, of) => {
        const log = new Log();
        const known = new Set<string>();
        const dayOf = (day: number): string => new Date(Date.UTC(2026, 0, 1 + day)).toISOString().slice(0, 10);
        let day = 0;
        for (const [index, { deal, after, what }] of lines.entries()) {
          day += after;
          if (!known.has(deal))
            log.captured(deal, dayOf(day), { facts: { amount: euros(index + 1), closeDate: dayOf(day + 30) } });
          else if (what === 'amount') log.facts(deal, dayOf(day), { amount: euros(100 + index) });
          else if (what === 'dollars') log.facts(deal, dayOf(day), { amount: { minor: 777, currency: 'USD' } });
          else if (what === 'none') log.facts(deal, dayOf(day), { amount: null });
          else if (what === 'date') log.facts(deal, dayOf(day), { closeDate: dayOf(day + 20) });
          else if (what === 'undated') log.facts(deal, dayOf(day), { closeDate: null });
          else if (what === 'owner') log.owner(deal, dayOf(day), index % 2 === 0 ? 'bob' : 'eve');
          else log.to(deal, what, dayOf(day));
          known.add(deal);
        }
        const [start, end] = [noon(dayOf(from)), noon(dayOf(from + length))];
        const told = { from: start, to: end, ...(of !== undefined && { of }) };
        for (const by of [undefined, 'owner'] as const) {
          const { groups } = measure('bridge', log.histories(), context(noon(dayOf(400)), { ...told, by }));
          for (const group of groups) expect(leftOver(group)).toEqual({});
          if (by !== undefined || of !== undefined) continue;
          for (const [instant, side] of [
            [start, groups[0]!.start],
            [end, groups[0]!.end],
          ] as const) {
            const pipeline = measure('pipeline', log.histories(), context(noon(dayOf(400)), { clock: instant })).groups[0]!;
            expect({ deals: side.deals, amounts: side.amounts }).toEqual({
              deals: pipeline.open,
              amounts: pipeline.value.amounts,
            });
          }
        }
      },
    ),
    { numRuns: 300 },
  );
});
