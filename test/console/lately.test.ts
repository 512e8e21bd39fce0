import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { describeConsole, GivenConsole } from './given-console.js';

interface Seen {
  readonly lately: boolean;
  readonly position: string;
  readonly age: string | undefined;
}

describeConsole('figures right after something was recorded', () => {
  let given: GivenConsole;
  beforeAll(async () => {
    given = await GivenConsole.start();
  }, 120_000);
  afterAll(() => given?.close());

  test('come at once as they were lately, and then as they are', async () => {
    const page = await given.open('karin', '/audit/log');
    const seen: Seen[] = [];
    page.on('response', async (answer) => {
      const { pathname, search } = new URL(answer.url());
      if (pathname !== '/v1/measures/adherence' || search !== '?process=new-business') return;
      const { position } = (await answer.json()) as Seen;
      const lately = answer.request().headers()['cache-control'] === 'max-stale=900';
      seen.push({ lately, position, age: answer.headers()['age'] });
    });
    // The present figures wait until the page has been read with those of before.
    const held = new AbortController();
    await page.route(/\/v1\/measures\/adherence\?process=new-business$/, async (route) => {
      const answer = await route.fetch();
      const isPresent = route.request().headers()['cache-control'] === undefined;
      if (isPresent) while (!held.signal.aborted) await page.waitForTimeout(50);
      await route.fulfill({ response: answer });
    });
    const { position } = await given.ask<Seen>('karin', '/v1/measures/adherence?process=new-business');
    await new Promise((resolve) => setTimeout(resolve, 1_100));
    // The log does not come to rest, so nothing is made ahead meanwhile.
    const busy = setInterval(() => void given.ask('karin', '/v1/opportunities', { process: 'new-business', facts: {} }), 300);
    await given.ask('karin', '/v1/opportunities', { process: 'new-business', facts: {} });
    await page.goto(`${given.url}/audit/steps`);
    await page.getByText('Live: newer figures are on their way').waitFor();
    clearInterval(busy);
    held.abort();
    await page.getByRole('status').filter({ hasText: /Live$/ }).waitFor();
    while (seen.length < 2) await page.waitForTimeout(50);
    const [first, second] = seen;
    expect(first).toEqual({ lately: true, position, age: expect.stringMatching(/^[1-9]\d*$/) });
    expect([second!.lately, second!.position > position]).toEqual([false, true]);
    await page.context().close();
  }, 60_000);
});
