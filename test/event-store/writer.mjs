// A process that appends for ever and says which events were acknowledged, one id a line. Usage: node writer.mjs FILE CALLERS
import { openSqliteStore } from '../../libs/event-store/dist/index.js';

const [file, callers] = process.argv.slice(2);
const say = (line) => process.stdout.write(`${line}\n`);

async function call(caller) {
  for (let n = 0; ; n += 1) {
    const id = `${process.pid}-${caller}-${n}`;
    await store.append(
      `stream-${caller}`,
      [{ id, type: 'Noted', data: { n, filling: 'x'.repeat(200) } }],
      n === 0 ? 'no-stream' : n - 1,
    );
    say(id);
  }
}

let store;
try {
  ({ store } = await openSqliteStore(file));
  say('open');
  await Promise.all(Array.from({ length: Number(callers) }, (_, caller) => call(caller)));
} catch (error) {
  say(`refused ${error.name}: ${error.message} | ${error.help}`);
  process.exit(1);
}
