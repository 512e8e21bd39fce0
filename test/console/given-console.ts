import { existsSync } from 'node:fs';
import { copyFile, readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { describe } from '@jest/globals';
import { chromium, type Browser, type BrowserContext, type Page } from 'playwright-core';
import { isBuilt, Survivor, type Running } from '../survival/service.js';
import { demoFile } from './demo-file.js';

/** The console in a real browser, against the real service with the demo company. */

const CHROMIUM = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find((path) => existsSync(path));
const CONSOLE = join(import.meta.dirname, '../../apps/console/dist/index.html');

const missing = [
  ...(CHROMIUM === undefined ? ['no browser (apt-get install -y --no-install-recommends chromium)'] : []),
  ...(isBuilt && existsSync(CONSOLE) ? [] : ['nothing is built (npm run build)']),
];
if (missing.length > 0) console.warn(`SKIPPED: the tests of the console in a browser: ${missing.join(', ')}`);

export const describeConsole: typeof describe.skip = missing.length === 0 ? describe : describe.skip;

export interface Look {
  readonly dark?: boolean;
  readonly phone?: boolean;
}

export const DESK = { width: 1400, height: 900 };
export const PHONE = { width: 390, height: 844 };

export class GivenConsole {
  private readonly contexts: BrowserContext[] = [];

  private constructor(
    readonly survivor: Survivor,
    private running: Running,
    readonly browser: Browser,
    private readonly environment: Readonly<Record<string, string>>,
  ) {}

  static async start(environment: Readonly<Record<string, string>> = { COXSWAIN_DEMO: 'true' }): Promise<GivenConsole> {
    const survivor = await Survivor.make();
    if (environment['COXSWAIN_DEMO'] === 'true') await copyFile(await demoFile(), survivor.file);
    const running = await survivor.start(environment);
    const browser = await chromium.launch({ executablePath: CHROMIUM!, args: ['--no-sandbox'] });
    return new GivenConsole(survivor, running, browser, environment);
  }

  get url(): string {
    return this.running.url;
  }

  /** A browser of its own in which somebody has signed in; it stands at `path`. */
  async open(name: string, path: string, { dark = false, phone = false }: Look = {}): Promise<Page> {
    const context = await this.browser.newContext({
      viewport: phone ? PHONE : DESK,
      colorScheme: dark ? 'dark' : 'light',
      locale: 'en-GB',
      timezoneId: 'Europe/Berlin',
      reducedMotion: 'reduce',
    });
    this.contexts.push(context);
    const token = await this.token(name);
    await context.addInitScript(`localStorage.setItem('coxswain.token', ${JSON.stringify(token)})`);
    const page = await context.newPage();
    await page.goto(`${this.url}${path}`);
    return page;
  }

  /** Asks the service itself, as somebody. */
  async ask<T>(name: string, path: string, json?: object): Promise<T> {
    const answer = await fetch(`${this.url}${path}`, {
      method: json ? 'POST' : 'GET',
      headers: { authorization: `Bearer ${await this.token(name)}`, ...(json && { 'content-type': 'application/json' }) },
      ...(json && { body: JSON.stringify(json) }),
    });
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
    return (await answer.json()) as T;
  }

  /** Ends the service as a power switch would, and starts it again at the same address. */
  async kill(): Promise<void> {
    await this.survivor.kill(this.running);
  }

  async startAgain(): Promise<void> {
    this.running = await this.survivor.start({ ...this.environment, PORT: new URL(this.url).port });
  }

  async close(): Promise<void> {
    await Promise.all(this.contexts.map((context) => context.close()));
    await this.browser.close();
    await this.survivor.remove();
  }

  async token(name: string): Promise<string> {
    const answer = await fetch(`${this.url}/v1/local/tokens`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ name }),
    });
    return ((await answer.json()) as { token: string }).token;
  }
}

const FOCUS = `(({ activeElement: at }) => at === null ? [] : [at.textContent, at.labels?.[0]?.textContent, at.getAttribute('aria-label')].map((one) => one?.trim() ?? ''))(document)`;

/** Presses Tab until what is called so has the focus. */
export async function tabTo(page: Page, name: string | RegExp): Promise<void> {
  const isIt = (one: string): boolean => (typeof name === 'string' ? one === name : name.test(one));
  for (let presses = 0; presses < 80; presses++) {
    await page.keyboard.press('Tab');
    if ((await page.evaluate<readonly string[]>(FOCUS)).some(isIt)) return;
  }
  throw new Error(`"${String(name)}" cannot be reached with Tab`);
}

const AXE = createRequire(import.meta.url).resolve('axe-core/axe.min.js');

/** What WCAG 2.2 AA has against a page: each rule with the places that break it. */
export async function violations(page: Page): Promise<readonly string[]> {
  await page.evaluate(await readFile(AXE, 'utf8'));
  return page.evaluate<readonly string[]>(
    `axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] }).then(({ violations }) => violations.map(({ id, nodes }) => id + ': ' + nodes.slice(0, 3).map(({ target, failureSummary }) => target.join(' ') + ' (' + failureSummary.split('\\n').slice(1, 2).join('').trim() + ')').join(', ')))`,
  );
}
