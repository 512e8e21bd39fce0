import { openEventStoreDb, openMemoryStore } from '@coxswain/event-store';
import { startEventStoreDb } from '../support/eventstoredb.js';
import { storeContract } from './contract.js';

const server = await startEventStoreDb();
let uri = '';

storeContract(
  'eventstoredb stand-in',
  (now) => {
    server.now = now;
    uri = server.uri();
    return openEventStoreDb(uri, { keeping: openMemoryStore({ now }) });
  },
  () => openEventStoreDb(uri, { keeping: openMemoryStore() }),
);
