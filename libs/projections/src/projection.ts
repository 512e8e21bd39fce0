import { liftedDeal, type OpportunityEvent } from '@coxswain/sales-process';

/** An event of the log as a fold sees it. */
export interface LoggedEvent {
  /** Place in the whole log: opaque text, ordered by plain text comparison. */
  readonly position: string;
  /** `opportunity-<id>` or `process-<id>`. */
  readonly stream: string;
  /** Place in its stream: 0, 1, 2 ... */
  readonly revision: number;
  /** When it was written: ISO 8601 in UTC; never falls as the position grows. */
  readonly recordedAt: string;
  readonly type: string;
  readonly data: unknown;
  /** About the writing; `shape` where the event says its own. */
  readonly meta?: unknown;
}

/**
 * A view of the log: one row a key, each row folded from the events of its key in log order.
 *
 * `fold` owns the row it is given and may change it in place, which keeps a long history linear: whoever keeps rows must not
 * fold an event into the same row twice, and must copy a row before handing it to anybody who keeps it.
 */
export interface Projection<Row> {
  readonly name: string;
  /** Version of the row's form. Rows kept under another shape are rebuilt from the log, never read. */
  readonly shape: string;
  /** The row this event belongs to; null when it means nothing to this view. */
  keyOf(event: LoggedEvent): string | null;
  /** The row after the event; null when there is none (any more). */
  fold(row: Row | null, event: LoggedEvent): Row | null;
}

const OPPORTUNITY = 'opportunity-';

/** The deal whose stream this is; null for any other stream. */
export const dealOfStream = (stream: string): string | null =>
  stream.startsWith(OPPORTUNITY) ? stream.slice(OPPORTUNITY.length) : null;

/** A deal's event as the log keeps it, its type beside its data, told apart by the type. */
export type DealEvent = { [Type in OpportunityEvent['type']]: LoggedEvent & DealEventOf<Type> }[OpportunityEvent['type']];

interface DealEventOf<Type extends OpportunityEvent['type']> {
  readonly type: Type;
  readonly data: Omit<Extract<OpportunityEvent, { type: Type }>, 'type'>;
}

/**
 * The event of a deal's stream, in the present shape. One that has it is not copied, since a fold sees every event of the log.
 * Throws `UnknownEvent` for one that a later release wrote: whoever folds stops there.
 */
export function asDealEvent(logged: LoggedEvent): DealEvent {
  const data = liftedDeal(logged);
  return (data === logged.data ? logged : { ...logged, data }) as DealEvent;
}

/** The deal whose event this is; null for an event of anything else. Throws `UnknownEvent` for one that a later release wrote. */
export function dealOfEvent(logged: LoggedEvent): string | null {
  const deal = dealOfStream(logged.stream);
  if (deal !== null) liftedDeal(logged);
  return deal;
}
