import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable, Writable } from 'node:stream';
import { afterAll, describe } from '@jest/globals';
import { openStore, type NewEvent } from '@coxswain/event-store';
import { SalesDesk } from '@coxswain/sales-desk';
import { plain, run, type ExitCode, type Paint } from '../../apps/cli/src/index.js';
import { customer, done, newBusinessFile, operations } from '../sales-desk/given-desk.js';

/** The instant at which every command of these tests is run. */
export const NOW = '2026-03-31T12:00:00.000Z';

export const PROCESS_FILE = join(import.meta.dirname, '../../processes/new-business.process.yaml');

/** What one command printed and how it ended. */
export interface Printed {
  readonly exit: ExitCode;
  readonly out: string;
  readonly err: string;
}

const folders: string[] = [];
const children: ChildProcess[] = [];
afterAll(() => {
  for (const child of children) if (child.exitCode === null) child.kill('SIGKILL');
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

/** A folder of its own, the terminal in it, and files that a test writes there. All is gone after the last test of the file. */
export class GivenTerminal {
  readonly dir = mkdtempSync(join(tmpdir(), 'coxswain-cli-'));
  readonly store = `sqlite:${this.dir}/coxswain.db`;
  readonly env: Readonly<Record<string, string>>;

  constructor(
    private readonly more: {
      /** What is piped in. */
      readonly typed?: string;
      readonly paint?: Paint;
      readonly watched?: boolean;
      readonly env?: Readonly<Record<string, string>>;
    } = {},
  ) {
    folders.push(this.dir);
    this.env = { USER: 'olga', COXSWAIN_STORE: this.store, COXSWAIN_DATA_DIR: this.dir, ...more.env };
  }

  readonly path = (name: string): string => join(this.dir, name);

  file(name: string, text: string): string {
    writeFileSync(this.path(name), text);
    return this.path(name);
  }

  /** Runs a command in this process. */
  readonly run = async (...args: readonly string[]): Promise<Printed> => {
    const [out, err] = [new Captured(), new Captured()];
    const { paint = plain, watched = false, typed = '' } = this.more;
    const exit = await run(args, {
      in: Readable.from([typed]),
      out,
      err,
      env: this.env,
      paint,
      watched,
      now: () => new Date(NOW),
    });
    return { exit, out: out.text, err: err.text };
  };

  /** Runs a command that is expected to do what it was asked, and reads its JSON. */
  readonly json = async (...args: readonly string[]): Promise<unknown> => {
    const { exit, out, err } = await this.run(...args, '--json');
    if (exit !== 0) throw new Error(`exit ${exit}: ${err}${out}`);
    return JSON.parse(out);
  };
}

class Captured extends Writable {
  text = '';
  override _write(chunk: Buffer, _: string, done: () => void): void {
    this.text += chunk.toString();
    done();
  }
}

/** Text that would clear a screen, colour it, and break its lines. */
export const NASTY = 'a\u001b[2J\u009b31m\u007f\nb';

// What may command a terminal; a line break alone may stand.
// oxlint-disable-next-line no-control-regex
export const COMMANDS_A_TERMINAL = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/;

/**
 * A store with the sales process and four deals, none of them captured later than 5 March 2026:
 * birch-1 became a customer at once (EUR 12,500.00), elm-1 is qualified (EUR 8,000.00), ash-1 is lost, oak-1 is a lead with nasty texts.
 */
export async function givenDeals(given = new GivenTerminal()): Promise<GivenTerminal> {
  let at = '';
  const now = (): Date => new Date(at);
  const { store, readModels, close } = await openStore(given.store, { now });
  const desk = await SalesDesk.open({ store, readModels, now });
  at = '2026-03-02T09:00:00.000Z';
  await desk.publish(newBusinessFile, 'yaml', operations, { note: 'The first' });
  await customer(desk, 'birch-1');
  at = '2026-03-03T09:00:00.000Z';
  await done(desk, null, { type: 'Capture', id: 'elm-1', process: 'new-business', facts: { source: 'referral' }, owner: 'rita' });
  at = '2026-03-05T09:00:00.000Z';
  await done(desk, 'elm-1', {
    type: 'Advance',
    move: 'qualify',
    facts: { fitScore: 80, amount: { minor: 800_000, currency: 'EUR' } },
  });
  await done(desk, null, { type: 'Capture', id: 'ash-1', process: 'new-business', facts: { source: 'outbound' }, owner: 'ada' });
  await done(desk, 'ash-1', { type: 'Advance', move: 'disqualify', facts: { lostReason: 'no-fit' } });
  await done(desk, null, {
    type: 'Capture',
    id: 'oak-1',
    process: 'new-business',
    facts: { source: 'inbound', generatedBy: NASTY },
    owner: `ada ${NASTY}`,
    account: NASTY,
  });
  await done(desk, 'oak-1', { type: 'LogActivity', kind: 'call', note: NASTY });
  await desk.close();
  await close();
  return given;
}

/** The past of three deals, as another system tells it; old-3 was qualified against the rules. */
export const PAST = `deal,stage,came,moved,who,source,fit
old-1,New,2026-01-05,,ada,inbound,
old-2,Qualified,2026-01-06,2026-01-09,ada,inbound,80
old-3,Qualified,2026-01-06,2026-01-09,ada,inbound,20
`;

export const PAST_MAP = `process: new-business
format: csv
id: deal
stage: stage
deal: { at: came, owner: who, facts: { source: source } }
stages:
  New: []
  Qualified: [{ to: qualified, at: moved, facts: { fitScore: { column: fit, as: number } } }]
`;

/** Writes to the record behind the desk's back. */
export async function writeRecord(given: GivenTerminal, stream: string, events: readonly NewEvent[]): Promise<void> {
  const { store, close } = await openStore(given.store, { now: () => new Date(NOW) });
  await store.append(stream, events, 'no-stream');
  await close();
}

/** Takes a process out of the figures that are kept beside the log. */
export async function spoilFigures(given: GivenTerminal, process: string): Promise<void> {
  const { readModels, close } = await openStore(given.store);
  const { projection, shape, position } = (await readModels.list()).find((kept) => kept.projection === 'processes')!;
  await readModels.commit([{ projection, shape, position, rows: new Map([[process, null]]) }]);
  await close();
}

const BIN = join(import.meta.dirname, '../../apps/cli/bin/coxswain.js');

const isBuilt = existsSync(join(import.meta.dirname, '../../apps/cli/dist/main.js'));

/** Stories of the terminal as a process of its own: skipped, and said so, where it is not built. */
export const describeBuilt: typeof describe.skip = isBuilt
  ? describe
  : (console.warn('SKIPPED: the tests of the terminal as a process, because apps/cli/dist is missing (npm run build)'),
    describe.skip);

/** The terminal as a process of its own, in a shell, where `coxswain` is its name. */
export function startShell(given: GivenTerminal, script: string) {
  const shell = `coxswain() { "$NODE" "$BIN" "$@"; }; set -o pipefail; ${script}`;
  const child = spawn('bash', ['-c', shell], {
    cwd: given.dir,
    env: { ...given.env, PATH: process.env['PATH'], NODE: process.execPath, BIN },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  children.push(child);
  const said = { out: '', err: '' };
  child.stdout.on('data', (chunk: Buffer) => void (said.out += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => void (said.err += chunk.toString()));
  const ended = once(child, 'close').then(([code]) => ({ exit: code as number | null, ...said }));
  return { child, said, ended };
}
