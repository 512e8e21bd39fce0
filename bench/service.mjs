// Coxswain's service over HTTP, and beside it the bare service of bare.mjs (the anchor A3): started, asked, stopped. All on this machine alone.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import autocannon from 'autocannon';
import { issueLocalToken } from '@coxswain/sales-desk';
import { lead, processFile } from './desk.mjs';
import { freePort } from './free-port.mjs';

export const CONNECTIONS = 128;
export const IN_BATCH = 120;
const BATCH_CONNECTIONS = 8;
const at = (port, path = '') => `http://127.0.0.1:${port}${path}`;
const root = join(import.meta.dirname, '..');
const ANSWERS_WITHIN_MS = 60_000;
const running = new Set();

/** Starts both; answers how many commands, or requests that do nothing, each takes a second. */
export async function startServices(folder) {
  const ports = { service: await freePort(), bare: await freePort() };
  run([join(root, 'apps/api/dist/main.js')], environment(folder, ports.service, `sqlite:${join(folder, 'service.db')}`));
  run([join(import.meta.dirname, 'bare.mjs'), `${ports.bare}`], process.env);
  await answering(at(ports.service, '/health/ready'));
  await answering(at(ports.bare));
  const token = await issueLocalToken({
    name: 'bench',
    roles: ['operations', 'sdr', 'rep'],
    team: null,
    dir: join(folder, 'keys'),
    now: new Date(),
  });
  const headers = { authorization: `Bearer ${token}` };
  const published = await fetch(at(ports.service, '/v1/processes'), {
    method: 'POST',
    headers: { ...headers, 'content-type': 'application/yaml' },
    body: processFile,
  });
  if (!published.ok) throw new Error(`publishing answered ${published.status}: ${await published.text()}`);
  const batch = { commands: Array.from({ length: IN_BATCH }, () => ({ do: 'capture', ...lead })) };
  return {
    nothing: (seconds) => posts(at(ports.bare, '/v1/opportunities'), {}, CONNECTIONS, {}, seconds),
    single: (seconds) => posts(at(ports.service, '/v1/opportunities'), lead, CONNECTIONS, headers, seconds),
    batch: async (seconds) =>
      IN_BATCH * (await posts(at(ports.service, '/v1/commands'), batch, BATCH_CONNECTIONS, headers, seconds)),
  };
}

/** From the start of a process until it answers, in milliseconds; then it is stopped. */
export async function startsIn(folder, store, withinMs = ANSWERS_WITHIN_MS) {
  const began = performance.now();
  const service = await started(folder, store, withinMs);
  const ms = performance.now() - began;
  await service.stop();
  return ms;
}

/** The service over a store, when it answers: where, and where its keys are. */
export async function started(folder, store, withinMs = ANSWERS_WITHIN_MS) {
  const port = await freePort();
  const child = run([join(root, 'apps/api/dist/main.js')], environment(folder, port, store));
  const stop = async () => {
    child.kill('SIGKILL');
    await new Promise((resolve) => ((child.exitCode ?? child.signalCode) === null ? child.once('exit', resolve) : resolve()));
  };
  try {
    await answering(at(port, '/health/live'), withinMs);
  } catch (error) {
    await stop();
    throw error;
  }
  return { at: (path) => at(port, path), keys: join(folder, 'keys'), stop };
}

export function stopServices() {
  for (const child of running) child.kill('SIGTERM');
}

/** POSTs a second. Every answer must be a good one. */
async function posts(url, body, connections, headers, seconds) {
  const result = await autocannon({
    url,
    method: 'POST',
    headers: { ...headers, 'content-type': 'application/json' },
    body: JSON.stringify(body),
    connections,
    duration: Math.max(1, seconds),
  });
  if (result.non2xx > 0 || result.errors > 0) throw new Error(`${result.non2xx + result.errors} answers of ${url} were not good`);
  return result.requests.total / result.duration;
}

function environment(folder, port, store) {
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
  running.add(child);
  child.once('exit', () => running.delete(child));
  return child;
}

async function answering(url, withinMs = ANSWERS_WITHIN_MS) {
  const until = performance.now() + withinMs;
  while (performance.now() < until) {
    if (await fetch(url).catch(() => null)) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error(`nothing answered at ${url} within ${withinMs / 1000} seconds`);
}
