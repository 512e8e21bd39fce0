import { describe, expect, test } from '@jest/globals';
import { recordSequences } from './sequences.js';

const SEED = 7;

describe('a desk that is stopped and killed between commands', () => {
  test('shows the same figures as one that folds the whole log anew', async () => {
    const report = await recordSequences({ runs: 12, commands: 40, seed: SEED });
    expect(report.comparisons).toBeGreaterThan(12);
    expect(report.crashes).toBeGreaterThan(0);
    expect(report.refusals).toBeGreaterThan(0);
    expect(report.limitsFired).toBeGreaterThan(0);
  }, 60_000);
});
