import { DealHeads } from './deal-heads.js';
import { entryOf, instantIn, keyOfShape, type DealEntry, type EntryShape } from './deal-entry.js';
import { grown } from './growing.js';
import { bytesOf, pack, read, unpack, write, type PackedColumn } from './packed-column.js';
import { PackedTexts } from './packed-texts.js';
import { asDealEvent, dealOfStream, type LoggedEvent } from './projection.js';
import { dayText } from './time.js';

/** So many entries are sealed together: small enough to fold again after a crash, large enough to pack well. */
export const BLOCK_ENTRIES = 8_192;
const BLOCK_BITS = Math.log2(BLOCK_ENTRIES);

const NO_ENTRY = 0xffff_ffff;
/** No day is so far from 1970: from here down it is one of the texts that are no day. */
const FIRST_LITERAL = -1_000_000_000;
const BLOCKS_MADE_OF = ['deal', 'shape', 'occurred', 'recorded', 'value', 'day'] as const;

/** What is gone through: when an entry was written is known from its place. */
const SWEPT = ['deal', 'shape', 'occurred', 'value'] as const;

/** Entries as lists of plain numbers: of which deal, the number of the shape, when it happened, and its value (see `DealEntry`). */
export type EntryNumbers = Readonly<Record<(typeof SWEPT)[number], Float64Array>>;

type Block = Readonly<Record<(typeof BLOCKS_MADE_OF)[number], PackedColumn>>;

/** One event of a deal as the measures see it. Instants in milliseconds since 1970. */
export interface NotedEntry extends DealEntry {
  readonly occurredMs: number;
  readonly recordedMs: number;
}

/**
 * What the measures need of every deal's events, only ever added to: one entry an event, in the order of the log, as columns of numbers.
 * Each entry knows when it happened and when it was written, so that any measure can be asked as known at any past instant.
 *
 * About 25 bytes an entry. Full blocks are sealed: they never change, can be kept beside the log as bytes, and loaded again in their order.
 */
export class DealColumns {
  /** Where each deal stands now. */
  readonly heads = new DealHeads((day) => this.dayOf(day));

  private readonly ids = new PackedTexts();
  private readonly accounts = new PackedTexts();
  /** By the number of the deal, that of its account and one more; 0 without one. */
  private accountNumbers = new Uint32Array(16);
  private readonly shapes: EntryShape[] = [];
  private readonly shapeIndexes = new Map<string, number>();
  private readonly literals: string[] = [];
  private readonly literalIndexes = new Map<string, number>();
  /** The latest instant that anything happened or was written, and when the last entry was written. */
  private latestMs = -Infinity;
  private recordedLastMs = -Infinity;
  /** False once an entry says that it was written before the one that precedes it. */
  private inOrder = true;

  private readonly sealedBlocks: Block[] = [];
  private readonly open = new OpenBlock();
  /** What had been named when each block began: a block brings the names it is the first to use. */
  private readonly began: { readonly shapes: number; readonly deals: number; readonly literals: number }[] = [
    { shapes: 0, deals: 0, literals: 0 },
  ];

  /** The entries of one deal are a chain: its first, the next of each, its last. */
  private firstOf = new Uint32Array(16);
  private lastOf = new Uint32Array(16);
  /** By block, so that a longer record moves nothing. */
  private readonly nextOf: Uint32Array[] = [];

  /** How many entries there are. */
  get size(): number {
    return this.sealedBlocks.length * BLOCK_ENTRIES + this.open.size;
  }

  /** How many deals there are. They are numbered from 0 in the order of their capture. */
  get deals(): number {
    return this.ids.size;
  }

  /** How many blocks are sealed. */
  get sealed(): number {
    return this.sealedBlocks.length;
  }

  /** Takes the next event of the log. Throws, and has changed nothing, for a stream that does not begin with a capture and for what cannot be read. */
  fold(logged: LoggedEvent): void {
    const id = dealOfStream(logged.stream);
    if (id === null) return;
    const event = asDealEvent(logged);
    const known = this.ids.numberOf(id);
    if (event.type === 'OpportunityCaptured') {
      if (known !== undefined) throw new Error(`the stream ${event.stream} captures its deal twice`);
    } else if (known === undefined) {
      throw new Error(`the stream ${event.stream} begins with ${event.type}, not with OpportunityCaptured`);
    }
    const entry = entryOf(event);
    if (!entry) return;
    const [occurred, recorded] = [instantIn(event.data.occurredAt), instantIn(event.recordedAt)];
    const deal = known ?? this.newDeal(id, event.type === 'OpportunityCaptured' ? event.data.account : null);
    const shape = this.shapeIndex(entry.shape);
    const day = entry.closeDate === null ? 0 : this.dayNumber(entry.closeDate);
    this.open.add(deal, shape, occurred, recorded, entry.value, day);
    this.link(this.size - 1, deal);
    this.heads.note(deal, shape, occurred, entry.value, day);
    if (occurred > this.latestMs) this.latestMs = occurred;
    if (recorded > this.latestMs) this.latestMs = recorded;
    if (recorded >= this.recordedLastMs) this.recordedLastMs = recorded;
    else this.inOrder = false;
    if (this.open.size === BLOCK_ENTRIES) this.seal();
  }

  idOf(deal: number): string {
    return this.ids.textOf(deal);
  }

  accountOf(deal: number): string | null {
    const number = this.accountNumbers[deal]!;
    return number === 0 ? null : this.accounts.textOf(number - 1);
  }

  /** The number of a deal; undefined for one that is not there. */
  indexOf(id: string): number | undefined {
    return this.ids.numberOf(id);
  }

  // ------------------------------------------------------------------------------------------------- entries of a deal

  /** The first entry of a deal, always its capture. */
  first(deal: number): number {
    return this.firstOf[deal]!;
  }

  /** The entry of the same deal after this one; -1 after the last. */
  next(entry: number): number {
    const next = this.nextOf[entry >>> BLOCK_BITS]![entry & (BLOCK_ENTRIES - 1)]!;
    return next === NO_ENTRY ? -1 : next;
  }

  shapeAt(entry: number): EntryShape {
    return this.shapes[this.column('shape', entry)]!;
  }

  /** The number of its shape. */
  shapeNumberAt(entry: number): number {
    return this.column('shape', entry);
  }

  /** Every shape there is, by its number. */
  get knownShapes(): readonly EntryShape[] {
    return this.shapes;
  }

  /** The latest instant at which an entry was written, in milliseconds since 1970. */
  get lastRecordedMs(): number {
    return this.recordedLastMs;
  }

  /** Whether everything had happened and been written by an instant, in milliseconds since 1970. */
  isAllBy(ms: number): boolean {
    return this.latestMs <= ms;
  }

  /** How many entries were written by an instant, in milliseconds since 1970: no entry is written before those that precede it. */
  knownBy(ms: number): number {
    let [low, high] = [0, this.size];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.recordedMs(middle) <= ms) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Where each deal stood by what was written up to an instant, in milliseconds since 1970: every entry up to there is gone through. */
  headsAt(ms: number): DealHeads {
    const heads = new DealHeads((day) => this.dayOf(day));
    for (const shape of this.shapes) heads.learn(shape);
    const entries = this.knownBy(ms);
    for (let entry = 0; entry < entries; entry++) {
      const deal = this.column('deal', entry);
      if (deal === heads.deals) heads.add();
      heads.note(deal, this.column('shape', entry), this.occurredMs(entry), this.valueAt(entry), this.column('day', entry));
    }
    return heads;
  }

  occurredMs(entry: number): number {
    return this.column('occurred', entry);
  }

  recordedMs(entry: number): number {
    return this.column('recorded', entry);
  }

  /** The amount, or when a limit is due: see `DealEntry`. */
  valueAt(entry: number): number {
    return this.column('value', entry);
  }

  /** The close date of an entry whose shape says that it has one. */
  closeDateAt(entry: number): string {
    const day = this.column('day', entry);
    return day <= FIRST_LITERAL ? this.literals[FIRST_LITERAL - day]! : dayText(day);
  }

  /**
   * Goes through the entries written by an instant, in milliseconds since 1970, in the order of the log, block by block, each as lists of plain numbers.
   * The lists are used again for the next block, and by whoever else goes through the columns: what is told must be read before anything else is asked.
   */
  eachBlock(writtenByMs: number, seen: (block: EntryNumbers, length: number) => void): void {
    // Where the record keeps to its order, what was written by then is its beginning.
    const entries = writtenByMs >= this.recordedLastMs || !this.inOrder ? this.size : this.knownBy(writtenByMs);
    for (let number = 0; number * BLOCK_ENTRIES < entries; number++) {
      const length = Math.min(BLOCK_ENTRIES, entries - number * BLOCK_ENTRIES);
      const block: Block = this.sealedBlocks[number] ?? this.open.packed();
      for (const name of SWEPT) unpack(block[name], scratch[name]);
      seen(scratch, this.inOrder ? length : this.writtenBy(writtenByMs, number * BLOCK_ENTRIES, length));
    }
  }

  /** Moves those written by an instant to the beginning of the lists, and answers how many they are. */
  private writtenBy(ms: number, first: number, length: number): number {
    let kept = 0;
    for (let at = 0; at < length; at++) {
      if (this.recordedMs(first + at) > ms) continue;
      for (const name of SWEPT) scratch[name][kept] = scratch[name][at]!;
      kept++;
    }
    return kept;
  }

  /** Every entry of a deal in the order of the record. */
  *entriesOf(deal: number): Generator<NotedEntry> {
    for (let entry = this.first(deal); entry >= 0; entry = this.next(entry)) {
      const shape = this.shapeAt(entry);
      const hasDate = (shape.kind === 'captured' || shape.kind === 'facts') && shape.facts.closeDate === true;
      yield {
        shape,
        value: this.valueAt(entry),
        closeDate: hasDate ? this.closeDateAt(entry) : null,
        occurredMs: this.occurredMs(entry),
        recordedMs: this.recordedMs(entry),
      };
    }
  }

  // ------------------------------------------------------------------------------------------------------------ blocks

  /** A block as bytes: a sealed one, or with `number` equal to `sealed` what is there of the next. */
  packed(number: number): Uint8Array {
    const block = this.sealedBlocks[number] ?? this.open.packed();
    const [from, to] = [this.began[number]!, this.began[number + 1]];
    const names: Names = {
      shapes: this.shapes.slice(from.shapes, to?.shapes),
      deals: namedIn(from.deals, to?.deals ?? this.deals, (deal) => this.idOf(deal)),
      accounts: namedIn(from.deals, to?.deals ?? this.deals, (deal) => this.accountOf(deal)),
      literals: this.literals.slice(from.literals, to?.literals),
    };
    const text = new TextEncoder().encode(JSON.stringify(names));
    const start = padded(8 + text.length);
    const columns = BLOCKS_MADE_OF.map((name) => block[name]);
    const bytes = new Uint8Array(columns.reduce((sum, column) => sum + bytesOf(column), start));
    new DataView(bytes.buffer).setUint32(0, text.length, true);
    bytes.set(text, 8);
    columns.reduce((offset, column) => write(column, bytes, offset), start);
    return bytes;
  }

  /**
   * Takes the next block, as `packed` gave it. After one that was not full nothing more can be loaded.
   * Throws for what cannot be read, and then has changed nothing.
   */
  load(bytes: Uint8Array): void {
    if (this.open.size > 0) throw new RangeError('a block follows one that was not full');
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const length = view.getUint32(0, true);
    const names = JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + length))) as Names;
    let offset = padded(8 + length);
    const block = Object.fromEntries(
      BLOCKS_MADE_OF.map((name) => {
        const { column, end } = read(bytes, offset);
        offset = end;
        return [name, column];
      }),
    ) as Block;
    names.shapes.forEach((shape) => this.shapeIndex(shape));
    names.deals.forEach((id, index) => this.newDeal(id, names.accounts[index]!));
    for (const text of names.literals) this.literalIndexes.set(text, this.literals.push(text) - 1);

    const entries = block.deal.length;
    const before = this.size;
    if (entries === BLOCK_ENTRIES) this.sealedBlocks.push(block);
    const { deal, shape, occurred, recorded, value, day } = unpacked(block);
    for (let at = 0; at < entries; at++) {
      if (entries < BLOCK_ENTRIES) this.open.add(deal[at]!, shape[at]!, occurred[at]!, recorded[at]!, value[at]!, day[at]!);
      this.link(before + at, deal[at]!);
      this.heads.note(deal[at]!, shape[at]!, occurred[at]!, value[at]!, day[at]!);
      if (occurred[at]! > this.latestMs) this.latestMs = occurred[at]!;
      if (recorded[at]! >= this.recordedLastMs) this.recordedLastMs = recorded[at]!;
      else this.inOrder = false;
    }
    if (this.recordedLastMs > this.latestMs) this.latestMs = this.recordedLastMs;
    if (entries === BLOCK_ENTRIES) this.began.push(this.named());
  }

  private seal(): void {
    this.sealedBlocks.push(this.open.packed());
    this.open.clear();
    this.began.push(this.named());
  }

  private named(): (typeof this.began)[number] {
    return { shapes: this.shapes.length, deals: this.deals, literals: this.literals.length };
  }

  private column(name: keyof Block, entry: number): number {
    const block = this.sealedBlocks[entry >>> BLOCK_BITS] ?? this.open.columns;
    return block[name].at(entry & (BLOCK_ENTRIES - 1));
  }

  private newDeal(id: string, account: string | null): number {
    const deal = this.ids.add(id);
    if (deal >= this.firstOf.length) {
      this.accountNumbers = grown(this.accountNumbers, deal);
      this.firstOf = grown(this.firstOf, deal);
      this.lastOf = grown(this.lastOf, deal);
    }
    this.accountNumbers[deal] = account === null ? 0 : this.accounts.add(account) + 1;
    this.firstOf[deal] = NO_ENTRY;
    this.heads.add();
    return deal;
  }

  private link(entry: number, deal: number): void {
    const [block, place] = [entry >>> BLOCK_BITS, entry & (BLOCK_ENTRIES - 1)];
    if (block === this.nextOf.length) this.nextOf.push(new Uint32Array(BLOCK_ENTRIES));
    this.nextOf[block]![place] = NO_ENTRY;
    if (this.firstOf[deal] === NO_ENTRY) this.firstOf[deal] = entry;
    else {
      const last = this.lastOf[deal]!;
      this.nextOf[last >>> BLOCK_BITS]![last & (BLOCK_ENTRIES - 1)] = entry;
    }
    this.lastOf[deal] = entry;
  }

  private shapeIndex(shape: EntryShape): number {
    const key = keyOfShape(shape);
    let index = this.shapeIndexes.get(key);
    if (index === undefined) {
      index = this.shapes.push(shape) - 1;
      this.shapeIndexes.set(key, index);
      this.heads.learn(shape);
    }
    return index;
  }

  /** Days since 1970; a text that is no day is remembered as it is, because a process may call any field a close date. 0 is none. */
  private dayNumber(text: string): number {
    const day = Date.parse(`${text}T00:00:00Z`) / 86_400_000;
    if (Number.isInteger(day) && day !== 0 && dayText(day) === text) return day;
    let known = this.literalIndexes.get(text);
    if (known === undefined) this.literalIndexes.set(text, (known = this.literals.push(text) - 1));
    return FIRST_LITERAL - known;
  }

  private dayOf(day: number): string {
    return day <= FIRST_LITERAL ? this.literals[FIRST_LITERAL - day]! : dayText(day);
  }
}

const scratch = Object.fromEntries(BLOCKS_MADE_OF.map((name) => [name, new Float64Array(BLOCK_ENTRIES)])) as Readonly<
  Record<keyof Block, Float64Array>
>;

const namedIn = <Name>(from: number, to: number, nameOf: (deal: number) => Name): readonly Name[] =>
  Array.from({ length: to - from }, (_, index) => nameOf(from + index));

/** The columns of a block as plain numbers, in lists that are used again for the next one. */
function unpacked(block: Block): typeof scratch {
  for (const name of BLOCKS_MADE_OF) unpack(block[name], scratch[name]);
  return scratch;
}

/** What a block is the first to name. */
interface Names {
  readonly shapes: readonly EntryShape[];
  readonly deals: readonly string[];
  readonly accounts: readonly (string | null)[];
  readonly literals: readonly string[];
}

const padded = (bytes: number): number => Math.ceil(bytes / 8) * 8;

/** The block that is being filled. */
class OpenBlock {
  size = 0;
  readonly columns: Block & Readonly<Record<keyof Block, OpenColumn>> = {
    deal: new OpenColumn(),
    shape: new OpenColumn(),
    occurred: new OpenColumn(),
    recorded: new OpenColumn(),
    value: new OpenColumn(),
    day: new OpenColumn(),
  };

  add(deal: number, shape: number, occurred: number, recorded: number, value: number, day: number): void {
    const { columns, size } = this;
    columns.deal.values[size] = deal;
    columns.shape.values[size] = shape;
    columns.occurred.values[size] = occurred;
    columns.recorded.values[size] = recorded;
    columns.value.values[size] = value;
    columns.day.values[size] = day;
    this.size += 1;
  }

  packed(): Block {
    return Object.fromEntries(BLOCKS_MADE_OF.map((name) => [name, pack(this.columns[name].values, this.size)])) as Block;
  }

  clear(): void {
    this.size = 0;
  }
}

class OpenColumn implements PackedColumn {
  readonly values = new Float64Array(BLOCK_ENTRIES);
  readonly length = BLOCK_ENTRIES;

  at(index: number): number {
    return this.values[index]!;
  }
}
