import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { chromium, type Browser, type Page } from 'playwright-core';
import { heard } from '../support/service-process.js';

const ROOT = join(import.meta.dirname, '../..');
const MAIN = join(ROOT, 'apps/api/dist/main.js');
const CHROMIUM = process.env['CHROMIUM'] ?? '/usr/bin/chromium';
const missing = [MAIN, join(ROOT, 'apps/console/dist/index.html'), CHROMIUM].filter((path) => !existsSync(path));
if (missing.length > 0) console.warn(`SKIPPED: the leaders' pages in a browser, because there is no ${missing.join(' and no ')}`);

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const PAGES = ['/week', '/forecast', '/funnel', '/cycle-time', '/adherence'] as const;

interface Bar {
  readonly bar: string;
  readonly deals: number;
  readonly amounts: readonly { readonly minor: number; readonly currency: string }[];
  readonly list: readonly { readonly deal: string }[];
}

(missing.length === 0 ? describe : describe.skip)("the leaders' pages, over the demo company", () => {
  let dir: string;
  let service: ChildProcess;
  let browser: Browser;
  let url: string;
  let token: string;

  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'coxswain-'));
    const child = spawn(process.execPath, [MAIN], {
      cwd: ROOT,
      env: {
        PATH: process.env['PATH'],
        PORT: '0',
        COXSWAIN_STORE: `sqlite:${dir}/coxswain.db`,
        COXSWAIN_DATA_DIR: dir,
        COXSWAIN_DEMO: 'true',
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    service = child;
    const { listening, said } = heard(child);
    const found = await listening;
    if (found === null) throw new Error(said());
    url = found.replace(/\/$/, '');
    const answer = await fetch(`${url}/v1/local/tokens`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ name: 'karin' }),
    });
    ({ token } = (await answer.json()) as { token: string });
    browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox'] });
  }, 180_000);

  afterAll(async () => {
    await browser?.close();
    service?.kill('SIGKILL');
    await rm(dir, { recursive: true, force: true });
  });

  /** What the service itself says. */
  async function asked<T>(path: string): Promise<T> {
    const answer = await fetch(url + path, { headers: { authorization: `Bearer ${token}` } });
    expect(answer.status).toBe(200);
    return (await answer.json()) as T;
  }

  /** A page for somebody who is signed in, or not yet. Whatever goes wrong in it is kept in `wrong`. */
  async function opened(
    path: string,
    { scheme = 'light' as 'light' | 'dark', signedIn = true } = {},
  ): Promise<{ page: Page; wrong: string[] }> {
    const context = await browser.newContext({
      viewport: { width: 1360, height: 900 },
      colorScheme: scheme,
      locale: 'en-GB',
      reducedMotion: 'reduce',
    });
    if (signedIn) await context.addInitScript(`localStorage.setItem('coxswain.token', ${JSON.stringify(token)})`);
    context.setDefaultTimeout(15_000);
    const page = await context.newPage();
    const wrong: string[] = [];
    page.on('pageerror', (error) => wrong.push(error.message));
    page.on('response', (response) => response.status() >= 400 && wrong.push(`${response.status()} ${response.url()}`));
    await page.goto(url + path);
    return { page, wrong };
  }

  test('a leader says why the forecast fell since last month, without having read anything', async () => {
    const { page, wrong } = await opened('/', { signedIn: false });
    await page.getByRole('button', { name: /karin/ }).click();
    await page.getByRole('navigation').getByRole('link', { name: 'Forecast' }).click();
    const why = page.getByRole('region', { name: 'Why it changed' }).first();
    await why.getByText(/^The forecast of \S+ (fell by|rose by|is what it was)/).waitFor();

    // The largest reason, as the service tells it for the same two days.
    const of = await page.getByLabel('Period').inputValue();
    const { searchParams } = new URL(
      (await page.evaluate(
        "performance.getEntriesByType('resource').map(({ name }) => name).find((name) => name.includes('/measures/bridge?'))",
      )) as string,
    );
    expect(searchParams.get('of')).toBe(of);
    const { groups } = await asked<{ groups: readonly { readonly bars: readonly Bar[] }[] }>(
      `/v1/measures/bridge?${searchParams.toString()}`,
    );
    const largest = groups[0]!.bars
      .filter(({ bar, amounts }) => bar !== 'won' && (amounts[0]?.minor ?? 0) < 0)
      .toSorted((a, b) => a.amounts[0]!.minor - b.amounts[0]!.minor)[0]!;
    const name = { lost: 'Lost', slipped: 'Slipped out', amount: 'Amount changed' }[largest.bar]!;

    await why.getByRole('button', { name: new RegExp(`^${name} .*${largest.deals} deal`) }).click();
    const table = why.getByRole('table', { name: `${name}: the deals` });
    const deals = await table.locator('tbody tr td:first-child').allInnerTexts();
    expect(deals).toEqual(largest.list.map(({ deal }) => deal));
    // The look of the page is in its address, and each deal opens.
    expect(new URL(page.url()).searchParams.get('bar')).toBe(largest.bar);
    await table.getByRole('link', { name: deals[0]!, exact: true }).click();
    await page.waitForURL(`**/deals/${encodeURIComponent(deals[0]!)}*`);
    await page.goBack();
    await why.getByRole('table', { name: `${name}: the deals` }).waitFor();
    expect(wrong).toEqual([]);
    await page.context().close();
  }, 60_000);

  test('a number of the funnel opens to exactly so many deals', async () => {
    const { page, wrong } = await opened('/funnel?window=all');
    const figure = page
      .getByRole('region', { name: 'From lead to won' })
      .first()
      .getByRole('row', { name: /Lead → Won/ })
      .getByRole('link')
      .first();
    const said = (await figure.innerText()).match(/[\d,]+/)![0];
    await figure.click();
    await page
      .getByText(`${said} deals are counted`)
      .or(page.getByText(`of ${said} are shown`))
      .waitFor();
    expect(page.url()).toContain('/behind/conversion?');
    expect(wrong).toEqual([]);
    await page.context().close();
  }, 60_000);

  test('the review of a past day shows that day: the instant goes with every question', async () => {
    const then = new Date(Date.now() - 30 * 86_400_000).toISOString();
    const { page, wrong } = await opened(`/week?asOf=${encodeURIComponent(then)}`);
    await page.getByText('You are looking at the past').waitFor();
    await page.getByRole('button', { name: /^New/ }).waitFor();
    const asked = (await page.evaluate(
      "performance.getEntriesByType('resource').map(({ name }) => name).filter((name) => name.includes('/v1/measures/'))",
    )) as string[];
    expect(asked.length).toBeGreaterThan(3);
    for (const one of asked) expect(new URL(one).searchParams.get('asOf')! <= then).toBe(true);
    expect(wrong).toEqual([]);
    await page.context().close();
  }, 60_000);

  test('the bridge is taken home as a file whose figures add up', async () => {
    const { page } = await opened('/forecast');
    const why = page.getByRole('region', { name: 'Why it changed' }).first();
    const coming = page.waitForEvent('download');
    await why.getByRole('button', { name: /CSV/ }).first().click();
    const file = await coming;
    expect(file.suggestedFilename()).toMatch(/^bridge-\d{4}-Q\d\.csv$/);
    const lines = (await readFile(await file.path(), 'utf8')).trim().split('\r\n').slice(1);
    const figures = lines.map((line) => Math.round(Number(line.split(',').at(-1)) * 100));
    expect(figures.slice(0, -1).reduce((sum, one) => sum + one, 0)).toBe(figures.at(-1));
    await page.context().close();
  }, 60_000);

  test.each(PAGES.flatMap((path) => (['light', 'dark'] as const).map((scheme) => [path, scheme] as const)))(
    '%s is accessible in %s',
    async (path, scheme) => {
      const { page, wrong } = await opened(path, { scheme });
      await page.locator('.table-scroll, .chart').first().waitFor();
      await page.locator('.skeleton').first().waitFor({ state: 'detached' });
      await page.evaluate(axe);
      const { violations } = (await page.evaluate(
        "axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'] })",
      )) as {
        violations: readonly {
          readonly id: string;
          readonly nodes: readonly { readonly html: string; readonly failureSummary: string }[];
        }[];
      };
      expect(violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html} ${nodes[0]?.failureSummary}`)).toEqual([]);
      expect(wrong).toEqual([]);
      await page.context().close();
    },
    60_000,
  );
});
