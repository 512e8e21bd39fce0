import { withOdds, type ChanceRecord } from './chance-record.js';
import { bandOf, MOMENT, type Hazards } from './hazards.js';
import type { Standing } from './methods.js';
import { LOST, WON, type Window } from './timelines.js';

/** What is to be expected of one open deal, and what that rests on. */
export interface DealForecast {
  readonly deal: string;
  readonly stage: string;
  /** Days in the stage so far. */
  readonly stageDays: number;
  /** Chances within the window, 0 to 1; the three make 1. */
  readonly won: number;
  readonly lost: number;
  readonly stillOpen: number;
  /** The mean day of its win over the ways in which it is won within a year of the present; null where there is none. Days since 1970-01-01 UTC. */
  readonly expectedWinDay: number | null;
  /** Older than any deal that was ever won or lost: in no weighted total. */
  readonly stale: boolean;
  readonly why: DealReasons;
}

export interface DealReasons {
  /** Leaving a day at this age in the stage, as the shrunk hazards say: for a win, for a loss, for another stage. */
  readonly perDay: { readonly won: number; readonly lost: number; readonly onward: number };
  /** The ages, in days in the stage or since a move last led back to it, over which that pace is taken to be one; without an end for the last. */
  readonly ages: { readonly from: number; readonly until: number | null };
  /** The visits that ended at these ages, and the days that visits stood at them. */
  readonly restsOn: { readonly departures: number; readonly daysAtRisk: number };
  /** Whether the pace is that of the month of the quarter. */
  readonly calendar: boolean;
  /** Whether it is that of the weekday, or of a holiday. */
  readonly weekdays: boolean;
  /** How the chances of earlier days did, where that changed this one: what its odds were multiplied by, the wins they had promised and those that came. */
  readonly corrected: Pick<ChanceRecord, 'odds' | 'promised' | 'won'> | null;
  /** The second opinion: won in the window, of the deals that stood here at about this age on earlier days. Null where no window is over. */
  readonly landmark: { readonly won: number; readonly of: number } | null;
}

const YEAR_DAYS = 365;

/** The open deals as of the day of the standing, in the order of the columns; corrected by how the chances did before, where that is given. */
export function dealForecasts(standing: Standing, window: Window, record: ChanceRecord | null = null): readonly DealForecast[] {
  const { columns, hazards, day } = standing;
  const landmarks = standing.landmarks(window);
  const byEnd = standing.outlook(window.leadDays + window.lengthDays);
  const year = standing.outlook(YEAR_DAYS);
  const corrected =
    record === null || record.odds === 1 ? null : { odds: record.odds, promised: record.promised, won: record.won };
  return standing.open.map((open) => {
    const won = withOdds(standing.chance(open, window), record?.odds ?? 1);
    const chances = byEnd.chances(open.stage, open.days);
    const lost = Math.min(chances.lost, 1 - won);
    const { wonAfterDays } = year.chances(open.stage, open.days);
    return {
      deal: columns.deals[open.deal]!.id,
      stage: columns.stages[open.stage]!,
      stageDays: open.stageDays,
      won,
      lost,
      stillOpen: Math.max(0, 1 - won - lost),
      expectedWinDay: wonAfterDays === null ? null : day + wonAfterDays,
      stale: open.stale,
      why: {
        ...paceOf(hazards, open.stage, open.days, day),
        corrected,
        landmark: landmarks?.share(open.stage, open.days) ?? null,
      },
    };
  });
}

function paceOf(hazards: Hazards, stage: number, days: number, day: number): Omit<DealReasons, 'landmark' | 'corrected'> {
  const { starts, targets, departures, daysAtRisk } = hazards.stages[stage]!;
  const rates = hazards.paces(stage, day, day + MOMENT);
  const band = bandOf(starts, days);
  const perDay = { won: 0, lost: 0, onward: 0 };
  targets.forEach((target, place) => {
    perDay[target === WON ? 'won' : target === LOST ? 'lost' : 'onward'] += rates[band * targets.length + place]!;
  });
  return {
    perDay,
    ages: { from: starts[band]!, until: starts[band + 1] ?? null },
    restsOn: { departures: departures[band]!, daysAtRisk: daysAtRisk[band]! },
    calendar: hazards.calendar,
    weekdays: hazards.weekdays,
  };
}
