import { isLinearizable, type Operation } from './linearizable.js';
import { dice, pause, Survivor, type Running } from './service.js';

export interface HistoriesReport {
  readonly histories: number;
  readonly kills: number;
  readonly operations: number;
  readonly appended: number;
  readonly conflicts: number;
  readonly reads: number;
  readonly unanswered: number;
  /** Pairs of operations on one deal that ran at the same time. */
  readonly concurrentPairs: number;
  readonly notLinearizable: readonly string[];
}

const CLIENTS = 5;
const DEALS = 2;

/** Short histories of several clients on few deals, the service killed in the middle of each; every one is checked. */
export async function recordHistories(settings: { readonly histories: number; readonly seed: number }): Promise<HistoriesReport> {
  const roll = dice(settings.seed);
  const survivor = await Survivor.make();
  const all: Operation[][] = [];
  const notLinearizable: string[] = [];
  try {
    let service = await survivor.start();
    await survivor.publish(service.url);
    for (let number = 0; number < settings.histories; number += 1) {
      const deals = Array.from({ length: DEALS }, (_, deal) => `history-${number}-${deal}`);
      const history = new History(survivor, deals, roll);
      for (const deal of deals) await history.capture(service.url, deal);
      const running = history.run(service.url, 40);
      await pause(5 + roll() * 40);
      await survivor.kill(service);
      await running;
      service = await survivor.start();
      await history.run(service.url, 4);
      all.push(history.operations);
      if (!isLinearizable(history.operations)) notLinearizable.push(JSON.stringify(history.operations));
    }
    await survivor.kill(service satisfies Running);
  } finally {
    await survivor.remove();
  }
  const operations = all.flat();
  return {
    histories: all.length,
    kills: all.length,
    operations: operations.length,
    appended: operations.filter(({ ask, answer }) => ask.kind === 'append' && answer !== null && 'revision' in answer).length,
    conflicts: operations.filter(({ answer }) => answer !== null && 'conflict' in answer).length,
    reads: operations.filter(({ ask, answer }) => ask.kind === 'read' && answer !== null).length,
    unanswered: operations.filter(({ answer }) => answer === null).length,
    concurrentPairs: all.reduce((sum, history) => sum + concurrentPairs(history), 0),
    notLinearizable,
  };
}

class History {
  readonly operations: Operation[] = [];
  /** What the clients believe of each deal; wrong beliefs are wanted, since they give conflicts. */
  private readonly seen = new Map<string, number>();
  private clock = 0;
  private notes = 0;

  constructor(
    private readonly survivor: Survivor,
    private readonly deals: readonly string[],
    private readonly roll: () => number,
  ) {}

  async capture(url: string, deal: string): Promise<void> {
    const called = this.clock++;
    const { status, body } = await this.survivor.ask(url, 'POST', '/v1/opportunities', {
      json: { id: deal, process: 'new-business' },
    });
    if (status !== 201) throw new Error(`not captured: ${JSON.stringify(body)}`);
    // The capture writes two events at once, so the register of a stream begins where it left it.
    const revision = Number(body['revision']);
    this.seen.set(deal, revision);
    for (let at = 0; at <= revision; at += 1)
      this.operations.push({
        client: 0,
        stream: deal,
        called,
        returned: this.clock++,
        ask: { kind: 'append', expected: at - 1 },
        answer: { revision: at },
      });
  }

  async run(url: string, most: number): Promise<void> {
    await Promise.all(Array.from({ length: CLIENTS }, (_, client) => this.runOne(url, client, most)));
  }

  private async runOne(url: string, client: number, most: number): Promise<void> {
    for (let n = 0; n < most; n += 1) {
      const stream = this.deals[Math.floor(this.roll() * this.deals.length)]!;
      const expected = this.seen.get(stream)!;
      const ask: Operation['ask'] = this.roll() < 0.6 ? { kind: 'append', expected } : { kind: 'read' };
      const called = this.clock++;
      const answer = await this.answer(url, stream, ask);
      this.operations.push({ client, stream, called, returned: answer === null ? Infinity : this.clock++, ask, answer });
      if (answer === null) return;
      this.seen.set(stream, 'conflict' in answer ? answer.conflict : answer.revision);
    }
  }

  private async answer(url: string, deal: string, ask: Operation['ask']): Promise<Operation['answer']> {
    const path = `/v1/opportunities/${deal}`;
    const json = { facts: { generatedBy: `note ${this.notes++}` } };
    const asked =
      ask.kind === 'read'
        ? this.survivor.ask(url, 'GET', path)
        : this.survivor.ask(url, 'PATCH', `${path}/facts`, { json, headers: { 'if-match': `"${ask.expected}"` } });
    // The connection ended before the answer was whole.
    const answer = await asked.catch(() => null);
    if (answer === null) return null;
    const revision = Number(answer.body['revision']);
    if (answer.status === (ask.kind === 'read' ? 200 : 201)) return { revision };
    if (answer.status === 412) return { conflict: revision };
    throw new Error(`an answer that was not expected: ${answer.status} ${JSON.stringify(answer.body)}`);
  }
}

function concurrentPairs(history: readonly Operation[]): number {
  return history.reduce(
    (sum, one, at) =>
      sum +
      history
        .slice(at + 1)
        .filter((other) => other.stream === one.stream && other.called < one.returned && one.called < other.returned).length,
    0,
  );
}
