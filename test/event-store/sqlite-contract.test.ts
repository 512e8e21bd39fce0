import { openSqliteStore } from '@coxswain/event-store';
import { join } from 'node:path';
import { storeContract } from './contract.js';
import { temporaryFolder } from './folder.js';

storeContract('sqlite', (now) => openSqliteStore(join(temporaryFolder(), 'log.db'), { now }));
