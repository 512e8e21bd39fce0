import { describe, expect, test } from '@jest/globals';
import { gzipSync } from 'node:zlib';
import { sayBalance, textSource } from '../../libs/sales-desk/src/import/index.js';
import { balances, FakeDoor, imported, mapOf } from './import-given.js';

const map = `
process: renewals
format: csv
id: deal
timezone: Europe/Berlin
dates: DD.MM.YYYY
currency: EUR
deal:
  at: [opened, closed]
  owner: seller
  facts:
    amount: { column: value, as: money }
    seats: { column: seats, as: number }
    budget: { column: budget, as: yesno, values: { sicher: "yes" } }
stage: state
stages:
  open: []
  won: [{ to: quoted, at: opened }, { to: renewed, at: closed, facts: { closeDate: { column: closed, as: date } } }]
  lost: [{ to: left, at: closed }]
`;
const header = 'deal,seller,state,opened,closed,value,seats,budget\n';
const row = (
  cells: Partial<Record<'deal' | 'seller' | 'state' | 'opened' | 'closed' | 'value' | 'seats' | 'budget', string>>,
): string =>
  Object.values({
    deal: 'D1',
    seller: 'rita',
    state: 'won',
    opened: '2.3.2026',
    closed: '30.03.2026',
    value: '12.50',
    seats: '3',
    budget: 'sicher',
    ...cells,
  }).join(',') + '\n';

const rejections = async (text: string, more = ''): Promise<string[]> => {
  const { report } = await imported(text, map + more);
  expect(balances(report)).toBe(true);
  return report.rejected.flatMap(({ code, first }) => first.map(({ line, deal, say }) => `${line} ${deal} ${code}: ${say}`));
};

describe('a CSV file with one row a deal', () => {
  test('a row becomes a deal with its typed facts and the steps that its stage stands for', async () => {
    const { report, door } = await imported(header + row({}), map);
    // Noon in Berlin: 11:00 UTC in winter, 10:00 UTC from 29 March 2026 on.
    expect(door.requests).toEqual([
      {
        process: 'renewals',
        id: 'D1',
        batch: report.batch,
        capture: {
          occurredAt: '2026-03-02T11:00:00.000Z',
          by: 'rita',
          owner: 'rita',
          team: null,
          account: null,
          origin: 'import',
          facts: { amount: { minor: 1250, currency: 'EUR' }, seats: 3, budget: true },
        },
        steps: [
          { key: '0-quoted', kind: 'stage', to: 'quoted', occurredAt: '2026-03-02T11:00:00.000Z', by: 'rita' },
          {
            key: '1-renewed',
            kind: 'stage',
            to: 'renewed',
            occurredAt: '2026-03-30T10:00:00.000Z',
            by: 'rita',
            facts: { closeDate: '2026-03-30' },
          },
        ],
      },
    ]);
    expect(report.occurred).toEqual({ from: '2026-03-02T11:00:00.000Z', to: '2026-03-30T10:00:00.000Z' });
  });

  test.each([
    ['no id', { deal: '' }, '2 null missing-id: The row has no id in "deal".'],
    [
      'a day that is none',
      { opened: '31.02.2026' },
      '2 D1 unreadable-date: "31.02.2026" in "opened" is no date like DD.MM.YYYY.',
    ],
    ['an unknown stage', { state: 'wom' }, '2 D1 unknown-stage: The map does not know the stage "wom": did you mean "won"?'],
    ['no stage', { state: '' }, '2 D1 unknown-stage: The row names no stage.'],
    ['an amount in words', { value: 'much' }, '2 D1 unreadable-number: "much" in "value" is no amount in EUR.'],
    [
      'an amount with thousands that look like decimals',
      { value: '12.500' },
      '2 D1 unreadable-number: "12.500" in "value" is no amount in EUR; with decimal: "," in the map it is one.',
    ],
    ['an amount in another currency', { value: '$12.50' }, '2 D1 unreadable-number: "$12.50" in "value" is no amount in EUR.'],
    ['an amount below nothing', { value: '-5' }, '2 D1 negative-money: "-5" in "value" is less than nothing.'],
    [
      'an amount that is too large to be exact',
      { value: '99999999999999999' },
      '2 D1 unreadable-number: "99999999999999999" in "value" is no amount in EUR.',
    ],
    ['a number in words', { seats: 'three' }, '2 D1 unreadable-number: "three" in "seats" is no number.'],
    ['neither yes nor no', { budget: 'perhaps' }, '2 D1 unreadable-yesno: "perhaps" in "budget" is neither yes nor no.'],
    ['nobody who sells', { seller: '' }, '2 D1 missing-owner: The row has no owner.'],
    [
      'no date',
      { opened: '', closed: '', state: 'open' },
      '2 D1 missing-date: The deal has no date. Say in the map\'s "undated" which day to take.',
    ],
    [
      'a day of a step that has not come yet',
      { closed: '1.7.2026' },
      '2 D1 future-date: "1.7.2026" in "closed" has not come yet.',
    ],
    [
      'a day of its beginning that has not come yet',
      { opened: '14.01.2030' },
      '2 D1 future-date: "14.01.2030" in "opened" has not come yet.',
    ],
    ['no date of a step', { closed: '' }, '2 D1 missing-date: The step to renewed has no date in "closed".'],
    [
      'a text too long',
      { seller: 'x'.repeat(10_001) },
      '2 D1 too-long: The text in "seller" has 10001 characters, more than 10000.',
    ],
    ['a column too many', { budget: 'sicher,more' }, '2 D1 too-many-columns: The row has 9 columns, the header 8.'],
  ])('a row with %s is rejected and told; the others go on', async (_, cells, told) => {
    const text = header + row(cells) + row({ deal: 'D2' });
    expect(await rejections(text)).toEqual([told]);
    const { report, door } = await imported(text, map);
    expect(door.requests.map(({ id }) => id)).toEqual(['D2']);
    expect(report.rows).toEqual({ read: 2, stored: 1, alreadyThere: 0, rejected: 1, leftOut: 0 });
  });

  test('a row with several problems tells each of them, and each column once', async () => {
    const text = header + row({ seller: '', opened: 'oops', closed: '31.02.2026', value: 'much', seats: 'three', state: 'won' });
    expect(await rejections(text)).toEqual([
      '2 D1 unreadable-date: "oops" in "opened" is no date like DD.MM.YYYY.',
      '2 D1 unreadable-date: "31.02.2026" in "closed" is no date like DD.MM.YYYY.',
      '2 D1 unreadable-number: "much" in "value" is no amount in EUR.',
      '2 D1 unreadable-number: "three" in "seats" is no number.',
      '2 D1 missing-owner: The row has no owner.',
    ]);
    const { report } = await imported(text, map);
    expect(report.rows).toEqual({ read: 1, stored: 0, alreadyThere: 0, rejected: 1, leftOut: 0 });
  });

  test('a number that another sign before its decimals would make one says so', async () => {
    const text = header + row({ seats: '"4.500,5"', value: '"4.500,00"' });
    expect(await rejections(text)).toEqual([
      '2 D1 unreadable-number: "4.500,00" in "value" is no amount in EUR; with decimal: "," in the map it is one.',
      '2 D1 unreadable-number: "4.500,5" in "seats" is no number; with decimal: "," in the map it is one.',
    ]);
  });

  test('the present day has come, though its noon has not: what is said of it happened by now, also on a repetition', async () => {
    // It is 9:00 UTC on 30 June, 11:00 in Berlin.
    const { report, door } = await imported(header + row({ closed: '30.6.2026' }), map);
    expect([report.rows.stored, door.deal('D1').steps[1]!.occurredAt]).toEqual([1, '2026-06-30T09:00:00.000Z']);

    const log = `process: renewals
format: csv
rows: events
id: deal
deal: { owner: seller }
activity: what
at: at
by: seller
activities: { called: { activity: call }, left: { stage: left } }
`;
    const events = (at: string): string => `deal,what,at,seller\nD1,called,2026-06-01,rita\nD1,left,${at},rita\n`;
    const today = (await imported(events('2026-06-30'), log)).door.deal('D1').steps[1]!;
    expect(today).toMatchObject({ key: 'left@2026-06-30T12:00:00.000Z', occurredAt: '2026-06-30T09:00:00.000Z' });
    const later = await imported(events('2026-06-30T09:00:01Z'), log);
    expect(later.report.rejected.map(({ first }) => first[0]!.say)).toEqual(['"2026-06-30T09:00:01Z" in "at" has not come yet.']);
  });

  test('a deal that stands there twice is taken once: the same words are already there, other words are rejected', async () => {
    const { report, lines } = await imported(header + row({}) + row({}) + row({ value: '13' }), map);
    expect(report.rows).toEqual({ read: 3, stored: 1, alreadyThere: 1, rejected: 1, leftOut: 0 });
    expect(report.deals).toEqual({ read: 1, stored: 1, alreadyThere: 0, rejected: 0, leftOut: 0 });
    expect(lines).toEqual([
      {
        kind: 'warning',
        line: 3,
        deal: 'D1',
        code: 'row-twice',
        say: 'The file has the very same row before.',
        column: null,
        value: null,
      },
      {
        kind: 'rejected',
        line: 4,
        deal: 'D1',
        code: 'id-twice',
        say: 'An earlier row has the id "D1" and says something else.',
        column: 'deal',
        value: 'D1',
      },
    ]);
    expect(balances(report)).toBe(true);
  });

  test('a mark of byte order, Windows line ends, semicolons and lines within quotes are read as they are meant', async () => {
    const text =
      '\ufeffdeal;seller;state;opened;closed;value;seats;budget\r\nD1;"Rita\r\n""the"" seller";open;2.3.2026;;"1.234,50";;\r\n\r\nD2;rita;open;oops;;;;\r\n';
    const { door } = await imported(text, `${map}decimal: ","\n`);
    expect(door.requests[0]!.capture).toMatchObject({
      owner: 'Rita\n"the" seller',
      facts: { amount: { minor: 123_450, currency: 'EUR' } },
    });
    // The first deal takes lines 2 and 3, line 4 is empty.
    expect(await rejections(text, 'decimal: ","\n')).toEqual([
      '5 D2 unreadable-date: "oops" in "opened" is no date like DD.MM.YYYY.',
    ]);
  });

  test('a deal without a date takes the day that the map says, and the report says so', async () => {
    const { report, door } = await imported(
      header + row({ opened: '', closed: '', state: 'open' }),
      `${map}undated: "2026-01-31"\n`,
    );
    expect(door.deal('D1').capture.occurredAt).toBe('2026-01-31T11:00:00.000Z');
    expect(report.warnings).toEqual([
      {
        code: 'undated',
        count: 1,
        first: [{ line: 2, deal: 'D1', say: 'The deal has no date; the map says to take 2026-01-31.' }],
      },
    ]);
  });

  test('a deal that was closed before it was opened keeps the order of its steps, and the report says so', async () => {
    const { report, door } = await imported(header + row({ closed: '1.3.2026' }), map);
    expect(door.deal('D1').steps.map(({ key }) => key)).toEqual(['0-quoted', '1-renewed']);
    expect(report.warnings.map(({ code, count }) => [code, count])).toEqual([['time-goes-back', 1]]);
  });

  test('a step that the process cannot name is rejected with its row, and the deal is there up to it', async () => {
    const { report } = await imported(header + row({}) + row({ deal: 'D2', state: 'open' }), map, {
      door: new FakeDoor(['quoted']),
    });
    expect(report.rows).toEqual({ read: 2, stored: 1, alreadyThere: 0, rejected: 1, leftOut: 0 });
    expect(report.deals).toEqual({ read: 2, stored: 2, alreadyThere: 0, rejected: 0, leftOut: 0 });
    expect(report.steps).toEqual({ read: 4, stored: 3, alreadyThere: 0, rejected: 1, leftOut: 0 });
    expect(report.rejected[0]).toEqual({
      code: 'not-in-the-process',
      count: 1,
      first: [{ line: 2, deal: 'D1', say: 'The process has no stage "renewed".' }],
    });
  });

  test('deals go to the desk in portions, and a repetition stores nothing', async () => {
    const door = new FakeDoor();
    const text = header + Array.from({ length: 5 }, (_, index) => row({ deal: `D${index}` })).join('');
    const progress: (number | null)[][] = [];
    const first = await imported(text, map, {
      door,
      dealsAtOnce: 2,
      onProgress: ({ bytesRead, totalBytes, rows }) => progress.push([bytesRead, totalBytes, rows]),
    });
    expect(door.batches).toEqual([2, 2, 1]);
    expect(progress.at(-1)).toEqual([text.length, text.length, 5]);
    const again = await imported(text, map, { door });
    expect(again.report.rows).toEqual({ read: 5, stored: 0, alreadyThere: 5, rejected: 0, leftOut: 0 });
    expect(sayBalance(again.report.rows, 'rows read')).toBe('5 rows read = 0 stored + 5 already there + 0 rejected');
    expect(again.report.batch).toBe(first.report.batch);
    expect((await imported(`${text}\n`, map)).report.batch).not.toBe(first.report.batch);
    expect((await imported(text, map, { batch: 'mine' })).report.batch).toBe('mine');
  });

  test('a dry run tells what would come in, and nothing does', async () => {
    const door = new FakeDoor();
    const dry = await imported(header + row({}), map, { door, dryRun: true });
    expect(dry.report).toMatchObject({ dryRun: true, rows: { read: 1, stored: 1 } });
    expect((await imported(header + row({}), map, { door })).report.rows.stored).toBe(1);
  });
});

describe('files beside the imported one', () => {
  const joined = `
process: renewals
format: csv
id: deal
currency: EUR
lookups: { products: { file: products.csv, key: name, spelling: { line: { Hrad: Hard } } } }
spelling: { product: { GTXPro: GTX Pro } }
deal:
  at: opened
  owner: { otherwise: rita }
  facts:
    product: { column: product, lookup: products }
    line: { column: product, lookup: products, take: line }
    price: { column: product, lookup: products, take: price, as: money }
stage: state
stages: { open: [] }
`;
  const products = 'name,line,price\nGTX Pro,Hrad,48.21\nMG,Soft,55\nMG,Softer,56\n';
  const deals = 'deal,state,opened,product\nD1,open,2026-03-02,GTXPro\nD2,open,2026-03-02,GTZ Pro\n';
  const beside = (name: string) => (name === 'products.csv' ? textSource(name, products) : null);

  test('values are joined and corrected, and what is not listed is rejected with a guess', async () => {
    const { report, door, lines } = await imported(deals, joined, { lookups: beside });
    expect(door.requests.map(({ id, capture }) => [id, capture.facts])).toEqual([
      ['D1', { product: 'GTX Pro', line: 'Hard', price: { minor: 4821, currency: 'EUR' } }],
    ]);
    expect(report.corrections).toEqual([
      { file: 'products.csv', column: 'line', from: 'Hrad', to: 'Hard', count: 1 },
      { file: 'deals.csv', column: 'product', from: 'GTXPro', to: 'GTX Pro', count: 1 },
    ]);
    expect(lines.map(({ kind, code, line }) => `${line} ${kind} ${code}`)).toEqual([
      '2 correction spelling',
      '4 warning lookup-twice',
      '2 correction spelling',
      '3 rejected not-listed',
      'null warning listed-unused',
    ]);
    expect(report.rejected[0]!.first[0]!.say).toBe(
      '"GTZ Pro" is not listed in products.csv: did you mean "GTX Pro"? Say so in the map\'s "spelling".',
    );
    expect(report.warnings.at(-1)!.first[0]!.say).toBe('1 of the 2 listed in products.csv stand in no row: MG.');
  });

  test('where the map says so, a row whose value is not listed comes in with a warning', async () => {
    const { report, door } = await imported(deals, joined.replace('key: name,', 'key: name, missing: warn,'), {
      lookups: beside,
    });
    expect(door.deal('D2').capture.facts).toEqual({ product: 'GTZ Pro' });
    expect(report.rows.stored).toBe(2);
    expect(report.warnings.map(({ code }) => code)).toContain('not-listed');
  });

  test('a file that is not there, or lacks a column, stops the import before it begins', async () => {
    expect((await imported(deals, joined)).report).toMatchObject({
      rows: { read: 0 },
      stopped: { code: 'lookup-missing', say: 'The map needs the file "products.csv" beside the imported one; it is not there.' },
    });
    const wrong = await imported(deals, joined.replace('take: price', 'take: prise'), { lookups: beside });
    expect(wrong.report.stopped).toMatchObject({
      code: 'unknown-column',
      say: 'The map names the column "prise", which products.csv does not have: did you mean "price"?',
    });
    const header = await imported(deals.replace('opened', 'openned'), joined, { lookups: beside });
    expect(header.report.stopped).toMatchObject({
      code: 'unknown-column',
      say: 'The map names the column "opened", which deals.csv does not have: did you mean "openned"?',
    });
  });
});

describe('a file that cannot be read', () => {
  const stopped = async (file: string | Buffer): Promise<string> => {
    const { report, door } = await imported(file, map);
    expect(balances(report)).toBe(true);
    return `${report.stopped?.code} ${report.stopped?.line ?? '-'} ${door.requests.length}`;
  };
  const many = header + Array.from({ length: 3_000 }, (_, index) => row({ deal: `D${index}` })).join('');

  test('a compressed file is read by what it is, not by its name', async () => {
    expect((await imported(gzipSync(many), map)).report.rows.stored).toBe(3_000);
  });

  test('one that breaks off, is damaged, or is no text is refused before anything of it is stored', async () => {
    const packed = gzipSync(many);
    expect(await stopped(packed.subarray(0, packed.length - 100))).toBe('gz-truncated - 0');
    const damaged = Buffer.from(packed);
    damaged.fill(0xff, 2_000, 2_040);
    expect(await stopped(damaged)).toBe('gz-damaged - 0');
    expect(await stopped(Buffer.concat([Buffer.from(many), Buffer.from([0xfc, 0x0a])]))).toBe('wrong-encoding - 0');
    expect(await stopped('')).toBe('empty - 0');
    expect(await stopped('\ufeff \r\n')).toBe('empty - 0');
    expect(await stopped(gzipSync(''))).toBe('empty - 0');
  });

  test('an empty one is told by its name, or as what it is where it has none', async () => {
    const says = ['deals.csv', 'the file'].map(async (name) => (await imported(textSource(name, ''), map)).report.stopped?.say);
    expect(await Promise.all(says)).toEqual(['There is nothing in deals.csv.', 'There is nothing in the file.']);
  });

  test('one in another encoding is read when the map says which', async () => {
    const { door } = await imported(Buffer.from(header + row({ seller: 'Jürgen' }), 'latin1'), `${map}encoding: windows-1252\n`);
    expect(door.deal('D1').capture.owner).toBe('Jürgen');
  });

  test('a compressed file that unpacks to far more than an export has is refused', async () => {
    expect(await stopped(gzipSync(Buffer.alloc(100 * 1024 * 1024, 'a')))).toBe('gz-too-large - 0');
  });

  test('a quote that is never closed stops the import there; what stands before it has come in', async () => {
    expect(await stopped(header + row({}) + row({ deal: 'D2', seller: '"rita' }))).toBe('quote-open 3 1');
    expect(await stopped(many + row({ seller: '"rita' }))).toBe('quote-open 3002 3000');
    expect(await stopped('deal,deal\n1,2\n')).toBe('column-twice 1 0');
    const endless = header + row({}) + row({ seller: '"rita' }) + row({}).repeat(30_000);
    expect(await stopped(endless)).toBe('row-too-long 3 1');
  });
});

describe('a CSV file with one row an event', () => {
  const log = mapOf(`
process: renewals
format: csv
rows: events
id: case
deal: { owner: { column: who, otherwise: unknown }, facts: { amount: { column: value, as: money, currency: EUR } } }
activity: what
at: when
by: { column: who, otherwise: unknown }
note: remark
begins: opened
activities:
  opened: { stage: due }
  offered: { stage: quoted }
  called: { activity: call }
  priced: { facts: { amount: { column: value, as: money, currency: EUR } } }
  slept: ignore
`);
  const text = `case;what;when;who;value;remark
A;opened;2026-03-02 10:00:00+01:00;rita;10;
B;called;2026-03-02T10:05Z;rita;;no answer
A;called;2026-03-02 10:10:00+01:00;;;
A;called;2026-03-02 10:10:00+01:00;paul;;
B;slept;2026-03-02T10:05Z;;;
A;priced;2026-03-01 10:00:00+01:00;paul;20;
A;offered;2026-03-03 10:00:00+01:00;paul;;
B;sneezed;2026-03-03T10:00Z;paul;;
`;

  test('the events of each deal stand in the order of the file, wherever they stand in it and whatever their times say', async () => {
    const { report, door } = await imported(text, log);
    expect(door.requests.map(({ id }) => id)).toEqual(['A', 'B']);
    expect(door.deal('A')).toMatchObject({
      capture: { occurredAt: '2026-03-02T09:00:00.000Z', by: 'rita', facts: { amount: { minor: 1000, currency: 'EUR' } } },
      steps: [
        { key: 'called@2026-03-02T09:10:00.000Z', kind: 'activity', activity: 'call', note: null, by: 'unknown' },
        { key: 'called@2026-03-02T09:10:00.000Z#2', by: 'paul' },
        { key: 'priced@2026-03-01T09:00:00.000Z', kind: 'facts', facts: { amount: { minor: 2000, currency: 'EUR' } } },
        { key: 'offered@2026-03-03T09:00:00.000Z', kind: 'stage', to: 'quoted' },
      ],
    });
    expect(report.sameInstant).toBe(1);
    expect(report.warnings.map(({ code, first }) => [code, first[0]!.line])).toEqual([['time-goes-back', 7]]);
  });

  test('every event is stored, rejected or left out as the map says, and a deal may begin with any of them', async () => {
    const door = new FakeDoor();
    const { report } = await imported(text, log, { door });
    expect(door.deal('B')).toMatchObject({
      capture: { occurredAt: '2026-03-02T10:05:00.000Z' },
      steps: [{ kind: 'activity', activity: 'call', note: 'no answer' }],
    });
    // A: the capture and four steps. B: a call; one left out, one that the map does not know.
    expect(report.rows).toEqual({ read: 8, stored: 6, alreadyThere: 0, rejected: 1, leftOut: 1 });
    // The capture of B is no event of the file.
    expect(report.steps).toEqual({ read: 7, stored: 7, alreadyThere: 0, rejected: 0, leftOut: 0 });
    expect(report.deals).toEqual({ read: 2, stored: 2, alreadyThere: 0, rejected: 0, leftOut: 0 });
    expect(report.rejected[0]!.first[0]).toMatchObject({
      line: 9,
      deal: 'B',
      say: 'The map does not know the activity "sneezed".',
    });
    const again = (await imported(text, log, { door })).report;
    expect(again.rows).toEqual({ read: 8, stored: 0, alreadyThere: 6, rejected: 1, leftOut: 1 });
    expect([balances(report), balances(again)]).toEqual([true, true]);
  });

  test('where the map says that rows are grouped, a deal that stands in two places is rejected in the second', async () => {
    const { report } = await imported(text, { ...log, grouped: true });
    expect(report.rejected.map(({ code, count }) => [code, count])).toEqual([['id-twice', 6]]);
    expect(report.rows).toEqual({ read: 8, stored: 2, alreadyThere: 0, rejected: 6, leftOut: 0 });
  });

  test('an event that is put right later comes in then, and none of the others twice', async () => {
    const door = new FakeDoor();
    await imported(text.replace('2026-03-02T10:05Z;rita', 'oops;rita'), log, { door });
    const { report } = await imported(text, log, { door });
    // First A with its five events; then B with its call, while its last event is as unknown as before.
    expect(report.rows).toEqual({ read: 8, stored: 1, alreadyThere: 5, rejected: 1, leftOut: 1 });
    expect(balances(report)).toBe(true);
  });

  test('where the file breaks off, no half of a past is stored', async () => {
    const { report, door } = await imported(`${text}A;"called;x\n`, log);
    expect(report.stopped).toMatchObject({ code: 'quote-open', line: 10 });
    expect(door.requests).toEqual([]);
    expect(report.rows).toEqual({ read: 8, stored: 0, alreadyThere: 0, rejected: 8, leftOut: 0 });
    expect(balances(report)).toBe(true);
  });
});
