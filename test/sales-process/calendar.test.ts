import { describe, expect, test } from '@jest/globals';
import { limitDue, type Calendar } from '@coxswain/sales-process';
import fc from 'fast-check';

const nineToSix = { from: 9 * 60, to: 18 * 60 };
const berlin: Calendar = {
  timezone: 'Europe/Berlin',
  workingHours: { 1: [nineToSix], 2: [nineToSix], 3: [nineToSix], 4: [nineToSix], 5: [nineToSix] },
  holidays: ['2026-04-03', '2026-04-06'],
};
const due = (amount: number, unit: 'days' | 'hours' | 'working days' | 'working hours', startedAt: string): string =>
  limitDue({ amount, unit }, startedAt, berlin);

describe('a time limit', () => {
  test('of days keeps the time of day across a clock change', () => {
    // Berlin goes to summer time on 2026-03-29: 10:00 local is 09:00 UTC before and 08:00 UTC after.
    expect(due(2, 'days', '2026-03-28T09:00:00.000Z')).toBe('2026-03-30T08:00:00.000Z');
  });

  test('of hours does not care about the clock on the wall', () => {
    expect(due(48, 'hours', '2026-03-28T09:00:00.000Z')).toBe('2026-03-30T09:00:00.000Z');
  });

  test('of working days leaves out weekends and holidays', () => {
    // Thursday 2026-04-02, then Good Friday, weekend and Easter Monday are not worked: one working day later is Tuesday.
    expect(due(1, 'working days', '2026-04-02T08:00:00.000Z')).toBe('2026-04-07T08:00:00.000Z');
  });

  test('of working days that starts at night starts at the next opening', () => {
    expect(due(1, 'working days', '2026-03-02T22:00:00.000Z')).toBe('2026-03-04T08:00:00.000Z');
  });

  test('of working hours counts only open hours', () => {
    // Friday 2026-03-06 16:00 local: two hours until closing, six more on Monday from 09:00 local = 15:00 local.
    expect(due(8, 'working hours', '2026-03-06T15:00:00.000Z')).toBe('2026-03-09T14:00:00.000Z');
  });

  test('in a calendar that never opens is an error that says so', () => {
    expect(() =>
      limitDue({ amount: 1, unit: 'working days' }, '2026-03-06T15:00:00.000Z', { ...berlin, workingHours: {} }),
    ).toThrow('too few open hours');
  });

  test('is due at the same instant however many others started in the same minute', () => {
    const hours = fc
      .tuple(fc.integer({ min: 0, max: 1_380 }), fc.integer({ min: 1, max: 60 }))
      .map(([from, length]) => ({ from, to: from + length }));
    const calendars = fc.record({
      timezone: fc.constantFrom('Europe/Berlin', 'Asia/Kathmandu', 'America/St_Johns', 'Australia/Lord_Howe', 'UTC'),
      workingHours: fc.record({ 1: fc.tuple(hours), 3: fc.tuple(hours), 6: fc.tuple(hours), 7: fc.tuple(hours) }),
      holidays: fc.constantFrom([], ['2026-03-29', '2026-10-26']),
    });
    const units = fc.constantFrom('days' as const, 'hours' as const, 'working days' as const, 'working hours' as const);
    // The nights of the clock changes, and any minute of the year.
    const minutes = fc.oneof(
      fc.integer({ min: 0, max: 240 }).map((minute) => Date.UTC(2026, 2, 29) + minute * 60_000),
      fc.integer({ min: 0, max: 525_599 }).map((minute) => Date.UTC(2026, 0, 1) + minute * 60_000),
    );
    fc.assert(
      fc.property(calendars, fc.integer({ min: 1, max: 6 }), units, minutes, (calendar, amount, unit, minute) => {
        for (const ms of [0, 1, 59_999, 30_000, 1, 17, 59_998, 59_999, 0]) {
          const startedAt = new Date(minute + ms).toISOString();
          // A calendar that was never asked before has nothing to remember.
          expect(limitDue({ amount, unit }, startedAt, calendar)).toBe(limitDue({ amount, unit }, startedAt, { ...calendar }));
        }
      }),
      { numRuns: 60 },
    );
  });
});
