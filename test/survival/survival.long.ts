import { afterAll, expect, test } from '@jest/globals';
import { killUnderLoad } from './kills.js';

/** The long runs, one after the other; at the end their figures as a table and as JSON. */
const reports: Record<string, object> = {};

afterAll(() => {
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
