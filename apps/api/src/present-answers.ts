import {
  ALL_PROCESSES,
  dayOf,
  instantOf,
  periodOf,
  type DrilledMeasure,
  type MeasureName,
  type MeasureQuery,
  type Measures,
} from '@coxswain/projections';
import type { DealsBehindPage, DealsBehindQuery, SalesDesk } from '@coxswain/sales-desk';

export type Answered<Name extends MeasureName> = Measures[Name] & { readonly position: string | null };
export type Question =
  | { readonly name: MeasureName; readonly query: MeasureQuery; readonly behind?: undefined }
  | { readonly name: DrilledMeasure; readonly query: MeasureQuery; readonly behind: DealsBehindQuery };

/** What is answered sooner is not kept: it is cheap to have it to the second. */
const DEAR_FROM_MS = 50;
const MOST_KEPT = 80;
const NEVER_ASKED_MS = 0;
/** A kept answer says how the deals stood at its `asOf`, at most so long ago. */
const KEPT_FOR_MS = 3_600_000;
/** So that it is made anew before it is too old to be given. */
const MADE_ANEW_AFTER_MS = 0.75 * KEPT_FOR_MS;
/** Nobody has asked for so long: it is not made anew. */
const FORGOTTEN_AFTER_MS = 24 * 3_600_000;

type Usual = Omit<MeasureQuery, 'process'> & { readonly name: MeasureName };

/** What the pages of most people begin with, besides what they turn out to ask. */
const USUAL: readonly Usual[] = [
  { name: 'forecast' },
  { name: 'adherence' },
  { name: 'forecast-accuracy' },
  { name: 'junk-watch' },
  { name: 'conversion', period: 'month' },
  { name: 'forecast', period: 'month' },
  { name: 'forecast', by: 'owner' },
  { name: 'adherence', by: 'owner' },
];

/** And what of it depends on the day: the last seven, its quarter, the last twelve months. */
const usualOn = (today: string): readonly Usual[] => [
  { name: 'adherence', from: daysBefore(today, 7) },
  { name: 'bridge', from: daysBefore(today, 7) },
  { name: 'bridge', of: periodOf(today, 'quarter').period, from: monthsBefore(today, 1) },
  { name: 'scorecard', period: 'quarter', from: periodOf(today, 'quarter').start },
  { name: 'scorecard', period: 'quarter', from: periodOf(today, 'quarter').start, by: 'team' },
  { name: 'adherence', from: monthsBefore(today, 12) },
  { name: 'adherence', from: monthsBefore(today, 12), by: 'team' },
  { name: 'adherence', from: monthsBefore(today, 12), by: 'owner' },
];

/** What the forecast of today is held against: what it said a week and a month ago. It never changes, and is remembered by the desk. */
const usualThen = (today: string, timezone: string): readonly Usual[] =>
  [daysBefore(today, 7), monthsBefore(today, 1)].map((day) => ({
    name: 'forecast',
    period: 'quarter',
    asOf: instantOf(day, timezone),
  }));

const DAY_MS = 86_400_000;
const daysBefore = (day: string, days: number): string => new Date(Date.parse(day) - days * DAY_MS).toISOString().slice(0, 10);
/** The same day of an earlier month, or its last where it has no such day. */
function monthsBefore(day: string, months: number): string {
  const [year, month, date] = day.split('-').map(Number);
  const last = new Date(Date.UTC(year!, month! - months, 0)).getUTCDate();
  return new Date(Date.UTC(year!, month! - 1 - months, Math.min(date!, last))).toISOString().slice(0, 10);
}

/** What was made before anybody asked; the answer is null where there can be none. */
export interface Made {
  readonly question: Question;
  readonly answer: Answered<MeasureName> | DealsBehindPage | null;
}

interface Kept {
  readonly question: Question;
  readonly answer: Answered<MeasureName> | DealsBehindPage;
  /** What of the log and of the processes it rests on. */
  readonly rests: string;
  readonly madeMs: number;
  askedMs: number;
}

type Desk = Pick<SalesDesk, 'answer' | 'dealsBehind' | 'position' | 'processes' | 'versions' | 'now'>;

/**
 * Dear answers about the present, kept while they hold: nothing was recorded since, no version has come into force, it is still the same day where the company is, and
 * not an hour has passed. Each says by itself when it was made (`asOf`) and up to where of the log (`position`).
 */
export class PresentAnswers {
  private readonly kept = new Map<string, Kept>();
  /** Usual questions that turned out to be cheap, or cannot be answered. */
  private readonly passedOver = new Set<string>();
  /** Usual questions as of a past instant that have been asked. */
  private readonly askedThen = new Set<string>();

  constructor(
    private readonly desk: Desk,
    private readonly dearFromMs = DEAR_FROM_MS,
  ) {}

  /** Throws as the desk does. */
  async answer(question: Question): Promise<Answered<MeasureName> | DealsBehindPage> {
    const { asOf, clock } = question.query;
    if (asOf !== undefined || clock !== undefined) return this.ask(question);
    const kept = this.kept.get(keyOf(question));
    if (!kept || !this.holds(kept, KEPT_FOR_MS)) return this.make(question, this.nowMs());
    kept.askedMs = this.nowMs();
    return kept.answer;
  }

  /** Makes one answer before anybody asks for it: a usual one, or one that was asked for within a day. Null where there is none to make. */
  async makeOne(): Promise<Made | null> {
    const [usual, nowMs] = [this.usual(), this.nowMs()];
    for (const [key, one] of this.kept) if (nowMs - one.askedMs > FORGOTTEN_AFTER_MS && !usual.has(key)) this.kept.delete(key);
    const known = [...this.kept.values()].toSorted((a, b) => b.askedMs - a.askedMs).map(({ question }) => question);
    for (const question of [...known, ...usual.values()]) {
      const kept = this.kept.get(keyOf(question));
      if (question.query.asOf !== undefined) {
        if (this.askedThen.has(keyOf(question))) continue;
        this.askedThen.add(keyOf(question));
        // Whoever asks is told why it cannot be answered.
        const answer = await Promise.resolve(question)
          .then((one) => this.ask(one))
          .catch(() => null);
        return { question, answer };
      }
      if (this.passedOver.has(keyOf(question)) || (kept && this.holds(kept, MADE_ANEW_AFTER_MS))) continue;
      try {
        return { question, answer: await this.make(question, kept?.askedMs ?? NEVER_ASKED_MS) };
      } catch {
        // Whoever asks is told why; until then it is not tried again.
        this.passedOver.add(keyOf(question));
        return { question, answer: null };
      }
    }
    return null;
  }

  private usual(): ReadonlyMap<string, Question> {
    const processes = this.desk.processes();
    const questions = processes.flatMap(({ ref, definition: { timezone } }) => {
      const today = dayOf(this.desk.now(), timezone);
      return [...USUAL, ...usualOn(today), ...usualThen(today, timezone)].map(({ name, ...query }): Question => ({
        name,
        query: { ...query, process: ref.id },
      }));
    });
    if (processes.length > 0) questions.push({ name: 'forecast-total', query: { process: ALL_PROCESSES } });
    return new Map(questions.map((question) => [keyOf(question), question]));
  }

  private async make(question: Question, askedMs: number): Promise<Kept['answer']> {
    const key = keyOf(question);
    const before = this.restsOn(question);
    const startedMs = performance.now();
    const answer = await this.ask(question);
    const isCheap = performance.now() - startedMs < this.dearFromMs;
    this.kept.delete(key);
    if (isCheap) this.passedOver.add(key);
    else this.passedOver.delete(key);
    // Where something was recorded meanwhile, nobody can say what the answer rests on.
    if (isCheap || before !== this.restsOn(question)) return answer;
    this.kept.set(key, { question, answer, rests: before, madeMs: this.nowMs(), askedMs });
    if (this.kept.size > MOST_KEPT) this.kept.delete(this.longestUnasked());
    return answer;
  }

  private ask(question: Question): Promise<Kept['answer']> {
    return question.behind
      ? Promise.resolve(this.desk.dealsBehind(question.name, question.query, question.behind))
      : this.desk.answer(question.name, question.query);
  }

  private holds({ question, answer, rests, madeMs }: Kept, forMs: number): boolean {
    const nowMs = this.nowMs();
    const isSameDay = dayOf(answer.asOf, answer.timezone) === dayOf(this.desk.now(), answer.timezone);
    return isSameDay && nowMs >= madeMs && nowMs - madeMs < forMs && rests === this.restsOn(question);
  }

  /** The log as far as it is folded, and the versions of the process in force by now: a later one comes into force without an event. */
  private restsOn({ query }: Question): string {
    const now = this.desk.now();
    const ids = query.process === ALL_PROCESSES ? this.desk.processes().map(({ ref }) => ref.id) : [query.process];
    const inForce = ids
      .flatMap((id) => this.desk.versions(id))
      .filter(({ effectiveFrom }) => effectiveFrom === null || effectiveFrom <= now);
    return `${this.desk.position()} ${inForce.length}`;
  }

  private longestUnasked(): string {
    let [first, firstMs] = ['', Infinity];
    for (const [key, { askedMs }] of this.kept) if (askedMs < firstMs) [first, firstMs] = [key, askedMs];
    return first;
  }

  private nowMs(): number {
    return Date.parse(this.desk.now());
  }
}

/** What these mean where no period is said. */
const BY_QUARTER: ReadonlySet<MeasureName> = new Set(['forecast', 'forecast-accuracy', 'forecast-total']);

/** The same for the same question, in whatever order it is put, and whether it says what it means anyway. */
export function keyOf({ name, query, behind }: Question): string {
  const told = (of: object): unknown =>
    Object.entries(of)
      .filter(([, value]) => value !== undefined)
      .map(([word, value]) => [word, typeof value === 'object' && value !== null ? told(value as object) : value])
      .toSorted(([a], [b]) => (String(a) < String(b) ? -1 : 1));
  const whole = BY_QUARTER.has(name) ? { ...query, period: query.period ?? 'quarter' } : query;
  return JSON.stringify([name, told(whole), behind && told(behind)]);
}
