import { FORECAST_CATEGORIES, type ForecastCategory, type Money } from '@coxswain/sales-process';
import type { Deal, Milestone } from './deal.js';
import { answer, firstById, Tallies, type Frame } from './frame.js';
import type { ForecastAnswer, ForecastGroup, ForecastPeriod, NotForecast, Period, Rate, StageName, Weighted } from './measure.js';
import { outlookByGroup, type GroupOutlook } from './period-totals.js';
import { rateOf } from './rate.js';
import { dayAt, dayOf, periodOf, type CalendarPeriod } from './time.js';
import { sorted, valueOf } from './value.js';

const PERIODS_BACK = 4;
const PERIODS_AHEAD = 4;
const MOST_PERIODS = 120;
const MOST_LISTED = 20;
const AVERAGE_PERIODS = 3;

/**
 * What the open deals will bring in, by the month or quarter of their close date: by the seller's category, weighted by the stage's
 * probability, weighted by what became of earlier deals, and the plain moving average beside them, because a weighted pipeline
 * without its naive rival looks better than it is; and what several methods, weighed by their own record, make of it. The window selects the periods shown.
 */
export function forecast(frame: Frame, kind?: Period, average?: number): ForecastAnswer {
  return forecastWithRecord(frame, kind, average).answer;
}

/** The forecast, and how what it says of each group would have done on earlier days. */
export function forecastWithRecord(
  frame: Frame,
  kind: Period = 'quarter',
  average = AVERAGE_PERIODS,
): { readonly answer: ForecastAnswer; readonly outlookOf: (group: string | null) => GroupOutlook } {
  if (!Number.isInteger(average) || average < 1 || average > 12)
    throw new RangeError('the moving average goes over 1 to 12 periods');
  const shown = periodsShown(frame, kind);
  const rates = stageRates(frame);
  const covered = wholePeriods(frame, kind);

  const tallies = new Tallies<Tally>(frame, () => ({ open: [], wins: [] }));
  for (const deal of frame.deals) {
    if (deal.result === null) tallies.of(deal).open.push(openDeal(frame, deal, rates));
    if (deal.won) tallies.of(deal, deal.won).wins.push({ amount: deal.won.amount, day: dayAt(deal.won.atMs, frame.timezone) });
  }
  const outlookOf = outlookByGroup(frame, shown);
  const groups = tallies.groups((group, tally): ForecastGroup => {
    const { totals, stale, deals } = outlookOf(group);
    const inSome = ({ closeDate }: OpenDeal): boolean => closeDate !== null && shown.some((period) => liesIn(closeDate, period));
    return {
      group,
      periods: shown.map((period) => ({
        ...forecastOf(period, tally, frame, covered, average),
        total: totals.get(period.period) ?? null,
      })),
      withoutDate: listed(tally.open.filter(({ closeDate }) => closeDate === null)),
      withoutAmount: listed(tally.open.filter(({ amount }) => amount === null)),
      outside: listed(tally.open.filter((deal) => deal.closeDate !== null && !inSome(deal))),
      stageRates: [...rates.values()].map(({ probability, name, won }) => ({ ...name, probability, won })),
      stale,
      deals,
    };
  });
  return { answer: { ...answer('forecast', frame, groups), period: kind, average }, outlookOf };
}

interface Tally {
  readonly open: OpenDeal[];
  readonly wins: (Pick<Milestone, 'amount'> & { readonly day: string })[];
}

interface OpenDeal {
  readonly id: string;
  readonly amount: Money | null;
  readonly closeDate: string | null;
  readonly category: ForecastCategory;
  /** 0 to 1; null where the process file gives the stage no forecast. */
  readonly probability: number | null;
  /** 0 to 1; null where no deal that stood in the stage is resolved. */
  readonly history: number | null;
}

/** The stage the deal stands in forecasts by the version of the process the deal is on. */
function openDeal({ lineage }: Frame, deal: Deal, rates: ReadonlyMap<string, StageRate>): OpenDeal {
  const { stage } = deal.visits.at(-1)!;
  const here = lineage.definition(deal.version)?.stages[deal.ownStage] ?? lineage.latest?.definition.stages[stage];
  const own = here?.forecast;
  return {
    id: deal.id,
    amount: deal.facts.amount ?? null,
    closeDate: deal.facts.closeDate ?? null,
    category: own?.category ?? 'omitted',
    probability: own ? own.probability / 100 : null,
    history: rates.get(stage)?.won.rate ?? null,
  };
}

interface StageRate {
  readonly name: StageName;
  /** Per cent, as the process file says. */
  readonly probability: number | null;
  readonly won: Rate;
}

/** Of the deals that ever stood in a stage and are resolved (ever won, or stand lost), the share won. */
function stageRates({ deals, lineage }: Frame): ReadonlyMap<string, StageRate> {
  const counts = new Map(lineage.stages.map(({ stage }) => [stage, { won: 0, of: 0 }]));
  for (const { visits, won, result } of deals) {
    if (!won && result !== 'lost') continue;
    for (const stage of new Set(visits.map((visit) => visit.stage))) {
      const count = counts.get(stage);
      if (!count) continue;
      count.of++;
      if (won) count.won++;
    }
  }
  return new Map(
    lineage.stages.map((name) => {
      const { won, of } = counts.get(name.stage)!;
      const probability = lineage.latest?.definition.stages[name.stage]?.forecast?.probability ?? null;
      return [name.stage, { name, probability, won: rateOf(won, of) }];
    }),
  );
}

function forecastOf(
  period: CalendarPeriod,
  { open, wins }: Tally,
  frame: Frame,
  covered: readonly CalendarPeriod[],
  average: number,
): Omit<ForecastPeriod, 'total'> {
  const today = dayOf(frame.clock, frame.timezone);
  const won = wins.filter(({ day }) => liesIn(day, period));
  const expected = open.filter(({ closeDate }) => closeDate !== null && liesIn(closeDate, period));
  const wonValue = { deals: won.length, ...valueOf(won.map(({ amount }) => amount)) };
  return {
    ...period,
    when: period.end <= today ? 'past' : period.start > today ? 'future' : 'current',
    won: wonValue,
    categories: FORECAST_CATEGORIES.map((category) => {
      const deals = expected.filter((deal) => deal.category === category);
      const amounts = [...deals.map(({ amount }) => amount), ...(category === 'closed' ? won.map(({ amount }) => amount) : [])];
      return { category, deals: amounts.length, value: valueOf(amounts) };
    }),
    open: { deals: expected.length, ...valueOf(expected.map(({ amount }) => amount)) },
    weightedByStage: weighted(expected, ({ probability }) => probability),
    weightedByHistory: weighted(expected, ({ history }) => history),
    movingAverage: movingAverage(
      wins,
      covered.filter(({ end }) => end <= period.start).slice(-average),
      frame.lineage.latest?.definition.currency,
    ),
  };
}

function weighted(deals: readonly OpenDeal[], weightOf: (deal: OpenDeal) => number | null): Weighted {
  const sums = new Map<string, number>();
  let of = 0;
  for (const deal of deals) {
    const weight = weightOf(deal);
    if (weight === null || deal.amount === null) continue;
    of++;
    sums.set(deal.amount.currency, (sums.get(deal.amount.currency) ?? 0) + deal.amount.minor * weight);
  }
  return { amounts: of === 0 ? null : sorted(sums), of };
}

/** The won value of the periods, divided by their number; a period without a win counts as nothing won. Unknown where there are wins and none has an amount. */
function movingAverage(wins: Tally['wins'], periods: readonly CalendarPeriod[], currency: string | undefined): Weighted {
  const won = wins.filter(({ day }) => periods.some((period) => liesIn(day, period)));
  const { amounts, of } = valueOf(won.map(({ amount }) => amount));
  if (periods.length === 0 || currency === undefined || (won.length > 0 && of === 0))
    return { amounts: null, of: periods.length };
  const sums = new Map(amounts.length === 0 ? [[currency, 0]] : amounts.map((sum) => [sum.currency, sum.minor / periods.length]));
  return { amounts: sorted(sums), of: periods.length };
}

/** The periods that the record covers from their first day and that were over at the clock. */
function wholePeriods({ deals, known, clock, timezone }: Frame, kind: Period): readonly CalendarPeriod[] {
  if (known === 0) return [];
  let earliestMs = Infinity;
  for (const { capturedMs } of deals) earliestMs = Math.min(earliestMs, capturedMs);
  const first = dayAt(earliestMs, timezone);
  const today = dayOf(clock, timezone);
  const periods: CalendarPeriod[] = [];
  for (let period = periodOf(first, kind); period.end <= today; period = periodOf(period.end, kind)) {
    if (period.start >= first) periods.push(period);
  }
  return periods;
}

/** From the window, or four periods before the clock's to four after. Throws `RangeError` for more than 120 periods. */
function periodsShown({ from, to, clock, timezone }: Frame, kind: Period): readonly CalendarPeriod[] {
  const today = dayOf(clock, timezone);
  const first = from === null ? periodOf(today, kind, -PERIODS_BACK) : periodOf(dayOf(from, timezone), kind);
  const end = to === null ? periodOf(today, kind, PERIODS_AHEAD).end : dayOf(to, timezone);
  const periods: CalendarPeriod[] = [];
  for (let period = first; period.start < end; period = periodOf(period.end, kind)) {
    if (periods.length === MOST_PERIODS) throw new RangeError(`a forecast shows at most ${MOST_PERIODS} periods`);
    periods.push(period);
  }
  return periods;
}

const liesIn = (day: string, { start, end }: CalendarPeriod): boolean => day >= start && day < end;

const listed = (deals: readonly OpenDeal[]): NotForecast => ({
  deals: deals.length,
  examples: firstById(deals, MOST_LISTED, ({ id }) => id).map(({ id }) => id),
});
