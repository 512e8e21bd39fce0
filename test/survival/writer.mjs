// A process that appends so many lists of events through the built store, and writes down each acknowledged id. After a refusal it asks the
// same again, three times at most. Usage: node writer.mjs FILE CALLERS APPENDS; beside FILE it makes FILE.acks and, once open, FILE.opened.
import { openSync, writeFileSync, writeSync } from 'node:fs';
import { openSqliteStore } from '../../libs/event-store/dist/index.js';

const [file, callers, appends] = process.argv.slice(2);
const acks = openSync(`${file}.acks`, 'a');
const say = (...lines) => writeSync(acks, `${lines.join('\n')}\n`);
let left = Number(appends);

async function call(caller) {
  for (let n = 0, revision = -1; left-- > 0; n += 1) {
    const count = 1 + ((n + caller) % 3);
    const list = Array.from({ length: count }, (_, index) => ({
      id: `${caller}-${n}-${index}`,
      type: 'Noted',
      data: { n, filling: 'x'.repeat(200 + ((n * 37) % 300)) },
    }));
    await patiently(() => store.append(`stream-${caller}`, list, revision < 0 ? 'no-stream' : revision));
    say(...list.map(({ id }) => id));
    revision += count;
    if (n % 10 === 0) {
      const { position } = await store.end();
      await patiently(() => readModels.commit([{ projection: `p${caller}`, shape: '1', position, rows: new Map([['row', n]]) }]));
    }
  }
}

async function patiently(work) {
  for (let tries = 0; ; tries += 1) {
    try {
      return await work();
    } catch (error) {
      say(`refused ${error.name}: ${error.message}`);
      if (tries === 3) throw error;
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
  }
}

let store;
let readModels;
let close = async () => undefined;
try {
  ({ store, readModels, close } = await openSqliteStore(file));
  writeFileSync(`${file}.opened`, '');
  const results = await Promise.allSettled(Array.from({ length: Number(callers) }, (_, caller) => call(caller)));
  if (results.some(({ status }) => status === 'rejected')) process.exitCode = 3;
} catch (error) {
  say(`refused ${error.name}: ${error.message}`);
  process.exitCode = 4;
} finally {
  await close().catch((error) => say(`refused at the end ${error.name}: ${error.message}`));
}
