/**
 * The forecast on real logs, from the product's own log: the canonical logs are brought in through the one door, each forecast is made as of its day from what had occurred by
 * then, and the scorer beside the reference says how it did.
 *
 *   npm run bench -- --forecast                     all six tasks
 *   npm run bench -- --forecast --tasks bpic12_h7   only these, separated by commas
 *   npm run bench -- --forecast --out FILE          keeps every single forecast, a line each
 *
 * The reference lies in ../shared, or where COXSWAIN_SHARED says; it is read in place.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { openMemoryStore } from '../libs/event-store/dist/index.js';
import { columnsOf, contextOf, DealColumns, Forecaster } from '../libs/projections/dist/index.js';
import { frameOf } from '../libs/projections/dist/frame.js';
import { daysOfFrame, timelinesOf } from '../libs/projections/dist/period-totals.js';
import { SalesDesk } from '../libs/sales-desk/dist/index.js';

const DAY_MS = 86_400_000;
const BATCH = 500;
const CURRENCY = 'EUR';
/** The simple methods that the totals are held against: the best of them, chosen in hindsight. */
const SIMPLE = ['last_period', 'moving_avg3', 'seasonal_naive', 'exp_smooth'];

export async function measureForecast({ tasks: wanted, out, say }) {
  const reference = join(process.env.COXSWAIN_SHARED ?? '../shared', 'reference/forecast');
  if (!existsSync(join(reference, 'protocol.json')))
    throw new Error(`the reference is not at ${reference}: say where the folder with "reference" lies with COXSWAIN_SHARED`);
  const protocol = JSON.parse(readFileSync(join(reference, 'protocol.json'), 'utf8'));
  const names = wanted ? wanted.split(',') : Object.keys(protocol);
  const unknown = names.filter((name) => !Object.hasOwn(protocol, name));
  if (unknown.length > 0)
    throw new RangeError(`there is no task ${unknown.join(', ')}; there are ${Object.keys(protocol).join(', ')}`);
  const folder = mkdtempSync(join(tmpdir(), 'coxswain-forecast-'));
  const file = out ?? join(folder, 'forecasts.jsonl');
  writeFileSync(file, '');
  try {
    for (const log of new Set(names.map((name) => protocol[name].log))) {
      say(`${log}: bringing it in`);
      const known = await broughtIn(readFileSync(join(reference, log)), log.replace(/\W.*$/, ''));
      say(`${log}: ${known.columns.deals.toLocaleString('en')} deals, ${known.columns.size.toLocaleString('en')} events`);
      for (const name of names.filter((one) => protocol[one].log === log)) {
        const began = performance.now();
        for (const origin of protocol[name].origins)
          writeFileSync(file, `${JSON.stringify(forecastOf(known, name, origin))}\n`, { flag: 'a' });
        const { length } = protocol[name].origins;
        say(`${name}: ${length} forecasts, ${((performance.now() - began) / 1000 / length).toFixed(2)} s each`);
      }
    }
    const scored = spawnSync(process.execPath, [join(reference, 'score.mjs'), file, '--json'], {
      encoding: 'utf8',
      maxBuffer: 64e6,
    });
    if (scored.status !== 0) throw new Error(`the scorer failed: ${scored.stderr}`);
    return judged(JSON.parse(scored.stdout), protocol);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A log through the one door, under a process that has its stages; and the columns that the measures read. */
async function broughtIn(packed, id) {
  const lines = gunzipSync(packed)
    .toString('utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  const now = () => new Date('2026-01-01T00:00:00.000Z');
  const { store, readModels } = openMemoryStore({ now });
  const desk = await SalesDesk.open({ store, readModels, now, readOnly: false });
  const process_ = processOf(id, lines);
  const { problems } = await desk.publish(JSON.stringify(process_), 'json', { id: 'bench', roles: ['operations'], team: null });
  if (desk.process(id) === null)
    throw new Error(`the process of ${id} has problems: ${problems.map(({ message }) => message).join(' ')}`);

  const deals = new Map();
  for (const line of lines) {
    const own = deals.get(line.deal);
    if (own) own.push(line);
    else deals.set(line.deal, [line]);
  }
  const requests = [...deals].map(([deal, own]) => requestOf(id, deal, own));
  for (let from = 0; from < requests.length; from += BATCH) {
    for (const { rejected } of await desk.recordHistory(requests.slice(from, from + BATCH)))
      if (rejected.length > 0) throw new Error(`a step was not taken: ${JSON.stringify(rejected[0])}`);
  }
  const columns = new DealColumns();
  for await (const event of store.readAll()) columns.fold(event);
  const versions = desk.versions(id).map(({ ref, definition, publishedAt }) => ({ ref, definition, publishedAt }));
  await desk.close();
  return { process: id, columns, versions, now: now().toISOString() };
}

const stageId = (name) => name.replaceAll(/[^A-Za-z0-9]/g, '');

/** Every stage of the log, each open to every other: the rules are not what is measured here. */
function processOf(id, lines) {
  const stages = new Map();
  for (const { type, stage } of lines) {
    const name = stageId(stage);
    if (!stages.has(name))
      stages.set(name, {
        label: stage,
        ...(type === 'won' || type === 'lost' ? { phase: 'closed', result: type } : { phase: 'selling' }),
      });
  }
  for (const [name, stage] of stages) {
    const others = [...stages.keys()].filter((other) => other !== name);
    stage.moves = Object.fromEntries(others.map((other) => [`to${other}`, { to: other }]));
  }
  return {
    process: id,
    title: id,
    currency: CURRENCY,
    timezone: 'UTC',
    fields: { amount: { type: 'money' } },
    roles: ['rep'],
    start: stageId(lines[0].stage),
    stages: Object.fromEntries(stages),
  };
}

function requestOf(process_, id, [first, ...steps]) {
  const at = (text) => new Date(/Z$|[+-]\d\d:\d\d$/.test(text) ? text : `${text}Z`).toISOString();
  const facts = (amount) => (amount === null ? {} : { amount: { minor: Math.round(amount * 100), currency: CURRENCY } });
  const owner = first.owner ?? 'unknown';
  return {
    process: process_,
    id,
    batch: 'bench',
    capture: {
      occurredAt: at(first.at),
      by: owner,
      owner,
      team: null,
      account: null,
      origin: 'import',
      facts: facts(first.amount),
    },
    steps: steps.map(({ at: when, stage, amount }, index) => ({
      key: `${index}`,
      kind: 'stage',
      to: stageId(stage),
      occurredAt: at(when),
      by: owner,
      facts: facts(amount),
    })),
  };
}

/** As of midnight, from what had occurred before. */
function forecastOf({ process: id, columns, versions, now }, task, { asOf, horizonDays }) {
  const day = Date.parse(`${asOf}T00:00:00Z`) / DAY_MS;
  const clock = new Date(day * DAY_MS - 1).toISOString();
  const frame = frameOf(columns, contextOf({ process: id, asOf: clock, asOfBy: 'occurred' }, versions, now));
  const forecaster = new Forecaster(columnsOf(timelinesOf(frame, CURRENCY), daysOfFrame(frame)), day);
  const window = { leadDays: 0, lengthDays: horizonDays };
  const [{ p50, interval }] = forecaster.totals(window);
  const chances = forecaster.deals(window).map(({ deal, won }) => [deal, won]);
  return {
    task,
    asOf,
    mean: (p50 ?? 0) / 100,
    ...(interval.p10 !== null && { p10: interval.p10 / 100, p90: interval.p90 / 100 }),
    deals: Object.fromEntries(chances),
  };
}

function judged(report, protocol) {
  const tasks = Object.entries(report).map(([name, { wape, bias, coverage80, brier, ece, auc, origins, openDealMismatch }]) => {
    const { baselines, dealBaselines } = protocol[name];
    const simple = Math.min(...SIMPLE.flatMap((one) => baselines[one] ?? []));
    const deals = name.startsWith('maven') ? dealBaselines.semi_markov_season : dealBaselines.semi_markov;
    return {
      name,
      origins,
      wape,
      bias,
      simple,
      ratio: wape / simple,
      coverage80: coverage80 ?? null,
      brier,
      brierGoal: deals.brier,
      brierRatio: brier / deals.brier,
      ece,
      auc,
      openDealMismatch,
    };
  });
  const ratios = tasks.map(({ ratio }) => ratio);
  const geometric = Math.exp(ratios.reduce((sum, ratio) => sum + Math.log(ratio), 0) / ratios.length);
  const of = (origins) => Number(origins.split('/')[1]);
  const goal = (what, reached, met, asked) => ({ what, reached, asked, met });
  return {
    tasks,
    goals: [
      goal('totals: geometric mean of WAPE / the best simple method in hindsight', geometric, geometric <= 0.9, 'at most .90'),
      goal('totals: the worst of them', Math.max(...ratios), Math.max(...ratios) <= 1.1, 'at most 1.10'),
      ...tasks.map(({ name, brierRatio }) =>
        goal(`deals of ${name}: Brier / semi-Markov's`, brierRatio, brierRatio <= 1, 'at most 1'),
      ),
      goal(
        'deals: tasks at least 5 % below semi-Markov',
        tasks.filter(({ brierRatio }) => brierRatio <= 0.95).length,
        tasks.filter(({ brierRatio }) => brierRatio <= 0.95).length >= 2,
        'at least 2',
      ),
      ...tasks
        .filter(({ name }) => name.startsWith('bpic'))
        .map(({ name, ece }) => goal(`deals of ${name}: calibration error`, ece, ece <= 0.015, 'at most .015')),
      ...tasks
        .filter(({ origins }) => of(origins) >= 12)
        .map(({ name, coverage80 }) =>
          goal(
            `80 % intervals of ${name} that held`,
            coverage80,
            coverage80 !== null && coverage80 >= 0.7 && coverage80 <= 0.9,
            '.70 to .90',
          ),
        ),
    ],
  };
}

export function forecastText({ tasks, goals }) {
  const figure = (number) =>
    number === null || number === undefined
      ? '-'
      : Number.isInteger(number)
        ? String(number)
        : number.toFixed(4).replace(/^0/, '');
  const line = (cells, widths) =>
    cells
      .map((cell, at) => (at === 0 ? cell.padEnd(widths[0]) : cell.padStart(widths[at])))
      .join('  ')
      .trimEnd();
  const table = (head, rows) => {
    const widths = head.map((cell, at) => Math.max(cell.length, ...rows.map((row) => row[at].length)));
    return [
      line(head, widths),
      '-'.repeat(widths.reduce((sum, width) => sum + width + 2, -2)),
      ...rows.map((row) => line(row, widths)),
    ].join('\n');
  };
  const rows = tasks.map(({ name, origins, wape, simple, bias, coverage80, brier, brierGoal, ece, auc }) => [
    name,
    origins,
    ...[wape, simple, bias, coverage80, brier, brierGoal, ece, auc].map(figure),
  ]);
  const odd = tasks.flatMap(({ name, openDealMismatch }) =>
    openDealMismatch ? [`${name}: other open deals than the reference counts: ${openDealMismatch.join('; ')}`] : [],
  );
  return [
    table(['task', 'forecasts', 'WAPE', 'best simple', 'bias', '80 % held', 'Brier', 'semi-Markov', 'calibration', 'AUC'], rows),
    table(
      ['goal', 'reached', 'asked', ''],
      goals.map(({ what, reached, asked, met }) => [what, figure(reached), asked, met ? 'met' : 'not met']),
    ),
    ...odd,
  ].join('\n\n');
}
