import { expect, test } from '@jest/globals';
import { together, type PastTotal } from '@coxswain/projections';

const NO_INTERVAL = { p10: null, p90: null, of: 0, why: null };
const says = (p50: number | null, past: readonly PastTotal[], recordDays = 365) => ({
  p50,
  past,
  recordDays,
  interval: NO_INTERVAL,
});
/** Each of them with as much to learn from as every other. */
const past = (forecast: number, ...actuals: number[]): readonly PastTotal[] =>
  actuals.map((actual, at) => ({ day: 700 - 7 * at, forecast, actual, recordDays: 365 }));

test('errors that cancel out make the sum surer than its parts', () => {
  // Each said 100 five times. One was 1.25 times too low or too high in turn, the other off by as much the other way: 125 + 75, 80 + 120 ...
  const one = says(110, past(100, 125, 80, 125, 80, 125));
  const other = says(90, past(100, 75, 120, 75, 120, 75));
  // Together they said 200 each time, and 200 came in.
  expect(together([one, other])).toEqual({ p50: 200, interval: { p10: 200, p90: 200, of: 5, why: null }, wape: 0, bias: 0 });
  // By itself the first is 110 / 1.25 = 88 to 110 x 1.25 = 137.5.
  expect(together([one]).interval).toMatchObject({ p10: expect.closeTo(88, 9), p90: expect.closeTo(137.5, 9) });
});

test('errors that go the same way make it as unsure as its parts', () => {
  const off = past(100, 125, 80, 125, 80, 125);
  const { p50, interval, wape, bias } = together([says(110, off), says(90, off)]);
  // 200 / 1.25 and 200 x 1.25. Errors 50, 40, 50, 40, 50 are 230 of 250 + 160 + 250 + 160 + 250 = 1,070; signed -50 + 40 - 50 + 40 - 50 = -70.
  expect(p50).toBe(200);
  expect(interval).toMatchObject({ p10: expect.closeTo(160, 9), p90: expect.closeTo(250, 9), of: 5 });
  expect([wape, bias]).toEqual([expect.closeTo(230 / 1070, 9), expect.closeTo(-70 / 1070, 9)]);
});

test('only days on which all of them had something to say count, and those that say nothing now are left out', () => {
  const long = says(100, past(100, 100, 100, 100, 100, 100, 500));
  const short = says(50, past(50, 50, 50, 50));
  expect(together([long, short])).toMatchObject({
    p50: 150,
    interval: { p10: null, p90: null, of: 3, why: 'fewer than 4 forecasts of this kind have been resolved' },
  });
  expect(together([long, says(null, [])])).toMatchObject({ p50: 100, interval: { of: 6 } });
  const silent = { ...says(null, []), interval: { ...NO_INTERVAL, why: 'too few days are on record' } };
  expect(together([silent])).toMatchObject({ p50: null, interval: { why: 'too few days are on record' } });
});

test('the sum rests on no longer a record than the youngest of its parts', () => {
  // Each was twice too low four times, with a record of 160 days; the younger has no more now, the older has 2,560.
  const errors = Array.from({ length: 4 }, (_, at) => ({ day: at, forecast: 100, actual: 200, recordDays: 160 }));
  const [older, younger] = [says(100, errors, 2_560), says(100, errors, 160)];
  // By itself the older is twice as sure now: the fourth root of 160 / 2,560 is a half.
  expect(together([older]).interval.p90).toBeCloseTo(100 * Math.SQRT2, 9);
  expect(together([older, younger]).interval.p90).toBeCloseTo(400, 9);
  // And of the past errors each is that of the youngest record then.
  const young = says(
    100,
    errors.map((one) => ({ ...one, recordDays: 10 })),
    2_560,
  );
  expect(together([older, young]).interval.p90).toBeCloseTo(200 * 2 ** 0.25, 9);
});

test('what is held together was said as of the same day', () => {
  // The other looked back to days in between: five of them, and two in common.
  const one = says(100, past(100, 100, 100, 100, 100, 100));
  const other = says(
    100,
    past(100, 300, 300, 300, 300, 300).map((total, at) => (at < 2 ? total : { ...total, day: total.day - 3 })),
  );
  expect(together([one, other])).toMatchObject({ interval: { p90: null, of: 2 }, wape: 400 / 800 });
});

test('together not less comes in than by one of them alone', () => {
  // Errors that cancel out; but the one may bring 250 by itself, and the other nothing less than nothing.
  const one = { ...says(200, past(100, 125, 75, 125, 75)), interval: { ...NO_INTERVAL, p10: 160, p90: 250 } };
  const other = says(10, past(100, 75, 125, 75, 125));
  expect(together([one, other]).interval).toMatchObject({ p10: 210, p90: 250 });
});
