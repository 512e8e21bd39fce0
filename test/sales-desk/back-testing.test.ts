import { afterEach, describe, expect, test } from '@jest/globals';
import { emptyBacktest } from '@coxswain/projections';
import { SalesDesk, type BackTestStatus } from '@coxswain/sales-desk';
import { shapeMark } from '@coxswain/sales-process';
import { of } from 'rxjs';
import { done, givenDesk, newBusinessFile, operations, type GivenDesk } from './given-desk.js';

let given: GivenDesk;
afterEach(() => given.desk.close());

/** A lead must also say who found it before it is qualified. */
const DRAFT = newBusinessFile.replace('needs: [source, fitScore]', 'needs: [source, fitScore, generatedBy]');

/** Six leads of two people. a1 and a2 of Ada's say who found them; b1 to b3 of Bob's do not, of which b1 says so two days later. b4 is not qualified. */
async function sixLeads(): Promise<void> {
  given = await givenDesk();
  const { desk } = given;
  const lead = (id: string, owner: string, facts: object): Promise<unknown> =>
    done(desk, null, {
      type: 'Capture',
      id,
      process: 'new-business',
      owner,
      facts: { source: 'inbound', fitScore: 80, ...facts },
    });
  for (const id of ['a1', 'a2']) await lead(id, 'ada', { generatedBy: 'rita' });
  for (const id of ['b1', 'b2', 'b3', 'b4']) await lead(id, 'bob', {});
  for (const id of ['a1', 'a2', 'b1', 'b2', 'b3']) await done(desk, id, { type: 'Advance', move: 'qualify' });
  given.at('2026-03-04T09:00:00.000Z');
  await done(desk, 'b1', { type: 'RecordFacts', facts: { generatedBy: 'rita' } });
  await done(desk, 'b3', { type: 'Advance', move: 'lose', facts: { lostReason: 'timing' } });
  await caughtUp();
}

async function caughtUp(): Promise<void> {
  await given.desk.caughtUp((await given.store.end()).position!, 5_000);
}

async function started(tried: { file: string } | { draft: number | string } = { file: DRAFT }): Promise<string> {
  const outcome = await given.desk.startBackTest({ process: 'new-business', tried, note: 'Who finds leads?' }, operations);
  if (outcome.kind !== 'done') throw new Error(JSON.stringify(outcome));
  return outcome.backTest.backTest;
}

async function finished(id: string): Promise<BackTestStatus> {
  await given.desk.backTested(id);
  return given.desk.backTest(id)!;
}

/** Another desk over the same store, as after a restart. */
async function again(leading = true): Promise<void> {
  await given.desk.close();
  const { store, readModels } = given;
  given.desk = await SalesDesk.open({ store, readModels, now: () => given.clock.now, leading: of(leading) });
}

describe('a back-test', () => {
  test('says which past deals a rule would have stopped, what became of them, and for how long they would have waited', async () => {
    await sixLeads();
    const found = await finished(await started());
    expect(found).toMatchObject({
      state: 'finished',
      done: 6,
      deals: 6,
      against: 1,
      draft: null,
      note: 'Who finds leads?',
      by: 'olga',
    });
    const [rule, ...others] = found.result!.rules;
    expect(others).toEqual([]);
    expect(rule).toMatchObject({
      rule: { from: 'lead', to: 'qualified', move: 'qualify', kind: 'fact', id: 'generatedBy' },
      change: 'new',
      // b1, b2 and b3: b3 was lost, the others are open. b1's came after two days.
      deals: 3,
      later: { won: { deals: 0 }, lost: { deals: 1 }, open: { deals: 2 } },
      waits: { arrived: 1, never: 2, medianDays: 2 },
      people: [{ owner: 'bob', deals: { count: 3, of: 3 } }],
      examples: ['b1', 'b2', 'b3'],
    });
    // Five of the six took a step.
    expect(found.result!.stopped).toMatchObject({ count: 3, of: 5 });
  });

  test('of a draft that was kept is found by its number or the beginning of its hash', async () => {
    await sixLeads();
    const { draft } = await given.desk.saveDraft(DRAFT, 'yaml', operations);
    const byNumber = await finished(await started({ draft: 1 }));
    const byHash = await finished(await started({ draft: draft!.hash.slice(0, 12) }));
    expect(byNumber).toMatchObject({ draft: 1, hash: draft!.hash, state: 'finished' });
    expect(byHash.result).toEqual(byNumber.result);
    const others = [await started(), await started(), await started()];
    for (const id of others) await finished(id);
    const listed = (): string[] => given.desk.backTests('new-business').map(({ backTest }) => backTest);
    const order = [...others.toReversed(), byHash.backTest, byNumber.backTest];
    expect(listed()).toEqual(order);
    // Rows that were kept come back in the order of their ids.
    await again();
    expect(listed()).toEqual(order);
  });

  test('leaves the deals as they are, and its result is kept over a restart and a rebuild', async () => {
    await sixLeads();
    const before = await log();
    const id = await started();
    const { result } = await finished(id);
    expect((await log()).slice(0, before.length)).toEqual(before);
    expect((await log()).slice(before.length).map((line) => (JSON.parse(line) as { stream: string }).stream)).toEqual([
      `back-test-${id}`,
      `back-test-${id}`,
    ]);
    await again();
    expect(given.desk.backTest(id)).toMatchObject({ state: 'finished', result });
    await given.desk.rebuild('back-tests');
    expect(given.desk.backTest(id)!.result).toEqual(result);
  });

  test('counts what the log held when it was started, also where deals go on before somebody works on it', async () => {
    await sixLeads();
    await again(false);
    const id = await started();
    await given.desk.backTested(id);
    expect(given.desk.backTest(id)).toMatchObject({ state: 'running', done: 0, result: null });
    await done(given.desk, 'b4', { type: 'Advance', move: 'qualify' });
    await done(given.desk, 'b2', { type: 'RecordFacts', facts: { generatedBy: 'rita' } });
    await again();
    const { result } = await finished(id);
    expect(result!.stopped).toMatchObject({ count: 3, of: 5 });
    expect(result!.rules[0]!.waits).toMatchObject({ arrived: 1 });
  });

  test('that a crash interrupted is gone on with where what was counted was last kept', async () => {
    await sixLeads();
    await again(false);
    const id = await started();
    // As if four of the six deals had been counted, with a figure that no counting again would give.
    const counted = { ...emptyBacktest(), deals: 4, steps: 1_000 };
    const progressed = { backTest: id, done: 4, counted, by: 'olga', occurredAt: given.desk.now() };
    await given.store.append(
      `back-test-${id}`,
      [{ id: 'kept-1', type: 'BackTestProgressed', data: progressed, meta: shapeMark() }],
      0,
    );
    await caughtUp();
    expect(given.desk.backTest(id)).toMatchObject({ done: 4, deals: 6 });
    await again();
    const { result, state } = await finished(id);
    // b3 takes two steps, b4 none.
    expect({ state, deals: result!.deals, steps: result!.steps }).toEqual({ state: 'finished', deals: 5, steps: 1_002 });
    expect(result!.rules[0]).toMatchObject({ deals: 1, examples: ['b3'] });
  });

  test('is cancelled, and then has no result', async () => {
    await sixLeads();
    await again(false);
    const id = await started();
    expect(await given.desk.cancelBackTest(id, operations)).toMatchObject({ kind: 'done', backTest: { state: 'cancelled' } });
    expect(await given.desk.cancelBackTest(id, operations)).toMatchObject({ kind: 'done', repeated: true });
    await again();
    expect(await finished(id)).toMatchObject({ state: 'cancelled', result: null, ended: { by: 'olga', say: null } });
    const other = await started();
    await finished(other);
    expect(await given.desk.cancelBackTest(other, operations)).toMatchObject({ kind: 'refused', refused: 'back-test-over' });
    expect(await given.desk.cancelBackTest('none', operations)).toEqual({ kind: 'not-found', what: 'back-test' });
  });

  test('is cancelled also where what was counted is kept at the same moment', async () => {
    await sixLeads();
    await again(false);
    const id = await started();
    const progressed = { backTest: id, done: 1, counted: emptyBacktest(), by: 'olga', occurredAt: given.desk.now() };
    // Written behind the desk's back, so that it asks at a revision that is past.
    const kept = given.store.append(
      `back-test-${id}`,
      [{ id: 'kept-1', type: 'BackTestProgressed', data: progressed, meta: shapeMark() }],
      0,
    );
    const cancelled = given.desk.cancelBackTest(id, operations);
    await kept;
    expect(await cancelled).toMatchObject({ kind: 'done', backTest: { state: 'cancelled', done: 1 } });
  });

  test('that breaks says why, and is not tried for ever', async () => {
    await sixLeads();
    await again(false);
    const id = await started();
    const progressed = { backTest: id, done: 1, counted: { rules: 5 }, by: 'olga', occurredAt: given.desk.now() };
    await given.store.append(
      `back-test-${id}`,
      [{ id: 'kept-1', type: 'BackTestProgressed', data: progressed, meta: shapeMark() }],
      0,
    );
    await again();
    expect(await finished(id)).toMatchObject({ state: 'failed', ended: { say: expect.stringContaining('undefined') } });
  });

  test('of what is not there, or is of another process, is refused', async () => {
    await sixLeads();
    const ask = (process: string, tried: { file: string } | { draft: number | string }) =>
      given.desk.startBackTest({ process, tried }, operations);
    expect(await ask('old', { file: DRAFT })).toEqual({ kind: 'not-found', what: 'process' });
    expect(await ask('new-business', { draft: 3 })).toEqual({ kind: 'not-found', what: 'draft' });
    expect(await ask('new-business', { file: 'process: 5' })).toMatchObject({ kind: 'refused', refused: 'process-invalid' });
    expect(await ask('new-business', { file: DRAFT.replace('process: new-business', 'process: old') })).toMatchObject({
      kind: 'refused',
      refused: 'other-process',
      say: 'The file is of the process "old", not of "new-business".',
    });
    await again(false);
    for (let n = 0; n < 5; n++) await started();
    expect(await ask('new-business', { file: DRAFT })).toMatchObject({ kind: 'refused', refused: 'back-tests-under-way' });
  });

  test('of a draft that renames a stage counts the past in the stage it has become', async () => {
    await sixLeads();
    const renamed = DRAFT.replace('  qualified:\n', '  ready:\n    was: [qualified]\n').replaceAll('to: qualified', 'to: ready');
    const { result } = await finished(await started({ file: renamed }));
    expect(result!.rules[0]).toMatchObject({ rule: { from: 'lead', to: 'ready' }, change: 'new', deals: 3 });
    expect(result!.withoutPlace).toBe(0);
  });
});

async function log(): Promise<string[]> {
  const events: string[] = [];
  for await (const event of given.store.readAll()) events.push(JSON.stringify(event));
  return events;
}
