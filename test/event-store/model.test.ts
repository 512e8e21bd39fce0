import { describe, expect, test } from '@jest/globals';
import {
  openMemoryStore,
  openSqliteStore,
  type AppendResult,
  type ExpectedRevision,
  type OpenStore,
} from '@coxswain/event-store';
import fc from 'fast-check';
import { join } from 'node:path';
import { temporaryFolder } from './folder.js';
import { collect, events, ids } from './log.js';

/** The simplest log that could be right: a list of what was written, with the number of the append that wrote it. */
type Model = { log: { stream: string; id: string; append: number }[]; appends: number };
type Real = { opened: OpenStore; reopen: ((opened: OpenStore) => Promise<OpenStore>) | null };
type Command = fc.AsyncCommand<Model, Real>;

const streamOf = (model: Model, stream: string) => model.log.filter((one) => one.stream === stream);

function modelAppend(model: Model, stream: string, list: readonly string[], expected: ExpectedRevision): string {
  const last = streamOf(model, stream).length - 1;
  const known = model.log.filter(({ id }) => list.includes(id));
  if (known.length > 0) {
    const whole = model.log.filter(({ append }) => append === known[0]?.append);
    const same = known[0]?.stream === stream && JSON.stringify(whole.map(({ id }) => id)) === JSON.stringify(list);
    return same ? `again ${streamOf(model, stream).findIndex(({ id }) => id === list.at(-1))}` : 'conflict ids';
  }
  const holds = { any: true, 'no-stream': last < 0, 'stream-exists': last >= 0 };
  if (!(typeof expected === 'number' ? last >= 0 && expected === last : holds[expected])) return `conflict revision ${last}`;
  model.appends += 1;
  for (const id of list) model.log.push({ stream, id, append: model.appends });
  return `written ${last + list.length}`;
}

function told(result: AppendResult): string {
  if (result.outcome === 'appended') return `${result.repeated ? 'again' : 'written'} ${result.revision}`;
  return result.reason === 'ids' ? 'conflict ids' : `conflict revision ${result.actual ?? -1}`;
}

class Append implements Command {
  constructor(private readonly asks: readonly { stream: string; list: readonly string[]; expected: ExpectedRevision }[]) {}
  check = (): boolean => true;
  async run(model: Model, { opened }: Real): Promise<void> {
    const results = Promise.all(
      this.asks.map(({ stream, list, expected }) => opened.store.append(stream, events(...list), expected)),
    );
    const expected = this.asks.map((ask) => modelAppend(model, ask.stream, ask.list, ask.expected));
    expect((await results).map(told)).toEqual(expected);
  }
  toString = (): string => `append at once ${JSON.stringify(this.asks)}`;
}

class Read implements Command {
  constructor(private readonly ask: { stream: string; from: number; limit: number; backwards: boolean }) {}
  check = (): boolean => true;
  async run(model: Model, { opened }: Real): Promise<void> {
    const { stream, from, limit, backwards } = this.ask;
    const all = streamOf(model, stream).map(({ id }, revision) => ({ id, revision }));
    const chosen = backwards ? all.filter(({ revision }) => revision <= from).reverse() : all.slice(from);
    const read = await collect(opened.store.read(stream, { from, limit, backwards }));
    expect(read.map(({ id, revision }) => ({ id, revision }))).toEqual(chosen.slice(0, limit));
  }
  toString = (): string => `read ${JSON.stringify(this.ask)}`;
}

class ReadAll implements Command {
  constructor(private readonly after: number) {}
  check = (): boolean => true;
  async run(model: Model, { opened }: Real): Promise<void> {
    const all = await collect(opened.store.readAll());
    expect(ids(all)).toEqual(model.log.map(({ id }) => id));
    const rest = await collect(opened.store.readAll({ after: all[this.after]?.position }));
    expect(rest).toEqual(this.after < all.length ? all.slice(this.after + 1) : all);
  }
  toString = (): string => `read all after the ${this.after}th`;
}

class Reopen implements Command {
  check = (): boolean => true;
  async run(_: Model, real: Real): Promise<void> {
    if (real.reopen) real.opened = await real.reopen(real.opened);
  }
  toString = (): string => 'reopen';
}

const stream = fc.constantFrom('a', 'b', 'constructor');
const expected = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom<ExpectedRevision[]>('any', 'no-stream', 'stream-exists') },
  fc.integer({ min: -1, max: 5 }),
);
const list = fc.uniqueArray(
  fc.integer({ min: 1, max: 12 }).map((n) => `e${n}`),
  { minLength: 1, maxLength: 3 },
);
const commands = fc.commands(
  [
    fc.array(fc.record({ stream, list, expected }), { minLength: 1, maxLength: 4 }).map((asks) => new Append(asks)),
    fc.record({ stream, from: fc.nat(6), limit: fc.nat(4), backwards: fc.boolean() }).map((ask) => new Read(ask)),
    fc.nat(8).map((after) => new ReadAll(after)),
    fc.constant(new Reopen()),
  ],
  { maxCommands: 30 },
);

describe('any sequence of commands gives what the simplest possible log gives', () => {
  test('in memory', async () => {
    await fc.assert(
      fc.asyncProperty(commands, async (list) => {
        const real: Real = { opened: openMemoryStore(), reopen: null };
        await fc.asyncModelRun(() => ({ model: { log: [], appends: 0 }, real }), list);
        await real.opened.close();
      }),
      { numRuns: 150 },
    );
  });

  test('in SQLite, closed and opened again at any time', async () => {
    const folder = temporaryFolder();
    let runs = 0;
    await fc.assert(
      fc.asyncProperty(commands, async (list) => {
        const file = join(folder, `${(runs += 1)}.db`);
        const reopen = async (opened: OpenStore): Promise<OpenStore> => {
          await opened.close();
          return openSqliteStore(file);
        };
        const real: Real = { opened: await openSqliteStore(file), reopen };
        await fc.asyncModelRun(() => ({ model: { log: [], appends: 0 }, real }), list);
        await real.opened.close();
      }),
      { numRuns: 60 },
    );
  });
});
