// Draws the growth run for the docs: how time, memory, disk and answers grow with the log, all axes logarithmic.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { slowestMeasure } from './goals.mjs';

const FILE = join(import.meta.dirname, '../docs/explanation/growth.svg');

const megabytes = (value) => (value >= 1_000 ? `${value / 1_000} GB` : `${value} MB`);
const PICTURES = [
  {
    title: 'Time until every figure is there',
    says: (s) => (s >= 1 ? `${s} s` : `${Number((s * 1000).toPrecision(3))} ms`),
    lines: [
      ['opened from what is kept', ({ figures }) => figures['open kept, s']],
      ['folded from the whole log', ({ figures }) => figures['open from log, s']],
      ['the log only read and parsed', ({ figures }) => figures['scan, s']],
      ['service started, until it listens', ({ figures }) => figures['service start, ms'] / 1000],
    ],
  },
  {
    title: 'Memory of the process',
    says: megabytes,
    lines: [
      ['after opening', ({ figures }) => figures['RSS, MB']],
      ['after all questions', ({ figures }) => figures['RSS after all questions, MB']],
      ['at most, while the log is folded', ({ figures }) => figures['RSS at most while folding, MB']],
      ['an empty desk', ({ figures }) => figures['RSS of an empty desk, MB']],
    ],
  },
  {
    title: 'Disk',
    says: megabytes,
    lines: [
      ['the log and all that is kept beside it', ({ figures }) => figures['disk, MB']],
      ['the log', ({ figures }) => figures['log on disk, MB']],
      ['the events as plain JSON', ({ payloadMB }) => payloadMB],
    ],
  },
  {
    title: 'Answers while commands run: 99 of 100 are faster',
    says: (ms) => (ms >= 1_000 ? `${ms / 1_000} s` : `${ms} ms`),
    lines: [
      ['slowest measure, as of now', ({ figures }) => slowestMeasure(figures, 'now')?.[1]],
      ['slowest measure, as of a past instant', ({ figures }) => slowestMeasure(figures, 'past')?.[1]],
      ['a filtered page of the board', ({ figures }) => figures['board, filtered, p99 ms']],
      ['a command', ({ figures }) => figures['command, p99 ms']],
    ],
  },
];

const WIDTH = 1_000;
const HEIGHT = 860;
const PLOT = { left: [80, 580], top: [180, 590], width: 390, height: 210 };

/** On light, on dark. Lines are told apart by colour, dash and mark. */
const COLOURS = {
  paper: ['#ffffff', '#0d1117'],
  ink: ['#1f2328', '#e6edf3'],
  faint: ['#d1d9e0', '#30363d'],
  lines: [
    ['#0969da', '#4493f8'],
    ['#bc4c00', '#f0883e'],
    ['#1a7f37', '#3fb950'],
    ['#8250df', '#ab7df8'],
  ],
};
const coloursOn = (screen) => `.paper { fill: ${COLOURS.paper[screen]}; } text { fill: ${COLOURS.ink[screen]}; }
  .grid { stroke: ${COLOURS.faint[screen]}; } .frame { stroke: ${COLOURS.ink[screen]}; }
  ${COLOURS.lines.map((colours, line) => `.s${line} { stroke: ${colours[screen]}; } .m${line} { fill: ${colours[screen]}; }`).join(' ')}`;
const STYLE = `
  svg { font-family: system-ui, sans-serif; font-size: 12px; }
  .title { font-size: 17px; font-weight: 600; } .name { font-size: 15px; font-weight: 600; }
  .frame { fill: none; } .line { fill: none; stroke-width: 2; } .s2 { stroke-dasharray: 7 4; } .s3 { stroke-dasharray: 2 4; }
  ${coloursOn(0)}
  @media (prefers-color-scheme: dark) {
  ${coloursOn(1)}
  }`;

const MARKS = [
  (x, y) => `<circle class="m0" cx="${x}" cy="${y}" r="4"/>`,
  (x, y) => `<rect class="m1" x="${x - 4}" y="${y - 4}" width="8" height="8"/>`,
  (x, y) => `<path class="m2" d="M${x} ${y - 5} l5 9 h-10 z"/>`,
  (x, y) => `<path class="m3" d="M${x} ${y - 5} l5 5 l-5 5 l-5 -5 z"/>`,
];

/** Writes docs/explanation/growth.svg; what a size did not reach has no point. */
export function plotGrowth(growth) {
  const sizes = growth?.sizes ?? [];
  if (sizes.length === 0) throw new Error('there is nothing to draw yet: npm run bench -- --growth');
  const title = titleOf(sizes);
  const svg = [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" width="${WIDTH}" height="${HEIGHT}" role="img">`,
    `<title>${title}</title>`,
    `<style>${STYLE}\n</style>`,
    `<rect class="paper" width="${WIDTH}" height="${HEIGHT}"/>`,
    text(20, 32, title, 'class="title"'),
    ...PICTURES.map((picture, index) => draw(picture, sizes, PLOT.left[index % 2], PLOT.top[Math.floor(index / 2)])),
    '</svg>',
  ];
  writeFileSync(FILE, `${svg.join('\n')}\n`);
}

function draw({ title, says, lines }, sizes, left, top) {
  const points = lines.map(([, of]) => sizes.map((size) => [size.events, of(size)]).filter(([x, y]) => x > 0 && y > 0));
  const across = logarithmic(
    points.flat().map(([x]) => x),
    left,
    left + PLOT.width,
  );
  const up = logarithmic(
    points.flat().map(([, y]) => y),
    top + PLOT.height,
    top,
  );
  const bottom = top + PLOT.height;
  return [
    text(left - 60, top - 105, title, 'class="name"'),
    ...lines.map(([name], line) => {
      const y = top - 84 + 18 * line;
      return `<path class="line s${line}" d="M${left - 60} ${y} h36"/>${MARKS[line](left - 42, y)}${text(left - 16, y + 4, name)}`;
    }),
    ...across.powers.map(
      (x) =>
        `<path class="grid" d="M${across.at(x)} ${top} V${bottom}"/>${text(across.at(x), bottom + 18, eventCount(x), MIDDLE)}`,
    ),
    ...up.powers.map(
      (y) => `<path class="grid" d="M${left} ${up.at(y)} h${PLOT.width}"/>${text(left - 8, up.at(y) + 4, says(y), END)}`,
    ),
    text(left + PLOT.width / 2, bottom + 38, 'events in the log', MIDDLE),
    `<rect class="frame" x="${left}" y="${top}" width="${PLOT.width}" height="${PLOT.height}"/>`,
    ...points.map((known, line) => {
      const places = known.map(([x, y]) => [across.at(x), up.at(y)]);
      return `<polyline class="line s${line}" points="${places.map((place) => place.join(',')).join(' ')}"/>${places.map(([x, y]) => MARKS[line](x, y)).join('')}`;
    }),
  ].join('\n');
}

/** A logarithmic axis in whole powers of ten around the figures; a size a little off its power does not need another one. */
function logarithmic(figures, from, to) {
  const logs = figures.map(Math.log10);
  const least = Math.floor(Math.min(...logs) + 0.03);
  const most = Math.max(least + 1, Math.ceil(Math.max(...logs) - 0.03));
  return {
    powers: Array.from({ length: most - least + 1 }, (_, n) => 10 ** (least + n)),
    at: (figure) => Math.round((from + ((to - from) * (Math.log10(figure) - least)) / (most - least)) * 10) / 10,
  };
}

const MIDDLE = 'text-anchor="middle"';
const END = 'text-anchor="end"';
const text = (x, y, words, attributes = '') => `<text x="${x}" y="${y}" ${attributes}>${words}</text>`;

const titleOf = (sizes) => {
  const [first, last] = [sizes[0], sizes.at(-1)];
  return `How Coxswain grows, from ${eventCount(first.asked)} to ${eventCount(last.asked)} events (${last.date.slice(0, 10)}, ${last.cores} cores, Node ${last.node.slice(1)})`;
};
const eventCount = (events) => (events >= 1e6 ? `${events / 1e6} M` : events >= 1e3 ? `${events / 1e3} k` : `${events}`);
