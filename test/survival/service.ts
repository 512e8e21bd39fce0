import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openSqliteStore, type StoredEvent } from '@coxswain/event-store';
import { issueLocalToken } from '@coxswain/sales-desk';
import { collect } from '../event-store/log.js';
import { newBusinessFile } from '../sales-desk/given-desk.js';
import { heard } from '../support/service-process.js';

const MAIN = join(import.meta.dirname, '../../apps/api/dist/main.js');

/** Whether the service is built, as `npm test` does first; says loudly when it is not. */
export const isBuilt = existsSync(MAIN);
if (!isBuilt) console.warn('SKIPPED: the survival checks, because apps/api/dist is missing (npm run build)');

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Readonly<Record<string, unknown>>;
}

export interface Running {
  readonly url: string;
  readonly child: ChildProcess;
  readonly ended: Promise<number | null>;
  said(): string;
}

/** One data folder, and the service over it as a process of its own, as often as it takes. */
export class Survivor {
  private readonly children: ChildProcess[] = [];

  private constructor(
    readonly dir: string,
    private readonly token: string,
  ) {}

  static async make(): Promise<Survivor> {
    const dir = await mkdtemp(join(tmpdir(), 'coxswain-survival-'));
    const roles = ['operations', 'sdr', 'rep', 'manager'];
    return new Survivor(dir, await issueLocalToken({ name: 'rita', roles, dir, now: new Date() }));
  }

  get file(): string {
    return join(this.dir, 'coxswain.db');
  }

  /** Begins to start the service. `wrapped` comes before the command, for whoever limits the process. */
  spawn(environment: Readonly<Record<string, string>> = {}, wrapped: readonly string[] = []) {
    const [command = '', ...args] = wrapped.concat(process.execPath, MAIN);
    const env = {
      PATH: process.env['PATH'],
      PORT: '0',
      COXSWAIN_STORE: `sqlite:${this.file}`,
      COXSWAIN_DATA_DIR: this.dir,
      COXSWAIN_LOG_LEVEL: 'error',
      ...environment,
    };
    const child = spawn(command, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
    this.children.push(child);
    const { said, listening } = heard(child);
    const ended = new Promise<number | null>((resolve) => void child.once('close', resolve));
    return { child, ended, listening, said };
  }

  /** Starts the service; resolves once it says that it is ready. */
  async start(environment: Readonly<Record<string, string>> = {}, wrapped: readonly string[] = []): Promise<Running> {
    const { child, ended, listening, said } = this.spawn(environment, wrapped);
    const url = await listening;
    if (url === null) throw new Error(`the service ended with ${child.exitCode ?? child.signalCode}: ${said()}`);
    const ready = await this.ask(url, 'GET', '/health/ready');
    if (ready.status !== 200) throw new Error(`the service is not ready: ${JSON.stringify(ready.body)}`);
    return { url, child, ended, said };
  }

  /** Ends a process as a power switch would: no handler runs. */
  async kill({ child, ended }: Pick<Running, 'child' | 'ended'>): Promise<void> {
    child.kill('SIGKILL');
    await ended;
  }

  async ask(
    url: string,
    method: string,
    path: string,
    more: { json?: object; headers?: Record<string, string> } = {},
  ): Promise<Answer> {
    const answer = await fetch(`${url}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${this.token}`,
        ...(more.json && { 'content-type': 'application/json' }),
        ...more.headers,
      },
      ...(more.json && { body: JSON.stringify(more.json) }),
    });
    const text = await answer.text();
    return { status: answer.status, headers: answer.headers, body: text === '' ? {} : (JSON.parse(text) as Answer['body']) };
  }

  async publish(url: string): Promise<void> {
    const answer = await fetch(`${url}/v1/processes`, {
      method: 'POST',
      headers: { authorization: `Bearer ${this.token}`, 'content-type': 'application/yaml' },
      body: newBusinessFile,
    });
    if (answer.status !== 201) throw new Error(`not published: ${await answer.text()}`);
  }

  /** The whole log, read from the file beside the running service. */
  async log(): Promise<readonly StoredEvent[]> {
    const { store, close } = await openSqliteStore(this.file, { readOnly: true });
    try {
      return await collect(store.readAll());
    } finally {
      await close();
    }
  }

  async remove(): Promise<void> {
    for (const child of this.children) if (child.exitCode === null) child.kill('SIGKILL');
    await rm(this.dir, { recursive: true, force: true });
  }
}

export const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Numbers from 0 to 1 that are the same for the same seed. */
export function dice(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** The value below which this share of a list lies; null for an empty list. */
export function quantile(list: readonly number[], share: number): number | null {
  const sorted = list.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? null;
}
