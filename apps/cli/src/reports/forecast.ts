import type { Money } from '@coxswain/sales-process';
import type { DealOutlook, ForecastAnswer, ForecastGroup, ForecastPeriod, PeriodTotal, Value } from '@coxswain/projections';
import { amounts, count, counted, days, money, percent, rate, UNKNOWN } from '../words.js';
import { bar, section, tableOf, type Bar, type Section } from './blocks.js';
import { METHODS, sharesOff, signedShare } from './methods.js';
import { labelled, named } from './names.js';

export const periodName = ({ period, when }: Pick<ForecastPeriod, 'period' | 'when'>): string =>
  `${period}${when === 'current' ? ' (now)' : ''}`;

/** The columns of a forecast. Deals that the seller leaves out of it have one where there are any: the weighted sums hold them. */
function forecastColumns(
  shown: readonly ForecastPeriod[],
  { average }: ForecastAnswer,
): { readonly head: readonly string[]; readonly cells: (period: ForecastPeriod) => readonly string[] } {
  const counting = (deals: number, sums: Value): string => (deals > 0 ? `${amounts(sums.amounts)} (${count(deals)})` : UNKNOWN);
  const kept = (period: ForecastPeriod, name: string) => period.categories.find(({ category }) => category === name);
  const categories = ['commit', 'best-case', 'pipeline', 'omitted'].filter(
    (name) => name !== 'omitted' || shown.some((period) => (kept(period, name)?.deals ?? 0) > 0),
  );
  const head = [
    'won (deals)',
    ...categories.map((name) => name.replace('-', ' ')),
    'weighted by stage',
    'weighted by history',
    `average of ${average} before`,
  ];
  const cells = (period: ForecastPeriod): string[] => {
    const { won, weightedByStage, weightedByHistory, movingAverage } = period;
    const fewer = movingAverage.amounts !== null && movingAverage.of < average ? ` (of ${movingAverage.of})` : '';
    return [
      counting(won.deals, won),
      ...categories.map((name) => {
        const found = kept(period, name);
        return found ? counting(found.deals, found.value) : UNKNOWN;
      }),
      amounts(weightedByStage.amounts),
      amounts(weightedByHistory.amounts),
      `${amounts(movingAverage.amounts)}${fewer}`,
    ];
  };
  return { head, cells };
}

export function forecast(group: ForecastGroup, answer: ForecastAnswer): Section[] {
  const { periods, withoutDate, withoutAmount, outside, stageRates } = group;
  const { head, cells } = forecastColumns(periods, answer);
  return [
    section(
      null,
      tableOf(
        [answer.period, ...head],
        periods.map((period) => [periodName(period), ...cells(period)]),
      ),
    ),
    section(
      null,
      tableOf(
        ['stage', 'probability in the file', 'won of those decided (95 % interval)'],
        stageRates.map((stage) => [
          labelled(stage),
          stage.probability === null ? UNKNOWN : `${count(stage.probability)} %`,
          rate(stage.won),
        ]),
      ),
    ),
    section(
      null,
      `In no sum above: ${counted(withoutDate.deals, 'open deal')} without a close date, ${count(withoutAmount.deals)} without an amount, ${count(outside.deals)} expected to close outside the periods shown. What will have come in is told with all of them.`,
    ),
    ...outlook(group),
  ];
}

export function forecasts(answer: ForecastAnswer, by: string): Section[] {
  const { groups } = answer;
  const one = groups.map(({ periods }) => periods.find(({ when }) => when === 'current') ?? periods.at(-1)!);
  const { head, cells } = forecastColumns(one, answer);
  return [
    section(
      null,
      tableOf(
        [`${by}, ${periodName(one[0]!)}`, ...head, 'open without close date'],
        groups.map((group, at) => [named(group), ...cells(one[at]!), group.withoutDate.deals]),
      ),
    ),
    outlooks(
      by,
      groups.map((group, at) => [named(group), one[at]!] as const),
    ),
  ];
}

export const forecastNotes = [
  'The weighted sums take in every open deal of the period that has an amount, in whatever category. "-" means that it rests on nothing; "(of 2)" that there were only 2 earlier periods to average.',
  'What will have come in: in 1 of 10 cases less than p10, in 1 of 10 more than p90, as wide as past forecasts were wrong. "Off by" is the sum of past errors / the sum of what came in; bias above 0 promised too much.',
];

/** Won so far, what is likely to come, and how much more it may be, to the scale of the largest. */
export function expected({ booked, p50, p90 }: Pick<PeriodTotal, 'booked' | 'p50' | 'p90'>, most: number): Bar | string {
  if (p50 === null) return '';
  const likely = Math.max(0, p50.minor - booked.minor);
  const high = Math.max(booked.minor, p50.minor);
  return bar([booked.minor, likely, Math.max(0, (p90 ?? p50).minor - high)], most);
}

export const sum = (amount: Money | null): string => (amount === null ? UNKNOWN : money(amount));

export const WILL_COME = ['won so far', 'p10', 'p50', 'p90'];

export const willCome = ({ booked, p10, p50, p90 }: Pick<PeriodTotal, 'booked' | 'p10' | 'p50' | 'p90'>): string[] => [
  money(booked),
  sum(p10),
  sum(p50),
  sum(p90),
];

/** The periods still to end of one group, how their figure comes about, and the deals that promise most. */
function outlook({ periods, deals, stale }: ForecastGroup): Section[] {
  const ahead = periods.flatMap(({ period, total }) => (total ? [{ period, total }] : []));
  const old =
    stale.deals === 0
      ? []
      : [
          `${counted(stale.deals, 'open deal')} in no total, older than any deal that ever closed: ${stale.examples.slice(0, 5).join(', ')}${stale.deals > 5 ? ' ...' : ''}`,
        ];
  const promise = deals.length > 0 ? [promising(deals)] : [];
  if (ahead.length === 0)
    return [
      section(null, 'What will come in: not known in money; no period still to end is shown, or no win has an amount.', ...old),
      ...promise,
    ];
  const most = Math.max(...ahead.map(({ total: { p50, p90 } }) => (p90 ?? p50)?.minor ?? 0));
  const [next] = ahead;
  const { components, pipeline, why, resolved } = next!.total;
  const said = [
    ...(pipeline === null
      ? []
      : [
          `The pipeline's figure: ${money(pipeline.open)} of ${counted(pipeline.openDeals - pipeline.staleDeals, 'open deal')}, ${money(pipeline.notYetVisible)} of deals not yet captured, ${money(pipeline.reopened)} of lost ones that come back.`,
        ]),
    ...old,
    ...(why === null
      ? []
      : [
          `Not known: ${next!.total.p50 === null ? 'what is still to come' : `p10 and p90 (${counted(resolved, 'past forecast')})`}, because ${why}.`,
        ]),
  ];
  return [
    section(
      'What will have come in',
      tableOf(
        ['period', ...WILL_COME, '', 'past forecasts'],
        ahead.map(({ period, total }) => [period, ...willCome(total), expected(total, most), total.resolved]),
      ),
    ),
    section(
      `What is still to come in ${next!.period}, by each method, and how it did before`,
      tableOf(
        ['method', 'says', 'weight', 'off by', 'bias', 'past forecasts'],
        components.map(({ component, amount, weight, wape, bias, resolved: of }) => [
          METHODS[component],
          sum(amount),
          percent(weight),
          sharesOff(wape),
          signedShare(bias),
          of,
        ]),
      ),
    ),
    ...(said.length > 0 ? [section(null, ...said)] : []),
    ...promise,
  ];
}

function promising(deals: readonly DealOutlook[]): Section {
  const shown = deals.slice(0, 8);
  const left = deals.length - shown.length;
  return section(
    `Deals that promise most in ${shown[0]!.period}`,
    tableOf(
      ['deal', 'stage', 'days there', 'won', 'lost', 'win expected', 'won a day', 'rests on', 'second opinion'],
      shown.map(({ deal, stage, stageDays, won, lost, expectedWin, why }) => [
        deal,
        stage,
        days(stageDays),
        percent(won),
        percent(lost),
        expectedWin ?? UNKNOWN,
        percent(why.perDay.won),
        `${counted(why.restsOn.departures, 'visit')} that ended at ${days(why.ages.from)}${why.ages.until === null ? ' days or more' : ` to ${days(why.ages.until)} days`}`,
        why.landmark === null ? UNKNOWN : `${percent(why.landmark.won)} of ${count(why.landmark.of)}`,
      ]),
      left > 0 ? `and ${count(left)} more; --json has them` : '',
    ),
  );
}

/** What will have come in by the end of one period, a row for each group. */
function outlooks(by: string, groups: readonly (readonly [name: string, period: ForecastPeriod])[]): Section {
  const told = groups.flatMap(([name, { total }]) => (total ? [{ name, total }] : []));
  const most = Math.max(0, ...told.map(({ total: { p50, p90 } }) => (p90 ?? p50)?.minor ?? 0));
  return section(
    null,
    tableOf(
      [`${by}, will have come in`, ...WILL_COME, ''],
      told.map(({ name, total }) => [name, ...willCome(total), expected(total, most)]),
    ),
  );
}
