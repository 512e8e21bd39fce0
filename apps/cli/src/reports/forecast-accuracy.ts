import type { ForecastAccuracyAnswer } from '@coxswain/projections';
import { count, counted, instant, money, percent, UNKNOWN } from '../words.js';
import { section, tableOf, type Section } from './blocks.js';
import { METHODS, sharesOff, signedShare } from './methods.js';
import { named } from './names.js';

/** Which method to trust, and each day that was gone back to. */
export function accuracy({
  verdict,
  methods,
  interval,
  deals,
  origins,
  currency,
  windowDays,
}: ForecastAccuracyAnswer['groups'][number]): Section[] {
  const amount = (minor: number | null): string =>
    minor === null
      ? UNKNOWN
      : currency === null
        ? counted(Math.round(minor), 'deal')
        : money({ minor: Math.round(minor), currency });
  return [
    section(null, verdict.say),
    section(
      `Forecasts of ${currency === null ? 'the deals won in ' : ''}${counted(windowDays, 'day')}, made as of earlier days from what had happened by then`,
      tableOf(
        ['method', 'off by', 'bias', 'forecasts'],
        methods.map(({ method, wape, bias, forecasts }) => [METHODS[method], sharesOff(wape), signedShare(bias), forecasts]),
      ),
    ),
    section(
      null,
      `Of ${counted(interval.forecasts, 'forecast')} with p10 and p90, ${count(interval.within)} held what came in${interval.coverage === null ? '' : `: ${percent(interval.coverage)}, where 80 % are meant`}.`,
    ),
    section(
      null,
      tableOf(
        ['chances of deals', 'forecasts', 'won', 'Brier score', 'better than the share alone by', 'tells won from not won (AUC)'],
        deals.map(({ method, forecasts, won, brier, skill, auc }) => [
          method,
          forecasts,
          sharesOff(won),
          brier === null ? UNKNOWN : brier.toFixed(3),
          signedShare(skill),
          auc === null ? UNKNOWN : auc.toFixed(2),
        ]),
      ),
    ),
    section(
      null,
      tableOf(
        ['as of, UTC', 'came in', 'blend', 'p10', 'p90', 'moving average'],
        origins.map(({ at, actual, blend, p10, p90, components }) => [
          instant(at),
          amount(actual),
          amount(blend),
          amount(p10),
          amount(p90),
          amount(components['moving-average']),
        ]),
      ),
    ),
  ];
}

/** One row a group: what to trust there. */
export const accuracies = ({ groups }: ForecastAccuracyAnswer, by: string): Section[] => [
  section(
    null,
    tableOf(
      [by, 'what to trust'],
      groups.map((group) => [named(group), group.verdict.say]),
    ),
  ),
];

export const accuracyNotes = [
  '"Off by" is the sum of the errors / the sum of what came in. A bias above 0 promised too much. Errors that differ by less than a tenth are alike: the windows overlap.',
];
