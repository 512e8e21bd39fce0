import { expect, test } from '@jest/globals';
import {
  chancesAccuracy,
  columnsOf,
  daysOf,
  dealAsOf,
  stagesOfShapes,
  dealForecasts,
  fitHazards,
  Forecaster,
  intervalOf,
  landmarks,
  outlook,
  sellingDays,
  timelineOf,
  totalsAccuracy,
  weights,
  type Timeline,
} from '@coxswain/projections';
import fc from 'fast-check';
import { deal } from './forecast-given.js';
import { euros, KETTLES, Log, noon } from './given.js';

const inProposal = [0, 'proposal'] as const;

test('how fast a stage is left: four deals worked out by hand', () => {
  // Lost at once, won after 2 and after 4 days, still there after 10. Up to the longest stay that ended, 4 days, they stood
  // 0 + 2 + 4 + 4 = 10 days, and 3 left: .3 a day. One in three was lost, so .2 a day are won and .1 lost.
  const columns = columnsOf([
    deal('a', [inProposal, [0, 'lost']]),
    deal('b', [inProposal], { wonDay: 2 }),
    deal('c', [inProposal], { wonDay: 4 }),
    deal('d', [inProposal]),
  ]);
  const hazards = fitHazards(columns, 10);
  const [proposal] = hazards.stages;
  expect(proposal!.daysAtRisk[0]).toBeCloseTo(10, 5);
  expect(proposal!.departures[0]).toBe(3);
  const chances = outlook(hazards, 10, 3).chances(0, 0);
  // Within 3 days: 2/3 x (1 - e^(-.3 x 3)) = 2/3 x .5934 = .3956 won, half of that lost.
  expect(chances.won).toBeCloseTo(0.3956, 4);
  expect(chances.lost).toBeCloseTo(0.1978, 4);
  // Later than any that left: half a departure is granted over 6 days and the 10 / 3 x .5 of the ages before: .5 / 7.667 = .0652 a day.
  const [open] = dealForecasts(new Forecaster(columns, 10).now(), { leadDays: 0, lengthDays: 3 });
  expect(open!.why.perDay.won + open!.why.perDay.lost).toBeCloseTo(0.0652, 4);
  expect(open).toMatchObject({ deal: 'd', stage: 'proposal', stageDays: 10, stale: false, why: { calendar: false } });
  expect(open!.won + open!.lost + open!.stillOpen).toBeCloseTo(1, 12);
});

test('a way through two stages is walked stage by stage', () => {
  // 100 deals: 1 day as a lead, then half won after 1 day, half lost. Within 4 days about half are won, within half a day next to none.
  const columns = columnsOf(
    Array.from({ length: 100 }, (_, at) =>
      at % 2 === 0
        ? deal(
            `d${at}`,
            [
              [at, 'lead'],
              [at + 1, 'proposal'],
            ],
            { wonDay: at + 2 },
          )
        : deal(`d${at}`, [
            [at, 'lead'],
            [at + 1, 'proposal'],
            [at + 2, 'lost'],
          ]),
    ),
  );
  const hazards = fitHazards(columns, 110);
  const lead = columns.stages.indexOf('lead');
  const within = (days: number) => outlook(hazards, 110, days).chances(lead, 0);
  expect(within(20).won).toBeGreaterThan(0.48);
  expect(within(20).won + within(20).lost).toBeGreaterThan(0.98);
  expect(within(20).won + within(20).lost).toBeLessThanOrEqual(1);
  expect(within(0.5).won).toBeLessThan(0.2);
});

test('what was only watched from some day on is at risk from that day on', () => {
  // Recording began on day 100: an old deal, 100 days in the stage by then, is there only because it was still open.
  const columns = columnsOf([
    deal('old', [inProposal]),
    deal('new', [
      [100, 'proposal'],
      [100, 'lost'],
    ]),
    deal('won', [[100, 'proposal']], { wonDay: 104 }),
  ]);
  const [proposal] = fitHazards(columns, 110).stages;
  // At ages up to 4 days stood: new 0, won 4. The old deal was not seen at those ages.
  expect(proposal!.daysAtRisk[0]).toBeCloseTo(4, 5);
  expect(proposal!.daysAtRisk.at(-1)).toBeCloseTo(10, 5);
});

test('the second opinion counts deals that stood here at this age before', () => {
  // Looked at a week apart, last on day 20: of 4 deals in proposal since day 10, 1 was won by day 30. None are told apart by age.
  const columns = columnsOf([
    deal('first', [
      [0, 'lead'],
      [1, 'lost'],
    ]),
    deal('a', [[10, 'proposal']], { wonDay: 25 }),
    ...['b', 'c', 'd'].map((id) => deal(id, [[10, 'proposal']])),
    deal('later', [[22, 'proposal']], { wonDay: 28, amount: 700 }),
  ]);
  const found = landmarks(columns, 30, { leadDays: 0, lengthDays: 10 }, 0)!;
  expect(found.looks).toBe(3); // days 20, 13 and 6
  // On day 13 all 4 stood there for 3 days and none was won by day 23; on day 20, for 10 days, and 1 of 4 was won: 1 of 8 in the stage,
  // as in all stages. Shrunk: stage (1 + 10 x 1/8) / 18 = .125, cell (1 + 10 x .125) / 14 = .1607.
  const share = found.share(columns.stages.indexOf('proposal'), 8);
  expect(share.of).toBe(4);
  expect(share.won).toBeCloseTo(0.1607, 4);
  // 700 came from a deal nobody could see on day 20; nothing the like on days 13 and 6: 233.33 on average.
  expect(found.notYetVisible[0]).toBeCloseTo(700 / 3, 6);
});

test('two methods are weighed by their errors: worked out by hand', () => {
  // Without a record, alike.
  expect(weights([], [1, 1], 1)).toEqual([expect.closeTo(0.5, 9), expect.closeTo(0.5, 9)]);
  // One window over: the first was right, the second half too high. Prior .04 each, .032 in common; squared error 0 and .25.
  // Smallest w'Aw over [.04 .032; .032 .29]: w1 = (.29 - .032) / (.04 + .29 - 2 x .032) = .258 / .266 = .9699.
  const [right, wrong] = weights([{ said: [100, 150], actual: 100 }], [1, 1], 1);
  expect(right).toBeCloseTo(0.9699, 4);
  expect(wrong).toBeCloseTo(0.0301, 4);
  // Errors that cancel out are worth keeping together.
  expect(weights([{ said: [150, 50], actual: 100 }], [1, 1], 1)).toEqual([expect.closeTo(0.5, 9), expect.closeTo(0.5, 9)]);
  // Who says nothing now weighs nothing; who said nothing then counts as the worst.
  expect(weights([{ said: [100, null], actual: 100 }], [1, null], 1)).toEqual([1, 0]);
  const [spoke, silent] = weights([{ said: [100, null, 150], actual: 100 }], [1, 1, 1], 1);
  expect(spoke).toBeGreaterThan(0.9);
  expect(silent).toBeLessThan(0.05);
});

test('an interval is as wide as past forecasts were wrong, and there is none before four are resolved', () => {
  const resolved = [1.1, 1.25, 1, 0.8, 1.1].map((times) => ({ forecast: 100, actual: 100 * times, recordDays: 30 }));
  // Times too high or low, ordered: 1, 1.1, 1.1, 1.25, 1.25. Place .8 x 6 = 4.8: 1.25. 100 / 1.25 = 80, 100 x 1.25 = 125.
  expect(intervalOf(100, resolved, 30)).toEqual({
    p10: expect.closeTo(80, 9),
    p90: expect.closeTo(125, 9),
    of: 5,
    why: null,
  });
  // Of four, place .8 x 5 = 4 is the largest; of three there is no such place.
  expect(intervalOf(100, resolved.slice(1), 30)).toMatchObject({
    p10: expect.closeTo(80, 9),
    p90: expect.closeTo(125, 9),
    of: 4,
  });
  expect(intervalOf(100, resolved.slice(2), 30)).toEqual({
    p10: null,
    p90: null,
    of: 3,
    why: 'fewer than 4 forecasts of this kind have been resolved',
  });
  // Nothing came in once: then by how much, 88 at the 80th percentile, and never less than nothing.
  const off = [0, 60, 70, 70, 70].map((actual) => ({ forecast: 100, actual, recordDays: 30 }));
  expect(intervalOf(20, off, 30)).toMatchObject({ p10: 0, p90: expect.closeTo(108, 9) }); // 30, 30, 30, 40, 100 at 4.8: 40 + .8 x 60 = 88
});

test('what a young record got wrong counts for less where the record has grown', () => {
  // Twice too little, from 10 days; now there are 160, and the fourth root of a sixteenth is a half: of 2 times remain the root.
  const young = Array.from({ length: 4 }, () => ({ forecast: 100, actual: 200, recordDays: 10 }));
  expect(intervalOf(100, young, 160).p90).toBeCloseTo(100 * Math.SQRT2, 9);
  expect(intervalOf(100, young, 10).p90).toBeCloseTo(200, 9);
  // By how much, where nothing came in: half of 100.
  const off = young.map((one, at) => (at === 0 ? { ...one, actual: 0 } : one));
  expect(intervalOf(100, off, 160)).toMatchObject({ p10: expect.closeTo(50, 9), p90: expect.closeTo(150, 9) });
});

test('errors are told as shares of what happened, and chances by how well they tell deals apart', () => {
  // |110 - 100| + |180 - 200| = 30 of 300; +10 - 20 = -10 of 300.
  expect(
    totalsAccuracy([
      { forecast: 110, actual: 100 },
      { forecast: 180, actual: 200 },
    ]),
  ).toEqual({
    forecasts: 2,
    wape: expect.closeTo(0.1, 12),
    bias: expect.closeTo(-1 / 30, 12),
  });
  expect(totalsAccuracy([{ forecast: 5, actual: 0 }])).toEqual({ forecasts: 1, wape: null, bias: null });
  // (.3^2 + .4^2 + .2^2 + .6^2) / 4 = (.09 + .16 + .04 + .36) / 4 = .1625; 3 of the 4 pairs are in order.
  const chances = [
    { chance: 0.7, won: true },
    { chance: 0.4, won: false },
    { chance: 0.2, won: false },
    { chance: 0.4, won: true },
  ];
  expect(chancesAccuracy(chances)).toEqual({
    forecasts: 4,
    won: 0.5,
    brier: expect.closeTo(0.1625, 12),
    skill: expect.closeTo(0.35, 12),
    auc: expect.closeTo(3.5 / 4, 12), // won .7 beats both; won .4 beats .2 and ties with .4: 3.5 of 4
  });
  expect(chancesAccuracy([])).toEqual({ forecasts: 0, won: null, brier: null, skill: null, auc: null });
});

/** Deals captured one a day, each won after 10 days for 100: 10 a day come in at 100 once the first are through. */
const steady = (days: number): Timeline[] =>
  Array.from({ length: days }, (_, day) => deal(`d${day}`, [[day, 'proposal']], day + 10 < days ? { wonDay: day + 10 } : {}));

test('a company that wins one deal a day for 100 will win 30 of them in 30 days, and every method says so', () => {
  const [total] = new Forecaster(columnsOf(steady(200)), 200).totals({ leadDays: 0, lengthDays: 30 });
  expect(total!.p50).toBeGreaterThan(2900);
  expect(total!.p50).toBeLessThan(3100);
  expect(total!.interval.p10).toBeGreaterThan(2700);
  expect(total!.interval.p90).toBeLessThan(3300);
  const average = total!.components.find(({ component }) => component === 'moving-average')!;
  expect(average).toMatchObject({ amount: 3000, record: { wape: expect.closeTo(0, 1), bias: expect.closeTo(0, 1) } });
  expect(average.record.resolved).toBeGreaterThan(10);
  // Ten deals are open; two thirds of what comes in within 30 days is not to be seen yet.
  expect(total!.pipeline.openDeals).toBe(10);
  expect(total!.pipeline.notYetVisible).toBeGreaterThan(1500);
  expect(total!.components.reduce((sum, { weight }) => sum + weight, 0)).toBeCloseTo(1, 9);
});

test('a window that begins later holds what comes in later', () => {
  const [total] = new Forecaster(columnsOf(steady(200)), 200).totals({ leadDays: 30, lengthDays: 30 });
  // All ten open deals are won within the 30 days before: nearly all of it is not to be seen yet.
  expect(total!.pipeline.open).toBeLessThan(100);
  expect(total!.p50).toBeGreaterThan(2800);
  expect(total!.p50).toBeLessThan(3200);
});

test('a deal older than any that ever closed is flagged and in no weighted total', () => {
  const old = deal('forgotten', [[0, 'proposal']], { amount: 1_000_000 });
  const forecaster = new Forecaster(columnsOf([...steady(100), old]), 100);
  const [total] = forecaster.totals({ leadDays: 0, lengthDays: 30 });
  expect(total!.pipeline).toMatchObject({ stale: 1, openDeals: 11 });
  expect(total!.pipeline.open).toBeLessThanOrEqual(1000);
  const flagged = dealForecasts(forecaster.now(), { leadDays: 0, lengthDays: 30 }).filter(({ stale }) => stale);
  expect(flagged.map(({ deal: id }) => id)).toEqual(['forgotten']);
});

test('a record of a few days says that nothing can be said yet', () => {
  const [total] = new Forecaster(columnsOf(steady(15)), 15).totals({ leadDays: 0, lengthDays: 30 });
  expect(total).toMatchObject({
    p50: null,
    interval: { p10: null, p90: null, of: 0, why: 'fewer than 20 deals have been won or lost' },
  });
});

test('groups are forecast by their own deals', () => {
  const both = steady(200).map((one, at) => ({ ...one, group: at % 4 === 0 ? 'ann' : 'bob' }));
  const totals = new Forecaster(columnsOf(both), 200).totals({ leadDays: 0, lengthDays: 30 });
  expect(totals.map(({ group, pipeline }) => [group, pipeline.openDeals])).toEqual([
    ['ann', 2], // of the ten deals d190 to d199: d192 and d196
    ['bob', 8],
  ]);
  expect(totals[0]!.p50! / totals[1]!.p50!).toBeCloseTo(1 / 3, 1);
});

const stages = ['lead', 'proposal', 'talks'];
const timelines = fc
  .array(
    fc.record({
      captured: fc.integer({ min: 0, max: 80 }),
      steps: fc.array(
        fc.record({ after: fc.double({ min: 0, max: 15, noNaN: true }), to: fc.constantFrom(...stages, 'lost', 'won') }),
        {
          maxLength: 5,
        },
      ),
      amount: fc.option(fc.integer({ min: 1, max: 1000 })),
    }),
    { minLength: 1, maxLength: 40 },
  )
  .map((list) =>
    list.map(({ captured, steps, amount }, at): Timeline => {
      let day = captured;
      const stays: [number, string][] = [[captured, 'lead']];
      for (const { after, to } of steps) {
        day += after;
        if (to === 'won') return deal(`d${at}`, stays, { wonDay: day, amount });
        stays.push([day, to]);
      }
      return deal(`d${at}`, stays, { amount });
    }),
  );

/** What was known before a day. */
const before = (all: readonly Timeline[], day: number): Timeline[] =>
  all
    .filter(({ capturedDay }) => capturedDay < day)
    .map((one) => ({
      ...one,
      stays: one.stays.filter(({ enteredDay }) => enteredDay < day),
      ...(one.wonDay !== null && one.wonDay >= day ? { wonDay: null, wonAmount: null } : {}),
    }));

test('what happens on the day or later changes no forecast as of the day', () => {
  const window = { leadDays: 5, lengthDays: 9 };
  fc.assert(
    fc.property(timelines, fc.integer({ min: 30, max: 90 }), (all, day) => {
      const seen = (list: readonly Timeline[]) => {
        const forecaster = new Forecaster(columnsOf(list), day);
        const totals = forecaster
          .totals(window)
          .map(({ p50, interval, components, pipeline }) => [
            p50,
            interval.p10,
            interval.p90,
            ...components.map(({ amount }) => amount),
            ...components.map(({ record }) => record.wape),
            ...Object.values(pipeline),
          ]);
        const deals = dealForecasts(forecaster.now(), window);
        return { totals, deals: deals.map(({ deal: id, won, lost }) => ({ id, won, lost })) };
      };
      const [whole, cut] = [seen(all), seen(before(all, day))];
      expect(cut.deals.map(({ id }) => id)).toEqual(whole.deals.map(({ id }) => id));
      cut.deals.forEach(({ won, lost }, at) => {
        expect(won).toBeCloseTo(whole.deals[at]!.won, 9);
        expect(lost).toBeCloseTo(whole.deals[at]!.lost, 9);
      });
      cut.totals.flat().forEach((figure, at) => {
        const same = whole.totals.flat()[at]!;
        if (figure === null) expect(same).toBeNull();
        else expect(Math.abs(figure - same)).toBeLessThanOrEqual(1e-6 * (1 + Math.abs(same)));
      });
    }),
    { numRuns: 60 },
  );
});

test('chances are chances: none below 0, won, lost and still open together 1', () => {
  fc.assert(
    fc.property(timelines, fc.integer({ min: 20, max: 120 }), fc.integer({ min: 1, max: 200 }), (all, day, lengthDays) => {
      for (const { won, lost, stillOpen, expectedWinDay, why } of dealForecasts(new Forecaster(columnsOf(all), day).now(), {
        leadDays: 0,
        lengthDays,
      })) {
        for (const chance of [won, lost, stillOpen]) {
          expect(chance).toBeGreaterThanOrEqual(0);
          expect(chance).toBeLessThanOrEqual(1);
        }
        expect(won + lost + stillOpen).toBeCloseTo(1, 9);
        if (expectedWinDay !== null) expect(expectedWinDay).toBeGreaterThan(day);
        if (why.landmark) expect(why.landmark.won).toBeLessThanOrEqual(1);
      }
    }),
    { numRuns: 60 },
  );
});

test('the interval rests on what would have been said on earlier days, each from what was known on it', () => {
  // Ten won deals in each fortnight, worth more and more by chance and by time.
  const deals = Array.from({ length: 240 }, (_, at) =>
    deal(`d${at}`, [[at, 'proposal']], {
      amount: 100 + ((at * 37) % 91) + at,
      ...(at + 12 < 240 ? { wonDay: at + 5 + (at % 7) } : {}),
    }),
  );
  const columns = columnsOf(deals);
  const window = { leadDays: 0, lengthDays: 28 };
  const asOf = (day: number) => new Forecaster(columns, day).totals(window)[0]!;
  const past = Array.from({ length: 12 }, (_, at) => 240 - 28 - 7 * at).map((day) => ({
    forecast: asOf(day).p50!,
    recordDays: day - 5, // the first deal was won on day 5
    actual: deals.reduce(
      (sum, { wonDay, wonAmount }) => sum + (wonDay !== null && wonDay >= day && wonDay < day + 28 ? wonAmount! : 0),
      0,
    ),
  }));
  const now = asOf(240);
  const expected = intervalOf(now.p50!, past, 240 - 5);
  expect(now.recordDays).toBe(240 - 5);
  expect(now.interval.of).toBe(12);
  expect(now.interval.p10).toBeCloseTo(expected.p10!, 6);
  expect(now.interval.p90).toBeCloseTo(expected.p90!, 6);
});

test('the record of earlier days rests on the amounts that were known on them', () => {
  // Worth 100 each when they were captured, and ten times as much since day 232, as nobody knew before.
  const all = Array.from({ length: 240 }, (_, at) => ({
    ...deal(`d${at}`, [[at, 'proposal']], { amount: 100, ...(at + 12 < 240 ? { wonDay: at + 5 + (at % 7) } : {}) }),
    amount: 1000,
    amounts: [
      { fromDay: at, amount: 100 },
      { fromDay: 232, amount: 1000 },
    ],
  }));
  const toldBefore = (day: number): Timeline[] =>
    all
      .filter(({ capturedDay }) => capturedDay < day)
      .map((one) => ({
        ...one,
        ...(one.wonDay !== null && one.wonDay >= day ? { wonDay: null, wonAmount: null } : {}),
        amount: day > 232 ? 1000 : 100,
        amounts: undefined,
      }));
  const window = { leadDays: 0, lengthDays: 28 };
  const [now] = new Forecaster(columnsOf(all), 240).totals(window);
  expect(now!.past.length).toBeGreaterThan(12);
  for (const { day, forecast } of now!.past)
    expect(forecast).toBeCloseTo(new Forecaster(columnsOf(toldBefore(day)), day).totals(window)[0]!.p50!, 9);
  // Today they are worth what they are known to be worth today.
  expect(now!.pipeline.open).toBeCloseTo(new Forecaster(columnsOf(toldBefore(240)), 240).totals(window)[0]!.pipeline.open, 6);
});

test('the month of the quarter counts where deals close by it, and only there', () => {
  // 1 January 1970 is day 0. Of the deals of each day, those of March and June are won the day after, the others after 20 days.
  const months = [31, 59, 90, 120, 151, 181];
  const isLast = (day: number): boolean => [2, 5].includes(months.findIndex((end) => day < end));
  const hurried = Array.from({ length: 540 }, (_, at) => {
    const day = Math.floor(at / 3);
    return deal(`d${at}`, [[day, 'proposal']], { wonDay: isLast(day) ? day + 1 : day + 20 });
  });
  expect(fitHazards(columnsOf(hurried), 181).calendar).toBe(true);
  expect(fitHazards(columnsOf(steady(181)), 181).calendar).toBe(false);
});

test('weekdays and holidays count by what is won on them: worked out by hand', () => {
  // 1 January 1970 was a Thursday, so day 5 is a Tuesday. On seven Tuesdays ten deals come at noon and are won a week later at noon.
  const hurried = Array.from({ length: 70 }, (_, at) => {
    const noonOf = 5.5 + 7 * Math.floor(at / 10);
    return deal(`d${at}`, [[noonOf, 'proposal']], { wonDay: noonOf + 7 });
  });
  const hazards = fitHazards(columnsOf(hurried, sellingDays('UTC', ['1970-03-10'])), 56);
  expect(hazards).toMatchObject({ weekdays: true, calendar: false });
  // Watched from the first win on: 60 deals stood a week each, 70 were won: 70 / 420 = 1/6 a day. If days were alike, 10 were due on each weekday.
  // Of all stages: Tuesdays (70 + 8) / (10 + 8) = 4.3333, other days 8 / 18 = .4444. Of this one: (70 + 8 x 4.3333) / 18 = 5.8148 and 8 x .4444 / 18 = .1975.
  const pace = (from: number, until: number) => hazards.paces(0, from, until)[0]!;
  const [tuesday, wednesday] = [61, 62];
  expect(pace(tuesday, tuesday + 1)).toBeCloseTo(5.8148 / 6, 4);
  expect(pace(wednesday, wednesday + 1)).toBeCloseTo(0.1975 / 6, 4);
  expect(pace(tuesday - 7, tuesday)).toBeCloseTo(1 / 6, 4);
  // 10 March is a Tuesday, but a holiday, of which none was seen: as quiet as the quietest weekday of all stages.
  expect(pace(68, 69)).toBeCloseTo(0.4444 / 6, 4);
  // A deal of Wednesday is won by Tuesday 0:00 with 1 - e^(-6 x .0329), not with 1 - e^(-6 / 6).
  expect(outlook(hazards, wednesday, 6).chances(0, 0).won).toBeCloseTo(1 - Math.exp(-0.1975), 3);
  // Where every day is alike, none is told apart.
  expect(fitHazards(columnsOf(steady(200)), 200).weekdays).toBe(false);
});

test('a day is the day where the company is', () => {
  // Tuesday 10 March 1970 is day 68; at 3:00 in UTC it is still Monday evening in New York, five hours behind.
  const days = sellingDays('America/New_York', []);
  expect([days.dayAt(68 + 3 / 24), days.dayAt(68 + 5 / 24)]).toEqual([67, 68]);
  expect([days.kindOf(67), days.kindOf(68)]).toEqual([0, 1]);
  expect(days.startOf(68)).toBeCloseTo(68 + 5 / 24, 12);
});

test('a move back to its own stage begins the time of a deal anew, and the days in the stage go on', () => {
  const again = deal('again', [
    [50, 'proposal'],
    [95, 'proposal'],
  ]);
  const columns = columnsOf([...steady(100), again]);
  const found = dealForecasts(new Forecaster(columns, 100).now(), { leadDays: 0, lengthDays: 5 });
  const [since95, sentAgain] = ['d95', 'again'].map((id) => found.find(({ deal: of }) => of === id)!);
  expect(sentAgain).toMatchObject({ stageDays: 50, won: since95!.won, why: { ages: since95!.why.ages } });

  const log = new Log().captured('a', '2026-01-01').to('a', 'proposal', '2026-01-05').to('a', 'proposal', '2026-01-09');
  const histories = log.histories();
  const at = Date.parse(noon('2026-02-01'));
  const shapes = stagesOfShapes(histories, (stage) => stage);
  const known = dealAsOf(histories, 0, { asOfMs: at, clockMs: at, stages: shapes, steps: false, all: true })!;
  expect(known.visits.map(({ stage }) => stage)).toEqual(['lead', 'proposal']);
  const from = daysOf(Date.parse(noon('2026-01-01')));
  expect(timelineOf(known, 'EUR').stays.map(({ stage, enteredDay }) => [stage, enteredDay - from])).toEqual([
    ['lead', 0],
    ['proposal', 4],
    ['proposal', 8],
  ]);
});

test('a deal stays lost in a closed stage that says nothing of its own, and is open again where it comes back', () => {
  const definition = {
    ...KETTLES,
    stages: { ...KETTLES.stages, filed: { ...KETTLES.stages['lost']!, id: 'filed', label: 'filed' } },
  };
  delete (definition.stages.filed as { result?: string }).result;
  const log = new Log().captured('a', '2026-01-01', { facts: { amount: euros(100) } });
  log.to('a', 'lost', '2026-01-03').to('a', 'filed', '2026-01-04', {}, definition);
  log.to('a', 'lead', '2026-01-10', {}, definition).to('a', 'won', '2026-01-12').to('a', 'live', '2026-01-20');
  const columns = log.histories();
  const at = Date.parse(noon('2026-02-01'));
  const stages = stagesOfShapes(columns, (stage) => stage);
  const known = dealAsOf(columns, 0, { asOfMs: at, clockMs: at, stages, steps: false, all: true })!;
  const from = daysOf(Date.parse(noon('2026-01-01')));
  expect(timelineOf(known, 'EUR')).toEqual({
    id: 'a',
    capturedDay: from,
    stays: [
      { stage: 'lead', enteredDay: from, lost: false },
      { stage: 'lost', enteredDay: from + 2, lost: true },
      { stage: 'filed', enteredDay: from + 3, lost: true },
      { stage: 'lead', enteredDay: from + 9, lost: false },
    ],
    wonDay: from + 11,
    wonAmount: 10_000,
    amount: 10_000,
    group: null,
  });
  expect(timelineOf(known, 'USD')).toMatchObject({ amount: null, wonAmount: null });
});
