import type { ReadOptions, StoredEvent } from './store.js';
import type { Soon } from './table-store.js';

/** Events fetched in one go while reading: enough to be fast, few enough to be held. */
const PAGE = 512;

/** The events of one stream, page by page. */
export async function* readStream(
  page: (options: Required<ReadOptions>) => Soon<readonly StoredEvent[]>,
  { from, limit = Infinity, backwards = false }: ReadOptions,
): AsyncGenerator<StoredEvent> {
  checkWhole('from', from);
  checkWhole('limit', limit);
  let next = from ?? (backwards ? Number.MAX_SAFE_INTEGER : 0);
  for (let left = limit; left > 0; left -= PAGE) {
    const wanted = Math.min(left, PAGE);
    const events = await page({ from: next, limit: wanted, backwards });
    for (const event of events) yield event;
    const last = events.at(-1);
    if (!last || events.length < wanted) return;
    next = last.revision + (backwards ? -1 : 1);
  }
}

/** The log after a place, page by page; `page` stops where the log ended when asked. */
export async function* readLog(
  page: (after: number, limit: number) => Soon<readonly StoredEvent[]>,
  start: number,
  limit = Infinity,
): AsyncGenerator<StoredEvent> {
  checkWhole('limit', limit);
  let after = start;
  for (let left = limit; left > 0; left -= PAGE) {
    const wanted = Math.min(left, PAGE);
    const events = await page(after, wanted);
    for (const event of events) yield event;
    const last = events.at(-1);
    if (!last || events.length < wanted) return;
    after = Number(last.position);
  }
}

function checkWhole(what: string, value: number | undefined): void {
  const whole = value === undefined || value === Infinity || Number.isSafeInteger(value);
  if (!whole || (value ?? 0) < 0) throw new RangeError(`${what} must be a whole number from 0 on, not ${value}`);
}
