import { expect, test } from '@jest/globals';
import { chanceRecord, columnsOf, dealForecasts, Forecaster, pastDays, withOdds, type Timeline } from '@coxswain/projections';
import { deal } from './forecast-given.js';

test('odds are multiplied, not chances: none and all stay what they are', () => {
  // A chance of 1 in 5 has odds of 1 to 4; half of that is 1 to 8.
  expect(withOdds(0.2, 0.5)).toBeCloseTo(1 / 9, 12);
  expect([withOdds(0, 3), withOdds(1, 3), withOdds(0.4, 1)]).toEqual([0, 1, 0.4]);
});

test('it looks back to windows that are over, whole weeks back and about a quarter of the window apart', () => {
  expect(pastDays(100, { leadDays: 0, lengthDays: 7 }, 0, 6)).toEqual([93, 86, 79, 72, 65, 58]);
  // 90 days are 13 weeks, and a quarter of 80 is two; none before the first.
  expect(pastDays(200, { leadDays: 10, lengthDays: 80 }, 75, 6)).toEqual([109, 95, 81]);
  // So a window of another length, or further ahead, shares them.
  expect(pastDays(200, { leadDays: 0, lengthDays: 30 }, 150, 6)).toEqual([165, 158, 151]);
  // Shorter than a week: one window apart.
  expect(pastDays(100, { leadDays: 1, lengthDays: 3 }, 90, 6)).toEqual([96, 93, 90]);
});

/** A deal a quarter of a day, in one stage; until `turn` most are won after ten days, from then on hardly any is. */
function turning(turn: number): Timeline[] {
  return Array.from({ length: 800 }, (_, index) => {
    const day = index / 4;
    const won = day < turn ? index % 4 !== 0 : index % 20 === 0;
    return deal(
      `d${String(index).padStart(3, '0')}`,
      won
        ? [[day, 'open']]
        : [
            [day, 'open'],
            [day + 30, 'lost'],
          ],
      won ? { wonDay: day + 10 } : {},
    );
  });
}

test('where deals come to be won less than before, what the chances promised is held against what came, and corrects those of today', () => {
  const day = 180;
  const told = columnsOf(turning(120).filter(({ capturedDay }) => capturedDay < day));
  const forecaster = new Forecaster(told, day);
  const window = { leadDays: 0, lengthDays: 14 };
  const record = forecaster.chanceRecord(window);
  expect(record.looks).toBe(6);
  expect(record.promised).toBeGreaterThan(record.won);
  // (won + 10 a look) / (promised + 10 a look)
  expect(record.odds).toBeCloseTo((record.won + 60) / (record.promised + 60), 12);
  const [raw, corrected] = [dealForecasts(forecaster.now(), window), forecaster.deals(window)];
  raw.forEach(({ won }, index) => expect(corrected[index]!.won).toBeCloseTo(withOdds(won, record.odds), 12));
  for (const { won, lost, stillOpen, why } of corrected) {
    expect(won + lost + stillOpen).toBeCloseTo(1, 12);
    expect(why.corrected).toEqual({ odds: record.odds, promised: record.promised, won: record.won });
  }
});

test('where nothing has changed, nothing is corrected; nor while few chances were given', () => {
  const steady = new Forecaster(columnsOf(turning(1_000)), 180);
  const record = steady.chanceRecord({ leadDays: 0, lengthDays: 14 });
  expect(record.odds).toBe(1);
  expect(steady.deals({ leadDays: 0, lengthDays: 14 })[0]!.why.corrected).toBeNull();
  expect(chanceRecord([], { leadDays: 0, lengthDays: 14 })).toEqual({ odds: 1, promised: 0, won: 0, looks: 0 });
});
