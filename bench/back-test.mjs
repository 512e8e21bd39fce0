/**
 * Rules tried on a real log: the 13,087 applications of a loan company (BPI Challenge 2012) come in through the one door into a SQLite store,
 * and a draft with rules that their process does not have is back-tested over all of them.
 *
 *   npm run bench -- --back-test
 *
 * The log lies in ../shared/data, or where COXSWAIN_SHARED says; it is read in place. Goal: under 60 s and 1 GB.
 */
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const SECONDS = 60;
const MEGABYTES = 1_000;
const OPERATIONS = { id: 'bench', roles: ['operations'], team: null };
const FOLDER = join(import.meta.dirname, '../processes');

export async function measureBackTest({ say }) {
  const log = join(process.env.COXSWAIN_SHARED ?? '../shared', 'data/event-logs/bpic2012.xes.gz');
  if (!existsSync(log)) throw new Error(`the log is not at ${log}: say where the folder with "data" lies with COXSWAIN_SHARED`);
  const folder = mkdtempSync(join(tmpdir(), 'coxswain-back-test-'));
  try {
    say('bringing the log in');
    const brought = await inProcess('import', folder, log);
    say(`${brought.deals.toLocaleString('en')} deals, ${brought.events.toLocaleString('en')} events; trying the draft`);
    const found = await inProcess('try', folder, log);
    const goals = [
      { what: 'seconds', reached: found.seconds, asked: SECONDS, met: found.seconds < SECONDS },
      { what: 'MB of memory at the most', reached: found.megabytes, asked: MEGABYTES, met: found.megabytes < MEGABYTES },
    ];
    return { ...brought, ...found, goals };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Each part in a process of its own, so that the memory of one is not counted for the other. */
async function inProcess(part, folder, log) {
  const child = spawn(process.execPath, [import.meta.filename, part, folder, log], { stdio: ['ignore', 'pipe', 'inherit'] });
  let said = '';
  child.stdout.on('data', (piece) => (said += piece));
  const code = await new Promise((resolve) => child.on('close', resolve));
  if (code !== 0) throw new Error(`the part "${part}" ended with ${code}`);
  return JSON.parse(said);
}

async function opened(folder) {
  const from = (library) => import(pathToFileURL(join(import.meta.dirname, `../libs/${library}/dist/index.js`)).href);
  const [{ openStore }, library] = await Promise.all([from('event-store'), from('sales-desk')]);
  const { store, readModels, close } = await openStore(`sqlite:${folder}/loans.db`);
  const desk = await library.SalesDesk.open({ store, readModels, now: () => new Date() });
  const end = async () => {
    await desk.close();
    await close();
  };
  return { desk, library, end };
}

const file = (name) => readFileSync(join(FOLDER, name), 'utf8');

async function bringIn(folder, log) {
  const { desk, library, end } = await opened(folder);
  const process_ = file('loan-application.process.yaml');
  await desk.publish(process_, 'yaml', OPERATIONS);
  const definition = desk.process('loan-application').definition;
  const { map } = library.readImportMap(file('loan-application.map.yaml'), definition);
  const report = await library.importFile(desk, { file: library.fileSource(log), map, lookups: library.besideFile(log) });
  let events = 0;
  for await (const _ of desk.readAll()) events++;
  await end();
  return { deals: report.deals.stored, events };
}

/**
 * An offer for more than 30,000 goes out only past an underwriter, and an application is accepted only where its amount and its day are known.
 */
function draftOf(text) {
  const changed = text
    .replace(
      'accept:  { to: accepted, by: [adviser] }',
      'accept:  { to: accepted, by: [adviser], needs: [amountRequested, registeredOn] }',
    )
    .replace(
      'sendOffer: { to: offerSent, by: [adviser] }',
      'sendOffer: { to: offerSent, by: [adviser], checks: [{ id: ceiling, when: "deal.amountRequested <= 30000.0", say: "At most 30,000 without an underwriter.", override: { by: [underwriter], reason: required } }] }',
    );
  if (changed.split('\n').length !== text.split('\n').length || changed === text) throw new Error('the draft is not made');
  return changed;
}

async function tryDraft(folder) {
  const { desk, end } = await opened(folder);
  const started = performance.now();
  const outcome = await desk.startBackTest(
    { process: 'loan-application', tried: { file: draftOf(file('loan-application.process.yaml')) } },
    OPERATIONS,
  );
  if (outcome.kind !== 'done') throw new Error(JSON.stringify(outcome));
  const id = outcome.backTest.backTest;
  await desk.backTested(id);
  const seconds = (performance.now() - started) / 1_000;
  const { result, state } = desk.backTest(id);
  if (state !== 'finished') throw new Error(`it is ${state}`);
  await end();
  const megabytes = Math.round(process.resourceUsage().maxRSS / 1_024);
  const rules = result.rules.map(({ rule, deals, later, waits }) => ({
    rule: `${rule.from} > ${rule.to}: ${rule.id}`,
    stops: deals,
    won: later.won.deals,
    lost: later.lost.deals,
    open: later.open.deals,
    waits,
  }));
  return { seconds, megabytes, steps: result.steps, stopped: result.stopped.count, rules };
}

export function backTestText({ deals, events, steps, stopped, seconds, megabytes, rules, goals }) {
  const lines = rules.map(
    ({ rule, stops, won, lost, open }) => `  ${rule}: stops ${stops}; later won ${won}, lost ${lost}, open ${open}`,
  );
  return [
    `${deals.toLocaleString('en')} deals, ${events.toLocaleString('en')} events, ${steps.toLocaleString('en')} steps tried in ${seconds.toFixed(1)} s with ${megabytes} MB at the most`,
    `stopped at least once: ${stopped.toLocaleString('en')} deals`,
    ...lines,
    ...goals.map(
      ({ what, reached, asked, met }) =>
        `${what}: ${Math.round(reached * 10) / 10}, asked under ${asked}: ${met ? 'met' : 'not met'}`,
    ),
  ].join('\n');
}

if (process.argv[1] === import.meta.filename) {
  const [, , part, folder, log] = process.argv;
  console.log(JSON.stringify(part === 'import' ? await bringIn(folder, log) : await tryDraft(folder)));
}
