import { ErrorType } from '@eventstore/db-client';
import { StoreUnavailable } from '../store.js';

/** Nothing was heard from the server within our own time. */
export class NoAnswer extends Error {
  override readonly name = 'NoAnswer';
}

const AGAIN = 'Try again in a moment with the same ids.';

/** gRPC status codes, and the kinds of errors that the client names, in words. */
const CAUSES: Readonly<Record<string, readonly [message: string, help: string]>> = {
  [ErrorType.ACCESS_DENIED]: [
    'refuses this user',
    'Check the user and the password; the user needs the rights to write its streams and to read $all.',
  ],
  [ErrorType.STREAM_DELETED]: ['has the stream marked as deleted', 'Streams of Coxswain must not be deleted on the server.'],
  [ErrorType.UNAVAILABLE]: [
    'cannot be reached, or is busy or not ready',
    `Check that the server runs and that the address is right. ${AGAIN}`,
  ],
  [ErrorType.NOT_LEADER]: ['has another leader now', AGAIN],
  [ErrorType.TIMEOUT]: ['did not get the write done in time', AGAIN],
  [ErrorType.DEADLINE_EXCEEDED]: ['did not answer in time', AGAIN],
  [ErrorType.CANCELLED]: ['broke the call off', AGAIN],
  [ErrorType.UNKNOWN]: ['is busy, not ready or in trouble', `Look into the log of the server. ${AGAIN}`],
};
const BY_STATUS: Readonly<Record<number, ErrorType>> = {
  1: ErrorType.CANCELLED,
  2: ErrorType.UNKNOWN,
  4: ErrorType.DEADLINE_EXCEEDED,
  7: ErrorType.ACCESS_DENIED,
  10: ErrorType.TIMEOUT,
  14: ErrorType.UNAVAILABLE,
  16: ErrorType.ACCESS_DENIED,
};

/** What kind of refusal this is, in the client's words; `null` for errors that it does not know. */
function kindOf(error: unknown): ErrorType | null {
  if (error instanceof NoAnswer) return ErrorType.DEADLINE_EXCEEDED;
  const { type, code } = (typeof error === 'object' && error !== null ? error : {}) as { type?: unknown; code?: unknown };
  const byStatus = typeof code === 'number' ? BY_STATUS[code] : undefined;
  // The client takes refusals it cannot read for "unknown", whatever their status.
  const known = Object.values(ErrorType).find((one): boolean => one === (type as ErrorType)) ?? null;
  return known !== null && known !== ErrorType.UNKNOWN ? known : (byStatus ?? known);
}

/** True where the stream stands elsewhere than was expected: an answer, nothing was written. */
export const isOtherRevision = (error: unknown): boolean => kindOf(error) === ErrorType.WRONG_EXPECTED_VERSION;

export const isNoStream = (error: unknown): boolean => kindOf(error) === ErrorType.STREAM_NOT_FOUND;

/** True where asking again cannot help. After any other error it is unknown whether an append was done. */
export function isFinal(error: unknown): boolean {
  const kind = kindOf(error);
  return (
    error instanceof RangeError ||
    error instanceof StoreUnavailable ||
    kind === ErrorType.ACCESS_DENIED ||
    kind === ErrorType.STREAM_DELETED ||
    kind === ErrorType.MAXIMUM_APPEND_SIZE_EXCEEDED ||
    kind === ErrorType.INVALID_ARGUMENT
  );
}

/** What to tell the callers. No message of the server or the client is repeated: it may hold what was sent. */
export function refusalOf(name: string, error: unknown): Error {
  if (error instanceof StoreUnavailable || error instanceof RangeError) return error;
  const kind = kindOf(error) ?? ErrorType.UNAVAILABLE;
  if (kind === ErrorType.MAXIMUM_APPEND_SIZE_EXCEEDED)
    return new RangeError(
      `${name} takes less in one append: start the server with --max-append-size 4194304 to make full use of the limit of 1 MiB of data and of meta`,
      { cause: error },
    );
  const [message, help] = CAUSES[kind] ?? CAUSES[ErrorType.UNKNOWN]!;
  return new StoreUnavailable(`${name} ${message}`, help, { cause: error });
}
