import { existsSync, readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { expect, test } from '@jest/globals';
import { TemporalProfile, type TimedPath } from '@coxswain/projections';

const LOG = '../shared/data/event-logs/receipt.xes.gz';
const REFERENCE = '../shared/reference/conformance/pm4py-reference.json';
const present = existsSync(LOG) && existsSync(REFERENCE);
if (!present)
  console.warn(`SKIPPED: ${LOG} is missing, so the temporal profile is not held against that of a process-mining package.`);

const DAY = 86_400_000;
const timed = (...entered: (readonly [string, number])[]): TimedPath => ({
  stages: entered.map(([stage]) => stage),
  at: entered.map(([, day]) => day * DAY),
});

test('mean and standard deviation of the time from each stage to each later one, worked out by hand', () => {
  const profile = new TemporalProfile();
  for (const qualified of [1, 2, 6]) profile.add(timed(['lead', 0], ['qualified', qualified], ['won', 10]));
  // To qualified 1, 2, 6: mean 3, squares 4 + 1 + 9 = 14, / 2 = 7. From there to won 9, 8, 4: mean 7, the same spread.
  expect(profile.list()).toEqual([
    { from: 'lead', to: 'qualified', times: 3, meanDays: expect.closeTo(3, 12), sdDays: expect.closeTo(Math.sqrt(7), 12) },
    { from: 'lead', to: 'won', times: 3, meanDays: 10, sdDays: 0 },
    { from: 'qualified', to: 'won', times: 3, meanDays: expect.closeTo(7, 12), sdDays: expect.closeTo(Math.sqrt(7), 12) },
  ]);
  const judged: unknown[] = [];
  const note = (from: string, to: string, days: number, z: number): unknown => judged.push([from, to, days, z]);
  profile.judge(timed(['lead', 0], ['qualified', 10], ['won', 11]), 3, note);
  // (10 - 3) / sqrt 7 = 2.65; 11 days to won where all took 10; (1 - 7) / sqrt 7 = -2.27
  expect(judged).toEqual([
    ['lead', 'qualified', 10, expect.closeTo(2.6458, 4)],
    ['lead', 'won', 11, Number.POSITIVE_INFINITY],
    ['qualified', 'won', 1, expect.closeTo(-2.2678, 4)],
  ]);
  judged.length = 0;
  profile.judge(timed(['lead', 0], ['qualified', 10], ['won', 11]), 4, note);
  expect(judged).toEqual([]);
});

test('where the record steps backwards in time a pair says nothing, and what was seen once has no spread', () => {
  const profile = new TemporalProfile();
  profile.add(timed(['lead', 2], ['qualified', 1], ['won', 4]));
  expect(profile.list()).toEqual([
    { from: 'lead', to: 'won', times: 1, meanDays: 2, sdDays: null },
    { from: 'qualified', to: 'won', times: 1, meanDays: 3, sdDays: null },
  ]);
});

(present ? test : test.skip)(
  'of 1,434 permits, pairs and cases more than 6 standard deviations off are those of a process-mining package',
  () => {
    const expected = (JSON.parse(readFileSync(REFERENCE, 'utf8')) as { receipt: Record<string, number> }).receipt;
    const paths = gunzipSync(readFileSync(LOG))
      .toString()
      .split('<trace>')
      .slice(1)
      .map((trace): TimedPath => {
        const events = [...trace.matchAll(/<event>([\s\S]*?)<\/event>/g)].map(([, event]) => event!);
        return {
          stages: events.map((event) => /key="concept:name" value="([^"]*)"/.exec(event)![1]!),
          at: events.map((event) => Date.parse(/key="time:timestamp" value="([^"]*)"/.exec(event)![1]!)),
        };
      });
    expect(paths).toHaveLength(1434);
    const profile = new TemporalProfile();
    for (const path of paths) profile.add(path);
    expect(profile.list()).toHaveLength(expected['temporal_profile_pairs']!);
    const unusual = paths.filter((path) => {
      let found = false;
      profile.judge(path, 2, (_from, _to, _days, z) => (found ||= Math.abs(z) > 6));
      return found;
    });
    expect(unusual).toHaveLength(expected['temporal_dev_cases_zeta6']!);
  },
);
