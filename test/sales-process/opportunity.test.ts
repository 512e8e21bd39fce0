import { describe, expect, test } from '@jest/globals';
import { decide, possibleMoves, type StageChanged } from '@coxswain/sales-process';
import {
  captured,
  desk,
  euros,
  instant,
  manager,
  negotiating,
  newBusiness,
  proposed,
  qualified,
  rep,
  sdr,
  Story,
  success,
} from './given.js';

describe('capturing a lead', () => {
  test('a lead stands at the start, belongs to who captured it, and keeps its source', () => {
    const { deal } = captured();
    expect(deal).toMatchObject({
      stage: 'lead',
      phase: 'lead',
      owner: 'sam',
      team: 'north',
      account: 'Birch & Sons',
      origin: 'new',
    });
    expect(deal.facts['source']).toEqual({ value: 'inbound', by: 'sam', at: '2026-03-02T09:00:00.000Z' });
  });

  test('the time limit of the first stage starts with it: three working days from Monday morning', () => {
    expect(captured().deal.limits['lead']).toMatchObject({ dueAt: '2026-03-05T09:00:00.000Z', then: 'warn', fired: false });
  });

  test('a fact that the process does not know is refused, with the word that was meant', () => {
    const { refusal } = Story.of(newBusiness).when('2026-03-02 09:00', sdr, {
      type: 'Capture',
      id: 'deal-1',
      facts: { sorce: 'inbound' },
    });
    expect(refusal).toMatchObject({
      refused: 'facts-invalid',
      blockers: [{ kind: 'fact', field: 'sorce', say: 'The process has no field "sorce": did you mean "source"?' }],
    });
  });

  test('a deal is captured once', () => {
    expect(captured().when('2026-03-02 10:00', sdr, { type: 'Capture', id: 'deal-1' }).refusal.refused).toBe('already-captured');
  });

  test('nothing can be captured in the future', () => {
    const { refusal } = Story.of(newBusiness).when('2026-03-02 09:00', sdr, {
      type: 'Capture',
      id: 'deal-1',
      occurredAt: instant('2026-03-03 09:00'),
    });
    expect(refusal.refused).toBe('occurred-at-invalid');
  });
});

describe('a move', () => {
  test('a blocked move names every blocker at once: role, missing fact, failed check', () => {
    const { refusal } = captured().move('2026-03-02 10:00', manager, 'qualify', { facts: { fitScore: 40 } });
    expect(refusal.refused).toBe('move-blocked');
    expect(refusal.blockers).toEqual([
      { kind: 'role', say: 'Only sdr or rep may do this.', who: ['sdr', 'rep'] },
      { kind: 'check', check: 'fit', say: 'Fit score must be at least 60.' },
    ]);
  });

  test('a missing fact blocks, and what it is needed for stays closed', () => {
    const { refusal } = qualified().move('2026-03-04 09:00', rep, 'propose', { facts: { amount: euros(100) } });
    expect(refusal.blockers.map(({ kind, field }) => [kind, field])).toEqual([
      ['fact', 'closeDate'],
      ['fact', 'economicBuyer'],
      ['check', 'budgetConfirmed'],
    ]);
  });

  test('a refusal says what is allowed instead', () => {
    const blocked = captured()
      .when('2026-03-02 09:30', sdr, { type: 'RecordFacts', facts: { lostReason: 'no-fit' } })
      .move('2026-03-02 10:00', sdr, 'qualify');
    expect(blocked.refusal.allowed).toEqual(['disqualify']);
  });

  test('a mistyped move is told its right name', () => {
    expect(captured().move('2026-03-02 10:00', sdr, 'qualfy').refusal.say).toBe(
      'From Lead there is no move "qualfy": did you mean "qualify"?',
    );
  });

  test('a step keeps who did it, in which role, under which version, and what each check had read', () => {
    const step = qualified().events.find((event): event is StageChanged => event.type === 'StageChanged')!;
    expect(step).toMatchObject({
      from: 'lead',
      to: 'qualified',
      move: 'qualify',
      by: 'sam',
      role: 'sdr',
      team: 'north',
      process: newBusiness.ref,
      conformance: 'conforming',
      checks: [{ check: 'fit', passed: true, overridden: false, read: { fitScore: 80 } }],
      occurredAt: '2026-03-03T09:00:00.000Z',
    });
  });

  test('facts handed in with a blocked move are not recorded', () => {
    expect(
      captured().move('2026-03-02 10:00', sdr, 'qualify', { facts: { fitScore: 10 } }).state!.facts['fitScore'],
    ).toBeUndefined();
  });

  test('a step cannot have happened before the step before it', () => {
    const { refusal } = qualified().move('2026-03-09 09:00', sdr, 'lose', {
      facts: { lostReason: 'price' },
      occurredAt: instant('2026-03-01 09:00'),
    });
    expect(refusal.refused).toBe('occurred-at-invalid');
  });
});

describe('an override', () => {
  const facts = { amount: euros(12_500), closeDate: '2026-05-31', economicBuyer: 'The owner', budgetConfirmed: false };

  test('someone entitled lets a check pass with a reason, and both are kept', () => {
    const both = { ...rep, roles: ['rep', 'manager'] };
    const story = qualified().move('2026-03-04 09:00', both, 'propose', {
      facts,
      override: ['budget'],
      reason: 'Board meets next week',
    });
    expect(story.deal.stage).toBe('proposal');
    const step = story.events.findLast((event) => event.type === 'StageChanged')!;
    expect(step).toMatchObject({
      reason: 'Board meets next week',
      conformance: 'conforming',
      checks: [{ check: 'budget', passed: false, overridden: true, overrideRole: 'manager' }],
    });
  });

  test('whoever may let the check pass makes the move, though it names other roles; without the override it stays theirs', () => {
    const asked = { facts, reason: 'Board meets next week' };
    const story = qualified().move('2026-03-04 09:00', manager, 'propose', { ...asked, override: ['budget'] });
    expect(story.events.findLast((event) => event.type === 'StageChanged')).toMatchObject({ to: 'proposal', role: 'manager' });
    const { refusal } = qualified().move('2026-03-04 09:00', manager, 'propose', asked);
    expect(refusal.blockers.map(({ kind, who }) => [kind, who])).toEqual([
      ['role', ['rep']],
      ['check', ['manager']],
    ]);
    const confirmed = { facts: { ...facts, budgetConfirmed: true }, override: ['budget'], reason: 'to be sure' };
    expect(qualified().move('2026-03-04 09:00', manager, 'propose', confirmed).refusal.blockers).toMatchObject([
      { kind: 'role' },
    ]);
  });

  test('without the right role, or without a reason, it stays blocked', () => {
    const asRep = qualified().move('2026-03-04 09:00', rep, 'propose', { facts, override: ['budget'], reason: 'please' });
    expect(asRep.refusal.blockers).toEqual([
      {
        kind: 'check',
        check: 'budget',
        say: 'The buyer must have confirmed budget. Only manager may let it pass.',
        who: ['manager'],
      },
    ]);
    const silent = qualified().move('2026-03-04 09:00', { ...rep, roles: ['rep', 'manager'] }, 'propose', {
      facts,
      override: ['budget'],
    });
    expect(silent.refusal.blockers[0]!.say).toBe('The buyer must have confirmed budget. To let it pass, give a reason.');
  });

  test('a check that has no override can be let pass by nobody', () => {
    const { refusal } = captured().move('2026-03-02 10:00', sdr, 'qualify', {
      facts: { fitScore: 10 },
      override: ['fit'],
      reason: 'I like them',
    });
    expect(refusal.blockers[0]!.say).toBe('Fit score must be at least 60. Nobody may let this pass.');
  });
});

describe('parallel tracks', () => {
  test('a proposal starts both tracks, and goes on by itself when both are done', () => {
    expect(proposed().deal.tracks).toEqual({ commercial: 'drafting', approval: 'waiting' });
    const sent = proposed().move('2026-03-05 09:00', rep, 'send');
    expect(sent.deal).toMatchObject({ stage: 'proposal', tracks: { commercial: 'sent', approval: 'waiting' } });
    const approved = sent.move('2026-03-06 09:00', desk, 'approve', { facts: { discountPct: 10 } });
    expect(approved.deal).toMatchObject({ stage: 'negotiation', tracks: {} });
    expect(approved.happened).toEqual(['FactsRecorded', 'LimitCancelled', 'TrackAdvanced', 'StageChanged', 'LimitStarted']);
    expect(approved.events.findLast((event) => event.type === 'StageChanged')).toMatchObject({ cause: 'join', move: null });
  });

  test('nobody can walk past an open track: the blockers name it', () => {
    const { refusal } = proposed().move('2026-03-05 09:00', rep, 'negotiation');
    expect(refusal).toMatchObject({ refused: 'move-blocked', blockers: [{ kind: 'track' }, { kind: 'track' }] });
  });

  test('the moves of a deal list both tracks and the join with what it waits for', () => {
    const moves = possibleMoves(newBusiness, proposed().deal, rep, instant('2026-03-05 09:00'));
    expect(moves.map(({ move, track, allowed }) => [move, track, allowed])).toEqual([
      ['lose', null, false],
      ['send', 'commercial', true],
      ['approve', 'approval', false],
      [null, null, false],
    ]);
  });
});

describe('a whole life', () => {
  test('from lead to churned customer and back, through both tracks', () => {
    const active = negotiating()
      .move('2026-03-20 09:00', rep, 'win')
      .move('2026-03-23 09:00', rep, 'handOver')
      .move('2026-04-10 09:00', success, 'goLive');
    expect(active.deal).toMatchObject({ stage: 'active', phase: 'customer', result: 'won' });
    const churned = active.move('2026-09-01 09:00', manager, 'churn', { facts: { lostReason: 'competitor' } });
    expect(churned.deal.stage).toBe('churned');
    expect(churned.move('2026-10-01 09:00', success, 'winBack').deal).toMatchObject({ stage: 'active', phase: 'customer' });
  });

  test('a lost deal is recycled to a lead, and is open again', () => {
    const lost = qualified().move('2026-03-10 09:00', rep, 'lose', { facts: { lostReason: 'timing' } });
    expect(lost.deal).toMatchObject({ stage: 'lost', result: 'lost' });
    expect(lost.move('2026-08-10 09:00', sdr, 'recycle').deal).toMatchObject({ stage: 'lead', phase: 'lead', result: null });
  });

  test('an up-sell opens one linked deal, named by the step that opened it', () => {
    const active = negotiating()
      .move('2026-03-20 09:00', rep, 'win')
      .move('2026-03-23 09:00', rep, 'handOver')
      .move('2026-04-10 09:00', success, 'goLive');
    const upsold = active.move('2026-06-01 09:00', success, 'upsell');
    const step = upsold.events.findLast((event): event is StageChanged => event.type === 'StageChanged')!;
    const revision = upsold.events.indexOf(step);
    expect(step.opens).toEqual({ process: 'new-business', origin: 'upsell', deal: `deal-1~${revision}` });
    expect(upsold.deal.opened).toEqual([`deal-1~${revision}`]);
  });

  test('touching a customer restarts the limit but not the visit', () => {
    const active = negotiating()
      .move('2026-03-20 09:00', rep, 'win')
      .move('2026-03-23 09:00', rep, 'handOver')
      .move('2026-04-10 09:00', success, 'goLive');
    const touched = active.move('2026-05-10 09:00', success, 'touch').deal;
    expect(touched.stageSince).toBe('2026-04-10T09:00:00.000Z');
    expect(touched.limits['active']).toMatchObject({ startedAt: '2026-05-10T09:00:00.000Z', dueAt: '2026-08-08T09:00:00.000Z' });
  });
});

describe('time limits', () => {
  const fire = (story: Story, at: string, limit: string, dueAt: string): Story =>
    story.when(at, sdr, { type: 'FireLimit', limit, dueAt });

  test('a limit fires once, at the instant it was due, and tells the owner by name', () => {
    const fired = fire(captured(), '2026-03-09 08:00', 'lead', '2026-03-05T09:00:00.000Z');
    expect(fired.events.at(-1)).toMatchObject({
      type: 'LimitFired',
      occurredAt: '2026-03-05T09:00:00.000Z',
      told: ['sam', 'manager'],
      then: 'warn',
    });
    expect(fire(fired, '2026-03-10 08:00', 'lead', '2026-03-05T09:00:00.000Z').refusal.refused).toBe('limit-not-due');
  });

  test('a limit that is not due yet, or was left behind, does not fire', () => {
    expect(fire(captured(), '2026-03-04 09:00', 'lead', '2026-03-05T09:00:00.000Z').refusal.refused).toBe('limit-not-due');
    expect(fire(qualified(), '2026-03-09 09:00', 'lead', '2026-03-05T09:00:00.000Z').refusal.refused).toBe('limit-not-due');
  });

  test('leaving a stage cancels its limit and starts the next', () => {
    expect(qualified().happened).toEqual(['FactsRecorded', 'LimitCancelled', 'StageChanged', 'LimitStarted']);
  });

  test('a limit may ask for a move; when that is blocked it says so and only warns', () => {
    const process = withLimit('disqualify');
    const blocked = fire(lead(process), '2026-03-06 09:00', 'lead', '2026-03-05T09:00:00.000Z');
    expect(blocked.events.at(-1)).toMatchObject({ type: 'LimitFired', blockers: [{ kind: 'fact', field: 'lostReason' }] });
    const known = lead(process).when('2026-03-03 09:00', sdr, { type: 'RecordFacts', facts: { lostReason: 'timing' } });
    const moved = fire(known, '2026-03-06 09:00', 'lead', '2026-03-05T09:00:00.000Z');
    expect(moved.deal).toMatchObject({ stage: 'lost', stageSince: '2026-03-05T09:00:00.000Z' });
    expect(moved.events.at(-1)).toMatchObject({ type: 'StageChanged', cause: 'limit', role: null });
  });

  const lead = (process: typeof newBusiness): Story =>
    Story.of(process).when('2026-03-02 09:00', sdr, { type: 'Capture', id: 'deal-1' });

  function withLimit(then: string): typeof newBusiness {
    const stages = newBusiness.definition.stages;
    const start = stages['lead']!;
    return {
      ...newBusiness,
      definition: { ...newBusiness.definition, stages: { ...stages, lead: { ...start, limit: { ...start.limit!, then } } } },
    };
  }
});

test('the same question to the same deal has the same answer', () => {
  const state = qualified().deal;
  const command = { type: 'Advance' as const, move: 'propose', actor: rep, at: instant('2026-03-04 09:00') };
  expect(decide(newBusiness, command, state)).toEqual(decide(newBusiness, command, state));
});
