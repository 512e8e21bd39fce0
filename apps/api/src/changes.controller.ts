import { Body, Controller, Get, Headers, HttpCode, Inject, Param, Post, Query, Res } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { ApiBearerAuth, ApiBody, ApiConsumes, ApiOperation, ApiProperty, ApiPropertyOptional, ApiTags } from '@nestjs/swagger';
import {
  CONTENT_NAME,
  versionSummary,
  type DraftAnswer,
  type ProcessDraft,
  type PublishAnswer,
  type VersionOutcome,
  type VersionSummary,
} from '@coxswain/sales-desk';
import { readProcessFile, type Actor, type Problem, type ProcessRef } from '@coxswain/sales-process';
import { IsOptional } from 'class-validator';
import type { FastifyReply } from 'fastify';
import { Asker, OnlyRoles } from './access.js';
import { PublishDraft, Retire, RollOut, SaveDraft } from './changes.commands.js';
import * as shown from './changes.examples.js';
import { Diff, Drafts, type DiffAnswer, type ProcessDifference } from './changes.queries.js';
import * as example from './examples.js';
import { Optional } from './opportunities.dto.js';
import { Answers, DescribesQuestion, ProblemResponse } from './openapi.js';
import { notFound, ProblemAnswer } from './problem.js';
import { noProcess, ProcessParams, publishOptions, VersionParams } from './processes.controller.js';
import { AreTeams, IsContentName, IsInstant, IsWholeNumber, IsWord } from './shape.js';

const CONTENT = 'in-force, the number of a version, draft (the latest), or draft:2.';
export const TEAMS = {
  type: 'array',
  items: { type: 'string' },
  nullable: true,
  example: ['north'],
  description: 'Only new deals of these teams run under it; null, or left out: all.',
} as const;

class NoteQuery {
  @ApiPropertyOptional({ description: 'Why: kept with it.', example: 'Budget is asked earlier.' })
  @Optional()
  @IsWord(1_000)
  note?: string;
}

class DraftParams extends ProcessParams {
  @ApiProperty({ type: 'integer', example: 2 })
  @IsWholeNumber(1, 999_999)
  draft!: string;
}

class FromQuery {
  @ApiPropertyOptional({ description: `The earlier one: ${CONTENT} Default: in-force.`, example: '1' })
  @Optional()
  @IsContentName(CONTENT_NAME)
  from?: string;
}

class FromToQuery extends FromQuery {
  @ApiPropertyOptional({ description: `The later one: ${CONTENT} Default: draft.`, example: 'draft:2' })
  @Optional()
  @IsContentName(CONTENT_NAME)
  to?: string;
}

export class NoteDto {
  @ApiPropertyOptional({ type: 'string', nullable: true, example: 'Nobody sells that way any more.' })
  @IsOptional()
  @IsWord(1_000)
  note?: string | null;
}

class RollOutDto extends NoteDto {
  @ApiProperty({ ...TEAMS, description: 'Only new deals of these teams run under it; null: all.' })
  @AreTeams()
  teams!: string[] | null;
}

class PublishDraftDto extends NoteDto {
  @ApiPropertyOptional({ type: 'string', format: 'date-time', nullable: true, description: 'From when on; default: at once.' })
  @IsOptional()
  @IsInstant()
  effectiveFrom?: string | null;

  @ApiPropertyOptional({ type: 'string', nullable: true, example: 'mia', description: 'Who looked at it before.' })
  @IsOptional()
  @IsWord(200)
  reviewedBy?: string | null;

  @ApiPropertyOptional(TEAMS)
  @IsOptional()
  @AreTeams()
  teams?: string[] | null;
}

type DraftSummary = Omit<ProcessDraft, 'file' | 'format' | 'definition'>;

/** How operations change a process that runs: drafts, what changes, for whom and from when. */
@ApiTags('processes')
@Controller('v1/processes/:id')
export class ChangesController {
  constructor(
    @Inject(CommandBus) private readonly commands: CommandBus,
    @Inject(QueryBus) private readonly queries: QueryBus,
  ) {}

  // --------------------------------------------------------------------------------------------------------- drafts

  @Post('drafts')
  @OnlyRoles('operations', 'admin')
  @ApiOperation({ summary: 'Checks a process file and keeps it as a draft, under which no deal runs' })
  @ApiBearerAuth()
  @ApiConsumes('application/yaml', 'application/json')
  @ApiBody({ required: true, schema: { description: 'The process file.', example: example.processFile } })
  @Answers(201, 'Kept.', shown.draftSaved)
  @Answers(200, 'The latest draft says the same: nothing was written.', shown.draftSaved)
  @ProblemResponse(400, 'There is no file in the body.')
  @ProblemResponse(401, 'No token, or one that is not taken.')
  @ProblemResponse(403, 'The token does not name the role operations or admin.')
  @ProblemResponse(413, 'The file is larger than 1 MiB.')
  @ProblemResponse(422, 'The file has problems, or is of another process.', example.processProblems)
  @ProblemResponse(507, 'There is no space to write.')
  async saveDraft(
    @Body() file: unknown,
    @Headers('content-type') contentType: string | undefined,
    @Param() { id }: ProcessParams,
    @Query() { note }: NoteQuery,
    @Asker() actor: Actor,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<NonNullable<DraftAnswer['draft']> & { readonly problems: readonly Problem[] }> {
    const text = fileIn(file);
    ofProcess(text, id);
    const { draft, problems, repeated } = await this.commands.execute(new SaveDraft(text, formatOf(contentType), actor, note));
    if (!draft) throw invalidFile(problems, 'no draft was kept');
    void reply.status(repeated ? 200 : 201).header('location', `/v1/processes/${id}/drafts/${draft.draft}`);
    return { ...draft, problems };
  }

  @Get('drafts')
  @DescribesQuestion('The drafts of a process, the latest first', { example: shown.drafts, missing: true })
  async drafts(@Param() { id }: ProcessParams): Promise<{ readonly items: readonly DraftSummary[]; readonly next: null }> {
    return { items: (await this.draftsOf(id)).toReversed().map(withoutFile), next: null };
  }

  @Get('drafts/:draft')
  @DescribesQuestion('One draft', { example: { ...shown.draft, definition: {} }, missing: true })
  async draft(@Param() params: DraftParams): Promise<DraftSummary & Pick<ProcessDraft, 'definition'>> {
    const found = await this.findDraft(params);
    return { ...withoutFile(found), definition: found.definition };
  }

  @Get('drafts/:draft/file')
  @DescribesQuestion('The file of a draft as it was handed in', {
    example: example.processFile,
    type: 'application/yaml',
    missing: true,
  })
  async draftFile(@Param() params: DraftParams, @Res({ passthrough: true }) reply: FastifyReply): Promise<string> {
    const { file, format } = await this.findDraft(params);
    void reply.header('content-type', format === 'json' ? 'application/json; charset=utf-8' : 'application/yaml; charset=utf-8');
    return file;
  }

  @Post('drafts/:draft/publish')
  @OnlyRoles('operations', 'admin')
  @ApiOperation({ summary: 'Puts a draft in force as the next version: for all or some teams, at once or from a day on' })
  @ApiBearerAuth()
  @ApiBody({ type: PublishDraftDto, required: false })
  @Answers(201, 'In force.', example.published)
  @Answers(200, 'The latest version says the same: nothing was published.', example.published)
  @ProblemResponse(400, 'The shape is wrong: every field at once.')
  @ProblemResponse(401, 'No token, or one that is not taken.')
  @ProblemResponse(403, 'The token does not name the role operations or admin.')
  @ProblemResponse(404, 'There is no such draft.')
  @ProblemResponse(507, 'There is no space to write.')
  async publishDraft(
    @Param() params: DraftParams,
    @Body() body: PublishDraftDto,
    @Asker() actor: Actor,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<ProcessRef & Pick<PublishAnswer, 'problems'>> {
    const { id } = params;
    await this.findDraft(params);
    const answer = await this.commands.execute(new PublishDraft(id, Number(params.draft), actor, publishOptions(body)));
    if (!answer?.published) throw invalidFile(answer?.problems ?? [], 'nothing was published');
    const { version } = answer.published;
    void reply.status(answer.repeated ? 200 : 201).header('location', `/v1/processes/${id}/versions/${version}`);
    return { ...answer.published, problems: answer.problems };
  }

  // ------------------------------------------------------------------------------------------------------ difference

  @Get('diff')
  @DescribesQuestion('What changes from one version or draft to another, in sales words', {
    example: shown.difference,
    missing: true,
  })
  async diff(
    @Param() { id }: ProcessParams,
    @Query() { from = 'in-force', to = 'draft' }: FromToQuery,
  ): Promise<ProcessDifference> {
    return differing(await this.queries.execute(new Diff(id, from, to)), id);
  }

  @Post('diff')
  @HttpCode(200)
  @ApiOperation({ summary: 'What a process file would change: nothing is kept' })
  @ApiBearerAuth()
  @ApiConsumes('application/yaml', 'application/json')
  @ApiBody({ required: true, schema: { description: 'The process file.', example: example.processFile } })
  @Answers(200, 'The changes.', shown.difference)
  @ProblemResponse(400, 'There is no file in the body, or the shape of the query is wrong.')
  @ProblemResponse(401, 'No token, or one that is not taken.')
  @ProblemResponse(404, 'There is no such version or draft.')
  @ProblemResponse(422, 'The file has problems, or is of another process.', example.processProblems)
  async diffFile(
    @Body() file: unknown,
    @Param() { id }: ProcessParams,
    @Query() { from = 'in-force' }: FromQuery,
  ): Promise<ProcessDifference> {
    const text = fileIn(file);
    ofProcess(text, id);
    return differing(await this.queries.execute(new Diff(id, from, { file: text })), id);
  }

  // -------------------------------------------------------------------------------------------------------- versions

  @Post('versions/:version/roll-out')
  @HttpCode(200)
  @OnlyRoles('operations', 'admin')
  @ApiOperation({ summary: 'Puts a version in force for other teams, or for all' })
  @ApiBearerAuth()
  @ApiBody({ type: RollOutDto })
  @Answers(200, 'In force for these teams now.', example.version)
  @ProblemResponse(400, 'The shape is wrong: every field at once.')
  @ProblemResponse(401, 'No token, or one that is not taken.')
  @ProblemResponse(403, 'The token does not name the role operations or admin.')
  @ProblemResponse(404, 'There is no such version.')
  @ProblemResponse(422, 'The version is retired.')
  @ProblemResponse(507, 'There is no space to write.')
  async rollOut(
    @Param() { id, version }: VersionParams,
    @Body() { teams, note }: RollOutDto,
    @Asker() actor: Actor,
  ): Promise<VersionSummary> {
    const outcome = await this.commands.execute(new RollOut(id, Number(version), teams, actor, note ?? undefined));
    return changed(outcome, id, version);
  }

  @Post('versions/:version/retire')
  @HttpCode(200)
  @OnlyRoles('operations', 'admin')
  @ApiOperation({ summary: 'Retires a version: no new deal runs under it, those that do go on' })
  @ApiBearerAuth()
  @ApiBody({ type: NoteDto, required: false })
  @Answers(200, 'Retired.', example.version)
  @ProblemResponse(400, 'The shape is wrong: every field at once.')
  @ProblemResponse(401, 'No token, or one that is not taken.')
  @ProblemResponse(403, 'The token does not name the role operations or admin.')
  @ProblemResponse(404, 'There is no such version.')
  @ProblemResponse(422, 'It is the only one that new deals can run under.')
  @ProblemResponse(507, 'There is no space to write.')
  async retire(
    @Param() { id, version }: VersionParams,
    @Body() { note }: NoteDto,
    @Asker() actor: Actor,
  ): Promise<VersionSummary> {
    return changed(await this.commands.execute(new Retire(id, Number(version), actor, note ?? undefined)), id, version);
  }

  private async draftsOf(id: string): Promise<readonly ProcessDraft[]> {
    const found = await this.queries.execute(new Drafts(id));
    if (!found) throw noProcess(id);
    return found;
  }

  private async findDraft({ id, draft }: DraftParams): Promise<ProcessDraft> {
    const drafts = await this.draftsOf(id);
    const found = drafts.find((one) => one.draft === Number(draft));
    if (found) return found;
    throw notFound(
      'no-such-draft',
      drafts.length === 0
        ? `"${id}" has no drafts. POST a file to /v1/processes/${id}/drafts.`
        : `There is no draft ${draft} of "${id}"; it has ${drafts.map((one) => one.draft).join(', ')}.`,
    );
  }
}

function fileIn(body: unknown): string {
  if (typeof body === 'string' && body.trim() !== '') return body;
  throw new ProblemAnswer(400, 'body-missing', 'Send the process file as the body, as application/yaml or application/json.');
}

const formatOf = (contentType: string | undefined): 'yaml' | 'json' => (contentType?.includes('json') ? 'json' : 'yaml');

/** A file that names another process than the address is not kept under the wrong name. */
function ofProcess(file: string, id: string): void {
  const named = readProcessFile(file).process?.id ?? id;
  if (named === id) return;
  throw new ProblemAnswer(
    422,
    'process-differs',
    `The file is of the process "${named}", not of "${id}": send it to /v1/processes/${named}/drafts.`,
  );
}

function invalidFile(problems: readonly Problem[], so: string): ProblemAnswer {
  const errors = problems.filter(({ severity }) => severity === 'error').length;
  const say = `The process file has ${errors === 1 ? 'a problem' : `${errors} problems`}; ${so}.`;
  return new ProblemAnswer(422, 'process-invalid', say, { problems });
}

const withoutFile = ({ file: _, format: _format, definition: _definition, ...draft }: ProcessDraft): DraftSummary => draft;

function differing(answer: DiffAnswer, id: string): ProcessDifference {
  switch (answer.kind) {
    case 'done':
      return answer.difference;
    case 'invalid':
      throw invalidFile(answer.problems, 'it cannot be compared');
    case 'not-found':
      throw notFound(
        'no-such-version',
        `"${id}" has no ${answer.what === 'draft' ? 'draft' : answer.what === 'in-force' ? 'version in force' : answer.what.startsWith('draft:') ? `draft ${answer.what.slice(6)}` : `version ${answer.what}`}. GET /v1/processes/${id} lists the versions, /drafts the drafts.`,
      );
  }
}

function changed(outcome: VersionOutcome, id: string, version: string): VersionSummary {
  switch (outcome.kind) {
    case 'done':
      return versionSummary(outcome.version);
    case 'not-found':
      throw outcome.what === 'process' ? noProcess(id) : noVersion(id, version);
    case 'refused':
      throw new ProblemAnswer(422, outcome.refused, outcome.say);
  }
}

export const noVersion = (id: string, version: string | number): ProblemAnswer =>
  notFound('no-such-version', `There is no version ${version} of "${id}". GET /v1/processes/${id} lists them.`);
