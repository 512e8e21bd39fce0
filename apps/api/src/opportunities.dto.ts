import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn, IsOptional, ValidateIf } from 'class-validator';
import { BOARD_SORTS, type BoardSort, type DealsQuery } from '@coxswain/sales-desk';
import { PHASES, type FactInputs } from '@coxswain/sales-process';
import {
  AreDealIds,
  AreFacts,
  AreWords,
  defined,
  inUtc,
  IsDealId,
  IsInstant,
  IsNewDealId,
  IsPosition,
  IsProcessId,
  IsWholeNumber,
  IsWord,
  IsYesNo,
} from './shape.js';

const FACTS = {
  type: 'object',
  additionalProperties: true,
  description: 'Facts by field name of the process; null takes one back. Money in minor units.',
  example: { source: 'inbound', fitScore: 72, amount: { minor: 1_250_000, currency: 'EUR' } },
} as const;

const OCCURRED_AT = {
  type: 'string',
  format: 'date-time',
  example: '2026-03-31T14:30:00+02:00',
  description: 'When it happened, if not now: ISO 8601 with a zone.',
} as const;

const RESULTS = ['open', 'won', 'lost'] as const;

/** May be left out, but not be null. */
export const Optional = (): PropertyDecorator => ValidateIf((_, value) => value !== undefined);

export class DealParams {
  @ApiProperty({ example: 'acme-42' })
  @IsDealId()
  id!: string;
}

export class MoveParams extends DealParams {
  @ApiProperty({ example: 'qualify', description: 'A move of the stage where the deal stands.' })
  @IsWord()
  move!: string;
}

export class CaptureDto {
  @ApiPropertyOptional({
    example: 'acme-42',
    description: 'Given by the service when left out. Letters, digits, dots, hyphens, underscores.',
  })
  @Optional()
  @IsNewDealId()
  id?: string;

  @ApiProperty({ example: 'new-business' })
  @IsProcessId()
  process!: string;

  @ApiPropertyOptional(FACTS)
  @Optional()
  @AreFacts()
  facts?: FactInputs;

  @ApiPropertyOptional({ example: 'ada', description: 'Default: whoever asks.' })
  @Optional()
  @IsWord(200)
  owner?: string;

  @ApiPropertyOptional({ type: 'string', nullable: true, example: 'north' })
  @IsOptional()
  @IsWord()
  team?: string | null;

  @ApiPropertyOptional({ type: 'string', nullable: true, example: 'Acme GmbH' })
  @IsOptional()
  @IsWord(200)
  account?: string | null;

  @ApiPropertyOptional({ example: 'new', description: 'new (default), upsell, repeat, referral, or a word of your own.' })
  @Optional()
  @IsWord()
  origin?: string;

  @ApiPropertyOptional(OCCURRED_AT)
  @Optional()
  @IsInstant()
  occurredAt?: string;
}

export class AdvanceDto {
  @ApiPropertyOptional(FACTS)
  @Optional()
  @AreFacts()
  facts?: FactInputs;

  @ApiPropertyOptional({
    example: 'The CFO confirmed by phone.',
    description: 'Why; some checks can be let pass only with a reason.',
  })
  @Optional()
  @IsWord(2_000)
  reason?: string;

  @ApiPropertyOptional({ type: [String], example: ['budget'], description: 'Ids of the checks to let pass.' })
  @Optional()
  @AreWords(50)
  override?: string[];

  @ApiPropertyOptional(OCCURRED_AT)
  @Optional()
  @IsInstant()
  occurredAt?: string;
}

export class FactsDto {
  @ApiProperty(FACTS)
  @AreFacts()
  facts!: FactInputs;

  @ApiPropertyOptional(OCCURRED_AT)
  @Optional()
  @IsInstant()
  occurredAt?: string;
}

export class OwnerDto {
  @ApiProperty({ example: 'ben' })
  @IsWord(200)
  owner!: string;

  @ApiPropertyOptional({ type: 'string', nullable: true, example: 'south' })
  @IsOptional()
  @IsWord()
  team?: string | null;

  @ApiPropertyOptional(OCCURRED_AT)
  @Optional()
  @IsInstant()
  occurredAt?: string;
}

export class ActivityDto {
  @ApiProperty({ example: 'call', description: 'call, meeting, proposal, or a word of your own.' })
  @IsWord()
  kind!: string;

  @ApiPropertyOptional({ type: 'string', nullable: true, example: 'Budget is decided in April.' })
  @IsOptional()
  @IsWord(10_000)
  note?: string | null;

  @ApiPropertyOptional(OCCURRED_AT)
  @Optional()
  @IsInstant()
  occurredAt?: string;
}

export class DryRunQuery {
  @ApiPropertyOptional({ type: 'boolean', description: 'Answers what would happen, and writes nothing.' })
  @Optional()
  @IsYesNo()
  dryRun?: string;
}

export class AsOfQuery {
  @ApiPropertyOptional({
    type: 'string',
    format: 'date-time',
    example: '2026-03-31T23:59:59Z',
    description: 'As it was known at this instant.',
  })
  @Optional()
  @IsInstant()
  asOf?: string;
}

export class PageQuery {
  @ApiPropertyOptional({ type: 'integer', minimum: 1, maximum: 500, default: 50 })
  @Optional()
  @IsWholeNumber(1, 500)
  limit?: string;

  @ApiPropertyOptional({ description: 'Opaque; "next" of an earlier answer.' })
  @Optional()
  @IsWord(500)
  cursor?: string;
}

/** Which deals. */
export class DealsDto extends AsOfQuery {
  @ApiPropertyOptional({
    example: 'acme north',
    description:
      'Every word of it stands in the id, the account, the owner, the team, the origin, the source or in who generated the lead; large or small.',
  })
  @Optional()
  @IsWord(200)
  q?: string;

  @ApiPropertyOptional({ example: 'acme-42,birch-7', description: 'Only these, at most 500, told apart by commas.' })
  @Optional()
  @AreDealIds(500)
  ids?: string;

  @ApiPropertyOptional({ example: 'proposal' })
  @Optional()
  @IsWord()
  stage?: string;

  @ApiPropertyOptional({ example: 'ada' })
  @Optional()
  @IsWord(200)
  owner?: string;

  @ApiPropertyOptional({ example: 'north' })
  @Optional()
  @IsWord()
  team?: string;

  @ApiPropertyOptional({ enum: PHASES })
  @Optional()
  @IsIn(PHASES, { message: `must be one of ${PHASES.join(', ')}` })
  phase?: string;

  @ApiPropertyOptional({ type: 'integer', description: 'The version of the process that they run under.' })
  @Optional()
  @IsWholeNumber(1, 999_999)
  version?: string;

  @ApiPropertyOptional({ example: 'Acme GmbH' })
  @Optional()
  @IsWord(200)
  account?: string;

  @ApiPropertyOptional({ example: 'upsell' })
  @Optional()
  @IsWord()
  origin?: string;

  @ApiPropertyOptional({ example: 'inbound', description: 'The fact of that name.' })
  @Optional()
  @IsWord(200)
  source?: string;

  @ApiPropertyOptional({ enum: RESULTS, description: 'How they stand.' })
  @Optional()
  @IsIn(RESULTS, { message: `must be one of ${RESULTS.join(', ')}` })
  result?: (typeof RESULTS)[number];

  @ApiPropertyOptional({ type: 'boolean', description: 'Only deals with a time limit that is past; false: only the others.' })
  @Optional()
  @IsYesNo()
  overdue?: string;

  @ApiPropertyOptional({
    type: 'boolean',
    description: 'Only deals of which somebody entitled let a check pass; false: only the others.',
  })
  @Optional()
  @IsYesNo()
  override?: string;

  @ApiPropertyOptional({ type: 'boolean', description: 'Only deals with a step that broke the process; false: only the others.' })
  @Optional()
  @IsYesNo()
  deviating?: string;

  @ApiPropertyOptional({ description: 'Answers once the board includes this position of the log; waits 5 seconds at most.' })
  @Optional()
  @IsPosition()
  seen?: string;
}

export class BoardSummaryDto extends DealsDto {
  @ApiProperty({ example: 'new-business' })
  @IsProcessId()
  process!: string;
}

export class BoardDto extends DealsDto {
  @ApiPropertyOptional({ example: 'new-business' })
  @Optional()
  @IsWord()
  process?: string;

  @ApiPropertyOptional({
    enum: BOARD_SORTS,
    default: 'id',
    description:
      'By what they are in order; with - the other way round. age: how long they have stood in their stage; limit: whose first time limit is up first. Amounts by their number, whatever the currency. Deals without it come last either way.',
  })
  @Optional()
  @IsIn(BOARD_SORTS, { message: `must be one of ${BOARD_SORTS.join(', ')}` })
  sort?: BoardSort;

  @ApiPropertyOptional({ type: 'integer', minimum: 1, maximum: 500, default: 50, description: 'Default with ids: 500.' })
  @Optional()
  @IsWholeNumber(1, 500)
  limit?: string;

  @ApiPropertyOptional({ description: 'Opaque; "next" of an earlier answer.' })
  @Optional()
  @IsWord(2_000)
  cursor?: string;
}

/** The deals that a query asks for. */
export function dealsIn({ q, ids, asOf, version, overdue, override, deviating, seen: _, ...words }: DealsDto): DealsQuery {
  const yes = (text: string | undefined): boolean | undefined => (text === undefined ? undefined : text === 'true');
  return defined({
    ...words,
    q,
    ids: ids?.split(','),
    asOf: asOf === undefined ? undefined : inUtc(asOf),
    version: version === undefined ? undefined : Number(version),
    overdue: yes(overdue),
    overridden: yes(override),
    deviating: yes(deviating),
  });
}
