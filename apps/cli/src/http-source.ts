import { createReadStream, existsSync } from 'node:fs';
import { basename } from 'node:path';
import { Readable } from 'node:stream';
import type { StoredEvent } from '@coxswain/event-store';
import { ALL_PROCESSES, type MeasureName, type MeasureQuery, type Measures, type Period, type Plan } from '@coxswain/projections';
import type {
  DealOnBoard,
  DealView,
  ImportReport,
  Page,
  PlanOutcome,
  ProjectionReport,
  PublishAnswer,
  PublishOptions,
} from '@coxswain/sales-desk';
import type { PossibleMove, Problem, ProcessRef, ReplayStep, TargetInput } from '@coxswain/sales-process';
import { HttpChanges, type ChangesSource } from './changes-source.js';
import { fileIsThere, textOf } from './files.js';
import type { ToldReport } from './imports.js';
import type {
  ImportOutcome,
  ImportRequest,
  OwnCall,
  ProcessSummary,
  Source,
  TargetsSet,
  VerifiedDeal,
  VerifiedDeals,
} from './source.js';
import { CannotDo } from './terminal.js';
import { HttpTrials, type Trials } from './trials.js';

const PAGE = 500;
const LOG_PAGE = 1_000;

/** Asks a running service over HTTP. */
export class HttpSource implements Source {
  readonly changes: ChangesSource = new HttpChanges(this);
  readonly trials: Trials = new HttpTrials({
    ask: (path) => this.ask(path),
    tell: (path, json) => this.tell(path, json),
  });

  /** `token`: null where there is none, which the service will refuse with its own words. */
  constructor(
    private readonly url: URL,
    private readonly token: string | null,
  ) {}

  async processes(): Promise<readonly ProcessSummary[]> {
    const { items } = await this.ask<{ items: readonly ProcessSummary[] }>('v1/processes');
    return items;
  }

  async publish(file: string, format: 'yaml' | 'json', options: PublishOptions): Promise<PublishAnswer> {
    const { note, effectiveFrom, reviewedBy, teams } = options;
    const { status, body } = await this.send('v1/processes', {
      method: 'POST',
      query: { note, effectiveFrom, reviewedBy, teams: teams?.join(',') },
      headers: { 'content-type': `application/${format}` },
      body: file,
    });
    if (status === 422 && isRecord(body) && Array.isArray(body['problems']))
      return { problems: body['problems'] as Problem[], published: null, repeated: false };
    const { id, version, hash, problems } = this.answered(status, body) as ProcessRef & { problems: readonly Problem[] };
    return { problems, published: { id, version, hash }, repeated: status === 200 };
  }

  deal(id: string, asOf?: string): Promise<DealView> {
    return this.ask(dealPath(id), { asOf });
  }

  moves(id: string): Promise<{ readonly moves: readonly PossibleMove[] }> {
    return this.ask(`${dealPath(id)}/moves`);
  }

  replay(id: string, asOf?: string): Promise<{ readonly id: string; readonly steps: readonly ReplayStep[] }> {
    return this.ask(`${dealPath(id)}/replay`, { asOf });
  }

  async verify(id: string): Promise<VerifiedDeal> {
    const { status, body } = await this.send(`${dealPath(id)}/verify`, { method: 'POST' });
    return this.answered(status, body) as VerifiedDeal;
  }

  async verifyAll(onProgress: (deals: number, of: number | null) => void): Promise<VerifiedDeals> {
    const disagreeing: { id: string; verdicts: VerifiedDeal['verdicts'] }[] = [];
    let [deals, steps] = [0, 0];
    for await (const { id } of this.board()) {
      const { agree, verdicts } = await this.verify(id);
      if (!agree) disagreeing.push({ id, verdicts: verdicts.filter(({ agrees }) => !agrees) });
      steps += verdicts.length;
      onProgress(++deals, null);
    }
    return { deals, steps, disagreeing };
  }

  private async *board(): AsyncIterable<DealOnBoard> {
    let cursor: string | null | undefined;
    do {
      const page: Page<DealOnBoard> = await this.ask('v1/opportunities', { limit: String(PAGE), cursor: cursor ?? undefined });
      yield* page.items;
      cursor = page.next;
    } while (cursor !== null);
  }

  measure<Name extends MeasureName>(
    name: Name,
    query: MeasureQuery,
  ): Promise<Measures[Name] & { readonly position: string | null }> {
    const { average, process, ...rest } = query;
    const asked = { process: process === ALL_PROCESSES ? undefined : process, ...rest };
    return this.ask(`v1/measures/${name}`, { ...asked, average: average === undefined ? undefined : String(average) });
  }

  async currency(process: string): Promise<string> {
    const { definition } = await this.ask<{ definition: { currency: string } }>(`v1/processes/${encodeURIComponent(process)}`);
    return definition.currency;
  }

  async plan(process: string, period?: string): Promise<Pick<Plan, 'targets' | 'calls' | 'issued'>> {
    const items = async <T>(path: string): Promise<T[]> => (await this.ask<{ items: T[] }>(path, { process, period })).items;
    return {
      targets: await items<Plan['targets'][number]>('v1/targets'),
      calls: await items<Plan['calls'][number]>('v1/calls'),
      issued: await items<Plan['issued'][number]>('v1/forecasts'),
    };
  }

  async setTargets(process: string, targets: readonly TargetInput[], dryRun: boolean): Promise<PlanOutcome<TargetsSet>> {
    return { kind: 'done', ...(await this.tell<TargetsSet>('v1/targets', { process, targets }, { dryRun: String(dryRun) })) };
  }

  async makeCall(process: string, call: OwnCall): Promise<PlanOutcome<{ readonly call: string; readonly repeated: boolean }>> {
    return { kind: 'done', ...(await this.tell<{ call: string; repeated: boolean }>('v1/calls', { process, ...call })) };
  }

  async issueForecasts(process: string, period: Period): Promise<PlanOutcome<{ readonly issued: number }>> {
    return { kind: 'done', ...(await this.tell<{ issued: number }>('v1/forecasts', { process, period })) };
  }

  async tell<T>(path: string, json: object, query: Query = {}): Promise<T> {
    const headers = { 'content-type': 'application/json' };
    const { status, body } = await this.send(path, { method: 'POST', query, headers, body: JSON.stringify(json) });
    return this.answered(status, body) as T;
  }

  projections(): Promise<ProjectionReport> {
    return this.ask('v1/projections');
  }

  async rebuild(name = 'all'): Promise<readonly string[]> {
    const { status, body } = await this.send(`v1/projections/${encodeURIComponent(name)}/rebuild`, { method: 'POST' });
    return (this.answered(status, body) as { readonly rebuilt: readonly string[] }).rebuilt;
  }

  async *events(): AsyncIterable<StoredEvent> {
    let after: string | null | undefined;
    do {
      const page: Page<StoredEvent> = await this.ask('v1/events', { limit: String(LOG_PAGE), after: after ?? undefined });
      yield* page.items;
      after = page.next;
    } while (after !== null);
  }

  /** A map that is a file here is sent along; else the service reads the one of that name in its own folder. It keeps the first 1,000 lines for the report. */
  async bringIn({ file, map, dryRun, report, onProgress }: ImportRequest): Promise<ImportOutcome> {
    const total = await fileIsThere(file);
    const along = existsSync(map) ? Buffer.from(await textOf(map)) : null;
    const name = basename(map).replace(/(?:\.map)?\.ya?ml$/, '');
    let sent = 0;
    const pieces = async function* (): AsyncGenerator<Uint8Array> {
      if (along) yield along;
      for await (const piece of createReadStream(file) as AsyncIterable<Buffer>) {
        onProgress((sent += piece.length), total);
        yield piece;
      }
    };
    const { status, body } = await this.send('v1/imports', {
      method: 'POST',
      query: { ...(along ? { mapBytes: String(along.length) } : { map: name }), name: basename(file), dryRun: String(dryRun) },
      headers: { 'content-type': 'application/octet-stream' },
      body: Readable.toWeb(Readable.from(pieces())) as ReadableStream<Uint8Array>,
    });
    if (status === 404 && isRecord(body) && body['code'] === 'no-such-map')
      throw new CannotDo(
        String(body['detail']),
        `The service reads maps in its own folder (COXSWAIN_MAPS), and there is no file ${map} here: name a file that is, put the map there as ${name}.map.yaml, or import into the store itself with --store.`,
      );
    if (status === 422 && isRecord(body)) {
      if (body['code'] === 'map-invalid') return { mapProblems: body['problems'] as Problem[] };
      if (body['code'] === 'import-stopped') return { report: withoutRows(body['report'] as ReportWithRows, report) };
    }
    return { report: withoutRows(this.answered(status, body) as ReportWithRows, report) };
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  async ask<T>(path: string, query: Query = {}): Promise<T> {
    const { status, body } = await this.send(path, { query });
    return this.answered(status, body) as T;
  }

  answered(status: number, body: unknown): unknown {
    if (status < 300) return body;
    const { code, detail, blockers, problems } = isRecord(body) ? body : {};
    const said = typeof detail === 'string' ? detail : `The service at ${this.url.origin} answered ${status}.`;
    const more = [...saying(blockers), ...saying(problems)].filter((one) => !said.includes(one));
    throw new CannotDo(said, helpFor(status, more), code === 'request-invalid' ? 2 : 1);
  }

  async send(path: string, { query = {}, headers = {}, ...request }: Request): Promise<{ status: number; body: unknown }> {
    const base = this.url.href.endsWith('/') ? this.url : `${this.url.href}/`;
    const url = new URL(path, base);
    for (const [name, value] of Object.entries(query)) if (value !== undefined) url.searchParams.set(name, value);
    const bearer = this.token === null ? {} : { authorization: `Bearer ${this.token}` };
    let text: string;
    let status: number;
    try {
      const response = await fetch(url, {
        ...request,
        ...(typeof request.body === 'object' && { duplex: 'half' }),
        headers: { accept: 'application/json', ...bearer, ...headers },
      });
      ({ status } = response);
      text = await response.text();
    } catch (error) {
      throw new CannotDo(
        `No service answers at ${this.url.origin} (${reason(error)}).`,
        'Start one with "coxswain serve", correct --url, or leave --url out to read the store directly.',
      );
    }
    try {
      return { status, body: text === '' ? null : (JSON.parse(text) as unknown) };
    } catch {
      if (status >= 300) return { status, body: null };
      throw new CannotDo(
        `What answers at ${this.url.origin} is not a Coxswain service: its answer is not JSON.`,
        'Check --url: it is the address of the service, such as http://127.0.0.1:3000.',
      );
    }
  }
}

/** Where a service answers for a deal. Nothing, "." and ".." would get lost in an address. */
function dealPath(id: string): string {
  if (['', '.', '..'].includes(id))
    throw new CannotDo(
      `A service cannot be asked for a deal named "${id}".`,
      'Check the name, or ask the store itself with --store.',
    );
  return `v1/opportunities/${encodeURIComponent(id)}`;
}

export type Query = Readonly<Record<string, string | undefined>>;

export interface Request {
  readonly method?: string;
  readonly query?: Query;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | ReadableStream<Uint8Array>;
}

type ReportWithRows = ImportReport & { readonly problems: readonly unknown[]; readonly problemsInAll: number };

/** The report itself; the rows it lists go where they were asked for. */
function withoutRows({ problems, problemsInAll, ...report }: ReportWithRows, lines: ImportRequest['report']): ToldReport {
  for (const line of problems) lines?.write(`${JSON.stringify(line)}\n`);
  const silent = lines === null || problems.length === problemsInAll;
  return silent ? report : { ...report, findings: { told: problems.length, inAll: problemsInAll } };
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** What each entry of a problem's list says. */
function saying(entries: unknown): string[] {
  if (!Array.isArray(entries)) return [];
  return entries.filter(isRecord).map(({ field, say }) => [field, say].filter((one) => typeof one === 'string').join(': '));
}

function helpFor(status: number, said: readonly string[]): string {
  if (said.length > 0) return said.join('\n');
  switch (status) {
    case 401:
      return 'Give a token with --token or COXSWAIN_TOKEN. A service in local mode takes those of "coxswain token NAME".';
    case 403:
      return 'Use a token of somebody with that role, in local mode for example "coxswain token NAME --roles operations".';
    case 404:
      return 'Check the name, and that --url is the service you mean.';
    case 429:
    case 503:
      return 'Try again in a moment.';
    case 507:
      return 'Make room where the service keeps its store. Nothing was written; ask again then.';
    default:
      return status >= 500 ? 'The log of the service tells more.' : '';
  }
}

function reason(error: unknown): string {
  const { cause = error } = error as { readonly cause?: unknown };
  const { code, message } = cause as NodeJS.ErrnoException;
  return code ?? message;
}
