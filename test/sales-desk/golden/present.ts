import { openMemoryStore, type StoredEvent } from '@coxswain/event-store';
import { SalesDesk, type BackTestOutcome, type DealRequest } from '@coxswain/sales-desk';
import { emptyBacktest } from '@coxswain/projections';
import { shapeMark } from '@coxswain/sales-process';
import { of } from 'rxjs';
import { newBusinessFile, operations, seller } from '../given-desk.js';

function backTestOf(outcome: BackTestOutcome): string {
  if (outcome.kind !== 'done') throw new Error(JSON.stringify(outcome));
  return outcome.backTest.backTest;
}

type Forecast = ReturnType<typeof SalesDesk.prototype.measure<'forecast'>>;

/** Five deals are too few to forecast from: an answer as a longer record would give it. */
const withFigures = (answer: Forecast): Forecast => ({
  ...answer,
  groups: answer.groups.map((group) => ({
    ...group,
    periods: group.periods.map((period) => {
      const { total } = period;
      if (total === null) return period;
      const amount = total.booked;
      const components = total.components.map((one) => ({ ...one, amount }));
      return { ...period, total: { ...total, p10: amount, p50: amount, p90: amount, components } };
    }),
  })),
});

/** Leads that nobody qualifies are given up: a time limit that asks for a move. */
const PROCESS = newBusinessFile.replace('3 working days, then: warn', '3 working days, then: disqualify');

/**
 * A log with every event that commands and imports write today, each with all that it can say: what the next golden file is made of.
 * g-1 becomes a customer past a check that was let pass, and opens an up-sell; the limit of g-2 is blocked, that of g-3 loses it;
 * g-4 comes from another system and breaks the process. The plan has a target, a call and forecasts, and the call is scored. At last the process is changed,
 * running deals of one team go on under its second version, and a third is tried on the past: one back-test finds something, one is cancelled, one fails.
 * As a shadow it would have stopped one move and allowed another that is refused.
 */
export async function presentLog(): Promise<readonly StoredEvent[]> {
  const clock = { now: new Date('2026-03-02T09:00:00.000Z') };
  const at = (instant: string): void => void (clock.now = new Date(instant));
  let ids = 0;
  const newId = (): string => `00000000-0000-4000-8000-${String((ids += 1)).padStart(12, '0')}`;
  const { store, readModels } = openMemoryStore({ now: () => clock.now });
  const desk = await SalesDesk.open({ store, readModels, now: () => clock.now, newId });
  const ask = async (id: string | null, request: DealRequest, key?: string): Promise<void> => {
    const idempotency = key === undefined ? {} : { idempotency: { key, request: `request of ${key}` } };
    const outcome = await desk.command(id, request, { actor: seller, ...idempotency });
    if ('kind' in outcome) throw new Error(JSON.stringify(outcome));
  };
  const move = (name: string, more: object = {}): Promise<void> => ask('g-1', { type: 'Advance', move: name, ...more });

  await desk.publish(PROCESS, 'yaml', operations, { note: 'The first' });
  const facts = { source: 'inbound', generatedBy: 'rita', fitScore: 80 };
  await ask(null, { type: 'Capture', id: 'g-1', process: 'new-business', facts, account: 'Birch & Sons' }, 'key-1');
  await ask(null, { type: 'Capture', id: 'g-2', process: 'new-business', owner: 'ada', team: 'south' });
  await ask(null, { type: 'Capture', id: 'g-3', process: 'new-business', facts: { source: 'partner', lostReason: 'no-fit' } });
  at('2026-03-03T09:00:00.000Z');
  await ask('g-1', { type: 'ChangeOwner', owner: 'ada', team: 'south' });
  await ask('g-1', { type: 'LogActivity', kind: 'call', note: 'Rang twice' });
  await move('qualify');
  await ask('g-1', { type: 'RecordFacts', facts: { generatedBy: null, discountPct: 10 } });
  const needed = { amount: { minor: 1_250_000, currency: 'EUR' }, closeDate: '2026-05-31', economicBuyer: 'The owner' };
  await move('propose', { facts: needed, override: ['budget'], reason: 'The board decides in May' });
  at('2026-03-09T09:00:00.000Z');
  await desk.fireDueLimits();
  for (const name of ['send', 'approve', 'win', 'handOver', 'goLive', 'upsell']) await move(name);
  await desk.recordHistory([
    {
      process: 'new-business',
      id: 'g-4',
      batch: 'batch-1',
      capture: {
        occurredAt: '2026-01-05T12:00:00.000Z',
        by: 'mia',
        owner: 'mia',
        team: null,
        account: null,
        origin: 'import',
        facts: { source: 'inbound' },
      },
      steps: [
        { key: '1', kind: 'stage', to: 'qualified', occurredAt: '2026-01-06T12:00:00.000Z', by: 'mia', facts: { fitScore: 20 } },
        { key: '2', kind: 'activity', activity: 'call', occurredAt: '2026-01-07T12:00:00.000Z', by: 'mia' },
        { key: '3', kind: 'owner', owner: 'ada', team: 'south', occurredAt: '2026-01-08T12:00:00.000Z', by: 'mia' },
        { key: '4', kind: 'stage', to: 'proposal', occurredAt: '2026-01-09T12:00:00.000Z', by: 'ada' },
        { key: '5', kind: 'track', track: 'approval', to: 'approved', occurredAt: '2026-01-12T12:00:00.000Z', by: 'ada' },
        { key: '6', kind: 'stage', to: 'won', occurredAt: '2026-01-13T12:00:00.000Z', by: 'ada' },
      ],
    },
  ]);
  // The plan: a target, a call of a month that is over, forecasts of the quarters to come, and what became of the call and of them.
  const call = {
    period: '2026-02',
    owner: null,
    team: 'north',
    kind: 'commit',
    amount: { minor: 5_000_000, currency: 'EUR' },
    note: 'As agreed',
  };
  await desk.setTargets(
    'new-business',
    [{ period: '2026-Q1', owner: 'rita', team: null, amount: call.amount, note: 'The plan' }],
    operations,
  );
  await desk.makeCall('new-business', call, operations);
  await desk.issueForecasts('new-business', 'quarter', operations, (query) =>
    Promise.resolve(withFigures(desk.measure('forecast', query))),
  );
  await desk.scoreForecasts();
  // A change of the process: a draft, a version for one team and then for all, the first one retired, and a deal that goes on under the second.
  await ask(null, { type: 'Capture', id: 'g-5', process: 'new-business' });
  const second = PROCESS.replace('>= 60.0', '>= 65.0');
  await desk.saveDraft(second, 'yaml', operations, 'Fitter leads');
  const publishing = { note: 'Fitter leads', reviewedBy: 'olga', effectiveFrom: '2026-03-09T08:00:00.000Z', teams: ['north'] };
  await desk.publish(second, 'yaml', operations, publishing);
  await desk.rollOut('new-business', 2, null, operations, 'It works');
  await desk.retire('new-business', 1, operations, 'Replaced');
  const choices = [
    { stage: 'lead', when: 'has(deal.fitScore)', to: 'qualified' },
    { stage: 'negotiation', stayUntil: '2026-03-01T00:00:00.000Z' },
  ];
  const started = await desk.startMigration(
    { process: 'new-business', version: 2, choices, teams: ['north'], note: 'Fitter leads' },
    operations,
  );
  if (started.kind !== 'done') throw new Error(JSON.stringify(started));
  const { migration } = started.migration;
  await desk.pauseMigration(migration, operations);
  await desk.migrated(migration);
  await desk.resumeMigration(migration, operations);
  await desk.migrated(migration);
  // Tried on the past: the first is finished, the others wait for somebody who leads.
  const third = PROCESS.replace('needs: [source, fitScore]', 'needs: [source, fitScore, closeDate]');
  await desk.saveDraft(third, 'yaml', operations);
  const tried = await desk.startBackTest(
    { process: 'new-business', tried: { draft: 2 }, note: 'Does it stop anything?' },
    operations,
  );
  await desk.backTested(backTestOf(tried));
  // Beside the version in force: it would stop a move that is made, and allow one that is refused.
  const looser = PROCESS.replace('needs: [source, fitScore]', 'needs: [source, fitScore, closeDate]').replace(
    '>= 60.0',
    '>= 30.0',
  );
  const shadow = await desk.startShadow(
    { process: 'new-business', tried: { file: looser }, teams: ['north'], note: 'Fitter leads?' },
    operations,
  );
  if (shadow.kind !== 'done') throw new Error(JSON.stringify(shadow));
  for (const [id, more] of [
    ['g-6', { fitScore: 80 }],
    ['g-7', { fitScore: 40, closeDate: '2026-05-31' }],
  ] as const) {
    await ask(null, { type: 'Capture', id, process: 'new-business', facts: { source: 'inbound', ...more } });
    await desk.command(id, { type: 'Advance', move: 'qualify' }, { actor: seller });
  }
  await desk.shadowed(shadow.shadow.shadow);
  await desk.stopShadow(shadow.shadow.shadow, operations);
  await desk.close();
  const waiting = await SalesDesk.open({ store, readModels, now: () => clock.now, newId, leading: of(false) });
  const start = async (): Promise<string> =>
    backTestOf(await waiting.startBackTest({ process: 'new-business', tried: { file: third } }, operations));
  await waiting.cancelBackTest(await start(), operations);
  const failing = await start();
  const said = { backTest: failing, by: operations.id, occurredAt: waiting.now() };
  const counted = { ...emptyBacktest(), deals: 1, steps: 3, stopped: 1 };
  const write = (type: string, data: object, revision: number): Promise<unknown> =>
    store.append(`back-test-${failing}`, [{ id: newId(), type, data, meta: shapeMark() }], revision);
  await write('BackTestProgressed', { ...said, done: 1, counted }, 0);
  await write('BackTestFailed', { ...said, say: 'the record cannot be read' }, 1);
  await waiting.close();
  const log: StoredEvent[] = [];
  for await (const event of store.readAll()) log.push(event);
  return log;
}
