import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  compileProcess,
  decide,
  evolve,
  readProcessFile,
  type Actor,
  type CompiledProcess,
  type Decision,
  type Opportunity,
  type OpportunityCommand,
  type OpportunityEvent,
  type Refusal,
} from '@coxswain/sales-process';

/** A small language for stories about one deal: `given(process).when(...)`. Every instant is literal. */

export const processFile = (name: string): string =>
  readFileSync(join(import.meta.dirname, `../../processes/${name}.process.yaml`), 'utf8');

function compiled(text: string): CompiledProcess {
  const { process, hash, problems } = readProcessFile(text);
  if (!process) throw new Error(problems.map(({ line, message }) => `${line}: ${message}`).join('\n'));
  return compileProcess(process, { id: process.id, version: 1, hash: hash! });
}

export const newBusiness = compiled(processFile('new-business'));

export const sdr: Actor = { id: 'sam', roles: ['sdr'], team: 'north' };
export const rep: Actor = { id: 'rita', roles: ['rep'], team: 'north' };
export const manager: Actor = { id: 'max', roles: ['manager'], team: 'north' };
export const desk: Actor = { id: 'dora', roles: ['deal-desk'], team: null };
export const success: Actor = { id: 'cleo', roles: ['success'], team: null };

type Asked = OpportunityCommand extends infer One ? (One extends OpportunityCommand ? Omit<One, 'actor' | 'at'> : never) : never;

/** A deal under way: what was recorded, how it stands, and what the last request came to. */
export class Story {
  private constructor(
    readonly process: CompiledProcess,
    readonly events: readonly OpportunityEvent[],
    readonly state: Opportunity | null,
    readonly last: Decision | null,
  ) {}

  static of(process: CompiledProcess): Story {
    return new Story(process, [], null, null);
  }

  when(at: string, actor: Actor, asked: Asked): Story {
    const last = decide(this.process, { ...asked, actor, at: instant(at) }, this.state);
    if ('refused' in last) return new Story(this.process, this.events, this.state, last);
    const state = last.events.reduce<Opportunity | null>((deal, event) => evolve(deal, event, 'deal-1'), this.state);
    return new Story(this.process, [...this.events, ...last.events], state, last);
  }

  move(at: string, actor: Actor, move: string, more: Partial<Extract<OpportunityCommand, { type: 'Advance' }>> = {}): Story {
    return this.when(at, actor, { type: 'Advance', move, ...more });
  }

  get refusal(): Refusal {
    if (!this.last || !('refused' in this.last)) throw new Error(`not refused: the deal stands in ${this.state?.stage}`);
    return this.last;
  }

  get deal(): Opportunity {
    if (this.last && 'refused' in this.last) throw new Error(`refused: ${this.last.say} ${JSON.stringify(this.last.blockers)}`);
    return this.state!;
  }

  /** The types of the events of the last request. */
  get happened(): readonly string[] {
    return this.last && 'events' in this.last ? this.last.events.map(({ type }) => type) : [];
  }
}

/** `2026-03-02 09:00` in UTC. */
export function instant(text: string): string {
  return text.includes('T') ? text : `${text.replace(' ', 'T')}:00.000Z`;
}

export const euros = (major: number): { minor: number; currency: string } => ({ minor: major * 100, currency: 'EUR' });

export const captured = (at = '2026-03-02 09:00'): Story =>
  Story.of(newBusiness).when(at, sdr, {
    type: 'Capture',
    id: 'deal-1',
    facts: { source: 'inbound', generatedBy: 'sam' },
    account: 'Birch & Sons',
  });

export const qualified = (at = '2026-03-03 09:00'): Story => captured().move(at, sdr, 'qualify', { facts: { fitScore: 80 } });

export const proposed = (at = '2026-03-04 09:00'): Story =>
  qualified().move(at, rep, 'propose', {
    facts: { amount: euros(12_500), closeDate: '2026-05-31', economicBuyer: 'The owner', budgetConfirmed: true },
  });

export const negotiating = (at = '2026-03-06 09:00'): Story =>
  proposed()
    .move('2026-03-05 09:00', rep, 'send')
    .move(at, desk, 'approve', { facts: { discountPct: 10 } });
