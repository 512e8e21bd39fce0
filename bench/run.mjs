/**
 * Measures Coxswain beside what it stands on and beside its peers. What counts are the ratios within one run.
 *
 *   npm run bench                            every goal, in five rounds; the run is added to bench/history.jsonl
 *   npm run bench -- --rounds 1 --seconds 1  a quick look, not added to the history
 *   npm run --silent bench -- --json         the same as JSON
 *   npm run bench -- --trend                 how the goals went over the runs
 *   npm run bench -- --growth                logs of 10 k, 100 k and 1 M events; --most 10000000 for 10 M; --sizes 10000,100000 for these alone
 *   npm run bench -- --forecast              the forecast on real logs, beside other methods (see forecast.mjs)
 *   npm run bench -- --companies             the forecast on companies that were made up (see companies.mjs)
 *   npm run bench -- --back-test             rules tried on a real log of 13,087 loan applications (see back-test.mjs)
 *   npm run bench -- --plot                  draws docs/explanation/growth.svg from bench/growth.json
 */
import { parseArgs } from 'node:util';
import { goalsOf } from './goals.mjs';
import { growthText, keptGrowth, measureGrowth } from './growth.mjs';
import { plotGrowth } from './plot.mjs';
import { machine, recordOf, remember, runText, trendText } from './report.mjs';
import { runRounds } from './rounds.mjs';

const ROUNDS = 5;
const SECONDS = 2.5;

const { values: asked } = parseArgs({
  options: {
    rounds: { type: 'string' },
    seconds: { type: 'string' },
    json: { type: 'boolean', default: false },
    trend: { type: 'boolean', default: false },
    growth: { type: 'boolean', default: false },
    plot: { type: 'boolean', default: false },
    forecast: { type: 'boolean', default: false },
    companies: { type: 'boolean', default: false },
    'back-test': { type: 'boolean', default: false },
    tasks: { type: 'string' },
    out: { type: 'string' },
    most: { type: 'string' },
    sizes: { type: 'string' },
    memory: { type: 'string' },
    minutes: { type: 'string' },
  },
});
const say = (text) => process.stderr.write(`${text}\n`);
const show = (record, text) => console.log(asked.json ? JSON.stringify(record, null, 2) : text);

if (asked.trend) console.log(trendText());
else if (asked.growth) {
  const growth = await measureGrowth({ ...asked, say });
  plotGrowth(growth);
  show(growth, growthText(growth));
} else if (asked.forecast) {
  const { forecastText, measureForecast } = await import('./forecast.mjs');
  const found = await measureForecast({ ...asked, say });
  show(found, forecastText(found));
} else if (asked.companies) {
  const { companiesText, measureCompanies } = await import('./companies.mjs');
  const found = measureCompanies({ say });
  show(found, companiesText(found));
} else if (asked['back-test']) {
  const { backTestText, measureBackTest } = await import('./back-test.mjs');
  const found = await measureBackTest({ say });
  show(found, backTestText(found));
} else if (asked.plot) plotGrowth(keptGrowth());
else {
  const rounds = number(asked.rounds, ROUNDS);
  const seconds = number(asked.seconds, SECONDS);
  const measured = await runRounds({ rounds, seconds, say });
  const run = { ...machine(), rounds, seconds };
  const goals = goalsOf(measured.rates, keptGrowth());
  const record = recordOf(run, measured, goals);
  if (rounds >= ROUNDS) remember(record);
  show(record, runText(run, measured, goals));
}

function number(text, otherwise) {
  const value = text === undefined ? otherwise : Number(text);
  if (!(value > 0)) throw new RangeError(`"${text}" is not a number above 0`);
  return value;
}
