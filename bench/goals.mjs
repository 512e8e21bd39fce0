/**
 * Every goal: what is reached, as a ratio to its anchor of the same run or as a figure of the last growth run, and what a peer does.
 * `met` is null where it was not measured, or not at the size that the goal speaks of.
 */
import { PAST_DEALS } from './desk.mjs';
import { CONNECTIONS, IN_BATCH } from './service.mjs';

/** The size that the growth goals speak of. */
const GOAL_EVENTS = 10_000_000;
/** A grown log has about as many events as were asked for. */
const NEARLY = 0.95;

/** Each case: in full, its unit, and in short for the table of goals. */
export const CASES = {
  A1: ['A1 raw SQLite, one durable row a transaction', '/s', 'A1'],
  A2: ['A2 raw SQLite, 256 rows a transaction', '/s', 'A2'],
  A3: [`A3 bare POST that does nothing, ${CONNECTIONS} connections`, '/s', 'A3'],
  A4: ['A4 emmett-sqlite as it comes, one caller', '/s', 'A4 emmett-sqlite'],
  A5: ['A5 emmett-sqlite, one connection, callers queued', '/s', 'A5 emmett-sqlite'],
  A7: ['A7 castore on PostgreSQL, 64 callers', '/s', 'A7 castore'],
  'castore in memory': ['castore in memory, not durable, 64 callers', '/s', 'castore in memory'],
  single: [`durable commands over HTTP, one a POST, ${CONNECTIONS} connections`, '/s', ''],
  batch: [`durable commands over HTTP, ${IN_BATCH} a POST`, '/s', ''],
  import: ['import, events', '/s', ''],
  rebuild: ['rebuild of every projection, events', '/s', ''],
  storage: ['bytes of the file for a byte of JSON', ' B', ''],
  'storage, emmett': ['the same events in emmett-sqlite', ' B', 'emmett-sqlite'],
  'read 1,000': ['a deal of 1,000 events read and parsed', ' ms', 'read and parsed'],
  'rehydrate 1,000': ['the same folded', ' ms', ''],
  'cached 1,000': ['the same from memory', ' ms', ''],
  'rehydrate 1,000, emmett': ['the same in emmett-sqlite', ' ms', 'emmett-sqlite'],
  'rehydrate 1,000, castore': ['the same in castore on PostgreSQL', ' ms', 'castore'],
  'start, empty': ['start of the service with nothing', ' ms', 'empty'],
  'start, with deals': [`start of the service with ${PAST_DEALS.toLocaleString('en')} deals`, ' ms', ''],
};

/** The goals of one run: `rates` of its rounds, `growth` as kept in growth.json (null when there is none). */
export function goalsOf(rates, growth) {
  return [...ofRounds(rates), ...ofGrowth(growth)];
}

function ofRounds(rates) {
  const beside = (what, ours, anchor, is, goal, peers = []) => {
    const [mine, its] = [rates.median(ours), rates.median(anchor)];
    const reached = mine === null || its === null ? null : mine / its;
    return row(what, reached, is, goal, {
      ours: told(rates, ours),
      anchor: told(rates, anchor),
      peer:
        peers
          .map((name) => told(rates, name))
          .filter((one) => one !== null)
          .join('; ') || null,
    });
  };
  const peers = ['A5', 'A7'];
  return [
    beside('one durable command per POST, beside a bare POST that does nothing', 'single', 'A3', '>=', 0.6, peers),
    beside('one durable command per POST, beside raw SQLite row by row', 'single', 'A1', '>=', 1.2, peers),
    beside('one durable command per POST, beside emmett-sqlite in process', 'single', 'A5', '>=', 8, ['A4']),
    beside(`${IN_BATCH} commands in one POST, beside raw SQLite in transactions of 256`, 'batch', 'A2', '>=', 0.8, peers),
    beside(`${IN_BATCH} commands in one POST, beside emmett-sqlite in process`, 'batch', 'A5', '>=', 60, ['A4']),
    beside('import, events decided and stored, beside raw SQLite in transactions of 256', 'import', 'A2', '>=', 1.5, peers),
    beside('a deal of 1,000 events folded, beside reading and parsing it', 'rehydrate 1,000', 'read 1,000', '<=', 1, [
      'rehydrate 1,000, emmett',
      'rehydrate 1,000, castore',
    ]),
    beside('the same deal from memory, beside reading and parsing it', 'cached 1,000', 'read 1,000', '<=', 0.01),
    beside(
      `start with ${PAST_DEALS.toLocaleString('en')} deals, beside an empty one`,
      'start, with deals',
      'start, empty',
      '<=',
      2,
    ),
    row('size of the file, beside the JSON of its events', rates.median('storage'), '<=', 1.3, {
      ours: told(rates, 'storage'),
      anchor: 'the JSON: 1',
      peer: told(rates, 'storage, emmett'),
    }),
    beside("size of the file, beside emmett-sqlite's for the same events", 'storage', 'storage, emmett', '<=', 0.75),
  ];
}

function ofGrowth(growth) {
  const size = [...(growth?.sizes ?? [])].sort((a, b) => b.events - a.events).find(({ figures }) => figures['open kept, s']);
  const figures = size?.figures ?? {};
  const figure = (name) => figures[name] ?? null;
  const where = size ? `${count(size.events)} events, ${size.date.slice(0, 10)}` : 'npm run bench -- --growth';
  const grown = (what, reached, is, goal, anchor = null) => {
    const one = row(what, reached, is, goal, { ours: where, anchor, peer: null });
    return size && size.events < NEARLY * GOAL_EVENTS ? { ...one, met: null } : one;
  };
  const times = (what, name, is, goal, slow) => {
    const [a, b] = [figure(slow), figure(name)];
    const [label, unit] = slow.split(', ');
    return grown(
      what,
      a === null || b === null ? null : is === '>=' ? a / b : b / a,
      is,
      goal,
      a === null ? null : `${label} ${count(a)} ${unit}`,
    );
  };
  const answers = (what, when, goal) => {
    const [name, ms] = slowestMeasure(figures, when) ?? [null, null];
    return grown(what, ms, '<=', goal, name);
  };
  return [
    grown('rebuild of all measures from what is kept, s', figure('open kept, s'), '<=', 1.5),
    times('the same, times faster than scanning and parsing', 'open kept, s', '>=', 20, 'scan, s'),
    grown('rebuild of all measures from the log, s', figure('open from log, s'), '<=', 12),
    answers('slowest measure as of now while commands run, p99 in ms', 'now', 10),
    answers('slowest measure as of a past instant while commands run, p99 in ms', 'past', 500),
    grown('a filtered page of the board while commands run, p99 in ms', figure('board, filtered, p99 ms'), '<=', 20),
    grown('memory for a deal, of the whole process above an empty desk, B', figure('memory a deal, B'), '<=', 100),
    grown('memory of the process (RSS), MB', figure('RSS, MB'), '<=', 600),
    times('start to listening, beside an empty service', 'service start, ms', '<=', 2, 'empty service start, ms'),
    times('open, times faster than replaying the log', 'open kept, s', '>=', 20, 'open from log, s'),
    grown('size of the grown file, beside the JSON of its events', figure('disk, B a byte of JSON'), '<=', 1.3),
  ];
}

function row(what, reached, is, goal, rest) {
  const met = reached === null ? null : is === '>=' ? reached >= goal : reached <= goal;
  return { what, reached: reached === null ? null : rounded(reached), goal: `${is} ${goal}`, met, ...rest };
}

function told(rates, name) {
  const figure = rates.median(name);
  const [, unit, short] = CASES[name];
  return figure === null ? null : `${short} ${count(figure)}${unit}`.trim();
}

/** The measure that answers slowest as of `when` (now, past), with its p99 in milliseconds; null where none was asked. */
export function slowestMeasure(figures, when) {
  const end = ` as of ${when}, p99 ms`;
  const known = Object.entries(figures)
    .filter(([name]) => name.startsWith('measure ') && name.endsWith(end))
    .map(([name, ms]) => [name.slice('measure '.length, -end.length), ms]);
  return known.toSorted(([, a], [, b]) => b - a)[0] ?? null;
}

/** Three digits are what a shared machine gives. */
export const rounded = (number) => (Math.abs(number) >= 100 ? Math.round(number) : Number(number.toPrecision(3)));
export const count = (number) => rounded(number).toLocaleString('en', { maximumFractionDigits: 6 });
