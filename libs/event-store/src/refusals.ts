import { StoreUnavailable } from './store.js';

/** What is wrong, and what would help, where there is no space to write. */
export const DISK_FULL = [
  'cannot grow: the disk is full',
  'Free some space; the store goes on by itself, no restart is needed.',
] as const;

/** Whether the machine says that there is no space, or none left for this user. */
export const saysFull = (error: unknown): boolean =>
  ['ENOSPC', 'EDQUOT'].includes((error as NodeJS.ErrnoException | null)?.code ?? '');

export function closedStore(name: string): StoreUnavailable {
  return new StoreUnavailable(`${name} is closed`, 'Open it again.');
}

export function movedOn(projection: string): StoreUnavailable {
  return new StoreUnavailable(`the read model "${projection}" moved on while it was read`, 'Load it again.');
}

export function doesNotContinue(name: string): RangeError {
  return new RangeError(`what is to be adopted does not continue ${name}`);
}
