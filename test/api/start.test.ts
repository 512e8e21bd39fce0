import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, statSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { issueLocalToken } from '@coxswain/sales-desk';

const MAIN = join(import.meta.dirname, '../../apps/api/dist/main.js');
const isBuilt = existsSync(MAIN);
if (!isBuilt) console.warn('SKIPPED: the tests of the service as a process, because apps/api/dist is missing (npm run build)');

let dir: string;
const started: ChildProcess[] = [];
beforeEach(async () => void (dir = await mkdtemp(join(tmpdir(), 'coxswain-'))));
afterEach(async () => {
  for (const child of started.splice(0)) if (child.exitCode === null) child.kill('SIGKILL');
  await rm(dir, { recursive: true, force: true });
});

/** The service as a process of its own, and what it says to its operator. */
function run(settings: Readonly<Record<string, string>> = {}) {
  const env = {
    PATH: process.env['PATH'],
    PORT: '0',
    COXSWAIN_STORE: `sqlite:${dir}/coxswain.db`,
    COXSWAIN_DATA_DIR: dir,
    ...settings,
  };
  const child = spawn(process.execPath, [MAIN], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  started.push(child);
  let said = '';
  const hear = (chunk: Buffer): void => void (said += chunk.toString());
  child.stdout.on('data', hear);
  child.stderr.on('data', hear);
  const ended = once(child, 'close').then(([code]) => code as number | null);
  const saying = async (what: RegExp): Promise<string> => {
    for (let tries = 0; tries < 400; tries++) {
      const found = what.exec(said);
      if (found) return found[1] ?? found[0];
      if (child.exitCode !== null) break;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    throw new Error(`it never said ${String(what)}, but: ${said}`);
  };
  return { child, ended, saying, said: () => said };
}

const LISTENS = /listens at (http:\S+)/;

(isBuilt ? describe : describe.skip)('the service as a process', () => {
  test('with wrong settings it says all that is wrong, and ends with 2', async () => {
    const service = run({ PORT: 'http', HOST: '0.0.0.0' });
    expect(await service.ended).toBe(2);
    expect(service.said()).toContain('  PORT: "http" is not a port');
    expect(service.said()).toContain('  HOST: Without token keys');
    expect(existsSync(join(dir, 'coxswain.db'))).toBe(false);
  });

  test('says loudly that it runs in local mode, and finishes what runs when it is told to stop', async () => {
    const service = run();
    const url = await service.saying(LISTENS);
    expect(service.said()).toContain('LOCAL MODE');
    const token = await issueLocalToken({ name: 'olu', roles: ['operations'], dir, now: new Date() });
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
    const answers = Array.from({ length: 30 }, () =>
      fetch(`${url}/v1/opportunities`, { method: 'POST', headers, body: '{"process": "none"}' }),
    );
    await Promise.race(answers);
    service.child.kill('SIGTERM');
    // What had reached the service is answered; what had not is refused at the door. Nothing hangs.
    for (const answer of await Promise.allSettled(answers))
      if (answer.status === 'fulfilled') expect(answer.value.status).toBe(422);
    expect(await service.ended).toBe(0);
    expect(service.said()).not.toContain(token);
  });

  test('a second one over the same file is told who has it, and ends with 1', async () => {
    await run().saying(LISTENS);
    const second = run();
    expect(await second.ended).toBe(1);
    expect(second.said()).toMatch(/Coxswain cannot start: another process .* open for writing\. Talk to the running service/);
  });

  test('on a port that is taken it says so and nothing else, and ends with 1', async () => {
    const url = await run().saying(LISTENS);
    const { port } = new URL(url);
    const second = run({ PORT: port, COXSWAIN_STORE: 'memory:' });
    expect(await second.ended).toBe(1);
    expect(second.said()).toBe(
      `Coxswain cannot start: something else listens on port ${port} already. Stop it, or choose another port with PORT.\n`,
    );
  });

  test('the folders it makes for the store and for the keys are open to its own user only', async () => {
    const [store, keys] = [join(dir, 'store'), join(dir, 'keys')];
    await run({ COXSWAIN_STORE: `sqlite:${store}/coxswain.db`, COXSWAIN_DATA_DIR: keys }).saying(LISTENS);
    for (const folder of [store, keys]) expect([folder, (statSync(folder).mode & 0o777).toString(8)]).toEqual([folder, '700']);
  });

  test('killed while it loads the demo company it leaves no half a company behind', async () => {
    const first = run({ COXSWAIN_DEMO: 'true' });
    await first.saying(/day 0 of/);
    first.child.kill('SIGKILL');
    await first.ended;
    expect(existsSync(join(dir, 'coxswain.db.loading'))).toBe(true);
    expect(existsSync(join(dir, 'coxswain.db'))).toBe(false);
  });
});
