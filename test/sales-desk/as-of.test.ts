import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { openMemoryStore } from '@coxswain/event-store';
import {
  contextOf,
  DealColumns,
  FactNotes,
  measure,
  MEASURE_NAMES,
  type LoggedEvent,
  type ProcessVersion,
} from '@coxswain/projections';
import { SalesDesk } from '@coxswain/sales-desk';
import { besideFile, fileSource, importFile } from '../../libs/sales-desk/src/import/index.js';
import { operations } from './given-desk.js';
import { dataFile, describeWithData, mapOf } from './import-given.js';

/** A real log, brought in as a user would, long after it happened. */
async function broughtIn(
  process: string,
  map: string,
  file: string,
): Promise<{ log: readonly LoggedEvent[]; versions: ProcessVersion[] }> {
  const read = (name: string): string => readFileSync(join(import.meta.dirname, `../../processes/${name}`), 'utf8');
  const now = (): Date => new Date('2026-06-30T09:00:00.000Z');
  const { store, readModels } = openMemoryStore({ now });
  const desk = await SalesDesk.open({ store, readModels, now });
  await desk.publish(read(`${process}.process.yaml`), 'yaml', operations);
  const { stopped } = await importFile(desk, {
    file: fileSource(dataFile(file)),
    map: mapOf(read(map)),
    lookups: besideFile(dataFile(file)),
  });
  expect(stopped).toBeNull();
  const log: LoggedEvent[] = [];
  for await (const event of store.readAll()) if (event.stream.startsWith('opportunity-')) log.push(event);
  const versions = desk.versions(process).map(({ ref, definition, publishedAt }) => ({ ref, definition, publishedAt }));
  await desk.close();
  return { log, versions };
}

const foldedOf = (log: Iterable<LoggedEvent>): DealColumns => {
  const columns = new DealColumns();
  for (const event of log) columns.fold(event);
  return columns;
};

const factsOf = (log: Iterable<LoggedEvent>): FactNotes => {
  const facts = new FactNotes();
  for (const event of log) facts.add(event);
  return facts;
};

/** What had occurred by then, of deals whose capture had. */
function upTo(log: readonly LoggedEvent[], instant: string): readonly LoggedEvent[] {
  const occurred = ({ data }: LoggedEvent): boolean => (data as { readonly occurredAt: string }).occurredAt <= instant;
  const begun = new Set(
    log.filter((event) => event.type === 'OpportunityCaptured' && occurred(event)).map(({ stream }) => stream),
  );
  return log.filter((event) => begun.has(event.stream) && occurred(event));
}

describeWithData('what happened after an instant never changes a figure as of that instant, by when it occurred', () => {
  test.each([
    ['crm-export', 'maven-crm.map.yaml', 'maven-crm/sales_pipeline.csv', ['2017-03-31T21:00:00Z', '2017-08-15T00:00:00Z']],
    [
      'loan-application',
      'loan-application.map.yaml',
      'event-logs/bpic2012.xes.gz',
      ['2011-11-20T10:00:00Z', '2012-01-31T23:00:00Z'],
    ],
  ] as const)(
    'every measure of %s',
    async (process, map, file, instants) => {
      const { log, versions } = await broughtIn(process, map, file);
      const whole = foldedOf(log);
      for (const asOf of instants) {
        const earlier = upTo(log, new Date(asOf).toISOString());
        const cut = foldedOf(earlier);
        expect(cut.deals).toBeGreaterThan(1_000);
        expect(cut.size).toBeLessThan(whole.size);
        for (const name of MEASURE_NAMES) {
          const asked = contextOf({ process, asOf, asOfBy: 'occurred', by: 'team' }, versions, '2026-07-01T00:00:00.000Z');
          const all = measure(name, whole, { ...asked, facts: factsOf(log) });
          const truncated = measure(name, cut, { ...asked, facts: factsOf(earlier) });
          // Which of them differs, without printing both.
          expect({ name, asOf, same: JSON.stringify(all) === JSON.stringify(truncated) }).toEqual({ name, asOf, same: true });
          expect(all).toMatchObject({ asOfBy: 'occurred', clock: new Date(asOf).toISOString() });
        }
      }
    },
    240_000,
  );
});

test('an instant by which things had occurred is the clock: asked for twice it is refused', () => {
  expect(() =>
    contextOf({ process: 'a', asOf: '2026-01-01', asOfBy: 'occurred', clock: '2026-01-01' }, [], '2026-02-01T00:00:00.000Z'),
  ).toThrow('an instant by which things had occurred is the clock already: leave one of the two out');
  expect(contextOf({ process: 'a', asOf: '2026-01-01' }, [], '2026-02-01T00:00:00.000Z')).toMatchObject({ asOf: '2026-01-01' });
});
