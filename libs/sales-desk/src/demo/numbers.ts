import type { Actor, Money } from '@coxswain/sales-process';
import type { SalesDesk } from '../desk.js';
import { Dice } from './dice.js';
import { demoPeople, demoTeams } from './people.js';

const euros = (whole: number): Money => ({ minor: Math.round(whole / 500) * 50_000, currency: 'EUR' });

/** So far before the end of the demo the company began to keep its forecasts and calls. */
const KEEPS_SINCE_DAYS = 250;
const SEEN_WITHIN_MS = 60_000;

const olga: Actor = { id: 'olga', roles: ['operations'], team: null };

/** The numbers of the demo company: targets each quarter, and later also calls and the forecasts as they were issued, on the first of each month. */
export class DemoNumbers {
  private readonly dice: Dice;
  private readonly reps = demoPeople.filter(({ roles }) => roles.includes('rep') && !roles.includes('manager'));

  constructor(
    private readonly desk: SalesDesk,
    private readonly process: string,
    seed: number,
  ) {
    this.dice = new Dice(seed * 7_919 + 1);
  }

  /** What is said on a day, given in UTC; `left` days of the demo are to come, `gone` are over. */
  async say(day: Date, { gone, left }: { readonly gone: number; readonly left: number }): Promise<void> {
    const isFirst = day.getUTCDate() === 1;
    const quarter = `${day.getUTCFullYear()}-Q${Math.floor(day.getUTCMonth() / 3) + 1}`;
    if (gone === 0 || (isFirst && day.getUTCMonth() % 3 === 0)) await this.setTargets(quarter, gone);
    if (!isFirst || left > KEEPS_SINCE_DAYS) return;
    const { position } = this.desk.figures();
    if (position !== null) await this.desk.caughtUp(position, SEEN_WITHIN_MS);
    for (const { name, team, discipline, skill } of this.reps) {
      const actor: Actor = { id: name, roles: ['rep'], team };
      // Who is careless promises more.
      const commit = this.quota(skill, gone) * (0.75 + (1 - discipline) * 0.9 + this.dice.next() * 0.3);
      for (const [kind, amount] of [
        ['commit', commit],
        ['best-case', commit * (1.2 + this.dice.next() * 0.4)],
      ] as const)
        await this.desk.makeCall(
          this.process,
          { period: quarter, owner: name, team: null, kind, amount: euros(amount), note: null },
          actor,
        );
    }
    await this.desk.issueForecasts(this.process, 'quarter', olga);
    await this.desk.scoreForecasts();
  }

  private async setTargets(period: string, gone: number): Promise<void> {
    const own = this.reps.map(({ name, team, skill }) => ({ name, team, quota: this.quota(skill, gone) }));
    const sum = (of: readonly { readonly quota: number }[]): number => of.reduce((total, { quota }) => total + quota, 0);
    const nobody = { owner: null, team: null, note: null, period };
    await this.desk.setTargets(
      this.process,
      [
        { ...nobody, amount: euros(sum(own)), note: 'As agreed with finance' },
        ...demoTeams.map((team) => ({ ...nobody, team, amount: euros(sum(own.filter((one) => one.team === team))) })),
        ...own.map(({ name, quota }) => ({ ...nobody, owner: name, amount: euros(quota) })),
      ],
      olga,
    );
  }

  /** What a person is to win in a quarter: more as the company grows. */
  private readonly quota = (skill: number, gone: number): number => 55_000 * skill * (1 + (1.9 * gone) / 548);
}
