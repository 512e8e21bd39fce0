import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Command, CommandBus, Query, QueryBus } from '@nestjs/cqrs';
import { issueLocalToken } from '@coxswain/sales-desk';
import { SignJWT } from 'jose';
import * as commands from '../../apps/api/src/commands.js';
import * as queries from '../../apps/api/src/queries.js';
import { EXAMPLE, GivenService, type Answered } from './service.js';

// One service over a SQLite file; the last test of the file stops it and starts another over the same file.
let dir: string;
let given: GivenService;
const start = (): Promise<GivenService> =>
  GivenService.start({ COXSWAIN_STORE: `sqlite:${dir}/coxswain.db`, COXSWAIN_MAPS: dir }, dir);
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'coxswain-'));
  given = await start();
  await given.publish();
});
afterAll(() => given.end());

const encoded = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
const codeOf = ({ status, body }: Answered): string => `${status} ${String(body['code'])}`;

describe('who may ask', () => {
  test.each([
    '/v1/processes',
    '/v1/opportunities',
    '/v1/opportunities/x',
    '/v1/events',
    '/v1/stream',
    '/v1/measures/pipeline?process=new-business',
    '/v1/opportunities/',
    '/v1//opportunities',
    '/V1/opportunities',
    '/v1/%6fpportunities',
  ])('nobody reads %s without a token', async (path) => {
    for (const method of ['GET', 'HEAD']) {
      const { status, text } = await given.ask(method, path, { as: null });
      // An address that the router does not know is a 404 for everybody.
      expect([401, 404]).toContain(status);
      expect(text).not.toContain('items');
    }
  });

  test('a call without a token is told how to get one', async () => {
    const answer = await given.get('/v1/opportunities', { as: null });
    expect([codeOf(answer), answer.headers.get('www-authenticate')]).toEqual(['401 token-missing', 'Bearer realm="coxswain"']);
    expect(answer.body['detail']).toContain('npx coxswain token NAME');
  });

  test('a token that has expired, is for elsewhere, or is made by somebody else is not taken', async () => {
    const long = { name: 'ada', roles: ['admin'], dir };
    const expired = await issueLocalToken({ ...long, now: new Date(Date.now() - 13 * 3_600_000) });
    const foreign = await issueLocalToken({ ...long, dir: await mkdtemp(join(tmpdir(), 'coxswain-')), now: new Date() });
    const shared = await new SignJWT({ roles: ['admin'] })
      .setProtectedHeader({ alg: 'HS256' })
      .setSubject('ada')
      .setIssuer('coxswain-local')
      .setAudience('coxswain')
      .setExpirationTime('1h')
      .sign(new TextEncoder().encode('a secret that everybody knows, 32 B'));
    const unsigned = `${encoded({ alg: 'none' })}.${encoded({ sub: 'ada', exp: 4_000_000_000, iss: 'coxswain-local', aud: 'coxswain' })}.`;
    for (const token of [expired, foreign, shared, unsigned, 'nonsense']) {
      const answer = await given.get('/v1/opportunities', { as: token });
      expect(codeOf(answer)).toBe('401 token-refused');
      expect(answer.headers.get('www-authenticate')).toContain('error="invalid_token"');
    }
  });

  test('only operations publish a process; anybody may have one checked', async () => {
    const headers = { 'content-type': 'application/yaml' };
    const refused = await given.post('/v1/processes', { body: EXAMPLE, headers });
    expect([codeOf(refused), refused.body['needs']]).toEqual(['403 role-missing', ['operations', 'admin']]);
    expect(codeOf(await given.post('/v1/processes?dryRun=false', { body: EXAMPLE, headers }))).toBe('403 role-missing');
    expect(codeOf(await given.post('/v1/processes?dryRun=true&dryRun=false', { body: EXAMPLE, headers }))).toBe(
      '403 role-missing',
    );
    const checked = await given.post('/v1/processes?dryRun=true', {
      body: EXAMPLE.replace('process: new-business', 'process: other'),
      headers,
    });
    expect([checked.status, checked.body]).toEqual([200, { problems: [] }]);
    expect(codeOf(await given.get('/v1/processes/other'))).toBe('404 no-such-process');
  });

  test('health, figures and the description of the calls are open', async () => {
    for (const path of [
      '/health/live',
      '/health/ready',
      '/metrics',
      '/openapi.json',
      '/docs',
      '/docs/swagger-ui-bundle.js',
      '/docs/swagger-ui.css',
    ])
      expect([path, (await given.get(path, { as: null })).status]).toEqual([path, 200]);
  });
});

describe('a process', () => {
  test('is published once, and comes back as it was handed in', async () => {
    const again = await given.publish();
    expect([again.status, again.body['version']]).toEqual([200, 1]);
    const file = await given.get('/v1/processes/new-business/versions/1/file');
    expect(file.headers.get('content-type')).toBe('application/yaml; charset=utf-8');
    expect(file.text).toBe(EXAMPLE);
    expect((await given.get('/v1/processes/new-business/versions/1/machine')).body).toMatchObject({ initial: 'lead' });
    expect((await given.get('/v1/processes')).body).toMatchObject({
      items: [{ id: 'new-business', version: 1, by: 'olu' }],
      next: null,
    });
    expect((await given.get('/v1/processes/new-business')).body).toMatchObject({ version: 1, versions: [{ version: 1 }] });
    expect(codeOf(await given.get('/v1/processes/new-business/versions/9'))).toBe('404 no-such-version');
  });

  test('with mistakes is told all of them, each with its line', async () => {
    const broken = EXAMPLE.replace('to: qualified\n        by: [sdr, rep]', 'to: qualifyed\n        by: [sdr, rpe]');
    const answer = await given.publish(broken);
    expect(codeOf(answer)).toBe('422 process-invalid');
    const lines = broken.split('\n');
    const problems = answer.body['problems'] as { severity: string; line: number }[];
    const told = problems.filter(({ severity }) => severity === 'error').map(({ line }) => lines[line - 1]?.trim());
    expect(told).toEqual(expect.arrayContaining(['to: qualifyed', 'by: [sdr, rpe]']));
  });

  test('that is not JSON though it says so has a problem with a line, not a broken request', async () => {
    const answer = await given.post('/v1/processes', {
      as: 'olu',
      body: '{"process": ',
      headers: { 'content-type': 'application/json' },
    });
    expect(codeOf(answer)).toBe('422 process-invalid');
    expect((answer.body['problems'] as { line: number }[])[0]?.line).toBe(1);
    expect(
      codeOf(await given.post('/v1/processes', { as: 'olu', body: ' ', headers: { 'content-type': 'application/yaml' } })),
    ).toBe('400 body-missing');
    expect(
      codeOf(
        await given.post('/v1/processes', {
          as: 'olu',
          body: 'x'.repeat(1_100_000),
          headers: { 'content-type': 'application/yaml' },
        }),
      ),
    ).toBe('413 body-too-large');
  });
});

describe('the log', () => {
  test('comes in pages to its end', async () => {
    await given.capture('log-1');
    const positions: string[] = [];
    let after = '';
    for (;;) {
      const { body } = await given.get(`/v1/events?limit=2${after === '' ? '' : `&after=${after}`}`);
      const page = body as { items: { position: string }[]; next: string | null };
      positions.push(...page.items.map(({ position }) => position));
      if (page.next === null) break;
      after = page.next;
    }
    expect(positions).toEqual([...new Set(positions)].sort());
    const { body } = await given.get('/v1/events?limit=1000');
    expect((body['items'] as unknown[]).length).toBe(positions.length);
  });

  test('is searched from its end: by whom, of which kind, of which deal', async () => {
    await given.capture('search-1');
    await given.capture('search-2');
    const { body } = await given.get('/v1/events?order=newest&type=OpportunityCaptured&limit=2');
    const streams = (body['items'] as { stream: string }[]).map(({ stream }) => stream);
    expect(streams).toEqual(['opportunity-search-2', 'opportunity-search-1']);
    const rest = await given.get(`/v1/events?order=newest&deal=search-1&before=${String(body['next'])}`);
    expect(rest.body).toEqual({ items: [], next: null });
    const ofProcess = await given.get('/v1/events?deal=search-1&process=new-business');
    const ofOther = await given.get('/v1/events?deal=search-1&process=other');
    const types = (answer: { body: Record<string, unknown> }): unknown =>
      (answer.body['items'] as { type: string }[]).map(({ type }) => type);
    expect([types(ofProcess), types(ofOther)]).toEqual([['OpportunityCaptured', 'LimitStarted'], []]);
    expect(codeOf(await given.get('/v1/events?before=0000000000000003'))).toBe('400 request-invalid');
    expect(codeOf(await given.get('/v1/events?order=newest&after=0000000000000003'))).toBe('400 request-invalid');
    expect(codeOf(await given.get('/v1/events?outcome=wrong&from=yesterday'))).toBe('400 request-invalid');
    expect(codeOf(await given.get('/v1/events?asOf=2999-01-01T00:00:00Z'))).toBe('400 request-invalid');
  });

  test('streams as it grows; a client that comes back misses nothing and sees nothing twice', async () => {
    await given.capture('stream-1');
    const first = await stream(given, {}, 3);
    await given.capture('stream-2');
    const rest = stream(given, { 'last-event-id': first.at(-1)!.id }, (seen) =>
      seen.some(({ data }) => data.stream === 'opportunity-stream-3'),
    );
    await given.capture('stream-3');
    const ids = [...first, ...(await rest)].map(({ id }) => id);
    expect(ids).toEqual([...new Set(ids)].sort());
    const { body } = await given.get('/v1/events?limit=1000');
    const log = (body['items'] as { position: string; stream: string }[]).map(({ position }) => position);
    expect(ids).toEqual(log.slice(0, ids.length));
  });

  test.each(['3', 'abc', '-1', "1' OR 1=1", '00000000000000003', '9999999999999999'])(
    'what is no position (%s) is refused wherever one is taken, and told how one looks',
    async (position) => {
      const said = encodeURIComponent(position);
      for (const [path, headers] of [
        [`/v1/events?after=${said}`, {}],
        [`/v1/stream?after=${said}`, {}],
        ['/v1/stream', { 'last-event-id': position }],
        [`/v1/opportunities?seen=${said}`, {}],
        [`/v1/measures/pipeline?process=new-business&seen=${said}`, {}],
      ] as const) {
        const answer = await given.get(path, { headers });
        expect([path, codeOf(answer)]).toEqual([path, '400 request-invalid']);
        expect(answer.body['detail']).toContain('16 digits, like 0000000000000042');
      }
    },
  );
});

describe('an import', () => {
  const MAP = `
process: new-business
format: csv
id: deal
stage: stage
deal: { at: came, owner: who, facts: { source: source } }
stages:
  New: []
  Qualified: [{ to: qualified, at: moved }]
`;
  const ROWS = [
    'deal,stage,came,moved,who,source',
    'old-1,New,2026-01-05,,ada,inbound',
    'old-2,Qualified,2026-01-06,2026-01-09,ada,inbound',
    'old-3,Nowhere,2026-01-07,,ada,inbound',
  ];
  const csv = { body: `${ROWS.join('\n')}\n`, headers: { 'content-type': 'text/csv' } };
  beforeAll(() => writeFile(join(dir, 'past.map.yaml'), MAP));

  test('is prepared by looking at the maps there are, and what each reads', async () => {
    await writeFile(join(dir, 'broken.map.yaml'), '# Not yet.\nprocess: new-business\n');
    const { body } = await given.get('/v1/imports/maps');
    expect(body['items']).toMatchObject([
      { id: 'broken', about: 'Not yet.', process: null, columns: null, problems: [{ code: 'missing-key', line: 2 }, {}, {}] },
      {
        id: 'past',
        about: null,
        process: 'new-business',
        format: 'csv',
        rows: 'deals',
        columns: ['deal', 'stage', 'came', 'moved', 'who', 'source'],
        lookups: [],
        problems: [],
      },
    ]);
    await rm(join(dir, 'broken.map.yaml'));
  });

  test('is prepared by looking at how the file begins, and which map reads it', async () => {
    const shown = await given.post('/v1/imports/preview?rows=2', csv);
    expect([shown.status, shown.body]).toEqual([
      200,
      {
        format: 'csv',
        columns: ['deal', 'stage', 'came', 'moved', 'who', 'source'],
        rows: [
          {
            line: 2,
            cells: { deal: 'old-1', stage: 'New', came: '2026-01-05', moved: '', who: 'ada', source: 'inbound' },
            wrong: null,
          },
          expect.objectContaining({ line: 3 }),
        ],
        // Of the whole file, not only of the rows shown.
        values: expect.objectContaining({
          stage: [
            { value: 'New', times: 1 },
            { value: 'Qualified', times: 1 },
            { value: 'Nowhere', times: 1 },
          ],
          who: [{ value: 'ada', times: 3 }],
        }),
        stopped: null,
        maps: [{ map: 'past', missing: [] }],
        reads: null,
      },
    ]);
    const other = await given.post('/v1/imports/preview', { ...csv, body: 'deal;stage;who\nold-1;New;ada;more\n' });
    expect(other.body).toMatchObject({
      columns: ['deal', 'stage', 'who'],
      rows: [{ wrong: 'The row has 4 columns, the header 3.' }],
      maps: [{ map: 'past', missing: ['came', 'moved', 'source'] }],
    });
    expect(codeOf(await given.post('/v1/imports/preview?map=pats', csv))).toBe('404 no-such-map');
    const empty = await given.post('/v1/imports/preview', { ...csv, body: '\n' });
    expect([codeOf(empty), empty.body['detail']]).toEqual(['422 import-stopped', 'There is nothing in the file.']);
  });

  test('is prepared also by a log of another format, packed, and by no more than its beginning', async () => {
    const events = Array.from({ length: 3 }, (_, day) => `<event><string key="concept:name" value="step ${day}"/></event>`);
    const xes = `<?xml version="1.0"?>\n<log><trace><string key="concept:name" value="c1"/>${events.join('')}`;
    const packed = { body: gzipSync(xes), headers: { 'content-type': 'application/gzip' } };
    expect((await given.post('/v1/imports/preview?rows=3', packed)).body).toMatchObject({
      format: 'xes',
      columns: ['case:concept:name', 'concept:name'],
      rows: [{ cells: { 'case:concept:name': 'c1', 'concept:name': 'step 0' } }, {}, {}],
      stopped: null,
    });
    const { rows, stopped } = (await given.post('/v1/imports/preview?rows=9', packed)).body as {
      rows: object[];
      stopped: string;
    };
    expect([rows.length, stopped]).toEqual([3, 'The file is not well-formed XML: unclosed tag: trace.']);
    // Two megabytes, of which the first is looked at.
    const long = `deal,who\n${'x'.repeat(99)},ada\n`.padEnd(2_000_000, 'y');
    expect((await given.post('/v1/imports/preview?rows=1', { ...csv, body: long })).body['rows']).toHaveLength(1);
  });

  test('is for operations; anybody may try one, which writes nothing', async () => {
    expect(codeOf(await given.post('/v1/imports?map=past', csv))).toBe('403 role-missing');
    const tried = await given.post('/v1/imports?map=past&dryRun=true', csv);
    expect(tried.body).toMatchObject({ dryRun: true, rows: { read: 3, stored: 2, rejected: 1 } });
    expect((await given.get('/v1/opportunities/old-1')).status).toBe(404);
  });

  test('brings in what can be read, names what cannot by its line, and what broke the process', async () => {
    const answer = await given.post('/v1/imports?map=past&name=past.csv', { as: 'olu', ...csv });
    expect(answer.status).toBe(200);
    // 3 rows read = 2 stored + 1 rejected, on line 4; old-2 was qualified without a fit score.
    expect(answer.body).toMatchObject({
      file: 'past.csv',
      rows: { read: 3, stored: 2, alreadyThere: 0, rejected: 1 },
      deviating: { deals: 1 },
      problemsInAll: 2,
    });
    const problems = answer.body['problems'] as { kind: string; line: number; deal: string }[];
    expect(problems.map(({ kind, line, deal }) => [kind, line, deal])).toEqual([
      ['rejected', 4, 'old-3'],
      ['deviating', 3, 'old-2'],
    ]);
    expect((await given.get('/v1/opportunities/old-2')).body).toMatchObject({
      opportunity: { stage: 'qualified', capturedAt: '2026-01-06T12:00:00.000Z' },
    });
    expect(await readdir(join(dir, 'uploads'))).toEqual([]);
  });

  test('a second time writes nothing', async () => {
    const packed = { body: gzipSync(csv.body), headers: { 'content-type': 'application/gzip' } };
    expect((await given.post('/v1/imports?map=past', { as: 'olu', ...packed })).body).toMatchObject({
      rows: { read: 3, stored: 0, alreadyThere: 2, rejected: 1 },
    });
  });

  test('with a map that is not there, or has mistakes, reads nothing', async () => {
    const wrong = await given.post('/v1/imports?map=pats', { as: 'olu', ...csv });
    expect([codeOf(wrong), String(wrong.body['detail']).includes('did you mean "past"?')]).toEqual(['404 no-such-map', true]);
    for (const map of ['../past', '..%2f..%2fetc%2fpasswd', '/etc/passwd'])
      expect(codeOf(await given.post(`/v1/imports?map=${map}`, { as: 'olu', ...csv }))).toBe('404 no-such-map');
    await writeFile(join(dir, 'broken.map.yaml'), MAP.replace('to: qualified', 'to: qualifyed'));
    const broken = await given.post('/v1/imports?map=broken', { as: 'olu', ...csv });
    expect([codeOf(broken), (broken.body['problems'] as { line: number }[]).map(({ line }) => line)]).toEqual([
      '422 map-invalid',
      [9],
    ]);
    expect(codeOf(await given.post('/v1/imports?map=past', { as: 'olu', json: {} }))).toBe('415 media-type-unsupported');
    const malformed = await given.post('/v1/imports?name=a/b&rows=1', { as: 'olu', ...csv });
    expect(malformed.body['problems']).toHaveLength(2);
    expect((await given.post('/v1/imports', { as: 'olu', ...csv })).body['problems']).toMatchObject([{ field: '?map' }]);
  });

  test('of a file that breaks off says what was done', async () => {
    const cut = { body: gzipSync(csv.body).subarray(0, 60), headers: { 'content-type': 'application/gzip' } };
    const answer = await given.post('/v1/imports?map=past', { as: 'olu', ...cut });
    expect([codeOf(answer), answer.body['report']]).toMatchObject(['422 import-stopped', { stopped: { code: 'gz-truncated' } }]);
  });
});

describe('the measures', () => {
  test('answer with their denominators once they have seen what was just written', async () => {
    const { body } = await given.capture('measured');
    const answer = await given.get(`/v1/measures/pipeline?process=new-business&by=owner&seen=${String(body['position'])}`);
    expect(answer.status).toBe(200);
    expect(String(answer.body['position']) >= String(body['position'])).toBe(true);
    expect(answer.body).toMatchObject({ measure: 'pipeline', process: 'new-business', groups: [{ group: 'ada' }] });
  });

  test('each has an answer, and a wrong question says what is wrong with it', async () => {
    for (const name of [
      'pipeline',
      'conversion',
      'cycle-time',
      'forecast',
      'forecast-accuracy',
      'adherence',
      'junk-watch',
      'sources',
    ])
      expect([name, (await given.get(`/v1/measures/${name}?process=new-business&from=2026-01-01`)).body['measure']]).toEqual([
        name,
        name,
      ]);
    expect(codeOf(await given.get('/v1/measures/pipeline?process=nonsense'))).toBe('404 no-such-process');
    const unknown = await given.get('/v1/measures/conversions?process=new-business');
    expect([codeOf(unknown), String(unknown.body['detail']).includes('did you mean "conversion"?')]).toEqual([
      '404 no-such-measure',
      true,
    ]);
    const wrong = await given.get('/v1/measures/pipeline?from=yesterday&by=colour');
    expect((wrong.body['problems'] as { field: string }[]).map(({ field }) => field).sort()).toEqual([
      '?by',
      '?from',
      '?process',
    ]);
    expect((await given.get('/v1/measures/pipeline')).body['problems']).toEqual([
      { field: '?process', say: 'must be the id of a process; GET /v1/processes lists what is in force' },
    ]);
    expect((await given.get('/v1/measures/pipeline?process=new-business&period=month')).body['problems']).toEqual([
      { field: '?period', say: 'belongs to conversion, forecast, forecast-accuracy, scorecard only' },
    ]);
  });

  test('tell the deals behind a figure, page by page', async () => {
    const ids = ['behind-1', 'behind-2', 'behind-3'];
    for (const id of ids) await given.post('/v1/opportunities', { json: { id, process: 'new-business', owner: 'bea' } });
    const { position } = (await given.post('/v1/opportunities/behind-2/activities', { json: { kind: 'call' } })).body;
    const path = `/v1/measures/conversion/deals?process=new-business&fromStage=lead&toStage=qualified&outcome=open&by=owner&group=bea`;
    const first = await given.get(`${path}&limit=2&seen=${String(position)}`);
    expect(first.body).toMatchObject({
      measure: 'conversion',
      cell: { fromStage: 'lead', toStage: 'qualified', outcome: 'open' },
      deals: 3,
      items: ['behind-1', 'behind-2'],
    });
    const second = await given.get(`${path}&limit=2&cursor=${String(first.body['next'])}`);
    expect([second.body['items'], second.body['next']]).toEqual([['behind-3'], null]);
    expect(codeOf(await given.get(`${path}&cursor=mine`))).toBe('400 request-invalid');
  });

  test('tell no deals behind words that name no figure', async () => {
    const refused = async (path: string): Promise<unknown> => {
      const { status, body } = await given.get(`/v1/measures/${path}process=new-business`);
      return status === 400
        ? (body['problems'] as { field: string; say: string }[]).map(({ field, say }) => `${field} ${say}`)
        : body['detail'];
    };
    expect(await refused('pipeline/deals?misfit=skipped&')).toEqual([
      '?misfit names no figure of pipeline, which knows stage, outcome',
    ]);
    expect(await refused('conversion/deals?outcome=won&')).toEqual(['?outcome must be one of reached, open, ended, lost']);
    expect(await refused('conversion/deals?cohort=2026&part=funnel&')).toEqual([
      '?cohort must be a month like 2026-11, or a quarter like 2026-Q4',
    ]);
    expect(await refused('pipeline/deals?group=ada&')).toEqual(['?group belongs to by']);
    expect(await refused('sources/deals?')).toBe(
      'Of "sources" no deals can be told. They can of pipeline, conversion, cycle-time, scorecard, adherence.',
    );
  });

  test('the forecast over all processes is asked without one, and alone tells processes apart', async () => {
    const { body } = await given.get('/v1/measures/forecast-total?period=month&by=process');
    expect(body).toMatchObject({ measure: 'forecast-total', process: '*', version: null, by: 'process', period: 'month' });
    expect((body['processes'] as { process: string }[]).map(({ process }) => process)).toContain('new-business');
    expect((body['groups'] as { group: string }[])[0]!.group).toBe('new-business');
    expect((await given.get('/v1/measures/forecast-total?process=new-business')).body).toMatchObject({
      process: 'new-business',
      processes: [{ process: 'new-business', currency: 'EUR' }],
    });
    expect(codeOf(await given.get('/v1/measures/forecast-total?process=nonsense'))).toBe('404 no-such-process');
    expect((await given.get('/v1/measures/forecast-total?by=colour&period=week')).body['problems']).toEqual([
      { field: '?by', say: 'must be one of process, owner, team, source, generatedBy, version, account, origin' },
      { field: '?period', say: 'must be one of month, quarter' },
    ]);
    expect((await given.get('/v1/measures/forecast?process=new-business&by=process')).body['problems']).toEqual([
      { field: '?by', say: 'must be one of owner, team, source, generatedBy, version, account, origin' },
    ]);
    expect(codeOf(await given.get('/v1/measures/forecast?process=*'))).toBe('404 no-such-process');
  });

  test('a window is judged by its instants in the time zone of the process', async () => {
    const answered = async (from: string, to: string): Promise<unknown> => {
      const answer = await given.get(`/v1/measures/pipeline?process=new-business&from=${from}&to=${to}`);
      return answer.status === 200 ? 200 : answer.body['detail'];
    };
    const refused = 'This cannot be measured: the window must end later than it begins.';
    expect(await answered('2026-02-01', '2026-01-01')).toBe(refused);
    expect(await answered('2026-03-31', '2026-03-31T00:00:00Z')).toBe(200);
    expect(await answered('2026-03-30T23:00:00Z', '2026-03-31')).toBe(refused);
    expect(await answered('0001-01-01', '2026-01-01')).toMatch(/neither a day/);
  });
});

describe('what has not come yet', () => {
  test('cannot be asked about: no instant of a question lies in the future, and the clock is not later than asOf', async () => {
    const refused = async (path: string): Promise<unknown> => {
      const answer = await given.get(path);
      return answer.status === 400 ? answer.body['problems'] : answer.status;
    };
    const pipeline = '/v1/measures/pipeline?process=new-business';
    const [asOf, clock] = ['?asOf', '?clock'].map((field) => [{ field, say: 'has not come yet' }]);
    expect(await refused(`${pipeline}&asOf=2100-01-01`)).toEqual(asOf);
    expect(await refused(`${pipeline}&asOf=2100-01-01T00:00:00Z`)).toEqual(asOf);
    expect(await refused(`${pipeline}&clock=2100-01-01`)).toEqual(clock);
    // In Berlin 2 January begins at 23:00 UTC the day before.
    expect(await refused(`${pipeline}&asOf=2026-01-01T22:59:59Z&clock=2026-01-02`)).toEqual([
      { field: '?clock', say: 'is later than asOf' },
    ]);
    expect(await refused(`${pipeline}&asOf=2026-01-01T23:00:00Z&clock=2026-01-02`)).toBe(200);
    await given.capture('future-1');
    for (const path of ['/v1/opportunities/future-1', '/v1/opportunities/future-1/replay'])
      expect(await refused(`${path}?asOf=2100-01-01T00:00:00Z`)).toEqual(asOf);
  });
});

describe('the service', () => {
  test('has a handler for every command and every question', () => {
    const buses = [
      [commands, Command, CommandBus, '__command__'],
      [queries, Query, QueryBus, '__query__'],
    ] as const;
    for (const [module, base, bus, metadata] of buses) {
      const asked = named(module, base);
      expect(asked.length).toBeGreaterThan(1);
      const known = handled(given.service.app.get<object>(bus));
      for (const one of asked) {
        const { id } = (Reflect.getMetadata(metadata, one) ?? {}) as { id?: string };
        expect([one.name, known.includes(id ?? 'no handler at all')]).toEqual([one.name, true]);
      }
    }
  });

  test('describes each of its calls, with an example of every answer', async () => {
    const document = (await given.get('/openapi.json', { as: null })).body as unknown as OpenApi;
    expect(document.openapi).toBe('3.1.0');
    expect(Object.keys(document.paths).sort()).toEqual(CALLS.map(([path]) => path).sort());
    for (const [path, methods] of CALLS) {
      expect([path, Object.keys(document.paths[path] ?? {}).sort()]).toEqual([path, methods]);
      for (const method of methods) {
        const { responses, security, summary } = document.paths[path]![method]!;
        expect(summary).toBeTruthy();
        expect([path, security !== undefined]).toEqual([path, !/^\/(?:health|v1\/local)/.test(path)]);
        for (const [status, { content = {} }] of Object.entries(responses))
          if (Number(status) < 300)
            expect([path, status, Object.values(content).every(({ example }) => example !== undefined)]).toEqual([
              path,
              status,
              true,
            ]);
      }
    }
    // Every reference leads somewhere.
    const references = [...JSON.stringify(document).matchAll(/"#\/components\/schemas\/(\w+)"/g)].map(([, name]) => name!);
    for (const name of references) expect(Object.keys(document.components.schemas)).toContain(name);
  });

  test('says whether it can serve, and what it has done', async () => {
    expect((await given.get('/health/ready', { as: null })).body).toMatchObject({
      ready: true,
      storeWritable: true,
      storeTrouble: null,
      leads: true,
      busyWith: null,
    });
    await given.post('/v1/opportunities/log-1/moves/propose', { json: {} });
    const figures = (await given.get('/metrics', { as: null })).text;
    expect(figures).toMatch(/coxswain_commands_refused_total\{code="move-unknown"\} 1/);
    expect(figures).toMatch(
      /coxswain_http_request_duration_seconds_count\{method="POST",route="\/v1\/opportunities",status="201"\} [1-9]/,
    );
    expect(figures).toMatch(/coxswain_projection_lag_seconds\{projection="deals"\} 0/);
    expect(Number(/coxswain_events_appended_total (\d+)/.exec(figures)?.[1])).toBeGreaterThan(5);
  });

  test('tells how far each projection has come; operations have one folded again, and the figures stay the same', async () => {
    const before = (await given.get('/v1/measures/pipeline?process=new-business&asOf=2026-01-01')).body;
    const { body } = await given.get('/v1/projections');
    const [processes, openings, plans, migrations, backTests, shadows, deals] = body['projections'] as readonly Readonly<
      Record<string, unknown>
    >[];
    expect([processes, openings, plans, migrations, backTests, shadows, deals].map((one) => one!['name'])).toEqual([
      'processes',
      'openings',
      'plans',
      'migrations',
      'back-tests',
      'shadows',
      'deals',
    ]);
    expect(deals).toMatchObject({
      position: (body['end'] as { position: string }).position,
      behindSeconds: 0,
      failed: null,
      rebuilding: null,
    });
    expect((await given.post('/v1/projections/deals/rebuild')).status).toBe(403);
    const rebuild = (name: string): Promise<Answered> => given.post(`/v1/projections/${name}/rebuild`, { as: 'olu' });
    expect((await rebuild('deals')).body).toEqual({ rebuilt: ['deals'] });
    expect((await rebuild('all')).body).toEqual({
      rebuilt: ['processes', 'openings', 'plans', 'migrations', 'back-tests', 'shadows', 'deals'],
    });
    expect(await rebuild('boards')).toMatchObject({
      status: 404,
      body: {
        code: 'no-such-projection',
        detail: 'There is no projection "boards"; there are processes, openings, plans, migrations, back-tests, shadows, deals.',
      },
    });
    expect((await given.get('/v1/measures/pipeline?process=new-business&asOf=2026-01-01')).body).toEqual(before);
  });

  test('ends its streams when it stops, and after a restart the same key still stands for the same request', async () => {
    const headers = { 'idempotency-key': 'before-the-restart' };
    const ask = (): Promise<Answered> => given.post('/v1/opportunities/log-1/activities', { json: { kind: 'call' }, headers });
    const before = await ask();
    expect(before.status).toBe(201);
    let open: Promise<unknown> = Promise.resolve();
    await new Promise<void>((connected) => {
      open = stream(given, {}, () => false, connected);
    });
    const began = Date.now();
    await given.service.stop();
    await open;
    expect(Date.now() - began).toBeLessThan(3_000);

    given = await start();
    const after = await ask();
    expect([after.status, after.body]).toEqual([201, before.body]);
    const { body } = await given.get('/v1/opportunities/log-1/events?limit=500');
    expect((body['items'] as { type: string }[]).filter(({ type }) => type === 'ActivityLogged')).toHaveLength(1);
  });
});

const CALLS: readonly (readonly [string, readonly string[]])[] = [
  ['/v1/processes', ['get', 'post']],
  ['/v1/process-schema', ['get']],
  ['/v1/processes/{id}', ['get']],
  ['/v1/processes/{id}/try', ['post']],
  ['/v1/processes/{id}/back-tests', ['get', 'post']],
  ['/v1/processes/{id}/back-tests/{backTest}', ['get']],
  ['/v1/processes/{id}/back-tests/{backTest}/cancel', ['post']],
  ['/v1/processes/{id}/shadows', ['get', 'post']],
  ['/v1/processes/{id}/shadows/{shadow}', ['get']],
  ['/v1/processes/{id}/shadows/{shadow}/stop', ['post']],
  ['/v1/processes/{id}/versions/{version}', ['get']],
  ['/v1/processes/{id}/versions/{version}/machine', ['get']],
  ['/v1/processes/{id}/versions/{version}/file', ['get']],
  ['/v1/processes/{id}/drafts', ['get', 'post']],
  ['/v1/processes/{id}/drafts/{draft}', ['get']],
  ['/v1/processes/{id}/drafts/{draft}/file', ['get']],
  ['/v1/processes/{id}/drafts/{draft}/publish', ['post']],
  ['/v1/processes/{id}/diff', ['get', 'post']],
  ['/v1/processes/{id}/versions/{version}/roll-out', ['post']],
  ['/v1/processes/{id}/versions/{version}/retire', ['post']],
  ['/v1/processes/{id}/migrations', ['get', 'post']],
  ['/v1/processes/{id}/migrations/{migration}', ['get']],
  ['/v1/processes/{id}/migrations/{migration}/pause', ['post']],
  ['/v1/processes/{id}/migrations/{migration}/resume', ['post']],
  ['/v1/processes/{id}/migrations/{migration}/end', ['post']],
  ['/v1/opportunities', ['get', 'post']],
  ['/v1/board', ['get']],
  ['/v1/commands', ['post']],
  ['/v1/opportunities/{id}', ['get']],
  ['/v1/opportunities/{id}/moves', ['get']],
  ['/v1/opportunities/{id}/moves/{move}', ['post']],
  ['/v1/opportunities/{id}/facts', ['patch']],
  ['/v1/opportunities/{id}/owner', ['post']],
  ['/v1/opportunities/{id}/activities', ['post']],
  ['/v1/opportunities/{id}/events', ['get']],
  ['/v1/opportunities/{id}/replay', ['get']],
  ['/v1/opportunities/{id}/verify', ['post']],
  ['/v1/measures/forecast-total', ['get']],
  ['/v1/measures/{name}', ['get']],
  ['/v1/measures/{name}/deals', ['get']],
  ['/v1/targets', ['get', 'post']],
  ['/v1/calls', ['get', 'post']],
  ['/v1/forecasts', ['get', 'post']],
  ['/v1/imports', ['get', 'post']],
  ['/v1/imports/{import}', ['get']],
  ['/v1/imports/{import}/end', ['post']],
  ['/v1/imports/maps', ['get']],
  ['/v1/imports/maps/{map}', ['get']],
  ['/v1/imports/preview', ['post']],
  ['/v1/events', ['get']],
  ['/v1/projections', ['get']],
  ['/v1/projections/{name}/rebuild', ['post']],
  ['/v1/stream', ['get']],
  ['/v1/local/people', ['get']],
  ['/v1/local/tokens', ['post']],
  ['/v1/me', ['get']],
  ['/health/live', ['get']],
  ['/health/ready', ['get']],
  ['/metrics', ['get']],
];

/** What a bus has handlers for. */
const handled = (bus: object): readonly string[] => [...(bus as { handlers: Map<string, unknown> }).handlers.keys()];
/** The classes of a module that are commands, or questions. */
const named = (module: object, base: abstract new (...args: never[]) => unknown): readonly (new () => object)[] =>
  Object.values(module).filter(
    (one: unknown): one is new () => object => typeof one === 'function' && one.prototype instanceof base,
  );

interface OpenApi {
  readonly openapi: string;
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, unknown>> };
}

interface Operation {
  readonly summary?: string;
  readonly security?: unknown;
  readonly responses: Readonly<Record<string, { readonly content?: Readonly<Record<string, { readonly example?: unknown }>> }>>;
}

interface Streamed {
  readonly id: string;
  readonly event: string;
  readonly data: { readonly stream: string };
}

/** Follows the stream until so many events came, or until what came is enough, or until the service ends it. */
async function stream(
  from: GivenService,
  headers: Readonly<Record<string, string>>,
  enough: number | ((seen: readonly Streamed[]) => boolean),
  connected?: () => void,
): Promise<readonly Streamed[]> {
  const leave = new AbortController();
  const token = await issueLocalToken({ name: 'ada', roles: ['rep'], dir: from.dir, now: new Date() });
  const answer = await fetch(`${from.service.url}/v1/stream`, {
    headers: { authorization: `Bearer ${token}`, ...headers },
    signal: leave.signal,
  });
  expect(answer.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
  connected?.();
  const seen: Streamed[] = [];
  let rest = '';
  for await (const chunk of answer.body!.pipeThrough(new TextDecoderStream())) {
    const parts = (rest + chunk).split('\n\n');
    rest = parts.pop()!;
    for (const part of parts) {
      const [, id, event, data] = /^id: (.+)\nevent: (.+)\ndata: (.+)$/.exec(part) ?? [];
      if (id === undefined) continue;
      seen.push({ id, event: event!, data: JSON.parse(data!) as Streamed['data'] });
      if (typeof enough === 'number' ? seen.length >= enough : enough(seen)) {
        leave.abort();
        return seen;
      }
    }
  }
  return seen;
}
