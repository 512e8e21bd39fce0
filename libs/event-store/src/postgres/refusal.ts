import { DISK_FULL } from '../refusals.js';
import { StoreUnavailable } from '../store.js';

/** Error classes of PostgreSQL (the first two signs of its code) and single codes, in words. */
const CAUSES: Readonly<Record<string, readonly [message: string, help: string]>> = {
  '08': ['cannot be reached', 'Check that the server runs and that the address is right.'],
  '28': ['refuses this user', 'Check the user, the password and pg_hba.conf.'],
  '3D000': ['has no such database', 'Make it with "createdb", or correct the address.'],
  '42501': ['does not let this user make or write the tables', 'Grant the user the right to create in the database.'],
  '53100': DISK_FULL,
  '53': ['has run out of something it needs', 'Look into the log of the server.'],
  '57': ['is starting, stopping or has ended the connection', 'Try again in a moment with the same ids.'],
  '58': ['could not read or write its files', 'Look into the log of the server.'],
  '25006': ['takes no writes: it is a standby', 'Name the primary server.'],
  '55P03': ['is kept busy by another process', 'Try again in a moment with the same ids.'],
  '40': ['gave the transaction up', 'Try again in a moment with the same ids.'],
  XX001: ['says that its data is damaged', 'Restore the last backup; keep the damaged one for examination.'],
  XX002: ['says that its data is damaged', 'Restore the last backup; keep the damaged one for examination.'],
};

const NETWORK: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ETIMEDOUT',
  'EPIPE',
  'ENOENT',
]);

/** What to tell the callers: `StoreUnavailable` for what the server or the network refuses, the error itself for anything else. */
export function unavailable(name: string, error: unknown): unknown {
  if (error instanceof StoreUnavailable) return error;
  const code = codeOf(error);
  const cause = CAUSES[code] ?? CAUSES[code.slice(0, 2)] ?? (isConnectionLoss(error) ? CAUSES['08'] : undefined);
  const reason = cause === DISK_FULL ? 'full' : 'unavailable';
  return cause ? new StoreUnavailable(`${name} ${cause[0]}`, cause[1], { cause: error, reason }) : error;
}

/** True when the same work may succeed on another connection a moment later; what was asked may or may not have been done. */
export function isConnectionLoss(error: unknown): boolean {
  const code = codeOf(error);
  if (/^(?:08|57P0[1-5])/.test(code) || NETWORK.has(code)) return true;
  // The driver's own errors have no code.
  return error instanceof Error && code === '' && /connection|timeout|not queryable/i.test(error.message);
}

const codeOf = (error: unknown): string => {
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : '';
  return typeof code === 'string' ? code : '';
};
