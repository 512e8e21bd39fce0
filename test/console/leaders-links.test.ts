import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { describeConsole, GivenConsole } from './given-console.js';

const LEADER = 'karin';

describeConsole('what leaders read', () => {
  let given: GivenConsole;
  beforeAll(async () => {
    given = await GivenConsole.start();
  }, 120_000);
  afterAll(() => given?.close());

  test.each([
    ['/week', 'Stuck money'],
    ['/forecast', 'Naive forecast'],
    ['/together', 'Usual error'],
    ['/cycle-time', '85 in 100 within'],
    ['/adherence', 'Fit of the paths'],
  ])(
    'every figure on top of %s leads to what it stands on',
    async (path, last) => {
      const page = await given.open(LEADER, path);
      await page.locator('.tile', { hasText: last }).getByRole('link').waitFor();
      await page.locator('.tile .waiting').first().waitFor({ state: 'detached' });
      const tiles = page.locator('.tile');
      const links = await tiles.getByRole('link').count();
      expect(links).toBe(await tiles.count());
      for (let at = 0; at < links; at++) {
        await tiles.getByRole('link').nth(at).click();
        await page.waitForURL((url) => url.pathname !== path);
        await page.locator('main h1').waitFor();
        await page.locator('main .waiting').first().waitFor({ state: 'detached' });
        expect(await page.locator('main').getByRole('alert').count()).toBe(0);
        await page.goBack();
        await tiles
          .getByRole('link')
          .nth(links - 1)
          .waitFor();
      }
      await page.context().close();
    },
    120_000,
  );

  test('stuck money leads to as many deals as it says', async () => {
    const page = await given.open(LEADER, '/week');
    const tile = page.locator('.tile', { hasText: 'Stuck money' });
    const [deals] = /^\d+/.exec(await tile.locator('.tile-note').innerText())!;
    await tile.getByRole('link').click();
    await page.getByText(new RegExp(`^${deals} deals,`)).waitFor();
    await page.context().close();
  }, 60_000);

  test('the day of the last review is remembered, and stands in the address', async () => {
    const page = await given.open(LEADER, '/week?since=30');
    await page.getByRole('button', { name: 'Reviewed' }).click();
    await page.getByText('Noted: next time changes are told since today.').waitFor();
    await page.goto(`${given.url}/week`);
    await page.waitForURL(/since=\d{4}-\d\d-\d\d/);
    await page.context().close();
  }, 60_000);

  test('all processes together: what each adds, and its own forecast', async () => {
    const page = await given.open(LEADER, '/together');
    await page.getByRole('table', { name: 'What each process adds' }).getByRole('link', { name: 'New business' }).click();
    await page.waitForURL(/\/forecast\?.*process=new-business/);
    await page.getByText('Why it changed').first().waitFor();
    await page.context().close();
  }, 60_000);
});
