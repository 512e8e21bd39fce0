import { NO_STREAM } from '@eventstore/db-client';
import { isExpected } from '../expected.js';
import { toPosition } from '../position.js';
import type { PreparedEvent } from '../prepared.js';
import { closedStore } from '../refusals.js';
import { StoreUnavailable, type AppendResult, type ExpectedRevision } from '../store.js';
import type { Address } from './address.js';
import { within, type Connection, type Patience } from './connection.js';
import { toServer } from './events.js';
import { KnownStreams, type KnownStream } from './known-streams.js';
import type { Reader } from './reader.js';
import { isFinal, isOtherRevision, refusalOf } from './refusal.js';

const MOST_AT_ONCE = 64;
const MOST_WAITING = 10_000;
const MOST_WAITING_CHARACTERS = 256 * 1024 * 1024;

/** The client waits a little longer than the server is told to. */
const GRACE_MS = 500;

interface Append {
  readonly stream: string;
  readonly events: readonly PreparedEvent[];
  readonly expected: ExpectedRevision;
  /** Where another store recorded them. */
  readonly recordedAt?: string;
}

/**
 * Appends, those of one stream one after the other.
 *
 * Before each append the stream is read on from where it is known to, and the append expects exactly what was found there, whatever its
 * caller expects. So the answer about ids comes from the stream itself, and an append that is sent again because its answer was lost is
 * written once: for an exact revision the server compares ids for ever, for "any" only for a while.
 */
export class Appender {
  private readonly known = new KnownStreams();
  private readonly lanes = new Map<string, Promise<unknown>>();
  private readonly queue: (() => void)[] = [];
  private running = 0;
  private waiting = 0;
  private characters = 0;
  private closed = false;

  constructor(
    private readonly connection: Connection,
    private readonly address: Address,
    private readonly reader: Reader,
    private readonly patience: Patience,
    /** Whether the server answers an append of several events with the position of the last one. */
    private readonly answersPositions: boolean,
  ) {}

  async submit(append: Append): Promise<AppendResult> {
    if (this.closed) throw closedStore(this.address.name);
    const size = append.events.reduce((sum, { data, meta }) => sum + data.length + meta.length, 0);
    if (this.waiting >= MOST_WAITING || this.characters + size > MOST_WAITING_CHARACTERS)
      throw new StoreUnavailable(
        `${this.address.name} is busy: ${this.waiting} writes are waiting`,
        'Try again in a moment with the same ids.',
      );
    this.waiting += 1;
    this.characters += size;
    try {
      return await this.inLane(append.stream, () => this.insist(append));
    } finally {
      this.waiting -= 1;
      this.characters -= size;
    }
  }

  /** Where the stream stands, null where it is not there, and whether any of the ids stands in it already. */
  async look(stream: string, ids: readonly string[]): Promise<{ readonly revision: number | null; readonly knowsAny: boolean }> {
    return this.inLane(stream, async () => {
      const known = this.known.of(stream);
      await this.lookUp(stream, known);
      return { revision: known.revision, knowsAny: known.knowsAny(ids) };
    });
  }

  /** Takes nothing any more and lets what was submitted finish. */
  async drain(): Promise<void> {
    this.closed = true;
    await Promise.all(this.lanes.values());
  }

  private async insist(append: Append): Promise<AppendResult> {
    const known = this.known.of(append.stream);
    let failures = 0;
    for (let turn = 0; ; turn += 1) {
      try {
        return await this.once(append, known, turn > 0);
      } catch (error) {
        // Another process wrote: what it wrote is looked at, and there is no reason to wait.
        if (isOtherRevision(error) && turn < 1_000) continue;
        const pause = this.patience.pausesMs[failures];
        if (pause === undefined || this.closed || isFinal(error)) throw refusalOf(this.address.name, error);
        failures += 1;
        await new Promise((resolve) => setTimeout(resolve, pause));
      }
    }
  }

  private async once(
    { stream, events, expected, recordedAt }: Append,
    known: KnownStream,
    again: boolean,
  ): Promise<AppendResult> {
    await this.lookUp(stream, known);
    const actual = known.revision;
    const ids = events.map(({ id }) => id);
    if (known.knowsAny(ids)) {
      const first = known.sameAppend(ids);
      if (!first) return { outcome: 'conflict', reason: 'ids', actual };
      // Found after an earlier try of this very append: then it was that one that wrote it.
      return { outcome: 'appended', revision: first.revision, position: toPosition(first.place), repeated: !again };
    }
    if (!isExpected(expected, actual)) return { outcome: 'conflict', reason: 'revision', actual };
    const { answerMs } = this.patience;
    const { position } = await within(
      answerMs + GRACE_MS,
      this.connection.appendToStream(this.reader.nameOf(stream), toServer(events, recordedAt), {
        expectedRevision: actual === null ? NO_STREAM : BigInt(actual),
        deadline: answerMs,
        requiresLeader: true,
      }),
    );
    const revision = (actual ?? -1) + events.length;
    const place = Number(position?.commit ?? Number.NaN);
    const trusted = Number.isSafeInteger(place) && !again && (events.length === 1 || this.answersPositions);
    const [written] = trusted ? [{ place }] : await this.reader.revisions(stream, { from: revision, limit: 1, backwards: false });
    if (!written) throw new Error('an event that was written is not there');
    return { outcome: 'appended', revision, position: toPosition(written.place), repeated: false };
  }

  private lookUp(stream: string, known: KnownStream): Promise<void> {
    return this.known.lookUp(known, (from, limit) => this.reader.revisions(stream, { from, limit, backwards: false }));
  }

  /** Those of one stream in the order in which they came, so many streams at once. */
  private inLane<T>(stream: string, work: () => Promise<T>): Promise<T> {
    const before = this.lanes.get(stream);
    const run = before ? before.then(() => this.inTurn(work)) : this.inTurn(work);
    const forget = (): void => {
      if (this.lanes.get(stream) === lane) this.lanes.delete(stream);
    };
    const lane: Promise<void> = run.then(forget, forget);
    this.lanes.set(stream, lane);
    return run;
  }

  private async inTurn<T>(work: () => Promise<T>): Promise<T> {
    if (this.running >= MOST_AT_ONCE) await new Promise<void>((resolve) => this.queue.push(resolve));
    else this.running += 1;
    try {
      return await work();
    } finally {
      const next = this.queue.shift();
      if (next) next();
      else this.running -= 1;
    }
  }
}
