import type { Standing } from './methods.js';
import type { Window } from './timelines.js';

const { abs, max, min, sqrt } = Math;

/** What the chances of deals promised on earlier days, and what came of it. */
export interface ChanceRecord {
  /** What the odds of a win are multiplied by; 1 where the record does not speak beyond chance. */
  readonly odds: number;
  /** Over the earlier days: wins that the chances added up to, wins that came, and the days. */
  readonly promised: number;
  readonly won: number;
  readonly looks: number;
}

const NO_RECORD: ChanceRecord = { odds: 1, promised: 0, won: 0, looks: 0 };

/** So many earlier days are looked back to, at most. */
export const MOST_LOOKS = 6;
/** So many deals a day looked back to are counted in as if they had come out as promised. */
const PRIOR_WINS = 10;
const FEWEST_CHANCES = 400;
/** Deals that are won or lost together make sums of chances spread more than single ones would: a difference must be so many of their standard deviations. */
const BEYOND_CHANCE = 4;

/**
 * How the chances did on earlier days, for windows that are over. Where they promised too much or too little by more than chance explains, the odds of today are
 * multiplied by (won + 10 a look) / (promised + 10 a look): a Poisson rate with a gamma prior that says they are right. Windows that overlap count once.
 */
export function chanceRecord(standings: readonly Standing[], window: Window): ChanceRecord {
  let [promised, won, spread, chances] = [0, 0, 0, 0];
  const told = standings.filter(({ tells }) => tells);
  for (const standing of told) {
    const from = standing.day + window.leadDays;
    for (const open of standing.open) {
      const chance = standing.chance(open, window);
      const wonAt = standing.columns.won[open.deal]!;
      promised += chance;
      spread += chance * (1 - chance);
      chances++;
      if (wonAt >= from && wonAt < from + window.lengthDays) won++;
    }
  }
  const looks = told.length;
  if (chances < FEWEST_CHANCES) return { ...NO_RECORD, promised, won, looks };
  const days = told.map(({ day }) => day);
  const apart = min(looks, (max(...days) - min(...days)) / window.lengthDays + 1);
  const isBeyond = abs(won - promised) > BEYOND_CHANCE * sqrt((spread * looks) / apart);
  const prior = PRIOR_WINS * looks;
  return { odds: isBeyond ? (won + prior) / (promised + prior) : 1, promised, won, looks };
}

/** A chance whose odds are multiplied. */
export const withOdds = (chance: number, odds: number): number => (odds * chance) / (1 - chance + odds * chance);
