import { lazy, Suspense, useState, type ReactNode } from 'react';
import { common } from '../texts/common.js';
import { csvOf, download, type Cell } from './download.js';
import { Waiting } from './page.js';

/** What echarts is told; the wrapper adds colours, fonts and motion. */
export type ChartOption = Readonly<Record<string, unknown>>;

export interface ChartProps {
  readonly title: string;
  /** What the picture says, in a sentence or two: for those who do not see it. */
  readonly says: string;
  readonly option: ChartOption;
  /** The figures behind the picture: its CSV file and its other form. */
  readonly head: readonly string[];
  readonly rows: readonly (readonly Cell[])[];
  /** The name of the files, without their ending. */
  readonly name: string;
  readonly height?: number;
  /** A click on a part of it; `name` is the category. */
  readonly onPick?: (picked: { readonly name: string; readonly seriesName: string; readonly dataIndex: number }) => void;
}

const Drawn = lazy(() => import('./chart-drawn.js'));

/** A chart with its figures: as a picture or as a table, to be taken home as either. */
export function Chart(props: ChartProps): ReactNode {
  const { title, says, head, rows, name, height = 280 } = props;
  const [table, setTable] = useState(false);
  const [picture, setPicture] = useState<(() => string) | null>(null);
  return (
    <figure className="chart">
      <figcaption>
        <span className="chart-title">{title}</span>
        <span className="chart-tools">
          <button type="button" className="plain" aria-pressed={table} onClick={() => setTable(!table)}>
            {table ? common.asChart : common.asTable}
          </button>
          {!table && picture && (
            <button
              type="button"
              className="plain"
              onClick={() => {
                void fetch(picture())
                  .then((answer) => answer.blob())
                  .then((blob) => download(`${name}.png`, 'image/png', blob));
              }}
            >
              ↓ {common.downloadPng}
            </button>
          )}
          <button
            type="button"
            className="plain"
            onClick={() => download(`${name}.csv`, 'text/csv;charset=utf-8', csvOf(head, rows))}
          >
            ↓ {common.downloadCsv}
          </button>
        </span>
      </figcaption>
      {table ? (
        <div className="table-scroll" tabIndex={0} role="group" aria-label={title}>
          <table>
            <thead>
              <tr>
                {head.map((one) => (
                  <th key={one} scope="col">
                    {one}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {rows.map((row, at) => (
                <tr key={at}>
                  {row.map((cell, column) => (
                    <td key={head[column]}>{cell ?? '–'}</td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      ) : (
        <div role="img" aria-label={`${title}. ${says}`} style={{ height }}>
          <Suspense fallback={<Waiting lines={5} height={height / 8} />}>
            <Drawn {...props} onReady={(draw) => setPicture(() => draw)} />
          </Suspense>
        </div>
      )}
      <p className="unseen">{says}</p>
    </figure>
  );
}
