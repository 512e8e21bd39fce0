import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Page } from 'playwright-core';
import { describeConsole, GivenConsole, tabTo } from './given-console.js';

interface Event {
  readonly stream: string;
  readonly revision: number;
  readonly data: { readonly by: string; readonly reason: string };
}

describeConsole('an auditor', () => {
  let given: GivenConsole;
  /** Every step with the rule on budget let pass, newest first. */
  let letPass: readonly Event[];
  let newest: Event;
  const dealOf = ({ stream }: Event): string => stream.slice('opportunity-'.length);
  beforeAll(async () => {
    given = await GivenConsole.start();
    letPass = (
      await given.ask<{ items: readonly Event[] }>(
        'olga',
        '/v1/events?order=newest&limit=1000&process=new-business&check=budget&outcome=overridden',
      )
    ).items;
    newest = letPass[0]!;
  }, 120_000);
  afterAll(() => given?.close());

  const isFalseHere = async (page: Page): Promise<void> => {
    await page.getByRole('heading', { name: 'What the rules said' }).waitFor();
    const rule = page.getByRole('listitem').filter({ hasText: 'The buyer must have confirmed budget.' });
    await rule.filter({ hasText: 'false, but let pass as manager' }).filter({ hasText: 'It saw' }).waitFor();
    await page.getByRole('definition').filter({ hasText: newest.data.reason }).waitFor();
    await page.getByRole('definition').filter({ hasText: newest.data.by }).first().waitFor();
  };

  test('finds who let a deal pass without budget, by mouse, without having read anything', async () => {
    const page = await given.open('olga', '/day');
    await page.getByRole('link', { name: 'Who did what' }).click();
    const row = page.getByRole('row').filter({ hasText: 'The buyer must have confirmed budget.' });
    await row.getByRole('link', { name: `${letPass.length} Steps` }).click();
    await page.getByText(`${letPass.length} in all, newest first`).waitFor();
    const first = page.getByRole('row').nth(1);
    expect(await first.textContent()).toContain(newest.data.by);
    expect(await first.textContent()).toContain(newest.data.reason);
    await first.getByRole('link', { name: dealOf(newest) }).click();
    await isFalseHere(page);
  }, 60_000);

  test('does the same by keyboard alone, steps through the story, and sees the event as recorded', async () => {
    const page = await given.open('olga', '/day');
    await page.getByRole('heading', { name: 'My day' }).waitFor();
    await page.keyboard.press('g');
    await page.keyboard.press('s');
    await page.getByText('Who let it pass').waitFor();
    await tabTo(page, `${letPass.length} Steps`);
    await page.keyboard.press('Enter');
    await page.getByText(`${letPass.length} in all, newest first`).waitFor();
    await tabTo(page, dealOf(newest));
    await page.keyboard.press('Enter');
    await isFalseHere(page);
    const here = String(newest.revision);
    await page.waitForURL((url) => url.searchParams.get('step') === here);
    await page.keyboard.press('ArrowLeft');
    await page.waitForFunction(`new URL(location).searchParams.get('step') !== '${here}'`);
    await page.keyboard.press('ArrowRight');
    await isFalseHere(page);
    await tabTo(page, 'As recorded');
    await page.keyboard.press('Enter');
    await page.getByText('"type": "StageChanged"').waitFor();
    await page.waitForURL(/raw=yes/);
  }, 60_000);

  test('narrows it down to a person and a period, and the address alone shows the same to somebody else', async () => {
    const { by } = newest.data;
    const his = letPass.filter(({ data }) => data.by === by).length;
    const page = await given.open('olga', '/audit/steps?process=new-business&check=budget&outcome=overridden');
    await page.getByLabel('Person').fill(by);
    await page.getByText(`${his} in all, newest first`).waitFor();
    await page.getByLabel('From', { exact: true }).fill('2001-01-01');
    await page.getByLabel('To', { exact: true }).fill('2001-12-31');
    await page.getByText('No step fits').waitFor();
    await page.waitForURL(/to=2001/);
    const other = await given.open('jonas', page.url().slice(given.url.length));
    await other.getByText('No step fits').waitFor();
    await other.getByRole('button', { name: 'Clear all' }).click();
    await other.getByText('Who let it pass').waitFor();
  }, 60_000);

  test('verifies a deal and takes its record home', async () => {
    const page = await given.open('olga', `/audit/deals/${encodeURIComponent(dealOf(newest))}`);
    await page.getByRole('button', { name: 'Verify' }).click();
    await page.getByText(/Verified: all \d+ decisions come out the same again/).waitFor();
    const taken = async (name: string): Promise<string> => {
      const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name }).click()]);
      return readFile(await download.path(), 'utf8');
    };
    const record = await given.ask<{ items: readonly unknown[] }>(
      'olga',
      `/v1/opportunities/${encodeURIComponent(dealOf(newest))}/events?limit=500`,
    );
    const json = JSON.parse(await taken('Export JSON')) as { events: unknown; verified: { agree: boolean } };
    expect(json.events).toEqual(record.items);
    expect(json.verified.agree).toBe(true);
    const csv = await taken('Export CSV');
    expect(csv.split('\r\n')).toHaveLength(record.items.length + 2);
    expect(csv).toContain(newest.data.reason);
  }, 60_000);

  test('sees only decisions when decisions are asked for, and drags through them', async () => {
    const page = await given.open('olga', `/audit/deals/${encodeURIComponent(dealOf(newest))}`);
    const list = page.getByRole('list', { name: 'Steps' }).getByRole('button');
    await list.first().waitFor();
    const more = await list.count();
    await page.getByText('Decisions', { exact: true }).click();
    await page.waitForFunction(`new URL(location).searchParams.get('show') === 'decisions'`);
    expect(await list.count()).toBeLessThan(more);
    const slider = page.getByRole('slider');
    const box = (await slider.boundingBox())!;
    await page.mouse.move(box.x + 20, box.y + box.height / 2);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width - 5, box.y + box.height / 2, { steps: 5 });
    await page.mouse.up();
    // The address is where the step is kept, so the handle follows it a moment later.
    const end = await slider.getAttribute('aria-valuemax');
    await page.locator(`[role=slider][aria-valuenow="${end}"]`).waitFor();
  }, 60_000);

  test('follows the log live, pauses it, and sees the past without what came later', async () => {
    const page = await given.open('olga', '/audit/log');
    await page.getByText('Follows live').waitFor();
    await given.ask('dieter', '/v1/opportunities', { process: 'new-business', id: 'live-1' });
    await page.getByRole('link', { name: 'live-1' }).first().waitFor();
    await page.getByRole('button', { name: 'Pause' }).click();
    await given.ask('dieter', '/v1/opportunities', { process: 'new-business', id: 'live-2' });
    await page.getByText('new since you paused').waitFor();
    expect(await page.getByRole('link', { name: 'live-2' }).count()).toBe(0);
    await page.getByRole('button', { name: 'Follow live' }).click();
    await page.getByRole('link', { name: 'live-2' }).first().waitFor();
    await page.goto(`${given.url}/audit/log?asOf=${encodeURIComponent(new Date(Date.now() - 30 * 86_400_000).toISOString())}`);
    await page.getByText('100 events shown').waitFor();
    expect(await page.getByRole('link', { name: 'live-1' }).count()).toBe(0);
  }, 60_000);
});
