import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import type { StoredEvent } from '@coxswain/event-store';
import { StoreUnavailable } from '@coxswain/event-store';
import { importFile, textSource, type HistoryDoor } from '../../libs/sales-desk/src/import/index.js';
import { givenDesk, newBusinessFile, operations, type GivenDesk } from './given-desk.js';
import { balances, mapOf } from './import-given.js';

const crm = readFileSync(join(import.meta.dirname, '../../processes/crm-export.process.yaml'), 'utf8');
const map = mapOf(`
process: crm-export
format: csv
id: deal
currency: USD
undated: "2026-03-31"
deal: { at: engaged, owner: seller, facts: { product: product } }
stage: stage
stages:
  new: []
  open: [{ to: engaging, at: engaged }]
  won: [{ to: engaging, at: engaged }, { to: won, at: closed, facts: { amount: { column: value, as: money }, closeDate: { column: closed, as: date } } }]
  lost: [{ to: lost, at: closed, facts: { closeDate: { column: closed, as: date } } }]
  gone: [{ to: gone, at: closed }]
`);
const header = 'deal,seller,product,stage,engaged,closed,value\n';
const text = `${header}D1,rita,Chair,won,2026-01-05,2026-02-05,900
D2,rita,,won,2026-01-06,2026-02-06,
D3,paul,Desk,new,,,
D4,paul,Desk,gone,2026-01-07,2026-02-07,
D 5,paul,Desk,open,2026-01-08,,
`;

async function given(): Promise<GivenDesk> {
  const world = await givenDesk('2026-04-01T09:00:00.000Z', false);
  const { published, problems } = await world.desk.publish(crm, 'yaml', operations);
  if (!published) throw new Error(JSON.stringify(problems));
  return world;
}

const logOf = async ({ store }: GivenDesk): Promise<Pick<StoredEvent, 'id' | 'type' | 'data'>[]> => {
  const events: Pick<StoredEvent, 'id' | 'type' | 'data'>[] = [];
  for await (const { id, type, data, stream } of store.readAll()) if (stream.startsWith('deal')) events.push({ id, type, data });
  return events.toSorted((a, b) => (a.id < b.id ? -1 : 1));
};

test('what an import tells comes in through the one door, deviating steps with what they broke', async () => {
  const world = await given();
  const report = await importFile(world.desk, { file: textSource('deals.csv', text), map });
  expect(report.rows).toEqual({ read: 5, stored: 3, alreadyThere: 0, rejected: 2, leftOut: 0 });
  // D1: capture and two; D2: capture and two; D3: capture; D4: capture, and a step that the process cannot name; D 5: capture and one, both refused.
  expect(report.steps).toEqual({ read: 11, stored: 8, alreadyThere: 0, rejected: 3, leftOut: 0 });
  expect(report.deals).toEqual({ read: 5, stored: 4, alreadyThere: 0, rejected: 1, leftOut: 0 });
  expect(report.rejected[0]!.first.map(({ line, say }) => [line, say])).toEqual([
    [5, 'The process has no stage "gone".'],
    [6, 'An id has 1 to 100 letters, digits, dots, hyphens or underscores.'],
  ]);
  expect(report.deviating.by.map(({ first }) => first[0]!.say.split(':')[0])).toEqual([
    'The step to engaging',
    'The step to won',
  ]);
  // D2 was engaged without a product, and won without an amount.
  expect(report.deviating.steps).toBe(2);
  expect(report.deviating.deals).toBe(1);
  expect(report.deviating.by.map(({ first }) => [first[0]!.line, first[0]!.deal])).toEqual([
    [3, 'D2'],
    [3, 'D2'],
  ]);
  expect(balances(report)).toBe(true);
  expect((await world.desk.opportunity('D1'))!.opportunity).toMatchObject({ stage: 'won', owner: 'rita' });
  expect((await world.desk.verify('D2'))!.agree).toBe(true);
});

test('a second import stores nothing, and a later export adds only what has happened since', async () => {
  const world = await given();
  await importFile(world.desk, { file: textSource('deals.csv', text), map });
  const before = await logOf(world);
  const again = await importFile(world.desk, { file: textSource('deals.csv', text), map });
  expect(again.rows).toEqual({ read: 5, stored: 0, alreadyThere: 3, rejected: 2, leftOut: 0 });
  expect(again.steps).toMatchObject({ stored: 0, alreadyThere: 8 });
  expect(await logOf(world)).toEqual(before);

  world.at('2026-04-03T09:00:00.000Z');
  const later = `${header}D3,paul,Desk,lost,2026-04-01,2026-04-02,\n`;
  const added = await importFile(world.desk, { file: textSource('later.csv', later), map });
  expect(added).toMatchObject({ rows: { read: 1, stored: 1 }, steps: { read: 2, stored: 1, alreadyThere: 1 } });
  expect((await world.desk.opportunity('D3'))!.opportunity).toMatchObject({ stage: 'lost' });
});

test('an import that the store breaks off goes on when it is repeated, and ends as if nothing had been', async () => {
  const many = header + Array.from({ length: 50 }, (_, index) => `E${index},rita,Chair,won,2026-01-05,2026-02-05,900\n`).join('');
  const options = { file: textSource('deals.csv', many), map, dealsAtOnce: 10 };
  const straight = await given();
  await importFile(straight.desk, options);

  const broken = await given();
  let portions = 0;
  const door: HistoryDoor = {
    now: () => broken.desk.now(),
    recordHistory: async (requests, more) => {
      // The third portion is written in half, and then the machine stops.
      if (++portions === 3) {
        await broken.desk.recordHistory(requests.slice(0, 5), more);
        throw new StoreUnavailable('the disk is full', 'Make room.');
      }
      return broken.desk.recordHistory(requests, more);
    },
  };
  await expect(importFile(door, options)).rejects.toThrow('the disk is full');
  const report = await importFile(broken.desk, options);
  expect(report.rows).toEqual({ read: 50, stored: 25, alreadyThere: 25, rejected: 0, leftOut: 0 });
  expect(await logOf(broken)).toEqual(await logOf(straight));
});

test('deals that are past a time limit where their past ends are counted, and those that it will move', async () => {
  const world = await givenDesk('2026-04-01T09:00:00.000Z', false);
  const giveUp = newBusinessFile.replace('{ time: 3 working days, then: warn,', '{ time: 3 working days, then: disqualify,');
  await world.desk.publish(giveUp, 'yaml', operations);
  const leads = mapOf(`process: new-business
format: csv
id: deal
deal: { at: came, owner: { otherwise: rita }, facts: { lostReason: reason } }
stage: stage
stages: { lead: [] }
`);
  // L1 can be disqualified, L2 lacks the reason, and L3 has stood there for a day only.
  const file = textSource(
    'leads.csv',
    'deal,stage,came,reason\nL1,lead,2026-03-02,timing\nL2,lead,2026-03-02,\nL3,lead,2026-03-31,\n',
  );
  const overdue = { deals: 2, moved: 1, then: ['disqualify'] };
  expect((await importFile(world.desk, { file, map: leads, dryRun: true })).overdue).toEqual(overdue);
  expect((await importFile(world.desk, { file, map: leads })).overdue).toEqual(overdue);

  expect(await world.desk.fireDueLimits()).toBe(2);
  const stages = ['L1', 'L2', 'L3'].map(async (id) => (await world.desk.opportunity(id))!.opportunity.stage);
  expect(await Promise.all(stages)).toEqual(['lost', 'lead', 'lead']);
  expect((await importFile(world.desk, { file, map: leads })).overdue).toEqual({ deals: 0, moved: 0, then: [] });
});
