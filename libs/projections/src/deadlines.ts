import { asDealEvent, dealOfEvent, dealOfStream, type Projection } from './projection.js';

/** The time limits of one deal that still have to fire. */
export interface Deadlines {
  readonly limits: readonly Deadline[];
}

export interface Deadline {
  readonly deal: string;
  /** `stage` or `stage/track/trackStage` */
  readonly limit: string;
  readonly dueAt: string;
  /** `warn`, or the move the limit asks for. */
  readonly then: string;
}

const MATTERS = new Set(['LimitStarted', 'LimitFired', 'LimitCancelled', 'StageChanged', 'TrackAdvanced']);

/** What is still to fire, by deal; a deal without such a limit has no row. */
export const deadlines: Projection<Deadlines> = {
  name: 'deadlines',
  shape: '1',
  keyOf(logged) {
    const deal = dealOfEvent(logged);
    return MATTERS.has(logged.type) ? deal : null;
  },
  fold(row, logged) {
    const { stream, type, data } = asDealEvent(logged);
    const limits = row?.limits ?? [];
    switch (type) {
      case 'LimitStarted': {
        const { limit, dueAt, then } = data;
        return { limits: [...limits.filter((one) => one.limit !== limit), { deal: dealOfStream(stream)!, limit, dueAt, then }] };
      }
      case 'LimitFired':
      case 'LimitCancelled':
        return some(limits.filter(({ limit }) => limit !== data.limit));
      case 'TrackAdvanced':
        return some(limits.filter(({ limit }) => !limit.startsWith(`${data.stage}/${data.track}/`)));
      case 'StageChanged':
        return null;
      case 'OpportunityCaptured':
      case 'FactsRecorded':
      case 'OwnerChanged':
      case 'ActivityLogged':
        return row;
    }
  },
};

const some = (limits: readonly Deadline[]): Deadlines | null => (limits.length > 0 ? { limits } : null);
