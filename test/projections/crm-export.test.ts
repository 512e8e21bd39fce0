import { existsSync, readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { measure, type DealColumns, type LoggedEvent, type MeasureContext } from '@coxswain/projections';
import {
  captureHistory,
  compileProcess,
  evolve,
  readProcessFile,
  recordHistory,
  type HistoryStep,
  type Opportunity,
  type OpportunityEvent,
} from '@coxswain/sales-process';
import { columnsOf } from './given.js';

const EXPORT = '../shared/data/maven-crm/sales_pipeline.csv';
const present = existsSync(EXPORT);
if (!present) console.warn(`SKIPPED: ${EXPORT} is missing, so the measures are not held against a real export.`);

const FIRST_DAY = '2016-10-01';
const { process: definition, hash } = readProcessFile(readFileSync('processes/crm-export.process.yaml', 'utf8'));
const process = compileProcess(definition!, { id: definition!.id, version: 1, hash: hash! });
const instant = (day: string): string => `${day}T12:00:00.000Z`;

/** `10/20/2016` is 2016-10-20. */
const dayOf = (american: string): string =>
  american.replace(
    /^(\d+)\/(\d+)\/(\d+)$/,
    (_, month: string, day: string, year: string) => `${year}-${month.padStart(2, '0')}-${day.padStart(2, '0')}`,
  );

/** The rows as an import records them: all written in one instant, long after they happened. */
function histories(): DealColumns {
  const [, ...rows] = readFileSync(EXPORT, 'utf8').trim().split(/\r?\n/);
  const log: LoggedEvent[] = [];
  for (const row of rows) {
    const [id, agent, product, account, stage, engaged, closed, value] = row.split(',') as [
      string,
      string,
      string,
      string,
      string,
      string,
      string,
      string,
    ];
    const occurredAt = instant(dayOf(engaged || FIRST_DAY));
    const capture = {
      id,
      occurredAt,
      by: agent,
      owner: agent,
      team: null,
      account: account || null,
      origin: 'import',
      facts: { product },
    };
    const events: OpportunityEvent[] = [...captureHistory(process, capture).events];
    let deal: Opportunity = evolve(null, events[0]!, id);
    const add = (step: HistoryStep): void => {
      for (const event of recordHistory(process, deal, step).events) {
        events.push(event);
        deal = evolve(deal, event, id);
      }
    };
    if (stage !== 'Prospecting') add({ kind: 'stage', to: 'engaging', occurredAt, by: agent });
    if (stage === 'Won' || stage === 'Lost') {
      const amount = { minor: Number(value) * 100, currency: 'USD' };
      add({
        kind: 'stage',
        to: stage.toLowerCase(),
        occurredAt: instant(dayOf(closed)),
        by: agent,
        facts: { amount, closeDate: dayOf(closed) },
      });
    }
    for (const { type, ...data } of events) {
      const position = String(log.length).padStart(10, '0');
      log.push({ position, stream: `opportunity-${id}`, revision: 0, recordedAt: '2026-01-01T00:00:00.000Z', type, data });
    }
  }
  return columnsOf(log);
}

(present ? test : test.skip)('a real CRM export comes back from the measures with its own counts', () => {
  const deals = histories();
  const context: MeasureContext = {
    process: 'crm-export',
    asOf: '2026-01-01T00:00:00.000Z',
    clock: '2018-01-01',
    versions: [{ ref: process.ref, definition: process.definition, publishedAt: '2025-01-01T00:00:00.000Z' }],
  };
  const pipeline = measure('pipeline', deals, context);
  expect(pipeline.deals).toBe(8800);
  const counts = Object.fromEntries(pipeline.groups[0]!.stages.map(({ stage, deals: here }) => [stage, here]));
  expect(counts).toEqual({ prospecting: 500, engaging: 1589, won: 4238, lost: 2473 });
  expect(pipeline.groups[0]!.open).toBe(2089);

  // 4,238 / (4,238 + 2,473) = .6315
  const sources = measure('sources', deals, context).groups[0]!.sources[0]!;
  expect(sources).toMatchObject({
    name: null,
    deals: 8800,
    won: 4238,
    lost: 2473,
    open: 2089,
    winRate: { rate: expect.closeTo(0.6315, 4), of: 6711 },
  });
  expect(measure('adherence', deals, context).groups[0]!.steps.rate).toBe(1);

  // Taken back to 1 September 2017, what closed later is open again: by an independent count over the file
  // 6,356 had been engaged before that day, of which 2,539 were won and 1,552 lost before it.
  const then = measure('cycle-time', deals, { ...context, clock: '2017-09-01' }).groups[0]!.qualifiedToWon;
  expect(then).toMatchObject({ deals: 6356, won: 2539, lost: 1552, open: 2265 });

  // What closed won in 2017, by quarter, adds up to the export's own total of 10,005,534.
  const { periods } = measure('forecast', deals, { ...context, from: '2017-01-01', to: '2018-01-01' }).groups[0]!;
  expect(periods.map(({ period }) => period)).toEqual(['2017-Q1', '2017-Q2', '2017-Q3', '2017-Q4']);
  expect(periods.reduce((sum, { won }) => sum + (won.amounts[0]?.minor ?? 0), 0)).toBe(1_000_553_400);
});
