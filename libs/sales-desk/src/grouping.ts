import { createReadStream } from 'node:fs';
import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** How much is held before it goes to the disk: characters, each text counted with what it costs besides. */
const MOST_HELD = 8_000_000;
const COST_OF_A_TEXT = 64;
const LINES_A_WRITE = 1_000;
const BYTES_A_READ = 32 * 1024;

interface Grouped {
  readonly group: number;
  readonly text: string;
}

/**
 * Texts that belong to groups, added in any order and given back group by group, within each in the order of adding. Memory stays the same
 * however many there are: beyond a few megabytes they lie on the disk, in sorted runs that are read side by side in the end.
 */
export class Grouping {
  private held: Grouped[] = [];
  private size = 0;
  private folder: string | null = null;
  private readonly runs: string[] = [];

  constructor(
    /** Where a folder for the runs is made when one is needed. */
    private readonly within = tmpdir(),
    private readonly most = MOST_HELD,
  ) {}

  /** Adds a text, which must hold no line feed, to a group. */
  async add(group: number, text: string): Promise<void> {
    this.held.push({ group, text });
    this.size += text.length + COST_OF_A_TEXT;
    if (this.size > this.most) await this.writeRun();
  }

  /** Every text, in the order of the groups. Once only, and nothing may be added after. */
  async *texts(): AsyncGenerator<Grouped> {
    const last = this.sorted();
    if (this.runs.length === 0) return yield* last;
    const readers = [...this.runs.map((file) => new RunReader(linesOf(file))), new RunReader(fromMemory(last))];
    try {
      for (const reader of readers) await reader.advance();
      for (let group = least(readers); group !== null; group = least(readers))
        for (const reader of readers)
          while (reader.head?.group === group) {
            yield reader.head;
            await reader.advance();
          }
    } finally {
      for (const reader of readers) await reader.close();
    }
  }

  /** Removes what lies on the disk. */
  async remove(): Promise<void> {
    this.held = [];
    if (this.folder !== null) await rm(this.folder, { recursive: true, force: true });
  }

  private sorted(): readonly Grouped[] {
    const sorted = this.held.toSorted((a, b) => a.group - b.group);
    this.held = [];
    this.size = 0;
    return sorted;
  }

  private async writeRun(): Promise<void> {
    this.folder ??= await mkdtemp(join(this.within, 'coxswain-grouping-'));
    const path = join(this.folder, String(this.runs.length));
    const file = await open(path, 'wx', 0o600);
    try {
      const sorted = this.sorted();
      for (let at = 0; at < sorted.length; at += LINES_A_WRITE) {
        const lines = sorted.slice(at, at + LINES_A_WRITE).map(({ group, text }) => `${group} ${text}\n`);
        await file.writeFile(lines.join(''));
      }
    } finally {
      await file.close();
    }
    this.runs.push(path);
  }
}

const least = (readers: readonly RunReader[]): number | null =>
  readers.reduce<number | null>((first, { head }) => (head && (first === null || head.group < first) ? head.group : first), null);

/** One sorted run, and the text that is next in it. */
class RunReader {
  head: Grouped | null = null;

  constructor(private readonly texts: AsyncGenerator<Grouped> | Generator<Grouped>) {}

  async advance(): Promise<void> {
    const next = await this.texts.next();
    this.head = next.done ? null : next.value;
  }

  async close(): Promise<void> {
    await this.texts.return(undefined);
  }
}

function* fromMemory(texts: readonly Grouped[]): Generator<Grouped> {
  yield* texts;
}

async function* linesOf(file: string): AsyncGenerator<Grouped> {
  let rest = '';
  for await (const chunk of createReadStream(file, { encoding: 'utf8', highWaterMark: BYTES_A_READ }) as AsyncIterable<string>) {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop()!;
    for (const line of lines) {
      const space = line.indexOf(' ');
      yield { group: Number(line.slice(0, space)), text: line.slice(space + 1) };
    }
  }
}
