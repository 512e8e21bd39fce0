import { describe, expect, test } from '@jest/globals';
import {
  ALL_PROCESSES,
  measure,
  NO_PLAN,
  type CurrencyTotal,
  type ForecastTotalAnswer,
  type LoggedEvent,
  type MeasureContext,
  type Plan,
  type ProcessVersion,
} from '@coxswain/projections';
import { columnsOf, KETTLES, Log, noon, published } from './given.js';

const DAY_MS = 86_400_000;
const dayAfter = (days: number): string => new Date(Date.UTC(2025, 0, 1) + days * DAY_MS).toISOString().slice(0, 10);
/** Day 400 is 5 February 2026. */
const asOf = noon(dayAfter(400));

const money = (whole: number, currency = 'EUR') => ({ minor: whole * 100, currency });

/** From a day on, one deal a day is captured and won 20 days later; every fifth is lost instead. Even days are ann's, odd ones another's. */
function steady(
  process: string,
  amount: { minor: number; currency: string },
  { from = 0, other = 'bob' }: { from?: number; other?: string } = {},
): LoggedEvent[] {
  const log = new Log();
  for (let day = from; day < 401; day++) {
    const id = `${process}-${String(day).padStart(3, '0')}`;
    const owner = day % 2 === 0 ? 'ann' : other;
    const closeDate = dayAfter(day + 20);
    log.captured(id, dayAfter(day), { owner, facts: { amount, closeDate } }).to(id, 'proposal', dayAfter(day + 1));
    if (day + 20 < 401) log.to(id, day % 5 === 0 ? 'lost' : 'won', dayAfter(day + 20));
  }
  return log.events.map((event) => {
    const data = event.data as { readonly process?: object };
    return data.process ? { ...event, data: { ...data, process: { ...data.process, id: process } } } : event;
  });
}

const version = (id: string, currency: string, timezone = 'Europe/Berlin'): ProcessVersion => {
  const one = published(1, { ...KETTLES, id, title: id, currency, timezone });
  return { ...one, ref: { ...one.ref, id } };
};

const kettles = steady('kettles', money(100));
const pots = steady('pots', money(50), { other: 'cyd' });
const mugs = steady('mugs', money(10, 'USD'));
/** Begun 27 days ago: on days 374 to 400, so 7 deals were closed, of which those of days 375 and 380 were lost. */
const cups = steady('cups', money(1000), { from: 374 });

const versions = [version('pots', 'EUR'), version('kettles', 'EUR'), version('mugs', 'USD'), version('cups', 'EUR')];
const asked = (rest: Partial<MeasureContext> = {}): MeasureContext => ({ process: ALL_PROCESSES, asOf, versions, ...rest });
const all = columnsOf([...kettles, ...pots, ...mugs, ...cups]);

const totalIn = ({ groups }: ForecastTotalAnswer, currency: string, period = '2026-Q1', group = groups[0]): CurrencyTotal =>
  group!.totals.find((one) => one.period === period && one.currency === currency)!;

describe('over all processes', () => {
  const answer = measure('forecast-total', all, asked());

  test('what is booked and open adds up, currencies kept apart', () => {
    expect(answer).toMatchObject({ process: '*', version: null, timezone: 'Europe/Berlin', deals: 3 * 401 + 27 });
    expect(answer.processes.map(({ process, currency, deals }) => [process, currency, deals])).toEqual([
      ['cups', 'EUR', 27],
      ['kettles', 'EUR', 401],
      ['mugs', 'USD', 401],
      ['pots', 'EUR', 401],
    ]);
    const now = answer.groups[0]!.periods.find(({ period }) => period === '2026-Q1')!;
    // Won on days 365 to 400, 28 each of kettles, pots and mugs (36 days without every fifth, 8), and 5 cups:
    // 28 x 100 + 28 x 50 + 5 x 1,000 = 9,200; 28 x 10 = 280.
    expect(now.won).toEqual({ deals: 89, amounts: [money(9200), money(280, 'USD')], of: 89, withoutAmount: 0 });
    // Open are the deals of the last 20 days, 381 to 400, of each process: 20 x (100 + 50 + 1,000) = 23,000; 20 x 10 = 200.
    expect(now.open).toEqual({ deals: 80, amounts: [money(23_000), money(200, 'USD')], of: 80, withoutAmount: 0 });
    // Of each process 19 stand in proposal (50 %) and that of day 400 in lead (5 %): 9.55 x 1,150 and 9.55 x 10.
    expect(now.weightedByStage).toEqual({ amounts: [money(10_982.5), money(95.5, 'USD')], of: 80 });
    expect(totalIn(answer, 'EUR').booked).toEqual(money(9200));
    expect(totalIn(answer, 'USD').booked).toEqual(money(280, 'USD'));
  });

  test('what each process adds is what its own forecast says, and p50 is the sum of it', () => {
    const total = totalIn(answer, 'EUR');
    const own = (process: string) =>
      measure(
        'forecast',
        all,
        asked({ process, versions: versions.filter(({ ref }) => ref.id === process) }),
      ).groups[0]!.periods.find(({ period }) => period === '2026-Q1')!.total!;
    for (const { process, booked, p10, p50, p90, pipeline } of total.processes)
      expect({ process, booked, p10, p50, p90, pipeline }).toEqual({
        process,
        booked: own(process).booked,
        p10: own(process).p10,
        p50: own(process).p50,
        p90: own(process).p90,
        pipeline: own(process).pipeline,
      });
    expect(total.p50!.minor).toBe(own('kettles').p50!.minor + own('pots').p50!.minor + 500_000); // and the cups booked so far
    expect(total.pipeline!.openDeals).toBe(40);
    expect(total.pipeline!.open.minor).toBe(own('kettles').pipeline!.open.minor + own('pots').pipeline!.open.minor);
    // Of one process alone the interval is its own.
    const usd = totalIn(answer, 'USD');
    expect([usd.p10, usd.p50, usd.p90, usd.resolved]).toEqual([own('mugs').p10, own('mugs').p50, own('mugs').p90, 12]);
  });

  test('a process too young to tell is named, and what is still to come in it is in no figure', () => {
    expect(totalIn(answer, 'EUR')).toMatchObject({ without: ['cups'], resolved: 12, why: null });
    expect(totalIn(answer, 'EUR').processes.find(({ process }) => process === 'cups')).toMatchObject({
      booked: money(5000),
      p50: null,
      why: 'fewer than 20 deals have been won or lost',
    });
    expect(totalIn(answer, 'USD').without).toEqual([]);
  });

  test('a process whose wins have no amount is named, too', () => {
    const bare = steady('bowls', money(1)).map((event) =>
      event.type === 'OpportunityCaptured' ? { ...event, data: { ...(event.data as object), facts: {} } } : event,
    );
    const context = asked({ versions: [version('kettles', 'EUR'), version('bowls', 'EUR')] });
    const total = totalIn(measure('forecast-total', columnsOf([...kettles, ...bare]), context), 'EUR');
    expect(total).toMatchObject({ booked: money(2800), without: ['bowls'] });
    expect(total.processes[0]).toMatchObject({ process: 'bowls', booked: null, why: 'no win has an amount in EUR' });
  });
});

test('what happened later is in no figure as of an earlier day', () => {
  const earlier = noon(dayAfter(380));
  const known = columnsOf([...kettles, ...pots, ...mugs].filter(({ recordedAt }) => recordedAt <= earlier));
  const three = { asOf: earlier, versions: versions.slice(0, 3) };
  expect(measure('forecast-total', all, asked(three))).toEqual(measure('forecast-total', known, asked(three)));
});

describe('told apart', () => {
  test('by owner, one who sells under several processes is one', () => {
    const answer = measure('forecast-total', all, asked({ by: 'owner' }));
    const of = (owner: string) => answer.groups.find(({ group }) => group === owner);
    const now = (owner: string) => totalIn(answer, 'EUR', '2026-Q1', of(owner));
    // ann has half of the kettles and pots (14 each: 1,400 + 700) and of the cups those of days 374, 376 and 378: 3,000.
    expect(now('ann').booked).toEqual(money(5100));
    expect(now('ann').processes.map(({ process }) => process)).toEqual(['cups', 'kettles', 'pots']);
    // cyd sells pots alone.
    expect(now('cyd').booked).toEqual(money(700));
    expect(now('cyd').processes.map(({ process }) => process)).toEqual(['pots']);
  });

  test('by process each stands for itself, the one with the most deals first', () => {
    const answer = measure('forecast-total', all, asked({ by: 'process' }));
    expect(answer.groups.map(({ group }) => group)).toEqual(['kettles', 'mugs', 'pots', 'cups']);
    expect(totalIn(answer, 'EUR')).toMatchObject({ booked: money(2800), without: [] });
    expect(answer.groups[1]!.totals.filter(({ period }) => period === '2026-Q1').map(({ currency }) => currency)).toEqual([
      'USD',
    ]);
  });

  test('by version is refused: versions of several processes have nothing in common', () => {
    expect(() => measure('forecast-total', all, asked({ by: 'version' }))).toThrow('versions are those of one process');
    expect(() => measure('forecast', all, asked({ process: 'kettles', by: 'process' }))).toThrow(
      'processes are told apart by forecast-total alone',
    );
  });
});

test('targets add up, and attainment is told where each process has one', () => {
  const target = (process: string, whole: number): [string, Plan] => [
    process,
    {
      ...NO_PLAN,
      targets: [
        {
          type: 'TargetSet',
          process,
          period: '2026-Q1',
          owner: null,
          team: null,
          amount: money(whole),
          note: null,
          by: 'fin',
          occurredAt: noon('2026-01-01'),
          recordedAt: noon('2026-01-01'),
        },
      ],
    },
  ];
  const two = asked({ versions: versions.slice(0, 2) });
  const told = (...plans: [string, Plan][]): unknown => {
    const { target: sum, attainment } = totalIn(measure('forecast-total', all, { ...two, plans: new Map(plans) }), 'EUR');
    return [sum, attainment];
  };
  // Booked 2,800 + 1,400 of 6,000 + 4,000.
  expect(told(target('kettles', 6000), target('pots', 4000))).toEqual([money(10_000), 0.42]);
  expect(told(target('kettles', 6000))).toEqual([money(6000), null]);
  expect(told()).toEqual([null, null]);
});

test('where processes lie in different time zones, each counts by its own days, and a day alone begins in UTC', () => {
  const here = [version('kettles', 'EUR', 'Europe/Berlin'), version('pots', 'EUR', 'America/New_York')];
  const answer = measure('forecast-total', all, asked({ versions: here, asOf: '2026-02-05' }));
  expect(answer).toMatchObject({ timezone: 'UTC', asOf: '2026-02-05T00:00:00.000Z' });
  // Day 400 has not been: day 380's kettle and pot are lost, so 28 of each still.
  expect(totalIn(answer, 'EUR')).toMatchObject({ booked: money(4200), resolved: 12, without: [] });
});
