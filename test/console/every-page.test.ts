import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { describeConsole, GivenConsole, violations } from './given-console.js';
import { PAGES } from './pages.js';

const DIST = join(import.meta.dirname, '../../apps/console/dist');

describeConsole('every page', () => {
  let given: GivenConsole;
  const ids: Record<string, string> = {};
  beforeAll(async () => {
    given = await GivenConsole.start();
    const first = async (query: string): Promise<string> =>
      (
        await given.ask<{ items: readonly { id: string }[] }>(
          'jonas',
          `/v1/opportunities?process=new-business&limit=1&sort=-value&${query}`,
        )
      ).items[0]!.id;
    ids['deal'] = await first('stage=proposal');
    ids['closed'] = await first('result=won');
  }, 120_000);
  afterAll(() => given?.close());
  const addressOf = (path: string): string => path.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(ids[name]!));

  for (const dark of [false, true])
    test.each(PAGES)(
      `$name has nothing that WCAG 2.2 AA forbids, ${dark ? 'dark' : 'light'}`,
      async ({ who, path, ready }) => {
        const page = await given.open(who, addressOf(path), { dark });
        await page.getByText(ready).first().waitFor({ timeout: 20_000 });
        await page.waitForTimeout(300);
        expect(await violations(page)).toEqual([]);
        await page.context().close();
      },
      60_000,
    );

  test('so has the sign-in', async () => {
    const page = await given.browser.newPage();
    await page.goto(given.url);
    await page.getByRole('heading', { name: 'Who are you?' }).waitFor();
    expect(await violations(page)).toEqual([]);
    await page.getByRole('button', { name: /dieter/ }).click();
    await page.getByRole('heading', { name: 'My day' }).waitFor();
    await page.close();
  }, 60_000);

  test.each(PAGES.filter(({ phone }) => phone))(
    '$name fits a phone: nothing stands out to the side',
    async ({ who, path, ready }) => {
      const page = await given.open(who, addressOf(path), { phone: true });
      await page.getByText(ready).first().waitFor({ timeout: 20_000 });
      expect(await page.evaluate(`document.documentElement.scrollWidth <= innerWidth`)).toBe(true);
      await page.context().close();
    },
    60_000,
  );
});

describe('what a browser loads first', () => {
  interface Chunk {
    readonly file: string;
    readonly css?: readonly string[];
    readonly imports?: readonly string[];
    readonly isEntry?: boolean;
  }

  test('is at most 200 kB, compressed, whichever page somebody comes to', () => {
    const chunks = JSON.parse(readFileSync(join(DIST, '.vite/manifest.json'), 'utf8')) as Readonly<Record<string, Chunk>>;
    const filesOf = (name: string, files = new Set<string>()): Set<string> => {
      const { file, css = [], imports = [] } = chunks[name]!;
      for (const one of [file, ...css]) files.add(one);
      for (const one of imports) if (!files.has(chunks[one]!.file)) filesOf(one, files);
      return files;
    };
    const sizeOf = (file: string): number => gzipSync(readFileSync(join(DIST, file)), { level: 9 }).length;
    const entry = Object.keys(chunks).find((name) => chunks[name]!.isEntry)!;
    const pages = Object.keys(chunks).filter((name) => name.startsWith('src/pages/'));
    expect(pages.length).toBeGreaterThan(14);
    const sizes = pages.map((name): readonly [string, number] => [
      name,
      [...filesOf(name, filesOf(entry))].reduce((sum, file) => sum + sizeOf(file), 0),
    ]);
    expect(sizes.filter(([, bytes]) => bytes < 100_000 || bytes > 200_000)).toEqual([]);
  });
});
