import { StoreUnavailable, type EventStore, type RecordedEvent, type StoredEvent } from './store.js';

/** What a copy did. */
export interface CopyReport {
  /** Events of the one store now in the other, every one compared. */
  readonly events: number;
  /** How many of them an earlier, interrupted copy had brought already. */
  readonly alreadyThere: number;
}

const MOST_EVENTS_AT_ONCE = 1_000;
const MOST_CHARACTERS_AT_ONCE = 2_000_000;
/** Well under what one append may hold: what came close to the limit as two appends must not become one beyond it. */
const MOST_CHARACTERS_IN_APPEND = 500_000;

/**
 * Brings the log of one store into another, event for event, with revisions, ids and times. Goes on where an earlier copy stopped, and
 * compares both logs whole at the end. What is written to the first one meanwhile is left for the next copy.
 * Rejects with `StoreUnavailable` where the second store holds anything that the first does not.
 */
export async function copyLog(
  from: EventStore,
  to: EventStore,
  onProgress: (what: 'compared' | 'copied', events: number) => void = () => undefined,
): Promise<CopyReport> {
  const { position: upTo } = await from.end();
  const source = from.readAll()[Symbol.asyncIterator]();
  let alreadyThere = 0;
  for await (const there of to.readAll()) {
    sameOrRefused(await source.next(), there, from, to);
    alreadyThere += 1;
    if (alreadyThere % MOST_EVENTS_AT_ONCE === 0) onProgress('compared', alreadyThere);
  }

  let copied = alreadyThere;
  for await (const appends of portions(rest(source, upTo))) {
    await to.adopt(appends);
    copied += appends.reduce((sum, events) => sum + events.length, 0);
    onProgress('copied', copied);
  }
  return { events: await compared(from, to, copied, onProgress), alreadyThere };
}

async function compared(
  from: EventStore,
  to: EventStore,
  events: number,
  onProgress: (what: 'compared', events: number) => void,
): Promise<number> {
  const source = from.readAll({ limit: events })[Symbol.asyncIterator]();
  let same = 0;
  for await (const there of to.readAll()) {
    sameOrRefused(await source.next(), there, from, to);
    same += 1;
    if (same % MOST_EVENTS_AT_ONCE === 0) onProgress('compared', same);
  }
  if (same !== events)
    throw new StoreUnavailable(`${to.name} holds ${same} of ${events} events`, 'Look at its disk, then repeat the copy.');
  return same;
}

async function* rest(source: AsyncIterator<StoredEvent>, upTo: string | null): AsyncGenerator<StoredEvent> {
  for (let next = await source.next(); !next.done; next = await source.next()) {
    if (upTo === null || next.value.position > upTo) return;
    yield next.value;
  }
}

function sameOrRefused(here: IteratorResult<StoredEvent>, there: StoredEvent, from: EventStore, to: EventStore): void {
  if (!here.done && textOf(here.value) === textOf(there)) return;
  throw new StoreUnavailable(
    `${to.name} is no copy of ${from.name}: they differ at revision ${there.revision} of ${there.stream}`,
    'Copy into an empty store, or into one that an interrupted copy from the same store has begun.',
  );
}

const textOf = ({ stream, revision, id, type, recordedAt, data, meta }: StoredEvent): string =>
  JSON.stringify([stream, revision, id, type, recordedAt, data, meta]);

/**
 * Events in portions for one write. Neighbours of one stream with the same time become one append: no store tells which were written
 * together, and events of one append always are such neighbours.
 */
async function* portions(events: AsyncIterable<StoredEvent>): AsyncGenerator<readonly (readonly RecordedEvent[])[]> {
  let portion: RecordedEvent[][] = [];
  let [count, characters, inAppend] = [0, 0, 0];
  for await (const { position: _, ...event } of events) {
    const size = JSON.stringify(event.data).length + JSON.stringify(event.meta).length;
    const last = portion.at(-1)?.at(-1);
    const together =
      last?.stream === event.stream && last.recordedAt === event.recordedAt && last.revision + 1 === event.revision;
    if (together && inAppend + size <= MOST_CHARACTERS_IN_APPEND) {
      portion.at(-1)!.push(event);
      inAppend += size;
    } else {
      if (count >= MOST_EVENTS_AT_ONCE || characters >= MOST_CHARACTERS_AT_ONCE) {
        yield portion;
        [portion, count, characters] = [[], 0, 0];
      }
      portion.push([event]);
      inAppend = size;
    }
    count += 1;
    characters += size;
  }
  if (portion.length > 0) yield portion;
}
