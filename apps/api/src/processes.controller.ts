import { Body, Controller, Get, Headers, Inject, Param, Post, Query, Res } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { ApiBearerAuth, ApiBody, ApiConsumes, ApiOperation, ApiProperty, ApiPropertyOptional, ApiTags } from '@nestjs/swagger';
import type { Actor, ProcessRef, SalesProcess } from '@coxswain/sales-process';
import {
  versionSummary,
  type PublishAnswer,
  type PublishedProcess,
  type PublishOptions,
  type VersionSummary,
  type VersionUse,
} from '@coxswain/sales-desk';
import { IsOptional } from 'class-validator';
import type { FastifyReply } from 'fastify';
import { Asker, OnlyRoles } from './access.js';
import { PublishProcess } from './commands.js';
import * as example from './examples.js';
import { DryRunQuery, Optional } from './opportunities.dto.js';
import { Answers, DescribesQuestion, ProblemResponse } from './openapi.js';
import { notFound, ProblemAnswer } from './problem.js';
import { ProcessesInForce, ProcessVersions, ProcessWithUse } from './queries.js';
import { AreTeamsInText, inUtc, IsInstant, IsWholeNumber, IsWord } from './shape.js';

export class ProcessParams {
  @ApiProperty({ example: 'new-business' })
  @IsWord()
  id!: string;
}

export class VersionParams extends ProcessParams {
  @ApiProperty({ type: 'integer', example: 1 })
  @IsWholeNumber(1, 999_999)
  version!: string;
}

class PublishQuery extends DryRunQuery {
  @ApiPropertyOptional({ description: 'Why this version: kept with it.', example: 'Budget is asked earlier.' })
  @IsOptional()
  @IsWord(1_000)
  note?: string;

  @ApiPropertyOptional({
    type: 'string',
    format: 'date-time',
    description: 'From when on new deals run under it; default: at once.',
  })
  @Optional()
  @IsInstant()
  effectiveFrom?: string;

  @ApiPropertyOptional({ description: 'Who looked at it before.', example: 'mia' })
  @Optional()
  @IsWord(200)
  reviewedBy?: string;

  @ApiPropertyOptional({
    description: 'Only new deals of these teams run under it, told apart by commas; default: all.',
    example: 'north',
  })
  @Optional()
  @AreTeamsInText()
  teams?: string;
}

/** The processes in force, their versions, and publishing a new one. */
@ApiTags('processes')
@Controller('v1/processes')
export class ProcessesController {
  constructor(
    @Inject(CommandBus) private readonly commands: CommandBus,
    @Inject(QueryBus) private readonly queries: QueryBus,
  ) {}

  @Post()
  @OnlyRoles('operations', 'admin')
  @ApiOperation({
    summary: 'Checks a process file and puts it in force',
    description: 'Needs the role operations or admin; with ?dryRun=true the file is only checked, which anybody may ask.',
  })
  @ApiBearerAuth()
  @ApiConsumes('application/yaml', 'application/json')
  @ApiBody({ required: true, schema: { description: 'The process file.', example: example.processFile } })
  @Answers(201, 'In force. A content that was in force already is not published twice.', example.published)
  @Answers(200, 'Dry run: what is wrong with the file, if anything; or the same content was in force already.', { problems: [] })
  @ProblemResponse(401, 'No token, or one that is not taken.')
  @ProblemResponse(403, 'The token does not name the role operations or admin.')
  @ProblemResponse(413, 'The file is larger than 1 MiB.')
  @ProblemResponse(415, 'The file is neither YAML nor JSON.')
  @ProblemResponse(422, 'The file has problems: all of them at once.', example.processProblems)
  @ProblemResponse(507, 'There is no space to write.')
  async publish(
    @Body() file: unknown,
    @Headers('content-type') contentType: string | undefined,
    @Query() { dryRun, note, effectiveFrom, reviewedBy, teams }: PublishQuery,
    @Asker() actor: Actor,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Pick<PublishAnswer, 'problems'> | (ProcessRef & Pick<PublishAnswer, 'problems'>)> {
    if (typeof file !== 'string' || file.trim() === '')
      throw new ProblemAnswer(400, 'body-missing', 'Send the process file as the body, as application/yaml or application/json.');
    const format = contentType?.includes('json') ? 'json' : 'yaml';
    const answer = await this.commands.execute(
      new PublishProcess(file, format, actor, {
        dryRun: dryRun === 'true',
        ...publishOptions({ note, effectiveFrom, reviewedBy, teams: teams?.split(',') }),
      }),
    );
    if (dryRun === 'true') {
      void reply.status(200);
      return { problems: answer.problems };
    }
    if (!answer.published) {
      const errors = answer.problems.filter(({ severity }) => severity === 'error').length;
      throw new ProblemAnswer(
        422,
        'process-invalid',
        `The process file has ${errors === 1 ? 'a problem' : `${errors} problems`}; nothing was published.`,
        { problems: answer.problems },
      );
    }
    const { id, version } = answer.published;
    void reply.status(answer.repeated ? 200 : 201).header('location', `/v1/processes/${id}/versions/${version}`);
    return { ...answer.published, problems: answer.problems };
  }

  @Get()
  @DescribesQuestion('What is in force', { example: example.processes })
  async all(): Promise<{ readonly items: readonly VersionSummary[]; readonly next: null }> {
    return { items: (await this.queries.execute(new ProcessesInForce())).map(versionSummary), next: null };
  }

  @Get(':id')
  @DescribesQuestion('The version in force, every version there was, and how many deals run under each', {
    example: { ...example.version, versions: [example.version], use: example.versionUse, definition: {} },
    missing: true,
  })
  async one(@Param() { id }: ProcessParams): Promise<
    VersionSummary & {
      readonly versions: readonly VersionSummary[];
      readonly use: readonly VersionUse[];
      readonly definition: SalesProcess;
    }
  > {
    const found = await this.queries.execute(new ProcessWithUse(id));
    if (!found) throw noProcess(id);
    const { inForce, versions, use } = found;
    return { ...versionSummary(inForce), versions: versions.map(versionSummary), use, definition: inForce.definition };
  }

  @Get(':id/versions/:version')
  @DescribesQuestion('One version', { example: { ...example.version, definition: {} }, missing: true })
  async version(@Param() params: VersionParams): Promise<VersionSummary & { readonly definition: SalesProcess }> {
    const found = await this.find(params);
    return { ...versionSummary(found), definition: found.definition };
  }

  @Get(':id/versions/:version/machine')
  @DescribesQuestion('The compiled XState config: plain JSON that any statechart tool opens', {
    example: example.machine,
    missing: true,
  })
  async machine(@Param() params: VersionParams): Promise<object> {
    return (await this.find(params)).machine;
  }

  @Get(':id/versions/:version/file')
  @DescribesQuestion('The file as it was handed in', { example: example.processFile, type: 'application/yaml', missing: true })
  async file(@Param() params: VersionParams, @Res({ passthrough: true }) reply: FastifyReply): Promise<string> {
    const { file, format } = await this.find(params);
    void reply.header('content-type', format === 'json' ? 'application/json; charset=utf-8' : 'application/yaml; charset=utf-8');
    return file;
  }

  private async find({ id, version }: VersionParams): Promise<PublishedProcess> {
    const versions = await this.queries.execute(new ProcessVersions(id));
    const found = versions.find(({ ref }) => ref.version === Number(version));
    if (found) return found;
    throw versions.length === 0
      ? noProcess(id)
      : notFound(
          'no-such-version',
          `There is no version ${version} of "${id}"; it has ${versions.map(({ ref }) => ref.version).join(', ')}.`,
        );
  }
}

export const noProcess = (id: string): ProblemAnswer =>
  notFound('no-such-process', `No process "${id}" is published. GET /v1/processes lists what is in force.`);

/** What was said of the publication, without what was left out. */
export const publishOptions = ({
  note,
  effectiveFrom,
  reviewedBy,
  teams,
}: {
  readonly note?: string | null | undefined;
  readonly effectiveFrom?: string | null | undefined;
  readonly reviewedBy?: string | null | undefined;
  readonly teams?: readonly string[] | null | undefined;
}): PublishOptions => ({
  ...(note === undefined || note === null ? {} : { note }),
  ...(effectiveFrom === undefined || effectiveFrom === null ? {} : { effectiveFrom: inUtc(effectiveFrom) }),
  ...(reviewedBy === undefined || reviewedBy === null ? {} : { reviewedBy }),
  ...(teams === undefined || teams === null ? {} : { teams }),
});
