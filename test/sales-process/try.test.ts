import { expect, test } from '@jest/globals';
import {
  compileProcess,
  readProcessFile,
  tryInvented,
  tryLine,
  tryRecorded,
  type Tried,
  type TriedLine,
} from '@coxswain/sales-process';
import { instant, newBusiness, processFile, rep, sdr, Story } from './given.js';

const MONDAY = instant('2026-03-02 09:00');

/** The lines one after the other, and what each came to. */
function walked(tried: Tried, ...lines: readonly string[]): { readonly tried: Tried; readonly told: readonly TriedLine[] } {
  const told: TriedLine[] = [];
  for (const line of lines) {
    const answer = tryLine(tried, line);
    told.push(answer.told);
    ({ tried } = answer);
  }
  return { tried, told };
}

/** Time limits of an hour that lead a deal on, and back. */
const TO_AND_FRO = processFile('new-business')
  .replace('time: 3 working days, then: warn', 'time: 1 hour, then: go')
  .replace('      disqualify:', '      go: { to: qualified }\n      disqualify:')
  .replace('time: 10 working days, then: warn', 'time: 1 hour, then: back')
  .replace(
    '      lose: { to: lost, needs: [lostReason] }',
    '      back: { to: lead }\n      lose: { to: lost, needs: [lostReason] }',
  );

const invented = (): Tried => tryInvented(newBusiness, MONDAY);
const QUALIFIED = ['qualify source=inbound fitScore=80'];
const PROPOSED = [...QUALIFIED, 'propose amount=12500 closeDate=2026-04-01 economicBuyer="Ms Lee" budgetConfirmed=yes'];

test('an invented deal is walked from lead to customer, facts and all', () => {
  const { tried, told } = walked(invented(), ...PROPOSED, 'send', 'approve discountPct=10', 'win', 'handOver', 'goLive');
  expect(told.map(({ outcome, stage }) => [outcome, stage])).toEqual([
    ['done', 'qualified'],
    ['done', 'proposal'],
    ['done', 'proposal'],
    ['done', 'negotiation'],
    ['done', 'won'],
    ['done', 'onboarding'],
    ['done', 'active'],
  ]);
  expect(tried.deal.facts['amount']!.value).toEqual({ minor: 1_250_000, currency: 'EUR' });
  expect(tried.deal.facts['economicBuyer']!.value).toBe('Ms Lee');
  expect(told[3]!.say.slice(0, 3)).toEqual([
    'Recorded: Discount % 10.',
    'Track Approval goes from Waiting to Approved.',
    'All tracks are done: it goes from Proposal to Negotiation.',
  ]);
});

test('a blocked move says every reason, and changes nothing', () => {
  const { tried, told } = walked(invented(), 'qualify fitScore=50');
  expect(told[0]).toMatchObject({
    outcome: 'refused',
    asExpected: false,
    say: ['"Qualify" is blocked.'],
    blockers: [
      { field: 'source', say: 'Lead source must be recorded.' },
      { check: 'fit', say: 'Fit score must be at least 60.' },
    ],
    stage: 'lead',
  });
  expect(tried.deal.facts).toEqual({});
});

test('it is asked in the roles that are named, and an override wants its role and its reason', () => {
  const asked = 'propose amount=1 closeDate=2026-04-01 economicBuyer=Lee override=budget';
  const { told } = walked(invented(), ...QUALIFIED, 'as rep', asked, 'as manager', asked, `${asked} reason="Known customer"`);
  expect(told.slice(2).map(({ outcome, blockers }) => [outcome, blockers.map(({ say }) => say)])).toEqual([
    ['refused', ['The buyer must have confirmed budget. Only manager may let it pass.']],
    ['done', []],
    ['refused', ['Only rep may do this.', 'The buyer must have confirmed budget. To let it pass, give a reason.']],
    ['done', []],
  ]);
  expect(told.at(-1)!.say).toContain('It goes from Qualified to Proposal. "budget" was let pass.');
});

test('time passes, and the limits that are up fire in their order', () => {
  // Three working days from Monday 2 March, 9:00 in UTC, are up on Thursday 5 March at 9:00.
  const { tried, told } = walked(invented(), 'wait 2 days', 'wait 2 days');
  expect(told.map(({ say }) => say)).toEqual([
    ['2 days later: 2026-03-04 09:00 UTC.', 'No time limit was up.'],
    ['2 days later: 2026-03-06 09:00 UTC.', '2026-03-05 09:00 UTC: the time limit of Lead is up; told: the owner and manager.'],
  ]);
  expect(tried.at).toBe(instant('2026-03-06 09:00'));
  expect(walked(tried, 'limits').told[0]!.say).toEqual(['Lead: was up 2026-03-05 09:00 UTC, then warn']);
});

test('a limit that asks for a move makes it, or says what blocks it', () => {
  const { process, hash } = readProcessFile(
    processFile('new-business').replace('time: 3 working days, then: warn', 'time: 3 working days, then: disqualify'),
  );
  const compiled = compileProcess(process!, { id: 'new-business', version: 0, hash: hash! });
  expect(walked(tryInvented(compiled, MONDAY), 'wait 7 days').told[0]!.say.slice(1)).toEqual([
    '2026-03-05 09:00 UTC: the time limit of Lead is up; "disqualify" is asked for.',
    'It is blocked: Lost reason must be recorded.',
  ]);
  const lost = walked(tryInvented(compiled, MONDAY), 'set lostReason=price', 'wait 7 days');
  expect(lost.tried.deal.stage).toBe('lost');
  expect(lost.told[1]!.say).toContain('By the time limit it goes from Lead to Lost. It is lost.');
});

test('limits that move a deal to and fro stop the clock, and the walk can go on from there', () => {
  const { process, hash } = readProcessFile(TO_AND_FRO);
  const compiled = compileProcess(process!, { id: 'new-business', version: 0, hash: hash! });
  const { tried, told } = walked(tryInvented(compiled, MONDAY), 'wait 9999 days', 'wait 1 hour');
  expect(told[0]!.say[0]).toBe('50 time limits were up before that; it is 2026-03-04 11:00 UTC. Wait on to go further.');
  expect(told[1]!.say).toHaveLength(4);
  expect(tried.at).toBe(instant('2026-03-04 12:00'));
});

test('more working time than ten years hold is not waited for', () => {
  const { told, tried } = walked(invented(), 'wait 9999 working days', 'wait 999 working days');
  expect(told[0]).toMatchObject({
    outcome: 'wrong',
    say: ['So many working days are not to be had within ten years: wait for less.'],
  });
  expect([told[1]!.outcome, tried.at.slice(0, 4)]).toEqual(['done', '2029']);
});

test('a line is taken back, step by step', () => {
  const { tried, told } = walked(invented(), ...QUALIFIED, 'as rep', 'wait 3 days', 'back', 'back', 'back', 'back');
  expect(told.slice(3).map(({ outcome, stage }) => [outcome, stage])).toEqual([
    ['done', 'qualified'],
    ['done', 'qualified'],
    ['done', 'lead'],
    ['wrong', 'lead'],
  ]);
  expect([tried.at, tried.deal.facts, tried.roles]).toEqual([MONDAY, {}, newBusiness.definition.roles]);
});

test.each([
  ['qualifi', '"Qualify"|did you mean "qualify"'],
  ['qualify fitScore', '"fitScore" is not understood'],
  ['qualify fitscore=80', 'did you mean "fitScore"'],
  ['set fitScore=many', 'Fit score must be a number.'],
  ['set amount=12,5', 'Deal amount must be money'],
  ['set', 'Say which facts'],
  ['set override=budget', 'Say which facts'],
  ['as boss', 'The process has no role "boss"'],
  ['as', 'Say in which roles'],
  ['wait a while', 'Say for how long'],
  ['wait 99999 days', 'Say for how long'],
  ['set economicBuyer="Ms Lee', 'A quote is not closed.'],
  ['__proto__ constructor=1', 'There is no move "__proto__"|no move'],
])('"%s" is answered with what would help, and changes nothing', (line, says) => {
  const { tried, told } = walked(invented(), line);
  const all = [...told[0]!.say, ...told[0]!.blockers.map(({ say }) => say)].join(' ');
  expect(all).toMatch(new RegExp(says));
  expect([told[0]!.asExpected, tried.deal.events, tried.deal.stage]).toEqual([false, invented().deal.events, 'lead']);
});

test('! makes sure that a move is blocked: one that passes, or a line that is wrong, is not as expected', () => {
  const { told } = walked(
    invented(),
    '! qualify',
    '! qualifi',
    '! set fitScore=many',
    '! as boss',
    '! qualify source=inbound fitScore=80',
  );
  expect(told.map(({ asExpected }) => asExpected)).toEqual([true, true, true, false, false]);
});

test('words may stand in quotes, and what follows # is left out', () => {
  const { tried } = walked(
    invented(),
    'set economicBuyer="Lee # Sons" generatedBy=fair  # who was there',
    '# nothing at all',
    '',
  );
  expect(Object.entries(tried.deal.facts).map(([name, { value }]) => [name, value])).toEqual([
    ['economicBuyer', 'Lee # Sons'],
    ['generatedBy', 'fair'],
  ]);
  expect(walked(tried, 'set generatedBy=').tried.deal.facts).not.toHaveProperty('generatedBy');
});

test('a recorded deal stands under the file where its stage continues, with the facts that fit and limits since it came there', () => {
  const deal = Story.of(newBusiness)
    .when('2026-03-02 09:00', sdr, { type: 'Capture', id: 'deal-1', facts: { source: 'inbound', fitScore: 80 } })
    .move('2026-03-03 09:00', sdr, 'qualify')
    .move('2026-03-04 09:00', rep, 'propose', {
      facts: { amount: { minor: 100, currency: 'EUR' }, closeDate: '2026-05-01', economicBuyer: 'Lee', budgetConfirmed: true },
    })
    .move('2026-03-05 09:00', rep, 'send').deal;
  const { process, hash } = readProcessFile(
    processFile('new-business')
      .replace('  proposal:\n', '  offer:\n    was: [proposal]\n')
      .replace('to: proposal', 'to: offer')
      .replace('of: [inbound, outbound,', 'of: [web, outbound,'),
  );
  const compiled = compileProcess(process!, { id: 'new-business', version: 0, hash: hash! });
  const { tried, left } = tryRecorded(compiled, deal, instant('2026-03-10 09:00'))!;
  expect([tried.deal.stage, tried.deal.tracks]).toEqual(['offer', { commercial: 'sent', approval: 'waiting' }]);
  expect(left).toEqual(['Lead source must be one of web, outbound, referral, partner.']);
  expect(tried.deal.facts).not.toHaveProperty('source');
  // 14 days from 4 March.
  expect(tried.deal.limits['offer']).toMatchObject({ startedAt: instant('2026-03-04 09:00'), dueAt: '2026-03-18T09:00:00.000Z' });
  expect(walked(tried, 'approve discountPct=5').tried.deal.stage).toBe('negotiation');

  const gone = readProcessFile(processFile('crm-export'));
  const other = compileProcess(gone.process!, { id: 'crm-export', version: 0, hash: gone.hash! });
  expect(tryRecorded(other, deal, instant('2026-03-10 09:00'))).toBeNull();
});
