import { mkdtemp, readdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { GivenService, type Answered, type Asked } from './service.js';

const MAP = `process: new-business
format: csv
id: deal
stage: stage
deal: { at: came, owner: who, facts: { source: source } }
stages:
  New: []
  Qualified: [{ to: qualified, at: moved }]
`;
const WITH_LOOKUP = (file: string): string => `${MAP.replace('source: source', 'source: { column: source, lookup: sources }')}
lookups: { sources: { file: ${file}, key: name } }
`;
const HEAD = 'deal,stage,came,moved,who,source\n';

let given: GivenService;
let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'coxswain-'));
  await writeFile(join(dir, 'past.map.yaml'), MAP);
  await writeFile(join(dir, 'listed.map.yaml'), WITH_LOOKUP('sources.csv'));
  await writeFile(join(dir, 'absent.map.yaml'), WITH_LOOKUP('absent.csv'));
  await writeFile(join(dir, 'sources.csv'), 'name\ninbound\n');
  await writeFile(join(dir, 'salaries.csv'), 'name\nada\n');
  given = await GivenService.start({ COXSWAIN_STORE: 'memory:', COXSWAIN_MAPS: dir }, dir);
  await given.publish();
});
afterAll(() => given.end());

const codeOf = ({ status, body }: Answered): string => `${status} ${String(body['code'])}`;
const csv = (body: string | Uint8Array): Asked => ({ body, headers: { 'content-type': 'text/csv' } });
/** A map and the file after it. */
const along = (map: string, file: string | Uint8Array, as = 'olu'): readonly [string, Asked] => [
  `mapBytes=${Buffer.byteLength(map)}`,
  { as, ...csv(Buffer.concat([Buffer.from(map), Buffer.from(file as string)])) },
];
const importing = ([query, asked]: readonly [string, Asked], more = ''): Promise<Answered> =>
  given.post(`/v1/imports?${query}${more}`, asked);
const row = (id: string, stage = 'New'): string => `${id},${stage},2026-01-05,2026-01-06,ada,inbound\n`;

describe('a map that is sent along', () => {
  test('is checked with the beginning of the file, and brings it in, packed or not', async () => {
    const [query, asked] = along(MAP, `${HEAD}${row('sent-1')}`);
    expect((await given.post(`/v1/imports/preview?${query}`, asked)).body).toMatchObject({
      columns: ['deal', 'stage', 'came', 'moved', 'who', 'source'],
      rows: [{ line: 2, cells: { deal: 'sent-1' } }],
      reads: { process: 'new-business', missing: [] },
    });
    expect((await importing([query, asked])).body).toMatchObject({ process: 'new-business', rows: { read: 1, stored: 1 } });
    const packed = along(MAP, gzipSync(`${HEAD}${row('sent-2')}`));
    expect((await importing(packed)).body).toMatchObject({ rows: { read: 1, stored: 1 } });
    expect((await given.get('/v1/opportunities/sent-2')).status).toBe(200);
  });

  test('is told its mistakes by line, those of its process too', async () => {
    const [query, asked] = along(MAP.replace('to: qualified', 'to: qualfied'), `${HEAD}${row('sent-3')}`);
    const wrong = await given.post(`/v1/imports/preview?${query}`, asked);
    expect([codeOf(wrong), wrong.body['problems']]).toMatchObject(['422 map-invalid', [{ code: 'unknown-stage', line: 8 }]]);
    expect(codeOf(await importing([query, asked]))).toBe('422 map-invalid');
    const other = along(MAP.replace('process: new-business', 'process: renewals'), HEAD);
    expect((await importing(other)).body['problems']).toMatchObject([{ message: 'No process "renewals" is published.' }]);
  });

  test('looks up only what a map of the service names, and only for whoever may import', async () => {
    const file = `${HEAD}${row('sent-4')}`;
    expect((await importing(along(WITH_LOOKUP('sources.csv'), file))).body).toMatchObject({ rows: { stored: 1 } });
    for (const stranger of ['salaries.csv', 'past.map.yaml']) {
      const refused = await importing(along(WITH_LOOKUP(stranger), file));
      expect([codeOf(refused), refused.body['detail']]).toEqual([
        '422 import-stopped',
        `A map that is sent along looks up only what a map in the folder of maps of the service (COXSWAIN_MAPS) names; "${stranger}" is none of that.`,
      ]);
    }
    for (const outside of ['../salaries.csv', '/etc/passwd'])
      expect(codeOf(await importing(along(WITH_LOOKUP(outside), file)))).toBe('422 map-invalid');
    expect(codeOf(await importing(along(WITH_LOOKUP('sources.csv'), file, 'ada'), '&dryRun=true'))).toBe('403 role-missing');
    expect((await importing(along(MAP, file, 'ada'), '&dryRun=true')).body).toMatchObject({ rows: { alreadyThere: 1 } });
  });

  test('must be what mapBytes says, and no name may stand beside it', async () => {
    const [, asked] = along(MAP, HEAD);
    const field = '?mapBytes';
    const malformed = async (query: string): Promise<unknown> => (await importing([query, asked])).body['problems'];
    expect(await malformed('mapBytes=262145')).toMatchObject([{ field, say: 'must be a whole number from 1 to 262144' }]);
    expect(await malformed('mapBytes=9999')).toMatchObject([{ field }]);
    expect(await malformed('mapBytes=1&map=past')).toMatchObject([{ field }]);
    const cutWithin = along('# é', '');
    expect((await importing(['mapBytes=3', cutWithin[1]])).body['problems']).toMatchObject([{ field }]);
    expect(await readdir(join(dir, 'uploads'))).toEqual([]);
  });
});

test('a map that is known shows its text, what it looks up and whether that is there, and what its process has against it', async () => {
  expect((await given.get('/v1/imports/maps/listed')).body).toMatchObject({
    id: 'listed',
    text: WITH_LOOKUP('sources.csv'),
    lookupFiles: [{ name: 'sources', file: 'sources.csv', key: 'name', there: true }],
    problems: [],
  });
  expect((await given.get('/v1/imports/maps/absent')).body).toMatchObject({
    lookupFiles: [{ file: 'absent.csv', there: false }],
  });
  expect(codeOf(await given.get('/v1/imports/maps/..%2fpast'))).toBe('404 no-such-map');
  await writeFile(join(dir, 'strange.map.yaml'), MAP.replace('to: qualified', 'to: qualfied'));
  const problems = [{ code: 'unknown-stage', line: 8, suggestion: 'Did you mean "qualified"?' }];
  expect((await given.get('/v1/imports/maps/strange')).body).toMatchObject({ process: 'new-business', problems });
});

test('a lookup that is missing is said to be missing in the folder of maps', async () => {
  const refused = await given.post('/v1/imports?map=absent', { as: 'olu', ...csv(`${HEAD}${row('sent-5')}`) });
  expect(refused.body['detail']).toBe(
    'The map needs the file "absent.csv" in the folder of maps of the service (COXSWAIN_MAPS); it is not there.',
  );
});

describe('an import in the background', () => {
  const MANY = 30_000;
  const many = `${HEAD}${Array.from({ length: MANY }, (_, index) => row(`many-${index}`)).join('')}`;
  const begun = async (as = 'olu', dryRun = false): Promise<string> => {
    const answer = await given.post(`/v1/imports?map=past&name=many.csv&background=true&dryRun=${dryRun}`, { ...csv(many), as });
    expect(answer.status).toBe(202);
    return answer.headers.get('location')!;
  };
  const seen = async (path: string, when: (run: Answered['body']) => boolean): Promise<Answered['body']> => {
    for (;;) {
      const { body } = await given.get(path);
      if (when(body)) return body;
    }
  };
  const doneOf = ({ progress }: Answered['body']): number => (progress as { rowsDone: { stored: number } }).rowsDone.stored;

  test('says how far it is, and is ended by whoever may: what is in stays', async () => {
    const path = await begun();
    const under = await seen(path, (run) => doneOf(run) > 0);
    expect(under).toMatchObject({
      file: 'many.csv',
      map: 'past',
      process: 'new-business',
      by: 'olu',
      state: 'running',
      progress: { rowsInAll: MANY },
      report: null,
    });
    expect(((await given.get('/v1/imports')).body['items'] as object[])[0]).toMatchObject({ import: path.split('/').at(-1) });
    expect(codeOf(await given.post(`${path}/end`))).toBe('403 role-missing');
    const { body } = await given.post(`${path}/end`, { as: 'olu' });
    const { rows } = body['report'] as { rows: { read: number; stored: number } };
    expect(body).toMatchObject({ state: 'ended', report: { stopped: { code: 'ended' }, rows: { rejected: 0 } } });
    expect([rows.stored, rows.read < MANY]).toEqual([rows.read, true]);
    expect((await given.get('/v1/opportunities/many-0')).status).toBe(200);
    expect(await readdir(join(dir, 'uploads'))).toEqual([]);
  }, 60_000);

  test('waits its turn where many run, and leaves nothing behind', async () => {
    // Packed, so that it is there at once and takes long to read.
    const long = csv(gzipSync(`${HEAD}${row('long').repeat(300_000)}`));
    const trial = (): Promise<Answered> => given.post('/v1/imports?map=past&background=true&dryRun=true', long);
    const running: string[] = [];
    for (let begins = 0; begins < 4; begins++) running.push((await trial()).headers.get('location')!);
    const refused = await trial();
    expect([codeOf(refused), refused.body['detail']]).toEqual(['409 too-many-imports', expect.stringContaining('4 imports run')]);
    expect(await readdir(join(dir, 'uploads'))).toHaveLength(4);
    for (const path of running) await given.post(`${path}/end`);
    const next = await trial();
    expect(next.status).toBe(202);
    await given.post(`${next.headers.get('location')}/end`);
    expect(await readdir(join(dir, 'uploads'))).toEqual([]);
  }, 60_000);

  test('once it is through has its report, and a trial may be ended by whoever began it', async () => {
    const small = { as: 'olu', ...csv(`${HEAD}${row('one-1')}${row('one-2', 'Nowhere')}`) };
    const path = (await given.post('/v1/imports?map=past&background=true', small)).headers.get('location')!;
    expect(await seen(path, ({ state }) => state !== 'running')).toMatchObject({
      state: 'finished',
      report: {
        rows: { read: 2, stored: 1, rejected: 1 },
        problems: [{ kind: 'rejected', line: 3, column: 'stage', value: 'Nowhere' }],
      },
    });
    const trial = await begun('ada', true);
    expect((await given.post(`${trial}/end`)).body).toMatchObject({ state: 'ended', dryRun: true });
    expect(codeOf(await given.get('/v1/imports/none'))).toBe('404 no-such-import');
  }, 60_000);
});
