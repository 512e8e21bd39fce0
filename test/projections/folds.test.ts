import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  board,
  dealHistories,
  deadlines,
  measure,
  MEASURE_NAMES,
  openings,
  type DealHistory,
  type LoggedEvent,
  type Projection,
} from '@coxswain/projections';
import { context, euros, folded, KETTLES, Log, noon, published, renamed } from './given.js';

const STAGES = Object.keys(KETTLES.stages);
const PROJECTIONS: readonly Projection<unknown>[] = [dealHistories, board, deadlines, openings];

/** Logs of up to six deals over a hundred days, some lines written later than they happened. */
const logs: fc.Arbitrary<readonly LoggedEvent[]> = fc
  .array(
    fc.record({
      deal: fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f'),
      after: fc.integer({ min: 0, max: 3 }),
      late: fc.integer({ min: 0, max: 5 }),
      what: fc.oneof(
        { weight: 4, arbitrary: fc.constantFrom(...STAGES) },
        { weight: 1, arbitrary: fc.constantFrom('amount', 'owner', 'limit', 'opens', 'closeDate') },
      ),
    }),
    { maxLength: 60 },
  )
  .map((lines) => {
    const log = new Log();
    const known = new Set<string>();
    let day = 10;
    for (const { deal, after, late, what } of lines) {
      day += after;
      const written = dayNumber(day);
      const happened = dayNumber(day - late);
      log.recordedLater(written);
      if (!known.has(deal)) {
        known.add(deal);
        log.captured(deal, happened, {
          owner: deal < 'c' ? 'ann' : 'bob',
          facts: { amount: euros(day), source: deal < 'd' ? 'fair' : 'web' },
        });
      } else if (what === 'amount') log.facts(deal, happened, { amount: euros(day) });
      else if (what === 'closeDate') log.facts(deal, happened, { closeDate: dayNumber(day + 40) });
      else if (what === 'owner') log.owner(deal, happened, 'eve');
      else if (what === 'limit') log.limit(deal, happened, dayNumber(day + 3));
      else if (what === 'opens')
        log.to(deal, 'live', happened, { opens: { process: 'kettles', origin: 'upsell', deal: `${deal}~${log.events.length}` } });
      else log.to(deal, what, happened);
    }
    return log.events;
  });

const dayNumber = (day: number): string => new Date(Date.UTC(2026, 0, 1 + day)).toISOString().slice(0, 10);
const versions = [published(1, KETTLES), published(2, renamed('proposal', 'offer'), noon(dayNumber(50)))];

test('leaving out what was recorded after an instant never changes a figure as of that instant', () => {
  fc.assert(
    fc.property(
      logs,
      fc.integer({ min: 0, max: 110 }),
      fc.constantFrom(...MEASURE_NAMES),
      fc.constantFrom('owner' as const, 'version' as const, undefined),
      (log, day, name, by) => {
        const asOf = noon(dayNumber(day));
        const ask = (events: readonly LoggedEvent[], known: typeof versions): unknown =>
          measure(name, folded<DealHistory>(dealHistories, events).values(), context(asOf, { by, versions: known }));
        const truncated = log.filter(({ recordedAt }) => recordedAt <= asOf);
        expect(ask(log, versions)).toEqual(
          ask(
            truncated,
            versions.filter(({ publishedAt }) => publishedAt <= asOf),
          ),
        );
      },
    ),
    { numRuns: 300 },
  );
});

test('folding the log in two halves, kept as text in between, gives the rows of folding it at once', () => {
  fc.assert(
    fc.property(logs, fc.nat(60), (log, half) => {
      for (const projection of PROJECTIONS) {
        const first = folded(projection, log.slice(0, half));
        const kept = new Map([...first].map(([key, row]): [string, unknown] => [key, JSON.parse(JSON.stringify(row))]));
        expect(folded(projection, log.slice(half), kept)).toEqual(folded(projection, log));
      }
    }),
  );
});

test('of facts, a history keeps only those that measures read', () => {
  const log = new Log()
    .captured('a', '2026-01-01', { facts: { source: 'fair', economicBuyer: 'someone' } })
    .facts('a', '2026-01-02', { economicBuyer: 'someone else' });
  const [history] = log.histories();
  expect(history!.entries).toEqual([expect.objectContaining({ kind: 'captured', facts: { source: 'fair' } })]);
  expect(JSON.stringify(history)).not.toContain('someone');
});

test('the board shows where a deal stands now; a move back to the same stage does not restart its time', () => {
  const log = new Log().captured('a', '2026-01-01', { facts: { amount: euros(100), closeDate: '2026-05-01' } });
  log.to('a', 'qualified', '2026-01-02').to('a', 'qualified', '2026-01-03').limit('a', '2026-01-03', '2026-01-09');
  log.facts('a', '2026-01-04', { amount: euros(150), closeDate: null }).owner('a', '2026-01-05', 'bob', 'south');
  expect(folded(board, log.events).get('a')).toEqual({
    id: 'a',
    process: { id: 'kettles', version: 1 },
    stage: 'qualified',
    phase: 'qualified',
    owner: 'bob',
    team: 'south',
    account: null,
    origin: 'new',
    amount: euros(150),
    closeDate: null,
    stageSince: noon('2026-01-02'),
    overdueSince: noon('2026-01-09'),
    result: null,
    limits: { qualified: noon('2026-01-09') },
  });
  expect(folded(board, log.to('a', 'lost', '2026-01-06').events).get('a')).toMatchObject({ result: 'lost', overdueSince: null });
});

test('a deadline is kept until it fires, is cancelled, or the deal leaves the stage', () => {
  const open = new Log().captured('a', '2026-01-01').limit('a', '2026-01-01', '2026-01-05');
  expect(folded(deadlines, open.events).get('a')).toEqual({
    limits: [{ deal: 'a', limit: 'lead', dueAt: noon('2026-01-05'), then: 'warn' }],
  });
  const happened = { occurredAt: noon('2026-01-05'), by: 'coxswain', limit: 'lead' };
  expect(
    folded(
      deadlines,
      open.add('a', { type: 'LimitFired', ...happened, dueAt: noon('2026-01-05'), then: 'warn', told: [], blockers: [] }).events,
    ).size,
  ).toBe(0);
  const left = new Log().captured('a', '2026-01-01').limit('a', '2026-01-01', '2026-01-05').to('a', 'qualified', '2026-01-02');
  expect(folded(deadlines, left.events).size).toBe(0);
});

test('a linked deal is pending from the step that opens it until its capture', () => {
  const log = new Log()
    .captured('a', '2026-01-01')
    .to('a', 'live', '2026-01-02', { opens: { process: 'kettles', origin: 'upsell', deal: 'a~1' }, team: 'north' });
  expect([...folded(openings, log.events)]).toEqual([
    [
      'a~1',
      {
        deal: 'a~1',
        process: 'kettles',
        origin: 'upsell',
        openedFrom: { deal: 'a', revision: 1, move: 'live' },
        by: 'ann',
        team: 'north',
        occurredAt: noon('2026-01-02'),
      },
    ],
  ]);
  expect(folded(openings, log.captured('b', '2026-01-03').events).size).toBe(1);
  expect(
    folded(openings, log.captured('a~1', '2026-01-03', { openedFrom: { deal: 'a', revision: 1, move: 'live' } }).events).size,
  ).toBe(0);
});

test('a stream that does not begin with a capture is broken, and says so', () => {
  const log = new Log().captured('a', '2026-01-01').to('a', 'live', '2026-01-02');
  expect(() => folded(dealHistories, log.events.slice(1))).toThrow('the stream opportunity-a begins with StageChanged');
});
