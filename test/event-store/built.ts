import { existsSync } from 'node:fs';
import { join } from 'node:path';

const FILE = join(import.meta.dirname, '../../libs/event-store/dist/index.js');

/** Whether the library is built, as `npm test` does first; says loudly when it is not. */
export const isBuilt = existsSync(FILE);
if (!isBuilt)
  console.warn('SKIPPED: the tests of the built event store, because libs/event-store/dist is missing (npm run build)');

/** The library as it is shipped: with its writer in a thread of its own. */
export async function builtLibrary(): Promise<typeof import('@coxswain/event-store')> {
  return (await import(FILE)) as typeof import('@coxswain/event-store');
}
