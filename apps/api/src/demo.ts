import { existsSync } from 'node:fs';
import { copyFile, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Logger } from '@nestjs/common';
import { openStore, type OpenStore } from '@coxswain/event-store';
import { loadDemoCompany, SalesDesk } from '@coxswain/sales-desk';
import { firstValueFrom } from 'rxjs';
import type { Configuration } from './configuration.js';

const PROGRESS_EVERY_DAYS = 100;

/**
 * Opens the store; where the demo is asked for and the store is new or empty, with the demo company in it.
 * A new SQLite file is filled under another name and renamed when it is whole, so that a start cut short leaves no half a company.
 */
export async function openWithDemo(configuration: Configuration, now: () => Date, logger: Logger): Promise<OpenStore> {
  let clock: Date | null = null;
  const options = { now: () => clock ?? now(), readModels: configuration.readModels ?? undefined };
  const setClock = (instant: Date | null): void => void (clock = instant);

  const file = /^sqlite:(.+)$/.exec(configuration.store)?.[1];
  if (configuration.demo && file !== undefined && !existsSync(file)) {
    const aside = `${file}.loading`;
    await removeStore(aside);
    // With read models of its own: those that are kept elsewhere are of the log that the file will be.
    const filling = await openStore(`sqlite:${aside}`, { now: options.now });
    try {
      await fill(filling, configuration, setClock, options.now, logger);
    } finally {
      await filling.close();
    }
    await putInPlace(aside, file);
    return openStore(configuration.store, options);
  }

  const open = await openStore(configuration.store, options);
  if (configuration.demo && (await firstValueFrom(open.leading)) && (await open.store.end()).position === null)
    await fill(open, configuration, setClock, options.now, logger);
  return open;
}

/** Gives the filled store its name. A copy is renamed, not the file itself, which this process may still hold open under its first name. */
async function putInPlace(aside: string, file: string): Promise<void> {
  const unwritten = await stat(`${aside}-wal`).catch(() => null);
  if (unwritten !== null && unwritten.size > 0) throw new Error(`${aside} was closed before everything was written to it`);
  await copyFile(aside, `${aside}.whole`);
  await rename(`${aside}.whole`, file);
  await removeStore(aside);
}

const removeStore = async (file: string): Promise<void> => {
  for (const end of ['', '-wal', '-shm', '.lock', '.lock-journal', '.whole']) await rm(`${file}${end}`, { force: true });
};

async function fill(
  { store, readModels }: OpenStore,
  { processesDir }: Configuration,
  setClock: (instant: Date | null) => void,
  now: () => Date,
  logger: Logger,
): Promise<void> {
  const until = now();
  const desk = await SalesDesk.open({ store, readModels, now });
  try {
    logger.log({ message: 'loading the demo company: 18 months of selling' });
    const { deals } = await loadDemoCompany(desk, {
      setClock,
      processFiles: await processFiles(processesDir),
      until,
      onProgress: (day, of) => {
        if (day % PROGRESS_EVERY_DAYS === 0) logger.log({ message: `loading the demo company: day ${day} of ${of}` });
      },
    });
    logger.log({ message: 'the demo company is loaded', deals });
  } finally {
    await desk.close();
  }
}

async function processFiles(dir: string): Promise<readonly string[]> {
  const names = (await readdir(dir)).filter((name) => name.endsWith('.process.yaml')).sort();
  return Promise.all(names.map((name) => readFile(join(dir, name), 'utf8')));
}
