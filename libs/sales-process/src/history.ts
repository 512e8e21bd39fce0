import type { FactInputs } from './opportunity.js';
export interface HistoryCapture {
  readonly id: string;
  readonly occurredAt: string;
  readonly by: string;
  readonly owner: string;
  readonly team: string | null;
  readonly account: string | null;
  readonly origin: string;
  readonly facts: FactInputs;
}

export type HistoryStep = { readonly occurredAt: string; readonly by: string; readonly facts?: FactInputs } & (
  | { readonly kind: 'stage'; readonly to: string }
  | { readonly kind: 'activity'; readonly activity: string; readonly note?: string | null }
  | { readonly kind: 'facts' }
  | { readonly kind: 'owner'; readonly owner: string; readonly team: string | null }
);
