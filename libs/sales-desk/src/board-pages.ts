import type { DealColumns, DealHeads } from '@coxswain/projections';
import type { BoardOrder, BoardQuery, BoardSort, DealOnBoard, DealsQuery, Page } from './contract.js';

const PAGE_ITEMS = 50;
const PAGE_ITEMS_MOST = 500;

/** The deals as they stood at an instant. */
export interface Standing {
  readonly columns: DealColumns;
  readonly heads: DealHeads;
  /** In milliseconds since 1970. */
  readonly atMs: number;
}

/** The board, page by page. The order of the ids is kept between pages: of new deals only the new ones are sorted in. */
export class BoardPages {
  private order: Int32Array = new Int32Array();
  private of: DealColumns | null = null;

  /** Throws `RangeError` for a cursor that did not come from here. */
  page(standing: Standing, { limit = PAGE_ITEMS, cursor, sort = 'id', ...query }: BoardQuery): Page<DealOnBoard> {
    const most = Math.min(limit, PAGE_ITEMS_MOST);
    const isAsked = dealsAsked(standing, query);
    const { deals, next } =
      sort === 'id' ? this.byId(standing, isAsked, most, cursor) : inOrder(standing, isAsked, most, sort, cursor);
    return { items: deals.map((deal) => onBoard(standing, deal)), next };
  }

  private byId({ columns, heads }: Standing, isAsked: (deal: number) => boolean, most: number, cursor?: string): Portion {
    const after = cursor === undefined ? '' : readCursor(cursor, 'id').after;
    const order = this.ordered(columns);
    const deals: number[] = [];
    for (let at = firstAfter(columns, order, after); at < order.length; at++) {
      const deal = order[at]!;
      // Deals are numbered in the order of their capture: those beyond were not there yet.
      if (deal >= heads.deals || !isAsked(deal)) continue;
      if (deals.length === most) return { deals, next: writeCursor({ after: columns.idOf(deals.at(-1)!) }) };
      deals.push(deal);
    }
    return { deals, next: null };
  }

  private ordered(columns: DealColumns): Int32Array {
    if (this.of !== columns) [this.of, this.order] = [columns, new Int32Array()];
    const [before, all] = [this.order.length, columns.deals];
    if (before === all) return this.order;
    // The texts of ids are made when asked for, so that they are asked for once.
    const fresh = Array.from({ length: all - before }, (_, index) => ({
      deal: before + index,
      id: columns.idOf(before + index),
    }));
    fresh.sort((a, b) => (a.id < b.id ? -1 : 1));
    const merged = new Int32Array(all);
    let [at, taken] = [0, 0];
    for (const { deal, id } of fresh) {
      const until = firstAfter(columns, this.order, id, taken);
      merged.set(this.order.subarray(taken, until), at);
      at += until - taken;
      merged[at++] = deal;
      taken = until;
    }
    merged.set(this.order.subarray(taken), at);
    this.order = merged;
    return merged;
  }
}

interface Portion {
  readonly deals: readonly number[];
  readonly next: string | null;
}

/** A test of the deals that a question is about. */
export function dealsAsked({ columns, heads, atMs }: Standing, query: DealsQuery): (deal: number) => boolean {
  const { overdue, q, ids, account, ...filter } = query;
  const tests = [heads.matching(filter)];
  if (ids !== undefined) {
    const wanted = new Set(ids.map((id) => columns.indexOf(id)));
    tests.unshift((deal) => wanted.has(deal));
  }
  if (account !== undefined) tests.push((deal) => columns.accountOf(deal) === account);
  if (overdue !== undefined) tests.push((deal) => heads.isOverdue(deal, atMs) === overdue);
  for (const word of new Set(q?.toLowerCase().split(/\s+/).filter(Boolean))) {
    const isNamed = heads.naming(word);
    tests.push(
      (deal) =>
        isNamed(deal) ||
        columns.idOf(deal).toLowerCase().includes(word) ||
        (columns.accountOf(deal)?.toLowerCase().includes(word) ?? false),
    );
  }
  return (deal) => tests.every((holds) => holds(deal));
}

/** By what deals are put in order; null where a deal has no such thing. */
type Key = number | string | null;

const KEYS: Readonly<Record<BoardOrder, (standing: Standing, deal: number) => Key>> = {
  id: ({ columns }, deal) => columns.idOf(deal),
  value: ({ heads }, deal) => heads.minorOf(deal),
  // The youngest first, as the smallest value.
  age: ({ heads }, deal) => -heads.stageSinceMs(deal),
  limit: ({ heads }, deal) => heads.firstDueMs(deal),
  closeDate: ({ heads }, deal) => heads.closeDateOf(deal),
  account: ({ columns }, deal) => columns.accountOf(deal)?.toLowerCase() ?? null,
  owner: ({ heads }, deal) => heads.ownerOf(deal).toLowerCase(),
};

export const BOARD_SORTS: readonly BoardSort[] = (Object.keys(KEYS) as BoardOrder[]).flatMap((order): BoardSort[] => [
  order,
  `-${order}`,
]);

function inOrder(
  standing: Standing,
  isAsked: (deal: number) => boolean,
  most: number,
  sort: BoardSort,
  cursor: string | undefined,
): Portion {
  const isDown = sort.startsWith('-');
  const keyOf = KEYS[(isDown ? sort.slice(1) : sort) as BoardOrder];
  const after = cursor === undefined ? null : readCursor(cursor, sort);
  const found: Placed[] = [];
  for (let deal = 0; deal < standing.heads.deals; deal++) {
    if (!isAsked(deal)) continue;
    const one = { deal, id: standing.columns.idOf(deal), key: keyOf(standing, deal) };
    if (after === null || compare(one, { id: after.after, key: after.key ?? null }, isDown) > 0) found.push(one);
  }
  found.sort((a, b) => compare(a, b, isDown));
  const page = found.slice(0, most);
  const last = page.at(-1);
  return {
    deals: page.map(({ deal }) => deal),
    next: found.length > most && last ? writeCursor({ after: last.id, sort, key: last.key }) : null,
  };
}

interface Placed {
  readonly deal: number;
  readonly id: string;
  readonly key: Key;
}

/** Without a key last, whichever way; of the same key by id. */
function compare(a: Pick<Placed, 'id' | 'key'>, b: Pick<Placed, 'id' | 'key'>, isDown: boolean): number {
  if (a.key !== b.key) {
    if (a.key === null || b.key === null) return a.key === null ? 1 : -1;
    return a.key < b.key !== isDown ? -1 : 1;
  }
  return a.id < b.id ? -1 : a.id > b.id ? 1 : 0;
}

/** A deal as the board shows it: overdue only once its first limit is past. */
function onBoard({ columns, heads, atMs }: Standing, deal: number): DealOnBoard {
  const { stageSinceMs, firstDueMs, ...head } = heads.head(deal);
  const dueAt = firstDueMs === null ? null : new Date(firstDueMs).toISOString();
  return {
    id: columns.idOf(deal),
    account: columns.accountOf(deal),
    ...head,
    stageSince: new Date(stageSinceMs).toISOString(),
    overdueSince: firstDueMs !== null && firstDueMs <= atMs ? dueAt : null,
    dueAt,
  };
}

/** The first place, from one on, at which an id beyond this one stands. */
function firstAfter(columns: DealColumns, order: Int32Array, id: string, from = 0): number {
  let [low, high] = [from, order.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (columns.idOf(order[middle]!) <= id) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** A page of ids in their order. Throws `RangeError` for a cursor that did not come from here. */
export function pageOfIds(ids: readonly string[], limit: number | undefined, cursor: string | undefined): Page<string> {
  const after = cursor === undefined ? '' : readCursor(cursor, 'id').after;
  const left = ids.filter((id) => id > after);
  const items = left.slice(0, Math.min(limit ?? PAGE_ITEMS_MOST, PAGE_ITEMS_MOST));
  return { items, next: left.length > items.length ? writeCursor({ after: items.at(-1)! }) : null };
}

/** The last deal of the page before, and by what it stood there. */
interface Cursor {
  readonly after: string;
  readonly sort?: BoardSort;
  readonly key?: Key;
}

const writeCursor = (cursor: Cursor): string => Buffer.from(JSON.stringify(cursor)).toString('base64url');

function readCursor(cursor: string, sort: BoardSort): Cursor {
  try {
    const read = JSON.parse(Buffer.from(cursor, 'base64url').toString()) as Partial<Cursor>;
    const { after, key = null } = read;
    const isKey = key === null || typeof key === 'number' || typeof key === 'string';
    if (typeof after === 'string' && (read.sort ?? 'id') === sort && isKey) return { after, sort, key };
  } catch {
    // Not ours: told below.
  }
  throw new RangeError('the cursor did not come from an earlier answer');
}
