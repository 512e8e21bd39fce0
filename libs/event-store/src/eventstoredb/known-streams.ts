import type { LoggedEvent } from './events.js';

/** So many ids are remembered of all streams together. */
const MOST_IDS = 200_000;

interface Placed {
  readonly place: number;
  readonly revision: number;
  readonly append: readonly [index: number, count: number];
}

/** What is known of one stream: it may have grown since. */
export class KnownStream {
  private readonly ids = new Map<string, Placed>();
  /** Its last revision; null while it is not there. */
  revision: number | null = null;

  get size(): number {
    return this.ids.size;
  }

  learn(id: string, { place, revision, append }: Placed): void {
    this.ids.set(id, { place, revision, append });
    this.revision = Math.max(this.revision ?? 0, revision);
  }

  knowsAny(ids: readonly string[]): boolean {
    return ids.some((id) => this.ids.has(id));
  }

  /** The last event of an earlier append of exactly these ids in this order; null when there was none. */
  sameAppend(ids: readonly string[]): Placed | null {
    const first = this.ids.get(ids[0]!);
    const same = ids.every((id, index) => {
      const one = this.ids.get(id);
      return one?.append[0] === index && one.append[1] === ids.length && one.revision === first!.revision + index;
    });
    return same ? this.ids.get(ids.at(-1)!)! : null;
  }
}

/** The ids of the streams written to lately, so that looking before an append reads only what is new. */
export class KnownStreams {
  private readonly streams = new Map<string, KnownStream>();

  /** What is known of a stream; the streams not asked for the longest are forgotten. */
  of(name: string): KnownStream {
    const known = this.streams.get(name) ?? new KnownStream();
    this.streams.delete(name);
    this.streams.set(name, known);
    return known;
  }

  /** Reads on from where a stream is known to. */
  async lookUp(known: KnownStream, read: (from: number, limit: number) => Promise<readonly LoggedEvent[]>): Promise<void> {
    const PAGE = 512;
    for (;;) {
      const events = await read((known.revision ?? -1) + 1, PAGE);
      for (const event of events) known.learn(event.id, event);
      if (events.length < PAGE) break;
    }
    this.forget();
  }

  private forget(): void {
    let ids = 0;
    for (const { size } of this.streams.values()) ids += size;
    for (const [name, { size }] of this.streams) {
      if (ids <= MOST_IDS || this.streams.size === 1) return;
      this.streams.delete(name);
      ids -= size;
    }
  }
}
