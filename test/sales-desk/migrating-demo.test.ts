import { expect, test } from '@jest/globals';
import { openMemoryStore } from '@coxswain/event-store';
import { loadDemoCompany, SalesDesk } from '@coxswain/sales-desk';
import type { MeasureQuery } from '@coxswain/projections';
import { newBusinessFile, operations } from './given-desk.js';
import { leanerFile } from './leaner.js';

test('the open deals of the demo company go to a version that renames, merges, splits and drops stages; its past stays what it was', async () => {
  const until = new Date('2026-10-01T00:00:00.000Z');
  let clock = until;
  const now = (): Date => clock;
  const { store, readModels } = openMemoryStore({ now });
  const desk = await SalesDesk.open({ store, readModels, now });
  try {
    await loadDemoCompany(desk, {
      setClock: (instant) => (clock = instant ?? until),
      processFiles: [newBusinessFile],
      until,
      seed: 7,
    });
    const log = async (): Promise<readonly string[]> => {
      const events: string[] = [];
      for await (const event of store.readAll()) events.push(JSON.stringify(event));
      return events;
    };
    const conversion = (query: Partial<MeasureQuery> = {}) => {
      const { position: _, ...said } = desk.measure('conversion', { process: 'new-business', ...query });
      return said;
    };
    // From beginning to end of the line to which all versions belong: what a change of names must not touch.
    const ends = (query: Partial<MeasureQuery> = {}) => {
      const { funnel } = conversion(query).groups[0]!;
      return funnel.filter(({ to }) => to === 'won').map(({ naive, open }) => [naive.count, naive.of, open]);
    };
    const [known, before] = [await log(), conversion()];
    const [counted, asOf] = [ends(), clock.toISOString()];

    clock = new Date('2026-10-02T09:00:00.000Z');
    const { problems, published } = await desk.publish(leanerFile, 'yaml', operations);
    expect([problems.filter(({ severity }) => severity === 'error'), published?.version]).toEqual([[], 2]);
    const request = {
      process: 'new-business',
      version: 2,
      choices: [
        { stage: 'qualified', to: 'scoping', when: 'deal.budgetConfirmed' },
        { stage: 'proposal', to: 'closing' },
      ],
    };
    const withoutChoices = await desk.planMigration({ ...request, choices: [] });
    if ('kind' in withoutChoices) throw new Error(withoutChoices.kind);
    const dropped = withoutChoices.groups.filter(({ outcome }) => outcome === 'choice');
    expect(dropped.map(({ stage, why }) => [stage, why])).toEqual([
      ['proposal', ['No stage of version 2 continues Proposal: choose one.']],
    ]);
    const plan = await desk.planMigration(request);
    if ('kind' in plan) throw new Error(plan.kind);
    const ways = new Map(plan.groups.map(({ stage, to, deals }) => [`${stage} > ${to}`, deals]));
    for (const way of [
      'lead > lead',
      'qualified > discovery',
      'qualified > scoping',
      'proposal > closing',
      'negotiation > closing',
      'onboarding > active',
      'active > active',
    ])
      expect([way, (ways.get(way) ?? 0) > 0]).toEqual([way, true]);
    expect([plan.choice, plan.stays, plan.deals]).toEqual([0, 0, plan.moves + plan.blocked]);

    const started = await desk.startMigration(request, operations);
    if (started.kind !== 'done') throw new Error(JSON.stringify(started));
    await desk.migrated(started.migration.migration);
    await desk.caughtUp((await store.end()).position!, 10_000);
    expect(desk.migration(started.migration.migration)).toMatchObject({
      state: 'finished',
      finished: { moved: plan.deals, waiting: 0, left: 0 },
    });
    // Not a byte of what was there has changed; asked as of then, nothing has either; and from lead to won the present counts the same deals.
    expect((await log()).slice(0, known.length)).toEqual(known);
    expect(conversion({ asOf })).toEqual({ ...before, asOf });
    expect(ends()).toEqual(counted);
    // Every old decision agrees with the version that it was taken under, every deal goes on.
    expect(await desk.verifyAll()).toMatchObject({ disagreeing: [] });
    expect(desk.dealsByVersion('new-business').find(({ version }) => version === 1)?.open ?? 0).toBe(0);
  } finally {
    await desk.close();
  }
}, 120_000);
