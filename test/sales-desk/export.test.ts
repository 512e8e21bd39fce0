import { createRequire } from 'node:module';
import { expect, test } from '@jest/globals';
import type { StoredEvent } from '@coxswain/event-store';
import { exportLog, type ExportFormat } from '@coxswain/sales-desk';
import { customer, done, givenDesk } from './given-desk.js';

/** What is used of pm4js, which has no types: a reader of process logs that knows nothing of us. */
interface Pm4js {
  readonly XesImporter: { readonly apply: (xml: string) => XesLog };
  readonly JsonOcelImporter: { readonly apply: (json: string) => object };
  readonly OcelFlattening: { readonly apply: (ocel: object, objectType: string) => XesLog };
}
interface XesLog {
  readonly traces: readonly {
    readonly attributes: Attributes;
    readonly events: readonly { readonly attributes: Attributes }[];
  }[];
}
type Attributes = Readonly<Record<string, { readonly value: unknown }>>;

const require = createRequire(import.meta.url);
// Not the whole of pm4js, which starts a timer that would keep the tests from ending. The order is the one it needs.
for (const part of ['pm4js.js', 'utils/generic/dates.js', 'objects/log/log.js', 'statistics/log/general.js'])
  require(`pm4js/pm4js/${part}`);
const { XesImporter } = require('pm4js/pm4js/objects/log/importer/xes/importer.js') as Pm4js;
const { JsonOcelImporter } = require('pm4js/pm4js/objects/ocel/importer/jsonocel/importer.js') as Pm4js;
const { OcelFlattening } = require('pm4js/pm4js/objects/ocel/util/flattening.js') as Pm4js;

/** A customer of Birch & Sons won step by step, and a lead somebody called, whose note XML and the terminal could trip over. */
async function givenLog(): Promise<{
  readonly log: readonly StoredEvent[];
  readonly written: (format: ExportFormat) => Promise<string>;
}> {
  const { desk, at } = await givenDesk();
  await customer(desk, 'D-1');
  at('2026-03-03T10:00:00.000Z');
  await done(desk, null, { type: 'Capture', id: 'D-2', process: 'new-business', account: '<Quill> "&" Co' });
  await done(desk, 'D-2', { type: 'LogActivity', kind: 'call & <meeting>', note: 'rang\u0007 twice' });
  const log: StoredEvent[] = [];
  for await (const event of desk.readAll()) log.push(event);
  await desk.close();
  const written = async (format: ExportFormat): Promise<string> => {
    let text = '';
    for await (const piece of exportLog(eachOf(log), format)) text += piece;
    return text;
  };
  return { log, written };
}

async function* eachOf<T>(all: readonly T[]): AsyncGenerator<T> {
  yield* await Promise.resolve(all);
}

const WAY_TO_A_CUSTOMER = [
  'lead',
  'qualified',
  'proposal',
  'commercial: sent',
  'approval: approved',
  'negotiation',
  'won',
  'onboarding',
  'active',
];

const path = (log: XesLog, trace: number): unknown[] =>
  log.traces[trace]!.events.map(({ attributes }) => attributes['concept:name']!.value);

test('JSON lines read back are the log, event for event', async () => {
  const { log, written } = await givenLog();
  const lines = (await written('jsonl')).trimEnd().split('\n');
  expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual(log);
});

test('pm4js reads the XES file: a trace a deal, its stages in order, who did it and when', async () => {
  const { written } = await givenLog();
  const log = XesImporter.apply(await written('xes'));

  expect(log.traces.map(({ attributes }) => attributes['concept:name']!.value)).toEqual(['D-1', 'D-2']);
  expect(path(log, 0)).toEqual(WAY_TO_A_CUSTOMER);
  expect(path(log, 1)).toEqual(['lead', 'call & <meeting>']);
  expect(log.traces[1]!.attributes['account']!.value).toBe('<Quill> "&" Co');
  const [lead] = log.traces[1]!.events;
  expect(lead!.attributes['org:resource']!.value).toBe('rita');
  expect(lead!.attributes['time:timestamp']!.value).toEqual(new Date('2026-03-03T10:00:00.000Z'));
});

test('the XES file declares the extensions whose keys it uses', async () => {
  const text = await (await givenLog()).written('xes');
  for (const prefix of ['concept', 'time', 'org']) expect(text).toContain(`prefix="${prefix}" uri="http://www.xes-standard.org/`);
});

interface Ocel2 {
  readonly objectTypes: readonly { readonly name: string }[];
  readonly eventTypes: readonly { readonly name: string }[];
  readonly objects: readonly {
    readonly id: string;
    readonly type: string;
    readonly relationships: readonly { readonly objectId: string; readonly qualifier: string }[];
  }[];
  readonly events: readonly {
    readonly id: string;
    readonly type: string;
    readonly time: string;
    readonly relationships: readonly { readonly objectId: string; readonly qualifier: string }[];
  }[];
}

/** pm4js reads OCEL 1.0: the same events and objects under the names they had there. */
function asOcel1({ events, objects }: Ocel2): string {
  return JSON.stringify({
    'ocel:events': Object.fromEntries(
      events.map(({ id, type, time, relationships }) => [
        id,
        {
          'ocel:activity': type,
          'ocel:timestamp': time,
          'ocel:omap': relationships.map(({ objectId }) => objectId),
          'ocel:vmap': {},
        },
      ]),
    ),
    'ocel:objects': Object.fromEntries(objects.map(({ id, type }) => [id, { 'ocel:type': type, 'ocel:ovmap': {} }])),
  });
}

test('pm4js flattens the OCEL 2.0 log to the deals, and to the people', async () => {
  const ocel = JSON.parse(await (await givenLog()).written('ocel2')) as Ocel2;
  const read = JsonOcelImporter.apply(asOcel1(ocel));

  const byDeal = OcelFlattening.apply(read, 'deal');
  expect(byDeal.traces).toHaveLength(2);
  expect(path(byDeal, 0)).toEqual(WAY_TO_A_CUSTOMER);
  // Rita did all nine steps of the one deal and both of the other.
  const byPerson = OcelFlattening.apply(read, 'person');
  expect(byPerson.traces.map(({ events }) => events.length)).toEqual([11]);
});

test('every object and type that the OCEL 2.0 log speaks of is declared in it', async () => {
  const ocel = JSON.parse(await (await givenLog()).written('ocel2')) as Ocel2;
  const ids = new Set(ocel.objects.map(({ id }) => id));
  const named = [...ocel.events, ...ocel.objects].flatMap(({ relationships }) => relationships.map(({ objectId }) => objectId));
  expect(named.filter((id) => !ids.has(id))).toEqual([]);
  expect(ocel.objectTypes.map(({ name }) => name)).toEqual(['deal', 'person', 'account']);
  const types = new Set(ocel.eventTypes.map(({ name }) => name));
  expect(ocel.events.filter(({ type }) => !types.has(type))).toEqual([]);
  expect(ocel.objects.find(({ id }) => id === 'deal:D-1')!.relationships).toEqual([
    { objectId: 'account:Birch & Sons', qualifier: 'sold to' },
  ]);
});

test('an empty log is an empty file in every format', async () => {
  const written = async (format: ExportFormat): Promise<string> => {
    let text = '';
    for await (const piece of exportLog(eachOf<StoredEvent>([]), format)) text += piece;
    return text;
  };
  expect(await written('jsonl')).toBe('');
  expect(XesImporter.apply(await written('xes')).traces).toEqual([]);
  expect(JSON.parse(await written('ocel2'))).toMatchObject({ objects: [], events: [] });
});
