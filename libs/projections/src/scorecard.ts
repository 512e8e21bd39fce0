import type { Money } from '@coxswain/sales-process';
import type { Deal } from './deal.js';
import { answer, at, groupOf, median, Tallies, type Frame } from './frame.js';
import type {
  ScorecardAnswer,
  ScorecardGroup,
  ScorecardPeriod,
  ScorecardPeriodKind,
  Slippage,
  StageAgeing,
  Velocity,
} from './measure.js';
import { targetOf, type Plan } from './plan.js';
import { rateOf } from './rate.js';
import { Durations } from './survival.js';
import { dayOf, daysFrom, instantOf, isoText, periodOf, type CalendarPeriod } from './time.js';
import { valueOf } from './value.js';

const USUAL_PERIODS = 6;
const MOST_PERIODS = 60;
const YEAR_MS = 365 * 86_400_000;
const FEWEST = 5;

/**
 * The figures that leaders steer by, period by period: what came in, velocity, coverage and attainment against targets, what slipped, and how the open deals age. Each is that of the
 * end of its period (of now, for the present one), by what is known at `asOf`. The window selects the periods; without it the last six. `frameAt` is the frame as of an earlier clock.
 * Throws `RangeError` for more than 60 periods.
 */
export function scorecard(frame: Frame, frameAt: (clock: string) => Frame, kind: ScorecardPeriodKind = 'month'): ScorecardAnswer {
  const periods = periodsShown(frame, kind);
  const ends = periods.map((period) => {
    const endMs = startOf(period.end, frame);
    const isOver = endMs <= frame.clockMs;
    const seen = isOver ? frameAt(isoText(endMs - 1)) : frame;
    return new PeriodEnd(seen, period, {
      startMs: startOf(period.start, frame),
      endMs: isOver ? endMs : frame.clockMs + 1,
      isOver,
    });
  });
  const [first] = ends;
  const clocks = [...(first ? [first.startMs - 1] : []), ...ends.map(({ frame: { clockMs } }) => clockMs)];
  // What the deal that is being read was to bring in the period that begins at the clock; after the last one nothing, so that none goes on to the next deal.
  let expected: Expected | null = null;
  frame.through(clocks, (deal, clock) => {
    if (clock > 0) ends[clock - 1]!.see(deal, expected);
    const following = periods[clock];
    expected = following ? expectedOf(frame, deal, following) : null;
  });
  const groups = new Map<string | null, Map<string, ScorecardPeriod>>();
  if (frame.by === null) groups.set(null, new Map());
  for (const end of ends) for (const [group, told] of end.told()) at(groups, group, () => new Map()).set(told.period, told);
  const listed = [...groups]
    .map(([group, byName]): ScorecardGroup => ({
      group,
      periods: periods.map((period) => byName.get(period.period) ?? nothingIn(frame, period, group)),
    }))
    .toSorted((a, b) => sizeOf(b) - sizeOf(a) || ((a.group ?? '\uffff') < (b.group ?? '\uffff') ? -1 : 1));
  return { ...answer('scorecard', frame, listed), period: kind };
}

const sizeOf = ({ periods }: ScorecardGroup): number =>
  periods.reduce((sum, { captured, won, open }) => sum + captured + won.deals + open.deals, 0);

/** The periods up to the clock's: of the window, or the last six. */
function periodsShown({ from, to, clock, timezone }: Frame, kind: ScorecardPeriodKind): readonly CalendarPeriod[] {
  const today = dayOf(clock, timezone);
  const last = to === null ? today : dayOf(isoText(Math.min(Date.parse(to) - 1, Date.parse(clock))), timezone);
  const first = from === null ? periodOf(last, kind, 1 - USUAL_PERIODS) : periodOf(dayOf(from, timezone), kind);
  const periods: CalendarPeriod[] = [];
  for (let period = first; period.start <= last; period = periodOf(period.end, kind)) {
    if (periods.length === MOST_PERIODS) throw new RangeError(`a scorecard shows at most ${MOST_PERIODS} periods`);
    periods.push(period);
  }
  return periods;
}

const startOf = (day: string, { timezone }: Frame): number => Date.parse(instantOf(day, timezone));

/** Of a deal that was to close in a period at its start: its worth in the currency of the process, and whose it was. */
interface Expected {
  readonly minor: number;
  readonly group: string | null;
}

const closesIn = ({ facts }: Deal, { start, end }: CalendarPeriod): boolean =>
  typeof facts.closeDate === 'string' && facts.closeDate >= start && facts.closeDate < end;

const worth = (amount: Money | null | undefined, currency: string | undefined): number =>
  amount && amount.currency === currency ? amount.minor : 0;

function expectedOf({ by, lineage }: Frame, deal: Deal, period: CalendarPeriod): Expected | null {
  if (deal.result !== null || !closesIn(deal, period)) return null;
  return { minor: worth(deal.facts.amount, lineage.latest?.definition.currency), group: groupOf(by, deal) };
}

class Tally {
  captured = 0;
  qualified = 0;
  lost = 0;
  readonly won: (Money | null)[] = [];
  readonly cycleDays: number[] = [];
  readonly open: (Money | null)[] = [];
  readonly byStage = new Map<string, number[]>();
  /** Of the year up to the end. */
  readonly year = { wins: 0, losses: 0, minor: 0, withAmount: 0, days: [] as number[] };
  /** Open and to close in the period, at its start and at its end. */
  startMinor = 0;
  expectedMinor = 0;
  readonly slipped = { minor: 0, ofMinor: 0, deals: 0, of: 0 };
}

/** What is counted of one period, deal by deal as they stood at its end. */
class PeriodEnd {
  readonly startMs: number;
  private readonly tallies: Tallies<Tally>;
  private readonly stays = new Map<string, Durations<'ended'>>();
  /** Of groups that had deals at the start, by whose they were then. */
  private readonly atStart = new Map<string | null, Tally>();
  private readonly endMs: number;
  private readonly isOver: boolean;
  private readonly currency: string | undefined;
  /** Open deals by how long they stand, where somebody asks which are old. */
  private readonly aged: { readonly deal: Deal; readonly stage: string; readonly days: number }[] = [];

  constructor(
    /** As of the end. */
    readonly frame: Frame,
    private readonly period: CalendarPeriod,
    { startMs, endMs, isOver }: { readonly startMs: number; readonly endMs: number; readonly isOver: boolean },
  ) {
    this.startMs = startMs;
    this.endMs = endMs;
    this.isOver = isOver;
    this.currency = frame.lineage.latest?.definition.currency;
    this.tallies = new Tallies<Tally>(frame, () => new Tally());
  }

  /** `expected`: where it was to close in the period, at its start. */
  see(deal: Deal, expected: Expected | null): void {
    const { tallies, endMs, currency, stays, frame } = this;
    if (this.isIn(deal.capturedMs)) {
      tallies.of(deal, deal.visits[0]).captured++;
      this.count(groupOf(frame.by, deal, deal.visits[0]), deal.id, 'captured');
    }
    if (deal.qualified && this.isIn(deal.qualified.atMs)) {
      tallies.of(deal, deal.qualified).qualified++;
      this.count(groupOf(frame.by, deal, deal.qualified), deal.id, 'qualified');
    }
    const { won } = deal;
    if (won) {
      const tally = tallies.of(deal, won);
      const days = daysFrom(deal.capturedMs, won.atMs);
      if (this.isIn(won.atMs)) {
        tally.won.push(won.amount);
        tally.cycleDays.push(days);
        this.count(groupOf(frame.by, deal, won), deal.id, 'won');
      }
      if (won.atMs >= endMs - YEAR_MS) {
        tally.year.wins++;
        tally.year.days.push(days);
        if (won.amount?.currency === currency) {
          tally.year.minor += won.amount!.minor;
          tally.year.withAmount++;
        }
      }
    }
    const { lost } = deal;
    if (lost) {
      const tally = tallies.of(deal, lost);
      if (this.isIn(lost.atMs)) {
        tally.lost++;
        this.count(groupOf(frame.by, deal, lost), deal.id, 'lost');
      }
      if (lost.atMs >= endMs - YEAR_MS) tally.year.losses++;
    }
    if (deal.result === null) {
      const tally = tallies.of(deal);
      const visit = deal.visits.at(-1)!;
      tally.open.push(deal.facts.amount ?? null);
      const days = daysFrom(visit.enteredMs, frame.clockMs);
      at(tally.byStage, visit.stage, () => []).push(days);
      this.count(groupOf(frame.by, deal), deal.id, 'open', visit.stage);
      if (frame.count) this.aged.push({ deal, stage: visit.stage, days });
      if (closesIn(deal, this.period)) tally.expectedMinor += worth(deal.facts.amount, currency);
    }
    for (const { stage, enteredMs, leftMs } of deal.visits)
      if (leftMs !== null) at(stays, stage, () => new Durations(['ended'] as const)).add(daysFrom(enteredMs, leftMs), 'ended');
    if (expected) this.seeExpected(deal, expected);
  }

  told(): readonly (readonly [string | null, ScorecardPeriod])[] {
    const { frame, period, isOver } = this;
    const longStay = new Map<string, number>();
    for (const [stage, durations] of this.stays) {
      const days = durations.days('ended');
      longStay.set(stage, days[Math.max(0, Math.ceil(0.85 * days.length) - 1)]!);
    }
    for (const { deal, stage, days } of this.aged)
      if (days > (longStay.get(stage) ?? Infinity)) this.count(groupOf(frame.by, deal), deal.id, 'old', stage);
    const tallies = new Map<string | null, Tally>();
    this.tallies.groups((group, tally) => void tallies.set(group, tally));
    for (const [group, { slipped, startMinor }] of this.atStart)
      Object.assign(
        at(tallies, group, () => new Tally()),
        { slipped, startMinor },
      );
    return Array.from(tallies, ([group, tally]) => [
      group,
      { ...toldOf(frame, period, group, tally, { longStay, isOver }), when: isOver ? 'past' : 'current' },
    ]);
  }

  private seeExpected(deal: Deal, { minor, group }: Expected): void {
    const tally = at(this.atStart, group, () => new Tally());
    tally.startMinor += minor;
    tally.slipped.of++;
    tally.slipped.ofMinor += minor;
    this.count(group, deal.id, 'expected');
    if (deal.result !== null || closesIn(deal, this.period)) return;
    this.count(group, deal.id, 'slipped');
    tally.slipped.deals++;
    tally.slipped.minor += minor;
  }

  private count(group: string | null, deal: string, outcome: string, stage?: string): void {
    this.frame.count?.(group, deal, { cohort: this.period.period, outcome, ...(stage !== undefined && { stage }) });
  }

  private isIn(ms: number): boolean {
    return ms >= this.startMs && ms < this.endMs;
  }
}

function toldOf(
  frame: Frame,
  period: CalendarPeriod,
  group: string | null,
  tally: Tally,
  { longStay, isOver }: { readonly longStay: ReadonlyMap<string, number>; readonly isOver: boolean },
): Omit<ScorecardPeriod, 'when'> {
  const currency = frame.lineage.latest?.definition.currency;
  const { won, lost, cycleDays, open } = tally;
  const value = valueOf(won);
  const wonMinor = value.amounts.find((sum) => sum.currency === currency)?.minor ?? 0;
  const withAmount = won.filter((amount) => amount?.currency === currency).length;
  const target = targetFor(frame, period, group);
  const gap = target === null ? null : target.minor - wonMinor;
  const covers = (minor: number, missing: number | null): number | null =>
    missing === null || missing <= 0 ? null : minor / missing;
  return {
    ...period,
    captured: tally.captured,
    qualified: tally.qualified,
    won: { deals: won.length, ...value },
    lost,
    winRate: rateOf(won.length, won.length + lost),
    averageWin: { minor: withAmount === 0 ? null : Math.round(wonMinor / withAmount), of: withAmount },
    cycleDaysMedian: { days: median(cycleDays), of: cycleDays.length },
    velocity: velocityOf(tally),
    open: { deals: open.length, ...valueOf(open) },
    target,
    attainment: target === null || target.minor === 0 ? null : wonMinor / target.minor,
    coverageAtStart: covers(tally.startMinor, target?.minor ?? null),
    coverageNow: isOver ? null : covers(tally.expectedMinor, gap),
    slippage: slippageOf(tally),
    ageing: ageingOf(frame, tally, longStay),
  };
}

function slippageOf({ slipped: { minor, ofMinor, deals, of } }: Tally): Slippage {
  return { rate: ofMinor === 0 ? null : minor / ofMinor, slippedMinor: minor, ofMinor, deals: rateOf(deals, of) };
}

function velocityOf({ year, open }: Tally): Velocity {
  const { wins, losses, minor, withAmount, days } = year;
  const winRate = rateOf(wins, wins + losses);
  const averageWin = withAmount === 0 ? null : minor / withAmount;
  const cycleDays = median(days);
  const parts = {
    openDeals: open.length,
    averageWinMinor: averageWin === null ? null : Math.round(averageWin),
    winRate,
    cycleDays,
  };
  const no = (why: string): Velocity => ({ minorPerDay: null, ...parts, why });
  if (wins < FEWEST) return no(`fewer than ${FEWEST} wins in the year before`);
  if (averageWin === null) return no('no win of the year before has an amount');
  if (cycleDays === null || cycleDays === 0) return no('the wins of the year before took no time');
  return { minorPerDay: Math.round((open.length * averageWin * winRate.rate!) / cycleDays), ...parts, why: null };
}

function ageingOf({ lineage }: Frame, { byStage }: Tally, longStay: ReadonlyMap<string, number>): readonly StageAgeing[] {
  const present = lineage.stages.filter(({ stage }) => byStage.has(stage));
  const retired = [...byStage.keys()].map((stage) => lineage.nameOf(stage)).filter((name) => name.retired);
  return [...present, ...retired].map((name) => {
    const ages = byStage.get(name.stage)!;
    const long = longStay.get(name.stage);
    const old = long === undefined ? 0 : ages.filter((age) => age > long).length;
    return { ...name, deals: ages.length, ageDaysMedian: median(ages), old: rateOf(old, long === undefined ? 0 : ages.length) };
  });
}

/** The target of whom the group is: a quarter's own, or the sum of its months where each has one. */
export function targetFor({ by, plan }: Frame, period: CalendarPeriod, group: string | null): Money | null {
  const whose =
    by === null
      ? { owner: null, team: null }
      : by === 'owner' && group !== null
        ? { owner: group, team: null }
        : by === 'team' && group !== null
          ? { owner: null, team: group }
          : null;
  if (whose === null || period.period.includes('W')) return null;
  return targetOf(plan, period.period, whose) ?? (period.period.includes('Q') ? ofMonths(plan, period, whose) : null);
}

function ofMonths(
  plan: Plan,
  { start }: CalendarPeriod,
  whose: { readonly owner: string | null; readonly team: string | null },
): Money | null {
  const months = [0, 1, 2].map((away) => targetOf(plan, periodOf(start, 'month', away).period, whose));
  const [first] = months;
  if (!first || months.some((one) => one?.currency !== first.currency)) return null;
  return { minor: months.reduce((sum, one) => sum + one!.minor, 0), currency: first.currency };
}

/** A period in which a group has nothing to tell. */
const nothingIn = (frame: Frame, period: CalendarPeriod, group: string | null): ScorecardPeriod => ({
  ...toldOf(frame, period, group, new Tally(), { longStay: new Map(), isOver: true }),
  when: startOf(period.end, frame) <= frame.clockMs ? 'past' : 'current',
});
