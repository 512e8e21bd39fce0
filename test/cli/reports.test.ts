import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import type { AdherenceAnswer, ForecastAnswer, ForecastTotalAnswer, PipelineAnswer, Rate } from '@coxswain/projections';
import { csvText } from '../../apps/cli/src/csv.js';
import { reportPage } from '../../apps/cli/src/reports/html.js';
import { reportOf, reportText } from '../../apps/cli/src/reports/index.js';
import { plain } from '../../apps/cli/src/terminal.js';
import { givenDeals, type GivenTerminal } from './given-terminal.js';

let given: GivenTerminal;
beforeAll(async () => void (given = await givenDeals()));

/** What the terminal shows of a measure, its spaces evened out. */
async function report(...args: readonly string[]): Promise<string> {
  const { exit, out, err } = await given.run('report', ...args);
  if (exit !== 0) throw new Error(`exit ${exit}: ${err}`);
  return out.replaceAll(/ {2,}/g, '  ');
}

describe('report', () => {
  test('pipeline: where the open deals stand, what they are worth, and what is late', async () => {
    const said = await report('pipeline');
    expect(said).toContain(
      'Pipeline of new-business, version 1\nAs of 2026-03-31 12:00 UTC; 4 deals known; days begin in Europe/Berlin.\n',
    );
    expect(said).toContain('2 open deals, worth EUR 8,000.00 (1 without amount)\n2 deals past a time limit\n');
    // From 5 March 09:00 to 31 March 12:00 are 26.1 days; the limit was up on 19 March 09:00, 12.1 days ago.
    expect(said).toContain('\nQualified  qualified  1  ████████████████████████  EUR 8,000.00  26  26  1\n');
    expect(said).toContain('\nelm-1  qualified  rita  2026-03-19 09:00  12  EUR 8,000.00\n');
    expect(said).toContain('\nChurned  customer  0  -  -  -  0\n');
    expect(await given.json('report', 'pipeline')).toMatchObject({
      measure: 'pipeline',
      asOf: '2026-03-31T12:00:00.000Z',
      deals: 4,
      groups: [{ open: 2, overdue: 2, value: { amounts: [{ minor: 800_000, currency: 'EUR' }], of: 1, withoutAmount: 1 } }],
    });
  });

  test('conversion: of those that got here, how many went on', async () => {
    const said = await report('conversion');
    // Of four leads birch-1 and elm-1 were qualified, oak-1 still may be, ash-1 is lost. Wilson for 2 of 4: .15 to .85.
    expect(said).toContain('\nLead to Qualified  - (fewer than 20 deals)  -  -  50.0 % of 4 (15.0 to 85.0 %)  1  1  0\n');
    expect(said).toContain('\nLead to Won  - (fewer than 20 deals)  -  -  25.0 % of 4 (4.6 to 69.9 %)  2  1  0\n');
    expect(said).toContain('\nNegotiation to Won  - (fewer than 20 deals)  -  -  100 % of 1 (20.7 to 100 %)  0  0  0\n');
    expect(said).not.toContain('gone on within days');
    expect(await given.json('report', 'conversion')).toMatchObject({
      measure: 'conversion',
      groups: [{ funnel: [{ from: 'lead', to: 'qualified', naive: { rate: 0.5, count: 2, of: 4 }, open: 1, ended: 1 }, {}, {}] }],
    });
  });

  test('cycle time: not known of so few, and says why', async () => {
    const said = await report('cycle-time');
    expect(said).toContain('\nfrom lead  -  -  0.0, 0.0 (of 1)  1  1  2  fewer than 20\n');
    expect(said).toContain('\nQualified  -  -  -  0.0, 0.0 (of 1)  2  0  1  1  fewer than 20\n');
    expect(await given.json('report', 'cycle-time')).toMatchObject({
      measure: 'cycle-time',
      groups: [{ leadToWon: { medianDays: null, won: 1, lost: 1, open: 2, why: 'fewer than 20' } }],
    });
  });

  test('forecast: what was won, what may come, and what rests on nothing; by quarter or by month', async () => {
    const said = await report('forecast');
    expect(said).toContain('\n2026-Q1 (now)  EUR 12,500.00 (1)  -  -  -  -  -  -\n');
    expect(said).toContain('\nQualified  15 %  100 % of 1 (20.7 to 100 %)\n');
    expect(said).toContain('In no sum above: 2 open deals without a close date, 1 without an amount, 0 expected');
    const monthly = await report('forecast', '--period', 'month', '--average', '2');
    expect(monthly).toMatch(/\nmonth .* average of 2 before\n/);
    expect(monthly).toContain('\n2026-03 (now)  EUR 12,500.00 (1) ');
    expect(await given.json('report', 'forecast', '--average', '2')).toMatchObject({
      measure: 'forecast',
      average: 2,
      period: 'quarter',
    });
  });

  test('forecast: a record too young to forecast from says so, and so does its backtest', async () => {
    const said = await report('forecast');
    expect(said).toContain('\nWhat will have come in\nperiod  won so far  p10  p50  p90  past forecasts\n');
    expect(said).toContain('\n2026-Q1  EUR 12,500.00  -  -  -  0\n');
    expect(said).toContain('\nNot known: what is still to come, because fewer than 20 deals have been won or lost.\n');
    expect(said).not.toContain('Deals that promise most');
    const { out, exit } = await given.run('backtest-forecast', '--period', 'month');
    expect(exit).toBe(0);
    expect(out).toContain('Not estimable: 0 forecasts have been resolved, and 5 are needed to compare methods.');
    // The last whole quarter has 31 + 30 + 31 days.
    expect(await given.json('backtest-forecast')).toMatchObject({ measure: 'forecast-accuracy', groups: [{ windowDays: 92 }] });
  });

  test('forecast-total: over all processes, in each currency what is booked, likely and possible, and what each process adds', async () => {
    expect(await report('forecast-total')).toContain('Forecast of all processes\n');
    const answer = (await given.json('report', 'forecast-total')) as ForecastTotalAnswer;
    const money = (whole: number, currency = 'EUR') => ({ minor: whole * 100, currency });
    const pipeline = { open: money(2500), openDeals: 3, notYetVisible: money(1500), reopened: money(0), staleDeals: 0 };
    const share = { booked: money(4000), p10: null, p50: money(8000), p90: null, why: null, pipeline, target: money(16_000) };
    const euros = {
      period: '2026-Q1',
      start: '2026-01-01',
      end: '2026-04-01',
      when: 'current' as const,
      currency: 'EUR',
      booked: money(5000),
      p10: money(7000),
      p50: money(9000),
      p90: money(13_000),
      resolved: 8,
      why: null,
      wape: 0.125,
      bias: -0.05,
      pipeline,
      target: money(16_000),
      attainment: null,
      processes: [
        { process: 'kettles', ...share },
        {
          process: 'pots',
          ...share,
          booked: money(1000),
          p50: null,
          pipeline: null,
          target: null,
          why: 'too few days are on record',
        },
      ],
      without: ['pots'],
    };
    const few = {
      ...euros,
      currency: 'USD',
      booked: money(10, 'USD'),
      p10: null,
      p50: money(20, 'USD'),
      p90: null,
      resolved: 2,
      why: 'fewer than 4 forecasts of this kind have been resolved',
      processes: [],
      without: [],
    };
    const [group] = answer.groups;
    const told: ForecastTotalAnswer = { ...answer, groups: [{ ...group!, totals: [euros, few] }] };
    const said = reportText(told, plain).replaceAll(/ {2,}/g, '  ');
    // To the scale of 13,000 in euros: 5,000 booked, 4,000 more are likely, 4,000 more possible, of 24 signs.
    expect(said).toContain(
      '\n2026-Q1 (now)  EUR 5,000.00  EUR 7,000.00  EUR 9,000.00  EUR 13,000.00  █████████▓▓▓▓▓▓▓▓░░░░░░░  12.5 %  -5.0 %  8  EUR 16,000.00  -\n',
    );
    expect(said).toContain('\npots  EUR 1,000.00  -  -  -  -  -  -  -\n');
    expect(said).toContain('\nIn no figure: what is still to come in pots (too few days are on record).\n');
    expect(said).toContain('\nNot known: p10 and p90 in USD, because fewer than 4 forecasts of this kind have been resolved.\n');
    const byTeam = reportText({ ...told, by: 'team', groups: [{ ...told.groups[0]!, group: 'north' }] }, plain);
    expect(byTeam.replaceAll(/ {2,}/g, '  ')).toContain('\nnorth  EUR 5,000.00  EUR 7,000.00  EUR 9,000.00  EUR 13,000.00  ');
    expect(csvText(told, undefined).split('\r\n')[0]).toMatch(
      /^period,start,end,when,currency,booked\.EUR\.minor,p10\.EUR\.minor,p50\.EUR\.minor,p90\.EUR\.minor,/,
    );
    const { exit, err } = await given.run('report', 'forecast', '--by', 'process');
    expect([exit, err]).toEqual([2, expect.stringContaining('--by process belongs to forecast-total only.')]);
  });

  test('forecast: booked, likely and possible stand as a bar, with each method beside its record', async () => {
    const answer = (await given.json('report', 'forecast')) as ForecastAnswer;
    const [group] = answer.groups;
    const euros = (whole: number) => ({ minor: whole * 100, currency: 'EUR' });
    const total = {
      booked: euros(4000),
      p10: euros(6000),
      p50: euros(8000),
      p90: euros(12_000),
      resolved: 12,
      why: null,
      components: [
        { component: 'moving-average', amount: euros(5000), weight: 0.25, resolved: 12, windows: 3, wape: 0.21, bias: -0.05 },
        { component: 'pipeline', amount: euros(3500), weight: 0.75, resolved: 12, windows: 3, wape: 0.08, bias: 0.02 },
      ] as const,
      pipeline: { open: euros(3000), openDeals: 7, notYetVisible: euros(500), reopened: euros(0), staleDeals: 1 },
    };
    const periods = group!.periods.map((period) =>
      period.when === 'current' ? { ...period, total } : { ...period, total: null },
    );
    const stale = { deals: 1, examples: ['old-1'] };
    const said = reportText({ ...answer, groups: [{ ...group!, periods, stale }] }, plain).replaceAll(/ {2,}/g, '  ');
    // To the scale of 12,000 in 24 places: 4,000 are 8, up to 8,000 another 8, up to 12,000 the last 8.
    expect(said).toContain('\n2026-Q1  EUR 4,000.00  EUR 6,000.00  EUR 8,000.00  EUR 12,000.00  ████████▓▓▓▓▓▓▓▓░░░░░░░░  12\n');
    expect(said).toContain('\nmoving average (naive)  EUR 5,000.00  25.0 %  21.0 %  -5.0 %  12\n');
    expect(said).toContain('\npipeline by time in stage  EUR 3,500.00  75.0 %  8.0 %  +2.0 %  12\n');
    expect(said).toContain('\n1 open deal in no total, older than any deal that ever closed: old-1\n');
  });

  test('adherence: who follows the process, and by which paths', async () => {
    const said = await report('adherence');
    // Seven steps of birch-1 by people, and one each of elm-1 and ash-1; the join of the tracks is not counted.
    expect(said).toContain('\nsteps that follow the process  100 % of 9 (70.1 to 100 %)  ·················──────●\n');
    expect(said).toContain('Deviations\nkind  what  steps  deals  for example\n(none)\n');
    expect(said).toContain('The most frequent of 3 paths\n');
    expect(said).toContain('\n  1  33.3 %  lead > lost\n');
    expect(await given.json('report', 'adherence')).toMatchObject({
      measure: 'adherence',
      groups: [{ steps: { count: 9, of: 9 }, variants: { total: 3 } }],
    });
  });

  test('adherence: what is off the process, late, unusual or goes along with it is told in words, and nothing of what there is not', async () => {
    const answer = (await given.json('report', 'adherence')) as AdherenceAnswer;
    const plainly = (asked: AdherenceAnswer): string => reportText(asked, plain).replaceAll(/ {2,}/g, '  ');
    const before = plainly(answer);
    expect(before).toContain('\nMean fitness of 3 deals: 1.000\n');
    expect(before).toContain('\nQualified  50.0 % of 2 (9.5 to 90.5 %)  elm-1\n');
    expect(before).toContain(
      'Do people sell the same way?\nCannot be said: of the owners of 2 closed deals, none has 30 and others to be compared with.\n',
    );
    expect(before).not.toMatch(/Stages off|from stage to stage|fit the process worst|Month by month|Unusual|goes along with it/);

    const [group] = answer.groups;
    const none = { times: 0, deals: 0, examples: [] };
    const [followed, , deviated] = group!.outcomes;
    const share = (count: number): Rate => ({
      rate: count / 100,
      count,
      of: 100,
      low: count / 100 - 0.05,
      high: count / 100 + 0.05,
    });
    const person = { deals: 50, distance: 0.2, byChance: 0.05, excess: 0.15, p: 0.001, q: 0.002, differs: true, why: null };
    const said = plainly({
      ...answer,
      temporalProfile: {
        ...answer.temporalProfile,
        pairs: [20, 19].map((times) => ({ from: 'lead', to: 'qualified', times, meanDays: 5.5, sdDays: 2 })),
      },
      people: {
        deals: 120,
        fewest: 30,
        shuffles: 999,
        people: [
          { ...person, owner: 'ada', steps: [{ from: ['lead'], to: ['won', 'active'], share: 0.4, others: 0.2 }] },
          { ...person, owner: 'bob', q: 0.3, differs: false, steps: [{ from: ['lead'], to: ['lost'], share: 0.3, others: 0.2 }] },
          { ...person, owner: 'cid', why: 'fewer than 30 closed deals', steps: [] },
        ],
      },
      groups: [
        {
          ...group!,
          stageDeviations: [
            {
              stage: 'qualified',
              label: 'Qualified',
              phase: 'qualified',
              retired: false,
              skipped: { times: 4, deals: 3, examples: ['elm-1'] },
              extra: none,
              outOfOrder: none,
              overridden: none,
            },
          ],
          leastFitting: [{ deal: 'elm-1', fitness: 2 / 3, skipped: ['qualified', 'proposal'], extra: [], outOfOrder: ['won'] }],
          unusualTimes: {
            deals: share(7),
            top: Array.from({ length: 7 }, () => ({
              deal: 'elm-1',
              from: 'lead',
              to: 'qualified',
              days: 40,
              meanDays: 5.5,
              deviations: 4.25,
            })),
          },
          outcomes: [
            { ...followed!, deals: 100, winRate: share(50), daysToWon: { median: 30, low: 25, high: 35.5, why: null } },
            {
              ...deviated!,
              deals: 100,
              winRate: share(30),
              comparedToFollowed: {
                winRate: { difference: -0.2, low: -0.32, high: -0.06 },
                winRateSamePhase: { difference: -0.0001, low: -0.1, high: 0.1 },
                medianDaysToWon: null,
              },
            },
          ],
        },
      ],
    });
    for (const line of [
      'Stages off the process\nstage  skipped  extra  out of order  by override  for example',
      '\nQualified  4  0  0  0  elm-1\n',
      '\nelm-1  0.667  qualified, proposal  -  won\n',
      'Unusual times; deals with one: 7.0 % of 100 (2.0 to 12.0 %)\n',
      '\nelm-1  lead  qualified  40  5.5  +4.3\nand 2 more; --json has them all\n',
      '\nfollowed the process  100  50.0 % of 100 (45.0 to 55.0 %)  30 (25 to 36)\n',
      '\ndeviated  100  30.0 % of 100 (25.0 to 35.0 %)  - (fewer than 20)\n',
      '\nlead  qualified  5.5  2.0  20\n\nDo people',
      'Deviating is associated with a win rate 20.0 points lower than following the process (95 % interval -32.0 to -6.0).\n',
      'Among deals that got as far: no association of deviating with the win rate can be told: 0.0 points (95 % interval -10.0 to 10.0).\n',
      '\n1 of 2 people sells otherwise than the rest, beyond chance. 1 owner cannot be compared: fewer than 30 closed deals, or nobody',
      "\nada  50  yes  20.0 %  5.0 %  15.0 %  0.002  lead > won + active: 40.0 % of theirs, 20.0 % of the others'\n",
      '\nbob  50  no  20.0 %  5.0 %  15.0 %  0.300\n',
    ])
      expect(said).toContain(line);
  });

  test('sources: who brings leads, and what becomes of them', async () => {
    const said = await report('sources');
    expect(said).toContain(
      '\ninbound  2  50.0 % of 2 (9.5 to 90.5 %)  1  0  1  100 % of 1 (20.7 to 100 %)  50.0 % of 2 (9.5 to 90.5 %)  EUR 12,500.00\n',
    );
    expect(said).toContain('\nreferral  1  100 % of 1 (20.7 to 100 %)  0  0  1  - of 0  0 % of 1 (0 to 79.3 %)  -\n');
    expect(said).toContain('\nnot said  3 ');
    expect(await given.json('report', 'sources')).toMatchObject({
      measure: 'sources',
      groups: [{ sources: [{ name: 'inbound' }, {}, {}] }],
    });
  });

  test('pipeline: customers past a limit are told apart, and a list says what of it JSON has', async () => {
    const answer = (await given.json('report', 'pipeline')) as PipelineAnswer;
    const [group] = answer.groups;
    const [late] = group!.topOverdue;
    const said = (overdue: number, ofCustomers: number): string => {
      const stages = group!.stages.map((stage) => ({ ...stage, overdue: stage.stage === 'active' ? ofCustomers : 0 }));
      const topOverdue = Array.from({ length: Math.min(overdue, 20) }, () => late!);
      return reportText({ ...answer, groups: [{ ...group!, overdue, stages, topOverdue }] }, plain);
    };
    // Five are shown: 7 - 5 = 2 more, and 70 - 5 = 65 more.
    expect(said(7, 0)).toContain('\n7 deals past a time limit\n');
    expect(said(7, 0)).toContain('\nand 2 more; --json has them all\n');
    expect(said(70, 3)).toContain('\n70 deals past a time limit, 3 of them in closed or customer stages\n');
    expect(said(70, 3)).toContain('\nand 65 more; --json has the first 20\n');
  });

  test('forecast: omitted deals have a column where there are any, and an average says of how few periods it is', async () => {
    const answer = (await given.json('report', 'forecast')) as ForecastAnswer;
    const [group] = answer.groups;
    const said = (deals: number, periods: number): string => {
      const sum = { amounts: [{ minor: 500_000, currency: 'EUR' }], of: deals, withoutAmount: 0 };
      const [first, ...others] = group!.periods;
      const categories = first!.categories.map((one) => (one.category === 'omitted' ? { ...one, deals, value: sum } : one));
      const movingAverage = { amounts: sum.amounts, of: periods };
      return reportText(
        { ...answer, groups: [{ ...group!, periods: [{ ...first!, categories, movingAverage }, ...others] }] },
        plain,
      );
    };
    expect(said(2, 1)).toMatch(
      /\nquarter .* pipeline +omitted +weighted by stage .*\n-+\n.* EUR 5,000\.00 \(2\) .* EUR 5,000\.00 \(of 1\)\n/,
    );
    expect(said(0, 3)).toMatch(/\nquarter .* pipeline +weighted by stage .*\n-+\n.* EUR 5,000\.00\n/);
  });

  test('by owner is one table with the headline figures of each, the largest first, and its signs are explained once', async () => {
    const pipeline = await report('pipeline', '--by', 'owner');
    expect(pipeline).toContain(`
owner  open deals  worth  past a limit
------------------------------------------------------------------
rita  1  EUR 8,000.00  1
ada  0  -  0
ada a [2J 31m b  1  - (1 without amount)  1

The details of each: --json.

A "-": no deal stands there, or none has an amount. Deals past a limit are of any stage, customers too.
`);
    expect(await report('pipeline', '--by', 'account')).toContain('\nnot said ');
    // Four leads: one won, one lost, two open. Nine steps; Wilson for 0 of 9: 0 to .299.
    const firstRow = async (...args: string[]): Promise<string | undefined> =>
      /\n-+\n(.*)\n/.exec(await report(...args, '--by', 'origin'))?.[1];
    expect(await firstRow('conversion')).toBe('new  - (fewer than 20 deals)  -  -  25.0 % of 4 (4.6 to 69.9 %)  2  1  0');
    expect(await firstRow('cycle-time')).toBe('new  -  -  0.0, 0.0 (of 1)  1  1  2  fewer than 20');
    expect(await firstRow('forecast')).toBe('new  EUR 12,500.00 (1)  -  -  -  -  -  -  2');
    expect(await firstRow('adherence')).toBe(
      'new  100 % of 3 (43.9 to 100 %)  100 % of 9 (70.1 to 100 %)  0 % of 9 (0 to 29.9 %)  1.000',
    );
    // Three sources taken together: 1 won + 1 lost are decided.
    expect(await firstRow('sources')).toBe(
      'new  4  50.0 % of 4 (15.0 to 85.0 %)  1  1  2  50.0 % of 2 (9.5 to 90.5 %)  25.0 % of 4 (4.6 to 69.9 %)',
    );
  });

  test('a window and a past instant count only what lies in them', async () => {
    // In Berlin 4 March begins at 23:00 UTC the day before: birch-1 and elm-1 were captured earlier.
    const said = await report('conversion', '--from', '2026-03-04', '--to', '2026-04-01T00:00:00Z');
    expect(said).toContain('\nWindow: from 2026-03-03 23:00 UTC up to, not including, 2026-04-01 00:00 UTC.\n');
    expect(said).toContain('\nLead to Qualified  - (fewer than 20 deals)  -  -  0 % of 2 (0 to 65.8 %)  1  1  0\n');
    const past = await report('pipeline', '--as-of', '2026-03-04', '--clock', '2026-03-03');
    expect(past).toContain('\nAs of 2026-03-03 23:00 UTC, seen from 2026-03-02 23:00 UTC; 1 deal known;');
  });

  test('what has not come yet cannot be asked about, and the present is not later than what is known', async () => {
    const refusal = async (...args: string[]): Promise<unknown[]> => {
      const { exit, out, err } = await given.run(...args);
      return [exit, out, err.split('\n')[0]];
    };
    // It is 31 March, 12:00 UTC. In Berlin 1 April begins at 22:00 UTC, 31 March at 22:00 UTC the day before.
    expect(await refusal('report', 'pipeline', '--as-of', '2026-04-01')).toEqual([2, '', '--as-of 2026-04-01 has not come yet.']);
    expect(await refusal('report', 'pipeline', '--clock', '2026-04-01')).toEqual([
      2,
      '',
      '--clock 2026-04-01 is later than 2026-03-31 12:00 UTC, the instant the figures are of.',
    ]);
    expect(await refusal('report', 'pipeline', '--as-of', '2026-03-30T21:59:00Z', '--clock', '2026-03-31')).toEqual([
      2,
      '',
      '--clock 2026-03-31 is later than 2026-03-30 21:59 UTC, the instant the figures are of.',
    ]);
    expect(await report('pipeline', '--as-of', '2026-03-30T22:00:00Z', '--clock', '2026-03-31')).toContain(
      'As of 2026-03-30 22:00',
    );
    for (const command of ['show', 'replay'])
      expect(await refusal('deal', command, 'elm-1', '--as-of', '2026-03-31T12:00:01Z')).toEqual([
        2,
        '',
        '--as-of 2026-03-31T12:00:01.000Z has not come yet.',
      ]);
  });

  test('what cannot be asked is wrong use, and a process that is not published is said so, with the one that was meant', async () => {
    const refusal = async (...args: string[]): Promise<string> => {
      const { exit, out, err } = await given.run('report', ...args);
      return `${exit} ${out}${err.split('\n')[0]}`;
    };
    expect(await refusal('pipeline', '--from', '2026-03-31', '--to', '2026-03-01')).toBe(
      '2 This cannot be measured: the window must end later than it begins.',
    );
    expect(await refusal('pipeline', '--from', '2026-03-31', '--to', '2026-03-31')).toBe(
      '2 This cannot be measured: the window must end later than it begins.',
    );
    expect(await refusal('pipeline', '--from', 'monday')).toBe('2 --from "monday" is not a day.');
    expect(await refusal('pipeline', '--period', 'month')).toBe(
      '2 --period belongs to the forecast, to conversion and to the scorecard.',
    );
    expect(await refusal('forecast', '--average', '13')).toMatch(/^2 .*'13' is invalid\. It is a whole number from 1 to 12\.$/);
    expect(await refusal('velocity')).toMatch(/^2 .*'velocity' is invalid.* pipeline, conversion, cycle-time/);
    expect(await refusal('pipeline', '--by', 'moon')).toMatch(/^2 .*'moon' is invalid.* owner, team, source/);
    expect(await given.run('report', 'pipeline', '--process', 'new-busines')).toEqual({
      exit: 1,
      out: '',
      err: 'No process "new-busines" is published: did you mean "new-business"?\nPublished are new-business.\n',
    });
  });
});

test('as CSV the earlier days of a forecast have their money in whole minor units and its currency, or count deals', () => {
  const components = { 'moving-average': 100.4, pipeline: null };
  const origin = { at: '2026-03-01T00:00:00.000Z', until: '2026-04-01T00:00:00.000Z', actual: 99.6, blend: null, components };
  const told = (currency: string | null) =>
    csvText(
      { measure: 'forecast-accuracy', by: null, groups: [{ group: null, currency, origins: [origin] }] } as unknown as Parameters<
        typeof csvText
      >[0],
      undefined,
    ).split('\r\n');
  expect(told('EUR').slice(0, 2)).toEqual([
    'at,until,actual.EUR.minor,blend,components.moving-average.EUR.minor,components.pipeline',
    '2026-03-01T00:00:00.000Z,2026-04-01T00:00:00.000Z,100,,100,',
  ]);
  expect(told(null)[0]).toContain('actual.deals');
});

test('as CSV what is unknown in one row and money in another is one column', () => {
  const row = (target: object | null) => ({ period: '2026-03', target });
  const said = csvText(
    {
      measure: 'scorecard',
      by: null,
      groups: [{ group: null, periods: [row(null), row({ minor: 5, currency: 'EUR' })] }],
    } as unknown as Parameters<typeof csvText>[0],
    undefined,
  );
  expect(said).toBe('period,target.EUR.minor\r\n2026-03,\r\n2026-03,5\r\n');
});

describe('report --csv', () => {
  const lines = async (...args: readonly string[]): Promise<string[]> => (await given.run('report', ...args)).out.split('\r\n');

  test('is a row for each stage, money in minor units of its currency, unknown as nothing', async () => {
    const [head, ...rows] = await lines('pipeline', '--csv');
    expect(head).toBe(
      'stage,label,phase,retired,deals,value.of,value.withoutAmount,ageDaysMedian,ageDaysOldest,oldestDeal,overdue,value.amounts.EUR.minor',
    );
    expect(rows[1]).toMatch(/^qualified,Qualified,qualified,false,1,1,0,26\.\d+,26\.\d+,elm-1,1,800000$/);
    expect(rows.at(-2)).toBe('churned,Churned,customer,false,0,0,0,,,,0,');
    expect(rows.at(-1)).toBe('');
  });

  test('has the group in its first column, and other lists when they are named', async () => {
    const [head, ...rows] = await lines('sources', '--by', 'owner', '--csv', 'generatedBy');
    expect(head).toMatch(/^owner,name,deals,qualified\.rate,qualified\.count,qualified\.of,/);
    expect(rows[0]).toMatch(/^rita,/);
    expect(await given.run('report', 'pipeline', '--csv', 'steps')).toMatchObject({
      exit: 2,
      err: expect.stringContaining('"pipeline" has no list "steps".\nName one of stages, topOverdue'),
    });
    expect(await given.run('report', 'pipeline', '--csv', '--json')).toMatchObject({ exit: 2, out: '' });
  });

  test('keeps a text that a spreadsheet would take for a formula a text', () => {
    const entry = { stage: '=1+1', label: 'a "b", c', deals: -1 };
    const answer = { measure: 'pipeline', by: null, groups: [{ group: null, stages: [entry] }] } as unknown as PipelineAnswer;
    expect(csvText(answer, undefined)).toBe('stage,label,deals\r\n\'=1+1,"a ""b"", c",-1\r\n');
  });
});

describe('report --html', () => {
  test('is one page that fetches nothing and runs nothing, with the figures of the terminal', async () => {
    const { exit, out } = await given.run('report', 'pipeline', '--html');
    expect(exit).toBe(0);
    expect(out).toMatch(/^<!doctype html>\n<html lang="en">/);
    expect(out).toContain('<title>Pipeline of new-business, version 1</title>');
    expect(out).toContain('<td>Qualified</td><td>qualified</td><td class="figure">1</td><td><svg ');
    expect(out).toContain('<td class="short">EUR 8,000.00</td>');
    // Nothing from elsewhere: no address, no script, no import.
    expect(out).not.toMatch(/https?:|<script|<link|@import|url\(|src=/);
    expect(out).toContain('Content-Security-Policy');
  });

  test('takes nothing that people wrote for markup', async () => {
    const answer = (await given.json('report', 'pipeline')) as PipelineAnswer;
    const [group] = answer.groups;
    const late = { ...group!.topOverdue[0]!, deal: '<img src=x onerror="alert(1)">', owner: "O'Neil & <b>" };
    const page = reportPage(reportOf({ ...answer, groups: [{ ...group!, topOverdue: [late] }] }), '2026-03-31 12:00');
    expect(page).toContain('&lt;img src=x onerror=&quot;alert(1)&quot;&gt;</td>');
    expect(page).toContain('O&#39;Neil &amp; &lt;b&gt;</td>');
  });

  test('is written to a file when one is named, and goes with no other form', async () => {
    const target = join(mkdtempSync(join(tmpdir(), 'coxswain-')), 'report.html');
    expect(await given.run('report', 'sources', '--html', target)).toMatchObject({ exit: 0, out: `Wrote ${target}.\n` });
    expect(readFileSync(target, 'utf8')).toContain('<h1>Sources of new-business, version 1</h1>');
    expect(await given.run('report', 'sources', '--html', '--json')).toMatchObject({
      exit: 2,
      out: '',
      err: expect.stringContaining('--json, --csv and --html exclude each other.'),
    });
  });
});
