import { setImmediate as nextTurn } from 'node:timers/promises';
import { of, Subject, type Observable } from 'rxjs';
import { isExpected } from '../expected.js';
import { followLog } from '../follow.js';
import { MemoryReadModels } from './memory-read-models.js';
import type { OpenStore } from '../opened.js';
import { readLog, readStream } from '../pages.js';
import { fromPosition, toPosition } from '../position.js';
import { prepareAppend, prepareEvents, type PreparedEvent } from '../prepared.js';
import { closedStore, doesNotContinue } from '../refusals.js';
import type {
  AppendResult,
  EventStore,
  ExpectedRevision,
  FollowOptions,
  LogEnd,
  NewEvent,
  ReadOptions,
  RecordedEvent,
  StoredEvent,
} from '../store.js';

export interface MemoryOptions {
  /** The clock of `recordedAt`; the machine's when absent. */
  readonly now?: () => Date;
}

/** A store that forgets everything when the process ends: for tests and for trying things out. */
export function openMemoryStore(options: MemoryOptions = {}): OpenStore {
  const store = new MemoryStore(options.now ?? (() => new Date()));
  return { store, readModels: store.readModels, leading: of(true), close: () => store.close() };
}

/** An event with its data as text, so that no caller can change what is stored. */
type Kept = Omit<StoredEvent, 'data' | 'meta'> & { readonly place: number; readonly data: string; readonly meta: string };

class MemoryStore implements EventStore {
  readonly name = 'memory:';
  readonly readModels = new MemoryReadModels(() => this.check());
  /** The event at place n stands at index n - 1. */
  private readonly log: Kept[] = [];
  private readonly streams = new Map<string, Kept[]>();
  private readonly byId = new Map<string, { readonly event: Kept; readonly append: readonly Kept[] }>();
  private readonly commits = new Subject<void>();
  private readonly closed = new Subject<never>();
  private isClosed = false;

  constructor(private readonly now: () => Date) {}

  async append(stream: string, events: readonly NewEvent[], expected: ExpectedRevision): Promise<AppendResult> {
    const prepared = prepareEvents(stream, events);
    await nextTurn();
    this.check();
    const record = this.streams.get(stream) ?? [];
    const actual = record.at(-1)?.revision ?? null;
    const known = prepared.map((event) => this.byId.get(event.id));
    const first = known[0];
    if (known.some((found) => found !== undefined)) {
      const same =
        first?.event.stream === stream &&
        first.append.length === known.length &&
        known.every((found, index) => found !== undefined && found.event === first.append[index]);
      return same ? answer(first.append, true) : { outcome: 'conflict', reason: 'ids', actual };
    }
    if (!isExpected(expected, actual)) return { outcome: 'conflict', reason: 'revision', actual };
    const added = this.keep(stream, record, prepared, this.stamp());
    this.commits.next();
    return answer(added, false);
  }

  async adopt(appends: readonly (readonly RecordedEvent[])[]): Promise<void> {
    const prepared = appends.map(prepareAppend);
    await nextTurn();
    this.check();
    const heads = new Map<string, number>();
    let last = this.log.at(-1)?.recordedAt ?? '';
    for (const { stream, revision, recordedAt, events } of prepared) {
      const next = heads.get(stream) ?? this.streams.get(stream)?.length ?? 0;
      if (revision !== next || recordedAt < last || events.some(({ id }) => this.byId.has(id))) throw doesNotContinue(this.name);
      heads.set(stream, next + events.length);
      last = recordedAt;
    }
    for (const { stream, recordedAt, events } of prepared) this.keep(stream, this.streams.get(stream) ?? [], events, recordedAt);
    this.commits.next();
  }

  read(stream: string, options: ReadOptions = {}): AsyncIterable<StoredEvent> {
    const page = ({ from, limit, backwards }: Required<ReadOptions>): readonly StoredEvent[] => {
      this.check();
      const record = this.streams.get(stream) ?? [];
      if (!backwards) return record.slice(from, from + limit).map(toEvent);
      const end = Math.min(from + 1, record.length);
      return record
        .slice(Math.max(0, end - limit), end)
        .reverse()
        .map(toEvent);
    };
    return readStream(page, options);
  }

  readAll(
    options: { readonly after?: string | undefined; readonly limit?: number; readonly stream?: string } = {},
  ): AsyncIterable<StoredEvent> {
    this.check();
    const upTo = this.log.length;
    const page = (after: number, limit: number): readonly StoredEvent[] => {
      this.check();
      if (options.stream === undefined) return this.log.slice(after, Math.min(after + limit, upTo)).map(toEvent);
      const record = this.streams.get(options.stream) ?? [];
      return record
        .filter(({ place }) => place > after && place <= upTo)
        .slice(0, limit)
        .map(toEvent);
    };
    return readLog(page, fromPosition(options.after), options.limit);
  }

  follow(options: FollowOptions = {}): Observable<readonly StoredEvent[]> {
    const page = (after: number, limit: number) => this.log.slice(after, after + limit).map(toEvent);
    return followLog(
      { name: this.name, page, version: () => this.log.length, changes: this.commits, closed: this.closed },
      options,
    );
  }

  async end(): Promise<LogEnd> {
    this.check();
    const last = this.log.at(-1);
    return { position: last?.position ?? null, recordedAt: last?.recordedAt ?? null };
  }

  async probe(): Promise<void> {
    this.check();
  }

  async close(): Promise<void> {
    await nextTurn();
    this.isClosed = true;
    this.closed.complete();
  }

  private stamp(): string {
    const now = this.now().toISOString();
    const last = this.log.at(-1)?.recordedAt ?? '';
    return now > last ? now : last;
  }

  private keep(stream: string, record: Kept[], events: readonly PreparedEvent[], recordedAt: string): readonly Kept[] {
    const added = events.map((event, index) => {
      const place = this.log.length + index + 1;
      return { ...event, place, position: toPosition(place), stream, revision: record.length + index, recordedAt };
    });
    this.log.push(...added);
    record.push(...added);
    this.streams.set(stream, record);
    for (const event of added) this.byId.set(event.id, { event, append: added });
    return added;
  }

  private check(): void {
    if (this.isClosed) throw closedStore(this.name);
  }
}

function answer(append: readonly Kept[], repeated: boolean): AppendResult {
  const last = append.at(-1);
  if (!last) throw new Error('an append without events');
  return { outcome: 'appended', revision: last.revision, position: last.position, repeated };
}

function toEvent({ place: _, data, meta, ...event }: Kept): StoredEvent {
  return { ...event, data: JSON.parse(data) as StoredEvent['data'], meta: JSON.parse(meta) as StoredEvent['meta'] };
}
