import { test } from '@jest/globals';
import { openPostgresStore } from '@coxswain/event-store';
import { startPostgres } from '../support/postgres.js';
import { storeContract } from './contract.js';

const server = await startPostgres();
let schemas = 0;
const uri = (): string => server!.uri(`contract_${schemas}`);

if (!server) test.skip('PostgreSQL keeps the contract', () => undefined);
else
  storeContract(
    'postgres',
    (now) => {
      schemas += 1;
      return openPostgresStore(uri(), { now });
    },
    () => openPostgresStore(uri()),
  );
