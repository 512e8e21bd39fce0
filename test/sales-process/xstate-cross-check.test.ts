import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { createMachine, getInitialSnapshot, transition, type AnyMachineSnapshot, type AnyStateMachine } from 'xstate';
import { compileProcess, decide, evolve, possibleMoves, readProcessFile, type Opportunity } from '@coxswain/sales-process';

/**
 * Random processes and random walks, asked twice: the checker and the engine, and XState itself with a machine and guards that are
 * written here and share nothing with them. Changed on purpose, and found each time: a needed fact that is not asked for, a role that is
 * not asked for, and joins that the checker does not count as ways.
 */

type Given = Readonly<Record<string, number | boolean>>;

/** A check as the file writes it, and what it means: where its fact is missing, it does not hold. */
const CHECKS: Readonly<Record<string, (facts: Given) => boolean>> = {
  'deal.size >= 5.0': ({ size }) => size !== undefined && Number(size) >= 5,
  'deal.size < 3.0': ({ size }) => size !== undefined && Number(size) < 3,
  'deal.agreed': ({ agreed }) => agreed === true,
  'deal.agreed && deal.size > 7.0': ({ size, agreed }) => agreed === true && size !== undefined && Number(size) > 7,
};
const FIELDS = ['size', 'agreed'] as const;
const ROLES = ['seller', 'boss'] as const;

interface FileMove {
  readonly to: string;
  readonly by: readonly string[];
  readonly needs: readonly string[];
  readonly checks: readonly { readonly id: string; readonly when: string; readonly say: string }[];
}
type Moves = Readonly<Record<string, FileMove>>;
interface FileStage {
  readonly phase: string;
  readonly result?: string;
  readonly moves: Moves;
  readonly tracks?: Readonly<
    Record<
      string,
      { readonly start: string; readonly stages: Readonly<Record<string, { readonly done?: true; readonly moves?: Moves }>> }
    >
  >;
  readonly whenAllDone?: string;
}
type Stages = Readonly<Record<string, FileStage>>;

const rule = fc.record({
  by: fc.subarray([...ROLES]),
  needs: fc.subarray([...FIELDS]),
  checks: fc
    .subarray(Object.keys(CHECKS), { maxLength: 2 })
    .map((all) => all.map((when, index) => ({ id: `c${index}`, when, say: `It must be so: ${index}.` }))),
});

/** The only checks that exclude one another here are those of a small size and of a large one. */
const meetable = rule.map(({ checks, ...others }) => ({
  ...others,
  checks: checks.length > 1 ? checks.filter(({ when }) => when !== 'deal.size < 3.0') : checks,
}));

/** Up to five stages on the way, one of them perhaps with two tracks, and the two ends; any of them may be out of reach or lead nowhere. */
const stagesOf = (ruled: typeof rule): fc.Arbitrary<Stages> =>
  fc.integer({ min: 1, max: 5 }).chain((count) => {
    const ids = Array.from({ length: count }, (_, index) => `s${index}`);
    const targets = [...ids, 'won', 'lost'];
    const moves = fc.array(fc.tuple(fc.constantFrom(...targets), ruled), { maxLength: 3 });
    const tracks = fc.option(fc.tuple(fc.integer({ min: 0, max: count - 1 }), fc.constantFrom(...targets), ruled, ruled, ruled), {
      nil: null,
    });
    return fc.tuple(fc.tuple(...ids.map(() => moves)), tracks).map(([all, parallel]) => {
      const stages = ids.map((id, index): [string, FileStage] => {
        const own = Object.fromEntries(all[index]!.map(([to, asked], at) => [`${id}m${at}`, { to, ...asked }]));
        const plain = { phase: index === 0 ? 'lead' : 'selling', moves: own };
        if (parallel?.[0] !== index) return [id, plain];
        const [, joined, first, second, third] = parallel;
        // A join that leads to its own stage is refused.
        const whenAllDone = joined === id ? 'won' : joined;
        const track = {
          one: {
            start: 'begun',
            stages: { begun: { moves: { [`${id}one`]: { to: 'ended', ...first } } }, ended: { done: true as const } },
          },
          two: {
            start: 'begun',
            stages: {
              begun: { moves: { [`${id}two`]: { to: 'middle', ...second } } },
              middle: { moves: { [`${id}on`]: { to: 'ended', ...third } } },
              ended: { done: true as const },
            },
          },
        };
        return [id, { ...plain, tracks: track, whenAllDone }];
      });
      return Object.fromEntries([
        ...stages,
        ['won', { phase: 'closed', result: 'won', moves: {} }],
        ['lost', { phase: 'closed', result: 'lost', moves: {} }],
      ] as [string, FileStage][]);
    });
  });

/** With a way from each stage to the next and to a loss, so that the file has no errors. */
function passable(stages: Stages): Stages {
  const ids = Object.keys(stages).filter((id) => id.startsWith('s'));
  const plain = { by: [], needs: [], checks: [] };
  const more = ids.map((id, index): [string, FileStage] => [
    id,
    {
      ...stages[id]!,
      moves: {
        ...stages[id]!.moves,
        [`${id}go`]: { to: ids[index + 1] ?? 'won', ...plain, needs: ['size'] },
        [`${id}lose`]: { to: 'lost', ...plain, by: ['boss'] },
      },
    },
  ]);
  return { ...stages, ...Object.fromEntries(more) };
}

const fileOf = (stages: Stages): string =>
  JSON.stringify({
    process: 'random',
    title: 'Random',
    currency: 'EUR',
    timezone: 'UTC',
    fields: { size: { type: 'number', min: 0, max: 10 }, agreed: { type: 'yesno' } },
    roles: ROLES,
    start: 's0',
    stages,
  });

/** The same machine by other hands: `onDone` joins the tracks, and every guard is worked out here. */
function machineOf(stages: Stages): AnyStateMachine {
  const on = (moves: Moves = {}) =>
    Object.fromEntries(
      Object.entries(moves).map(([name, move]) => [
        name,
        { target: move.to, reenter: true, guard: { type: 'mayPass', params: move } },
      ]),
    );
  const states = Object.fromEntries(
    Object.entries(stages).map(([id, { moves, tracks, whenAllDone }]) => [
      id,
      tracks
        ? {
            type: 'parallel' as const,
            on: on(moves),
            onDone: { target: whenAllDone },
            states: Object.fromEntries(
              Object.entries(tracks).map(([track, { start, stages: inner }]) => [
                track,
                {
                  initial: start,
                  states: Object.fromEntries(
                    Object.entries(inner).map(([at, place]) => [
                      at,
                      place.done ? { type: 'final' as const } : { on: on(place.moves) },
                    ]),
                  ),
                },
              ]),
            ),
          }
        : { on: on(moves) },
    ]),
  );
  const mayPass = ({ event }: { readonly event: unknown }, params: unknown): boolean =>
    passes(params as FileMove, event as Asking);
  return createMachine({ initial: 's0', states }, { guards: { mayPass } }) as AnyStateMachine;
}

interface Asking {
  readonly type: string;
  /** Null asks whether anybody could, whatever is recorded. */
  readonly facts: Given | null;
  readonly role: string;
}

const passes = ({ by, needs, checks }: FileMove, { facts, role }: Asking): boolean =>
  facts === null ||
  ((by.length === 0 || by.includes(role)) &&
    needs.every((field) => facts[field] !== undefined) &&
    checks.every(({ when }) => CHECKS[when]!(facts)));

const next = (machine: AnyStateMachine, snapshot: AnyMachineSnapshot, event: Asking): AnyMachineSnapshot =>
  transition(machine, snapshot, event)[0] as AnyMachineSnapshot;

const namesIn = (stages: Stages): readonly string[] =>
  Object.values(stages).flatMap(({ moves, tracks = {} }) => [
    ...Object.keys(moves),
    ...Object.values(tracks).flatMap((track) => Object.values(track.stages).flatMap((place) => Object.keys(place.moves ?? {}))),
  ]);

/** Everything that a deal may have recorded, as far as the checks above can tell it apart. */
const EVERY_FACT: readonly Given[] = Array.from({ length: 21 }, (_, half) => half / 2).flatMap((size) => [
  { size, agreed: true },
  { size, agreed: false },
]);

const isMade = ({ checks }: FileMove): boolean => EVERY_FACT.some((facts) => checks.every(({ when }) => CHECKS[when]!(facts)));

const movesIn = (stages: Stages): readonly (readonly [string, FileMove])[] =>
  Object.values(stages).flatMap(({ moves, tracks = {} }) => [
    ...Object.entries(moves),
    ...Object.values(tracks).flatMap((track) =>
      Object.values(track.stages).flatMap((place) => Object.entries(place.moves ?? {})),
    ),
  ]);

const stageIn = (value: unknown): string => (typeof value === 'string' ? value : Object.keys(value as object)[0]!);

/** Every stage that XState comes to from a stage, by moves that anybody could make. */
function reachedBy(machine: AnyStateMachine, stages: Stages, from: AnyMachineSnapshot): ReadonlySet<string> {
  const seen = new Map([[JSON.stringify(from.value), from]]);
  for (const [, snapshot] of seen)
    for (const type of namesIn(stages)) {
      const after = next(machine, snapshot, { type, facts: null, role: '' });
      const key = JSON.stringify(after.value);
      if (!seen.has(key)) seen.set(key, after);
    }
  return new Set([...seen.values()].map(({ value }) => stageIn(value)));
}

const resting = (machine: AnyStateMachine, value: unknown): AnyMachineSnapshot =>
  machine.resolveState({ value: value as never, context: {} }) as AnyMachineSnapshot;

const startOf = (stages: Stages, id: string): string | object => {
  const { tracks } = stages[id]!;
  return tracks ? { [id]: Object.fromEntries(Object.entries(tracks).map(([track, { start }]) => [track, start])) } : id;
};

test('the checker finds the stages that no deal comes to, or never leaves, where XState finds them', () => {
  let neverMade = 0;
  fc.assert(
    fc.property(stagesOf(rule), (stages) => {
      const machine = machineOf(stages);
      const reached = reachedBy(machine, stages, getInitialSnapshot(machine) as AnyMachineSnapshot);
      const unreachable = Object.keys(stages).filter((id) => !reached.has(id));
      const isEnd = (id: string): boolean => id === 'won' || id === 'lost';
      const onFrom = new Map(
        Object.keys(stages).map((id) => [id, reachedBy(machine, stages, resting(machine, startOf(stages, id)))] as const),
      );
      const stuck = Object.keys(stages).filter((id) => ![...onFrom.get(id)!].some(isEnd));
      const { problems } = readProcessFile(fileOf(stages));
      const told = (code: string): readonly string[] =>
        problems.filter((one) => one.code === code).map(({ message }) => /stage "(\w+)"/i.exec(message)![1]!);
      // Of what can never end, that is told to which all the rest leads.
      const dead = told('dead-end');
      expect([
        dead.filter((id) => !stuck.includes(id)),
        stuck.filter((id) => !dead.some((one) => onFrom.get(id)!.has(one))),
      ]).toEqual([[], []]);
      // A move is told as one that can never be made exactly when no facts let all of its checks pass.
      const never = problems.flatMap(({ code, message }) => (code === 'move-never-made' ? [/"(\w+)"/.exec(message)![1]!] : []));
      neverMade += never.length;
      expect(never.map((name) => name.toLowerCase()).toSorted()).toEqual(
        movesIn(stages)
          .filter(([, move]) => !isMade(move))
          .map(([name]) => name)
          .toSorted(),
      );
      // Of what is out of reach, that is told from which all the rest would be reached.
      const out = told('unreachable-stage');
      expect(new Set(out.flatMap((id) => [...onFrom.get(id)!]).filter((id) => !reached.has(id)))).toEqual(new Set(unreachable));
    }),
    { numRuns: 200, seed: 20_261_127 },
  );
  expect(neverMade).toBeGreaterThan(50);
});

const at = (step: number): string => new Date(Date.UTC(2026, 0, 1) + step * 3_600_000).toISOString();

test('the engine lets a move pass, and brings the deal where, XState does', () => {
  let [walked, moved, refused, joined] = [0, 0, 0, 0];
  const step = fc.record({
    facts: fc.record({ size: fc.integer({ min: 0, max: 10 }), agreed: fc.boolean() }, { requiredKeys: [] }),
    role: fc.constantFrom(...ROLES),
    move: fc.nat(),
  });
  fc.assert(
    fc.property(stagesOf(meetable).map(passable), fc.array(step, { minLength: 5, maxLength: 25 }), (stages, steps) => {
      const { process, hash } = readProcessFile(fileOf(stages));
      if (!process || hash === null) return;
      walked++;
      const compiled = compileProcess(process, { id: 'random', version: 1, hash });
      const machine = machineOf(stages);
      let snapshot = getInitialSnapshot(machine) as AnyMachineSnapshot;
      let deal: Opportunity | null = null;
      const ask = (command: Parameters<typeof decide>[1]): boolean => {
        const decision = decide(compiled, command, deal);
        if ('refused' in decision) return false;
        deal = decision.events.reduce<Opportunity | null>((state, event) => evolve(state, event, 'd'), deal);
        return true;
      };
      ask({ type: 'Capture', id: 'd', actor: { id: 'x', roles: [...ROLES], team: null }, at: at(0) });
      let facts: Given = {};
      for (const [index, { facts: more, role, move }] of steps.entries()) {
        const actor = { id: 'x', roles: [role], team: null };
        const now = at(index + 1);
        facts = { ...facts, ...more };
        if (Object.keys(more).length > 0) expect(ask({ type: 'RecordFacts', facts: more, actor, at: now })).toBe(true);
        const can = namesIn(stages).filter((type) => snapshot.can({ type, facts, role }));
        const allowed = possibleMoves(compiled, deal!, actor, now).flatMap((one) =>
          one.allowed && one.move !== null ? [one.move] : [],
        );
        expect(allowed.toSorted()).toEqual(can.toSorted());

        const names = namesIn(stages);
        if (names.length === 0) return;
        const inTracks = can.filter((name) => !(name in stages[stageIn(snapshot.value)]!.moves));
        const liked = inTracks.length > 0 && move % 5 > 0 ? inTracks : can;
        const asked = liked.length > 0 && move % 3 > 0 ? liked[move % liked.length]! : names[move % names.length]!;
        const before = stageIn(snapshot.value);
        expect(ask({ type: 'Advance', move: asked, actor, at: now })).toBe(can.includes(asked));
        if (can.includes(asked)) {
          snapshot = next(machine, snapshot, { type: asked, facts, role });
          moved++;
          if (stages[before]!.tracks && !(asked in stages[before]!.moves) && stageIn(snapshot.value) !== before) joined++;
        } else refused++;
        const { stage, tracks } = deal as unknown as Opportunity;
        expect(Object.keys(tracks).length === 0 ? stage : { [stage]: tracks }).toEqual(snapshot.value);
      }
    }),
    { numRuns: 150, seed: 20_261_127 },
  );
  // Enough of each has happened for the agreement to mean something.
  expect([walked > 100, moved > 200, refused > 100, joined > 3]).toEqual([true, true, true, true]);
});
