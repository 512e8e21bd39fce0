import type pg from 'pg';
import { BehaviorSubject, type Observable } from 'rxjs';
import type { GroupResult, Job } from '../jobs.js';
import { StoreUnavailable } from '../store.js';
import type { Address } from './address.js';
import { checkDurable, connect } from './connection.js';
import { isConnectionLoss, unavailable } from './refusal.js';
import { channelOf, writeGroup } from './writer.js';

/** A group that lost its connection is written again, with the same ids, after these pauses in milliseconds. */
const PAUSES = [50, 100, 250, 500, 1_000, 2_000, 4_000] as const;

/** How often a process that does not lead asks whether it may, in milliseconds. */
const ASKS_EVERY_MS = 1_000;

/** The lock that the leading process holds: the first number is the same for all stores, the second one for the schema. */
const LEADER_LOCK = 0x4378736e;

const NOT_LEADING = new StoreUnavailable('another process keeps the read models of this store', 'It goes on by itself.');

/**
 * The one connection over which a process writes, replaced when it is lost.
 *
 * The right to lead is a lock of this very connection, so that whatever a leader writes is written while it leads: a connection that is
 * lost has lost the right, and PostgreSQL gives it to the next process that asks.
 */
export class WriterSession {
  private client: pg.Client | null = null;
  private readonly leads = new BehaviorSubject(false);
  private timer: NodeJS.Timeout | null = null;
  private busy: Promise<unknown> = Promise.resolve();
  private closed = false;

  private constructor(private readonly address: Address) {}

  /** Connects; rejects with `StoreUnavailable` when the server cannot be reached or does not write durably. */
  static async open(address: Address): Promise<WriterSession> {
    const session = new WriterSession(address);
    try {
      await session.connected();
    } catch (error) {
      throw unavailable(address.name, error);
    }
    await session.askToLead();
    session.timer = setInterval(() => void session.askToLead(), ASKS_EVERY_MS).unref();
    return session;
  }

  /** Whether this process leads, now and from now on. */
  get leading(): Observable<boolean> {
    return this.leads;
  }

  /** Writes a group of jobs in one transaction. Read models are written by the leader alone: to others these jobs are refused. */
  write(jobs: readonly Job[], now: string): Promise<GroupResult> {
    return this.alone(async () => {
      for (let turn = 0; ; turn += 1) {
        try {
          return await this.writeAllowed(await this.connected(), jobs, now);
        } catch (error) {
          if (isConnectionLoss(error)) await this.drop();
          const pause = PAUSES[turn];
          if (pause === undefined || this.closed || !isConnectionLoss(error)) throw unavailable(this.address.name, error);
          await new Promise((resolve) => setTimeout(resolve, pause));
        }
      }
    });
  }

  async close(): Promise<void> {
    this.closed = true;
    if (this.timer) clearInterval(this.timer);
    await this.busy.catch(() => undefined);
    await this.drop();
    this.leads.complete();
  }

  private async writeAllowed(client: pg.Client, jobs: readonly Job[], now: string): Promise<GroupResult> {
    const mayDo = ({ kind }: Job): boolean => this.leads.value || (kind !== 'keep' && kind !== 'forget');
    const { outcomes, events } = await writeGroup(client, jobs.filter(mayDo), { now, channel: channelOf(this.address.schema) });
    const done = outcomes[Symbol.iterator]();
    return { outcomes: jobs.map((job) => (mayDo(job) ? (done.next().value ?? null) : NOT_LEADING)), events };
  }

  private async askToLead(): Promise<void> {
    await this.alone(async () => {
      if (this.closed) return;
      try {
        const client = await this.connected();
        if (this.leads.value) {
          // Still there? A connection that broke while nobody wrote would go unnoticed otherwise.
          await client.query('select 1');
          return;
        }
        const { rows } = await client.query<{ mine: boolean }>('select pg_try_advisory_lock($1, hashtext($2)) as mine', [
          LEADER_LOCK,
          this.address.schema,
        ]);
        if (rows[0]?.mine) this.leads.next(true);
      } catch (error) {
        if (isConnectionLoss(error)) await this.drop();
      }
    });
  }

  private async connected(): Promise<pg.Client> {
    if (this.client) return this.client;
    const client = await connect(this.address);
    try {
      await checkDurable(client, this.address);
    } catch (error) {
      await client.end().catch(() => undefined);
      throw error;
    }
    client.on('error', () => void this.drop(client));
    client.on('end', () => void this.drop(client));
    this.client = client;
    return client;
  }

  /** Lets the connection go, and with it the right to lead. */
  private async drop(which = this.client): Promise<void> {
    if (!which || which !== this.client) return;
    this.client = null;
    if (this.leads.value) this.leads.next(false);
    await which.end().catch(() => undefined);
  }

  /** One thing at a time over the one connection. */
  private alone<T>(work: () => Promise<T>): Promise<T> {
    const run = this.busy.then(work, work);
    this.busy = run.catch(() => undefined);
    return run;
  }
}
