import type { Money } from '@coxswain/sales-process';
import type {
  Component,
  DealOutlook,
  ForecastAccuracyAnswer,
  ForecastGroup,
  ForecastPeriod,
  PeriodTotal,
} from '@coxswain/projections';
import { count, counted, days, instant, money, percent, table, UNKNOWN } from './words.js';

/** How the outlook of the forecast, and how far it can be trusted, are told in the terminal. */

const BAR = 24;

/** Won so far, what is likely to come, and how much more it may be: `####====----`, to the scale of the largest. */
function bar({ booked, p50, p90 }: PeriodTotal, most: number): string {
  if (p50 === null || most === 0) return '';
  const place = ({ minor }: Money): number => Math.round((BAR * minor) / most);
  const [won, middle, high] = [place(booked), place(p50), place(p90 ?? p50)];
  return '█'.repeat(won) + '▓'.repeat(Math.max(0, middle - won)) + '░'.repeat(Math.max(0, high - Math.max(middle, won)));
}

const sum = (amount: Money | null): string => (amount === null ? UNKNOWN : money(amount));
const share = (of: number | null): string => (of === null ? UNKNOWN : percent(of));
const signed = (of: number | null): string => (of === null ? UNKNOWN : `${of > 0 ? '+' : ''}${(100 * of).toFixed(1)} %`);

const NAMES: Readonly<Record<Component | 'blend', string>> = {
  blend: 'blend',
  'moving-average': 'moving average (naive)',
  'same-season': 'same month of the quarter',
  pipeline: 'pipeline by time in stage',
  'pipeline-corrected': 'pipeline, corrected by its record',
  landmark: 'landmark table (not blended)',
};

const WILL_COME = ['won so far', 'p10', 'p50', 'p90'];

const willCome = ({ booked, p10, p50, p90 }: PeriodTotal): string[] => [money(booked), sum(p10), sum(p50), sum(p90)];

/** The periods still to end of one group, how their figure comes about, and the deals that promise most. */
export function outlook({ periods, deals, stale }: ForecastGroup): string[] {
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
      ['What will come in: not known in money; no period still to end is shown, or no win has an amount.', ...old].join('\n'),
      ...promise,
    ];
  const most = Math.max(...ahead.map(({ total: { p50, p90 } }) => (p90 ?? p50)?.minor ?? 0));
  const [first] = ahead;
  const { components, pipeline, why, resolved } = first!.total;
  return [
    `What will have come in\n${table(
      ['period', ...WILL_COME, '', 'past forecasts'],
      ahead.map(({ period, total }) => [period, ...willCome(total), bar(total, most), total.resolved]),
    )}`,
    `What is still to come in ${first!.period}, by each method, and how it did before\n${table(
      ['method', 'says', 'weight', 'off by', 'bias', 'past forecasts'],
      components.map(({ component, amount, weight, wape, bias, resolved: of }) => [
        NAMES[component],
        sum(amount),
        percent(weight),
        share(wape),
        signed(bias),
        of,
      ]),
    )}`,
    [
      ...(pipeline === null
        ? []
        : [
            `The pipeline's figure: ${money(pipeline.open)} of ${counted(pipeline.openDeals, 'open deal')}, ${money(pipeline.notYetVisible)} of deals not yet captured, ${money(pipeline.reopened)} of lost ones that come back.`,
          ]),
      ...old,
      ...(why === null
        ? []
        : [
            `Not known: ${first!.total.p50 === null ? 'what is still to come' : `p10 and p90 (${counted(resolved, 'past forecast')})`}, because ${why}.`,
          ]),
    ].join('\n'),
    ...promise,
  ];
}

function promising(deals: readonly DealOutlook[]): string {
  const shown = deals.slice(0, 8);
  return `Deals that promise most in ${shown[0]!.period}\n${table(
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
  )}${deals.length > shown.length ? `\nand ${count(deals.length - shown.length)} more; --json has them` : ''}`;
}

/** What will have come in by the end of one period, a row for each group. */
export function outlooks(by: string, groups: readonly (readonly [name: string, period: ForecastPeriod])[]): string {
  const told = groups.flatMap(([name, { total }]) => (total ? [{ name, total }] : []));
  const most = Math.max(0, ...told.map(({ total: { p50, p90 } }) => (p90 ?? p50)?.minor ?? 0));
  return table(
    [`${by}, will have come in`, ...WILL_COME, ''],
    told.map(({ name, total }) => [name, ...willCome(total), bar(total, most)]),
  );
}

type Accuracy = ForecastAccuracyAnswer['groups'][number];

/** Which method to trust, and each day that was gone back to. */
export function accuracy({ verdict, methods, interval, deals, origins, currency, windowDays }: Accuracy): string[] {
  const amount = (minor: number | null): string =>
    minor === null
      ? UNKNOWN
      : currency === null
        ? counted(Math.round(minor), 'deal')
        : money({ minor: Math.round(minor), currency });
  return [
    verdict.say,
    `Forecasts of ${currency === null ? 'the deals won in ' : ''}${counted(windowDays, 'day')}, made as of earlier days from what had happened by then\n${table(
      ['method', 'off by', 'bias', 'forecasts'],
      methods.map(({ method, wape, bias, forecasts }) => [NAMES[method], share(wape), signed(bias), forecasts]),
    )}`,
    `Of ${counted(interval.forecasts, 'forecast')} with p10 and p90, ${count(interval.within)} held what came in${interval.coverage === null ? '' : `: ${percent(interval.coverage)}, where 80 % are meant`}.`,
    table(
      ['chances of deals', 'forecasts', 'won', 'Brier score', 'better than the share alone by', 'tells won from not won (AUC)'],
      deals.map(({ method, forecasts, won, brier, skill, auc }) => [
        method,
        forecasts,
        share(won),
        brier === null ? UNKNOWN : brier.toFixed(3),
        signed(skill),
        auc === null ? UNKNOWN : auc.toFixed(2),
      ]),
    ),
    table(
      ['as of', 'came in', 'blend', 'p10', 'p90', 'moving average'],
      origins.map(({ at, actual, blend, p10, p90, components }) => [
        instant(at),
        amount(actual),
        amount(blend),
        amount(p10),
        amount(p90),
        amount(components['moving-average']),
      ]),
    ),
  ];
}

/** One row a group: what to trust there. */
export const accuracies = (by: string, groups: readonly (readonly [name: string, group: Accuracy])[]): string =>
  table(
    [by, 'what to trust'],
    groups.map(([name, { verdict }]) => [name, verdict.say]),
  );
