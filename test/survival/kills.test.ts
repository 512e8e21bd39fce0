import { describe, expect, test } from '@jest/globals';
import type { StoredEvent } from '@coxswain/event-store';
import { derivedId } from '@coxswain/sales-desk';
import { killUnderLoad } from './kills.js';
import { discrepancies, type Asked } from './ledger.js';
import { isBuilt } from './service.js';

(isBuilt ? describe : describe.skip)('the service killed under load', () => {
  test('loses nothing that it acknowledged, does nothing twice, and invents nothing', async () => {
    const report = await killUnderLoad({ kills: 5, whileStarting: 2, acknowledged: 50, clients: 8, seed: 1 });
    expect(report.wrong).toEqual([]);
    // More where a slow machine needs more kills for as many answers.
    expect(report.killsWhileStarting).toBeGreaterThanOrEqual(2);
    expect(report.askedAgain).toBeGreaterThan(0);
  }, 60_000);
});

describe('the comparison of answers and log', () => {
  const key = derivedId('key', 'rita', 'k');
  const event = (index: number, more: Partial<StoredEvent> = {}): StoredEvent => ({
    position: String(index + 1),
    stream: 'opportunity-a',
    revision: index,
    id: derivedId('event', key, index),
    type: 'FactsRecorded',
    recordedAt: '2026-03-02T09:00:00.000Z',
    data: {},
    meta: index === 1 ? { key } : {},
    ...more,
  });
  const asked = (outcome: Asked['outcome']): Asked[] => [{ key: 'k', method: 'POST', path: '/a', json: {}, outcome }];
  const whole = [event(0), event(1)];

  test('a step that is there whole, as it was answered, is right', () => {
    expect(discrepancies(asked({ deal: 'a', revision: 1 }), whole, 'rita')).toEqual([]);
    expect(discrepancies(asked('unknown'), whole, 'rita')).toEqual([]);
    expect(discrepancies(asked('unknown'), [], 'rita')).toEqual([]);
  });

  test.each<[string, Asked['outcome'], StoredEvent[], string]>([
    ['lost', { deal: 'a', revision: 1 }, [], 'acknowledged, and lost'],
    ['stored elsewhere', { deal: 'a', revision: 2 }, whole, 'answered a@2, stored opportunity-a@1'],
    ['stored by half', 'unknown', [event(1, { revision: 0 })], 'only a part of the step is there'],
    ['without its end', 'unknown', [event(0)], 'answered 0 times'],
    ['stored twice', { deal: 'a', revision: 1 }, [...whole, event(2, { id: 'other', meta: { key } })], 'answered 2 times'],
    ['refused and stored', 'refused', whole, 'refused, and yet in the log'],
    ['nobody asked for', 'unknown', [event(0, { id: 'other' })], 'nobody asked'],
    ['after a gap', 'unknown', [event(0), event(1, { revision: 2 })], 'revision 2 where 1 was due'],
    ['before the one before it', 'unknown', [event(0), event(1, { recordedAt: '2026-03-01T09:00:00.000Z' })], 'recordedAt falls'],
  ])('a step %s is told', (_, outcome, log, told) => {
    expect(discrepancies(asked(outcome), log, 'rita').join('\n')).toContain(told);
  });
});
