import { expect, test } from '@jest/globals';
import { measure } from '@coxswain/projections';
import type { SalesProcess, Stage } from '@coxswain/sales-process';
import { context, euros, KETTLES, Log, noon, published } from './given.js';

/** Figures over several versions of a process: publishing one, or moving a deal to it, changes nothing of deals that nobody touched. */

const LATER = '2026-02-01T00:00:00.000Z';
const limit = (days: number): Pick<Stage, 'limit'> => ({
  limit: { time: { amount: days, unit: 'days' as const }, then: 'warn', tell: [] },
});
/** The process with these stages put in the place of others. */
function changed(process: SalesProcess, out: readonly string[], into: Readonly<Record<string, Partial<Stage>>>): SalesProcess {
  const { qualified } = KETTLES.stages;
  const kept = Object.entries(process.stages).filter(([id]) => !out.includes(id));
  const added = Object.entries(into).map(([id, stage]) => [id, { ...qualified!, id, label: id, was: [], ...stage }] as const);
  return { ...process, stages: Object.fromEntries([...kept, ...added]) };
}
const moved = (log: Log, deal: string, day: string, from: string, to: string, rest: object = {}): Log =>
  log.add(deal, {
    type: 'DealMigrated',
    occurredAt: noon(day),
    by: 'olga',
    process: published(2, KETTLES).ref,
    was: published(1, KETTLES).ref,
    from,
    to,
    continues: true,
    fromPhase: 'qualified',
    toPhase: 'qualified',
    result: null,
    tracks: {},
    migration: 'm',
    ...rest,
  });

test('a deal is weighted by its own version, also where stages have become one since', () => {
  const log = new Log();
  for (const [deal, stage, amount] of [
    ['a', 'proposal', 100],
    ['b', 'qualified', 300],
  ] as const)
    log.captured(deal, '2026-01-01', { facts: { amount: euros(amount), closeDate: '2026-03-20' } }).to(deal, stage, '2026-01-02');
  const merged = changed(KETTLES, ['qualified', 'proposal'], {
    talk: { was: ['qualified', 'proposal'], forecast: { category: 'best-case', probability: 90 } },
  });
  const versions = [published(1, KETTLES), published(2, merged, LATER)];
  for (const asOf of ['2026-01-20', '2026-02-20']) {
    const [all] = measure('forecast', log.histories(), context(noon(asOf), { versions })).groups;
    const now = all!.periods.find(({ period }) => period === '2026-Q1')!;
    // 100 at 50 % and 300 at 20 %.
    expect(now.weightedByStage).toEqual({ amounts: [euros(110)], of: 2 });
    expect(now.categories.filter(({ deals }) => deals > 0).map(({ category }) => category)).toEqual(['pipeline', 'commit']);
  }
});

test('a limit is that of the stage it was set for, also where it has become one with a stage without', () => {
  const before = changed(KETTLES, ['qualified', 'proposal'], { demo: limit(10), scoping: {} });
  const merged = changed(before, ['demo', 'scoping'], { talk: { was: ['demo', 'scoping'], ...limit(3) } });
  const versions = [published(1, before), published(2, merged, LATER)];
  const log = new Log();
  const to = (deal: string, stage: string, day: string): Log => log.to(deal, stage, day, {}, before);
  for (const deal of ['long', 'short', 'none', 'both']) log.captured(deal, '2026-01-01');
  to('long', 'demo', '2026-01-02');
  to('long', 'won', '2026-01-20');
  to('short', 'demo', '2026-01-02');
  to('short', 'won', '2026-01-05');
  // Half a year in a stage without a limit.
  to('none', 'scoping', '2026-01-02');
  to('none', 'won', '2026-01-30');
  // Five days in the one, and then in the other, whose time is its own.
  to('both', 'demo', '2026-01-02');
  to('both', 'scoping', '2026-01-07');
  to('both', 'won', '2026-01-30');
  for (const asOf of ['2026-01-31', '2026-03-01']) {
    const [all] = measure('adherence', log.histories(), context(noon(asOf), { versions })).groups;
    const kept = all!.limits.filter(({ exceeded }) => exceeded.of > 0);
    expect(kept).toMatchObject([{ exceeded: { count: 1, of: 3 }, examples: ['long'] }]);
  }
});

test('a deal that was moved on stands where it was moved, whatever a later version says of where it came from', () => {
  const second = changed(KETTLES, ['qualified'], { talk: { was: ['qualified'] } });
  // The third keeps talk, and says that qualified has become something else.
  const third = changed(second, ['talk'], { talk: {}, workshop: { was: ['qualified'] } });
  const versions = [published(1, KETTLES), published(2, second, LATER), published(3, third, '2026-03-01T00:00:00.000Z')];
  const log = new Log().captured('a', '2026-01-01').to('a', 'qualified', '2026-01-02');
  moved(log, 'a', '2026-02-10', 'qualified', 'talk');
  for (const asOf of ['2026-02-20', '2026-03-20']) {
    const [all] = measure('pipeline', log.histories(), context(noon(asOf), { versions })).groups;
    expect(all!.stages.filter(({ deals }) => deals > 0).map(({ stage }) => stage)).toEqual(['talk']);
    const [ageing] = measure('scorecard', log.histories(), context(noon(asOf), { versions })).groups;
    expect(ageing!.periods.at(-1)!.ageing).toMatchObject([{ stage: 'talk', deals: 1 }]);
  }
});

test('days begin where the version is that the figures are told in', () => {
  const tokyo = { ...KETTLES, timezone: 'Asia/Tokyo' };
  const versions = [published(1, KETTLES), published(2, tokyo, LATER)];
  const log = new Log().captured('a', '2026-02-20');
  const answer = measure('pipeline', log.histories(), context(noon('2026-03-01'), { versions, from: '2026-02-20' }));
  expect(answer).toMatchObject({ timezone: 'Asia/Tokyo', from: '2026-02-19T15:00:00.000Z' });
  const before = measure('pipeline', log.histories(), context(noon('2026-01-20'), { versions, from: '2026-01-10' }));
  expect(before).toMatchObject({ timezone: 'Europe/Berlin', from: '2026-01-09T23:00:00.000Z' });
});

test('how far a deal got is also where it was moved to', () => {
  // Two ways to be lost: after being moved to selling, or from there.
  const selling = changed(KETTLES, ['qualified'], { talk: { was: ['qualified'], phase: 'selling' } });
  const versions = [published(1, KETTLES), published(2, selling, LATER)];
  const log = new Log().captured('a', '2026-01-01').to('a', 'qualified', '2026-01-02');
  moved(log, 'a', '2026-02-10', 'qualified', 'talk', { toPhase: 'selling' });
  log.to('a', 'lost', '2026-02-20', { from: 'talk' }, selling);
  log.captured('b', '2026-01-01').to('b', 'proposal', '2026-01-02', { broke: [{ kind: 'path', say: 'a jump' } as never] });
  log.to('b', 'won', '2026-02-20');
  const [all] = measure('adherence', log.histories(), context(noon('2026-03-01'), { versions })).groups;
  expect(all!.outcomes.find(({ how }) => how === 'deviated')!.comparedToFollowed!.winRateSamePhase).toMatchObject({
    difference: 1,
  });
});

test('tracks are those of the stage they were in, also where it has become one with a stage that has none', () => {
  const place = (id: string, days?: number) => ({ id, label: id, done: days === undefined, moves: {}, ...(days && limit(days)) });
  const legal = {
    id: 'legal',
    label: 'Legal',
    start: 'draft',
    stages: { draft: place('draft', 2), check: place('check', 2), fine: place('fine') },
  };
  const before = changed(KETTLES, ['qualified', 'proposal'], { pre: {}, offer: { tracks: { legal } }, talks: {} });
  const merged = changed(before, ['pre', 'offer', 'talks'], { deal: { was: ['pre', 'offer', 'talks'], tracks: { legal } } });
  const versions = [published(1, before), published(2, merged, LATER)];
  const log = new Log().captured('a', '2026-01-01');
  const to = (stage: string, day: string): Log => log.to('a', stage, day, {}, before);
  const advanced = (from: string, place_: string, day: string): Log =>
    log.add('a', {
      type: 'TrackAdvanced',
      occurredAt: noon(day),
      by: 'ann',
      stage: 'offer',
      track: 'legal',
      from,
      to: place_,
      move: place_,
      process: published(1, KETTLES).ref,
      role: null,
      team: null,
      reason: null,
      checks: [],
      cause: 'move',
      conformance: 'conforming',
      broke: [],
    } as unknown as Parameters<Log['add']>[1]);
  to('pre', '2026-01-02');
  // One day in draft and three in check.
  to('offer', '2026-01-05');
  advanced('draft', 'check', '2026-01-06');
  advanced('check', 'fine', '2026-01-09');
  to('talks', '2026-01-10');
  to('won', '2026-01-30');
  for (const asOf of ['2026-01-31', '2026-03-01']) {
    const [all] = measure('adherence', log.histories(), context(noon(asOf), { versions })).groups;
    expect(all!.limits.map(({ stage, exceeded: { count, of } }) => [stage.split('/').at(-1), count, of])).toEqual([
      ['draft', 0, 1],
      ['check', 1, 1],
    ]);
  }
});
