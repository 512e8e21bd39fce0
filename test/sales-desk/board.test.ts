import { beforeEach, describe, expect, test } from '@jest/globals';
import type { BoardQuery } from '@coxswain/sales-desk';
import type { Actor } from '@coxswain/sales-process';
import { done, givenDesk, operations, newBusinessFile, seller, type GivenDesk } from './given-desk.js';

const euros = (major: number) => ({ minor: major * 100, currency: 'EUR' });
const manager: Actor = { id: 'mia', roles: ['rep', 'manager'], team: 'south' };

let given: GivenDesk;
/**
 * Monday 2 March, 09:00: four leads, two of rita's (north) and two of mia's (south); a lead's limit is three working days.
 * Tuesday: maple and oak are qualified, whose limit is ten working days. Wednesday: oak goes on, past the check of its budget.
 */
beforeEach(async () => {
  given = await givenDesk('2026-03-02T09:00:00.000Z');
  const { desk } = given;
  const capture = async (id: string, account: string, more: { amount?: number; source?: string; actor?: Actor }) => {
    const { amount, source = 'inbound', actor = seller } = more;
    const facts = { source, fitScore: 72, ...(amount !== undefined && { amount: euros(amount) }) };
    await done(desk, null, { type: 'Capture', id, process: 'new-business', account, facts }, { actor });
  };
  await capture('ash', 'Harbour Works', { amount: 500 });
  await capture('maple', 'Keel & Sons', { amount: 9_000, source: 'partner' });
  await capture('oak', 'Harbour Glass', { amount: 2_000, actor: manager });
  await capture('yew', 'Ironside', { actor: manager });
  given.at('2026-03-03T09:00:00.000Z');
  for (const id of ['maple', 'oak']) await done(desk, id, { type: 'Advance', move: 'qualify' });
  given.at('2026-03-04T09:00:00.000Z');
  const facts = { closeDate: '2026-05-31', economicBuyer: 'The owner', budgetConfirmed: false };
  await done(
    desk,
    'oak',
    { type: 'Advance', move: 'propose', facts, override: ['budget'], reason: 'Said so.' },
    { actor: manager },
  );
});

const listed = (query: BoardQuery): string =>
  given.desk
    .board(query)
    .items.map(({ id }) => id)
    .join(' ');

describe('a deal is found', () => {
  test.each<[string, BoardQuery, string]>([
    ['by a part of its id, large or small', { q: 'MAP' }, 'maple'],
    ['by its account', { q: 'harbour' }, 'ash oak'],
    ['by whose it is', { q: 'mia' }, 'oak yew'],
    ['by its team', { q: 'south' }, 'oak yew'],
    ['by its source', { q: 'partner' }, 'maple'],
    ['only where every word of the question is found', { q: '  harbour  mia ' }, 'oak'],
    ['by none of what is nowhere', { q: 'birch' }, ''],
    ['by ids, in order of the ids, and those that are not there left out', { ids: ['yew', 'gone', 'ash'] }, 'ash yew'],
    ['by a check that was let pass', { overridden: true }, 'oak'],
    ['by none that was', { overridden: false }, 'ash maple yew'],
    ['by the version it runs under', { version: 2 }, ''],
    ['by its account, whole', { account: 'Ironside' }, 'yew'],
    ['by how it stands', { result: 'open', source: 'partner' }, 'maple'],
  ])('%s', (_, query, ids) => expect(listed(query)).toBe(ids));
});

describe('deals are put in order', () => {
  test.each<[NonNullable<BoardQuery['sort']>, string]>([
    ['id', 'ash maple oak yew'],
    ['-id', 'yew oak maple ash'],
    // yew has no amount.
    ['value', 'ash oak maple yew'],
    ['-value', 'maple oak ash yew'],
    // ash and yew have stood as leads since Monday, maple since Tuesday, oak since Wednesday.
    ['-age', 'ash yew maple oak'],
    ['age', 'oak maple ash yew'],
    // Leads until Thursday; maple until Tuesday the 17th; oak, two weeks from Wednesday, until the 18th.
    ['limit', 'ash yew maple oak'],
    ['closeDate', 'oak ash maple yew'],
    ['account', 'oak ash yew maple'],
    ['-owner', 'ash maple oak yew'],
  ])('by %s', (sort, ids) => {
    expect(listed({ sort })).toBe(ids);
    let [cursor, found]: [string | null | undefined, string[]] = [undefined, []];
    do {
      const page = given.desk.board({ sort, limit: 1, ...(cursor !== undefined && { cursor }) });
      found = [...found, ...page.items.map(({ id }) => id)];
      cursor = page.next;
    } while (cursor !== null);
    expect(found.join(' ')).toBe(ids);
  });

  test('a page goes on where the last one ended, also when its last deal has become worth more meanwhile', async () => {
    const first = given.desk.board({ sort: '-value', limit: 2 });
    expect(first.items.map(({ id }) => id)).toEqual(['maple', 'oak']);
    await done(given.desk, 'oak', { type: 'RecordFacts', facts: { amount: euros(20_000) } });
    expect(listed({ sort: '-value', limit: 2, cursor: first.next! })).toBe('ash yew');
  });

  test('the cursor of one order is none of another', () => {
    const { next } = given.desk.board({ sort: '-value', limit: 2 });
    for (const sort of ['value', 'id'] as const)
      expect(() => given.desk.board({ sort, cursor: next! })).toThrow('the cursor did not come from an earlier answer');
  });
});

describe('the heads of the columns', () => {
  test('say how many deals stand in each stage, what they are worth and how many are late', () => {
    // Monday the 9th: the leads were due on Thursday.
    given.at('2026-03-09T09:00:00.000Z');
    const summary = given.desk.boardSummary({ process: 'new-business' });
    expect(summary).toMatchObject({
      version: 1,
      asOf: '2026-03-09T09:00:00.000Z',
      deals: 4,
      open: 4,
      // 500 + 9,000 + 2,000
      value: { amounts: [euros(11_500)], of: 3, withoutAmount: 1 },
      overdue: 2,
    });
    expect(summary.stages.slice(0, 4).map(({ label, deals, value, overdue }) => [label, deals, value.amounts, overdue])).toEqual([
      ['Lead', 2, [euros(500)], 2],
      ['Qualified', 1, [euros(9_000)], 0],
      ['Proposal', 1, [euros(2_000)], 0],
      ['Negotiation', 0, [], 0],
    ]);
  });

  test('count what was asked for, and as many as the list has', () => {
    const { stages } = given.desk.boardSummary({ process: 'new-business', owner: 'mia' });
    for (const { stage, deals } of stages) expect(given.desk.board({ owner: 'mia', stage }).items).toHaveLength(deals);
    expect(stages.map(({ deals }) => deals)).toEqual([1, 0, 1, ...stages.slice(3).map(() => 0)]);
  });

  test('count a deal that is lost in its stage, but not among what is open', async () => {
    await done(given.desk, 'ash', { type: 'Advance', move: 'disqualify', facts: { lostReason: 'timing' } });
    const { deals, open, value, stages } = given.desk.boardSummary({ process: 'new-business' });
    expect([deals, open, value.amounts]).toEqual([4, 3, [euros(11_000)]]);
    expect(stages.find(({ stage }) => stage === 'lost')).toMatchObject({ deals: 1, value: { amounts: [euros(500)] } });
  });

  test('name a stage that the present version has no longer, while deals stand in it', async () => {
    const later = newBusinessFile.replaceAll(/\bqualified\b(?=:|\])/g, 'vetted').replaceAll('to: qualified', 'to: vetted');
    const { problems, published } = await given.desk.publish(later, 'yaml', operations);
    expect([problems.filter(({ severity }) => severity === 'error'), published?.version]).toEqual([[], 2]);
    const { version, stages } = given.desk.boardSummary({ process: 'new-business' });
    expect(version).toBe(2);
    expect(stages.at(-1)).toMatchObject({ stage: 'qualified', label: 'Qualified', retired: true, deals: 1 });
  });
});

describe('as it was known at an instant', () => {
  const MONDAY = '2026-03-02T18:00:00.000Z';

  test('the board shows the deals that were there, where they stood, and what was late then', async () => {
    given.at('2026-03-09T09:00:00.000Z');
    await done(given.desk, null, { type: 'Capture', id: 'birch', process: 'new-business', facts: { source: 'inbound' } });
    const shown = (asOf: string): string[] =>
      given.desk.board({ asOf }).items.map(({ id, stage, overdueSince }) => `${id} ${stage}${overdueSince ? ' late' : ''}`);
    expect(shown('2026-03-02T08:00:00.000Z')).toEqual([]);
    expect(shown(MONDAY)).toEqual(['ash lead', 'maple lead', 'oak lead', 'yew lead']);
    expect(shown('2026-03-03T09:00:00.000Z')).toEqual(['ash lead', 'maple qualified', 'oak qualified', 'yew lead']);
    expect(shown('2026-03-08T09:00:00.000Z')).toEqual(['ash lead late', 'maple qualified', 'oak proposal', 'yew lead late']);
    expect(given.desk.board({ asOf: '2026-03-09T09:00:00.000Z' })).toEqual(given.desk.board({}));
  });

  test('the board is searched, put in order and paged as it stood then', () => {
    const first = given.desk.board({ asOf: MONDAY, sort: '-value', limit: 2 });
    expect(first.items.map(({ id }) => id)).toEqual(['maple', 'oak']);
    expect(listed({ asOf: MONDAY, sort: '-value', limit: 2, cursor: first.next! })).toBe('ash yew');
    expect(listed({ asOf: MONDAY, stage: 'lead', q: 'mia' })).toBe('oak yew');
    expect(listed({ asOf: MONDAY, overridden: true })).toBe('');
  });

  test('its heads count what stood where then', () => {
    const { asOf, deals, stages } = given.desk.boardSummary({ process: 'new-business', asOf: MONDAY });
    expect([asOf, deals, ...stages.slice(0, 3).map((stage) => stage.deals)]).toEqual([MONDAY, 4, 4, 0, 0]);
  });

  test('its heads name the stages as the version of then did', async () => {
    given.at('2026-03-09T09:00:00.000Z');
    await given.desk.publish(newBusinessFile.replace('phase: lead\n', 'phase: lead\n    label: Inquiry\n'), 'yaml', operations);
    const labelled = (asOf?: string) =>
      given.desk.boardSummary({ process: 'new-business', ...(asOf && { asOf }) }).stages[0]!.label;
    expect([labelled(MONDAY), labelled()]).toEqual(['Lead', 'Inquiry']);
  });

  test('what was allowed is told by the facts and the stage of then, and by the rules it ran under', async () => {
    const told = async (asOf?: string): Promise<string[]> =>
      (await given.desk.moves('maple', seller, asOf))!.moves.map(({ move, allowed }) => `${move} ${allowed}`);
    expect(await told(MONDAY)).toEqual(['qualify true', 'disqualify false']);
    expect(await told()).toEqual(['propose false', 'lose false']);
    // Afterwards the fit score has fallen, and a later version asks for more: neither held then.
    await done(given.desk, 'maple', { type: 'RecordFacts', facts: { fitScore: 10 } });
    await given.desk.publish(newBusinessFile.replace('fitScore >= 60.0', 'fitScore >= 90.0'), 'yaml', operations);
    expect(await told(MONDAY)).toEqual(['qualify true', 'disqualify false']);
    expect(await given.desk.moves('maple', seller, '2026-03-02T08:59:59.999Z')).toBeNull();
  });
});
