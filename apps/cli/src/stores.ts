import { existsSync } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { copyLog, openStore, type CopyReport } from '@coxswain/event-store';
import { progress } from './progress.js';
import { CannotDo, type Terminal } from './terminal.js';
import { count, counted } from './words.js';

/** A copy is of the log: where a store keeps its read models elsewhere, none are wanted. */
const LOG_ALONE = { readModels: 'memory:' };

/** Copies the log of one store into another, each named as COXSWAIN_STORE names it. The first is only read, also beside a running service. */
export async function copyStore(from: string, to: string, terminal: Terminal): Promise<CopyReport> {
  if (from === to) throw new CannotDo('Both stores are the same.', 'Name another store to copy to.');
  const source = await openStore(from, { readOnly: true, ...LOG_ALONE });
  try {
    const target = await openStore(to, LOG_ALONE);
    const shown = { copied: progress('events copied', terminal), compared: progress('events compared', terminal) };
    try {
      return await copyLog(source.store, target.store, (what, events) => shown[what].at(events, null));
    } finally {
      shown.copied.stop();
      shown.compared.stop();
      await target.close();
    }
  } finally {
    await source.close();
  }
}

/** Copies the log into a SQLite file of its own, which is there whole or not at all. */
export async function backUp(from: string, file: string, terminal: Terminal): Promise<CopyReport> {
  if (existsSync(file)) throw new CannotDo(`${file} is there already.`, 'Name a new file; a backup never overwrites another.');
  const draft = `${file}.part`;
  const leftovers = ['', '-wal', '-shm', '.lock'].map((end) => `${draft}${end}`);
  const remove = async (): Promise<void> => {
    for (const one of leftovers) await rm(one, { force: true });
  };
  await remove();
  try {
    const report = await copyStore(from, `sqlite:${draft}`, terminal);
    await rename(draft, file);
    return report;
  } finally {
    await remove();
  }
}

/** Brings a backup into an empty store, or goes on with a restore that was interrupted. */
export function restore(file: string, to: string, terminal: Terminal): Promise<CopyReport> {
  if (!existsSync(file)) throw new CannotDo(`${file} is not there.`, 'Name the file that "coxswain store backup" has written.');
  return copyStore(`sqlite:${file}`, to, terminal);
}

export function copyText({ events, alreadyThere }: CopyReport, to: string): string {
  const before = alreadyThere > 0 ? `, ${count(alreadyThere)} of them there before` : '';
  return `${counted(events, 'event')} of the log in ${to}${before}; all compared, all the same.`;
}
