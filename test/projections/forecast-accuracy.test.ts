import { writeFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { chancesAccuracy, columnsOf, Forecaster, totalsAccuracy } from '@coxswain/projections';
import { tasks, toldBefore } from './forecast-given.js';

/**
 * The forecasts held against what came in, on tasks over two real logs: four of the six, because the two of overlapping windows over
 * Maven say much the same. `COXSWAIN_FORECASTS=forecasts.jsonl` runs all six, and writes every forecast in the form that the scorer
 * beside the reference reads.
 */
const out = process.env['COXSWAIN_FORECASTS'];

interface Scored {
  readonly wape: number;
  readonly naive: number;
  readonly within: number;
  readonly intervals: number;
  readonly brier: number;
  readonly auc: number;
  readonly slowestSeconds: number;
}

function scored(name: string): Scored {
  const { log, origins } = tasks![name]!;
  const blended: { forecast: number; actual: number }[] = [];
  const naive: { forecast: number; actual: number }[] = [];
  const chances: { chance: number; won: boolean }[] = [];
  let [within, intervals, slowestSeconds] = [0, 0, 0];
  const wins = new Map(toldBefore(log, Infinity).map(({ id, wonDay }) => [id, wonDay ?? Infinity]));
  for (const { asOf, horizonDays, actual, openDeals } of origins) {
    const day = Date.parse(`${asOf}T00:00:00Z`) / 86_400_000;
    const told = toldBefore(log, day);
    const window = { leadDays: 0, lengthDays: horizonDays };
    const started = performance.now();
    const forecaster = new Forecaster(columnsOf(told), day);
    const { p50, interval, components } = forecaster.totals(window)[0]!;
    const deals = forecaster.deals(window);
    slowestSeconds = Math.max(slowestSeconds, (performance.now() - started) / 1000);
    expect(deals).toHaveLength(openDeals);
    blended.push({ forecast: p50!, actual });
    naive.push({ forecast: components.find(({ component }) => component === 'moving-average')!.amount!, actual });
    if (interval.p10 !== null) {
      intervals++;
      if (interval.p10 <= actual && actual <= interval.p90!) within++;
    }
    for (const { deal, won } of deals) {
      const wonDay = wins.get(deal)!;
      chances.push({ chance: won, won: wonDay >= day && wonDay < day + horizonDays });
    }
    if (out !== undefined) {
      const bounds = interval.p10 === null ? {} : { p10: interval.p10, p90: interval.p90 };
      const each = Object.fromEntries(deals.map(({ deal, won }) => [deal, won]));
      writeFileSync(out, `${JSON.stringify({ task: name, asOf, mean: p50, ...bounds, deals: each })}\n`, { flag: 'a' });
    }
  }
  const { brier, auc } = chancesAccuracy(chances);
  return {
    wape: totalsAccuracy(blended).wape!,
    naive: totalsAccuracy(naive).wape!,
    within,
    intervals,
    brier: brier!,
    auc: auc!,
    slowestSeconds,
  };
}

/** With each, the error of its best rival of 17 or more, chosen in hindsight, and the one that the blend stays below. */
(tasks ? test.each : test.skip.each)([
  ['maven_month', 0.0688, 0.085] as const,
  ['maven_quarter', 0.0434, 0.0434] as const,
  ['bpic12_h7', 0.1231, 0.145] as const,
  ['bpic12_h30', 0.0953, 0.0953] as const,
  ...(out === undefined ? [] : [['maven_w30', 0.0761, 0.0761] as const, ['maven_w91', 0.0359, 0.0359] as const]),
])(
  'on %s the blend is no worse than promised, its intervals hold, and deals are told apart as well as by the best method for deals',
  (name, best, promised) => {
    const { baselines, dealBaselines } = tasks![name]!;
    expect(Math.min(...Object.values(baselines))).toBe(best);
    const found = scored(name);
    expect(found.wape).toBeLessThan(promised);
    // Never worse than the plain moving average by more than chance.
    expect(found.wape).toBeLessThan(1.1 * found.naive);
    if (found.intervals >= 5) expect(found.within / found.intervals).toBeGreaterThanOrEqual(0.7);
    const rivals = Object.values(dealBaselines);
    expect(found.brier).toBeLessThan(1.01 * Math.min(...rivals.map(({ brier }) => brier)));
    expect(found.auc).toBeGreaterThan(0.99 * Math.max(...rivals.map(({ auc }) => auc)));
    expect(found.slowestSeconds).toBeLessThan(5);
  },
  180_000,
);
