import { readFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Page } from 'playwright-core';
import { describeConsole, GivenConsole, violations } from './given-console.js';

/** Another system's deals: a row each, with names and dates of its own. The customer of the second has a line end in its name. */
const DEALS = `Deal No,Stage,Opened,Qualified on,Sales agent,Company,Source,Fit score
A-1,New,28/01/2026,,ada,Ash & Co,Inbound,
A-2,Qualified,29/01/2026,31/01/2026,ada,"Birch
Limited",Referral,80
A-3,Qualified,30/01/2026,02/02/2026,ben,Cedar,Inbound,20
A-4,Nowhere,30/01/2026,,ben,Doum,Inbound,
A-5,Qualified,30/01/2026,soon,ben,Elm,Inbound,70
`;
/** The same as what happened, a row each. */
const EVENTS = `case_id,activity,timestamp,user
E-1,New,2026-02-01T09:00:00Z,ada
E-1,Phoned,2026-02-01T10:00:00Z,ada
E-1,Qualified,2026-02-02T10:00:00Z,ben
`;
const MAP = `# The old system.
process: new-business
format: csv
id: deal
stage: stage
deal: { at: came, owner: who, facts: { source: { column: source, lookup: sources } } }
lookups: { sources: { file: sources.csv, key: name } }
stages:
  New: []
`;
const FILE = 'The file (CSV or XES)';

describeConsole('bringing history in', () => {
  let given: GivenConsole;
  let maps: string;
  beforeAll(async () => {
    maps = await mkdtemp(join(tmpdir(), 'coxswain-maps-'));
    await writeFile(join(maps, 'old.map.yaml'), MAP);
    await writeFile(join(maps, 'wrong.map.yaml'), MAP.replace('stages:', 'stagges:'));
    await writeFile(join(maps, 'plain.map.yaml'), MAP.replace(', lookup: sources', '').replace(/^lookups.*\n/m, ''));
    given = await GivenConsole.start({ COXSWAIN_DEMO: 'true', COXSWAIN_MAPS: maps });
  }, 120_000);
  afterAll(async () => {
    await given?.close();
    await rm(maps, { recursive: true, force: true });
  });

  const choose = (page: Page, name: string, text: string): Promise<void> =>
    page.getByLabel(FILE).setInputFiles({ name, mimeType: 'text/csv', buffer: Buffer.from(text) });
  const downloaded = async (page: Page, button: string | RegExp): Promise<{ name: string; text: string }> => {
    const [file] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: button }).click()]);
    return { name: file.suggestedFilename(), text: await readFile(await file.path(), 'utf8') };
  };

  test('operations make a map from the columns of a file, and bring it in with that', async () => {
    const page = await given.open('olga', '/import');
    await choose(page, 'deals.csv', DEALS);
    await page.getByLabel('What its columns mean').selectOption({ label: 'A map of my own, made here' });
    await page.getByText('The service has nothing against this map.').waitFor();
    const meant = (column: string): Promise<string> => page.getByLabel(`What ${column} means`).inputValue();
    expect(await Promise.all(['Deal No', 'Stage', 'Opened', 'Sales agent', 'Company'].map(meant))).toEqual([
      'id',
      'stage',
      'at',
      'owner',
      'account',
    ]);
    // 28/01 can only begin with the day; the date of the step is that of the column called like its stage.
    expect(await page.getByLabel('How dates are written').inputValue()).toBe('DD/MM/YYYY');
    expect(await page.getByLabel('Step 1 of Qualified', { exact: true }).inputValue()).toBe('qualified');
    expect(await page.getByLabel('Date of step 1 of Qualified').inputValue()).toBe('Qualified on');
    expect(await page.getByLabel('What Fit score is recorded as').inputValue()).toBe('fitScore');
    expect(await violations(page)).toEqual([]);

    // What the table does not offer is written in the text, and what is wrong there has its line.
    const text = page.getByRole('textbox', { name: 'The text of the map' });
    const made = await text.inputValue();
    await text.fill(made.replace('to: qualified', 'to: qualfied'));
    await page.getByText('The process "new-business" has no stage "qualfied".').waitFor();
    await page.getByText('Did you mean "qualified"?').waitFor();
    await page.getByRole('button', { name: 'Make it anew from the table' }).click();
    await page.getByText('The service has nothing against this map.').waitFor();
    expect(await text.inputValue()).toBe(made);
    expect(await downloaded(page, 'Download the map')).toEqual({ name: 'deals.map.yaml', text: made });
    expect(made).toContain('source: { column: Source, values: { Inbound: inbound, Referral: referral } }');

    await page.getByRole('button', { name: 'Check without writing' }).click();
    await page.getByRole('heading', { name: 'What would happen' }).waitFor();
    await page.getByRole('button', { name: 'Bring it in' }).click();
    await page.getByRole('heading', { name: 'What happened' }).waitFor();
    // The place in the address is the import's: who comes back to it sees the same.
    await page.waitForURL(/file=deals\.csv.*import=/);
    await page.reload();
    await page.getByText('Choose deals.csv again to go on with it').waitFor();

    // 5 rows = 3 in + 2 refused: what Nowhere means nobody has said, and "soon" is no date.
    const cells = (name: string): Promise<readonly string[]> =>
      page
        .getByRole('row', { name: new RegExp(`^${name}`) })
        .getByRole('cell')
        .allInnerTexts();
    expect(await cells('Rows')).toEqual(['Rows', '5', '3', '0', '2']);
    const refused = page.getByRole('row', { name: /A-5/ });
    expect(await refused.getByRole('cell').allInnerTexts()).toEqual([
      'refused',
      '7',
      'A-5',
      'Qualified on',
      'soon',
      '"soon" in "Qualified on" is no date like DD/MM/YYYY.',
      'Correct the date, or say in "dates" of the map how dates are written.',
    ]);
    expect(await violations(page)).toEqual([]);
    await choose(page, 'deals.csv', DEALS);
    await page.goBack();
    await page.context().close();

    const deal = await given.ask<{ opportunity: Record<string, unknown> }>('olga', '/v1/opportunities/A-2');
    expect(deal.opportunity).toMatchObject({
      stage: 'qualified',
      owner: 'ada',
      account: 'Birch\nLimited',
      capturedAt: '2026-01-29T11:00:00.000Z',
      facts: { source: { value: 'referral' }, fitScore: { value: 80 } },
    });
  }, 90_000);

  test('what broke the process leads to its steps, and the refused rows are taken home as they stand in the file', async () => {
    const page = await given.open('olga', '/import?map=%2B');
    // The score of the second, whose row has two lines, cannot be read.
    await choose(page, 'again.csv', DEALS.replaceAll('A-', 'B-').replace('Referral,80', 'Referral,high'));
    await page.getByText('The service has nothing against this map.').waitFor();
    await page.getByRole('button', { name: 'Bring it in' }).click();
    await page.getByRole('heading', { name: 'What happened' }).waitFor();
    expect(await downloaded(page, 'Download 3 refused rows')).toEqual({
      name: 'again-refused.csv',
      text: `${DEALS.split('\n')[0]!}\nB-2,Qualified,29/01/2026,31/01/2026,ada,"Birch\nLimited",Referral,high\nB-4,Nowhere,30/01/2026,,ben,Doum,Inbound,\nB-5,Qualified,30/01/2026,soon,ben,Elm,Inbound,70\n`,
    });
    await page.getByRole('link', { name: 'B-3' }).waitFor();
    await page.getByRole('link', { name: 'See the steps that break the process' }).click();
    await page.waitForURL(/\/audit\/steps\?process=new-business&outcome=deviating/);
    await page.getByRole('link', { name: 'B-3' }).waitFor();
    await page.context().close();
  }, 60_000);

  test('rows that tell what happened become events: stages, things done, and what is left out', async () => {
    const page = await given.open('olga', '/import?map=%2B');
    await choose(page, 'log.csv', EVENTS);
    await page.getByText('The service has nothing against this map.').waitFor();
    expect(await page.getByLabel('What one row is').inputValue()).toBe('events');
    expect(await page.getByLabel('What Phoned means').inputValue()).toBe('activity');
    await page.getByLabel('What Phoned means').selectOption('is left out');
    await page.getByText('The service has nothing against this map.').waitFor();
    await page.getByRole('button', { name: 'Bring it in' }).click();
    await page.getByRole('columnheader', { name: 'Left out by the map' }).waitFor();
    const row = page.getByRole('row', { name: /^Events/ });
    expect(await row.getByRole('cell').allInnerTexts()).toEqual(['Events', '3', '2', '0', '0', '1']);
    await page.context().close();
  }, 60_000);

  test('a running import says how far it is, also to who comes back, and can be ended: what came in stays', async () => {
    const many = Array.from({ length: 60_000 }, (_, index) => `many-${index},New,2026-01-05,ada,inbound\n`);
    const page = await given.open('olga', '/import');
    await choose(page, 'many.csv', `deal,stage,came,who,source\n${many.join('')}`);
    await page.getByLabel('What its columns mean').selectOption('plain');
    await page.getByText('Every column that this map reads is there.').waitFor();
    await page.getByRole('button', { name: 'Bring it in' }).click();
    await page.getByRole('heading', { name: 'many.csv is being brought in' }).waitFor();
    await page.getByRole('link', { name: 'Board', exact: true }).click();
    await page.getByRole('heading', { name: 'Board' }).waitFor();
    await page.goBack();
    const said = await page.getByText(/^[1-9][\d,]* of 60,000 rows · [1-9][\d,]* deals have come in/).innerText();
    const bar = page.getByRole('progressbar');
    expect(Number(await bar.getAttribute('max'))).toBe(60_000);
    expect(Number(await bar.getAttribute('value'))).toBeGreaterThan(0);
    // It goes on by itself.
    await page.getByText(said, { exact: true }).waitFor({ state: 'detached' });
    await page.getByText(/^[1-9][\d,]* of 60,000 rows/).waitFor();
    await page.getByRole('button', { name: 'End it' }).click();
    await page.getByText('It was ended before the end of the file. What came in stays').waitFor();
    await page.getByRole('cell', { name: 'ended early' }).waitFor();
    expect((await given.ask<{ opportunity: object }>('olga', '/v1/opportunities/many-0')).opportunity).toMatchObject({
      owner: 'ada',
    });
    await page.context().close();
  }, 90_000);

  test('a map of the service shows its text, what it looks up, and what is wrong with it; a copy of it is changed here', async () => {
    const page = await given.open('olga', '/import?map=old');
    await page.getByText('Show the map').click();
    await page.getByText('sources.csv, by name: is missing: it must stand in the folder of maps of the service').waitFor();
    await page.getByText('looks up', { exact: false }).first().waitFor();
    await page.getByRole('button', { name: 'Change a copy of it' }).click();
    expect(await page.getByRole('textbox', { name: 'The text of the map' }).inputValue()).toBe(MAP);
    await page.getByLabel('What its columns mean').selectOption('wrong');
    await page.getByText('Show the map').click();
    await page.getByText('The map has no key "stagges".').waitFor();
    await page.context().close();
  }, 60_000);

  test('who is no operator may make a map and try it, and no more', async () => {
    const page = await given.open('dieter', '/import?map=%2B');
    await choose(page, 'tried.csv', DEALS.replaceAll('A-', 'C-'));
    await page.getByText('The service has nothing against this map.').waitFor();
    expect(await page.getByRole('button', { name: 'Bring it in' }).isDisabled()).toBe(true);
    await page.getByRole('button', { name: 'Check without writing' }).click();
    await page.getByRole('heading', { name: 'What would happen' }).waitFor();
    await page.context().close();
  }, 60_000);
});
