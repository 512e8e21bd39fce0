import type pg from 'pg';
import { Subject, type Observable } from 'rxjs';
import type { TableNews } from '../table-store.js';
import type { Address } from './address.js';
import { connect } from './connection.js';
import { channelOf } from './writer.js';

/** Followers look this often even when nobody notifies them, in milliseconds. */
const LOOKS_EVERY_MS = 1_000;
const TRIES_AGAIN_MS = 500;

/** Hears from the server that the log has grown, and looks now and then in case a notification was lost with its connection. */
export class PostgresNews implements TableNews {
  private readonly said = new Subject<void>();
  private count = 0;
  private client: pg.Client | null = null;
  private timer: NodeJS.Timeout | null = null;
  private retry: NodeJS.Timeout | null = null;
  private closed = false;

  constructor(private readonly address: Address) {}

  get changes(): Observable<void> {
    return this.said;
  }

  version(): number {
    return this.count;
  }

  /** Starts listening; a connection that cannot be made or is lost is tried again for ever. */
  async start(): Promise<void> {
    this.timer = setInterval(() => this.speak(), LOOKS_EVERY_MS).unref();
    await this.listen();
  }

  /** The log may have grown. */
  speak(): void {
    this.count += 1;
    this.said.next();
  }

  async close(): Promise<void> {
    this.closed = true;
    if (this.timer) clearInterval(this.timer);
    if (this.retry) clearTimeout(this.retry);
    await this.client?.end().catch(() => undefined);
  }

  private async listen(): Promise<void> {
    try {
      const client = await connect(this.address);
      if (this.closed) {
        await client.end();
        return;
      }
      this.client = client;
      const lost = (): void => {
        if (this.client === client) this.listenLater();
      };
      client.on('error', lost).on('end', lost);
      client.on('notification', () => this.speak());
      await client.query(`listen ${channelOf(this.address.schema)}`);
      // What was written while nobody listened.
      this.speak();
    } catch {
      this.listenLater();
    }
  }

  private listenLater(): void {
    const lost = this.client;
    this.client = null;
    void lost?.end().catch(() => undefined);
    if (this.closed || this.retry) return;
    this.retry = setTimeout(() => {
      this.retry = null;
      void this.listen();
    }, TRIES_AGAIN_MS).unref();
  }
}
