import { count, table } from '../words.js';
import { isPlot, type Cell, type Plot, type Section } from './blocks.js';

/** A report as lines for the terminal. */
export const sectionText = ({ title, parts }: Section): string =>
  [
    ...(title === null ? [] : [title]),
    ...parts.flatMap((part) =>
      typeof part === 'string'
        ? [part]
        : [
            table(
              part.head,
              part.rows.map((row) => row.map(cellText)),
            ),
            ...(part.more === '' ? [] : [part.more]),
          ],
    ),
  ].join('\n');

const cellText = (cell: Cell): string => (typeof cell === 'number' ? count(cell) : isPlot(cell) ? plotText(cell) : cell);

const WIDTH = 24;
const TONES = '█▓░·';
const HEIGHTS = '▁▂▃▄▅▆▇█';

function plotText(plot: Plot): string {
  if (!(plot.most > 0)) return '';
  const place = (figure: number): number => Math.max(0, Math.min(WIDTH, Math.round((WIDTH * figure) / plot.most)));
  switch (plot.plot) {
    case 'bar': {
      let [sum, text] = [0, ''];
      plot.lengths.forEach((length, at) => {
        sum += Math.max(0, length);
        text += TONES[Math.min(at, TONES.length - 1)]!.repeat(Math.max(0, place(sum) - text.length));
      });
      return text;
    }
    case 'range': {
      const at = (figure: number): number => Math.min(WIDTH - 1, place(figure));
      const [low, middle, high] = [at(plot.low), at(plot.middle), at(plot.high)];
      const sign = (column: number): string => (column === middle ? '●' : column < low || column > high ? '·' : '─');
      return Array.from({ length: WIDTH }, (_, column) => sign(column)).join('');
    }
    case 'step': {
      const [low, high] = [place(Math.min(plot.from, plot.to)), place(Math.max(plot.from, plot.to))];
      const sign = plot.to < plot.from ? '░' : '█';
      return `${' '.repeat(Math.min(low, WIDTH - 1))}${sign.repeat(Math.max(1, high - low))}`;
    }
    case 'trend':
      return plot.points
        .map((point) =>
          point === null
            ? '·'
            : HEIGHTS[Math.max(0, Math.min(HEIGHTS.length - 1, Math.floor((point / plot.most) * HEIGHTS.length)))]!,
        )
        .join('');
  }
}
