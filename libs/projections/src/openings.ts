import { dealOfStream, eventOf, type Projection } from './projection.js';

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
  keyOf: (logged) => {
    if (logged.type !== 'StageChanged' && logged.type !== 'OpportunityCaptured') return null;
    const event = eventOf(logged);
    if (event.type === 'StageChanged') return event.opens?.deal ?? null;
    return event.type === 'OpportunityCaptured' && event.openedFrom ? dealOfStream(logged.stream) : null;
  },
  fold(_row, logged) {
    const event = eventOf(logged);
    if (event.type !== 'StageChanged' || !event.opens) return null;
    return {
      ...event.opens,
      openedFrom: { deal: dealOfStream(logged.stream)!, revision: logged.revision, move: event.move ?? '' },
      by: event.by,
      team: event.team,
      occurredAt: event.occurredAt,
    };
  },
};
