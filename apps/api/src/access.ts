import { createParamDecorator, Inject, Injectable, SetMetadata, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { Actor } from '@coxswain/sales-process';
import { LOCAL_ALGORITHM, LOCAL_AUDIENCE, LOCAL_ISSUER, localKeys } from '@coxswain/sales-desk';
import type { FastifyRequest } from 'fastify';
import { createRemoteJWKSet, errors, jwtVerify, type JWTPayload, type JWTVerifyGetKey } from 'jose';
import { isLoopback, type Configuration } from './configuration.js';
import { ProblemAnswer } from './problem.js';

/** Asymmetric algorithms only: with a shared secret whoever checks tokens could also make them. */
const ALGORITHMS = ['ES256', 'ES384', 'ES512', 'PS256', 'PS384', 'PS512', 'RS256', 'RS384', 'RS512', 'EdDSA', 'Ed25519'];
const CLOCK_TOLERANCE_SECONDS = 5;
const REMEMBERED_TOKENS = 2_000;
const REMEMBERED_FOR_MS = 60_000;

const OPEN = 'open';
const ROLES = 'roles';

/** This call needs no token. `loopback`: only while the service listens on loopback. */
export const Open = (where: 'everywhere' | 'loopback' = 'everywhere'): MethodDecorator & ClassDecorator =>
  SetMetadata(OPEN, where);

/** Only these roles may make this call; a dry run changes nothing and is open to all. */
export const OnlyRoles = (...roles: readonly string[]): MethodDecorator => SetMetadata(ROLES, roles);

/** Who asks, from the token alone. */
export const Asker = createParamDecorator((_: unknown, context: ExecutionContext): Actor =>
  actorOf(context.switchToHttp().getRequest<FastifyRequest>()),
);

const actors = new WeakMap<FastifyRequest, Actor>();

function actorOf(request: FastifyRequest): Actor {
  const actor = actors.get(request);
  if (!actor) throw new Error('the request was let in without a token');
  return actor;
}

export const actorIdOf = (request: FastifyRequest): string | undefined => actors.get(request)?.id;

/** Says who a token speaks for, or throws the 401 that tells why it is not taken. */
export class TokenCheck {
  private readonly remembered = new Map<string, { readonly actor: Actor; readonly until: number }>();

  private constructor(
    private readonly keys: JWTVerifyGetKey,
    private readonly expected: { readonly issuer: string; readonly audience: string; readonly algorithms: string[] },
    private readonly now: () => Date,
  ) {}

  static async open({ access, dataDir }: Pick<Configuration, 'access' | 'dataDir'>, now: () => Date): Promise<TokenCheck> {
    if (access.mode === 'local') {
      const { publicKey } = await localKeys(dataDir);
      return new TokenCheck(
        () => publicKey,
        { issuer: LOCAL_ISSUER, audience: LOCAL_AUDIENCE, algorithms: [LOCAL_ALGORITHM] },
        now,
      );
    }
    const { issuer, audience, keys } = access;
    const getKey: JWTVerifyGetKey = 'url' in keys ? createRemoteJWKSet(keys.url) : () => keys.key;
    return new TokenCheck(getKey, { issuer, audience, algorithms: ALGORITHMS }, now);
  }

  async actor(token: string): Promise<Actor> {
    const now = this.now();
    const known = this.remembered.get(token);
    if (known && known.until > now.getTime()) return known.actor;
    this.remembered.delete(token);

    const payload = await this.verify(token, now);
    const actor = actorIn(payload);
    if (this.remembered.size >= REMEMBERED_TOKENS) this.remembered.delete(this.remembered.keys().next().value!);
    this.remembered.set(token, { actor, until: Math.min(payload.exp! * 1000, now.getTime() + REMEMBERED_FOR_MS) });
    return actor;
  }

  private async verify(token: string, now: Date): Promise<JWTPayload> {
    try {
      const options = {
        ...this.expected,
        currentDate: now,
        clockTolerance: CLOCK_TOLERANCE_SECONDS,
        requiredClaims: ['sub', 'exp'],
      };
      return (await jwtVerify(token, this.keys, options)).payload;
    } catch (error) {
      throw this.refusal(error);
    }
  }

  private refusal(error: unknown): ProblemAnswer {
    if (error instanceof errors.JWTExpired) return refuse('The token has expired. Get a new one and ask again.');
    if (error instanceof errors.JWTClaimValidationFailed) {
      const { issuer, audience } = this.expected;
      const help: Readonly<Record<string, string>> = {
        iss: `It must be issued by "${issuer}".`,
        aud: `It must be meant for "${audience}".`,
        nbf: 'It is not valid yet.',
      };
      return refuse(`The token's "${error.claim}" does not fit. ${help[error.claim] ?? 'It must be there.'}`);
    }
    if (error instanceof errors.JOSEAlgNotAllowed)
      return refuse(`The token must be signed with one of ${this.expected.algorithms.join(', ')}.`);
    if (error instanceof errors.JWSSignatureVerificationFailed || error instanceof errors.JWKSNoMatchingKey)
      return refuse('The token is not signed by a key of this service. Was it issued for another one?');
    if (error instanceof errors.JWTInvalid || error instanceof errors.JWSInvalid)
      return refuse('The token cannot be read: it must be a signed JWT.');
    return new ProblemAnswer(
      503,
      'keys-unavailable',
      'The keys that tokens are checked with cannot be had now. Try again.',
      {},
      { 'retry-after': '5' },
    );
  }
}

function actorIn({ sub = '', roles = [], team = null }: JWTPayload): Actor {
  if (sub.length === 0 || sub.length > 200) throw refuse('The subject of a token has 1 to 200 characters.');
  if (!Array.isArray(roles) || !roles.every((role) => typeof role === 'string'))
    throw refuse('"roles" of a token must be a list of texts, for example ["rep"].');
  if (team !== null && typeof team !== 'string') throw refuse('"team" of a token must be a text.');
  return { id: sub, roles, team };
}

function refuse(detail: string): ProblemAnswer {
  const description = detail.replaceAll('"', "'");
  return new ProblemAnswer(
    401,
    'token-refused',
    detail,
    {},
    { 'www-authenticate': `Bearer realm="coxswain", error="invalid_token", error_description="${description}"` },
  );
}

/** What the guard has to know of the configuration. */
export class AccessRules {
  constructor(readonly configuration: Pick<Configuration, 'access' | 'host'>) {}

  /** How somebody without a token gets one. */
  help(): string {
    return this.configuration.access.mode === 'local'
      ? 'In local mode "npx coxswain token NAME --roles rep" prints one.'
      : 'Your identity provider issues one.';
  }
}

/** Stands before every call: no token, no answer, whatever the address looks like. */
@Injectable()
export class AccessGuard implements CanActivate {
  constructor(
    @Inject(Reflector) private readonly reflector: Reflector,
    @Inject(TokenCheck) private readonly tokens: TokenCheck,
    @Inject(AccessRules) private readonly rules: AccessRules,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const targets = [context.getHandler(), context.getClass()];
    const open = this.reflector.getAllAndOverride<'everywhere' | 'loopback' | undefined>(OPEN, targets);
    if (open === 'everywhere' || (open === 'loopback' && isLoopback(this.rules.configuration.host))) return true;

    const request = context.switchToHttp().getRequest<FastifyRequest>();
    const actor = await this.tokens.actor(this.tokenIn(request));
    const roles = this.reflector.getAllAndOverride<readonly string[] | undefined>(ROLES, targets);
    const { dryRun } = request.query as { dryRun?: unknown };
    if (roles && dryRun !== 'true' && !roles.some((role) => actor.roles.includes(role)))
      throw new ProblemAnswer(
        403,
        'role-missing',
        `Only ${roles.join(' or ')} may do this; the token of ${actor.id} names ${actor.roles.join(', ') || 'no role'}. A dry run (?dryRun=true) is open to all.`,
        { needs: roles },
      );
    actors.set(request, actor);
    return true;
  }

  private tokenIn(request: FastifyRequest): string {
    const { authorization } = request.headers;
    const token = /^Bearer +([A-Za-z0-9._~+/=-]+) *$/i.exec(authorization ?? '')?.[1];
    if (token !== undefined) return token;
    const what =
      authorization === undefined ? 'This call needs a bearer token.' : 'The Authorization header must be "Bearer" and a token.';
    throw new ProblemAnswer(
      401,
      'token-missing',
      `${what} ${this.rules.help()}`,
      {},
      { 'www-authenticate': 'Bearer realm="coxswain"' },
    );
  }
}
