import { Ajv2020, type ErrorObject } from 'ajv/dist/2020.js';
import { nearest } from './nearest.js';
import type { Problem } from './process.js';
import { processFileSchema } from './process-schema.js';
import { problem, type Path, type ProcessText } from './process-text.js';

/** A file with more is not read to its end. */
export const MOST_PROBLEMS = 200;

const fits = new Ajv2020({ allErrors: true, verbose: true, strict: true, strictRequired: false, allowUnionTypes: true }).compile(
  processFileSchema,
);

/** Where the file does not have the shape of a process file, in sales words; the most important first when there is too much of something. */
export function shapeProblems(text: ProcessText): readonly Problem[] {
  const crowded = tooMany(text);
  if (crowded.length > 0) return crowded;
  if (fits(text.value)) return [];
  const errors = fits.errors ?? [];
  const badNames = new Set(
    errors
      .filter(({ propertyName }) => propertyName !== undefined)
      .map(({ instancePath, propertyName }) => `${instancePath}/${propertyName}`),
  );
  const badTypes = new Set(errors.filter(({ keyword }) => keyword === 'type').map(({ instancePath }) => instancePath));
  return errors
    .filter(({ keyword }) => keyword !== 'propertyNames')
    .filter(({ keyword, instancePath }) => keyword === 'type' || !badTypes.has(instancePath))
    .filter(
      ({ keyword, instancePath, params }) =>
        keyword !== 'additionalProperties' || !badNames.has(`${instancePath}/${String(params.additionalProperty)}`),
    )
    .slice(0, MOST_PROBLEMS)
    .map((error) => explain(error, text));
}

/** Counts before anything else, because a file with ten thousand stages would have ten thousand other problems. */
function tooMany(text: ProcessText): readonly Problem[] {
  const file = record(text.value);
  const tell = (path: Path, count: number, most: number, what: string): readonly Problem[] =>
    count > most
      ? [problem('too-many', text.at(path, 'key'), `The file has ${count} ${what}; a process may have at most ${most}.`)]
      : [];
  const { stages, fields } = processFileSchema.properties as unknown as Record<
    'stages' | 'fields',
    { readonly maxProperties: number }
  >;
  return [
    ...tell(['stages'], Object.keys(record(file.stages)).length, stages.maxProperties, 'stages'),
    ...tell(['fields'], Object.keys(record(file.fields)).length, fields.maxProperties, 'fields'),
  ];
}

/** The entries of an object; none for anything else, so that a file can be read on past its mistakes. */
export function record(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};
}

const TYPES: Readonly<Record<string, string>> = {
  string: 'a text',
  number: 'a number',
  integer: 'a whole number',
  boolean: 'true or false',
  object: 'a group of keys',
  array: 'a list, like [one, other]',
};

function explain(error: ErrorObject, text: ProcessText): Problem {
  const path: Path = error.instancePath
    .split('/')
    .slice(1)
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'));
  const what = thing(path);
  const at = text.at(path);
  const { description } = (error.parentSchema ?? {}) as { readonly description?: string };

  if (error.propertyName !== undefined) {
    const name = error.propertyName;
    return problem('wrong-name', text.at([...path, name], 'key'), `"${name}" cannot be a name here.`, description ?? null);
  }
  switch (error.keyword) {
    case 'additionalProperties': {
      const key = String(error.params.additionalProperty);
      const known = Object.keys((error.parentSchema as { readonly properties?: object }).properties ?? {}).filter(
        (name) => name !== '$schema',
      );
      const meant = nearest(key, known);
      return problem(
        'unknown-key',
        text.at([...path, key], 'key'),
        `${what} has no key "${key}".`,
        meant ? `Did you mean "${meant}"?` : `It can have ${known.join(', ')}.`,
      );
    }
    case 'required':
      return problem('missing-key', text.at(path, 'key'), `${what} must have the key "${String(error.params.missingProperty)}".`);
    case 'dependentRequired':
      return problem(
        'missing-key',
        text.at(path, 'key'),
        `${what} has "${String(error.params.property)}" and so must have "${String(error.params.missingProperty)}".`,
      );
    case 'type': {
      const wanted = TYPES[String(error.params.type)] ?? 'something else';
      const quote =
        error.params.type === 'string' && ['number', 'boolean'].includes(typeof error.data)
          ? `Put it in quotes: "${String(error.data)}".`
          : null;
      return problem('wrong-type', at, `${what} must be ${wanted}.`, quote);
    }
    case 'enum': {
      const allowed = (error.params as { readonly allowedValues: readonly string[] }).allowedValues;
      const meant = typeof error.data === 'string' ? nearest(error.data, allowed) : null;
      return problem(
        'unknown-value',
        at,
        `${what} cannot be ${shown(error.data)}: it is one of ${allowed.join(', ')}.`,
        meant && `Did you mean "${meant}"?`,
      );
    }
    case 'pattern':
      return problem('wrong-form', at, `${what} cannot be ${shown(error.data)}.`, description ?? null);
    case 'minimum':
      return problem('out-of-range', at, `${what} must be at least ${String(error.params.limit)}.`);
    case 'maximum':
      return problem('out-of-range', at, `${what} must be at most ${String(error.params.limit)}.`);
    case 'minLength':
    case 'minItems':
    case 'minProperties':
      return problem('empty', at, `${what} must not be empty.`);
    case 'maxLength':
      return problem('too-long', at, `${what} may have at most ${String(error.params.limit)} characters.`);
    case 'maxItems':
    case 'maxProperties':
      return problem('too-many', at, `${what} may have at most ${String(error.params.limit)} entries.`);
    case 'uniqueItems': {
      const again = Math.max(Number(error.params.i), Number(error.params.j));
      return problem(
        'named-twice',
        text.at([...path, String(again)]),
        `${what} names ${shown((error.data as readonly unknown[])[again])} twice.`,
      );
    }
    default:
      return problem('wrong-form', at, `${what} ${error.message ?? 'does not fit'}.`);
  }
}

/** What a place in the file is called: `Move "qualify" of stage "lead"`, `"phase" of stage "lead"`. */
export function thing(path: Path): string {
  const said = names(path);
  return said.length === 0 ? 'The file' : said.join(' of ').replace(/^./, (letter) => letter.toUpperCase());
}

const KINDS: Readonly<Record<string, string>> = { stages: 'stage', fields: 'field', tracks: 'track', moves: 'move' };

function names(path: Path): readonly string[] {
  const said: string[] = [];
  for (let at = 0; at < path.length; at++) {
    const step = String(path[at]);
    const kind = KINDS[step];
    const next = path[at + 1];
    if (kind && next !== undefined) {
      said.unshift(`${kind} "${next}"`);
      at++;
    } else if (/^\d+$/.test(step)) said[0] = `entry ${Number(step) + 1} of ${said[0] ?? 'the file'}`;
    else said.unshift(`"${step}"`);
  }
  return said;
}

const shown = (value: unknown): string =>
  typeof value === 'string' ? `"${value.length > 60 ? `${value.slice(0, 60)}…` : value}"` : JSON.stringify(value);
