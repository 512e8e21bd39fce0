import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { BLOCK_ENTRIES, DealColumns, FactNotes, measure, MEASURE_NAMES, openings, type LoggedEvent } from '@coxswain/projections';
import type { SalesProcess } from '@coxswain/sales-process';
import { columnsOf, context, euros, folded, KETTLES, Log, noon, published, renamed, toldOf } from './given.js';

const STAGES = Object.keys(KETTLES.stages);

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
/** The same process, in which every move asks for the amount: the junk watch looks at what is asked for. */
const asking = (definition: SalesProcess): SalesProcess => ({
  ...definition,
  fields: { amount: { name: 'amount', label: 'Amount', personal: false, type: 'money' } },
  stages: Object.fromEntries(
    Object.entries(definition.stages).map(([id, stage]) => [
      id,
      {
        ...stage,
        moves: Object.fromEntries(Object.entries(stage.moves).map(([name, move]) => [name, { ...move, needs: ['amount'] }])),
      },
    ]),
  ),
});
const versions = [published(1, asking(KETTLES)), published(2, asking(renamed('proposal', 'offer')), noon(dayNumber(50)))];

test('leaving out what was recorded after an instant never changes a figure as of that instant', () => {
  fc.assert(
    fc.property(
      logs,
      fc.integer({ min: 0, max: 110 }),
      fc.constantFrom(...MEASURE_NAMES),
      fc.constantFrom('owner' as const, 'version' as const, undefined),
      (log, day, name, by) => {
        const asOf = noon(dayNumber(day));
        const ask = (events: readonly LoggedEvent[], known: typeof versions): unknown => {
          try {
            const facts = new FactNotes();
            for (const event of events) facts.add(event);
            return measure(name, columnsOf(events), context(asOf, { by, versions: known, facts }));
          } catch (error) {
            // Not every measure can be told by everything.
            if (error instanceof RangeError) return error.message;
            throw error;
          }
        };
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

/** The same columns, packed block by block and loaded again. */
function packedAndLoaded(columns: DealColumns): DealColumns {
  const loaded = new DealColumns();
  for (let block = 0; block <= columns.sealed; block++)
    if (block < columns.sealed || columns.size % BLOCK_ENTRIES > 0) loaded.load(columns.packed(block));
  return loaded;
}

test('folding the log in two halves, kept as bytes in between, gives what folding it at once gives', () => {
  fc.assert(
    fc.property(logs, fc.nat(60), (log, half) => {
      const columns = packedAndLoaded(columnsOf(log.slice(0, half)));
      for (const event of log.slice(half)) columns.fold(event);
      expect(toldOf(columns)).toEqual(toldOf(columnsOf(log)));
      expect(columns.heads.openLimits).toBe(columnsOf(log).heads.openLimits);
      const once = folded(openings, log.slice(0, half));
      const kept = new Map(
        [...once].map(([key, row]): [string, typeof row] => [key, JSON.parse(JSON.stringify(row)) as typeof row]),
      );
      expect(folded(openings, log.slice(half), kept)).toEqual(folded(openings, log));
    }),
  );
});

test('a block is sealed when it is full, brings the names it is the first to use, and never changes', () => {
  const log = new Log();
  const day = (number: number): string => dayNumber(number % 300);
  // Each deal has two entries, so 8,192 entries are 4,096 deals, and 5,000 deals reach 1,808 entries into the second block.
  for (let deal = 0; deal < 5_000; deal++)
    log.captured(`d${deal}`, day(deal), { owner: `o${deal % 7}`, facts: { amount: euros(deal), closeDate: day(deal + 30) } });
  for (let deal = 0; deal < 5_000; deal++) log.to(`d${deal}`, 'qualified', day(deal + 1));
  const columns = columnsOf(log.events);
  expect([columns.size, columns.sealed, columns.deals]).toEqual([10_000, 1, 5_000]);
  const first = columns.packed(0);
  expect(toldOf(packedAndLoaded(columns))).toEqual(toldOf(columns));
  expect(columns.fold({ ...log.events[0]!, stream: 'opportunity-new' })).toBeUndefined();
  expect(columns.packed(0)).toEqual(first);
  // 8,192 entries in fewer than 30 bytes each, ids and names included.
  expect(first.length / BLOCK_ENTRIES).toBeLessThan(30);
});

test('nothing can be loaded after a block that was not full', () => {
  const columns = columnsOf(new Log().captured('a', '2026-01-01').events);
  expect(() => columns.load(columns.packed(0))).toThrow('a block follows one that was not full');
});

test('a close date that is no day is kept as it is', () => {
  const columns = packedAndLoaded(columnsOf(new Log().captured('a', '2026-01-01', { facts: { closeDate: 'in spring' } }).events));
  expect(columns.heads.head(0).closeDate).toBe('in spring');
  expect([...columns.entriesOf(0)]).toMatchObject([{ closeDate: 'in spring' }]);
});

test('an entry that cannot be read changes nothing, so that the fold can stop there', () => {
  const log = new Log().captured('a', '2026-01-01').to('a', 'qualified', '2026-01-02');
  const columns = columnsOf(log.events.slice(0, 1));
  const before = toldOf(columns);
  const broken = { ...log.events[1]!, data: { ...(log.events[1]!.data as object), occurredAt: 'yesterday' } };
  expect(() => columns.fold(broken)).toThrow('"yesterday" is not an instant');
  expect(() => columns.fold({ ...broken, type: 'StageGuessed' })).toThrow('this release knows no event "StageGuessed" of deals');
  expect(() => columns.fold(log.events[0]!)).toThrow('captures its deal twice');
  expect(toldOf(columns)).toEqual(before);
});

test('of facts, only those that measures read are kept', () => {
  const log = new Log()
    .captured('a', '2026-01-01', { facts: { source: 'fair', economicBuyer: 'someone' } })
    .facts('a', '2026-01-02', { economicBuyer: 'someone else' });
  const columns = log.histories();
  expect([...columns.entriesOf(0)]).toEqual([
    expect.objectContaining({ shape: expect.objectContaining({ kind: 'captured', facts: { source: 'fair' } }) }),
  ]);
  expect(Buffer.from(columns.packed(0)).toString('latin1')).not.toContain('someone');
});

test('the head of a deal shows where it stands now; a move back to the same stage does not restart its time', () => {
  const log = new Log().captured('a', '2026-01-01', { facts: { amount: euros(100), closeDate: '2026-05-01' } });
  log.to('a', 'qualified', '2026-01-02').to('a', 'qualified', '2026-01-03').limit('a', '2026-01-03', '2026-01-09');
  log.facts('a', '2026-01-04', { amount: euros(150), closeDate: null }).owner('a', '2026-01-05', 'bob', 'south');
  const { heads } = log.histories();
  expect(heads.head(0)).toEqual({
    process: { id: 'kettles', version: 1 },
    stage: 'qualified',
    phase: 'qualified',
    owner: 'bob',
    team: 'south',
    origin: 'new',
    amount: euros(150),
    closeDate: null,
    stageSinceMs: Date.parse(noon('2026-01-02')),
    firstDueMs: Date.parse(noon('2026-01-09')),
    result: null,
    deviating: false,
    overridden: false,
  });
  expect(heads.matching({ process: 'kettles', stage: 'qualified', owner: 'bob', team: 'south', phase: 'qualified' })(0)).toBe(
    true,
  );
  expect(heads.matching({ owner: 'ann' })(0)).toBe(false);
  expect(heads.matching({ owner: 'nobody' })(0)).toBe(false);
  expect(log.to('a', 'lost', '2026-01-06').histories().heads.head(0)).toMatchObject({ result: 'lost', firstDueMs: null });
});

test('a time limit is open until it fires, is cancelled, or the deal leaves the stage', () => {
  const due = Date.parse(noon('2026-01-05'));
  const given = (): Log => new Log().captured('a', '2026-01-01').limit('a', '2026-01-01', '2026-01-05');
  const open = given().histories().heads;
  expect([open.openLimits, open.dueAt(due - 1), open.dueAt(due)]).toEqual([1, [], [0]]);
  expect(open.limitsOf(0)).toEqual([{ limit: 'lead', dueMs: due, then: 'warn', fired: false }]);

  const happened = { occurredAt: noon('2026-01-05'), by: 'coxswain', limit: 'lead' };
  const fired = given()
    .add('a', { type: 'LimitFired', ...happened, dueAt: noon('2026-01-05'), then: 'warn', told: [], blockers: [] })
    .histories().heads;
  // It is up and stays so, but it does not fire again.
  expect([fired.openLimits, fired.dueAt(due), fired.isOverdue(0, due)]).toEqual([0, [], true]);
  for (const left of [given().to('a', 'qualified', '2026-01-02'), given().add('a', { type: 'LimitCancelled', ...happened })]) {
    const { heads } = left.histories();
    expect([heads.openLimits, heads.dueAt(due), heads.limitsOf(0)]).toEqual([0, [], []]);
  }
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
  expect(() => columnsOf(log.events.slice(1))).toThrow('the stream opportunity-a begins with StageChanged');
});

test('where deals stood at an instant is what a log that ends there says, whichever instant it is', () => {
  fc.assert(
    fc.property(logs, fc.integer({ min: 0, max: 200 }), (log, day) => {
      const then = `${dayNumber(day)}T12:00:00.000Z`;
      const past = columnsOf(log).headsAt(Date.parse(then));
      const { heads, deals } = columnsOf(log.filter(({ recordedAt }) => recordedAt <= then));
      expect(past.deals).toBe(deals);
      for (let deal = 0; deal < deals; deal++) {
        expect(past.head(deal)).toEqual(heads.head(deal));
        expect(past.limitsOf(deal)).toEqual(heads.limitsOf(deal));
      }
    }),
  );
});
