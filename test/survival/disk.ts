import { spawn } from 'node:child_process';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';

/** A process under a shim that writes down each write and each flush, and the disks that a power loss could have left. */

const SOURCE = join(import.meta.dirname, 'unsynced.c');
const WRITER = join(import.meta.dirname, 'writer.mjs');

/** The shim, compiled into a folder of its own; null, said loudly, where that cannot be done. */
export function compiledShim(): { readonly library: string; remove(): void } | null {
  const folder = mkdtempSync(join(tmpdir(), 'coxswain-shim-'));
  const library = join(folder, 'unsynced.so');
  const remove = (): void => rmSync(folder, { recursive: true, force: true });
  try {
    if (process.platform !== 'linux') throw new Error(`this is ${process.platform}, not Linux`);
    execFileSync('cc', ['-O1', '-shared', '-fPIC', '-o', library, SOURCE, '-ldl', '-lpthread'], { stdio: 'pipe' });
    return { library, remove };
  } catch (error) {
    remove();
    console.warn(`SKIPPED: the checks of power loss and of failing disks: ${String(error)}`);
    return null;
  }
}

/** What the shim is to do beside writing down. */
export interface Faults {
  /** Flushes of files whose name ends so are only pretended; `*` means all. */
  readonly pretend?: string;
  /** `write:3:EIO`: the write number 3 from 0 fails. */
  readonly fail?: string;
  /** Only files whose name ends so are counted. */
  readonly of?: string;
  /** Whether counting begins only once the store is open. */
  readonly onceOpen?: boolean;
}

/** One change or flush. `C` created, `W` written, `T` cut to `offset`, `S` flushed, `L` flush failed, `D` folder flushed, `U` removed, `R` renamed, `F` not written. */
interface Change {
  readonly kind: 'C' | 'W' | 'T' | 'S' | 'L' | 'D' | 'U' | 'R' | 'F';
  readonly name: string;
  readonly offset: number;
  readonly data: Buffer;
  /** For a flush: the change that came next when it began. What was written since is not covered. */
  readonly began: number;
}

/** A folder, and the journal of what a process did in it. */
export class WatchedFolder {
  readonly folder = mkdtempSync(join(tmpdir(), 'coxswain-watched-'));
  readonly file = join(this.folder, 'data', 'log.db');
  private readonly journalFile = join(this.folder, 'journal');
  readonly full = join(this.folder, 'full');

  constructor(private readonly library: string) {
    mkdirSync(join(this.folder, 'data'));
  }

  /** What to give a process so that it runs under the shim. */
  environment({ pretend, fail, of, onceOpen }: Faults = {}): Record<string, string> {
    return {
      LD_PRELOAD: this.library,
      UNSYNCED_FOLDER: join(this.folder, 'data'),
      UNSYNCED_JOURNAL: this.journalFile,
      UNSYNCED_FULL: this.full,
      ...(pretend !== undefined && { UNSYNCED_PRETEND: pretend }),
      ...(fail !== undefined && { UNSYNCED_FAIL: fail }),
      ...(of !== undefined && { UNSYNCED_OF: of }),
      ...(onceOpen && { UNSYNCED_AFTER: `${this.file}.opened` }),
    };
  }

  /** Runs the writer to its end; answers its exit code. */
  async write({
    callers,
    appends,
    ...faults
  }: Faults & { readonly callers: number; readonly appends: number }): Promise<number | null> {
    const env = { PATH: process.env['PATH'], ...this.environment(faults) };
    const child = spawn(process.execPath, [WRITER, this.file, String(callers), String(appends)], {
      env,
      stdio: ['ignore', 'inherit', 'inherit'],
    });
    return new Promise((resolve) => void child.once('close', resolve));
  }

  journal(): readonly Change[] {
    return existsSync(this.journalFile) ? parse(readFileSync(this.journalFile)) : [];
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

function parse(journal: Buffer): Change[] {
  const changes: Change[] = [];
  const number = (at: number): number => Number(journal.readBigUInt64LE(at));
  for (let at = 0; at < journal.length;) {
    const [kind, nameLength, offset, length, began] = [0, 8, 16, 24, 32].map((field) => number(at + field)) as [
      number,
      number,
      number,
      number,
      number,
    ];
    const nameAt = at + 40;
    const dataAt = nameAt + nameLength;
    changes.push({
      kind: String.fromCharCode(kind) as Change['kind'],
      name: basename(journal.toString('utf8', nameAt, dataAt)),
      offset,
      data: journal.subarray(dataAt, dataAt + length),
      began,
    });
    at = dataAt + length;
  }
  return changes;
}

/** What the writer had written down by then as acknowledged. */
export function acknowledgedBy(
  changes: readonly Change[],
  moment: number,
): { readonly acknowledged: string[]; readonly refused: string[] } {
  const said = changes.slice(0, moment).filter(({ kind, name }) => kind === 'W' && name.endsWith('.acks'));
  const lines = Buffer.concat(said.map(({ data }) => data))
    .toString()
    .split('\n')
    .filter(Boolean);
  return {
    acknowledged: lines.filter((line) => !line.startsWith('refused')),
    refused: lines.filter((line) => line.startsWith('refused')),
  };
}

/** What becomes of that which was not flushed. */
export interface Loss {
  /** `all` is gone; `some`: each sector of each write, each cut, may have reached the disk or not; `none`: as after a kill. */
  readonly of: 'all' | 'some' | 'none';
  readonly sectorBytes: number;
  readonly dice: () => number;
}

interface Waiting {
  readonly at: number;
  readonly kind: 'W' | 'T';
  readonly offset: number;
  readonly data: Buffer;
}

/** A file on the disk: what is sure to be there, and what the machine has taken but not yet flushed. */
class DiskFile {
  private bytes = Buffer.alloc(0);
  private size = 0;
  private waiting: Waiting[] = [];

  take(one: Waiting): void {
    this.waiting.push(one);
  }

  /** After a flush everything taken before is there. After a failed one it never will be: the machine forgets that it had to write it. */
  flushed(before: number, succeeded: boolean): void {
    const covered = this.waiting.filter(({ at }) => at < before);
    this.waiting = this.waiting.filter(({ at }) => at >= before);
    if (succeeded) for (const one of covered) this.apply(one);
  }

  after({ of, sectorBytes, dice }: Loss): Buffer {
    for (const one of of === 'all' ? [] : this.waiting) {
      if (of === 'none') this.apply(one);
      else if (one.kind === 'T') {
        if (dice() < 0.5) this.apply(one);
      } else for (const sector of sectors(one, sectorBytes)) if (dice() < 0.5) this.apply(sector);
    }
    return this.bytes.subarray(0, this.size);
  }

  private apply({ kind, offset, data }: Waiting): void {
    const end = kind === 'T' ? offset : Math.max(this.size, offset + data.length);
    if (end > this.bytes.length)
      this.bytes = Buffer.concat([this.bytes, Buffer.alloc(Math.max(end * 2, 65_536) - this.bytes.length)]);
    if (end < this.size) this.bytes.fill(0, end, this.size);
    this.size = end;
    if (kind === 'W') data.copy(this.bytes, offset);
  }
}

function* sectors(write: Waiting, bytes: number): Generator<Waiting> {
  for (let from = 0; from < write.data.length;) {
    const offset = write.offset + from;
    const length = Math.min(bytes - (offset % bytes), write.data.length - from);
    yield { ...write, offset, data: write.data.subarray(from, from + length) };
    from += length;
  }
}

/** Writes into `folder` what the disk holds when the power goes right before the change number `moment`. */
export function restore(changes: readonly Change[], moment: number, loss: Loss, folder: string): void {
  const live = new Map<string, DiskFile>();
  const names = new Map<string, DiskFile>();
  let unsure: { readonly at: number; readonly apply: () => void }[] = [];
  for (const [at, { kind, name, offset, data, began }] of changes.slice(0, moment).entries()) {
    const file = live.get(name);
    if (kind === 'C') {
      const made = new DiskFile();
      live.set(name, made);
      unsure.push({ at, apply: () => void names.set(name, made) });
    } else if (kind === 'U') {
      live.delete(name);
      unsure.push({ at, apply: () => void names.delete(name) });
    } else if (kind === 'R') {
      const to = basename(data.toString());
      if (file) live.set(to, file);
      live.delete(name);
      unsure.push({ at, apply: () => void (file && names.set(to, file), names.delete(name)) });
    } else if (kind === 'D') {
      for (const one of unsure) if (one.at < began) one.apply();
      unsure = unsure.filter((one) => one.at >= began);
    } else if (kind === 'W' || kind === 'T') file?.take({ at, kind, offset, data });
    else if (kind !== 'F') file?.flushed(began, kind === 'S');
  }
  // Names come and go in the order in which they were made: a file system keeps a journal of them.
  const reached = loss.of === 'all' ? 0 : loss.of === 'none' ? unsure.length : Math.floor(loss.dice() * (unsure.length + 1));
  for (const { apply } of unsure.slice(0, reached)) apply();
  mkdirSync(folder, { recursive: true });
  for (const [name, file] of names) if (!/\.(acks|opened|lock)$/.test(name)) writeFileSync(join(folder, name), file.after(loss));
}
