import { openEventStoreDb, openMemoryStore, type OpenStore } from '@coxswain/event-store';
import { startEventStoreDb } from '../support/eventstoredb.js';
import { storeContract, type Lesser } from './contract.js';

const LESSER: Lesser = { idsAcrossStreams: false, askedOrder: false, eventsOfWriter: 1_000 };

const open = (uri: string, now?: () => Date): Promise<OpenStore> =>
  openEventStoreDb(uri, { keeping: openMemoryStore(now ? { now } : {}) });

const server = await startEventStoreDb();
let uri = '';

storeContract(
  'eventstoredb, a stand-in for the server',
  (now) => {
    server.forget();
    server.now = now;
    uri = server.uri();
    return open(uri, now);
  },
  () => open(uri),
  LESSER,
);

const real = process.env.ESDB_URL;
if (real === undefined)
  console.warn('SKIPPED: the contract against a real EventStoreDB or KurrentDB, because ESDB_URL does not name one');
else {
  let prefixes = 0;
  const run = Date.now().toString(36);
  storeContract(
    'eventstoredb, a real server',
    () => {
      prefixes += 1;
      uri = `${real}${real.includes('?') ? '&' : '?'}prefix=c${run}_${prefixes}`;
      return open(uri);
    },
    () => open(uri),
    { ...LESSER, givenClock: false },
  );
}
