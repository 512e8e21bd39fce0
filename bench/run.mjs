/**
 * Measures Coxswain beside what it stands on, in one run, case after case in several rounds, so that a noisy machine disturbs all alike.
 * What counts are the ratios to the anchors: raw SQLite and a bare HTTP service. Each run is added to bench/history.jsonl.
 *
 *   npm run bench              five rounds
 *   npm run bench -- --rounds 1 --seconds 1     a quick look
 */
import { spawn } from 'node:child_process';
import { appendFileSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import autocannon from 'autocannon';
import { openStore } from '@coxswain/event-store';
import { issueLocalToken, SalesDesk } from '@coxswain/sales-desk';
import { rawRate, storeRates } from './store.mjs';

const { values: asked } = parseArgs({ options: { rounds: { type: 'string' }, seconds: { type: 'string' } } });
const ROUNDS = Number(asked.rounds ?? 5);
const SECONDS = Number(asked.seconds ?? 2.5);
const CONNECTIONS = 128;
const IN_BATCH = 120;
const PAST_DEALS = 2_000;
const PORTS = { service: 3_999, bare: 3_998, start: 3_997 };

const root = join(import.meta.dirname, '..');
const folder = mkdtempSync(join(tmpdir(), 'coxswain-bench-'));
const operations = { id: 'bench', roles: ['operations'], team: null };
const processFile = readFileSync(join(root, 'processes/new-business.process.yaml'), 'utf8');
const lead = { process: 'new-business', facts: { source: 'inbound', fitScore: 80 } };

/** Rates of each case, one for each round. */
const rates = new Map();
const note = (name, rate) => rates.set(name, [...(rates.get(name) ?? []), rate]);
const median = (name) => [...rates.get(name)].sort((a, b) => a - b)[Math.floor(rates.get(name).length / 2)];

const running = [];
/** History of made-up deals through the one door, then every figure folded again from the log. */
async function history(round) {
  const path = join(folder, `history-${round}.db`);
  const opened = await openStore(`sqlite:${path}`);
  const desk = await SalesDesk.open({ ...opened, now: () => new Date() });
  await desk.publish(processFile, 'yaml', operations);
  let started = performance.now();
  for (let index = 0; index < PAST_DEALS; index += 200)
    await desk.recordHistory(Array.from({ length: 200 }, (_, more) => pastDeal(index + more)));
  const seconds = (performance.now() - started) / 1000;
  const { position } = await opened.store.end();
  let [events, payload] = [0, 0];
  for await (const { data, meta } of opened.store.readAll()) {
    events += 1;
    payload += JSON.stringify(data).length + JSON.stringify(meta).length;
  }
  note('import', events / seconds);
  await desk.caughtUp(position, 60_000);
  started = performance.now();
  await desk.rebuild();
  note('rebuild', events / ((performance.now() - started) / 1000));
  await desk.close();
  await opened.close();
  note('storage', statSync(path).size / payload);
}

function pastDeal(index) {
  const at = (day) => new Date(Date.UTC(2025, 0, 1 + day)).toISOString();
  return {
    process: 'new-business',
    id: `past-${index}`,
    batch: 'bench',
    capture: {
      occurredAt: at(0),
      by: 'bench',
      owner: `seller-${index % 20}`,
      team: null,
      account: null,
      origin: 'import',
      facts: { source: 'inbound' },
    },
    steps: ['qualified', 'proposal', 'negotiation', 'won'].map((to, step) => ({
      key: `${step}`,
      kind: 'stage',
      to,
      occurredAt: at(step + 1),
      by: 'bench',
      facts: { fitScore: 70 },
    })),
  };
}

/** A deal of a thousand events: read and parsed, folded by a desk that has not seen it, and asked again from memory. */
async function longDeal(round) {
  const opened = await openStore(`sqlite:${join(folder, `long-${round}.db`)}`);
  const now = () => new Date();
  const desk = await SalesDesk.open({ ...opened, now });
  await desk.publish(processFile, 'yaml', operations);
  await desk.command(null, { type: 'Capture', id: 'long', ...lead }, { actor: { id: 'bench', roles: ['rep'], team: null } });
  for (let n = 0; n < 1_000; n += 1)
    await desk.command('long', { type: 'LogActivity', kind: 'call', note: `call ${n}` }, { actor: operations });
  await desk.close();
  const timed = async (times, work) => {
    const started = performance.now();
    for (let n = 0; n < times; n += 1) await work();
    return (performance.now() - started) / times;
  };
  note(
    'read 1,000',
    await timed(20, async () => {
      for await (const _ of opened.store.read('opportunity-long'));
    }),
  );
  const again = await SalesDesk.open({ ...opened, now, readOnly: true });
  note('rehydrate 1,000', await timed(20, () => again.opportunity('long', '9999-12-31T00:00:00.000Z')));
  await again.opportunity('long');
  note('cached 1,000', await timed(2_000, () => again.opportunity('long')));
  await again.close();
  await opened.close();
}

/** From the start of the process until it is ready: over the deals that the last round has brought in, and with nothing at all. */
async function starting() {
  const time = async (store) => {
    const started = performance.now();
    const child = run([join(root, 'apps/api/dist/main.js')], environment(PORTS.start, store));
    await answering(`http://127.0.0.1:${PORTS.start}/health/live`);
    const ms = performance.now() - started;
    child.kill('SIGKILL');
    await new Promise((resolve) => child.once('exit', resolve));
    return ms;
  };
  for (let round = 0; round < ROUNDS; round += 1) {
    note('start, empty', await time('memory:'));
    note('start, with deals', await time(`sqlite:${join(folder, `history-${ROUNDS}.db`)}`));
  }
}

function report() {
  const ratio = (a, b) => median(a) / median(b);
  const goals = [
    ['one durable command per POST, beside a bare POST that does nothing', ratio('single', 'A3'), '>=', 0.6],
    ['one durable command per POST, beside raw SQLite row by row', ratio('single', 'A1'), '>=', 1.2],
    [`${IN_BATCH} commands in one POST, beside raw SQLite in transactions of 256`, ratio('batch', 'A2'), '>=', 0.8],
    ['import, events decided and stored, beside raw SQLite in transactions of 256', ratio('import', 'A2'), '>=', 1.5],
    ['a deal of 1,000 events folded, beside reading and parsing it', ratio('rehydrate 1,000', 'read 1,000'), '<=', 1],
    ['the same deal from memory, beside reading and parsing it', ratio('cached 1,000', 'read 1,000'), '<=', 0.01],
    [
      `start with ${PAST_DEALS.toLocaleString('en')} deals, beside an empty one`,
      ratio('start, with deals', 'start, empty'),
      '<=',
      2,
    ],
    ['size of the file, beside the JSON of its events', median('storage'), '<=', 1.3],
  ].map(([what, reached, is, goal]) => ({
    what,
    reached: round2(reached),
    goal: `${is} ${goal}`,
    met: is === '>=' ? reached >= goal : reached <= goal,
  }));
  const each = [...rates.keys()].map((name) => ({
    case: LABELS[name] ?? name,
    median: round2(median(name)),
    lowest: round2(Math.min(...rates.get(name))),
    highest: round2(Math.max(...rates.get(name))),
  }));
  const machine = {
    date: new Date().toISOString(),
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: cpus().length,
    node: process.version,
    rounds: ROUNDS,
    seconds: SECONDS,
  };
  console.log(`${machine.date}, ${machine.cores} cores (${machine.cpu}), Node ${machine.node}, ${ROUNDS} rounds of ${SECONDS} s`);
  console.table(each);
  console.table(goals);
  appendFileSync(
    join(import.meta.dirname, 'history.jsonl'),
    `${JSON.stringify({ ...machine, goals, rates: Object.fromEntries([...rates.keys()].map((name) => [name, round2(median(name))])) })}\n`,
  );
}

const LABELS = {
  A1: 'A1 raw SQLite, one durable row a transaction, a second',
  A2: 'A2 raw SQLite, 256 rows a transaction, a second',
  A3: `A3 bare POST that does nothing, ${CONNECTIONS} connections, a second`,
  single: `durable commands over HTTP, one a POST, ${CONNECTIONS} connections, a second`,
  batch: `durable commands over HTTP, ${IN_BATCH} a POST, a second`,
  import: 'import, events a second',
  rebuild: 'rebuild of every projection, events a second',
  'read 1,000': 'a deal of 1,000 events read and parsed, ms',
  'rehydrate 1,000': 'the same folded, ms',
  'cached 1,000': 'the same from memory, ms',
  'start, empty': 'start of the service with nothing, ms',
  'start, with deals': `start of the service with ${PAST_DEALS.toLocaleString('en')} deals, ms`,
  storage: 'bytes of the file for a byte of JSON',
};

function round2(number) {
  return number >= 100 ? Math.round(number) : Number(number.toPrecision(3));
}

/** POSTs a second. Every answer must be a good one. */
async function posts(port, body, connections, headers, path = '/v1/opportunities') {
  const result = await autocannon({
    url: `http://127.0.0.1:${port}${path}`,
    method: 'POST',
    headers: { ...headers, 'content-type': 'application/json' },
    body: JSON.stringify(body),
    connections,
    duration: Math.max(1, SECONDS),
  });
  if (result.non2xx > 0 || result.errors > 0)
    throw new Error(`${result.non2xx + result.errors} answers of ${path} were not good`);
  return result.requests.total / result.duration;
}

function environment(port, store) {
  return {
    ...process.env,
    PORT: `${port}`,
    COXSWAIN_STORE: store,
    COXSWAIN_DATA_DIR: join(folder, 'keys'),
    COXSWAIN_DEMO: 'false',
    COXSWAIN_LOG_LEVEL: 'error',
  };
}

function run(args, env) {
  const child = spawn(process.execPath, args, { env, cwd: root, stdio: 'ignore' });
  running.push(child);
  return child;
}

async function startService() {
  run([join(root, 'apps/api/dist/main.js')], environment(PORTS.service, `sqlite:${join(folder, 'service.db')}`));
  await answering(`http://127.0.0.1:${PORTS.service}/health/ready`);
  const token = await issueLocalToken({
    name: 'bench',
    roles: ['operations', 'sdr', 'rep'],
    team: null,
    dir: join(folder, 'keys'),
    now: new Date(),
  });
  const headers = { authorization: `Bearer ${token}` };
  const published = await fetch(`http://127.0.0.1:${PORTS.service}/v1/processes`, {
    method: 'POST',
    headers: { ...headers, 'content-type': 'application/yaml' },
    body: processFile,
  });
  if (!published.ok) throw new Error(`publishing answered ${published.status}: ${await published.text()}`);
  return { headers };
}

async function startBare() {
  run([join(import.meta.dirname, 'bare.mjs'), `${PORTS.bare}`], process.env);
  await answering(`http://127.0.0.1:${PORTS.bare}/`);
}

function stop() {
  for (const child of running.splice(0)) child.kill('SIGTERM');
}

async function answering(url) {
  for (let tried = 0; tried < 1_000; tried += 1) {
    if (await fetch(url).catch(() => null)) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error(`nothing answered at ${url} within 10 seconds`);
}

try {
  const service = await startService();
  await startBare();
  for (let round = 1; round <= ROUNDS; round += 1) {
    process.stderr.write(`round ${round} of ${ROUNDS}\n`);
    note('A1', rawRate(join(folder, `a1-${round}.db`), 1, SECONDS));
    note('A2', rawRate(join(folder, `a2-${round}.db`), 256, SECONDS));
    note('A3', await posts(PORTS.bare, {}, CONNECTIONS, {}));
    note('single', await posts(PORTS.service, lead, CONNECTIONS, service.headers));
    const batch = { commands: Array.from({ length: IN_BATCH }, () => ({ do: 'capture', ...lead })) };
    note('batch', IN_BATCH * (await posts(PORTS.service, batch, 8, service.headers, '/v1/commands')));
    for (const [name, rate] of Object.entries(await storeRates({ seconds: SECONDS / 2, folder }))) note(name, rate);
    await history(round);
    await longDeal(round);
  }
  stop();
  await starting();
  report();
} finally {
  stop();
  rmSync(folder, { recursive: true, force: true });
}
