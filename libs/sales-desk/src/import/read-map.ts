import { nearest, type Problem, type SalesProcess } from '@coxswain/sales-process';
import { Ajv2020, type ErrorObject } from 'ajv/dist/2020.js';
import type { EventStepMap, ImportMap, LookupMap, Spelling, ValueMap, ValueType } from './map.js';
import { importMapSchema } from './map-schema.js';
import { problem, readMapText, type MapText, type Path } from './map-text.js';
import { dayOf, isTimeZone } from './values.js';

const MOST_PROBLEMS = 200;

const fits = new Ajv2020({ allErrors: true, verbose: true, strictTypes: false, allowUnionTypes: true }).compile(importMapSchema);

/** The shape of a map as it is written, once it fits the schema. */
interface MapFile {
  readonly process: string;
  readonly format: 'csv' | 'xes';
  readonly rows?: 'deals' | 'events';
  readonly grouped?: boolean;
  readonly id: string;
  readonly timezone?: string;
  readonly dates?: string;
  readonly decimal?: '.' | ',';
  readonly currency?: string;
  readonly encoding?: string;
  readonly delimiter?: string;
  readonly undated?: string;
  readonly lookups?: Readonly<Record<string, Partial<LookupMap> & Pick<LookupMap, 'file' | 'key'>>>;
  readonly spelling?: Spelling;
  readonly deal: {
    readonly at?: string | readonly string[];
    readonly by?: WrittenValue;
    readonly owner: WrittenValue;
    readonly team?: WrittenValue;
    readonly account?: WrittenValue;
    readonly origin?: WrittenValue;
    readonly facts?: WrittenFacts;
  };
  readonly stage?: string;
  readonly stages?: Readonly<
    Record<
      string,
      readonly { readonly track?: string; readonly to: string; readonly at: string; readonly facts?: WrittenFacts }[]
    >
  >;
  readonly activity?: string;
  readonly at?: string;
  readonly by?: WrittenValue;
  readonly note?: string;
  readonly begins?: string;
  readonly activities?: Readonly<Record<string, WrittenEvent>>;
}
type WrittenValue =
  | string
  | {
      readonly column?: string;
      readonly otherwise?: string;
      readonly lookup?: string;
      readonly take?: string;
      readonly as?: ValueType;
      readonly currency?: string;
      readonly values?: Readonly<Record<string, string>>;
      readonly expected?: boolean;
    };
type WrittenFacts = Readonly<Record<string, WrittenValue>>;
type WrittenEvent =
  'ignore' | { readonly track?: string; readonly stage?: string; readonly activity?: string; readonly facts?: WrittenFacts };

/**
 * Reads an import map and checks it whole: every problem at once, each with its line and column. With the process it is for, also whether the
 * stages and fields it names are there. `map` is null exactly when there is a problem.
 */
export function readImportMap(
  text: string,
  process?: SalesProcess,
): { readonly map: ImportMap | null; readonly problems: readonly Problem[] } {
  const read = readMapText(text);
  if (read.problems.length > 0) return { map: null, problems: read.problems };
  if (!fits(read.value)) return { map: null, problems: inOrder(shapeProblems(read)) };
  const file = read.value as MapFile;
  const problems = [...meaningProblems(file, read), ...(process ? processProblems(file, read, process) : [])];
  return { map: problems.length === 0 ? complete(file) : null, problems: inOrder(problems) };
}

const inOrder = (problems: readonly Problem[]): readonly Problem[] =>
  problems.toSorted((a, b) => a.line - b.line || a.column - b.column);

// -------------------------------------------------------------------------------------------------------------- shape

const TYPES: Readonly<Record<string, string>> = {
  string: 'a text',
  boolean: 'true or false',
  object: 'a group of keys',
  array: 'a list, like [one, other]',
  'string,object': 'the name of a column, or a group of keys',
  'string,array': 'the name of a column, or a list of them',
};

function shapeProblems(text: MapText): readonly Problem[] {
  // "if" only repeats what its branch has said.
  return (fits.errors ?? [])
    .filter(({ keyword }) => keyword !== 'if')
    .slice(0, MOST_PROBLEMS)
    .map((error) => explain(error, text));
}

function explain(error: ErrorObject, text: MapText): Problem {
  const path: Path = error.instancePath
    .split('/')
    .slice(1)
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'));
  const what = thing(path);
  const at = text.at(path);
  const { description } = (error.parentSchema ?? {}) as { readonly description?: string };
  switch (error.keyword) {
    case 'additionalProperties': {
      const key = String(error.params.additionalProperty);
      const known = Object.keys((error.parentSchema as { readonly properties?: object }).properties ?? {});
      const meant = nearest(key, known);
      return problem(
        'unknown-key',
        text.at([...path, key], 'key'),
        `${what} has no key "${key}".`,
        meant ? `Did you mean "${meant}"?` : `It can have ${known.filter((name) => name !== '$schema').join(', ')}.`,
      );
    }
    case 'required':
      return problem('missing-key', text.at(path, 'key'), `${what} must have the key "${String(error.params.missingProperty)}".`);
    case 'type':
      return problem('wrong-type', at, `${what} must be ${TYPES[String(error.params.type)] ?? 'something else'}.`);
    case 'enum': {
      const allowed = (error.params as { readonly allowedValues: readonly string[] }).allowedValues;
      const meant = typeof error.data === 'string' ? nearest(error.data, allowed) : null;
      return problem('unknown-value', at, `${what} can only be ${allowed.join(', ')}.`, meant && `Did you mean "${meant}"?`);
    }
    case 'pattern':
      return problem('wrong-form', at, `${what} cannot be "${String(error.data).slice(0, 60)}".`, description ?? null);
    case 'minLength':
    case 'minItems':
    case 'minProperties':
      return problem('empty', at, `${what} must not be empty.`);
    case 'maxLength':
      return problem('too-long', at, `${what} may have at most ${String(error.params.limit)} characters.`);
    default:
      return problem('too-many', at, `${what} may have at most ${String(error.params.limit)} entries.`);
  }
}

const thing = (path: Path): string => (path.length === 0 ? 'The map' : `"${path.join('.')}"`);

// ------------------------------------------------------------------------------------------------------------ meaning

/** What the schema cannot say: which keys belong together, and whether what is named is there. */
function meaningProblems(file: MapFile, text: MapText): readonly Problem[] {
  const found: Problem[] = [];
  const events = isEvents(file);
  const tell = (code: string, path: Path, message: string, suggestion?: string | null): void =>
    void found.push(problem(code, text.at(path), message, suggestion));

  const kind = events ? 'rows of events' : 'rows of deals';
  const needed = events ? (['activity', 'at', 'by', 'activities'] as const) : (['stage', 'stages'] as const);
  const strange = events ? (['stage', 'stages'] as const) : (['activity', 'at', 'by', 'note', 'begins', 'activities'] as const);
  for (const key of needed) if (file[key] === undefined) tell('missing-key', [], `A map of ${kind} must have the key "${key}".`);
  for (const key of strange) if (file[key] !== undefined) tell('wrong-place', [key], `A map of ${kind} has no use for "${key}".`);
  if (!events && file.deal.at === undefined)
    tell('missing-key', ['deal'], 'A map of rows of deals must say in "deal.at" when a deal began.');
  if (events && file.deal.at !== undefined)
    tell('wrong-place', ['deal', 'at'], 'A deal begins with its first event, so "deal.at" has no use here.');
  if (file.format === 'xes' && file.rows === 'deals') tell('wrong-place', ['rows'], 'A XES file has events, not rows of deals.');
  for (const key of ['delimiter', 'grouped'] as const)
    if (file.format === 'xes' && file[key] !== undefined) tell('wrong-place', [key], `A XES file has no use for "${key}".`);

  if (file.timezone !== undefined && !isTimeZone(file.timezone))
    tell('unknown-timezone', ['timezone'], `There is no time zone "${file.timezone}".`, 'It is written like Europe/Berlin.');
  if (file.undated !== undefined && dayOf(file.undated) === null)
    tell('wrong-date', ['undated'], `There is no day "${file.undated}".`);
  if (file.begins !== undefined && file.activities) {
    const step = own(file.activities, file.begins);
    if (!step || step === 'ignore' || step.stage === undefined || step.track !== undefined)
      tell('unknown-activity', ['begins'], `"begins" must name an activity that leads to a stage; "${file.begins}" does not.`);
  }
  for (const [name, step] of Object.entries(file.activities ?? {})) {
    if (step === 'ignore') continue;
    if (step.stage !== undefined && step.activity !== undefined)
      tell('two-meanings', ['activities', name], `The activity "${name}" can lead to a stage or be an activity, not both.`);
    if (step.track !== undefined && step.stage === undefined)
      tell('missing-key', ['activities', name], `The activity "${name}" names a track: say the "stage" of it that it led to.`);
  }
  for (const { path, value } of valuesOf(file)) {
    if (typeof value === 'string') continue;
    const { column, lookup, take, otherwise } = value;
    if (column === undefined && otherwise === undefined)
      tell('missing-key', path, `${thing(path)} must say its "column", or with "otherwise" what it always is.`);
    if (lookup !== undefined && !own(file.lookups ?? {}, lookup)) {
      const meant = nearest(lookup, Object.keys(file.lookups ?? {}));
      tell('unknown-lookup', [...path, 'lookup'], `There is no lookup "${lookup}".`, meant && `Did you mean "${meant}"?`);
    }
    if (lookup !== undefined && column === undefined)
      tell('missing-key', path, `${thing(path)} looks up nothing: it needs a "column".`);
    if (take !== undefined && lookup === undefined)
      tell('missing-key', path, `${thing(path)} has "take" and so must have "lookup".`);
  }
  const typed = [['deal', 'by'], ['deal', 'owner'], ['deal', 'team'], ['deal', 'account'], ['deal', 'origin'], ['by']];
  for (const { path, value } of valuesOf(file))
    if (typeof value !== 'string' && (value.as ?? 'text') !== 'text' && typed.some((one) => one.join('.') === path.join('.')))
      tell('wrong-type', [...path, 'as'], `${thing(path)} is always a text.`);
  if (file.currency === undefined)
    for (const { path, value } of valuesOf(file))
      if (typeof value !== 'string' && value.as === 'money' && value.currency === undefined)
        tell('missing-key', path, `${thing(path)} is money: say its "currency", here or for the whole map.`);
  return found;
}

/** Whether the process has the stages, tracks and fields that the map names. */
function processProblems(file: MapFile, text: MapText, process: SalesProcess): readonly Problem[] {
  const unknown = (kind: string, path: Path, name: string, known: readonly string[], of: 'key' | 'value'): readonly Problem[] => {
    if (known.includes(name)) return [];
    const meant = nearest(name, known);
    const message = `The process "${process.id}" has no ${kind} "${name}".`;
    return [problem(`unknown-${kind}`, text.at(path, of), message, meant && `Did you mean "${meant}"?`)];
  };
  const stages = Object.keys(process.stages);
  const fields = Object.keys(process.fields);
  // A track is known by its name alone: which stage it belongs to, the deal knows.
  const tracks = new Map<string, string[]>();
  for (const { id, stages: inside } of Object.values(process.stages).flatMap((stage) => Object.values(stage.tracks)))
    tracks.set(id, [...(tracks.get(id) ?? []), ...Object.keys(inside)]);
  const unknownStep = (path: Path, key: 'to' | 'stage', track: string | undefined, to: string): readonly Problem[] => {
    const at = [...path, key];
    if (track === undefined) {
      const [inside] = Array.from(tracks).find(([, known]) => known.includes(to)) ?? [];
      if (stages.includes(to) || inside === undefined) return unknown('stage', at, to, stages, 'value');
      const message = `The process "${process.id}" has no stage "${to}", but its track "${inside}" has.`;
      return [problem('unknown-stage', text.at(at), message, `Add "track: ${inside}".`)];
    }
    const inside = tracks.get(track);
    if (!inside) return unknown('track', [...path, 'track'], track, [...tracks.keys()], 'value');
    if (inside.includes(to)) return [];
    const meant = nearest(to, inside);
    const help = meant ? `Did you mean "${meant}"?` : `It has ${inside.join(', ')}.`;
    return [problem('unknown-stage', text.at(at), `The track "${track}" of "${process.id}" has no stage "${to}".`, help)];
  };
  return [
    ...Object.entries(file.stages ?? {}).flatMap(([name, steps]) =>
      steps.flatMap(({ track, to }, index) => unknownStep(['stages', name, String(index)], 'to', track, to)),
    ),
    ...Object.entries(file.activities ?? {}).flatMap(([name, step]) =>
      step === 'ignore' || step.stage === undefined ? [] : unknownStep(['activities', name], 'stage', step.track, step.stage),
    ),
    ...valuesOf(file).flatMap(({ path }) => (path.at(-2) === 'facts' ? unknown('field', path, path.at(-1)!, fields, 'key') : [])),
  ];
}

const isEvents = (file: MapFile): boolean => file.format === 'xes' || file.rows === 'events';

/** An entry by its name, never one that every object has. */
const own = <Entry>(entries: Readonly<Record<string, Entry>>, name: string): Entry | undefined =>
  Object.hasOwn(entries, name) ? entries[name] : undefined;

function valuesOf(file: MapFile): readonly { readonly path: Path; readonly value: WrittenValue }[] {
  const facts = (path: Path, written: WrittenFacts = {}): { path: Path; value: WrittenValue }[] =>
    Object.entries(written).map(([name, value]) => ({ path: [...path, 'facts', name], value }));
  const { by, owner, team, account, origin } = file.deal;
  return [
    ...Object.entries({ by, owner, team, account, origin }).flatMap(([name, value]) =>
      value === undefined ? [] : [{ path: ['deal', name], value }],
    ),
    ...facts(['deal'], file.deal.facts),
    ...(file.by === undefined ? [] : [{ path: ['by'], value: file.by }]),
    ...Object.entries(file.stages ?? {}).flatMap(([name, steps]) =>
      steps.flatMap((step, index) => facts(['stages', name, String(index)], step.facts)),
    ),
    ...Object.entries(file.activities ?? {}).flatMap(([name, step]) =>
      step === 'ignore' ? [] : facts(['activities', name], step.facts),
    ),
  ];
}

// --------------------------------------------------------------------------------------------------- what is left out

function complete(file: MapFile): ImportMap {
  const { deal } = file;
  const events = isEvents(file);
  return {
    process: file.process,
    format: file.format,
    rows: events ? 'events' : 'deals',
    grouped: file.format === 'xes' || file.grouped === true,
    id: file.id,
    timezone: file.timezone ?? 'UTC',
    dates: file.dates ?? null,
    decimal: file.decimal ?? '.',
    currency: file.currency ?? '',
    encoding: file.encoding ?? 'utf-8',
    delimiter: file.delimiter ?? null,
    undated: file.undated ?? null,
    lookups: mapValues(file.lookups ?? {}, (lookup) => ({ spelling: {}, missing: 'reject' as const, ...lookup })),
    spelling: file.spelling ?? {},
    deal: {
      at: typeof deal.at === 'string' ? [deal.at] : (deal.at ?? []),
      by: deal.by === undefined ? null : valueMap(deal.by),
      owner: valueMap(deal.owner),
      team: deal.team === undefined ? null : valueMap(deal.team),
      account: deal.account === undefined ? null : valueMap(deal.account),
      origin: valueMap(deal.origin ?? { otherwise: 'import' }),
      facts: factMaps(deal.facts),
    },
    states: events
      ? null
      : {
          column: file.stage!,
          steps: mapValues(file.stages!, (steps) => steps.map(({ facts, ...step }) => ({ ...step, facts: factMaps(facts) }))),
        },
    events: events
      ? {
          activity: file.activity!,
          at: file.at!,
          by: valueMap(file.by!),
          note: file.note ?? null,
          begins: file.begins ?? null,
          steps: mapValues(file.activities!, eventStep),
        }
      : null,
  };
}

function eventStep(step: WrittenEvent): EventStepMap {
  if (step === 'ignore') return { kind: 'ignore', facts: {} };
  const facts = factMaps(step.facts);
  if (step.stage !== undefined)
    return step.track === undefined
      ? { kind: 'stage', to: step.stage, facts }
      : { kind: 'track', track: step.track, to: step.stage, facts };
  return step.activity === undefined ? { kind: 'facts', facts } : { kind: 'activity', activity: step.activity, facts };
}

const factMaps = (facts: WrittenFacts = {}): Readonly<Record<string, ValueMap>> => mapValues(facts, valueMap);

function valueMap(written: WrittenValue): ValueMap {
  const { column, otherwise, lookup, take, as, currency, values, expected } =
    typeof written === 'string' ? { column: written } : written;
  return {
    column: column ?? null,
    otherwise: otherwise ?? null,
    lookup: lookup ?? null,
    take: take ?? null,
    as: as ?? 'text',
    currency: currency ?? null,
    values: values ?? {},
    expected: expected === true,
  };
}

const mapValues = <From, To>(entries: Readonly<Record<string, From>>, to: (from: From) => To): Readonly<Record<string, To>> =>
  Object.fromEntries(Object.entries(entries).map(([name, value]) => [name, to(value)]));
