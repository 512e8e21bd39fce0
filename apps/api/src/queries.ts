import { Inject } from '@nestjs/common';
import { Query, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import type { StoredEvent } from '@coxswain/event-store';
import {
  ALL_PROCESSES,
  planKnown,
  targetsInForce,
  type DrilledMeasure,
  type MeasureAnswer,
  type MeasureName,
  type MeasureQuery,
  type Plan,
} from '@coxswain/projections';
import type { Actor, PossibleMove, ReplayStep, Verdict } from '@coxswain/sales-process';
import {
  SalesDesk,
  type BoardQuery,
  type BoardSummary,
  type DealOnBoard,
  type DealsBehindPage,
  type DealsBehindQuery,
  type DealsQuery,
  type DealView,
  type LogQuestion,
  type Page,
  type ProjectionReport,
  type PublishedProcess,
  type VersionUse,
} from '@coxswain/sales-desk';
import { foreignCursor, malformed, notFound, ProblemAnswer, type FieldProblem } from './problem.js';
import type { Measuring } from './measuring.js';
import { MEASURING, NOW } from './tokens.js';

/** What can be asked about: one class for each question. Null where there is no such thing. */

export class ProcessesInForce extends Query<readonly PublishedProcess[]> {}

@QueryHandler(ProcessesInForce)
export class ProcessesInForceHandler implements IQueryHandler<ProcessesInForce> {
  constructor(@Inject(SalesDesk) private readonly desk: SalesDesk) {}

  async execute(): Promise<readonly PublishedProcess[]> {
    return this.desk.processes();
  }
}

/** Every version of a process, oldest first; none when it was never published. */
export class ProcessVersions extends Query<readonly PublishedProcess[]> {
  constructor(readonly id: string) {
    super();
  }
}

@QueryHandler(ProcessVersions)
export class ProcessVersionsHandler implements IQueryHandler<ProcessVersions> {
  constructor(@Inject(SalesDesk) private readonly desk: SalesDesk) {}

  async execute({ id }: ProcessVersions): Promise<readonly PublishedProcess[]> {
    return this.desk.versions(id);
  }
}

/** The version in force, every version, and how many deals run under each; null where none was published. */
export class ProcessWithUse extends Query<{
  readonly inForce: PublishedProcess;
  readonly versions: readonly PublishedProcess[];
  readonly use: readonly VersionUse[];
} | null> {
  constructor(readonly id: string) {
    super();
  }
}

@QueryHandler(ProcessWithUse)
export class ProcessWithUseHandler implements IQueryHandler<ProcessWithUse> {
  constructor(@Inject(SalesDesk) private readonly desk: SalesDesk) {}

  async execute({ id }: ProcessWithUse): Promise<{
    readonly inForce: PublishedProcess;
    readonly versions: readonly PublishedProcess[];
    readonly use: readonly VersionUse[];
  } | null> {
    const inForce = this.desk.process(id);
    return inForce && { inForce, versions: this.desk.versions(id), use: this.desk.dealsByVersion(id) };
  }
}

/** Targets, calls and forecasts of a process, of one period or of all, as known then; of targets those in force. Null where there is no such process. */
export class ThePlan extends Query<Plan | null> {
  constructor(
    readonly process: string,
    readonly period: string | undefined,
    readonly asOf: string | undefined,
  ) {
    super();
  }
}

@QueryHandler(ThePlan)
export class ThePlanHandler implements IQueryHandler<ThePlan> {
  constructor(
    @Inject(SalesDesk) private readonly desk: SalesDesk,
    @Inject(NOW) private readonly now: () => Date,
  ) {}

  async execute({ process, period, asOf }: ThePlan): Promise<Plan | null> {
    if (this.desk.versions(process).length === 0) return null;
    hasCome(asOf, this.now());
    const instant = asOf ?? this.now().toISOString();
    const known = planKnown(this.desk.plan(process), { asOf: instant, clock: instant });
    const isOf = (one: { readonly period: string }): boolean => period === undefined || one.period === period;
    return {
      targets: targetsInForce(known).filter(isOf),
      calls: known.calls.filter(isOf),
      issued: known.issued.filter(isOf),
      scored: known.scored.filter(isOf),
    };
  }
}

/** How far each projection has folded the log. */
export class Projections extends Query<ProjectionReport> {}

@QueryHandler(Projections)
export class ProjectionsHandler implements IQueryHandler<Projections> {
  constructor(@Inject(SalesDesk) private readonly desk: SalesDesk) {}

  execute(): Promise<ProjectionReport> {
    return this.desk.projections();
  }
}

/** The deals; waits until the board includes the position `seen`, when one is named. */
export class Board extends Query<Page<DealOnBoard>> {
  constructor(
    readonly query: BoardQuery,
    readonly seen: string | undefined,
  ) {
    super();
  }
}

@QueryHandler(Board)
export class BoardHandler implements IQueryHandler<Board> {
  constructor(
    @Inject(SalesDesk) private readonly desk: SalesDesk,
    @Inject(NOW) private readonly now: () => Date,
  ) {}

  async execute({ query, seen }: Board): Promise<Page<DealOnBoard>> {
    hasCome(query.asOf, this.now());
    await haveSeen(this.desk, seen);
    try {
      return this.desk.board(query);
    } catch (error) {
      throw error instanceof RangeError ? foreignCursor() : error;
    }
  }
}

/** How many of the deals of a process stand where, and what they are worth. */
export class BoardHeads extends Query<BoardSummary> {
  constructor(
    readonly query: DealsQuery & { readonly process: string },
    readonly seen: string | undefined,
  ) {
    super();
  }
}

@QueryHandler(BoardHeads)
export class BoardHeadsHandler implements IQueryHandler<BoardHeads> {
  constructor(
    @Inject(SalesDesk) private readonly desk: SalesDesk,
    @Inject(NOW) private readonly now: () => Date,
  ) {}

  async execute({ query, seen }: BoardHeads): Promise<BoardSummary> {
    hasCome(query.asOf, this.now());
    await haveSeen(this.desk, seen);
    mustBeThere(this.desk, query.process);
    return this.desk.boardSummary(query);
  }
}

/** One deal, now or as it was known at `asOf`. */
export class OneOpportunity extends Query<DealView | null> {
  constructor(
    readonly id: string,
    readonly asOf?: string,
  ) {
    super();
  }
}

@QueryHandler(OneOpportunity)
export class OneOpportunityHandler implements IQueryHandler<OneOpportunity> {
  constructor(
    @Inject(SalesDesk) private readonly desk: SalesDesk,
    @Inject(NOW) private readonly now: () => Date,
  ) {}

  execute({ id, asOf }: OneOpportunity): Promise<DealView | null> {
    hasCome(asOf, this.now());
    return this.desk.opportunity(id, asOf);
  }
}

/** Each way on for this actor, now or at `asOf`: allowed, or why not and who could help. */
export class WaysOn extends Query<{ readonly moves: readonly PossibleMove[]; readonly revision: number } | null> {
  constructor(
    readonly id: string,
    readonly actor: Actor,
    readonly asOf?: string,
  ) {
    super();
  }
}

@QueryHandler(WaysOn)
export class WaysOnHandler implements IQueryHandler<WaysOn> {
  constructor(
    @Inject(SalesDesk) private readonly desk: SalesDesk,
    @Inject(NOW) private readonly now: () => Date,
  ) {}

  execute({ id, actor, asOf }: WaysOn): Promise<{ readonly moves: readonly PossibleMove[]; readonly revision: number } | null> {
    hasCome(asOf, this.now());
    return this.desk.moves(id, actor, asOf);
  }
}

/** The record of one deal from revision `from` on, at most `limit` events. */
export class DealRecord extends Query<readonly StoredEvent[]> {
  constructor(
    readonly id: string,
    readonly from: number,
    readonly limit: number,
  ) {
    super();
  }
}

@QueryHandler(DealRecord)
export class DealRecordHandler implements IQueryHandler<DealRecord> {
  constructor(@Inject(SalesDesk) private readonly desk: SalesDesk) {}

  async execute({ id, from, limit }: DealRecord): Promise<readonly StoredEvent[]> {
    const events: StoredEvent[] = [];
    for await (const event of this.desk.events(id)) {
      if (event.revision >= from) events.push(event);
      if (events.length >= limit) break;
    }
    return events;
  }
}

/** The record step by step: facts, stage, checks, who and why. */
export class DealReplay extends Query<readonly ReplayStep[] | null> {
  constructor(
    readonly id: string,
    readonly asOf?: string,
  ) {
    super();
  }
}

@QueryHandler(DealReplay)
export class DealReplayHandler implements IQueryHandler<DealReplay> {
  constructor(
    @Inject(SalesDesk) private readonly desk: SalesDesk,
    @Inject(NOW) private readonly now: () => Date,
  ) {}

  execute({ id, asOf }: DealReplay): Promise<readonly ReplayStep[] | null> {
    hasCome(asOf, this.now());
    return this.desk.replay(id, asOf);
  }
}

/** Every recorded decision of a deal asked again and compared. */
export class DealVerification extends Query<{ readonly verdicts: readonly Verdict[]; readonly agree: boolean } | null> {
  constructor(readonly id: string) {
    super();
  }
}

@QueryHandler(DealVerification)
export class DealVerificationHandler implements IQueryHandler<DealVerification> {
  constructor(@Inject(SalesDesk) private readonly desk: SalesDesk) {}

  execute({ id }: DealVerification): Promise<{ readonly verdicts: readonly Verdict[]; readonly agree: boolean } | null> {
    return this.desk.verify(id);
  }
}

/** The log after a position, at most `limit` events. */
export class LogPage extends Query<Page<StoredEvent>> {
  constructor(readonly question: LogQuestion) {
    super();
  }
}

@QueryHandler(LogPage)
export class LogPageHandler implements IQueryHandler<LogPage> {
  constructor(
    @Inject(SalesDesk) private readonly desk: SalesDesk,
    @Inject(NOW) private readonly now: () => Date,
  ) {}

  execute({ question }: LogPage): Promise<Page<StoredEvent>> {
    hasCome(question.asOf, this.now());
    return this.desk.searchLog(question);
  }
}

/** A measure; waits until its figures include the position `seen`, when one is named. */
export class Measure extends Query<MeasureAnswer & { readonly position: string | null }> {
  constructor(
    readonly name: MeasureName,
    readonly query: MeasureQuery,
    readonly seen: string | undefined,
    /** An answer of so long ago does as well, and is given at once. */
    readonly withinMs: number | null,
  ) {
    super();
  }
}

@QueryHandler(Measure)
export class MeasureHandler implements IQueryHandler<Measure> {
  constructor(
    @Inject(SalesDesk) private readonly desk: SalesDesk,
    @Inject(MEASURING) private readonly measuring: Measuring,
    @Inject(NOW) private readonly now: () => Date,
  ) {}

  async execute({ name, query, seen, withinMs }: Measure): Promise<MeasureAnswer & { readonly position: string | null }> {
    await haveSeen(this.desk, seen);
    if (!(name === 'forecast-total' && query.process === ALL_PROCESSES)) mustBeThere(this.desk, query.process);
    const lately = withinMs === null || seen !== undefined ? null : this.measuring.lately(name, query, withinMs);
    return lately ?? measured(query, this.now(), () => this.measuring.measure(name, query));
  }
}

/** The deals that a figure of a measure counts; waits until the figures include the position `seen`, when one is named. */
export class DealsBehindFigure extends Query<DealsBehindPage> {
  constructor(
    readonly name: DrilledMeasure,
    readonly query: MeasureQuery,
    readonly asked: DealsBehindQuery,
    readonly seen: string | undefined,
  ) {
    super();
  }
}

@QueryHandler(DealsBehindFigure)
export class DealsBehindFigureHandler implements IQueryHandler<DealsBehindFigure> {
  constructor(
    @Inject(SalesDesk) private readonly desk: SalesDesk,
    @Inject(MEASURING) private readonly measuring: Measuring,
    @Inject(NOW) private readonly now: () => Date,
  ) {}

  async execute({ name, query, asked, seen }: DealsBehindFigure): Promise<DealsBehindPage> {
    await haveSeen(this.desk, seen);
    mustBeThere(this.desk, query.process);
    return measured(query, this.now(), () => this.measuring.dealsBehind(name, query, asked));
  }
}

/** An answer of the measures, or the problem of a question that cannot be answered. */
async function measured<Answer extends Pick<MeasureAnswer, 'asOf' | 'timezone'>>(
  query: MeasureQuery,
  now: Date,
  ask: () => Promise<Answer>,
): Promise<Answer> {
  let answer: Answer;
  try {
    answer = await ask();
  } catch (error) {
    throw error instanceof RangeError
      ? new ProblemAnswer(400, 'request-invalid', `This cannot be measured: ${error.message}.`)
      : error;
  }
  const late = tooLate(query, answer, now);
  if (late.length > 0) throw malformed(late, 'The query');
  return answer;
}

/** Throws the problem of a process that nobody has published. */
function mustBeThere(desk: SalesDesk, process: string): void {
  if (!desk.process(process))
    throw notFound('no-such-process', `No process "${process}" is published. GET /v1/processes lists what is in force.`);
}

const NOT_YET = 'has not come yet';

/** Throws the problem of an `asOf` in the future, of which nothing can be known. */
function hasCome(asOf: string | undefined, now: Date): void {
  if (asOf !== undefined && asOf > now.toISOString()) throw malformed([{ field: '?asOf', say: NOT_YET }], 'The query');
}

/** The instants of a question whose time has not come: of an answer about them nobody could say what it stands for. */
function tooLate(query: MeasureQuery, { asOf, timezone }: Pick<MeasureAnswer, 'asOf' | 'timezone'>, now: Date): FieldProblem[] {
  if (isLater(query.asOf, now.toISOString(), timezone)) return [{ field: '?asOf', say: NOT_YET }];
  if (!isLater(query.clock, asOf, timezone)) return [];
  return [{ field: '?clock', say: query.asOf === undefined ? NOT_YET : 'is later than asOf' }];
}

/** Whether an instant, or the beginning of a day in the time zone, is later than `instant`. */
function isLater(asked: string | undefined, instant: string, timeZone: string): boolean {
  if (asked === undefined) return false;
  // Swedes write days as ISO 8601 does.
  return asked > (asked.includes('T') ? instant : new Date(instant).toLocaleDateString('sv', { timeZone }));
}

const SEEN_WITHIN_MS = 5_000;

async function haveSeen(desk: SalesDesk, position: string | undefined): Promise<void> {
  if (position === undefined) return;
  try {
    await desk.caughtUp(position, SEEN_WITHIN_MS);
  } catch (error) {
    if (!(error instanceof Error) || error.name !== 'TimeoutError') throw error;
    throw new ProblemAnswer(
      503,
      'not-caught-up',
      `The figures do not include position ${position} yet. Try again.`,
      {},
      { 'retry-after': '2' },
    );
  }
}
