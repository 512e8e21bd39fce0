import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { beforeAll, expect, test } from '@jest/globals';
import { fileSource } from '../../libs/sales-desk/src/import/index.js';
import { balances, dataFile, describeWithData, imported, mapOf, type Imported } from './import-given.js';

const map = mapOf(readFileSync(join(import.meta.dirname, '../../processes/loan-application.map.yaml'), 'utf8'));
const file = dataFile('event-logs/bpic2012.xes.gz');

describeWithData('the event log of a loan company with 13,087 applications', () => {
  let result: Imported;
  let text: string;
  beforeAll(async () => {
    result = await imported(fileSource(file), map);
    text = gunzipSync(readFileSync(file)).toString();
  }, 120_000);

  test('every case and every one of the 262,200 events comes in', () => {
    const { report, door } = result;
    expect(report.stopped).toBeNull();
    expect(report.rows).toEqual({ read: 262_200, stored: 262_200, alreadyThere: 0, rejected: 0, leftOut: 0 });
    expect(report.deals).toEqual({ read: 13_087, stored: 13_087, alreadyThere: 0, rejected: 0, leftOut: 0 });
    expect(door.requests).toHaveLength(13_087);
    expect(balances(report)).toBe(true);
  });

  test('the steps per activity are those of an independent count over the file', () => {
    const counted = new Map<string, number>();
    for (const [, name] of text.matchAll(/<string key="concept:name" value="([AOW]_[^"]+)"/g))
      counted.set(name!, (counted.get(name!) ?? 0) + 1);
    const found = new Map<string, number>();
    const add = (name: string): void => void found.set(name, (found.get(name) ?? 0) + 1);
    for (const { steps } of result.door.requests) {
      add('A_SUBMITTED');
      for (const { key } of steps) add(key.split('@')[0]!);
    }
    expect(Object.fromEntries(found)).toEqual(Object.fromEntries(counted));
    expect(counted.get('A_APPROVED')).toBe(2246);
  });

  test('the order of the file is kept, also where 13,995 events carry the instant of the one before', () => {
    const traces = text.split('<trace>').slice(1);
    expect(traces).toHaveLength(13_087);
    for (const trace of traces) {
      const [, id] = /<string key="concept:name" value="(\d+)"/.exec(trace)!;
      const told = Array.from(trace.matchAll(/<string key="concept:name" value="([AOW]_[^"]+)"/g), ([, name]) => name);
      const steps = result.door.deal(id!).steps.map(({ key }) => key.split('@')[0]);
      if (['A_SUBMITTED', ...steps].join() !== told.join()) throw new Error(`the order of ${id} is not kept`);
    }
    expect(result.report.sameInstant).toBe(13_995);
  });

  test('an application has its amount in cents, its day, who began it, and what people did meanwhile', () => {
    const { capture, steps } = result.door.deal('173688');
    expect(capture).toMatchObject({
      occurredAt: '2011-09-30T22:38:44.546Z',
      by: '112',
      owner: '112',
      facts: { amountRequested: { minor: 2_000_000, currency: 'EUR' }, registeredOn: '2011-10-01' },
    });
    expect(steps.slice(0, 4)).toMatchObject([
      { kind: 'stage', to: 'partlySubmitted', occurredAt: '2011-09-30T22:38:44.880Z' },
      { kind: 'stage', to: 'preaccepted' },
      { kind: 'activity', activity: 'complete the application', note: 'SCHEDULE', by: '112' },
      { kind: 'activity', activity: 'complete the application', note: 'START', by: 'unknown' },
    ]);
  });
});
