import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { describeConsole, GivenConsole } from './given-console.js';

const PAST = '2026-05-01T00:00:00.000Z';

describeConsole('around every page', () => {
  let given: GivenConsole;
  beforeAll(async () => {
    given = await GivenConsole.start();
  }, 120_000);
  afterAll(() => given?.close());

  test('the bar of a phone is one line, and who looks stands below the menu', async () => {
    const page = await given.open('dieter', `/day?asOf=${PAST}`, { phone: true });
    await page.getByText('You are looking at the past').waitFor();
    const bar = (await page.locator('.bar-row').boundingBox())!;
    expect(bar.height).toBeLessThan(64);
    const search = page.getByRole('button', { name: 'Search' });
    expect((await search.boundingBox())!.y).toBeLessThan(bar.y + bar.height);
    await page.getByRole('button', { name: 'Menu' }).click();
    await page.getByRole('button', { name: 'Change person' }).click();
    await page.getByText('dieter').first().waitFor();
    expect(await page.evaluate(`localStorage.getItem('coxswain.token')`)).toBeNull();
    await page.context().close();
  }, 60_000);

  test('everybody begins with what they came for', async () => {
    for (const [name, path] of [
      ['dieter', '/day'],
      ['karin', '/week'],
      ['olga', '/processes'],
    ] as const) {
      const page = await given.open(name, '/');
      await page.waitForURL((url) => url.pathname === path);
      // Their own pages stand first in the menu, and all others can be reached.
      const menu = page.getByRole('navigation', { name: 'Menu' }).getByRole('link');
      expect(await menu.first().getAttribute('href')).toBe(path);
      expect(await menu.count()).toBe(13);
      await page.context().close();
    }
  }, 60_000);

  test('who signs in reads what each person does and begins with, and a printed page names the instant of printing', async () => {
    const page = await given.open('karin', '/week');
    await page.locator('main h1').waitFor();
    const line = page.locator('.on-paper');
    await page.clock.install({ time: '2031-05-06T07:08:00Z' });
    await page.evaluate(`window.dispatchEvent(new Event('beforeprint'))`);
    expect(await line.textContent()).toContain('6 May 2031');
    await page.getByRole('button', { name: 'Change person' }).click();
    const olga = page.getByRole('button', { name: /^olga/ });
    await olga.waitFor();
    expect(await olga.innerText()).toMatch(/writes the process, begins with Processes/);
    await page.context().close();
  }, 60_000);

  test('what is printed says as of when it was known, and is white from a dark screen too', async () => {
    const page = await given.open('karin', `/adherence?asOf=${PAST}`, { dark: true });
    await page.locator('.react-flow__node').first().waitFor();
    const known = page.getByText(/^Coxswain, as known on 1 May 2026/);
    expect(await known.isVisible()).toBe(false);
    await page.emulateMedia({ media: 'print' });
    await known.waitFor();
    const grounds = await page.evaluate<string[]>(
      `['body', '.panel', '.react-flow', '.react-flow__node'].map((one) => getComputedStyle(document.querySelector(one)).backgroundColor)`,
    );
    expect(grounds.filter((ground) => ground !== 'rgb(255, 255, 255)')).toEqual([]);
    expect(await page.locator('.bar').isVisible()).toBe(false);
    await page.context().close();
  }, 60_000);
});
