import { afterAll, expect, test } from '@jest/globals';
import { compiledShim } from './disk.js';
import { failDisk, faults } from './failing-disk.js';
import { recordHistories } from './histories.js';
import { killUnderLoad } from './kills.js';
import { losePower } from './power-loss.js';
import { recordSequences } from './sequences.js';

/** The long runs, one after the other; at the end their figures as a table and as JSON. */
const reports: Record<string, object> = {};

const shim = compiledShim();
const whenShimmed = shim ? test : test.skip;

afterAll(() => {
  shim?.remove();
  const lines = Object.entries(reports).flatMap(([check, report]) => [
    check,
    ...Object.entries(report).map(
      ([name, value]) => `  ${name.padEnd(28)}${Array.isArray(value) ? value.length : String(value)}`,
    ),
  ]);
  process.stdout.write(`\n${lines.join('\n')}\n\n${JSON.stringify(reports)}\n`);
});

test('200 kills under load, 20 of them while the service starts', async () => {
  const report = await killUnderLoad({ kills: 200, whileStarting: 20, acknowledged: 10_000, clients: 8, seed: 2 });
  reports['SIGKILL under load'] = report;
  expect(report.wrong).toEqual([]);
  expect(report.kills).toBeGreaterThanOrEqual(200);
});

whenShimmed('100 disks as a power loss could have left them', async () => {
  const report = await losePower(shim!.library, { images: 100, callers: 8, appends: 4_000, seed: 4 });
  reports['power loss'] = report;
  expect(report.wrong).toEqual([]);
});

whenShimmed.each([
  ['synchronous = normal', '-wal'],
  ['synchronous = off', '*'],
])('a store that flushes as with %s is found to lose', async (name, pretend) => {
  const report = await losePower(shim!.library, { images: 100, callers: 8, appends: 4_000, seed: 4, pretend });
  reports[`power loss, ${name}`] = { images: report.images, imagesWithLosses: report.wrong.length, lost: report.lost };
  expect(report.lost).toBeGreaterThan(1_000);
});

whenShimmed('each of the first 12 writes and flushes fails, as input/output error and as full disk', async () => {
  const report = await failDisk(shim!.library, faults(Array.from({ length: 12 }, (_, number) => number)));
  reports['failing disk'] = report;
  expect(report.wrong).toEqual([]);
});

whenShimmed('each of the first 4 writes and flushes of checkpoints fails', async () => {
  const list = faults([0, 1, 2, 3]).filter(({ onceOpen }) => onceOpen);
  const report = await failDisk(
    shim!.library,
    list.map((fault) => ({ ...fault, of: '.db' })),
    { appends: 3_000 },
  );
  reports['failing checkpoints'] = report;
  expect(report.wrong).toEqual([]);
  expect(report.faults).toBe(report.runs);
});

test('60 short histories of racing clients, the service killed in each, are linearizable', async () => {
  const report = await recordHistories({ histories: 60, seed: 6 });
  reports['linearizability'] = report;
  expect(report.notLinearizable).toEqual([]);
});

test('200 random sequences of commands with restarts: read models equal a rebuild each time', async () => {
  const report = await recordSequences({ runs: 200, commands: 60, seed: 8 });
  reports['read models after restarts'] = report;
  expect(report.comparisons).toBeGreaterThan(400);
});
