import {
  Body,
  Controller,
  Get,
  Header,
  Inject,
  Injectable,
  Post,
  UseGuards,
  type CanActivate,
  type ExecutionContext,
} from '@nestjs/common';
import { ApiBody, ApiOperation, ApiProperty, ApiPropertyOptional, ApiTags } from '@nestjs/swagger';
import type { Actor } from '@coxswain/sales-process';
import { demoPeople, issueLocalToken } from '@coxswain/sales-desk';
import { IsOptional } from 'class-validator';
import type { FastifyRequest } from 'fastify';
import { Asker, Open } from './access.js';
import type { Configuration } from './configuration.js';
import * as example from './examples.js';
import { Answers, DescribesQuestion, ProblemResponse } from './openapi.js';
import { Optional } from './opportunities.dto.js';
import { notFound, ProblemAnswer } from './problem.js';
import { AreWords, IsWord } from './shape.js';
import { CONFIGURATION, NOW } from './tokens.js';

/** Who may be chosen in local mode. */
interface LocalPerson {
  readonly name: string;
  readonly roles: readonly string[];
  readonly team: string | null;
}

const TOKEN_HOURS = 12;
const LOOPBACK_HOST = /^(?:127\.0\.0\.1|localhost|\[::1\])(?::\d{1,5})?$/i;
const OWN_SITE: readonly unknown[] = [undefined, 'same-origin', 'none'];

class LocalTokenDto {
  @ApiProperty({ example: 'dieter', description: 'One of the demo people, or any other name.' })
  @IsWord(200)
  name!: string;

  @ApiPropertyOptional({ type: [String], example: ['rep'], description: 'Default: those of the demo person, else none.' })
  @Optional()
  @AreWords(50)
  roles?: string[];

  @ApiPropertyOptional({
    type: 'string',
    nullable: true,
    example: 'north',
    description: 'Default: that of the demo person, else none.',
  })
  @IsOptional()
  @IsWord()
  team?: string | null;
}

/**
 * Lets in what a page of this service, or a program on this machine, asks in local mode. A page of another site that posts to loopback gives itself away
 * by its Origin or its Sec-Fetch-Site; one that had its own name point here (DNS rebinding) by its Host.
 */
@Injectable()
export class OnlyLocally implements CanActivate {
  constructor(@Inject(CONFIGURATION) private readonly configuration: Configuration) {}

  canActivate(context: ExecutionContext): boolean {
    const { access, localTokens } = this.configuration;
    if (access.mode !== 'local') throw notFound('not-local', 'This service does not issue tokens: your identity provider does.');
    if (!localTokens)
      throw notFound('not-local', 'This service issues no tokens over HTTP. "npx coxswain token NAME --roles rep" prints one.');
    const { host = '', origin, 'sec-fetch-site': site } = context.switchToHttp().getRequest<FastifyRequest>().headers;
    const isOwn = LOOPBACK_HOST.test(host) && (origin === undefined || origin === `http://${host}`) && OWN_SITE.includes(site);
    if (!isOwn)
      throw new ProblemAnswer(
        403,
        'other-origin',
        'Only pages of this service itself, asked for by a loopback address, may choose who somebody is. From elsewhere "npx coxswain token NAME --roles rep" prints a token.',
      );
    return true;
  }
}

/** Who one may be in local mode. */
@ApiTags('access')
@Controller('v1/local')
@Open()
@UseGuards(OnlyLocally)
export class LocalController {
  constructor(
    @Inject(CONFIGURATION) private readonly configuration: Configuration,
    @Inject(NOW) private readonly now: () => Date,
  ) {}

  @Get('people')
  @DescribesQuestion('The people of the demo company, one of whom you may be; in local mode alone', {
    example: example.localPeople,
    open: true,
    missing: true,
  })
  @ProblemResponse(403, 'Asked by a page of another site.')
  people(): { readonly items: readonly LocalPerson[]; readonly next: null } {
    return { items: demoPeople.map(({ name, roles, team }) => ({ name, roles, team })), next: null };
  }

  @Post('tokens')
  @Header('cache-control', 'no-store')
  @ApiOperation({
    summary: 'A token for one of them, or for any name; in local mode alone',
    description: 'Needs no token, but must come from this machine: from a program, or from a page of this service itself.',
  })
  @ApiBody({ type: LocalTokenDto, required: true })
  @Answers(201, 'The token, and when it ends.', example.localToken)
  @ProblemResponse(400, 'The shape is wrong: every field at once.')
  @ProblemResponse(403, 'Asked by a page of another site.')
  @ProblemResponse(404, 'The service is not in local mode.')
  @ProblemResponse(415, 'The body is not sent as application/json.')
  async issue(
    @Body() { name, roles, team }: LocalTokenDto,
  ): Promise<LocalPerson & { readonly token: string; readonly expiresAt: string }> {
    const known = demoPeople.find((one) => one.name === name);
    const person = { name, roles: roles ?? known?.roles ?? [], team: team === undefined ? (known?.team ?? null) : team };
    const now = this.now();
    const token = await issueLocalToken({ ...person, dir: this.configuration.dataDir, now, hours: TOKEN_HOURS });
    const expiresMs = (Math.floor(now.getTime() / 1000) + TOKEN_HOURS * 3600) * 1000;
    return { ...person, token, expiresAt: new Date(expiresMs).toISOString() };
  }
}

/** Who asks. */
@ApiTags('access')
@Controller('v1/me')
export class MeController {
  constructor(@Inject(CONFIGURATION) private readonly configuration: Configuration) {}

  @Get()
  @DescribesQuestion('Whom the token speaks for, and who issues tokens here', { example: example.me })
  me(@Asker() { id, roles, team }: Actor): {
    readonly subject: string;
    readonly roles: readonly string[];
    readonly team: string | null;
    readonly mode: Configuration['access']['mode'];
  } {
    return { subject: id, roles, team, mode: this.configuration.access.mode };
  }
}
