/**
 * How good forecasts were, once it is known what happened.
 *
 * WAPE is the sum of the absolute errors / the sum of what happened (Kolassa & Schuetz 2007): errors of big windows count more, and a
 * window in which nothing happened divides by nothing.
 */

export interface TotalsAccuracy {
  readonly forecasts: number;
  /** Null without a forecast, or where nothing happened. */
  readonly wape: number | null;
  /** Signed: above 0 it promised too much. */
  readonly bias: number | null;
}

export function totalsAccuracy(pairs: readonly { readonly forecast: number; readonly actual: number }[]): TotalsAccuracy {
  const happened = pairs.reduce((sum, { actual }) => sum + actual, 0);
  const over = (of: (error: number) => number): number | null =>
    happened > 0 ? pairs.reduce((sum, { forecast, actual }) => sum + of(forecast - actual), 0) / happened : null;
  return { forecasts: pairs.length, wape: over(Math.abs), bias: over((error) => error) };
}

export interface ChancesAccuracy {
  /** Forecasts of a deal; a deal counts once a day it was asked about. */
  readonly forecasts: number;
  /** The share of them that were won in the window. */
  readonly won: number | null;
  /** Mean squared error of the chance, 0 is perfect (Brier 1950). */
  readonly brier: number | null;
  /** 1 - Brier / that of saying the overall share for every deal: 0 is no better than that. */
  readonly skill: number | null;
  /** Chance that a deal that was won had been given more than one that was not; .5 is blind. Null where all or none were won. */
  readonly auc: number | null;
}

export function chancesAccuracy(pairs: readonly { readonly chance: number; readonly won: boolean }[]): ChancesAccuracy {
  const count = pairs.length;
  if (count === 0) return { forecasts: 0, won: null, brier: null, skill: null, auc: null };
  const won = pairs.filter((pair) => pair.won).length / count;
  const brier = pairs.reduce((sum, pair) => sum + (pair.chance - Number(pair.won)) ** 2, 0) / count;
  const alike = won * (1 - won);
  return { forecasts: count, won, brier, skill: alike > 0 ? 1 - brier / alike : null, auc: alike > 0 ? auc(pairs) : null };
}

/** By ranks, those of equal chance sharing theirs (Mann & Whitney 1947). */
function auc(pairs: readonly { readonly chance: number; readonly won: boolean }[]): number {
  const ordered = pairs.toSorted((a, b) => a.chance - b.chance);
  let [ranks, wins] = [0, 0];
  for (let at = 0; at < ordered.length;) {
    let end = at;
    let won = 0;
    while (end < ordered.length && ordered[end]!.chance === ordered[at]!.chance) if (ordered[end++]!.won) won++;
    ranks += (won * (at + 1 + end)) / 2;
    wins += won;
    at = end;
  }
  return (ranks - (wins * (wins + 1)) / 2) / (wins * (ordered.length - wins));
}
