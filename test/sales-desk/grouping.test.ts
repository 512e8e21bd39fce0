import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import { Grouping } from '../../libs/sales-desk/src/grouping.js';

const folder = mkdtempSync(join(tmpdir(), 'coxswain-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function textsOf(grouping: Grouping): Promise<string[]> {
  const texts: string[] = [];
  for await (const { group, text } of grouping.texts()) texts.push(`${group} ${text}`);
  return texts;
}

test.each([
  ['in memory', 1_000_000, false],
  ['on the disk, in many runs', 400, true],
])('texts come back group by group, each in the order of adding: %s', async (_, most, onDisk) => {
  const grouping = new Grouping(folder, most);
  for (let n = 0; n < 30; n += 1) for (const group of [2, 0, 11]) await grouping.add(group, `text\u2028 ${n} größer\r`);
  expect(readdirSync(folder).length > 0).toBe(onDisk);
  const expected = [0, 2, 11].flatMap((group) => Array.from({ length: 30 }, (_none, n) => `${group} text\u2028 ${n} größer\r`));
  expect(await textsOf(grouping)).toEqual(expected);
  await grouping.remove();
  expect(readdirSync(folder)).toEqual([]);
});

test('nothing stays behind when reading is given up', async () => {
  const grouping = new Grouping(folder, 100);
  for (let n = 0; n < 20; n += 1) await grouping.add(n % 3, `text ${n}`);
  for await (const { text } of grouping.texts()) if (text === 'text 3') break;
  await grouping.remove();
  expect(readdirSync(folder)).toEqual([]);
});
