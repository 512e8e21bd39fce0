import { createHash } from 'node:crypto';
import type { EventStore, KeptProjection, ProjectionChange, StoredEvent } from '@coxswain/event-store';
import { BLOCK_ENTRIES, DealColumns } from '@coxswain/projections';
import { boundOf, isStillThere, type Bound } from './bound.js';
import type { View, ViewChange } from './views.js';

/** What stands before the bytes of a block: what it was made from. */
interface Seal {
  readonly number: number;
  readonly last: Bound;
  /** Of the block before this one; empty for the first. */
  readonly before: string;
}

const FOREIGN = 'they were made from another log';
/** Bytes of a SHA-256. */
const HASH_BYTES = 32;
const NOTHING: ProjectionChange['rows'] = new Map();
/** About 13 MB: what one transaction takes. */
const BLOCKS_AT_ONCE = 64;

/**
 * The deals as columns. Full blocks are kept beside the log once and never written again; the last, unfinished one only where the service
 * stops in good order, since folding its few thousand events again is cheaper than keeping them all the time.
 *
 * Each block is bound to the log by its last event, to the block before it by its hash, and to its own bytes by its own. What does not
 * fit is not read: from there on the log is folded again.
 */
export class DealsView implements View {
  readonly name = 'deals';
  readonly shape = '2';
  columns = new DealColumns();
  /** The last event of each sealed block. */
  private readonly ends: Bound[] = [];
  private readonly hashes: string[] = [];
  private latest: Bound | null = null;
  /** How many blocks are kept, and how many before the changes that are under way. */
  private kept = 0;
  private keptBefore = 0;

  constructor(
    private readonly store: Pick<EventStore, 'read'>,
    private readonly onDamage: (why: string) => void = () => undefined,
  ) {}

  get size(): number {
    return this.columns.size;
  }

  get changed(): boolean {
    return this.columns.sealed > this.kept;
  }

  get full(): boolean {
    return this.changed;
  }

  fold(event: StoredEvent): void {
    const { columns } = this;
    const before = columns.size;
    columns.fold(event);
    if (columns.size === before) return;
    this.latest = event;
    if (columns.sealed > this.ends.length) this.ends.push(boundOf(event));
  }

  async load(kept: KeptProjection): Promise<Bound | null> {
    let [number, before, damage]: [number, string, string | null] = [0, '', null];
    // One at a time: all of them at once would be held twice.
    for await (const sealed of kept.blocks()) {
      const block = openBlock(sealed);
      if (!block) damage = `block ${number} is damaged`;
      else if (block.seal.number !== number || block.seal.before !== before)
        damage = `block ${number} does not follow the one before it`;
      if (!block || damage !== null) break;
      const { seal, hash, bytes } = block;
      this.columns.load(bytes);
      this.latest = seal.last;
      if (this.columns.sealed === this.ends.length) break;
      this.ends.push(seal.last);
      this.hashes.push(hash);
      [number, before] = [number + 1, hash];
    }
    const last = this.latest;
    if (last && !(await isStillThere(this.store, last))) damage = FOREIGN;
    if (damage !== null)
      this.onDamage(`the kept figures of the deals cannot be used (${damage}); they are made again from the log`);
    if (damage === FOREIGN) {
      this.columns = new DealColumns();
      this.latest = null;
      this.ends.length = this.hashes.length = 0;
    }
    this.kept = this.ends.length;
    // Not where the checkpoint stands: what came after the last entry meant nothing to the deals, and is folded again without harm.
    return this.latest;
  }

  changes(_at: Bound, all: boolean): ViewChange | null {
    const { columns, ends } = this;
    const blocks = new Map<number, Uint8Array>();
    this.keptBefore = this.kept;
    for (; this.kept < columns.sealed && blocks.size < BLOCKS_AT_ONCE; this.kept++) {
      const { bytes, hash } = sealBlock(this.sealOf(this.kept, ends[this.kept]!), columns.packed(this.kept));
      blocks.set(this.kept, bytes);
      this.hashes[this.kept] = hash;
    }
    const unfinished = all && this.kept === columns.sealed && columns.size % BLOCK_ENTRIES > 0;
    if (unfinished)
      blocks.set(columns.sealed, sealBlock(this.sealOf(columns.sealed, this.latest!), columns.packed(columns.sealed)).bytes);
    if (blocks.size === 0) return null;
    return { position: (unfinished ? this.latest! : ends[this.kept - 1]!).position, rows: NOTHING, blocks };
  }

  notKept(): void {
    this.kept = this.keptBefore;
  }

  tellAgain(): void {
    this.kept = 0;
  }

  private sealOf(number: number, last: Bound): Seal {
    return { number, last: boundOf(last), before: this.hashes[number - 1] ?? '' };
  }
}

function sealBlock(seal: Seal, columns: Uint8Array): { readonly bytes: Uint8Array; readonly hash: string } {
  const text = Buffer.from(JSON.stringify(seal));
  const start = Math.ceil((HASH_BYTES + 4 + text.length) / 8) * 8;
  const bytes = new Uint8Array(start + columns.length);
  new DataView(bytes.buffer).setUint32(HASH_BYTES, text.length, true);
  bytes.set(text, HASH_BYTES + 4);
  bytes.set(columns, start);
  const hash = createHash('sha256').update(bytes.subarray(HASH_BYTES)).digest();
  bytes.set(hash, 0);
  return { bytes, hash: hash.toString('hex') };
}

interface OpenBlock {
  readonly seal: Seal;
  readonly hash: string;
  /** The columns. */
  readonly bytes: Uint8Array;
}

/** What is in a kept block; null where its bytes do not have the hash they were kept with. */
function openBlock(bytes: Uint8Array): OpenBlock | null {
  const hash = createHash('sha256').update(bytes.subarray(HASH_BYTES)).digest();
  if (bytes.length < HASH_BYTES + 4 || !hash.equals(bytes.subarray(0, HASH_BYTES))) return null;
  const length = new DataView(bytes.buffer, bytes.byteOffset).getUint32(HASH_BYTES, true);
  const text = Buffer.from(bytes.buffer, bytes.byteOffset + HASH_BYTES + 4, length).toString();
  const start = Math.ceil((HASH_BYTES + 4 + length) / 8) * 8;
  return { seal: JSON.parse(text) as Seal, hash: hash.toString('hex'), bytes: bytes.subarray(start) };
}
