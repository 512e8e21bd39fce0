import { describe, expect, test } from '@jest/globals';
import { measure } from '@coxswain/projections';
import type { Blocker, CheckResult } from '@coxswain/sales-process';
import { context, KETTLES, Log, noon, published, renamed } from './given.js';

const missing: Blocker = { kind: 'fact', field: 'amount', say: 'Amount is missing.' };
const noWay: Blocker = { kind: 'path', say: 'The process has no way from lead to won.' };
const letPass: CheckResult = {
  check: 'budget',
  passed: false,
  overridden: true,
  overrideRole: 'manager',
  say: 'Budget must be confirmed.',
  read: {},
};

function log(): Log {
  const log = new Log();
  log
    .captured('a', '2026-01-01')
    .to('a', 'qualified', '2026-01-02')
    .to('a', 'proposal', '2026-01-03', { checks: [letPass], by: 'mia' });
  log.captured('b', '2026-01-01').to('b', 'won', '2026-01-04', { cause: 'import', broke: [noWay, missing] });
  log
    .captured('c', '2026-01-01')
    .to('c', 'qualified', '2026-01-02', { broke: [missing] })
    .to('c', 'lost', '2026-01-05', { cause: 'limit' });
  log.captured('d', '2026-01-01').to('d', 'qualified', '2026-01-02').to('d', 'proposal', '2026-01-03');
  return log.captured('e', '2026-01-01'); // has taken no step
}

test('adherence is the share of deals and of steps that follow the process, with what broke, where and how often', () => {
  const [all] = measure('adherence', log().histories(), context(noon('2026-02-01'))).groups;
  // a and d follow it; b and c do not; e has not taken a step. Steps of people: a 2, b 1, c 1 (the limit's is the engine's), d 2.
  expect(all!.deals).toMatchObject({ rate: 0.5, count: 2, of: 4 });
  expect(all!.steps).toMatchObject({ count: 4, of: 6 });
  expect(all!.overriddenSteps).toMatchObject({ count: 1, of: 6 });
  expect(all!.deviations).toEqual([
    {
      kind: 'fact',
      what: 'amount',
      steps: 2,
      deals: 2,
      examples: [
        { deal: 'b', from: 'lead', to: 'won', occurredAt: noon('2026-01-04'), say: 'Amount is missing.' },
        { deal: 'c', from: 'lead', to: 'qualified', occurredAt: noon('2026-01-02'), say: 'Amount is missing.' },
      ],
    },
    { kind: 'path', what: 'lead -> won', steps: 1, deals: 1, examples: [expect.objectContaining({ deal: 'b', say: noWay.say })] },
  ]);
  expect(all!.overrides).toEqual([{ check: 'budget', by: 'mia', steps: 1, deals: 1 }]);
});

test('a variant is one distinct path, and moves back to the same stage are no part of it', () => {
  const [all] = measure('adherence', log().to('d', 'proposal', '2026-01-04').histories(), context(noon('2026-02-01'))).groups;
  expect(all!.variants).toEqual({
    total: 3,
    top: [
      { path: ['lead', 'qualified', 'proposal'], deals: 2, share: 0.5 },
      { path: ['lead', 'qualified', 'lost'], deals: 1, share: 0.25 },
      { path: ['lead', 'won'], deals: 1, share: 0.25 },
    ],
  });
});

test('the window selects steps by when they happened, and without any the shares are unknown', () => {
  const histories = log().histories();
  const [third] = measure('adherence', histories, context(noon('2026-02-01'), { from: '2026-01-03', to: '2026-01-04' })).groups;
  expect([third!.steps.of, third!.deals.of]).toEqual([2, 2]);
  const [none] = measure('adherence', histories, context(noon('2026-02-01'), { from: '2026-01-20' })).groups;
  expect(none).toMatchObject({
    steps: { rate: null, of: 0 },
    deals: { rate: null, of: 0 },
    deviations: [],
    variants: { total: 0, top: [] },
  });
});

/** The shortest complete path of the kettles is lead, qualified, proposal, won: 4 stages. */
describe('how paths fit the process', () => {
  const paths = (): Log => {
    const log = new Log();
    const walk = (deal: string, owner: string, ...stages: string[]): void => {
      log.captured(deal, '2026-01-01', { owner });
      for (const [index, stage] of stages.entries()) log.to(deal, stage, `2026-01-0${index + 2}`);
    };
    walk('a', 'ann', 'qualified', 'proposal', 'won');
    walk('b', 'bob', 'won');
    walk('c', 'bob', 'proposal', 'qualified', 'won');
    walk('d', 'ann', 'qualified');
    walk('e', 'bob', 'proposal');
    return log;
  };

  test('fitness, and what was skipped, extra and out of order, by hand', () => {
    const [all] = measure('adherence', paths().histories(), context(noon('2026-02-01'))).groups;
    // a 1; b skips two of 2 + 4: 4/6; c has the proposal too early: one skipped and one extra of 4 + 4: 6/8; d is open and fits: 1;
    // e is open and skipped one, of 2 + 4: 5/6. Together 4.25 of 5.
    expect(all!.fitness).toMatchObject({ mean: expect.closeTo(0.85, 12), of: 5, perfect: { count: 2, of: 5 } });
    const once = (...examples: string[]): object => ({ times: examples.length, deals: examples.length, examples });
    expect(all!.stageDeviations).toMatchObject([
      { stage: 'qualified', skipped: once('b', 'e'), extra: once(), outOfOrder: once('c'), overridden: once() },
      { stage: 'proposal', skipped: once('b'), extra: once(), outOfOrder: once(), overridden: once() },
    ]);
    expect(all!.leastFitting).toEqual([
      { deal: 'b', fitness: expect.closeTo(2 / 3, 12), skipped: ['qualified', 'proposal'], extra: [], outOfOrder: [] },
      { deal: 'c', fitness: 0.75, skipped: [], extra: [], outOfOrder: ['qualified'] },
      { deal: 'e', fitness: expect.closeTo(5 / 6, 12), skipped: ['qualified'], extra: [], outOfOrder: [] },
    ]);
  });

  test('by owner each has their own: bob (4/6 + 6/8 + 5/6) / 3, ann 1', () => {
    const { groups } = measure('adherence', paths().histories(), context(noon('2026-02-01'), { by: 'owner' }));
    expect(groups.map(({ group, fitness }) => [group, fitness.mean])).toEqual([
      ['bob', expect.closeTo(0.75, 12)],
      ['ann', 1],
    ]);
  });

  test('a closed deal must have come to an end, an open one need not', () => {
    const log = new Log().captured('a', '2026-01-01').to('a', 'lost', '2026-01-02');
    // No move of this process leads to lost, so it is extra; and to have ended, qualified, proposal and won are skipped: 4 of 2 + 4.
    // Back as a lead the deal is open: lost and the second lead are extra: 2 of 3 + 4.
    const fitness = (asked: Log): unknown =>
      measure('adherence', asked.histories(), context(noon('2026-02-01'))).groups[0]!.fitness.mean;
    expect(fitness(log)).toBeCloseTo(1 - 4 / 6, 12);
    expect(fitness(log.to('a', 'lead', '2026-01-03'))).toBeCloseTo(1 - 2 / 7, 12);
  });

  test('every step is held against the version it was taken under, and renamed stages are the same', () => {
    const shorter = { ...KETTLES, stages: { ...KETTLES.stages, qualified: { ...KETTLES.stages['qualified']!, moves: {} } } };
    shorter.stages.qualified.moves = { win: { name: 'win', label: 'win', to: 'won', by: [], needs: [], checks: [] } };
    const second = { process: { id: 'kettles', version: 2, hash: 'hash-2' } };
    const log = (version: object): Log =>
      new Log().captured('a', '2026-01-01').to('a', 'qualified', '2026-01-02').to('a', 'won', '2026-01-03', version);
    const versions = [published(1, KETTLES), published(2, shorter)];
    const mean = (asked: Log, known = versions): unknown =>
      measure('adherence', asked.histories(), context(noon('2026-02-01'), { versions: known })).groups[0]!.fitness.mean;
    // Under the first version the proposal is skipped: 1 of 3 + 4. Under the second nothing is.
    expect([mean(log({})), mean(log(second))]).toEqual([expect.closeTo(6 / 7, 12), 1]);

    const old = new Log().captured('a', '2026-01-01').to('a', 'qualified', '2026-01-02').to('a', 'proposal', '2026-01-03');
    expect(mean(old, [published(1, KETTLES), published(2, renamed('proposal', 'offer'))])).toBe(1);
    expect(mean(old, [])).toBeNull();
  });
});

test('a stage entered by override is counted where the step led to', () => {
  const [all] = measure('adherence', log().histories(), context(noon('2026-02-01'))).groups;
  expect(all!.stageDeviations.find(({ stage }) => stage === 'proposal')!.overridden).toEqual({
    times: 1,
    deals: 1,
    examples: ['a'],
  });
});

test('month by month: a step in its own month, a deal in that of its last step, in the time zone of the process', () => {
  const log = new Log().captured('a', '2026-01-30').to('a', 'qualified', '2026-01-31').to('a', 'proposal', '2026-02-01');
  log.captured('b', '2026-01-30').to('b', 'won', '2026-01-31', { broke: [noWay] });
  // In Berlin it is already February at 23:30 UTC of 31 January.
  log.captured('c', '2026-01-30').to('c', 'qualified', '2026-01-31', { occurredAt: '2026-01-31T23:30:00.000Z' });
  const [all] = measure('adherence', log.histories(), context(noon('2026-03-01'))).groups;
  expect(all!.months).toMatchObject([
    {
      month: '2026-01',
      deals: { count: 0, of: 1 },
      steps: { count: 1, of: 2 },
      fitness: { mean: expect.closeTo(4 / 6, 12), of: 1 },
    },
    { month: '2026-02', deals: { count: 2, of: 2 }, steps: { count: 2, of: 2 }, fitness: { mean: 1, of: 2 } },
  ]);
});

test('what happened in one instant is one thing in the path, in the order of the file', () => {
  const log = new Log().captured('a', '2026-01-01').to('a', 'proposal', '2026-01-02').to('a', 'qualified', '2026-01-02');
  log.captured('b', '2026-01-01').to('b', 'qualified', '2026-01-03').to('b', 'proposal', '2026-01-03');
  const [all] = measure('adherence', log.histories(), context(noon('2026-02-01'))).groups;
  expect(all!.variants.total).toBe(2);
  expect(all!.variantsByInstant).toEqual({
    total: 1,
    top: [{ path: [['lead'], ['qualified', 'proposal']], deals: 2, share: 1 }],
  });
});

describe('time limits', () => {
  const { qualified } = KETTLES.stages;
  const limited = {
    ...KETTLES,
    stages: {
      ...KETTLES.stages,
      qualified: { ...qualified!, limit: { time: { amount: 3, unit: 'days' as const }, then: 'warn', tell: [] } },
    },
  };
  const versions = [published(1, limited)];

  test('a stay counts as over its limit when the deal was still there after it, closed or open', () => {
    const log = new Log();
    for (const deal of ['a', 'b', 'c', 'd', 'e']) log.captured(deal, '2026-01-01').to(deal, 'qualified', '2026-01-02');
    log.to('a', 'proposal', '2026-01-05'); // at the very moment it is up
    log.to('b', 'proposal', '2026-01-06');
    log.to('c', 'qualified', '2026-01-04').to('c', 'proposal', '2026-01-06'); // moved back to the same stage: begun anew
    log.to('d', 'qualified', '2026-01-06').to('d', 'proposal', '2026-01-07'); // too late
    const [all] = measure('adherence', log.histories(), context(noon('2026-01-10'), { versions })).groups;
    // b, d, and e, which is still there
    expect(all!.limits).toMatchObject([
      { stage: 'qualified', exceeded: { count: 3, of: 5 }, deals: 3, examples: ['b', 'd', 'e'] },
    ]);
    const [early] = measure('adherence', log.histories(), context(noon('2026-01-05'), { versions })).groups;
    expect(early!.limits).toMatchObject([{ exceeded: { count: 0, of: 5 } }]);
  });

  test('a deal that nobody ever moved has its limit too', () => {
    const log = new Log();
    for (const [deal, day] of [
      ['a', '2026-01-01'],
      ['b', '2026-01-08'],
    ] as const)
      log.captured(deal, day, { owner: 'ann' });
    const inLead = {
      ...limited,
      stages: { ...limited.stages, lead: { ...KETTLES.stages.lead!, limit: limited.stages.qualified.limit } },
    };
    const { groups } = measure(
      'adherence',
      log.histories(),
      context(noon('2026-01-10'), { versions: [published(1, inLead)], by: 'owner' }),
    );
    expect(groups).toMatchObject([
      { group: 'ann', deals: { of: 0 }, limits: [{ stage: 'lead', exceeded: { count: 1, of: 2 }, examples: ['a'] }] },
    ]);
  });

  test('days are those of the calendar: three of them over the change to summer time are 71 hours', () => {
    const log = new Log().captured('a', '2026-03-27').to('a', 'qualified', '2026-03-28').to('a', 'proposal', '2026-03-31');
    const [all] = measure('adherence', log.histories(), context(noon('2026-04-10'), { versions })).groups;
    expect(all!.limits).toMatchObject([{ exceeded: { count: 1, of: 1 } }]);
  });

  describe('within parallel tracks', () => {
    const limit = (days: number) => ({ time: { amount: days, unit: 'days' as const }, then: 'warn', tell: [] });
    const place = (id: string, days?: number) => ({
      id,
      label: `The ${id}`,
      done: days === undefined,
      moves: {},
      ...(days !== undefined && { limit: limit(days) }),
    });
    const tracks = {
      commercial: {
        id: 'commercial',
        label: 'Offer',
        start: 'drafting',
        stages: { drafting: place('drafting', 3), sent: place('sent') },
      },
      approval: {
        id: 'approval',
        label: 'Approval',
        start: 'waiting',
        stages: { waiting: place('waiting', 2), approved: place('approved') },
      },
    };
    const withTracks = {
      ...KETTLES,
      stages: { ...KETTLES.stages, proposal: { ...KETTLES.stages['proposal']!, tracks, whenAllDone: 'won', limit: limit(5) } },
    };
    const forKettles = { versions: [published(1, withTracks)] };
    const step = { by: 'ann', process: published(1, KETTLES).ref, role: null, team: null, reason: null, checks: [] };
    const advance = (log: Log, deal: string, day: string, track: string, from: string, to: string): Log =>
      log.add(deal, {
        type: 'TrackAdvanced',
        occurredAt: noon(day),
        ...step,
        stage: 'proposal',
        track,
        from,
        to,
        move: to,
        cause: 'move',
        conformance: 'conforming',
        broke: [],
      });
    const proposed = (log: Log, deal: string, day = '2026-01-03'): Log =>
      log.captured(deal, '2026-01-01').to(deal, 'qualified', '2026-01-02').to(deal, 'proposal', day);
    const join = { cause: 'join' as const, move: null };

    const log = new Log();
    // a: approved and sent at the very moment the two limits are up.
    advance(proposed(log, 'a'), 'a', '2026-01-05', 'approval', 'waiting', 'approved');
    advance(log, 'a', '2026-01-06', 'commercial', 'drafting', 'sent').to('a', 'won', '2026-01-06', join);
    // b: approved after three days, of two.
    advance(proposed(log, 'b'), 'b', '2026-01-05', 'commercial', 'drafting', 'sent');
    advance(log, 'b', '2026-01-06', 'approval', 'waiting', 'approved').to('b', 'won', '2026-01-06', join);
    // c: lost after five days, neither sent nor approved.
    proposed(log, 'c').to('c', 'lost', '2026-01-08');
    // d: sent, then moved back to the same stage, where drafting begins again and waiting goes on with a new limit: 2 days; sent again after 4.
    advance(proposed(log, 'd'), 'd', '2026-01-04', 'commercial', 'drafting', 'sent').to('d', 'proposal', '2026-01-05');
    advance(log, 'd', '2026-01-07', 'approval', 'waiting', 'approved');
    advance(log, 'd', '2026-01-09', 'commercial', 'drafting', 'sent').to('d', 'won', '2026-01-09', join);
    // e: there since two days, at the clock.
    proposed(log, 'e', '2026-01-08');
    // f: a step back to the same place of the track after two days begins its limit anew.
    advance(proposed(log, 'f'), 'f', '2026-01-05', 'approval', 'waiting', 'waiting');
    advance(log, 'f', '2026-01-06', 'commercial', 'drafting', 'sent');
    advance(log, 'f', '2026-01-07', 'approval', 'waiting', 'approved').to('f', 'won', '2026-01-07', join);

    test('a place with a limit is counted visit by visit as a stage is, and called as its limit is', () => {
      const [all] = measure('adherence', log.histories(), context(noon('2026-01-10'), forKettles)).groups;
      expect(all!.limits).toEqual([
        // a, b, c, d, e, f: none was in the stage for more than five days in one go (d: 2, then 4).
        expect.objectContaining({ stage: 'proposal', track: null, exceeded: expect.objectContaining({ count: 0, of: 6 }) }),
        // a, b, c, d twice, e, f; late were c, and d the second time.
        {
          stage: 'proposal/commercial/drafting',
          label: 'proposal / Offer / The drafting',
          phase: 'selling',
          retired: false,
          track: 'commercial',
          exceeded: expect.objectContaining({ count: 2, of: 7, rate: 2 / 7 }),
          deals: 2,
          examples: ['c', 'd'],
        },
        // a, b, c, d, e, f; late were b and c.
        expect.objectContaining({
          stage: 'proposal/approval/waiting',
          track: 'approval',
          exceeded: expect.objectContaining({ count: 2, of: 6 }),
          examples: ['b', 'c'],
        }),
      ]);
    });

    test('the window takes the visits that began in it, and the deals with a step in it', () => {
      const [late] = measure(
        'adherence',
        log.histories(),
        context(noon('2026-01-10'), { ...forKettles, from: noon('2026-01-05') }),
      ).groups;
      // drafting: d again on the 5th (late), e on the 8th; waiting: e alone.
      expect(late!.limits).toMatchObject([
        { stage: 'proposal', exceeded: { count: 0, of: 1 } },
        { stage: 'proposal/commercial/drafting', exceeded: { count: 1, of: 2 }, examples: ['d'] },
        { stage: 'proposal/approval/waiting', exceeded: { count: 0, of: 1 } },
      ]);
    });

    test('a stage that was renamed keeps the limits of its tracks; a place that went out of the process comes last', () => {
      const { proposal, ...others } = withTracks.stages;
      const { approval } = tracks;
      const later = {
        ...withTracks,
        stages: { ...others, offer: { ...proposal, id: 'offer', label: 'Offer', was: ['proposal'], tracks: { approval } } },
      };
      const versions = [published(1, withTracks), published(2, later, '2026-01-09T00:00:00.000Z')];
      const [all] = measure('adherence', log.histories(), context(noon('2026-01-10'), { versions })).groups;
      expect(all!.limits.map(({ stage, label, retired, exceeded: { count, of } }) => [stage, label, retired, count, of])).toEqual(
        [
          ['offer', 'Offer', false, 0, 6],
          ['offer/approval/waiting', 'Offer / Approval / The waiting', false, 2, 6],
          ['offer/commercial/drafting', 'Offer / commercial / drafting', true, 2, 7],
        ],
      );
    });
  });
});

test('a check let pass after the deal was moved to another version counts in the stage it led to', () => {
  const log = new Log().captured('a', '2026-01-01').to('a', 'qualified', '2026-01-02');
  log.add('a', {
    type: 'DealMigrated',
    occurredAt: noon('2026-01-03'),
    by: 'ann',
    process: published(2, KETTLES).ref,
    was: published(1, KETTLES).ref,
    from: 'qualified',
    to: 'lead',
    continues: false,
    fromPhase: 'qualified',
    toPhase: 'lead',
    result: null,
    tracks: {},
    migration: 'm',
  });
  log.to('a', 'proposal', '2026-01-04', {
    from: 'lead',
    checks: [{ check: 'budget', passed: false, overridden: true }] as never,
  });
  const versions = [published(1, KETTLES), published(2, KETTLES)];
  const [all] = measure('adherence', log.histories(), context(noon('2026-01-10'), { versions })).groups;
  expect(all!.stageDeviations.filter(({ overridden }) => overridden.times > 0)).toMatchObject([{ stage: 'proposal' }]);
});

test('a time is unusual when it is more than three standard deviations off those of closed deals, and open deals are judged too', () => {
  const log = new Log();
  // 20 closed deals are qualified after 1 or 2 days in turn: mean 1.5, standard deviation .513; an open one after 4: (4 - 1.5) / .513 = 4.87.
  for (let deal = 0; deal < 20; deal++) {
    const id = `d${deal}`;
    log.captured(id, '2026-01-01').to(id, 'qualified', deal % 2 === 0 ? '2026-01-02' : '2026-01-03');
    // One is won half an hour later than the others, 4.25 standard deviations off: too little to speak of.
    log
      .to(id, 'proposal', '2026-01-04')
      .to(id, 'won', '2026-01-05', deal === 0 ? { occurredAt: '2026-01-05T12:30:00.000Z' } : {});
  }
  log.captured('slow', '2026-01-01').to('slow', 'qualified', '2026-01-05');
  log.captured('usual', '2026-01-01').to('usual', 'qualified', '2026-01-03');
  const answer = measure('adherence', log.histories(), context(noon('2026-02-01')));
  expect(answer.temporalProfile.pairs.find(({ from, to }) => from === 'lead' && to === 'qualified')).toEqual({
    from: 'lead',
    to: 'qualified',
    times: 20,
    meanDays: expect.closeTo(1.5, 12),
    sdDays: expect.closeTo(0.513, 3),
  });
  expect(answer.groups[0]!.unusualTimes).toMatchObject({
    deals: { count: 1, of: 22 },
    top: [{ deal: 'slow', from: 'lead', to: 'qualified', days: 4, deviations: expect.closeTo(4.873, 3) }],
  });
});

test('what goes along with deviating: win rates and days to a win, compared to deals that followed the process', () => {
  const log = new Log();
  const deals = (kind: string, won: number, lost: number, wonOn: string, rest: object): void => {
    for (let deal = 0; deal < won + lost; deal++) {
      const id = `${kind}${deal}`;
      log.captured(id, '2026-01-01').to(id, 'qualified', '2026-01-02', rest);
      log.to(id, deal < won ? 'won' : 'lost', deal < won ? wonOn : '2026-01-20');
    }
  };
  deals('followed', 30, 10, '2026-01-11', {});
  deals('deviated', 10, 30, '2026-01-16', { broke: [missing] });
  const [followed, overridden, deviated] = measure('adherence', log.histories(), context(noon('2026-02-01'))).groups[0]!.outcomes;
  expect(followed).toMatchObject({
    how: 'followed',
    deals: 40,
    winRate: { rate: 0.75, of: 40 },
    daysToWon: { median: 10, low: 10, high: 10, why: null },
    comparedToFollowed: null,
  });
  expect(overridden).toMatchObject({
    how: 'overridden',
    deals: 0,
    winRate: { rate: null },
    daysToWon: { median: null, low: null, why: 'fewer than 20' },
    comparedToFollowed: { winRate: null, winRateSamePhase: null, medianDaysToWon: null },
  });
  // .25 - .75; Wilson of 10 of 40: .142 to .402, of 30 of 40: .598 to .858.
  // Low: -.5 - sqrt(.108^2 + .108^2) = -.653; high: -.5 + sqrt(.152^2 + .152^2) = -.285.
  // All got to phase qualified, so among like with like the difference is the same: half 1.96 x sqrt(2 x .25 x .75 / 40) = .190.
  expect(deviated!.comparedToFollowed).toEqual({
    winRate: { difference: -0.5, low: expect.closeTo(-0.653, 3), high: expect.closeTo(-0.285, 3) },
    winRateSamePhase: { difference: -0.5, low: expect.closeTo(-0.69, 3), high: expect.closeTo(-0.31, 3) },
    medianDaysToWon: { difference: 5, low: 5, high: 5 },
  });
});

test('people are compared by their closed deals, and refused below 30 of them', () => {
  const log = new Log();
  for (let deal = 0; deal < 31; deal++)
    for (const owner of ['ann', 'bob']) {
      const id = `${owner}${deal}`;
      log.captured(id, '2026-01-01', { owner: 'sue' }).to(id, 'qualified', '2026-01-02').owner(id, '2026-01-02', owner);
      if (owner === 'ann' || deal > 1) log.to(id, 'won', '2026-01-03');
    }
  const { people } = measure('adherence', log.histories(), context(noon('2026-02-01')));
  expect(people).toMatchObject({
    deals: 60,
    fewest: 30,
    people: [
      { owner: 'sue', deals: 60, why: 'others took fewer than 30 steps from the same stages' },
      { owner: 'ann', deals: 31, why: 'others took fewer than 30 steps from the same stages' },
      { owner: 'bob', deals: 29, why: 'fewer than 30 closed deals' },
    ],
  });
});
