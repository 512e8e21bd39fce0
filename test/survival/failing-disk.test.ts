import { afterAll, describe, expect, test } from '@jest/globals';
import { compiledShim } from './disk.js';
import { failDisk, faults } from './failing-disk.js';
import { isBuilt } from './service.js';

const shim = isBuilt ? compiledShim() : null;
afterAll(() => shim?.remove());

(shim ? describe : describe.skip)('when the disk fails', () => {
  test('nothing is acknowledged that is not there, and after a failed flush nothing more is written', async () => {
    const report = await failDisk(shim!.library, [
      ...faults([0, 5]),
      // The flush that makes the name of the log beside the file durable, which SQLite does not insist on.
      { kind: 'sync', number: 9, code: 'EIO', onceOpen: false },
    ]);
    expect(report.wrong).toEqual([]);
    expect(report.faults).toBe(report.runs);
  });
});
