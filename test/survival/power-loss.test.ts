import { afterAll, describe, expect, test } from '@jest/globals';
import { compiledShim } from './disk.js';
import { losePower } from './power-loss.js';
import { isBuilt } from './service.js';

const shim = isBuilt ? compiledShim() : null;
afterAll(() => shim?.remove());

(shim ? describe : describe.skip)('when the power goes', () => {
  const settings = { images: 20, callers: 8, appends: 1_000, seed: 3 };

  test('what was acknowledged is on the disk, and what is there is a beginning of the log', async () => {
    const report = await losePower(shim!.library, settings);
    expect(report.wrong).toEqual([]);
    expect(report.acknowledgementsChecked).toBeGreaterThan(1_000);
    expect(report.checkpoints).toBeGreaterThan(0);
  });

  test.each([
    ['the log beside the file is not flushed, as with synchronous = normal', '-wal'],
    ['nothing is flushed, as with synchronous = off', '*'],
  ])('the check finds losses where %s', async (_, pretend) => {
    const report = await losePower(shim!.library, { ...settings, pretend });
    expect(report.lost).toBeGreaterThan(100);
  });
});
