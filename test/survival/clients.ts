import type { Asked } from './ledger.js';
import type { Answer, Survivor } from './service.js';

type Command = Pick<Asked, 'method' | 'path' | 'json'>;

/** The round that a client's own deal goes for ever. */
const ROUND = [
  { move: 'qualify', facts: { source: 'inbound', fitScore: 80 } },
  { move: 'lose', facts: { lostReason: 'price' } },
  { move: 'recycle', facts: {} },
];

/** How many deals all clients write to, side by side. */
const SHARED_DEALS = 4;

/**
 * Clients that ask one thing after the other, each under a key of its own, and write down what they asked and what they heard.
 * What was not answered is asked again under the same key before anything else.
 */
export class Clients {
  readonly asked: Asked[] = [];
  readonly strange: string[] = [];
  /** How many commands were asked again under their key, and how many of those had been done before. */
  repeats = { asked: 0, doneBefore: 0 };
  private readonly clients: { next: number; deal: string | null; round: number; unanswered: Asked | null }[];
  private stopping = false;

  constructor(
    private readonly survivor: Survivor,
    private readonly settings: { readonly clients: number; readonly dice: () => number },
  ) {
    this.clients = Array.from({ length: settings.clients }, () => ({ next: 0, deal: null, round: 0, unanswered: null }));
  }

  get acknowledged(): number {
    return this.asked.filter(({ outcome }) => typeof outcome === 'object').length;
  }

  /** Makes the deals that everybody writes to. */
  async begin(url: string): Promise<void> {
    for (let n = 0; n < SHARED_DEALS; n += 1)
      await this.send(
        url,
        this.note(`shared-${n}`, {
          method: 'POST',
          path: '/v1/opportunities',
          json: { id: `shared-${n}`, process: 'new-business' },
        }),
      );
  }

  /** Runs until the service is gone, or until `stop`. */
  async run(url: string): Promise<void> {
    this.stopping = false;
    await Promise.all(this.clients.map((_, client) => this.runOne(url, client)));
  }

  stop(): void {
    this.stopping = true;
  }

  private async runOne(url: string, number: number): Promise<void> {
    const client = this.clients[number]!;
    while (!this.stopping) {
      const again = client.unanswered !== null;
      const asked = client.unanswered ?? this.note(`${number}-${client.next++}`, this.next(number));
      client.unanswered = asked;
      const answer = await this.send(url, asked);
      if (answer === null) return;
      client.unanswered = null;
      if (again) {
        this.repeats.asked += 1;
        if (answer.headers.get('idempotency-replayed') === 'true') this.repeats.doneBefore += 1;
      }
    }
  }

  private note(key: string, command: Command): Asked {
    const asked: Asked = { key: `key-${key}`, ...command, outcome: 'unknown' };
    this.asked.push(asked);
    return asked;
  }

  private next(number: number): Command {
    const client = this.clients[number]!;
    const roll = this.settings.dice();
    if (client.deal === null || roll < 0.1) {
      client.deal = `deal-${number}-${client.next}`;
      client.round = 0;
      return {
        method: 'POST',
        path: '/v1/opportunities',
        json: { id: client.deal, process: 'new-business', facts: { source: 'inbound' } },
      };
    }
    const mine = `/v1/opportunities/${client.deal}`;
    const shared = `/v1/opportunities/shared-${Math.floor(this.settings.dice() * SHARED_DEALS)}`;
    const note = `by ${number}, number ${client.next}`;
    if (roll < 0.4) {
      const { move, facts } = ROUND[client.round++ % ROUND.length]!;
      return { method: 'POST', path: `${mine}/moves/${move}`, json: { facts } };
    }
    // Nothing may be done twice by this one: a move that does not lead on from where the deal stands.
    if (roll < 0.45) return { method: 'POST', path: `${mine}/moves/goLive`, json: {} };
    if (roll < 0.75)
      return { method: 'PATCH', path: `${roll < 0.6 ? mine : shared}/facts`, json: { facts: { generatedBy: note } } };
    return { method: 'POST', path: `${shared}/activities`, json: { kind: 'call', note } };
  }

  /** Null when no answer came, or none that says whether it was done. */
  private async send(url: string, asked: Asked): Promise<Answer | null> {
    let answer: Answer;
    try {
      answer = await this.survivor.ask(url, asked.method, asked.path, {
        json: asked.json,
        headers: { 'idempotency-key': asked.key },
      });
    } catch {
      return null;
    }
    const { status, body } = answer;
    if (status === 503 || status === 507) return null;
    const expectedToBeRefused = asked.path.endsWith('/goLive');
    if (status === 201 && !expectedToBeRefused) asked.outcome = { deal: String(body['id']), revision: Number(body['revision']) };
    else {
      asked.outcome = 'refused';
      if (!expectedToBeRefused || status !== 422)
        this.strange.push(`${asked.method} ${asked.path} (${asked.key}): ${status} ${String(body['detail'])}`);
    }
    return answer;
  }
}
