import { Readable } from 'node:stream';
import { Body, Controller, Get, HttpCode, Inject, Param, Post, Query, Res } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { ApiBearerAuth, ApiBody, ApiConsumes, ApiOperation, ApiProperty, ApiPropertyOptional, ApiTags } from '@nestjs/swagger';
import { columnsOf, ImportStopped, previewFile, type FilePreview, type ImportMap, type ImportReport } from '@coxswain/sales-desk';
import type { Actor, Problem } from '@coxswain/sales-process';
import type { FastifyReply } from 'fastify';
import { Asker, OnlyRoles } from './access.js';
import { ImportHistory, type RowProblems } from './commands.js';
import type { Configuration } from './configuration.js';
import * as example from './examples.js';
import { CheckMap, type CheckedMap } from './import-maps.queries.js';
import { ImportRuns, MOST_RUNNING, type ImportRun, type ImportStatus } from './import-runs.js';
import { knownMaps, readMap, shownMap, type KnownMap, type ShownMap } from './maps.js';
import { DryRunQuery, Optional } from './opportunities.dto.js';
import { Answers, DescribesQuestion, ProblemResponse } from './openapi.js';
import { malformed, notFound, ProblemAnswer } from './problem.js';
import { IsFileName, IsWholeNumber, IsWord, IsYesNo } from './shape.js';
import { CONFIGURATION } from './tokens.js';
import { headOf, keptUpload, splitMap, told } from './uploads.js';

const PREVIEW_ROWS = 10;
/** As the check of a map has it: 256 KiB. */
const MOST_MAP_BYTES = 262_144;

/** Where the map is: in the folder of the service, or before the file. */
class MapQuery extends DryRunQuery {
  @ApiPropertyOptional({
    example: 'maven-crm',
    description: 'An import map that the service knows: NAME.map.yaml in its folder of maps.',
  })
  @Optional()
  @IsWord()
  map?: string;

  @ApiPropertyOptional({
    type: 'integer',
    minimum: 1,
    maximum: MOST_MAP_BYTES,
    description: 'Instead of a name: the body begins with so many bytes of a map, and the file follows at once.',
  })
  @Optional()
  @IsWholeNumber(1, MOST_MAP_BYTES)
  mapBytes?: string;

  @ApiPropertyOptional({ example: 'sales_pipeline.csv', description: 'What the report and problems call the file.' })
  @Optional()
  @IsFileName()
  name?: string;
}

class ImportQuery extends MapQuery {
  @ApiPropertyOptional({
    enum: ['true', 'false'],
    description: 'Answers as soon as the file is here, and goes on in the background: GET the location to see how far it is.',
  })
  @Optional()
  @IsYesNo()
  background?: string;
}

class PreviewQuery extends MapQuery {
  @ApiPropertyOptional({ type: 'integer', minimum: 1, maximum: 100, default: 10, description: 'How many rows.' })
  @Optional()
  @IsWholeNumber(1, 100)
  rows?: string;
}

class MapParams {
  @ApiProperty({ example: 'maven-crm' })
  @IsWord()
  map!: string;
}

class RunParams {
  @ApiProperty({ example: example.importStatus.import })
  @IsWord()
  import!: string;
}

/** A map, by name or as it was sent, with the file that is to be read by it. */
interface Given {
  /** Null where the map was sent along. */
  readonly name: string | null;
  readonly text: string;
  readonly file: Readable;
}

/** Which maps read a file, and what each would miss in it. */
interface MapsThatFit {
  /** Those of its format, the one that misses least first. */
  readonly maps: readonly { readonly map: string; readonly missing: readonly string[] }[];
  /** Of the map that was asked with; null without one. */
  readonly reads: { readonly process: string; readonly columns: readonly string[]; readonly missing: readonly string[] } | null;
}

/** A file of the past, through the one door. */
@ApiTags('imports')
@Controller('v1/imports')
export class ImportsController {
  constructor(
    @Inject(CommandBus) private readonly commands: CommandBus,
    @Inject(QueryBus) private readonly queries: QueryBus,
    @Inject(ImportRuns) private readonly runs: ImportRuns,
    @Inject(CONFIGURATION) private readonly configuration: Configuration,
  ) {}

  @Post()
  @HttpCode(200)
  @OnlyRoles('operations', 'admin')
  @ApiOperation({
    summary: 'Brings in a CSV or XES file (also .gz)',
    description:
      'Needs the role operations or admin; with ?dryRun=true the file is only read and judged, which anybody may ask. Safe to repeat: nothing is written twice. The map is named (map), or sent before the file (mapBytes).',
  })
  @ApiBearerAuth()
  @ApiConsumes('text/csv', 'application/xml', 'application/gzip', 'application/octet-stream')
  @ApiBody({ required: true, schema: { type: 'string', format: 'binary' } })
  @Answers(200, 'What came in, what was there already, what was rejected and why.', example.imported)
  @Answers(202, 'With ?background=true: begun.', example.importStatus)
  @ProblemResponse(400, 'The shape is wrong, or the file broke off.')
  @ProblemResponse(401, 'No token, or one that is not taken.')
  @ProblemResponse(403, 'The token does not name the role operations or admin.')
  @ProblemResponse(404, 'There is no such map.')
  @ProblemResponse(409, 'With ?background=true: too many run already.')
  @ProblemResponse(413, 'The file is larger than 1 GiB.')
  @ProblemResponse(415, 'The file is neither CSV nor XES.')
  @ProblemResponse(422, 'The map has problems, or the file could not be read to its end; `report` then says what was done.')
  @ProblemResponse(507, 'There is no space to keep the file, or what is in it. Safe to repeat once there is.')
  async bringIn(
    @Body() body: unknown,
    @Query() { name = 'the file', dryRun, background, ...where }: ImportQuery,
    @Asker() { id: by, roles }: Actor,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<(ImportReport & RowProblems) | ImportStatus> {
    mustBeFile(body);
    const { mapsDir, dataDir } = this.configuration;
    const given = await this.given(body, where);
    if (!given)
      throw malformed([{ field: '?map', say: 'must name a map, unless mapBytes says that one is sent along' }], 'The query');
    const inBackground = background === 'true';
    // Asked before the file is taken in, and again once it is there.
    if (inBackground) this.mustHaveRoom();
    const upload = await keptUpload(given.file, dataDir);
    try {
      const map = await this.checked(given);
      const lookupsOf = given.name === null ? await this.mayLookUp(map, roles) : null;
      const about = { file: name, map: given.name, process: map.process, dryRun: dryRun === 'true', by };
      const request = { file: upload.file, name, map: given.text, lookupsDir: mapsDir, lookupsOf, dryRun: about.dryRun };
      if (inBackground) this.mustHaveRoom();
      const { id, outcome } = this.runs.begin(about, inBackground, async (onProgress, signal) => {
        try {
          return await this.commands.execute(new ImportHistory({ ...request, onProgress, signal }));
        } finally {
          await upload.remove();
        }
      });
      if (inBackground) {
        void reply.status(202).header('location', `/v1/imports/${id}`);
        return statusOf(this.runs.one(id)!);
      }
      const report = await outcome;
      if ('mapProblems' in report) throw mapInvalid(given.name, report.mapProblems);
      if (report.stopped) throw new ProblemAnswer(422, 'import-stopped', report.stopped.say, { report });
      return report;
    } catch (error) {
      await upload.remove();
      throw told(error);
    }
  }

  @Get()
  @DescribesQuestion('The imports that run, and the last that have ended since the service started, the latest first', {
    example: example.importStatuses,
  })
  imports(): { readonly items: readonly ImportStatus[]; readonly next: null } {
    return { items: this.runs.all(), next: null };
  }

  @Get(':import')
  @DescribesQuestion('An import: how far it is, and what came of it', { example: example.importRun, missing: true })
  one(@Param() { import: id }: RunParams): ImportRun {
    return this.runs.one(id) ?? noRun();
  }

  @Post(':import/end')
  @HttpCode(200)
  @ApiOperation({
    summary: 'Ends an import before its end: what is in stays',
    description: 'For whoever began it, operations and admin. Answers once it has ended.',
  })
  @ApiBearerAuth()
  @Answers(200, 'Ended.', example.importRun)
  @ProblemResponse(401, 'No token, or one that is not taken.')
  @ProblemResponse(403, 'It is the import of somebody else.')
  @ProblemResponse(404, 'There is no such import.')
  async end(@Param() { import: id }: RunParams, @Asker() { id: asker, roles }: Actor): Promise<ImportRun> {
    const run = this.runs.one(id) ?? noRun();
    if (run.by !== asker && !mayImport(roles))
      throw new ProblemAnswer(403, 'role-missing', `Only ${run.by}, operations or admin may end this import.`, {
        needs: IMPORTERS,
      });
    return (await this.runs.endEarly(id)) ?? noRun();
  }

  @Get('maps')
  @DescribesQuestion('The import maps that the service knows: what each reads, and under which process', {
    example: example.maps,
  })
  async maps(): Promise<{ readonly items: readonly KnownMap[]; readonly next: null }> {
    return { items: await knownMaps(this.configuration.mapsDir, this.check), next: null };
  }

  @Get('maps/:map')
  @DescribesQuestion('An import map with its text and the files it looks things up in', {
    example: example.shownMap,
    missing: true,
  })
  map(@Param() { map }: MapParams): Promise<ShownMap> {
    return shownMap(this.configuration.mapsDir, map, this.check);
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
    @Query() { name = 'the file', rows, ...where }: PreviewQuery,
  ): Promise<FilePreview & MapsThatFit> {
    mustBeFile(body);
    const given = await this.given(body, where);
    const map = given && (await this.checked(given));
    const head = await headOf(given?.file ?? body);
    const file = { name, totalBytes: null, open: () => Readable.from(head) };
    try {
      const shown = await previewFile(file, Number(rows ?? PREVIEW_ROWS), map ?? {});
      const missing = (columns: readonly string[]): readonly string[] =>
        columns.filter((column) => !shown.columns.includes(column));
      const maps = (await knownMaps(this.configuration.mapsDir, this.check))
        .filter(({ format, columns }) => format === shown.format && columns !== null)
        .map(({ id, columns }) => ({ map: id, missing: missing(columns!) }))
        .toSorted((a, b) => a.missing.length - b.missing.length);
      const read = map && columnsOf(map);
      return { ...shown, maps, reads: map && read && { process: map.process, columns: read, missing: missing(read) } };
    } catch (error) {
      throw error instanceof ImportStopped ? new ProblemAnswer(422, 'import-stopped', error.say) : error;
    }
  }

  private mustHaveRoom(): void {
    if (!this.runs.hasRoom())
      throw new ProblemAnswer(
        409,
        'too-many-imports',
        `${MOST_RUNNING} imports run in the background already. Wait until one of them has ended, or end one: GET /v1/imports lists them.`,
      );
  }

  private readonly check = (text: string): Promise<CheckedMap> => this.queries.execute(new CheckMap(text));

  /** The map that a request names or brings along; null where it does neither. */
  private async given(body: Readable, { map, mapBytes }: Pick<MapQuery, 'map' | 'mapBytes'>): Promise<Given | null> {
    if (map !== undefined && mapBytes !== undefined)
      throw malformed(
        [{ field: '?mapBytes', say: 'cannot stand together with map: the map is named, or sent along' }],
        'The query',
      );
    if (map !== undefined) return { name: map, text: await readMap(this.configuration.mapsDir, map), file: body };
    if (mapBytes === undefined) return null;
    const { map: text, file } = await splitMap(body, Number(mapBytes));
    return { name: null, text, file };
  }

  private async checked({ name, text }: Given): Promise<ImportMap> {
    const { map, problems } = await this.check(text);
    if (!map) throw mapInvalid(name, problems);
    return map;
  }

  /**
   * The files that a map sent along may look things up in: those that the maps of the service name, and only for whoever may import, since what a
   * map asks of a file it can also tell.
   */
  private async mayLookUp({ lookups }: ImportMap, roles: readonly string[]): Promise<readonly string[]> {
    if (Object.keys(lookups).length > 0 && !mayImport(roles))
      throw new ProblemAnswer(
        403,
        'role-missing',
        `Only ${IMPORTERS.join(' or ')} may send a map along that looks things up. Take its lookups out, or name a map of the service.`,
        { needs: IMPORTERS },
      );
    return (await knownMaps(this.configuration.mapsDir, this.check)).flatMap(({ lookups: named }) => named ?? []);
  }
}

const IMPORTERS = ['operations', 'admin'];
const mayImport = (roles: readonly string[]): boolean => roles.some((role) => IMPORTERS.includes(role));

const statusOf = ({ report: _report, failed: _failed, ...status }: ImportRun): ImportStatus => status;

function noRun(): never {
  throw notFound(
    'no-such-import',
    'There is no such import. GET /v1/imports lists those of this service since it started; to be sure that a file is in, import it again: nothing comes in twice.',
  );
}

function mustBeFile(body: unknown): asserts body is Readable {
  if (!(body instanceof Readable))
    throw new ProblemAnswer(
      400,
      'body-missing',
      'Send the file as the body, as text/csv, application/xml, application/gzip or application/octet-stream.',
    );
}

const mapInvalid = (name: string | null, problems: readonly Problem[]): ProblemAnswer => {
  const which = name === null ? 'The import map that was sent along' : `The import map "${name}"`;
  return new ProblemAnswer(422, 'map-invalid', `${which} has problems; nothing was read.`, { problems });
};
