import { Readable } from 'node:stream';
import { Body, Controller, Get, HttpCode, Inject, Post, Query } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { ApiBearerAuth, ApiBody, ApiConsumes, ApiOperation, ApiProperty, ApiPropertyOptional, ApiTags } from '@nestjs/swagger';
import { ImportStopped, previewFile, readImportMap, type FilePreview, type ImportReport } from '@coxswain/sales-desk';
import type { Problem } from '@coxswain/sales-process';
import { OnlyRoles } from './access.js';
import { ImportHistory, type RowProblems } from './commands.js';
import type { Configuration } from './configuration.js';
import * as example from './examples.js';
import { knownMaps, readMap, type KnownMap } from './maps.js';
import { DryRunQuery, Optional } from './opportunities.dto.js';
import { Answers, DescribesQuestion, ProblemResponse } from './openapi.js';
import { ProblemAnswer } from './problem.js';
import { IsFileName, IsWholeNumber, IsWord } from './shape.js';
import { CONFIGURATION } from './tokens.js';
import { headOf, withUpload } from './uploads.js';

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

class PreviewQuery {
  @ApiPropertyOptional({
    example: 'maven-crm',
    description:
      'Reads the file as this map says (format, encoding, delimiter). Without it: XML is a XES log, anything else CSV in UTF-8.',
  })
  @Optional()
  @IsWord()
  map?: string;

  @ApiPropertyOptional({ example: 'sales_pipeline.csv', description: 'What problems call the file.' })
  @Optional()
  @IsFileName()
  name?: string;

  @ApiPropertyOptional({ type: 'integer', minimum: 1, maximum: 100, default: 10, description: 'How many rows.' })
  @Optional()
  @IsWholeNumber(1, 100)
  rows?: string;
}

/** Which maps read a file, and what each would miss in it. */
interface MapsThatFit {
  /** Those of its format, the one that misses least first. */
  readonly maps: readonly { readonly map: string; readonly missing: readonly string[] }[];
}

const PREVIEW_ROWS = 10;

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
    mustBeFile(body);
    const { mapsDir, dataDir } = this.configuration;
    const text = await readMap(mapsDir, map);
    const outcome = await withUpload(body, dataDir, (file) =>
      this.commands.execute(
        new ImportHistory({ file, name: name ?? 'the file', map: text, lookupsDir: mapsDir, dryRun: dryRun === 'true' }),
      ),
    );
    if ('mapProblems' in outcome) throw mapInvalid(map, outcome.mapProblems);
    if (outcome.stopped) throw new ProblemAnswer(422, 'import-stopped', outcome.stopped.say, { report: outcome });
    return outcome;
  }

  @Get('maps')
  @DescribesQuestion('The import maps that the service knows: what each reads, and under which process', {
    example: example.maps,
  })
  async maps(): Promise<{ readonly items: readonly KnownMap[]; readonly next: null }> {
    return { items: await knownMaps(this.configuration.mapsDir), next: null };
  }

  @Post('preview')
  @HttpCode(200)
  @ApiOperation({
    summary: 'Shows how a CSV or XES file begins, and which maps read it',
    description:
      'Writes nothing and keeps nothing, so anybody may ask. The first 1 MiB is looked at: it is enough to send the beginning of the file.',
  })
  @ApiBearerAuth()
  @ApiConsumes('text/csv', 'application/xml', 'application/gzip', 'application/octet-stream')
  @ApiBody({ required: true, schema: { type: 'string', format: 'binary' } })
  @Answers(200, 'Its columns, its first rows, and what each map would miss in it.', example.preview)
  @ProblemResponse(400, 'The shape is wrong.')
  @ProblemResponse(401, 'No token, or one that is not taken.')
  @ProblemResponse(404, 'There is no such map.')
  @ProblemResponse(413, 'The file is larger than 1 GiB.')
  @ProblemResponse(415, 'The file is neither CSV nor XES.')
  @ProblemResponse(422, 'The map has problems, or no row of the file can be read.')
  async preview(
    @Body() body: unknown,
    @Query() { map, name = 'the file', rows }: PreviewQuery,
  ): Promise<FilePreview & MapsThatFit> {
    mustBeFile(body);
    const { mapsDir } = this.configuration;
    const told = map === undefined ? null : readImportMap(await readMap(mapsDir, map));
    if (told && !told.map) throw mapInvalid(map!, told.problems);
    const head = await headOf(body);
    const file = { name, totalBytes: null, open: () => Readable.from(head) };
    try {
      const shown = await previewFile(file, Number(rows ?? PREVIEW_ROWS), told?.map ?? {});
      const maps = (await knownMaps(mapsDir))
        .filter(({ format, columns }) => format === shown.format && columns !== null)
        .map(({ id, columns }) => ({ map: id, missing: columns!.filter((column) => !shown.columns.includes(column)) }))
        .toSorted((a, b) => a.missing.length - b.missing.length);
      return { ...shown, maps };
    } catch (error) {
      throw error instanceof ImportStopped ? new ProblemAnswer(422, 'import-stopped', error.say) : error;
    }
  }
}

function mustBeFile(body: unknown): asserts body is Readable {
  if (!(body instanceof Readable))
    throw new ProblemAnswer(
      400,
      'body-missing',
      'Send the file as the body, as text/csv, application/xml, application/gzip or application/octet-stream.',
    );
}

const mapInvalid = (map: string, problems: readonly Problem[]): ProblemAnswer =>
  new ProblemAnswer(422, 'map-invalid', `The import map "${map}" has problems; nothing was read.`, { problems });
