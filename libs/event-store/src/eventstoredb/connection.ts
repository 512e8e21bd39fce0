import { EventStoreDBClient, type StreamingRead } from '@eventstore/db-client';
import type { Address } from './address.js';
import { isFinal, isNoStream, isOtherRevision, NoAnswer } from './refusal.js';

/** What may take how long, in milliseconds. */
export interface Patience {
  /** An append, or a pause in what is read, that lasts longer counts as lost. */
  readonly answerMs: number;
  /** A subscription that is silent for longer is made anew. */
  readonly silenceMs: number;
  /** The pauses before asking again; after the last one the caller is told. */
  readonly pausesMs: readonly number[];
}

export const PATIENCE: Patience = {
  answerMs: 10_000,
  silenceMs: 20_000,
  pausesMs: [50, 100, 250, 500, 1_000, 2_000, 4_000],
};

const CLOSING_MS = 1_000;

/**
 * The client, held to what can be relied upon.
 *
 * Appends never share a stream of calls: when such a stream breaks, the client rejects everybody's appends, of all clients of the process,
 * also those that were written, and the server measures their deadlines by its own clock.
 */
export class Connection extends EventStoreDBClient {
  protected override supports = (): Promise<boolean> => Promise.resolve(false);

  static to(address: Address): Connection {
    const { hosts, discover, tls, authority, certificate, user, connectionName, numbers } = address;
    const [first] = hosts;
    const settings = {
      throwOnAppendFailure: true,
      ...(connectionName !== null && { connectionName }),
      ...numbers,
      // The client takes it for seconds.
      ...(numbers.gossipTimeout !== undefined && { gossipTimeout: Math.ceil(numbers.gossipTimeout / 1_000) }),
    };
    const credentials = {
      insecure: !tls,
      ...(authority && { rootCertificate: authority }),
      ...(certificate && { userCertFile: certificate.cert, userKeyFile: certificate.key }),
    };
    if (discover) return new Connection({ ...settings, discover: first! }, credentials, user ?? undefined);
    if (hosts.length > 1) return new Connection({ ...settings, endpoints: [...hosts] }, credentials, user ?? undefined);
    return new Connection({ ...settings, endpoint: first! }, credentials, user ?? undefined);
  }

  /** Ends every call and the connection. Never waits long: a call that was not read to its end would keep the client waiting for ever. */
  async close(): Promise<void> {
    await within(CLOSING_MS, this.dispose()).catch(() => undefined);
    await within(CLOSING_MS, this.getChannel())
      .then((channel) => channel.close())
      .catch(() => undefined);
  }
}

/** The outcome, or a `NoAnswer` after so long: the client itself may never settle. */
export async function within<T>(ms: number, outcome: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new NoAnswer(`nothing was heard for ${ms} ms`)), ms);
  });
  try {
    return await Promise.race([outcome, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Everything that a bounded read gives, read to its end so that no call stays open. A stream that is not there is empty. */
export function collected<T>(read: StreamingRead<T>, silenceMs: number): Promise<readonly T[]> {
  return new Promise((resolve, reject) => {
    const all: T[] = [];
    const give = (error: unknown): void => {
      clearTimeout(timer);
      if (isNoStream(error)) resolve([]);
      else reject(error instanceof Error ? error : new Error('the read failed', { cause: error }));
    };
    const timer = setTimeout(() => {
      give(new NoAnswer(`nothing was read for ${silenceMs} ms`));
      read.cancel().catch(() => undefined);
    }, silenceMs);
    read.on('data', (one: T) => {
      timer.refresh();
      all.push(one);
    });
    // It stays for errors that come after the outcome: without a listener they would end the process.
    read.on('error', give);
    read.on('end', () => {
      clearTimeout(timer);
      resolve(all);
    });
  });
}

/** Asks again where that may help, with the same words. */
export async function insisting<T>(ask: () => Promise<T>, pausesMs: readonly number[], mayGoOn: () => boolean): Promise<T> {
  for (let turn = 0; ; turn += 1) {
    try {
      return await ask();
    } catch (error) {
      const pause = pausesMs[turn];
      if (pause === undefined || isFinal(error) || isOtherRevision(error) || !mayGoOn()) throw error;
      await new Promise((resolve) => setTimeout(resolve, pause));
    }
  }
}
