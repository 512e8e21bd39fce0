import type { StoredEvent } from '@coxswain/event-store';
import type { Page } from './contract.js';
import { dealOf } from './deal-file.js';

export const SEARCH_ORDERS = ['oldest', 'newest'] as const;
export const STEP_OUTCOMES = ['overridden', 'deviating'] as const;

/** Which events of the log. Every word narrows it; none at all is the whole log. */
export interface LogWords {
  /** Who did it. */
  readonly by?: string;
  readonly type?: string;
  /** The id of a deal: its record alone. */
  readonly deal?: string;
  readonly process?: string;
  readonly version?: number;
  /** Steps that asked this check, or broke it; with `outcome` only those of which this very check was let pass or broken. */
  readonly check?: string;
  /** Steps with a check let pass by somebody entitled, or steps that broke the process. */
  readonly outcome?: (typeof STEP_OUTCOMES)[number];
  /** When it happened, from this instant on. */
  readonly from?: string;
  /** When it happened, before this instant. */
  readonly to?: string;
  /** Only what was recorded by then. */
  readonly asOf?: string;
}

export interface LogQuestion extends LogWords {
  readonly order: (typeof SEARCH_ORDERS)[number];
  /** A position: in order `oldest` what comes after it, in order `newest` what came before it. */
  readonly beyond?: string;
  readonly limit: number;
}

type IsOfProcess = (deal: string) => boolean;
type ReadAll = (options: { readonly after?: string; readonly limit?: number }) => AsyncIterable<StoredEvent>;
interface Told {
  readonly by?: unknown;
  readonly occurredAt?: unknown;
  readonly version?: unknown;
  readonly conformance?: unknown;
  /** The version whose rules were asked; events of a process or a plan name it by its id alone. */
  readonly process?: { readonly id?: unknown; readonly version?: unknown } | string | null;
  readonly checks?: readonly { readonly check: string; readonly overridden?: boolean }[];
  readonly broke?: readonly { readonly check?: string; readonly field?: string }[];
}

/** So many events between two marks, and so many looked through for one answer at most. */
const APART = 1_000;
const MOST_LOOKED_THROUGH = 50_000;

/**
 * Looks through the log for what fits, from either end. One answer looks through 50,000 events at most, so that no question holds
 * up the service: it may then hold fewer than asked for, even none, and `next` goes on from there.
 */
export class LogSearch {
  /** The position of every thousandth event. The log only grows, so they hold for ever; read once, then only what is new. */
  private marks: string[] = [];
  private marking: Promise<void> = Promise.resolve();

  constructor(
    private readonly readAll: ReadAll,
    private readonly mostLookedThrough = MOST_LOOKED_THROUGH,
  ) {}

  /** `isOfProcess`: whether a deal runs under the process that is asked for, since most of its events do not say so. */
  page(question: LogQuestion, isOfProcess: IsOfProcess = () => false): Promise<Page<StoredEvent>> {
    return question.order === 'oldest' ? this.forwards(question, isOfProcess) : this.backwards(question, isOfProcess);
  }

  private async forwards({ beyond, limit, ...words }: LogQuestion, isOfProcess: IsOfProcess): Promise<Page<StoredEvent>> {
    const items: StoredEvent[] = [];
    let last = beyond;
    let looked = 0;
    const narrowed = Object.entries(words).some(([name, value]) => name !== 'order' && value !== undefined);
    const range = { ...(beyond === undefined ? {} : { after: beyond }), ...(narrowed ? {} : { limit: limit + 1 }) };
    for await (const event of this.readAll(range)) {
      if (words.asOf !== undefined && event.recordedAt > words.asOf) break;
      if (fits(event, words, isOfProcess)) {
        if (items.length === limit) return { items, next: last ?? null };
        items.push(event);
      }
      last = event.position;
      if (++looked === this.mostLookedThrough) return { items, next: last };
    }
    return { items, next: null };
  }

  private async backwards({ beyond, limit, ...words }: LogQuestion, isOfProcess: IsOfProcess): Promise<Page<StoredEvent>> {
    this.marking = this.marking.catch(() => undefined).then(() => this.mark());
    await this.marking;
    const starts: readonly (string | undefined)[] = [undefined, ...this.marks];
    const items: StoredEvent[] = [];
    let looked = 0;
    for (let at = starts.length - 1; at >= 0; at--) {
      const after = starts[at];
      if (beyond !== undefined && after !== undefined && after >= beyond) continue;
      const block: StoredEvent[] = [];
      for await (const event of this.readAll({ ...(after === undefined ? {} : { after }), limit: APART })) {
        if (beyond !== undefined && event.position >= beyond) break;
        block.push(event);
      }
      for (const event of block.reverse()) {
        if (!fits(event, words, isOfProcess)) continue;
        if (items.length === limit) return { items, next: items.at(-1)!.position };
        items.push(event);
      }
      looked += block.length;
      if (looked >= this.mostLookedThrough && at > 0) return { items, next: block.at(-1)!.position };
    }
    return { items, next: null };
  }

  private async mark(): Promise<void> {
    const after = this.marks.at(-1);
    let count = 0;
    for await (const { position } of this.readAll(after === undefined ? {} : { after }))
      if (++count % APART === 0) this.marks.push(position);
  }
}

function fits({ stream, type, recordedAt, data }: StoredEvent, words: LogWords, isOfProcess: IsOfProcess): boolean {
  if (words.type !== undefined && type !== words.type) return false;
  if (words.deal !== undefined && dealOf(stream) !== words.deal) return false;
  if (words.asOf !== undefined && recordedAt > words.asOf) return false;
  const told: Told = data;
  if (words.by !== undefined && told.by !== words.by) return false;
  const at = typeof told.occurredAt === 'string' ? told.occurredAt : recordedAt;
  if ((words.from !== undefined && at < words.from) || (words.to !== undefined && at >= words.to)) return false;
  return ofProcess(stream, told, words, isOfProcess) && ofRule(told, words);
}

function ofProcess(stream: string, { process, version }: Told, words: LogWords, isOfProcess: IsOfProcess): boolean {
  const ref = typeof process === 'object' ? process : { id: process, version };
  if (words.version !== undefined && ref?.version !== words.version) return false;
  if (words.process === undefined || ref?.id === words.process) return true;
  const deal = dealOf(stream);
  return ref?.id === undefined && deal !== null && isOfProcess(deal);
}

function ofRule({ checks = [], broke = [], conformance }: Told, { check, outcome }: LogWords): boolean {
  const letPass = checks.filter(({ overridden }) => overridden === true);
  const isIt = (one: { readonly check?: string; readonly field?: string }): boolean =>
    check === undefined || one.check === check || one.field === check;
  if (outcome === 'overridden') return letPass.some(isIt);
  if (outcome === 'deviating') return conformance === 'deviating' && (check === undefined || broke.some(isIt));
  return check === undefined || checks.some(isIt) || broke.some(isIt);
}
