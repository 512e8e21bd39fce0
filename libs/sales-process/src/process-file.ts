import { createHash } from 'node:crypto';
import { graphFaults, type Fault } from './graph.js';
import type { Check, Field, Limit, LimitUnit, Move, Problem, SalesProcess, Stage, Track, TrackStage } from './process.js';
import { readText, type ProcessText } from './process-text.js';
import { proved } from './proofs.js';
import { list, referenceProblems, texts } from './references.js';
import { MOST_PROBLEMS, record, shapeProblems } from './shape.js';
import { readWorkingHours, USUAL_HOURS } from './working-hours.js';

export interface CheckedProcessFile {
  /** Null when there is an error; a warning does not stop acceptance. */
  readonly process: SalesProcess | null;
  /** SHA-256 of the meaning, lower-case hex; null when there is no process. */
  readonly hash: string | null;
  /** Every problem, in the order of the file. */
  readonly problems: readonly Problem[];
}

/**
 * Checks a process file whole: text, shape, references, expressions, and the ways through it. Never throws.
 * JSON is read as the YAML it also is; files above 1 MiB are refused unread.
 */
export function readProcessFile(text: string): CheckedProcessFile {
  const read = readText(text);
  if (read.value === null && read.problems.length > 0) return refused(read.problems);

  const shape = shapeProblems(read);
  if (shape.some(({ code, message }) => code === 'too-many' && message.startsWith('The file has')))
    return refused([...read.problems, ...shape]);

  const fields = readFields(record(read.value).fields);
  const named = [...read.problems, ...shape, ...referenceProblems(read, fields)];
  const ways = graphFaults(read.value, fields);
  if (hasError(named)) return refused([...named, ...ways.map((fault) => placed(fault, read))]);

  // Every name means something from here on, so that what it all comes to can be proved.
  const process = readProcess(record(read.value));
  const problems = [...named, ...proved(process, ways).map((fault) => placed(fault, read))];
  if (hasError(problems)) return refused(problems);
  return { process, hash: processHash(process), problems: inOrder(problems) };
}

const hasError = (problems: readonly Problem[]): boolean => problems.some(({ severity }) => severity === 'error');

function placed({ path, of, ...fault }: Fault, text: ProcessText): Problem {
  return { ...fault, ...text.at(path, of) };
}

function refused(problems: readonly Problem[]): CheckedProcessFile {
  return { process: null, hash: null, problems: inOrder(problems).slice(0, MOST_PROBLEMS) };
}

function inOrder(problems: readonly Problem[]): readonly Problem[] {
  return [...problems].sort((a, b) => a.line - b.line || a.column - b.column);
}

/**
 * SHA-256 of what a process says, lower-case hex. Formatting, comments and spelt-out defaults do not change it, nor does the order of keys,
 * except that of the stages, which is the order of selling.
 */
export function processHash(process: SalesProcess): string {
  const stages = Object.values(process.stages).map((stage) => ({
    ...stage,
    tracks: Object.values(stage.tracks)
      .map((track) => ({ ...track, stages: Object.values(track.stages) }))
      .sort((a, b) => (a.id < b.id ? -1 : 1)),
  }));
  return createHash('sha256')
    .update(canonical({ ...process, stages }))
    .digest('hex');
}

/** JSON with sorted keys and without spaces. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const entries = Object.entries(value).filter(([, one]) => one !== undefined);
  entries.sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${entries.map(([key, one]) => `${JSON.stringify(key)}:${canonical(one)}`).join(',')}}`;
}

// ------------------------------------------------------------------------- from the file to the process, with its defaults

type Raw = Readonly<Record<string, unknown>>;

function readProcess(file: Raw): SalesProcess {
  const hours = readWorkingHours(typeof file.workingHours === 'string' ? file.workingHours : USUAL_HOURS);
  return {
    id: String(file.process),
    title: String(file.title),
    currency: String(file.currency),
    timezone: String(file.timezone),
    workingHours: 'wrong' in hours ? {} : hours,
    holidays: [...texts(file.holidays)].sort(),
    ...(typeof file.targetCycle === 'string' && { targetCycle: timeOf(file.targetCycle) }),
    fields: readFields(file.fields),
    roles: texts(file.roles),
    start: String(file.start),
    stages: each(file.stages, readStage),
  };
}

/** The fields that can be read; in a file with mistakes the others are left out. */
function readFields(raw: unknown): Readonly<Record<string, Field>> {
  return Object.fromEntries(
    Object.entries(record(raw)).flatMap(([name, value]): [string, Field][] => {
      const { type, of, min, max, personal, ...rest } = record(value);
      const common = { name, label: labelOf(name, rest), personal: personal === true };
      switch (type) {
        case 'text':
        case 'date':
        case 'yesno':
        case 'money':
          return [[name, { ...common, type }]];
        case 'number':
          return [[name, { ...common, type, ...(typeof min === 'number' && { min }), ...(typeof max === 'number' && { max }) }]];
        case 'choice':
          return Array.isArray(of) ? [[name, { ...common, type, of: texts(of) }]] : [];
        default:
          return [];
      }
    }),
  );
}

function readStage(id: string, raw: Raw): Stage {
  const { forecast, result, whenAllDone } = raw;
  return {
    id,
    label: labelOf(id, raw),
    phase: raw.phase as Stage['phase'],
    ...(result !== undefined && { result: result as 'won' | 'lost' }),
    ...(forecast !== undefined && { forecast: forecast as NonNullable<Stage['forecast']> }),
    ...limitOf(raw),
    moves: each(raw.moves, readMove),
    tracks: each(raw.tracks, readTrack),
    ...(typeof whenAllDone === 'string' && { whenAllDone }),
    was: texts(raw.was),
  };
}

function readTrack(id: string, raw: Raw): Track {
  return { id, label: labelOf(id, raw), start: String(raw.start), stages: each(raw.stages, readTrackStage) };
}

function readTrackStage(id: string, raw: Raw): TrackStage {
  return { id, label: labelOf(id, raw), done: raw.done === true, ...limitOf(raw), moves: each(raw.moves, readMove) };
}

function readMove(name: string, raw: Raw): Move {
  return {
    name,
    label: labelOf(name, raw),
    to: String(raw.to),
    by: texts(raw.by),
    needs: texts(raw.needs),
    checks: list(raw.checks).map(readCheck),
    ...(raw.opens !== undefined && { opens: raw.opens as NonNullable<Move['opens']> }),
  };
}

function readCheck(raw: unknown): Check {
  const { id, when, say, override } = record(raw);
  const { by, reason } = record(override);
  return {
    id: String(id),
    when: String(when),
    say: String(say),
    ...(override !== undefined && { override: { by: texts(by), reason: reason === 'optional' ? 'optional' : 'required' } }),
  };
}

function limitOf({ limit }: Raw): { readonly limit?: Limit } {
  if (limit === undefined) return {};
  const { time, then, tell } = record(limit);
  return {
    limit: {
      time: timeOf(String(time)),
      then: String(then),
      tell: tell === undefined ? ['owner'] : texts(tell),
    },
  };
}

/** `21 days`, `1 working day`. */
function timeOf(text: string): Limit['time'] {
  const [amount, ...unit] = text.split(' ');
  return { amount: Number(amount), unit: unit.join(' ').replace(/s?$/, 's') as LimitUnit };
}

function each<T>(raw: unknown, read: (key: string, value: Raw) => T): Readonly<Record<string, T>> {
  return Object.fromEntries(Object.entries(record(raw)).map(([key, value]) => [key, read(key, record(value))]));
}

/** The label, or the key made readable: `handOver` reads "Hand over". */
function labelOf(key: string, { label }: Raw): string {
  if (typeof label === 'string') return label;
  const words = key
    .replace(/[_-]+/g, ' ')
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .trim()
    .toLowerCase();
  return words.replace(/^./, (letter) => letter.toUpperCase());
}
