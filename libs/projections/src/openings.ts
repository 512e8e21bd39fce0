import { asDealEvent, dealOfStream, type Projection } from './projection.js';

/** A deal that a step of another one opens and that is not captured yet. */
export interface PendingOpening {
  /** The id the new deal will have. */
  readonly deal: string;
  readonly process: string;
  readonly origin: string;
  /** The step that opens it. */
  readonly openedFrom: { readonly deal: string; readonly revision: number; readonly move: string };
  /** Who took the step, and their team; the owner is that of the opening deal and stands in its record. */
  readonly by: string;
  readonly team: string | null;
  readonly occurredAt: string;
}

/** Linked deals still to be opened, by their id: put there by the step, removed by the capture. */
export const openings: Projection<PendingOpening> = {
  name: 'openings',
  shape: '1',
  keyOf(logged) {
    const deal = dealOfStream(logged.stream);
    if (deal === null) return null;
    const { type, data } = asDealEvent(logged);
    if (type === 'StageChanged') return data.opens?.deal ?? null;
    return type === 'OpportunityCaptured' && data.openedFrom ? deal : null;
  },
  fold(_row, logged) {
    const { stream, revision, type, data } = asDealEvent(logged);
    if (type !== 'StageChanged' || !data.opens) return null;
    return {
      ...data.opens,
      openedFrom: { deal: dealOfStream(stream)!, revision, move: data.move ?? '' },
      by: data.by,
      team: data.team,
      occurredAt: data.occurredAt,
    };
  },
};
