import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { newBusinessFile } from '../sales-desk/given-desk.js';
import { describeConsole, GivenConsole } from './given-console.js';

const DEALS = 5_000;
const IN_ONE_CALL = 100;

describeConsole('a board of 5,000 open deals', () => {
  let given: GivenConsole;
  beforeAll(async () => {
    given = await GivenConsole.start({});
    await fetch(`${given.url}/v1/processes`, {
      method: 'POST',
      headers: { authorization: `Bearer ${await given.token('olga')}`, 'content-type': 'application/yaml' },
      body: newBusinessFile,
    });
    for (let first = 0; first < DEALS; first += IN_ONE_CALL) {
      const commands = Array.from({ length: IN_ONE_CALL }, (_, at) => ({
        do: 'capture',
        id: `big-${first + at}`,
        process: 'new-business',
        account: `Customer ${first + at}`,
        facts: { amount: { minor: (first + at + 1) * 100, currency: 'EUR' } },
      }));
      await given.ask('dieter', '/v1/commands', { commands });
    }
  }, 180_000);
  afterAll(() => given?.close());

  test('draws the cards that are seen and no others, and comes to the last one', async () => {
    const page = await given.open('dieter', '/board');
    const column = page.getByRole('region', { name: 'Lead' });
    // The sum of 1 to 5,000 is 12,502,500.
    await column.getByText('5,000 deals').waitFor({ timeout: 30_000 });
    await column.getByTitle('€12,502,500.00').waitFor();
    await page.getByRole('link', { name: /Customer 4999/ }).waitFor();
    expect(await page.locator('.card').count()).toBeLessThan(60);
    await page.evaluate(`document.querySelector('.column .cards').scrollTo(0, 1e9)`);
    await page.getByRole('link', { name: /^Customer 0 / }).waitFor();
    expect(await page.locator('.card').count()).toBeLessThan(60);
    await page.context().close();
  }, 60_000);

  test('of more than it shows as cards tells how many there are, and what they are worth', async () => {
    for (const id of ['more-1', 'more-2'])
      await given.ask('dieter', '/v1/opportunities', {
        id,
        process: 'new-business',
        facts: { amount: { minor: 100, currency: 'EUR' } },
      });
    const page = await given.open('dieter', '/board');
    await page.getByText('5,000 of 5,002 open deals stand here as cards').waitFor({ timeout: 30_000 });
    const column = page.getByRole('region', { name: 'Lead' });
    await column.getByText('5,002 deals').waitFor();
    await column.getByTitle('€12,502,502.00').waitFor();
    expect(await page.locator('.card').count()).toBeLessThan(60);
    await page.context().close();
  }, 60_000);

  test('on the day of whoever owns them all, the blocked ones are looked for among two hundred, and it says so', async () => {
    const page = await given.open('dieter', '/day?show=blocked');
    await page.getByRole('heading', { name: 'Blocked (200)' }).waitFor({ timeout: 30_000 });
    await page.getByText(/^Of your 5,0\d\d deals the 200 were looked at/).waitFor();
    await page.context().close();
  }, 60_000);
});
