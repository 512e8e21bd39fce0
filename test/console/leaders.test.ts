import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Page } from 'playwright-core';
import { DESK, describeConsole, GivenConsole, tabTo } from './given-console.js';

const LEADER = 'karin';

interface Bar {
  readonly bar: string;
  readonly deals: number;
  readonly amounts: readonly { readonly minor: number; readonly currency: string }[];
  readonly list: readonly { readonly deal: string }[];
}

const BARS: Readonly<Record<string, string>> = { lost: 'Lost', slipped: 'Slipped out', amount: 'Amount changed' };

/** What the page asked the service for so far, of which the address holds `part`. */
const askedFor = (page: Page, part: string): Promise<readonly string[]> =>
  page.evaluate<readonly string[]>(
    `performance.getEntriesByType('resource').map(({ name }) => name).filter((name) => name.includes(${JSON.stringify(part)}))`,
  );

describeConsole('a leader', () => {
  let given: GivenConsole;
  beforeAll(async () => void (given = await GivenConsole.start()), 120_000);
  afterAll(() => given?.close());

  /** The largest reason, as the service itself tells it of the two days that the page has asked for. */
  const largestReason = async (page: Page): Promise<{ readonly largest: Bar; readonly name: string }> => {
    const { search } = new URL(
      (await askedFor(page, '/measures/bridge?of='))[0] ?? (await askedFor(page, '/measures/bridge?')).at(-1)!,
    );
    const { groups } = await given.ask<{ groups: readonly { readonly bars: readonly Bar[] }[] }>(
      LEADER,
      `/v1/measures/bridge${search}`,
    );
    const largest = groups[0]!.bars
      .filter(({ bar, amounts }) => bar !== 'won' && (amounts[0]?.minor ?? 0) < 0)
      .toSorted((a, b) => a.amounts[0]!.minor - b.amounts[0]!.minor)[0]!;
    return { largest, name: BARS[largest.bar]! };
  };

  test('says why the forecast fell since last month, without having read anything', async () => {
    const context = await given.browser.newContext({ viewport: DESK, locale: 'en-GB', reducedMotion: 'reduce' });
    const page = await context.newPage();
    page.setDefaultTimeout(20_000);
    await page.goto(given.url);
    await page.getByRole('button', { name: /karin/ }).click();
    await page.getByRole('navigation').getByRole('link', { name: 'Forecast', exact: true }).click();
    const why = page.getByRole('region', { name: 'Why it changed' });
    await why.getByText(/^The forecast of \S+ (fell by|rose by|is what it was)/).waitFor();

    const { largest, name } = await largestReason(page);
    await why.getByRole('button', { name: new RegExp(`^${name} .*${largest.deals} deal`) }).click();
    const table = why.getByRole('table', { name: `${name}: the deals` });
    await table.waitFor();
    const deals = await table.locator('tbody tr td:first-child').allInnerTexts();
    expect(deals).toEqual(largest.list.map(({ deal }) => deal));
    // The look of the page is in its address, so that each deal opens and the way back leads here again.
    await page.waitForURL((url) => url.searchParams.get('bar') === largest.bar);
    await table.getByRole('link', { name: deals[0]!, exact: true }).click();
    await page.waitForURL((to) => to.pathname === `/deals/${encodeURIComponent(deals[0]!)}`);
    await page.goBack();
    await table.waitFor();
    await context.close();
  }, 90_000);

  test('does the same by keyboard alone, from the sign-in on', async () => {
    const context = await given.browser.newContext({ viewport: DESK, locale: 'en-GB', reducedMotion: 'reduce' });
    const page = await context.newPage();
    page.setDefaultTimeout(20_000);
    await page.goto(given.url);
    await page.getByRole('button', { name: /karin/ }).waitFor();
    await tabTo(page, /^karin/);
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'This week' }).waitFor();
    await page.keyboard.press('g');
    await page.keyboard.press('f');
    await page.getByText(/^The forecast of \S+ (fell by|rose by|is what it was)/).waitFor();
    const { largest, name } = await largestReason(page);
    await tabTo(page, new RegExp(`^${name} .*${largest.deals} deal`));
    await page.keyboard.press('Enter');
    await page.getByRole('table', { name: `${name}: the deals` }).waitFor();
    const deal = largest.list[0]!.deal;
    await tabTo(page, deal);
    await page.keyboard.press('Enter');
    await page.waitForURL((to) => to.pathname === `/deals/${encodeURIComponent(deal)}`);
    await context.close();
  }, 90_000);

  test('opens a number of the funnel, and finds exactly so many deals', async () => {
    const page = await given.open(LEADER, '/funnel?window=all');
    const row = page
      .getByRole('region', { name: 'From lead to won' })
      .first()
      .getByRole('row', { name: /Lead → Won/ });
    const figure = row.getByRole('link').first();
    const said = /[\d,]+/.exec(await figure.innerText())![0];
    await figure.click();
    await page
      .getByText(`${said} deals are counted`)
      .or(page.getByText(`of ${said} are shown`))
      .waitFor();
    await page.waitForURL(/\/behind\/conversion\?/);
    await page.context().close();
  }, 60_000);

  test('looks at the week as it was known a month ago: the instant goes with every question', async () => {
    const then = new Date(Date.now() - 30 * 86_400_000).toISOString();
    const page = await given.open(LEADER, `/week?asOf=${encodeURIComponent(then)}`);
    await page.getByText('You are looking at the past').waitFor();
    await page.getByRole('button', { name: /^New/ }).waitFor();
    await page.getByText('Calls are those of the company').waitFor();
    await page.getByText('steps since the review').waitFor();
    await page.getByText('8 in 10 times between').waitFor();
    const measures = await askedFor(page, '/v1/measures/');
    for (const name of ['bridge', 'forecast', 'scorecard', 'adherence'])
      expect(measures.join()).toContain(`/v1/measures/${name}?`);
    for (const one of measures) expect(new URL(one).searchParams.get('asOf')! <= then).toBe(true);
    await page.context().close();
  }, 60_000);

  test('takes the bridge home as a file whose figures add up', async () => {
    const page = await given.open(LEADER, '/forecast');
    const coming = page.waitForEvent('download');
    await page.getByRole('region', { name: 'Why it changed' }).getByRole('button', { name: /CSV/ }).first().click();
    const file = await coming;
    expect(file.suggestedFilename()).toMatch(/^bridge-\d{4}-Q\d\.csv$/);
    const [, ...lines] = (await readFile(await file.path(), 'utf8')).trim().split('\r\n');
    const cents = lines.map((line) => Math.round(Number(line.split(',').at(-1)) * 100));
    expect(cents.slice(0, -1).reduce((sum, one) => sum + one, 0)).toBe(cents.at(-1));
    await page.context().close();
  }, 60_000);

  test('draws one path of the deals on the map of the process', async () => {
    const page = await given.open(LEADER, '/adherence?window=all');
    await page.getByRole('button', { name: /^Draw Lead → Lost$/ }).click();
    await page.getByRole('button', { name: /^Drawn/ }).waitFor();
    await page.waitForURL((url) => url.searchParams.get('variant') === 'lead,lost');
    // The map is drawn anew when newer figures come.
    await page.waitForFunction("document.querySelectorAll('.react-flow__edge.walked').length === 1");
    await page.context().close();
  }, 60_000);
});
