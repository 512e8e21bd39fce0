import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { openSqliteStore, type StoredEvent } from '@coxswain/event-store';
import { collect } from '../event-store/log.js';
import { acknowledgedBy, restore, WatchedFolder, type Loss } from './disk.js';
import { gaps } from './ledger.js';
import { dice } from './service.js';

export interface PowerLossReport {
  readonly images: number;
  /** Changes and flushes that the run wrote down. */
  readonly changes: number;
  readonly checkpoints: number;
  readonly acknowledgedInAll: number;
  /** Over all images: acknowledgements given before the power went. */
  readonly acknowledgementsChecked: number;
  /** Images that held more than what was acknowledged: steps written, but not yet answered. */
  readonly imagesWithMore: number;
  readonly wrong: readonly string[];
  /** Acknowledged events that an image lacks, over all images. */
  readonly lost: number;
}

/** The changes that make a new file are about so many. */
const FIRST_CHANGES = 60;

const LOSSES: readonly Pick<Loss, 'of' | 'sectorBytes'>[] = [
  { of: 'all', sectorBytes: 4096 },
  { of: 'some', sectorBytes: 512 },
  { of: 'some', sectorBytes: 4096 },
  { of: 'none', sectorBytes: 4096 },
];

/** Runs the built store once under the shim, then rebuilds the disk as of so many moments and opens each. */
export async function losePower(
  library: string,
  settings: {
    readonly images: number;
    readonly callers: number;
    readonly appends: number;
    readonly seed: number;
    readonly pretend?: string;
  },
): Promise<PowerLossReport> {
  const watched = new WatchedFolder(library);
  const roll = dice(settings.seed);
  const wrong: string[] = [];
  let acknowledgementsChecked = 0;
  let imagesWithMore = 0;
  let lost = 0;
  try {
    const code = await watched.write(settings);
    if (code !== 0) wrong.push(`the writer ended with ${code}`);
    const changes = watched.journal();
    const whole = await logAt(watched.file);
    const inCheckpoints = changes.flatMap(({ kind, name }, at) => (kind === 'W' && name === 'log.db' ? [at] : []));
    for (let image = 0; image < settings.images; image += 1) {
      // Of five moments one lies where the file is made, and one where a checkpoint writes it.
      const moment =
        image % 5 === 4
          ? 1 + Math.floor(roll() * Math.min(FIRST_CHANGES, changes.length))
          : image % 5 === 3
            ? inCheckpoints[Math.floor(roll() * inCheckpoints.length)]! + 1
            : 1 + Math.floor(roll() * changes.length);
      const loss = LOSSES[image % LOSSES.length]!;
      const folder = join(watched.folder, `image-${image}`);
      restore(changes, moment, { ...loss, dice: roll }, folder);
      const { acknowledged } = acknowledgedBy(changes, moment);
      acknowledgementsChecked += acknowledged.length;
      const said = `image ${image}, before change ${moment}, ${loss.of} lost at ${loss.sectorBytes}`;
      try {
        const log = await logAt(join(folder, 'log.db'), true);
        const there = new Set(log.map(({ id }) => id));
        const missing = acknowledged.filter((id) => !there.has(id));
        lost += missing.length;
        if (missing.length > 0) wrong.push(`${said}: ${missing.length} acknowledged events are lost`);
        if (log.some((event, at) => JSON.stringify(event) !== JSON.stringify(whole[at])))
          wrong.push(`${said}: not a beginning of the log`);
        const [caller = 0, n = 0, index = 0] = log.at(-1)?.id.split('-').map(Number) ?? [];
        if (log.length > 0 && index !== (n + caller) % 3) wrong.push(`${said}: half an append`);
        wrong.push(...gaps(log).map((gap) => `${said}: ${gap}`));
        if (log.length > acknowledged.length) imagesWithMore += 1;
      } catch (error) {
        lost += acknowledged.length;
        wrong.push(`${said}: ${String(error)}`);
      }
      rmSync(folder, { recursive: true, force: true });
    }
    return {
      images: settings.images,
      changes: changes.length,
      checkpoints: changes.filter(({ kind, name }) => kind === 'S' && name === 'log.db').length,
      acknowledgedInAll: acknowledgedBy(changes, changes.length).acknowledged.length,
      acknowledgementsChecked,
      imagesWithMore,
      wrong,
      lost,
    };
  } finally {
    watched.remove();
  }
}

/** The log of a file as the store opens it; with `goOn` it must also take one more event. */
export async function logAt(file: string, goOn = false): Promise<readonly StoredEvent[]> {
  const { store, close } = await openSqliteStore(file);
  try {
    const log = await collect(store.readAll());
    if (goOn) {
      const result = await store.append('after', [{ id: 'after', type: 'Noted', data: {} }], 'no-stream');
      if (result.outcome !== 'appended') throw new Error('the store does not go on');
    }
    return log;
  } finally {
    await close();
  }
}
