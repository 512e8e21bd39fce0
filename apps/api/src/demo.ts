import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Logger } from '@nestjs/common';
import type { EventStore } from '@coxswain/event-store';
import type { Actor } from '@coxswain/sales-process';
import type { SalesDesk } from '@coxswain/sales-desk';
import type { Configuration } from './configuration.js';

const OPERATIONS: Actor = { id: 'operations', roles: ['operations'], team: null };

/** Publishes the example processes and loads the demo company, when the store is empty. */
export async function loadDemo(
  desk: SalesDesk,
  store: EventStore,
  { processesDir }: Configuration,
  now: () => Date,
  logger: Logger,
): Promise<void> {
  if ((await store.end()).position !== null) return;
  for (const name of await processFiles(processesDir)) {
    const { published, problems } = await desk.publish(await readFile(join(processesDir, name), 'utf8'), 'yaml', OPERATIONS, {
      note: 'Example',
    });
    if (published) logger.log({ message: `published ${published.id}`, version: published.version });
    else logger.warn({ message: `${name} was not published`, problems });
  }
}

async function processFiles(dir: string): Promise<readonly string[]> {
  return (await readdir(dir)).filter((name) => name.endsWith('.process.yaml')).sort();
}
