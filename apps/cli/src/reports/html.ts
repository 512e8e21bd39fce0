import { count, isFigure } from '../words.js';
import { isPlot, type Cell, type Plot, type Section, type Table } from './blocks.js';
import type { Report } from './index.js';

/** A report as one page that needs nothing else: styles and plots stand in it, no script runs in it, and it prints on paper. */
export function reportPage({ title, asked, sections, notes }: Report, written: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${text(title)}</title>
<style>${STYLE}</style>
</head>
<body>
<main>
<h1>${text(title)}</h1>
<p class="asked">${asked.map(text).join('<br>')}</p>
${sections.map(sectionHtml).join('\n')}
${notes.length === 0 ? '' : `<aside>\n<h2>How to read this</h2>\n${notes.map((note) => `<p>${text(note)}</p>`).join('\n')}\n</aside>`}
</main>
<footer>Coxswain, written ${text(written)} UTC. Instants are in UTC.</footer>
</body>
</html>
`;
}

const SIGNS: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };
const text = (of: string): string => of.replaceAll(/[&<>"']/g, (sign) => SIGNS[sign]!);

const sectionHtml = ({ title, parts }: Section): string =>
  `<section>\n${[
    ...(title === null ? [] : [`<h2>${text(title)}</h2>`]),
    ...parts.map((part) => (typeof part === 'string' ? `<p>${text(part)}</p>` : tableHtml(part))),
  ].join('\n')}\n</section>`;

/** Columns of figures stand to the right, as in the terminal. */
function tableHtml({ head, rows, more }: Table): string {
  const right = head.map((_, column) => rows.length > 0 && rows.every((row) => isFigureCell(row[column])));
  const cells = (tag: 'th' | 'td', row: readonly Cell[]): string =>
    row
      .map(
        (cell, column) =>
          `<${tag}${tag === 'th' ? ' scope="col"' : ''}${right[column] ? ' class="figure"' : tag === 'td' && isShort(cell) ? ' class="short"' : ''}>${cellHtml(cell)}</${tag}>`,
      )
      .join('');
  const body =
    rows.length === 0
      ? `<tr><td colspan="${head.length}">none</td></tr>`
      : rows.map((row) => `<tr>${cells('td', row)}</tr>`).join('\n');
  const table = `<table>\n<thead><tr>${cells('th', head)}</tr></thead>\n<tbody>\n${body}\n</tbody>\n</table>`;
  return `<div class="table">${table}</div>${more === '' ? '' : `\n<p class="more">${text(more)}</p>`}`;
}

/** Short enough to stand on one line. */
const isShort = (cell: Cell): boolean => typeof cell === 'string' && cell !== '' && cell.length <= 36 && cell.includes(' ');

const isFigureCell = (cell: Cell | undefined): boolean => cell !== undefined && !isPlot(cell) && isFigure(cell);

const cellHtml = (cell: Cell): string => (typeof cell === 'number' ? count(cell) : isPlot(cell) ? plotSvg(cell) : text(cell));

const [WIDTH, HEIGHT] = [160, 16];

/** The figures of a plot stand in the cells beside it, so that it need not be read out. */
function plotSvg(plot: Plot): string {
  if (!(plot.most > 0)) return '';
  const x = (figure: number): number => rounded((WIDTH * Math.max(0, Math.min(plot.most, figure))) / plot.most);
  return `<svg width="${WIDTH}" height="${HEIGHT}" viewBox="0 0 ${WIDTH} ${HEIGHT}" aria-hidden="true">${shapes(plot, x)}</svg>`;
}

function shapes(plot: Plot, x: (figure: number) => number): string {
  switch (plot.plot) {
    case 'bar': {
      let sum = 0;
      return plot.lengths
        .map((length, at) => {
          const from = x(sum);
          sum += Math.max(0, length);
          return `<rect class="tone${at}" x="${from}" y="3" width="${rounded(x(sum) - from)}" height="10"/>`;
        })
        .join('');
    }
    case 'range':
      return [
        `<line class="scale" x1="0" y1="8" x2="${WIDTH}" y2="8"/>`,
        `<line class="interval" x1="${x(plot.low)}" y1="8" x2="${x(plot.high)}" y2="8"/>`,
        `<circle cx="${Math.max(4, Math.min(WIDTH - 4, x(plot.middle)))}" cy="8" r="4"/>`,
      ].join('');
    case 'step': {
      const [low, high] = [x(Math.min(plot.from, plot.to)), x(Math.max(plot.from, plot.to))];
      return `<rect class="${plot.to < plot.from ? 'tone2' : 'tone0'}" x="${Math.min(low, WIDTH - 1)}" y="3" width="${rounded(Math.max(1, high - low))}" height="10"/>`;
    }
    case 'trend': {
      const wide = WIDTH / Math.max(1, plot.points.length);
      return plot.points
        .map((point, at) => {
          if (point === null) return '';
          const high = rounded(Math.max(1, ((HEIGHT - 2) * Math.max(0, point)) / plot.most));
          return `<rect class="tone1" x="${rounded(at * wide)}" y="${rounded(HEIGHT - high)}" width="${rounded(Math.max(1, wide - 2))}" height="${high}"/>`;
        })
        .join('');
    }
  }
}

const rounded = (number: number): number => Math.round(number * 10) / 10;

const STYLE = `
:root { color-scheme: light dark; --ink: #1c2430; --soft: #5a6675; --line: #d8dee6; --paper: #ffffff; --tone: #1f5f8b; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6ebf1; --soft: #9aa7b5; --line: #36414e; --paper: #14191f; --tone: #6db3e2; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; }
main, footer { max-width: 84rem; margin: 0 auto; padding: 0 1.5rem; }
main { padding-top: 2rem; }
h1 { font-size: 1.6rem; line-height: 1.25; margin: 0 0 .25rem; }
h2 { font-size: 1.05rem; margin: 0 0 .5rem; }
section { margin: 1.75rem 0; break-inside: avoid; }
p { margin: .25rem 0; max-width: 65rem; }
.asked, .more, footer, aside { color: var(--soft); }
.more, aside, footer { font-size: .87rem; }
.table { overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; font-size: .92rem; }
th, td { text-align: left; vertical-align: top; padding: .3rem .9rem .3rem 0; border-bottom: 1px solid var(--line); }
th { font-weight: 600; vertical-align: bottom; color: var(--soft); max-width: 14rem; }
.figure { text-align: right; } .figure, .short { white-space: nowrap; }
svg { display: block; margin-top: .25rem; fill: var(--tone); print-color-adjust: exact; -webkit-print-color-adjust: exact; }
.tone1 { fill-opacity: .65; } .tone2 { fill-opacity: .35; } .tone3 { fill-opacity: .18; }
.scale { stroke: var(--line); stroke-width: 1; } .interval { stroke: var(--tone); stroke-opacity: .55; stroke-width: 4; }
aside { border-top: 1px solid var(--line); padding-top: 1rem; }
footer { padding-bottom: 2rem; margin-top: 1rem; }
@page { size: A4 landscape; margin: 12mm; }
@media print {
  :root { --ink: #000; --soft: #444; --line: #bbb; --paper: #fff; --tone: #1f5f8b; }
  body { font-size: 10px; } main, footer { max-width: none; padding: 0; } .table { overflow: visible; }
  thead { display: table-header-group; } tr { break-inside: avoid; } section { break-inside: auto; } h2 { break-after: avoid; }
}
`;
