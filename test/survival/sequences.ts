import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from '@jest/globals';
import { openMemoryStore, openSqliteStore, type OpenStore, type StoredEvent } from '@coxswain/event-store';
import { MEASURE_NAMES, openings } from '@coxswain/projections';
import { DealsView, SalesDesk, type DealRequest } from '@coxswain/sales-desk';
import fc from 'fast-check';
import { collect, rowsOf } from '../event-store/log.js';
import { columnsOf, folded, toldOf } from '../projections/given.js';
import { newBusinessFile, operations, seller } from '../sales-desk/given-desk.js';

export interface SequencesReport {
  runs: number;
  commands: number;
  done: number;
  refusals: number;
  repeats: number;
  limitsFired: number;
  stops: number;
  crashes: number;
  /** How often the figures were compared with a desk that folded the whole log anew. */
  comparisons: number;
}

const DEALS = ['a', 'b', 'c'];
const MOVES = [
  'qualify',
  'disqualify',
  'propose',
  'send',
  'approve',
  'win',
  'lose',
  'back',
  'handOver',
  'goLive',
  'touch',
  'upsell',
  'recycle',
];

type Step =
  | { readonly kind: 'ask'; readonly deal: string; readonly request: DealRequest; readonly again: boolean }
  /** Several at once, on whatever deals. */
  | { readonly kind: 'atOnce'; readonly asks: readonly { readonly deal: string; readonly request: DealRequest }[] }
  | { readonly kind: 'wait'; readonly hours: number }
  | { readonly kind: 'rest' }
  | { readonly kind: 'restart'; readonly how: 'stop' | 'crash' };

const everything = {
  source: 'inbound',
  fitScore: 80,
  amount: { minor: 1_250_000, currency: 'EUR' },
  closeDate: '2026-05-31',
  economicBuyer: 'The owner',
  budgetConfirmed: true,
  discountPct: 5,
  lostReason: 'price',
};

const lead: DealRequest = { type: 'Capture', process: 'new-business', facts: { source: 'inbound' } };

const requests: fc.Arbitrary<DealRequest> = fc.oneof(
  { weight: 1, arbitrary: fc.constant(lead) },
  {
    weight: 8,
    arbitrary: fc
      .record({ move: fc.constantFrom(...MOVES), ready: fc.constantFrom(true, true, true, false) })
      .map(({ move, ready }): DealRequest => ({ type: 'Advance', move, facts: ready ? everything : {} })),
  },
  {
    weight: 2,
    arbitrary: fc.integer({ min: 0, max: 100 }).map((fitScore): DealRequest => ({ type: 'RecordFacts', facts: { fitScore } })),
  },
  { weight: 1, arbitrary: fc.constantFrom('ada', 'ben').map((owner): DealRequest => ({ type: 'ChangeOwner', owner })) },
  { weight: 1, arbitrary: fc.constantFrom('call', 'meeting').map((kind): DealRequest => ({ type: 'LogActivity', kind })) },
);
const asks = fc.record({ deal: fc.constantFrom(...DEALS), request: requests });
const steps: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 12,
    arbitrary: fc.record({
      kind: fc.constant('ask' as const),
      deal: fc.constantFrom(...DEALS),
      request: requests,
      again: fc.boolean(),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('atOnce' as const), asks: fc.array(asks, { minLength: 2, maxLength: 6 }) }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('wait' as const), hours: fc.integer({ min: 1, max: 400 }) }) },
  { weight: 1, arbitrary: fc.constant<Step>({ kind: 'rest' }) },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('restart' as const), how: fc.constantFrom('stop' as const, 'crash' as const) }),
  },
);

/** Runs random sequences of commands against a desk over SQLite, with restarts between; compares after each restart. */
export async function recordSequences(settings: {
  readonly runs: number;
  readonly commands: number;
  readonly seed: number;
}): Promise<SequencesReport> {
  const report: SequencesReport = {
    runs: 0,
    commands: 0,
    done: 0,
    refusals: 0,
    repeats: 0,
    limitsFired: 0,
    stops: 0,
    crashes: 0,
    comparisons: 0,
  };
  const sequence = fc.array(steps, { minLength: settings.commands / 2, maxLength: settings.commands, size: 'max' });
  await fc.assert(
    fc.asyncProperty(sequence, async (list) => {
      const folder = mkdtempSync(join(tmpdir(), 'coxswain-sequences-'));
      const given = new GivenDesk(join(folder, 'log.db'), report);
      try {
        await given.open();
        for (const deal of DEALS) await given.take({ kind: 'ask', deal, request: lead, again: false });
        for (const step of list) await given.take(step);
        await given.take({ kind: 'restart', how: 'crash' });
        report.runs += 1;
      } finally {
        await given.crash();
        rmSync(folder, { recursive: true, force: true });
      }
    }),
    { numRuns: settings.runs, seed: settings.seed, endOnFailure: true },
  );
  return report;
}

/** A desk over a file, with a clock of its own, that is stopped or crashes and comes back. */
class GivenDesk {
  private now = Date.parse('2026-03-02T09:00:00.000Z');
  private opened: OpenStore | null = null;
  private desk: SalesDesk | null = null;
  private keys = 0;

  constructor(
    private readonly file: string,
    private readonly report: SequencesReport,
  ) {}

  private readonly clock = (): Date => new Date(this.now);

  async open(): Promise<void> {
    this.opened = await openSqliteStore(this.file, { now: this.clock });
    this.desk = await SalesDesk.open({ store: this.opened.store, readModels: this.opened.readModels, now: this.clock });
    await this.desk.publish(newBusinessFile, 'yaml', operations);
  }

  /** Ends as after a kill: what the read models had not written yet is gone. */
  async crash(): Promise<void> {
    await this.opened?.close();
    await this.desk?.close();
    [this.opened, this.desk] = [null, null];
  }

  async take(step: Step): Promise<void> {
    this.now += 60_000;
    if (step.kind === 'ask') await this.ask(step.deal, step.request, step.again);
    else if (step.kind === 'atOnce') await Promise.all(step.asks.map(({ deal, request }) => this.ask(deal, request, false)));
    else if (step.kind === 'rest') await new Promise((resolve) => setTimeout(resolve, 210));
    else if (step.kind === 'wait') {
      this.now += step.hours * 3_600_000;
      this.report.limitsFired += await this.desk!.fireDueLimits();
    } else {
      if (step.how === 'stop') await this.desk!.close();
      this.report[step.how === 'stop' ? 'stops' : 'crashes'] += 1;
      await this.crash();
      await this.open();
      await this.compare();
    }
  }

  private async ask(deal: string, request: DealRequest, again: boolean): Promise<void> {
    const key = `key-${this.keys++}`;
    const asked = request.type === 'Capture' ? { ...request, id: deal } : request;
    const options = { actor: seller, idempotency: { key, request: JSON.stringify(asked) } };
    const outcome = await this.desk!.command(request.type === 'Capture' ? null : deal, asked, options);
    this.report.commands += 1;
    if ('kind' in outcome) {
      this.report.refusals += 1;
      return;
    }
    this.report.done += 1;
    if (!again) return;
    const repeated = await this.desk!.command(request.type === 'Capture' ? null : deal, asked, options);
    this.report.repeats += 1;
    // What changed nothing was not written down, so it is simply done again.
    expect(repeated).toEqual({ ...outcome, repeated: 'repeated' in repeated && repeated.repeated });
  }

  /** The rows as they were kept, and the answers, against the whole log folded anew. */
  private async compare(): Promise<void> {
    const { store, readModels } = this.opened!;
    const desk = this.desk!;
    const log = await collect(store.readAll());
    const kept = await readModels.load(openings.name, openings.shape);
    if (kept) {
      const { '~': bound, ...rows } = (await rowsOf(kept))!;
      expect(bound).toMatchObject({ position: kept.position });
      expect(rows).toEqual(openingsIn(log, kept.position));
    }
    const keptDeals = await readModels.load('deals', new DealsView(store).shape);
    if (keptDeals) {
      const view = new DealsView(store);
      const bound = await view.load(keptDeals);
      expect(bound?.position).toBe(keptDeals.position);
      expect(toldOf(view.columns)).toEqual(toldOf(columnsOf(log.filter(({ position: at }) => at <= keptDeals.position))));
    }
    const anew = await SalesDesk.open({ store, readModels: openMemoryStore().readModels, now: this.clock, readOnly: true });
    try {
      expect(desk.board({})).toEqual(anew.board({}));
      const asOf = this.clock().toISOString();
      for (const name of MEASURE_NAMES)
        expect(await desk.answer(name, { process: 'new-business', asOf })).toEqual(
          await anew.answer(name, { process: 'new-business', asOf }),
        );
      expect((await desk.readiness()).openDeadlines).toBe(columnsOf(log).heads.openLimits);
      for (const id of DEALS) expect(await desk.opportunity(id)).toEqual(await anew.opportunity(id));
      expect((await desk.verifyAll()).disagreeing).toEqual([]);
    } finally {
      await anew.close();
    }
    this.report.comparisons += 1;
  }
}

/** The linked deals that are still to be opened after everything up to a position, as JSON keeps them. */
function openingsIn(log: readonly StoredEvent[], upTo: string): Record<string, unknown> {
  const rows = folded(
    openings,
    log.filter(({ position }) => position <= upTo),
  );
  return JSON.parse(JSON.stringify(Object.fromEntries(rows))) as Record<string, unknown>;
}
