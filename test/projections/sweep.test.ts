import { expect, test } from '@jest/globals';
import type { Grouping } from '@coxswain/projections';
import { dealAsOf, stagesOfShapes, Sweep, type Attribution, type Deal, type DealColumns } from '@coxswain/projections';
import fc from 'fast-check';
import { euros, Log, noon } from './given.js';

const DAYS = 28;
const day = (number: number): string => `2026-01-${String(number).padStart(2, '0')}`;
const ms = (number: number): number => Date.parse(noon(day(number)));
const RESULTS = ['open', 'won', 'lost'] as const;
const GROUPINGS: readonly (Grouping | null)[] = [null, 'owner', 'team', 'version', 'source', 'generatedBy', 'account', 'origin'];

interface Asked {
  readonly asOf: number;
  readonly clock: number;
  readonly by: Grouping | null;
  readonly merged: boolean;
}

const stageOf =
  ({ merged }: Asked) =>
  (stage: string): string =>
    merged && stage === 'proposal' ? 'qualified' : stage;

/** What the figures need of a deal, from the deal itself. */
function ofDeal(columns: DealColumns, number: number, asked: Asked): unknown {
  const { asOf, clock, by } = asked;
  const view = {
    asOfMs: ms(asOf),
    clockMs: ms(clock),
    stages: stagesOfShapes(columns, stageOf(asked)),
    steps: false,
    all: false,
  };
  const deal = dealAsOf(columns, number, view);
  if (!deal) return null;
  const { capturedMs, visits, result, resultSinceMs, qualified, won, facts, dueLimits } = deal;
  const first = visits[0]!;
  return {
    capturedMs,
    asLead: first.phase === 'lead',
    result: result ?? 'open',
    resultSinceMs,
    qualifiedMs: qualified?.atMs ?? null,
    wonMs: won?.atMs ?? null,
    group: groupOf(by, deal, deal),
    groupAtCapture: groupOf(by, deal, first),
    groupAtQualified: qualified && groupOf(by, deal, qualified),
    visits: visits.map((visit) => [visit.stage, visit.enteredMs, visit.leftMs, groupOf(by, deal, visit)]),
    amount: facts.amount ?? null,
    dueMs: dueLimits.reduce((least, { dueMs }) => Math.min(least, dueMs), Infinity),
  };
}

/** As a measure groups a deal by a moment of it. */
function groupOf(by: Grouping | null, deal: Deal, { owner, team, version }: Attribution): string | null {
  if (by === null) return null;
  return {
    owner,
    team,
    version: String(version),
    account: deal.account,
    origin: deal.origin,
    source: deal.facts.source ?? null,
    generatedBy: deal.facts.generatedBy ?? null,
  }[by];
}

/** The same of each deal, from the columns. */
function sweptDeals(columns: DealColumns, asked: Asked): readonly unknown[] {
  const { asOf, clock, by } = asked;
  const swept = new Sweep(columns, {
    process: 'kettles',
    asOfMs: ms(asOf),
    clockMs: ms(clock),
    stageOf: stageOf(asked),
    by,
    worth: true,
  });
  const nameOf = (group: number): string | null => swept.groups.nameOf(group);
  const visits = Array.from({ length: columns.deals }, (): unknown[] => []);
  for (let visit = 0; visit < swept.visits; visit++) {
    const left = swept.leftMs[visit]!;
    visits[swept.visitDeal[visit]!]!.push([
      swept.stages.nameOf(swept.visitStage[visit]!),
      swept.enteredMs[visit],
      left === Infinity ? null : left,
      nameOf(swept.groupAtVisit(visit)),
    ]);
  }
  expect(swept.known).toBe(visits.filter(({ length }) => length > 0).length);
  return visits.map((list, deal) => {
    if (list.length === 0) return null;
    const [isQualified, currency] = [swept.isQualified(deal), swept.currencies.nameOf(swept.currency[deal]!)];
    return {
      capturedMs: swept.capturedMs[deal],
      asLead: swept.asLead[deal] === 1,
      result: RESULTS[swept.result[deal]!],
      resultSinceMs: swept.resultSinceMs[deal],
      qualifiedMs: isQualified ? swept.qualifiedMs[deal] : null,
      wonMs: swept.isWon(deal) ? swept.wonMs[deal] : null,
      group: nameOf(swept.groupOf(deal)),
      groupAtCapture: nameOf(swept.groupAtCapture(deal)),
      groupAtQualified: isQualified ? nameOf(swept.groupAtQualified(deal)) : null,
      visits: list,
      amount: currency === null ? null : { minor: swept.amount[deal], currency },
      dueMs: swept.firstDueMs(deal),
    };
  });
}

const anyDay = fc.integer({ min: 1, max: DAYS });
const step = fc.record({
  deal: fc.constantFrom('a', 'b', 'c'),
  on: anyDay,
  what: fc.oneof(
    fc.record({ to: fc.constantFrom('lead', 'qualified', 'proposal', 'won', 'lost', 'live'), version: fc.constantFrom(1, 2) }),
    fc.record({ moved: fc.constantFrom('qualified', 'proposal', 'lost'), continues: fc.boolean() }),
    fc.record({ owner: fc.constantFrom('ann', 'bob'), team: fc.constantFrom('north', 'south') }),
    fc.record({
      facts: fc.record(
        {
          amount: fc.option(fc.integer({ min: 1, max: 9 }).map(euros)),
          source: fc.option(fc.constantFrom('fair', 'web')),
          generatedBy: fc.option(fc.constantFrom('cleo', 'dan')),
        },
        { requiredKeys: [] },
      ),
    }),
    fc.record({ due: anyDay }),
    fc.record({ cancelled: fc.constant(true) }),
  ),
});
type Step = typeof step extends fc.Arbitrary<infer One> ? One : never;

const PHASES = {
  lead: 'lead',
  qualified: 'qualified',
  proposal: 'selling',
  won: 'closed',
  lost: 'closed',
  live: 'customer',
} as const;

function logged(steps: readonly Step[], recordedLater: boolean): DealColumns {
  const log = new Log();
  if (recordedLater) log.recordedLater(day(DAYS));
  for (const [at, deal] of ['a', 'b', 'c'].entries())
    log.captured(deal, day(at + 2), { facts: { amount: euros(10), source: 'web' } });
  const standing: Record<string, string> = { a: 'lead', b: 'lead', c: 'lead' };
  for (const { deal, on, what } of steps) {
    const from = standing[deal]! as keyof typeof PHASES;
    if ('to' in what) {
      log.to(deal, what.to, day(on), { process: { id: 'kettles', version: what.version, hash: 'h' } });
      standing[deal] = what.to;
    } else if ('moved' in what) {
      const to = what.moved as keyof typeof PHASES;
      standing[deal] = to;
      log.add(deal, {
        type: 'DealMigrated',
        occurredAt: noon(day(on)),
        by: 'ann',
        previous: { id: 'kettles', version: 1, hash: 'h' },
        process: { id: 'kettles', version: 2, hash: 'h' },
        from,
        to,
        continues: what.continues,
        fromPhase: PHASES[from],
        toPhase: PHASES[to],
        result: to === 'lost' ? 'lost' : null,
      } as unknown as Parameters<Log['add']>[1]);
    } else if ('owner' in what) log.owner(deal, day(on), what.owner, what.team);
    else if ('facts' in what) log.facts(deal, day(on), what.facts);
    else if ('due' in what) log.limit(deal, day(on), day(what.due));
    else log.add(deal, { type: 'LimitCancelled', occurredAt: noon(day(on)), by: 'ann', limit: 'lead' });
  }
  return log.histories();
}

test('many deals at once tell what each tells of itself, at any two instants, in any grouping, under any line of stages', () => {
  fc.assert(
    fc.property(
      fc.array(step, { maxLength: 25 }),
      fc.boolean(),
      fc.record({ asOf: anyDay, clock: anyDay, by: fc.constantFrom(...GROUPINGS), merged: fc.boolean() }),
      (steps, recordedLater, asked) => {
        const columns = logged(steps, recordedLater);
        const alone = Array.from({ length: columns.deals }, (_, number) => ofDeal(columns, number, asked));
        expect(sweptDeals(columns, asked)).toEqual(alone);
      },
    ),
    { numRuns: 2_000 },
  );
});

test('who changed hands counts each moment for whom it was with then, and what a deal came from for good', () => {
  const log = new Log().captured('a', day(2), { facts: { source: 'fair' } }).to('a', 'qualified', day(3));
  const columns = log.owner('a', day(4), 'bob').to('a', 'won', day(5)).histories();
  const asked = { asOf: 28, clock: 28, merged: false };
  expect(sweptDeals(columns, { ...asked, by: 'owner' })).toMatchObject([
    {
      group: 'bob',
      groupAtCapture: 'ann',
      groupAtQualified: 'ann',
      visits: [
        ['lead', ms(2), ms(3), 'ann'],
        ['qualified', ms(3), ms(5), 'ann'],
        ['won', ms(5), null, 'bob'],
      ],
    },
  ]);
  expect(sweptDeals(columns, { ...asked, by: 'source' })).toMatchObject([{ group: 'fair', groupAtCapture: 'fair' }]);
});
