import { StoreUnavailable } from './store.js';

export function closedStore(name: string): StoreUnavailable {
  return new StoreUnavailable(`${name} is closed`, 'Open it again.');
}

export function movedOn(projection: string): StoreUnavailable {
  return new StoreUnavailable(`the read model "${projection}" moved on while it was read`, 'Load it again.');
}

export function doesNotContinue(name: string): RangeError {
  return new RangeError(`what is to be adopted does not continue ${name}`);
}
