import { openSqliteStore } from '@coxswain/event-store';
import { join } from 'node:path';
import { builtLibrary, isBuilt } from './built.js';
import { storeContract } from './contract.js';
import { temporaryFolder } from './folder.js';

storeContract('sqlite', (now) => openSqliteStore(join(temporaryFolder(), 'log.db'), { now }));

if (isBuilt) {
  const built = await builtLibrary();
  storeContract('sqlite with its writer in a thread', (now) => built.openSqliteStore(join(temporaryFolder(), 'log.db'), { now }));
}
