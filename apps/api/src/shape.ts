import { Injectable, type ArgumentMetadata, type PipeTransform } from '@nestjs/common';
import { isPosition } from '@coxswain/event-store';
import { registerDecorator, type ValidationOptions } from 'class-validator';
import { shapeCheckOf } from './compiled-shape.js';
import { malformed } from './problem.js';

const WHERE: Readonly<Record<string, { readonly prefix: string; readonly name: string }>> = {
  body: { prefix: '', name: 'The body' },
  query: { prefix: '?', name: 'The query' },
  param: { prefix: '', name: 'The address' },
};

/**
 * Checks the shape of what comes in against its DTO: every field's problem at once, unknown fields refused.
 * Shape only: what the words mean, the process knows.
 */
@Injectable()
export class ShapePipe implements PipeTransform {
  transform(given: unknown, { type, metatype }: ArgumentMetadata): unknown {
    const where = WHERE[type];
    if (!where || !metatype) return given;
    const check = shapeCheckOf(metatype);
    if (!check) return given;
    // A file, which is checked line by line where it is read.
    if (type === 'body' && typeof given === 'string' && given !== '') return given;
    const value = given ?? {};
    if (typeof value !== 'object' || Array.isArray(value))
      throw malformed([{ field: 'body', say: 'must be a JSON object, sent as application/json' }], where.name);
    const problems = check(value).map(({ field, say }) => ({ field: `${where.prefix}${field}`, say }));
    if (problems.length > 0) throw malformed(problems, where.name);
    return Object.assign(new metatype() as object, value);
  }
}

/** A rule of ours with its own words. `$say` follows the name of the field. */
function rule(name: string, holds: (value: unknown) => boolean, say: string, options?: ValidationOptions): PropertyDecorator {
  return (target, propertyName) =>
    registerDecorator({
      name,
      target: target.constructor,
      propertyName: String(propertyName),
      ...(options ? { options } : {}),
      validator: { validate: holds, defaultMessage: () => say },
    });
}

const INSTANT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:\d{2})$/;
const MOST_FACTS = 200;

const isInstant = (value: unknown): boolean =>
  typeof value === 'string' && INSTANT.test(value) && !Number.isNaN(Date.parse(value)) && dayExists(value);

const dayExists = (text: string): boolean => {
  const day = new Date(`${text.slice(0, 10)}T00:00:00Z`);
  return !Number.isNaN(day.getTime()) && day.toISOString().startsWith(text.slice(0, 10));
};

/** An instant with its zone, ISO 8601. */
export const IsInstant = (): PropertyDecorator =>
  rule('isInstant', isInstant, 'must be an instant with its zone, like 2026-03-31T14:30:00Z or 2026-03-31T16:30:00+02:00');

/** An instant, or a day `YYYY-MM-DD`. */
export const IsInstantOrDay = (): PropertyDecorator =>
  rule(
    'isInstantOrDay',
    (value) => isInstant(value) || (typeof value === 'string' && /^\d{4}-\d{2}-\d{2}$/.test(value) && dayExists(value)),
    'must be a day like 2026-03-31, or an instant with its zone like 2026-03-31T14:30:00Z',
  );

/** The id of a deal that somebody captures. */
export const IsNewDealId = (): PropertyDecorator =>
  rule(
    'isNewDealId',
    (value) => typeof value === 'string' && /^[A-Za-z0-9._-]{1,100}$/.test(value),
    'must have 1 to 100 letters, digits, dots, hyphens or underscores',
  );

/** The id of a deal that is there: one that a move has opened has a `~` in it besides. */
export const IsDealId = (): PropertyDecorator =>
  rule('isDealId', isDealId, 'must be the id of a deal: letters, digits, dots, hyphens, underscores or tildes');

const isDealId = (value: unknown): boolean => typeof value === 'string' && /^[A-Za-z0-9._~-]{1,180}$/.test(value);

/** Ids of deals in an address, told apart by commas. */
export const AreDealIds = (most: number): PropertyDecorator =>
  rule(
    'areDealIds',
    (value) => typeof value === 'string' && value.split(',').length <= most && value.split(',').every(isDealId),
    `must be 1 to ${most} ids of deals, told apart by commas and nothing else, like acme-42,birch-7`,
  );

const isWord =
  (most: number) =>
  (value: unknown): boolean =>
    typeof value === 'string' && value.trim().length > 0 && value.length <= most;

export const IsWord = (most = 100): PropertyDecorator =>
  rule('isWord', isWord(most), `must be a text of 1 to ${most} characters`);

/** A group of a measure; empty for those that have none. */
export const IsGroup = (): PropertyDecorator =>
  rule(
    'isGroup',
    (value) => typeof value === 'string' && value.length <= 200,
    'must be the name of a group, or empty for what has none',
  );

/** The id of a process. Which ones there are, the catalogue knows. */
export const IsProcessId = (): PropertyDecorator =>
  rule('isProcessId', isWord(100), 'must be the id of a process; GET /v1/processes lists what is in force');

export const IsWholeNumber = (least: number, most: number): PropertyDecorator =>
  rule(
    'isWholeNumber',
    (value) => typeof value === 'string' && /^\d{1,9}$/.test(value) && Number(value) >= least && Number(value) <= most,
    `must be a whole number from ${least} to ${most}`,
  );

export const NO_POSITION = 'must be a position of the log as an earlier answer gave it: 16 digits, like 0000000000000042';

/** A position of the log, in the form that the store gives and takes. */
export const IsPosition = (): PropertyDecorator =>
  rule('isPosition', (value) => typeof value === 'string' && isPosition(value), NO_POSITION);

/** The name of a file, without a folder. */
export const IsFileName = (): PropertyDecorator =>
  rule(
    'isFileName',
    (value) => typeof value === 'string' && /^[^/\\\p{Cc}]{1,200}$/u.test(value),
    'must be the name of a file, without a folder, of 1 to 200 characters',
  );

export const IsYesNo = (): PropertyDecorator =>
  rule('isYesNo', (value) => value === 'true' || value === 'false', 'must be true or false');

/** Facts by field name: text, number, true or false, money, or null to take one back. Which fields there are, the process knows. */
export const AreFacts = (): PropertyDecorator =>
  rule(
    'areFacts',
    (value) =>
      typeof value === 'object' &&
      value !== null &&
      !Array.isArray(value) &&
      Object.keys(value).length <= MOST_FACTS &&
      Object.entries(value).every(isFact),
    `must be an object of at most ${MOST_FACTS} facts, each a text, a number, true, false, money like {"minor": 1250000, "currency": "EUR"}, or null`,
  );

function isFact([name, value]: [string, unknown]): boolean {
  if (name.length === 0 || name.length > 100) return false;
  if (value === null || ['string', 'number', 'boolean'].includes(typeof value)) return true;
  if (typeof value !== 'object' || Array.isArray(value)) return false;
  const { minor, currency, ...others } = value as Record<string, unknown>;
  return typeof minor === 'number' && typeof currency === 'string' && Object.keys(others).length === 0;
}

/** A month like `2026-11`, or a quarter like `2026-Q4`. */
export const IsPeriod = (): PropertyDecorator =>
  rule(
    'isPeriod',
    (value) => typeof value === 'string' && /^[1-9]\d{3}-(?:0[1-9]|1[0-2]|Q[1-4])$/.test(value),
    'must be a month like 2026-11, or a quarter like 2026-Q4',
  );

const isMoney = (value: unknown): boolean => typeof value === 'object' && value !== null && isFact(['amount', value]);

/** Money in minor units. */
export const IsMoney = (): PropertyDecorator =>
  rule('isMoney', isMoney, 'must be money like {"minor": 1250000, "currency": "EUR"}');

const MOST_TARGETS = 5_000;
const TARGET_FIELDS = ['period', 'amount', 'owner', 'team', 'note'];

/** A list of targets: which periods and amounts there may be, the plan knows. */
export const AreTargets = (): PropertyDecorator =>
  rule(
    'areTargets',
    (value) => Array.isArray(value) && value.length > 0 && value.length <= MOST_TARGETS && value.every(isTarget),
    `must be a list of 1 to ${MOST_TARGETS} targets, each with period, amount (money, or null to take it back) and, where they are meant, owner, team and note, all texts`,
  );

function isTarget(value: unknown): boolean {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  const { period, amount, owner = null, team = null, note = null } = value as Record<string, unknown>;
  const isName = (name: unknown): boolean => name === null || isWord(200)(name);
  return (
    Object.keys(value).every((field) => TARGET_FIELDS.includes(field)) &&
    isWord(20)(period) &&
    (amount === null || isMoney(amount)) &&
    isName(owner) &&
    isName(team) &&
    (note === null || isWord(1_000)(note))
  );
}

/** The name of a version or a draft. */
export const IsContentName = (name: RegExp): PropertyDecorator =>
  rule(
    'isContentName',
    (value) => typeof value === 'string' && name.test(value),
    'must be in-force, the number of a version, draft (the latest), or a draft like draft:2',
  );

/** The number of a version in a body. */
export const IsVersionNumber = (): PropertyDecorator =>
  rule(
    'isVersionNumber',
    (value) => Number.isInteger(value) && Number(value) >= 1 && Number(value) <= 999_999,
    'must be the number of a version: a whole number from 1 to 999999',
  );

const MOST_TEAMS = 500;

/** Teams, or null for everybody. */
export const AreTeams = (): PropertyDecorator =>
  rule(
    'areTeams',
    (value) =>
      value === null ||
      (Array.isArray(value) &&
        value.length > 0 &&
        value.length <= MOST_TEAMS &&
        new Set(value).size === value.length &&
        value.every(isWord(100))),
    `must be a list of 1 to ${MOST_TEAMS} different teams, or null for everybody`,
  );

/** Teams in an address, told apart by commas: none of them empty, with blanks around it, or named twice. */
export const AreTeamsInText = (): PropertyDecorator =>
  rule(
    'areTeamsInText',
    (value) => {
      const teams = typeof value === 'string' ? value.split(',') : [];
      return (
        teams.length > 0 &&
        teams.length <= MOST_TEAMS &&
        new Set(teams).size === teams.length &&
        teams.every((team) => isWord(100)(team) && team === team.trim())
      );
    },
    `must be 1 to ${MOST_TEAMS} different teams, told apart by commas and nothing else, like north,south`,
  );

const MOST_CHOICES = 200;
const CHOICE_FIELDS = ['stage', 'when', 'to', 'stayUntil'];

/** What operations choose for the deals of a stage: which stages there are, the versions know. */
export const AreChoices = (): PropertyDecorator =>
  rule(
    'areChoices',
    (value) => Array.isArray(value) && value.length <= MOST_CHOICES && value.every(isChoice),
    `must be a list of at most ${MOST_CHOICES} choices, each with stage and one of to (a stage of the later version) and stayUntil (an instant with its zone), and where it is meant when (an expression)`,
  );

function isChoice(value: unknown): boolean {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  const { stage, when, to, stayUntil } = value as Record<string, unknown>;
  return (
    Object.keys(value).every((field) => CHOICE_FIELDS.includes(field)) &&
    isWord(100)(stage) &&
    (when === undefined || isWord(5_000)(when)) &&
    (to === undefined || isWord(100)(to)) &&
    (stayUntil === undefined || isInstant(stayUntil))
  );
}

/** Up to so many lines, each of at most 1,000 characters. */
export const AreLines = (most: number): PropertyDecorator =>
  rule(
    'areLines',
    (value) =>
      Array.isArray(value) &&
      value.length <= most &&
      value.every((line) => typeof line === 'string' && line.length <= 1_000 && !/[\r\n]/.test(line)),
    `must be a list of at most ${most} lines, each a text of at most 1000 characters`,
  );

/** A list of up to `most` different texts. */
export const AreWords = (most: number): PropertyDecorator =>
  rule(
    'areWords',
    (value) =>
      Array.isArray(value) &&
      value.length <= most &&
      new Set(value).size === value.length &&
      value.every((word) => typeof word === 'string' && word.length > 0 && word.length <= 100),
    `must be a list of at most ${most} different texts`,
  );

/** The instant in UTC with milliseconds, as the log writes it. */
export const inUtc = (instant: string): string => new Date(instant).toISOString();

/** What was given, its `occurredAt` in UTC. */
export function dated<T extends { readonly occurredAt?: string | undefined }>(body: T): Defined<T> {
  return defined<T>(body.occurredAt === undefined ? body : { ...body, occurredAt: inUtc(body.occurredAt) });
}

type Defined<T> = { [K in keyof T]: Exclude<T[K], undefined> };

export function defined<T extends object>(value: T): Defined<T> {
  return Object.fromEntries(Object.entries(value).filter(([, field]) => field !== undefined)) as Defined<T>;
}
