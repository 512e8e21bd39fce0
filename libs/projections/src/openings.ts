import type { OpportunityEvent } from '@coxswain/sales-process';
import type { LoggedEvent, Projection } from './projection.js';

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
    const event = spokenOf(logged);
    if (!event) return null;
    return event.type === 'StageChanged' ? (event.opens?.deal ?? null) : event.openedFrom && logged.stream.slice('opportunity-'.length);
  },
  fold(_row, logged) {
    const event = spokenOf(logged);
    if (event?.type !== 'StageChanged' || !event.opens) return null;
    const from = logged.stream.slice('opportunity-'.length);
    return {
      ...event.opens,
      openedFrom: { deal: from, revision: logged.revision, move: event.move ?? '' },
      by: event.by,
      team: event.team,
      occurredAt: event.occurredAt,
    };
  },
};

function spokenOf({ type, data }: LoggedEvent): Extract<OpportunityEvent, { type: 'StageChanged' | 'OpportunityCaptured' }> | null {
  const event = data as OpportunityEvent;
  if (type !== 'StageChanged' && type !== 'OpportunityCaptured') return null;
  return event.type === 'StageChanged' || event.type === 'OpportunityCaptured' ? event : null;
}
