import { afterEach, describe, expect, test } from '@jest/globals';
import { openMemoryStore, type StoredEvent } from '@coxswain/event-store';
import { SalesDesk, type ShadowStatus } from '@coxswain/sales-desk';
import type { SalesProcess, ShadowStarted } from '@coxswain/sales-process';
import { of } from 'rxjs';
import { done, givenDesk, newBusinessFile, operations, seller, type GivenDesk } from './given-desk.js';

let given: GivenDesk;
afterEach(() => given.desk.close());

/** A lead must also say who found it, and one that fits half as well will do. */
const DRAFT = newBusinessFile
  .replace('needs: [source, fitScore]', 'needs: [source, fitScore, generatedBy]')
  .replace('deal.fitScore >= 60.0', 'deal.fitScore >= 30.0');

async function caughtUp(): Promise<void> {
  await given.desk.caughtUp((await given.store.end()).position!, 5_000);
}

async function started(request: object = {}): Promise<string> {
  const outcome = await given.desk.startShadow({ process: 'new-business', tried: { file: DRAFT }, ...request }, operations);
  if (outcome.kind !== 'done') throw new Error(JSON.stringify(outcome));
  return outcome.shadow.shadow;
}

async function report(id: string): Promise<ShadowStatus> {
  await given.desk.shadowed(id);
  await caughtUp();
  return given.desk.shadow(id)!;
}

const lead = (id: string, facts: object, team = 'north'): Promise<unknown> =>
  done(given.desk, null, { type: 'Capture', id, process: 'new-business', team, facts: { source: 'inbound', ...facts } });
const qualify = (id: string) => given.desk.command(id, { type: 'Advance', move: 'qualify' }, { actor: seller });

/** Judged events of a shadow. */
async function judged(id: string): Promise<readonly StoredEvent[]> {
  const events: StoredEvent[] = [];
  for await (const event of given.store.read(`shadow-${id}`)) if (event.type === 'ShadowJudged') events.push(event);
  return events;
}

async function again(leading = true): Promise<void> {
  await given.desk.close();
  const { store, readModels } = given;
  given.desk = await SalesDesk.open({ store, readModels, now: () => given.clock.now, leading: of(leading) });
}

describe('a shadow', () => {
  test('says of each move what the draft would have said: agreed, would have stopped, would have allowed', async () => {
    given = await givenDesk();
    await lead('before', { fitScore: 80 });
    await qualify('before');
    const id = await started({ note: 'Who finds leads?' });
    // Both allow; the draft would stop; the draft would allow; both refuse.
    await lead('both', { fitScore: 80, generatedBy: 'rita' });
    await lead('stopped', { fitScore: 80 });
    await lead('allowed', { fitScore: 40, generatedBy: 'rita' });
    await lead('neither', { fitScore: 10, generatedBy: 'rita' });
    const answers = [];
    for (const deal of ['both', 'stopped', 'allowed', 'neither']) answers.push(await qualify(deal));
    // Nobody noticed: what is allowed live is made, what is refused is refused.
    expect(answers.map((answer) => 'kind' in answer)).toEqual([false, false, true, true]);
    const found = await report(id);
    expect(found).toMatchObject({
      state: 'running',
      note: 'Who finds leads?',
      made: { allowed: 1, stopped: 1, noPlace: 0, failed: 0 },
      refused: { allowed: 1, stopped: 1, noPlace: 0, failed: 0 },
      rules: [
        {
          would: 'allow',
          rule: { kind: 'check', id: 'fit', move: 'qualify' },
          moves: 1,
          people: [{ person: 'rita', moves: 1 }],
          examples: ['allowed'],
        },
        { would: 'stop', rule: { kind: 'fact', id: 'generatedBy' }, moves: 1, examples: ['stopped'] },
      ],
      people: [{ person: 'rita', moves: 4, wouldStop: 1, wouldAllow: 1 }],
    });
    expect(found.samples).toHaveLength(2);
    expect(found.samples.find(({ would }) => would === 'stop')).toMatchObject({
      deal: 'stopped',
      from: 'lead',
      to: 'qualified',
      by: 'rita',
      why: ['Who generated the lead must be recorded.'],
    });
    // The records of the deals know nothing of it.
    for await (const { type } of given.store.read('opportunity-stopped')) expect(type).not.toMatch(/Shadow/);
    expect(await given.desk.verifyAll()).toMatchObject({ disagreeing: [] });
  });

  test('of one team asks for its deals alone', async () => {
    given = await givenDesk();
    const id = await started({ teams: ['south'] });
    await lead('n', { fitScore: 80 }, 'north');
    await lead('s', { fitScore: 80 }, 'south');
    await lead('n2', { fitScore: 40, generatedBy: 'rita' }, 'north');
    for (const deal of ['n', 's', 'n2']) await qualify(deal);
    expect(await report(id)).toMatchObject({
      made: { stopped: 1, allowed: 0 },
      refused: { allowed: 0 },
      samples: [{ deal: 's' }],
    });
  });

  test('judges each move once across restarts, also those made while nobody followed', async () => {
    given = await givenDesk();
    const id = await started();
    for (const deal of ['a', 'b', 'c', 'd']) await lead(deal, { fitScore: 80 });
    await qualify('a');
    await report(id);
    await again(false);
    // Nobody leads: what is made now is judged later; what is refused now is written down by whoever refused it.
    await qualify('b');
    await lead('e', { fitScore: 40, generatedBy: 'rita' });
    await qualify('e');
    expect((await report(id)).made).toMatchObject({ stopped: 1 });
    await again();
    await qualify('c');
    expect(await report(id)).toMatchObject({ made: { stopped: 3 }, refused: { allowed: 1 } });
    await again();
    await given.desk.rebuild('shadows');
    await qualify('d');
    expect(await report(id)).toMatchObject({ made: { stopped: 4 }, refused: { allowed: 1 } });
    expect((await judged(id)).map(({ data }) => (data as { deal: string }).deal).toSorted()).toEqual(['a', 'b', 'c', 'd', 'e']);
  });

  test('judges each move once, also where two follow at the same time, as when the lead changes hands', async () => {
    given = await givenDesk();
    const id = await started();
    const { store } = given;
    const other = await SalesDesk.open({ store, readModels: openMemoryStore().readModels, now: () => given.clock.now });
    for (const deal of ['a', 'b', 'c']) await lead(deal, { fitScore: 80 });
    for (const deal of ['a', 'b', 'c']) await qualify(deal);
    await Promise.all([given.desk.shadowed(id), other.shadowed(id)]);
    expect(await report(id)).toMatchObject({ made: { stopped: 3 } });
    expect(await judged(id)).toHaveLength(3);
    await other.close();
  });

  test('writes the same refused question once, and a dry run not at all', async () => {
    given = await givenDesk();
    const id = await started();
    await lead('a', { fitScore: 40, generatedBy: 'rita' });
    for (let n = 0; n < 3; n++) await qualify('a');
    await given.desk.command('a', { type: 'Advance', move: 'qualify', reason: 'Try' }, { actor: seller, dryRun: true });
    expect((await report(id)).refused).toMatchObject({ allowed: 1 });
    await given.desk.command('a', { type: 'Advance', move: 'qualify', facts: { fitScore: 50 } }, { actor: seller });
    expect((await report(id)).refused).toMatchObject({ allowed: 2 });
  });

  test('with a draft that breaks, or has no place for a deal, stops no move and says so', async () => {
    given = await givenDesk();
    // A draft as no check of ours would let through: its expressions cannot be read at all.
    const { definition } = given.desk.process('new-business')!;
    const broken = structuredClone(definition) as unknown as {
      stages: Record<string, { moves: Record<string, { checks: { when: string }[] }> }>;
    };
    broken.stages['lead']!.moves['qualify']!.checks[0]!.when = 'deal.(';
    const said: Omit<ShadowStarted, 'type'> = {
      shadow: 'odd',
      process: 'new-business',
      draft: null,
      hash: 'odd',
      definition: broken as unknown as SalesProcess,
      teams: null,
      note: null,
      after: (await given.store.end()).position!,
      by: 'olga',
      occurredAt: given.desk.now(),
    };
    await given.store.append('shadow-odd', [{ id: 'odd-1', type: 'ShadowStarted', data: said }], 'no-stream');
    await caughtUp();
    await lead('a', { fitScore: 80 });
    await lead('b', { fitScore: 10 });
    expect(await qualify('a')).toMatchObject({ stage: 'qualified' });
    expect(await qualify('b')).toMatchObject({ kind: 'refused', refused: 'move-blocked' });
    expect(await report('odd')).toMatchObject({ made: { failed: 1, allowed: 0 }, refused: { failed: 1 }, samples: [] });
    expect((await judged('odd'))[0]!.data).toMatchObject({ draft: 'failed', say: expect.stringContaining('deal.(') });

    await given.desk.stopShadow('odd', operations);
    const gone = DRAFT.replace('  qualified:\n', '  ready:\n').replaceAll('to: qualified', 'to: ready');
    const id = await started({ tried: { file: gone } });
    await given.desk.command('a', { type: 'Advance', move: 'lose', facts: { lostReason: 'price' } }, { actor: seller });
    expect((await report(id)).made).toEqual({ allowed: 0, stopped: 0, noPlace: 1, failed: 0 });
  });

  test('of two that are asked for at once, one begins', async () => {
    given = await givenDesk();
    const asked = [1, 2].map(() => given.desk.startShadow({ process: 'new-business', tried: { file: DRAFT } }, operations));
    expect(await Promise.all(asked)).toMatchObject([{ kind: 'done' }, { kind: 'refused', refused: 'shadow-under-way' }]);
  });

  test('is stopped and then judges nothing more; one of a process at a time', async () => {
    given = await givenDesk();
    const id = await started();
    const ask = (tried: object) =>
      given.desk.startShadow({ process: 'new-business', tried: tried as { file: string } }, operations);
    expect(await ask({ file: DRAFT })).toMatchObject({ kind: 'refused', refused: 'shadow-under-way' });
    expect(await given.desk.stopShadow(id, operations)).toMatchObject({
      kind: 'done',
      repeated: false,
      shadow: { state: 'stopped', stopped: { by: 'olga' } },
    });
    expect(await given.desk.stopShadow(id, operations)).toMatchObject({ kind: 'done', repeated: true });
    expect(await given.desk.stopShadow('none', operations)).toEqual({ kind: 'not-found', what: 'shadow' });
    await lead('a', { fitScore: 80 });
    await qualify('a');
    await lead('b', { fitScore: 10 });
    await qualify('b');
    const nothing = { allowed: 0, stopped: 0, noPlace: 0, failed: 0 };
    expect(await report(id)).toMatchObject({ made: nothing, refused: nothing });
    expect(await ask({ draft: 1 })).toEqual({ kind: 'not-found', what: 'draft' });
    expect(await ask({ file: 'process: 5' })).toMatchObject({ kind: 'refused', refused: 'process-invalid' });
    expect(await given.desk.startShadow({ process: 'old', tried: { file: DRAFT } }, operations)).toMatchObject({
      kind: 'not-found',
    });
    expect(given.desk.shadows('new-business').map(({ shadow }) => shadow)).toEqual([id]);
  });

  test('then the draft is published for the team, and after that for all', async () => {
    given = await givenDesk();
    await given.desk.saveDraft(DRAFT, 'yaml', operations);
    const id = await started({ tried: { draft: 1 }, teams: ['south'] });
    await lead('s1', { fitScore: 80 }, 'south');
    await qualify('s1');
    expect(await report(id)).toMatchObject({ draft: 1, made: { stopped: 1 } });
    await given.desk.stopShadow(id, operations);
    await given.desk.publish(DRAFT, 'yaml', operations, { teams: ['south'] });
    for (const [deal, team] of [
      ['s2', 'south'],
      ['n2', 'north'],
    ] as const)
      await lead(deal, { fitScore: 80 }, team);
    expect(await qualify('s2')).toMatchObject({ kind: 'refused', blockers: [{ field: 'generatedBy' }] });
    expect(await qualify('n2')).toMatchObject({ stage: 'qualified' });
    await given.desk.rollOut('new-business', 2, null, operations);
    await lead('n3', { fitScore: 80 }, 'north');
    expect(await qualify('n3')).toMatchObject({ kind: 'refused' });
  });
});
