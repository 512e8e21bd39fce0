import type { CurrencyTotal, ForecastTotalAnswer, ForecastTotalPeriod } from '@coxswain/projections';
import { amounts, count, counted, percent, UNKNOWN } from '../words.js';
import { section, tableOf, type Cell, type Section } from './blocks.js';
import { expected, periodName, sum, WILL_COME, willCome } from './forecast.js';
import { sharesOff, signedShare } from './methods.js';
import { named } from './names.js';

type Group = ForecastTotalAnswer['groups'][number];

const counting = (deals: number, of: ForecastTotalPeriod['won']): string =>
  deals > 0 ? `${amounts(of.amounts)} (${count(deals)})` : UNKNOWN;

/** Won so far, what is likely to come and how much more it may be, to the scale of the largest of its currency. */
function bars(one: CurrencyTotal, all: readonly CurrencyTotal[]): Cell {
  const same = all.filter(({ currency }) => currency === one.currency);
  return expected(one, Math.max(0, ...same.map(({ p90, p50, booked }) => (p90 ?? p50 ?? booked).minor)));
}

/** What is in no figure, and what is not known. */
function unsaid({ currency, processes, without, p50, why }: CurrencyTotal): string[] {
  const left = processes.flatMap(({ process, why: because }) => (without.includes(process) ? [`${process} (${because})`] : []));
  return [
    ...(left.length === 0 ? [] : [`In no figure: what is still to come in ${left.join(', ')}.`]),
    ...(why === null || p50 === null ? [] : [`Not known: p10 and p90 in ${currency}, because ${why}.`]),
  ];
}

const attained = ({ attainment }: CurrencyTotal): string => (attainment === null ? UNKNOWN : percent(attainment));

export function forecastTotal(group: Group, answer: ForecastTotalAnswer): Section[] {
  const { periods, totals, withoutDate, withoutAmount, outside, stale } = group;
  const next = totals.filter(({ period }) => period === totals[0]!.period);
  return [
    section(
      null,
      tableOf(
        ['process', 'deals known', 'currency', 'days begin in'],
        answer.processes.map((one) => [`${one.process}, version ${one.version}`, one.deals, one.currency, one.timezone]),
      ),
    ),
    section(
      null,
      tableOf(
        [answer.period, 'won (deals)', 'open (deals)', 'weighted by stage', 'weighted by history'],
        periods.map((period) => [
          periodName(period),
          counting(period.won.deals, period.won),
          counting(period.open.deals, period.open),
          amounts(period.weightedByStage.amounts),
          amounts(period.weightedByHistory.amounts),
        ]),
      ),
    ),
    ...(next.length === 0
      ? [section(null, 'What will come in: not known in money; no period still to end is shown, or no win has an amount.')]
      : [
          section(
            'What will have come in',
            tableOf(
              ['period', ...WILL_COME, '', 'off by', 'bias', 'past forecasts', 'target', 'attained so far'],
              totals.map((one): Cell[] => [
                periodName(one),
                ...willCome(one),
                bars(one, totals),
                sharesOff(one.wape),
                signedShare(one.bias),
                one.resolved,
                sum(one.target),
                attained(one),
              ]),
            ),
          ),
          section(
            `What each process adds in ${periodName(next[0]!)}`,
            tableOf(
              ['process', ...WILL_COME, 'open', 'not yet visible', 'reopened', 'target'],
              next.flatMap(({ processes }) =>
                processes.map(({ process, booked, p10, p50, p90, pipeline, target }): Cell[] => [
                  process,
                  ...[booked, p10, p50, p90, pipeline?.open, pipeline?.notYetVisible, pipeline?.reopened, target].map((one) =>
                    sum(one ?? null),
                  ),
                ]),
              ),
            ),
            ...next.flatMap(unsaid),
          ),
        ]),
    section(
      null,
      `In no sum of the periods above: ${counted(withoutDate.deals, 'open deal')} without a close date, ${count(withoutAmount.deals)} without an amount, ${count(outside.deals)} expected to close outside the periods shown; ${count(stale.deals)} older than any deal of their process that ever closed. What will have come in is told with all but the last.`,
    ),
  ];
}

export function forecastTotals({ groups }: ForecastTotalAnswer, by: string): Section[] {
  const one = groups.map(({ periods }) => periods.find(({ when }) => when === 'current') ?? periods.at(-1)!);
  const totalsIn = groups.map(({ totals }, at) => totals.filter(({ period }) => period === one[at]!.period));
  return [
    section(
      null,
      tableOf(
        [`${by}, ${periodName(one[0]!)}`, 'won (deals)', 'open (deals)', 'weighted by stage', 'open without close date'],
        groups.map((group, at) => [
          named(group),
          counting(one[at]!.won.deals, one[at]!.won),
          counting(one[at]!.open.deals, one[at]!.open),
          amounts(one[at]!.weightedByStage.amounts),
          group.withoutDate.deals,
        ]),
      ),
    ),
    section(
      null,
      tableOf(
        [`${by}, will have come in`, ...WILL_COME, '', 'open', 'not yet visible', 'target', 'attained so far'],
        groups.flatMap((group, at) =>
          totalsIn[at]!.map((total): Cell[] => [
            named(group),
            ...willCome(total),
            bars(total, totalsIn.flat()),
            ...[total.pipeline?.open, total.pipeline?.notYetVisible, total.target].map((part) => sum(part ?? null)),
            attained(total),
          ]),
        ),
      ),
    ),
  ];
}

export const forecastTotalNotes = [
  'p50 is the sum of what the processes say; p10 and p90 are not added up: they are as wide as that same sum was wrong before. "Off by" is the sum of its past errors / the sum of what came in; bias above 0 promised too much. What is open and not yet visible is what one of the methods, the pipeline, expects of them. Currencies are never added up.',
];
