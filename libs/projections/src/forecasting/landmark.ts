import { LOST, type Columns, type Window } from './timelines.js';

const { ceil, max } = Math;

/**
 * The second opinion on a deal: of the deals that stood in this stage at about this age on earlier days, the share that were first won
 * within the horizon (landmarking, van Houwelingen 2007). No hazard, no clockwork: a count, shrunk towards the stage and the whole.
 */
export interface Landmarks {
  share(stage: number, days: number): { readonly won: number; readonly of: number };
  /** Won in the window by deals of each group that were not there at its beginning: amounts, the mean of the days looked back to. */
  readonly notYetVisible: Float64Array;
  /** How many days were looked back to. */
  readonly looks: number;
}

/** Days in the stage at which the age bands begin: doubling, so that young deals are told apart finely. */
const AGES = [0, 0.5, 1, 2, 4, 7, 11, 16, 23, 32, 45, 64, 90, 128, 181, 256, 362, 512];
const EVERY_DAYS = 7;
const MOST_LOOKS = 53;
const PRIOR_DEALS = 10;

const bandOf = (days: number): number => {
  let band = AGES.length - 1;
  while (band > 0 && AGES[band]! > days) band--;
  return band;
};

/** Null where the record does not hold one whole window yet. */
export function landmarks(
  { stages, deals, deal, stage, entered, left, captured, won, wonAmount, group, groups }: Columns,
  day: number,
  { leadDays, lengthDays }: Window,
  observedFrom: number,
): Landmarks | null {
  const looks: number[] = [];
  for (let at = day - leadDays - lengthDays; at >= observedFrom && looks.length < MOST_LOOKS; at -= EVERY_DAYS) looks.push(at);
  if (looks.length === 0) return null;
  const of = new Float64Array(stages.length * AGES.length);
  const wins = new Float64Array(of.length);
  const oldest = looks.at(-1)!;
  const inWindow = (wonAt: number, at: number): boolean => wonAt >= at + leadDays && wonAt < at + leadDays + lengthDays;
  for (let stay = 0; stay < stage.length; stay++) {
    if (entered[stay]! >= day || stage[stay] === LOST || left[stay]! < oldest) continue;
    const wonAt = won[deal[stay]!]!;
    // Looks go back from the first one: from the last before it left to the last after it entered.
    for (let look = max(0, ceil((looks[0]! - left[stay]!) / EVERY_DAYS)); look < looks.length; look++) {
      const at = looks[look]!;
      if (entered[stay]! >= at) break;
      if (left[stay]! < at) continue;
      const cell = stage[stay]! * AGES.length + bandOf(at - entered[stay]!);
      of[cell]!++;
      if (inWindow(wonAt, at)) wins[cell]!++;
    }
  }
  const notYetVisible = new Float64Array(groups.length);
  for (let index = 0; index < deals.length; index++) {
    if (won[index]! >= day || won[index]! < oldest) continue;
    for (const at of looks)
      if (captured[index]! >= at && inWindow(won[index]!, at)) notYetVisible[group[index]!]! += wonAmount[index]!;
  }
  const stageOf = stages.map((_, number) => totals(of, wins, number * AGES.length, (number + 1) * AGES.length));
  const whole = totals(of, wins, 0, of.length);
  const overall = whole.of > 0 ? whole.won / whole.of : 0;
  return {
    share: (number, days) => {
      const cell = number * AGES.length + bandOf(days);
      const here = stageOf[number]!;
      const ofStage = (here.won + PRIOR_DEALS * overall) / (here.of + PRIOR_DEALS);
      return { won: (wins[cell]! + PRIOR_DEALS * ofStage) / (of[cell]! + PRIOR_DEALS), of: of[cell]! };
    },
    notYetVisible: notYetVisible.map((amount) => amount / looks.length),
    looks: looks.length,
  };
}

function totals(of: Float64Array, wins: Float64Array, from: number, to: number): { readonly won: number; readonly of: number } {
  let [sumWon, sumOf] = [0, 0];
  for (let cell = from; cell < to; cell++) {
    sumWon += wins[cell]!;
    sumOf += of[cell]!;
  }
  return { won: sumWon, of: sumOf };
}
