import { bandOf, type Hazards, type StageHazard } from './hazards.js';
import { LOST, WON } from './timelines.js';

const { abs, exp, expm1, floor, max, min, round } = Math;

/**
 * What becomes of a deal between a day and a later one under hazards by stage and time in stage: a semi-Markov process, solved
 * backwards from the end of the window on a grid of steps. Within a step the hazards are integrated exactly, band by band; a deal that
 * changes its stage is taken to do so in the middle of the step.
 */

/** Shares of deals; `won + lost` is at most 1. */
export interface Chances {
  readonly won: number;
  readonly lost: number;
  /** The mean of the days until the win, counted from the beginning of the window, over those won in it; null where `won` is 0. */
  readonly wonAfterDays: number | null;
}

const FEWEST_STEPS = 28;
const MOST_STEPS = 100;
const MOST_ROUNDS = 60;
const SETTLED = 1e-11;

export interface Outlook {
  /** Of a deal in a stage for so many days already. */
  chances(stage: number, days: number): Chances;
  /** Won by the end, of deals that enter the stage so many days after the beginning. */
  entering(stage: number, after: number): number;
  /** Won by the end, of deals that stand lost at the beginning. */
  lostDeal(): number;
}

export function outlook(hazards: Hazards, from: number, horizonDays: number): Outlook {
  const steps = min(MOST_STEPS, max(FEWEST_STEPS, round(horizonDays)));
  const length = horizonDays / steps;
  const count = hazards.stages.length;
  const grid = (): Float64Array[] => Array.from({ length: count }, () => new Float64Array(steps + 1));
  // By [stage][step], for a deal that enters the stage at the beginning of the step: won, lost, and won times the days until then.
  const won = grid();
  const lost = grid();
  const when = grid();
  const paces = hazards.stages.map((_, stage) =>
    Array.from({ length: steps }, (__, step) => hazards.paces(stage, from + step * length, from + (step + 1) * length)),
  );

  /** From `step` on, in the stage for `days` already. What a change within the first step leads to in that same step is left to `first`. */
  const walk = ({ stage, starts, targets }: StageHazard, days: number, step: number, first: Float64Array | null): Sums => {
    const width = targets.length;
    const sums: Sums = { won: 0, lost: 0, when: 0 };
    let stays = 1;
    let age = days;
    let band = bandOf(starts, age);
    for (let now = step; now < steps && stays > 1e-9; now++) {
      const table = paces[stage]![now]!;
      const until = days + (now - step + 1) * length;
      while (age < until) {
        const end = band + 1 < starts.length ? min(until, starts[band + 1]!) : until;
        let pace = 0;
        for (let target = 0; target < width; target++) pace += table[band * width + target]!;
        if (pace > 0) {
          const leaving = stays * -expm1(-pace * (end - age));
          for (let target = 0; target < width; target++) {
            const share = (leaving * table[band * width + target]!) / pace;
            if (share === 0) continue;
            const where = targets[target]!;
            if (where === WON) {
              sums.won += share;
              sums.when += share * (now + 0.5) * length;
            } else if (where === LOST) sums.lost += share;
            else {
              add(sums, share / 2, where, now + 1);
              if (first !== null && now === step) first[where]! += share / 2;
              else add(sums, share / 2, where, now);
            }
          }
          stays -= leaving;
        }
        age = end;
        if (band + 1 < starts.length && age >= starts[band + 1]!) band++;
      }
    }
    return sums;
  };
  const add = (sums: Sums, share: number, stage: number, step: number): void => {
    sums.won += share * won[stage]![step]!;
    sums.lost += share * lost[stage]![step]!;
    sums.when += share * when[stage]![step]!;
  };

  const within = hazards.stages.map(() => new Float64Array(count));
  for (let step = steps - 1; step >= 0; step--) {
    const base = hazards.stages.map((hazard, stage) => walk(hazard, 0, step, within[stage]!.fill(0)));
    // Stages passed within one step lead to each other: rounds until what goes round in circles is settled.
    for (let round = 0, moved = 1; moved > SETTLED && round < MOST_ROUNDS; round++) {
      moved = 0;
      for (let stage = 0; stage < count; stage++) {
        const sums = { ...base[stage]! };
        for (let where = 0; where < count; where++)
          if (within[stage]![where]! > 0) add(sums, within[stage]![where]!, where, step);
        moved = max(moved, abs(sums.won - won[stage]![step]!), abs(sums.lost - lost[stage]![step]!));
        won[stage]![step] = sums.won;
        lost[stage]![step] = sums.lost;
        when[stage]![step] = sums.when;
      }
    }
  }

  const known = new Map<number, Chances>();
  return {
    chances: (stage, days) => {
      // Deals of the same minute have the same chances.
      const key = round(days * 1440) * count + stage;
      let chances = known.get(key);
      if (!chances) known.set(key, (chances = chancesOf(walk(hazards.stages[stage]!, days, 0, null))));
      return chances;
    },
    entering: (stage, after) => {
      const place = max(0, min(steps, after / length));
      const step = min(steps - 1, floor(place));
      return won[stage]![step]! * (1 - (place - step)) + won[stage]![step + 1]! * (place - step);
    },
    lostDeal: () => {
      const { perDay, targets } = hazards.reopen;
      if (perDay === 0) return 0;
      let sum = 0;
      for (let step = 0; step < steps; step++) {
        const back = exp(-perDay * step * length) - exp(-perDay * (step + 1) * length);
        for (const [target, share] of targets)
          sum += back * share * (target === WON ? 1 : (won[target]![step]! + won[target]![step + 1]!) / 2);
      }
      return sum;
    },
  };
}

interface Sums {
  won: number;
  lost: number;
  when: number;
}

const chancesOf = ({ won, lost, when }: Sums): Chances => ({
  won: min(1, won),
  lost: min(lost, max(0, 1 - won)),
  wonAfterDays: won > 0 ? when / won : null,
});
