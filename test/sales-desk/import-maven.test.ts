import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from '@jest/globals';
import { besideFile, fileSource } from '../../libs/sales-desk/src/import/index.js';
import { balances, dataFile, describeWithData, FakeDoor, imported, mapOf, type Imported } from './import-given.js';

const map = mapOf(readFileSync(join(import.meta.dirname, '../../processes/maven-crm.map.yaml'), 'utf8'));
const file = dataFile('maven-crm/sales_pipeline.csv');
const importIt = (door: FakeDoor): Promise<Imported> => imported(fileSource(file), map, { lookups: besideFile(file), door });

describeWithData('the export of a CRM with 8,800 opportunities', () => {
  const door = new FakeDoor();
  let first: Imported;
  beforeAll(async () => {
    first = await importIt(door);
  });

  test('every row comes in, and ends in the stage that the export says', () => {
    const { report } = first;
    const ends = new Map<string, number>();
    for (const { steps } of door.requests) {
      const last = steps.at(-1);
      const stage = last === undefined ? 'prospecting' : last.kind === 'stage' ? last.to : 'none';
      ends.set(stage, (ends.get(stage) ?? 0) + 1);
    }
    expect(Object.fromEntries(ends)).toEqual({ won: 4238, lost: 2473, engaging: 1589, prospecting: 500 });
    expect(report.rows).toEqual({ read: 8800, stored: 8800, alreadyThere: 0, rejected: 0, leftOut: 0 });
    expect(report.deals).toEqual(report.rows);
    // 8,800 captures; one step for each of the 1,589 engaging deals, two for each of the 4,238 + 2,473 that are closed.
    expect(report.steps.read).toBe(8800 + 1589 + 2 * (4238 + 2473));
    expect(balances(report)).toBe(true);
    expect(report.stopped).toBeNull();
  });

  test('the traps of the export stand in the report', () => {
    const { report } = first;
    expect(report.corrections).toEqual([
      { file: 'sales_pipeline.csv', column: 'product', from: 'GTXPro', to: 'GTX Pro', count: 1480 },
      { file: 'accounts.csv', column: 'sector', from: 'technolgy', to: 'technology', count: 12 },
      { file: 'accounts.csv', column: 'office_location', from: 'Philipines', to: 'Philippines', count: 1 },
    ]);
    expect(report.warnings.map(({ code, count }) => [code, count])).toEqual([
      ['missing-account', 1425],
      ['undated', 500],
      ['listed-unused', 5],
    ]);
    expect(report.warnings.at(-1)!.first[0]!.say).toMatch(/^5 of the 35 listed in sales_teams\.csv stand in no row: /);
  });

  test('a won deal has its money in cents, its day in New York, and what the lists say of its product and its seller', () => {
    // Z063OYW0,Darcel Schlecht,GTXPro,Isdom,Won,10/25/2016,3/11/2017,4514; noon in New York is 16:00 UTC in October, 17:00 in March before the 12th.
    expect(door.deal('Z063OYW0')).toMatchObject({
      process: 'crm-export',
      capture: {
        occurredAt: '2016-10-25T16:00:00.000Z',
        owner: 'Darcel Schlecht',
        team: 'Melvin Marxen',
        account: 'Isdom',
        origin: 'import',
        facts: {
          product: 'GTX Pro',
          productSeries: 'GTX',
          listPrice: { minor: 482_100, currency: 'USD' },
          regionalOffice: 'Central',
        },
      },
      steps: [
        { key: '0-engaging', kind: 'stage', to: 'engaging', occurredAt: '2016-10-25T16:00:00.000Z', by: 'Darcel Schlecht' },
        {
          key: '1-won',
          to: 'won',
          occurredAt: '2017-03-11T17:00:00.000Z',
          facts: { amount: { minor: 451_400, currency: 'USD' }, closeDate: '2017-03-11' },
        },
      ],
    });
  });

  test('a second import finds everything there, under the same batch', async () => {
    const second = await importIt(door);
    expect(second.report.rows).toEqual({ read: 8800, stored: 0, alreadyThere: 8800, rejected: 0, leftOut: 0 });
    expect(second.report.batch).toBe(first.report.batch);
  });
});
