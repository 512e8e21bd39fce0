/** The rounds: every case and every anchor and peer beside it, one after the other, again and again, so that a noisy machine disturbs all alike. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { rawRate } from './anchors.mjs';
import { castoreInMemory, castoreInPostgres } from './castore.mjs';
import { LONG_DEAL, longDeal, pastDeals } from './desk.mjs';
import { emmettAsItComes, emmettBytes, emmettOnOneConnection, emmettRehydrates } from './emmett.mjs';
import { startPostgres } from './postgres.mjs';
import { Rates } from './rates.mjs';
import { startServices, startsIn, stopServices } from './service.mjs';
import { storeRates } from './store.mjs';

/** Runs them; `why` says of what did not run why not. */
export async function runRounds({ rounds, seconds, say }) {
  const rates = new Rates();
  const folder = mkdtempSync(join(tmpdir(), 'coxswain-bench-'));
  const postgres = await startPostgres();
  try {
    const service = await startServices(folder);
    const castore = postgres.uri === null ? null : await castoreInPostgres(postgres.uri);
    for (let round = 1; round <= rounds; round += 1) {
      say(`round ${round} of ${rounds}`);
      const file = (name) => join(folder, `${name}-${round}.db`);
      rates.note('A1', rawRate(file('a1'), 1, seconds));
      rates.note('A2', rawRate(file('a2'), 256, seconds));
      rates.note('A3', await service.nothing(seconds));
      rates.note('single', await service.single(seconds));
      rates.note('batch', await service.batch(seconds));
      rates.note('A4', await emmettAsItComes(file('a4'), seconds));
      rates.note('A5', await emmettOnOneConnection(file('a5'), seconds));
      if (castore) rates.note('A7', await castore.commands(seconds));
      rates.note('castore in memory', await castoreInMemory().commands(seconds));
      for (const [name, rate] of Object.entries(await storeRates({ seconds: seconds / 2, folder }))) rates.note(name, rate);

      const past = await pastDeals(file('past'));
      rates.note('import', past.importedASecond);
      rates.note('rebuild', past.rebuiltASecond);
      rates.note('storage', past.bytesForAByte);
      rates.note('storage, emmett', (await emmettBytes(file('emmett'), past.streams)) / past.payload);

      const { read, folded, cached } = await longDeal(file('long'));
      rates.note('read 1,000', read);
      rates.note('rehydrate 1,000', folded);
      rates.note('cached 1,000', cached);
      rates.note('rehydrate 1,000, emmett', await emmettRehydrates(file('emmett-long'), LONG_DEAL));
      if (castore) rates.note('rehydrate 1,000, castore', await castore.rehydrates(LONG_DEAL));
    }
    stopServices();
    for (let round = 1; round <= rounds; round += 1) {
      rates.note('start, empty', await startsIn(folder, 'memory:'));
      rates.note('start, with deals', await startsIn(folder, `sqlite:${join(folder, `past-${rounds}.db`)}`));
    }
    return { rates, why: postgres.why === null ? {} : { A7: postgres.why } };
  } finally {
    stopServices();
    await postgres.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}
