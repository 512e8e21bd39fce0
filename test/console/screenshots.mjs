import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium } from 'playwright-core';

/** Every page of the console as a picture, light, dark and (sellers') on a phone, into docs/screenshots. `npm run screenshots -- board deal` makes some of them. */

const ROOT = join(import.meta.dirname, '../..');
const FOLDER = join(ROOT, 'docs/screenshots');
const CHROMIUM = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find((path) => existsSync(path));
if (CHROMIUM === undefined) {
  console.error('There is no browser. Install one: apt-get install -y --no-install-recommends chromium');
  process.exit(1);
}

const LOOKS = [
  { ending: '', viewport: { width: 1400, height: 900 }, colorScheme: 'light' },
  { ending: '-dark', viewport: { width: 1400, height: 900 }, colorScheme: 'dark' },
  { ending: '-phone', viewport: { width: 390, height: 844 }, colorScheme: 'light', phone: true },
];

const asked = process.argv.slice(2);
const pages = JSON.parse(readFileSync(join(import.meta.dirname, 'pages.json'), 'utf8')).filter(
  ({ name }) => asked.length === 0 || asked.includes(name),
);
const dir = mkdtempSync(join(tmpdir(), 'coxswain-screenshots-'));
const service = spawn(process.execPath, [join(ROOT, 'apps/api/dist/main.js')], {
  env: {
    PATH: process.env.PATH,
    PORT: '0',
    COXSWAIN_STORE: `sqlite:${join(dir, 'coxswain.db')}`,
    COXSWAIN_DATA_DIR: dir,
    COXSWAIN_DEMO: 'true',
  },
  stdio: ['ignore', 'pipe', 'pipe'],
});
const url = await new Promise((resolve, reject) => {
  let said = '';
  const hear = (chunk) => {
    said += chunk;
    const found = /listens at (http:\S+)/.exec(said);
    if (found) resolve(found[1]);
  };
  service.stdout.on('data', hear);
  service.stderr.on('data', hear);
  service.once('close', (code) => reject(new Error(`the service ended with ${code}: ${said}`)));
});

const tokenOf = async (name) => {
  const answer = await fetch(`${url}/v1/local/tokens`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ name }),
  });
  return (await answer.json()).token;
};
const firstDeal = async (query) => {
  const answer = await fetch(`${url}/v1/opportunities?process=new-business&limit=1&sort=-value&${query}`, {
    headers: { authorization: `Bearer ${await tokenOf('jonas')}` },
  });
  return (await answer.json()).items[0].id;
};

let made = 0;
const browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox'] });
try {
  const ids = { deal: await firstDeal('stage=proposal'), closed: await firstDeal('result=won') };
  mkdirSync(FOLDER, { recursive: true });
  for (const { name, who, path, ready, phone = false } of pages)
    for (const { ending, phone: isPhone = false, ...look } of LOOKS) {
      if (isPhone && !phone) continue;
      const context = await browser.newContext({
        ...look,
        locale: 'en-GB',
        timezoneId: 'Europe/Berlin',
        reducedMotion: 'reduce',
      });
      await context.addInitScript(`localStorage.setItem('coxswain.token', ${JSON.stringify(await tokenOf(who))})`);
      const page = await context.newPage();
      await page.goto(`${url}${path.replace(/\{(\w+)\}/g, (_, id) => encodeURIComponent(ids[id]))}`);
      await page.getByText(ready).first().waitFor();
      // Every answer is there: nothing is grey any more.
      await page.locator('.skeleton').first().waitFor({ state: 'detached', timeout: 60_000 });
      await page.waitForTimeout(1_200);
      await page.screenshot({ path: join(FOLDER, `${name}${ending}.png`) });
      await context.close();
      made++;
      console.log(`${name}${ending}.png`);
    }
} finally {
  await browser.close();
  service.removeAllListeners('close');
  service.kill();
  rmSync(dir, { recursive: true, force: true });
}
console.log(`${made} pictures in docs/screenshots.`);
