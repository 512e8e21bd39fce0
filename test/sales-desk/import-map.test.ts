import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { readProcessFile, type Problem } from '@coxswain/sales-process';
import { importMapSchema, readImportMap } from '../../libs/sales-desk/src/import/index.js';

const processes = join(import.meta.dirname, '../../processes');
const read = (name: string): string => readFileSync(join(processes, name), 'utf8');

const good = `
process: renewals
format: csv
id: deal
deal: { at: opened, owner: seller }
stage: state
stages:
  open: []
  won: [{ to: renewed, at: closed }]
`;

const told = (problems: readonly Problem[]): string[] =>
  problems.map(({ line, column, message, suggestion }) => `${line}:${column} ${message}${suggestion ? ` ${suggestion}` : ''}`);

describe('an import map', () => {
  test('a small one is read, with all that it leaves out', () => {
    const { map, problems } = readImportMap(good);
    expect(problems).toEqual([]);
    expect(map).toMatchObject({
      rows: 'deals',
      timezone: 'UTC',
      encoding: 'utf-8',
      decimal: '.',
      undated: null,
      deal: { at: ['opened'], owner: { column: 'seller', as: 'text' }, origin: { column: null, otherwise: 'import' } },
      states: { column: 'state', steps: { open: [], won: [{ to: 'renewed', at: 'closed', facts: {} }] } },
      events: null,
    });
  });

  test.each(['maven-crm', 'loan-application'])('the shipped map %s fits its process', (name) => {
    const { map } = readImportMap(read(`${name}.map.yaml`));
    const { process } = readProcessFile(read(`${map!.process}.process.yaml`));
    expect(readImportMap(read(`${name}.map.yaml`), process!).problems).toEqual([]);
  });

  test('every mistake is told at once, each with its place and what would help', () => {
    const text = `process: renewals
format: cvs
id: deal
timezone: Europe/Berlim
dates: DD.MM
deal: { at: opened, owner: seller, acount: buyer }
stage: state
stages:
  won: [{ to: renewed }]
`;
    expect(told(readImportMap(text).problems)).toEqual([
      '2:9 "format" can only be csv, xes. Did you mean "csv"?',
      '5:8 "dates" cannot be "DD.MM". How dates are written, with YYYY, MM, DD and perhaps HH, mm, ss: MM/DD/YYYY. ISO 8601 is always understood.',
      '6:36 "deal" has no key "acount". Did you mean "account"?',
      '9:9 "stages.won.0" must have the key "at".',
    ]);
  });

  test('what is named must be there, and what belongs together must stand together', () => {
    const text = `process: renewals
format: csv
id: deal
timezone: Europe/Berlim
undated: "2026-02-30"
lookups: { products: { file: products.csv, key: name } }
deal:
  at: opened
  owner: { column: seller, take: name }
  facts:
    product: { column: product, lookup: product }
    amount: { column: value, as: money }
    budget: { as: yesno }
stage: state
note: remark
`;
    expect(told(readImportMap(text).problems)).toEqual([
      '1:1 A map of rows of deals must have the key "stages".',
      '4:11 There is no time zone "Europe/Berlim". It is written like Europe/Berlin.',
      '5:10 There is no day "2026-02-30".',
      '9:10 "deal.owner" has "take" and so must have "lookup".',
      '11:41 There is no lookup "product". Did you mean "products"?',
      '12:13 "deal.facts.amount" is money: say its "currency", here or for the whole map.',
      '13:13 "deal.facts.budget" must say its "column", or with "otherwise" what it always is.',
      '15:7 A map of rows of deals has no use for "note".',
    ]);
  });

  test('an activity leads to a stage or is an activity, and a deal begins with one that leads to a stage', () => {
    const text = `process: renewals
format: xes
id: case:concept:name
deal: { owner: "org:resource" }
activity: concept:name
at: time:timestamp
by: org:resource
begins: Called
activities:
  Called: { activity: call }
  Signed: { stage: won, activity: sign }
  Slept: ignore
  Left: ignored
`;
    expect(told(readImportMap(text).problems)).toEqual(['13:9 "activities.Left" can only be ignore. Did you mean "ignore"?']);
    expect(told(readImportMap(text.replace('ignored', 'ignore')).problems)).toEqual([
      '8:9 "begins" must name an activity that leads to a stage; "Called" does not.',
      '11:11 The activity "Signed" can lead to a stage or be an activity, not both.',
    ]);
  });

  test('with its process at hand, a stage or field that the process does not have is told', () => {
    const { process } = readProcessFile(read('crm-export.process.yaml'));
    const text = read('maven-crm.map.yaml').replace('to: won', 'to: wno').replace('listPrice:', 'listPrise:');
    const lineOf = (words: string): number => text.slice(0, text.indexOf(words)).split('\n').length;
    expect(told(readImportMap(text, process!).problems)).toEqual([
      `${lineOf('listPrise')}:5 The process "crm-export" has no field "listPrise". Did you mean "listPrice"?`,
      `${lineOf('to: wno')}:11 The process "crm-export" has no stage "wno". Did you mean "won"?`,
    ]);
  });

  test('a text that is no map is refused with its place', () => {
    expect(told(readImportMap('process: [a\nformat: csv').problems)[0]).toMatch(/^2:\d+ The text cannot be read: /);
    expect(told(readImportMap('id: a\nid: b').problems)).toEqual([
      '2:1 This key stands here a second time; each key can stand only once.',
    ]);
    expect(told(readImportMap('process: &a x\nid: *a').problems)).toEqual([
      '2:5 A map cannot refer to another part of itself with *; write the part out.',
    ]);
    expect(told(readImportMap('just words').problems)).toEqual(['1:1 The map must be a group of keys.']);
    expect(told(readImportMap('').problems)).toEqual(['1:1 The map must be a group of keys.']);
    expect(readImportMap(`a: ${'x'.repeat(300_000)}`).problems[0]!.code).toBe('too-large');
    expect(readImportMap('['.repeat(100_000)).problems[0]!.code).toMatch(/too-deep|yaml/);
  });

  test('the published schema is the one that maps are checked with', () => {
    const published: unknown = JSON.parse(read('import-map.schema.json'));
    expect(published).toEqual(JSON.parse(JSON.stringify(importMapSchema)));
  });
});
