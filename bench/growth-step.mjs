/**
 * One step of a growth run, in a process of its own: node growth-step.mjs STEP FILE EVENTS. Each figure goes to the parent as soon as it is known,
 * so that what was measured stays when the step runs out of memory or time.
 */
import { statSync } from 'node:fs';
import { setTimeout as after } from 'node:timers/promises';
import { openStore } from '@coxswain/event-store';
import { SalesDesk } from '@coxswain/sales-desk';
import { writeCompany } from './company.mjs';
import { operations } from './desk.mjs';
import { quantile } from './rates.mjs';

const PROCESS = 'new-business';
const MEASURES = ['pipeline', 'conversion', 'cycle-time', 'forecast', 'scorecard', 'adherence', 'sources'];
const MB = 1_000_000;
/** Samples of one case: so many, or as many as these seconds give, but not fewer than three. */
const SAMPLES = 200;
const SECONDS_A_CASE = 8;
const SAMPLES_LEAST = 3;
const ROUNDS_BESIDE = 9;
const COMMANDS = 200;
const COMMAND_EVERY_MS = 20;

const [step, file, events] = process.argv.slice(2);
const figure = (name, value) => process.send({ figure: [name, value] });
const now = () => new Date();

const STEPS = {
  /** What a process with an empty desk takes. */
  async empty() {
    const { close } = await openDesk();
    await settled();
    figure('RSS of an empty desk, MB', process.memoryUsage().rss / MB);
    await close();
  },

  /** The log alone. */
  async build() {
    const opened = await openStore(`sqlite:${file}`);
    const started = performance.now();
    const written = await writeCompany(opened.store, Number(events), { onProgress: (done) => process.send({ progress: done }) });
    for (const [name, value] of Object.entries(written)) figure(name, value);
    figure('log written, s', (performance.now() - started) / 1000);
    await opened.close();
    figure('log on disk, MB', statSync(file).size / MB);
  },

  /** From the log alone to every figure; before it, what reading and parsing that log takes. */
  async log() {
    const opened = await openStore(`sqlite:${file}`);
    const scanning = performance.now();
    for await (const _ of opened.store.readAll());
    figure('scan, s', (performance.now() - scanning) / 1000);
    const started = performance.now();
    const desk = await SalesDesk.open({ ...opened, now });
    figure('open from log, s', (performance.now() - started) / 1000);
    figure('RSS at most while folding, MB', (process.resourceUsage().maxRSS * 1024) / MB);
    const closing = performance.now();
    await desk.close();
    figure('close, s', (performance.now() - closing) / 1000);
    await opened.close();
    figure('disk, MB', statSync(file).size / MB);
  },

  /** From what is kept; then every question, while commands run. */
  async kept() {
    const started = performance.now();
    const { desk, store, close } = await openDesk();
    figure('open kept, s', (performance.now() - started) / 1000);
    await settled();
    figure('RSS, MB', process.memoryUsage().rss / MB);
    figure('RSS at most when opening, MB', (process.resourceUsage().maxRSS * 1024) / MB);
    const { ready } = await desk.readiness();
    if (!ready) throw new Error('the desk is not ready');

    // The first question of all: nothing is compiled yet, and nothing remembered.
    figure('scorecard, asked first, s', (await timed(() => desk.measure('scorecard', { process: PROCESS }))) / 1000);

    const deals = desk.board({ process: PROCESS, limit: 500 }).items.map(({ id }) => id);
    const dice = diceOf(7);
    const command = () =>
      desk.command(deals[Math.floor(dice() * deals.length)], { type: 'LogActivity', kind: 'call' }, { actor: operations });
    const commands = [];
    for (let n = 0; n < COMMANDS; n += 1) commands.push(await timed(command));
    told('command', commands);

    const [first, last] = await ends(store);
    const past = () => new Date(first + (0.1 + 0.9 * dice()) * (last - first)).toISOString();
    const done = new AbortController();
    const commanding = (async () => {
      while (!done.signal.aborted) await Promise.all([command(), after(COMMAND_EVERY_MS)]);
    })();
    const { stage, owner } = desk.board({ process: PROCESS, limit: 1 }).items[0];
    told('board', await sampled(() => desk.board({ process: PROCESS })));
    told('board, filtered', await sampled(() => desk.board({ process: PROCESS, stage, owner })));
    for (const name of MEASURES) {
      told(`measure ${name} as of now`, await sampled(() => desk.measure(name, { process: PROCESS })));
      told(`measure ${name} as of past`, await sampled(() => desk.measure(name, { process: PROCESS, asOf: past() })));
    }
    done.abort();
    await commanding;
    await besidePipeline(desk);
    await settled();
    figure('RSS after all questions, MB', process.memoryUsage().rss / MB);
    const { groups } = desk.measure('pipeline', { process: PROCESS });
    figure(
      'open deals',
      groups.reduce((sum, { open }) => sum + open, 0),
    );
    await close();
  },
};

/**
 * What a scorecard of six months costs beside one reading of every deal, which the pipeline is: asked in turn, so that whatever else the machine does
 * weighs on both.
 */
async function besidePipeline(desk) {
  const ratios = [];
  for (let round = 0; round < ROUNDS_BESIDE; round += 1) {
    const pipeline = await timed(() => desk.measure('pipeline', { process: PROCESS }));
    const scorecard = await timed(() => desk.measure('scorecard', { process: PROCESS }));
    ratios.push(scorecard / pipeline);
  }
  figure('scorecard, beside the pipeline', quantile(ratios, 0.5));
}

async function openDesk() {
  const opened = await openStore(`sqlite:${file}`);
  const desk = await SalesDesk.open({ ...opened, now });
  return { desk, store: opened.store, close: async () => (await desk.close(), await opened.close()) };
}

/** What is left over from opening is collected first. */
async function settled() {
  for (let n = 0; n < 3; n += 1) {
    globalThis.gc?.();
    await after(200);
  }
}

/** When the first and the last event were recorded. */
async function ends(store) {
  for await (const { recordedAt } of store.readAll({ limit: 1 }))
    return [Date.parse(recordedAt), Date.parse((await store.end()).recordedAt)];
  throw new Error('the log is empty');
}

async function timed(work) {
  const started = performance.now();
  const answer = await work();
  const ms = performance.now() - started;
  if (answer && 'kind' in answer) throw new Error(`a command was answered with ${JSON.stringify(answer).slice(0, 200)}`);
  return ms;
}

async function sampled(work) {
  const until = performance.now() + SECONDS_A_CASE * 1000;
  const all = [];
  while (all.length < SAMPLES && (all.length < SAMPLES_LEAST || performance.now() < until)) {
    all.push(await timed(work));
    await after(2);
  }
  return all;
}

function told(name, milliseconds) {
  figure(`${name}, p50 ms`, quantile(milliseconds, 0.5));
  figure(`${name}, p99 ms`, quantile(milliseconds, 0.99));
  figure(`${name}, samples`, milliseconds.length);
}

/** The same numbers from 0 to 1 in every run. */
function diceOf(seed) {
  let state = seed;
  return () => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647;
}

await STEPS[step]();
process.disconnect();
