/**
 * How time, memory and disk grow with the log: at each size a log is written, opened and asked, each step in a process of its own with a bound on
 * its memory and its time. A size that fails is told as such. The figures are kept in growth.json, one entry a size.
 */
import { fork } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { count, rounded } from './goals.mjs';
import { machine } from './report.mjs';
import { askedAsTheConsoleDoes } from './asked.mjs';
import { startsIn } from './service.mjs';

const KEPT = join(import.meta.dirname, 'growth.json');
const SIZES = [10_000, 100_000, 1_000_000, 10_000_000];
const MOST = 1_000_000;
const MEMORY_MB = 6_000;
const MINUTES = 30;
const LOOK_EVERY_MS = 250;
const PROGRESS_EVERY = 1_000_000;

/** The figures of all sizes measured so far; null when there are none. */
export const keptGrowth = () => (existsSync(KEPT) ? JSON.parse(readFileSync(KEPT, 'utf8')) : null);

/** Measures the sizes asked for, and keeps each beside those measured before. `memory` in MB and `minutes` bound each step. */
export async function measureGrowth({ most, sizes, memory, minutes, say }) {
  const bounds = { memory: Number(memory ?? MEMORY_MB), minutes: Number(minutes ?? MINUTES) };
  const wanted = sizes ? sizes.split(',').map(Number) : SIZES.filter((size) => size <= Number(most ?? MOST));
  if (!wanted.every((size) => size > 0)) throw new RangeError(`"${sizes}" is not a list of sizes`);
  for (const asked of wanted) {
    const size = await measureSize(asked, bounds, say);
    const others = (keptGrowth()?.sizes ?? []).filter((other) => other.asked !== asked);
    const all = { sizes: [...others, size].sort((a, b) => a.asked - b.asked) };
    writeFileSync(KEPT, `${JSON.stringify(all, null, 2)}\n`);
  }
  return keptGrowth();
}

async function measureSize(asked, bounds, say) {
  const folder = mkdtempSync(join(tmpdir(), 'coxswain-growth-'));
  const file = join(folder, 'grown.db');
  const figures = {};
  const failed = [];
  const step = async (name, on) => {
    say(`${count(asked)} events: ${name}`);
    const why = await runStep([name, on, `${asked}`], bounds, figures, say);
    if (why !== null) {
      failed.push({ step: name, why });
      say(`${count(asked)} events: ${name} failed: ${why}`);
    }
    return why === null;
  };
  try {
    await step('empty', join(folder, 'empty.db'));
    const isThere = (await step('build', file)) && (await step('log', file)) && (await step('kept', file));
    if (isThere) await serviceStarts(folder, file, bounds, figures, failed);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  const { events = 0, deals = 0, payload, from: _, to: __, ...measured } = figures;
  if (measured['disk, MB']) measured['disk, B a byte of JSON'] = (measured['disk, MB'] * 1e6) / payload;
  if (measured['log on disk, MB']) measured['log on disk, B a byte of JSON'] = (measured['log on disk, MB'] * 1e6) / payload;
  if (measured['RSS, MB']) {
    const more = Math.max(0, measured['RSS, MB'] - measured['RSS of an empty desk, MB']) * 1e6;
    measured['memory a deal, B'] = more / deals;
    if (measured['open deals']) measured['memory an open deal, B'] = more / measured['open deals'];
  }
  return {
    asked,
    events,
    deals,
    payloadMB: rounded((payload ?? 0) / 1e6),
    ...machine(),
    bounds,
    figures: Object.fromEntries(Object.entries(measured).map(([name, value]) => [name, rounded(value)])),
    failed,
  };
}

async function serviceStarts(folder, file, { minutes }, figures, failed) {
  try {
    figures['empty service start, ms'] = await startsIn(folder, 'memory:');
    figures['service start, ms'] = await startsIn(folder, `sqlite:${file}`, minutes * 60_000);
    Object.assign(
      figures,
      await askedAsTheConsoleDoes(folder, `sqlite:${file}`, { withinMs: minutes * 60_000, now: new Date() }),
    );
  } catch (error) {
    failed.push({ step: 'service', why: error.message });
  }
}

/** Runs a step and collects its figures; answers why it failed, or null. */
function runStep(args, { memory, minutes }, figures, say) {
  return new Promise((resolve) => {
    const child = fork(join(import.meta.dirname, 'growth-step.mjs'), args, {
      execArgv: ['--expose-gc', `--max-old-space-size=${memory}`],
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    let said = '';
    let why = null;
    let told = 0;
    const end = (reason) => {
      why ??= reason;
      child.kill('SIGKILL');
    };
    child.stderr.on('data', (chunk) => (said = `${said}${chunk}`.slice(-2_000)));
    child.on('message', ({ figure, progress = 0 }) => {
      if (figure) figures[figure[0]] = figure[1];
      if (progress < told + PROGRESS_EVERY) return;
      told = progress;
      say(`  ${count(progress)} written`);
    });
    const clock = setTimeout(() => end(`not done after ${minutes} minutes`), minutes * 60_000);
    const watch = setInterval(() => {
      const rss = residentMB(child.pid);
      if (rss > memory) end(`took ${Math.round(rss)} MB of memory; at most ${memory} were allowed`);
    }, LOOK_EVERY_MS);
    child.once('exit', (code, signal) => {
      clearTimeout(clock);
      clearInterval(watch);
      const outOfMemory = /heap out of memory/i.test(said) ? `ran out of the ${memory} MB allowed` : null;
      const lastWords = said.split('\n').find((line) => /error/i.test(line)) ?? said.trim().split('\n').at(-1);
      resolve(why ?? (code === 0 ? null : (outOfMemory ?? `ended with ${signal ?? code}: ${lastWords}`)));
    });
  });
}

/** The memory of another process, where the system tells it (Linux); elsewhere 0, and the bound on the heap alone holds. */
function residentMB(pid) {
  try {
    return (Number(readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ')[1]) * 4096) / 1e6;
  } catch {
    return 0;
  }
}

export function growthText({ sizes }) {
  return sizes
    .map(({ events, asked, deals, date, cores, cpu, node, figures, failed }) =>
      [
        `${count(events || asked)} events of ${count(deals)} deals; ${date}, ${cores} cores (${cpu}), Node ${node}`,
        ...Object.entries(figures).map(([name, value]) => `  ${name.padEnd(44)} ${count(value)}`),
        ...failed.map(({ step, why }) => `  ${step} failed: ${why}`),
      ].join('\n'),
    )
    .join('\n\n');
}
