import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Page } from 'playwright-core';
import { describeConsole, GivenConsole } from './given-console.js';

interface Row {
  readonly id: string;
  readonly account: string;
}

describeConsole('a seller', () => {
  let given: GivenConsole;
  beforeAll(async () => void (given = await GivenConsole.start()), 120_000);
  afterAll(() => given?.close());

  const deals = async (query: string, count: number): Promise<readonly Row[]> =>
    (await given.ask<{ items: readonly Row[] }>('jonas', `/v1/opportunities?process=new-business&limit=${count}&${query}`)).items;
  const stageOf = async (id: string): Promise<string> =>
    (await given.ask<{ opportunity: { stage: string } }>('jonas', `/v1/opportunities/${encodeURIComponent(id)}`)).opportunity
      .stage;
  const capture = async (account: string): Promise<string> =>
    (await given.ask<{ id: string }>('dieter', '/v1/opportunities', { process: 'new-business', account })).id;
  const fillLead = async (page: Page): Promise<void> => {
    await page.getByLabel('Lead source').selectOption('inbound');
    await page.getByLabel('Fit score').fill('80');
  };

  test('moves a blocked deal forward by mouse: what is missing is asked for, not refused', async () => {
    const id = await capture('Mouse Mills');
    const page = await given.open('dieter', `/deals/${id}`);
    await page.getByText('Fit score must be recorded.').waitFor();
    await page.getByRole('listitem').filter({ hasText: 'to Qualified' }).getByRole('button').click();
    const dialog = page.getByRole('dialog');
    // Without a source it stays where it is, and says so at the field.
    await dialog.getByLabel('Fit score').fill('80');
    await dialog.getByRole('button', { name: 'Qualify' }).click();
    await dialog.getByText('Lead source must be recorded.').first().waitFor();
    expect(await stageOf(id)).toBe('lead');
    await fillLead(page);
    await dialog.getByRole('button', { name: 'Qualify' }).click();
    await page.getByText('Mouse Mills is now in Qualified.').waitFor();
    expect(await stageOf(id)).toBe('qualified');
  }, 60_000);

  test('sees the blocked deals alone, with who may help, and those that are ready', async () => {
    await capture('Blocked Barges');
    const page = await given.open('dieter', '/day');
    await page.getByRole('heading', { name: /^Overdue/ }).waitFor();
    await page.getByRole('button', { name: 'Blocked' }).click();
    await page.waitForURL(/show=blocked/);
    const heading = page.getByRole('heading', { name: /^Blocked \(\d+\)$/ });
    await heading.waitFor();
    const more = page.getByRole('button', { name: /^Show \d+ more$/ });
    if (await more.isVisible()) await more.click();
    await page.getByText('Blocked Barges').waitFor();
    const blocked = Number(/\d+/.exec(await heading.innerText())![0]);
    await page
      .getByText('is blocked:')
      .nth(blocked - 1)
      .waitFor();
    expect(await page.getByText('✓ Ready').count()).toBe(0);
    await page.getByRole('button', { name: 'Ready to move' }).click();
    await page.getByText('✓ Ready').first().waitFor();
    expect(await page.getByText('is blocked:').count()).toBe(0);
    expect(await page.getByText('Blocked Barges').count()).toBe(0);
    await page.context().close();
  }, 60_000);

  test('who owns no deals sees where their role may act', async () => {
    const page = await given.open('mira', '/day');
    await page.getByText('No open deals are yours').waitFor();
    const link = page.getByRole('link', { name: /^\d+ deals in Proposal$/ });
    const deals = /^\d+/.exec(await link.innerText())![0];
    await link.click();
    await page.waitForURL(/stage=proposal/);
    await page.getByText(new RegExp(`^${deals} deals,`)).waitFor();
    await page.context().close();
  }, 60_000);

  test('drags a card where the process lets it; the columns it may not enter dim and say why', async () => {
    const id = await capture('Drag Dairies');
    const page = await given.open('dieter', '/board?owner=dieter');
    const card = page.getByRole('link', { name: 'Drag Dairies' });
    await card.waitFor();
    const box = (await card.boundingBox())!;
    await page.mouse.move(box.x + 20, box.y + 20);
    await page.mouse.down();
    await page.mouse.move(box.x + 60, box.y + 40, { steps: 5 });
    const shut = page.getByRole('region', { name: 'Negotiation' });
    await shut.getByText('No move leads from Lead to Negotiation.').waitFor();
    expect(await shut.getAttribute('class')).toContain('shut');
    const target = (await page.getByRole('region', { name: 'Qualified' }).boundingBox())!;
    await page.mouse.move(target.x + 60, target.y + 120, { steps: 8 });
    await page.mouse.up();
    await page.getByRole('dialog').waitFor();
    await fillLead(page);
    await page.getByRole('dialog').getByRole('button', { name: 'Qualify' }).click();
    await page.getByText('Drag Dairies is now in Qualified.').waitFor();
    expect(await stageOf(id)).toBe('qualified');
  }, 60_000);

  test('does the same by keyboard alone', async () => {
    const id = await capture('Keyboard Kitchens');
    const page = await given.open('dieter', '/day');
    await page.getByRole('heading', { name: 'My day' }).waitFor();
    await page.keyboard.press('Control+k');
    await page.getByRole('dialog').getByRole('combobox').waitFor();
    await page.keyboard.type('Keyboard Kit');
    await page.getByRole('option', { name: /Keyboard Kitchens/ }).waitFor();
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Keyboard Kitchens' }).waitFor();
    await page.keyboard.press('g');
    await page.keyboard.press('b');
    const card = page.getByRole('link', { name: 'Keyboard Kitchens' });
    await card.waitFor();
    // From the skip link to the card with Tab and arrows.
    for (let presses = 0; presses < 60; presses++) {
      await page.keyboard.press('Tab');
      if (await page.evaluate(`document.activeElement?.classList.contains('card')`)) break;
    }
    for (let presses = 0; presses < 60; presses++) {
      if (await page.evaluate(`document.activeElement?.textContent?.includes('Keyboard Kitchens')`)) break;
      await page.keyboard.press('ArrowDown');
    }
    await page.keyboard.press('m');
    await page
      .getByRole('dialog')
      .getByRole('button', { name: /Qualify/ })
      .waitFor();
    await page.keyboard.press('Enter');
    await page.getByLabel('Fit score').waitFor();
    await page.keyboard.type('inbound');
    await page.keyboard.press('Tab');
    await page.keyboard.type('80');
    await page.keyboard.press('Enter');
    await page.getByText('Keyboard Kitchens is now in Qualified.').waitFor();
    expect(await stageOf(id)).toBe('qualified');
  }, 60_000);

  test('travels into the past and back: the past is framed, in the address, and cannot be changed', async () => {
    const [deal] = await deals('stage=negotiation', 1);
    const page = await given.open('dieter', '/day');
    await page.getByRole('button', { name: 'As known now' }).click();
    await page.getByRole('button', { name: 'A year ago' }).click();
    await page.getByText('You are looking at the past').waitFor();
    await page.waitForURL(/asOf=20\d\d-/);
    await page.goto(`${given.url}/board?asOf=${encodeURIComponent(new Date(Date.now() - 200 * 86_400_000).toISOString())}`);
    await page.getByRole('heading', { name: 'Negotiation' }).waitFor();
    expect(await page.getByRole('button', { name: 'New lead' }).count()).toBe(0);
    await page.getByRole('link', { name: 'My day' }).click();
    await page.waitForURL(/\/day\?asOf=/);
    await page.keyboard.press('n');
    await page.getByText('You are looking at the past').waitFor({ state: 'detached' });
    await page.goto(`${given.url}/deals/${deal!.id}`);
    await page.getByRole('button', { name: 'Change facts' }).waitFor();
  }, 60_000);

  test('who was slower is told, keeps what was typed, and goes on', async () => {
    const id = await capture('Two Browsers');
    const [one, two] = [await given.open('dieter', `/deals/${id}`), await given.open('elena', `/deals/${id}`)];
    for (const page of [one, two]) {
      await page.getByRole('listitem').filter({ hasText: 'to Qualified' }).getByRole('button').click();
      await fillLead(page);
    }
    await given.ask('dieter', `/v1/opportunities/${id}/activities`, { kind: 'call' });
    await two.getByRole('dialog').getByLabel('Fit score').fill('95');
    await two.getByRole('dialog').getByRole('button', { name: 'Qualify' }).click();
    await two.getByText('Somebody was faster').waitFor();
    expect(await two.getByRole('dialog').getByLabel('Fit score').inputValue()).toBe('95');
    await two.getByRole('button', { name: 'Go on with the deal as it is now' }).click();
    await two.getByText('Somebody was faster').waitFor({ state: 'detached' });
    await two.getByRole('dialog').getByRole('button', { name: 'Qualify' }).click();
    await two.getByText('Two Browsers is now in Qualified.').waitFor();
    // The other browser hears of it by itself.
    await one.getByText('now here').filter({ hasText: 'now here' }).waitFor();
    await one.getByRole('dialog').getByRole('button', { name: 'Qualify' }).click();
    await one.getByRole('dialog').getByRole('alert').waitFor();
    expect(await stageOf(id)).toBe('qualified');
  }, 60_000);

  test('the service dies and comes back: a banner, then everything as before', async () => {
    const page = await given.open('dieter', '/day');
    await page.getByText('Live').waitFor();
    await given.kill();
    await page.getByText('The service does not answer. What you see is from before').waitFor({ timeout: 20_000 });
    await given.startAgain();
    await page
      .getByText('The service does not answer. What you see is from before')
      .waitFor({ state: 'detached', timeout: 30_000 });
    await page.getByRole('link', { name: 'Board', exact: true }).click();
    await page.getByRole('heading', { name: 'Negotiation' }).waitFor();
  }, 90_000);
});
