import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { DESK, describeConsole, GivenConsole, tabTo } from './given-console.js';

/** The past of three deals as another system tells it; the stage of the third is none that the map knows. */
const PAST = `deal,stage,came,moved,who,source,fit
old-1,New,2026-01-05,,ada,inbound,
old-2,Qualified,2026-01-06,2026-01-09,ada,inbound,20
old-3,Nowhere,2026-01-06,2026-01-09,ada,inbound,80
`;
const MAP = `process: new-business
format: csv
id: deal
stage: stage
deal: { at: came, owner: who, facts: { source: source } }
stages:
  New: []
  Qualified: [{ to: qualified, at: moved, facts: { fitScore: { column: fit, as: number } } }]
`;

describeConsole('operations', () => {
  let given: GivenConsole;
  let maps: string;
  beforeAll(async () => {
    maps = await mkdtemp(join(tmpdir(), 'coxswain-maps-'));
    await writeFile(join(maps, 'past.map.yaml'), MAP);
    given = await GivenConsole.start({ COXSWAIN_DEMO: 'true', COXSWAIN_MAPS: maps });
  }, 120_000);
  afterAll(async () => {
    await given?.close();
    await rm(maps, { recursive: true, force: true });
  });

  test('find the stage where deals get stuck, and the deals', async () => {
    const page = await given.open('olga', '/processes');
    await page.getByRole('link', { name: 'New business' }).click();
    const said = await page.getByText(/^Deals get stuck in Negotiation: \d+ of \d+ are past their time limit/).innerText();
    const [, overdue] = /: (\d+) of/.exec(said)!;
    await page.getByRole('link', { name: `${overdue} Negotiation, Past the limit` }).click();
    await page.getByRole('heading', { name: 'All deals' }).waitFor();
    await page.getByText(new RegExp(`^${overdue} deals,`)).waitFor();
    await page.waitForURL(/stage=negotiation&overdue=true/);
    await page.context().close();
  }, 60_000);

  test('write a version with a fault, see it in its line with a deal that shows it, mend it, try it on the past and publish it', async () => {
    const page = await given.open('olga', '/processes/new-business/change');
    const file = page.getByRole('textbox', { name: 'The file' });
    await page.getByText('No problem found.').waitFor();
    const text = await file.inputValue();
    // A name is offered as it stands in the file, and taken with the keys.
    await file.fill(`${text}\n# nego`);
    await file.press('Control+End');
    await file.press('Control+ ');
    await page.getByRole('button', { name: 'negotiation', exact: true }).waitFor();
    await file.press('Enter');
    expect(await file.inputValue()).toBe(`${text}\n# negotiation`);

    await file.fill(text.replace('category: commit, probability: 75', 'category: commit, probability: 30'));
    await page.getByText('falls from 45 to 30 % in the forecast.').waitFor();
    await page.getByText('A deal that shows it').click();
    await page.getByText('There it counts with 45 % in the forecast.').waitFor();
    await file.fill(text.replace('to: qualified\n', 'to: qualifyed\n'));
    await page.getByText('There is no stage "qualifyed".').waitFor();
    expect(await page.getByRole('button', { name: 'Keep as a draft' }).isDisabled()).toBe(true);
    await page.getByRole('button', { name: /^Line \d+$/ }).click();
    expect(
      await page.evaluate(
        `getSelection().toString() || document.activeElement.value.slice(document.activeElement.selectionStart, document.activeElement.selectionEnd)`,
      ),
    ).toContain('qualifyed');

    await file.fill(
      text.replace('needs: [amount, closeDate, economicBuyer]', 'needs: [amount, closeDate, economicBuyer, discountPct]'),
    );
    await page.getByText('"Propose" from Qualified needs Discount %.').waitFor();
    await page.getByLabel('What it is meant to bring').fill('Discounts are agreed on early');
    await page.getByRole('button', { name: 'Keep as a draft' }).click();
    await page.getByRole('button', { name: 'Try it on the past' }).click();
    await page.getByText(/\d+ of \d+ deals would have been stopped at least once\./).waitFor();
    await page.getByRole('cell', { name: /Discount % must be recorded\./ }).waitFor();

    await page.getByRole('button', { name: 'Let draft 1 listen' }).click();
    await page.getByText('Nobody has asked for a move since.').waitFor();
    await page.getByRole('button', { name: 'Let it listen no more' }).click();
    await page.getByRole('button', { name: 'Let draft 1 listen' }).waitFor();

    await page.getByRole('button', { name: 'Publish', exact: true }).click();
    await page.getByRole('dialog').getByLabel('Reviewed by').fill('mira');
    await page.getByRole('dialog').getByRole('button', { name: 'Publish' }).click();
    await page.getByText('Version 2 is published.').waitFor();
    await page.goto(`${given.url}/processes/new-business`);
    await page.getByText('Version 2 is in force.').waitFor();
    await page.getByRole('button', { name: 'See what would happen' }).click();
    await page.getByText('Blocked at the next step').waitFor();
    await page.context().close();
  }, 90_000);

  test('find both by keyboard alone, from the sign-in on: where deals get stuck, and the file, of which a draft is kept', async () => {
    const context = await given.browser.newContext({ viewport: DESK, locale: 'en-GB', reducedMotion: 'reduce' });
    const page = await context.newPage();
    page.setDefaultTimeout(20_000);
    const press = async (name: string | RegExp): Promise<void> => {
      await tabTo(page, name);
      await page.keyboard.press('Enter');
    };
    await page.goto(given.url);
    await page.getByRole('button', { name: /olga/ }).waitFor();
    await press(/^olga/);
    await page.getByRole('link', { name: 'New business' }).waitFor();
    await press('New business');
    await page.getByText(/^Deals get stuck in Negotiation/).waitFor();
    await press('See these deals');
    await page.waitForURL(/stage=negotiation&overdue=true/);
    await page.getByRole('heading', { name: 'All deals' }).waitFor();

    await page.keyboard.press('g');
    await page.keyboard.press('p');
    await page.getByRole('link', { name: 'New business' }).waitFor();
    await press('New business');
    await page.getByRole('link', { name: 'Change it' }).waitFor();
    await press('Change it');
    await page.getByText('No problem found.').waitFor();
    await tabTo(page, /^The file/);
    await page.keyboard.press('Control+Home');
    const file = page.getByRole('textbox', { name: 'The file' });
    const titled = (await file.inputValue()).split('\n').findIndex((line) => line.startsWith('title:'));
    for (let line = 0; line < titled; line++) await page.keyboard.press('ArrowDown');
    await page.keyboard.press('End');
    await page.keyboard.type(' of our own');
    await page.keyboard.press('Escape');
    await page
      .getByText('The title is "New business of our own"')
      .or(page.getByText('New business of our own'))
      .first()
      .waitFor();
    // While the text is looked over, it cannot be kept.
    await page.locator('button:enabled', { hasText: 'Keep as a draft' }).waitFor();
    await press('Keep as a draft');
    await page.getByRole('button', { name: 'Let draft 2 listen' }).waitFor();
    const { items } = await given.ask<{ items: readonly object[] }>('olga', '/v1/processes/new-business/drafts');
    expect(items).toHaveLength(2);
    await context.close();
  }, 90_000);

  test('bring in history: a preview, what would happen row by row, and what happened', async () => {
    const page = await given.open('olga', '/import');
    await page
      .getByLabel('The file (CSV or XES)')
      .setInputFiles({ name: 'past.csv', mimeType: 'text/csv', buffer: Buffer.from(PAST) });
    await page.getByRole('cell', { name: 'old-3' }).waitFor();
    await page.getByText('Every column that this map reads is there.').waitFor();
    await page.getByRole('button', { name: 'Check without writing' }).click();
    await page
      .getByRole('group', { name: 'Row by row' })
      .getByRole('cell', { name: 'The map does not know the stage "Nowhere".' })
      .waitFor();
    await page.getByText('1 step of 1 deal breaks the process').waitFor();
    expect((await fetch(`${given.url}/v1/opportunities/old-1`)).status).toBe(401);
    await page.getByRole('button', { name: 'Bring it in' }).click();
    await page.getByRole('heading', { name: 'What happened' }).waitFor();
    const { opportunity } = await given.ask<{ opportunity: { stage: string } }>('olga', '/v1/opportunities/old-2');
    expect(opportunity.stage).toBe('qualified');
    await page.context().close();
  }, 60_000);

  test('change nothing in the past', async () => {
    const asOf = encodeURIComponent(new Date(Date.now() - 30 * 86_400_000).toISOString());
    const page = await given.open('olga', `/processes/new-business/change?asOf=${asOf}`);
    await page.getByText('You are looking at the past, where nothing can be changed.').waitFor();
    expect(await page.getByRole('button', { name: 'Keep as a draft' }).isDisabled()).toBe(true);
    await page.goto(`${given.url}/import?asOf=${asOf}`);
    await page.getByText('You are looking at the past, where nothing can be changed.').waitFor();
    expect(await page.getByRole('button', { name: 'Bring it in' }).isDisabled()).toBe(true);
    await page.context().close();
  }, 60_000);

  test('who is no operator may look and try, and is told so', async () => {
    const page = await given.open('dieter', '/processes/new-business/change');
    await page.getByText('Only operations may change a process; you are rep.').waitFor();
    expect(await page.getByRole('button', { name: 'Keep as a draft' }).isDisabled()).toBe(true);
    await page.context().close();
  }, 60_000);
});
