import type { Money } from '@coxswain/sales-process';
import { asDealEvent, dealOfEvent, dealOfStream, type Projection } from './projection.js';

/** A deal as lists show it: where it stands now. */
export interface BoardItem {
  readonly id: string;
  readonly process: { readonly id: string; readonly version: number };
  readonly stage: string;
  readonly phase: string;
  readonly owner: string;
  readonly team: string | null;
  readonly account: string | null;
  readonly origin: string;
  /** The facts `amount` and `closeDate` (`YYYY-MM-DD`). */
  readonly amount: Money | null;
  readonly closeDate: string | null;
  readonly stageSince: string;
  /** When the first of its time limits is up: the deal is overdue once this instant is past; null when no limit runs. */
  readonly overdueSince: string | null;
  readonly result: 'won' | 'lost' | null;
  /** The limits that run, by name, with the instant each is due, fired or not. */
  readonly limits: Readonly<Record<string, string>>;
}

/** Where each deal stands, by its id. Its rows are never changed in place: they may be handed out as they are. */
export const board: Projection<BoardItem> = {
  name: 'board',
  shape: '1',
  keyOf(logged) {
    const deal = dealOfEvent(logged);
    return logged.type === 'ActivityLogged' || logged.type === 'LimitFired' ? null : deal;
  },
  fold(item, logged) {
    const { stream, type, data } = asDealEvent(logged);
    if (type === 'OpportunityCaptured') {
      return {
        id: dealOfStream(stream)!,
        process: { id: data.process.id, version: data.process.version },
        stage: data.stage,
        phase: data.phase,
        owner: data.owner,
        team: data.team,
        account: data.account,
        origin: data.origin,
        amount: moneyIn(data.facts['amount']) ?? null,
        closeDate: dateIn(data.facts['closeDate']) ?? null,
        stageSince: data.occurredAt,
        result: null,
        ...withLimits({}),
      };
    }
    if (!item) throw new Error(`the stream ${stream} begins with ${type}, not with OpportunityCaptured`);
    switch (type) {
      case 'FactsRecorded': {
        const amount = moneyIn(data.facts['amount']);
        const closeDate = dateIn(data.facts['closeDate']);
        return { ...item, ...(amount !== undefined && { amount }), ...(closeDate !== undefined && { closeDate }) };
      }
      case 'OwnerChanged':
        return { ...item, owner: data.to.owner, team: data.to.team };
      case 'StageChanged':
        return {
          ...item,
          process: { id: data.process.id, version: data.process.version },
          stage: data.to,
          phase: data.toPhase,
          stageSince: data.from === data.to ? item.stageSince : data.occurredAt,
          result: data.toPhase === 'closed' || data.toPhase === 'customer' ? (data.result ?? item.result) : null,
          ...withLimits({}),
        };
      case 'TrackAdvanced':
        return {
          ...item,
          ...withLimits(limitsWithout(item.limits, (limit) => limit.startsWith(`${data.stage}/${data.track}/`))),
        };
      case 'LimitStarted':
        return { ...item, ...withLimits({ ...item.limits, [data.limit]: data.dueAt }) };
      case 'LimitCancelled':
        return { ...item, ...withLimits(limitsWithout(item.limits, (limit) => limit === data.limit)) };
      case 'ActivityLogged':
      case 'LimitFired':
        return item;
    }
  },
};

/** The fact when it was spoken of: null when it was taken back, undefined when it was not mentioned (or is of another kind). */
const moneyIn = (value: unknown): Money | null | undefined =>
  value === null || typeof value === 'object' ? (value as Money | null) : undefined;
const dateIn = (value: unknown): string | null | undefined => (value === null || typeof value === 'string' ? value : undefined);

const withLimits = (limits: BoardItem['limits']): Pick<BoardItem, 'limits' | 'overdueSince'> => ({
  limits,
  overdueSince: Object.values(limits).reduce<string | null>(
    (first, dueAt) => (first === null || dueAt < first ? dueAt : first),
    null,
  ),
});

const limitsWithout = (limits: BoardItem['limits'], gone: (limit: string) => boolean): BoardItem['limits'] =>
  Object.fromEntries(Object.entries(limits).filter(([limit]) => !gone(limit)));
