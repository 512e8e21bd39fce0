import type { Money } from '@coxswain/sales-process';
import type { Deal } from './deal.js';
import type { NotedEntry } from './deal-columns.js';
import { answer, groupOf, type Frame } from './frame.js';
import type { BridgeAnswer, BridgeBar, BridgeBarName, BridgeDeal, BridgeEnd, BridgeEvent, BridgeGroup } from './measure.js';
import { dayAt, isoText, periodNamed, type CalendarPeriod } from './time.js';
import { sorted } from './value.js';

const WEEK_MS = 7 * 86_400_000;
const MOST_LISTED = 20;
const BARS: readonly BridgeBarName[] = [
  'new',
  'reopened',
  'moved-in',
  'handed-in',
  'amount',
  'won',
  'lost',
  'slipped',
  'handed-out',
];

/**
 * Why the open deals that are to close in a period are worth what they are: what they were worth at one instant, what came, changed and went, and what they are worth at
 * another. Each deal's change is split into bars that add up exactly. `frameAt` is the frame as of an earlier clock; both instants by what is known at `asOf`.
 * Throws `RangeError` for a period that is none, and for a second instant after the clock.
 */
export function bridge(frame: Frame, frameAt: (clock: string) => Frame, of: string | null = null): BridgeAnswer {
  const period = of === null ? null : periodNamed(of);
  const toMs = frame.to === null ? frame.clockMs : Date.parse(frame.to);
  if (toMs > frame.clockMs) throw new RangeError('a bridge cannot end later than the clock');
  const fromMs = frame.from === null ? toMs - WEEK_MS : Date.parse(frame.from);
  const [before, after] = [frameAt(isoText(fromMs)), frameAt(isoText(toMs))];

  const groups = new Map<string | null, Sums>();
  const sumsOf = (group: string | null): Sums => {
    let sums = groups.get(group);
    if (!sums) groups.set(group, (sums = new Sums()));
    return sums;
  };
  if (frame.by === null) sumsOf(null);
  for (const [was, is] of sideBySide(before, after)) {
    const [start, end] = [was && standing(was, period), standing(is, period)];
    const old = was ? groupOf(frame.by, was) : null;
    const now = groupOf(frame.by, is, is.result === null ? is : is.closing!);
    if (start) sumsOf(old).start.add(start.amount);
    if (end) sumsOf(now).end.add(end.amount);
    for (const { bar, group, amount, sign } of partsOf({
      was,
      is,
      start,
      end,
      old,
      now,
      fromMs,
      toMs,
      period,
      timezone: frame.timezone,
    }))
      sumsOf(group).add(bar, { id: is.id, owner: is.result === null ? is.owner : is.closing!.owner }, amount, sign);
  }
  const told = [...groups]
    .map(([group, sums]) => sums.told(group, (id) => after.recordOf(id), fromMs))
    .toSorted(
      (a, b) =>
        b.start.deals + b.end.deals - a.start.deals - a.end.deals || ((a.group ?? '\uffff') < (b.group ?? '\uffff') ? -1 : 1),
    );
  return { ...answer('bridge', { ...frame, from: isoText(fromMs), to: isoText(toMs) }, told), of };
}

/** Each deal that was known at the second instant, with how it stood at the first. Both frames go through the deals in the same order. */
function* sideBySide(before: Frame, after: Frame): Generator<readonly [Deal | null, Deal]> {
  const earlier = before.deals[Symbol.iterator]();
  let next = earlier.next();
  for (const is of after.deals) {
    if (!next.done && next.value.id === is.id) {
      yield [next.value, is];
      next = earlier.next();
    } else yield [null, is];
  }
}

interface Standing {
  readonly amount: Money | null;
}

/** A deal in the period: open, and to close in it. */
function standing({ result, facts }: Deal, period: CalendarPeriod | null): Standing | null {
  if (result !== null) return null;
  return period === null || closesIn(facts.closeDate, period) ? { amount: facts.amount ?? null } : null;
}

const closesIn = (day: string | null | undefined, { start, end }: CalendarPeriod): boolean =>
  day !== null && day !== undefined && day >= start && day < end;

interface Part {
  readonly bar: BridgeBarName;
  readonly group: string | null;
  readonly amount: Money | null;
  readonly sign: 1 | -1;
}

interface Change {
  readonly was: Deal | null;
  readonly is: Deal;
  readonly start: Standing | null;
  readonly end: Standing | null;
  /** The groups it is in at the first instant, and at the second or, where it is closed by then, when it was closed. */
  readonly old: string | null;
  readonly now: string | null;
  readonly fromMs: number;
  readonly toMs: number;
  readonly period: CalendarPeriod | null;
  readonly timezone: string;
}

/** What a deal adds to the bars: together exactly its end less its start. */
function partsOf(change: Change): readonly Part[] {
  const { was, is, start, end, old, now } = change;
  if (start && end) return [...handedOver(change, start.amount), ...amountParts(start.amount, end.amount, now)];
  if (start && is.result === null) {
    const amount = is.facts.amount ?? null;
    return [...amountParts(start.amount, amount, old), { bar: 'slipped', group: old, amount, sign: -1 }];
  }
  const { closing } = is;
  if (start) {
    const { result: bar, amount } = closing!;
    return [
      ...handedOver(change, start.amount),
      ...amountParts(start.amount, amount, now),
      { bar, group: now, amount, sign: -1 },
    ];
  }
  if (end) {
    const amount = cameInWith(was, end.amount);
    return [{ bar: howCame(was), group: now, amount, sign: 1 }, ...amountParts(amount, end.amount, now)];
  }
  if (!cameAndWent(change)) return [];
  const { result: bar, amount } = closing!;
  return [
    { bar: howCame(was), group: now, amount, sign: 1 },
    { bar, group: now, amount, sign: -1 },
  ];
}

/** Out of the group it was in and into the one it is in, or was closed in, with the amount it had. */
function handedOver({ old, now }: Change, amount: Money | null): readonly Part[] {
  if (old === now) return [];
  return [
    { bar: 'handed-out', group: old, amount, sign: -1 },
    { bar: 'handed-in', group: now, amount, sign: 1 },
  ];
}

/** With which amount it came in: the one it had, if it was there. */
const cameInWith = (was: Deal | null, amount: Money | null): Money | null =>
  was === null || was.result !== null ? amount : (was.facts.amount ?? amount);

const howCame = (was: Deal | null): 'new' | 'moved-in' | 'reopened' =>
  was === null ? 'new' : was.result === null ? 'moved-in' : 'reopened';

/** Of a deal that was in the period neither then nor now: whether it was open in between, and was won (in the period) or lost, by what was known of it when it was. */
function cameAndWent({ was, is: { result, closing, openSinceMs }, fromMs, toMs, period, timezone }: Change): boolean {
  if (result === null || closing === null || closing.atMs <= fromMs || closing.atMs > toMs) return false;
  if (was !== null && was.result !== null && openSinceMs <= fromMs) return false;
  return (
    period === null ||
    closesIn(closing.closeDate, period) ||
    (closing.result === 'won' && closesIn(dayAt(closing.atMs, timezone), period))
  );
}

/** From one amount to another; an amount in another currency goes and comes. */
function amountParts(from: Money | null, to: Money | null, group: string | null): readonly Part[] {
  if (from?.currency === to?.currency) {
    const minor = (to?.minor ?? 0) - (from?.minor ?? 0);
    return minor === 0 ? [] : [{ bar: 'amount', group, amount: { minor, currency: to!.currency }, sign: 1 }];
  }
  return [
    ...(from === null ? [] : [{ bar: 'amount', group, amount: from, sign: -1 } as const]),
    ...(to === null ? [] : [{ bar: 'amount', group, amount: to, sign: 1 } as const]),
  ];
}

/** Amounts that are added up, currencies kept apart. */
class Total {
  deals = 0;
  withoutAmount = 0;
  readonly sums = new Map<string, number>();

  add(amount: Money | null, sign: 1 | -1 = 1): void {
    this.deals++;
    if (amount === null) this.withoutAmount++;
    else this.sums.set(amount.currency, (this.sums.get(amount.currency) ?? 0) + sign * amount.minor);
  }

  told(): BridgeEnd {
    return {
      deals: this.deals,
      amounts: sorted(this.sums),
      of: this.deals - this.withoutAmount,
      withoutAmount: this.withoutAmount,
    };
  }
}

interface Listed {
  readonly id: string;
  readonly owner: string;
  readonly sums: Map<string, number>;
  isWithoutAmount: boolean;
}

class Sums {
  readonly start = new Total();
  readonly end = new Total();
  private readonly bars = new Map<BridgeBarName, Map<string, Listed>>();

  add(bar: BridgeBarName, { id, owner }: Pick<Deal, 'id' | 'owner'>, amount: Money | null, sign: 1 | -1): void {
    let deals = this.bars.get(bar);
    if (!deals) this.bars.set(bar, (deals = new Map()));
    let one = deals.get(id);
    if (!one) deals.set(id, (one = { id, owner, sums: new Map(), isWithoutAmount: false }));
    if (amount === null) one.isWithoutAmount = true;
    else one.sums.set(amount.currency, (one.sums.get(amount.currency) ?? 0) + sign * amount.minor);
  }

  told(group: string | null, recordOf: (id: string) => Iterable<NotedEntry>, fromMs: number): BridgeGroup {
    return {
      group,
      start: this.start.told(),
      end: this.end.told(),
      bars: BARS.flatMap((bar) => {
        const deals = [...(this.bars.get(bar)?.values() ?? [])];
        return deals.length === 0 ? [] : [barOf(bar, deals, recordOf, fromMs)];
      }),
    };
  }
}

function barOf(
  bar: BridgeBarName,
  deals: readonly Listed[],
  recordOf: (id: string) => Iterable<NotedEntry>,
  fromMs: number,
): BridgeBar {
  const sums = new Map<string, number>();
  for (const one of deals) for (const [currency, minor] of one.sums) sums.set(currency, (sums.get(currency) ?? 0) + minor);
  const size = ({ sums: own }: Listed): number => Math.max(0, ...Array.from(own.values(), Math.abs));
  const largest = deals.toSorted((a, b) => size(b) - size(a) || (a.id < b.id ? -1 : 1)).slice(0, MOST_LISTED);
  return {
    bar,
    deals: deals.length,
    amounts: sorted(sums),
    withoutAmount: deals.filter(({ isWithoutAmount }) => isWithoutAmount).length,
    list: largest.map(({ id, owner, sums: own }): BridgeDeal => ({
      deal: id,
      owner,
      amounts: sorted(own),
      events: eventsOf(recordOf(id), fromMs).filter(({ what }) => DID[bar].includes(what)),
    })),
  };
}

/** Which events a bar opens to. */
const DID: Readonly<Record<BridgeBarName, readonly BridgeEvent['what'][]>> = {
  new: ['captured'],
  reopened: ['reopened'],
  'moved-in': ['close-date'],
  'handed-in': ['owner'],
  amount: ['amount'],
  won: ['won'],
  lost: ['lost'],
  slipped: ['close-date'],
  'handed-out': ['owner'],
};

/** What the record says happened after an instant, of what bars are made of; each with what it was before. */
function eventsOf(record: Iterable<NotedEntry>, fromMs: number): readonly BridgeEvent[] {
  const events: BridgeEvent[] = [];
  let amount: string | null = null;
  let closeDate: string | null = null;
  let owner: string | null = null;
  for (const { shape, value, closeDate: day, occurredMs, recordedMs } of record) {
    const at = { occurredAt: isoText(occurredMs), recordedAt: isoText(recordedMs) };
    const note = (what: BridgeEvent['what'], from: string | null, to: string | null, by: string | null = null): void => {
      if (occurredMs > fromMs) events.push({ what, from, to, by, ...at });
    };
    if (shape.kind === 'captured' || shape.kind === 'facts') {
      const { amount: currency, closeDate: dated } = shape.facts;
      const isCapture = shape.kind === 'captured';
      if (isCapture) {
        owner = shape.owner;
        note('captured', null, shape.stage, shape.owner);
      }
      if (currency !== undefined) {
        const said = currency === null ? null : `${value} ${currency}`;
        if (!isCapture) note('amount', amount, said);
        amount = said;
      }
      if (dated !== undefined) {
        if (!isCapture) note('close-date', closeDate, day);
        closeDate = day;
      }
    } else if (shape.kind === 'owner') {
      note('owner', owner, shape.owner);
      owner = shape.owner;
    } else if (shape.kind === 'stage') {
      const isClosed = shape.fromPhase === 'closed' || shape.fromPhase === 'customer';
      const closes = shape.toPhase === 'closed' || shape.toPhase === 'customer';
      if (closes && shape.result !== null) note(shape.result, shape.from, shape.to, shape.by);
      else if (closes && !isClosed && shape.toPhase === 'customer') note('won', shape.from, shape.to, shape.by);
      else if (isClosed && !closes) note('reopened', shape.from, shape.to, shape.by);
    }
  }
  return events;
}
