import type { Actor, FactInputs } from '@coxswain/sales-process';
import type { SalesDesk } from '../desk.js';
import type { DealRequest } from '../contract.js';
import { Dice } from './dice.js';
import { DemoNumbers } from './numbers.js';
import { demoAccount, demoPeople, demoTeams, type DemoPerson } from './people.js';

/**
 * The demo company: eighteen months of selling by three teams, made by real commands through the one door while the clock of
 * the desk runs fast. The same seed and the same end give the same deals.
 */

export interface DemoOptions {
  /** The clock that the desk and its store read; null gives the real time back to it. */
  readonly setClock: (instant: Date | null) => void;
  /** Process files (YAML) to publish on the first day; `new-business` must be among them. */
  readonly processFiles: readonly string[];
  /** The last day. */
  readonly until: Date;
  readonly seed?: number;
  readonly onProgress?: (day: number, of: number) => void;
}

const DAY = 86_400_000;
const DEMO_DAYS = 548;
const PROCESS = 'new-business';
const LEADS_A_DAY = 1.35;

/** How busy the months are, January first: August and December are quiet, quarter ends are not. */
const SEASON = [0.9, 1.0, 1.2, 0.95, 1.0, 1.2, 0.85, 0.6, 1.15, 1.05, 1.2, 0.65];

/** Waits, in milliseconds, between the acts of one deal's story. */
type Story = AsyncGenerator<number, void, void>;

/** Loads the demo company through the desk. Throws when a command that has to go through does not. */
export async function loadDemoCompany(
  desk: SalesDesk,
  { setClock, processFiles, until, seed = 7, onProgress }: DemoOptions,
): Promise<{ readonly deals: number }> {
  const start = Math.floor(until.getTime() / DAY) * DAY - DEMO_DAYS * DAY;
  const company = new Company(desk, seed, until.getTime());
  try {
    setClock(new Date(start));
    for (const file of processFiles) await company.publish(file);
    company.planLeads(start);
    const numbers = new DemoNumbers(desk, PROCESS, seed);
    for (let day = 0; day <= DEMO_DAYS; day++) {
      const morning = new Date(start + day * DAY);
      setClock(morning);
      await numbers.say(morning, { gone: day, left: DEMO_DAYS - day });
      await company.liveUntil(start + (day + 1) * DAY, setClock);
      await desk.fireDueLimits();
      onProgress?.(day, DEMO_DAYS);
    }
    return { deals: company.deals };
  } finally {
    setClock(null);
  }
}

class Company {
  deals = 0;
  private readonly agenda: { at: number; readonly order: number; readonly story: Story }[] = [];
  private planned = 0;
  private now = 0;

  constructor(
    private readonly desk: SalesDesk,
    private readonly seed: number,
    private readonly end: number,
  ) {}

  async publish(file: string): Promise<void> {
    const { problems, published } = await this.desk.publish(file, 'yaml', actorOf(named('olga')), { note: 'First version' });
    if (!published)
      throw new Error(
        `the demo's process was not published: ${problems.map(({ line, message }) => `${line}: ${message}`).join('; ')}`,
      );
  }

  /** When leads come in: more as the company grows, fewer in summer and at the turn of the year. */
  planLeads(start: number): void {
    const dice = new Dice(this.seed);
    for (let day = 0, number = 0; day < DEMO_DAYS; day++) {
      const date = new Date(start + day * DAY);
      if (date.getUTCDay() % 6 === 0) continue;
      const growth = 0.8 + (0.5 * day) / DEMO_DAYS;
      for (
        let expected = LEADS_A_DAY * 1.4 * growth * SEASON[date.getUTCMonth()]!;
        dice.chance(Math.min(1, expected));
        expected -= 1
      ) {
        const own = new Dice(this.seed * 100_003 + number);
        this.plan(start + day * DAY, this.lead(`NB-${1001 + number}`, number, own), own);
        number++;
      }
    }
  }

  /** Lets everything happen that is due before `limit`, in order. */
  async liveUntil(limit: number, setClock: (instant: Date) => void): Promise<void> {
    for (;;) {
      const next = this.agenda[0];
      if (!next || next.at >= Math.min(limit, this.end)) return;
      this.agenda.shift();
      this.now = next.at;
      setClock(new Date(next.at));
      const wait = await next.story.next();
      if (!wait.done) this.insert(atWork(next.at + wait.value, next.order), next.story);
    }
  }

  private plan(at: number, story: Story, dice: Dice): void {
    this.insert(atWork(at, dice.whole(0, 1_000)), story);
  }

  private insert(at: number, story: Story): void {
    const entry = { at, order: this.planned++, story };
    let low = 0;
    let high = this.agenda.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.agenda[middle]!.at <= at) low = middle + 1;
      else high = middle;
    }
    this.agenda.splice(low, 0, entry);
  }

  // -------------------------------------------------------------------------------------------------- a deal's story

  private async *lead(id: string, number: number, dice: Dice): Story {
    const team = dice.pick(demoTeams);
    const sdr = ofTeam('sdr', team, dice);
    const source = dice.weighted({ inbound: 4, outbound: 3.5, referral: 1.5, partner: 1 });
    await this.must(
      id,
      {
        type: 'Capture',
        id,
        process: PROCESS,
        facts: { source, generatedBy: sdr.name },
        account: demoAccount(number % 240),
        team,
      },
      sdr,
    );
    this.deals++;
    yield* this.fromLead(id, team, source, dice);
  }

  /** A deal that an existing customer opened: it begins with more good will. */
  private async *linked(id: string, team: string, origin: string, dice: Dice): Story {
    this.deals++;
    const source = origin === 'referral' ? 'referral' : 'inbound';
    yield dice.days(2) * DAY;
    await this.must(
      id,
      { type: 'RecordFacts', facts: { source, generatedBy: ofTeam('success', team, dice).name } },
      ofTeam('sdr', team, dice),
    );
    yield* this.fromLead(id, team, origin === 'referral' ? 'referral' : 'existing', dice);
  }

  private async *fromLead(id: string, team: string, source: string, dice: Dice, again = false): Story {
    const sdr = ofTeam('sdr', team, dice);
    const warmth = { inbound: 1.0, outbound: 0.8, referral: 1.3, partner: 1.1, existing: 1.5 }[source] ?? 1;

    yield dice.days(1.6 * sdr.pace) * DAY;
    if (dice.chance(sdr.discipline)) await this.must(id, { type: 'LogActivity', kind: 'call', note: 'First call' }, sdr);
    yield dice.days(1.2 * sdr.pace) * DAY;
    const fitScore = Math.min(100, Math.round(48 + 22 * warmth * sdr.skill + dice.whole(-24, 22)));
    if (!(await this.may(id, { type: 'Advance', move: 'qualify', facts: { fitScore } }, sdr))) {
      yield dice.days(3) * DAY;
      await this.must(
        id,
        { type: 'Advance', move: 'disqualify', facts: { lostReason: dice.pick(['no-fit', 'no-fit', 'timing']) } },
        sdr,
      );
      return;
    }
    const rep = ofTeam('rep', team, dice);
    await this.must(id, { type: 'ChangeOwner', owner: rep.name, team }, sdr);
    yield* this.selling(id, team, rep, warmth, dice, again);
  }

  private async *selling(id: string, team: string, rep: DemoPerson, warmth: number, dice: Dice, again: boolean): Story {
    const manager = manages(team);
    yield dice.days(3 * rep.pace) * DAY;
    for (let meeting = dice.whole(1, 3); meeting > 0; meeting--) {
      await this.must(id, { type: 'LogActivity', kind: dice.pick(['call', 'meeting', 'demo']) }, rep);
      yield dice.days(2.2 * rep.pace) * DAY;
    }
    if (!dice.chance(0.8 * warmth ** 0.3)) return yield* this.lost(id, team, rep, dice, again);

    const amount = { minor: Math.round(dice.days(14_000, 0.7) / 50) * 5_000, currency: 'EUR' };
    const facts: FactInputs = {
      amount,
      closeDate: this.dayIn(dice.whole(30, 95)),
      economicBuyer: dice.pick(['Head of purchasing', 'Managing director', 'Finance lead']),
    };
    const confirmed = dice.chance(0.55 + 0.35 * rep.discipline);
    if (!(await this.may(id, { type: 'Advance', move: 'propose', facts: { ...facts, budgetConfirmed: confirmed } }, rep))) {
      await this.must(id, { type: 'RecordFacts', facts: { ...facts, budgetConfirmed: false } }, rep);
      yield dice.days(4) * DAY;
      const reason = dice.pick([
        'Budget is decided at the next board meeting',
        'Long-standing customer, budget is a formality',
        'Quarter end: we take the risk',
      ]);
      if (dice.chance(1.1 - rep.discipline))
        await this.must(id, { type: 'Advance', move: 'propose', override: ['budget'], reason }, manager);
      else {
        yield dice.days(12 * rep.pace) * DAY;
        if (!dice.chance(0.6)) return yield* this.lost(id, team, rep, dice, again);
        await this.must(id, { type: 'Advance', move: 'propose', facts: { budgetConfirmed: true } }, rep);
      }
    }
    yield* this.proposal(id, rep, dice);
    if (!dice.chance(0.86)) return yield* this.lost(id, team, rep, dice, again);
    yield* this.negotiation(id, team, rep, warmth, dice, again);
  }

  /** Both tracks at once: the offer goes out, and the discount is looked at. The last one carries the deal on. */
  private async *proposal(id: string, rep: DemoPerson, dice: Dice): Story {
    const desk = named('mira');
    const discountPct = dice.chance(rep.discipline) ? dice.whole(0, 20) : dice.whole(15, 32);
    yield dice.days(2 * rep.pace) * DAY;
    const approvedFirst = dice.chance(0.4);
    if (!approvedFirst) await this.must(id, { type: 'Advance', move: 'send' }, rep);
    yield dice.days(2.5) * DAY;
    if (!(await this.may(id, { type: 'Advance', move: 'approve', facts: { discountPct } }, desk))) {
      yield dice.days(3) * DAY;
      await this.must(id, { type: 'Advance', move: 'approve', facts: { discountPct: 20 } }, desk);
    }
    if (approvedFirst) {
      yield dice.days(2 * rep.pace) * DAY;
      await this.must(id, { type: 'Advance', move: 'send' }, rep);
    }
  }

  private async *negotiation(id: string, team: string, rep: DemoPerson, warmth: number, dice: Dice, again: boolean): Story {
    yield dice.days(9 * rep.pace) * DAY;
    await this.must(id, { type: 'LogActivity', kind: 'meeting', note: 'Terms' }, rep);
    if (dice.chance(0.3)) await this.must(id, { type: 'RecordFacts', facts: { closeDate: this.dayIn(dice.whole(20, 60)) } }, rep);
    if (dice.chance(0.05)) {
      await this.must(id, { type: 'Advance', move: 'back', reason: 'The buyer has changed' }, manages(team));
      return yield* this.selling(id, team, rep, warmth * 0.9, dice, again);
    }
    yield (dice.chance(0.4) ? this.untilQuarterEnd(dice) : dice.days(8 * rep.pace)) * DAY;
    const hot = this.daysToQuarterEnd() < 12 ? 1.25 : 1;
    if (!dice.chance(Math.min(0.92, 0.52 * rep.skill * warmth ** 0.5 * hot))) return yield* this.lost(id, team, rep, dice, again);
    await this.must(id, { type: 'Advance', move: 'win', facts: { closeDate: this.dayIn(0) } }, rep);
    yield* this.customer(id, team, rep, dice);
  }

  private async *lost(id: string, team: string, rep: DemoPerson, dice: Dice, again: boolean): Story {
    yield dice.days(3) * DAY;
    const lostReason = dice.weighted({ price: 3, 'no-decision': 3.5, competitor: 2, timing: 2 });
    await this.must(id, { type: 'Advance', move: 'lose', facts: { lostReason } }, rep);
    if (again || !dice.chance(lostReason === 'timing' ? 0.35 : 0.1)) return;
    yield dice.days(110, 0.3) * DAY;
    await this.must(id, { type: 'Advance', move: 'recycle', reason: 'They asked again' }, manages(team));
    yield* this.fromLead(id, team, 'inbound', dice, true);
  }

  private async *customer(id: string, team: string, rep: DemoPerson, dice: Dice): Story {
    const success = ofTeam('success', team, dice);
    yield dice.days(rep.discipline > 0.8 ? 2 : 6) * DAY;
    await this.must(id, { type: 'Advance', move: 'handOver' }, rep);
    await this.must(id, { type: 'ChangeOwner', owner: success.name, team }, rep);
    yield dice.days(18 * success.pace) * DAY;
    await this.must(id, { type: 'Advance', move: 'goLive' }, success);
    for (;;) {
      yield dice.days(48, 0.5) * DAY;
      const act = dice.weighted({ touch: 6.5, upsell: 0.9, repeat: 0.6, refer: 0.6, churn: 0.7 });
      if (act === 'churn') {
        await this.must(
          id,
          { type: 'Advance', move: 'churn', facts: { lostReason: dice.pick(['price', 'competitor', 'no-fit']) } },
          success,
        );
        if (!dice.chance(0.25)) return;
        yield dice.days(60) * DAY;
        await this.must(id, { type: 'Advance', move: 'winBack', reason: 'A better offer' }, success);
        continue;
      }
      await this.must(id, { type: 'Advance', move: act }, success);
      if (act === 'touch') continue;
      const opened = (await this.desk.opportunity(id))!.opportunity.opened.at(-1)!;
      const own = new Dice(Math.floor(dice.next() * 2 ** 31));
      this.plan(this.now, this.linked(opened, team, act === 'refer' ? 'referral' : act, own), own);
    }
  }

  // ---------------------------------------------------------------------------------------------------------- asking

  /** Asks; false when the process refuses, which is part of selling. */
  private async may(id: string, request: DealRequest, person: DemoPerson): Promise<boolean> {
    const outcome = await this.desk.command(request.type === 'Capture' ? null : id, request, { actor: actorOf(person) });
    if (!('kind' in outcome)) return true;
    if (outcome.kind === 'refused' && outcome.refused === 'move-blocked') return false;
    throw new Error(`the demo company got stuck at ${id}: ${JSON.stringify({ request, outcome })}`);
  }

  private async must(id: string, request: DealRequest, person: DemoPerson): Promise<void> {
    if (!(await this.may(id, request, person)))
      throw new Error(`the demo company was refused at ${id}: ${JSON.stringify(request)}`);
  }

  /** `YYYY-MM-DD`, so many days from the story's present. */
  private dayIn(days: number): string {
    return new Date(this.now + days * DAY).toISOString().slice(0, 10);
  }

  private daysToQuarterEnd(): number {
    const today = new Date(this.now);
    return (Date.UTC(today.getUTCFullYear(), 3 * Math.floor(today.getUTCMonth() / 3) + 3, 1) - this.now) / DAY;
  }

  private untilQuarterEnd(dice: Dice): number {
    return Math.max(0.5, this.daysToQuarterEnd() - dice.whole(1, 8));
  }
}

const actorOf = ({ name, roles, team }: DemoPerson): Actor => ({ id: name, roles, team });

const named = (name: string): DemoPerson => demoPeople.find((one) => one.name === name)!;

/** A person of the team in this role, managers left out; where the team has none, anybody who has it. */
function ofTeam(role: string, team: string, dice: Dice): DemoPerson {
  const able = demoPeople.filter(({ roles }) => roles.includes(role) && !roles.includes('manager'));
  const own = able.filter((one) => one.team === team);
  return dice.pick(own.length > 0 ? own : able);
}

const manages = (team: string): DemoPerson => demoPeople.find((one) => one.team === team && one.roles.includes('manager'))!;

/** The instant itself when it is in working time, else the next working morning; `order` spreads what would coincide. */
function atWork(at: number, order: number): number {
  const spread = (order % 240) * 60_000;
  let day = Math.floor(at / DAY) * DAY;
  const hour = (at - day) / 3_600_000;
  if (hour >= 15.5) day += DAY;
  const moved = hour >= 15.5 || hour < 8;
  while (new Date(day).getUTCDay() % 6 === 0) day += DAY;
  const kept = day === Math.floor(at / DAY) * DAY && !moved;
  return kept ? at : day + 8 * 3_600_000 + spread;
}
