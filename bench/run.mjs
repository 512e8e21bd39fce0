/**
 * Measures the whole way in one run, so that the figures can be compared with each other on any machine:
 * raw SQLite, the store, an import, a rebuild, and durable commands over HTTP.
 *
 *   npm run bench
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import autocannon from 'autocannon';
import { openStore } from '@coxswain/event-store';
import { issueLocalToken, SalesDesk } from '@coxswain/sales-desk';
import { benchStore } from './store.mjs';

const PORT = 3999;
const SECONDS = 8;
const CONNECTIONS = 64;
const operations = { id: 'bench', roles: ['operations'], team: null };
const root = join(import.meta.dirname, '..');
const folder = mkdtempSync(join(tmpdir(), 'coxswain-bench-'));
const rows = [];
const say = (what, perSecond, note = '') => {
  rows.push({ what, 'per second': Math.round(perSecond), 'of raw': raw ? (perSecond / raw).toFixed(2) : '', note });
  console.log(`${what}: ${Math.round(perSecond).toLocaleString('en')} a second ${note}`);
};
let raw = 0;

try {
  const store = await benchStore({ seconds: 2, folder });
  raw = store.rawSingle;
  say('raw SQLite, one durable row at a time', raw);
  say('raw SQLite, 256 rows a transaction', store.rawGroups);
  say('store, one caller', store.appendSequential);
  say('store, 64 callers', store.append64);
  say('store, events in appends of 250', store.appendBatched);
  say('store, events read back', store.readAll);
  await benchHistory();
  await benchHttp();
  console.table(rows);
} finally {
  rmSync(folder, { recursive: true, force: true });
}

/** History of made-up deals through the one door, then every figure folded again from the log. */
async function benchHistory() {
  const opened = await openStore(`sqlite:${join(folder, 'history.db')}`);
  const desk = await SalesDesk.open({ ...opened, now: () => new Date() });
  await desk.publish(readFileSync(join(root, 'processes/new-business.process.yaml'), 'utf8'), 'yaml', operations);
  const deals = 4_000;
  const request = (index) => ({
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
  });
  const at = (day) => new Date(Date.UTC(2025, 0, 1 + day)).toISOString();
  const started = performance.now();
  for (let index = 0; index < deals; index += 200)
    await desk.recordHistory(Array.from({ length: 200 }, (_, more) => request(index + more)));
  const seconds = (performance.now() - started) / 1000;
  const { position } = await opened.store.end();
  const events = Number(position);
  await desk.caughtUp(position, 60_000);
  say(
    'import, events',
    events / seconds,
    `(${deals.toLocaleString('en')} deals, ${events.toLocaleString('en')} events, read, judged and durable)`,
  );

  const again = performance.now();
  await desk.rebuild();
  say('rebuild of every projection, events', events / ((performance.now() - again) / 1000));
  await desk.close();
  await opened.close();
}

/** Durable commands over HTTP: each answer is sent after its events are on the disk. */
async function benchHttp() {
  const data = join(folder, 'http');
  const environment = {
    ...process.env,
    PORT: `${PORT}`,
    COXSWAIN_STORE: `sqlite:${join(data, 'coxswain.db')}`,
    COXSWAIN_DATA_DIR: data,
    COXSWAIN_DEMO: 'false',
    COXSWAIN_LOG_LEVEL: 'error',
  };
  const service = spawn(process.execPath, [join(root, 'apps/api/dist/main.js')], {
    env: environment,
    cwd: root,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  try {
    await listening();
    const token = await issueLocalToken({
      name: 'bench',
      roles: ['operations', 'sdr', 'rep'],
      team: null,
      dir: data,
      now: new Date(),
    });
    const headers = { authorization: `Bearer ${token}` };
    const file = readFileSync(join(root, 'processes/new-business.process.yaml'), 'utf8');
    const published = await fetch(`http://127.0.0.1:${PORT}/v1/processes`, {
      method: 'POST',
      headers: { ...headers, 'content-type': 'application/yaml' },
      body: file,
    });
    if (!published.ok) throw new Error(`publishing answered ${published.status}: ${await published.text()}`);

    const body = JSON.stringify({ process: 'new-business', facts: { source: 'inbound', fitScore: 80 } });
    const result = await autocannon({
      url: `http://127.0.0.1:${PORT}/v1/opportunities`,
      method: 'POST',
      headers: { ...headers, 'content-type': 'application/json' },
      body,
      connections: CONNECTIONS,
      duration: SECONDS,
    });
    if (result.non2xx > 0) throw new Error(`${result.non2xx} answers were not 2xx`);
    say(
      'durable commands over HTTP',
      result.requests.average,
      `(${CONNECTIONS} connections, ${SECONDS} s, p50 ${result.latency.p50} ms, p99 ${result.latency.p99} ms)`,
    );
  } finally {
    service.kill('SIGTERM');
  }
}

async function listening() {
  for (let tried = 0; tried < 100; tried++) {
    const answer = await fetch(`http://127.0.0.1:${PORT}/health/ready`).catch(() => null);
    if (answer?.ok) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error('the service did not get ready within 10 seconds');
}
