import { Controller, Get, Headers, Inject, Param, Query, Res } from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import { ApiHeader, ApiProperty, ApiPropertyOptional, ApiTags } from '@nestjs/swagger';
import {
  ALL_PROCESSES,
  AS_OF_BY,
  cellWordsOf,
  COUNTED,
  DRILLED,
  GROUPINGS,
  MEASURE_NAMES,
  PERIODS,
  SCORECARD_PERIODS,
  TOTAL_GROUPINGS,
  type AsOfBy,
  type Cell,
  type CellWord,
  type Counted,
  type DrilledMeasure,
  type Grouping,
  type MeasureAnswer,
  type MeasureName,
  type MeasureQuery,
  type Period,
  type ScorecardPeriodKind,
} from '@coxswain/projections';
import type { DealsBehindPage } from '@coxswain/sales-desk';
import { nearest } from '@coxswain/sales-process';
import { IsIn } from 'class-validator';
import type { FastifyReply } from 'fastify';
import * as example from './examples.js';
import { Optional } from './opportunities.dto.js';
import { DescribesQuestion } from './openapi.js';
import { malformed, notFound, type FieldProblem } from './problem.js';
import { DealsBehindFigure, Measure } from './queries.js';
import { defined, inUtc, IsGroup, IsInstantOrDay, IsPeriod, IsPosition, IsProcessId, IsWholeNumber, IsWord } from './shape.js';
import { NOW } from './tokens.js';

const INSTANT = {
  type: 'string',
  example: '2026-01-01',
  description: 'A day (its first moment in the time zone of the process) or an instant with its zone.',
} as const;

class MeasureParams {
  @ApiProperty({ enum: MEASURE_NAMES })
  @IsWord()
  name!: string;
}

class WindowDto {
  @ApiPropertyOptional(INSTANT)
  @Optional()
  @IsInstantOrDay()
  from?: string;

  @ApiPropertyOptional({ ...INSTANT, example: '2026-04-01' })
  @Optional()
  @IsInstantOrDay()
  to?: string;

  @ApiPropertyOptional({ ...INSTANT, description: 'As it was known then: only what was recorded up to this instant counts.' })
  @Optional()
  @IsInstantOrDay()
  asOf?: string;

  @ApiPropertyOptional({
    enum: AS_OF_BY,
    description:
      'By which instant an event counts as known at asOf: when it was recorded, or (for history brought in afterwards) when it occurred.',
  })
  @Optional()
  @IsIn(AS_OF_BY, { message: `must be one of ${AS_OF_BY.join(', ')}` })
  asOfBy?: AsOfBy;

  @ApiPropertyOptional({
    ...INSTANT,
    description: 'The present of the measure: only what occurred up to this instant counts. Never later than asOf.',
  })
  @Optional()
  @IsInstantOrDay()
  clock?: string;

  @ApiPropertyOptional({ description: 'Answers once the figures include this position of the log; waits 5 seconds at most.' })
  @Optional()
  @IsPosition()
  seen?: string;
}

class MeasureDto extends WindowDto {
  @ApiProperty({ example: 'new-business' })
  @IsProcessId()
  process!: string;

  @ApiPropertyOptional({ enum: GROUPINGS })
  @Optional()
  @IsIn(GROUPINGS, { message: `must be one of ${GROUPINGS.join(', ')}` })
  by?: Grouping;

  @ApiPropertyOptional({
    enum: SCORECARD_PERIODS,
    description: 'Forecast; conversion, by which cohorts are told apart; scorecard, which alone knows weeks.',
  })
  @Optional()
  @IsIn(SCORECARD_PERIODS, { message: `must be one of ${SCORECARD_PERIODS.join(', ')}` })
  period?: ScorecardPeriodKind;

  @ApiPropertyOptional({ example: '2026-Q4', description: 'Bridge only: the month or quarter whose close dates count.' })
  @Optional()
  @IsPeriod()
  of?: string;

  @ApiPropertyOptional({
    type: 'integer',
    minimum: 1,
    maximum: 12,
    description: 'Forecast only: over how many past periods the moving average goes.',
  })
  @Optional()
  @IsWholeNumber(1, 12)
  average?: string;

  @ApiPropertyOptional({
    enum: COUNTED,
    description:
      'Conversion only: the deals that entered in the window, followed up to the clock; or those at risk in it, each for as long as it stood on its way in the window.',
  })
  @Optional()
  @IsIn(COUNTED, { message: `must be one of ${COUNTED.join(', ')}` })
  counted?: Counted;
}

class ForecastTotalDto extends WindowDto {
  @ApiPropertyOptional({ example: 'new-business', description: 'Without it: over all processes.' })
  @Optional()
  @IsProcessId()
  process?: string;

  @ApiPropertyOptional({ enum: TOTAL_GROUPINGS })
  @Optional()
  @IsIn(TOTAL_GROUPINGS, { message: `must be one of ${TOTAL_GROUPINGS.join(', ')}` })
  by?: Grouping | 'process';

  @ApiPropertyOptional({ enum: PERIODS })
  @Optional()
  @IsIn(PERIODS, { message: `must be one of ${PERIODS.join(', ')}` })
  period?: Period;
}

const cellWord = (description: string): MethodDecorator & PropertyDecorator => ApiPropertyOptional({ description });

/** Which figure: the words that it stands under in the answer. */
class DealsBehindDto extends MeasureDto {
  @cellWord('Conversion: steps (default) or funnel. Cycle-time: stages (default), leadToWon or qualifiedToWon.')
  @Optional()
  @IsWord()
  part?: string;

  @cellWord('Conversion: the first of the two stages (of the funnel: lead, qualified).')
  @Optional()
  @IsWord()
  fromStage?: string;

  @cellWord('Conversion: the second.')
  @Optional()
  @IsWord()
  toStage?: string;

  @cellWord(
    'Conversion: reached, open, ended, lost. Cycle-time: open, ended, won, lost. Pipeline: open, won, lost, overdue. Adherence: followed, overridden, deviated. Scorecard: captured, qualified, won, lost, open, expected (to close in the period at its start), slipped, old (ageing).',
  )
  @Optional()
  @IsWord()
  outcome?: string;

  @cellWord('Conversion: the month or quarter of a cohort, of the funnel alone. Scorecard: the period.')
  @Optional()
  @IsWord(10)
  cohort?: string;

  @cellWord('Pipeline, cycle-time, scorecard: the stage. Adherence: the stage of a misfit.')
  @Optional()
  @IsWord()
  stage?: string;

  @cellWord('Cycle-time: whether the deal had stood in the stage before: true, false.')
  @Optional()
  @IsWord()
  reentry?: string;

  @cellWord('Adherence: the path of a variant, its stages told apart by commas.')
  @Optional()
  @IsWord(4_000)
  path?: string;

  @cellWord('Adherence: what a deviation broke: fact, check, role, path ...')
  @Optional()
  @IsWord()
  kind?: string;

  @cellWord('Adherence: the fact, the check or the way of the deviation.')
  @Optional()
  @IsWord(500)
  what?: string;

  @cellWord('Adherence: the check that was let pass.')
  @Optional()
  @IsWord()
  check?: string;

  @cellWord('Adherence: who let it pass.')
  @Optional()
  @IsWord(200)
  person?: string;

  @cellWord('Adherence: what is the matter with the stage: skipped, extra, outOfOrder, overridden, limit (outlasted).')
  @Optional()
  @IsWord()
  misfit?: string;

  @cellWord('With by: only of this group. Empty: of those that have none.')
  @Optional()
  @IsGroup()
  group?: string;

  @ApiPropertyOptional({ type: 'integer', minimum: 1, maximum: 500, default: 500 })
  @Optional()
  @IsWholeNumber(1, 500)
  limit?: string;

  @ApiPropertyOptional({ description: 'Opaque; "next" of an earlier answer.' })
  @Optional()
  @IsWord(500)
  cursor?: string;
}

type Told = MeasureAnswer & { readonly position: string | null };

const MOST_STALE_S = 3_600;
const LATELY = {
  name: 'cache-control',
  required: false,
  description:
    'max-stale=SECONDS (at most 3600): an answer of so long ago does as well and comes at once, where there is one; Age says how old it is. Without it, all that is recorded counts.',
} as const;

/** How old an answer may be, by the request directive of RFC 9111, 5.2.1.2; null where it has to be of now. */
function mostStaleMs(cacheControl: string | undefined): number | null {
  const seconds = /(?:^|,)\s*max-stale=(\d{1,9})\s*(?:,|$)/i.exec(cacheControl ?? '')?.[1];
  return seconds === undefined ? null : Math.min(Number(seconds), MOST_STALE_S) * 1_000;
}

/** What the log says about the selling. */
@ApiTags('measures')
@Controller('v1/measures')
export class MeasuresController {
  constructor(
    @Inject(QueryBus) private readonly queries: QueryBus,
    @Inject(NOW) private readonly now: () => Date,
  ) {}

  @Get('forecast-total')
  @ApiHeader(LATELY)
  @DescribesQuestion('what will come in over all processes, currencies kept apart', {
    example: example.forecastTotal,
    missing: true,
  })
  forecastTotal(
    @Query() query: ForecastTotalDto,
    @Headers('cache-control') cacheControl: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Told> {
    const { process = ALL_PROCESSES, by, period, seen } = query;
    const asked = { process, ...windowOf(query), by, period };
    return this.told(new Measure('forecast-total', asked, seen, mostStaleMs(cacheControl)), reply);
  }

  @Get(':name')
  @ApiHeader(LATELY)
  @DescribesQuestion(
    'pipeline, conversion, cycle-time, forecast, forecast-accuracy, forecast-record, bridge, scorecard, adherence, junk-watch or sources',
    {
      example: example.measure,
      missing: true,
    },
  )
  measure(
    @Param() { name }: MeasureParams,
    @Query() query: MeasureDto,
    @Headers('cache-control') cacheControl: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Told> {
    if (!isMeasure(name)) {
      const meant = nearest(name, MEASURE_NAMES);
      throw notFound(
        'no-such-measure',
        `There is no measure "${name}"${meant ? `: did you mean "${meant}"?` : '.'} There are ${MEASURE_NAMES.join(', ')}.`,
      );
    }
    const wrong = misfits(name, query);
    if (wrong.length > 0) throw malformed(wrong, 'The query');
    return this.told(new Measure(name, questionIn(query), query.seen, mostStaleMs(cacheControl)), reply);
  }

  /** How old an answer about the present is, it says in seconds. */
  private async told(question: Measure, reply: FastifyReply): Promise<Told> {
    const answer = await this.queries.execute(question);
    const seconds = Math.floor((this.now().getTime() - Date.parse(answer.asOf)) / 1_000);
    if (question.query.asOf === undefined && seconds > 0) void reply.header('age', seconds);
    return answer;
  }

  @Get(':name/deals')
  @DescribesQuestion('The deals that a figure of pipeline, conversion, cycle-time, scorecard or adherence counts: their ids', {
    example: example.dealsBehind,
    missing: true,
  })
  dealsBehind(@Param() { name }: MeasureParams, @Query() query: DealsBehindDto): Promise<DealsBehindPage> {
    const { group, limit, cursor, seen } = query;
    if (!isDrilled(name)) {
      const meant = nearest(name, DRILLED);
      throw notFound(
        'no-such-measure',
        `Of "${name}" no deals can be told${meant ? `: did you mean "${meant}"?` : '.'} They can of ${DRILLED.join(', ')}.`,
      );
    }
    const wrong = [...misfits(name, query), ...misfitsOfCell(name, query)];
    if (wrong.length > 0) throw malformed(wrong, 'The query');
    const asked = {
      cell: cellIn(query),
      ...(group === undefined ? {} : { group: group === '' ? null : group }),
      ...defined({ cursor, limit: limit === undefined ? undefined : Number(limit) }),
    };
    return this.queries.execute(new DealsBehindFigure(name, questionIn(query), asked, seen));
  }
}

function questionIn({ process, from, to, asOf, asOfBy, clock, by, period, average, counted, of }: MeasureDto): MeasureQuery {
  return {
    process,
    from: utc(from),
    to: utc(to),
    asOf: utc(asOf),
    asOfBy,
    clock: utc(clock),
    by,
    period,
    counted,
    of,
    average: average === undefined ? undefined : Number(average),
  };
}

const cellIn = ({
  part,
  fromStage,
  toStage,
  outcome,
  cohort,
  stage,
  reentry,
  path,
  kind,
  what,
  check,
  person,
  misfit,
}: DealsBehindDto): Cell =>
  defined({ part, fromStage, toStage, outcome, cohort, stage, reentry, path, kind, what, check, person, misfit });

const isDrilled = (name: string): name is DrilledMeasure => DRILLED.some((known) => known === name);

/** Words that name no figure of the measure. */
function misfitsOfCell(name: DrilledMeasure, query: DealsBehindDto): FieldProblem[] {
  const words = cellWordsOf(name);
  const problems: FieldProblem[] = [];
  for (const [word, value] of Object.entries(cellIn(query)) as [CellWord, string][]) {
    const known = words[word];
    if (known === undefined)
      problems.push({ field: `?${word}`, say: `names no figure of ${name}, which knows ${Object.keys(words).join(', ')}` });
    else if (known !== null && !known.includes(value))
      problems.push({ field: `?${word}`, say: `must be one of ${known.join(', ')}` });
  }
  if (name === 'conversion' && query.cohort !== undefined && query.part !== 'funnel')
    problems.push({ field: '?cohort', say: 'belongs to part=funnel only' });
  if (name === 'conversion' && query.cohort !== undefined && !COHORT.test(query.cohort))
    problems.push({ field: '?cohort', say: 'must be a month like 2026-11, or a quarter like 2026-Q4' });
  if (query.group !== undefined && query.by === undefined) problems.push({ field: '?group', say: 'belongs to by' });
  return problems;
}

const COHORT = /^[1-9]\d{3}-(?:0[1-9]|1[0-2]|Q[1-4])$/;
const WITH_PERIOD: readonly MeasureName[] = ['conversion', 'forecast', 'forecast-accuracy', 'scorecard'];

const isMeasure = (name: string): name is MeasureName => MEASURE_NAMES.some((known) => known === name);

/** An instant in UTC; a day stays a day, whose beginning depends on the time zone of the process. */
const utc = (value: string | undefined): string | undefined => (value?.includes('T') ? inUtc(value) : value);

const windowOf = ({ from, to, asOf, asOfBy, clock }: WindowDto) => ({
  from: utc(from),
  to: utc(to),
  asOf: utc(asOf),
  asOfBy,
  clock: utc(clock),
});

/** What does not belong to this measure, or cannot hold together. */
function misfits(name: MeasureName, query: MeasureDto): FieldProblem[] {
  const problems: FieldProblem[] = [];
  if (query.period !== undefined && !WITH_PERIOD.includes(name))
    problems.push({ field: '?period', say: `belongs to ${WITH_PERIOD.join(', ')} only` });
  if (query.period === 'week' && name !== 'scorecard')
    problems.push({ field: '?period', say: `must be ${PERIODS.join(' or ')}: weeks are told by the scorecard alone` });
  if (query.of !== undefined && name !== 'bridge') problems.push({ field: '?of', say: 'belongs to the bridge only' });
  if (query.counted !== undefined && name !== 'conversion')
    problems.push({ field: '?counted', say: 'belongs to conversion only' });
  if (query.average !== undefined && name !== 'forecast')
    problems.push({ field: '?average', say: 'belongs to the forecast only' });
  return problems;
}
