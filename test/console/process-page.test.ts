import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { describeConsole, GivenConsole } from './given-console.js';

const P = '/v1/processes/new-business';

interface Use {
  readonly version: number;
  readonly use: readonly { readonly version: number; readonly open: number }[];
  readonly versions: readonly {
    readonly version: number;
    readonly teams: readonly string[] | null;
    readonly retiredAt: string | null;
  }[];
}

/** A second version in which no stage continues Negotiation, published for one team. */
describeConsole('the page of a process', () => {
  let given: GivenConsole;
  let before: string;
  beforeAll(async () => {
    given = await GivenConsole.start();
    before = new Date().toISOString();
    const token = await given.token('olga');
    const headers = { authorization: `Bearer ${token}` };
    const file = await (await fetch(`${given.url}${P}/versions/1/file`, { headers })).text();
    const later = file.replace('  negotiation:\n', '  closing:\n').replace('whenAllDone: negotiation', 'whenAllDone: closing');
    const answer = await fetch(`${given.url}/v1/processes?teams=enterprise&note=Closing`, {
      method: 'POST',
      headers: { ...headers, 'content-type': 'application/yaml' },
      body: later,
    });
    expect(answer.status).toBe(201);
  }, 120_000);
  afterAll(() => given?.close());

  test('a version is rolled out to all, and the last that can be begun under is not retired', async () => {
    const page = await given.open('olga', '/processes/new-business');
    await page.getByRole('button', { name: 'Roll out version 2' }).click();
    const dialog = page.getByRole('dialog');
    expect(await dialog.getByLabel('Teams, told apart by commas').inputValue()).toBe('enterprise');
    await dialog.getByLabel('Teams, told apart by commas').fill('');
    await dialog.getByRole('button', { name: 'Roll out' }).click();
    await page.getByText('Version 2 is in force for all teams.').waitFor();
    await page.getByRole('button', { name: 'Retire version 1' }).click();
    await dialog.getByRole('button', { name: 'Retire' }).click();
    await page.getByText('Version 1 is retired.').waitFor();
    await page.getByRole('button', { name: 'Retire version 2' }).click();
    await dialog.getByRole('button', { name: 'Retire' }).click();
    await dialog.getByText(/only/).waitFor();
    const { versions } = await given.ask<Use>('olga', P);
    expect(versions.map(({ teams, retiredAt }) => [teams, retiredAt === null])).toEqual([
      [null, false],
      [null, true],
    ]);
    await page.context().close();
  }, 60_000);

  test('says what changes from one version to another, in the address, and hands out the file', async () => {
    const page = await given.open('olga', '/processes/new-business?from=1&to=2');
    await page.getByText('The stage Negotiation is gone, and no stage continues it.').waitFor();
    await page.getByLabel(/^From/).selectOption('version 2');
    await page.getByText('Choose two different versions.').waitFor();
    await page.waitForURL(/from=2/);
    const [file] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: 'File version 1' }).click(),
    ]);
    expect(file.suggestedFilename()).toBe('new-business.v1.process.yaml');
    await page.context().close();
  }, 60_000);

  test('as of an earlier day the machine is the one of that day', async () => {
    const page = await given.open('olga', `/processes/new-business?asOf=${encodeURIComponent(before)}`);
    await page.getByText('Drawn is version 1, which was in force then.').waitFor();
    await page.locator('.react-flow__node', { hasText: 'Negotiation' }).waitFor();
    await page.getByRole('heading', { name: 'Side by side in Proposal' }).waitFor();
    await page.getByText('When all are done, the deal goes to Negotiation.').waitFor();
    expect(await page.getByRole('button', { name: 'Retire version 2' }).count()).toBe(0);
    await page.context().close();
  }, 60_000);

  test('the running deals are moved once a choice is made for those that have no place', async () => {
    const page = await given.open('olga', '/processes/new-business');
    // The stage that is gone still counts its deals.
    await page.getByText('Negotiation (in earlier versions)').waitFor();
    await page.getByRole('button', { name: 'See what would happen' }).click();
    await page.getByText(/^\d+ deals wait for a choice/).waitFor();
    await page.getByLabel('Your choice for negotiation of version 1').selectOption('go to Closing');
    await page.getByText(/^\d+ deals wait for a choice/).waitFor({ state: 'detached' });
    await page.getByRole('button', { name: 'Move them' }).click();
    await page.getByRole('heading', { name: 'Moved before' }).waitFor();
    await page.getByText(/to version 2: \d+ moved, 0 waited for a choice, 0 left/).waitFor();
    const { use } = await given.ask<Use>('olga', P);
    expect(use.find(({ version }) => version === 1)?.open ?? 0).toBe(0);
    await page.context().close();
  }, 60_000);

  test('a deal is walked through it with the real rules, and the walk is in the address', async () => {
    const page = await given.open('dieter', '/processes/new-business');
    await page.getByRole('link', { name: 'Walk a deal through it' }).click();
    await page.getByRole('heading', { name: 'It stands in Lead' }).waitFor();
    await page.getByRole('button', { name: 'Try it Qualify' }).click();
    await page.getByText('"Qualify" is blocked.').waitFor();
    await page.getByLabel('What happens to it').fill('qualify source=inbound fitScore=80');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'It stands in Qualified' }).waitFor();
    const other = await given.open('elena', page.url().slice(given.url.length));
    await other.getByRole('heading', { name: 'It stands in Qualified' }).waitFor();
    await other.getByRole('button', { name: 'Take the last step back' }).click();
    await other.getByRole('heading', { name: 'It stands in Lead' }).waitFor();
    await page.getByLabel('Begin with the deal').fill('nobody');
    await page.getByRole('button', { name: 'Begin', exact: true }).click();
    await page.getByText('There is no opportunity "nobody".').waitFor();
  }, 60_000);
});
