import type { PossibleMove, ProcessDefinition } from '../../api/types.js';

/** What the place is called that a move leads to, from this stage or within its tracks. */
export const placeAfter = ({ to, track }: PossibleMove, { stages }: ProcessDefinition, stage: string): string =>
  (track === null ? stages[to]?.label : stages[stage]?.tracks[track]?.stages[to]?.label) ?? to;
