import { describe, expect, test } from '@jest/globals';
import {
  captureHistory,
  evolve,
  historyLimits,
  recordHistory,
  replay,
  verify,
  type HistoryStep,
  type Opportunity,
  type OpportunityEvent,
  type RecordedStep,
} from '@coxswain/sales-process';
import { instant, negotiating, newBusiness, rep, success } from './given.js';

const record = (events: readonly OpportunityEvent[]): RecordedStep[] =>
  events.map((event, revision) => ({ event, revision, recordedAt: event.occurredAt }));
const known = (ref: { readonly hash: string }): typeof newBusiness | null =>
  ref.hash === newBusiness.ref.hash ? newBusiness : null;
const life = negotiating()
  .move('2026-03-20 09:00', rep, 'win')
  .move('2026-03-23 09:00', rep, 'handOver')
  .move('2026-04-10 09:00', success, 'goLive')
  .move('2026-06-01 09:00', success, 'upsell');

describe('replay', () => {
  test('walks the deal step by step to where it stands now', () => {
    const steps = replay('deal-1', record(life.events));
    expect(steps[0]).toMatchObject({ before: null, after: { stage: 'lead' } });
    expect(steps.at(-1)!.after).toEqual(life.deal);
  });
});

describe('verify', () => {
  test('asks every decision again, joins and linked deals included, and agrees', () => {
    const verdicts = verify('deal-1', record(life.events), known);
    expect(verdicts.map(({ to, agrees }) => [to, agrees])).toEqual([
      ['qualified', true],
      ['proposal', true],
      ['sent', true],
      ['approved', true],
      ['negotiation', true],
      ['won', true],
      ['onboarding', true],
      ['active', true],
      ['active', true],
    ]);
  });

  test('a fact changed behind the engine’s back comes to light', () => {
    const forged = life.events.map((event) =>
      event.type === 'FactsRecorded' && 'fitScore' in event.facts ? { ...event, facts: { ...event.facts, fitScore: 20 } } : event,
    );
    const [first] = verify('deal-1', record(forged), known);
    expect(first).toMatchObject({ to: 'qualified', agrees: false });
    expect(first!.differences[0]).toBe('It would be blocked: Fit score must be at least 60.');
  });

  test('a step to another stage than the move leads to comes to light', () => {
    const forged = life.events.map((event) =>
      event.type === 'StageChanged' && event.move === 'qualify' ? { ...event, to: 'won', toPhase: 'closed' as const } : event,
    );
    expect(verify('deal-1', record(forged), known)[0]!.agrees).toBe(false);
  });

  test('a version that is not known is a difference, not a pass', () => {
    expect(verify('deal-1', record(life.events), () => null).every(({ agrees }) => !agrees)).toBe(true);
  });
});

describe('history from outside', () => {
  const capture = {
    id: 'deal-1',
    occurredAt: instant('2026-01-05 09:00'),
    by: 'import',
    owner: 'rita',
    team: 'north',
    account: null,
    origin: 'import',
    facts: { source: 'inbound' },
  };
  const stage = (day: string, to: string, facts = {}): HistoryStep => ({
    kind: 'stage',
    to,
    occurredAt: instant(`${day} 09:00`),
    by: 'rita',
    facts,
  });

  function past(...steps: HistoryStep[]): {
    state: Opportunity;
    events: OpportunityEvent[];
    broke: string[];
    rejected: (string | null)[];
  } {
    const first = captureHistory(newBusiness, capture);
    const told = {
      state: evolve(null, first.events[0]!, 'deal-1'),
      events: [...first.events],
      broke: [] as string[],
      rejected: [] as (string | null)[],
    };
    for (const step of steps) {
      const entry = recordHistory(newBusiness, told.state, step);
      told.events.push(...entry.events);
      told.state = entry.events.reduce((deal, event) => evolve(deal, event, 'deal-1'), told.state);
      told.broke.push(entry.broke.map(({ kind, check, field }) => [kind, check ?? field].filter(Boolean).join(':')).join(' '));
      told.rejected.push(entry.rejected);
    }
    return told;
  }

  test('a past that followed the process conforms; roles are not asked', () => {
    expect(past(stage('2026-01-06', 'qualified', { fitScore: 70 })).broke).toEqual(['']);
  });

  test('a step that breaks a check is recorded as deviating, with what broke', () => {
    const { state, events, broke } = past(stage('2026-01-06', 'qualified', { fitScore: 20 }));
    expect(broke).toEqual(['check:fit']);
    expect(state.stage).toBe('qualified');
    expect(events.at(-1)).toMatchObject({ conformance: 'deviating', cause: 'import', move: 'qualify' });
  });

  test('a jump that the process has no move for is recorded as one', () => {
    const { state, broke } = past(stage('2026-01-06', 'won'));
    expect([state.stage, state.result, broke]).toEqual(['won', 'won', ['path']]);
  });

  test('a stage that does not exist is rejected and says so', () => {
    expect(past(stage('2026-01-06', 'shipped')).rejected).toEqual(['The process has no stage "shipped".']);
  });

  test('deviating steps are verified too', () => {
    const { events } = past(stage('2026-01-06', 'qualified', { fitScore: 20 }), stage('2026-01-09', 'won'));
    expect(verify('deal-1', record(events), known).map(({ agrees }) => agrees)).toEqual([true, true]);
  });

  test('limits run only where the past ends', () => {
    const { state, events } = past(stage('2026-01-06', 'qualified', { fitScore: 70 }));
    expect(events.some(({ type }) => type === 'LimitStarted')).toBe(false);
    expect(historyLimits(newBusiness, state, 'import')).toMatchObject([
      { limit: 'qualified', dueAt: instant('2026-01-20 09:00') },
    ]);
  });
});
