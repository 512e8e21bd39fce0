import type { Window } from './timelines.js';

const { ceil, floor, max } = Math;

const WEEK = 7;

/**
 * Earlier days whose window of this kind is over by `day`, the latest first and none before `first`: about a quarter of the window apart, in whole weeks back from
 * `day`, so that they fall on its weekday and windows of every length have them in common. Of windows shorter than a week about one window apart, in whole days.
 */
export function pastDays(day: number, { leadDays, lengthDays }: Window, first: number, most: number): readonly number[] {
  const unit = lengthDays < WEEK ? 1 : WEEK;
  const latest = unit * wholes((leadDays + lengthDays) / unit);
  const days: number[] = [];
  for (let back = latest; day - back >= first && days.length < most; back += daysApart(lengthDays)) days.push(day - back);
  return days;
}

/** How many days they are apart. */
export const daysApart = (lengthDays: number): number =>
  lengthDays < WEEK ? wholes(lengthDays) : WEEK * max(1, floor(lengthDays / 4 / WEEK));

/** So many whole ones hold it; what rounding adds does not make it another one. */
const wholes = (number: number): number => max(1, ceil(number - 1e-9));
