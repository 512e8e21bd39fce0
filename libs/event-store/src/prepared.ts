import type { NewEvent, ProjectionChange, RecordedEvent } from './store.js';

/** An event that passed the limits, its data already JSON text. */
export interface PreparedEvent {
  readonly id: string;
  readonly type: string;
  readonly data: string;
  readonly meta: string;
}

/** What another store wrote in one append. */
export interface PreparedAppend {
  readonly stream: string;
  /** Of the first event. */
  readonly revision: number;
  readonly recordedAt: string;
  readonly events: readonly PreparedEvent[];
}

/** A change of a read model, its rows already JSON text and its blocks copied; null deletes the row. */
export interface PreparedChange {
  readonly projection: string;
  readonly shape: string;
  readonly position: string;
  readonly rows: readonly (readonly [key: string, row: string | null])[];
  readonly blocks: readonly (readonly [number: number, bytes: Uint8Array])[];
  readonly replaces: boolean;
}

const LONGEST_NAME = 200;
const LONGEST_TYPE = 100;
const LONGEST_KEY = 1_000;
const MOST_BYTES = 1024 * 1024;
const MOST_BLOCK_BYTES = 16 * 1024 * 1024;
/** A zero byte would cut the text short in SQLite, half a surrogate pair would be replaced: two names would become one. */
const UNSAFE = /[\p{Cs}\0]/u;

/** The events as they will be stored. Throws `RangeError` beyond the limits, `TypeError` for what is not a JSON object. */
export function prepareEvents(stream: string, events: readonly NewEvent[]): readonly PreparedEvent[] {
  checkName('a stream name', stream, LONGEST_NAME);
  if (events.length === 0) throw new RangeError('an append needs at least one event');
  const prepared = events.map(({ id, type, data, meta }) => {
    checkName('an event id', id, LONGEST_NAME);
    checkName('an event type', type, LONGEST_TYPE);
    return { id, type, data: objectText(data, `data of ${type}`), meta: objectText(meta ?? {}, `meta of ${type}`) };
  });
  if (new Set(prepared.map((event) => event.id)).size < prepared.length)
    throw new RangeError('an event id stands twice in one append');
  checkBytes(
    'data',
    prepared.map((event) => event.data),
  );
  checkBytes(
    'meta',
    prepared.map((event) => event.meta),
  );
  return prepared;
}

/** An append of another store as it will be stored. Throws as `prepareEvents` does, and `RangeError` where it is no single append. */
export function prepareAppend(events: readonly RecordedEvent[]): PreparedAppend {
  const [first] = events;
  if (!first) throw new RangeError('an append needs at least one event');
  const { stream, revision, recordedAt } = first;
  for (const [index, event] of events.entries())
    if (event.stream !== stream || event.recordedAt !== recordedAt || event.revision !== revision + index)
      throw new RangeError(`${event.id} was not written in one append with ${first.id}`);
  return { stream, revision, recordedAt, events: prepareEvents(stream, events) };
}

/** The change as it will be stored. Throws `TypeError` for a row that is not JSON, `RangeError` for a key beyond the limits. */
export function prepareChange({
  projection,
  shape,
  position,
  rows,
  blocks = new Map(),
  replaces = false,
}: ProjectionChange): PreparedChange {
  checkName('the name of a projection', projection, LONGEST_NAME);
  const prepared = [...rows].map(([key, row]): readonly [string, string | null] => {
    checkName('the key of a row', key, LONGEST_KEY);
    return [key, row === null ? null : jsonText(row, `the row of ${key}`)];
  });
  for (const [number, { byteLength }] of blocks) {
    if (!Number.isSafeInteger(number) || number < 0) throw new RangeError(`a block has a number from 0 on, not ${number}`);
    if (byteLength > MOST_BLOCK_BYTES)
      throw new RangeError(
        `a block has at most ${MOST_BLOCK_BYTES} bytes, not ${byteLength} as block ${number} of ${projection}`,
      );
  }
  const copied = Array.from(blocks, ([number, bytes]): readonly [number, Uint8Array] => [number, bytes.slice()]);
  return { projection, shape, position, rows: prepared, blocks: copied, replaces };
}

function checkName(what: string, name: string, longest: number): void {
  if (name.length === 0 || name.length > longest)
    throw new RangeError(`${what} has 1 to ${longest} characters, not ${name.length}`);
  if (UNSAFE.test(name)) throw new RangeError(`${what} holds no zero byte and no half of a surrogate pair`);
}

function checkBytes(what: string, texts: readonly string[]): void {
  const bytes = texts.reduce((sum, text) => sum + Buffer.byteLength(text), 0);
  if (bytes > MOST_BYTES) throw new RangeError(`the ${what} of one append has at most ${MOST_BYTES} bytes of JSON, not ${bytes}`);
}

function objectText(value: object, what: string): string {
  const text = jsonText(value, what);
  if (!text.startsWith('{')) throw new TypeError(`${what} must be a JSON object`);
  return text;
}

function jsonText(value: unknown, what: string): string {
  let text: string | undefined;
  try {
    text = JSON.stringify(value);
  } catch (cause) {
    throw new TypeError(`${what} is not plain JSON`, { cause });
  }
  if (text === undefined) throw new TypeError(`${what} is not plain JSON`);
  return text;
}
