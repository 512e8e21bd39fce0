import { Readable } from 'node:stream';
import { Body, Controller, HttpCode, Inject, Post, Query } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { ApiBearerAuth, ApiBody, ApiConsumes, ApiOperation, ApiProperty, ApiPropertyOptional, ApiTags } from '@nestjs/swagger';
import type { ImportReport } from '@coxswain/sales-desk';
import { OnlyRoles } from './access.js';
import { ImportHistory, type RowProblems } from './commands.js';
import type { Configuration } from './configuration.js';
import * as example from './examples.js';
import { readMap } from './maps.js';
import { DryRunQuery, Optional } from './opportunities.dto.js';
import { Answers, ProblemResponse } from './openapi.js';
import { ProblemAnswer } from './problem.js';
import { IsFileName, IsWord } from './shape.js';
import { CONFIGURATION } from './tokens.js';
import { withUpload } from './uploads.js';

class ImportQuery extends DryRunQuery {
  @ApiProperty({
    example: 'maven-crm',
    description: 'An import map that the service knows: NAME.map.yaml in its folder of maps.',
  })
  @IsWord()
  map!: string;

  @ApiPropertyOptional({ example: 'sales_pipeline.csv', description: 'What the report calls the file.' })
  @Optional()
  @IsFileName()
  name?: string;
}

/** A file of the past, through the one door. */
@ApiTags('imports')
@Controller('v1/imports')
export class ImportsController {
  constructor(
    @Inject(CommandBus) private readonly commands: CommandBus,
    @Inject(CONFIGURATION) private readonly configuration: Configuration,
  ) {}

  @Post()
  @HttpCode(200)
  @OnlyRoles('operations', 'admin')
  @ApiOperation({
    summary: 'Brings in a CSV or XES file (also .gz)',
    description:
      'Needs the role operations or admin; with ?dryRun=true the file is only read and judged, which anybody may ask. Safe to repeat: nothing is written twice.',
  })
  @ApiBearerAuth()
  @ApiConsumes('text/csv', 'application/xml', 'application/gzip', 'application/octet-stream')
  @ApiBody({ required: true, schema: { type: 'string', format: 'binary' } })
  @Answers(200, 'What came in, what was there already, what was rejected and why.', example.imported)
  @ProblemResponse(400, 'The shape is wrong, or the file broke off.')
  @ProblemResponse(401, 'No token, or one that is not taken.')
  @ProblemResponse(403, 'The token does not name the role operations or admin.')
  @ProblemResponse(404, 'There is no such map.')
  @ProblemResponse(413, 'The file is larger than 1 GiB.')
  @ProblemResponse(415, 'The file is neither CSV nor XES.')
  @ProblemResponse(422, 'The map has problems, or the file could not be read to its end; `report` then says what was done.')
  @ProblemResponse(507, 'There is no space to keep the file, or what is in it. Safe to repeat once there is.')
  async bringIn(@Body() body: unknown, @Query() { map, name, dryRun }: ImportQuery): Promise<ImportReport & RowProblems> {
    if (!(body instanceof Readable))
      throw new ProblemAnswer(
        400,
        'body-missing',
        'Send the file as the body, as text/csv, application/xml, application/gzip or application/octet-stream.',
      );
    const { mapsDir, dataDir } = this.configuration;
    const text = await readMap(mapsDir, map);
    const outcome = await withUpload(body, dataDir, (file) =>
      this.commands.execute(
        new ImportHistory({ file, name: name ?? 'the file', map: text, lookupsDir: mapsDir, dryRun: dryRun === 'true' }),
      ),
    );
    if ('mapProblems' in outcome)
      throw new ProblemAnswer(422, 'map-invalid', `The import map "${map}" has problems; nothing was read.`, {
        problems: outcome.mapProblems,
      });
    if (outcome.stopped) throw new ProblemAnswer(422, 'import-stopped', outcome.stopped.say, { report: outcome });
    return outcome;
  }
}
