import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { issueLocalToken } from '@coxswain/sales-desk';
import { readConfiguration, type Environment } from '../../apps/api/src/configuration.js';
import { startService, type Service } from '../../apps/api/src/service.js';

export const EXAMPLE = readFileSync('processes/new-business.process.yaml', 'utf8');

/** One answer, read whole. */
export interface Answered {
  readonly status: number;
  readonly headers: Headers;
  // Tests look into whatever came back.
  readonly body: Readonly<Record<string, unknown>>;
  readonly text: string;
}

export interface Asked {
  /** Null asks without a token. */
  readonly as?: string | null;
  readonly json?: unknown;
  readonly body?: string | Uint8Array;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A running service of its own over a data folder of its own, and people who ask it. */
export class GivenService {
  private constructor(
    readonly service: Service,
    readonly dir: string,
    private readonly tokens: ReadonlyMap<string, string>,
  ) {}

  /** `dir` goes on with the data of an earlier service. */
  static async start(environment: Environment = { COXSWAIN_STORE: 'memory:' }, kept?: string): Promise<GivenService> {
    const dir = kept ?? (await mkdtemp(join(tmpdir(), 'coxswain-')));
    const read = readConfiguration({ PORT: '0', COXSWAIN_DATA_DIR: dir, COXSWAIN_LOG_LEVEL: 'error', ...environment });
    if ('problems' in read) throw new Error(JSON.stringify(read.problems));
    const people: readonly (readonly [string, readonly string[]])[] = [
      ['ada', ['rep']],
      ['mia', ['manager']],
      ['dan', ['deal-desk']],
      ['olu', ['operations']],
    ];
    const tokens = await Promise.all(
      people.map(
        async ([name, roles]) => [name, await issueLocalToken({ name, roles, team: 'north', dir, now: new Date() })] as const,
      ),
    );
    return new GivenService(await startService(read.configuration), dir, new Map(tokens));
  }

  async ask(method: string, path: string, { as = 'ada', json, body, headers = {} }: Asked = {}): Promise<Answered> {
    const token = as === null ? undefined : (this.tokens.get(as) ?? as);
    const answer = await fetch(`${this.service.url}${path}`, {
      method,
      headers: {
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        ...(json === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(json === undefined ? (body === undefined ? {} : { body }) : { body: JSON.stringify(json) }),
    });
    const text = await answer.text();
    const isJson = answer.headers.get('content-type')?.includes('json') && text !== '';
    return {
      status: answer.status,
      headers: answer.headers,
      text,
      body: isJson ? (JSON.parse(text) as Record<string, unknown>) : {},
    };
  }

  get = (path: string, asked?: Asked): Promise<Answered> => this.ask('GET', path, asked);
  post = (path: string, asked?: Asked): Promise<Answered> => this.ask('POST', path, asked);

  publish(file = EXAMPLE): Promise<Answered> {
    return this.post('/v1/processes', { as: 'olu', body: file, headers: { 'content-type': 'application/yaml' } });
  }

  /** A lead of ada's that may be qualified. */
  capture(id: string): Promise<Answered> {
    return this.post('/v1/opportunities', { json: { id, process: 'new-business', facts: { source: 'inbound', fitScore: 72 } } });
  }

  async end(): Promise<void> {
    await this.service.stop();
    await rm(this.dir, { recursive: true, force: true });
  }
}
