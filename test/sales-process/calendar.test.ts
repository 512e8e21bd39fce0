import { describe, expect, test } from '@jest/globals';
import { limitDue, type Calendar } from '@coxswain/sales-process';

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
    ).toThrow('no open hours');
  });
});
