import { setImmediate as nextTurn } from 'node:timers/promises';
import {
  START,
  streamNameFilter,
  type AllStreamResolvedEvent,
  type AllStreamSubscription,
  type Position,
} from '@eventstore/db-client';
import { firstValueFrom, merge, Observable, Subject, timer } from 'rxjs';
import { batchSize } from '../follow.js';
import { fromPosition } from '../position.js';
import { closedStore } from '../refusals.js';
import type { FollowOptions, StoredEvent } from '../store.js';
import type { Address } from './address.js';
import type { Connection, Patience } from './connection.js';
import { fromServer, placeOf, toStored } from './events.js';
import type { Reader } from './reader.js';

/** Events that wait for a subscriber; then the server is no longer read. */
const MOST_AHEAD = 64;
/** After so many records of others the server tells where it is. */
const CHECKPOINT_EVERY = 1_000;
/** The pauses before a subscription is made anew, in milliseconds; the last one again and again. */
const PAUSES = [0, 20, 100, 500, 2_000, 5_000] as const;

/** What a follower needs to know. */
export interface Followed {
  readonly connection: Connection;
  readonly address: Address;
  readonly reader: Reader;
  readonly patience: Patience;
  /** Completes when the store is closed. */
  readonly closed: Observable<never>;
}

/**
 * The log after a position, for ever. A subscription of the server may break, end without a word, or fall silent: then it is made anew
 * from the last event that the subscriber has handled.
 */
export function followServer(followed: Followed, options: FollowOptions = {}): Observable<readonly StoredEvent[]> {
  const limit = batchSize(options);
  const start = fromPosition(options.after);
  return new Observable<readonly StoredEvent[]>((subscriber) => {
    subscriber.add(followed.closed.subscribe({ complete: () => subscriber.error(closedStore(followed.address.name)) }));
    const stopped = new Subject<void>();
    subscriber.add(() => stopped.next());
    const following = new Following(followed, { start, limit }, (events) => subscriber.next(events), stopped);
    const run = async (): Promise<void> => {
      await nextTurn();
      for (let silent = 0; !subscriber.closed;) {
        silent = (await following.subscribe()) ? 0 : silent + 1;
        const pause = PAUSES[Math.min(silent, PAUSES.length - 1)]!;
        if (!subscriber.closed) await firstValueFrom(merge(timer(pause), stopped), { defaultValue: null });
      }
    };
    run().catch((error: unknown) => subscriber.error(error));
  });
}

/** One follower through all its subscriptions. */
class Following {
  /** The last event that was handled. */
  private after: number;
  /** Where to go on: at `after`, or later where the server said that nothing of ours stands between. */
  private from: Position | typeof START;
  private shown = 0;

  constructor(
    private readonly followed: Followed,
    private readonly options: { readonly start: number; readonly limit: number },
    private readonly handle: (events: readonly StoredEvent[]) => void,
    private readonly stopped: Observable<void>,
  ) {
    this.after = options.start;
    this.from = options.start === 0 ? START : { commit: BigInt(options.start), prepare: BigInt(options.start) };
  }

  /** One subscription, until it is over for whatever reason. Says whether anything came. */
  async subscribe(): Promise<boolean> {
    const { connection, address, patience } = this.followed;
    const over = new Subject<void>();
    let heard = false;
    const silence = setTimeout(() => over.next(), patience.silenceMs);
    const hear = (): void => {
      heard = true;
      silence.refresh();
    };
    const filter = streamNameFilter({
      prefixes: [address.prefix],
      maxSearchWindow: CHECKPOINT_EVERY,
      // It must not throw, or the subscription stands still for ever. It runs ahead of what was handled, so it counts only when nothing waits.
      checkpointReached: (_, position) => {
        hear();
        if (subscription.readableLength === 0) this.from = position;
      },
    });
    const subscription = connection.subscribeToAll(
      { fromPosition: this.from, filter, requiresLeader: true },
      { highWaterMark: MOST_AHEAD },
    );
    const end = (): void => over.next();
    // Listeners for errors stay: one that comes late must not end the process.
    subscription.on('error', end).on('end', end).on('close', end).on('confirmation', hear).on('caughtUp', hear);
    const ended = firstValueFrom(merge(over, this.stopped), { defaultValue: undefined });
    let isOver = false;
    const stop = ended.then(() => (isOver = true));
    let reading: Promise<void> | null = null;
    subscription.on('readable', () => {
      hear();
      reading ??= this.read(subscription, () => isOver)
        .catch(end)
        .finally(() => (reading = null));
    });
    await stop;
    clearTimeout(silence);
    // What is not read is thrown away, or the call underneath would stay open.
    subscription.removeAllListeners('readable');
    subscription.resume();
    subscription.unsubscribe().catch(() => undefined);
    return heard;
  }

  /** Hands over what has come, batch by batch; the next one after the subscriber has handled the last. */
  private async read(subscription: AllStreamSubscription, isOver: () => boolean): Promise<void> {
    while (!isOver()) {
      const batch = this.batch(subscription);
      if (batch.length === 0) return;
      this.handle(batch);
      await nextTurn();
    }
  }

  private batch(subscription: AllStreamSubscription): readonly StoredEvent[] {
    const { address, reader } = this.followed;
    const batch: StoredEvent[] = [];
    while (batch.length < this.options.limit) {
      const next = subscription.read() as AllStreamResolvedEvent | null;
      if (next === null) break;
      const { event } = next;
      if (!event || !reader.isOurs(event.streamId)) continue;
      const place = placeOf(event);
      if (place <= this.after) continue;
      const [logged] = reader.shown([fromServer(event, address.prefix)], this.shown);
      this.after = place;
      this.from = event.position;
      this.shown = Date.parse(logged!.recordedAt);
      batch.push(toStored(logged!));
    }
    return batch;
  }
}
