import { useMemo, useRef, type ReactNode } from 'react';
import { useVirtualizer } from '@tanstack/react-virtual';
import { useUrlState } from '../as-of.js';
import { common } from '../texts/common.js';
import { csvOf, download, type Cell } from './download.js';
import { Empty } from './page.js';

export interface Column<Row> {
  readonly key: string;
  readonly label: string;
  readonly show: (row: Row) => ReactNode;
  /** What stands in the CSV file and what the column is sorted by. */
  readonly value: (row: Row) => Cell;
  readonly align?: 'right';
}

const ROW_PX = 40;
/** Up to so many rows are simply there; more are made as they are scrolled to. */
const ALL_AT_ONCE = 100;

/** A table that sorts by its columns (kept in the address), scrolls smoothly with many rows, and can be taken home as CSV. */
export function Table<Row>({
  caption,
  columns,
  rows,
  rowKey,
  name,
  sortName = 'sort',
  empty,
  foot,
}: {
  readonly caption: string;
  readonly columns: readonly Column<Row>[];
  readonly rows: readonly Row[];
  readonly rowKey: (row: Row) => string;
  /** The name of the CSV file, without its ending; null where there is none. */
  readonly name: string | null;
  /** The parameter of the address that holds the order: a page with two tables gives them two names. */
  readonly sortName?: string;
  readonly empty?: ReactNode;
  readonly foot?: ReactNode;
}): ReactNode {
  const [sort, setSort] = useUrlState(sortName);
  const down = sort?.startsWith('-') ?? false;
  const by = sort === null ? undefined : columns.find(({ key }) => key === sort.replace(/^-/, ''));
  const sorted = useMemo(
    () => (by ? [...rows].sort((a, b) => order(by.value(a), by.value(b)) * (down ? -1 : 1)) : rows),
    [rows, by, down],
  );
  const scroller = useRef<HTMLDivElement>(null);
  const many = sorted.length > ALL_AT_ONCE;
  const virtual = useVirtualizer({
    count: many ? sorted.length : 0,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_PX,
    overscan: 12,
  });
  if (rows.length === 0) return empty ?? <Empty title={common.nothingFits} />;
  const items = virtual.getVirtualItems();
  const shown = many ? items.map(({ index }) => ({ row: sorted[index]!, index })) : sorted.map((row, index) => ({ row, index }));
  const before = items[0]?.start ?? 0;
  const after = many ? virtual.getTotalSize() - (items.at(-1)?.end ?? 0) : 0;
  return (
    <div className="table-frame">
      <div className="table-tools">
        <div>{foot}</div>
        {name !== null && (
          <button
            type="button"
            className="plain"
            onClick={() =>
              download(
                `${name}.csv`,
                'text/csv;charset=utf-8',
                csvOf(
                  columns.map(({ label }) => label),
                  sorted.map((row) => columns.map(({ value }) => value(row))),
                ),
              )
            }
          >
            ↓ {common.downloadCsv}
          </button>
        )}
      </div>
      {/* Whoever has no mouse scrolls it with the keys, so it takes the focus. */}
      <div ref={scroller} className={many ? 'table-scroll many' : 'table-scroll'} tabIndex={0} role="group" aria-label={caption}>
        <table aria-rowcount={sorted.length + 1}>
          <caption className="unseen">{caption}</caption>
          <thead>
            <tr>
              {columns.map(({ key, label, align }) => {
                const active = by?.key === key;
                return (
                  <th key={key} scope="col" className={align} aria-sort={active ? (down ? 'descending' : 'ascending') : 'none'}>
                    <button type="button" onClick={() => setSort(active ? (down ? null : `-${key}`) : key)}>
                      {label}
                      <span aria-hidden="true">{active ? (down ? ' ↓' : ' ↑') : ''}</span>
                    </button>
                  </th>
                );
              })}
            </tr>
          </thead>
          <tbody>
            {before > 0 && <tr aria-hidden="true" style={{ height: before }} />}
            {shown.map(({ row, index }) => (
              <tr key={rowKey(row)} aria-rowindex={index + 2} style={many ? { height: ROW_PX } : undefined}>
                {columns.map(({ key, show, align }) => (
                  <td key={key} className={align}>
                    {show(row)}
                  </td>
                ))}
              </tr>
            ))}
            {after > 0 && <tr aria-hidden="true" style={{ height: after }} />}
          </tbody>
        </table>
      </div>
    </div>
  );
}

/** What is unknown comes last, whichever way. */
function order(a: Cell, b: Cell): number {
  if (a === null || b === null) return a === b ? 0 : a === null ? 1 : -1;
  return typeof a === 'number' && typeof b === 'number' ? a - b : String(a).localeCompare(String(b));
}
