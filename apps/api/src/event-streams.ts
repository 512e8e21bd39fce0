import { once } from 'node:events';
import { Inject, Injectable, Logger, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import type { EventStore } from '@coxswain/event-store';
import type { FastifyReply } from 'fastify';
import { defer, retry, type Subscription } from 'rxjs';
import { STORE } from './tokens.js';
import { Metrics } from './metrics.js';

const PORTION = 500;
const HEARTBEAT_MS = 15_000;
/** A stream ends after this long, so that the token is checked again; clients come back by themselves. */
const LONGEST_STREAM_MS = 3_600_000;
const LONGEST_RETRY_DELAY_MS = 30_000;

/**
 * The log as server-sent events. One follower for the whole service says that the log has grown; each stream then reads on from
 * where its client is, no faster than the client takes it. So a slow client costs nothing but its own delay.
 */
@Injectable()
export class EventStreams implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger('streams');
  private readonly streams = new Set<AbortController>();
  private following: Subscription | null = null;
  private wake: () => void = () => undefined;
  private growth = this.nextGrowth();

  constructor(
    @Inject(STORE) private readonly store: EventStore,
    @Inject(Metrics) private readonly metrics: Metrics,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    let after = (await this.store.end()).position ?? undefined;
    this.following = defer(() => this.store.follow(after === undefined ? {} : { after }))
      .pipe(
        retry({
          delay: (_, attempt) =>
            new Promise<void>((resolve) => setTimeout(resolve, Math.min(1_000 * attempt, LONGEST_RETRY_DELAY_MS)).unref()),
        }),
      )
      .subscribe((events) => {
        after = events.at(-1)?.position ?? after;
        this.metrics.eventsCame(events.length);
        this.wakeAll();
      });
  }

  /** Ends every stream, so that the service can stop; clients come back with `Last-Event-ID` and miss nothing. */
  beforeApplicationShutdown(): void {
    this.following?.unsubscribe();
    for (const stream of this.streams) stream.abort();
  }

  /** Takes the response over and sends what comes after `after`, until the client leaves, the service stops or an hour is over. */
  open(reply: FastifyReply, after: string | undefined): void {
    const { raw } = reply.hijack();
    const stream = new AbortController();
    this.streams.add(stream);
    this.metrics.followersNow(1);
    stream.signal.addEventListener('abort', () => this.wakeAll(), { once: true });
    raw.once('close', () => stream.abort());
    const tooLong = setTimeout(() => stream.abort(), LONGEST_STREAM_MS);
    const heartbeat = setInterval(() => {
      if (!raw.writableNeedDrain) raw.write(': still here\n\n');
    }, HEARTBEAT_MS);

    raw.writeHead(200, {
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
      'x-accel-buffering': 'no',
      'x-request-id': reply.request.id,
    });
    raw.write('retry: 2000\n\n');
    this.send(raw, after, stream.signal)
      .catch((error: unknown) => this.logger.warn({ message: 'an event stream broke off', error: String(error) }))
      .finally(() => {
        clearTimeout(tooLong);
        clearInterval(heartbeat);
        this.streams.delete(stream);
        this.metrics.followersNow(-1);
        raw.end();
      });
  }

  private async send(raw: FastifyReply['raw'], after: string | undefined, ended: AbortSignal): Promise<void> {
    let at = after;
    while (!ended.aborted) {
      // Growth is listened for before reading, so that what comes in between is not overslept.
      const { growth } = this;
      let sent = 0;
      for await (const event of this.store.readAll({ ...(at === undefined ? {} : { after: at }), limit: PORTION })) {
        if (ended.aborted) return;
        const taken = raw.write(`id: ${event.position}\nevent: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`);
        at = event.position;
        sent++;
        if (!taken) await once(raw, 'drain', { signal: ended }).catch(() => undefined);
      }
      if (sent < PORTION) await growth;
    }
  }

  private nextGrowth(): Promise<void> {
    return new Promise((resolve) => (this.wake = resolve));
  }

  private wakeAll(): void {
    const { wake } = this;
    this.growth = this.nextGrowth();
    wake();
  }
}
