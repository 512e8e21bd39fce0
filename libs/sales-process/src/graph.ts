import { whyItNeverHolds } from './never-holds.js';
import { nearest } from './nearest.js';
import type { Field, Problem } from './process.js';
import type { Path } from './process-text.js';
import { placesOf, type Place } from './references.js';
import { record } from './shape.js';

/** A fault of a process and where it stands in the file; its line is found from there. */
export interface Fault extends Omit<Problem, 'line' | 'column'> {
  readonly path: Path;
  readonly of: 'key' | 'value';
}

/** A place in the file: the key there, or its value. */
export type Spot = Pick<Fault, 'path' | 'of'>;
export const key = (path: Path): Spot => ({ path, of: 'key' });
export const value = (path: Path): Spot => ({ path, of: 'value' });

export function fault(
  code: string,
  spot: Spot,
  message: string,
  suggestion?: string,
  severity: Problem['severity'] = 'error',
): Fault {
  return { code, severity, ...spot, message, ...(suggestion !== undefined && { suggestion }) };
}

/**
 * What is wrong with the ways through the process as a whole. A name that means nothing is taken for the one it most likely
 * means, and for every stage when none is near, so that one mistyped name is one problem and not five.
 */
export function graphFaults(file: unknown, fields: Readonly<Record<string, Field>>): readonly Fault[] {
  const places = placesOf(file);
  const stages = places.filter(({ track }) => track === null);
  if (stages.length === 0) return [];
  return [
    ...ofStages(file, stages),
    ...ofJoins(stages),
    ...ofTracks(file, places),
    ...ofResults(stages),
    ...ofChecks(places, fields),
  ];
}

/** Where each stage leads. */
type Ways = ReadonlyMap<string, readonly string[]>;

function meantBy(named: unknown, known: readonly string[]): readonly string[] {
  if (typeof named !== 'string') return known;
  if (known.includes(named)) return [named];
  const meant = nearest(named, known);
  return meant === null ? known : [meant];
}

function waysOf(places: readonly Place[]): Ways {
  return new Map(
    places.map(({ id, raw, reach }) => {
      const moves = Object.values(record(raw.moves)).flatMap((move) => meantBy(record(move).to, reach));
      const join = raw.whenAllDone === undefined ? (raw.tracks === undefined ? [] : reach) : meantBy(raw.whenAllDone, reach);
      return [id, [...new Set([...moves, ...join])]];
    }),
  );
}

function reached(from: readonly string[], ways: Ways): ReadonlySet<string> {
  const seen = new Set(from);
  for (const id of seen) for (const next of ways.get(id) ?? []) seen.add(next);
  return seen;
}

/** Of those that cannot be reached, the ones that would open the way to the others. */
function unreachable(start: readonly string[], places: readonly Place[], ways: Ways): readonly Place[] {
  const seen = reached(start, ways);
  const lost = places.filter(({ id }) => !seen.has(id));
  const ledTo = new Set(lost.flatMap(({ id }) => (ways.get(id) ?? []).filter((next) => next !== id)));
  const covered = new Set<string>();
  return [...lost.filter(({ id }) => !ledTo.has(id)), ...lost.filter(({ id }) => ledTo.has(id))].filter(({ id }) => {
    const isNew = !covered.has(id);
    if (isNew) for (const next of reached([id], ways)) covered.add(next);
    return isNew;
  });
}

function ofStages(file: unknown, stages: readonly Place[]): readonly Fault[] {
  const ways = waysOf(stages);
  const start = meantBy(record(file).start, [...ways.keys()]);
  const lost = unreachable(start, stages, ways).map(({ id, path }) =>
    fault(
      'unreachable-stage',
      key(path),
      `No deal can ever come to stage "${id}".`,
      `Let a move lead to "${id}", or take the stage out.`,
    ),
  );

  const resting = new Set(stages.filter(({ raw }) => isEnd(raw)).map(({ id }) => id));
  const stuck = stages.filter(({ id }) => ![...reached([id], ways)].some((end) => resting.has(end)));
  const noWayOn = stuck.filter(({ id }) => (ways.get(id) ?? []).every((next) => next === id));
  const told = new Set(noWayOn.map(({ id }) => id));
  const inCircles = stuck.filter(({ id }) => {
    const circle = reached([id], ways);
    const isNew = ![...circle].some((one) => told.has(one));
    if (isNew) told.add(id);
    return isNew;
  });
  return [
    ...lost,
    ...noWayOn.map(({ id, path, raw }) =>
      raw.phase === 'closed'
        ? fault(
            'dead-end',
            key(path),
            `Stage "${id}" closes the deal without a result, and nothing leads on.`,
            'Add result: won or result: lost, or a move.',
          )
        : fault(
            'dead-end',
            key(path),
            `A deal in stage "${id}" can never leave it.`,
            'Add a move that leads on, or make its phase closed or customer.',
          ),
    ),
    ...inCircles.map(({ id, path }) =>
      fault(
        'dead-end',
        key(path),
        `A deal in stage "${id}" can go on, but never to a win, a loss or a customer.`,
        'Add a move that leads to a closed stage.',
      ),
    ),
  ];
}

/** A stage in which a deal may stay for good. A phase or result that cannot be read counts as one. */
function isEnd({ phase, result }: Readonly<Record<string, unknown>>): boolean {
  if (phase === 'customer' || result !== undefined) return true;
  return phase !== 'lead' && phase !== 'qualified' && phase !== 'selling' && phase !== 'closed';
}

function ofResults(stages: readonly Place[]): readonly Fault[] {
  const results = new Set(stages.map(({ raw }) => raw.result));
  const unreadable = [...results].some((result) => result !== undefined && result !== 'won' && result !== 'lost');
  const none = (result: string, code: string, verb: string): readonly Fault[] =>
    results.has(result) || unreadable
      ? []
      : [
          fault(
            code,
            key(['stages']),
            `No stage ${verb} a deal.`,
            `Give the closed stage in which a deal is ${result} the key result: ${result}.`,
          ),
        ];
  return [...none('won', 'no-way-to-win', 'wins'), ...none('lost', 'no-way-to-lose', 'loses')];
}

/** A join into its own stage would begin the tracks again without end. */
function ofJoins(stages: readonly Place[]): readonly Fault[] {
  return stages
    .filter(({ id, raw }) => raw.whenAllDone === id)
    .map(({ id, path }) =>
      fault(
        'joins-itself',
        value([...path, 'whenAllDone']),
        `When all tracks of stage "${id}" are done, it would begin again by itself.`,
        'Let whenAllDone name the stage that follows.',
      ),
    );
}

/** Each track on its own: whether its end can be reached, and everything on the way to it. */
function ofTracks(file: unknown, places: readonly Place[]): readonly Fault[] {
  const tracks = new Map(places.flatMap(({ track }) => (track === null ? [] : [[`${track.stage}/${track.id}`, track]])));
  return [...tracks.values()].flatMap(({ stage, id }): readonly Fault[] => {
    const inner = places.filter(({ track }) => track?.stage === stage && track.id === id);
    const path: Path = ['stages', stage, 'tracks', id];
    const ways = waysOf(inner);
    const start = meantBy(record(inTrack(file, stage, id)).start, [...ways.keys()]);
    const done = inner.filter(({ raw }) => raw.done !== undefined && raw.done !== false).map((place) => place.id);
    if (!done.some((one) => reached(start, ways).has(one)))
      return [
        fault(
          'track-never-done',
          key(path),
          `Track "${id}" can never be done, so stage "${stage}" is never left by itself.`,
          done.length === 0 ? 'Mark the stage in which the track ends with done: true.' : `Let moves lead to "${done[0]}".`,
        ),
      ];
    return [
      ...unreachable(start, inner, ways).map((place) =>
        fault('unreachable-stage', key(place.path), `Track "${id}" can never come to "${place.id}".`),
      ),
      ...inner
        .filter((place) => !done.includes(place.id) && ![...reached([place.id], ways)].some((one) => done.includes(one)))
        .map((place) => fault('dead-end', key(place.path), `From "${place.id}" track "${id}" can never be done.`)),
    ];
  });
}

const inTrack = (file: unknown, stage: string, track: string): unknown =>
  record(record(record(record(file).stages)[stage]).tracks)[track];

function ofChecks(places: readonly Place[], fields: Readonly<Record<string, Field>>): readonly Fault[] {
  return places.flatMap(({ path, raw }) =>
    Object.entries(record(raw.moves)).flatMap(([name, move]) => {
      const { checks } = record(move);
      return (Array.isArray(checks) ? checks : []).flatMap((check: unknown, at): readonly Fault[] => {
        const { when } = record(check);
        const why = typeof when === 'string' ? whyItNeverHolds(when, fields) : null;
        return why === null
          ? []
          : [
              fault(
                'check-never-holds',
                value([...path, 'moves', name, 'checks', at, 'when']),
                `This check can never hold: ${why}.`,
              ),
            ];
      });
    }),
  );
}
