/**
 * The forecast on companies that were made up: their truth is known, there are as many as are wanted, and no setting was chosen by what one of them really did. Each kind of
 * company is made several times; forecasts are made as of days a window apart, from what had happened by then, and held against what came.
 *
 *   npm run bench -- --companies
 */
import { backtest, columnsOf } from '../libs/projections/dist/index.js';

const DAYS = 460;
/** 1 January 2018. */
const FIRST_DAY = 17_532;
const TIMES = 10;
const WINDOWS = [30, 91];
/** Days on record at the first forecast, before the window. */
const LEARNED_DAYS = 100;
const WEEK = 7;

/**
 * `perDay` leads; `swing` the standard deviation of what speeds up and slows down all wins alike, which changes by the week and keeps `memory` of the week before; `quarter` by how much
 * the last month of a quarter is better and the first is worse (of e-folds); `spread` that of the amounts, likewise.
 */
const KINDS = {
  steady: { perDay: 4, swing: 0, memory: 0, quarter: 0, spread: 0.5 },
  'good and bad weeks': { perDay: 4, swing: 0.3, memory: 0.6, quarter: 0, spread: 0.5 },
  'good and bad seasons': { perDay: 10, swing: 0.4, memory: 0.97, quarter: 0, spread: 0.8 },
  'sells by the quarter': { perDay: 4, swing: 0.15, memory: 0.9, quarter: 0.6, spread: 0.5 },
  'few deals, of all sizes': { perDay: 1.5, swing: 0.3, memory: 0.9, quarter: 0, spread: 1 },
};

export function measureCompanies({ say }) {
  const rows = [];
  for (const [kind, company] of Object.entries(KINDS))
    for (const windowDays of WINDOWS) {
      const all = { kind, windowDays, forecasts: 0, came: 0, off: 0, averageOff: 0, banded: 0, held: 0, wide: 0, bandedCame: 0 };
      for (let seed = 1; seed <= TIMES; seed += 1) add(all, forecastsOf(timelines(company, seed), windowDays));
      rows.push({
        kind,
        windowDays,
        forecasts: all.forecasts,
        wape: all.off / all.came,
        movingAverage: all.averageOff / all.came,
        banded: all.banded,
        held: all.held / all.banded,
        width: all.wide / all.bandedCame,
      });
      say(`${kind}: ${all.forecasts} forecasts of ${windowDays} days`);
    }
  return rows;
}

function forecastsOf(all, windowDays) {
  const days = [];
  for (let day = FIRST_DAY + LEARNED_DAYS + windowDays; day + windowDays <= FIRST_DAY + DAYS; day += windowDays) days.push(day);
  const [found] = backtest(days, windowDays, (day) => columnsOf(knownBy(all, day)), columnsOf(all));
  return found.origins;
}

function add(all, origins) {
  for (const { actual, blend, p10, p90, components } of origins) {
    if (blend === null || components['moving-average'] === null) continue;
    all.forecasts += 1;
    all.came += actual;
    all.off += Math.abs(blend - actual);
    all.averageOff += Math.abs(components['moving-average'] - actual);
    if (p10 === null) continue;
    all.banded += 1;
    all.held += Number(p10 <= actual && actual <= p90);
    all.wide += p90 - p10;
    all.bandedCame += actual;
  }
}

/** What of the deals had happened before a day. */
const knownBy = (all, day) =>
  all
    .filter(({ capturedDay }) => capturedDay < day)
    .map((deal) => {
      const isWon = deal.wonDay !== null && deal.wonDay < day;
      return {
        ...deal,
        stays: deal.stays.filter(({ enteredDay }) => enteredDay < day),
        wonDay: isWon ? deal.wonDay : null,
        wonAmount: isWon ? deal.wonAmount : null,
      };
    });

/** Every deal of one company, day by day: leads, of which some become proposals, of which some are won. */
function timelines({ perDay, swing, memory, quarter, spread }, seed) {
  const dice = diceOf(seed);
  const all = [];
  let open = [];
  let mood = 0;
  for (let day = FIRST_DAY; day < FIRST_DAY + DAYS; day += 1) {
    if ((day - FIRST_DAY) % WEEK === 0) mood = memory * mood + swing * Math.sqrt(1 - memory ** 2) * normal(dice);
    const month = new Date(day * 86_400_000).getUTCMonth() % 3;
    const pace = Math.exp(mood + quarter * (month - 1));
    open = open.filter((deal) => isOpenAfter(deal, day, pace, dice));
    for (let left = Math.exp(-perDay), chance = dice(); chance > left; chance *= dice()) {
      const at = day + dice();
      const amount = Math.exp(9 + spread * normal(dice));
      const deal = { id: `deal-${all.length}`, capturedDay: at, group: null, amount, wonDay: null, wonAmount: null };
      deal.stays = [{ stage: 'lead', enteredDay: at, lost: false }];
      all.push(deal);
      open.push(deal);
    }
  }
  return all;
}

/** Leads move on within days or hardly ever; proposals are won after one to four weeks or hardly ever, and lost the sooner the older they are. */
function isOpenAfter(deal, day, pace, dice) {
  const { stage, enteredDay } = deal.stays.at(-1);
  const age = day - enteredDay;
  const isLead = stage === 'lead';
  const onward = isLead ? (age < 3 ? 0.12 : age < 20 ? 0.06 : 0.01) : (age < 5 ? 0.01 : age < 25 ? 0.05 : 0.015) * pace;
  const lost = isLead ? (age < 30 ? 0.04 : 0.02) : age < 10 ? 0.01 : age < 40 ? 0.03 : 0.05;
  const came = dice();
  const at = day + dice();
  if (came >= onward + lost) return true;
  if (came >= onward) deal.stays.push({ stage: 'lost', enteredDay: at, lost: true });
  else if (isLead) deal.stays.push({ stage: 'proposal', enteredDay: at, lost: false });
  else [deal.wonDay, deal.wonAmount] = [at, deal.amount];
  return isLead && came < onward;
}

const normal = (dice) => Math.sqrt(-2 * Math.log(1 - dice())) * Math.cos(2 * Math.PI * dice());

/** The same numbers from 0 to 1 in every run. */
function diceOf(seed) {
  let state = 40_014 * seed;
  const next = () => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647;
  for (let n = 0; n < 20; n += 1) next();
  return next;
}

export function companiesText(rows) {
  const share = (number) => number.toFixed(3).replace(/^0/, '');
  const cells = rows.map(({ kind, windowDays, forecasts, wape, movingAverage, banded, held, width }) => [
    kind,
    `${windowDays} days`,
    `${forecasts}`,
    share(wape),
    share(movingAverage),
    `${share(held)} of ${banded}`,
    share(width),
  ]);
  const lines = [['company', 'window', 'forecasts', 'WAPE', 'moving average', '80 % held', 'width'], ...cells];
  const widths = lines[0].map((_, at) => Math.max(...lines.map((line) => line[at].length)));
  return lines
    .map((line) => line.map((cell, at) => (at === 0 ? cell.padEnd(widths[at]) : cell.padStart(widths[at]))).join('  '))
    .join('\n');
}
