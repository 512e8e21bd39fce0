import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { limitDue, type Limit } from '@coxswain/sales-process';
import type { Deal } from '@coxswain/projections';
import { LimitKeeping } from '../../libs/projections/src/limit-keeping.js';
import { lineageOf } from '../../libs/projections/src/lineage.js';
import { KETTLES, noon, published } from './given.js';

const HOUR_MS = 3_600_000;
const limits: fc.Arbitrary<Limit['time']> = fc.record({
  amount: fc.integer({ min: 1, max: 12 }),
  unit: fc.constantFrom('days' as const, 'hours' as const, 'working days' as const, 'working hours' as const),
});

test('whether a stay outlasted its limit is what the calendar of the process says of that very stay', () => {
  fc.assert(
    fc.property(
      limits,
      fc.integer({ min: 0, max: 400 * 24 * 4 }),
      fc.array(fc.nat(14 * 24 * 4), { minLength: 1 }),
      (time, begun, lengths) => {
        const lead = { ...KETTLES.stages['lead']!, limit: { time, then: 'warn', tell: [] } };
        const hours = [1, 2, 3, 4, 5].map((day) => [day, [{ from: 540, to: day === 5 ? 780 : 1080 }]]);
        const definition = {
          ...KETTLES,
          workingHours: Object.fromEntries(hours) as typeof KETTLES.workingHours,
          holidays: ['2026-01-01', '2026-04-06'],
          stages: { ...KETTLES.stages, lead },
        };
        const keeping = new LimitKeeping(
          lineageOf([published(1, definition)], noon('2026-01-01')),
          Date.parse(noon('2028-01-01')),
        );
        const quarterHours = (from: number, count: number): string => new Date(from + (count * HOUR_MS) / 4).toISOString();
        const enteredAt = quarterHours(Date.parse('2025-12-20T00:00:00Z'), begun);
        for (const length of lengths) {
          const leftAt = quarterHours(Date.parse(enteredAt), length);
          const visit = {
            stage: 'lead',
            as: 'lead',
            laterPhase: null,
            phase: 'lead',
            result: null,
            owner: 'ann',
            team: null,
            version: 1,
            enteredAt,
            enteredMs: Date.parse(enteredAt),
            renewedMs: [],
            leftAt,
            leftMs: Date.parse(leftAt),
          } as const;
          expect([enteredAt, leftAt, keeping.exceeded({ steps: [] } as unknown as Deal, visit)]).toEqual([
            enteredAt,
            leftAt,
            leftAt > limitDue(time, enteredAt, definition),
          ]);
        }
      },
    ),
    { numRuns: 200 },
  );
});
