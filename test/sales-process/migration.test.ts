import { expect, test } from '@jest/globals';
import {
  choiceProblems,
  compileProcess,
  evolve,
  migrate,
  planMigration,
  readProcessFile,
  verify,
  type CompiledProcess,
  type Migration,
  type Opportunity,
} from '@coxswain/sales-process';
import { captured, negotiating, newBusiness, processFile, proposed, qualified, type Story } from './given.js';

const FILE = processFile('new-business');

/** The second version: the file with some of its text replaced. */
function second(...edits: readonly (readonly [from: string, to: string])[]): CompiledProcess {
  let text = FILE;
  for (const [from, to] of edits) {
    if (!text.includes(from)) throw new Error(`not in the file: ${from}`);
    text = text.replaceAll(from, to);
  }
  const { process, hash, problems } = readProcessFile(text);
  if (!process) throw new Error(problems.map(({ line, message }) => `${line}: ${message}`).join('\n'));
  return compileProcess(process, { id: process.id, version: 2, hash: hash! });
}

const to = (target: CompiledProcess, rest: Partial<Migration> = {}): Migration => ({
  id: 'm-1',
  from: newBusiness,
  to: target,
  choices: [],
  ...rest,
});
const AT = '2026-03-10T09:00:00.000Z';

/** The deal after its migration. */
function after(migration: Migration, { deal }: Story, at = AT): Opportunity {
  return migrate(migration, deal, 'olga', at).reduce<Opportunity>((state, event) => evolve(state, event, deal.id), deal);
}

const RENAMED = second(
  ['  negotiation:\n    was: [contracting] ', '  closing:\n    was: [contracting, negotiation] '],
  ['whenAllDone: negotiation', 'whenAllDone: closing'],
);

test('a deal in a renamed stage goes on in it: the visit, what it stands on and its time limit are those it had', () => {
  const deal = negotiating();
  const moved = after(to(RENAMED), deal);
  expect(planMigration(to(RENAMED), deal.deal, AT)).toMatchObject({
    outcome: 'moves',
    stage: 'closing',
    continues: true,
    overdue: [],
  });
  expect(moved).toMatchObject({
    stage: 'closing',
    process: { version: 2 },
    stageSince: deal.deal.stageSince,
    lastStepAt: deal.deal.lastStepAt,
    facts: deal.deal.facts,
  });
  // 21 days from 6 March 09:00, in summer time an hour earlier: as before.
  expect(Object.values(moved.limits)).toEqual([
    expect.objectContaining({ dueAt: deal.deal.limits['negotiation']!.dueAt, fired: false }),
  ]);
  expect(Object.keys(moved.limits)).toEqual(['closing']);
});

test('time that has passed counts for a limit that is shorter now: it is up at once, and told so beforehand', () => {
  const shorter = second(['limit: { time: 21 days', 'limit: { time: 2 days']);
  const deal = negotiating();
  expect(planMigration(to(shorter), deal.deal, AT)).toMatchObject({
    outcome: 'moves',
    overdue: [{ limit: 'negotiation', then: 'warn' }],
  });
  // Entered on 6 March at 09:00: up on the 8th.
  expect(after(to(shorter), deal).limits['negotiation']).toMatchObject({ dueAt: '2026-03-08T09:00:00.000Z', fired: false });
});

test('a limit that has fired already does not fire again', () => {
  const deal = captured();
  const limit = deal.deal.limits['lead']!;
  const fired = deal.when(
    '2026-03-09 09:00',
    { id: 'coxswain', roles: [], team: null },
    { type: 'FireLimit', limit: 'lead', dueAt: limit.dueAt },
  );
  expect(fired.deal.limits['lead']!.fired).toBe(true);
  expect(after(to(second(['>= 60.0', '>= 65.0'])), fired).limits['lead']).toMatchObject({ dueAt: limit.dueAt, fired: true });
});

test('a deal in tracks stands where it stood in each, as far as the place is there', () => {
  const sent = proposed().move('2026-03-05 09:00', { id: 'rita', roles: ['rep'], team: 'north' }, 'send');
  expect(after(to(second(['deal.discountPct <= 20.0', 'deal.discountPct <= 15.0'])), sent).tracks).toEqual({
    commercial: 'sent',
    approval: 'waiting',
  });
  const other = second([
    'drafting: { moves: { send: { to: sent, by: [rep] } } }\n          sent:     { done: true }',
    'drafting: { moves: { send: { to: out, by: [rep] } } }\n          out:     { done: true }',
  ]);
  expect(after(to(other), sent).tracks).toEqual({ commercial: 'drafting', approval: 'waiting' });
});

test('a stage that nothing continues waits for a choice; a choice may ask for facts, and the first that fits counts', () => {
  const dropped = second(
    ['  negotiation:\n    was: [contracting] ', '  closing:\n    was: [contracting] '],
    ['whenAllDone: negotiation', 'whenAllDone: closing'],
  );
  const deal = negotiating();
  expect(planMigration(to(dropped), deal.deal, AT)).toMatchObject({
    outcome: 'choice',
    stage: 'negotiation',
    say: 'No stage of version 2 continues Negotiation: choose one.',
  });
  expect(migrate(to(dropped), deal.deal, 'olga', AT)).toEqual([]);
  const choices = [
    { stage: 'negotiation', when: 'deal.amount > 50000.0', to: 'qualified' },
    { stage: 'negotiation', to: 'closing' },
  ];
  expect(planMigration(to(dropped, { choices }), deal.deal, AT)).toMatchObject({
    outcome: 'moves',
    stage: 'closing',
    continues: false,
  });
  // Another stage begins now.
  expect(after(to(dropped, { choices }), deal)).toMatchObject({ stage: 'closing', stageSince: AT });
  expect(
    choiceProblems(
      [{ stage: 'negotation', to: 'nowhere' }, { stage: 'lead' }, { stage: 'lead', to: 'qualified', when: 'deal.amonut > 1.0' }],
      newBusiness,
      dropped,
    ),
  ).toEqual([
    'Version 1 has no stage "negotation": did you mean "negotiation"?',
    'Version 2 has no stage "nowhere".',
    'Say where the deals in "lead" go (to), or until when they stay (stayUntil); one of the two.',
    expect.stringContaining('amonut'),
  ]);
});

test('a deal may stay on its version until a day, and is moved from then on', () => {
  const choices = [{ stage: 'lead', stayUntil: '2026-03-12T00:00:00.000Z' }];
  expect(planMigration(to(RENAMED, { choices }), captured().deal, AT)).toEqual({
    outcome: 'stays',
    until: '2026-03-12T00:00:00.000Z',
  });
  expect(planMigration(to(RENAMED, { choices }), captured().deal, '2026-03-12T00:00:00.000Z')).toMatchObject({
    outcome: 'moves',
    stage: 'lead',
  });
});

test('a deal whose every way on is stopped by a new rule is moved, and what stops it is said', () => {
  const strict = second(
    [
      '      win:  { to: won, by: [rep, manager], needs: [amount, closeDate] }',
      '      win:  { to: won, by: [rep, manager], needs: [amount, closeDate, lostReason] }',
    ],
    ['      back: { to: qualified, by: [manager] }\n', ''],
  );
  expect(planMigration(to(strict), negotiating().deal, AT)).toMatchObject({
    outcome: 'blocked',
    stage: 'negotiation',
    blockers: [{ kind: 'fact', field: 'lostReason' }],
  });
  // One that had no way on before is not stopped by it.
  expect(planMigration(to(strict), captured().deal, AT)).toMatchObject({ outcome: 'moves' });
});

test('who is there already is left alone; old decisions are asked under their own version, and so is the migration', () => {
  const deal = qualified();
  const events = [...deal.events, ...migrate(to(RENAMED), deal.deal, 'olga', AT)];
  const moved = after(to(RENAMED), deal);
  expect(planMigration(to(RENAMED), moved, AT)).toEqual({ outcome: 'there' });
  const record = events.map((event, revision) => ({ event, revision, recordedAt: event.occurredAt }));
  const verdicts = verify('deal-1', record, ({ version }) => (version === 1 ? newBusiness : RENAMED));
  expect(verdicts.map(({ from, to: at, process, agrees }) => [from, at, process.version, agrees])).toEqual([
    ['lead', 'qualified', 1, true],
    ['qualified', 'qualified', 2, true],
  ]);
  expect(verify('deal-1', record, ({ version }) => (version === 1 ? newBusiness : null)).at(-1)).toMatchObject({ agrees: false });
});
