import { join } from 'node:path';
import type { StoredEvent } from '@coxswain/event-store';
import { acknowledgedBy, restore, WatchedFolder } from './disk.js';
import { gaps } from './ledger.js';
import { logAt } from './power-loss.js';
import { dice } from './service.js';

export interface FailingDiskReport {
  readonly runs: number;
  /** Runs whose fault came, and runs whose callers heard of it. */
  readonly faults: number;
  readonly refusals: number;
  readonly acknowledged: number;
  readonly wrong: readonly string[];
}

export interface Fault {
  readonly kind: 'write' | 'sync';
  readonly number: number;
  readonly code: 'EIO' | 'ENOSPC';
  /** Counted from where the store is open, or from where it begins to open. */
  readonly onceOpen: boolean;
  /** Only files whose name ends so are counted. */
  readonly of?: string;
}

/** All faults with these numbers. */
export function faults(numbers: readonly number[]): Fault[] {
  return numbers.flatMap((number) =>
    (['write', 'sync'] as const).flatMap((kind) =>
      (['EIO', 'ENOSPC'] as const).flatMap((code) => [true, false].map((onceOpen) => ({ kind, number, code, onceOpen }))),
    ),
  );
}

/** Runs the built store over a disk on which one write or one flush fails, for each fault, and compares what was acknowledged with what is there. */
export async function failDisk(library: string, list: readonly Fault[], { appends = 200 } = {}): Promise<FailingDiskReport> {
  const wrong: string[] = [];
  const check = (said: string, acknowledged: readonly string[], log: readonly StoredEvent[]): void => {
    const there = new Set(log.map(({ id }) => id));
    const missing = acknowledged.filter((id) => !there.has(id));
    if (missing.length > 0) wrong.push(`${said}: ${missing.length} of ${acknowledged.length} acknowledged events are not there`);
    wrong.push(...gaps(log).map((gap) => `${said}: ${gap}`));
  };
  let came = 0;
  let refusals = 0;
  let acknowledgedInAll = 0;
  for (const { kind, number, code, onceOpen, of } of list) {
    const watched = new WatchedFolder(library);
    try {
      const said = `${kind} ${number} of ${of ?? 'all files'} ${onceOpen ? 'once open' : 'from the start'} fails with ${code}`;
      const ended = await watched.write({
        callers: 4,
        appends,
        fail: `${kind}:${number}:${code}`,
        onceOpen,
        ...(of !== undefined && { of }),
      });
      const changes = watched.journal();
      const { acknowledged, refused } = acknowledgedBy(changes, changes.length);
      acknowledgedInAll += acknowledged.length;
      const failedAt = changes.findIndex(({ kind: what }) => what === 'L');
      if (changes.some(({ kind: what }) => what === 'L' || what === 'F')) came += 1;
      if (refused.length > 0) refusals += 1;
      if (ended === null || ![0, 3, 4].includes(ended)) wrong.push(`${said}: the process ended with ${ended}`);
      for (const line of refused) if (!line.includes('StoreUnavailable')) wrong.push(`${said}: ${line}`);
      // Where a checkpoint could not be flushed the log beside the file still holds everything, so there the writer may go on.
      if (changes[failedAt]?.name === 'log.db-wal') {
        const later = changes.slice(failedAt + 1).filter(({ kind: what, name }) => what === 'W' && /\.db(-wal)?$/.test(name));
        if (later.length > 0) wrong.push(`${said}: ${later.length} writes after the flush of ${changes[failedAt].name} failed`);
      }
      check(`${said}, after a restart`, acknowledged, await logAt(watched.file, true));
      // As after a power loss at the very end and at some moments before: what a failed flush left behind is gone then.
      const roll = dice(number);
      const moments = [
        changes.length,
        ...Array.from({ length: 3 }, () =>
          Math.floor((failedAt < 0 ? 0 : failedAt) + roll() * (changes.length - Math.max(failedAt, 0))),
        ),
      ];
      for (const [image, moment] of moments.entries()) {
        const folder = join(watched.folder, `image-${image}`);
        restore(changes, moment, { of: image % 2 === 0 ? 'all' : 'some', sectorBytes: 4096, dice: roll }, folder);
        const before = acknowledgedBy(changes, moment).acknowledged;
        check(
          `${said}, after a power loss before change ${moment} of ${changes.length}`,
          before,
          await logAt(join(folder, 'log.db'), true),
        );
      }
    } catch (error) {
      wrong.push(`${kind} ${number} ${code}: ${String(error)}`);
    } finally {
      watched.remove();
    }
  }
  return { runs: list.length, faults: came, refusals, acknowledged: acknowledgedInAll, wrong };
}
