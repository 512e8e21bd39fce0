import type { EventStore } from '@coxswain/event-store';
import { StoreUnavailable } from '@coxswain/event-store';
import {
  instantOf,
  periodNamed,
  planOf,
  planStream,
  targetOf,
  type ForecastAnswer,
  type MeasureQuery,
  type Period,
  type Plan,
} from '@coxswain/projections';
import {
  callProblems,
  PLANNERS,
  shapeMark,
  targetProblems,
  type Actor,
  type CallInput,
  type CallKind,
  type CallMade,
  type ForecastIssued,
  type ForecastScored,
  type Money,
  type PlanEvent,
  type TargetInput,
  type Whose,
} from '@coxswain/sales-process';
import type { Catalogue } from './catalogue.js';
import { derivedId } from './ids.js';
import type { Turns } from './turns.js';

/** The methods of the forecast as they are now; another number when one of them changes. */
const METHOD = 'blend 1';
const DAY_MS = 86_400_000;
const TRIES_ON_CONFLICT = 5;
const SEEN_WITHIN_MS = 60_000;
const MOST_EVENTS_AN_APPEND = 200;
const GROUPINGS = [null, 'owner', 'team'] as const;

/** The forecast, however it is computed. */
export type AskForecast = (query: MeasureQuery) => Promise<ForecastAnswer & { readonly position: string | null }>;

/** What a number for the plan came to. `problems` name the place in the list (from 0) where there is one. */
export type PlanOutcome<Done> =
  | ({ readonly kind: 'done' } & Done)
  | { readonly kind: 'not-found'; readonly what: 'process'; readonly id: string }
  | { readonly kind: 'forbidden'; readonly say: string }
  | {
      readonly kind: 'refused';
      readonly problems: readonly { readonly at: number; readonly field: string; readonly say: string }[];
    };

export interface PlannerOptions {
  readonly store: EventStore;
  readonly catalogue: Catalogue;
  readonly turns: Turns;
  readonly rows: () => ReadonlyMap<string, Plan>;
  readonly now: () => string;
  readonly caughtUp: (position: string, withinMs: number) => Promise<void>;
}

/** Takes targets and calls, issues forecasts and scores what was said once its period is over. Event ids follow from what is said, so that saying it twice is saying it once. */
export class Planner {
  constructor(private readonly options: PlannerOptions) {}

  plan(process: string): Plan {
    return planOf(this.options.rows(), process);
  }

  /** All of them, or none where one has a problem. A target that says what is in force already writes nothing. */
  async setTargets(
    process: string,
    targets: readonly TargetInput[],
    actor: Actor,
    { dryRun = false }: { readonly dryRun?: boolean } = {},
  ): Promise<PlanOutcome<{ readonly set: number; readonly unchanged: number }>> {
    const currency = this.currencyOf(process);
    if (currency === null) return { kind: 'not-found', what: 'process', id: process };
    if (!actor.roles.some((role) => PLANNERS.includes(role)))
      return { kind: 'forbidden', say: `Only ${PLANNERS.join(', ')} may set targets.` };
    const problems = targets.flatMap((target, at) => targetProblems(target, currency).map((problem) => ({ at, ...problem })));
    if (problems.length > 0) return { kind: 'refused', problems };
    return this.inTurn(process, async (append) => {
      const plan = this.plan(process);
      const fresh = targets.filter(({ period, amount, ...whose }) => !isSame(targetOf(plan, period, whose), amount));
      if (!dryRun)
        await append(
          fresh.map((target) => ({
            type: 'TargetSet',
            process,
            ...pick(target),
            note: target.note,
            amount: target.amount,
            ...this.said(actor),
          })),
        );
      return { kind: 'done', set: fresh.length, unchanged: targets.length - fresh.length };
    });
  }

  /** What somebody says will have come in. The same as their last word writes nothing. */
  async call(
    process: string,
    input: CallInput,
    actor: Actor,
  ): Promise<PlanOutcome<{ readonly call: string; readonly repeated: boolean }>> {
    const currency = this.currencyOf(process);
    if (currency === null) return { kind: 'not-found', what: 'process', id: process };
    const problems = callProblems(input, actor, currency).map((problem) => ({ at: 0, ...problem }));
    if (problems.length > 0) return { kind: 'refused', problems };
    return this.inTurn(process, async (append) => {
      const last = this.plan(process).calls.findLast(
        ({ period, owner, team, kind }) =>
          period === input.period && owner === input.owner && team === input.team && kind === input.kind,
      );
      if (last && isSame(last.amount, input.amount) && last.note === input.note)
        return { kind: 'done', call: last.call, repeated: true };
      const said = this.said(actor);
      const call = derivedId('call', process, input.period, input.owner ?? '', input.team ?? '', input.kind, said.occurredAt);
      const made: CallMade = {
        type: 'CallMade',
        call,
        process,
        ...pick(input),
        kind: input.kind as CallKind,
        amount: input.amount,
        note: input.note,
        ...said,
      };
      await append([made]);
      return { kind: 'done', call, repeated: false };
    });
  }

  /** Issues what the forecast says of the present period and the next, in all and by owner and team: once a day at most. What it cannot say yet is not issued. */
  async issue(
    process: string,
    period: Period,
    actor: Actor,
    ask: AskForecast,
  ): Promise<PlanOutcome<{ readonly issued: number }>> {
    if (this.currencyOf(process) === null) return { kind: 'not-found', what: 'process', id: process };
    const answers = [];
    for (const grouping of GROUPINGS) {
      const query = { process, period, ...(grouping !== null && { by: grouping }) };
      answers.push({ grouping, answer: await ask(query) });
    }
    const { occurredAt, by } = this.said(actor);
    const said = answers.flatMap(({ grouping, answer }) =>
      answer.groups.flatMap(({ group, periods }) =>
        periods
          .filter(({ when, total }) => when !== 'past' && total !== null && total.p50 !== null)
          .slice(0, 2)
          .map(({ period: name, start, end, total }): ForecastIssued => {
            const { booked, p10, p50, p90, components, pipeline } = total!;
            return {
              type: 'ForecastIssued',
              forecast: derivedId('forecast', process, grouping ?? '', group ?? '', name, answer.clock.slice(0, 10)),
              process,
              period: name,
              start,
              end,
              grouping,
              group,
              clock: answer.clock,
              position: answer.position,
              method: METHOD,
              booked,
              p10,
              p50,
              p90,
              components: components.map(({ component, amount, weight }) => ({ component, amount, weight })),
              openDeals: pipeline?.openDeals ?? 0,
              by,
              occurredAt,
            };
          }),
      ),
    );
    return this.inTurn(process, async (append) => {
      const known = new Set(this.plan(process).issued.map(({ forecast }) => forecast));
      const fresh = said.filter(({ forecast }) => !known.has(forecast));
      await append(fresh);
      return { kind: 'done', issued: fresh.length };
    });
  }

  /** Scores what was said of periods that are over, each once, by what had come in then as far as it is known now. */
  async scoreDue(process: string, actor: Actor, ask: AskForecast): Promise<number> {
    const now = this.options.now();
    const timezone = this.options.catalogue.published(process)?.definition.timezone ?? 'UTC';
    const { issued, calls, scored } = this.plan(process);
    const done = new Set(scored.map(({ of }) => `${of.kind} ${of.id}`));
    const over = (period: string): boolean => instantOf(periodNamed(period).end, timezone) <= now;
    const dueForecasts = issued.filter((one) => !done.has(`forecast ${one.forecast}`) && over(one.period));
    const dueCalls = calls.filter((one) => !done.has(`call ${one.call}`) && over(one.period));
    if (dueForecasts.length + dueCalls.length === 0) return 0;
    const currency = this.currencyOf(process)!;
    const won = await this.wonIn(process, [...new Set([...dueForecasts, ...dueCalls].map(({ period }) => period))], ask);
    const occurredAt = now;
    const lead = (period: string, saidAt: string): number =>
      Math.max(0, Math.round((Date.parse(instantOf(periodNamed(period).end, timezone)) - Date.parse(saidAt)) / DAY_MS));
    const less = (money: Money | null, minor: number): Money | null =>
      money === null ? null : { minor: money.minor - minor, currency };
    const scores = [
      ...dueForecasts.map((one): ForecastScored => {
        const actual = won(one.period, one.grouping, one.group);
        return {
          type: 'ForecastScored',
          of: { kind: 'forecast', id: one.forecast },
          process,
          period: one.period,
          actual: { minor: actual, currency },
          error: less(one.p50, actual),
          within: one.p10 === null || one.p90 === null ? null : one.p10.minor <= actual && actual <= one.p90.minor,
          // Methods speak of what is still to come: what was won by then is known to all of them.
          components: one.components.flatMap(({ component, amount }) =>
            amount === null ? [] : [{ component, error: { minor: one.booked.minor + amount.minor - actual, currency } }],
          ),
          leadDays: lead(one.period, one.occurredAt),
          by: actor.id,
          occurredAt,
        };
      }),
      ...dueCalls.map((one): ForecastScored => {
        const actual = won(one.period, one.owner !== null ? 'owner' : one.team !== null ? 'team' : null, one.owner ?? one.team);
        return {
          type: 'ForecastScored',
          of: { kind: 'call', id: one.call },
          process,
          period: one.period,
          actual: { minor: actual, currency },
          error: less(one.amount, actual),
          within: null,
          components: [],
          leadDays: lead(one.period, one.occurredAt),
          by: actor.id,
          occurredAt,
        };
      }),
    ];
    await this.inTurn(process, (append) => append(scores));
    return scores.length;
  }

  /** What was won in each of the periods, by whom; in the currency of the process. */
  private async wonIn(
    process: string,
    periods: readonly string[],
    ask: AskForecast,
  ): Promise<(period: string, grouping: 'owner' | 'team' | null, group: string | null) => number> {
    const currency = this.currencyOf(process);
    const won = new Map<string, number>();
    for (const name of periods) {
      const { start, end } = periodNamed(name);
      for (const grouping of GROUPINGS) {
        const period = name.includes('Q') ? 'quarter' : 'month';
        const { groups } = await ask({ process, period, from: start, to: end, ...(grouping !== null && { by: grouping }) });
        for (const { group, periods: found } of groups) {
          const amounts = found.find((one) => one.period === name)?.won.amounts ?? [];
          won.set(JSON.stringify([name, grouping, group]), amounts.find((sum) => sum.currency === currency)?.minor ?? 0);
        }
      }
    }
    return (period, grouping, group) => won.get(JSON.stringify([period, grouping, group])) ?? 0;
  }

  private currencyOf(process: string): string | null {
    return this.options.catalogue.published(process)?.definition.currency ?? null;
  }

  /** One after the other for a process. Appends are tried again where another service was faster: what is there already is stored once. */
  private inTurn<T>(process: string, use: (append: (events: readonly PlanEvent[]) => Promise<void>) => Promise<T>): Promise<T> {
    const stream = planStream(process);
    return this.options.turns.take(stream, () =>
      use(async (events) => {
        for (let from = 0; from < events.length; from += MOST_EVENTS_AN_APPEND)
          await this.append(stream, events.slice(from, from + MOST_EVENTS_AN_APPEND));
      }),
    );
  }

  private async append(stream: string, events: readonly PlanEvent[]): Promise<void> {
    const { store, caughtUp } = this.options;
    const stored = events.map((event) => {
      const { type, ...data } = event;
      return { id: idOf(event), type, data, meta: shapeMark() };
    });
    for (let attempt = 0; attempt < TRIES_ON_CONFLICT; attempt++) {
      let revision = -1;
      for await (const event of store.read(stream)) revision = event.revision;
      const result = await store.append(stream, stored, revision < 0 ? 'no-stream' : revision);
      if (result.outcome !== 'conflict') return caughtUp(result.position, SEEN_WITHIN_MS);
      // Its events are there: another service has said the same.
      if (result.reason === 'ids') return;
    }
    throw new StoreUnavailable('somebody else is changing the plan', 'Try again in a moment.');
  }

  private said(actor: Actor): { readonly by: string; readonly occurredAt: string } {
    return { by: actor.id, occurredAt: this.options.now() };
  }
}

/** The same for ever for the same thing said. */
function idOf(event: PlanEvent): string {
  switch (event.type) {
    case 'TargetSet':
      return derivedId(
        'target',
        event.process,
        event.period,
        event.owner ?? '',
        event.team ?? '',
        event.occurredAt,
        event.amount?.minor ?? -1,
      );
    case 'CallMade':
      return derivedId('call-made', event.call);
    case 'ForecastIssued':
      return derivedId('forecast-issued', event.forecast);
    case 'ForecastScored':
      return derivedId('scored', event.of.kind, event.of.id);
  }
}

const pick = ({ period, owner, team }: Whose & { readonly period: string }) => ({ period, owner, team });

const isSame = (a: Money | null, b: Money | null): boolean =>
  a === null || b === null ? a === b : a.minor === b.minor && a.currency === b.currency;
