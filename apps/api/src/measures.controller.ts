import { Controller, Get, Inject, Param, Query } from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import { ApiProperty, ApiPropertyOptional, ApiTags } from '@nestjs/swagger';
import {
  ALL_PROCESSES,
  AS_OF_BY,
  COUNTED,
  GROUPINGS,
  MEASURE_NAMES,
  PERIODS,
  SCORECARD_PERIODS,
  TOTAL_GROUPINGS,
  type AsOfBy,
  type Counted,
  type Grouping,
  type MeasureAnswer,
  type MeasureName,
  type Period,
  type ScorecardPeriodKind,
} from '@coxswain/projections';
import { nearest } from '@coxswain/sales-process';
import { IsIn } from 'class-validator';
import * as example from './examples.js';
import { Optional } from './opportunities.dto.js';
import { DescribesQuestion } from './openapi.js';
import { malformed, notFound, type FieldProblem } from './problem.js';
import { Measure } from './queries.js';
import { inUtc, IsInstantOrDay, IsPeriod, IsPosition, IsProcessId, IsWholeNumber, IsWord } from './shape.js';

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

/** What the log says about the selling. */
@ApiTags('measures')
@Controller('v1/measures')
export class MeasuresController {
  constructor(@Inject(QueryBus) private readonly queries: QueryBus) {}

  @Get('forecast-total')
  @DescribesQuestion('what will come in over all processes, currencies kept apart', {
    example: example.forecastTotal,
    missing: true,
  })
  forecastTotal(@Query() query: ForecastTotalDto): Promise<MeasureAnswer & { readonly position: string | null }> {
    const { process = ALL_PROCESSES, by, period, seen } = query;
    return this.queries.execute(new Measure('forecast-total', { process, ...windowOf(query), by, period }, seen));
  }

  @Get(':name')
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
  ): Promise<MeasureAnswer & { readonly position: string | null }> {
    if (!isMeasure(name)) {
      const meant = nearest(name, MEASURE_NAMES);
      throw notFound(
        'no-such-measure',
        `There is no measure "${name}"${meant ? `: did you mean "${meant}"?` : '.'} There are ${MEASURE_NAMES.join(', ')}.`,
      );
    }
    const wrong = misfits(name, query);
    if (wrong.length > 0) throw malformed(wrong, 'The query');
    const { process, by, period, average, counted, of, seen } = query;
    return this.queries.execute(
      new Measure(
        name,
        {
          process,
          ...windowOf(query),
          by,
          period,
          counted,
          of,
          average: average === undefined ? undefined : Number(average),
        },
        seen,
      ),
    );
  }
}

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
