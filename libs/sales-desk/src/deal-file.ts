import type { EventStore, NewEvent, StoredEvent } from '@coxswain/event-store';
import { evolve, liftedDeal, shapeMark, type Opportunity, type OpportunityEvent } from '@coxswain/sales-process';

/** A deal as its stream tells it, and what has been asked of it under a request key. */
export interface DealFile {
  readonly state: Opportunity;
  readonly revision: number;
  readonly position: string;
  /** By request key: what was asked under it, and how the deal stood when it was done. */
  readonly requests: ReadonlyMap<string, AnsweredRequest>;
}

export interface AnsweredRequest {
  /** Hash of the request. */
  readonly request: string;
  readonly revision: number;
  readonly position: string;
  readonly stage: string;
  readonly phase: string;
}

/** What is kept about the writing of an event: the request key it answers, or the import it came with. */
export interface EventMeta {
  readonly key?: string;
  readonly request?: string;
  readonly batch?: string;
}

const STREAM_PREFIX = 'opportunity-';

export const dealStream = (id: string): string => `${STREAM_PREFIX}${id}`;

/** The deal a stream records, or null for a stream of something else. */
export const dealOf = (stream: string): string | null =>
  stream.startsWith(STREAM_PREFIX) ? stream.slice(STREAM_PREFIX.length) : null;

/** The stored event of a deal as an event of the domain, in the present shape. Throws `UnknownEvent` for one that a later release wrote. */
export function opportunityEvent(stored: Pick<StoredEvent, 'type' | 'data' | 'meta'>): OpportunityEvent {
  return { type: stored.type, ...liftedDeal(stored) } as OpportunityEvent;
}

export function newEvent(id: string, { type, ...data }: OpportunityEvent, about: EventMeta): NewEvent {
  const meta = { ...about, ...shapeMark() };
  return { id, type, data, ...(Object.keys(meta).length > 0 && { meta }) };
}

/** The file after one more event of its stream. */
export function withEvent(
  file: DealFile | null,
  id: string,
  event: Pick<StoredEvent, 'type' | 'data' | 'meta' | 'revision' | 'position'>,
): DealFile {
  const state = evolve(file?.state ?? null, opportunityEvent(event), id);
  const { revision, position } = event;
  const { key, request } = event.meta as EventMeta;
  const requests =
    key === undefined || request === undefined
      ? (file?.requests ?? NONE)
      : new Map(file?.requests).set(key, { request, revision, position, stage: state.stage, phase: state.phase });
  return { state, revision, position, requests };
}

const NONE: ReadonlyMap<string, AnsweredRequest> = new Map();

/** Deals read lately, the least lately used dropped first. A stale one does no harm: every append says which revision it has seen. */
export class DealFiles {
  private readonly inMemory = new Map<string, DealFile>();

  constructor(
    private readonly store: EventStore,
    private readonly most = 10_000,
  ) {}

  /** From memory, or null: the store may know it. */
  kept(id: string): DealFile | null {
    return this.inMemory.get(id) ?? null;
  }

  /** From memory when it is there, else read and folded; null when there is no such deal. */
  async open(id: string): Promise<DealFile | null> {
    const kept = this.inMemory.get(id);
    if (kept) {
      this.keep(id, kept);
      return kept;
    }
    let file: DealFile | null = null;
    for await (const event of this.store.read(dealStream(id))) file = withEvent(file, id, event);
    if (file) this.keep(id, file);
    return file;
  }

  keep(id: string, file: DealFile): void {
    this.inMemory.delete(id);
    this.inMemory.set(id, file);
    if (this.inMemory.size > this.most) this.inMemory.delete(this.inMemory.keys().next().value!);
  }

  /** At this revision at least, where the caller has seen it: another process may have written what is not known here yet. */
  async openSince(id: string, revision: number | undefined): Promise<DealFile | null> {
    const file = await this.open(id);
    if (revision === undefined || (file !== null && file.revision >= revision)) return file;
    this.forget(id);
    return this.open(id);
  }

  forget(id: string): void {
    this.inMemory.delete(id);
  }

  /** Drops what another writer has overtaken. */
  seen({ stream, revision }: Pick<StoredEvent, 'stream' | 'revision'>): void {
    const id = dealOf(stream);
    const kept = id === null ? undefined : this.inMemory.get(id);
    if (kept && kept.revision < revision) this.forget(id!);
  }
}
