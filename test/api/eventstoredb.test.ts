import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import { startEventStoreDb } from '../support/eventstoredb.js';
import { GivenService } from './service.js';

const server = await startEventStoreDb();
const folder = mkdtempSync(join(tmpdir(), 'coxswain-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('a service over EventStoreDB, its read models in SQLite, goes on with its deals after a restart', async () => {
  const environment = {
    COXSWAIN_STORE: server.uri({ prefix: 'desk' }),
    COXSWAIN_READ_MODELS: `sqlite:${join(folder, 'read-models.db')}`,
  };
  const first = await GivenService.start(environment, folder);
  expect((await first.publish()).status).toBe(201);
  const json = { process: 'new-business', id: 'tour-1', facts: { source: 'inbound', fitScore: 80 } };
  expect((await first.post('/v1/opportunities', { as: 'mia', json })).status).toBe(201);
  expect((await first.get('/health/ready', { as: null })).status).toBe(200);
  await first.service.stop();

  const second = await GivenService.start(environment, folder);
  expect((await second.get('/v1/opportunities/tour-1', { as: 'mia' })).body).toMatchObject({
    opportunity: { id: 'tour-1', events: 2 },
  });
  await second.service.stop();
  expect(server.log.some(({ stream }) => stream.startsWith('desk-') && stream.endsWith('tour-1'))).toBe(true);
});
