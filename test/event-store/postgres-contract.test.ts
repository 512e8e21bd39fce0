import { openPostgresStore } from '@coxswain/event-store';
import { startPostgres } from '../support/postgres.js';
import { storeContract } from './contract.js';

const server = await startPostgres();

storeContract('postgres', (now) => openPostgresStore(server.uri(), { now }));
