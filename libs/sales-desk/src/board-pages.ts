import type { DealColumns } from '@coxswain/projections';
import type { BoardQuery, DealOnBoard, Page } from './contract.js';

const PAGE_ITEMS = 50;
const PAGE_ITEMS_MOST = 500;

/** The board, page by page in order of the deals' ids. The order is kept between pages: of new deals only the new ones are sorted in. */
export class BoardPages {
  private order: Int32Array = new Int32Array();
  private of: DealColumns | null = null;

  /** Throws `RangeError` for a cursor that did not come from here. */
  page(columns: DealColumns, { overdue, limit = PAGE_ITEMS, cursor, ...query }: BoardQuery, now: string): Page<DealOnBoard> {
    const after = cursor === undefined ? '' : readCursor(cursor);
    const most = Math.min(limit, PAGE_ITEMS_MOST);
    const nowMs = Date.parse(now);
    const { heads } = columns;
    const matches = heads.matching(query);
    const order = this.ordered(columns);
    const items: DealOnBoard[] = [];
    for (let at = firstAfter(columns, order, after); at < order.length; at++) {
      const deal = order[at]!;
      if (!matches(deal) || (overdue !== undefined && heads.isOverdue(deal, nowMs) !== overdue)) continue;
      if (items.length === most) return { items, next: writeCursor(items.at(-1)!.id) };
      items.push(onBoard(columns, deal, nowMs));
    }
    return { items, next: null };
  }

  private ordered(columns: DealColumns): Int32Array {
    if (this.of !== columns) [this.of, this.order] = [columns, new Int32Array()];
    const [before, all] = [this.order.length, columns.deals];
    if (before === all) return this.order;
    const byId = (a: number, b: number): number => (columns.idOf(a) < columns.idOf(b) ? -1 : 1);
    const fresh = Int32Array.from({ length: all - before }, (_, index) => before + index).sort(byId);
    const merged = new Int32Array(all);
    for (let [at, old, young] = [0, 0, 0]; at < all; at++) {
      const takeOld = young === fresh.length || (old < before && byId(this.order[old]!, fresh[young]!) < 0);
      merged[at] = takeOld ? this.order[old++]! : fresh[young++]!;
    }
    this.order = merged;
    return merged;
  }
}

/** A deal as the board shows it: overdue only once its first limit is past. */
function onBoard(columns: DealColumns, deal: number, nowMs: number): DealOnBoard {
  const { stageSinceMs, firstDueMs, ...head } = columns.heads.head(deal);
  return {
    id: columns.idOf(deal),
    account: columns.accountOf(deal),
    ...head,
    stageSince: new Date(stageSinceMs).toISOString(),
    overdueSince: firstDueMs !== null && firstDueMs <= nowMs ? new Date(firstDueMs).toISOString() : null,
  };
}

function firstAfter(columns: DealColumns, order: Int32Array, id: string): number {
  let [low, high] = [0, order.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (columns.idOf(order[middle]!) <= id) low = middle + 1;
    else high = middle;
  }
  return low;
}

const writeCursor = (id: string): string => Buffer.from(JSON.stringify({ after: id })).toString('base64url');

function readCursor(cursor: string): string {
  try {
    const { after } = JSON.parse(Buffer.from(cursor, 'base64url').toString()) as { after?: unknown };
    if (typeof after === 'string') return after;
  } catch {
    // Not ours: told below.
  }
  throw new RangeError('the cursor did not come from an earlier answer');
}
