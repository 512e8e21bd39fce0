import { readExpression } from './expressions.js';
import { nearest } from './nearest.js';
import { PHASES, type Field, type Problem } from './process.js';
import { FIELD_TYPES } from './process-schema.js';
import { problem, type Path, type ProcessText } from './process-text.js';
import { record, thing } from './shape.js';
import { readWorkingHours } from './working-hours.js';

/** A stage of the process or of a track as it stands in the file, mistakes and all. */
export interface Place {
  readonly path: Path;
  readonly id: string;
  readonly raw: Readonly<Record<string, unknown>>;
  /** Ids its moves may lead to. */
  readonly reach: readonly string[];
  /** Null for a stage of the process. */
  readonly track: { readonly stage: string; readonly id: string } | null;
}

/** Every stage of the file, each followed by the stages of its tracks. */
export function placesOf(file: unknown): readonly Place[] {
  const stages = record(record(file).stages);
  const reach = Object.keys(stages);
  return Object.entries(stages).flatMap(([id, stage]): readonly Place[] => {
    const path = ['stages', id];
    const inTracks = Object.entries(record(record(stage).tracks)).flatMap(([track, raw]) => {
      const inner = record(record(raw).stages);
      return Object.entries(inner).map(([at, one]): Place => ({
        path: [...path, 'tracks', track, 'stages', at],
        id: at,
        raw: record(one),
        reach: Object.keys(inner),
        track: { stage: id, id: track },
      }));
    });
    return [{ path, id, raw: record(stage), reach, track: null }, ...inTracks];
  });
}

/** Names that mean nothing, values that do not exist, and expressions that do not fit the fields. */
export function referenceProblems(text: ProcessText, fields: Readonly<Record<string, Field>>): readonly Problem[] {
  const found = new References(text, fields);
  found.ofProcess();
  for (const place of placesOf(text.value)) found.ofStage(place);
  return found.problems;
}

class References {
  readonly problems: Problem[] = [];
  private readonly file: Readonly<Record<string, unknown>>;
  private readonly stages: readonly string[];
  private readonly roles: readonly string[];
  private readonly fieldNames: readonly string[];

  constructor(
    private readonly text: ProcessText,
    private readonly fields: Readonly<Record<string, Field>>,
  ) {
    this.file = record(text.value);
    this.stages = Object.keys(record(this.file.stages));
    this.roles = texts(this.file.roles);
    this.fieldNames = Object.keys(record(this.file.fields));
  }

  ofProcess(): void {
    const { currency, timezone, workingHours, holidays } = this.file;
    const currencies = Intl.supportedValuesOf('currency');
    if (typeof currency === 'string' && /^[A-Z]{3}$/.test(currency) && !currencies.includes(currency))
      this.say('unknown-currency', ['currency'], `There is no currency "${currency}".`, nearest(currency, currencies));
    if (typeof timezone === 'string' && timezone !== '' && !isTimezone(timezone))
      this.say(
        'unknown-timezone',
        ['timezone'],
        `There is no time zone "${timezone}".`,
        nearest(timezone, Intl.supportedValuesOf('timeZone')),
      );
    const hours = typeof workingHours === 'string' && workingHours !== '' ? readWorkingHours(workingHours) : {};
    if ('wrong' in hours) this.say('wrong-hours', ['workingHours'], `${hours.wrong}.`);
    texts(holidays).forEach((day, at) => {
      if (/^\d{4}-\d{2}-\d{2}$/.test(day) && !isDay(day)) this.say('wrong-date', ['holidays', at], `There is no day ${day}.`);
    });
    this.roles.forEach((role, at) => {
      if (role === 'owner')
        this.say('reserved-name', ['roles', at], '"owner" is the owner of the deal; choose another name for the role.');
    });
    for (const [name, raw] of Object.entries(record(this.file.fields))) this.ofField(name, record(raw));
    this.stage(this.file.start, ['start'], this.stages);
    this.formerNames();
  }

  private ofField(name: string, { type, of, min, max }: Readonly<Record<string, unknown>>): void {
    const path = ['fields', name];
    if (type === 'choice' && of === undefined)
      this.problems.push(
        problem(
          'missing-key',
          this.text.at(path, 'key'),
          `Field "${name}" is a choice and so must have "of", the values to choose from.`,
        ),
      );
    // A type that is mistyped is one problem already.
    if (!FIELD_TYPES.some((known) => known === type)) return;
    if (type !== 'choice' && of !== undefined) this.misplaced([...path, 'of'], `Only a field of type choice can have "of".`);
    for (const [key, value] of Object.entries({ min, max }))
      if (type !== 'number' && value !== undefined)
        this.misplaced([...path, key], `Only a field of type number can have "${key}".`);
    if (typeof min === 'number' && typeof max === 'number' && min > max)
      this.say('out-of-range', [...path, 'max'], `The largest value of field "${name}" is below its smallest.`);
  }

  ofStage({ path, id, raw, reach, track }: Place): void {
    const moves = record(raw.moves);
    if (track === null) {
      if (raw.result !== undefined && raw.phase !== 'closed' && PHASES.some((phase) => phase === raw.phase))
        this.misplaced([...path, 'result'], `Stage "${id}" wins or loses the deal, so its phase must be closed.`);
      if (raw.whenAllDone !== undefined) this.stage(raw.whenAllDone, [...path, 'whenAllDone'], reach);
      for (const [name, one] of Object.entries(record(raw.tracks))) {
        const inner = [...path, 'tracks', name];
        this.stage(record(one).start, [...inner, 'start'], Object.keys(record(record(one).stages)), name);
      }
      this.moveNamesOnce(path, raw);
    } else if (raw.done === true && Object.keys(moves).length > 0)
      this.misplaced([...path, 'moves'], `Track "${track.id}" is done at "${id}", so nothing leads on from there.`);

    for (const [name, move] of Object.entries(moves)) this.ofMove([...path, 'moves', name], name, record(move), reach, track?.id);
    this.ofLimit([...path, 'limit'], record(raw.limit), moves);
  }

  private ofMove(
    path: Path,
    name: string,
    move: Readonly<Record<string, unknown>>,
    reach: readonly string[],
    track?: string,
  ): void {
    if (name === 'warn')
      this.problems.push(
        problem('reserved-name', this.text.at(path, 'key'), '"warn" is what a limit does; choose another name for the move.'),
      );
    this.stage(move.to, [...path, 'to'], reach, track);
    this.eachRole(move.by, [...path, 'by']);
    texts(move.needs).forEach((field, at) => {
      if (!this.fieldNames.includes(field))
        this.say(
          'unknown-field',
          [...path, 'needs', at],
          `The process has no field "${field}".`,
          nearest(field, this.fieldNames),
        );
    });
    const ids = new Set<unknown>();
    list(move.checks).forEach((raw, at) => {
      const check = record(raw);
      const here = [...path, 'checks', at];
      if (typeof check.id === 'string' && ids.has(check.id))
        this.say('named-twice', [...here, 'id'], `${thing(path)} has two checks "${check.id}".`);
      ids.add(check.id);
      this.eachRole(record(check.override).by, [...here, 'override', 'by']);
      if (typeof check.when === 'string' && check.when !== '') this.ofExpression(check.when, [...here, 'when']);
    });
  }

  private ofExpression(when: string, path: Path): void {
    const read = readExpression(when, this.fields);
    if (!('faults' in read)) return;
    const misread = this.fieldNames.filter((name) => !Object.hasOwn(this.fields, name));
    for (const { code, at, message, suggestion } of read.faults) {
      if (code === 'unknown-field' && misread.some((name) => message.includes(`"${name}"`))) continue;
      this.problems.push(problem(code, this.text.within(path, at), message, suggestion ?? null));
    }
  }

  private ofLimit(path: Path, limit: Readonly<Record<string, unknown>>, moves: Readonly<Record<string, unknown>>): void {
    const { then, tell } = limit;
    if (typeof then === 'string' && then !== 'warn') {
      if (!Object.hasOwn(moves, then))
        this.say(
          'unknown-move',
          [...path, 'then'],
          `Here is no move "${then}"; a limit does warn, or a move of the same stage.`,
          nearest(then, ['warn', ...Object.keys(moves)]),
        );
    }
    texts(tell).forEach((who, at) => {
      if (who !== 'owner' && !this.roles.includes(who)) this.unknownRole(who, [...path, 'tell', at], ['owner', ...this.roles]);
    });
  }

  /** Names of moves are unique within a stage, those of its tracks included. */
  private moveNamesOnce(path: Path, stage: Readonly<Record<string, unknown>>): void {
    const taken = new Map<string, string>(Object.keys(record(stage.moves)).map((name) => [name, 'the stage itself']));
    for (const [track, raw] of Object.entries(record(stage.tracks))) {
      const here = new Set<string>();
      for (const [inner, one] of Object.entries(record(record(raw).stages))) {
        for (const name of Object.keys(record(record(one).moves))) {
          const other = taken.get(name);
          here.add(name);
          if (other !== undefined)
            this.problems.push(
              problem(
                'named-twice',
                this.text.at([...path, 'tracks', track, 'stages', inner, 'moves', name], 'key'),
                `"${name}" is a move of ${other} already; one who asks for it must mean one of them.`,
              ),
            );
        }
      }
      for (const name of here) if (!taken.has(name)) taken.set(name, `track "${track}"`);
    }
  }

  /** `was` joins a stage to its past: to names that are gone, each continued by one stage only. */
  private formerNames(): void {
    const stages = record(this.file.stages);
    const formerOf = (id: string): readonly string[] => texts(record(stages[id]).was);
    const leadsBack = (from: string, to: string, seen = new Set<string>()): boolean =>
      from === to || (!seen.has(from) && (seen.add(from), formerOf(from).some((next) => leadsBack(next, to, seen))));
    const inCycle = new Set<string>();
    const takenBy = new Map<string, string>();

    for (const id of this.stages) {
      formerOf(id).forEach((former, at) => {
        const path = ['stages', id, 'was', at];
        const other = takenBy.get(former);
        if (this.stages.includes(former)) {
          if (!leadsBack(former, id))
            this.say('was-present', path, `"${former}" is a stage of this process; "was" names stages that are gone.`);
          else if (!inCycle.has(id))
            this.say(
              'was-cycle',
              path,
              id === former ? `Stage "${id}" was itself.` : `Stages "${id}" and "${former}" were each other, in a circle.`,
            );
          if (leadsBack(former, id)) [id, former].forEach((one) => inCycle.add(one));
        } else if (other !== undefined && other !== id)
          this.say('was-twice', path, `Stage "${other}" was "${former}" already; its history can continue in one stage only.`);
        takenBy.set(former, id);
      });
    }
  }

  private stage(named: unknown, path: Path, known: readonly string[], track?: string): void {
    if (typeof named !== 'string' || known.includes(named)) return;
    const elsewhere =
      track !== undefined && this.stages.includes(named)
        ? ' A move inside a track cannot leave it; put the move on the stage.'
        : '';
    this.say(
      'unknown-stage',
      path,
      `${track === undefined ? 'There' : `In track "${track}" there`} is no stage "${named}".${elsewhere}`,
      nearest(named, known),
    );
  }

  private eachRole(named: unknown, path: Path): void {
    texts(named).forEach((role, at) => {
      if (!this.roles.includes(role)) this.unknownRole(role, [...path, at], this.roles);
    });
  }

  private unknownRole(role: string, path: Path, known: readonly string[]): void {
    this.say('unknown-role', path, `The process has no role "${role}".`, nearest(role, known));
  }

  private misplaced(path: Path, message: string): void {
    this.problems.push(problem('misplaced', this.text.at(path, 'key'), message));
  }

  private say(code: string, path: Path, message: string, meant: string | null = null): void {
    this.problems.push(problem(code, this.text.at(path), message, meant && `Did you mean "${meant}"?`));
  }
}

/** The texts of a list; nothing for anything else. */
export function texts(value: unknown): readonly string[] {
  return list(value).filter((one): one is string => typeof one === 'string');
}

export function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function isTimezone(name: string): boolean {
  if (!/^[A-Za-z]/.test(name)) return false;
  try {
    new Intl.DateTimeFormat('en', { timeZone: name }).format(0);
    return true;
  } catch {
    return false;
  }
}

function isDay(text: string): boolean {
  const day = new Date(`${text}T00:00:00Z`);
  return !Number.isNaN(day.getTime()) && day.toISOString().startsWith(text);
}
